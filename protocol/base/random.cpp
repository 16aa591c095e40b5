// Substreams and their distributions, integer arithmetic only.
#include "protocol/base/random.hpp"

#include "protocol/base/check.hpp"

namespace fleet {

random_stream::random_stream(std::uint64_t seed, std::uint64_t device,
                             std::string_view purpose) noexcept
    : state_(mix64(mix64(mix64(seed + 0x9e3779b97f4a7c15ULL) ^ device) ^ hash_text(purpose))) {}

std::uint64_t random_stream::next() noexcept {
  state_ += 0x9e3779b97f4a7c15ULL;
  return mix64(state_);
}

std::uint64_t random_stream::below(std::uint64_t bound) noexcept {
  __extension__ using wide = unsigned __int128;
  // The high half of a 64×64 product; the bias of under bound/2^64 is far below what a run can see.
  return static_cast<std::uint64_t>((static_cast<wide>(next()) * bound) >> 64);
}

std::int64_t random_stream::between(std::int64_t low, std::int64_t high) noexcept {
  FLEET_CHECK(low <= high);
  const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  if (span == UINT64_MAX) {
    return static_cast<std::int64_t>(next());
  }
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(span + 1));
}

duration random_stream::between(duration low, duration high) noexcept {
  return duration{between(low.count(), high.count())};
}

bool random_stream::chance_ppm(std::uint32_t parts) noexcept {
  return below(1'000'000) < parts;
}

} // namespace fleet
