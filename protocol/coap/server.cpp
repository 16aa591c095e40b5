// The server's calls: answers, and time.
#include "protocol/coap/server.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/base/fetch_ahead.hpp"
#include "protocol/coap/server_state.hpp"

namespace fleet::coap {

std::size_t session_extras::memory_bytes() const noexcept {
  std::size_t all = heap_octets(sizeof *this) + heap_octets(incoming.octets)
                    + outgoing.message.memory_bytes() + heap_octets(observations)
                    + heap_octets(news) + heap_octets(told);
  for (const observation& o : observations) {
    all += o.waiting.memory_bytes();
  }
  return all;
}

server_session::server_session(const server_behaviour& behaviour, random_stream chance)
    : state_(std::make_unique<state>(behaviour, chance)) {
  // A twin holds tens of thousands of these; the budget is 200 octets with the session itself.
  static_assert(heap_octets(sizeof(state)) + sizeof(server_session) <= 200);
  FLEET_CHECK(behaviour.block_szx <= block_szx_max);
}
server_session::~server_session() = default;
server_session::server_session(server_session&&) noexcept = default;
server_session& server_session::operator=(server_session&&) noexcept = default;

session_extras& server_session::state::extra_parts() {
  if (extras == nullptr) {
    extras = std::make_unique<session_extras>();
  }
  return *extras;
}

/// Gives back what a burst took.
void server_session::state::tidy() noexcept {
  trim(requests);
  if (extras != nullptr && extras->empty()) {
    extras.reset();
  }
}

open_request* server_session::state::find(exchange_id id) noexcept {
  const auto r = std::find_if(requests.begin(), requests.end(),
                              [&](const open_request& o) { return o.id == id; });
  return r == requests.end() ? nullptr : &*r;
}

void server_session::expect(unsigned step) const noexcept {
  if (step == 0) {
    fetch_ahead(state_.get(), sizeof(state));
  } else {
    state_->layer.expect(step);
  }
}

void server_session::receive(bytes_view datagram, time_point now, destination to) noexcept {
  state_->lent = datagram;
  state_->lent_to = to;
  state_->now = now;
}

std::optional<server_event_variant> server_session::next_event(datagrams& out) {
  state& s = *state_;
  if (s.extras != nullptr && !s.extras->told.empty()) {
    std::vector<std::uint8_t>{}.swap(s.extras->told);
  }
  if (!s.lent.empty()) {
    const bytes_view datagram = s.lent;
    s.lent = {};
    if (const auto m = s.layer.take(datagram, s.lent_to == destination::multicast, s.now, out)) {
      if (auto event = s.take(*m, out)) {
        return event;
      }
    }
  }
  if (s.extras == nullptr || s.extras->news.empty()) {
    s.tidy();
    return {};
  }
  server_event_variant first = s.extras->news.front();
  s.extras->news.erase(s.extras->news.begin());
  return first;
}

respond_error server_session::respond(exchange_id id, const response_fields& fields, time_point now,
                                      datagrams& out) {
  FLEET_CHECK(is_response(fields.code));
  state& s = *state_;
  s.now = now;
  open_request* const r = s.find(id);
  if (r == nullptr) {
    return respond_error::unknown;
  }
  const answer_way way{r->message_id, r->confirmable, r->confirmable && r->acknowledge_at == never,
                       id};
  const bool observes =
      fields.observe && r->observe == observe_wish::begin && is_success(fields.code)
      && (s.extras == nullptr || s.extras->observations.size() < s.behaviour().observations_max);
  cut_answer c;
  const auto sequence =
      observes ? std::optional{(s.sequences + 1) & 0xffffffU} : std::optional<std::uint32_t>{};
  respond_error wrong = s.cut({r->key, r->token.view(), r->block1, r->block2, sequence}, fields, c);
  if (wrong == respond_error::none) {
    wrong = s.send_answer(way, c.message, out);
  }
  if (wrong != respond_error::none) {
    return wrong;
  }
  if (observes) {
    ++s.sequences;
    s.begin_observation(*r);
  }
  s.requests.erase(s.requests.begin() + (r - s.requests.data()));
  return respond_error::none;
}

void server_session::acknowledge(exchange_id id, time_point now, datagrams& out) {
  state& s = *state_;
  s.now = now;
  if (open_request* const r = s.find(id); r != nullptr && r->acknowledge_at != never) {
    r->acknowledge_at = never;
    s.layer.acknowledge(r->message_id, now, out);
  }
}

bool server_session::has_room() const noexcept {
  return state_->layer.has_room();
}

void server_session::drop(exchange_id id) noexcept {
  std::erase_if(state_->requests, [id](const open_request& r) { return r.id == id; });
}

respond_error server_session::state::send_answer(const answer_way& way, message_fields m,
                                                 datagrams& out) {
  if (!way.confirmable) {
    m.type = message_type::non_confirmable;
    return layer.send_once(m, now, out) ? respond_error::none : respond_error::no_room;
  }
  if (!way.acknowledged) {
    m.type = message_type::acknowledgement;
    m.id = way.message_id;
    layer.reply(m, now, out);
    return respond_error::none;
  }
  if (!layer.has_room()) {
    return respond_error::no_room;
  }
  m.type = message_type::confirmable;
  layer.send(m, purpose::response, way.id, now, out);
  return respond_error::none;
}

void server_session::handle_timeout(time_point now, datagrams& out) {
  state& s = *state_;
  s.now = now;
  while (auto end = s.layer.handle_timeout(now, out)) {
    s.take_ended(std::move(*end), out);
  }
  for (open_request& r : s.requests) {
    if (r.acknowledge_at <= now) {
      r.acknowledge_at = never;
      s.layer.acknowledge(r.message_id, now, out);
    }
  }
  if (s.extras != nullptr) {
    if (s.extras->incoming.forget_at <= now) {
      s.extras->incoming = {};
    }
    if (s.extras->outgoing.forget_at <= now) {
      s.extras->outgoing = {};
    }
    s.tell_waiting(out);
  }
  s.tidy();
}

time_point server_session::next_timeout() const noexcept {
  const state& s = *state_;
  time_point next = s.layer.next_timeout();
  for (const open_request& r : s.requests) {
    next = std::min(next, r.acknowledge_at);
  }
  if (s.extras != nullptr) {
    next = std::min({next, s.extras->incoming.forget_at, s.extras->outgoing.forget_at});
    for (const observation& o : s.extras->observations) {
      next = std::min(next, o.tell_at);
    }
  }
  return next;
}

bool server_session::idle() const noexcept {
  return state_->requests.empty() && state_->extras == nullptr && state_->lent.empty()
         && state_->layer.next_timeout() == never;
}

const peer_counts& server_session::counts() const noexcept {
  return state_->layer.counts();
}

std::size_t server_session::memory_bytes() const noexcept {
  const state& s = *state_;
  return heap_octets(sizeof s) + s.layer.memory_bytes() + heap_octets(s.requests)
         + (s.extras == nullptr ? 0 : s.extras->memory_bytes());
}

} // namespace fleet::coap
