// The device's reactions, phase by phase. Time comes from its home; bytes go into its link.
#include "actors/device/device.hpp"

#include <algorithm>
#include <variant>

#include "protocol/mqtt/codec.hpp"

namespace fleet::actors {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

constexpr duration late_after = std::chrono::milliseconds{100};

/// Both the epoch and the sequence number travel through the machine as its cookie.
constexpr std::uint64_t cookie_of(const ledger::tag& t) noexcept {
  return (static_cast<std::uint64_t>(t.epoch) << 32) | t.sequence;
}

/// What carries no tag, such as the answer to a command; epochs start at 1.
constexpr std::uint64_t untagged = 0;

outcome outcome_of(hal::close_reason reason) noexcept {
  switch (reason) {
    case hal::close_reason::local:
    case hal::close_reason::closed_by_peer: return outcome::closed_by_peer;
    case hal::close_reason::reset: return outcome::reset;
    case hal::close_reason::refused: return outcome::connection_refused;
    case hal::close_reason::unreachable:
    case hal::close_reason::dns_failed: return outcome::unreachable;
    case hal::close_reason::timed_out: return outcome::timed_out;
    case hal::close_reason::tls_failed: return outcome::tls_failed;
    case hal::close_reason::exhausted: return outcome::exhausted;
  }
  FLEET_CHECK(false);
}

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

device::device(device_surroundings& around, device_slot& slot, std::uint32_t index)
    : around_(around), product_(around.products->at(index)), slot_(slot),
      client_(product_.client), jitter_(product_.seed, index, "backoff"),
      values_(product_.seed, index, "values"), index_(index) {
  slot_.board.boot(now());
  // The receive buffer is there from boot to power-off, as on the manual's board.
  slot_.board.memory.set_limit(product_.ram_bytes);
  (void)slot_.board.memory.take(product_.client.receive_limit_bytes);
  slot_.uplink.boot();
  slot_.trace.note(now(), happening::booted, slot_.uplink.epoch());
  bump(counts().in_phase[static_cast<std::size_t>(phase::off)]);
  product_.speech->report_topic(index_, topic_);
  topic_.shrink_to_fit();
}

device::~device() {
  slot_.board.power_off();
  drop(counts().in_phase[static_cast<std::size_t>(phase_)]);
  drop(counts().in_flight, in_flight_shown_);
}

void device::settle() noexcept {
  const auto in_flight = static_cast<std::uint16_t>(client_.in_flight());
  if (in_flight != in_flight_shown_) {
    auto& gauge = counts().in_flight;
    gauge.store(gauge.load(std::memory_order_relaxed) + in_flight - in_flight_shown_,
                std::memory_order_relaxed);
    in_flight_shown_ = in_flight;
  }
}

void device::enter(phase p) {
  auto& in_phase = counts().in_phase;
  drop(in_phase[static_cast<std::size_t>(phase_)]);
  bump(in_phase[static_cast<std::size_t>(p)]);
  phase_ = p;
  phase_due_ = never;
  if (p == phase::online) {
    const auto online = in_phase[static_cast<std::size_t>(p)].load(std::memory_order_relaxed);
    if (online > counts().online_max.load(std::memory_order_relaxed)) {
      counts().online_max.store(online, std::memory_order_relaxed);
    }
  }
  if (p == phase::stopped) {
    slot_.board.link.drop();
    around_.watcher->on_stopped(index_);
  }
}

bool device::go(step s) {
  const phase to = next_phase(phase_, s);
  if (to == stay) {
    return false;
  }
  enter(to);
  return true;
}

void device::run(time_point first_attempt) {
  if (go(step::run)) {
    phase_due_ = first_attempt;
  }
}

void device::quiet() {
  quiet_ = true;
  next_report_ = never;
}

void device::stop(time_point deadline) {
  quiet();
  if (go(step::stop_asked) && phase_ == phase::stopping) {
    slot_.trace.note(now(), happening::stopping);
    phase_due_ = deadline;
    finish_stop_if_drained();
  }
}

void device::finish_stop_if_drained() {
  if (phase_ != phase::stopping || (client_.in_flight() != 0 && now() < phase_due_)) {
    return;
  }
  if (!slot_.board.link.up()) {
    if (!slot_.board.link.active()) {
      go(step::drained);
    }
    return;
  }
  client_.stop(slot_.board.link.output());
  // The link tells when it is closed; should it hang, the deadline cuts it.
  slot_.board.link.close();
  phase_due_ = std::max(phase_due_, now() + std::chrono::seconds{1});
}

void device::attempt(hal::stream_events& link_events) {
  if (!go(step::attempt)) {
    return;
  }
  const auto& product = product_;
  attempt_began_ = now();
  slot_.trace.note(now(), happening::connecting);
  hal::connect_options options;
  options.peer = product.peer;
  options.kind = product.link;
  options.timeout = product.connect_timeout;
  options.security = product.security;
  options.server_name = product.server_name;
  options.origin = index_;
  options.pending_until_answered = true; // CONNACK
  slot_.board.link.open(options, link_events);
}

void device::transport_up() {
  if (go(step::transport_up)) {
    slot_.trace.note(now(), happening::transport_up);
    log_on();
  }
}

void device::log_on() {
  const auto& product = product_;
  auto& login = around_.login;
  login.client_id.clear();
  login.username.clear();
  login.password.clear();
  product.speech->login(index_, login);
  mqtt::connect_fields fields;
  fields.clean_session = product.clean_session;
  fields.keep_alive_s = product.keep_alive_s;
  fields.client_id = login.client_id;
  fields.has_username = !login.username.empty();
  fields.username = login.username;
  fields.has_password = !login.password.empty();
  fields.password = as_bytes(login.password);
  client_.start(fields, now(), slot_.board.link.output());
}

void device::received(bytes_view bytes) {
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
    std::visit(
        overloaded{[this](const ev::connected& e) { on_welcome(e.session_present); },
                   [this](const ev::refused& e) { on_refused(e.code); },
                   [this](const ev::message_arrived& e) { on_message(e.message); },
                   [this](const ev::publish_acknowledged& e) { on_acknowledged(e); },
                   [this](const ev::publish_resent&) { bump(counts().resent); },
                   [this](const ev::subscribe_acknowledged& e) {
                     const auto refused =
                         std::count(e.codes.begin(), e.codes.end(), mqtt::subscribe_refused);
                     bump(counts().subscribe_refused, static_cast<std::uint64_t>(refused));
                     slot_.trace.note(now(), happening::subscribed, e.packet_id);
                     if (filters_pending_ > 0 && --filters_pending_ == 0 && go(step::subscribed)) {
                       on_online();
                     }
                   },
                   [](const ev::unsubscribe_acknowledged&) {},
                   [this](const ev::request_timed_out&) {
                     // The SDK tells its application and goes on without the topic (aliyun-iot.md
                     // §8.2, event 4).
                     if (filters_pending_ > 0 && --filters_pending_ == 0 && go(step::subscribed)) {
                       on_online();
                     }
                   },
                   [this](const ev::packet_oversized&) { bump(counts().oversized); },
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

void device::on_welcome(bool session_present) {
  bump(counts().outcomes[static_cast<std::size_t>(outcome::accepted)]);
  counts().latencies[static_cast<std::size_t>(latency::connect)].record(now() - attempt_began_);
  slot_.trace.note(now(), happening::connected, session_present ? 1 : 0);
  ++slot_.connections;
  if (slot_.connections > 1) {
    bump(counts().reconnects);
  }
  wait_ = {};
  // Strict devices subscribe again when the server forgot the session; the SDK subscribes once in
  // its life (aliyun-iot.md §1, automatic re-subscribe).
  const bool sdk = product_.behaviour == behaviour::sdk;
  const bool subscribe = sdk ? !was_online_ : !session_present;
  auto& filters = around_.filters;
  filters.clear();
  if (subscribe) {
    product_.speech->filters(index_, filters);
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

void device::on_online() {
  was_online_ = true;
  const auto interval = product_.interval;
  if (quiet_ || interval <= duration::zero() || next_report_ != never) {
    return;
  }
  // Devices that start together must not report together.
  next_report_ = now() + jitter_.between(duration::zero(), interval);
}

void device::on_refused(mqtt::connack_code code) {
  slot_.trace.note(now(), happening::refused, static_cast<std::uint32_t>(code));
  leave_link(outcome_of(code), "");
}

void device::report_due(time_point due) {
  const auto& product = product_;
  if (now() - due > late_after) {
    bump(counts().late_sends);
  }
  // What waits for its acknowledgement lies in RAM, and so will this one.
  const std::size_t needs = client_.memory_bytes() + product.payload_bytes;
  if (client_.in_flight() >= product.client.in_flight_max
      || !slot_.board.memory.available(needs)) {
    bump(counts().skipped_window);
    return;
  }
  report r;
  r.index = index_;
  r.tag = slot_.uplink.attempt(index_, product.qos != mqtt::qos::at_most_once);
  r.wall_ms = slot_.board.clock.wall_ms(around_.home->wall_ms(), now());
  r.payload_bytes = product.payload_bytes;
  const auto random = values_.next();
  r.values.temperature_milli = slot_.board.temperature.value(now());
  r.values.humidity_milli = slot_.board.humidity.value(now());
  r.values.red = static_cast<std::uint8_t>(random % 255);
  r.values.green = static_cast<std::uint8_t>((random >> 8) % 255);
  r.values.blue = static_cast<std::uint8_t>((random >> 16) % 255);
  r.values.light = light_;
  around_.payload.clear();
  product.speech->write_report(r, values_, around_.payload);
  mqtt::message_view message;
  message.topic = topic_;
  message.payload = around_.payload.view();
  message.qos = product.qos;
  const auto sent =
      client_.publish(message, due, cookie_of(r.tag), now(), slot_.board.link.output());
  if (!sent) {
    bump(counts().skipped_window);
    return;
  }
  awaited_[awaited_next_++ % awaited_.size()] = {r.tag.sequence, due};
  bump(counts().published[static_cast<std::size_t>(product.qos)]);
  slot_.trace.note(now(), happening::published, r.tag.sequence);
}

void device::on_acknowledged(const mqtt::client_event::publish_acknowledged& ack) {
  if (ack.cookie == untagged) {
    return;
  }
  slot_.uplink.acknowledge(static_cast<std::uint32_t>(ack.cookie >> 32),
                           static_cast<std::uint32_t>(ack.cookie));
  bump(counts().acknowledged);
  counts().latencies[static_cast<std::size_t>(latency::publish_ack)].record(now() - ack.due);
  slot_.trace.note(now(), happening::acknowledged, static_cast<std::uint32_t>(ack.cookie));
}

void device::on_message(const mqtt::message_view& message) {
  bump(counts().received[static_cast<std::size_t>(message.qos)]);
  const auto what = product_.speech->understand(index_, message, *around_.speech);
  switch (what.kind) {
    case downlink_kind::reply: on_reply(what); return;
    case downlink_kind::own_echo:
    case downlink_kind::unknown: return;
    case downlink_kind::command: break;
  }
  const auto found = ledger::find_tag(message.payload);
  if (found.state == ledger::tag_state::corrupted) {
    bump(counts().downlink_corrupted);
    return;
  }
  if (found.state == ledger::tag_state::intact) {
    // A tag of another device is accepted here and attempted there: the ledger calls it unexpected.
    slot_.downlink.accept(found.what, message.dup, slot_.connections);
  }
  if (what.sets_light) {
    light_ = what.light;
  }
  bump(counts().commands);
  slot_.trace.note(now(), happening::command, found.what.sequence);
  answer(what, message.qos);
}

void device::on_reply(const downlink& answer) {
  if (answer.reply_code != 200) {
    bump(counts().replies_bad);
    return;
  }
  bump(counts().replies);
  for (auto& a : awaited_) {
    if (a.sequence == answer.reply_sequence && a.sequence != 0) {
      counts().latencies[static_cast<std::size_t>(latency::publish_reply)].record(now() - a.due);
      a.sequence = 0;
      return;
    }
  }
}

void device::answer(const downlink& command, mqtt::qos q) {
  around_.payload.clear();
  if (!product_.speech->write_answer(index_, command, around_.topic, around_.payload)) {
    return;
  }
  mqtt::message_view message;
  message.topic = around_.topic;
  message.payload = around_.payload.view();
  message.qos = std::min(q, mqtt::qos::at_least_once);
  (void)client_.publish(message, now(), untagged, now(), slot_.board.link.output());
}

void device::leave_link(outcome why, std::string_view detail) {
  bump(counts().outcomes[static_cast<std::size_t>(why)]);
  if (phase_ == phase::online) {
    bump(counts().disconnects_unplanned);
  }
  slot_.trace.note(now(), happening::link_ended, static_cast<std::uint32_t>(why));
  slot_.board.link.drop();
  client_.lost();
  if (go(step::link_ended) && phase_ == phase::backing_off) {
    around_.watcher->on_trouble(index_, why, detail);
    back_off();
  }
}

void device::transport_down(hal::close_reason reason, std::string_view detail) {
  slot_.board.link.drop();
  client_.lost();
  if (phase_ == phase::stopping) {
    go(step::drained);
    return;
  }
  leave_link(outcome_of(reason), detail);
}

void device::back_off() {
  const auto& settings = product_.backoff;
  wait_ = wait_ == duration::zero() ? settings.first : std::min(wait_ * 2, settings.cap);
  phase_due_ = now() + std::min(wait_ + jitter_.between(duration::zero(), wait_), settings.cap);
}

void device::handle_timeout(hal::stream_events& link_events) {
  if (phase_due_ <= now()) {
    switch (phase_) {
      case phase::backing_off: attempt(link_events); break;
      case phase::stopping:
        if (slot_.board.link.up()) {
          finish_stop_if_drained(); // says DISCONNECT although something is in flight
        } else {
          go(step::drained);
        }
        return;
      case phase::off:
      case phase::connecting:
      case phase::logging_on:
      case phase::subscribing:
      case phase::online:
      case phase::stopped: phase_due_ = never; break;
    }
  }
  if (client_.next_timeout() <= now() && slot_.board.link.up()) {
    client_.handle_timeout(now(), slot_.board.link.output());
    drain_events();
  }
  while (next_report_ <= now()) {
    const time_point due = next_report_;
    next_report_ = later(due, product_.interval);
    if (phase_ == phase::online) {
      report_due(due);
    } else {
      bump(counts().skipped_offline);
    }
  }
}

time_point device::next_timeout() const noexcept {
  return std::min({phase_due_, next_report_, client_.next_timeout()});
}

std::size_t device::memory_bytes() const noexcept {
  return sizeof(*this) + client_.memory_bytes() + topic_.capacity();
}

} // namespace fleet::actors
