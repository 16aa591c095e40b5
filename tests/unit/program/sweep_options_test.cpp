// The flags of sweeps, and what goes with them.
#include "fleet/options.hpp"

#include <gtest/gtest.h>

namespace fleet::program {

namespace {

using words = std::vector<std::string_view>;

run_options taken(const words& line) {
  auto got = parse_options(line);
  if (!got || !std::holds_alternative<run_options>(got.value())) {
    ADD_FAILURE() << (got ? "another subcommand" : got.error().message);
    return {};
  }
  return std::get<run_options>(std::move(got).value());
}

/// The sentence, without what stands before and after it.
std::string refused(const words& line) {
  const auto got = parse_options(line);
  if (got) {
    return "accepted";
  }
  const auto& message = got.error().message;
  const std::string_view start = "fleet run: ";
  return message.substr(start.size(), message.find('\n') - start.size());
}

} // namespace

TEST(sweep_options, are_off_by_default) {
  const auto o = taken({"run", "--virtual"}).sweep;
  EXPECT_EQ(o.count, 0U);
  EXPECT_EQ(o.folder, "fleet-sweep");
}

TEST(sweep_options, are_taken_with_a_seed) {
  const auto o = taken({"run", "--virtual", "--sweep", "200", "--seed", "7", "--shrink",
                        "--sweep-all", "--sweep-dir", "d", "--sweep-jobs", "3", "--quiet"});
  EXPECT_EQ(o.sweep.count, 200U);
  EXPECT_TRUE(o.sweep.shrink);
  EXPECT_TRUE(o.sweep.all);
  EXPECT_EQ(o.sweep.folder, "d");
  EXPECT_EQ(o.sweep.jobs, 3U);
  EXPECT_EQ(o.seed, 7U);
}

TEST(sweep_options, need_the_virtual_world) {
  EXPECT_EQ(refused({"run", "--sweep", "200"}),
            "--sweep needs a world that one seed repeats; add --virtual");
}

TEST(sweep_options, contradict_all_that_a_scenario_would_say) {
  for (const auto& more : {words{"--devices", "5"}, words{"--scenario", "s.yaml"},
                           words{"--json", "j"}, words{"--qos", "0"}, words{"--grace", "1s"}}) {
    words line{"run", "--virtual", "--sweep", "3"};
    line.insert(line.end(), more.begin(), more.end());
    EXPECT_EQ(refused(line),
              "--sweep makes its scenarios itself; leave " + std::string{more.front()} + " out");
  }
}

TEST(sweep_options, are_nothing_without_a_sweep) {
  EXPECT_EQ(refused({"run", "--virtual", "--shrink"}), "--shrink is about sweeps; add --sweep");
  EXPECT_EQ(refused({"run", "--sweep-jobs", "2"}), "--sweep-jobs is about sweeps; add --sweep");
}

TEST(sweep_options, have_ranges) {
  EXPECT_NE(refused({"run", "--virtual", "--sweep", "0"}), "accepted");
  EXPECT_NE(refused({"run", "--virtual", "--sweep", "2", "--sweep-jobs", "300"}), "accepted");
}

} // namespace fleet::program
