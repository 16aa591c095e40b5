// The device's MQTT session: log-in, subscriptions, what its machine tells. No report, no answer.
#include <algorithm>
#include <variant>

#include "actors/device/cookie.hpp"
#include "actors/device/device.hpp"
#include "actors/device/device_extras.hpp"
#include "actors/device/guide.hpp"
#include "actors/device/registrar.hpp"
#include "actors/device/topic_schedule.hpp"
#include "protocol/mqtt/codec.hpp"

namespace fleet::actors {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

outcome outcome_of(mqtt::connack_code code) noexcept {
  switch (code) {
    case mqtt::connack_code::accepted: return outcome::accepted;
    case mqtt::connack_code::unacceptable_version: return outcome::refused_version;
    case mqtt::connack_code::identifier_rejected: return outcome::refused_identifier;
    case mqtt::connack_code::server_unavailable: return outcome::refused_unavailable;
    case mqtt::connack_code::bad_credentials: return outcome::refused_credentials;
    case mqtt::connack_code::not_authorized: return outcome::refused_authorization;
  }
  FLEET_CHECK(false);
}

} // namespace

void device::transport_up() {
  if (go(step::transport_up)) {
    slot_.trace.note(now(), happening::transport_up);
    if (asks_for_guidance()) {
      ask_for_guidance();
      return;
    }
    if (registrar_) {
      ask_for_secret();
      if (!registrar_ || registrar_->over_http()) {
        return;
      }
    }
    log_on();
  }
}

void device::log_on() {
  const auto& product = product_;
  auto& login = around_.login;
  login.client_id.clear();
  login.username.clear();
  login.password.clear();
  log_on_or_register(login);
  mqtt::connect_fields fields;
  fields.clean_session = product.clean_session || renewing_ || registrar_ != nullptr;
  fields.keep_alive_s = product.keep_alive_s;
  fields.client_id = login.client_id;
  fields.has_username = !login.username.empty();
  fields.username = login.username;
  fields.has_password = !login.password.empty();
  fields.password = as_bytes(login.password);
  client_.start(fields, now(), slot_.board.link.output());
  guide_.reset(); // the next connection asks again (aliyun-iot.md §5.4)
}

void device::received(bytes_view bytes) {
  if (asks_for_guidance()) {
    take_guidance(bytes);
    return;
  }
  if (registrar_ && registrar_->over_http()) {
    take_answer(bytes);
    return;
  }
  client_.receive(bytes, now());
  drain_events();
}

void device::drain_events() {
  while (slot_.board.link.up()) {
    const auto event = client_.next_event(slot_.board.link.output());
    if (!event) {
      break;
    }
    namespace ev = mqtt::client_event;
    std::visit(overloaded{[this](const ev::connected& e) { on_welcome(e.session_present); },
                          [this](const ev::refused& e) { on_refused(e.code); },
                          [this](const ev::message_arrived& e) { on_message(e.message); },
                          [this](const ev::publish_acknowledged& e) { on_acknowledged(e); },
                          [this](const ev::publish_resent& e) { on_resent(e); },
                          [this](const ev::subscribe_acknowledged& e) {
                            const auto refused =
                                std::count(e.codes.begin(), e.codes.end(), mqtt::subscribe_refused);
                            bump(counts().subscribe_refused, static_cast<std::uint64_t>(refused));
                            slot_.trace.note(now(), happening::subscribed, e.packet_id);
                            on_subscribed(e.packet_id, refused == 0);
                          },
                          [this](const ev::unsubscribe_acknowledged& e) {
                            if (topics_) {
                              topics_->unsubscribed(e.packet_id);
                            }
                          },
                          [this](const ev::request_timed_out& e) {
                            // The SDK tells its application and goes on without the topic
                            // (aliyun-iot.md §8.2, event 4).
                            if (!topics_ || !topics_->timed_out(e.packet_id)) {
                              on_subscribed(e.packet_id, false);
                            }
                          },
                          [this](const ev::packet_oversized& e) {
                            bump(counts().oversized);
                            // One of QoS 0 was promised to nobody, and explains nothing.
                            slot_.oversized += e.level == mqtt::qos::at_most_once ? 0 : 1;
                          },
                          [this](const ev::failed& e) {
                            const bool silent = e.why == mqtt::violation::ping_unanswered
                                                || e.why == mqtt::violation::keep_alive_missed;
                            leave_link(silent ? outcome::keep_alive_lost
                                       : e.why == mqtt::violation::connect_timed_out
                                           ? outcome::timed_out
                                           : outcome::protocol_error,
                                       mqtt::text(e.why));
                          }},
               *event);
  }
  finish_stop_if_drained();
}

/// A session from before this process: the server remembers packet ids and QoS 2 messages that
/// nobody here knows, would take a new PUBLISH for the repeat of an old one ([MQTT-4.3.3-2]) and
/// delivers what an earlier run was owed ([MQTT-3.1.2-4], [MQTT-3.1.2-5]); and nothing is here to
/// send again as 4.4 wants it. Such a session has lost its client's half and cannot be resumed, so
/// it is discarded with all that is queued in it, by one connection with a clean session
/// ([MQTT-3.1.2-6]); the one after that is the device's first. True while that goes on.
bool device::renew_session(bool session_present) {
  if (renewing_) {
    renewing_ = false;
    slot_.renewed = true; // once: a server that still knows a session does not get asked again
  } else if (session_present && slot_.connections == 0 && !slot_.renewed
             && !product_.cloud_is_new) {
    // Or a CONNECT of ours was answered too late: there is no telling, and no harm either.
    renewing_ = true;
  } else {
    return false;
  }
  client_.stop(slot_.board.link.output());
  lose_link();
  if (go(step::link_ended) && phase_ == phase::backing_off) {
    phase_due_ = now(); // nothing went wrong: no back-off
  }
  return true;
}

void device::on_welcome(bool session_present) {
  if (registrar_) {
    return; // the secret follows
  }
  if (renew_session(session_present)) {
    return;
  }
  bump(counts().outcomes[static_cast<std::size_t>(outcome::accepted)]);
  counts().latencies[static_cast<std::size_t>(latency::connect)].record(now() - attempt_began_);
  slot_.trace.note(now(), happening::connected, session_present ? 1 : 0);
  ++slot_.connections;
  if (slot_.connections > 1) {
    bump(counts().reconnects);
  }
  wait_ = {};
  slot_.subscribed = slot_.subscribed && session_present;
  // Strict devices subscribe again when the server forgot the session, or it ended before all was
  // granted; the SDK subscribes once in its life (aliyun-iot.md §1, automatic re-subscribe).
  const bool sdk = product_.behaviour == behaviour::sdk;
  const bool subscribe = sdk ? !was_online_ : !slot_.subscribed;
  auto& filters = around_.filters;
  filters.clear();
  if (subscribe) {
    own_filters(filters);
  }
  if (topics_) {
    topics_->welcomed(session_present);
  }
  filters_pending_ = 0;
  for (const auto& f : filters) {
    const mqtt::filter_request one{f.filter, f.qos};
    if (client_.subscribe({&one, 1}, now(), slot_.board.link.output())) {
      ++filters_pending_;
    }
  }
  if (filters_pending_ > 0) {
    go(step::welcomed);
  } else if (go(step::resumed)) {
    on_online();
  }
}

void device::own_filters(std::vector<filter_text>& out) const {
  if (extras_) {
    extras_->filters(out);
  } else {
    product_.speech->filters(index_, out);
  }
}

void device::on_subscribed(std::uint16_t packet_id, bool granted) {
  if (filters_pending_ == 0) {
    if (topics_ && topics_->subscribed(packet_id, granted)) {
      return;
    }
    if (extras_) {
      extras_->subscribed(packet_id);
    }
    return;
  }
  if (--filters_pending_ == 0) {
    slot_.subscribed = true;
    if (go(step::subscribed)) {
      on_online();
    }
  }
}

void device::on_online() {
  was_online_ = true;
  if (topics_) {
    topics_->online();
  }
  if (extras_) {
    was_told_online_ = true;
    extras_->online();
    if (extras_->reports()) {
      return;
    }
  }
  if (!quiet_ && product_.interval > duration::zero() && reports_.due() == never) {
    reports_.begin(beat_of(product_, around_.load_began, index_), now(), jitter_);
  }
}

void device::on_refused(mqtt::connack_code code) {
  slot_.trace.note(now(), happening::refused, static_cast<std::uint32_t>(code));
  const bool not_again = registrar_ && code == mqtt::connack_code::not_authorized;
  leave_link(outcome_of(code), not_again ? registered_before : std::string_view{});
}

device_slot& device::sender_of(std::uint64_t cookie) noexcept {
  return extras_ ? extras_->sender_of(cookie, slot_) : slot_;
}

meters& device::counts_of(const device_slot& sender) noexcept {
  return *(&sender == &slot_ ? around_ : around_.of(sender.board.index())).counts;
}

void device::on_resent(const mqtt::client_event::publish_resent& again) {
  auto& sender = sender_of(again.cookie);
  bump(counts_of(sender).resent);
  // The vendor's SDK repeats without DUP (aliyun-iot.md §8.2). On a new connection the far side
  // knows a repeat all the same; on the same one only the sender can explain it.
  if (!again.on_resume && !product_.client.dup_on_resend && has_tag(again.cookie)) {
    ++sender.unmarked_repeats;
  }
}

void device::on_acknowledged(const mqtt::client_event::publish_acknowledged& ack) {
  if (!has_tag(ack.cookie)) {
    return;
  }
  auto& sender = sender_of(ack.cookie);
  sender.uplink.acknowledge(epoch_of(ack.cookie), sequence_of(ack.cookie));
  auto& counts = counts_of(sender);
  bump(counts.acknowledged);
  counts.latencies[static_cast<std::size_t>(latency::publish_ack)].record(now() - ack.due);
  sender.trace.note(now(), happening::acknowledged, sequence_of(ack.cookie));
}

} // namespace fleet::actors
