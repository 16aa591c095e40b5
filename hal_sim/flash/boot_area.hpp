// Keeps the boot record in two blocks, so that no single failure loses it: each record is appended
// to both, and a block is erased only while the other holds the newest. It knows no slots.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "hal_sim/flash/boot_record.hpp"
#include "hal_sim/flash/flash_chip.hpp"

namespace fleet::hal {

class boot_area {
public:
  static constexpr std::uint32_t blocks = 2;

  /// In the blocks from `first_block` on, each of which must hold a record at least.
  boot_area(flash_chip& chip, std::uint32_t first_block) noexcept;

  /// The newest record that is whole in either copy.
  [[nodiscard]] std::optional<boot_record> newest() const;

  /// Makes `record` the newest; its sequence is set here. `done` when one copy at least is written:
  /// the other may be worn out. After power_lost it is the newest or its predecessor still is.
  flash_status store(boot_record& record);

  /// Writes the newest to the copy that lacks it, where a power loss came between the two.
  flash_status repair();

  /// Records that fit one copy before it is erased.
  [[nodiscard]] std::uint32_t places() const noexcept;

private:
  struct copy {
    std::optional<boot_record> newest;
    std::uint32_t free = 0; ///< the place behind all that are not erased; places() if it is full
  };
  [[nodiscard]] std::uint32_t place_bytes() const noexcept;
  [[nodiscard]] std::uint32_t address_of(std::uint32_t which, std::uint32_t place) const noexcept;
  [[nodiscard]] copy look_at(std::uint32_t which) const;
  flash_status append(std::uint32_t which, const copy& is, const boot_record& record);

  flash_chip* chip_;
  std::uint32_t first_block_;
};

} // namespace fleet::hal
