// Log-on, rights and replies of the vendor's platform.
#include "cloud_sim/platform_character.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "cloud_sim/command_text.hpp"
#include "cloud_sim/request_head.hpp"
#include "protocol/alink/sign.hpp"

namespace fleet::cloud {

platform_character::platform_character(broker& core, registry& devices,
                                       const platform_options& options)
    : broker_(core), devices_(devices), options_(options) {}

// The order of the checks keeps what is secret from whoever has no secret: whether a device is disabled
// is told to the device alone.
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
  const auto kind = classify_publish(message.topic, who.own, options_.classes);
  if (kind == publish_kind::refused) {
    add(broker_.counters().publishes_refused);
    if (options_.close_on_refused_publish) {
      broker_.cut(who, end_reason::refused);
    }
    return;
  }
  broker_.ledger().uplink(message.payload, message.dup, from.number(), who.index);
  switch (kind) {
    case publish_kind::refused:
    case publish_kind::taken: break;
    case publish_kind::command_reply: add(broker_.counters().command_replies); break;
    case publish_kind::request: answer(who, message); break;
    case publish_kind::echoed: {
      const int granted = who.granted(message.topic);
      if (granted >= 0) {
        send(who, message.topic, message.payload,
             std::min(message.qos, static_cast<mqtt::qos>(granted)), 0);
      }
      break;
    }
  }
}

void platform_character::answer(platform_client& who, const mqtt::message_view& request) {
  topic_.assign(request.topic).append("_reply");
  constexpr std::string_view common = "thing/event/property/post_reply";
  const auto suffix = std::string_view{topic_}.substr(4 + who.own.size());
  const int granted =
    suffix == common ? who.granted(known_topic::property_post_reply) : who.granted(topic_);
  const auto head = read_request_head(request.payload);
  if (!head.well_formed) {
    add(broker_.counters().malformed_requests);
  }
  if (granted < 0 || head.raw_id.empty()) {
    return; // §23.17: without an id there is nothing to answer to
  }
  write_reply(payload_, head.raw_id, head.well_formed ? 200 : 460);
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
    const bool taken = may_subscribe(f.text, who.own, options_.classes)
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
