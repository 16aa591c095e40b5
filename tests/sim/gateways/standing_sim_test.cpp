// Sub-devices disabled and enabled, bound and unbound, kicked and dismissed while anything that
// says so may be lost and any link may break: once it is quiet and each gateway has logged on once
// more, nothing is left in a state that the platform does not know.
#include <gtest/gtest.h>

#include "tests/sim/gateways/gateway_world.hpp"

namespace fleet {
namespace {

using namespace gateway_sim;

constexpr weather consoled_storm() {
  weather w = storm;
  w.console = true;
  return w;
}

/// Whether it stays as it is until somebody says or asks something.
bool is_down(sub_device_state s) {
  return s == sub_device_state::disabled || s == sub_device_state::deleted
         || s == sub_device_state::refused;
}

struct census {
  int online = 0;
  int disabled = 0;
  int unbound = 0;
};

/// What the platform says of each is what becomes of it.
census expect_what_the_platform_says(const world& w) {
  census seen;
  for (device_index sub = 0; sub < subs; ++sub) {
    const auto owner = w.relations.gateway_of(sub);
    const auto session = w.relations.session_of(sub);
    bool held = false;
    for (std::uint8_t g = 0; g < 2; ++g) {
      if (!world::claims(g, sub)) {
        continue;
      }
      const auto at = w.state_at(g, sub);
      const bool due = owner == subs + g && !w.disabled(sub) && station::usable(sub - first_of[g]);
      held = held || due;
      EXPECT_EQ(due, at == sub_device_state::online)
          << sub << " at " << int{g} << ": " << static_cast<int>(at);
      const bool asks_on = w.disabled(sub) && at == sub_device_state::adding;
      EXPECT_TRUE(due || is_down(at) || asks_on)
          << sub << " at " << int{g} << ": " << static_cast<int>(at);
      EXPECT_FALSE(due && session != std::nullopt && session->gateway != *owner) << sub;
    }
    EXPECT_EQ(held, session.has_value()) << sub;
    seen.online += held ? 1 : 0;
    seen.disabled += w.disabled(sub) ? 1 : 0;
    seen.unbound += owner ? 0 : 1;
  }
  return seen;
}

void storm_at_the_console(std::uint64_t seed, std::uint16_t batch, bool ask_topology) {
  world w{seed, batch, ask_topology};
  w.run(consoled_storm(), 30min);
  EXPECT_GT(w.lost, 100U);
  EXPECT_GT(w.orders, 100U);
  EXPECT_GT(w.dismissed, 0U);
  w.break_links(calm);
  w.run(calm, 60min);
  const census seen = expect_what_the_platform_says(w);
  EXPECT_GT(seen.online, 0);
  EXPECT_GT(seen.disabled, 0);
  EXPECT_GT(seen.unbound, 0);
}

TEST(standing_sim, every_sub_device_ends_as_the_platform_has_it) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    storm_at_the_console(seed, seed % 2 == 0 ? 1 : 7, false);
  }
}

TEST(standing_sim, and_so_it_does_where_gateways_ask_for_their_topology) {
  for (std::uint64_t seed = 21; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    storm_at_the_console(seed, seed % 2 == 0 ? 1 : 7, true);
  }
}

} // namespace
} // namespace fleet
