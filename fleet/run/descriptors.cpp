// What a run needs against what the process may have.
#include "fleet/run/descriptors.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fleet/run/company.hpp"
#include "hal_sim/real_world/limits.hpp"

namespace fleet::program {

namespace {

/// Devices of `here` with a connection of their own; of them, those over streams.
std::pair<std::uint32_t, std::uint32_t> connections_of(const prepared& ready,
                                                       const device_range& here) {
  std::pair<std::uint32_t, std::uint32_t> out{0, 0};
  for (const auto& product : ready.products) {
    const auto count = product.plan.behind_gateway ? 0 : common(product.plan.devices, here).count;
    out.first += count;
    out.second += product.protocol() != device_protocol::coap ? count : 0;
  }
  return out;
}

} // namespace

std::optional<startup_error> check_descriptors(const run_options& o, const prepared& ready,
                                               const device_range& here) {
  if (o.virtual_world) {
    return std::nullopt;
  }
  const bool embedded = o.target.scheme == text::scheme::embedded;
  const auto [devices, streams] = connections_of(ready, here);
  // The twin has one socket for all who send it datagrams. Of a target's downloads whoever runs the
  // console there decides.
  const std::uint64_t downloads = embedded && ready.plan ? download_descriptors(*ready.plan) : 0;
  const std::uint64_t needs =
      std::uint64_t{devices} + (embedded ? streams : 0) + downloads + descriptors_beside;
  const auto limits = hal::raise_descriptor_limit();
  if (needs <= limits.soft) {
    return std::nullopt;
  }
  const auto most = (limits.soft - std::min(limits.soft, descriptors_beside)) / (embedded ? 2 : 1);
  return startup_error{
      exit_code::environment_failed,
      fmt::format(
          "{} devices{} need {} descriptors, and this process may open {} (soft limit {}, raised "
          "to the hard limit {}); run at most {} here{}",
          devices, embedded ? " and the embedded twin's ends" : "", needs, limits.soft,
          limits.before, limits.hard, most,
          embedded ? ", or more in several processes (--processes 2)" : "")};
}

} // namespace fleet::program
