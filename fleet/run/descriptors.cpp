// What a run needs against what the process may have.
#include "fleet/run/descriptors.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/run/company.hpp"
#include "hal_sim/real_world/limits.hpp"

namespace fleet::program {

descriptor_needs::descriptor_needs(const run_options& o, const prepared& ready) {
  const bool embedded = o.target.scheme == text::scheme::embedded;
  for (const auto& product : ready.products) {
    // The twin has one socket for all who send it datagrams.
    const bool two_ends = embedded && product.protocol() != device_protocol::coap;
    if (!product.plan.behind_gateway) {
      kinds_.push_back({product.plan.devices, two_ends ? 2U : 1U});
    }
  }
  // Of a target's downloads whoever runs the console there decides.
  beside_ = (embedded && ready.plan ? download_descriptors(*ready.plan) : 0) + descriptors_beside;
}

std::uint64_t descriptor_needs::of(const device_set& here) const noexcept {
  std::uint64_t sum = beside_;
  for (const auto& one : kinds_) {
    sum += std::uint64_t{common(one.devices, here).count} * one.each;
  }
  return sum;
}

std::optional<startup_error> check_descriptors(const run_options& o, const prepared& ready,
                                               const device_set& here) {
  if (o.virtual_world) {
    return std::nullopt;
  }
  const bool embedded = o.target.scheme == text::scheme::embedded;
  std::uint32_t devices = 0;
  for (const auto& product : ready.products) {
    devices += product.plan.behind_gateway ? 0 : common(product.plan.devices, here).count;
  }
  const std::uint64_t needs = descriptor_needs{o, ready}.of(here);
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
          embedded ? ", or more in several processes (--processes; fleet doctor says how many)"
                   : "")};
}

} // namespace fleet::program
