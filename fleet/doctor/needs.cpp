// Counted as `fleet run` counts: by the same functions where there are any.
#include "fleet/doctor/needs.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "fleet/explain/forecast.hpp"
#include "fleet/run/run_world.hpp"
#include "fleet/run/source_addresses.hpp"
#include "hal_sim/real_world/socket.hpp"

namespace fleet::doctor {

namespace {

using program::prepared;
using program::run_options;

/// A TCP socket and its file, as slabs grew by 8,000 of them: 3.6 to 4.2 KiB.
constexpr std::uint64_t socket_bytes = 4096;

/// A run from flags as a plan: products and counts, without the lines that nothing here asks for.
program::scenario_plan plan_of(const run_options& o, const prepared& ready) {
  if (ready.plan) {
    return *ready.plan;
  }
  program::scenario_plan out;
  out.run_for = o.run_for;
  out.devices = out.connections = o.devices;
  out.products = {program::product_of_flags(o)};
  return out;
}

/// The embedded twin has a listener for each profile and kind of security, a target has one for
/// streams and one for datagrams.
std::uint32_t busiest_listener(const prepared& ready, bool embedded) {
  using listener = std::tuple<program::profile, bool, program::security>;
  std::map<listener, std::uint32_t> all;
  std::uint32_t most = 0;
  for (const auto& product : ready.products) {
    if (product.plan.behind_gateway) {
      continue;
    }
    const bool datagrams = product.protocol() == program::device_protocol::coap;
    const auto key = embedded
                         ? listener{product.profile(), datagrams, product.plan.product.security}
                         : listener{program::profile::mqtt, datagrams, program::security::plain};
    most = std::max(most, all[key] += product.plan.devices.count);
  }
  return most;
}

hal::address peer_of(const run_options& o, const prepared& ready) {
  if (o.target.scheme == text::scheme::embedded) {
    return hal::parse_address("127.0.0.1:0").value();
  }
  return ready.products.front().settings.peer;
}

void add_sources(const run_options& o, const prepared& ready, const hal::address& peer,
                 run_needs& out) {
  const auto sources = program::sources_of(o, ready);
  out.v6 = peer.v6;
  out.sources_named = !o.source_addresses.empty();
  if (!sources.empty()) {
    const auto fit =
        std::count_if(sources.begin(), sources.end(),
                      [&peer](const hal::address& from) { return hal::can_reach(from, peer); });
    out.sources = std::max(1U, static_cast<std::uint32_t>(fit));
  } else if (peer.loopback() && !peer.v6) {
    out.sources = program::loopback_sources_for(o.devices);
  }
}

} // namespace

run_needs needs_of(const run_options& o, const prepared& ready, std::uint32_t processors) {
  run_needs out;
  const bool embedded = o.target.scheme == text::scheme::embedded;
  const auto forecast = program::forecast_of(plan_of(o, ready));
  if (o.virtual_world) {
    out.where = whereabouts::nowhere;
    out.memory_bytes = forecast.memory_virtual_bytes;
    return out;
  }
  const auto peer = peer_of(o, ready);
  out.where = embedded          ? whereabouts::twin
              : peer.loopback() ? whereabouts::here
                                : whereabouts::away;
  out.descriptors = embedded ? forecast.descriptors : forecast.descriptors_with_target;
  out.memory_bytes = forecast.memory_bytes;
  out.kernel_bytes = out.descriptors * socket_bytes;
  const auto round = static_cast<std::uint32_t>(ready.places().round());
  out.connections_to_one = (busiest_listener(ready, embedded) + round - 1) / round;
  out.streams = ready.streams();
  add_sources(o, ready, peer, out);
  out.connects_pending = o.connects_pending;
  out.device_homes = program::device_homes_for(o, embedded, processors);
  out.twin_home = embedded;
  return out;
}

} // namespace fleet::doctor
