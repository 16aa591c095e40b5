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

/// What the platform had no room or no means for then, as Max-Age says for how long (RFC 7252
/// §5.9.3.4, RFC 8516 §2).
bool may_pass(coap::code c) noexcept {
  static constexpr auto too_many_requests = coap::make_code(4, 29);
  return c == too_many_requests || coap::class_of(c) == 5;
}

outcome outcome_of(coap::code c) noexcept {
  if (c == coap::code::unauthorized) {
    return outcome::refused_credentials;
  }
  if (c == coap::code::forbidden) {
    return outcome::refused_authorization;
  }
  return may_pass(c) ? outcome::refused_unavailable : outcome::protocol_error;
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
    } else if (bad->why == coap::request_failure::timed_out && plan().coap.security != nullptr) {
      renew();
    } else {
      if (bad->why == coap::request_failure::no_answer) {
        count_silence(bad->id);
      }
      owner_.on_post_ended(
          bad->id, {post_end::unanswered, {}, outcome_of(bad->why), "a post was not answered"});
      ask_for_life();
    }
  } else if (const auto* const ping = std::get_if<coap::client_event::ping_ended>(&event)) {
    if (ping->id != probe_) {
      owner_.on_ping_ended(ping->answered);
    } else if (probe_ = 0; !ping->answered) {
      leave_unheard();
    }
  }
}

/// What asks for no answer is not repeated, so nothing else would show that nobody is there: a
/// server that began anew is silent to records of a session it does not know (RFC 6347 §4.1.2.7).
void coap_channel::ask_for_life() {
  if (state_ != state::up || who_ != nullptr || silent_ == 0) {
    return;
  }
  if (unheard()) {
    leave_unheard();
  } else if (probe_ == 0 && (refused_ || silent_ >= plan().coap.silent_posts_max)) {
    wake_radio();
    const auto asked = client_.ping(now(), at_.around.datagrams);
    probe_ = asked ? asked.value() : 0; // with no room, after the next post
  }
}

/// One that went before the last sign of life says nothing of what is now, and while a ping is open
/// its repeats are what counts: reports that follow one another fast would be many before an answer
/// can be here.
void coap_channel::count_silence(std::uint32_t id) noexcept {
  const auto since = static_cast<std::int16_t>(static_cast<std::uint16_t>(id) - heard_to_);
  if (since > 0 && probe_ == 0 && silent_ < UINT8_MAX) {
    ++silent_;
  }
}

/// Plain, what is repeated has all of its own patience (RFC 7252 §4.2).
bool coap_channel::unheard() const noexcept {
  const unsigned vain = silent_ + repeats_;
  return (plan().coap.security != nullptr || probe_ != 0) && who_ == nullptr
         && vain > (refused_ ? 0U : plan().coap.unheard_max); // this one has not gone yet
}

void coap_channel::leave_unheard() {
  if (plan().coap.security != nullptr) {
    renew();
  } else {
    end(outcome::timed_out, "nothing was heard of the platform any more");
  }
}

/// Another session in the place of this one. The token goes too: what is posted again under
/// another is a repeat that the books can tell from a platform that does a thing twice.
void coap_channel::renew() {
  client_.abandon_all();
  at_.around.datagrams.clear();
  token_.clear();
  cipher_.reset();
  probe_ = 0;
  resent_ = client_.counts().retransmissions; // those not told yet never left
  link_.close();                              // one that is only deaf need not keep the session
  count_radio();
  state_ = state::closed;
  owner_.on_way_lost();
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
    owner_.on_begun_anew(handshake_sentence());
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

/// What is seen of a wrong key: nothing is said with it that the far side could answer (RFC 6347
/// §4.1.2.7). Where the network says that nobody listens, it is not the key.
std::string coap_channel::handshake_sentence() const {
  if (plan().coap.security == nullptr) {
    return "the link was not usable in time";
  }
  const auto span =
      std::chrono::duration_cast<std::chrono::seconds>(handshake_wait - (due_ - now()));
  return "a handshake of DTLS has no end after " + std::to_string(span.count()) + " s"
         + (refused_ ? "; nobody listens there"
            : plan().coap.shared_key
                ? "; a server that has another key, or none, for this device is silent or sends "
                  "an alert: check ProductKey, DeviceName, DeviceSecret and --sign"
                : "; the server is silent, or not all of what it says arrives");
}

std::optional<vain_wait> coap_channel::waits_for() const {
  static constexpr duration usually = std::chrono::seconds{5};
  if (state_ != state::opening || plan().coap.security == nullptr) {
    return std::nullopt;
  }
  const bool early = waits_ == 0 && handshake_wait - (due_ - now()) < usually;
  if (early && !refused_) {
    return std::nullopt;
  }
  return vain_wait{refused_ ? outcome::connection_refused : outcome::timed_out,
                   handshake_sentence()};
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
                   .why = outcome_of(answer.code),
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
