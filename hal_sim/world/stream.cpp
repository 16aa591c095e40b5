// The words for close_reason.
#include "hal_sim/world/stream.hpp"

#include "protocol/base/check.hpp"

namespace fleet::hal {

std::string_view to_string(close_reason reason) noexcept {
  switch (reason) {
    case close_reason::local: return "local";
    case close_reason::closed_by_peer: return "closed_by_peer";
    case close_reason::reset: return "reset";
    case close_reason::refused: return "refused";
    case close_reason::unreachable: return "unreachable";
    case close_reason::timed_out: return "timed_out";
    case close_reason::dns_failed: return "dns_failed";
    case close_reason::tls_failed: return "tls_failed";
    case close_reason::exhausted: return "exhausted";
  }
  FLEET_CHECK(false);
}

} // namespace fleet::hal
