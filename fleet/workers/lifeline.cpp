// Greetings, pulses, and looking for a coordinator that is not heard any more.
#include "fleet/workers/lifeline.hpp"

#include <algorithm>
#include <cstdio>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "cloud_sim/web/guard.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/workers/frames.hpp"
#include "fleet/workers/journal.hpp"
#include "hal_sim/real_world/limits.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::program {

namespace {

/// Of a box that was not looked into for so long nobody can say that it was silent.
constexpr double looked_away_s = 2;

} // namespace

lifeline::lifeline(const worker_options& options, std::string token)
    : options_(options), token_(std::move(token)), nonce_(cloud::make_admin_token()),
      wire_({token_, crew_role::worker}, papers_of(options.certificates)) {}

std::optional<std::string> lifeline::open() {
  if (options_.listen) {
    auto at = *options_.listen;
    const auto port = wire_.listen(at);
    if (!port) {
      return port.error();
    }
    at.port = port.value();
    std::printf("worker at %s\n", at.text().c_str());
    std::fflush(stdout);
    return std::nullopt;
  }
  return join();
}

/// The first place where a coordinator is.
std::optional<std::string> lifeline::join() {
  std::optional<std::string> why;
  for (const auto& at : options_.join_any) {
    const auto peer = wire_.connect(at, stop_signals::pending);
    if (peer) {
      joined_ = at;
      door_.emplace(address_towards(at));
      meet(peer.value());
      send(hello());
      return std::nullopt;
    }
    why = why ? *why + "; " + peer.error() : peer.error();
  }
  return why;
}

crew_hello lifeline::hello() const {
  crew_hello out{
      spoken_version(), usable_cores(), static_cast<std::uint64_t>(::getpid()), nonce_, {},
      orders_};
  out.machine = this_machine();
  out.descriptors = hal::raise_descriptor_limit().soft;
  if (door_ && door_->at()) {
    out.door = door_->at()->text();
  }
  return out;
}

void lifeline::meet(peer_number peer) {
  if (coordinator_) {
    if (former_) {
      wire_.forget(*former_);
    }
    former_ = coordinator_;
    renewed_ = true;
  } else {
    begin_lease(spare_lease_s); // however long it has waited
  }
  coordinator_ = peer;
  connected_ = true;
  refused_ = false;
  heard_s_ = lasting_seconds();
}

void lifeline::tell_other_version(const crew_hello& said) {
  if (const auto ours = spoken_version(); said.version != ours) {
    std::fprintf(stderr, "fleet worker: the coordinator is fleet %s, and this is %s\n",
                 said.version.c_str(), ours.c_str());
  }
}

void lifeline::greet(const wire_event& event, const crew_hello& said) {
  if (!listens()) {
    return;
  }
  // Another coordinator's first word is none of ours, once there is one.
  if (met() ? constant_time_equal(said.nonce, nonce_) : said.nonce.empty()) {
    tell_other_version(said);
    meet(event.from);
    send(hello());
  } else if (said.nonce.empty()) {
    turn_away(event.from);
  }
}

/// It has a run that has not begun yet, and would wait for us.
void lifeline::turn_away(peer_number other) {
  wire_.send(other, hello());
  wire_.send(other, crew_ready{static_cast<std::int32_t>(exit_code::environment_failed),
                               "has another run, and would serve this one after it"});
}

void lifeline::on_reached(const wire_event& event) {
  seeking_ = false;
  next_try_s_ = lasting_seconds() + try_each_s;
  refused_ = event.answer == knock_answer::refused;
  if (event.somebody_there) {
    meet(event.from);
    send(hello());
  }
}

std::optional<crew_message> lifeline::take(wire_event& event) {
  if (event.what == wire_news::stranger) {
    if (!std::exchange(stranger_told_, true)) {
      std::fputs("fleet worker: somebody came with another worker token; both sides need the same "
                 "FLEET_WORKER_TOKEN, or --worker-token\n",
                 stderr);
    }
    return std::nullopt;
  }
  if (event.what == wire_news::reached) {
    on_reached(event);
    return std::nullopt;
  }
  if (event.from != coordinator_) {
    if (const auto* said = std::get_if<crew_hello>(&event.message);
        said != nullptr && event.what == wire_news::message) {
      greet(event, *said);
    }
    return std::nullopt;
  }
  if (event.what == wire_news::gone) {
    connected_ = false;
    if (!event.why.empty()) {
      std::fprintf(stderr, "fleet worker: the coordinator %s: the connection was ended\n",
                   event.why.c_str());
    }
    return std::nullopt;
  }
  heard_s_ = lasting_seconds();
  note_silence(false);
  if (former_) {
    wire_.forget(*std::exchange(former_, std::nullopt));
  }
  if (const auto* said = std::get_if<crew_hello>(&event.message)) { // to one that came to it
    tell_other_version(*said);
    return std::nullopt;
  }
  if (const auto* clock = std::get_if<crew_clock>(&event.message)) {
    send(crew_clock{clock->asked_s, lasting_seconds(), monotonic_seconds(),
                    static_cast<double>(wall_clock_ms()) * 1e-3});
    return std::nullopt;
  }
  if (const auto* pulse = std::get_if<crew_pulse>(&event.message)) {
    // Not of the future, whatever the clocks say.
    lease_from_s_ = std::max(lease_from_s_, std::min(pulse->at_s, heard_s_));
    return std::nullopt;
  }
  return std::move(event.message);
}

void lifeline::seek() {
  const double now = lasting_seconds();
  if (now - looked_s_ > looked_away_s) {
    heard_s_ = std::max(heard_s_, now);
  }
  looked_s_ = now;
  if (door_) {
    door_->tend();
  }
  const bool lost = !connected_ || now - heard_s_ > cut_after_s;
  if (lost) {
    note_silence(true);
  }
  if (holds_on_ && joined_ && met() && lost && !seeking_ && now >= next_try_s_) {
    seeking_ = true;
    wire_.reach(*joined_, 0);
  }
}

void lifeline::note_silence(bool lost) {
  if (!journal_ || lost == silence_noted_) {
    return;
  }
  silence_noted_ = lost;
  note_in_journal(
      lost ? fmt::format("the coordinator is not heard; without it all stops in {:.0f} s",
                         std::max(lease_left_s(), 0.0))
           : std::string{"the coordinator is heard again"});
}

std::optional<crew_message> lifeline::next(duration at_most) {
  auto event = wire_.next(at_most);
  while (event) {
    if (auto message = take(*event)) {
      return message;
    }
    event = wire_.next();
  }
  seek();
  return std::nullopt;
}

bool lifeline::send(crew_message message) {
  return !coordinator_ || wire_.send(*coordinator_, std::move(message));
}

bool lifeline::renewed() {
  return std::exchange(renewed_, false);
}

void lifeline::begin_lease(double seconds) {
  begin_lease(seconds, lasting_seconds());
}

void lifeline::begin_lease(double seconds, double given_s) {
  lease_s_ = seconds;
  lease_from_s_ = std::max(lease_from_s_, std::min(given_s, lasting_seconds()));
}

double lifeline::lease_left_s() const {
  return lease_from_s_ + lease_s_ - lasting_seconds();
}

} // namespace fleet::program
