// The boot loader's verdict, counted.
#include "actors/device/firmware_boot.hpp"

#include "actors/device/board_faults.hpp"
#include "actors/device/firmware_stock.hpp"
#include "protocol/faults/selector.hpp"
#include "protocol/ota/generated.hpp"

namespace fleet::actors {

void disturb_flash(hal::board_flash& flash, const board_standing& is, const hal::board& on) {
  flash.chip.set_bad_from(is.full ? 0 : UINT32_MAX);
  if (is.cut_ppm == 0) {
    flash.chip.plan_cut(std::nullopt);
    return;
  }
  // Anywhere up to twice the mean: a share of all steps, in whole numbers.
  const std::uint64_t steps = (2 * std::uint64_t{faults::whole_ppm} + is.cut_ppm - 1) / is.cut_ppm;
  random_stream luck = on.random("power loss in write");
  random_stream at{luck.next(), flash.chip.operations(), "step"};
  flash.chip.plan_cut(hal::power_cut{at.below(steps), static_cast<std::uint16_t>(at.below(1001))});
}

boot_try boot_firmware(device_surroundings& around, const product_settings& product,
                       device_slot& slot) {
  boot_try out;
  if (!product.firmware || product.speech->triples() == nullptr) {
    return out;
  }
  auto& flash = slot.board.flash;
  if (!flash) {
    FLEET_CHECK(around.stock != nullptr);
    flash = around.stock->make(*product.firmware);
  }
  flash->chip.power_on();
  if (around.faults != nullptr) {
    disturb_flash(*flash, around.faults->standing(slot.board.index()), slot.board);
  }
  const auto& outcome = flash->start(ota::unbootable_mark);
  out.starts = outcome.starts();
  if (outcome.verdict == hal::boot_verdict::power_lost) {
    bump(around.counts->firmware_power_losses);
    slot.trace.note(around.home->now(), happening::power_lost);
    slot.board.power_off();
    out.power_back =
        later(around.home->now(), product.firmware->power_return + product.firmware->boot_time);
  } else if (!out.starts) {
    bump(around.counts->firmware_dead);
    slot.board.power_off();
    out.dead = true;
  }
  return out;
}

duration end_of_power(power_need why, device_surroundings& around, const product_settings& product,
                      device_slot& slot) {
  const duration boot = product.firmware->boot_time;
  if (why == power_need::reset) {
    bump(around.counts->firmware_reboots);
    slot.trace.note(around.home->now(), happening::reset);
    return boot;
  }
  bump(around.counts->firmware_power_losses);
  slot.trace.note(around.home->now(), happening::power_lost);
  return boot + product.firmware->power_return;
}

} // namespace fleet::actors
