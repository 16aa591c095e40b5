// The UDP sockets of one real home: opening, reading many datagrams with one system call, sending
// what a turn gathered with one, and their end. A part of real_home, private to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "hal_sim/real_world/real_datagram.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::hal {

class real_home;

class real_datagrams {
public:
  explicit real_datagrams(real_home& home) noexcept;
  ~real_datagrams();
  real_datagrams(const real_datagrams&) = delete;
  real_datagrams& operator=(const real_datagrams&) = delete;

  datagram_ptr open(const datagram_options& options, datagram_events& events);
  /// Bound to all addresses of this machine, it sends to a peer from the one that peer asked last.
  result<datagram_ptr, listen_error> bind(const address& at, datagram_events& events);

  // What the home's turn asks for, in this order.
  [[nodiscard]] bool work_ready() const noexcept {
    return !dirty_.empty() || !readable_.empty() || !troubled_.empty();
  }
  void dispatch(real_datagram& s, std::uint32_t what);
  void read_again();
  void flush();
  void bury();

  void adopt(real_datagram& s) noexcept;
  /// Objects alive.
  [[nodiscard]] std::size_t alive() const noexcept { return alive_; }
  /// Sockets that have something unsent.
  [[nodiscard]] std::size_t waiting() const noexcept { return lent_; }

private:
  friend class real_datagram;
  struct slots; ///< what recvmmsg and sendmmsg want to be given; made with the first socket

  datagram_ptr enlist(real_datagram& s);
  bool watch(const real_datagram& s);
  void mark_dirty(real_datagram& s);
  void mark_readable(real_datagram& s);
  void tell(real_datagram& s, datagram_trouble trouble);
  void read(real_datagram& s);
  void deliver(real_datagram& s, std::size_t count);
  void flush(real_datagram& s);
  std::size_t send_some(real_datagram& s);
  bool overcome(real_datagram& s, int error);
  void close(real_datagram& s) noexcept;
  datagram_outbox& outbox_of(real_datagram& s);
  void give_back(real_datagram& s) noexcept;

  real_home& home_;
  std::unique_ptr<slots> slots_;
  std::vector<std::unique_ptr<datagram_outbox>> spare_;
  std::vector<real_datagram*> dirty_;
  std::vector<real_datagram*> readable_;
  std::vector<real_datagram*> troubled_;
  std::vector<real_datagram*> working_; ///< the list that is being worked off
  std::vector<real_datagram*> dead_;
  std::size_t alive_ = 0;
  std::size_t lent_ = 0;
};

} // namespace fleet::hal
