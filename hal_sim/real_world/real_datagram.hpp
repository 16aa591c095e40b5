// One UDP socket of a real home: a small object that only remembers; real_datagrams does the work.
// Private to this folder: everyone else sees hal::datagram_socket.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hal_sim/real_world/asked_addresses.hpp"
#include "hal_sim/world/address.hpp"
#include "hal_sim/world/datagram.hpp"

namespace fleet::hal {

class real_datagrams;

/// What one socket has to send: lent while there is something, so that quiet ones hold none.
struct datagram_outbox {
  datagram_batch batch;
  std::vector<address> to;                  ///< of a server, one for each datagram
  std::vector<std::optional<address>> from; ///< of one at all addresses, likewise
  std::size_t next = 0;                     ///< the first one not sent
};

/// Freed at the end of a turn in which it was abandoned and closed.
class real_datagram : public datagram_socket {
public:
  real_datagram(real_datagrams& all, datagram_events& events, int fd, const address& peer) noexcept
      : all_(all), events_(events), peer_(peer), fd_(fd) {}

  bool send(const address& to, bytes_view bytes) override;
  void discard() noexcept override;
  [[nodiscard]] address at() const override;
  [[nodiscard]] std::size_t unsent() const override;

private:
  friend class real_datagrams;
  void abandon() noexcept override;

  real_datagrams& all_;
  datagram_events& events_;
  datagram_outbox* out_ = nullptr;
  address peer_; ///< a client's; a server's is where it listens
  int fd_;       ///< −1: could not be opened, or closed
  datagram_trouble trouble_ = datagram_trouble::exhausted; ///< told in the next turn
  bool serves_ : 1 = false;
  bool anywhere_ : 1 = false;  ///< it is a real_datagram_anywhere
  bool crowded_ : 1 = false;   ///< its owner is crowd_events
  bool abandoned_ : 1 = false; ///< no owner any more
  bool blocked_ : 1 = false;   ///< the kernel took no more; it will say when it does
  bool dirty_ : 1 = false;     ///< in the list to flush
  bool readable_ : 1 = false;  ///< in the list to read
  bool troubled_ : 1 = false;  ///< in the list to be told
};

static_assert(sizeof(real_datagram) <= 64, "an idle device pays for each octet");

/// A server's that is bound to all addresses of this machine.
class real_datagram_anywhere final : public real_datagram {
public:
  using real_datagram::real_datagram;
  asked_addresses asked;
};

} // namespace fleet::hal
