// What fleet_leaky does not give back, for the test of --soak: every ten simulated seconds a little
// of what the variable FLEET_LEAK names; nothing without it.
#include <fcntl.h>

#include <cstdlib>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "hal_sim/world/home.hpp"

namespace fleet::program {

void leak(hal::home& home);

namespace {

using namespace std::chrono_literals;

constexpr duration pause = 10s;
constexpr std::size_t octets_each = 16 * 1024;
constexpr duration far_away = 24h * 365;

class forgotten final : public hal::timer {
  void on_wake(time_point) override {}
};

std::string_view wanted() {
  const char* const word = std::getenv("FLEET_LEAK");
  return word == nullptr ? std::string_view{} : word;
}

} // namespace

/// All of it stays reachable, so that no other tool takes it for lost.
void leak(hal::home& home) {
  static const std::string_view what = wanted();
  static time_point next = home.now();
  static std::deque<std::vector<char>> octets;
  static auto* const timers = new std::deque<forgotten>; // their home is gone before statics are
  if (home.now() < next) {
    return;
  }
  next = home.now() + pause;
  if (what == "memory") {
    octets.emplace_back(octets_each, 'x');
  } else if (what == "timers") {
    home.arm(timers->emplace_back(), home.now() + far_away);
  } else if (what == "descriptors") {
    (void)::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
}

} // namespace fleet::program
