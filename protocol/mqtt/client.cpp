// The client machine's calls; packets are in client_packets.cpp, time in client_timers.cpp.
#include "protocol/mqtt/client.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"
#include "protocol/base/fetch_ahead.hpp"
#include "protocol/mqtt/client_state.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::mqtt {

namespace {

/// Packet memory comes in multiples of this, so that messages of nearly one size share a spare.
constexpr std::size_t packet_grain = 32;
/// A spare beyond this is not worth keeping.
constexpr std::size_t spare_max = 1024;

constexpr std::uint16_t only_connack = type_bit(packet_type::connack);
constexpr std::uint16_t after_connack = static_cast<std::uint16_t>(
  type_bit(packet_type::publish) | type_bit(packet_type::puback) | type_bit(packet_type::pubrec)
  | type_bit(packet_type::pubrel) | type_bit(packet_type::pubcomp) | type_bit(packet_type::suback)
  | type_bit(packet_type::unsuback) | type_bit(packet_type::pingresp));

bool sendable(std::string_view text) noexcept {
  const text_traits found = scan(text);
  return text.size() <= string_max && found.well_formed && !found.has_null;
}

} // namespace

bool valid_connect(const connect_fields& c) noexcept {
  const bool may_be_nameless = c.clean_session && c.version != version::v3_1;
  const bool will_fits = valid_topic(c.will.topic) && c.will.payload.size() <= string_max
                         && c.will.qos <= qos::exactly_once;
  return (may_be_nameless || !c.client_id.empty()) && sendable(c.client_id)
         && (!c.has_will || will_fits) && (!c.has_username || sendable(c.username))
         && (!c.has_password || (c.has_username && c.password.size() <= string_max));
}

client_behaviour sdk_behaviour() {
  client_behaviour b;
  b.connack_timeout = std::chrono::seconds{2};
  b.resend_after = std::chrono::seconds{4};
  b.dup_on_resend = false;
  b.resend_subscribe = false;
  b.ping_despite_traffic = true;
  b.pings_outstanding_max = 3;
  b.ping_timeout = duration::max();
  b.in_flight_max = 20;
  b.requests_max = 30;
  b.receive_limit_bytes = 1024;
  b.acknowledge_oversized = false;
  return b;
}

client::client(const client_behaviour& behaviour) : state_(std::make_unique<state>(behaviour)) {}
client::~client() = default;
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;

void client::start(const connect_fields& fields, time_point now, byte_buffer& out) {
  state& s = *state_;
  FLEET_CHECK(valid_connect(fields));
  lost();
  if (fields.clean_session) {
    s.forget();
  }
  s.clean = fields.clean_session;
  s.version = fields.version;
  s.keep_alive_s = fields.keep_alive_s;
  s.now_in = state::phase::connecting;
  s.now = now;
  s.sent(now);
  s.last_ping = now;
  encode_connect(fields, out);
}

void client::receive(bytes_view bytes, time_point now) {
  state& s = *state_;
  s.now = now;
  if (s.now_in != state::phase::connecting && s.now_in != state::phase::connected) {
    return;
  }
  FLEET_CHECK(s.input.drained());
  s.input.lend(bytes);
}

std::optional<client_event_variant> client::next_event(byte_buffer& out) {
  state& s = *state_;
  if (auto event = s.news()) {
    return event;
  }
  framed found;
  while (s.now_in == state::phase::connecting || s.now_in == state::phase::connected) {
    const bool connected = s.now_in == state::phase::connected;
    const framing_rules rules{connected ? after_connack : only_connack, s.version,
                              s.behaviour->receive_limit_bytes, connected};
    std::optional<client_event_variant> event;
    switch (s.input.next(rules, found)) {
      case framing::need_more: return std::nullopt;
      case framing::violated: s.fail(s.refine(found)); break;
      case framing::skipped: event = s.take_oversized(found, out); break;
      case framing::packet: event = s.take(found, out); break;
    }
    if (event) {
      return event;
    }
  }
  return s.news();
}

rarities& client::state::rare_parts() {
  if (rare == nullptr) {
    rare = std::make_unique<rarities>();
  }
  return *rare;
}

void client::state::tidy_rare() noexcept {
  if (rare != nullptr && rare->empty()) {
    rare.reset();
  }
}

std::uint16_t client::state::take_id() {
  return ids.next([this](auto mark) {
    messages.each([&](const outgoing& m) { mark(m.id); });
    if (rare != nullptr) {
      rare->releases.each([&](const releasing& r) { mark(r.id); });
      rare->requests.each([&](const request& r) { mark(r.id); });
    }
  });
}

kept_packet client::state::keep(std::size_t size) {
  kept_packet kept = std::move(spare);
  spare = {};
  if (kept.capacity < size) {
    const std::size_t capacity = (size + packet_grain - 1) / packet_grain * packet_grain;
    kept.octets = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
    kept.capacity = static_cast<std::uint32_t>(capacity);
  }
  kept.size = static_cast<std::uint32_t>(size);
  return kept;
}

void client::state::recycle(kept_packet packet) noexcept {
  if (packet.capacity <= spare_max && packet.capacity > spare.capacity) {
    spare = std::move(packet);
  }
}

void client::state::hold(outgoing message) {
  kept_octets += static_cast<std::uint32_t>(heap_octets(message.packet.capacity));
  messages.push_back(std::move(message));
}

void client::state::let_go(outgoing& message) noexcept {
  kept_octets -= static_cast<std::uint32_t>(heap_octets(message.packet.capacity));
  messages.erase(message);
}

result<std::uint16_t, publish_error> client::publish(const message_view& message, time_point due,
                                                     std::uint64_t cookie, time_point now,
                                                     byte_buffer& out) {
  state& s = *state_;
  if (s.now_in != state::phase::connected) {
    return fail(publish_error::not_connected);
  }
  if (!valid_topic(message.topic)) {
    return fail(publish_error::bad_topic);
  }
  const std::size_t remaining =
    publish_remaining(message.topic.size(), message.payload.size(), message.qos);
  if (remaining > remaining_length_max) {
    return fail(publish_error::too_large);
  }
  message_view m = message;
  m.dup = false; // [MQTT-3.3.1-1]: the first attempt
  m.packet_id = 0;
  if (m.qos != qos::at_most_once) {
    if (s.in_flight() >= s.behaviour->in_flight_max || (m.packet_id = s.take_id()) == 0) {
      return fail(publish_error::window_full);
    }
    kept_packet packet = s.keep(packet_size(remaining));
    write_publish(m, {packet.octets.get(), packet.size});
    out.append(packet.view());
    outgoing sent{due, cookie, now, std::move(packet), s.publishes++, m.packet_id};
    sent.sent_here = true;
    s.hold(std::move(sent));
    s.expect_resend(now);
  } else {
    encode_publish(m, out);
  }
  s.sent(now);
  return m.packet_id;
}

void client::state::add_request(std::uint16_t id, std::size_t filters, bytes_view packet,
                                time_point when) {
  request r{when, {}, id, static_cast<std::uint16_t>(filters)};
  if (behaviour->resend_subscribe) {
    r.packet.assign(packet.begin(), packet.end());
  }
  rare_parts().requests.push_back(std::move(r));
  expect_resend(when);
  sent(when);
}

result<std::uint16_t, subscribe_error> client::subscribe(std::span<const filter_request> filters,
                                                         time_point now, byte_buffer& out) {
  state& s = *state_;
  if (s.now_in != state::phase::connected) {
    return fail(subscribe_error::not_connected);
  }
  std::size_t remaining = 2;
  for (const filter_request& f : filters) {
    if (!valid_filter(f.filter)) {
      return fail(subscribe_error::bad_filter);
    }
    remaining += 3 + f.filter.size();
  }
  if (filters.empty()) { // [MQTT-3.8.3-3]
    return fail(subscribe_error::bad_filter);
  }
  const std::size_t answer = packet_size(2 + filters.size());
  std::uint16_t id = 0;
  if (s.rare_parts().requests.size() >= s.behaviour->requests_max
      || answer > s.behaviour->receive_limit_bytes || filters.size() > 0xffff
      || remaining > remaining_length_max || (id = s.take_id()) == 0) {
    return fail(subscribe_error::too_many_pending);
  }
  const std::size_t before = out.size();
  encode_subscribe(id, filters, out);
  s.add_request(id, filters.size(), out.view().subspan(before), now);
  return id;
}

result<std::uint16_t, subscribe_error>
client::unsubscribe(std::span<const std::string_view> filters, time_point now, byte_buffer& out) {
  state& s = *state_;
  if (s.now_in != state::phase::connected) {
    return fail(subscribe_error::not_connected);
  }
  std::size_t remaining = 2;
  for (const std::string_view filter : filters) {
    if (!valid_filter(filter)) {
      return fail(subscribe_error::bad_filter);
    }
    remaining += 2 + filter.size();
  }
  if (filters.empty()) { // [MQTT-3.10.3-2]
    return fail(subscribe_error::bad_filter);
  }
  std::uint16_t id = 0;
  if (s.rare_parts().requests.size() >= s.behaviour->requests_max
      || remaining > remaining_length_max || (id = s.take_id()) == 0) {
    return fail(subscribe_error::too_many_pending);
  }
  const std::size_t before = out.size();
  encode_unsubscribe(id, filters, out);
  s.add_request(id, 0, out.view().subspan(before), now);
  return id;
}

void client::stop(byte_buffer& out) {
  state& s = *state_;
  if (s.now_in == state::phase::connecting || s.now_in == state::phase::connected) {
    encode_empty(packet_type::disconnect, out);
    s.drop_connection();
    s.now_in = state::phase::over; // [MQTT-3.14.4-2]
  }
}

void client::lost() {
  state& s = *state_;
  s.drop_connection();
  s.now_in = state::phase::down;
  if (s.clean) {
    s.forget();
  }
}

/// Forgets what belongs to one connection alone.
void client::state::drop_connection() noexcept {
  input.reset();
  resend_at = never;
  pings = 0;
  has_failed = false;
  untold = 0;
  untold_hint = 0;
  messages.each([](outgoing& m) {
    m.untold = false;
    m.sent_here = false;
  });
  spare = {};
  if (rare != nullptr) {
    rare->requests.clear();
    rare->timed_out.clear();
    tidy_rare();
  }
}

/// Forgets the session ([MQTT-3.1.2-6]).
void client::state::forget() noexcept {
  messages.clear();
  kept_octets = 0;
  rare.reset();
  untold = 0;
}

bool client::connected() const noexcept {
  return state_->now_in == state::phase::connected;
}

std::size_t client::in_flight() const noexcept {
  return state_->in_flight();
}

std::vector<std::uint64_t> client::unacknowledged() const {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> aged;
  const std::uint32_t newest = state_->publishes;
  const auto add = [&](std::uint32_t order, std::uint64_t cookie) {
    aged.emplace_back(newest - order, cookie); // wraps alike for all
  };
  if (state_->rare != nullptr) {
    state_->rare->releases.each([&](const releasing& r) { add(r.order, r.cookie); });
  }
  state_->messages.each([&](const outgoing& m) { add(m.order, m.cookie); });
  std::sort(aged.begin(), aged.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::uint64_t> cookies;
  cookies.reserve(aged.size());
  for (const auto& [age, cookie] : aged) {
    cookies.push_back(cookie);
  }
  return cookies;
}

std::size_t client::memory_bytes() const noexcept {
  const state& s = *state_;
  std::size_t total = heap_octets(sizeof(state)) + s.input.memory_bytes()
                      + s.messages.memory_bytes() + heap_octets(s.spare.capacity) + s.kept_octets;
  if (s.rare != nullptr) {
    total += heap_octets(sizeof(rarities)) + s.rare->releases.memory_bytes()
             + s.rare->requests.memory_bytes() + s.rare->incoming.memory_bytes()
             + heap_octets(s.rare->timed_out.capacity() * sizeof(std::uint16_t));
    s.rare->requests.each([&](const request& r) { total += heap_octets(r.packet.capacity()); });
  }
  return total;
}

void client::foresee(unsigned step) const noexcept {
  if (step == 1) {
    fetch_ahead(state_.get(), sizeof(state));
  } else {
    state_->messages.foresee();
  }
}

} // namespace fleet::mqtt
