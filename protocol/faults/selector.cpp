// Selection by hash.
#include "protocol/faults/selector.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/base/random.hpp"

namespace fleet::faults {

namespace {

/// Uniform in [0, whole_ppm), for one purpose.
std::uint32_t ppm_of(std::uint64_t seed, std::uint64_t key, std::uint32_t device,
                     std::string_view purpose) noexcept {
  random_stream luck{seed ^ key, device, purpose};
  return static_cast<std::uint32_t>(luck.below(whole_ppm));
}

} // namespace

bool valid(const selector& s) noexcept {
  for (std::size_t i = 0; i < s.among.size(); ++i) {
    if (s.among[i].first > s.among[i].last || (i != 0 && s.among[i].first <= s.among[i - 1].last)) {
      return false;
    }
  }
  return s.share_ppm <= whole_ppm && s.family_ppm <= whole_ppm;
}

std::uint64_t key_of(std::string_view fault_name) noexcept {
  return hash_text(fault_name);
}

region_map::region_map(std::vector<std::uint32_t> shares_ppm) : ends_ppm_(std::move(shares_ppm)) {
  FLEET_CHECK(ends_ppm_.size() <= regions_max);
  std::uint64_t end = 0;
  for (auto& share : ends_ppm_) {
    end += share;
    FLEET_CHECK(end <= whole_ppm);
    share = static_cast<std::uint32_t>(end);
  }
}

std::size_t region_map::of(std::uint64_t seed, std::uint32_t device) const noexcept {
  const std::uint32_t at = ppm_of(seed, 0, device, "region");
  return static_cast<std::size_t>(std::upper_bound(ends_ppm_.begin(), ends_ppm_.end(), at)
                                  - ends_ppm_.begin());
}

bool selects(const selector& s, const draw& by, std::uint64_t key, std::uint32_t device) noexcept {
  if (s.nobody) {
    return false;
  }
  if (!s.among.empty()) {
    const auto next =
        std::upper_bound(s.among.begin(), s.among.end(), device,
                         [](std::uint32_t d, const index_range& r) { return d < r.first; });
    if (next == s.among.begin() || std::prev(next)->last < device) {
      return false;
    }
  }
  if (s.regions != 0) {
    const std::size_t in = by.regions == nullptr ? 0 : by.regions->of(by.seed, device);
    if (by.regions == nullptr || in >= by.regions->size() || (s.regions >> in & 1U) == 0) {
      return false;
    }
  }
  if (s.family_ppm < whole_ppm && ppm_of(by.seed, s.family, device, "fault") >= s.family_ppm) {
    return false;
  }
  return s.share_ppm >= whole_ppm || ppm_of(by.seed, key, device, "fault") < s.share_ppm;
}

std::uint32_t place_of(const selector& s, const draw& by, std::uint64_t key,
                       std::uint32_t device) noexcept {
  return ppm_of(by.seed, s.family != 0 ? s.family : key, device, "fault's turn");
}

} // namespace fleet::faults
