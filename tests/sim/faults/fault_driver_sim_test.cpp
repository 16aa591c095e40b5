// The driver of faults in a shard: whom it hits whatever the shards, live faults and their end,
// gateways, what it counts, and that nothing is there without faults.
#include <set>

#include "tests/sim/faults/fault_fleet.hpp"
#include "tests/unit/actors/thing_rig.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using actors::disturbance_of;
using faults::effect;
using support::fault_fleet;
using support::fault_of;
using support::half_of;

std::vector<std::uint32_t> hit_with(std::uint32_t shards, const faults::fault& what) {
  fault_fleet f{{.devices = 60, .shards = shards, .seed = 11, .regions_ppm = {300'000, 500'000}}};
  f.start();
  f.add(what);
  f.run(5s);
  EXPECT_EQ(f.mark(what.name).selected, f.dark().size());
  EXPECT_EQ(f.mark(what.name).shards, shards);
  return f.dark();
}

TEST(fault_driver, hits_the_same_devices_in_one_shard_and_in_four) {
  auto f = half_of(fault_of(effect::power_loss, 0s, 60s));
  const auto one = hit_with(1, f);
  EXPECT_GT(one.size(), 15U);
  EXPECT_LT(one.size(), 45U);
  EXPECT_EQ(hit_with(4, f), one);
  f.name = "another";
  EXPECT_NE(hit_with(4, f), one) << "each fault has its own draw";
}

TEST(fault_driver, selects_by_region_and_range) {
  auto f = fault_of(effect::power_loss, 0s, 60s);
  f.select.regions = 0b10;
  const auto in_region = hit_with(3, f);
  const faults::region_map regions{{300'000, 500'000}};
  std::vector<std::uint32_t> expected;
  for (std::uint32_t i = 0; i < 60; ++i) {
    if (regions.of(11, i) == 1) {
      expected.push_back(i);
    }
  }
  EXPECT_EQ(in_region, expected);
  f.select.regions = 0;
  f.select.among = {{18, 21}, {40, 40}};
  EXPECT_EQ(hit_with(3, f), (std::vector<std::uint32_t>{18, 19, 20, 21, 40}));
}

TEST(fault_driver, follows_a_ramp_in_the_same_order_whatever_the_shards) {
  const auto order = [](std::uint32_t shards) {
    fault_fleet f{{.devices = 24, .shards = shards}};
    f.start();
    auto ramp = fault_of(effect::power_loss, 0s, 60s);
    ramp.ramp = 20s;
    f.add(ramp);
    std::vector<std::vector<std::uint32_t>> out;
    for (int i = 0; i < 20; ++i) {
      f.run(1s);
      out.push_back(f.dark());
    }
    return out;
  };
  const auto one = order(1);
  EXPECT_GT(std::set(one.begin(), one.end()).size(), 10U) << "not all at once";
  EXPECT_EQ(order(4), one);
}

TEST(fault_driver, ends_a_live_fault_that_is_removed_and_forgets_one_that_waits) {
  fault_fleet f{{.devices = 8, .shards = 2}};
  f.start();
  f.add(fault_of(effect::power_loss, 0s, 1h));
  auto waits = fault_of(effect::dead_battery, 5min);
  f.add(waits);
  f.run(5s);
  ASSERT_EQ(f.off(), 8U);
  f.remove("power_loss");
  EXPECT_EQ(f.off(), 0U);
  EXPECT_FALSE(f.mark("power_loss").in_force);
  f.remove("dead_battery");
  f.remove("nothing of that name");
  EXPECT_EQ(f.mark("dead_battery").began, never);
  EXPECT_NE(f.mark("dead_battery").ended, never);
  f.run(10min);
  EXPECT_EQ(f.online(), 8U);
  f.add(fault_of(effect::power_loss, 0s, 10s)); // the name is free again
  f.run(5s);
  EXPECT_EQ(f.off(), 8U);
}

TEST(fault_driver, is_not_there_without_faults_of_its_own) {
  fault_fleet f{{.devices = 3}};
  f.start();
  EXPECT_EQ(f.shards[0]->parts[0].around.faults, nullptr);
  EXPECT_EQ(f.shards[0]->faults.size(), 0U);
  f.add(fault_of(effect::drop_acks));
  f.add(fault_of(effect::firmware_slow));
  EXPECT_EQ(f.shards[0]->faults.size(), 0U) << "the cloud's";
}

TEST(fault_driver, takes_no_more_faults_than_it_has_room_for) {
  fault_fleet f{{.devices = 1}};
  f.start();
  for (std::size_t i = 0; i <= faults::timeline::faults_max; ++i) {
    auto fault = fault_of(effect::clock_jump, 1h);
    fault.name = "jump " + std::to_string(i);
    f.tell(actors::add_fault{std::make_shared<const faults::fault>(fault)});
  }
  f.run(1s);
  EXPECT_EQ(f.shards[0]->faults.size(), faults::timeline::faults_max);
  for (std::uint32_t round = 0; f.shards[0]->faults.size() < actors::fault_marks::marks_max;) {
    constexpr std::uint32_t first = faults::timeline::faults_max;
    f.remove(round < first ? "jump " + std::to_string(round)
                           : "again " + std::to_string(round - first));
    auto fault = fault_of(effect::clock_jump, 1h);
    fault.name = "again " + std::to_string(round++);
    f.add(fault);
    ASSERT_LE(round, actors::fault_marks::marks_max);
  }
  f.remove("again "
           + std::to_string(actors::fault_marks::marks_max - 2 * faults::timeline::faults_max));
  f.add(fault_of(effect::clock_jump));
  EXPECT_EQ(f.shards[0]->faults.size(), actors::fault_marks::marks_max);
  EXPECT_EQ(f.slot(0).board.clock.offset_ms(f.world.now()), 0) << "the last one was not taken";
}

TEST(fault_driver, counts_each_round_of_a_fault_that_strikes_again_and_again) {
  fault_fleet f{{.devices = 10}};
  f.start();
  auto fault = half_of(fault_of(effect::reset, 1s));
  fault.every = 30s;
  fault.span = 100s;
  f.add(fault);
  f.run(10s);
  const auto hit = f.mark("reset").hit;
  ASSERT_GT(hit, 0U);
  EXPECT_TRUE(f.mark("reset").in_force) << "others are to come";
  f.run(120s);
  EXPECT_EQ(f.mark("reset").hit, hit);
  EXPECT_EQ(f.mark("reset").strikes, 4 * hit);
  EXPECT_FALSE(f.mark("reset").in_force);
  EXPECT_EQ(f.sum([](const actors::meters& m) { return m.reconnects.load(); }), 4 * hit);
  EXPECT_EQ(f.online(), 10U);
  f.quiet();
  f.expect_nothing_lost();
}

TEST(fault_driver, acts_on_a_gateways_link_for_the_devices_behind_it) {
  const auto lamp = [](actors::product_settings& p) {
    p.features.model = actors::test::lamp_model();
    p.features.reports.push_back({actors::report_kind::properties, {}, 2s, {}, {}});
  };
  fault_fleet f{{.devices = 22, .product = lamp, .child = lamp, .children = 20}};
  f.start(10s);
  ASSERT_EQ(f.online(), 2U);
  auto tear = fault_of(effect::reset);
  tear.select.among = {{13, 15}, {20, 20}}; // behind the second gateway: 12 to 21
  f.add(tear);
  f.run(10s);
  EXPECT_EQ(f.mark("reset").selected, 1U);
  EXPECT_EQ(f.mark("reset").strikes, 1U) << "once for all behind it";
  EXPECT_EQ(f.slot(0).connections, 1U);
  EXPECT_EQ(f.slot(1).connections, 2U);
  auto dark = fault_of(effect::power_loss, 0s, 10s);
  dark.select = tear.select;
  f.add(dark);
  f.run(5s);
  EXPECT_EQ(f.mark("power_loss").selected, 0U) << "they have no board of their own";
  EXPECT_EQ(f.off(), 0U);
  f.stop();
}

TEST(fault_driver, is_the_same_to_the_octet_under_the_same_seed) {
  const auto digest = [](std::uint64_t seed) {
    fault_fleet f{{.devices = 30, .shards = 2, .seed = seed}};
    f.build();
    auto loop = half_of(fault_of(effect::reboot_loop, 2s, 50s));
    loop.ramp = 5s;
    f.add(loop);
    f.add(half_of(fault_of(effect::reset, 20s)));
    f.add(half_of(fault_of(effect::power_loss, 30s, 20s)));
    f.tell(actors::run_devices{});
    f.run(120s);
    EXPECT_EQ(f.online(), 30U);
    return f.world.digest();
  };
  EXPECT_EQ(digest(5), digest(5));
  EXPECT_NE(digest(5), digest(6));
}

TEST(disturbance_of, is_as_strong_as_the_ramp_is_far) {
  auto f = fault_of(effect::latency);
  EXPECT_EQ(disturbance_of(f, 500'000).latency, duration{150ms});
  EXPECT_EQ(disturbance_of(f, faults::whole_ppm).latency, duration{300ms});
  EXPECT_EQ(disturbance_of(fault_of(effect::jitter), 500'000).jitter, duration{50ms});
  EXPECT_EQ(disturbance_of(fault_of(effect::loss), 250'000).loss_ppm, 50'000U);
  EXPECT_EQ(disturbance_of(fault_of(effect::duplication), 500'000).duplicate_ppm, 25'000U);
  EXPECT_EQ(disturbance_of(fault_of(effect::corruption), 500'000).corrupt_ppm, 500U);
  const auto late = disturbance_of(fault_of(effect::reordering), 500'000);
  EXPECT_EQ(late.reorder_ppm, 50'000U);
  EXPECT_EQ(late.hold_back, duration{200ms});
  EXPECT_EQ(disturbance_of(fault_of(effect::bandwidth), faults::whole_ppm).octets_per_s, 10'000U);
  EXPECT_EQ(disturbance_of(fault_of(effect::slicing), faults::whole_ppm).slice_octets, 1U);
  EXPECT_TRUE(disturbance_of(fault_of(effect::stall), faults::whole_ppm).stall);
  EXPECT_TRUE(disturbance_of(fault_of(effect::refuse), faults::whole_ppm).refuse);
  EXPECT_TRUE(disturbance_of(fault_of(effect::dns_failure), faults::whole_ppm).dns_failure);
  EXPECT_TRUE(disturbance_of(fault_of(effect::tls_failure), faults::whole_ppm).tls_failure);
  EXPECT_TRUE(disturbance_of(fault_of(effect::partition), faults::whole_ppm).cut);
  EXPECT_FALSE(disturbance_of(fault_of(effect::power_loss), faults::whole_ppm).cut);
}

} // namespace
} // namespace fleet
