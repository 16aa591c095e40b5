// A sub-device's power and sessions.
#include "actors/device/sub_device.hpp"

#include "actors/device/cookie.hpp"
#include "actors/device/device.hpp"

namespace fleet::actors {

namespace {

/// Its boot counts before its thing begins.
device_slot& booted(device_slot& slot, time_point now) {
  slot.board.boot(now);
  return slot;
}

} // namespace

sub_device::sub_device(device_surroundings& around, device_slot& slot, thing_link& link,
                       std::uint16_t place)
    : around_(around), slot_(booted(slot, around.home->now())), link_(link),
      thing_({around, around.products->at(slot.board.index()), slot, *this}), place_(place) {
  slot_.uplink.boot();
  slot_.trace.note(around.home->now(), happening::booted, slot_.uplink.epoch());
}

sub_device::~sub_device() {
  logged_out();
  slot_.board.power_off();
}

void sub_device::logged_in(std::uint8_t packets) {
  packets_pending_ = packets;
}

bool sub_device::subscribed() {
  if (packets_pending_ == 0 || --packets_pending_ > 0) {
    return false;
  }
  online_ = true;
  ++slot_.connections;
  slot_.trace.note(around_.home->now(), happening::connected);
  bump(around_.counts->sub_devices_online);
  thing_.online();
  return true;
}

void sub_device::logged_out() {
  packets_pending_ = 0;
  silent_ = true;
  if (online_) {
    online_ = false;
    drop(around_.counts->sub_devices_online);
    slot_.trace.note(around_.home->now(), happening::link_ended);
    thing_.offline();
  }
}

std::optional<skip> sub_device::publish(const mqtt::message_view& message, time_point due,
                                        std::uint64_t cookie) {
  if (silent_) {
    return skip::offline;
  }
  return link_.publish(message, due, cookie_behind(cookie, place_));
}

} // namespace fleet::actors
