// A device's session as a channel: what goes out, and by which code it says that it cannot.
#include "actors/device/mqtt_channel.hpp"

#include <gtest/gtest.h>

#include "tests/unit/actors/driven_device.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;

/// A device that says nothing by itself.
struct channel_rig : test::driven_device {
  channel_rig() { product.interval = {}; }
  connection_code send(std::string_view topic, std::string_view payload, delivery how) {
    mqtt_channel channel{parts()};
    cloud_message m;
    m.topic = topic;
    m.payload = as_bytes(payload);
    m.how = how;
    const auto said = channel.send(m);
    run(seconds{1});
    return said;
  }
};

constexpr auto needs_ack = delivery::acknowledged;
constexpr auto no_ack = delivery::unacknowledged;

TEST(mqtt_channel, sends_at_qos_1_what_shall_be_acknowledged) {
  channel_rig d;
  d.boot();
  EXPECT_EQ(connection_code::done, d.send("/up", "one", no_ack));
  EXPECT_EQ(connection_code::done, d.send("/up", "two", needs_ack));
  ASSERT_EQ(2U, d.cloud.said.size());
  EXPECT_EQ(0U, d.cloud.said[0].qos);
  EXPECT_EQ("one", d.cloud.said[0].payload);
  EXPECT_EQ(1U, d.cloud.said[1].qos);
  EXPECT_EQ(0U, d.counts.acknowledged.load()); // the ledger's alone; this one has no cookie
}

TEST(mqtt_channel, says_by_its_code_why_not) {
  channel_rig d;
  d.product.client.in_flight_max = 1;
  d.product.ram_bytes = 8 * 1024;
  d.product.client.receive_limit_bytes = 1024;
  d.cloud.acknowledges = false;
  d.boot();
  EXPECT_EQ(connection_code::bad_topic, d.send("/a/+", "x", no_ack));
  EXPECT_EQ(connection_code::buffer_exceeded, d.send("/a", std::string(9000, 'x'), needs_ack));
  EXPECT_EQ(connection_code::done, d.send("/a", "x", needs_ack));
  EXPECT_EQ(connection_code::list_full, d.send("/a", "y", needs_ack));
  d.cloud.door.guests.back()->stream.reset();
  d.run(std::chrono::milliseconds{100});
  mqtt_channel channel{d.parts()};
  EXPECT_FALSE(channel.open());
  EXPECT_EQ(connection_code::not_connected, channel.send({"/a", {}, no_ack}));
  EXPECT_EQ(connection_code::not_connected,
            channel.subscribe("/a", mqtt::qos::at_most_once).error());
  EXPECT_EQ(connection_code::not_connected, channel.unsubscribe("/a").error());
}

TEST(mqtt_channel, subscribes_and_unsubscribes_within_the_clients_room) {
  channel_rig d;
  d.product.client.requests_max = 2;
  d.boot();
  mqtt_channel channel{d.parts()};
  EXPECT_TRUE(channel.open());
  EXPECT_TRUE(channel.subscribes());
  EXPECT_TRUE(channel.subscribe("/a", mqtt::qos::at_least_once).ok());
  EXPECT_TRUE(channel.unsubscribe("/b").ok());
  EXPECT_EQ(connection_code::list_full, channel.subscribe("/c", mqtt::qos::at_least_once).error());
  EXPECT_EQ(connection_code::list_full, channel.unsubscribe("/c").error());
  d.run(seconds{1});
  EXPECT_TRUE(d.cloud.subscribed("/a"));
  EXPECT_EQ(std::vector<std::string>{"/b"}, d.cloud.unsubscribes);
  EXPECT_EQ(connection_code::bad_topic,
            channel.subscribe("/a/#/b", mqtt::qos::at_least_once).error());
}

} // namespace
} // namespace fleet::actors
