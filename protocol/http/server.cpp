// Requests in, responses out, one after the other.
#include "protocol/http/server.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/http/reader.hpp"
#include "protocol/http/writer.hpp"

namespace fleet::http {

struct server_connection::state {
  enum class phase : std::uint8_t { head, body, asking, answering, over };

  state(const server_limits& l, time_point now)
      : limits(&l), input(message_role::request, l.read), since(now), now_is(now) {
    input.begin(l.read.body_max);
  }

  std::optional<server_event_variant> take(read_step step, byte_buffer& out);
  std::optional<server_event_variant> take_head(byte_buffer& out);
  server_event_variant fail(violation why, byte_buffer& out);
  server_event_variant ask();
  read_step read_on();
  bool read_target();
  void keep_ahead();
  void answered(time_point now);
  [[nodiscard]] bool reading() const noexcept {
    return now_in == phase::head || now_in == phase::body;
  }
  [[nodiscard]] time_point deadline() const noexcept;
  [[nodiscard]] write_error write_head(std::uint16_t status, fields_view fields, framing frame,
                                       byte_buffer& out);

  const server_limits* limits;
  reader input;
  bytes_view lent;
  byte_buffer ahead;          ///< what was sent ahead of an answer
  std::size_t ahead_read = 0; ///< octets at its front that views may still point to
  byte_buffer body;
  bytes_view direct; ///< a whole body that lies in the octets read
  std::string_view target;
  std::string_view host;
  time_point since{}; ///< what the deadline counts from
  time_point now_is{};
  std::optional<std::uint64_t> left; ///< octets of the answer still to be supplied
  std::optional<violation> untold;
  std::uint32_t requests = 0;
  phase now_in = phase::head;
  bool head_begun = false;
  bool keep_alive = false;
  bool http_1_1 = false;
  bool asked_head = false;
  bool bodyless = false; ///< the answer has no body whatever is supplied
  bool chunked = false;
  bool peer_closed = false;
  bool overrun = false; ///< more than pipelined_max was sent ahead
};

/// Reads the target's form (RFC 9112 §3.2); false where it is none for an origin server.
bool server_connection::state::read_target() {
  const message_head& head = input.head();
  target = head.target;
  host = find_field(head.fields, "host").value_or("");
  if (target == "*") {
    return head.method == "OPTIONS";
  }
  const bool plain = same_word(target.substr(0, 7), "http://");
  if (!plain && !same_word(target.substr(0, 8), "https://")) {
    return target.starts_with('/');
  }
  const std::string_view rest = target.substr(plain ? 7 : 8);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  host = rest.substr(0, end);
  target = rest.substr(end);
  if (target.empty()) {
    target = "/";
  }
  return valid_host(host) && target.starts_with('/');
}

server_event_variant server_connection::state::fail(violation why, byte_buffer& out) {
  const std::uint16_t status = status_of(why);
  if (status != 0) {
    append_response_head(status, {}, {.length = 0, .connection = framing::word::close}, out);
  }
  now_in = phase::over;
  lent = {};
  ahead.release();
  ahead_read = 0;
  body.release();
  return server_event::failed{why, status};
}

std::optional<server_event_variant> server_connection::state::take_head(byte_buffer& out) {
  const message_head& head = input.head();
  if (!read_target()) {
    return fail(violation::malformed_head, out);
  }
  http_1_1 = head.http_1_1;
  keep_alive = head.keep_alive;
  asked_head = head.method == "HEAD";
  now_in = phase::body;
  since = now_is;
  const bool more = head.chunked || head.length.value_or(0) > 0;
  if (head.expects_continue && http_1_1 && more) { // RFC 9110 §10.1.1
    append_continue(out);
  }
  return std::nullopt;
}

server_event_variant server_connection::state::ask() {
  now_in = phase::asking;
  ++requests;
  const message_head& head = input.head();
  return server_event::request_arrived{head.method, target, host, head.fields,
                                       body.empty() ? direct : body.view()};
}

std::optional<server_event_variant> server_connection::state::take(read_step step,
                                                                   byte_buffer& out) {
  switch (step) {
    case read_step::need_more: break;
    case read_step::head: return take_head(out);
    case read_step::body:
      if (body.empty() && input.whole()) {
        direct = input.piece();
      } else {
        body.append(input.piece());
      }
      break;
    case read_step::complete: return ask();
    case read_step::violated: return fail(input.why(), out);
  }
  return std::nullopt;
}

/// One step of reading, from what was sent ahead before what is lent.
read_step server_connection::state::read_on() {
  if (!ahead.empty()) {
    bytes_view rest = ahead.view().subspan(ahead_read);
    if (!rest.empty()) {
      const std::size_t before = rest.size();
      const read_step step = input.next(rest);
      ahead_read += before - rest.size();
      if (step != read_step::need_more) {
        return step;
      }
    }
    if (direct.empty()) {
      ahead.release();
      ahead_read = 0;
    }
  }
  return input.next(lent);
}

/// Copies what came before its turn.
void server_connection::state::keep_ahead() {
  if (!lent.empty() && !overrun) {
    ahead.consume(ahead_read);
    ahead_read = 0;
    overrun = lent.size() > limits->pipelined_max - ahead.size(); // the answer due is the last
    if (!overrun) {
      ahead.append(lent);
    }
  }
  lent = {};
}

void server_connection::state::answered(time_point now) {
  since = now;
  now_is = std::max(now_is, now);
  body.release();
  direct = {};
  target = {};
  host = {};
  head_begun = false;
  keep_alive = keep_alive && !overrun;
  now_in = keep_alive ? phase::head : phase::over;
  if (keep_alive) {
    input.begin(limits->read.body_max);
  } else if (overrun) {
    untold = violation::pipelined_too_far;
  }
}

write_error server_connection::state::write_head(std::uint16_t status, fields_view fields,
                                                 framing frame, byte_buffer& out) {
  FLEET_CHECK(now_in == phase::asking);
  FLEET_CHECK(status >= 200 && status <= 599);
  if (const write_error bad = check_fields(fields, false); bad != write_error::none) {
    return bad;
  }
  keep_alive = keep_alive && !overrun && !peer_closed && requests < limits->requests_max;
  if (status == 204 || status == 304) { // RFC 9110 §8.6
    bodyless = true;
    frame.length.reset();
    frame.chunked = false;
  } else {
    bodyless = asked_head;
    const bool endless = !frame.length && !frame.chunked;
    keep_alive = keep_alive && (!endless || asked_head);
  }
  if (!keep_alive) {
    frame.connection = framing::word::close;
  } else if (!http_1_1) {
    frame.connection = framing::word::keep_alive;
  }
  append_response_head(status, fields, frame, out);
  return write_error::none;
}

time_point server_connection::state::deadline() const noexcept {
  switch (now_in) {
    case phase::head:
      return later(since,
                   head_begun || requests == 0 ? limits->head_deadline : limits->idle_deadline);
    case phase::body: return later(since, limits->body_deadline);
    case phase::asking:
    case phase::answering:
    case phase::over: break;
  }
  return never;
}

server_connection::server_connection(const server_limits& limits, time_point now)
    : state_(std::make_unique<state>(limits, now)) {}
server_connection::~server_connection() = default;
server_connection::server_connection(server_connection&&) noexcept = default;
server_connection& server_connection::operator=(server_connection&&) noexcept = default;

void server_connection::receive(bytes_view bytes, time_point now) {
  state& s = *state_;
  if (s.now_in == state::phase::over) {
    return;
  }
  FLEET_CHECK(s.lent.empty()); // next_event() was not asked to the end
  s.now_is = std::max(s.now_is, now);
  s.lent = bytes;
}

void server_connection::closed() noexcept {
  state_->peer_closed = true;
}

std::optional<server_event_variant> server_connection::next_event(byte_buffer& out) {
  state& s = *state_;
  while (s.reading() && !s.untold) {
    const read_step step = s.read_on();
    if (auto event = s.take(step, out)) {
      return event;
    }
    if (s.now_in == state::phase::head && s.input.started() && !s.head_begun) {
      s.head_begun = true;
      s.since = s.now_is;
    }
    if (step != read_step::need_more) {
      continue;
    }
    if (!s.peer_closed) {
      return std::nullopt;
    }
    if (s.now_in == state::phase::head && !s.input.started()) {
      s.now_in = state::phase::over; // between requests: as it should be
      return std::nullopt;
    }
    return s.fail(violation::closed_early, out);
  }
  if (s.untold) {
    const violation why = *s.untold;
    s.untold.reset();
    s.now_in = state::phase::over;
    return server_event::failed{why, status_of(why)};
  }
  s.keep_ahead();
  return std::nullopt;
}

void server_connection::handle_timeout(time_point now, byte_buffer& out) {
  state& s = *state_;
  s.now_is = std::max(s.now_is, now);
  if (now < s.deadline() || s.untold) {
    return;
  }
  const bool waiting = s.now_in == state::phase::head && !s.head_begun;
  s.untold = waiting ? violation::idle : violation::timed_out;
  (void)s.fail(*s.untold, out);
}

time_point server_connection::next_timeout() const noexcept {
  return state_->deadline();
}

write_error server_connection::respond(std::uint16_t status, fields_view fields, bytes_view body,
                                       time_point now, byte_buffer& out) {
  state& s = *state_;
  const write_error bad = s.write_head(status, fields, {.length = body.size()}, out);
  if (bad != write_error::none) {
    return bad;
  }
  if (!s.bodyless) {
    out.append(body);
  }
  s.answered(now);
  return write_error::none;
}

write_error server_connection::respond_in_pieces(std::uint16_t status, fields_view fields,
                                                 std::optional<std::uint64_t> length,
                                                 byte_buffer& out) {
  state& s = *state_;
  const bool chunked = !length && s.http_1_1;
  const write_error bad = s.write_head(status, fields, {.length = length, .chunked = chunked}, out);
  if (bad != write_error::none) {
    return bad;
  }
  s.left = length;
  s.chunked = chunked;
  s.now_in = state::phase::answering;
  return write_error::none;
}

void server_connection::supply(bytes_view piece, byte_buffer& out) {
  state& s = *state_;
  FLEET_CHECK(s.now_in == state::phase::answering);
  if (s.left) {
    FLEET_CHECK(piece.size() <= *s.left);
    *s.left -= piece.size();
  }
  if (piece.empty() || s.bodyless) {
    return;
  }
  if (s.chunked) {
    append_chunk(piece, out);
  } else {
    out.append(piece);
  }
}

void server_connection::finish(time_point now, byte_buffer& out) {
  state& s = *state_;
  FLEET_CHECK(s.now_in == state::phase::answering);
  FLEET_CHECK(s.bodyless || s.left.value_or(0) == 0);
  if (s.chunked && !s.bodyless) {
    append_last_chunk(out);
  }
  s.answered(now);
}

bool server_connection::answering() const noexcept {
  return state_->now_in == state::phase::asking || state_->now_in == state::phase::answering;
}

bool server_connection::over() const noexcept {
  return state_->now_in == state::phase::over;
}

std::size_t server_connection::memory_bytes() const noexcept {
  const state& s = *state_;
  return sizeof(state) + s.input.memory_bytes() + s.body.capacity() + s.ahead.capacity();
}

} // namespace fleet::http
