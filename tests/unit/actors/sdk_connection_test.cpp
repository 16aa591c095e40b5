// The connection face as the vendor's SDK behaves (aliyun-iot.md §8.2), and over a channel that
// cannot subscribe (§17.3, §18).
#include "tests/unit/actors/connection_rig.hpp"

namespace fleet::actors {
namespace {

using namespace test;

struct sdk_connection : connection_under {
  sdk_connection() : connection_under(rules_of(true)) {}
};

TEST_F(sdk_connection, needs_a_connection_to_register) {
  add("/a");
  granted();
  asked();
  told();
  it.lost();
  EXPECT_EQ(connection_code::not_connected, add("/b"));
  EXPECT_EQ(connection_code::not_connected, it.unregister_topic("/a"));
  EXPECT_EQ(connection_code::unknown_topic, it.unregister_topic("/b"));
  EXPECT_EQ(1U, it.registered());
  // §8.2: no re-SUBSCRIBE, whatever became of the session.
  it.welcomed(false);
  it.online();
  EXPECT_TRUE(asked().empty());
  EXPECT_EQ(topic_fit::handled, arrives("/a"));
}

TEST_F(sdk_connection, gives_up_what_is_not_answered) {
  add("/a", 1);
  EXPECT_TRUE(it.timed_out(channel.last)); // event 4
  EXPECT_EQ(lines{"1 timed out"}, told());
  EXPECT_FALSE(it.subscribed(channel.last, true));
  EXPECT_EQ(0U, it.registered());

  add("/b", 2);
  granted();
  EXPECT_EQ(connection_code::done, it.unregister_topic("/b"));
  EXPECT_TRUE(it.timed_out(channel.last)); // event 7
  EXPECT_EQ((lines{"2 registered", "2 timed out"}), told());

  add("/c", 3);
  it.lost();
  EXPECT_EQ(lines{"3 timed out"}, told());
  EXPECT_EQ(0U, it.registered());
}

TEST_F(sdk_connection, takes_thirty_topics_and_no_more) {
  for (std::size_t i = 0; i < sdk_topics_max; ++i) {
    ASSERT_EQ(connection_code::done, add("/t/" + std::to_string(i)));
  }
  EXPECT_EQ(connection_code::list_full, add("/one/more"));
}

TEST_F(sdk_connection, remembers_nothing_that_has_no_room_now) {
  channel.room = 1;
  add("/a", 1);
  EXPECT_EQ(connection_code::list_full, add("/b", 2));
  EXPECT_EQ(1U, it.registered());
  granted();
  EXPECT_EQ(connection_code::list_full, it.unregister_topic("/a"));
  EXPECT_EQ(topic_fit::handled, arrives("/a")); // it is registered still
}

TEST_F(sdk_connection, checks_filters_as_the_sdk_does) {
  for (const auto bad : {"no/slash", "/\xc3\xa4", "/a\tb", "/a/#/b"}) {
    EXPECT_EQ(connection_code::bad_topic, add(bad)) << bad;
  }
  EXPECT_EQ(connection_code::done, add("/a b/+/#"));
}

TEST(posting_connection, sends_but_subscribes_nothing) {
  posting_channel channel;
  cloud_connection it{channel, rules_of(false)};
  noted_handler handler;
  it.online();
  EXPECT_EQ(connection_code::not_supported,
            it.register_topic("/a", mqtt::qos::at_least_once, handler, 1));
  EXPECT_EQ(connection_code::not_supported, it.unregister_topic("/a"));
  cloud_message m;
  m.topic = "/PK/DN/update";
  EXPECT_EQ(connection_code::done, it.send(m));
  EXPECT_EQ(lines{"/topic/PK/DN/update"}, channel.posted);
}

} // namespace
} // namespace fleet::actors
