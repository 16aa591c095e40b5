// What the platform answers over CoAP, by its codes (aliyun-iot.md §17.2): a token or none, a post
// taken or not; and what to do when it does not.
#include <string>
#include <utility>
#include <variant>

#include "actors/device/coap_channel.hpp"
#include "actors/device/speech_scratch.hpp"
#include "protocol/base/check.hpp"

namespace fleet::actors {

namespace {

constexpr std::uint8_t auth_waits_max = 5; ///< for the answer to /auth, one after the other
constexpr std::uint8_t handshakes_max = 4; ///< likewise: two minutes in all, as DTLS itself has it

outcome outcome_of(coap::code c) noexcept {
  if (c == coap::code::unauthorized) {
    return outcome::refused_credentials;
  }
  if (c == coap::code::forbidden) {
    return outcome::refused_authorization;
  }
  return coap::class_of(c) == 5 ? outcome::refused_unavailable : outcome::protocol_error;
}

outcome outcome_of(coap::request_failure why) noexcept {
  switch (why) {
    case coap::request_failure::timed_out:
    case coap::request_failure::no_answer: return outcome::timed_out;
    case coap::request_failure::reset: return outcome::reset;
    case coap::request_failure::bad_option:
    case coap::request_failure::too_large:
    case coap::request_failure::incomplete: return outcome::protocol_error;
  }
  FLEET_CHECK(false);
}

/// A gateway's word for no answer from behind it: nobody knows what became of the post.
bool of_a_gateway(coap::code c) noexcept {
  return c == coap::code::bad_gateway || c == coap::code::gateway_timeout;
}

/// What the platform had no room or no means for then, as Max-Age says for how long (RFC 7252
/// §5.9.3.4, RFC 8516 §2).
bool may_pass(coap::code c) noexcept {
  static constexpr auto too_many_requests = coap::make_code(4, 29);
  return c == too_many_requests || coap::class_of(c) == 5;
}

/// `4.01`.
std::string text_of(coap::code c) {
  const unsigned detail = coap::detail_of(c);
  return std::to_string(coap::class_of(c)) + (detail < 10 ? ".0" : ".") + std::to_string(detail);
}

} // namespace

void coap_channel::drain() {
  while (state_ == state::up) {
    const auto event = client_.next_event(at_.around.datagrams);
    if (!event) {
      break;
    }
    tell(*event);
  }
  flush();
}

void coap_channel::tell(const coap::client_event_variant& event) {
  if (const auto* const answer = std::get_if<coap::client_event::response_arrived>(&event)) {
    if (answer->id == asked_) {
      asked_ = 0;
      take_grant(*answer);
    } else {
      take_answer(*answer);
    }
  } else if (const auto* const bad = std::get_if<coap::client_event::failed>(&event)) {
    if (bad->id == asked_) {
      end(outcome_of(bad->why), "the platform did not answer /auth");
    } else {
      owner_.on_post_ended(
          bad->id, {post_end::unanswered, {}, outcome_of(bad->why), "a post was not answered"});
    }
  } else if (const auto* const ping = std::get_if<coap::client_event::ping_ended>(&event)) {
    owner_.on_ping_ended(ping->answered);
  }
}

void coap_channel::take_grant(const coap::client_event::response_arrived& answer) {
  if (coap::class_of(answer.code) == 5 && tries_ < plan().auth_tries_max) {
    again_ = later(now(), plan().auth_again);
    return;
  }
  if (!coap::is_success(answer.code)) {
    end(outcome_of(answer.code), "/auth was answered " + text_of(answer.code));
    return;
  }
  auto grant = alink::read_coap_grant(at_.around.speech->json, answer.payload);
  if (!grant || grant->random.empty() == plan().coap.aes) {
    end(outcome::protocol_error, "/auth was answered without a token of that mode");
    return;
  }
  token_ = std::move(grant->token);
  sequence_ = grant->sequence_offset;
  if (plan().coap.aes) {
    cipher_.emplace(who_->device_secret, grant->random);
  }
  who_.reset();
  due_ = never;
  owner_.on_logged_on();
}

/// auth_wait has room for three of a message's five transmissions: where a fifth of all datagrams
/// is lost, one question in twenty has no answer by then. Over DTLS it goes into another session:
/// where the last flight was lost, the far side does not know this one yet (RFC 6347 §4.2.4). And a
/// handshake that has not come to its end goes on slower and slower: a new one does not.
bool coap_channel::ask_anew() {
  const bool secure = plan().coap.security != nullptr;
  const bool opening = state_ == state::opening;
  if (refused_ || (opening && !secure) || ++waits_ >= (opening ? handshakes_max : auth_waits_max)) {
    return false;
  }
  client_.abandon(std::exchange(asked_, 0), now(), at_.around.datagrams);
  tries_ = 0;
  again_ = never;
  if (opening) {
    link_.drop();
    open();
  } else if (secure && client_.open_requests() != 0) {
    renew(); // posts that are out would go on into a session that has never heard of them
  } else if (secure) {
    link_.close();
    open();
  } else {
    due_ = later(now(), plan().auth_wait);
    ask();
  }
  return true;
}

void coap_channel::take_answer(const coap::client_event::response_arrived& answer) {
  if (answer.code == coap::code::unauthorized || answer.code == coap::code::bad_option) {
    owner_.on_post_ended(answer.id, {post_end::token_refused});
    return;
  }
  byte_buffer plain;
  bytes_view payload = answer.payload;
  if (cipher_ && !payload.empty()) {
    payload = cipher_->decrypt(payload, plain) ? plain.view() : bytes_view{};
  }
  if (coap::is_success(answer.code)) {
    owner_.on_post_ended(answer.id, {post_end::taken, payload});
    return;
  }
  const std::string detail = "a post was answered " + text_of(answer.code);
  post_answer told{.how = post_end::refused,
                   .payload = payload,
                   .detail = detail,
                   .code = coap::class_of(answer.code) * 100 + coap::detail_of(answer.code)};
  if (of_a_gateway(answer.code)) {
    told.how = post_end::unanswered;
    told.why = outcome::refused_unavailable;
  } else if (may_pass(answer.code)) {
    told.how = post_end::not_now;
    told.after =
        std::chrono::seconds{coap::find_uint(answer.options, coap::option::max_age).value_or(0)};
  }
  owner_.on_post_ended(answer.id, told);
}

} // namespace fleet::actors
