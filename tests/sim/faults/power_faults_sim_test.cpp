// Faults that take the power, reset boards or crash their software: who is off and for how long,
// what it costs, and that nothing acknowledged is lost.
#include "tests/sim/faults/fault_fleet.hpp"
#include "tests/unit/actors/coap_cloud.hpp"
#include "tests/unit/actors/http_cloud.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using actors::phase;
using faults::effect;
using support::fault_fleet;
using support::fault_of;
using support::half_of;

TEST(power_loss, takes_the_power_for_as_long_as_it_lasts_and_no_longer) {
  fault_fleet f;
  f.start();
  ASSERT_EQ(f.online(), 20U);
  f.add(half_of(fault_of(effect::power_loss, 2s, 20s)));
  f.run(1s);
  EXPECT_EQ(f.off(), 0U);
  f.run(2s);
  const auto hit = f.mark("power_loss").selected;
  ASSERT_GT(hit, 3U);
  ASSERT_LT(hit, 17U);
  const auto dark = f.dark();
  EXPECT_EQ(dark.size(), hit);
  EXPECT_EQ(f.off(), hit);
  EXPECT_EQ(f.in(phase::off), hit);
  EXPECT_EQ(f.online(), 20U - hit);
  const auto said = f.slot(dark.front()).uplink.attempted();
  f.run(18500ms);
  EXPECT_EQ(f.off(), hit);
  EXPECT_EQ(f.slot(dark.front()).uplink.attempted(), said) << "a board without power says nothing";
  f.run(1s);
  EXPECT_EQ(f.off(), 0U) << "it is over";
  EXPECT_EQ(f.in(phase::off), hit) << "and they boot";
  f.run(3s);
  EXPECT_EQ(f.online(), 20U);
  for (std::uint32_t i = 0; i < 20; ++i) {
    const bool was = std::find(dark.begin(), dark.end(), i) != dark.end();
    EXPECT_EQ(f.slot(i).board.boots(), was ? 2U : 1U) << i;
    EXPECT_EQ(f.slot(i).uplink.epoch(), was ? 2U : 1U) << i;
    const duration up = f.slot(i).board.clock.uptime(f.world.now());
    EXPECT_EQ(was, up < 5s) << i;
  }
  const auto mark = f.mark("power_loss");
  EXPECT_EQ(mark.hit, hit);
  EXPECT_EQ(mark.strikes, hit);
  EXPECT_FALSE(mark.in_force);
  EXPECT_EQ(mark.ended - mark.began, duration{20s});
  f.quiet();
  f.expect_nothing_lost();
}

TEST(power_loss, with_a_ramp_reaches_one_device_after_another) {
  fault_fleet f{{.devices = 50}};
  f.start();
  auto fault = fault_of(effect::power_loss, 0s, 60s);
  fault.ramp = 20s;
  f.add(fault);
  std::uint64_t before = 0;
  for (int i = 0; i < 10; ++i) {
    f.run(2s);
    EXPECT_GE(f.off(), before);
    EXPECT_LE(f.off(), before + 16) << "a tenth of them, more or less";
    before = f.off();
    if (i == 4) {
      EXPECT_GT(before, 15U);
      EXPECT_LT(before, 35U);
    }
  }
  EXPECT_EQ(before, 50U);
  EXPECT_EQ(f.mark("power_loss").hit, 50U);
  f.run(50s);
  EXPECT_EQ(f.online(), 50U);
  f.quiet();
  f.expect_nothing_lost();
}

TEST(power_loss, keeps_boards_off_until_the_last_of_several_faults_is_over) {
  fault_fleet f{{.devices = 5}};
  f.start();
  f.add(fault_of(effect::power_loss, 0s, 10s));
  f.add(fault_of(effect::dead_battery, 5s));
  f.run(15s);
  EXPECT_FALSE(f.mark("power_loss").in_force);
  EXPECT_EQ(f.off(), 5U);
  f.run(1h);
  EXPECT_EQ(f.off(), 5U) << "nobody changed the battery";
  f.remove("dead_battery");
  EXPECT_EQ(f.off(), 0U);
  f.run(10s);
  EXPECT_EQ(f.online(), 5U);
  EXPECT_EQ(f.slot(0).board.boots(), 2U) << "one boot for both";
}

TEST(power_loss, holds_for_devices_that_start_while_it_lasts_and_over_their_crashes) {
  fault_fleet f{{.devices = 4}};
  f.build();
  f.add(fault_of(effect::power_loss, 0s, 60s));
  f.run(5s);
  const auto start = f.world.now();
  f.tell(actors::run_devices{});
  f.run(30s);
  EXPECT_EQ(f.off(), 4U);
  EXPECT_EQ(f.mark("power_loss").began, start) << "counted from run_devices";
  f.tell(actors::crash_device{1});
  f.run(10s);
  EXPECT_EQ(f.off(), 4U);
  EXPECT_EQ(f.online(), 0U);
  f.run(30s);
  EXPECT_EQ(f.online(), 4U);
  EXPECT_LE(f.slot(1).board.boots(), 2U);
}

TEST(power_loss, ends_when_the_run_goes_quiet_so_that_everything_drains) {
  fault_fleet f{{.devices = 10}};
  f.start(10500ms);
  auto fault = fault_of(effect::dead_battery);
  f.add(fault);
  auto later = fault_of(effect::power_loss, 10s, 100s);
  f.add(later);
  f.run(5s);
  ASSERT_EQ(f.off(), 10U);
  f.quiet(60s);
  EXPECT_EQ(f.off(), 0U);
  EXPECT_EQ(f.online(), 10U) << "what was to come did not strike";
  EXPECT_EQ(f.mark("power_loss").began, never);
  f.expect_nothing_lost();
  f.stop();
  EXPECT_TRUE(f.ended());
}

TEST(power_loss, does_not_keep_a_fleet_from_its_end) {
  fault_fleet f{{.devices = 6}};
  f.start();
  f.add(fault_of(effect::dead_battery));
  f.run(5s);
  ASSERT_EQ(f.off(), 6U);
  f.tell(actors::stop_devices{2s});
  f.run(1s);
  EXPECT_TRUE(f.ended());
  EXPECT_EQ(f.off(), 0U);
}

TEST(reboot_loop, reboots_again_and_again_without_a_word) {
  fault_fleet f{{.devices = 10}};
  f.start();
  f.add(fault_of(effect::reboot_loop, 0s, 35s));
  for (std::uint32_t round = 1; round <= 4; ++round) {
    f.run(5s);
    EXPECT_EQ(f.slot(3).board.boots(), 1 + round) << "every ten seconds";
    EXPECT_EQ(f.online(), 10U) << "in between they work";
    f.run(5s);
  }
  f.run(60s);
  EXPECT_EQ(f.slot(3).board.boots(), 5U);
  EXPECT_EQ(f.online(), 10U);
  EXPECT_EQ(f.mark("reboot_loop").strikes, 40U);
  EXPECT_EQ(f.mark("reboot_loop").hit, 10U);
  const auto& ends = f.twin->counters().ends;
  EXPECT_EQ(cloud::value(ends[static_cast<std::size_t>(cloud::end_reason::disconnected)]), 0U);
  f.quiet();
  f.expect_nothing_lost();
}

TEST(actor_crash, is_answered_by_the_supervisor_and_loses_nothing) {
  fault_fleet f{{.devices = 20}};
  f.start();
  auto fault = half_of(fault_of(effect::actor_crash, 1s));
  fault.every = 100s;
  fault.span = 250s;
  f.add(fault);
  f.run(300s);
  const auto hit = f.mark("actor_crash").hit;
  ASSERT_GT(hit, 3U);
  EXPECT_EQ(f.mark("actor_crash").strikes, 3 * hit);
  EXPECT_EQ(f.sum([](const actors::meters& m) { return m.restarts.load(); }), 3 * hit);
  EXPECT_EQ(f.online(), 20U);
  f.quiet();
  f.expect_nothing_lost();
}

TEST(actor_crash, beyond_the_restart_limit_is_reported_and_hangs_nothing) {
  actors::restart_policy policy;
  policy.per_device_max = 3;
  fault_fleet f{{.devices = 4, .restarts = policy}};
  f.start();
  auto fault = fault_of(effect::actor_crash);
  fault.every = 500ms;
  fault.span = 120s;
  fault.select.among = {{1, 2}};
  f.add(fault);
  f.run(130s);
  EXPECT_EQ(f.sum([](const actors::meters& m) { return m.abandoned.load(); }), 2U);
  EXPECT_EQ(f.shards[0]->crashes.size(), 2U * 4);
  EXPECT_EQ(f.online(), 2U) << "the neighbours are spared";
  EXPECT_EQ(f.mark("actor_crash").strikes, 2U * 4) << "what is not there cannot crash";
  EXPECT_EQ(f.sum([](const actors::meters& m) { return m.in_flight.load(); }), 0U);
  f.stop();
  EXPECT_TRUE(f.ended());
}

template <class Cloud>
void expect_power_to_come_and_go(Cloud& cloud, fault_fleet& f) {
  f.start(5s);
  ASSERT_EQ(f.online(), 1U);
  f.add(fault_of(effect::power_loss, 0s, 20s));
  f.run(1s);
  EXPECT_EQ(f.off(), 1U);
  const auto posts = cloud.posts();
  f.run(18s);
  EXPECT_EQ(cloud.posts(), posts);
  f.run(10s);
  EXPECT_EQ(f.online(), 1U);
  EXPECT_GT(cloud.posts(), posts);
  EXPECT_EQ(f.slot(0).board.boots(), 2U);
  f.add(fault_of(effect::reboot_loop, 0s, 25s));
  f.run(40s);
  EXPECT_EQ(f.slot(0).board.boots(), 5U);
  EXPECT_EQ(f.online(), 1U);
  f.quiet();
  const auto up = cloud.office.totals(f.slot(0).uplink);
  EXPECT_GT(up.acknowledged, 20U);
  EXPECT_EQ(up.lost, 0U);
  EXPECT_EQ(up.unexpected + up.corrupted, 0U);
}

TEST(power_loss, comes_and_goes_for_a_device_that_posts_over_coap) {
  hal::address peer;
  fault_fleet f{{.devices = 1, .product = [&peer](auto& p) {
                   p.post.emplace();
                   p.peer = peer;
                 }}};
  actors::test::coap_cloud cloud{f.world.home(), 5683};
  peer = cloud.at();
  expect_power_to_come_and_go(cloud, f);
  f.stop();
}

TEST(power_loss, comes_and_goes_for_a_device_that_posts_over_http) {
  hal::address peer;
  fault_fleet f{{.devices = 1, .product = [&peer](auto& p) {
                   p.post.emplace().protocol = actors::post_protocol::http;
                   p.peer = peer;
                 }}};
  actors::test::http_cloud cloud{f.world.home(), 8080};
  peer = cloud.at();
  expect_power_to_come_and_go(cloud, f);
  f.stop();
}

} // namespace
} // namespace fleet
