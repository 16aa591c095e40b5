// One request, one response, and what can go wrong between them.
#include "protocol/http/client.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/http/reader.hpp"
#include "protocol/http/writer.hpp"

namespace fleet::http {

namespace {

constexpr std::size_t max_method = 32; ///< characters; no registered one is longer

/// A target in origin form, or `*`.
bool valid_target(std::string_view target) noexcept {
  const bool shaped = target.starts_with('/') || target == "*";
  return shaped && target.size() <= max_head_written
         && std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool takes_body(std::string_view method) noexcept {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

} // namespace

struct client::state {
  enum class phase : std::uint8_t { idle, head, body, over };

  explicit state(const client_limits& l) : limits(&l), input(message_role::response, l.read) {}

  std::optional<client_event_variant> take(read_step step);
  std::optional<client_event_variant> take_head();
  std::optional<client_event_variant> take_piece();
  std::optional<client_event_variant> finish();
  client_event_variant fail(violation why);
  void await_response();
  [[nodiscard]] time_point deadline() const noexcept;

  const client_limits* limits;
  reader input;
  bytes_view lent;
  bytes_view direct; ///< a whole body that lies in the lent octets
  byte_buffer body;
  time_point sent_at{};
  time_point last_octet{};
  unsigned interim = 0;
  std::uint16_t status = 0;
  std::optional<violation> untold; ///< a failure that next_event() has yet to tell
  delivery how = delivery::collected;
  phase now_in = phase::over;
  bool asked_head = false; ///< the method is HEAD
  bool asked_close = false;
  bool peer_closed = false;
};

void client::state::await_response() {
  input.begin(how == delivery::pieces ? limits->pieces_max : limits->read.body_max, asked_head);
  now_in = phase::head;
  status = 0;
}

client_event_variant client::state::fail(violation why) {
  client_event::failed event{why, false, 0, 0, std::nullopt};
  if (now_in == phase::head || now_in == phase::body) {
    event.answered = interim > 0 || input.started();
    event.status = status;
    event.body_octets = input.body_octets();
    event.length = now_in == phase::body ? input.head().length : std::nullopt;
  }
  now_in = phase::over;
  lent = {};
  body.release();
  return event;
}

std::optional<client_event_variant> client::state::take_head() {
  const message_head& head = input.head();
  if (head.status < 200) {
    const bool switches = head.status == 101; // nothing here asks for an upgrade
    if (switches || head.status < 100 || ++interim > interim_max) {
      return fail(head.status < 100 ? violation::malformed_head : violation::too_many_interim);
    }
    return std::nullopt;
  }
  status = head.status;
  now_in = phase::body;
  if (how == delivery::pieces) {
    return client_event::head_arrived{status, head.fields, head.length};
  }
  return std::nullopt;
}

std::optional<client_event_variant> client::state::take_piece() {
  const bytes_view piece = input.piece();
  if (how == delivery::pieces) {
    return client_event::body_arrived{piece, input.body_octets() - piece.size()};
  }
  if (body.empty() && input.whole()) {
    direct = piece;
  } else {
    body.append(piece);
  }
  return std::nullopt;
}

std::optional<client_event_variant> client::state::finish() {
  if (now_in == phase::head) { // of an interim response
    await_response();
    return std::nullopt;
  }
  const message_head& head = input.head();
  const bool kept = head.keep_alive && !asked_close && !peer_closed;
  const bool reusable = kept && lent.empty();
  now_in = kept ? phase::idle : phase::over;
  if (!kept) {
    lent = {};
  }
  return client_event::response_finished{status, head.fields, body.empty() ? direct : body.view(),
                                         input.body_octets(), reusable};
}

std::optional<client_event_variant> client::state::take(read_step step) {
  switch (step) {
    case read_step::need_more: break;
    case read_step::head: return take_head();
    case read_step::body: return take_piece();
    case read_step::complete: return finish();
    case read_step::violated: return fail(input.why());
  }
  return std::nullopt;
}

time_point client::state::deadline() const noexcept {
  const bool awaited = now_in == phase::head || now_in == phase::body;
  if (!awaited) {
    return never;
  }
  const bool bounded = now_in == phase::head || how == delivery::collected;
  return std::min(bounded ? later(sent_at, limits->response_deadline) : never,
                  later(last_octet, limits->idle_deadline));
}

client::client(const client_limits& limits) : state_(std::make_unique<state>(limits)) {}
client::~client() = default;
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;

void client::start() noexcept {
  state& s = *state_;
  s.now_in = state::phase::idle;
  s.lent = {};
  s.direct = {};
  s.body.release();
  s.untold.reset();
  s.peer_closed = false;
  s.asked_close = false;
}

write_error client::send(const request& what, delivery how, time_point now, byte_buffer& out) {
  state& s = *state_;
  if (s.now_in != state::phase::idle) {
    return s.now_in == state::phase::over ? write_error::over : write_error::busy;
  }
  if (s.peer_closed || s.asked_close || !s.lent.empty()) {
    return write_error::over;
  }
  if (!valid_token(what.method) || what.method.size() > max_method || !valid_target(what.target)
      || !valid_host(what.host) || what.method == "CONNECT") {
    return write_error::bad_start_line;
  }
  if (const write_error bad = check_fields(what.fields, true); bad != write_error::none) {
    return bad;
  }
  framing frame;
  if (!what.body.empty() || takes_body(what.method)) {
    frame.length = what.body.size();
  }
  append_request_head({what.method, what.target, what.host}, what.fields, frame, out);
  out.append(what.body);
  s.asked_head = what.method == "HEAD";
  s.asked_close = same_word(find_field(what.fields, "connection").value_or(""), "close");
  s.how = how;
  s.interim = 0;
  s.direct = {};
  s.body.clear();
  s.sent_at = now;
  s.last_octet = now;
  s.await_response();
  return write_error::none;
}

void client::receive(bytes_view bytes, time_point now) {
  state& s = *state_;
  if (s.now_in == state::phase::over) {
    return;
  }
  FLEET_CHECK(s.lent.empty()); // next_event() was not asked to the end
  s.lent = bytes;
  if (!bytes.empty()) {
    s.last_octet = now;
  }
}

void client::closed() noexcept {
  state_->peer_closed = true;
}

std::optional<client_event_variant> client::next_event() {
  state& s = *state_;
  if (s.untold) {
    const violation why = *s.untold;
    s.untold.reset();
    return s.fail(why);
  }
  while (s.now_in == state::phase::head || s.now_in == state::phase::body) {
    read_step step = s.input.next(s.lent);
    const bool ended = step == read_step::need_more && s.peer_closed;
    if (ended) {
      step = s.input.end();
    }
    if (auto event = s.take(step)) {
      return event;
    }
    if (step == read_step::need_more) {
      return std::nullopt;
    }
  }
  if (s.now_in == state::phase::idle) {
    if (!s.lent.empty()) { // an answer to nothing must not become the answer to what comes next
      return s.fail(violation::unsolicited);
    }
    s.direct = {};
    if (s.body.capacity() > 0) {
      s.body.release();
    }
    if (s.peer_closed) {
      s.now_in = state::phase::over;
    }
  }
  return std::nullopt;
}

void client::handle_timeout(time_point now) {
  if (now >= state_->deadline()) {
    state_->untold = violation::timed_out;
  }
}

time_point client::next_timeout() const noexcept {
  return state_->untold ? never : state_->deadline();
}

bool client::ready() const noexcept {
  const state& s = *state_;
  return s.now_in == state::phase::idle && !s.peer_closed && !s.asked_close && s.lent.empty();
}

std::size_t client::memory_bytes() const noexcept {
  return sizeof(state) + state_->input.memory_bytes() + state_->body.capacity();
}

} // namespace fleet::http
