// What a device does about a session that its server kept and that it knows nothing of, packet by
// packet; and about one that ended half subscribed.
#include <gtest/gtest.h>

#include "tests/unit/actors/driven_device.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;
using cleans = std::vector<bool>;

std::vector<unsigned> types(const support::recorder& link) {
  std::vector<unsigned> out;
  for (const auto& p : mqtt::test::cut(as_bytes(link.received))) {
    out.push_back(p.type);
  }
  return out;
}

std::uint64_t count(const test::driven_device& d, outcome what) {
  return d.counts.outcomes[static_cast<std::size_t>(what)].load();
}

TEST(unknown_session, is_discarded_by_a_clean_one_before_the_first_message_MQTT_3_1_2_6) {
  test::driven_device d;
  d.cloud.session = true;
  d.boot();
  EXPECT_EQ((cleans{false, true, false}), d.cloud.cleans);
  ASSERT_EQ(3U, d.cloud.door.guests.size());
  const std::vector<unsigned> in_and_out{1, 14};
  EXPECT_EQ(in_and_out, types(*d.cloud.door.guests[0])); // [MQTT-3.14.4-1]
  EXPECT_EQ(in_and_out, types(*d.cloud.door.guests[1]));
  EXPECT_EQ(phase::online, d.it().now_in());
  EXPECT_EQ(2U, d.cloud.filters.size());
  EXPECT_FALSE(d.cloud.said.empty());
  // One connection, as far as anybody counts.
  EXPECT_EQ(1U, d.slot->connections);
  EXPECT_EQ(1U, count(d, outcome::accepted));
  histogram_snapshot connects;
  d.counts.latencies[static_cast<std::size_t>(latency::connect)].read(connects);
  EXPECT_EQ(1U, connects.count);
  EXPECT_EQ(0U, d.counts.reconnects.load() + d.counts.disconnects_unplanned.load());
  EXPECT_TRUE(d.troubles.empty());
}

TEST(unknown_session, is_replaced_without_a_back_off) {
  test::driven_device d;
  d.product.backoff.first = seconds{60};
  d.cloud.session = true;
  d.boot(std::chrono::milliseconds{100});
  EXPECT_EQ(phase::online, d.it().now_in());
}

TEST(unknown_session, is_discarded_however_often_the_link_breaks_meanwhile) {
  test::driven_device d;
  d.cloud.session = true;
  d.boot(duration{0});
  while (d.cloud.connects < 1) {
    d.run(std::chrono::microseconds{10});
  }
  d.cloud.cuts = 2;
  d.cloud.session = true; // of the two attempts that are cut, neither discards it
  d.run(seconds{20});
  EXPECT_EQ((cleans{false, true, true, true, false}), d.cloud.cleans);
  EXPECT_EQ((std::vector<outcome>{outcome::closed_by_peer, outcome::closed_by_peer}), d.troubles);
  EXPECT_EQ(phase::online, d.it().now_in());
  EXPECT_EQ(1U, d.slot->connections);
}

TEST(unknown_session, of_a_server_that_will_not_discard_it_is_taken_and_subscribed) {
  test::driven_device d;
  d.cloud.session = true;
  d.cloud.remembers = true;
  d.boot();
  EXPECT_EQ((cleans{false, true, false}), d.cloud.cleans);
  EXPECT_EQ(phase::online, d.it().now_in());
  EXPECT_EQ(2U, d.cloud.filters.size());
}

TEST(unknown_session, is_the_devices_own_when_the_cloud_is_as_new_and_only_to_be_subscribed) {
  test::driven_device d;
  d.product.cloud_is_new = true;
  d.cloud.cuts = 1; // its CONNECT arrived, and no CONNACK came back
  d.cloud.session = true;
  d.boot(seconds{5});
  EXPECT_EQ((cleans{false, false}), d.cloud.cleans);
  EXPECT_EQ(phase::online, d.it().now_in());
  EXPECT_EQ(1U, d.slot->connections);
  EXPECT_EQ(2U, d.cloud.filters.size());
}

TEST(known_session, is_resumed_after_a_broken_link_and_after_a_crash) {
  test::driven_device d;
  d.boot();
  d.cloud.session = true;
  d.cloud.cut();
  d.run(seconds{5});
  d.crash();
  d.boot();
  EXPECT_EQ((cleans{false, false, false}), d.cloud.cleans);
  EXPECT_EQ(2U, d.cloud.filters.size()) << "subscribed once";
  EXPECT_EQ(3U, d.slot->connections);
}

TEST(known_session, goes_on_with_its_packet_ids_after_a_crash_MQTT_4_4_0_1) {
  test::driven_device d;
  d.cloud.acknowledges = false;
  d.boot(seconds{4});
  const auto before = d.cloud.said;
  ASSERT_GE(before.size(), 2U);
  d.crash();
  EXPECT_EQ(0U, d.counts.in_flight.load());
  d.cloud.session = true;
  d.cloud.acknowledges = true;
  d.boot(seconds{4});
  EXPECT_EQ(d.slot->uplink.attempted(), d.slot->uplink.acknowledged());
  EXPECT_EQ(before.size(), d.counts.resent.load());
  ASSERT_GT(d.cloud.said.size(), 2 * before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].payload, d.cloud.said[before.size() + i].payload);
    EXPECT_EQ(before[i].packet_id, d.cloud.said[before.size() + i].packet_id);
  }
  EXPECT_GT(d.cloud.said[2 * before.size()].packet_id, before.back().packet_id);
}

TEST(known_session, is_subscribed_again_when_its_link_broke_before_all_was_granted) {
  test::driven_device d;
  d.cloud.grants = false;
  d.boot();
  EXPECT_EQ(phase::subscribing, d.it().now_in());
  d.cloud.grants = true;
  d.cloud.session = true;
  d.cloud.cut();
  d.run(seconds{5});
  EXPECT_EQ((cleans{false, false}), d.cloud.cleans);
  EXPECT_EQ(4U, d.cloud.filters.size());
  EXPECT_EQ(phase::online, d.it().now_in());
}

TEST(clean_session, is_asked_for_each_time_and_never_renewed) {
  test::driven_device d;
  d.product.clean_session = true;
  d.cloud.session = true;
  d.boot();
  d.cloud.cut();
  d.run(seconds{5});
  EXPECT_EQ((cleans{true, true}), d.cloud.cleans);
  EXPECT_EQ(4U, d.cloud.filters.size());
}

} // namespace
} // namespace fleet::actors
