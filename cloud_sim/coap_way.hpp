// Where the datagrams of a CoAP desk come from and go to: a socket of its own, or one that another
// home of the twin has. No protocol.
#pragma once

#include "hal_sim/world/datagram_server.hpp"

namespace fleet::cloud {

class coap_way {
public:
  virtual ~coap_way() = default;
  /// Who hears of peers from now on, and outlives that; null: nobody.
  virtual void serve(hal::datagram_server_events* events) noexcept = 0;
  virtual void send(const hal::address& to, bytes_view datagram) = 0;
  /// Ends a session, as datagram_server::drop().
  virtual void drop(const hal::address& peer) = 0;
  /// What has not left yet does not leave.
  virtual void discard() noexcept = 0;
  [[nodiscard]] virtual hal::address at() const = 0;
};

} // namespace fleet::cloud
