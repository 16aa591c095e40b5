// Power on, resets and power losses of a posting device, and what it asks the platform about its
// firmware: as device_power.cpp, with offers that come as answers.
#include <algorithm>

#include "actors/device/board_faults.hpp"
#include "actors/device/coap_channel.hpp"
#include "actors/device/firmware_boot.hpp"
#include "actors/device/http_channel.hpp"
#include "actors/device/post_device.hpp"
#include "actors/device/post_firmware.hpp"

namespace fleet::actors {

namespace {

std::unique_ptr<post_channel> make_channel(const post_place& at, post_channel_events& owner) {
  switch (at.product.post->protocol) {
    case post_protocol::coap: return std::make_unique<coap_channel>(at, owner);
    case post_protocol::http: return std::make_unique<http_channel>(at, owner);
  }
  FLEET_CHECK(false);
}

} // namespace

void post_device::power_up() {
  const board_standing is =
      around_.faults == nullptr ? board_standing{} : around_.faults->standing(index_);
  if (is.unpowered) {
    if (channel_ == nullptr) {
      channel_ = make_channel({around_, product_, slot_.board, turns_}, *this);
    }
    hold(counts(), held_, true);
    power_back_ = never;
    return;
  }
  slot_.board.boot(now());
  limit_ram(slot_.board.memory, product_, is);
  channel_ = make_channel({around_, product_, slot_.board, turns_}, *this);
  const boot_try done = boot_firmware(around_, product_, slot_);
  drop(counts().firmware_dead, dead_ ? 1 : 0); // counted again, if it is
  dead_ = done.dead;
  power_back_ = done.power_back;
  software_ = done.starts;
  if (!software_) {
    return;
  }
  slot_.uplink.boot();
  slot_.trace.note(now(), happening::booted, slot_.uplink.epoch());
  if (product_.firmware) {
    thing_link& link = *this;
    firmware_ =
        std::make_unique<post_firmware>(thing_place{around_, product_, slot_, link, &turns_},
                                        product_.speech->triples()->at(index_));
  }
}

/// A reset or a power loss that its firmware asks for: this boot's software ends here.
void post_device::cycle_power() {
  const power_need why = firmware_->part.power();
  if (why == power_need::none) {
    return;
  }
  if (why == power_need::reset) {
    channel_->close();
  } else {
    slot_.board.link.go_half_open();
  }
  end_software(later(now(), end_of_power(why, around_, product_, slot_)));
}

/// `back`: when the next boot is.
void post_device::end_software(time_point back) {
  if (software_) {
    channel_->drop();
    firmware_.reset();
    forget_all();
    reports_.stop();
    wait_ = {};
    renewing_ = false;
    software_ = false;
  }
  slot_.board.power_off();
  power_back_ = back;
  go(step::reset);
  if (phase_ == phase::off) {
    phase_due_ = power_back_;
  }
}

void post_device::power_cut() {
  if (held_ || phase_ == phase::stopped) {
    return;
  }
  hold(counts(), held_, true);
  slot_.trace.note(now(), happening::power_lost);
  slot_.board.link.go_half_open();
  end_software(never);
}

void post_device::power_return() {
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

void post_device::reboot() {
  if (!software_ || phase_ == phase::stopped) {
    return; // it has no power, or boots already
  }
  bump(counts().fault_reboots);
  slot_.trace.note(now(), happening::reset);
  slot_.board.link.go_half_open();
  end_software(later(now(), boot_time_of(product_)));
}

/// The power is back, or the board's boot time is over.
void post_device::come_back() {
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

void post_device::firmware_online() {
  if (firmware_) {
    firmware_->part.online(); // `inform` first (§14.4)
    firmware_->next_ask = now();
  }
}

void post_device::take_offer(std::string_view topic, bytes_view payload) {
  if (!firmware_ || payload.empty()) {
    return;
  }
  mqtt::message_view message;
  message.topic = topic;
  message.payload = payload;
  (void)firmware_->part.take(message);
}

void post_device::ask_for_firmware() {
  if (firmware_->part.next_timeout() <= now()) {
    firmware_->part.handle_timeout();
  }
  if (firmware_->next_ask <= now()) {
    firmware_->next_ask = later(now(), product_.post->ask_firmware_every);
    firmware_->part.ask();
  }
}

} // namespace fleet::actors
