// Counted as `fleet run` counts: by the same functions where there are any.
#include "fleet/doctor/needs.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "fleet/explain/forecast.hpp"
#include "fleet/run/descriptors.hpp"
#include "fleet/run/run_world.hpp"
#include "fleet/run/source_addresses.hpp"
#include "fleet/workers/crew_run.hpp"
#include "fleet/workers/split.hpp"
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

std::uint64_t part_of(std::uint64_t whole, std::uint32_t parts) noexcept {
  return (whole + parts - 1) / parts;
}

/// Workers of this machine; of those elsewhere each machine is looked at as if it were this one.
bool all_here(const program::crew_options& crew) {
  if (crew.expected != 0) {
    return !crew.listen || crew.listen->loopback();
  }
  return std::all_of(crew.workers.begin(), crew.workers.end(),
                     [](const hal::address& at) { return at.loopback(); });
}

/// What a fleet of one process needs, shared out.
void share_out(const program::crew_options& crew, bool embedded, run_needs& n) {
  using program::descriptors_beside;
  n.processes_started = crew.processes != 0;
  n.here = all_here(crew) ? n.processes : 1;
  n.without_twin = descriptors_beside + part_of(n.near_ends, n.processes);
  n.descriptors = n.without_twin + part_of(n.far_ends, n.processes);
  const std::uint64_t devices_bytes = n.memory_bytes - program::process_bytes;
  // And the coordinator, which has none.
  n.memory_bytes =
      program::process_bytes * (n.here + 1) + part_of(devices_bytes, n.processes) * n.here;
  n.kernel_bytes = n.descriptors * n.here * socket_bytes;
  const auto seen = embedded ? 1 : n.here; // towards one listener from here
  const auto part = [&](std::uint32_t whole) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(whole, part_of(whole, n.processes) * seen));
  };
  n.connections_to_one = part(n.connections_to_one);
  n.streams = part(n.streams);
}

} // namespace

std::uint32_t processes_of(const program::crew_options& crew) noexcept {
  return std::max<std::uint32_t>(
      {1, crew.processes, crew.expected, static_cast<std::uint32_t>(crew.workers.size())});
}

program::device_set largest_part(const prepared& ready, std::uint32_t processes) {
  const auto groups = program::groups_of(ready);
  const auto parts = program::split_groups(groups, std::vector<std::uint32_t>(processes, 1));
  const auto connections = [&groups](const program::device_set& part) {
    std::uint32_t sum = 0;
    for (const auto& each : groups) {
      sum += program::common(each.connecting, part).count;
    }
    return sum;
  };
  return *std::max_element(parts.begin(), parts.end(), [&](const auto& a, const auto& b) {
    return connections(a) < connections(b);
  });
}

run_needs needs_of(const run_options& o, const prepared& ready, std::uint32_t processors,
                   const program::crew_options& crew) {
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
  out.without_twin = forecast.descriptors_with_target;
  out.near_ends = out.without_twin - program::descriptors_beside;
  out.far_ends = out.descriptors - out.without_twin;
  out.can_split = !program::unsplittable(o, ready);
  out.memory_bytes = forecast.memory_bytes;
  out.kernel_bytes = out.descriptors * socket_bytes;
  const auto round = static_cast<std::uint32_t>(ready.places().round());
  out.connections_to_one = (busiest_listener(ready, embedded) + round - 1) / round;
  out.streams = ready.streams();
  add_sources(o, ready, peer, out);
  out.connects_pending = o.connects_pending;
  out.device_homes = program::device_homes_for(o, embedded, processors);
  out.twin_home = embedded;
  out.processes = processes_of(crew);
  if (crew.any()) {
    share_out(crew, embedded, out);
  }
  return out;
}

} // namespace fleet::doctor
