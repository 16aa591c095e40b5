// Power on, resets and power losses of a device: one boot of its software each. With firmware the
// boot loader decides what runs, and whether anything does.
#include <algorithm>

#include "actors/device/device.hpp"
#include "actors/device/device_extras.hpp"
#include "actors/device/firmware_stock.hpp"
#include "actors/device/guide.hpp"
#include "actors/device/registrar.hpp"
#include "actors/device/topic_schedule.hpp"
#include "protocol/ota/generated.hpp"

namespace fleet::actors {

void device::power_up() {
  slot_.board.boot(now());
  // The receive buffer is there from boot to power-off, as on the manual's board.
  slot_.board.memory.set_limit(product_.ram_bytes);
  (void)slot_.board.memory.take(product_.client.receive_limit_bytes);
  if (!boot_image()) {
    return;
  }
  software_ = true;
  slot_.uplink.boot();
  slot_.trace.note(now(), happening::booted, slot_.uplink.epoch());
  const bool vendors = product_.speech->triples() != nullptr;
  if (vendors && (product_.features.any() || product_.firmware)) {
    extras_ =
        std::make_unique<device_extras>(device_parts{around_, product_, slot_, client_}, turns_);
  }
  if (!product_.features.topics.empty()) {
    around_.filters.clear();
    own_filters(around_.filters);
    topics_ = std::make_unique<topic_schedule>(device_parts{around_, product_, slot_, client_},
                                               around_.filters);
  }
  if (quiet_) {
    quiet();
  }
}

/// True if an image starts, or there is no flash to start one from.
bool device::boot_image() {
  if (!product_.firmware || product_.speech->triples() == nullptr) {
    return true;
  }
  auto& flash = slot_.board.flash;
  if (!flash) {
    FLEET_CHECK(around_.stock != nullptr && turns_ != nullptr);
    flash = around_.stock->make(*product_.firmware);
  }
  flash->chip.power_on();
  const auto& outcome = flash->start(ota::unbootable_mark);
  if (outcome.verdict == hal::boot_verdict::power_lost) {
    bump(counts().firmware_power_losses);
    slot_.trace.note(now(), happening::power_lost);
    slot_.board.power_off();
    power_back_ = later(now(), product_.firmware->power_return + product_.firmware->boot_time);
  } else if (!outcome.starts()) {
    bump(counts().firmware_dead);
    slot_.board.power_off();
    dead_ = true;
    power_back_ = never;
  }
  return outcome.starts();
}

/// A reset or a power loss that its firmware asks for: this boot's software ends here.
void device::cycle_power() {
  const auto why = extras_->power();
  if (why == power_need::none) {
    return;
  }
  duration off = product_.firmware->boot_time;
  if (why == power_need::reset) {
    bump(counts().firmware_reboots);
    slot_.trace.note(now(), happening::reset);
    if (slot_.board.link.up() && phase_ >= phase::subscribing) {
      client_.stop(slot_.board.link.output()); // as the SDK does before its program ends
    }
  } else {
    bump(counts().firmware_power_losses);
    slot_.trace.note(now(), happening::power_lost);
    off += product_.firmware->power_return;
  }
  lose_link();
  extras_.reset();
  topics_.reset();
  slot_.board.power_off();
  next_report_ = never;
  awaited_ = {};
  wait_ = {};
  was_online_ = false;
  renewing_ = false;
  light_ = false;
  software_ = false;
  power_back_ = later(now(), off);
  if (go(step::reset) && phase_ == phase::off) {
    phase_due_ = power_back_;
  }
}

/// The power is back, or the board's boot time is over.
void device::come_back() {
  if (software_) {
    phase_due_ = never;
    return;
  }
  power_up();
  if (!software_) {
    phase_due_ = power_back_;
  } else if (go(step::run)) {
    phase_due_ = now();
  }
}

} // namespace fleet::actors
