// What the device's MQTT session tells, and what it answers by itself.
#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "fleet/hand/hand_device.hpp"
#include "protocol/alink/thing_command.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/mqtt/codec.hpp"

namespace fleet::program {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

std::string_view text_of(mqtt::publish_error why) noexcept {
  switch (why) {
    case mqtt::publish_error::not_connected: return "there is no connection";
    case mqtt::publish_error::window_full: return "too many messages are unacknowledged";
    case mqtt::publish_error::too_large: return "it is larger than MQTT allows";
    case mqtt::publish_error::bad_topic: return "its topic is none";
  }
  FLEET_CHECK(false);
}

std::string_view text_of(mqtt::subscribe_error why) noexcept {
  switch (why) {
    case mqtt::subscribe_error::not_connected: return "there is no connection";
    case mqtt::subscribe_error::too_many_pending: return "too many requests are unanswered";
    case mqtt::subscribe_error::bad_filter: return "it is no filter";
  }
  FLEET_CHECK(false);
}

std::string code_text(std::int64_t code) {
  const auto* known = alink::find_code(code);
  return known == nullptr ? fmt::format("code {}", code)
                          : fmt::format("code {}, {}", code, known->text);
}

} // namespace

void hand_device::drain() {
  namespace ev = mqtt::client_event;
  while (board_.link.up()) {
    const auto event = client_.next_event(out_);
    if (!event) {
      break;
    }
    std::visit(
        overloaded{[this](const ev::connected& e) { welcomed(e.session_present); },
                   [this](const ev::refused& e) { refused(e.code); },
                   [this](const ev::message_arrived& e) { arrived(e.message); },
                   [](const ev::publish_acknowledged&) {}, [](const ev::publish_resent&) {},
                   [this](const ev::subscribe_acknowledged& e) { granted(e.packet_id, e.codes); },
                   [this](const ev::unsubscribe_acknowledged& e) { dismissed(e.packet_id); },
                   [](const ev::request_timed_out&) {},
                   [this](const ev::packet_oversized& e) {
                     say(line_kind::trouble,
                         fmt::format("a message of {} octets is too large for this device; it was "
                                     "acknowledged and thrown away",
                                     e.bytes));
                   },
                   [this](const ev::failed& e) {
                     if (phase_ == phase::leaving) {
                       end(exit_code::passed);
                     } else {
                       setback_came(setback::lost, std::string{mqtt::text(e.why)});
                     }
                   }},
        *event);
  }
}

void hand_device::welcomed(bool session_present) {
  retry_.succeeded();
  ++connections_;
  phase_ = phase::online;
  if (std::exchange(first_log_on_, false)) {
    // The sample subscribes whatever the cloud has kept, one packet for each (§22.1).
    for (const auto& filter : topics_.filters()) {
      subscribe(filter, mqtt::qos::at_least_once);
    }
  } else {
    const auto again = subscriptions_;
    for (const auto& s : again) {
      if (!session_present || s.is == subscription::state::asked) {
        subscribe(s.filter, s.qos);
      }
    }
    if (session_present && shadow_ && requests() == 0) {
      shadow_subscribed();
    }
  }
  ready_if_subscribed();
}

void hand_device::refused(mqtt::connack_code code) {
  setback_came(setback::rejected,
               fmt::format("the cloud refused the log-on: CONNACK {}, {}",
                           static_cast<unsigned>(code), connack_text(code, setup_.names.profile)));
}

void hand_device::ready_if_subscribed() {
  if (phase_ != phase::online || requests() != 0) {
    return;
  }
  if (!std::exchange(was_ready_, true)) {
    say(line_kind::note, setup_.scripted ? "ready" : "ready; `help` shows the commands");
  }
  if (ota_ && !std::exchange(ota_connected_, true)) {
    ota_->connected();
  }
}

std::size_t hand_device::requests() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(subscriptions_.begin(), subscriptions_.end(),
                    [](const subscription& s) { return s.is != subscription::state::granted; }));
}

void hand_device::subscribe(const std::string& filter, mqtt::qos qos) {
  auto known = std::find_if(subscriptions_.begin(), subscriptions_.end(),
                            [&](const subscription& s) { return s.filter == filter; });
  if (known == subscriptions_.end() && subscriptions_.size() == subscriptions_max) {
    trouble(
        fmt::format("{} is not subscribed to: {} filters are the most", filter, subscriptions_max));
    return;
  }
  const mqtt::filter_request one{filter, qos};
  const auto asked = client_.subscribe({&one, 1}, now(), out_);
  if (!asked) {
    trouble(fmt::format("{} is not subscribed to: {}", filter, text_of(asked.error())));
    return;
  }
  if (known == subscriptions_.end()) {
    known = subscriptions_.insert(known, {filter, qos, 0, subscription::state::asked});
  }
  known->qos = qos;
  known->packet_id = asked.value();
  known->is = subscription::state::asked;
}

void hand_device::unsubscribe(subscription& s) {
  const std::string_view filter = s.filter;
  const auto asked = client_.unsubscribe({&filter, 1}, now(), out_);
  if (!asked) {
    trouble(fmt::format("{} is not unsubscribed: {}", s.filter, text_of(asked.error())));
    return;
  }
  s.packet_id = asked.value();
  s.is = subscription::state::leaving;
}

void hand_device::granted(std::uint16_t packet_id, bytes_view codes) {
  const auto s =
      std::find_if(subscriptions_.begin(), subscriptions_.end(), [&](const subscription& each) {
        return each.packet_id == packet_id && each.is == subscription::state::asked;
      });
  if (s == subscriptions_.end()) {
    return;
  }
  const bool is_shadow =
      topics_.platform() && s->filter == topics_.system(alink::topic_kind::shadow_get);
  if (codes.front() == mqtt::subscribe_refused) {
    trouble("the cloud refuses the subscription to " + s->filter);
    subscriptions_.erase(s);
    if (is_shadow) {
      shadow_.reset();
      shadow_pulling_ = false;
    }
  } else {
    s->is = subscription::state::granted;
    if (is_shadow && shadow_) {
      shadow_subscribed();
    }
  }
  ready_if_subscribed();
}

void hand_device::dismissed(std::uint16_t packet_id) {
  std::erase_if(subscriptions_, [packet_id](const subscription& s) {
    return s.packet_id == packet_id && s.is == subscription::state::leaving;
  });
}

bool hand_device::publish(const std::string& topic, std::string_view payload, mqtt::qos qos) {
  mqtt::message_view m;
  m.topic = topic;
  m.payload = as_bytes(payload);
  m.qos = qos;
  const auto sent = client_.publish(m, now(), 0, now(), out_);
  if (!sent) {
    trouble(fmt::format("nothing is published on {}: {}", topic, text_of(sent.error())));
    return false;
  }
  ++published_;
  return true;
}

void hand_device::arrived(const mqtt::message_view& message) {
  ++received_;
  const auto what = alink::parse_topic(message.topic);
  if (!topics_.platform() || what.product_key != setup_.names.product_key
      || what.device_name != setup_.names.device_name) {
    return;
  }
  if (what.kind == alink::topic_kind::shadow_get) {
    shadow_arrived(message.payload);
    return;
  }
  if (what.kind == alink::topic_kind::ota_upgrade && ota_) {
    ota_->offered(message.payload);
    return;
  }
  alink::message envelope;
  if (what.reply) {
    envelope = alink::parse_message(json_, message.payload);
  }
  if (const auto done =
          answers_.take(message.topic, message.payload, envelope.id, envelope.code.value_or(0))) {
    judge(*done);
  } else if (!what.reply
             && (what.kind == alink::topic_kind::property_set
                 || what.kind == alink::topic_kind::property_get)) {
    answer(message);
  }
}

void hand_device::judge(const awaited_answer& done) {
  if (done.echo) {
    say(line_kind::note, done.what + " came back");
  } else if (done.code == alink::code_success) {
    say(line_kind::note, fmt::format("{} is answered: {}", done.what, code_text(done.code)));
  } else if (done.who == asked_by::user) {
    trouble(fmt::format("the cloud refuses {}: {}", done.what, code_text(done.code)));
  } else {
    say(line_kind::trouble,
        fmt::format("the cloud refuses {}: {}", done.what, code_text(done.code)));
  }
}

/// Property set and get (aliyun-iot.md §11.3, §11.4): a reply, and after a set the new values as a
/// report.
void hand_device::answer(const mqtt::message_view& request) {
  const auto envelope = alink::parse_message(json_, request.payload);
  const bool sets = alink::parse_topic(request.topic).kind == alink::topic_kind::property_set;
  int code = alink::code_parameter_error;
  std::string changed;
  byte_buffer data;
  object_writer values{data};
  if (envelope.state == alink::message_state::good && sets) {
    const auto asked = alink::read_property_set(envelope);
    code = asked.code;
    for (const auto& member : asked.members) {
      if (code == alink::code_success && !lamp_.set(member.key, member.value)) {
        code = alink::code_parameter_error;
      }
    }
    if (code == alink::code_success && !asked.members.empty()) {
      changed = spaced_object(std::string{envelope.params});
    }
  } else if (envelope.state == alink::message_state::good) {
    const auto asked = alink::read_property_get(envelope);
    code = asked.code;
    for (const auto& element : asked.identifiers) {
      const auto name = alink::identifier_at(element);
      if (const auto value = lamp_.value(name); !value.empty()) {
        values.raw(name, value);
      }
    }
  }
  values.end();
  if (envelope.wants_reply && !envelope.id.empty()) {
    byte_buffer reply;
    alink::reply_fields fields;
    fields.raw_id = envelope.id;
    fields.code = code;
    fields.data = as_text(data.view());
    alink::append_reply(reply, fields);
    (void)publish(std::string{request.topic} + "_reply", as_text(reply.view()), request.qos);
  }
  if (!changed.empty()) {
    report(changed, asked_by::itself);
  }
}

} // namespace fleet::program
