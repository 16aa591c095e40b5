// A board's attachment for datagrams: one socket to one peer, with or without a filter, the radio
// that may sleep, and the place where planned disturbances act. Boards that speak in streams alone
// have none of it. No protocol, no repeats but the filter's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "hal_sim/board/datagram_gate.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/base/datagram_filter.hpp"
#include "protocol/base/random.hpp"

namespace fleet::hal {

/// Told what becomes of a datagram link. Any of these calls may open() and drop() it.
class datagram_link_events {
public:
  /// It is usable: at once for a plain one, after the handshake for one with a filter; always from
  /// within handle_timeout() or a call of the home, never from within open().
  virtual void on_link_open() = 0;
  virtual void on_link_datagram(bytes_view bytes) = 0;
  /// Advice; the link goes on.
  virtual void on_link_trouble(datagram_trouble trouble) = 0;
  /// The last call: the filter failed, timed out, or was ended by the peer.
  virtual void on_link_closed(close_reason reason, std::string_view detail) = 0;
  /// next_timeout() is earlier than it was, from within a call of the home.
  virtual void on_link_hurry() {}

protected:
  ~datagram_link_events() = default;
};

/// What becomes of datagrams that are sent while the radio is off.
enum class asleep : std::uint8_t { hold, drop };

/// What a link has seen; a board that speaks in datagrams has one.
struct datagram_link_counters {
  std::uint32_t sent = 0;     ///< handed to the network, filter's own included
  std::uint32_t received = 0; ///< taken from it
  std::uint32_t lost = 0;     ///< by faults, either way
  std::uint32_t repeated = 0; ///< by faults, either way
  std::uint32_t held_back = 0;
  std::uint32_t slept_through = 0; ///< dropped because the radio was off, either way
  std::uint32_t rebound = 0;
};

struct datagram_link_options {
  datagram_options way;
  datagram_filter_factory* security = nullptr; ///< none: plain; must outlive the link
  datagram_filter_request request{};           ///< for the filter; used within open() only
};

class datagram_link final : datagram_events {
public:
  /// `luck`: what faults draw from.
  datagram_link(home& h, random_stream luck) noexcept : home_(h), luck_(luck) {}
  ~datagram_link() = default;
  datagram_link(const datagram_link&) = delete;
  datagram_link& operator=(const datagram_link&) = delete;

  /// Opens; one that was open is dropped without a word. `owner` must outlive the link or drop().
  void open(const datagram_link_options& options, datagram_link_events& owner);

  /// False, and it is gone: not up, too long, or no room.
  bool send(bytes_view bytes);

  /// Says goodbye where there is a filter, and goes; no further call to the owner.
  void close();
  /// Goes without a word, as power does.
  void drop() noexcept;

  /// A NAT forgot its table: the link goes on from another port, which the peer does not know.
  void rebind();

  /// Switches the radio. Off: nothing goes out, what comes is missed. On again: what was held goes.
  void set_radio(bool on, asleep policy = asleep::hold);
  [[nodiscard]] bool radio_on() const noexcept { return radio_on_; }
  /// Datagrams held at most; older ones stay, newer ones are dropped.
  static constexpr std::size_t held_max = 16;

  /// The disturbances of this link alone from now on.
  [[nodiscard]] datagram_faults& faults() { return gate_of().own; }
  /// What its board is under from now on, which may change at any time; none: nothing. What had
  /// been delayed by it comes at its time.
  void under(const link_disturbance* weather);

  /// What the owner's one wake must not be later than; then handle_timeout().
  [[nodiscard]] time_point next_timeout() const noexcept;
  void handle_timeout(time_point now);

  [[nodiscard]] bool up() const noexcept { return up_; }
  [[nodiscard]] bool active() const noexcept { return socket_ != nullptr; }
  /// Octets that one send() can carry.
  [[nodiscard]] std::size_t payload_max() const;
  /// See datagram_filter::memory(), resumed().
  [[nodiscard]] std::unique_ptr<filter_memory> memory();
  [[nodiscard]] bool resumed() const { return filter_ != nullptr && filter_->resumed(); }
  [[nodiscard]] const datagram_link_counters& counters() const noexcept { return counters_; }
  /// Octets, its own included; the socket is the world's, and the filter not counted.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return sizeof *this + (gate_ == nullptr ? 0 : gate_->memory_bytes());
  }

private:
  void on_datagram(const address& from, bytes_view bytes) override;
  void on_trouble(datagram_trouble trouble) override;

  [[nodiscard]] datagram_gate& gate_of();
  /// The way of one datagram through the disturbances, if there are any, and on.
  void pass(bytes_view bytes, way to);
  void go_on(bytes_view bytes, way to);
  void deliver(bytes_view bytes, way to);
  void release(way to);
  void take(bytes_view bytes);
  void handle_late(time_point now);
  void end(close_reason reason, std::string_view detail);
  void send_out();
  void transmit(bytes_view bytes);
  void settle(filter_state now);

  home& home_;
  random_stream luck_;
  datagram_link_events* owner_ = nullptr;
  datagram_ptr socket_;
  datagram_options way_;
  std::unique_ptr<datagram_filter> filter_;
  datagram_batch out_;
  datagram_batch held_;                 ///< for when the radio is on again
  std::unique_ptr<datagram_gate> gate_; ///< none: nothing has disturbed it
  time_point open_at_ = never; ///< what open() came to is owed: its end, or a plain link's opening
  datagram_link_counters counters_;
  std::uint32_t conversation_ = 0; ///< which one it is
  asleep policy_ = asleep::hold;
  bool radio_on_ = true;
  bool up_ = false;
  bool nameless_ = false; ///< the peer's name has no address
};

} // namespace fleet::hal
