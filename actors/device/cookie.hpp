// What travels through the MQTT machine with a publish and comes back with its acknowledgement:
// whose message it is and which. Sixty-four bits, no allocation.
#pragma once

#include <cstdint>

#include "protocol/base/time.hpp"
#include "protocol/ledger/ledger.hpp"
#include "protocol/mqtt/client.hpp"

namespace fleet::actors {

/// A publish sent later than this after it was due counts as late.
inline constexpr duration late_after = std::chrono::milliseconds{100};

/// What carries no tag, such as the answer to a command; epochs start at 1. A sub-device's has its
/// owner all the same.
inline constexpr std::uint64_t untagged = 0;

/// Twelve bits say which sub-device (0: the device itself), twenty the epoch, the rest the
/// sequence.
inline constexpr std::uint32_t epoch_mask = 0xfffff;

constexpr std::uint64_t cookie_of(const ledger::tag& t) noexcept {
  return (static_cast<std::uint64_t>(t.epoch & epoch_mask) << 32) | t.sequence;
}
/// The same as a message of the sub-device at `place` behind a gateway.
constexpr std::uint64_t cookie_behind(std::uint64_t cookie, std::uint16_t place) noexcept {
  return cookie | (static_cast<std::uint64_t>(place) + 1) << 52;
}
/// All that the sub-device at `place` has sent.
constexpr mqtt::cookie_range cookies_behind(std::uint16_t place) noexcept {
  return {cookie_behind(0, place), cookie_behind((std::uint64_t{1} << 52) - 1, place)};
}
/// All that any sub-device has sent.
inline constexpr mqtt::cookie_range cookies_of_others{std::uint64_t{1} << 52, UINT64_MAX};
constexpr bool has_tag(std::uint64_t cookie) noexcept {
  return (cookie & ((std::uint64_t{1} << 52) - 1)) != untagged;
}
/// 0: of the device itself; else one more than the sub-device's place.
constexpr std::uint16_t owner_of(std::uint64_t cookie) noexcept {
  return static_cast<std::uint16_t>(cookie >> 52);
}
constexpr std::uint32_t epoch_of(std::uint64_t cookie) noexcept {
  return static_cast<std::uint32_t>(cookie >> 32) & epoch_mask;
}
constexpr std::uint32_t sequence_of(std::uint64_t cookie) noexcept {
  return static_cast<std::uint32_t>(cookie);
}

} // namespace fleet::actors
