// Random numbers that are equal everywhere: named substreams of one seed, with our own
// distributions (the standard library's differ between implementations). Eight octets of state
// each, so that a device can own several.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/base/time.hpp"

namespace fleet {

/// One substream. A SplitMix64 sequence: statistically sound for simulation, useless for secrets.
class random_stream {
public:
  /// The substream named `purpose` of device `device` under `seed`.
  random_stream(std::uint64_t seed, std::uint64_t device, std::string_view purpose) noexcept;

  std::uint64_t next() noexcept;

  /// Uniform in [0, bound); `bound` of 0 answers 0.
  std::uint64_t below(std::uint64_t bound) noexcept;

  /// Uniform in [low, high], both ends included; `low` must not exceed `high`.
  std::int64_t between(std::int64_t low, std::int64_t high) noexcept;

  /// Uniform in [low, high].
  duration between(duration low, duration high) noexcept;

  /// True with a probability of `parts` in a million.
  bool chance_ppm(std::uint32_t parts) noexcept;

private:
  std::uint64_t state_;
};

/// Mixes 64 bits so that each output bit depends on each input bit.
constexpr std::uint64_t mix64(std::uint64_t x) noexcept {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return x;
}

/// A hash of text that is the same on every machine.
constexpr std::uint64_t hash_text(std::string_view text) noexcept {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return mix64(h);
}

} // namespace fleet
