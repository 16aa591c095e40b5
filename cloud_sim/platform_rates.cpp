// Pages of windows.
#include "cloud_sim/platform_rates.hpp"

#include <algorithm>

namespace fleet::cloud {

rate_window& device_rates::of(std::uint32_t device) {
  const std::size_t at = device / page_size;
  if (at >= pages_.size()) {
    pages_.resize(at + 1);
  }
  if (pages_[at] == nullptr) {
    pages_[at] = std::make_unique<rate_window[]>(page_size);
  }
  return pages_[at][device % page_size];
}

std::size_t device_rates::memory_bytes() const noexcept {
  const auto made =
      std::count_if(pages_.begin(), pages_.end(), [](const auto& page) { return page != nullptr; });
  return pages_.capacity() * sizeof pages_[0]
         + static_cast<std::size_t>(made) * page_size * sizeof(rate_window);
}

} // namespace fleet::cloud
