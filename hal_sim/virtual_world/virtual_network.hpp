// The simulated network: who listens, who is connected, what is on its way and when it arrives.
// Owned by virtual_home, which owns the clock; people use links() and the streams.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "hal_sim/virtual_world/link_control.hpp"
#include "hal_sim/virtual_world/net_event.hpp"
#include "hal_sim/virtual_world/virtual_connection.hpp"
#include "hal_sim/virtual_world/virtual_options.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/base/digest.hpp"

namespace fleet::hal {

class virtual_datagrams;
class virtual_listener;

/// An order of addresses that is the same on every machine.
struct by_address {
  bool operator()(const address& a, const address& b) const noexcept;
};

/// Time that `octets` occupy a line of `bits_per_s`, rounded up to the nanosecond; 0: none.
duration time_on_line(std::uint64_t octets, std::uint64_t bits_per_s) noexcept;

class virtual_network final : public link_control {
public:
  virtual_network(home& h, home_meters& meters, virtual_options options);
  virtual_network(const virtual_network&) = delete;
  virtual_network& operator=(const virtual_network&) = delete;
  ~virtual_network();

  stream_ptr connect(const connect_options& options, stream_events& events);
  result<std::unique_ptr<listener>, listen_error> listen(const listen_options& options,
                                                         accept_events& events);

  /// Flushes what was written in this turn and frees what nobody owns.
  void end_turn();

  /// What the digest has taken in.
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  /// Segments that arrived, those of handshakes included.
  [[nodiscard]] std::uint64_t arrivals() const noexcept { return arrivals_; }
  [[nodiscard]] std::int64_t wall_origin_ms() const noexcept { return options_.wall_origin_ms; }
  [[nodiscard]] const run_digest& digest() const noexcept { return digest_; }

  std::size_t reset(std::uint64_t origin) override;
  void stall(std::uint64_t origin, duration span) override;
  void release(std::uint64_t origin) override;
  void cut_after(std::uint64_t origin, side receiver, std::uint64_t octets) override;
  [[nodiscard]] std::size_t connections(std::uint64_t origin) const override;

private:
  friend class virtual_stream;
  friend class virtual_datagrams;
  friend class virtual_listener;

  struct cut_plan {
    std::array<std::uint64_t, 2> left{UINT64_MAX, UINT64_MAX}; ///< octets, by receiving side
  };

  origin_state& origin_of(std::uint64_t key);
  virtual_listener* find(const address& at) const;
  void forget(const virtual_listener& l) noexcept;
  /// Puts a segment on the line towards `to` and takes it over.
  void send(virtual_stream& to, segment* s);
  void note(const virtual_connection& c, net_event_kind kind, side to,
            close_reason reason = close_reason::local, bytes_view bytes = {}) {
    note(c.origin->key, kind, to, reason, bytes);
  }
  void note(std::uint64_t origin, net_event_kind kind, side to, close_reason reason,
            bytes_view bytes);
  /// How many of the next `octets` may still reach `to`; less than all means: cut after them.
  std::size_t admit(virtual_connection& c, side to, std::size_t octets);
  void cut(virtual_connection& c);
  void bury(virtual_connection& c);
  void unlink(virtual_connection& c) noexcept;
  void free_dead();

  home& home_;
  home_meters& meters_;
  virtual_options options_;
  segment_pool pool_;
  run_digest digest_;
  std::uint64_t events_ = 0;
  std::uint64_t arrivals_ = 0;
  std::map<address, virtual_listener*, by_address> listeners_;
  std::uint16_t next_port_ = first_free_port;
  std::unordered_map<std::uint64_t, origin_state> origins_;
  origin_state* all_origins_ = nullptr; ///< a list through all of them, newest first
  std::unordered_map<std::uint64_t, cut_plan> cuts_;
  std::vector<virtual_stream*> dirty_;
  std::vector<virtual_stream*> drained_;
  std::vector<virtual_connection*> graveyard_;

  static constexpr std::uint16_t first_free_port = 49152;
};

} // namespace fleet::hal
