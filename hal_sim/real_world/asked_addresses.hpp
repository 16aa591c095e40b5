// Which address of this machine each peer has asked, for a server's socket that is bound to all of
// them: the answer must come from there, or the peer takes it for a stranger's (RFC 7252 §5.3.2).
// Private to this folder.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include <netinet/in.h>

#include "hal_sim/world/address.hpp"

namespace fleet::hal {

/// Room for what the kernel tells of one datagram, or is told: an IPv6 address at most.
struct control_octets {
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> room{};
};

/// Has a socket tell at which address each datagram arrived. False: the kernel cannot.
bool tell_asked_address(int fd, bool v6) noexcept;

/// The address of ours a received datagram was sent to, port 0; nothing when it does not say.
std::optional<address> asked_address(const msghdr& received) noexcept;

/// Has a datagram leave from that address of ours. `where` must live until it was sent.
void answer_from(const address& ours, msghdr& datagram, control_octets& where) noexcept;

/// One peer asks one address at a time: who asks another is answered from there from then on.
class asked_addresses {
public:
  /// Peers remembered, at least, of those that do not ask the usual address; twice that at most.
  static constexpr std::size_t others_max = 100'000;

  void heard(const address& peer, const address& ours);
  /// Where it asked last; for those who were never heard, or forgotten, the usual address of its
  /// family, or null: the kernel chooses.
  [[nodiscard]] const address* of(const address& peer) const noexcept;
  /// Peers remembered.
  [[nodiscard]] std::size_t others() const noexcept { return recent_.size() + older_.size(); }

private:
  struct by_octets {
    std::size_t operator()(const address& a) const noexcept;
  };
  using table = std::unordered_map<address, address, by_octets>;

  std::array<std::optional<address>, 2> usual_; ///< of IPv4, of IPv6: that of the first datagram
  table recent_;
  table older_; ///< heard before the recent ones; forgotten when those are too many
};

} // namespace fleet::hal
