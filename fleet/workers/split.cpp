// Shares by largest remainder; and as water is shared by vessels that stand at
// several levels.
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

namespace {

/// What comes to it where each core has `level`.
std::uint32_t part_at(const taker& t, double level) {
  const double wanted = level * t.cores - static_cast<double>(t.has);
  return wanted <= 0 ? 0
                     : static_cast<std::uint32_t>(std::min(wanted, static_cast<double>(t.room)));
}

std::uint64_t sum_at(std::span<const taker> takers, double level) {
  return std::accumulate(
      takers.begin(), takers.end(), std::uint64_t{0},
      [level](std::uint64_t sum, const taker& t) { return sum + part_at(t, level); });
}

} // namespace

std::vector<std::uint32_t> share_among(std::uint32_t devices, std::span<const taker> takers) {
  double low = 0;
  double high = 0;
  for (const auto& t : takers) {
    high = std::max(high, (static_cast<double>(t.has) + t.room) / t.cores + 1);
  }
  if (sum_at(takers, high) > devices) {
    constexpr int halvings = 64;
    for (int i = 0; i < halvings; ++i) {
      const double middle = (low + high) / 2;
      (sum_at(takers, middle) > devices ? high : low) = middle;
    }
  } else {
    low = high;
  }
  std::vector<std::uint32_t> out;
  for (const auto& t : takers) {
    out.push_back(part_at(t, low));
  }
  auto given = std::accumulate(out.begin(), out.end(), std::uint64_t{0});
  // What is left by rounding: one each, to the first of those with room.
  for (bool any = true; any && given < devices;) {
    any = false;
    for (std::size_t i = 0; i < out.size() && given < devices; ++i) {
      const bool at_level = part_at(takers[i], high + 1) > out[i];
      if (at_level && out[i] < takers[i].room) {
        ++out[i];
        ++given;
        any = true;
      }
    }
  }
  return out;
}

std::vector<std::uint32_t> share_among_all(std::uint32_t devices, std::span<const taker> takers) {
  auto out = share_among(devices, takers);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto most = std::max_element(out.begin(), out.end());
    if (out[i] == 0 && takers[i].room != 0 && *most > 1) {
      --*most;
      ++out[i];
    }
  }
  return out;
}

std::vector<std::uint32_t> share_among_few(std::uint32_t devices, std::span<const taker> takers,
                                           std::uint32_t least) {
  std::vector<taker> left{takers.begin(), takers.end()};
  auto out = share_among(devices, left);
  const auto given = std::accumulate(out.begin(), out.end(), std::uint64_t{0});
  for (;;) {
    std::size_t smallest = out.size();
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (out[i] != 0 && out[i] < least && (smallest == out.size() || out[i] < out[smallest])) {
        smallest = i;
      }
    }
    if (smallest == out.size()) {
      return out;
    }
    left[smallest].room = 0;
    auto without = share_among(devices, left);
    if (std::accumulate(without.begin(), without.end(), std::uint64_t{0}) < given) {
      return out; // nobody else has room for it
    }
    out = std::move(without);
  }
}

} // namespace fleet::program
