// The words that metrics and reports print.
#include "actors/device/meters.hpp"

#include "protocol/base/check.hpp"

namespace fleet::actors {

std::string_view to_string(phase p) noexcept {
  switch (p) {
    case phase::off: return "off";
    case phase::backing_off: return "backing_off";
    case phase::connecting: return "connecting";
    case phase::logging_on: return "logging_on";
    case phase::subscribing: return "subscribing";
    case phase::online: return "online";
    case phase::stopping: return "stopping";
    case phase::stopped: return "stopped";
  }
  FLEET_CHECK(false);
}

std::string_view to_string(outcome o) noexcept {
  switch (o) {
    case outcome::accepted: return "accepted";
    case outcome::refused_version: return "refused_version";
    case outcome::refused_identifier: return "refused_identifier";
    case outcome::refused_unavailable: return "refused_unavailable";
    case outcome::refused_credentials: return "refused_credentials";
    case outcome::refused_authorization: return "refused_authorization";
    case outcome::connection_refused: return "connection_refused";
    case outcome::unreachable: return "unreachable";
    case outcome::timed_out: return "timed_out";
    case outcome::reset: return "reset";
    case outcome::closed_by_peer: return "closed_by_peer";
    case outcome::tls_failed: return "tls_failed";
    case outcome::exhausted: return "exhausted";
    case outcome::protocol_error: return "protocol_error";
    case outcome::keep_alive_lost: return "keep_alive_lost";
    case outcome::auth_host_failed: return "auth_host_failed";
    case outcome::sub_device_refused: return "sub_device_refused";
  }
  FLEET_CHECK(false);
}

std::string_view to_string(skip s) noexcept {
  switch (s) {
    case skip::offline: return "offline";
    case skip::window: return "window";
    case skip::memory: return "memory";
    case skip::too_large: return "too_large";
    case skip::bad_topic: return "bad_topic";
  }
  FLEET_CHECK(false);
}

std::string_view to_string(latency l) noexcept {
  switch (l) {
    case latency::connect: return "connect";
    case latency::publish_ack: return "publish_ack";
    case latency::publish_reply: return "publish_reply";
    case latency::downlink: return "downlink";
  }
  FLEET_CHECK(false);
}

std::string_view to_string(update_result r) noexcept {
  switch (r) {
    case update_result::failed: return "failed";
    case update_result::download_failed: return "download_failed";
    case update_result::verification_failed: return "verification_failed";
    case update_result::burn_failed: return "burn_failed";
    case update_result::succeeded: return "succeeded";
    case update_result::fell_back: return "fell_back";
    case update_result::cut_off: return "cut_off";
  }
  FLEET_CHECK(false);
}

std::string_view to_string(update_state s) noexcept {
  switch (s) {
    case update_state::idle: return "idle";
    case update_state::asking: return "asking";
    case update_state::waiting: return "waiting";
    case update_state::opening: return "opening";
    case update_state::downloading: return "downloading";
    case update_state::staged: return "staged";
    case update_state::over: return "over";
  }
  FLEET_CHECK(false);
}

std::string_view to_string(radio r) noexcept {
  switch (r) {
    case radio::on: return "on";
    case radio::asleep: return "asleep";
  }
  FLEET_CHECK(false);
}

void meters::move(phase from, phase to) noexcept {
  drop(in_phase[static_cast<std::size_t>(from)]);
  auto& there = in_phase[static_cast<std::size_t>(to)];
  bump(there);
  const auto now_there = there.load(std::memory_order_relaxed);
  if (to == phase::online && now_there > online_max.load(std::memory_order_relaxed)) {
    online_max.store(now_there, std::memory_order_relaxed);
  }
}

} // namespace fleet::actors
