// The connection face as a strict device has it: registrations, who gets what, lost links.
#include "tests/unit/actors/connection_rig.hpp"

namespace fleet::actors {
namespace {

using namespace test;

struct a_connection : connection_under {
  a_connection() : connection_under(rules_of(false)) {}
};
TEST(cmp_topics, stand_where_their_uri_type_says) {
  const alink::device_pair who{"PK", "DN"};
  EXPECT_EQ("/sys/PK/DN/thing/x", topic_of(uri_type::sys, who, "thing/x"));
  EXPECT_EQ("/ext/PK/DN/x", topic_of(uri_type::ext, who, "x"));
  EXPECT_EQ("any/where", topic_of(uri_type::undefine, who, "any/where"));
  EXPECT_EQ("/PK/DN/user/get", topic_of(uri_type::own, who, "user/get"));
}

TEST(cmp_topics, have_codes_with_the_numbers_of_the_sdk) {
  // aliyun-iot.md §21
  EXPECT_EQ(-12, static_cast<int>(connection_code::not_supported));
  EXPECT_EQ(-24, static_cast<int>(connection_code::refused));
  EXPECT_EQ(-27, static_cast<int>(connection_code::not_connected));
  EXPECT_EQ(-41, static_cast<int>(connection_code::bad_topic));
  EXPECT_EQ(-42, static_cast<int>(connection_code::list_full));
  EXPECT_EQ(-43, static_cast<int>(connection_code::unknown_topic));
}

TEST(cmp_topics, fit_better_with_a_name_than_with_a_wildcard) {
  const lines best_first{"a/b/c", "a/b/+", "a/b/#", "a/+/c", "a/+/+", "a/#", "+/b/c", "#"};
  for (std::size_t i = 0; i < best_first.size(); ++i) {
    for (std::size_t j = 0; j < best_first.size(); ++j) {
      EXPECT_EQ(i < j, fits_better(best_first[i], best_first[j]))
          << best_first[i] << " " << best_first[j];
    }
  }
  // Both fit `a`.
  EXPECT_TRUE(fits_better("a", "a/#"));
  EXPECT_FALSE(fits_better("a/#", "a"));
}

TEST_F(a_connection, subscribes_and_unsubscribes_while_it_runs) {
  EXPECT_EQ(connection_code::done, add("/a"));
  EXPECT_EQ(lines{"sub /a 1"}, asked());
  EXPECT_TRUE(told().empty());
  granted();
  EXPECT_EQ(lines{"1 registered"}, told());
  EXPECT_EQ(topic_fit::handled, arrives("/a"));
  EXPECT_EQ(lines{"1 got /a"}, told());

  EXPECT_EQ(connection_code::done, it.unregister_topic("/a"));
  EXPECT_EQ(lines{"unsub /a"}, asked());
  EXPECT_EQ(topic_fit::late, arrives("/a")); // the far side may still have some on the way
  EXPECT_TRUE(told().empty());
  EXPECT_TRUE(it.unsubscribed(channel.last));
  EXPECT_EQ(lines{"1 unregistered"}, told());
  EXPECT_EQ(topic_fit::nobody, arrives("/a"));
  EXPECT_EQ(0U, it.registered());
}

TEST_F(a_connection, sends_with_and_without_acknowledgement) {
  cloud_message m;
  m.topic = "/up";
  m.payload = as_bytes("x");
  EXPECT_EQ(connection_code::done, it.send(m));
  m.how = delivery::acknowledged;
  EXPECT_EQ(connection_code::done, it.send(m));
  EXPECT_EQ((lines{"pub /up x 0", "pub /up x 1"}), asked());
  it.lost();
  EXPECT_EQ(connection_code::not_connected, it.send(m));
}

TEST_F(a_connection, gives_a_message_to_the_most_fitting_handler) {
  add("/a/#", 1);
  add("/a/+", 2);
  add("/a/b", 3);
  for (const auto topic : {"/a/b", "/a/c", "/a/c/d", "/a"}) {
    EXPECT_EQ(topic_fit::handled, arrives(topic));
  }
  EXPECT_EQ((lines{"3 got /a/b", "2 got /a/c", "1 got /a/c/d", "1 got /a"}), told());
  for (std::uint16_t id = 1; id <= 3; ++id) {
    EXPECT_TRUE(it.subscribed(id, true));
  }
  told();
  // Without the best one the next best has it.
  EXPECT_EQ(connection_code::done, it.unregister_topic("/a/b"));
  EXPECT_EQ(topic_fit::handled, arrives("/a/b"));
  EXPECT_EQ(lines{"2 got /a/b"}, told());
}

TEST_F(a_connection, leaves_the_devices_own_topics_to_it) {
  it.hold("/own/+");
  it.hold("/own/+");
  EXPECT_EQ(topic_fit::held, arrives("/own/x"));
  EXPECT_EQ(connection_code::failed, add("/own/+"));
  EXPECT_EQ(connection_code::unknown_topic, it.unregister_topic("/own/+"));
  // Something closer goes to its handler all the same, something wider does not.
  EXPECT_EQ(connection_code::done, add("/own/x", 1));
  EXPECT_EQ(connection_code::done, add("/own/#", 2));
  EXPECT_EQ(topic_fit::handled, arrives("/own/x"));
  EXPECT_EQ(topic_fit::held, arrives("/own/y"));
  EXPECT_EQ(topic_fit::handled, arrives("/own/y/z"));
  EXPECT_EQ((lines{"1 got /own/x", "2 got /own/y/z"}), told());
  EXPECT_EQ(2U, it.registered());
}

TEST_F(a_connection, asks_anew_for_what_is_registered_already) {
  add("/a", 1);
  EXPECT_EQ(connection_code::done, add("/a", 2)); // unanswered: the answer is for this one, too
  EXPECT_EQ(lines{"sub /a 1"}, asked());
  granted();
  EXPECT_EQ(lines{"2 registered"}, told());
  EXPECT_EQ(connection_code::done, add("/a", 3));
  EXPECT_EQ(lines{"sub /a 1"}, asked());
  EXPECT_EQ(topic_fit::handled, arrives("/a"));
  granted();
  EXPECT_EQ((lines{"3 got /a", "3 registered"}), told());
  EXPECT_EQ(1U, it.registered());
}

TEST_F(a_connection, asks_for_another_qos_once_the_first_is_answered) {
  add("/a", 1, mqtt::qos::at_most_once);
  add("/a", 1, mqtt::qos::at_least_once);
  EXPECT_EQ(lines{"sub /a 0"}, asked());
  granted();
  EXPECT_EQ(lines{"sub /a 1"}, asked());
  EXPECT_TRUE(told().empty());
  granted();
  EXPECT_EQ(lines{"1 registered"}, told());
}

// A repeat of the older request must not undo the later one, so there is one a filter at a time.
TEST_F(a_connection, changes_its_mind_only_after_the_answer) {
  add("/a");
  EXPECT_EQ(connection_code::done, it.unregister_topic("/a"));
  EXPECT_EQ(connection_code::unknown_topic, it.unregister_topic("/a"));
  EXPECT_EQ(lines{"sub /a 1"}, asked());
  granted();
  EXPECT_EQ(lines{"unsub /a"}, asked());
  EXPECT_EQ(connection_code::done, add("/a"));
  EXPECT_TRUE(asked().empty());
  EXPECT_TRUE(it.unsubscribed(channel.last));
  EXPECT_EQ(lines{"sub /a 1"}, asked());
  EXPECT_TRUE(told().empty());
  granted();
  EXPECT_EQ(lines{"1 registered"}, told());
}

TEST_F(a_connection, is_told_of_a_refusal_and_forgets_the_topic) {
  add("/a");
  EXPECT_TRUE(it.subscribed(channel.last, false));
  EXPECT_EQ(lines{"1 refused"}, told());
  EXPECT_EQ(0U, it.registered());
  EXPECT_EQ(connection_code::unknown_topic, it.unregister_topic("/a"));
  asked();
  // What was refused is not asked for again by itself, on no connection.
  reconnect(false);
  EXPECT_TRUE(asked().empty());
  // And what was unregistered before the refusal needs no UNSUBSCRIBE.
  add("/b");
  EXPECT_EQ(connection_code::done, it.unregister_topic("/b"));
  asked();
  EXPECT_TRUE(it.subscribed(channel.last, false));
  EXPECT_EQ(lines{"1 unregistered"}, told());
  EXPECT_TRUE(asked().empty());
}

TEST_F(a_connection, remembers_what_is_registered_offline) {
  it.lost();
  EXPECT_EQ(connection_code::done, add("/a", 1));
  EXPECT_EQ(connection_code::done, add("/b", 2));
  EXPECT_EQ(connection_code::done, it.unregister_topic("/b"));
  EXPECT_EQ(lines{"2 unregistered"}, told()); // it was never asked for
  EXPECT_TRUE(asked().empty());
  it.welcomed(true);
  EXPECT_TRUE(asked().empty()); // the device's own come first
  it.online();
  EXPECT_EQ(lines{"sub /a 1"}, asked());
}

TEST_F(a_connection, registers_again_where_the_session_was_lost) {
  add("/a", 1);
  granted();
  add("/b", 2);
  granted();
  asked();
  told();
  reconnect(true);
  EXPECT_TRUE(asked().empty());
  EXPECT_EQ(topic_fit::handled, arrives("/a"));
  told();
  reconnect(false);
  EXPECT_EQ((lines{"sub /a 1", "sub /b 1"}), asked());
}

TEST_F(a_connection, asks_again_for_what_the_link_left_unanswered) {
  add("/a", 1);
  add("/b", 2);
  EXPECT_TRUE(it.subscribed(2, true));
  EXPECT_EQ(connection_code::done, it.unregister_topic("/b"));
  asked();
  told();
  // The session is kept: whether either arrived is unknown.
  reconnect(true);
  EXPECT_EQ((lines{"sub /a 1", "unsub /b"}), asked());
  EXPECT_FALSE(it.subscribed(1, true)); // the former connection's
  // It is not kept: there is nothing to give back.
  reconnect(false);
  EXPECT_EQ(lines{"sub /a 1"}, asked());
  EXPECT_EQ(lines{"2 unregistered"}, told());
}

TEST_F(a_connection, gives_back_later_what_was_unregistered_offline) {
  add("/a", 1);
  granted();
  asked();
  it.lost();
  EXPECT_EQ(connection_code::done, it.unregister_topic("/a"));
  EXPECT_EQ(topic_fit::late, arrives("/a"));
  it.welcomed(true);
  it.online();
  EXPECT_EQ(lines{"unsub /a"}, asked());
}

TEST_F(a_connection, waits_for_room_for_its_requests) {
  channel.room = 1;
  add("/a", 1);
  EXPECT_EQ(connection_code::done, add("/b", 2));
  EXPECT_EQ(connection_code::done, add("/c", 3));
  EXPECT_EQ(lines{"sub /a 1"}, asked());
  channel.room = 1;
  granted();
  EXPECT_EQ(lines{"sub /b 1"}, asked());
  channel.room = 1;
  EXPECT_TRUE(it.subscribed(channel.last, false));
  EXPECT_EQ(lines{"sub /c 1"}, asked());
  // Room comes with the answers of others, too.
  add("/d", 4);
  EXPECT_TRUE(asked().empty());
  channel.room = 1;
  EXPECT_FALSE(it.subscribed(999, true));
  EXPECT_EQ(lines{"sub /d 1"}, asked());
}

TEST_F(a_connection, takes_a_hundred_topics_and_no_more) {
  it.hold("/own");
  for (std::size_t i = 0; i < platform_topics_max; ++i) {
    channel.room = 1;
    ASSERT_EQ(connection_code::done, add("/t/" + std::to_string(i)));
    granted();
  }
  channel.room = 100;
  EXPECT_EQ(connection_code::list_full, add("/one/more"));
  EXPECT_EQ(connection_code::done, add("/t/7")); // no new one
  EXPECT_EQ(connection_code::done, it.unregister_topic("/t/3"));
  EXPECT_EQ(connection_code::list_full, add("/one/more")); // until the far side has let go of it
  EXPECT_TRUE(it.unsubscribed(channel.last));
  EXPECT_EQ(connection_code::done, add("/one/more"));
}

TEST_F(a_connection, refuses_what_is_no_filter) {
  for (const auto bad : {"", "/a/#/b", "/a+", "/\xff"}) {
    EXPECT_EQ(connection_code::bad_topic, add(bad)) << bad;
  }
  EXPECT_EQ(connection_code::done, add("no/slash/\xc3\xa4"));
  EXPECT_EQ(connection_code::unknown_topic, it.unregister_topic("/never"));
}

TEST_F(a_connection, may_be_called_by_its_handlers) {
  add("/a", 1);
  add("/b", 2);
  EXPECT_EQ(connection_code::done, it.unregister_topic("/a"));
  asked();
  handler.then = &it;
  EXPECT_TRUE(it.subscribed(2, true));
  EXPECT_EQ(lines{"sub /again 0"}, asked());
  EXPECT_TRUE(it.subscribed(1, false));
  EXPECT_EQ((lines{"2 registered", "1 unregistered"}), told());
  reconnect(false);
  EXPECT_EQ((lines{"sub /b 1", "sub /again 0"}), asked());
}

} // namespace
} // namespace fleet::actors
