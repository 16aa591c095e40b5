// The device's link and time: attempts, back-off, turns, its end.
#include "fleet/hand/hand_device.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "actors/device/guide.hpp"
#include "actors/device/id2_veil.hpp"
#include "protocol/alink/id2_model.hpp"

namespace fleet::program {

namespace {

/// How long the far end may take to close after DISCONNECT.
constexpr duration closing_grace = std::chrono::seconds{1};

std::vector<std::string> secrets_of(const hand_setup& setup) {
  auto out = setup.secrets;
  out.push_back(setup.login.password);
  return out;
}

setback setback_of(hal::close_reason reason) noexcept {
  switch (reason) {
    case hal::close_reason::refused: return setback::refused;
    case hal::close_reason::tls_failed: return setback::insecure;
    case hal::close_reason::local:
    case hal::close_reason::closed_by_peer:
    case hal::close_reason::reset:
    case hal::close_reason::unreachable:
    case hal::close_reason::timed_out:
    case hal::close_reason::dns_failed:
    case hal::close_reason::exhausted: return setback::lost;
  }
  FLEET_CHECK(false);
}

std::string milliseconds_of(duration d) {
  return fmt::format("{:.1f} ms", seconds(d) * 1000);
}

} // namespace

hand_device::hand_device(hal::home& where, hand_setup setup, hand_watcher& watcher)
    : home_(where), setup_(std::move(setup)), watcher_(watcher), topics_(setup_.names),
      mask_(secrets_of(setup_)), board_(where, 0, setup_.seed), client_(behaviour_),
      packets_({setup_.verbose, setup_.names.profile}, mask_,
               [this](line_kind kind, const std::string& text) { say(kind, text); }),
      retry_(setup_.peers.size(), {}, board_.random("backoff")), colours_(board_.random("colours")),
      shadow_prefix_(setup_.names.product_key + "." + setup_.names.device_name) {
  if (setup_.ota) {
    ota_host& host = *this;
    ota_ = std::make_unique<ota_sample>(std::move(*setup_.ota), where, host, board_.random("ota"));
    ota_->speak_as(topics_);
  }
}

hand_device::~hand_device() {
  home_.disarm(*this);
  board_.power_off();
}

void hand_device::say(line_kind kind, std::string_view text) {
  watcher_.on_line(log_line(board_.clock.uptime(now()), kind, mask_.hide(text)));
}

void hand_device::trouble(std::string_view text) {
  failed_ = true;
  say(line_kind::trouble, text);
}

void hand_device::boot() {
  board_.boot(now());
  if (!setup_.host.empty()) {
    std::string all;
    for (const auto& peer : setup_.peers) {
      all += (all.empty() ? "" : ", ") + peer.text();
    }
    say(line_kind::note, fmt::format("{} is at {}", setup_.host, all));
  }
  attempt();
  end_turn();
}

void hand_device::attempt() {
  if (setup_.logon.by != actors::logon_way::direct) {
    knock();
    return;
  }
  login_ = setup_.login;
  call(setup_.peers[retry_.address()]);
}

void hand_device::call(const hal::address& peer) {
  peer_ = peer;
  auto hidden = veil();
  say(line_kind::note, fmt::format("connecting to {}{}", peer.text(),
                                   setup_.security == nullptr ? " over TCP" : " over TCP and TLS")
                           + (hidden == nullptr ? "" : ", encrypted by the ID2 model"));
  phase_ = phase::connecting;
  phase_due_ = never;
  attempt_began_ = now();
  packets_.reset();
  hal::connect_options options;
  options.peer = peer;
  options.security = setup_.security;
  options.server_name = setup_.server_name;
  board_.link.open(options, *this, std::move(hidden));
}

std::unique_ptr<stream_transform> hand_device::veil() {
  if (!alink::id2_encrypts(setup_.id2_mode)) {
    return nullptr;
  }
  const bool granted = setup_.logon.by == actors::logon_way::pre_auth;
  return actors::make_id2_veil(
      setup_.who, granted ? actors::granted_id2_mode(setup_.id2_mode) : setup_.id2_mode,
      granted ? guide_->grant().codec_key : alink::id2_stream_key(setup_.who),
      {setup_.seed, board_.boots(), now()});
}

void hand_device::on_connected() {
  if (asks_the_door()) {
    ask_the_door();
    end_turn();
    return;
  }
  say(line_kind::note,
      fmt::format("connected to {} in {}", peer_.text(), milliseconds_of(now() - attempt_began_)));
  phase_ = phase::logging_on;
  mqtt::connect_fields fields;
  fields.clean_session = setup_.clean_session;
  fields.keep_alive_s = setup_.keep_alive_s;
  fields.client_id = login_.client_id;
  fields.has_username = !login_.username.empty();
  fields.username = login_.username;
  fields.has_password = fields.has_username && !login_.password.empty();
  fields.password = as_bytes(login_.password);
  client_.start(fields, now(), out_);
  end_turn();
}

void hand_device::on_received(bytes_view bytes) {
  if (asks_the_door()) {
    hear_the_door(bytes);
    end_turn();
    return;
  }
  packets_.received(bytes);
  client_.receive(bytes, now());
  drain();
  end_turn();
}

void hand_device::on_closed(hal::close_reason reason, std::string_view detail) {
  const bool was_up = phase_ == phase::online || phase_ == phase::logging_on;
  const auto why = ending_text(reason, detail, peer_.text(), was_up);
  if (door_closed(setback_of(reason), why)) {
    end_turn();
    return;
  }
  if (phase_ == phase::closing || phase_ == phase::leaving) {
    if (phase_ == phase::leaving) {
      say(line_kind::trouble, why);
    }
    end(exit_code::passed);
  } else {
    setback_came(setback_of(reason), why);
  }
  end_turn();
}

void hand_device::setback_came(setback what, const std::string& why) {
  const bool was_online = phase_ == phase::online;
  board_.link.drop();
  client_.lost();
  out_.clear();
  if (shadow_) {
    shadow_->disconnected();
    drain_shadow();
  }
  if (ota_ && std::exchange(ota_connected_, false)) {
    ota_->disconnected();
  }
  // What was asked and not answered belonged to the connection.
  std::erase_if(subscriptions_, [this](const subscription& s) {
    const bool gone = s.is == subscription::state::leaving;
    if (s.is == subscription::state::asked && was_ready_) {
      trouble("the subscription to " + s.filter + " was not answered before the link went");
      return true;
    }
    return gone;
  });
  drop_deaf_shadow();
  const auto next = retry_.after(what);
  const std::string sentence = was_online ? "link lost: " + why : why;
  switch (next.what) {
    case next_try::how::at_once:
      say(line_kind::trouble, sentence);
      attempt();
      return;
    case next_try::how::never:
      say(line_kind::trouble, sentence);
      end(exit_code::environment_failed, why);
      return;
    case next_try::how::after: break;
  }
  say(line_kind::trouble,
      fmt::format("{}; next attempt in {:.1f} s", sentence, seconds(next.wait)));
  phase_ = phase::resting;
  phase_due_ = later(now(), next.wait);
}

void hand_device::flush() {
  if (out_.empty()) {
    return;
  }
  FLEET_CHECK(board_.link.active());
  packets_.sent(out_.view());
  board_.link.output().append(out_.view());
  board_.link.seal();
  out_.clear();
}

/// The end of each call from outside: commands that may go on, output, the next wake.
void hand_device::end_turn() {
  if (phase_ != phase::ended) {
    flush();
    pump();
    flush();
    leave_if_done();
  }
  if (phase_ != phase::ended) {
    home_.arm(*this, next_wake());
  }
}

time_point hand_device::next_wake() const {
  time_point next = std::min(
      {phase_due_, client_.next_timeout(), answers_.next_timeout(), report_due_, step_due_});
  if (shadow_) {
    next = std::min(next, shadow_->next_timeout());
  }
  if (ota_) {
    next = std::min(next, ota_->next_timeout());
  }
  return wait_until_ > now() ? std::min(next, wait_until_) : next;
}

void hand_device::on_wake(time_point) {
  if (client_.next_timeout() <= now() && board_.link.up()) {
    client_.handle_timeout(now(), out_);
    drain();
  }
  while (auto late = answers_.take_overdue(now())) {
    const auto text =
        fmt::format("no answer to {} within {:g} s", late->what, seconds(answer_timeout));
    if (late->who == asked_by::user) {
      trouble(text);
    } else {
      say(line_kind::trouble, text);
    }
  }
  if (shadow_ && shadow_->next_timeout() <= now()) {
    shadow_->handle_timeout(now(), shadow_out_);
    send_shadow();
    drain_shadow();
  }
  if (ota_ && ota_->next_timeout() <= now()) {
    ota_->handle_timeout();
  }
  if (report_due_ <= now()) {
    report_due_ = later(now(), every_);
    if (phase_ == phase::online) {
      report(lamp_.params(colours_), asked_by::itself);
    }
  }
  if (phase_ == phase::connecting && phase_due_ <= now() && asks_the_door()) {
    guide_.reset();
    setback_came(setback::lost, "the auth host did not answer in time");
  }
  if (phase_ == phase::resting && phase_due_ <= now()) {
    attempt();
  }
  end_turn();
}

void hand_device::interrupt() {
  if (phase_ == phase::ended) {
    return;
  }
  interrupted_ = true;
  say(line_kind::note, "interrupted");
  leave(true, interrupt_grace);
  end_turn();
}

void hand_device::end_of_input() {
  input_over_ = true;
  end_turn();
}

void hand_device::found(const std::string& host, const result<hal::address, std::string>& at) {
  if (ota_ && phase_ != phase::ended) {
    ota_->found(host, at);
    end_turn();
  }
}

void hand_device::take(std::string line) {
  if (phase_ == phase::ended) {
    return;
  }
  lines_.push_back(std::move(line));
  end_turn();
}

void hand_device::complain(std::string_view sentence) {
  mistyped_ = true;
  say(line_kind::trouble, sentence);
}

void hand_device::leave(bool unsubscribing, duration grace) {
  if (phase_ == phase::leaving || phase_ == phase::closing) {
    phase_due_ = std::min(phase_due_, later(now(), grace));
    return;
  }
  report_due_ = never;
  step_due_ = never;
  commands_.clear();
  if (ota_) {
    ota_->stop();
  }
  if (phase_ != phase::online && phase_ != phase::logging_on) {
    end(exit_code::passed);
    return;
  }
  const bool online = std::exchange(phase_, phase::leaving) == phase::online;
  phase_due_ = online ? later(now(), grace) : now();
  // The OTA sample disconnects, and that is all (2.1.3).
  if (online && unsubscribing && !ota_) {
    // The sample takes the last one back first (aliyun-iot.md §22.1).
    for (auto s = subscriptions_.rbegin(); s != subscriptions_.rend(); ++s) {
      unsubscribe(*s);
    }
  }
}

void hand_device::leave_if_done() {
  const bool over = phase_due_ <= now();
  if (phase_ == phase::closing && over) {
    end(exit_code::passed);
  }
  if (phase_ != phase::leaving || (!over && client_.in_flight() + requests() != 0)) {
    return;
  }
  if (client_.in_flight() + requests() != 0) {
    trouble(fmt::format("{} messages and {} requests are still unanswered", client_.in_flight(),
                        requests()));
  }
  client_.stop(out_);
  flush();
  phase_ = phase::closing;
  phase_due_ = later(now(), closing_grace);
  board_.link.close();
}

void hand_device::end(exit_code code, const std::string& why) {
  phase_ = phase::ended;
  phase_due_ = never;
  home_.disarm(*this);
  board_.link.drop();
  out_.clear();
  commands_.clear();
  lines_.clear();
  if (interrupted_) {
    code = exit_code::interrupted;
  } else if (code == exit_code::passed && ota_ && ota_->failed()) {
    code = exit_code::expectation_failed;
  } else if (code == exit_code::passed && setup_.scripted) {
    code = mistyped_ ? exit_code::wrong_usage
           : failed_ ? exit_code::expectation_failed
                     : exit_code::passed;
  }
  say(line_kind::note, connections_ > 0 ? "disconnected" : "never connected");
  if (ota_) {
    ota_->stop();
    say(line_kind::note, "out of sample!");
  }
  watcher_.on_ended(code, why);
}

} // namespace fleet::program
