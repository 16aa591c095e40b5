// The link's events wait for the device's turn; there the HTTP client machine takes them.
#include "actors/device/http_channel.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "actors/device/close_outcome.hpp"
#include "actors/device/speech_scratch.hpp"

namespace fleet::actors {

namespace {

outcome outcome_of(std::int64_t code) noexcept {
  using alink::post_code;
  if (code < 0 || code > UINT16_MAX) {
    return outcome::protocol_error;
  }
  switch (static_cast<post_code>(code)) {
    case post_code::auth_error:
    case post_code::token_expired:
    case post_code::token_null:
    case post_code::token_error: return outcome::refused_credentials;
    case post_code::success:
    case post_code::param_error: return outcome::protocol_error;
    case post_code::common_error:
    case post_code::session_error:
    case post_code::publish_error:
    case post_code::too_many: return outcome::refused_unavailable;
  }
  return outcome::protocol_error; // any number may come
}

outcome outcome_of(http::violation why, hal::close_reason reason) noexcept {
  if (why == http::violation::timed_out) {
    return outcome::timed_out;
  }
  return why == http::violation::closed_early ? actors::outcome_of(reason)
                                              : outcome::protocol_error;
}

/// A gateway's word for no answer from behind it: nobody knows what became of the post.
bool of_a_gateway(std::uint16_t status) noexcept {
  return status == 502 || status == 504;
}

/// What the platform, or a proxy before it, could not do then.
bool may_pass(std::uint16_t status) noexcept {
  return status >= 500 || status == 408 || status == 425 || status == 429;
}

/// The same by the status, or by the code.
bool may_pass(std::uint16_t status, const std::optional<alink::http_answer>& said) noexcept {
  if (may_pass(status)) {
    return true;
  }
  return said
         && (said->code == static_cast<int>(alink::post_code::common_error)
             || said->code == static_cast<int>(alink::post_code::session_error)
             || said->code == static_cast<int>(alink::post_code::too_many));
}

/// What Retry-After says (RFC 9110 §10.2.3), where it says seconds; else 0.
duration retry_after(http::fields_view fields) noexcept {
  const std::string_view text = http::find_field(fields, "Retry-After").value_or("");
  std::uint32_t seconds = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = wrong == std::errc{} && end == text.data() + text.size();
  return std::chrono::seconds{whole ? seconds : 0};
}

std::string sentence_of(std::string_view what, std::int64_t code) {
  return std::string{what} + " was answered with code " + std::to_string(code);
}

/// What may be no answer of the platform at all is known by its status and kind.
std::string strange(std::string_view what, const http::client_event::response_finished& answer) {
  const std::string_view kind = http::find_field(answer.fields, "Content-Type").value_or("");
  return std::string{what} + " was answered by nothing that is an answer (HTTP "
         + std::to_string(answer.status) + (kind.empty() ? "" : ", ")
         + std::string{kind.substr(0, 60)} + ")";
}

} // namespace

http_channel::http_channel(const post_place& at, post_channel_events& owner)
    : at_(at), owner_(owner), client_(at.product.post->http) {}

http_channel::~http_channel() {
  drop();
}

void http_channel::log_on(const alink::identity& who) {
  who_ = std::make_unique<alink::identity>(who);
  token_.clear();
  if (state_ == state::up && client_.ready()) {
    ask();
  } else if (state_ != state::connecting && open_ == 0) {
    open();
  }
}

void http_channel::open() {
  leave();
  served_ = posted_ = false;
  hal::connect_options options;
  const std::size_t place = at_.product.places.number_of(at_.board.index());
  options.peer = at_.product.peer_at(place);
  options.kind = at_.product.link;
  options.timeout = at_.product.connect_timeout;
  options.security = at_.product.security;
  options.server_name = at_.product.server_name_at(place);
  options.origin = at_.board.index();
  state_ = state::connecting;
  if (at_.onlooker != nullptr) {
    at_.onlooker->on_opening();
  }
  at_.board.link.open(options, *this);
}

std::string_view http_channel::host() {
  if (const auto& all = at_.product.places; !all.empty()) {
    return all[all.number_of(at_.board.index())].http_host;
  }
  if (!plan().http_host.empty()) {
    return plan().http_host;
  }
  if (!at_.product.server_name.empty()) {
    return at_.product.server_name;
  }
  at_.around.topic = at_.product.peer.text();
  return at_.around.topic;
}

void http_channel::ask() {
  byte_buffer& body = at_.around.part;
  body.clear();
  alink::append_http_logon(body, *who_,
                           {.method = plan().sign.value_or(alink::sign_method::hmacsha1),
                            .timestamp = plan().timestamp});
  const std::array<http::field, 1> fields{{{"Content-Type", "application/json"}}};
  asked_ = send({.method = "POST",
                 .target = alink::post_auth_path,
                 .host = host(),
                 .fields = fields,
                 .body = body.view()});
  if (!asked_) {
    end(outcome::protocol_error, "the request /auth cannot be written");
  }
}

result<std::uint32_t, post_error> http_channel::post(std::string_view topic, bytes_view payload,
                                                     bool /*reliable*/) {
  if (token_.empty() || state_ == state::connecting || open_ != 0 || asked_) {
    return fail(post_error::busy);
  }
  if (payload.size() > room(topic)) {
    return fail(post_error::too_large);
  }
  if (state_ != state::up || !client_.ready()) {
    open(); // the server has closed what was there
    return fail(post_error::busy);
  }
  std::array<char, alink::max_post_path> path{};
  auto end =
      std::copy(alink::post_topic_prefix.begin(), alink::post_topic_prefix.end(), path.begin());
  end = std::copy(topic.begin(), topic.end(), end);
  const std::array<http::field, 3> fields{{{"Content-Type", "application/octet-stream"},
                                           {"Connection", "Keep-Alive"},
                                           {"password", token_}}};
  if (!send({.method = "POST",
             .target = {path.data(), static_cast<std::size_t>(end - path.begin())},
             .host = host(),
             .fields = fields,
             .body = payload})) {
    return fail(post_error::too_large);
  }
  open_ = ++last_;
  return open_;
}

bool http_channel::send(const http::request& what) {
  byte_buffer& out = at_.board.link.output();
  const std::size_t before = out.size();
  if (client_.send(what, http::delivery::collected, now(), out) != http::write_error::none) {
    return false;
  }
  if (at_.onlooker != nullptr) {
    at_.onlooker->on_passed(true, out.view().subspan(before));
  }
  return true;
}

void http_channel::on_connected() {
  connected_ = true;
  at_.turns.give_part_turn();
}

void http_channel::on_received(bytes_view bytes) {
  if (at_.onlooker != nullptr) {
    at_.onlooker->on_passed(false, bytes);
  }
  arrived_ = bytes;
  at_.turns.give_part_turn(); // after it this channel may be gone
}

void http_channel::on_closed(hal::close_reason reason, std::string_view detail) {
  closed_ = true;
  reason_ = reason;
  detail_ = detail;
  at_.turns.give_part_turn();
}

void http_channel::take_turn() {
  if (std::exchange(connected_, false) && state_ == state::connecting) {
    state_ = state::up;
    client_.start();
    if (who_ != nullptr) {
      owner_.on_transport_up();
    }
    if (state_ == state::up && who_ != nullptr) {
      ask();
    } else if (state_ == state::up) {
      owner_.on_ready();
    }
  }
  if (const bytes_view arrived = std::exchange(arrived_, bytes_view{});
      !arrived.empty() && state_ == state::up) {
    client_.receive(arrived, now());
    drain();
  }
  if (std::exchange(closed_, false) && state_ != state::closed) {
    end_closed();
  }
}

void http_channel::end_closed() {
  const std::string why = std::exchange(detail_, {});
  if (state_ == state::connecting) {
    end(actors::outcome_of(reason_), why);
    return;
  }
  client_.closed();
  drain(); // whatever was under way has failed by it
  if (state_ == state::up) {
    leave(); // nothing was: the next post opens another
  }
}

void http_channel::drain() {
  while (state_ == state::up) {
    const auto event = client_.next_event();
    if (!event) {
      return;
    }
    tell(*event);
  }
}

void http_channel::tell(const http::client_event_variant& event) {
  if (const auto* const answer = std::get_if<http::client_event::response_finished>(&event)) {
    served_ = true;
    if (std::exchange(asked_, false)) {
      take_grant(*answer);
    } else {
      take_answer(*answer);
    }
  } else if (const auto* const bad = std::get_if<http::client_event::failed>(&event)) {
    take_failure(*bad);
  }
}

/// A server that closes a kept connection when nothing came for long enough may do so while a
/// request is on its way: whoever has not heard an octet of the answer opens another connection and
/// asks again by itself (RFC 9112 §9.3.1), though not over and over (RFC 9110 §9.2.2). For /auth
/// that does no harm; a post goes again behind a new token, by which the platform knows that its
/// device has not heard what became of it.
void http_channel::take_failure(const http::client_event::failed& bad) {
  const outcome why = outcome_of(bad.why, reason_);
  const bool stale = served_ && !bad.answered && bad.why == http::violation::closed_early;
  if (asked_ && stale) {
    asked_ = false;
    open();
    return;
  }
  if (std::exchange(asked_, false)) {
    end(why, http::to_string(bad.why));
    return;
  }
  const std::uint32_t id = std::exchange(open_, 0);
  lonely_ = lonely_ || (stale && !posted_);
  leave();
  if (id != 0 && stale && !std::exchange(repeated_, true)) {
    token_.clear();
    owner_.on_way_lost();
  } else if (id != 0) {
    owner_.on_post_ended(id, {post_end::unanswered, {}, why, http::to_string(bad.why)});
  }
}

void http_channel::take_grant(const http::client_event::response_finished& answer) {
  const auto said = alink::read_http_answer(at_.around.speech->json, answer.body);
  if (!answer.reusable || lonely_) {
    leave();
  }
  if (!said) {
    end(may_pass(answer.status) ? outcome::refused_unavailable : outcome::protocol_error,
        strange("/auth", answer));
  } else if (said->code != 0) {
    end(outcome_of(said->code), sentence_of("/auth", said->code));
  } else if (said->token.empty()) {
    end(outcome::protocol_error, "/auth was answered without a token");
  } else {
    token_ = said->token;
    who_.reset();
    owner_.on_logged_on();
  }
}

void http_channel::take_answer(const http::client_event::response_finished& answer) {
  const auto said = alink::read_http_answer(at_.around.speech->json, answer.body);
  const std::uint32_t id = std::exchange(open_, 0);
  repeated_ = false;
  posted_ = true;
  const duration after = retry_after(answer.fields);
  if (!answer.reusable) {
    leave();
  }
  if (of_a_gateway(answer.status)) {
    const std::string why = "a post was answered " + std::to_string(answer.status);
    owner_.on_post_ended(id, {post_end::unanswered, {}, outcome::refused_unavailable, why});
  } else if (may_pass(answer.status, said)) {
    const std::string why = said ? sentence_of("a post", said->code) : strange("a post", answer);
    owner_.on_post_ended(id, {.how = post_end::not_now,
                              .why = outcome::refused_unavailable,
                              .detail = why,
                              .after = after});
  } else if (!said) {
    const std::string why = strange("a post", answer);
    owner_.on_post_ended(id,
                         {.how = post_end::refused, .why = outcome::protocol_error, .detail = why});
  } else if (said->code == static_cast<int>(alink::post_code::token_expired)
             || said->code == static_cast<int>(alink::post_code::token_error)) {
    owner_.on_post_ended(id, {post_end::token_refused});
  } else if (said->code != 0) {
    const std::string why = sentence_of("a post", said->code);
    owner_.on_post_ended(id, {.how = post_end::refused,
                              .why = outcome_of(said->code),
                              .detail = why,
                              .code = said->code});
  } else {
    owner_.on_post_ended(id, {.how = post_end::taken, .payload = as_bytes(said->data)});
  }
}

void http_channel::end(outcome why, std::string_view detail) {
  const std::string kept{detail};
  drop();
  owner_.on_channel_ended(why, kept);
}

void http_channel::close() {
  drop(); // in order: what is written goes first
}

void http_channel::leave() noexcept {
  at_.board.link.drop();
  arrived_ = {};
  state_ = state::closed;
  connected_ = false;
  closed_ = false;
}

void http_channel::drop() noexcept {
  leave();
  who_.reset();
  token_.clear();
  open_ = 0;
  asked_ = false;
}

void http_channel::handle_timeout() {
  if (state_ == state::up && client_.next_timeout() <= now()) {
    client_.handle_timeout(now());
    drain();
  }
}

time_point http_channel::next_timeout() const noexcept {
  return state_ == state::up ? client_.next_timeout() : never;
}

std::size_t http_channel::memory_bytes() const noexcept {
  const auto heap = [](const std::string& text) {
    return text.capacity() > 15 ? text.capacity() : 0;
  };
  return sizeof *this + client_.memory_bytes() + heap(token_) + heap(detail_)
         + (who_ == nullptr ? 0 : sizeof *who_);
}

} // namespace fleet::actors
