// Two gateways against the platform's desk in bad weather: what is allowed ends online, what is
// refused stays so, and no sub-device is ever held by two.
#include <gtest/gtest.h>

#include "tests/sim/gateways/gateway_world.hpp"

namespace fleet {
namespace {

using namespace gateway_sim;

void expect_settled(const world& w) {
  for (device_index sub = 0; sub < subs; ++sub) {
    const auto session = w.relations.session_of(sub);
    std::vector<std::uint8_t> believers;
    bool usable = false; // some gateway has its true secret, or registers it
    for (std::uint8_t g = 0; g < 2; ++g) {
      if (!world::claims(g, sub)) {
        continue;
      }
      const device_index row = sub - first_of[g];
      const sub_device_state at = w.state_at(g, sub);
      usable = usable || station::usable(row);
      if (at == sub_device_state::online) {
        believers.push_back(g);
      }
      if (!station::usable(row)) {
        EXPECT_EQ(at, sub_device_state::refused) << sub << " at " << int{g};
      }
    }
    const bool allowed = usable && sub != 10 && sub != 30;
    EXPECT_EQ(session.has_value(), allowed) << sub;
    EXPECT_EQ(believers.size(), allowed ? 1U : 0U) << sub;
    if (session && believers.size() == 1) {
      EXPECT_EQ(session->gateway, subs + believers[0]) << sub;
    }
    if (sub == 10) { // disabled before it was anybody's: asked for again and again
      EXPECT_EQ(w.state_at(0, sub), sub_device_state::adding);
    }
  }
}

std::uint64_t storm_and_calm(std::uint64_t seed, std::uint16_t batch) {
  world w{seed, batch};
  w.run(storm, 30min);
  EXPECT_GT(w.lost, 100U);
  EXPECT_GT(w.moved, 0U);
  w.break_links(calm);
  w.run(calm, 60min);
  expect_settled(w);
  return w.digest.value();
}

TEST(gateway_sim, settles_in_calm_weather_at_once) {
  world w{1, 1};
  w.run(calm, 10min);
  expect_settled(w);
}

TEST(gateway_sim, settles_after_a_storm_asking_one_by_one) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    storm_and_calm(seed, 1);
  }
}

TEST(gateway_sim, settles_after_a_storm_asking_in_batches) {
  for (std::uint64_t seed = 11; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    storm_and_calm(seed, 7);
  }
}

TEST(gateway_sim, asks_again_for_what_was_lost_without_waiting_for_a_reconnect) {
  for (std::uint64_t seed = 21; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    world w{seed, 3};
    w.run({.loss_ppm = 300'000, .repeat_ppm = 0}, 10min);
    EXPECT_GT(w.lost, 20U);
    w.run(calm, 60min);
    expect_settled(w);
  }
}

TEST(gateway_sim, repeats_itself_for_one_seed) {
  EXPECT_EQ(storm_and_calm(3, 7), storm_and_calm(3, 7));
  EXPECT_NE(storm_and_calm(3, 7), storm_and_calm(4, 7));
}

} // namespace
} // namespace fleet
