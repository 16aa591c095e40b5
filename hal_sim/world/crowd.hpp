// Who is about to speak, told where several datagrams are read at once: so that what is known of
// all of them can be fetched from memory at the same time, rather than one after the other. Advice
// only: nothing may depend on it, and the virtual world, which brings each by itself, never gives
// it.
#pragma once

#include <span>

#include "hal_sim/world/datagram.hpp"

namespace fleet::hal {

/// Of a server's socket, whose owner has much to know of many peers.
class crowd_events : public datagram_events {
public:
  /// Each of them comes next, in this order, unless the socket is dropped before. May only look.
  virtual void on_crowd(std::span<const address> senders) noexcept = 0;

protected:
  ~crowd_events() = default;
};

} // namespace fleet::hal
