// One device by hand against the twin, in the virtual world: the packets of the manual's samples in
// their order, answers awaited, links lost, ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/program/hand_rig.hpp"

namespace fleet::program {

using namespace std::chrono_literals;
using test::hand_rig;
using test::strings;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

namespace {

constexpr std::string_view sys = "/sys/a1FleetDemo/dev_000000/thing/";

std::string on(std::string_view before, std::string_view tail, std::string_view after = "") {
  return std::string{before} + std::string{sys} + std::string{tail} + std::string{after};
}

} // namespace

TEST(hand_device, speaks_the_sample_of_linkdevelop_in_its_order) {
  hand_rig r;
  r.script("pub open; pub close; stop");
  EXPECT_THAT(r.packets(),
              ElementsAre(StartsWith("→ CONNECT client id a1FleetDemo.dev_000000|securemode=3,"),
                          "← CONNACK code 0: accepted, a new session",
                          on("→ SUBSCRIBE id 1 ", "service/property/set", " qos 1"),
                          on("→ SUBSCRIBE id 2 ", "event/property/post_reply", " qos 1"),
                          "← SUBACK id 1 granted qos 1", "← SUBACK id 2 granted qos 1",
                          on("→ PUBLISH id 3 qos 1 ", "event/property/post"), "← PUBACK id 3",
                          on("← PUBLISH id 1 qos 1 ", "event/property/post_reply"), "→ PUBACK id 1",
                          on("→ PUBLISH id 4 qos 1 ", "event/property/post"), "← PUBACK id 4",
                          on("← PUBLISH id 2 qos 1 ", "event/property/post_reply"), "→ PUBACK id 2",
                          on("→ UNSUBSCRIBE id 5 ", "event/property/post_reply"),
                          on("→ UNSUBSCRIBE id 6 ", "service/property/set"), "← UNSUBACK id 5",
                          "← UNSUBACK id 6", "→ DISCONNECT"))
      << r.all();
  EXPECT_EQ(r.ended, exit_code::passed);
  EXPECT_TRUE(r.told(R"({"id" : "1","version":"1.0","params" : {"RGBColor" : {"Red":)"));
  EXPECT_TRUE(r.told(R"("LightSwitch" : 1},"method":"thing.event.property.post"})"));
  EXPECT_TRUE(r.told(R"({"id" : "2",)"));
  EXPECT_TRUE(r.told(R"("LightSwitch" : 0})"));
  EXPECT_TRUE(r.told("report 2 is answered: code 200, success"));
  EXPECT_TRUE(r.told("keep-alive 60 s, persistent session"));
}

TEST(hand_device, speaks_the_sample_of_linkplatform_in_its_order) {
  hand_rig r{profile::linkplatform};
  r.script("pub open; stop");
  EXPECT_THAT(r.packets(),
              ElementsAre(StartsWith("→ CONNECT "), "← CONNACK code 0: accepted, a new session",
                          "→ SUBSCRIBE id 1 /a1FleetDemo/dev_000000/data qos 1",
                          "← SUBACK id 1 granted qos 1",
                          "→ PUBLISH id 2 qos 1 /a1FleetDemo/dev_000000/update",
                          "→ PUBLISH id 3 qos 1 /a1FleetDemo/dev_000000/data", "← PUBACK id 2",
                          "← PUBACK id 3", "← PUBLISH id 1 qos 1 /a1FleetDemo/dev_000000/data",
                          "→ PUBACK id 1", "→ UNSUBSCRIBE id 4 /a1FleetDemo/dev_000000/data",
                          "← UNSUBACK id 4", "→ DISCONNECT"))
      << r.all();
  EXPECT_EQ(r.ended, exit_code::passed);
  EXPECT_TRUE(r.told("report 1 came back"));
}

TEST(hand_device, speaks_to_any_broker) {
  hand_rig r{profile::mqtt};
  r.script("sub fleet/#; pub fleet/x 'hello there' 2; set T=1; unsub fleet/#; stop");
  EXPECT_EQ(r.ended, exit_code::passed) << r.all();
  EXPECT_TRUE(r.told("→ SUBSCRIBE id 1 fleet/down qos 1"));
  EXPECT_TRUE(r.told("→ PUBLISH id 3 qos 2 fleet/x hello there"));
  EXPECT_TRUE(r.told("fleet/x hello there")) << r.all();
  EXPECT_EQ(r.count("PUBCOMP"), 1U);
  EXPECT_TRUE(r.told(R"(→ PUBLISH id 4 qos 1 fleet/up {"id" : "1","version":"1.0","params" : )"
                     R"({"T" : 1},)"));
}

TEST(hand_device, says_nothing_secret) {
  hand_rig r;
  r.setup.verbose = true;
  const auto secret = r.credentials.at(0).device_secret;
  r.script("pub /a1FleetDemo/dev_000000/user/x '" + secret + "'; sub " + secret + "; stop");
  EXPECT_THAT(r.all(), testing::Not(HasSubstr(secret)));
  EXPECT_THAT(r.all(), testing::Not(HasSubstr(r.setup.login.password)));
  EXPECT_TRUE(r.told("password ***"));
  EXPECT_TRUE(r.told("user/x ***"));
}

TEST(hand_device, reports_again_and_again_until_the_light_goes_out) {
  hand_rig r;
  r.setup.scripted = false;
  r.boot();
  r.type("pub open every 2s", 9s);
  EXPECT_EQ(r.count("→ PUBLISH"), 5U) << r.all();
  r.type("pub close", 10s);
  EXPECT_EQ(r.count("→ PUBLISH"), 1U);
  EXPECT_TRUE(r.told("\"LightSwitch\" : 0"));
}

TEST(hand_device, answers_a_property_set_and_reports_what_changed) {
  hand_rig r;
  r.boot();
  r.lines.clear();
  std::optional<int> code;
  r.twin->console()->set_properties(r.name(), R"({"LightSwitch":1,"Mode":"eco"})",
                                    [&](const auto& answer) { code = answer.value().code; });
  r.run();
  EXPECT_EQ(code, 200);
  strings sent;
  for (const auto& line : r.packets(false)) {
    if (line.starts_with("→ PUBLISH")) {
      sent.push_back(line);
    }
  }
  ASSERT_EQ(sent.size(), 2U) << r.all();
  EXPECT_THAT(sent[0], HasSubstr(on("", R"(service/property/set_reply {"id":"1","code":200,)")));
  EXPECT_THAT(sent[1], HasSubstr(R"("params" : {"LightSwitch" : 1,"Mode" : "eco"})"));
  EXPECT_TRUE(r.told("report 1 is answered: code 200"));
  // And it stays so.
  r.type("set T=2");
  EXPECT_TRUE(r.told(R"("params" : {"T" : 2})"));
  r.type("pub open");
  EXPECT_TRUE(r.told(R"("LightSwitch" : 1,"Mode" : "eco","T" : 2})"));
}

TEST(hand_device, answers_a_property_get) {
  hand_rig r;
  r.boot();
  r.type("sub " + on("", "service/property/get"));
  r.type("set Mode=eco");
  std::string data;
  r.twin->console()->get_properties(r.name(), R"(["Mode","LightSwitch","none"])",
                                    [&](const auto& answer) { data = answer.value().data; });
  r.run();
  EXPECT_EQ(data, R"({"Mode":"eco","LightSwitch":0})") << r.all();
}

TEST(hand_device, refuses_a_property_set_that_is_none) {
  hand_rig r;
  r.boot();
  r.lines.clear();
  const auto topic = on("", "service/property/set");
  for (const std::string_view payload :
       {R"({"id":"7","params":[1]})", R"({"id":"7","params":{"a":1,"a":2}})", R"({"id":"7",)"}) {
    r.lines.clear();
    ASSERT_TRUE(r.twin->console()->publish(topic, as_bytes(payload), mqtt::qos::at_most_once).ok());
    r.run();
    EXPECT_TRUE(r.told(R"(set_reply {"id":"7","code":460)")) << payload << "\n" << r.all();
    EXPECT_EQ(r.count("→ PUBLISH"), 1U);
  }
  ASSERT_TRUE(r.twin->console()
                  ->publish(topic, as_bytes(std::string_view{"nonsense"}), mqtt::qos::at_most_once)
                  .ok());
  r.lines.clear();
  r.run();
  EXPECT_EQ(r.count("→ PUBLISH"), 0U);
}

TEST(hand_device, reports_events_and_waits_for_their_replies) {
  hand_rig r;
  r.script(R"(event Error {"ErrorCode": 1}; event Error; stop)");
  EXPECT_EQ(r.ended, exit_code::passed) << r.all();
  EXPECT_EQ(r.count("→ SUBSCRIBE id 3 " + on("", "event/Error/post_reply")), 1U);
  EXPECT_EQ(r.count("→ SUBSCRIBE"), 3U);
  EXPECT_EQ(r.count("event Error is answered: code 200, success"), 2U);
  EXPECT_TRUE(r.told(R"("params":{"ErrorCode": 1},"method":"thing.event.Error.post")"));
}

TEST(hand_device, reads_and_writes_its_shadow) {
  hand_rig r;
  r.script(R"(shadow get; shadow update {"color":"red"}; shadow get; stop)");
  EXPECT_EQ(r.ended, exit_code::passed) << r.all();
  EXPECT_EQ(r.count("→ SUBSCRIBE id 3 /shadow/get/a1FleetDemo/dev_000000 qos 1"), 1U);
  EXPECT_TRUE(r.told("the shadow has version 0: reported")) << r.all();
  EXPECT_TRUE(r.told("the shadow is updated; version 1"));
  EXPECT_TRUE(r.told(R"(the shadow has version 1: reported {"color":"red"})"));
}

TEST(hand_device, deletes_attributes_of_its_shadow_or_all_of_them) {
  hand_rig r;
  r.script(R"(shadow update {"a":1,"b":2,"c":3}; shadow delete a c; shadow get; shadow delete; )"
           "shadow get; stop");
  EXPECT_TRUE(r.told(R"({"method":"delete","state":{"reported":{"a":"null","c":"null"}})"))
      << r.all();
  EXPECT_TRUE(r.told(R"(the shadow has version 2: reported {"b":2})")) << r.all();
  EXPECT_TRUE(r.told("the shadow has version 3: reported {}")
              || r.told("the shadow has version 3: reported nothing"))
      << r.all();
}

TEST(hand_device, takes_over_what_its_shadow_desires) {
  hand_rig r;
  r.boot();
  r.type("shadow get");
  ASSERT_TRUE(r.twin->console()
                  ->update_shadow(r.name(),
                                  R"({"method":"update","state":{"desired":{"c":1}},"version":0})")
                  .ok());
  r.run();
  EXPECT_TRUE(r.told(R"(the cloud desires {"c":1})")) << r.all();
  EXPECT_THAT(r.twin->console()->shadow(r.name()).value(), HasSubstr(R"("reported":{"c":1})"));
  EXPECT_THAT(r.twin->console()->shadow(r.name()).value(),
              testing::Not(HasSubstr(R"("desired":{"c")")));
}

TEST(hand_device, says_what_only_the_platform_has) {
  hand_rig r{profile::mqtt};
  r.script("event Error; shadow get; stop");
  EXPECT_TRUE(r.told("events belong to the profiles linkdevelop and linkplatform"));
  EXPECT_TRUE(r.told("shadows belong to the profiles linkdevelop and linkplatform"));
  EXPECT_EQ(r.ended, exit_code::expectation_failed);
}

TEST(hand_device, keeps_the_connection_alive) {
  hand_rig r;
  r.boot();
  r.lines.clear();
  r.run(59min);
  EXPECT_EQ(r.count("→ PINGREQ"), 59U);
  EXPECT_EQ(r.count("← PINGRESP"), 59U);
}

TEST(hand_device, ends_at_once_with_the_meaning_of_a_refused_log_on) {
  hand_rig r;
  r.setup.login.password = std::string(40, '0');
  r.script("pub open; stop");
  EXPECT_EQ(r.ended, exit_code::environment_failed);
  EXPECT_EQ(r.why, "the cloud refused the log-on: CONNACK 4, bad user name or password: a wrong "
                   "secret, an unknown device, or a malformed user name");
  EXPECT_EQ(r.count("→ CONNECT"), 1U);
  EXPECT_EQ(r.count("PUBLISH"), 0U);
}

TEST(hand_device, ends_at_once_where_nobody_listens) {
  hand_rig r;
  r.setup.peers = {hal::parse_address("127.0.0.1:9").value()};
  r.script("pub open");
  EXPECT_EQ(r.ended, exit_code::environment_failed);
  EXPECT_EQ(r.why, "127.0.0.1:9 refused the connection: nobody listens there");
}

TEST(hand_device, tries_the_targets_other_addresses) {
  hand_rig r;
  r.setup.peers.insert(r.setup.peers.begin(), hal::parse_address("127.0.0.1:9").value());
  r.setup.host = "twin.test";
  r.script("stop");
  EXPECT_EQ(r.ended, exit_code::passed) << r.all();
  EXPECT_TRUE(r.told("twin.test is at 127.0.0.1:9, 127.0.0.1:1883"));
}

TEST(hand_device, comes_back_after_its_link_was_lost_and_says_when) {
  hand_rig r;
  r.boot();
  r.lines.clear();
  r.world.links().reset(0);
  r.run(10s);
  EXPECT_EQ(r.count("link lost: the connection to 127.0.0.1:1883 was reset: the network cut the "
                    "connection; next attempt in "),
            1U)
      << r.all();
  EXPECT_TRUE(r.told("CONNACK code 0: accepted, the session was kept"));
  EXPECT_EQ(r.count("SUBSCRIBE"), 0U);
  r.type("pub open");
  EXPECT_TRUE(r.told("report 1 is answered"));
}

TEST(hand_device, subscribes_again_where_its_session_was_forgotten) {
  hand_rig r;
  r.setup.clean_session = true;
  r.boot();
  r.type("sub " + on("", "service/property/get"));
  r.lines.clear();
  r.world.links().reset(0);
  r.run(10s);
  EXPECT_EQ(r.count("→ SUBSCRIBE"), 3U) << r.all();
  EXPECT_EQ(r.count("granted qos 1"), 3U);
}

TEST(hand_device, of_a_script_waits_for_the_link_to_come_back) {
  hand_rig r;
  r.boot();
  r.world.links().reset(0);
  r.type("pub open", 10s);
  EXPECT_TRUE(r.told("report 1 is answered")) << r.all();
}

TEST(hand_device, at_a_prompt_says_that_it_is_not_connected) {
  hand_rig r;
  r.setup.scripted = false;
  r.boot();
  r.world.links().reset(0);
  r.run(100ms);
  EXPECT_TRUE((r.type("pub open", 100ms), r.told("! not connected"))) << r.all();
  r.type("status", 100ms);
  EXPECT_TRUE(r.told("· offline"));
  r.type("stop");
  EXPECT_EQ(r.ended, exit_code::passed);
}

TEST(hand_device, gives_up_waiting_for_an_answer_that_never_comes) {
  hand_rig r{profile::mqtt};
  // A broker that acknowledges and never replies.
  r.setup.names.profile = profile::linkdevelop;
  r.script("pub open; status; stop");
  EXPECT_TRUE(r.told("no answer to report 1 within 5 s")) << r.all();
  EXPECT_EQ(r.ended, exit_code::expectation_failed);
}

TEST(hand_device, of_a_script_goes_on_after_a_step_that_is_never_acknowledged) {
  hand_rig r;
  r.boot();
  r.world.links().stall(0, 31s);
  // Not a publish: after two of them without answer the link is found to be dead.
  r.type("sub /a1FleetDemo/dev_000000/user/get; status", 29s);
  EXPECT_EQ(r.count("online, connection"), 0U);
  r.run(1100ms);
  EXPECT_TRUE(r.told("! not answered within 30 s; going on")) << r.all();
  EXPECT_EQ(r.count("online, connection"), 1U);
  r.type("stop", 10s);
  EXPECT_EQ(r.ended, exit_code::expectation_failed);
}

TEST(hand_device, tells_a_refused_subscription) {
  hand_rig r;
  r.script("sub /a1FleetDemo/dev_000001/data; stop");
  EXPECT_TRUE(r.told("← SUBACK id 3 refused"));
  EXPECT_TRUE(r.told("the cloud refuses the subscription to /a1FleetDemo/dev_000001/data"));
  EXPECT_EQ(r.ended, exit_code::expectation_failed);
}

TEST(hand_device, keeps_account_of_a_hundred_subscriptions) {
  hand_rig r{profile::mqtt};
  r.boot();
  for (std::size_t i = 1; i < subscriptions_max; ++i) {
    r.type("sub f/" + std::to_string(i));
  }
  r.type("sub f/0");
  EXPECT_TRUE(r.told("f/0 is not subscribed to: 100 filters are the most"));
  r.type("unsub g");
  EXPECT_TRUE(r.told("g is not unsubscribed: 100 filters are the most"));
  r.type("unsub f/1");
  EXPECT_TRUE(r.told("UNSUBACK"));
  r.type("unsub g");
  EXPECT_TRUE(r.told("UNSUBACK"));
}

TEST(hand_device, has_a_window_that_fills) {
  hand_rig r;
  r.setup.scripted = false;
  r.boot();
  r.world.links().stall(0, 1h);
  for (int i = 0; i < 100; ++i) {
    r.type("pub /a1FleetDemo/dev_000000/user/x y", 1ms);
    EXPECT_FALSE(r.told("!")) << i;
  }
  r.type("pub /a1FleetDemo/dev_000000/user/x y", 1ms);
  EXPECT_TRUE(r.told("nothing is published on /a1FleetDemo/dev_000000/user/x: too many messages "
                     "are unacknowledged"));
}

TEST(hand_device, of_a_script_ends_with_2_after_a_line_that_is_none_and_does_the_rest) {
  hand_rig r;
  r.boot();
  r.device->take("pub opne");
  r.device->take("pub open");
  r.device->end_of_input();
  r.run(10s);
  EXPECT_TRUE(r.told("! pub opne is unknown; the nearest is pub open"));
  EXPECT_TRUE(r.told("report 1 is answered"));
  EXPECT_EQ(r.ended, exit_code::wrong_usage);
  EXPECT_GE(r.taken, 1U);
}

TEST(hand_device, at_a_prompt_ends_well_whatever_was_mistyped) {
  hand_rig r;
  r.setup.scripted = false;
  r.boot();
  r.type("stpo");
  EXPECT_TRUE(r.told("! unknown command stpo; the nearest is stop"));
  r.type("stop");
  EXPECT_EQ(r.ended, exit_code::passed);
}

TEST(hand_device, waits_on_the_clock_of_its_world) {
  hand_rig r;
  r.boot();
  r.device->take("wait 1h; status");
  r.run(59min + 59s);
  EXPECT_EQ(r.count("online, connection"), 0U);
  r.run(2s);
  EXPECT_EQ(r.count("online, connection"), 1U);
}

TEST(hand_device, that_quits_leaves_its_subscriptions_with_the_cloud) {
  hand_rig r;
  r.script("quit");
  EXPECT_EQ(r.count("UNSUBSCRIBE"), 0U);
  EXPECT_THAT(r.packets().back(), "→ DISCONNECT");
  r.lines.clear();
  r.script("status; stop");
  EXPECT_TRUE(r.told("CONNACK code 0: accepted, the session was kept"));
  // The sample subscribes whatever was kept.
  EXPECT_EQ(r.count("→ SUBSCRIBE"), 2U);
}

TEST(hand_device, that_is_interrupted_says_good_bye_in_time) {
  hand_rig r;
  r.boot();
  r.lines.clear();
  r.device->interrupt();
  r.run();
  EXPECT_THAT(r.packets(), ElementsAre(StartsWith("→ UNSUBSCRIBE"), StartsWith("→ UNSUBSCRIBE"),
                                       "← UNSUBACK id 3", "← UNSUBACK id 4", "→ DISCONNECT"));
  EXPECT_EQ(r.ended, exit_code::interrupted);
}

TEST(hand_device, that_is_interrupted_on_a_dead_link_ends_within_the_grace) {
  hand_rig r;
  r.boot();
  r.world.links().stall(0, 1h);
  r.device->interrupt();
  r.run(interrupt_grace + 2s);
  EXPECT_TRUE(r.told("0 messages and 2 requests are still unanswered")) << r.all();
  EXPECT_EQ(r.ended, exit_code::interrupted);
}

TEST(hand_device, that_is_interrupted_while_it_waits_for_the_next_attempt_ends_at_once) {
  hand_rig r;
  r.boot();
  r.world.links().reset(0);
  r.run(100ms);
  r.device->interrupt();
  EXPECT_EQ(r.ended, exit_code::interrupted);
  // Nothing is left to happen to it.
  r.device->take("status");
  r.device->interrupt();
  r.run(1h);
  EXPECT_THAT(r.lines.back(), HasSubstr("disconnected"));
}

TEST(hand_device, that_is_interrupted_during_its_first_attempt_ends_at_once) {
  hand_rig r;
  r.device = std::make_unique<hand_device>(r.world.home(), r.setup, r);
  r.device->boot();
  r.device->interrupt();
  EXPECT_EQ(r.ended, exit_code::interrupted);
  EXPECT_THAT(r.packets(), IsEmpty());
}

TEST(hand_device, knows_and_tells_its_state) {
  hand_rig r;
  r.boot();
  r.type("pub open; shadow get");
  r.type("status");
  for (const auto part :
       {"online, connection 1, keep-alive 60 s",
        "2 messages published, 2 received, 0 "
        "unacknowledged",
        "the light is on", "subscribed to /sys/a1FleetDemo/dev_000000/thing/service/property/set",
        "the shadow's version is 0"}) {
    EXPECT_TRUE(r.told(part)) << part << "\n" << r.all();
  }
  r.type("help");
  EXPECT_TRUE(r.told("  pub open [every D]"));
  r.type("start");
  EXPECT_TRUE(r.told("started already"));
}

TEST(hand_device, is_kicked_and_comes_back) {
  hand_rig r;
  r.boot();
  r.lines.clear();
  ASSERT_TRUE(r.twin->console()->kick(r.name()).ok());
  r.run(5s);
  EXPECT_TRUE(r.told("link lost: ")) << r.all();
  EXPECT_TRUE(r.told("CONNACK code 0"));
}

} // namespace fleet::program
