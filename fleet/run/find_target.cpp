// One target is every product's peer; several are places by the device.
#include "fleet/run/find_target.hpp"

#include <fmt/format.h>

#include "fleet/run/look_up.hpp"
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

std::optional<startup_error> find_target(const run_options& o, prepared& out) {
  if (o.target.scheme == text::scheme::embedded) {
    return std::nullopt;
  }
  actors::place_map all;
  for (const auto& target : targets_of(o)) {
    const std::string url = text::format_target(target);
    auto found = look_up(target.host, target.port);
    if (!found) {
      return startup_error{found.error().code, fmt::format("{}: {}", url, found.error().message)};
    }
    out.place_texts.push_back(url);
    all.add({{.peer = reachable_peer(found.value(), o.source_addresses),
              .name = target.host,
              .server_name = o.server_name.empty() ? target.host : o.server_name,
              .http_host = host_field(target)}});
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
