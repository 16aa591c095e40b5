// Reports that are due and do not go out are counted by their reason; and downlink that the board
// has no buffer for.
#include <gtest/gtest.h>

#include "actors/device/mqtt_dialect.hpp"
#include "tests/unit/actors/thing_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;

TEST(skipped_reports, count_a_full_window_apart_from_full_memory) {
  test::driven_device d;
  d.product.client.in_flight_max = 3;
  d.cloud.acknowledges = false;
  d.boot(seconds{10});
  EXPECT_EQ(d.slot->uplink.attempted(), 3U);
  EXPECT_GT(d.counts.skipped_for(skip::window), 4U);
  EXPECT_EQ(d.counts.skipped_for(skip::memory), 0U);
}

TEST(skipped_reports, fill_the_memory_while_nothing_is_acknowledged) {
  test::driven_device d;
  d.product.payload_bytes = 1000;
  d.product.ram_bytes = 6 * 1024;
  d.product.client.receive_limit_bytes = 1024;
  d.cloud.acknowledges = false;
  d.boot(seconds{10});
  EXPECT_GT(d.slot->uplink.attempted(), 1U);
  EXPECT_LT(d.slot->uplink.attempted(), 6U);
  EXPECT_GT(d.counts.skipped_for(skip::memory), 3U);
  EXPECT_EQ(d.counts.skipped_for(skip::too_large), 0U);
}

TEST(skipped_reports, are_too_large_where_an_empty_board_holds_them_not) {
  test::driven_device d;
  d.product.report_bytes = 6 * 1024;
  d.product.ram_bytes = 6 * 1024;
  d.product.client.receive_limit_bytes = 1024;
  d.boot(seconds{10});
  EXPECT_EQ(d.slot->uplink.attempted(), 0U) << "what is not sent is not the ledger's";
  EXPECT_GT(d.counts.skipped_for(skip::too_large), 7U);
  EXPECT_EQ(d.counts.skipped_for(skip::memory), 0U);
}

TEST(skipped_reports, of_a_device_that_lost_its_link_are_due_while_offline) {
  test::driven_device d;
  d.boot(seconds{3});
  d.cloud.door.refuse = true;
  d.cloud.cut();
  d.run(seconds{5});
  EXPECT_GE(d.counts.skipped_for(skip::offline), 4U);
}

TEST(skipped_reports, of_a_thing_are_measured_before_they_are_attempted) {
  test::driven_device d;
  d.product.features.reports.push_back({report_kind::properties, {}, seconds{1}, {}, {}});
  d.product.client.receive_limit_bytes = 1024;
  const auto idle = mqtt::client{d.product.client}.memory_bytes();
  d.product.ram_bytes = static_cast<std::uint32_t>(1024 + idle + 20);
  d.boot(seconds{10});
  EXPECT_EQ(d.slot->uplink.attempted(), 0U);
  EXPECT_GT(d.counts.skipped_for(skip::too_large), 7U);
}

TEST(skipped_reports, of_a_thing_leave_no_question_open) {
  test::lamp d;
  for (const auto kind : {report_kind::properties, report_kind::event, report_kind::batch}) {
    d.report(kind);
  }
  d.product.client.receive_limit_bytes = 1024;
  const auto idle = mqtt::client{d.product.client}.memory_bytes();
  d.product.ram_bytes = static_cast<std::uint32_t>(1024 + idle + 40);
  d.boot(seconds{30});
  EXPECT_EQ(0U, d.slot->uplink.attempted());
  EXPECT_GT(d.counts.skipped_for(skip::too_large), 60U);
  EXPECT_EQ(0U, d.counts.request_timeouts.load());
}

TEST(oversized_downlink, is_counted_for_its_device) {
  test::driven_device d;
  d.product.client.receive_limit_bytes = 256;
  d.boot(seconds{2});
  d.say("/sys/a1FleetDemo/dev_000000/thing/service/property/set",
        R"({"id":"5","params":{"LightSwitch":1}})", 1);
  EXPECT_EQ(d.counts.commands.load(), 1U);
  d.say("/sys/a1FleetDemo/dev_000000/thing/service/property/set", std::string(300, 'x'), 1);
  EXPECT_EQ(d.counts.commands.load(), 1U);
  EXPECT_EQ(d.counts.oversized.load(), 1U);
  EXPECT_EQ(d.slot->oversized, 1U);
}

TEST(mqtt_dialect, knows_before_whether_its_reports_carry_a_tag) {
  const auto names = std::make_shared<alink::generated_credentials>("k");
  EXPECT_TRUE(mqtt_dialect::make({}, names).value()->tags_reports());
  mqtt_texts untagged;
  untagged.payload = "{seq}";
  EXPECT_FALSE(mqtt_dialect::make(untagged, names).value()->tags_reports());
}

} // namespace
} // namespace fleet::actors
