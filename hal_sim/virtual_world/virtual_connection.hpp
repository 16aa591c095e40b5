// One simulated connection: two streams that face each other, in one allocation. Each stream is the
// timer of what is on its way to it. Inner part of the virtual network; nobody else includes it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "hal_sim/virtual_world/link_figures.hpp"
#include "hal_sim/virtual_world/net_event.hpp"
#include "hal_sim/virtual_world/segment_pool.hpp"
#include "hal_sim/world/address.hpp"
#include "hal_sim/world/stream.hpp"
#include "hal_sim/world/timer.hpp"
#include "protocol/base/random.hpp"

namespace fleet::hal {

class virtual_listener;
class virtual_network;
struct virtual_connection;

/// What the network remembers of one device, for as long as the world lives.
struct origin_state {
  origin_state(std::uint64_t seed, std::uint64_t index) noexcept
      : net(seed, index, "net"), key(index) {}

  random_stream net; ///< jitter and losses of all its connections
  std::uint64_t key;
  time_point stalled_until{}; ///< nothing arrives on either side before
  std::array<time_point, 2>
      line_free{}; ///< when its radio has sent what was given, by receiving side
  virtual_connection* first = nullptr; ///< its connections, newest first
  origin_state* next = nullptr;        ///< in the network's list
  std::uint32_t connects = 0;
  bool cut_planned = false; ///< virtual_network::cuts_ has an entry
};

/// The life of one end, in order; some steps are skipped.
enum class virtual_phase : std::uint8_t {
  idle,        ///< cloud side, not accepted yet
  connecting,  ///< device side, TCP and TLS
  handshaking, ///< cloud side, TLS under way; nobody owns it yet
  open,
  closing,   ///< close() was called, octets are unsent
  finishing, ///< nothing left but to tell the owner
  ended
};

/// One end of a connection.
class virtual_stream final : public stream, private timer {
public:
  byte_buffer& output() override;
  [[nodiscard]] std::size_t unsent() const override;
  void tell_when_sent() override { over_high_water_ = true; }
  void close() override;
  void reset() override;
  void pause_reading(bool paused) override;
  [[nodiscard]] std::string peer() const override;
  void set_events(stream_events& events) override { events_ = &events; }

private:
  friend class virtual_network;
  friend struct virtual_connection;

  void abandon() noexcept override;
  void on_wake(time_point now) override;
  void foresee(unsigned step) const noexcept override;

  [[nodiscard]] virtual_stream& facing() const noexcept;
  [[nodiscard]] bool dead() const noexcept { return phase_ == virtual_phase::ended && !owned_; }
  /// Whether what the peer sends can still matter.
  [[nodiscard]] bool listening() const noexcept { return phase_ < virtual_phase::finishing; }
  [[nodiscard]] bool held_back(const segment& s) const noexcept;

  void mark_dirty();
  void opened();
  void push(segment* s);
  void push_now(segment_kind kind);
  void rearm();
  void purge() noexcept;
  void drop_output() noexcept;
  void condemn_output();
  void flush();
  void finish();
  void tear_peer();
  void handle(segment& s);
  void deliver(segment& s);
  void end(close_reason reason, std::string_view detail);

  // The handshake: handshake.cpp.
  void shake(segment& s);
  void on_syn();
  void on_ack();
  void hand_over(virtual_listener& to);
  void on_hello(const segment& s);
  void on_answer(const segment& s);
  void on_alert();
  void send_hello(std::uint8_t round);
  void send_bare(segment_kind kind);

  std::uint32_t inbox_bytes_ = 0; ///< on their way here, or held back by pause_reading()
  virtual_connection* conn_ = nullptr;
  stream_events* events_ = nullptr;
  segment* head_ = nullptr; ///< the inbox, in order of arrival
  segment* tail_ = nullptr;
  segment* out_ = nullptr; ///< unsent
  virtual_phase phase_ = virtual_phase::idle;
  side side_ = side::device;
  bool owned_ = false; ///< a stream_ptr exists
  bool paused_ = false;
  bool dirty_ = false;
  bool over_high_water_ = false;
};

struct virtual_connection {
  explicit virtual_connection(virtual_network& network) noexcept;

  virtual_stream& at(side s) noexcept { return ends[static_cast<std::size_t>(s)]; }
  [[nodiscard]] bool dead() const noexcept { return ends[0].dead() && ends[1].dead(); }
  [[nodiscard]] bool connecting() const noexcept {
    return ends[0].phase_ == virtual_phase::connecting;
  }

  std::array<virtual_stream, 2> ends; ///< by side
  virtual_network* net;               ///< none: the world has ended before its streams
  origin_state* origin = nullptr;
  virtual_connection* newer = nullptr; ///< in origin_state::first's list
  virtual_connection* older = nullptr;
  const link_figures* link = nullptr;
  stream_filter_factory* security =
      nullptr;           ///< the device's; a listener may go, so it is looked up
  time_point deadline{}; ///< for connecting
  address to;
  std::uint16_t local_port = 0;
  bool buried = false; ///< in the network's list of what may be freed
};

} // namespace fleet::hal
