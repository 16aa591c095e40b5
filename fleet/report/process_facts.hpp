// What a run cost its process. Plain numbers, as facts.hpp.
#pragma once

#include <cstdint>

namespace fleet::report {

/// What the process cost.
struct process_facts {
  double cpu_s = 0;
  std::uint64_t rss_start_bytes = 0; ///< before the first device
  std::uint64_t rss_max_bytes = 0;
  std::uint64_t rss_steady_bytes = 0; ///< when the last device of the ramp had been started
  [[nodiscard]] double cpu_s_per_device(std::uint64_t devices) const noexcept {
    return devices == 0 ? 0.0 : cpu_s / static_cast<double>(devices);
  }
  [[nodiscard]] double user_bytes_per_device(std::uint64_t devices) const noexcept {
    return devices == 0 || rss_steady_bytes < rss_start_bytes
               ? 0.0
               : static_cast<double>(rss_steady_bytes - rss_start_bytes)
                     / static_cast<double>(devices);
  }
};

} // namespace fleet::report
