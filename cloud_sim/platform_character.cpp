// Log-on, rights, and the way of each message through the vendor's platform.
#include "cloud_sim/platform_character.hpp"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "cloud_sim/command_text.hpp"
#include "protocol/alink/thing_raw.hpp"

namespace fleet::cloud {

platform_character::platform_character(broker& core, registry& devices, platform_state& state,
                                       const platform_options& options)
    : broker_(core), devices_(devices), state_(state), options_(options),
      door_({core, devices, state, options_}), lines_(core, devices),
      things_({core, lines_, state, options_}), shadows_({core, lines_, state}),
      gateways_({core, lines_, state, things_, options_}, devices, *this),
      calls_({core, lines_, options_}), firmware_({core, lines_, state, options_}),
      posts_({core, devices, state, lines_, options_}, *this), guard_(options_.bounds) {
  things_.ask_for_firmware(firmware_);
  lines_.replies_at_qos_0 = options_.variants.replies_at_qos_0;
  lines_.downlinks = options_.bounds.down;
}

void platform_character::on_connect(connection& from, const mqtt::connect_view& connect) {
  const auto who = door_.judge(connect, {from.over_tls(), from.id2()});
  if (who.code != mqtt::connack_code::accepted) {
    broker_.refuse(from, who.code);
    return;
  }
  from.stands_for(who.device);
  if (auto* const faults = broker_.faults(); faults != nullptr && faults->refuses(who.device)) {
    broker_.refuse(from, mqtt::connack_code::bad_credentials);
    return;
  }
  if (who.passing) {
    broker_.dispatch(from, who.topic, who.payload);
    return;
  }
  platform_client* client = devices_.client(who.device);
  if (client != nullptr && broker_.gives_way(from, *client)) {
    return;
  }
  if (client != nullptr) {
    broker_.cut(*client, end_reason::taken_over); // the "kick" of §8.1
    client = devices_.client(who.device);
  }
  if (client != nullptr && connect.clean_session) {
    forget(*client);
    client = nullptr;
  }
  const bool present = client != nullptr;
  if (!present && !broker_.room_for_session()) {
    broker_.refuse(from, mqtt::connack_code::server_unavailable);
    return;
  }
  if (!present) {
    client = &seat(who.device, devices_.identity_of(who.device));
  }
  if (who.auto_subscribe) {
    client->subscribe_automatically();
  }
  posts_.displaced(who.device);
  broker_.admit(from, *client, connect, present, who.keep_alive_s, false);
  note_presence(who.device, *client->of, true);
  gateways_.connected_directly(who.device);
  shadows_.listens(switchboard::direct(*client));
  firmware_.came(who.device);
  if (listener_ != nullptr) {
    listener_->on_device(who.device);
  }
}

platform_client& platform_character::seat(std::uint32_t device, const alink::identity& who) {
  auto& made = devices_.keep(
      device, std::make_unique<platform_client>(device, who.product_key, who.device_name));
  made.of = &state_.products.open(who.product_key);
  broker_.remember(made);
  return made;
}

void platform_character::note_presence(std::uint32_t device, product& of, bool online) {
  const std::int64_t wall_ms = broker_.home().wall_ms();
  if (!online) {
    --of.online;
    state_.went_offline(device, wall_ms);
    return;
  }
  ++of.online;
  state_.came_online(device, wall_ms);
}

void platform_character::on_sub_device(device_index device, bool online) {
  if (online) {
    posts_.displaced(device);
  }
  note_presence(device, state_.product_of(device), online);
  if (online) {
    firmware_.came(device);
  } else {
    firmware_.gone(device);
  }
  if (online && listener_ != nullptr) {
    listener_->on_device(device);
  }
}

void platform_character::on_gone(peer& who, std::uint32_t connection) {
  auto& gone = static_cast<platform_client&>(who);
  note_presence(gone.index, *gone.of, false);
  firmware_.gone(gone.index);
  gateways_.link_ended(gone.index, connection);
}

std::uint32_t platform_character::number_of(const peer& who) const {
  return static_cast<const platform_client&>(who).index;
}

void platform_character::forget(peer& who) {
  auto& gone = static_cast<platform_client&>(who);
  broker_.dismiss(gone);
  devices_.drop(gone.index);
}

void platform_character::on_publish(connection& from, const mqtt::message_view& message) {
  auto& who = static_cast<platform_client&>(*from.who());
  // The one topic that all devices use all the time is their own by comparison; the rest takes
  // parsing.
  if (who.is_own_system(message.topic, "thing/event/property/post")) {
    if (!within_bounds(who.index, message, alink::topic_kind::property_post)) {
      return;
    }
    broker_.ledger().uplink(message.payload, message.dup, from.number(), who.index);
    things_.property_post(switchboard::direct(who), message);
    return;
  }
  const auto topic = alink::parse_topic(message.topic);
  uplink what{switchboard::direct(who), topic, message};
  const bool own = topic.product_key == who.product_key() && topic.device_name == who.device_name();
  if (!own && !topic.device_name.empty()) {
    auto* const sub_device = gateways_.speak_for(who, from.number(), topic);
    what.from.as = sub_device != nullptr ? sub_device : &who;
  }
  const auto rights =
      alink::topic_rights(message.topic, what.from.as->product_key(), what.from.as->device_name(),
                          what.of().topics.rules(options_.access));
  if (!rights.may_publish) {
    add(broker_.counters().publishes_refused);
    if (const auto device = gateways_.withdrawn(who, from.number(), topic)) {
      broker_.ledger().refused(message.payload, *device);
    }
    if (options_.close_on_refused_publish) {
      broker_.cut(who, end_reason::refused);
    }
    return;
  }
  if (!within_bounds(what.device(), message, topic.kind)) {
    return;
  }
  broker_.ledger().uplink(message.payload, message.dup, from.number(), what.device());
  take(what, from.number(), rights.may_subscribe);
}

bool platform_character::within_bounds(device_index device, const mqtt::message_view& message,
                                       alink::topic_kind kind) {
  if (!guard_.bounded() || guard_.passes(device, message, kind, broker_.now())) {
    return true;
  }
  add(broker_.counters().publishes_over_bound);
  return false;
}

void platform_character::take(const uplink& what, std::uint32_t link, bool may_subscribe) {
  using enum alink::topic_kind;
  const auto kind = what.on.kind;
  if (what.on.reply || kind == rrpc_response || kind == ext_rrpc) {
    if (what.on.reply) {
      add(broker_.counters().command_replies);
    }
    if (kind == config_push) {
      things_.config_answered(what.message.payload);
      return;
    }
    calls_.take(what);
  } else if (kind == shadow_update) {
    shadows_.take(what);
  } else if (kind == alink::topic_kind::broadcast) {
    std::ignore = this->broadcast(what.of(), what.message.topic, what.message.payload);
  } else if (!gateways_.take(what, link) && !firmware_.take(what) && !things_.take(what)
             && may_subscribe && (kind == custom || kind == thing_other || kind == rrpc_other)) {
    echo(what);
  }
}

// §9.1: who publishes where it listens hears itself.
void platform_character::echo(const uplink& what) {
  const int granted = what.from.as->granted(what.message.topic);
  if (granted >= 0) {
    lines_.send(what.from, what.message.topic, what.message.payload,
                std::min(what.message.qos, static_cast<mqtt::qos>(granted)), 0);
  }
}

std::optional<std::uint32_t> platform_character::broadcast(product& to, std::string_view topic,
                                                           bytes_view payload) {
  if (payload.size() > alink::max_broadcast_octets
      || !to.broadcasts.take(options_.bounds.broadcasts, broker_.now())) {
    add(broker_.counters().downlinks_over_bound);
    return std::nullopt;
  }
  std::uint32_t told = 0;
  broker_.for_each_online([&](peer& who) {
    auto& client = static_cast<platform_client&>(who);
    if (told < options_.broadcast_listeners_max && client.granted(topic) >= 0
        && (client.of == &to || gateways_.listener_of(to.given.product_key, client) != nullptr)) {
      ++told;
      lines_.send(switchboard::direct(client), topic, payload, mqtt::qos::at_most_once, 0);
    }
  });
  return told;
}

// A broadcast bears no device's name: whoever has a device of the product may hear it (§9.3).
bool platform_character::may_hear(const platform_client& as, const platform_client& who,
                                  std::string_view filter) const {
  if (!guard_.passes_filter(filter)) {
    return false;
  }
  if (alink::may_subscribe_filter(filter, as.product_key(), as.device_name(),
                                  as.of->topics.rules(options_.access))) {
    return true;
  }
  const auto on = alink::parse_topic(filter);
  const auto* const sub_device = on.kind == alink::topic_kind::broadcast
                                     ? gateways_.listener_of(on.product_key, who)
                                     : nullptr;
  return sub_device != nullptr
         && alink::may_subscribe_filter(filter, sub_device->product_key(),
                                        sub_device->device_name(),
                                        sub_device->of->topics.rules(options_.access));
}

platform_client& platform_character::subject(platform_client& who, std::uint32_t link,
                                             std::string_view topic) const {
  const auto on = alink::parse_topic(topic);
  const bool own = on.product_key == who.product_key() && on.device_name == who.device_name();
  auto* const sub_device =
      own || on.device_name.empty() ? nullptr : gateways_.listen_for(on, link, who);
  return sub_device != nullptr ? *sub_device : who;
}

void platform_character::on_subscribe(connection& from, std::uint16_t packet_id,
                                      std::span<const mqtt::server_event::filter> filters) {
  auto& who = static_cast<platform_client&>(*from.who());
  codes_.clear();
  touched_.assign(1, &who);
  for (const auto& f : filters) {
    auto& device = subject(who, from.number(), f.text);
    const auto granted = std::min(f.qos, mqtt::qos::at_least_once);
    const bool taken = (!options_.variants.eight_filters || codes_.size() < 8)
                       && may_hear(device, who, f.text)
                       && device.subscribe(f.text, granted, options_.subscriptions_max);
    codes_.push_back(taken ? static_cast<std::uint8_t>(granted) : mqtt::subscribe_refused);
    if (touched_.back() != &device) {
      touched_.push_back(&device);
    }
  }
  for (auto* const device : touched_) {
    device->refresh();
  }
  broker_.grant(from, packet_id, codes_);
  for (auto* const device : touched_) {
    shadows_.listens({device, &who});
    firmware_.listens(device->index);
  }
}

void platform_character::on_unsubscribe(connection& from,
                                        std::span<const std::string_view> filters) {
  auto& who = static_cast<platform_client&>(*from.who());
  for (const auto f : filters) {
    auto& device = subject(who, from.number(), f);
    device.unsubscribe(f);
    device.refresh();
  }
}

void platform_character::on_will(const mqtt::stored_message&, mqtt::qos, bool) {
  // §8.1: wills are not honoured, so admit() kept none.
}

command_outcome platform_character::command(std::uint32_t device, mqtt::qos q, time_point due) {
  const broker::turn guard{broker_};
  if (!devices_.knows(device)) {
    return command_outcome::unknown_device;
  }
  const auto to = lines_.find(device);
  if (!to.online()) {
    return command_outcome::offline;
  }
  const auto* const model = to.as->of->model();
  if (!has_command(model)) {
    return command_outcome::nothing_to_set;
  }
  const int granted = to.as->granted(known_topic::property_set);
  if (granted < 0) {
    return command_outcome::not_subscribed;
  }
  if (to.through->online->congested()) {
    return command_outcome::busy;
  }
  if (!lines_.within_bound(to)) {
    return command_outcome::busy;
  }
  const auto capped = std::min(q, static_cast<mqtt::qos>(granted));
  const auto tag = broker_.ledger().downlink(device, capped != mqtt::qos::at_most_once);
  write_property_set(payload_, calls_.next_id(), tag, {options_.call_version(), model});
  topic_.assign("/sys").append(to.as->own).append(suffix_of(known_topic::property_set));
  lines_.put(to, topic_, payload_.view(), capped, {accounts::cookie(tag), due});
  return command_outcome::sent;
}

void platform_character::watch(device_listener* listener) {
  listener_ = listener;
  if (listener == nullptr) {
    return;
  }
  broker_.for_each_online(
      [&](peer& who) { listener->on_device(static_cast<platform_client&>(who).index); });
  state_.relations.for_each_relation([&](device_index, device_index sub_device) {
    if (lines_.sub_device(sub_device) != nullptr) {
      listener->on_device(sub_device);
    }
  });
}

void platform_character::withdraw(std::uint32_t device) {
  posts_.withdraw(device);
  if (platform_client* const who = devices_.client(device)) {
    broker_.cut(*who, end_reason::withdrawn);
  }
  if (platform_client* const who = devices_.client(device)) {
    forget(*who);
  }
}

void platform_character::set_disabled(std::uint32_t device, bool disabled) {
  if (!devices_.knows(device) || devices_.disabled(device) == disabled) {
    return;
  }
  devices_.set_disabled(device, disabled);
  if (disabled) {
    withdraw(device);
  }
  auto& relations = state_.relations;
  gateways_.carry_out(disabled ? relations.disable(device) : relations.enable(device), device);
  state_.tell_device(device);
}

std::uint64_t platform_character::shadows_waiting() const {
  std::uint64_t sum = 0;
  state_.for_each([&](device_index device, const device_state& known) {
    const bool asks = known.shadow != nullptr && known.shadow->has_desired();
    sum += asks && lines_.find(device).online() ? 1 : 0;
  });
  return sum;
}

} // namespace fleet::cloud
