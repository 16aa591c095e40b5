// What the end of a link means for whoever stood on it, in the words of the meters. For devices of
// every protocol.
#pragma once

#include "actors/device/meters.hpp"
#include "hal_sim/world/stream.hpp"
#include "protocol/base/check.hpp"

namespace fleet::actors {

constexpr outcome outcome_of(hal::close_reason reason) noexcept {
  switch (reason) {
    case hal::close_reason::local:
    case hal::close_reason::closed_by_peer: return outcome::closed_by_peer;
    case hal::close_reason::reset: return outcome::reset;
    case hal::close_reason::refused: return outcome::connection_refused;
    case hal::close_reason::unreachable:
    case hal::close_reason::dns_failed: return outcome::unreachable;
    case hal::close_reason::timed_out: return outcome::timed_out;
    case hal::close_reason::tls_failed: return outcome::tls_failed;
    case hal::close_reason::exhausted: return outcome::exhausted;
  }
  FLEET_CHECK(false);
}

} // namespace fleet::actors
