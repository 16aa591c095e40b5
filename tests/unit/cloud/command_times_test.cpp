// How long the twin's commands take to be acknowledged, from when each was due; and that whoever is
// late sends them all the same, as of their time.
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud_sim/command_rounds.hpp"
#include "tests/support/bare_home.hpp"
#include "tests/support/lasting_twin.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using cloud::command_outcome;
using cloud::profile;
using support::own_topic;
using support::twin_bench;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr auto once = mqtt::qos::at_least_once;

/// Writes down what it is told: device and milliseconds.
struct noting_watcher final : cloud::command_watcher {
  void on_acknowledged(std::uint32_t device, duration after) override {
    told.emplace_back(device, std::chrono::duration_cast<std::chrono::milliseconds>(after).count());
  }
  std::vector<std::pair<std::uint32_t, std::int64_t>> told;
};

class command_times : public testing::Test {
protected:
  explicit command_times(profile p = profile::linkdevelop)
      : bench([this, p] {
          auto options = twin_bench::of(p);
          options.command_told = &watcher;
          return options;
        }()) {}
  support::guest& listener(std::uint32_t device, int q = 1, bool clean = true) {
    auto& g = bench.arrive_device(device, clean);
    g.subscribe(own_topic(bench.credentials, device, "/sys", "thing/service/property/set"), q);
    bench.settle();
    return g;
  }

  noting_watcher watcher;
  twin_bench bench;
};

TEST_F(command_times, count_from_when_a_command_was_due) {
  listener(5);
  const auto now = bench.world.now();
  EXPECT_EQ(bench.twin->command(5, once, now - 2s), command_outcome::sent);
  EXPECT_EQ(bench.twin->command(5, once), command_outcome::sent) << "due now";
  bench.settle();
  const auto way = watcher.told.back().second;
  EXPECT_LT(way, 50) << "there and back again";
  EXPECT_THAT(watcher.told, ElementsAre(Pair(5U, 2000 + way), Pair(5U, way)));
}

TEST_F(command_times, hold_what_a_device_was_away_for) {
  auto& g = listener(5, 1, false);
  g.fall_silent();
  EXPECT_EQ(bench.twin->command(5, once), command_outcome::sent);
  bench.settle(10s);
  EXPECT_THAT(watcher.told, IsEmpty());
  g.drop();
  bench.arrive_device(5, false);
  bench.settle();
  ASSERT_EQ(watcher.told.size(), 1U);
  EXPECT_GE(watcher.told.front().second, 10'000);
}

TEST_F(command_times, are_of_what_is_acknowledged_alone) {
  listener(5, 0);
  listener(6).fall_silent();
  EXPECT_EQ(bench.twin->command(5, once), command_outcome::sent);
  EXPECT_EQ(bench.twin->command(6, once), command_outcome::sent);
  bench.settle();
  EXPECT_THAT(watcher.told, IsEmpty());
}

struct open_command_times : command_times {
  open_command_times() : command_times(profile::mqtt) {}
};

TEST_F(open_command_times, count_to_the_end_of_qos_2) {
  bench.arrive("dev_000007").subscribe("fleet/dev_000007/down", 2);
  bench.settle();
  EXPECT_EQ(bench.twin->command(7, mqtt::qos::exactly_once, bench.world.now() - 1s),
            command_outcome::sent);
  bench.settle();
  ASSERT_EQ(watcher.told.size(), 1U);
  EXPECT_EQ(watcher.told.front().first, 7U);
  EXPECT_GE(watcher.told.front().second, 1000);
}

TEST(command_times_kept, are_none_of_what_a_twin_had_sent_before_it_died) {
  noting_watcher watcher;
  cloud::twin_options options;
  options.command_told = &watcher;
  support::lasting_broker rig{std::move(options)};
  auto& device = rig.arrive("dev_000007", false);
  device.subscribe("fleet/dev_000007/down", 1);
  rig.settle();
  device.fall_silent();
  EXPECT_EQ(rig.twin->command(7, once), command_outcome::sent);
  rig.settle();
  rig.die_and_live();
  rig.arrive("dev_000007", false);
  rig.settle();
  EXPECT_EQ(rig.twin->account_of(7)->downlink.acknowledged(), 1U);
  EXPECT_THAT(watcher.told, IsEmpty());
  EXPECT_EQ(rig.twin->command(7, once), command_outcome::sent);
  rig.settle();
  EXPECT_EQ(watcher.told.size(), 1U) << "a new one has a time";
}

/// Everybody is there and takes commands.
struct noting_character final : cloud::character {
  [[nodiscard]] std::optional<std::uint64_t>
  place_of(const mqtt::connect_view& /*connect*/) const override {
    return std::nullopt;
  }
  void on_connect(cloud::connection&, const mqtt::connect_view&) override {}
  void on_publish(cloud::connection&, const mqtt::message_view&) override {}
  void on_subscribe(cloud::connection&, std::uint16_t,
                    std::span<const mqtt::server_event::filter>) override {}
  void on_unsubscribe(cloud::connection&, std::span<const std::string_view>) override {}
  void on_will(const mqtt::stored_message&, mqtt::qos, bool) override {}
  std::uint32_t number_of(const cloud::peer&) const override { return 0; }
  void forget(cloud::peer&) override {}
  std::string_view kept_name(const cloud::peer&) const override { return {}; }
  [[nodiscard]] std::optional<std::uint64_t> place_of_kept(std::string_view) const override {
    return std::nullopt;
  }
  void describe(const cloud::peer&, cloud::session_head&) const override {}
  cloud::peer* reseat(std::string_view, const cloud::session_head&) override { return nullptr; }
  void watch(cloud::device_listener*) override {}
  command_outcome command(std::uint32_t device, mqtt::qos, time_point due) override {
    sent[device].push_back(due);
    return command_outcome::sent;
  }
  std::map<std::uint32_t, std::vector<time_point>> sent; ///< by device
};

struct rounds_rig {
  explicit rounds_rig(duration interval)
      : rounds(home, speaker, counters, {.interval = interval, .devices = devices}, devices) {}
  static constexpr std::uint32_t devices = 64;
  support::bare_home home;
  noting_character speaker;
  cloud::twin_counters counters;
  cloud::command_rounds rounds;
};

TEST(late_command_rounds, send_all_that_was_missed_as_of_its_time) {
  rounds_rig rig{10s};
  rig.home.set_now(time_point{} + 40s - 1ns); // nothing of the home ran for four rounds
  ASSERT_EQ(rig.speaker.sent.size(), rounds_rig::devices);
  for (const auto& [device, due] : rig.speaker.sent) {
    ASSERT_EQ(due.size(), 4U) << device;
    EXPECT_LT(due.front() - time_point{}, 10s);
    for (std::size_t i = 1; i < due.size(); ++i) {
      EXPECT_EQ(due[i] - due[i - 1], 10s) << device;
    }
  }
}

TEST(late_command_rounds, leave_nobody_out_whose_place_is_behind_anothers) {
  // Of an interval that no 1024 slots divide, each a whole number of nanoseconds.
  rounds_rig rig{100ms};
  for (int ms = 1; ms <= 300'000; ms += 7) {
    rig.home.set_now(time_point{} + std::chrono::milliseconds{ms});
  }
  std::set<std::size_t> counts;
  for (const auto& [device, due] : rig.speaker.sent) {
    counts.insert(due.size());
  }
  ASSERT_EQ(rig.speaker.sent.size(), rounds_rig::devices);
  EXPECT_GE(*counts.begin(), 2998U);
  EXPECT_LE(*counts.rbegin(), 3000U);
}

TEST(late_command_rounds, make_up_nothing_for_who_came_later) {
  support::bare_home home;
  noting_character speaker;
  cloud::twin_counters counters;
  cloud::command_rounds rounds{home, speaker, counters, {.interval = 10s}, 100};
  home.set_now(time_point{} + 60s);
  rounds.add(3);
  home.set_now(time_point{} + 70s);
  EXPECT_EQ(speaker.sent[3].size(), 1U);
}

} // namespace
} // namespace fleet
