// The vendor's platform as its devices see it: log-on, rights, replies (aliyun-iot.md §5, §8.1, §9,
// §10).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/twin_peers.hpp"

namespace fleet {
namespace {

using cloud::profile;
using support::device_login;
using support::guest;
using support::own_topic;
using support::raw_guest;
using support::twin_bench;
using testing::ElementsAre;
using testing::IsEmpty;

struct platform : testing::Test {
  explicit platform(cloud::twin_options options = twin_bench::of(profile::linkplatform))
      : bench(std::move(options)) {}

  [[nodiscard]] std::string sys(std::uint32_t device, std::string_view after) const {
    return own_topic(bench.credentials, device, "/sys", after);
  }
  [[nodiscard]] std::string user(std::uint32_t device, std::string_view after) const {
    return own_topic(bench.credentials, device, "", after);
  }
  std::string verdict(device_login& login) {
    const auto events = bench.arrive(login.view()).take();
    return events.empty() ? "nothing" : events.front();
  }

  twin_bench bench;
};

TEST_F(platform, accepts_all_three_methods_of_signing) {
  const auto who = bench.credentials.at(7);
  for (const auto method : {alink::sign_method::hmacmd5, alink::sign_method::hmacsha1,
                            alink::sign_method::hmacsha256}) {
    device_login login{who, true, method};
    EXPECT_EQ(verdict(login), "connected");
    std::transform(login.text.password.begin(), login.text.password.end(),
                   login.text.password.begin(), [](unsigned char c) { return std::toupper(c); });
    EXPECT_EQ(verdict(login), "connected"); // §23.2: letter case does not matter
  }
}

TEST_F(platform, refuses_every_form_of_a_wrong_signature_with_code_4) {
  const auto who = bench.credentials.at(1);
  const auto other = bench.credentials.at(2);
  const auto good = device_login{who}.text;
  const auto base = who.product_key + "." + who.device_name;
  const auto sign = [&](const alink::identity& key, std::string_view cid, std::string_view ts) {
    return alink::sign_direct(key, cid, alink::sign_method::hmacsha256, ts);
  };
  auto renamed = who;
  renamed.device_secret = other.device_secret;
  std::string flipped = good.password;
  flipped[0] = flipped[0] == '0' ? '1' : '0';
  const std::vector<std::string> passwords{
      "",                                          // none at all
      flipped,                                     // one bit
      good.password.substr(1),                     // cut
      good.password + "0",                         // longer
      good.password.substr(0, 40),                 // the length of another method
      device_login{other}.text.password,           // another device's
      sign(renamed, base, "2524608000000"),        // another device's secret
      sign(who, base, "2524608000001"),            // another time stamp
      sign(who, base, ""),                         // without the time stamp
      sign(who, who.product_key, "2524608000000"), // another client id
      who.device_secret,                           // the secret itself
      alink::sign_direct(who, base, alink::sign_method::hmacsha1, "2524608000000"),
      std::string(64, '0'),
      std::string(64, '\0'),
      std::string(1000, 'f'),
  };
  for (const auto& p : passwords) {
    device_login login{who};
    login.text.password = p;
    EXPECT_EQ(verdict(login), "refused 4") << p.size();
  }
  EXPECT_EQ(bench.count(bench.twin->counters().connects[4]), passwords.size());
  EXPECT_EQ(bench.twin->devices_online(), 0U);
}

TEST_F(platform, refuses_log_ons_without_password_or_with_a_strange_user_name) {
  const auto who = bench.credentials.at(1);
  device_login login{who};
  auto bare = login.view();
  bare.has_password = false;
  bare.password = {};
  EXPECT_EQ(bench.arrive(bare).take().front(), "refused 4");
  bare.has_username = false;
  bare.username = {};
  EXPECT_EQ(bench.arrive(bare).take().front(), "refused 4");
  for (const std::string_view user : {"", "x", "&", "a&b&c", "+&#", "dev_000001&+", "/&/"}) {
    device_login strange{who};
    strange.text.username = user;
    EXPECT_EQ(verdict(strange), "refused 4") << user;
  }
}

TEST_F(platform, refuses_unknown_devices_with_code_4) {
  auto who = bench.credentials.at(1);
  who.device_name = "stranger";
  device_login login{who};
  EXPECT_EQ(verdict(login), "refused 4");
  who = bench.credentials.at(1);
  who.product_key = "a1Another";
  device_login foreign{who};
  EXPECT_EQ(verdict(foreign), "refused 4");
}

TEST_F(platform, refuses_malformed_client_identifiers_with_code_2) {
  const auto who = bench.credentials.at(1);
  const std::vector<std::string> malformed{
      "no bars",           "|securemode=3|",
      "x|a|b|c",           "x|securemode=3,signmethod=rot13|",
      "a+b|securemode=3|", std::string(65, 'x') + "|securemode=3|",
      "#|securemode=3|",
  };
  for (const auto& id : malformed) {
    device_login login{who};
    login.text.client_id = id;
    EXPECT_EQ(verdict(login), "refused 2") << id;
  }
}

TEST_F(platform, refuses_protocol_levels_other_than_3_and_4) {
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 05 02 003c 0001 'a'");
  bench.settle();
  EXPECT_EQ(mqtt::test::hex(raw.received.view()), "20 02 00 01");
}

TEST_F(platform, refuses_hardware_identities_it_does_not_emulate) {
  for (const char* mode : {"1", "4", "5", "7", "8"}) {
    device_login login{bench.credentials.at(1)};
    const auto at = login.text.client_id.find("securemode=3");
    login.text.client_id.replace(at + 11, 1, mode);
    EXPECT_EQ(verdict(login), "refused 5") << mode;
  }
}

TEST_F(platform, holds_keep_alive_to_the_platforms_range) {
  struct {
    std::uint16_t asked;
    const char* answer;
  } const cases[]{{0, "refused 5"},
                  {1, "connected"},
                  {30, "connected"},
                  {1200, "connected"},
                  {1201, "refused 5"}};
  for (const auto& c : cases) {
    device_login login{bench.credentials.at(1)};
    login.fields.keep_alive_s = c.asked;
    EXPECT_EQ(verdict(login), c.answer) << c.asked;
  }
}

TEST_F(platform, takes_a_short_keep_alive_for_30_seconds) {
  device_login login{bench.credentials.at(1)};
  login.fields.keep_alive_s = 5;
  auto& g = bench.arrive(login.view());
  g.fall_silent();
  bench.settle(std::chrono::seconds{44});
  EXPECT_FALSE(g.closed);
  bench.settle(std::chrono::seconds{2});
  EXPECT_TRUE(g.closed);
  EXPECT_EQ(
      bench.count(
          bench.twin->counters().ends[static_cast<std::size_t>(cloud::end_reason::keep_alive)]),
      1U);
}

struct strict_platform : platform {
  static cloud::twin_options options() {
    auto o = twin_bench::of(profile::linkdevelop);
    o.platform.strict_keep_alive = true;
    o.platform.close_on_refused_publish = true;
    o.platform.subscriptions_max = 3;
    return o;
  }
  strict_platform() : platform(options()) {}
};

TEST_F(strict_platform, refuses_a_short_keep_alive) {
  device_login login{bench.credentials.at(1)};
  login.fields.keep_alive_s = 29;
  EXPECT_EQ(verdict(login), "refused 5");
}

TEST_F(strict_platform, closes_on_a_publish_outside_the_rights) {
  auto& g = bench.arrive_device(1);
  g.publish(user(2, "update"), "x", 1);
  bench.settle();
  EXPECT_TRUE(g.closed);
}

TEST_F(strict_platform, grants_only_so_many_subscriptions) {
  auto& g = bench.arrive_device(1);
  std::vector<std::string> filters;
  for (const char* after : {"thing/event/property/post_reply", "thing/service/property/set",
                            "thing/a", "thing/b", "thing/a"}) {
    filters.push_back(sys(1, after));
  }
  g.subscribe({{filters[0], mqtt::qos::at_least_once},
               {filters[1], mqtt::qos::at_least_once},
               {filters[2], mqtt::qos::at_least_once},
               {filters[3], mqtt::qos::at_least_once},
               {filters[4], mqtt::qos::at_most_once}}); // known already
  bench.settle();
  EXPECT_TRUE(g.saw("subscribed id1 [01 01 01 80 00]"));
  g.unsubscribe(filters[2]);
  g.subscribe(filters[3], 1);
  bench.settle();
  EXPECT_TRUE(g.saw("subscribed id3 [01]"));
}

TEST_F(platform, cuts_the_older_connection_of_a_device_whatever_its_client_id) {
  auto& older = bench.arrive_device(3, false);
  older.take();
  // The same device under another client id: sessions are keyed by the pair (§8.1).
  const auto who = bench.credentials.at(3);
  device_login login{who, false};
  login.text.client_id = "another|securemode=3,signmethod=hmacsha1|";
  login.text.password = alink::sign_direct(who, "another", alink::sign_method::hmacsha1, "");
  auto& newer = bench.arrive(login.view());
  EXPECT_TRUE(older.closed);
  EXPECT_THAT(older.take(), IsEmpty());
  EXPECT_TRUE(newer.saw("connected, session present"));
  EXPECT_EQ(bench.twin->devices_online(), 1U);
}

TEST_F(platform, answers_a_property_post_with_its_id_and_code_200) {
  auto& g = bench.arrive_device(1);
  g.subscribe(sys(1, "thing/event/property/post_reply"), 1);
  bench.settle();
  g.take();
  const auto topic = sys(1, "thing/event/property/post");
  g.publish(topic, R"({"id":"17","version":"1.0","params":{"a":1},"method":"m"})", 1);
  g.publish(topic, R"({"params":{},"id":18})", 0);
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(topic + R"(_reply={"id":"17","code":200,"data":{}} q1)",
                                        topic + R"(_reply={"id":18,"code":200,"data":{}} q0)"));
  EXPECT_EQ(bench.count(bench.twin->counters().replies), 2U);
}

TEST_F(platform, caps_the_reply_by_the_subscription) {
  auto& g = bench.arrive_device(1);
  g.subscribe(sys(1, "thing/event/+/post_reply"), 0);
  g.subscribe(sys(1, "thing/event/property/post_reply"), 0);
  bench.settle();
  g.take();
  g.publish(sys(1, "thing/event/property/post"), R"({"id":"1"})", 1);
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(testing::EndsWith("} q0")));
  g.subscribe(sys(1, "thing/#"), 1); // the highest of all that match
  bench.settle();
  g.take();
  g.publish(sys(1, "thing/event/property/post"), R"({"id":"2"})", 1);
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(testing::EndsWith("} q1")));
  g.unsubscribe(sys(1, "thing/#"));
  g.unsubscribe(sys(1, "thing/event/property/post_reply"));
  g.unsubscribe(sys(1, "thing/event/+/post_reply"));
  g.publish(sys(1, "thing/event/property/post"), R"({"id":"3"})", 1);
  bench.settle();
  EXPECT_THAT(g.messages(), IsEmpty());
}

TEST_F(platform, answers_events_and_device_tags_too) {
  auto& g = bench.arrive_device(1);
  g.subscribe(sys(1, "thing/#"), 1);
  bench.settle();
  g.take();
  g.publish(sys(1, "thing/event/alarm/post"), R"({"id":"1"})", 1);
  g.publish(sys(1, "thing/deviceinfo/update"),
            R"({"id":"2","params":[{"attrKey":"a","attrValue":"b"}]})", 1);
  g.publish(sys(1, "thing/status/update"), R"({"id":"3"})", 1);
  bench.settle();
  const auto event = sys(1, "thing/event/alarm/post_reply");
  const auto tags = sys(1, "thing/deviceinfo/update_reply");
  EXPECT_THAT(g.messages(), ElementsAre(event + R"(={"id":"1","code":200,"data":{}} q1)",
                                        tags + R"(={"id":"2","code":200,"data":{}} q1)"));
}

TEST_F(platform, answers_malformed_json_with_460_where_an_id_is_left) {
  auto& g = bench.arrive_device(1);
  g.subscribe(sys(1, "thing/event/property/post_reply"), 1);
  bench.settle();
  g.take();
  const auto topic = sys(1, "thing/event/property/post");
  for (const std::string_view text : {"", "{", "[]", "\xff\xff", "{\"a\":}", "not json"}) {
    g.publish(topic, text, 1);
  }
  g.publish(topic, R"({"id":"9","params":{)", 1);
  g.publish(topic, R"({"params":{}})", 1); // sound, but nobody to answer to
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(topic + R"(_reply={"id":"9","code":460,"data":{},)"
                                        + R"("message":"request parameter error"} q1)"));
  EXPECT_EQ(bench.count(bench.twin->counters().malformed_requests), 7U);
  EXPECT_FALSE(g.closed);
}

TEST_F(platform, echoes_data_to_a_device_that_subscribes_it) {
  auto& g = bench.arrive_device(1);
  const auto data = user(1, "data");
  g.publish(data, "unheard", 1);
  g.subscribe(data, 1);
  bench.settle();
  EXPECT_TRUE(g.saw("subscribed id2 [01]"));
  g.take();
  g.publish(data, "{}", 1);
  g.publish(data, "{}", 0);
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(data + "={} q1", data + "={} q0"));
}

TEST_F(platform, grants_at_most_qos_1_and_closes_on_a_publish_at_qos_2) {
  auto& g = bench.arrive_device(1);
  g.subscribe(sys(1, "thing/service/property/set"), 2);
  bench.settle();
  EXPECT_TRUE(g.saw("subscribed id1 [01]"));
  g.take();
  g.publish(user(1, "update"), "x", 2);
  bench.settle();
  EXPECT_TRUE(g.closed);
  EXPECT_EQ(bench.count(bench.twin->counters().violations[std::size_t(mqtt::violation::bad_qos)]),
            1U);
}

// §5.3, §8.1: level 3 too, with a client id far beyond what MQTT 3.1 calls for.
TEST_F(platform, takes_a_log_on_by_mqtt_3_1) {
  device_login login{bench.credentials.at(1)};
  login.fields.version = mqtt::version::v3_1;
  ASSERT_GT(login.text.client_id.size(), 23U);
  auto& g = bench.arrive(login.view());
  EXPECT_TRUE(g.saw("connected"));
  g.subscribe(user(1, "get"), 1);
  bench.settle();
  EXPECT_TRUE(g.saw("subscribed id1 [01]"));
}

TEST_F(platform, ignores_wills_and_retain) {
  device_login login{bench.credentials.at(1)};
  login.fields.has_will = true;
  const auto data = user(1, "data");
  login.fields.will.topic = data;
  login.fields.will.payload = as_bytes("will");
  auto& g = bench.arrive(login.view());
  EXPECT_TRUE(g.saw("connected"));
  g.publish(data, "kept?", 1, true);
  g.drop();
  bench.settle();
  auto& again = bench.arrive_device(1);
  again.subscribe(data, 1);
  bench.settle();
  EXPECT_THAT(again.messages(), IsEmpty());
  EXPECT_EQ(bench.count(bench.twin->counters().wills_published), 0U);
}

TEST_F(platform, keeps_subscriptions_and_commands_of_a_session_that_is_kept) {
  auto& g = bench.arrive_device(1, false);
  g.subscribe(sys(1, "thing/service/property/set"), 1);
  bench.settle();
  g.fall_silent();
  EXPECT_EQ(bench.twin->command(1, mqtt::qos::at_least_once), cloud::command_outcome::sent);
  bench.settle();
  g.drop();
  bench.settle();
  EXPECT_EQ(bench.twin->command(1, mqtt::qos::at_least_once), cloud::command_outcome::offline);
  auto& again = bench.arrive_device(1, false);
  EXPECT_TRUE(again.saw("connected, session present"));
  EXPECT_THAT(again.messages(), ElementsAre(testing::EndsWith("q1 dup")));
  EXPECT_EQ(bench.twin->command(1, mqtt::qos::at_least_once), cloud::command_outcome::sent);
  bench.settle();
  EXPECT_THAT(again.messages(), testing::SizeIs(1));
}

TEST_F(platform, delivers_to_auto_subscribers_until_they_unsubscribe) {
  const auto who = bench.credentials.at(1);
  device_login login{who};
  auto& id = login.text.client_id;
  id.insert(id.find("gw=0"), "_ss=1,");
  auto& g = bench.arrive(login.view());
  g.take();
  const auto post = sys(1, "thing/event/property/post");
  g.publish(post, R"({"id":"1"})", 1);
  g.publish(sys(1, "thing/event/alarm/post"), R"({"id":"2"})", 1);
  EXPECT_EQ(bench.twin->command(1, mqtt::qos::at_least_once), cloud::command_outcome::sent);
  bench.settle();
  EXPECT_THAT(g.messages(), testing::SizeIs(3));
  g.unsubscribe(post + "_reply");
  g.publish(post, R"({"id":"3"})", 1);
  bench.settle();
  // `event/+/post_reply` is in the list of §9.4 on its own.
  EXPECT_THAT(g.messages(), testing::SizeIs(1));
  g.unsubscribe(sys(1, "thing/event/+/post_reply"));
  g.publish(post, R"({"id":"4"})", 1);
  bench.settle();
  EXPECT_THAT(g.messages(), IsEmpty());
}

TEST_F(platform, refuses_disabled_devices_with_code_5_and_ends_those_online) {
  auto& g = bench.arrive_device(1, false);
  g.subscribe(sys(1, "thing/service/property/set"), 1);
  bench.settle();
  bench.twin->set_disabled(1, true);
  bench.settle();
  EXPECT_TRUE(g.closed);
  device_login login{bench.credentials.at(1), false};
  EXPECT_EQ(verdict(login), "refused 5");
  login.text.password.back() ^= 1; // whoever has no secret learns nothing
  EXPECT_EQ(verdict(login), "refused 4");
  bench.twin->set_disabled(1, false);
  device_login back{bench.credentials.at(1), false};
  EXPECT_EQ(verdict(back), "connected"); // nothing was kept
}

TEST_F(platform, lets_devices_use_their_own_topic_classes_only) {
  auto& g = bench.arrive_device(1);
  struct {
    std::string filter;
    bool granted;
  } const subscriptions[]{
      {user(1, "get"), true},
      {user(1, "user/get"), true},
      {user(1, "#"), true},
      {user(1, "update"), false},
      {user(1, "nothing"), false},
      {sys(1, "thing/#"), true},
      {sys(1, "rrpc/request/+"), true},
      {sys(1, "_thing/event/notify"), true},
      {sys(1, "other"), false},
      {sys(1, "#"), false},
      {"/broadcast/a1FleetDemo/#", true},
      {"/broadcast/a1FleetDemo/x", true},
      {"/broadcast/a1Other/#", false},
      {"/broadcast/#", false},
      {"/broadcast/+/x", false},
      {"/shadow/get/a1FleetDemo/dev_000001", true},
      {"/shadow/get/a1FleetDemo/dev_000001/x", false},
      {"/shadow/update/a1FleetDemo/dev_000001", false},
      {"/ota/device/upgrade/a1FleetDemo/dev_000001", true},
      {"/ota/device/request/a1FleetDemo/dev_000001", true},
      {"/ext/ntp/a1FleetDemo/dev_000001/response", true},
      {"/ext/ntp/a1FleetDemo/dev_000001/request", false},
      {"/ext/error/a1FleetDemo/dev_000001", true},
      {"/ext/rrpc/+/a1FleetDemo/dev_000001/user/get", true},
      {"/ext/rrpc/#", true},
      {"/ext/rrpc/+/a1FleetDemo/dev_000002/user/get", false},
      {"#", false},
      {"+", false},
      {"/+/+/get", false},
      {"/sys/+/+/thing/#", false},
      {"/sys/a1FleetDemo/+/thing/#", false},
      {"/sys/a1FleetDemo/#", false},
      {"/shadow/get/+/+", false},
      {"/shadow/#", false},
      {"$SYS/#", false},
      {"", true}, // end
  };
  for (const auto& s : subscriptions) {
    if (s.filter.empty()) {
      break;
    }
    g.take();
    g.subscribe(s.filter, 0);
    bench.settle();
    const auto events = g.take();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].ends_with(s.granted ? "[00]" : "[80]"), true) << s.filter << events[0];
  }
}

TEST_F(platform, drops_and_counts_publishes_outside_the_rights_but_acknowledges_them) {
  auto& g = bench.arrive_device(1);
  const std::string topics[]{
      user(1, "get"),
      user(1, "nothing"),
      user(2, "update"),
      sys(2, "thing/event/property/post"),
      sys(1, "other"),
      "/broadcast/a1FleetDemo/x",
      "/shadow/update/a1FleetDemo/dev_000002",
      "/shadow/get/a1FleetDemo/dev_000001",
      "/sys",
      "/sys/",
      "/",
      "x",
      "$SYS/x",
      "/ext/rrpc/1/a1FleetDemo/dev_000002/user/get",
      "/ext/rrpc//",
      "/ext/ntp/x",
      "/sys/a1FleetDemo/dev_0000010/thing/event/property/post",
      "/a1FleetDemo/dev_00000/1/update",
  };
  std::uint64_t refused = 0;
  for (const auto& t : topics) {
    g.take();
    g.publish(t, R"({"id":"1"})", 1);
    bench.settle();
    EXPECT_THAT(g.take(), ElementsAre(testing::StartsWith("acknowledged"))) << t;
    EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), ++refused) << t;
  }
  for (const auto& t : {user(1, "update"), user(1, "update/error"), user(1, "user/update"),
                        sys(1, "thing/model/up_raw"), sys(1, "rrpc/response/7"),
                        std::string{"/shadow/update/a1FleetDemo/dev_000001"},
                        std::string{"/ota/device/inform/a1FleetDemo/dev_000001"},
                        std::string{"/ext/ntp/a1FleetDemo/dev_000001/request"},
                        std::string{"/ext/rrpc/5/sys/a1FleetDemo/dev_000001/thing/service/x"}}) {
    g.publish(t, "{}", 1);
    bench.settle();
    EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), refused) << t;
  }
  EXPECT_FALSE(g.closed);
}

TEST_F(platform, carries_nothing_from_one_device_to_another) {
  // Every device listens to whatever it is granted, and a thousand pairs try each other's topics.
  constexpr std::uint32_t devices = 32;
  for (std::uint32_t i = 0; i < devices; ++i) {
    auto& g = bench.arrive_device(i);
    g.subscribe(user(i, "#"), 1);
    g.subscribe(sys(i, "thing/#"), 1);
    g.subscribe("/broadcast/a1FleetDemo/#", 1);
    g.subscribe("/ext/rrpc/#", 1);
  }
  bench.settle();
  for (auto& g : bench.guests) {
    g->take();
  }
  for (std::uint32_t i = 0; i < devices; ++i) {
    for (std::uint32_t j = 0; j < devices; ++j) {
      if (i != j) {
        auto& g = *bench.guests[i];
        g.subscribe({{user(j, "#"), mqtt::qos::at_least_once},
                     {sys(j, "thing/#"), mqtt::qos::at_least_once}});
        for (const auto& topic :
             {user(j, "data"), sys(j, "thing/event/property/post"),
              sys(j, "thing/service/property/set"), "/ext/rrpc/1" + user(j, "data")}) {
          g.publish(topic, R"({"id":"1"})", 0);
        }
      }
    }
    bench.settle();
  }
  for (auto& g : bench.guests) {
    for (const auto& e : g->take()) {
      EXPECT_THAT(e, testing::AnyOf(testing::EndsWith("[80 80]"))) << e;
    }
  }
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), devices * (devices - 1) * 4);
  EXPECT_EQ(bench.count(bench.twin->counters().delivered[0]), 0U);
  EXPECT_EQ(bench.count(bench.twin->counters().delivered[1]), 0U);
}

} // namespace
} // namespace fleet
