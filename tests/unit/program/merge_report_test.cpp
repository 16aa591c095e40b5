// Reports of parts in one, and as messages.
#include <gtest/gtest.h>

#include "fleet/report/merge.hpp"
#include "fleet/report/workers.hpp"
#include "fleet/workers/packing.hpp"

namespace fleet::program {
namespace {

report::run_facts part(std::uint64_t sent, std::uint64_t arrived) {
  report::run_facts out;
  auto& product = out.products.emplace_back();
  product.ledger_known = true;
  product.online_end = 3;
  product.expected_end = 4;
  product.uplink.attempted = product.uplink.acknowledged = sent;
  product.uplink.accepted = arrived;
  product.uplink.lost = sent - arrived;
  out.ledger_known = out.uplink_known = true;
  out.uplink = product.uplink;
  out.online_end = 3;
  out.expected_end = 4;
  out.process.cpu_s = 1.5;
  out.process.rss_max_bytes = 1000;
  out.shadows_waiting = 1;
  out.latencies[0].buckets[200] = sent;
  out.latencies[0].count = sent;
  out.latencies[0].sum_us = sent * 10;
  out.latencies[0].max_us = sent;
  out.troubles.push_back({"timed out", sent, "device_1", "detail"});
  out.crashes.push_back({"device_2", "what", "events"});
  auto& traffic = out.traffic.emplace_back();
  traffic.kind = "call";
  traffic.product = "lamps";
  traffic.rate = 2;
  traffic.attempted = sent;
  traffic.unanswered = 1;
  traffic.may_fail = true;
  out.failures.emplace_back("a failure");
  return out;
}

report::run_facts whole_of(const std::vector<report::run_facts>& parts) {
  report::run_facts out;
  out.products.emplace_back().devices = 6;
  out.online_end = out.expected_end = 99; // as it was seen
  report::begin_parts(out);
  for (const auto& one : parts) {
    report::add_part(out, one);
  }
  return out;
}

TEST(merged_report, has_the_sums_of_its_parts) {
  const auto whole = whole_of({part(10, 10), part(7, 6)});
  EXPECT_EQ(whole.uplink.attempted, 17U);
  EXPECT_EQ(whole.uplink.lost, 1U);
  EXPECT_EQ(whole.products[0].uplink.accepted, 16U);
  EXPECT_EQ(whole.online_end, 6U);
  EXPECT_EQ(whole.expected_end, 8U);
  EXPECT_EQ(whole.products[0].expected_end, 8U);
  EXPECT_EQ(whole.shadows_waiting, 2U);
  EXPECT_DOUBLE_EQ(whole.process.cpu_s, 3.0);
  EXPECT_EQ(whole.latencies[0].count, 17U);
  EXPECT_EQ(whole.latencies[0].buckets[200], 17U);
  EXPECT_EQ(whole.latencies[0].max_us, 10U);
  EXPECT_TRUE(whole.ledger_known && whole.uplink_known);
}

TEST(merged_report, joins_what_has_one_name) {
  const auto whole = whole_of({part(10, 10), part(7, 7)});
  ASSERT_EQ(whole.troubles.size(), 1U);
  EXPECT_EQ(whole.troubles[0].count, 17U);
  EXPECT_EQ(whole.crashes.size(), 2U);
  ASSERT_EQ(whole.traffic.size(), 1U);
  EXPECT_DOUBLE_EQ(whole.traffic[0].rate, 4.0);
  EXPECT_EQ(whole.traffic[0].unanswered, 2U);
  EXPECT_TRUE(whole.traffic[0].may_fail);
}

TEST(merged_report, has_the_rate_of_what_goes_to_all_once) {
  auto one = part(4, 4);
  one.traffic[0].kind = "broadcast";
  EXPECT_DOUBLE_EQ(whole_of({one, one}).traffic.at(0).rate, 2.0);
  EXPECT_DOUBLE_EQ(whole_of({part(4, 4), part(4, 4)}).traffic.at(0).rate, 4.0);
}

TEST(merged_report, keeps_two_entries_of_one_kind_apart) {
  auto one = part(1, 1);
  one.traffic.push_back(one.traffic.front());
  EXPECT_EQ(whole_of({one, one}).traffic.size(), 2U);
}

TEST(merged_report, knows_the_ledger_only_if_each_part_does) {
  auto lost = part(5, 5);
  lost.ledger_known = lost.uplink_known = lost.products[0].ledger_known = false;
  const auto whole = whole_of({part(10, 10), lost});
  EXPECT_FALSE(whole.ledger_known);
  EXPECT_FALSE(whole.products[0].uplink_known());
  EXPECT_EQ(whole.uplink.acknowledged, 15U);
}

TEST(packed_report, comes_out_as_it_went_in) {
  const auto back = unpacked(packed(part(10, 9)), 1);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->uplink.lost, 1U);
  EXPECT_EQ(back->products[0].uplink.accepted, 9U);
  EXPECT_EQ(back->products[0].online_end, 3U);
  EXPECT_EQ(back->online_end, 3U);
  EXPECT_EQ(back->process.rss_max_bytes, 1000U);
  EXPECT_EQ(back->shadows_waiting, 1U);
  EXPECT_EQ(back->latencies[0].buckets, part(10, 9).latencies[0].buckets);
  EXPECT_EQ(back->latencies[0].count, 10U);
  EXPECT_EQ(back->latencies[0].sum_us, 100U);
  EXPECT_EQ(back->troubles[0].example_detail, "detail");
  EXPECT_EQ(back->crashes[0].last_events, "events");
  EXPECT_EQ(back->traffic[0].unanswered, 1U);
  EXPECT_EQ(back->failures, part(1, 1).failures);
}

TEST(packed_report, says_that_its_part_of_the_ledger_file_is_too_long) {
  auto short_one = packed(part(1, 1));
  put_ledger_lines(short_one, "1234", 4);
  EXPECT_EQ(short_one.ledger_lines, "1234");
  EXPECT_EQ(short_one.failures, part(1, 1).failures);
  auto long_one = packed(part(1, 1));
  put_ledger_lines(long_one, "12345", 4);
  EXPECT_EQ(long_one.ledger_lines, "");
  ASSERT_EQ(long_one.failures.size(), short_one.failures.size() + 1);
  EXPECT_TRUE(long_one.failures.back().starts_with("the ledger file lacks its devices"));
  auto with_accounts = packed(part(1, 1));
  with_accounts.last.accounts = "ab";
  put_ledger_lines(with_accounts, "123", 4);
  EXPECT_EQ(with_accounts.ledger_lines, "") << "there is not room for both";
  EXPECT_EQ(with_accounts.failures.size(), long_one.failures.size());
}

TEST(packed_report, of_another_run_is_none) {
  EXPECT_FALSE(unpacked(packed(part(1, 1)), 2));
  auto short_row = packed(part(1, 1));
  short_row.uplink.pop_back();
  EXPECT_FALSE(unpacked(short_row, 1));
  auto wild_bin = packed(part(1, 1));
  wild_bin.latencies[0][0] = 1'000'000;
  EXPECT_FALSE(unpacked(wild_bin, 1));
  auto no_numbers = packed(part(1, 1));
  no_numbers.numbers.clear();
  EXPECT_FALSE(unpacked(no_numbers, 1));
}

TEST(workers_in_json, stand_at_its_end) {
  report::worker_fact lost;
  lost.number = 2;
  lost.first = 10;
  lost.devices = 10;
  lost.ranges = {{10, 4}, {40, 6}};
  lost.lost_at_s = 3.5;
  lost.acknowledged = 42;
  lost.events = {{2.5, "its machine has slept for 12.0 s"}};
  const auto text = report::with_workers(report::to_json(whole_of({part(1, 1)})), {lost});
  EXPECT_NE(text.find("\"workers\": [{\"worker\":2,\"first\":10,\"devices\":10"),
            std::string::npos);
  EXPECT_NE(text.find(R"("ranges":[{"first":10,"devices":4},{"first":40,"devices":6}])"),
            std::string::npos);
  EXPECT_NE(text.find("\"acknowledged\":42,\"uplink\":null"), std::string::npos);
  EXPECT_NE(text.find("\"events\":[{\"at_s\":2.5,\"what\":\"its machine has slept for 12.0 s\"}]"),
            std::string::npos);
  EXPECT_TRUE(text.ends_with("]\n}\n"));
  const auto told = report::to_text(std::vector{lost});
  EXPECT_NE(told.find("10 to 13, 40 to 45; lost at 3.5 s: "), std::string::npos) << told;
  EXPECT_TRUE(told.ends_with("\n  - at 2.5 s: its machine has slept for 12.0 s\n")) << told;
  EXPECT_EQ(report::to_text(std::vector<report::worker_fact>{}), "");
}

} // namespace
} // namespace fleet::program
