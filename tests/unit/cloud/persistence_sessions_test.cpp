// What the open broker has over its own death: sessions and their messages, subscriptions, retained
// messages. How a session's records are made is unit/mqtt's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/lasting_twin.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using mqtt::test::hex;
using support::lasting_broker;
using support::raw_guest;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

struct persistence_sessions : testing::Test {
  lasting_broker cloud;

  std::string answer(raw_guest& to, std::string_view annotated) {
    to.received.clear();
    to.write(annotated);
    cloud.settle();
    return hex(to.received.view());
  }
};

TEST(persistence_head, comes_back_as_it_was_and_nothing_else_is_taken_for_one) {
  cloud::session_head head;
  head.away = true;
  head.away_since = 1'700'000'000'000;
  head.marks = UINT64_MAX;
  head.subscriptions = {{"a/+/#", mqtt::qos::exactly_once}, {"/", mqtt::qos::at_most_once}};
  byte_buffer out;
  cloud::append_head(out, head);
  const auto back = cloud::read_head(out.view());
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->away);
  EXPECT_EQ(back->away_since, head.away_since);
  EXPECT_EQ(back->marks, head.marks);
  EXPECT_EQ(back->subscriptions, head.subscriptions);
  for (std::size_t size = 0; size < out.size(); ++size) {
    EXPECT_FALSE(cloud::read_head(out.view().first(size))) << size;
  }
  out.push(0);
  EXPECT_FALSE(cloud::read_head(out.view()));
}

TEST_F(persistence_sessions, come_back_with_their_subscriptions_and_what_waited) {
  cloud.arrive_listening("a", "t/+", 2).drop();
  auto& b = cloud.arrive("b");
  b.publish("t/1", "one", 1);
  b.publish("t/2", "two", 2);
  cloud.settle();
  ASSERT_TRUE(b.saw("acknowledged id1 cookie0"));
  cloud.die_and_live();
  EXPECT_EQ(cloud::value(cloud.counts().sessions), 1U); // b's was clean
  auto& c = cloud.arrive("c");
  c.publish("t/3", "three", 1);
  c.publish("u/4", "four", 1);
  cloud.settle();
  auto& again = cloud.arrive("a", false);
  EXPECT_TRUE(again.saw("connected, session present"));
  EXPECT_THAT(again.messages(), ElementsAre("t/1=one q1", "t/2=two q2", "t/3=three q1"));
}

TEST_F(persistence_sessions, die_twice_and_lose_nothing) {
  cloud.arrive_listening("a", "#", 1).drop();
  for (int life = 0; life < 3; ++life) {
    auto& b = cloud.arrive("b");
    b.publish("t", std::to_string(life), 1);
    cloud.settle();
    cloud.die_and_live();
  }
  auto& a = cloud.arrive("a", false);
  EXPECT_THAT(a.messages(), ElementsAre("t=0 q1", "t=1 q1", "t=2 q1"));
  cloud.settle();
  cloud.die_and_live(); // what was acknowledged does not come again
  cloud.settle(1s);
  EXPECT_THAT(cloud.arrive("a", false).messages(), IsEmpty());
}

TEST_F(persistence_sessions, get_what_was_on_its_way_again_with_dup_under_its_packet_id) {
  constexpr std::string_view connect = "10 0d 0004 'MQTT' 04 00 0000 0001 'r'";
  raw_guest first{cloud.world.home(), cloud.at};
  EXPECT_EQ(answer(first, connect), "20 02 00 00");
  EXPECT_EQ(answer(first, "82 06 0001 0001 't' 02"), "90 03 00 01 02");
  first.received.clear();
  auto& b = cloud.arrive("b");
  b.publish("t", "x", 1);
  b.publish("t", "y", 2);
  b.publish("t", "z", 2);
  cloud.settle();
  EXPECT_EQ(hex(first.received.view()), "32 06 00 01 74 00 01 78 34 06 00 01 74 00 02 79 "
                                        "34 06 00 01 74 00 03 7a");
  EXPECT_EQ(answer(first, "50 02 0003"), "62 02 00 03"); // PUBREC
  cloud.die_and_live();
  raw_guest second{cloud.world.home(), cloud.at};
  EXPECT_EQ(answer(second, connect), "20 02 01 00 62 02 00 03 3a 06 00 01 74 00 01 78 "
                                     "3c 06 00 01 74 00 02 79");
  EXPECT_EQ(answer(second, "70 02 0003 40 02 0001 50 02 0002"), "62 02 00 02");
  EXPECT_EQ(answer(second, "70 02 0002"), "");
  cloud.die_and_live();
  raw_guest third{cloud.world.home(), cloud.at};
  // The last two acknowledgements asked for no answer, so they may be lost, and repeat an answer.
  EXPECT_THAT(answer(third, connect), testing::StartsWith("20 02 01 00"));
}

TEST_F(persistence_sessions, take_a_qos_2_message_once_though_the_twin_died_before_its_release) {
  cloud.arrive_listening("a", "t", 2).drop();
  constexpr std::string_view connect = "10 0d 0004 'MQTT' 04 00 0000 0001 'r'";
  raw_guest first{cloud.world.home(), cloud.at};
  answer(first, connect);
  EXPECT_EQ(answer(first, "34 06 0001 't' 0007 'x'"), "50 02 00 07");
  cloud.die_and_live();
  raw_guest second{cloud.world.home(), cloud.at};
  EXPECT_EQ(answer(second, connect), "20 02 01 00");
  EXPECT_EQ(answer(second, "3c 06 0001 't' 0007 'x'"), "50 02 00 07");
  EXPECT_EQ(answer(second, "62 02 0007"), "70 02 00 07");
  EXPECT_EQ(answer(second, "34 06 0001 't' 0007 'y'"), "50 02 00 07"); // another one, after that
  EXPECT_THAT(cloud.arrive("a", false).messages(), ElementsAre("t=x q2", "t=y q2"));
}

TEST_F(persistence_sessions, that_are_clean_leave_nothing) {
  auto& a = cloud.arrive("a");
  a.subscribe("t", 1);
  cloud.settle();
  cloud.die_and_live();
  EXPECT_EQ(cloud::value(cloud.counts().sessions), 0U);
  EXPECT_TRUE(cloud.arrive("a", false).saw("connected"));
}

TEST_F(persistence_sessions, that_were_ended_by_a_clean_one_stay_ended) {
  cloud.arrive_listening("a", "t", 1).drop();
  cloud.arrive("b").publish("t", "old", 1);
  cloud.settle();
  cloud.arrive("a", true).drop();
  cloud.settle();
  cloud.die_and_live();
  auto& a = cloud.arrive("a", false);
  EXPECT_TRUE(a.saw("connected"));
  EXPECT_THAT(a.messages(), IsEmpty());
}

TEST_F(persistence_sessions, keep_changes_of_their_subscriptions) {
  auto& a = cloud.arrive_listening("a", "one/#", 1);
  a.subscribe("two/+/x", 2);
  a.subscribe("/three", 0);
  a.subscribe("#", 1);
  cloud.settle();
  a.subscribe("two/+/x", 1);
  a.unsubscribe("#");
  a.unsubscribe("one/#");
  cloud.settle();
  cloud.die_and_live();
  cloud.settle();
  auto& b = cloud.arrive("b");
  for (const auto* const topic : {"one/1", "two/2/x", "/three", "four"}) {
    b.publish(topic, "m", 2);
  }
  cloud.settle();
  EXPECT_THAT(cloud.arrive("a", false).messages(), ElementsAre("two/2/x=m q1"));
  auto& again = *cloud.guests.back();
  b.publish("/three", "m", 2);
  cloud.settle();
  EXPECT_THAT(again.messages(), ElementsAre("/three=m q0"));
}

TEST_F(persistence_sessions, are_taken_over_as_before) {
  cloud.arrive_listening("a", "t", 1);
  cloud.die_and_live();
  auto& first = cloud.arrive("a", false);
  auto& second = cloud.arrive("a", false);
  EXPECT_TRUE(first.closed);
  EXPECT_TRUE(second.saw("connected, session present"));
  cloud.arrive("b").publish("t", "m", 1);
  cloud.settle();
  EXPECT_THAT(second.messages(), ElementsAre("t=m q1"));
}

TEST_F(persistence_sessions, are_over_when_their_time_is_up_though_the_twin_died_meanwhile) {
  cloud.options.limits.session_expiry = 60min;
  cloud.die_and_live();
  cloud.arrive_listening("early", "t", 1).drop();
  cloud.settle(20min);
  cloud.arrive_listening("late", "t", 1).drop();
  cloud.arrive_listening("there", "t", 1);
  cloud.settle(20min);
  cloud.die_and_live();
  EXPECT_EQ(cloud::value(cloud.counts().sessions), 3U);
  cloud.settle(21min);
  EXPECT_EQ(cloud::value(cloud.counts().sessions), 2U);
  cloud.settle(20min);
  EXPECT_EQ(cloud::value(cloud.counts().sessions), 1U);
  cloud.die_and_live(); // who was there when it died first is away since then
  cloud.settle(20min);
  EXPECT_EQ(cloud::value(cloud.counts().sessions), 0U);
  cloud.die_and_live();
  EXPECT_EQ(cloud::value(cloud.counts().sessions), 0U);
}

TEST_F(persistence_sessions, that_expired_while_there_was_no_twin_are_gone_at_once) {
  cloud.options.limits.session_expiry = 60min;
  cloud.die_and_live();
  cloud.arrive_listening("a", "t", 1).drop();
  cloud.settle();
  cloud.die();
  cloud.settle(61min);
  cloud.live();
  cloud.settle();
  EXPECT_EQ(cloud::value(cloud.counts().sessions_expired), 1U);
  EXPECT_TRUE(cloud.arrive("a", false).saw("connected"));
}

TEST_F(persistence_sessions, share_one_copy_of_a_message_that_all_wait_for) {
  const std::string large(50'000, 'x');
  for (int i = 0; i < 20; ++i) {
    cloud.arrive_listening("s" + std::to_string(i), "t", 1).drop();
  }
  cloud.arrive("b").publish("t", large, 1);
  cloud.settle();
  cloud.options.limits.stored_bytes_max = 100'000;
  cloud.die_and_live();
  cloud.arrive("b").publish("t", "more", 1); // there is still room for it
  cloud.settle();
  EXPECT_EQ(cloud::value(cloud.counts().queue_drops), 0U);
  EXPECT_THAT(cloud.arrive("s7", false).messages(), ElementsAre("t=" + large + " q1", "t=more q1"));
}

TEST_F(persistence_sessions, keep_retained_messages) {
  auto& b = cloud.arrive("b");
  b.publish("r/1", "one", 1, true);
  b.publish("r/2", "two", 2, true);
  b.publish("r/3", "three", 0, true);
  b.publish("r/4", "four", 1, true);
  b.publish("r/2", "new", 0, true);
  b.publish("r/4", "", 1, true);
  cloud.settle();
  cloud.settle(200ms); // QoS 0 is not waited for
  cloud.die_and_live();
  auto& a = cloud.arrive("a");
  a.subscribe("r/#", 2);
  cloud.settle();
  EXPECT_THAT(a.messages(),
              ElementsAre("r/1=one q1 retain", "r/2=new q0 retain", "r/3=three q0 retain"));
  auto& c = cloud.arrive("c");
  c.publish("r/1", "", 1, true);
  cloud.settle();
  cloud.die_and_live();
  auto& d = cloud.arrive("d");
  d.subscribe("r/1", 2);
  cloud.settle();
  EXPECT_THAT(d.messages(), IsEmpty());
}

TEST_F(persistence_sessions, discard_a_retained_message_whose_successor_has_no_room) {
  cloud.options.limits.retained_bytes_max = 100;
  cloud.die_and_live();
  auto& b = cloud.arrive("b");
  b.publish("r", "one", 1, true);
  cloud.settle();
  b.publish("r", std::string(200, 'x'), 1, true); // [MQTT-3.3.1-7]
  cloud.settle();
  cloud.die_and_live();
  auto& a = cloud.arrive("a");
  a.subscribe("r", 1);
  cloud.settle();
  EXPECT_THAT(a.messages(), IsEmpty());
}

TEST_F(persistence_sessions, are_kept_by_a_twin_that_is_stopped) {
  auto& a = cloud.arrive_listening("a", "t", 1);
  a.fall_silent();
  cloud.arrive("b").publish("t", "m", 0);
  cloud.arrive("b").publish("t", "n", 1);
  cloud.settle();
  cloud.twin->stop();
  cloud.twin->stop();
  cloud.settle();
  cloud.die_and_live();
  EXPECT_THAT(cloud.arrive("a", false).messages(), ElementsAre("t=n q1 dup"));
}

} // namespace
} // namespace fleet
