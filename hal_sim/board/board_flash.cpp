// The watchdog between boot loader and image.
#include "hal_sim/board/board_flash.hpp"

#include <array>

namespace fleet::hal {

namespace {

/// Resets in a row after which nothing else can be expected: all tries of both slots are over long
/// before.
constexpr unsigned resets_most = 600;

} // namespace

bool board_flash::comes_up(const boot_outcome& outcome, std::string_view unbootable) const {
  std::array<std::uint8_t, 16> front{};
  const auto mark = std::span{front}.first(std::min(unbootable.size(), front.size()));
  const auto first = range_of_slot(chip.geometry(), outcome.slot).first_block;
  return chip.read(first * chip.geometry().block_bytes, mark) == flash_status::done
         && (outcome.image.size < mark.size() || as_text(mark) != unbootable);
}

const boot_outcome& board_flash::start(std::string_view unbootable) {
  for (unsigned i = 0; i < resets_most; ++i) {
    running = loader.boot();
    if (!running.starts() || comes_up(running, unbootable)) {
      return running;
    }
  }
  running = {};
  return running;
}

} // namespace fleet::hal
