// What a sweep finds in how a run ended and in its report.
#include "fleet/sweep/invariants.hpp"

#include <csignal>

#include <gtest/gtest.h>

namespace fleet::sweep {

namespace {

using sentences = std::vector<std::string>;

std::string report(const std::string& failures = "[]", const std::string& uplink = "\"lost\":0",
                   int online = 20, const std::string& crashes = "[]") {
  return R"({"digest":"0123456789abcdef","failures":)" + failures
         + R"(,"devices":{"expected_end":20,"online_end":)" + std::to_string(online)
         + R"(},"ledger":{"lost":0,"uplink":{)" + uplink + R"(},"downlink":{"lost":0}},"crashes":)"
         + crashes + "}";
}

/// With so many messages unfinished each way, of a product behind gateways.
std::string unfinished(int up, int down) {
  auto text = report();
  text.pop_back();
  return text + R"(,"products":[{"name":"p1","ledger":{"uplink":{},"downlink":{}}},)"
         + R"({"name":"p1c","ledger":{"uplink":{"unfinished":)" + std::to_string(up)
         + R"(},"downlink":{"unfinished":)" + std::to_string(down) + "}}}]}";
}

sentences wrong(const std::string& text, int code = 0) {
  return violations({child_end::exited, code, ""}, text, {});
}

} // namespace

TEST(sweep_invariants, hold_for_a_good_run) {
  EXPECT_EQ(wrong(report()), sentences{});
}

TEST(sweep_invariants, are_those_of_the_runs_own_verdict) {
  EXPECT_EQ(
      wrong(report(R"(["uplink: 2 messages acknowledged and lost: expected 0","b \"q\""])"), 1),
      (sentences{"uplink: 2 messages acknowledged and lost: expected 0", "b \"q\""}));
}

TEST(sweep_invariants, are_told_from_the_facts_where_the_verdict_overlooks_them) {
  EXPECT_EQ(wrong(report("[]", R"("lost":3,"unexplained":1)")),
            (sentences{"uplink: 3 messages lost: expected 0",
                       "uplink: 1 messages unexplained: expected 0"}));
  EXPECT_EQ(wrong(unfinished(2, 1)),
            (sentences{"product p1c, uplink: 2 messages unfinished: expected 0",
                       "product p1c, downlink: 1 messages unfinished: expected 0"}));
  EXPECT_EQ(wrong(report("[]", "\"lost\":0", 19)), sentences{"19 of 20 devices online at the end"});
  EXPECT_EQ(wrong(report(), 1), sentences{"it ended with exit code 1 and named no reason"});
}

TEST(sweep_invariants, excuse_what_is_on_its_way_where_the_plan_makes_it_stay_there) {
  const auto told = [](const sweep_plan& plan) { return violations({}, unfinished(2, 1), plan); };
  const std::string up = "product p1c, uplink: 2 messages unfinished: expected 0";
  sweep_plan plan;
  plan.comes_down = true;
  EXPECT_EQ(told(plan), sentences{up});
  auto& rollout = plan.parts.emplace_back();
  rollout.forgetful = {"p1"};
  EXPECT_EQ(told(plan), sentences{up}) << "another product's devices forget";
  rollout.forgetful = {"p1", "p1c"};
  EXPECT_EQ(told(plan), sentences{});
  plan.comes_down = false;
  EXPECT_EQ(told(plan), sentences{});
  plan.parts.clear();
  plan.comes_down = true;
  plan.parts.push_back({part_kind::fault, "", {"p1"}});
  EXPECT_EQ(told(plan), sentences{up}) << "it reaches another product";
  plan.parts.push_back({part_kind::fault, "", {"p1c"}});
  EXPECT_EQ(told(plan), sentences{});
}

TEST(sweep_invariants, take_devices_that_throw_for_failures_unless_that_is_planned) {
  const auto text = report("[]", "\"lost\":0", 20, R"([{"device":"d","what":"out of range"}])");
  EXPECT_EQ(wrong(text), sentences{"1 devices threw: out of range"});
  sweep_plan planned;
  planned.parts.emplace_back().crashes = true;
  EXPECT_EQ(violations({}, text, planned), sentences{});
}

TEST(sweep_invariants, tell_how_a_run_ended_that_has_no_verdict) {
  EXPECT_EQ(violations({child_end::exited, 2, "one\nfleet run: s.yaml:3:4: no\n"}, {}, {}),
            sentences{"it ended with exit code 2: fleet run: s.yaml:3:4: no"});
  EXPECT_EQ(violations({child_end::signalled, SIGABRT, ""}, report(), {}),
            sentences{"it was ended by signal 6 (Aborted)"});
  EXPECT_EQ(violations({child_end::out_of_time, SIGXCPU, ""}, {}, {}),
            sentences{"it took more than 120 s of processor time"});
  EXPECT_EQ(violations({}, {}, {}), sentences{"it wrote no report"});
  EXPECT_EQ(violations({}, "{\"failures\":[", {}), sentences{"it wrote no report"});
}

TEST(sweep_invariants, know_a_failure_again_by_its_sentence_without_the_numbers) {
  EXPECT_TRUE(alike({"a", "uplink: 12 messages lost"}, {"uplink: 3 messages lost", "c"}));
  EXPECT_FALSE(alike({"uplink: 12 messages lost"}, {"downlink: 12 messages lost"}));
  EXPECT_FALSE(alike({"a"}, {}));
  EXPECT_TRUE(
      alike({digests_differ("0", "0")}, {digests_differ("0123456789abcdef", "cbcbcbcbcbcbcbcb")}));
}

} // namespace fleet::sweep
