// A link, its owner and a far side on a virtual world whose network takes a millisecond each way
// and nothing else, so that what a disturbance adds can be told to the nanosecond.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "hal_sim/board/link.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::hal {

using namespace std::chrono_literals;

/// One way of the rig's network.
inline constexpr duration way_time = 1ms;

inline virtual_options quiet_network() {
  virtual_options options;
  options.links[0] = {.latency = way_time, .header_bytes = 0, .window_bytes = 1 << 20};
  return options;
}

/// What arrived, and when.
using arrivals = std::vector<std::pair<time_point, std::string>>;

struct link_rig {
  explicit link_rig(stream_filter_factory* security = nullptr)
      : cloud(w.home(), 1883, security), tls(security) {
    owner.home = &w.home();
    owner.when_received = [this](support::recorder&, std::string_view text) {
      down.emplace_back(w.now(), text);
    };
    cloud.when_accepted = [this](support::recorder& guest) {
      guest.when_received = [this](support::recorder&, std::string_view text) {
        up.emplace_back(w.now(), text);
      };
    };
  }
  void open(duration timeout = 10s) {
    it.open({.peer = cloud.door->at(), .timeout = timeout, .security = tls}, owner);
  }
  /// Connected, undisturbed.
  link_rig& connected() {
    open();
    w.run_for(1s);
    EXPECT_EQ(owner.connected, 1);
    return *this;
  }
  void say(std::string_view text) {
    it.output().append(text);
    it.seal();
  }
  support::recorder& far() { return *cloud.guests.back(); }

  virtual_world w{quiet_network()};
  support::host cloud;
  support::recorder owner;
  stream_filter_factory* tls;
  link_disturbance trouble; ///< not in force until it.disturb(trouble)
  arrivals up;
  arrivals down;
  link it{w.home(), 7}; // last: it goes first
};

/// Octets without a short period.
inline std::string noise(std::size_t count) {
  std::string out(count, '\0');
  std::uint64_t x = 1;
  for (char& c : out) {
    x = x * 6364136223846793005ULL + 1442695040888963407ULL;
    c = static_cast<char>(x >> 56);
  }
  return out;
}

} // namespace fleet::hal
