// Power on, resets and power losses of a device: one boot of its software each. With firmware the
// boot loader decides what runs, and whether anything does.
#include <algorithm>

#include "actors/device/board_faults.hpp"
#include "actors/device/device.hpp"
#include "actors/device/device_extras.hpp"
#include "actors/device/firmware_boot.hpp"
#include "actors/device/guide.hpp"
#include "actors/device/registrar.hpp"
#include "actors/device/topic_schedule.hpp"

namespace fleet::actors {

void device::power_up() {
  const board_standing is =
      around_.faults == nullptr ? board_standing{} : around_.faults->standing(index_);
  if (is.unpowered) {
    hold(counts(), held_, true);
    power_back_ = never;
    return;
  }
  slot_.board.boot(now());
  // The receive buffer is there from boot to power-off, as on the manual's board.
  limit_ram(slot_.board.memory, product_, is);
  buffered_ = slot_.board.memory.take(product_.client.receive_limit_bytes);
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
  FLEET_CHECK(!product_.firmware || turns_ != nullptr || product_.speech->triples() == nullptr);
  const boot_try done = boot_firmware(around_, product_, slot_);
  drop(counts().firmware_dead, dead_ ? 1 : 0); // counted again, if it is
  dead_ = done.dead;
  power_back_ = done.power_back;
  return done.starts;
}

/// A reset or a power loss that its firmware asks for: this boot's software ends here.
void device::cycle_power() {
  const auto why = extras_->power();
  if (why == power_need::none) {
    return;
  }
  if (why == power_need::reset && slot_.board.link.up() && phase_ >= phase::subscribing) {
    client_.stop(slot_.board.link.output()); // as the SDK does before its program ends
  }
  const duration off = end_of_power(why, around_, product_, slot_);
  if (why == power_need::lost) {
    slot_.board.link.go_half_open();
  }
  end_software(later(now(), off));
}

/// `back`: when the next boot is.
void device::end_software(time_point back) {
  if (software_) {
    lose_link();
    extras_.reset();
    topics_.reset();
    reports_.stop();
    awaited_ = {};
    wait_ = {};
    was_online_ = false;
    renewing_ = false;
    light_ = false;
    software_ = false;
  }
  slot_.board.power_off();
  power_back_ = back;
  go(step::reset);
  if (phase_ == phase::off) {
    phase_due_ = power_back_;
  }
}

void device::power_cut() {
  if (held_ || phase_ == phase::stopped) {
    return;
  }
  hold(counts(), held_, true);
  slot_.trace.note(now(), happening::power_lost);
  slot_.board.link.go_half_open(); // nothing is left that could say FIN
  end_software(never);
}

void device::power_return() {
  if (!held_ || phase_ == phase::stopped) {
    return;
  }
  hold(counts(), held_, false);
  bump(counts().fault_reboots);
  power_back_ = later(now(), boot_time_of(product_));
  if (phase_ == phase::off) {
    phase_due_ = power_back_;
  }
}

void device::reboot() {
  if (!software_ || phase_ == phase::stopped) {
    return; // it has no power, or boots already
  }
  bump(counts().fault_reboots);
  slot_.trace.note(now(), happening::reset);
  slot_.board.link.go_half_open();
  end_software(later(now(), boot_time_of(product_)));
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
