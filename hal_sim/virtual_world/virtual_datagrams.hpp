// The simulated network as datagrams see it: sockets by address, what is on its way to each, and
// the weather between them. A part of virtual_home, beside virtual_network, whose lines it shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "hal_sim/virtual_world/datagram_figures.hpp"
#include "hal_sim/virtual_world/virtual_network.hpp"
#include "hal_sim/world/datagram.hpp"
#include "hal_sim/world/home.hpp"
#include "hal_sim/world/timer.hpp"
#include "protocol/base/random.hpp"

namespace fleet::hal {

class virtual_datagrams;

/// Something on its way to one socket, or a word about what was sent from there.
struct flying {
  time_point due{};
  std::uint64_t order = 0; ///< ties break by it
  address from{};
  origin_state* origin = nullptr; ///< whose link it takes
  datagram_trouble trouble = datagram_trouble::refused;
  bool bad_news = false; ///< `trouble` is what it brings
  std::vector<std::uint8_t> bytes{};
};

/// One socket; the timer of what is on its way to it.
class virtual_datagram final : public datagram_socket, private timer {
public:
  virtual_datagram(virtual_datagrams& net, datagram_events& events)
      : net_(&net), events_(&events) {}

  bool send(const address& to, bytes_view bytes) override;
  void discard() noexcept override {
    out_.clear();
    unsent_ = 0;
  }
  [[nodiscard]] address at() const override { return at_; }
  [[nodiscard]] std::size_t unsent() const override { return unsent_; }

private:
  friend class virtual_datagrams;
  struct outgoing {
    address to;
    std::vector<std::uint8_t> bytes;
  };

  void abandon() noexcept override;
  void on_wake(time_point now) override;
  void push(flying f);
  void deliver(const flying& f);

  virtual_datagrams* net_;   ///< none: the world has ended first
  datagram_events* events_;  ///< none: nobody owns it any more
  std::vector<flying> heap_; ///< the earliest first
  std::vector<outgoing> out_;
  std::size_t unsent_ = 0;
  address at_;
  address peer_;                   ///< of a client
  origin_state* origin_ = nullptr; ///< of a client; none: a server
  link_kind kind_{};
  bool dirty_ = false;
};

class virtual_datagrams {
public:
  virtual_datagrams(home& h, home_meters& meters, virtual_network& network) noexcept
      : home_(h), meters_(meters), network_(network) {}
  virtual_datagrams(const virtual_datagrams&) = delete;
  virtual_datagrams& operator=(const virtual_datagrams&) = delete;
  ~virtual_datagrams();

  datagram_ptr open(const datagram_options& options, datagram_events& events);
  result<datagram_ptr, listen_error> bind(const address& at, datagram_events& events);

  /// Sends what was written in this turn and frees what nobody owns.
  void end_turn();
  /// Datagrams that arrived, and bad news.
  [[nodiscard]] std::uint64_t arrivals() const noexcept { return arrivals_; }

private:
  friend class virtual_datagram;

  /// The weather of one device's link in one direction: a substream for each thing that can happen,
  /// so that a change to one leaves the others as they were.
  struct weather {
    weather(std::uint64_t seed, std::uint64_t device, bool down) noexcept;
    random_stream loss, delay, twice, late;
  };
  struct skies {
    skies(std::uint64_t seed, std::uint64_t device) noexcept
        : up(seed, device, false), down(seed, device, true) {}
    weather up, down;
  };
  /// What one datagram goes through.
  struct passage {
    origin_state& origin;
    const link_figures& link;
    const datagram_figures& figures;
    weather& sky;
    bool down;
  };

  virtual_datagram* find(const address& at) const;
  skies& skies_of(std::uint64_t device);
  void launch(virtual_datagram& from, const address& to, std::vector<std::uint8_t> bytes);
  bool cross(const passage& way, std::size_t octets, time_point& due);
  time_point arrival(const passage& way, time_point sent);
  void bring(virtual_datagram& to, datagram_trouble trouble, time_point due);
  void note(const origin_state* origin, net_event_kind kind, side to, bytes_view bytes);
  void forget(virtual_datagram& s) noexcept;

  home& home_;
  home_meters& meters_;
  virtual_network& network_;
  std::map<address, virtual_datagram*, by_address> sockets_;
  std::unordered_map<std::uint64_t, skies> skies_;
  std::unordered_map<std::uint64_t, std::uint32_t> opened_; ///< sockets so far, by device
  std::vector<virtual_datagram*> dirty_;
  std::vector<virtual_datagram*> graveyard_;
  std::uint64_t order_ = 0;
  std::uint64_t arrivals_ = 0;
  std::uint16_t next_port_ = 49152;
};

} // namespace fleet::hal
