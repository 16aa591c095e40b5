// The flash of a board that has one, its boot loader, and what that started last. What is written
// there and when is the device's business.
#pragma once

#include <string_view>

#include "hal_sim/flash/boot_loader.hpp"
#include "hal_sim/flash/flash_chip.hpp"

namespace fleet::hal {

class board_flash {
public:
  /// An erased chip. All three outlive it.
  board_flash(const flash_geometry& geometry, const boot_settings& boot, flash_store& store)
      : chip(geometry, store), loader(chip, boot) {}
  /// A further one of what the factory made: the same contents, shared.
  board_flash(const board_flash& made, const boot_settings& boot, flash_store& store)
      : board_flash(made.chip.geometry(), boot, store) {
    chip.copy_from(made.chip);
  }

  /// After power on or a reset: starts what the loader picks, again and again while that is an
  /// image that does not come up and the watchdog resets the board. An image whose first octets are
  /// `unbootable` is one. `running` is what comes of it, also nothing.
  const boot_outcome& start(std::string_view unbootable);
  /// Nothing runs any more.
  void stop() noexcept { running = {}; }

  /// Octets, the heap included; contents are the store's.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return sizeof *this - sizeof chip + chip.memory_bytes();
  }

  flash_chip chip;
  boot_loader loader;
  boot_outcome running; ///< of the last start()

private:
  [[nodiscard]] bool comes_up(const boot_outcome& outcome, std::string_view unbootable) const;
};

} // namespace fleet::hal
