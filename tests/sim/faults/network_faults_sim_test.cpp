// Faults of links as their driver orders them: that they reach the links they select, grow by their
// ramp, hold over reboots and end with their window. What each does to octets is the links' own.
#include "tests/sim/faults/fault_fleet.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using actors::latency;
using actors::outcome;
using faults::effect;
using support::fault_fleet;
using support::fault_of;
using support::half_of;

/// What the acknowledgements of `span` took at most.
duration slowest_within(fault_fleet& f, duration span) {
  const auto all = [&f] {
    actors::histogram_snapshot out;
    f.shards[0]->counts.latencies[static_cast<std::size_t>(latency::publish_ack)].read(out);
    return out;
  };
  const auto before = all();
  f.run(span);
  const double seconds = all().since(before).quantile(1.0);
  return duration{static_cast<std::int64_t>(seconds * 1e9)};
}

std::uint64_t came_to(const fault_fleet& f, outcome what) {
  return f.sum([what](const actors::meters& m) {
    return m.outcomes[static_cast<std::size_t>(what)].load();
  });
}

TEST(latency, grows_with_its_ramp_and_is_over_when_it_is) {
  fault_fleet f;
  f.start();
  EXPECT_LT(slowest_within(f, 5s), 50ms);
  auto slow = fault_of(effect::latency, 0s, 60s);
  slow.by = 500ms;
  slow.ramp = 40s;
  f.add(slow);
  f.run(20s);
  const auto half = slowest_within(f, 2s);
  EXPECT_GT(half, 450ms) << "half of it, in both directions";
  EXPECT_LT(half, 700ms);
  f.run(20s);
  const auto whole = slowest_within(f, 10s);
  EXPECT_GT(whole, 900ms);
  EXPECT_LT(whole, 1200ms);
  f.run(20s);
  EXPECT_LT(slowest_within(f, 5s), 50ms);
  EXPECT_EQ(f.mark("latency").hit, 20U);
  EXPECT_EQ(f.sum([](const auto& m) { return m.disconnects_unplanned.load(); }), 0U);
  f.quiet();
  f.expect_nothing_lost();
}

TEST(partition, cuts_its_devices_off_and_lets_them_back_in) {
  fault_fleet f{{.devices = 20, .product = [](auto& p) {
                   p.keep_alive_s = 30;
                   p.interval = 40s; // who says enough is not asked whether it hears anything
                 }}};
  f.start(30s);
  f.add(half_of(fault_of(effect::partition, 0s, 5min)));
  f.run(4min);
  const auto hit = f.mark("partition").hit;
  ASSERT_GT(hit, 3U);
  EXPECT_EQ(f.online(), 20U - hit);
  f.run(3min);
  EXPECT_EQ(f.online(), 20U);
  f.quiet();
  f.expect_nothing_lost();
}

TEST(refuse, holds_for_devices_that_reboot_and_that_start_while_it_lasts) {
  fault_fleet f{{.devices = 6}};
  f.build();
  auto closed = fault_of(effect::refuse, 0s, 60s);
  closed.select.among = {{0, 2}};
  f.add(closed);
  f.run(1s);
  f.tell(actors::run_devices{});
  f.run(30s);
  // At the same moment the first attempt goes out: who came through before is not refused.
  auto loop = fault_of(effect::reboot_loop, 0s, 1s);
  f.add(loop);
  f.run(20s);
  EXPECT_EQ(f.online(), 3U);
  EXPECT_GT(came_to(f, outcome::connection_refused), 3U);
  f.run(100s);
  EXPECT_EQ(f.online(), 6U);
  f.quiet();
  f.expect_nothing_lost();
}

TEST(stall, ends_when_the_run_goes_quiet) {
  fault_fleet f;
  f.start();
  f.add(fault_of(effect::stall, 0s, 1h));
  f.run(5s);
  const auto up = f.uplink();
  EXPECT_LT(up.acknowledged, up.attempted);
  f.quiet();
  f.expect_nothing_lost();
}

TEST(power_loss, is_silence_to_the_cloud_until_the_device_comes_back) {
  fault_fleet f{{.devices = 5, .product = [](auto& p) { p.keep_alive_s = 600; }}};
  f.start();
  const auto ends = [&f] {
    std::uint64_t out = 0;
    for (const auto& each : f.twin->counters().ends) {
      out += cloud::value(each);
    }
    return out;
  };
  f.add(fault_of(effect::power_loss, 0s, 60s));
  f.run(55s);
  EXPECT_EQ(f.off(), 5U);
  EXPECT_EQ(ends(), 0U) << "nobody said good-bye";
  f.run(30s);
  EXPECT_EQ(f.online(), 5U);
  f.quiet();
  f.expect_nothing_lost();
}

TEST(links, are_plain_again_after_faults_of_all_kinds_that_were_removed) {
  fault_fleet f{{.devices = 10}};
  f.start();
  std::vector<std::string> names;
  for (const auto& info : faults::effects()) {
    if (info.of == faults::domain::network && info.shape == faults::shape::window) {
      auto fault = fault_of(info.what, 0s, 1h);
      fault.ramp = 10s;
      names.push_back(fault.name);
      f.add(fault);
    }
  }
  f.run(60s);
  EXPECT_TRUE(f.slot(4).board.link.disturbed_by().cut);
  EXPECT_TRUE(f.slot(4).board.link.disturbed_by().refuse);
  for (const auto& name : names) {
    EXPECT_EQ(f.mark(name).hit, 10U) << name;
    f.remove(name);
  }
  f.run(90s);
  EXPECT_EQ(f.online(), 10U);
  EXPECT_EQ(f.slot(4).board.link.disturbed_by(), hal::link_disturbance{});
  EXPECT_LT(slowest_within(f, 5s), 50ms);
}

} // namespace
} // namespace fleet
