// What a device gives back it does not get any more: each topic class of the platform, kept
// sessions, sub-devices, and over the twin's death. The open broker's are open_broker_test.cpp's
// and persistence_sessions_test.cpp's.
#include "tests/support/lasting_twin.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using namespace support;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto least_once = mqtt::qos::at_least_once;

struct unsubscribe : testing::Test {
  /// Whether a message to `topic` reaches `g`.
  bool hears(guest& g, const std::string& topic) {
    g.take();
    const bool sent = rig.console().publish(topic, as_bytes("m"), least_once).ok();
    rig.bench.settle();
    const auto got = g.messages();
    EXPECT_EQ(sent, got == lines{topic + "=m q1"}) << topic;
    return !got.empty();
  }
  void give_back(guest& g, const std::string& filter) {
    g.unsubscribe(filter);
    rig.bench.settle();
  }

  platform_rig rig;
};

TEST_F(unsubscribe, ends_the_messages_of_every_topic_class) {
  const auto sys = [this](std::string_view tail) { return rig.sys(plain, tail); };
  const std::vector<std::pair<std::string, std::string>> classes{
      {rig.topic(plain, "", "user/get"), rig.topic(plain, "", "user/get")},
      {rig.topic(plain, "", "user/+/x"), rig.topic(plain, "", "user/1/x")},
      {rig.topic(plain, "", "get"), rig.topic(plain, "", "get")},
      {sys("thing/service/property/set"), sys("thing/service/property/set")},
      {sys("thing/event/property/post_reply"), sys("thing/event/property/post_reply")},
      {sys("thing/event/+/post_reply"), sys("thing/event/alarm/post_reply")},
      {sys("thing/service/+"), sys("thing/service/blink")},
      {sys("thing/model/down_raw"), sys("thing/model/down_raw")},
      {sys("thing/config/push"), sys("thing/config/push")},
      {sys("rrpc/request/+"), sys("rrpc/request/5")},
      {rig.topic(plain, "/ext/ntp", "response"), rig.topic(plain, "/ext/ntp", "response")},
      {rig.shadow_get(plain), rig.shadow_get(plain)},
      {rig.error(plain), rig.error(plain)},
  };
  auto& g = rig.arrive(plain);
  for (const auto& [filter, topic] : classes) {
    EXPECT_FALSE(hears(g, topic)) << topic;
    g.subscribe(filter, 1);
    rig.bench.settle();
    EXPECT_TRUE(hears(g, topic)) << topic;
    give_back(g, filter);
    EXPECT_FALSE(hears(g, topic)) << topic;
  }
  EXPECT_EQ(rig.bench.twin->command(plain, least_once), cloud::command_outcome::not_subscribed);
}

TEST_F(unsubscribe, ends_broadcasts_and_what_a_device_says_to_itself) {
  auto& g = rig.arrive(plain);
  const auto own = rig.topic(plain, "", "user/loop");
  const std::string all = "/broadcast/a1PlainPk01/#";
  const auto heard = [&] {
    g.take();
    g.publish(own, "m", 1);
    (void)rig.console().broadcast("a1PlainPk01", "all", as_bytes("b"));
    rig.bench.settle(2s); // one a second
    return g.messages().size();
  };
  EXPECT_EQ(heard(), 0U);
  g.subscribe(own, 1);
  g.subscribe(all, 1);
  rig.bench.settle();
  EXPECT_EQ(heard(), 2U);
  give_back(g, own);
  EXPECT_EQ(heard(), 1U);
  give_back(g, all);
  EXPECT_EQ(heard(), 0U);
}

TEST_F(unsubscribe, takes_back_the_filter_that_it_names_and_no_other) {
  auto& g = rig.arrive(plain);
  const auto all = rig.topic(plain, "", "user/#");
  const auto one = rig.topic(plain, "", "user/get");
  g.subscribe(all, 1);
  g.subscribe(one, 1);
  rig.bench.settle();
  give_back(g, one);
  EXPECT_TRUE(hears(g, one));
  give_back(g, rig.topic(plain, "", "user/+")); // never subscribed, answered all the same
  EXPECT_TRUE(hears(g, one));
  give_back(g, all);
  EXPECT_FALSE(hears(g, one));
}

TEST_F(unsubscribe, is_answered_once_it_is_done) {
  auto& g = rig.arrive(plain);
  const auto get = rig.topic(plain, "", "user/get");
  g.subscribe(get, 1);
  rig.bench.settle();
  g.take();
  g.unsubscribe(get);
  rig.bench.settle();
  EXPECT_TRUE(g.saw("unsubscribed id2"));
}

TEST_F(unsubscribe, holds_in_a_session_that_is_kept) {
  const auto get = rig.topic(plain, "", "user/get");
  const auto set = rig.sys(plain, "thing/service/property/set");
  auto& g = rig.arrive(plain, false);
  g.subscribe(get, 1);
  g.subscribe(set, 1);
  g.subscribe(rig.shadow_get(plain), 1);
  rig.bench.settle();
  give_back(g, get);
  give_back(g, set);
  g.drop();
  rig.bench.settle();
  for (const auto& topic : {get, set}) {
    EXPECT_FALSE(rig.console().publish(topic, as_bytes("m"), least_once).ok());
  }
  auto& again = rig.arrive(plain, false);
  EXPECT_TRUE(again.saw("connected, session present"));
  EXPECT_THAT(again.messages(), IsEmpty());
  EXPECT_TRUE(hears(again, rig.shadow_get(plain)));
  EXPECT_FALSE(hears(again, get));
}

TEST_F(unsubscribe, by_a_gateway_is_its_sub_devices) {
  auto& g = rig.arrive_gateway(gateway_device, sub);
  const auto get = rig.topic(sub, "", "user/get");
  g.subscribe(get, 1);
  rig.bench.settle();
  EXPECT_TRUE(hears(g, get));
  give_back(g, get);
  EXPECT_FALSE(hears(g, get));
}

TEST(unsubscribe_for_good, outlives_the_twin) {
  lasting_platform cloud;
  auto& rig = cloud.rig;
  const auto get = rig.topic(plain, "", "user/get");
  const auto other = rig.topic(plain, "", "user/other");
  const auto set = rig.sys(plain, "thing/service/property/set");
  auto& g = rig.arrive(plain, false);
  for (const auto& f : {get, other, set}) {
    g.subscribe(f, 1);
  }
  rig.bench.settle();
  g.unsubscribe(get);
  g.unsubscribe(set);
  rig.bench.settle();
  ASSERT_TRUE(g.saw("unsubscribed id5")); // from here on it is promised
  cloud.die_and_live();
  for (const auto& topic : {get, other, set}) {
    EXPECT_EQ(rig.console().publish(topic, as_bytes("m"), least_once).ok(), topic == other);
  }
  auto& again = rig.arrive(plain, false);
  EXPECT_TRUE(again.saw("connected, session present"));
  EXPECT_THAT(again.messages(), ElementsAre(other + "=m q1"));
  EXPECT_EQ(rig.bench.twin->command(plain, least_once), cloud::command_outcome::not_subscribed);
  // And it can be had back, across another death.
  again.subscribe(get, 1);
  rig.bench.settle();
  cloud.die_and_live();
  ASSERT_TRUE(rig.console().publish(get, as_bytes("n"), least_once).ok());
  EXPECT_THAT(rig.arrive(plain, false).messages(), ElementsAre(get + "=n q1"));
}

} // namespace
} // namespace fleet
