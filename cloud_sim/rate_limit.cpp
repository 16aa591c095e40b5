// Buckets refill when they are looked at.
#include "cloud_sim/rate_limit.hpp"

#include <algorithm>

#include "protocol/base/random.hpp"

namespace fleet::cloud {

rate_limit::rate_limit(const rate_rules& rules) noexcept : rules_(rules) {
  table_.fill({static_cast<double>(rules.burst), time_point{}});
}

rate_limit::bucket& rate_limit::refilled(std::string_view source, time_point now) noexcept {
  bucket& b = table_[hash_text(source) % buckets];
  if (now > b.filled) {
    b.units = std::min(static_cast<double>(rules_.burst),
                       b.units + rules_.per_second * seconds(now - b.filled));
    b.filled = now;
  }
  return b;
}

bool rate_limit::allows(std::string_view source, time_point now) noexcept {
  return refilled(source, now).units >= 1.0;
}

void rate_limit::charge(std::string_view source, std::uint32_t units, time_point now) noexcept {
  bucket& b = refilled(source, now);
  b.units = std::max(0.0, b.units - units);
}

} // namespace fleet::cloud
