// The verdict on a run that sent nothing, and how the report names what boards did not hold.
#include <gtest/gtest.h>

#include "fleet/report/facts.hpp"

namespace fleet::report {
namespace {

run_facts facts_of_one() {
  run_facts f;
  f.world = "real";
  f.online_max = f.online_end = f.expected_end = f.requested = 5;
  return f;
}

std::uint64_t& skipped(totals& t, actors::skip why) {
  return t.skipped[static_cast<std::size_t>(why)];
}

TEST(verdict, fails_where_reports_were_due_and_none_was_sent) {
  auto f = facts_of_one();
  judge(f);
  EXPECT_TRUE(f.passed()) << "none was due";
  skipped(f.counts, actors::skip::too_large) = 30;
  skipped(f.counts, actors::skip::offline) = 2;
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(), "reports were due and none was sent: 2 while offline, 30 too large "
                                "for the board's memory or the platform");
}

TEST(verdict, passes_where_some_reports_were_sent) {
  auto f = facts_of_one();
  skipped(f.counts, actors::skip::memory) = 30;
  f.counts.published[1] = 1;
  judge(f);
  EXPECT_TRUE(f.passed());
  f.counts.published[1] = 0;
  f.counts.shadow_updates = 1;
  judge(f);
  EXPECT_TRUE(f.passed()) << "shadows are reports too";
}

TEST(verdict, names_the_product_that_sent_nothing) {
  auto f = facts_of_one();
  f.products.resize(2);
  f.products[0].name = "led";
  f.products[0].counts.published[0] = 7;
  f.products[1].name = "lock";
  skipped(f.products[1].counts, actors::skip::window) = 3;
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(), "product lock: reports were due and none was sent: 3 while the "
                                "window was full");
}

TEST(verdict, fails_where_sub_devices_are_not_logged_in_at_the_end) {
  auto f = facts_of_one();
  f.products.resize(2);
  f.products[0].name = "gate";
  f.products[1].name = "meter";
  f.products[1].behind_gateway = true;
  f.products[1].devices = f.products[1].expected_end = 6;
  f.products[1].online_end = 6;
  judge(f);
  EXPECT_TRUE(f.passed());
  f.products[1].online_end = 2;
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(), "product meter: 4 of 6 sub-devices were not online at the end");
  EXPECT_NE(to_text(f).find("6 of them behind gateways, 2 logged in at the end of 6 expected\n"),
            std::string::npos)
      << to_text(f);
  f.failures.clear();
  f.interrupted = true;
  judge(f);
  EXPECT_TRUE(f.passed()) << "whoever stops the run may do so while they log in";
}

TEST(verdict, fails_where_calls_of_the_cloud_came_to_nothing) {
  auto f = facts_of_one();
  auto& t = f.traffic.emplace_back();
  t.kind = "rrpc";
  t.product = "meter";
  t.attempted = 60;
  t.answered = 50;
  t.offline = 10;
  judge(f);
  EXPECT_TRUE(f.passed()) << "whoever was not there yet is nobody's fault";
  t.answered = 40;
  t.refused = 5;
  t.timed_out = 3;
  t.unanswered = 2;
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(), "cloud traffic, rrpc of product meter: 5 refused, 3 timed out, 2 "
                                "without an answer of 60: expected 0");
  f.failures.clear();
  t.may_fail = true;
  judge(f);
  EXPECT_TRUE(f.passed()) << "as the scenario has it";
  t.skipped = 7;
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(), "cloud traffic, rrpc of product meter: 7 not attempted because too "
                                "many had no answer of 67: expected 0");
  EXPECT_NE(to_json(f).find("\"skipped\": 7"), std::string::npos);
}

TEST(verdict, tells_why_orders_were_refused_and_who_should_have_been_there) {
  auto f = facts_of_one();
  auto& t = f.traffic.emplace_back();
  t.kind = "property_set";
  t.product = "led";
  t.attempted = 60;
  t.refused = 6;
  t.not_subscribed = 3;
  t.busy = 2;
  t.offline = 9;
  t.absent = 4;
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(),
            "cloud traffic, property_set of product led: 6 refused (3 not subscribed, 2 busy), 4 "
            "offline though the load has them on of 60: expected 0");
  EXPECT_NE(to_text(f).find("of them 3 not subscribed, 2 busy, 4 offline though to be on\n"),
            std::string::npos)
      << to_text(f);
  for (const auto* part : {"\"not_subscribed\": 3", "\"busy\": 2", "\"absent\": 4"}) {
    EXPECT_NE(to_json(f).find(part), std::string::npos) << part;
  }
  t.refused = t.not_subscribed = t.busy = 0;
  f.failures.clear();
  judge(f);
  EXPECT_FALSE(f.passed());
  f.failures.clear();
  t.may_fail = true;
  judge(f);
  EXPECT_TRUE(f.passed());
}

TEST(verdict, fails_where_devices_refused_commands_unless_that_may_be) {
  auto f = facts_of_one();
  f.products.resize(2);
  f.products[0].name = "gate";
  f.products[1].name = "led";
  std::size_t at = 0;
  while (dialect_counts[at].from != &actors::meters::commands_refused) {
    ++at;
  }
  f.products[1].counts.dialect[at] = 3;
  f.traffic.emplace_back().product = "gate";
  f.traffic.back().may_fail = true;
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(), "product led: its devices refused 3 commands: expected 0");
  f.failures.clear();
  f.traffic.back().product = "led";
  judge(f);
  EXPECT_TRUE(f.passed());
}

TEST(verdict, fails_where_the_cloud_answered_with_errors_unless_that_may_be) {
  auto f = facts_of_one();
  f.products.resize(2);
  f.products[0].name = "gate";
  f.products[0].errors_expected = true;
  f.products[1].name = "led";
  f.products[1].counts.replies_bad = 30;
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(), "product led: 30 replies of the cloud with an error: expected 0");
  f.failures.clear();
  f.products[1].errors_expected = true;
  judge(f);
  EXPECT_TRUE(f.passed());
  f.products[1].counts.replies_unexcused = 2; // to something else
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(), "product led: 2 replies of the cloud with an error: expected 0");
}

TEST(verdict, fails_where_configurations_were_not_fetched_unless_their_push_may_fail) {
  auto f = facts_of_one();
  f.products.resize(1);
  f.products[0].name = "led";
  std::size_t at = 0;
  while (dialect_counts[at].from != &actors::meters::configs_failed) {
    ++at;
  }
  f.products[0].counts.dialect[at] = 2;
  auto& t = f.traffic.emplace_back();
  t.product = "led";
  t.may_fail = true; // of another kind
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(),
            "product led: 2 configurations offered and not fetched: expected 0");
  f.failures.clear();
  t.pushes_configs = true;
  judge(f);
  EXPECT_TRUE(f.passed());
  t.product = "lock";
  judge(f);
  EXPECT_FALSE(f.passed());
}

TEST(verdict, names_what_the_twin_dropped_beside_what_is_lost) {
  auto f = facts_of_one();
  f.over_bound = 12;
  judge(f);
  EXPECT_TRUE(f.passed()) << "none of them is missed";
  f.uplink.lost = 8;
  f.downlink.lost = 1;
  judge(f);
  ASSERT_EQ(f.failures.size(), 2U);
  EXPECT_EQ(f.failures[0],
            "uplink: 8 messages acknowledged and lost (the twin dropped 12 publishes "
            "as beyond its bounds): expected 0");
  EXPECT_EQ(f.failures[1], "downlink: 1 messages acknowledged and lost: expected 0");
}

TEST(verdict, names_what_was_refused_there_and_passes) {
  auto f = facts_of_one();
  f.uplink_known = f.ledger_known = true;
  EXPECT_EQ(to_text(f).find("refused there"), std::string::npos);
  f.uplink.refused = 14;
  judge(f);
  EXPECT_TRUE(f.passed());
  EXPECT_NE(to_text(f).find("refused there              14             0\n"), std::string::npos)
      << to_text(f);
  EXPECT_NE(to_json(f).find("\"refused\": 14"), std::string::npos);
}

product_fact product_of(std::string name, bool tagged) {
  product_fact p;
  p.name = std::move(name);
  p.devices = 5;
  p.ledger_known = true;
  p.uplink_tagged = tagged;
  p.uplink.attempted = p.uplink.acknowledged = 40;
  p.uplink.accepted = tagged ? 40 : 0;
  p.uplink.lost = tagged ? 0 : 40;
  p.downlink.attempted = p.downlink.acknowledged = p.downlink.accepted = 9;
  return p;
}

TEST(verdict, is_not_about_reports_that_carry_no_tag) {
  auto f = facts_of_one();
  f.products.push_back(product_of("a", false));
  add_up_ledger(f);
  judge(f);
  EXPECT_TRUE(f.passed());
  EXPECT_EQ(f.uplink.attempted, 40U);
  const auto text = to_text(f);
  EXPECT_NE(text.find("lost               not judged             0"), std::string::npos) << text;
  EXPECT_NE(text.find("accepted           not judged             9"), std::string::npos) << text;
  EXPECT_NE(text.find("passed, judged without the reports, which carry no {ledger}"),
            std::string::npos)
      << text;
  const auto json = to_json(f);
  EXPECT_NE(json.find("\"judged\": \"downlink\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"lost\": null"), std::string::npos);
  EXPECT_NE(json.find("\"lost\": 0"), std::string::npos) << "of the commands";
}

TEST(verdict, judges_the_tagged_products_and_names_the_others) {
  auto f = facts_of_one();
  f.products = {product_of("a", true), product_of("b", false)};
  f.products[0].uplink.lost = 1;
  f.products[0].downlink.oversized = 3;
  add_up_ledger(f);
  judge(f);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(), "uplink: 1 messages acknowledged and lost: expected 0");
  const auto text = to_text(f);
  EXPECT_NE(text.find("failed, of b judged without the reports"), std::string::npos) << text;
  EXPECT_NE(text.find("too large          not judged             3"), std::string::npos) << text;
}

TEST(report_of_counts, tells_each_reason_for_itself) {
  auto f = facts_of_one();
  for (std::size_t i = 0; i < actors::skip_count; ++i) {
    f.counts.skipped[i] = i + 1;
  }
  f.counts.oversized = 11;
  const auto text = to_text(f);
  for (const auto* line :
       {"reports not sent: 1 while offline, 2 while the window was full, 3 while the board's "
        "memory "
        "was full, 4 too large for the board's memory or the platform, 5 to a topic that nothing "
        "can be published to\n",
        "too large for the board's receive buffer: 11\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << text;
  }
  const auto json = to_json(f);
  for (const auto* member :
       {"\"skipped_offline\": 1", "\"skipped_window\": 2", "\"skipped_memory\": 3",
        "\"skipped_too_large\": 4", "\"skipped_bad_topic\": 5", "\"oversized\": 11"}) {
    EXPECT_NE(json.find(member), std::string::npos) << member;
  }
  EXPECT_EQ(to_text(facts_of_one()).find("reports not sent"), std::string::npos);
}

} // namespace
} // namespace fleet::report
