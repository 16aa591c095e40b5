// What the server sends: replies, separate responses, notifications and their order.
#include <algorithm>

#include "protocol/coap/client_state.hpp"

namespace fleet::coap {

std::optional<client_event_variant> client::state::take(const message_view& m, datagrams& out) {
  if (m.type == message_type::acknowledgement || m.type == message_type::reset) {
    return take_reply(m, out);
  }
  asked_request* const a = is_response(m.code) ? find_token(m.token) : nullptr;
  if (a == nullptr || not_understood(m.options, behaviour->also_known)) {
    layer.reject(m, now, out); // §4.2, §4.3, §5.4.1
    if (a != nullptr) {
      fail(*a, request_failure::bad_option, out);
    }
    return {};
  }
  if (m.type == message_type::confirmable) {
    layer.acknowledge(m.id, now, out);
  }
  if (superseded(*a, m)) {
    return {};
  }
  // The answer says that the request was heard, whatever became of its acknowledgement.
  if (auto end = layer.withdraw(purpose::request, a->id, now, out); end && a->message.empty()) {
    a->message = std::move(end->message);
  }
  return take_response(*a, m, out);
}

/// A notification that came too late: a newer one was told, or the observation is being ended.
bool client::state::superseded(asked_request& a, const message_view& m) const noexcept {
  const auto sequence = find_uint(m.options, option::observe);
  if (!sequence || !is_success(m.code) || of_a_block(a, m)) {
    return false;
  }
  return a.observed == observing::ending || (a.observed == observing::yes && !newer(a, *sequence));
}

/// Whether the message answers a request for one block, rather than the first request.
bool client::state::of_a_block(const asked_request& a, const message_view& m) const noexcept {
  return a.blocks != nullptr && a.blocks->token != a.token
         && as_text(m.token) == token_octets{a.blocks->token, behaviour->token_octets}.text();
}

std::optional<client_event_variant> client::state::take_reply(const message_view& m,
                                                              datagrams& out) {
  const auto reference = layer.in_flight(m.id);
  if (!reference) {
    layer.ignore();
    return {};
  }
  if (m.type == message_type::reset || m.code == code::empty) {
    const outcome how = m.type == message_type::reset ? outcome::reset : outcome::acknowledged;
    if (auto end = layer.finish(m.id, how, now, out)) {
      ended(std::move(*end), now);
    }
    return {};
  }
  asked_request* const a = find_token(m.token);
  if (a == nullptr || a->id != *reference) { // both must match (§5.3.2)
    layer.ignore();
    return {};
  }
  if (auto end = layer.finish(m.id, outcome::acknowledged, now, out); end && a->message.empty()) {
    a->message = std::move(end->message);
  }
  if (not_understood(m.options, behaviour->also_known)) {
    fail(*a, request_failure::bad_option, out);
    return {};
  }
  return take_response(*a, m, out);
}

/// RFC 7641 §3.4: whether a notification is newer than the newest one, which it then is.
bool client::state::newer(asked_request& a, std::uint32_t sequence) const noexcept {
  static constexpr std::uint32_t half = 1U << 23;
  static constexpr duration too_long = std::chrono::seconds{128};
  const bool ahead = (a.sequence < sequence && sequence - a.sequence < half)
                     || (a.sequence > sequence && a.sequence - sequence > half)
                     || now > later(a.notified_at, too_long);
  if (ahead) {
    a.sequence = sequence;
    a.notified_at = now;
  }
  return ahead;
}

std::optional<client_event_variant>
client::state::take_response(asked_request& a, const message_view& m, datagrams& out) {
  a.give_up = never;
  if (!of_a_block(a, m)) {
    const auto sequence = find_uint(m.options, option::observe);
    const bool goes_on = sequence && is_success(m.code);
    if (a.observed == observing::yes) {
      a.blocks.reset(); // what it was fetching is stale
      a.notified = true;
      a.observed = goes_on ? observing::yes : observing::ending;
    } else if (a.observed == observing::asked) {
      a.observed = goes_on ? observing::yes : observing::no;
      a.sequence = sequence.value_or(0);
      a.notified_at = now;
    }
  }
  if (a.blocks != nullptr && a.blocks->uploading) {
    if (take_upload(a, m, out)) {
      return {};
    }
  } else if (m.code == code::request_entity_too_large && begin_upload(a, m, out)) {
    return {};
  }
  if (is_success(m.code) && take_download(a, m, out)) {
    return {};
  }
  return tell(a, m,
              a.blocks != nullptr && !a.blocks->received.empty() ? bytes_view{a.blocks->received}
                                                                 : m.payload);
}

/// The whole answer is there.
std::optional<client_event_variant> client::state::tell(asked_request& a, const message_view& m,
                                                        bytes_view payload) {
  told = std::move(a.blocks); // the payload may be its
  a.overall = never;
  const request_id id = a.id;
  const bool goes_on = a.observed == observing::yes;
  if (a.notified) {
    const std::uint32_t sequence = a.sequence;
    a.notified = false;
    if (!goes_on) {
      erase(a);
    }
    return client_event::notification_arrived{id, m.code, m.options, payload, sequence, !goes_on};
  }
  if (!goes_on) {
    erase(a);
  }
  return client_event::response_arrived{id, m.code, m.options, payload, goes_on};
}

} // namespace fleet::coap
