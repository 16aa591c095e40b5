// Observation on the server's side (RFC 7641): who is told what, when and how.
#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/coap/server_state.hpp"

namespace fleet::coap {

observation* server_session::state::find_observation(exchange_id id) noexcept {
  if (extras == nullptr) {
    return nullptr;
  }
  const auto o = std::find_if(extras->observations.begin(), extras->observations.end(),
                              [&](const observation& x) { return x.id == id; });
  return o == extras->observations.end() ? nullptr : &*o;
}

void server_session::state::erase(observation& o) noexcept {
  extras->observations.erase(extras->observations.begin() + (&o - extras->observations.data()));
}

/// A request with a token ends the observation that has it (§4.1).
exchange_id server_session::state::drop_observation(bytes_view token, datagrams& out) {
  if (extras == nullptr) {
    return 0;
  }
  const client_token wanted{token};
  const auto o = std::find_if(extras->observations.begin(), extras->observations.end(),
                              [&](const observation& x) { return x.token == wanted; });
  if (o == extras->observations.end()) {
    return 0;
  }
  const exchange_id id = o->id;
  extras->observations.erase(o);
  (void)layer.withdraw(purpose::notification, id, now, out);
  return id;
}

void server_session::state::begin_observation(const open_request& r) {
  observation o;
  o.confirmed_at = now;
  o.key = r.key;
  o.token = r.token;
  o.id = r.id;
  extra_parts().observations.push_back(std::move(o));
}

void server_session::state::end(observation& o, end_reason why) {
  extras->news.emplace_back(server_event::observation_ended{o.id, why});
  erase(o);
}

bool server_session::observes(exchange_id observation) const noexcept {
  return state_->find_observation(observation) != nullptr;
}

bool server_session::state::confirmation_due(const observation& o) const noexcept {
  return now >= later(o.confirmed_at, behaviour().confirm_every);
}

respond_error server_session::notify(exchange_id observation, const response_fields& fields,
                                     time_point now, datagrams& out) {
  FLEET_CHECK(is_response(fields.code));
  state& s = *state_;
  s.now = now;
  auto* const o = s.find_observation(observation);
  if (o == nullptr) {
    return respond_error::unknown;
  }
  const bool goes_on = is_success(fields.code);
  const auto sequence =
      goes_on ? std::optional{(s.sequences + 1) & 0xffffffU} : std::optional<std::uint32_t>{};
  cut_answer c;
  respond_error wrong = s.cut({o->key, o->token.view(), {}, {}, sequence}, fields, c);
  if (wrong != respond_error::none) {
    return wrong;
  }
  s.sequences += goes_on ? 1 : 0;
  message_fields m = c.message;
  m.type = fields.observe || s.confirmation_due(*o) ? message_type::confirmable
                                                    : message_type::non_confirmable;
  const time_point allowed = o->told ? later(o->told_at, s.behaviour().notification_interval) : now;
  if (s.layer.in_flight(purpose::notification, o->id)) {
    m.type = message_type::confirmable;
    FLEET_CHECK(s.layer.replace(purpose::notification, o->id, m));
  } else if (goes_on && m.type == message_type::non_confirmable && now < allowed) {
    byte_buffer octets;
    encode(m, octets);
    o->waiting = kept_octets{octets.view()};
    o->tell_at = allowed;
  } else {
    wrong = s.tell(*o, m, out);
  }
  if (wrong == respond_error::none && !goes_on) {
    s.erase(*o);
  }
  return wrong;
}

void server_session::end_observation(exchange_id observation, time_point now, datagrams& out) {
  state& s = *state_;
  s.now = now;
  if (auto* const o = s.find_observation(observation)) {
    s.erase(*o);
    (void)s.layer.withdraw(purpose::notification, observation, now, out);
    s.tidy();
  }
}

respond_error server_session::state::tell(observation& o, message_fields m, datagrams& out) {
  if (m.type == message_type::confirmable) {
    if (!layer.has_room()) {
      return respond_error::no_room;
    }
    layer.send(m, purpose::notification, o.id, now, out);
    o.confirmed_at = now;
  } else {
    const auto id = layer.send_once(m, now, out);
    if (!id) {
      return respond_error::no_room;
    }
    o.last_id = *id;
    o.told = true;
    o.told_at = now;
  }
  o.waiting = {};
  o.tell_at = never;
  return respond_error::none;
}

void server_session::state::tell_waiting(datagrams& out) {
  for (observation& o : extras->observations) {
    if (o.tell_at > now) {
      continue;
    }
    const kept_octets waiting = std::move(o.waiting);
    o.tell_at = never;
    message_view m;
    FLEET_CHECK(!decode(waiting.view(), waiting.size(), m));
    option_list options;
    option_reader reader{m.options};
    while (const auto option = reader.next()) {
      options.add(option->number, option->value);
    }
    // Without room or an id it is lost, as a non-confirmable message may be.
    (void)tell(o,
               {confirmation_due(o) ? message_type::confirmable : m.type, m.code, 0, m.token,
                options.view(), m.payload},
               out);
  }
}

void server_session::state::told_ended(sending_ended end, datagrams& out) {
  auto* const o = find_observation(end.reference);
  if (end.how != outcome::acknowledged) {
    if (o != nullptr && end.how != outcome::presumed) {
      this->end(*o, end.how == outcome::reset ? end_reason::reset : end_reason::timed_out);
    }
    return;
  }
  if (!end.unsent || !layer.has_room()) {
    return;
  }
  // A newer state took the acknowledged one's place and never left (§4.5.2).
  message_view m;
  FLEET_CHECK(!decode(end.message.view(), end.message.size(), m));
  option_list options;
  option_reader reader{m.options};
  while (const auto option = reader.next()) {
    options.add(option->number, option->value);
  }
  layer.send({m.type, m.code, 0, m.token, options.view(), m.payload}, purpose::notification,
             end.reference, now, out);
  if (o != nullptr) {
    o->confirmed_at = now;
  }
}

/// A reset of a non-confirmable notification (§3.6).
void server_session::state::take_reset(std::uint16_t id) {
  if (extras != nullptr) {
    const auto o = std::find_if(extras->observations.begin(), extras->observations.end(),
                                [&](const observation& x) { return x.told && x.last_id == id; });
    if (o != extras->observations.end()) {
      end(*o, end_reason::reset);
      return;
    }
  }
  layer.ignore();
}

} // namespace fleet::coap
