// The device's channel and time: log-ons, posts and their answers, back-off.
#include "fleet/hand/post_hand.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "actors/device/coap_channel.hpp"
#include "actors/device/http_channel.hpp"
#include "fleet/hand/hand_device.hpp"
#include "protocol/alink/message.hpp"
#include "protocol/alink/post_logon.hpp"
#include "protocol/alink/reply_codes.hpp"

namespace fleet::program {

using actors::outcome;
using actors::post_end;

namespace {

/// How an attempt ended, for what to do next.
setback setback_of(outcome why) noexcept {
  switch (why) {
    case outcome::connection_refused: return setback::refused;
    case outcome::tls_failed: return setback::insecure;
    case outcome::refused_credentials:
    case outcome::refused_authorization:
    case outcome::protocol_error: return setback::rejected;
    case outcome::accepted:
    case outcome::refused_version:
    case outcome::refused_identifier:
    case outcome::refused_unavailable:
    case outcome::unreachable:
    case outcome::timed_out:
    case outcome::reset:
    case outcome::closed_by_peer:
    case outcome::exhausted:
    case outcome::keep_alive_lost:
    case outcome::auth_host_failed:
    case outcome::sub_device_refused: return setback::lost;
  }
  FLEET_CHECK(false);
}

} // namespace

post_hand::post_hand(hal::home& where, hand_setup setup, hand_watcher& watcher)
    : home_(where), setup_(std::move(setup)), watcher_(watcher), product_(*setup_.posts),
      spoken_(product_.post->protocol == actors::post_protocol::coap ? device_protocol::coap
                                                                     : device_protocol::http),
      topics_(setup_.names), mask_(setup_.secrets, {"sign", "token"}),
      log_({spoken_, setup_.verbose}, mask_,
           [this](line_kind kind, const std::string& text) { say(kind, text); }),
      board_(where, 0, setup_.seed), retry_(setup_.peers.size(), {}, board_.random("backoff")),
      colours_(board_.random("colours")) {
  around_.home = &where;
  around_.speech = &speech_;
}

post_hand::~post_hand() {
  home_.disarm(*this);
  channel_.reset();
  board_.power_off();
}

bool post_hand::coap() const noexcept {
  return spoken_ == device_protocol::coap;
}

bool post_hand::encrypted() const noexcept {
  return coap() ? plan().coap.security != nullptr : product_.security != nullptr;
}

void post_hand::say(line_kind kind, std::string_view text) {
  watcher_.on_line(log_line(board_.clock.uptime(now()), kind, mask_.hide(text)));
}

void post_hand::trouble(std::string_view text) {
  failed_ = true;
  say(line_kind::trouble, text);
}

void post_hand::boot() {
  board_.boot(now());
  if (!setup_.host.empty()) {
    std::string all;
    for (const auto& peer : setup_.peers) {
      all += (all.empty() ? "" : ", ") + peer.text();
    }
    say(line_kind::note, fmt::format("{} is at {}", setup_.host, all));
  }
  const actors::post_place place{around_, product_, board_, *this, this};
  actors::post_channel_events& owner = *this;
  if (coap()) {
    channel_ = std::make_unique<actors::coap_channel>(place, owner);
  } else {
    channel_ = std::make_unique<actors::http_channel>(place, owner);
  }
  attempt();
  end_turn();
}

void post_hand::attempt() {
  phase_ = phase::logging_on;
  phase_due_ = never;
  product_.peer = setup_.peers[retry_.address()];
  channel_->log_on(setup_.who);
}

void post_hand::on_opening() {
  log_.reset();
  const std::string_view way =
      coap() ? (encrypted() ? "UDP and DTLS" : "UDP") : (encrypted() ? "TCP and TLS" : "TCP");
  say(line_kind::note,
      fmt::format("{} {} over {}{}", coap() ? "speaking to" : "connecting to", product_.peer.text(),
                  way, coap() && plan().coap.aes ? ", payloads encrypted (AES mode)" : ""));
}

void post_hand::on_transport_up() {
  if (encrypted()) {
    const std::string_view what = coap() ? "DTLS" : "TLS";
    say(line_kind::note,
        coap() && plan().coap.shared_key
            ? fmt::format("{} is up, by a key made of the device's secret", what)
        : setup_.verified
            ? fmt::format("{} is up: the certificate is valid for {}", what, product_.server_name)
            : fmt::format("{} is up: the certificate was not looked at (--insecure)", what));
  }
  say(line_kind::note, fmt::format("logging on as {}/{}: /auth asks for a token",
                                   setup_.who.product_key, setup_.who.device_name));
}

void post_hand::on_logged_on() {
  retry_.succeeded();
  renewing_ = false;
  if (phase_ != phase::leaving) {
    phase_ = phase::online;
  }
  say(line_kind::note, ++logons_ == 1 ? "logged on, with a token; `help` shows the commands"
                                      : "logged on again, with another token");
  send_waiting();
}

/// What is seen of a wrong key: nothing is said with it that the far side could answer (RFC 6347
/// §4.1.2.7), and some send an alert.
std::string_view post_hand::key_hint() const noexcept {
  return coap() && plan().coap.shared_key && logons_ == 0
             ? "; a server that has another key, or none, for this device is silent or sends an "
               "alert: check ProductKey, DeviceName, DeviceSecret and --sign"
             : "";
}

std::string post_hand::ending_text(outcome why, std::string_view detail) const {
  const std::string peer = product_.peer.text();
  const std::string more = detail.empty() ? std::string{} : fmt::format(": {}", detail);
  switch (why) {
    case outcome::connection_refused:
      return fmt::format("{} refused the {}: nobody listens there", peer,
                         coap() ? "datagrams" : "connection");
    case outcome::refused_credentials:
      return fmt::format("the cloud refused the log-on{}: a wrong secret, or a device it does not "
                         "know",
                         more);
    case outcome::refused_authorization:
      return fmt::format("the cloud refused the log-on{}: the device is disabled", more);
    case outcome::refused_unavailable: return fmt::format("the cloud cannot log it on now{}", more);
    case outcome::protocol_error:
      return fmt::format("the cloud answers nothing to go on with{}", more);
    case outcome::tls_failed:
      return fmt::format("{} with {} failed{}{}", coap() ? "DTLS" : "TLS", peer, more, key_hint());
    case outcome::unreachable: return fmt::format("{} is unreachable{}", peer, more);
    case outcome::timed_out: return fmt::format("{} did not answer in time{}", peer, more);
    case outcome::accepted:
    case outcome::refused_version:
    case outcome::refused_identifier:
    case outcome::reset:
    case outcome::closed_by_peer:
    case outcome::exhausted:
    case outcome::keep_alive_lost:
    case outcome::auth_host_failed:
    case outcome::sub_device_refused: break;
  }
  return fmt::format("{}: {}{}", peer, actors::to_string(why), more);
}

void post_hand::on_channel_ended(outcome why, std::string_view detail) {
  renewing_ = false;
  if (std::exchange(ping_began_, never) != never) {
    trouble("the ping was not answered");
  }
  const std::string sentence = ending_text(why, detail);
  if (phase_ == phase::leaving) {
    drop_posts(sentence);
    say(line_kind::trouble, sentence);
    end(exit_code::passed);
    return;
  }
  const setback what = setback_of(why);
  if (what == setback::rejected && logons_ > 0) {
    // Waiting does not mend it, and whoever is at the prompt may know what does.
    drop_posts("there is no token");
    trouble(sentence + "; auth tries again");
    phase_ = phase::refused;
    return;
  }
  // What was under way is gone with the channel; what waits goes when there is a token.
  std::erase_if(posts_, [this](const open_post& p) {
    if (p.id != 0) {
      trouble("no answer to " + p.what + " before the link went");
    }
    return p.id != 0;
  });
  rest(what, sentence);
}

void post_hand::rest(setback what, const std::string& sentence) {
  const auto next = retry_.after(what);
  switch (next.what) {
    case next_try::how::at_once:
      say(line_kind::trouble, sentence);
      attempt();
      return;
    case next_try::how::never:
      say(line_kind::trouble, sentence);
      end(exit_code::environment_failed, sentence);
      return;
    case next_try::how::after: break;
  }
  say(line_kind::trouble,
      fmt::format("{}; next attempt in {:.1f} s", sentence, seconds(next.wait)));
  phase_ = phase::resting;
  phase_due_ = later(now(), next.wait);
}

void post_hand::drop_posts(std::string_view why) {
  for (const auto& p : std::exchange(posts_, {})) {
    trouble(fmt::format("{} is not posted: {}", p.what, why));
  }
}

void post_hand::on_resent(std::uint32_t times) {
  say(line_kind::note, times == 1 ? "sent again, for want of an answer"
                                  : fmt::format("{} messages were sent again", times));
}

void post_hand::on_ping_ended(bool answered) {
  const time_point began = std::exchange(ping_began_, never);
  if (began == never) {
    return;
  }
  if (answered) {
    say(line_kind::note,
        fmt::format("the ping was answered in {:.1f} ms", seconds(now() - began) * 1000));
  } else {
    trouble("the ping was not answered");
  }
}

/// Posts in the order in which they were typed, as far as the channel takes them.
void post_hand::send_waiting() {
  const bool has_token = phase_ == phase::online || phase_ == phase::leaving;
  if (!has_token || renewing_ || std::exchange(sending_, true)) {
    return;
  }
  for (std::size_t i = 0; i < posts_.size();) {
    open_post& p = posts_[i];
    if (p.id != 0) {
      ++i;
      continue;
    }
    const auto posted = channel_->post(p.topic, as_bytes(p.payload), true);
    if (posted) {
      p.id = posted.value();
      ++i;
    } else if (posted.error() == actors::post_error::busy) {
      break;
    } else {
      trouble(fmt::format("{} is not posted: payloads have {} octets at most here, and paths {}",
                          p.what, coap() ? alink::max_coap_payload : alink::max_http_body,
                          alink::max_post_path));
      posts_.erase(posts_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  sending_ = false;
}

void post_hand::log_on_again(std::string_view why) {
  if (!std::exchange(renewing_, true)) {
    say(line_kind::note, why);
    channel_->log_on(setup_.who);
  }
}

void post_hand::on_way_lost() {
  if (std::exchange(ping_began_, never) != never) {
    trouble("the ping was not answered"); // it went with the session
  }
  for (auto& post : posts_) {
    post.id = 0;
  }
  renewing_ = false;
  log_on_again("no answer: making another session, then posting again");
}

void post_hand::on_post_ended(std::uint32_t id, const actors::post_answer& answer) {
  const auto found =
      std::find_if(posts_.begin(), posts_.end(), [id](const open_post& p) { return p.id == id; });
  if (found == posts_.end()) {
    return;
  }
  if (answer.how == post_end::token_refused && found->logons < plan().logons_max) {
    found->id = 0;
    ++found->logons;
    log_on_again("the token is refused: asking for another, then posting again");
    return;
  }
  const std::string what = std::move(found->what);
  posts_.erase(found);
  switch (answer.how) {
    case post_end::taken: answered(what, answer.payload); break;
    case post_end::token_refused:
      trouble(fmt::format("the cloud refuses {}: every token it gave is refused by it", what));
      break;
    case post_end::refused:
    case post_end::not_now: // by hand, whoever types decides whether to try again
      trouble(fmt::format("the cloud refuses {}: {}", what,
                          answer.code == 0 ? std::string{answer.detail}
                                           : refusal_text(spoken_, answer.code)));
      break;
    case post_end::unanswered:
      trouble(fmt::format("no answer to {}: {}", what, ending_text(answer.why, {})));
      break;
  }
  send_waiting();
}

/// The platform's answer on the thing model's level, where it sends one (§17.3).
void post_hand::answered(const std::string& what, bytes_view payload) {
  const auto said = alink::parse_message(speech_.json, payload);
  if (payload.empty() || said.state != alink::message_state::good || !said.code) {
    say(line_kind::note, what + " is taken");
    return;
  }
  const auto* const known = alink::find_code(*said.code);
  const std::string code = known == nullptr ? fmt::format("code {}", *said.code)
                                            : fmt::format("code {}, {}", *said.code, known->text);
  if (*said.code == alink::code_success) {
    say(line_kind::note, fmt::format("{} is answered: {}", what, code));
  } else {
    trouble(fmt::format("the cloud refuses {}: {}", what, code));
  }
}

void post_hand::give_part_turn() {
  channel_->take_turn();
  end_turn();
}

void post_hand::on_wake(time_point) {
  if (channel_->next_timeout() <= now()) {
    channel_->handle_timeout();
  }
  if (phase_ == phase::resting && phase_due_ <= now()) {
    attempt();
  }
  end_turn();
}

/// The end of each call from outside: commands that may go on, the next wake.
void post_hand::end_turn() {
  if (std::exchange(in_turn_, true)) {
    return; // whoever is at it goes on
  }
  if (phase_ != phase::ended) {
    pump();
    leave_if_done();
  }
  if (phase_ != phase::ended) {
    const time_point next = std::min({phase_due_, step_due_, channel_->next_timeout()});
    home_.arm(*this, wait_until_ > now() ? std::min(next, wait_until_) : next);
  }
  in_turn_ = false;
}

} // namespace fleet::program
