// A home: the one thread on which actors, streams and timers of a shard live (design, part 4), and
// the face that the real and the virtual world share. What runs on it needs no lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>

#include "hal_sim/world/address.hpp"
#include "hal_sim/world/datagram.hpp"
#include "hal_sim/world/stream.hpp"
#include "hal_sim/world/timer.hpp"
#include "protocol/base/result.hpp"

namespace fleet::hal {

/// Kinds of network attachment; the virtual world gives each its latency, jitter and bandwidth.
enum class link_kind : std::uint8_t { ethernet, wifi, cellular_4g, nbiot, lora };

/// One attempt to connect. What it points to must outlive the call only, except `security`, which
/// must outlive the stream.
struct connect_options {
  address peer{};
  link_kind kind = link_kind::ethernet;
  duration timeout = std::chrono::seconds{10}; ///< for TCP and TLS together
  stream_filter_factory* security = nullptr;   ///< none: plain
  std::string_view server_name{};              ///< for SNI and the certificate
  std::uint64_t origin =
      0; ///< the device's index: picks its source address and its network substream
  /// Counts as under way until the peer's first octet, for protocols whose server answers first
  /// thing: only then has it taken the stream out of its accept queue, which may be short.
  bool pending_until_answered = false;
};

/// Takes accepted streams. They are usable: with security, after the handshake; no on_connected()
/// follows.
class accept_events {
public:
  /// The receiver must set_events() before it returns, or drop the stream.
  virtual void on_accepted(stream_ptr accepted) = 0;

protected:
  ~accept_events() = default;
};

struct listen_options {
  address at{};                              ///< port 0 picks a free one
  stream_filter_factory* security = nullptr; ///< none: plain; must outlive the listener
};

enum class listen_error : std::uint8_t { in_use, not_permitted, bad_address, exhausted };

/// A listening socket, real or virtual; dropping it stops listening and keeps accepted streams.
class listener {
public:
  virtual ~listener() = default;
  /// The address with the port that was chosen.
  [[nodiscard]] virtual address at() const = 0;
};

/// Plain counters of one home: written by its thread alone, read by any.
struct home_meters {
  std::atomic<std::uint64_t> turns{0};
  std::atomic<std::uint64_t> bytes_sent{0}; ///< what the network took, after encryption
  std::atomic<std::uint64_t> bytes_received{0};
  std::atomic<std::uint64_t> streams_open{0};
  std::atomic<std::uint64_t> connects_waiting{0}; ///< held back by the limit on pending connects
  std::atomic<std::uint64_t> wakes{0};
  std::atomic<std::uint64_t> wake_lag_ns{0}; ///< sum over wakes of (woken − due)
  std::atomic<std::uint64_t> accepts_paused{
      0}; ///< times a listener waited for descriptors or memory
  std::atomic<std::uint64_t> datagrams_sent{0}; ///< what the network took; octets count above
  std::atomic<std::uint64_t> datagrams_received{0};
  std::atomic<std::uint64_t> datagrams_dropped{0}; ///< no room here to send, or too long to take
};

/// Adds to a counter that only this thread writes: no locked instruction.
inline void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

/// Told before a home hands anything to the network, so that what the bytes promise can be made to
/// last first. May be told several times a turn; may reset streams, which then send nothing.
class send_watcher {
public:
  virtual void on_sending() = 0;

protected:
  ~send_watcher() = default;
};

/// What a home has to do yet.
struct home_load {
  std::size_t timers = 0; ///< armed
  std::size_t queued = 0; ///< jobs and actors of coming turns, those from other threads left out
};

class home : public caf::execution_unit {
public:
  ~home() override;

  /// The time of this turn; advances between turns only.
  [[nodiscard]] time_point now() const noexcept { return now_; }

  /// Milliseconds since 1970 that correspond to now(): the true wall clock a board's own may drift
  /// from.
  [[nodiscard]] std::int64_t wall_ms() const noexcept;

  void arm(timer& t, time_point due) { timers_.arm(t, due); }
  void disarm(timer& t) noexcept { timers_.disarm(t); }

  /// Starts to connect. Always answers a stream; the outcome is on_connected or on_closed, in a
  /// later turn. `events` must outlive the stream or the stream_ptr.
  virtual stream_ptr connect(const connect_options& options, stream_events& events) = 0;

  virtual result<std::unique_ptr<listener>, listen_error> listen(const listen_options& options,
                                                                 accept_events& events) = 0;

  /// Opens a client's socket for datagrams. Always answers one; what goes wrong is told in a later
  /// turn. `events` must outlive the datagram_ptr.
  virtual datagram_ptr open_datagrams(const datagram_options& options, datagram_events& events) = 0;

  /// Opens a server's socket at `at`, port 0 picking a free one: one for all its peers.
  virtual result<datagram_ptr, listen_error> bind_datagrams(const address& at,
                                                            datagram_events& events) = 0;

  /// Runs `job` in a coming turn; callable from any thread.
  void post(std::function<void()> job);

  /// Queues an actor; callable from any thread (CAF's own name for it).
  void exec_later(caf::resumable* actor) override;

  /// `watcher` is told before anything is sent, those that asked earlier before it, until it is
  /// taken off again. Both are for turns, not for within on_sending().
  void watch_sends(send_watcher& watcher) { watchers_.push_back(&watcher); }
  void unwatch_sends(send_watcher& watcher) noexcept { std::erase(watchers_, &watcher); }
  /// For the world: something is about to be sent.
  void about_to_send() {
    for (send_watcher* watcher : watchers_) {
      watcher->on_sending();
    }
  }

  /// The actor system whose actors live here; to be set before the first one is spawned.
  void attach(caf::actor_system& system) noexcept { system_ = &system; }

  [[nodiscard]] const home_meters& meters() const noexcept { return meters_; }
  /// On its own thread only.
  [[nodiscard]] home_load load() const noexcept { return {timers_.size(), local_.size()}; }

protected:
  home();

  /// Runs what is queued now, not what that queues in turn; false when there was nothing.
  bool run_queued();
  /// Whether something is queued, as the owning thread sees it.
  [[nodiscard]] bool queued() const;
  /// Forgets what is queued, giving back the actors. A derived class whose streams die with such an
  /// actor calls it in its destructor, while it can still free them.
  void drop_queued() noexcept;
  /// Wakes all timers due at now().
  void wake_due();
  /// Tells a thread that waits for work; the virtual world needs none.
  virtual void interrupt() {}
  /// Whether the caller is this home's thread.
  [[nodiscard]] virtual bool on_own_thread() const noexcept = 0;

  timer_queue timers_;
  time_point now_{};
  std::int64_t wall_origin_ms_ = 0;
  home_meters meters_;

private:
  struct task {
    caf::resumable* actor = nullptr;
    std::function<void()> job;
  };
  struct remote_queue;
  void run(task& t);
  void push(task t);

  std::vector<send_watcher*> watchers_; ///< one for each store that is kept here
  std::deque<task> local_;
  std::unique_ptr<remote_queue> remote_;
};

} // namespace fleet::hal
