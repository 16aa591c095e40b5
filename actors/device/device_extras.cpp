// The optional parts together, and the session they share.
#include "actors/device/device_extras.hpp"

#include <algorithm>

#include "actors/device/cookie.hpp"

namespace fleet::actors {

std::optional<skip> device_port::obstacle(std::size_t octets) const {
  return obstacle_on(of_.slot.board.memory, of_.client, octets, of_.product.client.in_flight_max);
}

bool device_port::write_pack(byte_buffer& out, std::uint32_t id, const alink::pack_part& own) {
  return gateway_ != nullptr && gateway_->write_pack(out, id, own);
}

bool device_port::lost_child_since(time_point when) const {
  return gateway_ != nullptr && gateway_->lost_child_since(when);
}

device_extras::device_extras(const device_parts& of, turn_giver* turns)
    : port_(of), thing_({of.around, of.product, of.slot, port_, turns}) {
  if (of.product.firmware) {
    firmware_ = std::make_unique<firmware_part>(
        thing_place{of.around, of.product, of.slot, port_, turns}, thing_.names());
  }
  if (of.product.features.children.each > 0) {
    gateway_ = std::make_unique<gateway_part>(of, port_);
    port_.set_gateway(gateway_.get());
  }
}

void device_extras::filters(std::vector<filter_text>& out) const {
  thing_.filters(out);
  if (gateway_) {
    gateway_->filters(out);
  }
  if (firmware_) {
    firmware_->filters(out);
  }
}

void device_extras::online() {
  thing_.online();
  if (gateway_) {
    gateway_->online();
  }
  if (firmware_) {
    firmware_->online();
  }
}

void device_extras::offline() {
  thing_.offline();
  if (gateway_) {
    gateway_->offline();
  }
  if (firmware_) {
    firmware_->offline();
  }
}

void device_extras::quiet() {
  thing_.quiet();
  if (gateway_) {
    gateway_->quiet();
  }
}

void device_extras::leave() {
  if (gateway_) {
    gateway_->leave();
  }
}

bool device_extras::take(const mqtt::message_view& message) {
  return (gateway_ && gateway_->take(message)) || (firmware_ && firmware_->take(message))
         || thing_.take(message);
}

void device_extras::subscribed(std::uint16_t packet_id) {
  if (gateway_) {
    gateway_->subscribed(packet_id);
  }
}

device_slot& device_extras::sender_of(std::uint64_t cookie, device_slot& own) noexcept {
  const auto owner = owner_of(cookie);
  return owner == 0 || !gateway_ ? own : gateway_->slot_at(static_cast<std::uint16_t>(owner - 1));
}

void device_extras::part_turn() {
  thing_.part_turn();
  if (firmware_) {
    firmware_->part_turn();
  }
}

void device_extras::handle_timeout() {
  if (thing_.next_timeout() <= thing_.now()) {
    thing_.handle_timeout();
  }
  if (gateway_) {
    gateway_->handle_timeout();
  }
  if (firmware_) {
    firmware_->handle_timeout();
  }
}

time_point device_extras::next_timeout() const noexcept {
  time_point next = thing_.next_timeout();
  next = gateway_ ? std::min(next, gateway_->next_timeout()) : next;
  return firmware_ ? std::min(next, firmware_->next_timeout()) : next;
}

std::size_t device_extras::memory_bytes() const noexcept {
  return sizeof(*this) + thing_.memory_bytes() + (gateway_ ? gateway_->memory_bytes() : 0)
         + (firmware_ ? firmware_->memory_bytes() : 0);
}

} // namespace fleet::actors
