// Fewer and fewer parts, and plans that get smaller.
#include "fleet/sweep/shrink.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "fleet/sweep/shrink_plan.hpp"

namespace fleet::sweep {

using namespace std::chrono_literals;

namespace {

/// Fails where all of these are there; notes that no subset is asked twice.
class needing {
public:
  explicit needing(subset wanted) : wanted_(std::move(wanted)) {}

  bool operator()(const subset& kept) {
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
    EXPECT_TRUE(asked_.insert(kept).second) << "asked twice";
    return std::includes(kept.begin(), kept.end(), wanted_.begin(), wanted_.end());
  }

private:
  subset wanted_;
  std::set<subset> asked_;
};

shrunk shrink_to(std::size_t count, subset wanted, std::size_t most = 500) {
  return fewest(count, needing{std::move(wanted)}, most);
}

sweep_plan big_plan() {
  sweep_plan out;
  out.run_for = 8min;
  out.products = {
      {"p1", 64, "", 0, "", ""}, {"p2", 8, "p2c", 8, "", ""}, {"p2c", 0, "", 0, "", ""}};
  out.firmware_server = "{rate: 1MiB}";
  for (int i = 0; i < 8; ++i) {
    out.parts.push_back({part_kind::fault, "f" + std::to_string(i), {}});
    out.parts.push_back({part_kind::traffic, "t" + std::to_string(i), {i < 4 ? "p1" : "p2"}});
  }
  return out;
}

bool has(const sweep_plan& plan, std::string_view text) {
  return std::any_of(plan.parts.begin(), plan.parts.end(),
                     [text](const planned_part& p) { return p.text == text; });
}

} // namespace

TEST(sweep_shrink, finds_each_single_part) {
  for (std::size_t count = 1; count <= 9; ++count) {
    for (std::size_t wanted = 0; wanted < count; ++wanted) {
      EXPECT_EQ(shrink_to(count, {wanted}).kept, subset{wanted}) << count;
    }
  }
}

TEST(sweep_shrink, finds_parts_that_only_fail_together) {
  for (std::size_t a = 0; a < 8; ++a) {
    for (std::size_t b = a + 1; b < 8; ++b) {
      EXPECT_EQ(shrink_to(8, {a, b}).kept, (subset{a, b}));
    }
  }
  EXPECT_EQ(shrink_to(40, {3, 4, 21, 39}).kept, (subset{3, 4, 21, 39}));
}

TEST(sweep_shrink, keeps_all_where_all_are_needed) {
  EXPECT_EQ(shrink_to(5, {0, 1, 2, 3, 4}).kept, (subset{0, 1, 2, 3, 4}));
}

TEST(sweep_shrink, keeps_nothing_where_it_fails_without_any) {
  const auto s = shrink_to(8, {});
  EXPECT_TRUE(s.kept.empty());
  EXPECT_EQ(s.tries, 1U);
  EXPECT_TRUE(shrink_to(0, {}).kept.empty());
}

TEST(sweep_shrink, finds_one_of_many_in_few_tries) {
  EXPECT_LE(shrink_to(256, {200}).tries, 30U);
}

TEST(sweep_shrink, answers_with_what_it_has_when_its_tries_are_used_up) {
  const subset wanted{1, 62};
  const auto s = shrink_to(64, wanted, 10);
  EXPECT_EQ(s.tries, 10U);
  EXPECT_FALSE(s.whole_search);
  EXPECT_TRUE(std::includes(s.kept.begin(), s.kept.end(), wanted.begin(), wanted.end()));
}

TEST(sweep_shrink, is_content_with_no_part_that_can_be_taken_away_alone) {
  // Fails with any three of them: which three does not matter, that they are three does.
  const auto s = fewest(9, [](const subset& kept) { return kept.size() >= 3; });
  EXPECT_EQ(s.kept.size(), 3U);
}

TEST(sweep_shrink, takes_from_a_plan_all_that_it_does_not_need) {
  std::size_t runs = 0;
  const auto small = shrink_plan(big_plan(), [&runs](const sweep_plan& p) {
    ++runs;
    return has(p, "f2") && has(p, "f7") && has(p, "t1") && p.products.front().count >= 5
           && p.run_for >= 1min;
  });
  ASSERT_EQ(small.plan.parts.size(), 3U);
  EXPECT_EQ(small.plan.count_of(part_kind::fault), 2U);
  ASSERT_EQ(small.plan.products.size(), 1U);
  EXPECT_EQ(small.plan.products.front().name, "p1");
  EXPECT_EQ(small.plan.products.front().count, 8U);
  EXPECT_EQ(small.plan.run_for, 1min);
  EXPECT_TRUE(small.plan.firmware_server.empty());
  EXPECT_EQ(small.tries, runs);
}

TEST(sweep_shrink, leaves_what_is_left_its_time_and_the_quiet_part_behind_it) {
  auto whole = big_plan();
  whole.quiet = 90s;
  for (std::size_t i = 0; i < whole.parts.size(); ++i) {
    whole.parts[i].until = std::chrono::seconds{10 * i};
  }
  const auto asked = [&whole](std::string_view needed) {
    return shrink_plan(whole, [needed](const sweep_plan& p) {
      EXPECT_GE(p.run_for, p.least_run());
      return has(p, needed);
    });
  };
  EXPECT_EQ(asked("f0").plan.run_for, 90s);
  EXPECT_EQ(asked("f7").plan.run_for, 140s + 90s);
}

TEST(sweep_shrink, leaves_a_plan_as_it_is_where_nothing_smaller_fails) {
  const auto whole = big_plan();
  const auto small = shrink_plan(whole, [](const sweep_plan&) { return false; });
  EXPECT_EQ(to_yaml(small.plan), to_yaml(whole));
}

TEST(sweep_shrink, never_takes_the_last_product) {
  const auto small = shrink_plan(big_plan(), [](const sweep_plan& p) {
    EXPECT_FALSE(p.products.empty());
    return true;
  });
  // Gateways stay with what is behind them.
  EXPECT_EQ(small.plan.products.size(), 2U);
  EXPECT_EQ(small.plan.devices(), 2U);
}

TEST(sweep_shrink, leaves_out_faults_of_downloads_with_the_last_rollout_that_they_could_hit) {
  auto plan = big_plan();
  plan.parts = {{part_kind::rollout, "r1", {"p1"}}, {part_kind::rollout, "r2", {"p2"}}};
  plan.parts.push_back({.kind = part_kind::fault, .text = "any", .of_downloads = true});
  plan.parts.push_back(
      {.kind = part_kind::fault, .text = "of p1", .about = {"p1"}, .of_downloads = true});
  const auto second = with_parts(plan, {1, 2, 3});
  EXPECT_TRUE(has(second, "any"));
  EXPECT_FALSE(has(second, "of p1")) << "p2 alone downloads";
  EXPECT_FALSE(has(with_parts(plan, {2, 3}), "any"));
  EXPECT_FALSE(has(without_product(without_product(plan, "p1"), "p2"), "any"));
}

} // namespace fleet::sweep
