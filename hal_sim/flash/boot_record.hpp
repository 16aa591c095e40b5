// What the boot loader has to know across a power loss: which slot is active, and what each slot
// holds. One record as octets; how two copies of it are kept is boot_area.hpp's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/base/content_hash.hpp"

namespace fleet::hal {

inline constexpr std::size_t slot_count = 2;
inline constexpr std::size_t firmware_version_max = 64; ///< octets

enum class slot_state : std::uint8_t {
  empty,     ///< nothing in it counts: never written, or being written
  candidate, ///< written and verified by its writer; not yet shown to run
  good,      ///< ran and was confirmed
  bad        ///< failed its verification, or did not come up
};

/// What one slot holds; size, digest and version mean nothing in an empty one.
struct slot_record {
  slot_state state = slot_state::empty;
  std::uint32_t size = 0; ///< octets of the image
  digest_value digest;
  std::uint8_t version_size = 0;
  std::array<char, firmware_version_max> version_text{};

  [[nodiscard]] std::string_view version() const noexcept {
    return {version_text.data(), version_size};
  }
  /// False, and nothing set, when it is longer than firmware_version_max.
  bool set_version(std::string_view text) noexcept;
  friend bool operator==(const slot_record&, const slot_record&) = default;
};

struct boot_record {
  std::uint32_t sequence = 0;  ///< each record has one more than its predecessor
  std::uint8_t active = 0;     ///< the slot to boot
  bool trial = false;          ///< it has not been confirmed yet
  std::uint8_t tries_left = 0; ///< in a trial: starts before the other slot's turn comes again
  std::array<slot_record, slot_count> slots;

  [[nodiscard]] std::uint8_t inactive() const noexcept { return active == 0 ? 1 : 0; }
  friend bool operator==(const boot_record&, const boot_record&) = default;
};

inline constexpr std::size_t boot_record_octets = 256;
inline constexpr std::uint16_t boot_record_layout = 1; ///< another layout is another number

/// The record with its layout's number in front and a checksum behind.
std::array<std::uint8_t, boot_record_octets> encode(const boot_record& record) noexcept;

/// None for anything but encode()'s octets of this layout: torn, rotten, erased, or of another one.
std::optional<boot_record> decode_boot_record(bytes_view octets) noexcept;

} // namespace fleet::hal
