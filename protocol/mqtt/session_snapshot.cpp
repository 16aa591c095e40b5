// Records and subscriptions as octets and back, and a session's way back from its records. What is
// read is not trusted: it may come from a damaged file.
#include "protocol/mqtt/session_snapshot.hpp"

#include "protocol/base/packed.hpp"
#include "protocol/mqtt/server_state.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::mqtt {

namespace {

/// Open the octets; another layout gets another number.
constexpr std::uint64_t record_layout = 1;
constexpr std::uint64_t subscriptions_layout = 2;

bool has_message(session_stage s) noexcept {
  return s == session_stage::waiting || s == session_stage::sent;
}

/// Whether a session can hold such a record at all.
bool plausible(const session_record& r) noexcept {
  if (has_message(r.stage) && (r.qos == qos::at_most_once || !valid_topic(r.topic))) {
    return false;
  }
  return (r.packet_id == 0) == (r.stage == session_stage::waiting);
}

} // namespace

void append_record(byte_buffer& out, const session_record& record) {
  append_packed(out, record_layout);
  // Stage, QoS and retain: two bits, two, and one.
  append_packed(out, std::uint64_t{static_cast<unsigned>(record.stage)
                                   | static_cast<unsigned>(record.qos) << 2
                                   | (record.retain ? 16U : 0U)});
  append_packed(out, std::uint64_t{record.packet_id});
  append_packed(out, record.cookie);
  if (has_message(record.stage)) {
    append_packed(out, as_bytes(record.topic));
    append_packed(out, record.payload);
  }
}

std::optional<session_record> read_record(bytes_view kept) noexcept {
  packed_reader from{kept};
  const bool known = from.number() == record_layout;
  const auto flags = static_cast<unsigned>(from.number(31));
  session_record r;
  r.stage = static_cast<session_stage>(flags & 3U);
  r.qos = static_cast<qos>(flags >> 2 & 3U);
  r.retain = (flags & 16U) != 0;
  r.packet_id = static_cast<std::uint16_t>(from.number(UINT16_MAX));
  r.cookie = from.number();
  if (has_message(r.stage)) {
    r.topic = as_text(from.octets());
    r.payload = from.octets();
  }
  const bool good = known && from.finished() && (flags >> 2 & 3U) < 3 && plausible(r);
  return good ? std::optional{r} : std::nullopt;
}

void append_subscriptions(byte_buffer& out, const std::vector<kept_subscription>& subscriptions) {
  append_packed(out, subscriptions_layout);
  append_packed(out, std::uint64_t{subscriptions.size()});
  for (const auto& s : subscriptions) {
    append_packed(out, std::uint64_t{static_cast<unsigned>(s.qos)});
    append_packed(out, as_bytes(s.filter));
  }
}

std::optional<std::vector<kept_subscription>> read_subscriptions(bytes_view kept) {
  packed_reader from{kept};
  if (from.number() != subscriptions_layout) {
    return std::nullopt;
  }
  const auto count = from.number(from.left() / 3); // three octets each at least
  std::vector<kept_subscription> found;
  for (std::uint64_t i = 0; i < count && !from.bad(); ++i) {
    const auto q = static_cast<qos>(from.number(2));
    const auto filter = as_text(from.octets());
    if (!valid_filter(filter)) {
      return std::nullopt;
    }
    found.push_back({std::string{filter}, q});
  }
  return from.finished() ? std::optional{std::move(found)} : std::nullopt;
}

session_record record_of(const sent_message& m) noexcept {
  return {session_stage::sent, m.qos, m.retain, m.id, m.message->cookie, m.message->topic,
          m.message->payload};
}

session_record record_of(const released_message& m) noexcept {
  return {.stage = session_stage::released,
          .qos = qos::exactly_once,
          .retain = false,
          .packet_id = m.id,
          .cookie = m.cookie};
}

session_record record_of(const waiting_message& m) noexcept {
  return {session_stage::waiting, m.qos, m.retain, 0, m.message->cookie, m.message->topic,
          m.message->payload};
}

session_record record_of_incoming(std::uint16_t id) noexcept {
  return {.stage = session_stage::incoming,
          .qos = qos::exactly_once,
          .retain = false,
          .packet_id = id,
          .cookie = 0};
}

bool session::restore(std::int64_t place, const session_record& record, message_ptr message) {
  const bool incoming = record.stage == session_stage::incoming;
  const std::int64_t last = state_ == nullptr ? 0 : state_->last_place;
  if (!plausible(record) || has_message(record.stage) != (message != nullptr)
      || (incoming ? place != place_of_incoming(record.packet_id)
                   : place <= last || place > UINT32_MAX)) {
    return false;
  }
  const std::uint16_t id = record.packet_id;
  if (!incoming && id != 0 && state_ != nullptr
      && (state_->sent.find([id](const sent_message& m) { return m.id == id; }) != nullptr
          || state_->released.find([id](const released_message& m) { return m.id == id; })
                 != nullptr)) {
    return false;
  }
  state& s = remembered();
  const auto at = static_cast<std::uint32_t>(incoming ? 0 : place);
  s.last_place = incoming ? s.last_place : at;
  switch (record.stage) {
    case session_stage::waiting:
      s.waiting.push_back({std::move(message), at, record.qos, record.retain});
      break;
    case session_stage::sent:
      s.sent.push_back({std::move(message), {}, at, id, record.qos, record.retain});
      break;
    case session_stage::released: s.released.push_back({record.cookie, {}, at, id}); break;
    case session_stage::incoming: s.incoming.insert(id); break;
  }
  return true;
}

} // namespace fleet::mqtt
