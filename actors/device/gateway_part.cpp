// A gateway's sub-devices: log-in, subscriptions, messages to and from them, their timers.
#include "actors/device/gateway_part.hpp"

#include <algorithm>

#include "actors/device/cookie.hpp"
#include "actors/device/registrar.hpp"
#include "actors/device/speech_scratch.hpp"
#include "protocol/alink/rrpc.hpp"

namespace fleet::actors {

using alink::topic_kind;

alink::identity children_source::at(std::uint32_t index) const {
  auto who = all_.at(first_ + index);
  if (const auto kept = slots_[index].board.kv.get(secret_key)) {
    who.device_secret = as_text(*kept);
  } else if (registers(index)) {
    who.device_secret.clear();
  }
  return who;
}

bool children_source::registers(std::uint32_t index) const {
  return products_.at(first_ + index).registration.by != registration_way::none;
}

std::optional<std::uint32_t> children_source::find(std::string_view product_key,
                                                   std::string_view device_name) const {
  const auto found = all_.find(product_key, device_name);
  return found && *found >= first_ && *found - first_ < count_ ? std::optional{*found - first_}
                                                               : std::nullopt;
}

gateway_part::gateway_part(const device_parts& of, device_port& port) : of_(of), port_(port) {
  const auto& plan = of.product.features.children;
  const auto index = of.slot.board.index();
  FLEET_CHECK(plan.each <= alink::max_sub_devices && index >= plan.gateways_first
              && alink::valid(of.product.features.gateway));
  first_ = plan.first + (index - plan.gateways_first) * plan.each;
  give_slots_behind(of_.slot, *of_.around.home, *of_.around.products);
  auto& slots = *of_.slot.behind;
  FLEET_CHECK(of_.around.products->at(first_).speech->triples() != nullptr);
  source_.emplace(*of_.around.products, first_, plan.each, slots);
  for (std::uint16_t i = 0; i < plan.each; ++i) {
    subs_.emplace_back(of_.around.of(first_ + i), slots[i], port_, i);
  }
  const auto own = of_.product.speech->triples()->at(index);
  machine_.emplace(alink::gateway::parts{of_.product.features.gateway,
                                         *source_,
                                         static_cast<std::uint16_t>(plan.each),
                                         {own.product_key, own.device_name}},
                   random_stream{of_.product.seed, index, "gateway"});
  of_.client.hold(cookies_of_others); // what an earlier boot left in the session
}

gateway_part::~gateway_part() = default;

void give_slots_behind(device_slot& gateway, hal::home& home, const product_map& products) {
  if (gateway.behind) {
    return;
  }
  const auto index = gateway.board.index();
  const auto& plan = products.at(index).features.children;
  gateway.behind = std::make_unique<std::deque<device_slot>>();
  for (std::uint32_t i = 0; i < plan.each; ++i) {
    const auto child = plan.first + (index - plan.gateways_first) * plan.each + i;
    gateway.behind->emplace_back(home, child, products.at(child).seed);
  }
}

/// What a sub-device has sent and the platform has not acknowledged waits in the session until the
/// sub-device is logged in again: the platform would acknowledge it and throw it away (§16.8, 520).
/// With one that will not be logged in any more it ends unacknowledged.
void gateway_part::give_up(mqtt::cookie_range whose) {
  if (of_.client.connected()) {
    (void)of_.client.abandon(whose);
  }
}

void gateway_part::online() {
  for (std::uint16_t i = 0; i < subs_.size(); ++i) {
    const auto state = machine_->state_of(i);
    if (state == alink::sub_device_state::refused || state == alink::sub_device_state::disabled
        || state == alink::sub_device_state::deleted) {
      give_up(cookies_behind(i));
    }
  }
  machine_->connected(now());
  drain();
  const auto often = of_.product.features.children.rejoin;
  if (often > duration::zero() && next_rejoin_ == never && !quiet_) {
    // Gateways that start together must not do it together.
    random_stream chance{of_.product.seed, of_.slot.board.index(), "rejoin"};
    next_rejoin_ = later(now(), chance.between(duration::zero(), often));
  }
}

void gateway_part::offline() {
  waiting_.clear();
  pending_.clear();
  of_.client.hold(cookies_of_others);
  machine_->disconnected(now());
  drain();
  // Whoever was logged in and not yet subscribed is forgotten, too.
  for (auto& sub : subs_) {
    sub.logged_out();
  }
  lost_at_ = now(); // a pack that is sent again comes before their log-ins
}

void gateway_part::quiet() {
  quiet_ = true;
  next_rejoin_ = never;
  for (auto& sub : subs_) {
    sub.it().quiet();
  }
}

void gateway_part::leave() {
  leaving_ = true;
  next_rejoin_ = never;
  waiting_.clear(); // whoever is not online yet shall not be any more
  give_up(cookies_of_others);
  for (std::uint16_t i = 0; i < subs_.size(); ++i) {
    machine_->stop(i, now());
  }
  drain();
}

/// One message for all of them: a broadcast names no device (§9.1).
void gateway_part::broadcast(const mqtt::message_view& message, std::string_view product_key) {
  for (std::uint16_t i = 0; i < subs_.size(); ++i) {
    const auto& product = of_.around.products->at(first_ + i);
    if (subs_[i].online() && product.features.broadcasts
        && subs_[i].it().names().product_key == product_key) {
      (void)subs_[i].it().take(message);
      touch(i);
    }
  }
}

bool gateway_part::take(const mqtt::message_view& message) {
  const bool taken =
      machine_->receive(message.topic, message.payload, now(), of_.around.speech->gateways);
  drain();
  if (taken) {
    return true;
  }
  auto names = alink::device_pair{};
  if (const auto call = alink::parse_rrpc_request(message.topic)) {
    names = {call->product_key, call->device_name};
  } else {
    const auto on = alink::parse_topic(message.topic);
    if (on.kind == topic_kind::broadcast) {
      broadcast(message, on.product_key);
      return false; // it may be the gateway's own product's, too
    }
    names = {on.product_key, on.device_name};
  }
  const auto place = source_->find(names.product_key, names.device_name);
  if (!place) {
    return false;
  }
  const auto at = static_cast<std::uint16_t>(*place);
  (void)subs_[at].it().take(message);
  touch(at);
  return true;
}

void gateway_part::drain() {
  while (const auto event = machine_->next_event()) {
    take_event(*event);
  }
  auto& payload = of_.around.payload;
  for (;;) {
    payload.clear();
    const auto next = machine_->next_message(payload, now());
    if (!next) {
      break;
    }
    const auto own = of_.product.speech->triples()->at(of_.slot.board.index());
    const auto sub = next->sub_device ? source_->at(*next->sub_device) : alink::identity{};
    const auto& who = next->sub_device ? sub : own;
    mqtt::message_view message;
    message.topic = of_.around.own_topic({next->kind, next->reply, {}, {}, {}},
                                         {who.product_key, who.device_name});
    message.payload = payload.view();
    (void)port_.publish(message, now(), untagged);
  }
  subscribe_waiting();
  count_machine();
}

void gateway_part::count_machine() {
  auto& counts = *of_.around.counts;
  const auto& all = machine_->counters();
  bump(counts.request_timeouts, all.timeouts - seen_.timeouts);
  bump(counts.sub_devices_registered, all.registered - seen_.registered);
  bump(counts.sub_devices_left, all.left - seen_.left);
  bump(counts.session_batches, all.batches - seen_.batches);
  bump(counts.topologies_read, all.topologies - seen_.topologies);
  bump(counts.found_told, all.found - seen_.found);
  seen_ = all;
}

/// Lets the next one that is online leave; the event `left` takes it in again.
void gateway_part::rejoin_next() {
  next_rejoin_ = later(next_rejoin_, of_.product.features.children.rejoin);
  for (std::size_t tried = 0; tried < subs_.size(); ++tried) {
    const auto place = static_cast<std::uint16_t>(rejoin_turn_++ % subs_.size());
    if (subs_[place].online() && machine_->dismiss(place, now())) {
      silence(place); // what it said after its logout would be acknowledged and thrown away
      break;
    }
  }
  drain();
}

void gateway_part::take_event(const alink::gateway_event& event) {
  using kind = alink::gateway_event_kind;
  switch (event.kind) {
    case kind::registered:
      (void)slot_at(event.index).board.kv.put(secret_key, as_bytes(event.device_secret));
      return;
    case kind::online:
      of_.client.release(cookies_behind(event.index), now(), of_.slot.board.link.output());
      subs_[event.index].session_opened();
      waiting_.push_back(event.index);
      subs_[event.index].refused_with = 0;
      return;
    case kind::offline:
      of_.client.hold(cookies_behind(event.index));
      if (subs_[event.index].online()) { // else it left by itself, or was in no pack
        lost_at_ = now();
      }
      silence(event.index);
      return;
    case kind::left:
      if (event.code == 0 && source_->registers(event.index)) {
        // What was unregistered registers anew.
        (void)slot_at(event.index).board.kv.erase(secret_key);
      }
      if (!leaving_) {
        machine_->start(event.index, now());
      }
      return;
    case kind::refused: refused(event.index, event.code); return;
    case kind::disabled:
    case kind::removed: give_up(cookies_behind(event.index)); return;
    case kind::permit: admit(std::string{event.permit_product}); return;
    case kind::enabled: return; // the machine has done what there is to do
  }
  FLEET_CHECK(false);
}

void gateway_part::refused(std::uint16_t place, std::int32_t code) {
  give_up(cookies_behind(place));
  if (subs_[place].refused_with == code) {
    return; // it asks at every log-on
  }
  subs_[place].refused_with = code;
  bump(of_.around.counts->sub_devices_refused);
  bump(of_.around.counts->outcomes[static_cast<std::size_t>(outcome::sub_device_refused)]);
  std::string why = "code " + std::to_string(code);
  if (code == alink::gateway_code::already_active) {
    why += std::string{": "} + std::string{registered_before};
  }
  of_.around.watcher->on_trouble(first_ + place, outcome::sub_device_refused, why);
}

// New devices join within the time of a permit; ours are all there, so those ask again that were
// refused, disabled or taken from the gateway.
void gateway_part::admit(const std::string& product_key) {
  for (std::uint16_t i = 0; i < subs_.size() && !leaving_; ++i) {
    const auto state = machine_->state_of(i);
    const bool out = state == alink::sub_device_state::refused
                     || state == alink::sub_device_state::disabled
                     || state == alink::sub_device_state::deleted;
    if (out && (product_key.empty() || subs_[i].it().names().product_key == product_key)) {
      machine_->start(i, now());
    }
  }
}

void gateway_part::silence(std::uint16_t place) {
  forget(place);
  subs_[place].logged_out();
  touch(place);
}

void gateway_part::touch(std::uint16_t place) {
  // Arming for later waits until the wake that is armed: there are as few entries as arrivals of
  // something earlier.
  const auto next = subs_[place].it().next_timeout();
  if (next < subs_[place].armed) {
    subs_[place].armed = next;
    wakes_.emplace(next, place);
  }
}

void gateway_part::handle_timeout() {
  if (machine_->next_timeout() <= now()) {
    machine_->handle_timeout(now());
    drain();
  }
  if (next_rejoin_ <= now()) {
    rejoin_next();
  }
  while (!wakes_.empty() && wakes_.top().first <= now()) {
    const auto [due, place] = wakes_.top();
    wakes_.pop();
    auto& sub = subs_[place];
    if (sub.armed != due) {
      continue;
    }
    sub.armed = never;
    sub.it().handle_timeout();
    touch(place);
  }
}

time_point gateway_part::next_timeout() const noexcept {
  const auto own = std::min(machine_->next_timeout(), next_rejoin_);
  return wakes_.empty() ? own : std::min(own, wakes_.top().first);
}

bool gateway_part::write_pack(byte_buffer& out, std::uint32_t id, const alink::pack_part& own) {
  const auto& model = of_.product.features.model;
  const std::size_t own_count = model ? model->properties().size() : 0;
  alink::pack_writer writer{out, of_.product.features.gateway.dialect, id, own};
  std::size_t taken = 0;
  std::size_t room = alink::max_pack_properties - std::min(alink::max_pack_properties, own_count);
  byte_buffer values;
  for (std::size_t i = 0; i < subs_.size() && taken < alink::max_pack_sub_devices; ++i) {
    const auto place = static_cast<std::uint16_t>(pack_turn_++ % subs_.size());
    auto& sub = subs_[place];
    const std::size_t properties = sub.it().state().thing().properties().size();
    if (!sub.online() || properties > room) {
      continue;
    }
    room -= properties;
    values.clear();
    sub.it().append_current(values);
    writer.add(sub.it().names(), {as_text(values.view()), {}});
    ++taken;
  }
  writer.end();
  return true;
}

std::size_t gateway_part::memory_bytes() const noexcept {
  std::size_t sum = sizeof(*this) + pending_.capacity() * sizeof(pending_subscribe)
                    + wakes_.size() * sizeof(wake)
                    + subs_.size() * alink::sub_device_table::bytes_per_sub_device;
  for (const auto& sub : subs_) {
    sum += sizeof(sub) + sizeof(device_slot) + sub.it().memory_bytes();
  }
  return sum;
}

} // namespace fleet::actors
