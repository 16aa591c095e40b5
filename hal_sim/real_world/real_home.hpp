// A home on the kernel: one thread, one edge-triggered epoll set, non-blocking TCP and UDP. Nothing
// here knows what the bytes mean, nor TLS beyond stream_filter.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "hal_sim/real_world/attempt.hpp"
#include "hal_sim/real_world/buffer_pool.hpp"
#include "hal_sim/real_world/real_datagrams.hpp"
#include "hal_sim/real_world/socket.hpp"
#include "hal_sim/world/home_of_many.hpp"

namespace fleet::hal {

struct real_home_options {
  /// Local addresses to connect from, chosen by the device's index among those of the target's
  /// family that are loopback exactly if the target is. Where none fits, an IPv4 loopback target is
  /// reached from 127.0.0.1 and those after it, and any other from what the kernel chooses.
  std::vector<address> source_addresses{};
  std::uint32_t loopback_sources = 8; ///< how many of those: 1 to 254
  /// To how many places devices go in turn by that index: those of one place take all addresses.
  std::uint64_t places_in_turn = 1;
  /// Attempts under way at once (TCP, TLS, and where asked for the wait for an answer); more wait
  /// in order of connect(). A listener with a short backlog stalls otherwise.
  std::size_t pending_connects_max = 60;
  /// Accepted streams of one listener that may negotiate at once; beyond, the kernel queues.
  std::size_t accept_handshakes_max = 1024;
  /// After which an accepted stream that still negotiates is dropped.
  duration accept_timeout = std::chrono::seconds{10};
  /// For how long a listener pauses when descriptors or memory ran out.
  duration accept_pause = std::chrono::milliseconds{100};
  /// Octets read at once from one stream; one such buffer a home.
  std::size_t read_buffer_bytes = 64 * 1024;
  /// The world's origin of time on CLOCK_MONOTONIC and the wall clock.
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point started_wall = std::chrono::system_clock::now();
};

/// Must outlive its streams and listeners. Everything but post(), exec_later(), stop() and dropping
/// a stream_ptr belongs to the thread that runs it, or, while none does, to whoever pumps it.
///
/// A turn: wait, read the clock once, start connects, events, due timers, what is queued; then send
/// what the turn gathered, one send(2) a stream, and free what was dropped.
class real_home final : public home_of_many {
public:
  explicit real_home(real_home_options options);
  ~real_home() override;
  real_home(const real_home&) = delete;
  real_home& operator=(const real_home&) = delete;

  /// The attempt's time-out runs from the moment the limit on pending connects lets it begin.
  stream_ptr connect(const connect_options& options, stream_events& events) override;
  result<std::unique_ptr<listener>, listen_error> listen(const listen_options& options,
                                                         accept_events& events) override;
  result<std::unique_ptr<listener>, listen_error> listen_beside(const listener& other,
                                                                const listen_options& options,
                                                                accept_events& events) override;
  void take_to(home_of_many& to, stream_ptr s, std::function<void(stream_ptr)> arrived) override;
  datagram_ptr open_datagrams(const datagram_options& options, datagram_events& events) override {
    return datagrams_.open(options, events);
  }
  result<datagram_ptr, listen_error> bind_datagrams(const address& at,
                                                    datagram_events& events) override {
    return datagrams_.bind(at, events);
  }

  /// One turn that waits for work no longer than `max_wait`; false when there was none.
  bool poll_once(duration max_wait);

  /// Pumps until `done()` or until `limit` has passed; answers done(). For tests on one thread.
  template <class Predicate>
  bool run_until(Predicate done, duration limit = std::chrono::seconds{60}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() >= end) {
        return false;
      }
      poll_once(std::chrono::milliseconds{100});
    }
    return true;
  }

  /// Takes turns on the calling thread until stop().
  void run();

  /// Ends run() once nothing is queued or unsent, or after `grace`. From any thread.
  void stop(duration grace);

private:
  friend class real_stream;
  friend class real_listener;
  friend class real_datagrams;
  friend class real_datagram;
  friend struct attempt;
  friend struct acceptor;

  void interrupt() override;
  [[nodiscard]] bool on_own_thread() const noexcept override;

  // The turn (real_home.cpp).
  bool turn(duration max_wait);
  int wait(duration max_wait);
  [[nodiscard]] bool work_ready() const;
  [[nodiscard]] time_point clock() const noexcept;
  void dispatch(const epoll_event& event);
  void dispatch(real_stream& s, std::uint32_t what);
  void read_again();
  void flush_dirty();
  void bury();
  void adopt(real_stream& s) noexcept;
  void orphan(real_stream& s) noexcept;
  void take_orphans();
  void let_go(real_datagram& s) noexcept;
  /// An epoll entry is a pointer; this bit of it tells a datagram socket.
  static constexpr std::uint64_t datagram_tag = 2;

  // Bytes of one stream, and its end (real_home_bytes.cpp).
  void mark_dirty(real_stream& s);
  void mark_readable(real_stream& s);
  void read(real_stream& s);
  void receive_cipher(real_stream& s, bytes_view bytes);
  void read_nothing(real_stream& s, bool ended, int error);
  void flush(real_stream& s);
  bool send_out(real_stream& s);
  bool encrypt(real_stream& s);
  bool send_some(real_stream& s, byte_buffer*& from);
  void finish(real_stream& s, const ending& why);
  byte_buffer& cipher_of(real_stream& s);
  void give_back(byte_buffer*& lent);
  byte_buffer& sink();

  // Streams that move to another home (real_home_moves.cpp).
  struct moving;
  void take_in(moving& what, const std::function<void(stream_ptr)>& arrived);

  // Streams not yet usable, and listeners (real_home_attempts.cpp).
  bool watch(real_stream& s);
  void start_waiting();
  void begin(attempt& a);
  void connected(real_stream& s);
  void negotiate(real_stream& s, stream_filter_factory& security, std::string_view name);
  void usable(real_stream& s);
  void settle(real_stream& s);
  void answered(real_stream& s);
  void time_out(attempt& a);
  [[nodiscard]] const address* source_for(const address& peer, std::uint64_t origin) const;
  result<std::unique_ptr<listener>, listen_error>
  accept_from(int fd, const address& at, const listen_options& options, accept_events& events);
  void mark_ready(acceptor& a);
  void accept_ready();
  void accept_some(acceptor& a);
  void accept_one(acceptor& a, int fd, const address& peer);
  void hand_over(accept_events* to, real_stream& s);
  void drop(acceptor& a) noexcept;

  real_home_options options_;
  int epoll_ = -1;
  int wake_ = -1;
  std::vector<epoll_event> events_;
  std::vector<std::uint8_t> read_buffer_;
  byte_buffer plain_; ///< what a filter decrypted, for the length of one call
  byte_buffer sink_;  ///< where output of ended streams goes
  buffer_pool pool_;
  std::vector<real_stream*> dirty_;
  std::vector<real_stream*> flushing_;
  std::vector<real_stream*> readable_;
  std::vector<real_stream*> reading_;
  std::vector<real_stream*> dead_;
  std::list<attempt> waiting_; ///< held back by the limit
  std::list<attempt> pending_; ///< under way, either direction
  std::size_t pending_connects_ = 0;
  std::list<acceptor> acceptors_;
  std::vector<acceptor*> ready_;
  std::vector<acceptor*> accepting_;
  std::size_t dropped_acceptors_ = 0;
  std::size_t streams_ = 0; ///< objects alive
  real_datagrams datagrams_{*this};
  std::vector<address> default_sources_;

  bool stopping_ = false;
  time_point stop_at_ = never;
  std::atomic<bool> asleep_{false};
  std::atomic<bool> orphaned_{false};
  std::mutex orphan_guard_;
  std::vector<real_stream*> orphans_; ///< dropped by other threads
  std::vector<real_datagram*> orphaned_datagrams_;
};

} // namespace fleet::hal
