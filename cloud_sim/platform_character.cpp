// Log-on, rights and replies of the vendor's platform.
#include "cloud_sim/platform_character.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "cloud_sim/command_text.hpp"
#include "protocol/alink/message.hpp"
#include "protocol/alink/sign.hpp"

namespace fleet::cloud {

platform_character::platform_character(broker& core, registry& devices,
                                       const platform_options& options)
    : broker_(core), devices_(devices), options_(options) {}

// The order of the checks keeps what is secret from whoever has no secret: whether a device is
// disabled is told to the device alone.
platform_character::login platform_character::judge(const mqtt::connect_view& connect) const {
  using mqtt::connack_code;
  login out;
  if (connect.client_id.size() > broker_.bounds().client_id_max
      || connect.client_id.find_first_of("+#") != std::string_view::npos) {
    out.verdict = connack_code::identifier_rejected;
    return out;
  }
  const auto parts = alink::parse_direct_login(connect.client_id, connect.username);
  if (!parts.ok()) {
    switch (parts.error()) {
      case alink::login_error::malformed_client_id:
      case alink::login_error::unknown_sign_method:
        out.verdict = connack_code::identifier_rejected;
        break;
      case alink::login_error::malformed_username: break;
    }
    return out;
  }
  const auto& p = parts.value();
  const auto device = devices_.find(p.product_key, p.device_name);
  if (!device || !connect.has_username || !connect.has_password) {
    return out;
  }
  out.who = devices_.identity_of(*device);
  const auto expected = alink::sign_direct(out.who, p.client_id_base, p.method, p.timestamp);
  if (!alink::digest_equal(expected, as_text(connect.password))) {
    return out;
  }
  out.device = *device;
  out.auto_subscribe = p.auto_subscribe;
  switch (p.secure_mode) {
    case 1:
    case 4:
    case 5:
    case 7:
    case 8: // ID2, which the twin does not emulate (§5.2)
      out.verdict = connack_code::not_authorized;
      return out;
  }
  out.verdict =
    devices_.disabled(*device) ? connack_code::not_authorized : connack_code::accepted;
  return out;
}

mqtt::connack_code platform_character::enforceable(std::uint16_t asked,
                                                   std::uint16_t& enforced) const {
  enforced = std::max(asked, options_.keep_alive_min_s);
  const bool low = asked == 0 || (options_.strict_keep_alive && asked < options_.keep_alive_min_s);
  return low || asked > options_.keep_alive_max_s ? mqtt::connack_code::not_authorized
                                                  : mqtt::connack_code::accepted;
}

void platform_character::on_connect(connection& from, const mqtt::connect_view& connect) {
  auto who = judge(connect);
  std::uint16_t keep_alive_s = 0;
  if (who.verdict == mqtt::connack_code::accepted) {
    who.verdict = enforceable(connect.keep_alive_s, keep_alive_s);
  }
  if (who.verdict != mqtt::connack_code::accepted) {
    broker_.refuse(from, who.verdict);
    return;
  }
  platform_client* client = devices_.client(who.device);
  if (client != nullptr) {
    broker_.cut(*client, end_reason::taken_over); // the "kick" of §8.1
    client = devices_.client(who.device);
  }
  if (client != nullptr && connect.clean_session) {
    forget(*client);
    client = nullptr;
  }
  const bool present = client != nullptr;
  if (!present) {
    if (!broker_.room_for_session()) {
      broker_.refuse(from, mqtt::connack_code::server_unavailable);
      return;
    }
    client = &devices_.keep(who.device,
                            std::make_unique<platform_client>(who.device, who.who.product_key,
                                                              who.who.device_name));
    broker_.remember(*client);
  }
  if (who.auto_subscribe) {
    client->subscribe_automatically();
  }
  broker_.admit(from, *client, connect, present, keep_alive_s, false);
  if (listener_ != nullptr) {
    listener_->on_device(who.device);
  }
}

void platform_character::forget(peer& who) {
  auto& gone = static_cast<platform_client&>(who);
  broker_.dismiss(gone);
  devices_.drop(gone.index);
}

void platform_character::on_publish(connection& from, const mqtt::message_view& message) {
  auto& who = static_cast<platform_client&>(*from.who());
  if (message.qos == mqtt::qos::exactly_once) { // §8.1: not on this platform
    broker_.reject(from, mqtt::violation::bad_qos);
    return;
  }
  // The one topic that all devices use all the time is their own by comparison; the rest takes
  // parsing.
  if (who.is_own_system(message.topic, "thing/event/property/post")) {
    broker_.ledger().uplink(message.payload, message.dup, from.number(), who.index);
    answer(who, message);
    return;
  }
  const auto rights = alink::topic_rights(message.topic, who.product_key(), who.device_name(),
                                          options_.access);
  if (!rights.may_publish) {
    add(broker_.counters().publishes_refused);
    if (options_.close_on_refused_publish) {
      broker_.cut(who, end_reason::refused);
    }
    return;
  }
  broker_.ledger().uplink(message.payload, message.dup, from.number(), who.index);
  const auto topic = alink::parse_topic(message.topic);
  take(who, message, topic.kind, topic.reply, rights.may_subscribe);
}

void platform_character::take(platform_client& who, const mqtt::message_view& message,
                              alink::topic_kind kind, bool reply, bool may_subscribe) {
  using enum alink::topic_kind;
  if (reply) {
    add(broker_.counters().command_replies);
  } else if (kind == property_batch_post || kind == property_history_post || kind == event_post
             || kind == deviceinfo_update || kind == deviceinfo_delete) {
    answer(who, message);
  } else if (may_subscribe && (kind == custom || kind == thing_other || kind == rrpc_other)) {
    // §9.1: who publishes where it listens hears itself.
    const int granted = who.granted(message.topic);
    if (granted >= 0) {
      send(who, message.topic, message.payload,
           std::min(message.qos, static_cast<mqtt::qos>(granted)), 0);
    }
  }
}

void platform_character::answer(platform_client& who, const mqtt::message_view& request) {
  const auto read = alink::parse_message(json_, request.payload);
  const bool good = read.state == alink::message_state::good;
  if (!good) {
    add(broker_.counters().malformed_requests);
  }
  if (read.id.empty() || !read.wants_reply) {
    return; // §23.17: without an id there is nothing to answer to
  }
  topic_.assign(request.topic).append("_reply");
  const int granted = who.is_own_system(topic_, suffix_of(known_topic::property_post_reply))
                        ? who.granted(known_topic::property_post_reply)
                        : who.granted(topic_);
  if (granted < 0) {
    return;
  }
  payload_.clear();
  alink::reply_fields reply;
  reply.raw_id = read.id;
  reply.code = good ? alink::code_success : alink::code_parameter_error;
  alink::append_reply(payload_, reply);
  add(broker_.counters().replies);
  send(who, topic_, payload_.view(), std::min(request.qos, static_cast<mqtt::qos>(granted)), 0);
}

void platform_character::send(platform_client& who, std::string_view topic, bytes_view payload,
                              mqtt::qos q, std::uint64_t cookie) {
  if (q == mqtt::qos::at_most_once) {
    broker_.deliver_now(who, topic, payload);
  } else {
    broker_.deliver(who, broker_.messages().make(topic, payload, cookie), q, false);
  }
}

void platform_character::on_subscribe(connection& from, std::uint16_t packet_id,
                                      std::span<const mqtt::server_event::filter> filters) {
  auto& who = static_cast<platform_client&>(*from.who());
  codes_.clear();
  for (const auto& f : filters) {
    const auto granted = std::min(f.qos, mqtt::qos::at_least_once);
    const bool taken = alink::may_subscribe_filter(f.text, who.product_key(), who.device_name(),
                                                   options_.access)
                       && who.subscribe(f.text, granted, options_.subscriptions_max);
    codes_.push_back(taken ? static_cast<std::uint8_t>(granted) : mqtt::subscribe_refused);
  }
  who.refresh();
  broker_.grant(from, packet_id, codes_);
}

void platform_character::on_unsubscribe(connection& from,
                                        std::span<const std::string_view> filters) {
  auto& who = static_cast<platform_client&>(*from.who());
  for (const auto f : filters) {
    who.unsubscribe(f);
  }
  who.refresh();
}

void platform_character::on_acknowledged(std::uint64_t cookie) {
  broker_.ledger().acknowledged(cookie);
}

void platform_character::on_will(const mqtt::stored_message&, mqtt::qos, bool) {
  // §8.1: wills are not honoured, so admit() kept none.
}

command_outcome platform_character::command(std::uint32_t device, mqtt::qos q) {
  const broker::turn guard{broker_};
  if (!devices_.knows(device)) {
    return command_outcome::unknown_device;
  }
  platform_client* const who = devices_.client(device);
  if (who == nullptr || who->online == nullptr) {
    return command_outcome::offline;
  }
  const int granted = who->granted(known_topic::property_set);
  if (granted < 0) {
    return command_outcome::not_subscribed;
  }
  if (who->online->congested()) {
    return command_outcome::busy;
  }
  const auto capped = std::min(q, static_cast<mqtt::qos>(granted));
  const auto tag = broker_.ledger().downlink(device, capped != mqtt::qos::at_most_once);
  write_property_set(payload_, ++command_id_, tag);
  topic_.assign("/sys").append(who->own).append(suffix_of(known_topic::property_set));
  send(*who, topic_, payload_.view(), capped, accounts::cookie(tag));
  return command_outcome::sent;
}

void platform_character::watch(device_listener* listener) {
  listener_ = listener;
  if (listener != nullptr) {
    broker_.for_each_online([&](peer& who) {
      listener->on_device(static_cast<platform_client&>(who).index);
    });
  }
}

void platform_character::set_disabled(std::uint32_t device, bool disabled) {
  if (!devices_.knows(device)) {
    return;
  }
  devices_.set_disabled(device, disabled);
  platform_client* who = devices_.client(device);
  if (!disabled || who == nullptr) {
    return;
  }
  broker_.cut(*who, end_reason::withdrawn);
  who = devices_.client(device);
  if (who != nullptr) {
    forget(*who);
  }
}

} // namespace fleet::cloud
