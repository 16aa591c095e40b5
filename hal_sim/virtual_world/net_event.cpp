// The words for network events.
#include "hal_sim/virtual_world/net_event.hpp"

#include <cstdio>

#include "protocol/base/check.hpp"
#include "protocol/base/digest.hpp"

namespace fleet::hal {

std::string_view to_string(net_event_kind kind) noexcept {
  switch (kind) {
    case net_event_kind::connect: return "connect";
    case net_event_kind::connected: return "connected";
    case net_event_kind::refused: return "refused";
    case net_event_kind::delivered: return "delivered";
    case net_event_kind::closed: return "closed";
    case net_event_kind::datagram: return "datagram";
    case net_event_kind::datagram_lost: return "datagram_lost";
    case net_event_kind::datagram_refused: return "datagram_refused";
  }
  FLEET_CHECK(false);
}

std::string to_text(const net_event& event) {
  std::string out = std::to_string(event.at.time_since_epoch().count());
  out += ' ';
  out += std::to_string(event.origin);
  out += ' ';
  out += to_string(event.kind);
  out += event.to == side::device ? " device" : " cloud";
  switch (event.kind) {
    case net_event_kind::connect:
    case net_event_kind::connected:
    case net_event_kind::datagram_refused: break;
    case net_event_kind::refused:
    case net_event_kind::closed:
      out += ' ';
      out += to_string(event.reason);
      break;
    case net_event_kind::datagram:
    case net_event_kind::datagram_lost:
    case net_event_kind::delivered: {
      char tail[32];
      std::snprintf(tail, sizeof tail, " %zu %08x", event.bytes.size(), crc32(event.bytes));
      out += tail;
      break;
    }
  }
  return out;
}

} // namespace fleet::hal
