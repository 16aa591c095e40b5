// The path of every byte through the twin.
#include "cloud_sim/connection.hpp"

#include <utility>
#include <variant>

#include "cloud_sim/broker.hpp"
#include "cloud_sim/persistence.hpp"
#include "protocol/base/fetch_ahead.hpp"

namespace fleet::cloud {

namespace {
template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

} // namespace

connection::connection(broker& owner, hal::stream_ptr accepted, time_point now)
    : owner_(owner), stream_(std::move(accepted)), machine_(owner.bounds().mqtt, now) {
  stream_->set_events(*this);
  rearm();
}

connection::~connection() {
  owner_.home().disarm(*this);
}

void connection::on_connected() {}

void connection::on_received(bytes_view bytes) {
  const broker::turn guard{owner_};
  if (phase_ != phase::alive) {
    return;
  }
  add(owner_.counters().bytes_received, bytes.size());
  if (aside_ != nullptr && !held_) {
    aside_->append(bytes);
  }
  take_in(bytes);
}

void connection::take_in(bytes_view bytes) {
  byte_buffer plain;
  if (id2_ != nullptr || (!heard_ && begins_id2(bytes))) {
    if (!unveil(bytes, plain)) {
      return;
    }
    bytes = plain.view();
  }
  if (held_) {
    set_aside(bytes);
    return;
  }
  machine_.receive(bytes, owner_.now());
  drain();
}

void connection::on_wake(time_point now) {
  const broker::turn guard{owner_};
  armed_for_ = never;
  switch (phase_) {
    case phase::alive: break;
    case phase::lingering: owner_.bury(*this); return;
    case phase::condemned:
    case phase::ended: return;
  }
  // Traffic moves the deadline without touching the timer, so most wakes only find it moved.
  if (machine_.next_timeout() <= now) {
    auto& out = stream_->output();
    const auto before = out.size();
    machine_.handle_timeout(now, out);
    wrote(out, before);
    drain();
  } else {
    rearm();
  }
}

void connection::foresee(unsigned step) const noexcept {
  switch (step) {
    case 1:
      fetch_ahead(this, sizeof *this);
      machine_.foresee();
      fetch_ahead(who_, 256);
      break;
    case 2:
      if (who_ != nullptr) {
        who_->session.foresee(1);
      }
      owner_.ledger().foresee(device_, 1);
      break;
    case 3:
      if (who_ != nullptr) {
        who_->session.foresee(2);
      }
      owner_.ledger().foresee(device_, 2);
      break;
    default: break;
  }
}

void connection::on_drained() {
  const broker::turn guard{owner_};
  if (paused_ && phase_ == phase::alive) {
    paused_ = false;
    read_on();
  }
}

void connection::on_closed(hal::close_reason, std::string_view) {
  const broker::turn guard{owner_};
  if (phase_ == phase::lingering) {
    owner_.bury(*this);
    return;
  }
  owner_.end(*this, end_reason::lost);
}

void connection::hold() {
  held_ = true;
  stream_->pause_reading(true);
}

void connection::resume() {
  held_ = false;
  const auto rest = std::exchange(aside_, nullptr);
  if (phase_ == phase::alive) {
    if (rest != nullptr) {
      machine_.receive(rest->view(), owner_.now());
    }
    drain();
    read_on();
  }
}

void connection::read_on() {
  if (phase_ == phase::alive && !paused_ && !held_) {
    stream_->pause_reading(false);
  }
}

// Whoever lent the octets has them for something else once it is back.
void connection::set_aside(bytes_view bytes) {
  if (!bytes.empty()) {
    if (aside_ == nullptr) {
      aside_ = std::make_unique<byte_buffer>();
    }
    aside_->append(bytes);
  }
}

void connection::drain() {
  while (phase_ == phase::alive && !held_) {
    auto& out = stream_->output();
    const auto before = out.size();
    const auto event = machine_.next_event(out);
    const bool heard = !event || !unheard(*event, out);
    wrote(out, before);
    if (!event) {
      break;
    }
    if (!heard) {
      continue;
    }
    handle(*event);
  }
  if (phase_ != phase::alive) {
    return;
  }
  if (held_) {
    set_aside(machine_.take_back());
  }
  // A client that does not read its answers is not read either; keep-alive ends it in the end.
  if (!paused_ && congested()) {
    paused_ = true;
    stream_->pause_reading(true);
  }
  rearm();
}

// As if it had never come: what it was told in answer is taken back, and it is to come again.
bool connection::unheard(const mqtt::server_event_variant& event, byte_buffer& out) {
  auto* const faults = owner_.faults();
  const auto* const published =
      faults == nullptr ? nullptr : std::get_if<mqtt::server_event::message_published>(&event);
  if (published == nullptr || faults->hears(device_)) {
    return false;
  }
  constexpr std::size_t ack_octets = 4; // PUBACK and PUBREC alike
  const auto& message = published->message;
  if (message.qos != mqtt::qos::at_most_once) {
    out.truncate(out.size() - ack_octets);
  }
  if (message.qos == mqtt::qos::exactly_once) {
    machine_.unhear(message.packet_id);
  }
  return true;
}

void connection::handle(const mqtt::server_event_variant& event) {
  namespace ev = mqtt::server_event;
  auto& speaks = owner_.speaks();
  std::visit(overloaded{
                 [&](const ev::connect_requested& e) {
                   if (!owner_.hand_on(*this, e.connect)) {
                     speaks.on_connect(*this, e.connect);
                   }
                 },
                 [&](const ev::message_published& e) {
                   add(owner_.counters().received[static_cast<std::size_t>(e.message.qos)]);
                   speaks.on_publish(*this, e.message);
                 },
                 [&](const ev::subscribe_requested& e) {
                   speaks.on_subscribe(*this, e.packet_id, e.filters);
                 },
                 [&](const ev::unsubscribed& e) {
                   speaks.on_unsubscribe(*this, e.filters);
                   if (owner_.kept() != nullptr) {
                     owner_.kept()->subscriptions_changed(*who_);
                   }
                 },
                 [&](const ev::message_acknowledged& e) {
                   add(owner_.counters().acknowledged);
                   if (e.cookie != 0) {
                     owner_.command_acknowledged(e.cookie, e.due);
                   }
                 },
                 [&](const ev::disconnect_requested&) {
                   will_.reset(); // [MQTT-3.1.2-10]
                   owner_.end(*this, end_reason::disconnected);
                 },
                 [&](const ev::failed& e) { fail(e.why); },
             },
             event);
}

void connection::fail(mqtt::violation why) {
  auto& counters = owner_.counters();
  const auto refused = [&](mqtt::connack_code code) {
    add(counters.connects[static_cast<std::size_t>(code)]);
    owner_.end(*this, end_reason::refused);
  };
  if (why == mqtt::violation::bad_protocol_level) {
    refused(mqtt::connack_code::unacceptable_version);
  } else if (why == mqtt::violation::identifier_rejected) {
    refused(mqtt::connack_code::identifier_rejected);
  } else if (why == mqtt::violation::keep_alive_missed) {
    owner_.end(*this, end_reason::keep_alive);
  } else {
    add(counters.violations[static_cast<std::size_t>(why)]);
    owner_.end(*this, end_reason::violated);
  }
}

std::size_t connection::unsent() const {
  const auto* const faults = owner_.misbehaviour();
  return stream_->unsent() + (faults == nullptr ? 0 : faults->held(*this));
}

bool connection::congested() const {
  return stream_ != nullptr && unsent() > hal::high_water_bytes;
}

mqtt::deliver_outcome connection::deliver(const mqtt::message_ptr& message, mqtt::qos q,
                                          bool retain) {
  auto& counters = owner_.counters();
  if (phase_ == phase::alive && unsent() > owner_.bounds().unsent_max_bytes) {
    owner_.condemn(*this);
  }
  if (phase_ == phase::condemned) {
    return who_->session.deliver_offline(message, q, retain, owner_.bounds().mqtt);
  }
  if (q == mqtt::qos::at_most_once && congested()) {
    add(counters.slow_drops);
    return mqtt::deliver_outcome::dropped_queue_full;
  }
  auto& out = stream_->output();
  const auto before = out.size();
  const auto outcome = machine_.deliver(message, q, retain, owner_.now(), out);
  wrote(out, before);
  rearm();
  return outcome;
}

bool connection::deliver_now(std::string_view topic, bytes_view payload) {
  if (phase_ != phase::alive || congested()) {
    add(owner_.counters().slow_drops);
    return false;
  }
  auto& out = stream_->output();
  const auto before = out.size();
  machine_.deliver_now(topic, payload, false, out);
  wrote(out, before);
  return true;
}

void connection::rearm() {
  const auto due = machine_.next_timeout();
  // Only an earlier deadline is worth a heap operation; a later one is found at the wake.
  if (due < armed_for_) {
    armed_for_ = due;
    owner_.home().arm(*this, due);
  }
}

std::size_t connection::memory_bytes() const noexcept {
  return sizeof(connection) + machine_.memory_bytes()
         + (will_ == nullptr
                ? 0
                : sizeof(will) + will_->message.topic.size() + will_->message.payload.size());
}

} // namespace fleet::cloud
