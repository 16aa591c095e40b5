// The client's calls: requests, pings, observations, and time.
#include "protocol/coap/client.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/coap/client_state.hpp"

namespace fleet::coap {

client_behaviour sdk_behaviour() {
  client_behaviour b;
  b.timing.ack_timeout = std::chrono::seconds{4}; // two cycles of its loop
  b.timing.ack_random_permille = 1000;
  b.limits.message_max = 1280;
  b.limits.waiting_max = 10;
  b.requests_max = 10;
  b.counted = true;
  b.answer_patience = std::chrono::seconds{20};
  b.overall_patience = std::chrono::seconds{20}; // ten cycles
  return b;
}

client::client(const client_behaviour& behaviour, random_stream chance)
    : state_(std::make_unique<state>(behaviour, chance)) {
  FLEET_CHECK(behaviour.token_octets >= 1 && behaviour.token_octets <= token_max);
  FLEET_CHECK(behaviour.block_szx <= block_szx_max);
}
client::~client() = default;
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;

std::uint64_t client::state::new_token() noexcept {
  const std::uint64_t mask = UINT64_MAX >> (64 - 8 * behaviour->token_octets);
  for (;;) {
    const std::uint64_t token =
        (behaviour->counted ? std::uint64_t{0x01020304U} + tokens++ : layer.draw()) & mask;
    const bool used = std::any_of(requests.begin(), requests.end(), [&](const asked_request& a) {
      return a.token == token || (a.blocks != nullptr && a.blocks->token == token);
    });
    if (!used) {
      return token;
    }
  }
}

asked_request* client::state::find(request_id id) noexcept {
  const auto a = std::find_if(requests.begin(), requests.end(),
                              [&](const asked_request& r) { return r.id == id; });
  return a == requests.end() ? nullptr : &*a;
}

asked_request* client::state::find_token(bytes_view token) noexcept {
  if (token.size() != behaviour->token_octets) {
    return nullptr;
  }
  std::uint64_t wanted = 0;
  for (std::size_t i = token.size(); i-- > 0;) {
    wanted = wanted << 8 | token[i];
  }
  const auto a = std::find_if(requests.begin(), requests.end(), [&](const asked_request& r) {
    return r.token == wanted || (r.blocks != nullptr && r.blocks->token == wanted);
  });
  return a == requests.end() ? nullptr : &*a;
}

void client::state::erase(asked_request& a) noexcept {
  requests.erase(requests.begin() + (&a - requests.data()));
  trim(requests, 1);
}

result<request_id, request_error> client::request(const request_fields& fields, time_point now,
                                                  datagrams& out) {
  state& s = *state_;
  s.now = now;
  const client_behaviour& b = *s.behaviour;
  if (s.requests.size() >= b.requests_max || !s.layer.has_room()) {
    return fail(request_error::too_many);
  }
  if (fields.payload.size() > b.body_max) {
    return fail(request_error::too_large);
  }
  asked_request a;
  a.token = s.new_token();
  a.id = ++s.last_request;
  a.confirmable = fields.confirmable;
  a.observed = fields.observe ? observing::asked : observing::no;
  a.overall = b.overall_patience == duration::max() ? never : later(now, b.overall_patience);
  option_list options{fields.options};
  if (fields.observe) {
    options.add_uint(option::observe, 0);
  }
  if (b.block_szx < block_szx_max) {
    options.add_uint(option::block2, block_value{0, false, b.block_szx}.packed());
  }
  if (options.overfull()) {
    return fail(request_error::too_many_options);
  }
  const token_octets token{a.token, b.token_octets};
  message_fields m{fields.confirmable ? message_type::confirmable : message_type::non_confirmable,
                   fields.method,
                   0,
                   token.view(),
                   options.view(),
                   fields.payload};
  if (fields.whole_max != 0 && (encoded_size(m) > fields.whole_max || !s.layer.fits(m))) {
    return fail(request_error::too_large);
  }
  const std::size_t block =
      fields.whole_max != 0 ? fields.whole_max : std::size_t{16} << b.block_szx;
  const bool brief = !fields.confirmable && !fields.observe && fields.brief > duration::zero();
  if (brief && fields.payload.size() <= block && s.layer.fits(m)) {
    return s.request_briefly(std::move(a), m, fields.brief, out);
  }
  if (fields.payload.size() <= block && s.layer.fits(m)) {
    s.expect_answer(a, fields.confirmable ? never : now);
    s.requests.push_back(std::move(a));
    s.layer.send(m, purpose::request, s.last_request, now, out);
    return s.last_request;
  }
  if (fields.observe) {
    return fail(request_error::too_large);
  }
  return s.upload(std::move(a), m, out);
}

/// Sends it at once, whatever else is in flight.
result<request_id, request_error> client::state::request_briefly(asked_request a, message_fields m,
                                                                 duration wait, datagrams& out) {
  byte_buffer original;
  encode(m, original);
  if (!layer.send_once(m, now, out)) {
    return fleet::fail(request_error::too_many); // no id is free
  }
  a.message = kept_octets{original.view()}; // an answer in blocks asks with it
  a.give_up = later(now, wait);
  requests.push_back(std::move(a));
  return last_request;
}

result<request_id, request_error> client::ping(time_point now, datagrams& out) {
  state& s = *state_;
  s.now = now;
  if (!s.layer.has_room()) {
    return fail(request_error::too_many);
  }
  s.layer.send({}, purpose::ping, ++s.last_request, now, out);
  return s.last_request;
}

bool client::stop_observing(request_id id, time_point now, datagrams& out) {
  state& s = *state_;
  s.now = now;
  asked_request* const a = s.find(id);
  if (a == nullptr || a->observed != observing::yes || !s.layer.has_room()) {
    return false;
  }
  (void)s.layer.withdraw(purpose::request, id, now, out); // a block of a notification
  a->blocks.reset();
  a->observed = observing::ending;
  message_view original;
  FLEET_CHECK(!decode(a->message.view(), a->message.size(), original));
  option_list options;
  option_reader reader{original.options};
  while (const auto o = reader.next()) {
    if (o->number != option::observe) {
      options.add(o->number, o->value);
    }
  }
  options.add_uint(option::observe, 1);
  s.expect_answer(*a, a->confirmable ? never : now);
  a->overall = s.behaviour->overall_patience == duration::max()
                   ? never
                   : later(now, s.behaviour->overall_patience);
  s.layer.send({original.type, original.code, 0, original.token, options.view(), original.payload},
               purpose::request, id, now, out);
  return true;
}

void client::abandon(request_id id, time_point now, datagrams& out) {
  state& s = *state_;
  s.now = now;
  (void)s.layer.withdraw(purpose::request, id, now, out);
  (void)s.layer.withdraw(purpose::ping, id, now, out);
  if (asked_request* const a = s.find(id)) {
    s.erase(*a);
  }
}

void client::abandon_all() noexcept {
  state_->layer.forget();
  std::vector<asked_request>{}.swap(state_->requests);
  std::vector<client_event_variant>{}.swap(state_->news);
  state_->told.reset();
  state_->lent = {};
}

void client::receive(bytes_view datagram, time_point now) noexcept {
  state_->lent = datagram;
  state_->now = now;
}

std::optional<client_event_variant> client::next_event(datagrams& out) {
  state& s = *state_;
  s.told.reset();
  if (!s.lent.empty()) {
    const bytes_view datagram = s.lent;
    s.lent = {};
    if (const auto m = s.layer.take(datagram, false, s.now, out)) {
      if (auto event = s.take(*m, out)) {
        return event;
      }
    }
  }
  if (s.news.empty()) {
    return {};
  }
  client_event_variant first = s.news.front();
  s.news.erase(s.news.begin());
  trim(s.news);
  return first;
}

/// The answer's time runs from here; for a confirmable request not before its acknowledgement.
void client::state::expect_answer(asked_request& a, time_point when) noexcept {
  a.give_up = when == never ? never : later(when, behaviour->answer_patience);
}

void client::state::fail(asked_request& a, request_failure why, datagrams& out) {
  const request_id id = a.id;
  (void)layer.withdraw(purpose::request, id, now, out);
  erase(a);
  news.emplace_back(client_event::failed{id, why});
}

void client::state::ended(sending_ended end, time_point when) {
  if (end.what == purpose::ping) {
    news.emplace_back(client_event::ping_ended{end.reference, end.how != outcome::timed_out});
    return;
  }
  asked_request* const a = find(end.reference);
  if (a == nullptr) {
    return;
  }
  switch (end.how) {
    case outcome::acknowledged: expect_answer(*a, when); break;
    case outcome::presumed: break;
    case outcome::reset:
    case outcome::timed_out:
      news.emplace_back(client_event::failed{
          a->id, end.how == outcome::reset ? request_failure::reset : request_failure::timed_out});
      erase(*a);
      return;
  }
  if (a->message.empty()) {
    a->message = std::move(end.message);
  }
}

void client::handle_timeout(time_point now, datagrams& out) {
  state& s = *state_;
  s.now = now;
  while (auto end = s.layer.handle_timeout(now, out)) {
    s.ended(std::move(*end), now);
  }
  for (std::size_t i = 0; i < s.requests.size();) {
    asked_request& a = s.requests[i];
    if (std::min(a.give_up, a.overall) <= now) {
      s.fail(a, request_failure::no_answer, out);
    } else {
      ++i;
    }
  }
}

time_point client::next_timeout() const noexcept {
  time_point next = state_->layer.next_timeout();
  for (const asked_request& a : state_->requests) {
    next = std::min({next, a.give_up, a.overall});
  }
  return next;
}

std::size_t client::open_requests() const noexcept {
  return state_->requests.size();
}

const peer_counts& client::counts() const noexcept {
  return state_->layer.counts();
}

std::size_t client::memory_bytes() const noexcept {
  const state& s = *state_;
  std::size_t all = heap_octets(sizeof s) + s.layer.memory_bytes() + heap_octets(s.requests)
                    + heap_octets(s.news) + (s.told == nullptr ? 0 : s.told->memory_bytes());
  for (const asked_request& a : s.requests) {
    all += a.message.memory_bytes() + (a.blocks == nullptr ? 0 : a.blocks->memory_bytes());
  }
  return all;
}

} // namespace fleet::coap
