// What the virtual network did, one record an event: what the run digest is made of, and what two
// runs are compared by. Not a log for people; to_text() gives a sortable line.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "hal_sim/world/stream.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

/// Which end of a connection: the device's side opened it, the cloud's side accepted it.
enum class side : std::uint8_t { device, cloud };

constexpr side other(side s) noexcept {
  return s == side::device ? side::cloud : side::device;
}

enum class net_event_kind : std::uint8_t {
  connect,       ///< the device began to connect
  connected,     ///< one side's stream became usable
  refused,       ///< nobody listens there
  delivered,     ///< bytes reached that side
  closed,        ///< that side was told the end, or would have been, had it not dropped its stream
  datagram,      ///< reached that side
  datagram_lost, ///< was for that side and never arrives
  datagram_refused ///< the device was told that nobody listens there
};

std::string_view to_string(net_event_kind kind) noexcept;

struct net_event {
  time_point at{};
  std::uint64_t origin = 0; ///< connect_options::origin: the device's index
  net_event_kind kind = net_event_kind::connect;
  side to = side::device;                    ///< the side it happened to
  close_reason reason = close_reason::local; ///< of closed and refused
  bytes_view bytes{}; ///< of delivered and of datagrams; valid for the call only
};

/// `TIME_NS ORIGIN KIND SIDE REASON_OR_LENGTH CRC`: one line without its end, equal for equal
/// events.
std::string to_text(const net_event& event);

/// Takes every event of a run, in order, on the home's thread; it must not touch the world.
using net_event_sink = std::function<void(const net_event&)>;

} // namespace fleet::hal
