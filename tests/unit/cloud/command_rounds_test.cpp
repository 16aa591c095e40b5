// When the rounds of commands come to whom; what a command is, and who is online, is elsewhere.
#include <gtest/gtest.h>

#include "tests/support/twin_peers.hpp"

namespace fleet {
namespace {

using cloud::profile;
using support::own_topic;
using support::twin_bench;

/// Commands that every device was sent, in order of the devices.
std::vector<std::uint64_t> sent_to(const twin_bench& bench, std::uint32_t devices) {
  std::vector<std::uint64_t> out;
  for (std::uint32_t i = 0; i < devices; ++i) {
    const auto* account = bench.twin->account_of(i);
    out.push_back(account == nullptr ? 0 : account->downlink.attempted());
  }
  return out;
}

TEST(command_rounds, come_to_everybody_once_in_the_first_interval_too) {
  constexpr std::uint32_t devices = 8;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    twin_bench bench{twin_bench::of(profile::linkdevelop)};
    for (std::uint32_t i = 0; i < devices; ++i) {
      bench.arrive_device(i).subscribe(
          own_topic(bench.credentials, i, "/sys", "thing/service/property/set"), 1);
    }
    bench.settle();
    cloud::command_options commands;
    commands.interval = std::chrono::seconds{20};
    commands.seed = seed;
    bench.twin->start_commands(commands);
    bench.settle(std::chrono::milliseconds{19'990}); // the next one begins at 20 s
    EXPECT_EQ(sent_to(bench, devices), std::vector<std::uint64_t>(devices, 1)) << "seed " << seed;
    bench.settle(std::chrono::seconds{20});
    EXPECT_EQ(sent_to(bench, devices), std::vector<std::uint64_t>(devices, 2)) << "seed " << seed;
  }
}

TEST(command_rounds, come_in_the_same_interval_to_a_device_whose_place_is_before_the_others) {
  // One device alone first, which the wheel waits for; the others may come before it.
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    twin_bench bench{twin_bench::of(profile::linkdevelop)};
    cloud::command_options commands;
    commands.interval = std::chrono::seconds{80};
    commands.seed = seed;
    bench.twin->start_commands(commands);
    const auto begin = bench.world.now();
    for (std::uint32_t i = 0; i < 4; ++i) {
      bench.arrive_device(i, true).subscribe(
          own_topic(bench.credentials, i, "/sys", "thing/service/property/set"), 1);
    }
    bench.world.run_until(begin + std::chrono::milliseconds{79'990});
    EXPECT_EQ(sent_to(bench, 4), std::vector<std::uint64_t>(4, 1)) << "seed " << seed;
  }
}

} // namespace
} // namespace fleet
