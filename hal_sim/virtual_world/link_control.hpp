// Network disturbances by device, as tests and planned faults command them: what happens on the
// way, not at either end. Effects on all of a device's connections.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hal_sim/virtual_world/net_event.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

/// `origin` is connect_options::origin throughout; an unknown one is a device that has not
/// connected yet. No call reaches an owner of a stream before the next turn.
class link_control {
public:
  /// Tears down all its connections: both sides see close_reason::reset, undelivered bytes are
  /// gone. Answers how many there were.
  virtual std::size_t reset(std::uint64_t origin) = 0;

  /// Nothing arrives on either side for `span` from now (duration::max(): until release), then
  /// everything, in order: half-open without end. A connection attempt still times out.
  virtual void stall(std::uint64_t origin, duration span) = 0;

  /// Ends a stall.
  virtual void release(std::uint64_t origin) = 0;

  /// Lets `octets` more reach `receiver`'s side and resets the connection after the last of them,
  /// in the middle of a message if need be. Counts over all its connections, happens once.
  virtual void cut_after(std::uint64_t origin, side receiver, std::uint64_t octets) = 0;

  /// Connections of which one side at least has not been told the end.
  [[nodiscard]] virtual std::size_t connections(std::uint64_t origin) const = 0;

protected:
  ~link_control() = default;
};

} // namespace fleet::hal
