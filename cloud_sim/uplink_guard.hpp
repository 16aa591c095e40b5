// Holds what devices publish against the platform's bounds (aliyun-iot.md §8.1): sizes and rates.
// Only made to judge where there is a bound; rights are alink's.
#pragma once

#include "cloud_sim/platform_options.hpp"
#include "cloud_sim/platform_rates.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::cloud {

class uplink_guard {
public:
  /// The bounds must outlive the guard.
  explicit uplink_guard(const platform_bounds& bounds) noexcept;

  /// Whether there is anything to judge by.
  [[nodiscard]] bool bounded() const noexcept { return bounded_; }
  /// Whether the message of a device is within all bounds; counted in the rates if so.
  bool passes(std::uint32_t device, const mqtt::message_view& message, alink::topic_kind kind,
              time_point now);
  /// Whether a filter is short enough.
  [[nodiscard]] bool passes_filter(std::string_view filter) const noexcept {
    return bounds_.topic_max == 0 || filter.size() <= bounds_.topic_max;
  }

private:
  const platform_bounds& bounds_;
  bool bounded_;
  device_rates at_qos_0_;
  device_rates at_qos_1_;
  device_rates octets_;
  device_rates shadow_;
};

} // namespace fleet::cloud
