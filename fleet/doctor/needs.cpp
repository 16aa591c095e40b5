// Counted as `fleet run` counts: by the same functions where there are any.
#include "fleet/doctor/needs.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>

#include "fleet/explain/forecast.hpp"
#include "fleet/run/run_world.hpp"
#include "fleet/run/source_addresses.hpp"
#include "fleet/workers/crew_run.hpp"
#include "hal_sim/real_world/socket.hpp"

namespace fleet::doctor {

namespace {

using program::device_set;
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

/// How many of a product's devices are in some parts.
std::uint32_t count_in(const program::device_range& product, std::span<const device_set> parts) {
  std::uint32_t sum = 0;
  for (const auto& part : parts) {
    sum += program::common(product, part).count;
  }
  return sum;
}

/// The embedded twin has a listener for each profile and kind of security, a target has one for
/// streams and one for datagrams.
std::uint32_t busiest_listener(const prepared& ready, bool embedded,
                               std::span<const device_set> parts) {
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
    most = std::max(most, all[key] += count_in(product.plan.devices, parts));
  }
  return most;
}

std::uint32_t streams_in(const prepared& ready, std::span<const device_set> parts) {
  std::uint32_t sum = 0;
  for (const auto& product : ready.products) {
    const bool counts =
        !product.plan.behind_gateway && product.protocol() != program::device_protocol::coap;
    sum += counts ? count_in(product.plan.devices, parts) : 0;
  }
  return sum;
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

/// Whether a worker is on this machine; those that come are, where nobody else can.
bool is_here(const program::crew_options& crew, std::size_t number) {
  if (crew.expected != 0) {
    return !crew.listen || crew.listen->loopback();
  }
  return crew.workers.empty() || crew.workers[number].loopback();
}

/// The fewest descriptors that each of so many processes must be able to open.
std::uint64_t least_for(const std::vector<program::device_groups>& groups,
                        const program::descriptor_needs& needs, const device_set& all,
                        std::uint32_t processes) {
  std::uint64_t low = needs.of({});
  std::uint64_t high = needs.of(all);
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    const auto fits = [&](const device_set& some) { return needs.of(some) <= middle; };
    if (program::fewest_for(groups, fits, processes) != 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/// What the processes with these parts need.
void add_parts(const prepared& ready, const program::scenario_plan& plan, bool embedded,
               const planned_parts& parts, run_needs& n) {
  const bool looked_at = !parts.here.empty();
  n.processes = static_cast<std::uint32_t>(parts.all.size());
  n.here = static_cast<std::uint32_t>(parts.here.size());
  for (const auto& part : parts.all) {
    n.memory_each_bytes = std::max(n.memory_each_bytes, program::memory_of(plan, part)
                                                            + n.by_devices.of(part) * socket_bytes);
  }
  for (const auto& part : parts.here) {
    n.descriptors_here += n.by_devices.of(part);
    n.memory_bytes += program::memory_of(plan, part);
  }
  n.kernel_bytes = n.descriptors_here * socket_bytes;
  const auto& judged = looked_at ? parts.here : parts.all;
  const auto largest = largest_of(n.by_devices, judged);
  n.descriptors = n.by_devices.of(largest);
  n.without_twin = program::descriptors_beside + program::connections_in(n.groups, largest);
  const auto add = [&](std::span<const device_set> some) {
    n.connections_to_one = std::max(n.connections_to_one, busiest_listener(ready, embedded, some));
    n.streams = std::max(n.streams, streams_in(ready, some));
  };
  if (embedded || !looked_at) { // each to a listener of its own, or from a machine of its own
    for (const auto& part : judged) {
      add({&part, 1});
    }
  } else {
    add(judged);
  }
}

} // namespace

std::uint32_t processes_of(const program::crew_options& crew) noexcept {
  return std::max<std::uint32_t>(
      {1, crew.processes, crew.expected, static_cast<std::uint32_t>(crew.workers.size())});
}

planned_parts parts_of(const run_options& o, const prepared& ready,
                       const program::crew_options& crew, std::uint64_t descriptors) {
  const auto count = processes_of(crew);
  const auto groups = program::groups_of(ready);
  const program::descriptor_needs needs{o, ready};
  std::uint32_t here = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    here += is_here(crew, i) ? 1 : 0;
  }
  const auto least = least_for(groups, needs, device_set{0, ready.devices()}, count);
  const auto may_open = [&](std::size_t i) {
    return is_here(crew, i) ? (here == count ? std::max(descriptors, least) : descriptors)
           : here == 0      ? least
                            : unlimited;
  };
  planned_parts out;
  out.all = program::split_groups(
      groups, std::vector<std::uint32_t>(count, 1),
      [&](std::size_t i, const device_set& some) { return needs.of(some) <= may_open(i); });
  for (std::size_t i = 0; i < out.all.size(); ++i) {
    if (is_here(crew, i)) {
      out.here.push_back(out.all[i]);
    }
  }
  return out;
}

device_set largest_of(const program::descriptor_needs& needs,
                      const std::vector<device_set>& parts) {
  const auto most =
      std::max_element(parts.begin(), parts.end(), [&needs](const auto& a, const auto& b) {
        return needs.of(a) < needs.of(b);
      });
  return most == parts.end() ? device_set{} : *most;
}

run_needs needs_of(const run_options& o, const prepared& ready, std::uint32_t processors,
                   const program::crew_options& crew, std::uint64_t descriptors) {
  run_needs out;
  const bool embedded = o.target.scheme == text::scheme::embedded;
  const auto plan = plan_of(o, ready);
  if (o.virtual_world) {
    out.where = whereabouts::nowhere;
    out.memory_bytes = program::forecast_of(plan).memory_virtual_bytes;
    return out;
  }
  const auto peer = peer_of(o, ready);
  out.where = embedded          ? whereabouts::twin
              : peer.loopback() ? whereabouts::here
                                : whereabouts::away;
  out.groups = program::groups_of(ready);
  out.by_devices = program::descriptor_needs{o, ready};
  out.can_split = !program::unsplittable(o, ready);
  out.processes_started = crew.processes != 0;
  out.memory_bytes = crew.any() ? program::process_bytes : 0; // of the coordinator
  add_parts(ready, plan, embedded, parts_of(o, ready, crew, descriptors), out);
  const auto round = static_cast<std::uint32_t>(ready.places().round());
  out.connections_to_one = (out.connections_to_one + round - 1) / round;
  add_sources(o, ready, peer, out);
  out.connects_pending = o.connects_pending;
  out.device_homes = program::device_homes_for(o, embedded, processors);
  out.twin_home = embedded;
  return out;
}

} // namespace fleet::doctor
