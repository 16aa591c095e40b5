// Shares by largest remainder.
#include "fleet/workers/split.hpp"

#include <algorithm>
#include <numeric>

#include "protocol/base/check.hpp"

namespace fleet::program {

std::vector<device_range> split_devices(std::uint32_t devices,
                                        std::span<const std::uint32_t> weights) {
  const auto sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  FLEET_CHECK(sum != 0);
  std::vector<device_range> out(weights.size());
  std::vector<std::size_t> by_rest(weights.size());
  std::iota(by_rest.begin(), by_rest.end(), std::size_t{0});
  const auto share = [&](std::size_t i) { return std::uint64_t{devices} * weights[i]; };
  std::uint32_t given = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].count = static_cast<std::uint32_t>(share(i) / sum);
    given += out[i].count;
  }
  std::stable_sort(by_rest.begin(), by_rest.end(),
                   [&](std::size_t a, std::size_t b) { return share(a) % sum > share(b) % sum; });
  for (std::size_t i = 0; given < devices; ++i, ++given) {
    ++out[by_rest[i]].count;
  }
  for (std::size_t i = 1; i < out.size(); ++i) {
    out[i].first = out[i - 1].first + out[i - 1].count;
  }
  return out;
}

} // namespace fleet::program
