// One target is every product's peer; several are places by the device.
#include "fleet/run/find_target.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "fleet/run/post_front.hpp"
#include "fleet/run/prepare_checks.hpp"

namespace fleet::program {

std::vector<text::target> targets_of(const run_options& o) {
  std::vector<text::target> out{o.target};
  out.insert(out.end(), o.more_targets.begin(), o.more_targets.end());
  return out;
}

std::string target_text_of(const run_options& o) {
  if (o.target.scheme == text::scheme::embedded) {
    return "the embedded twin";
  }
  std::string out;
  for (const auto& target : targets_of(o)) {
    out += (out.empty() ? "" : ",") + text::format_target(target);
  }
  return out;
}

std::vector<hal::address> peers_of(const std::vector<hal::address>& found,
                                   const std::vector<hal::address>& from) {
  const auto first = reachable_peer(found, from);
  std::vector<hal::address> out;
  std::copy_if(found.begin(), found.end(), std::back_inserter(out), [&](const hal::address& peer) {
    return peer.v6 == first.v6 && peer.loopback() == first.loopback();
  });
  std::sort(out.begin(), out.end(),
            [](const hal::address& a, const hal::address& b) { return a.ip < b.ip; });
  return out;
}

std::optional<startup_error> find_target(const run_options& o, prepared& out) {
  return find_target_by(hal::resolve, o, out);
}

std::optional<startup_error> find_target_by(const resolver& how, const run_options& o,
                                            prepared& out) {
  if (o.target.scheme == text::scheme::embedded) {
    return std::nullopt;
  }
  actors::place_map all;
  for (const auto& target : targets_of(o)) {
    const std::string url = text::format_target(target);
    auto found = look_up(target.host, target.port, how);
    if (!found) {
      return startup_error{found.error().code, fmt::format("{}: {}", url, found.error().message)};
    }
    std::vector<actors::place> of_it;
    const auto peers = peers_of(found.value(), o.source_addresses);
    for (const auto& peer : peers) {
      out.place_texts.push_back(peers.size() == 1 ? url : fmt::format("{} ({})", url, peer.text()));
      of_it.push_back({.peer = peer,
                       .name = target.host,
                       .server_name = o.server_name.empty() ? target.host : o.server_name,
                       .http_host = host_field(target)});
    }
    all.add(std::move(of_it));
  }
  if (!o.more_targets.empty() && !o.target_admin.empty()) {
    out.notes.push_back(
        fmt::format("the books of one twin are asked for, at {}: all targets must be listeners of "
                    "that one, or what another one acknowledged counts as lost",
                    o.target_admin));
  }
  for (auto& product : out.products) {
    product.settings.peer = all[0].peer;
    if (all.size() > 1) {
      product.settings.places = all;
    }
  }
  return std::nullopt;
}

} // namespace fleet::program
