// Rollouts at a target whose admin API says nothing: whoever stops them is not held up.
#include "fleet/run/rollout_side.hpp"

#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/options.hpp"
#include "tests/support/raw_socket.hpp"

namespace fleet::program {
namespace {

TEST(rollout_side, is_asked_meanwhile_and_given_up_when_its_time_is_over) {
  support::raw_socket door;
  admin_target where;
  where.at = parse_admin("http://" + door.listen(4).text()).value();
  prepared ready;
  ready.plan.emplace().rollouts.resize(2);
  ready.plan->rollouts[0].rollout.name = "july";
  ready.products.emplace_back();
  const run_options options;
  const auto world = make_virtual_world(options, 1);
  rollout_side side;
  side.order_at(where, ready);
  side.start(1);
  std::optional<support::raw_socket> guest; // its question, which nobody answers
  while (!guest || !guest->valid()) {
    guest.emplace(door.accept());
  }
  std::vector<report::rollout_fact> out;
  const double now_s = world->elapsed_s();
  EXPECT_FALSE(side.stop(*world, now_s, out));
  EXPECT_TRUE(out.empty());
  while (!side.stop(*world, now_s + 1000, out)) { // the first call has said when
    std::this_thread::yield();
  }
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].name, "july");
  EXPECT_FALSE(out[0].began);
  EXPECT_THAT(out[0].trouble, testing::HasSubstr("was not waited for any longer"));
  EXPECT_TRUE(side.stop(*world, now_s, out));
  EXPECT_EQ(out.size(), 2U) << "once";
}

} // namespace
} // namespace fleet::program
