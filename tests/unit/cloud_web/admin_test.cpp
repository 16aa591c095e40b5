// Every route of the admin API over HTTP, against a console that writes down what it is asked.
#include <gtest/gtest.h>

#include "cloud_sim/web/admin.hpp"
#include "tests/support/web_rig.hpp"

namespace fleet::cloud {
namespace {

using namespace std::chrono_literals;
using lines = std::vector<std::string>;

/// Built before the service that hands it requests.
struct api_part {
  support::fake_console console;
  twin_counters counters;
  hal::virtual_world clock; ///< the API's own clock stands still at 0
};

struct admin_rig : api_part {
  explicit admin_rig(bool with_console = true)
      : api(clock.home(), with_console ? &console : nullptr, {"0.1.0", "linkdevelop", &counters}),
        web(api) {
    api.guard_with({"", web.at});
  }
  /// `200 {…}`
  std::string ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    const auto a = web.ask(method, target, body);
    return std::to_string(a.status) + " " + a.body;
  }
  /// Status and word of an error.
  std::string error(std::string_view method, std::string_view target, std::string_view body = {}) {
    const auto said = ask(method, target, body);
    return said.substr(0, said.find(R"(","detail")"));
  }
  lines take() { return std::exchange(console.asked, {}); }

  admin_api api;
  support::web_rig web;
};

device_view view(std::uint32_t index, std::string name, std::string_view state = "online") {
  device_view d;
  d.index = index;
  d.product_key = "pk1";
  d.device_name = std::move(name);
  d.state = state;
  return d;
}

TEST(admin_products, are_listed) {
  admin_rig rig;
  EXPECT_EQ(rig.ask("GET", "/v1/products"), R"(200 {"products":[]})");
  rig.console.listed = {{"pk1", "Lamp \"one\"", 5, 2, true, "gateway"}, {"pk2", "", 0, 0, false}};
  EXPECT_EQ(rig.ask("GET", "/v1/products"),
            R"(200 {"products":[{"productKey":"pk1","name":"Lamp \"one\"","devices":5,"online":2,)"
            R"("hasModel":true,"nodeType":"gateway"},{"productKey":"pk2","name":"","devices":0,)"
            R"("online":0,"hasModel":false,"nodeType":"any"}]})");
}

TEST(admin_products, are_put_with_a_model_as_object_or_as_text) {
  admin_rig rig;
  EXPECT_EQ(rig.ask("PUT", "/v1/products/pk1", R"({"name":"n","model":{"a":[1]}})"), "200 {}");
  EXPECT_EQ(rig.ask("PUT", "/v1/products/pk1", R"({"model":"{\"a\":2}"})"), "200 {}");
  EXPECT_EQ(rig.ask("PUT", "/v1/products/pk1", R"({"name":"\u00e9"})"), "200 {}");
  EXPECT_EQ(rig.ask("PUT", "/v1/products/pk1", R"({"model":null})"), "200 {}");
  EXPECT_EQ(rig.ask("PUT", "/v1/products/pk1", R"({"nodeType":"device"})"), "200 {}");
  EXPECT_EQ(rig.error("PUT", "/v1/products/pk1", R"({"model":"null"})"),
            R"(400 {"error":"malformed)")
      << "no word deletes";
  EXPECT_EQ(rig.error("PUT", "/v1/products/pk1", R"({"nodeType":1})"),
            R"(400 {"error":"malformed)");
  EXPECT_EQ(rig.take(), (lines{R"(put_product|pk1|n|{"a":[1]}|)", R"(put_product|pk1||{"a":2}|)",
                               "put_product|pk1|\xc3\xa9||", "put_product|pk1||null|",
                               "put_product|pk1|||device"}));
}

TEST(admin_products, have_a_configuration_and_listeners) {
  admin_rig rig;
  EXPECT_EQ(rig.ask("PUT", "/v1/products/pk1/config", R"({"content":{"x":1},"push":true})"),
            "200 {}");
  EXPECT_EQ(rig.ask("PUT", "/v1/products/pk1/config", R"({"content":"text"})"), "200 {}");
  EXPECT_EQ(rig.error("PUT", "/v1/products/pk1/config", R"({"push":true})"),
            R"(400 {"error":"malformed)");
  rig.console.outcome = std::string{R"({"devices":3})"};
  EXPECT_EQ(rig.ask("POST", "/v1/products/pk1/broadcast",
                    R"({"topic":"/broadcast/pk1/x","payload":"p"})"),
            R"(200 {"devices":3})");
  EXPECT_EQ(rig.take(), (lines{R"(set_config|pk1|{"x":1}|push)", "set_config|pk1|text|keep",
                               "broadcast|pk1|/broadcast/pk1/x|p"}));
}

TEST(admin_gateways, are_asked_to_take_devices_in_and_to_let_some_join) {
  admin_rig rig;
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/gw/invite",
                    R"({"devices":[{"productKey":"pk2","deviceName":"d"}],"timeoutMs":700})"),
            R"(200 {"code":200,"data":{}})");
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/gw/permit",
                    R"({"productKey":"pk2","seconds":90,"timeoutMs":700})"),
            R"(200 {"code":200,"data":{}})");
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/gw/permit", "{}"), R"(200 {"code":200,"data":{}})");
  EXPECT_EQ(rig.take(), (lines{R"(invite|pk1|gw|[{"productKey":"pk2","deviceName":"d"}]|700)",
                               "permit|pk1|gw|pk2|90000|700", "permit|pk1|gw||60000|8000"}));
  for (const std::string_view body : {"{}", R"({"devices":{}})", R"({"devices":[],"x":1})"}) {
    EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/gw/invite", body), R"(400 {"error":"malformed)")
        << body;
  }
  for (const std::string_view body :
       {R"({"seconds":0})", R"({"seconds":86401})", R"({"productKey":7})"}) {
    EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/gw/permit", body), R"(400 {"error":"malformed)")
        << body;
  }
  EXPECT_EQ(rig.take(), lines{});
}

TEST(admin_devices, are_listed_page_by_page) {
  admin_rig rig;
  for (std::uint32_t i = 0; i < 5; ++i) {
    rig.console.known.push_back(view(i * 10, "d" + std::to_string(i)));
  }
  rig.console.known[1].state = "offline";
  rig.console.known[4].product_key = "pk2";
  rig.console.known[0].gateway = "pk9/gw";
  rig.console.known[0].firmware_version = "1.0";
  rig.console.known[0].last_online_ms = 1700000000123;
  EXPECT_EQ(
      rig.ask("GET", "/v1/devices?limit=1"),
      R"(200 {"devices":[{"productKey":"pk1","deviceName":"d0","state":"online",)"
      R"("firmwareVersion":"1.0","gateway":"pk9/gw","lastOnlineMs":1700000000123}],"next":10})");
  const auto rest = rig.ask("GET", "/v1/devices?from=10&limit=4");
  EXPECT_TRUE(rest.ends_with(R"("gateway":null,"lastOnlineMs":0}],"next":null})")) << rest;
  const auto offline = rig.ask("GET", "/v1/devices?state=offline&product=pk1");
  EXPECT_NE(offline.find("\"d1\""), std::string::npos);
  EXPECT_EQ(offline.find("\"d2\""), std::string::npos);
  EXPECT_EQ(rig.ask("GET", "/v1/devices?product=pk3"), R"(200 {"devices":[],"next":null})");
}

TEST(admin_devices, are_not_listed_for_a_query_that_cannot_be_meant) {
  admin_rig rig;
  for (const std::string_view query :
       {"limit=0", "limit=1001", "limit=x", "limit=-1", "limit=", "from=4294967296",
        "from=1&from=2", "stat=online", "state=asleep", "product=%", "limit=1%00"}) {
    EXPECT_EQ(rig.error("GET", "/v1/devices?" + std::string{query}), R"(400 {"error":"malformed)")
        << query;
  }
}

TEST(admin_devices, are_shown_whole) {
  admin_rig rig;
  rig.console.known.push_back(view(0, "d:1@x"));
  rig.console.known[0].properties = R"({"P":{"value":1,"time":2}})";
  EXPECT_EQ(rig.ask("GET", "/v1/devices/pk1/d%3A1%40x"),
            R"(200 {"productKey":"pk1","deviceName":"d:1@x","state":"online","firmwareVersion":"",)"
            R"("gateway":null,"lastOnlineMs":0,"tags":{},"properties":{"P":{"value":1,"time":2}},)"
            R"("desired":{}})");
  EXPECT_EQ(rig.ask("GET", "/v1/devices/pk1/other"),
            R"(404 {"error":"unknown-device","detail":"no such"})");
}

TEST(admin_devices, are_added_with_a_secret_or_get_one) {
  admin_rig rig;
  rig.console.outcome = std::string{R"({"deviceSecret":"made"})"};
  EXPECT_EQ(rig.ask("POST", "/v1/devices", R"({"productKey":"pk1","deviceName":"d1"})"),
            R"(200 {"deviceSecret":"made"})");
  rig.console.outcome = std::string{"{}"};
  EXPECT_EQ(rig.ask("POST", "/v1/devices",
                    R"({"productKey":"pk1","deviceName":"d2","deviceSecret":"s3cr3t"})"),
            "200 {}");
  EXPECT_EQ(rig.take(), (lines{"add_device|pk1|d1|", "add_device|pk1|d2|s3cr3t"}));
  for (const std::string_view body :
       {R"({"productKey":"pk1"})", R"({"deviceName":"d1"})", R"({"productKey":1,"deviceName":"d"})",
        R"({"productKey":"pk1","deviceName":"a/b"})", R"({"productKey":"+","deviceName":"d"})",
        R"({"productKey":"pk1","deviceName":""})",
        R"({"productKey":"pk1","deviceName":"d","deviceSecret":"two words"})",
        R"({"productKey":"pk1","deviceName":"d","secret":"s"})", "[]", "{", "", "\xff"}) {
    EXPECT_EQ(rig.error("POST", "/v1/devices", body), R"(400 {"error":"malformed)") << body;
  }
  EXPECT_TRUE(rig.take().empty());
}

TEST(admin_devices, take_orders) {
  admin_rig rig;
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/disable"), "200 {}");
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/enable"), "200 {}");
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/kick"), "200 {}");
  EXPECT_EQ(rig.ask("DELETE", "/v1/devices/pk1/d1"), "200 {}");
  EXPECT_EQ(rig.take(),
            (lines{"disable|pk1|d1", "enable|pk1|d1", "kick|pk1|d1", "delete_device|pk1|d1"}));
  for (const std::string_view who : {"pk1/d%2Fx", "pk1/d%2B", "p%23/d1", "pk1/%C3%A9",
                                     "pk1/123456789012345678901234567890123"}) {
    EXPECT_EQ(rig.error("POST", "/v1/devices/" + std::string{who} + "/kick"),
              R"(400 {"error":"malformed)")
        << who;
  }
  EXPECT_TRUE(rig.take().empty());
}

TEST(admin_products, have_topic_classes) {
  admin_rig rig;
  EXPECT_EQ(rig.ask("GET", "/v1/products/pk1/topics"), "200 {}");
  EXPECT_EQ(rig.ask("PUT", "/v1/products/pk1/topics", R"({"class":"c1","allow":"pub"})"), "200 {}");
  EXPECT_EQ(rig.ask("PUT", "/v1/products/pk1/topics", R"({"class":"c/#","allow":"both"})"),
            "200 {}");
  EXPECT_EQ(rig.ask("PUT", "/v1/products/pk1/topics", R"({"class":"c","allow":"sub"})"), "200 {}");
  EXPECT_EQ(rig.ask("DELETE", "/v1/products/pk1/topics?class=c%2F%23"), "200 {}");
  EXPECT_EQ(rig.take(), (lines{"topic_classes_of|pk1", "put_topic_class|pk1|c1|p|",
                               "put_topic_class|pk1|c/#|p|s", "put_topic_class|pk1|c||s",
                               "delete_topic_class|pk1|c/#"}));
  for (const std::string_view body :
       {R"({"class":"c1"})", R"({"allow":"pub"})", R"({"class":"c1","allow":"none"})",
        R"({"class":1,"allow":"pub"})", R"({"class":"c1","allow":"pub","x":1})", "[]", ""}) {
    EXPECT_EQ(rig.error("PUT", "/v1/products/pk1/topics", std::string{body}),
              R"(400 {"error":"malformed)")
        << body;
  }
  EXPECT_EQ(rig.error("DELETE", "/v1/products/pk1/topics"), R"(400 {"error":"malformed)");
  EXPECT_EQ(rig.error("DELETE", "/v1/products/pk1/topics?name=c1"), R"(400 {"error":"malformed)");
  EXPECT_TRUE(rig.take().empty());
}

TEST(admin_talk, sets_and_gets_properties) {
  admin_rig rig;
  rig.console.answer = call_answer{200, R"({"P":1})"};
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/properties", R"({"P":1})"),
            R"(200 {"code":200,"data":{"P":1}})");
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/properties/get?timeoutMs=9000", R"(["P","Q"])"),
            R"(200 {"code":200,"data":{"P":1}})");
  rig.console.answer = call_answer{5092, ""};
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/properties?timeoutMs=1", R"({"P":2})"),
            R"(200 {"code":5092,"data":{}})");
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/desired", R"({"P":null})"), "200 {}");
  EXPECT_EQ(
      rig.take(),
      (lines{R"(set_properties|pk1|d1|{"P":1}|5000)", R"(get_properties|pk1|d1|["P","Q"]|9000)",
             R"(set_properties|pk1|d1|{"P":2}|1)", R"(set_desired|pk1|d1|{"P":null})"}));
  for (const std::string_view query : {"timeoutMs=0", "timeoutMs=60001", "timeoutMs=1s",
                                       "timeoutMs=", "timeout=5", "timeoutMs=5&timeoutMs=5"}) {
    EXPECT_EQ(
        rig.error("POST", "/v1/devices/pk1/d1/properties?" + std::string{query}, R"({"P":1})"),
        R"(400 {"error":"malformed)")
        << query;
    EXPECT_EQ(
        rig.error("POST", "/v1/devices/pk1/d1/properties/get?" + std::string{query}, R"(["P"])"),
        R"(400 {"error":"malformed)")
        << query;
  }
  EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/d1/properties", "[]"), R"(400 {"error":"malformed)");
  EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/d1/properties/get", R"({"P":1})"),
            R"(400 {"error":"malformed)");
  EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/d1/properties/get", "[1]"),
            R"(400 {"error":"malformed)");
  EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/d1/desired", "7"), R"(400 {"error":"malformed)");
  EXPECT_TRUE(rig.take().empty());
}

TEST(admin_talk, calls_services_with_a_patience) {
  admin_rig rig;
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/services/Restart",
                    R"({"args":{"delay":3},"timeoutMs":5000})"),
            R"(200 {"code":200,"data":{}})");
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/services/a%3Ab", "{}"),
            R"(200 {"code":200,"data":{}})");
  EXPECT_EQ(rig.take(), (lines{R"(call_service|pk1|d1|Restart|{"delay":3}|5000)",
                               "call_service|pk1|d1|a:b|{}|8000"}));
  for (const std::string_view body :
       {R"({"args":[]})", R"({"timeoutMs":0})", R"({"timeoutMs":60001})", R"({"timeoutMs":"5"})",
        R"({"timeoutMs":1.5})", R"({"timeoutMs":1e9})", R"({"timeout":5})"}) {
    EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/d1/services/Restart", body),
              R"(400 {"error":"malformed)")
        << body;
  }
  EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/d1/services/two%20words", "{}"),
            R"(400 {"error":"malformed)");
}

TEST(admin_talk, carries_rrpc_both_ways_as_text_and_as_octets) {
  admin_rig rig;
  rig.console.answer = call_answer{200, "pong\n"};
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/rrpc", R"({"payload":"pi\u006eg"})"),
            R"(200 {"code":200,"data":"pong\n","payloadBase64":"cG9uZwo="})");
  rig.console.answer = call_answer{200, "\xff"};
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/rrpc",
                    R"({"payloadBase64":"cGluZw==","topic":"/x/y","timeoutMs":100})"),
            R"(200 {"code":200,"payloadBase64":"/w=="})");
  EXPECT_EQ(rig.take(), (lines{"rrpc|pk1|d1||ping|8000", "rrpc|pk1|d1|/x/y|ping|100"}));
  for (const std::string_view body :
       {"{}", R"({"payload":"a","payloadBase64":"YQ=="})", R"({"payloadBase64":"YQ"})",
        R"({"payload":{}})", R"({"payload":"a","topic":"/+"})", R"({"payload":"\ud800"})"}) {
    EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/d1/rrpc", body), R"(400 {"error":"malformed)")
        << body;
  }
}

TEST(admin_talk, answers_when_the_device_did) {
  admin_rig rig;
  rig.console.answers_at_once = false;
  auto& c = rig.web.connect();
  c.send({.method = "POST",
          .target = "/v1/devices/pk1/d1/properties",
          .host = "localhost",
          .body = as_bytes(R"({"P":1})")});
  rig.web.settle(3s);
  EXPECT_TRUE(c.answers.empty());
  ASSERT_EQ(rig.console.waiting.size(), 1U);
  rig.console.waiting[0](fail(operation_failure{operation_error::timed_out, "8 s"}));
  rig.web.settle();
  ASSERT_EQ(c.answers.size(), 1U);
  EXPECT_EQ(c.answers[0].status, 504);
  EXPECT_EQ(c.answers[0].body, R"({"error":"timed-out","detail":"8 s"})");
}

TEST(admin_talk, reads_and_updates_shadows_and_publishes) {
  admin_rig rig;
  rig.console.outcome = std::string{R"({"state":{}})"};
  EXPECT_EQ(rig.ask("GET", "/v1/devices/pk1/d1/shadow"), R"(200 {"state":{}})");
  EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/shadow", R"({"method":"update"})"),
            R"(200 {"state":{}})");
  rig.console.outcome = std::string{};
  EXPECT_EQ(rig.ask("POST", "/v1/publish", R"({"topic":"/pk1/d1/user/get","payload":"x","qos":1})"),
            "200 {}");
  EXPECT_EQ(rig.ask("POST", "/v1/publish", R"({"topic":"/a","payloadBase64":""})"), "200 {}");
  EXPECT_EQ(rig.take(), (lines{"shadow|pk1|d1", R"(update_shadow|pk1|d1|{"method":"update"})",
                               "publish|/pk1/d1/user/get|x|1", "publish|/a||0"}));
  for (const std::string_view body :
       {R"({"topic":"/a","payload":"x","qos":2})", R"({"topic":"/#","payload":"x"})",
        R"({"topic":"","payload":"x"})", R"({"payload":"x"})", R"({"topic":"/a"})"}) {
    EXPECT_EQ(rig.error("POST", "/v1/publish", body), R"(400 {"error":"malformed)") << body;
  }
}

TEST(admin_import, adds_devices_and_their_products) {
  admin_rig rig;
  rig.console.failures.push_back({"add_device", {operation_error::unknown_product, ""}});
  rig.console.failures.push_back({"add_device", {operation_error::exists, ""}});
  EXPECT_EQ(rig.ask("POST", "/v1/import",
                    "ProductKey,DeviceName,DeviceSecret\r\npk1,d1,s1\r\npk1,d2,s2\r\n"),
            // d1 is there on the second attempt, which the fake calls an existing one
            R"(200 {"added":1,"existing":1})");
  EXPECT_EQ(rig.take(), (lines{"add_device|pk1|d1|s1", "put_product|pk1|pk1||",
                               "add_device|pk1|d1|s1", "add_device|pk1|d2|s2"}));
}

TEST(admin_import, names_the_place_of_a_mistake_and_no_secret) {
  admin_rig rig;
  const auto said = rig.ask("POST", "/v1/import", "ProductKey,DeviceName,DeviceSecret\npk1,d1,\n");
  EXPECT_TRUE(said.starts_with(R"(400 {"error":"malformed","detail":"line 2, column )")) << said;
  rig.console.failures.push_back({"add_device", {operation_error::busy, "full"}});
  const auto full =
      rig.ask("POST", "/v1/import", "ProductKey,DeviceName,DeviceSecret\npk1,d1,s3cr3t\n");
  EXPECT_EQ(full,
            R"(503 {"error":"busy","detail":"stopped at pk1/d1, 0 were added before: full"})");
}

TEST(admin_status, tells_version_profile_and_counters) {
  admin_rig rig;
  add(rig.counters.devices_online, 7);
  add(rig.counters.received[0], 2);
  add(rig.counters.received[1], 3);
  add(rig.counters.publishes_over_bound, 11);
  add(rig.counters.downlinks_over_bound, 12);
  add(rig.counters.connects_over_rate, 13);
  add(rig.counters.configs_taken, 14);
  add(rig.counters.configs_failed, 15);
  const auto said = rig.ask("GET", "/v1/status");
  EXPECT_TRUE(said.starts_with(R"(200 {"version":"0.1.0","profile":"linkdevelop","uptimeMs":0,)"
                               R"("devicesOnline":7,"connectionsOpen":0,"counters":{)"))
      << said;
  EXPECT_NE(said.find(R"("received":5,)"), std::string::npos) << said;
  for (const auto* counted :
       {R"("publishesOverBound":11,"downlinksOverBound":12,"connectsOverRate":13,)",
        R"("configsTaken":14,"configsFailed":15})"}) {
    EXPECT_NE(said.find(counted), std::string::npos) << said;
  }
  const auto routes = rig.ask("GET", "/v1/");
  EXPECT_NE(routes.find(R"("POST /v1/devices/{productKey}/{deviceName}/rrpc")"), std::string::npos);
}

TEST(admin_errors, have_a_status_and_a_word_each) {
  admin_rig rig;
  const std::pair<operation_error, std::string_view> all[] = {
      {operation_error::unknown_product, "404 {\"error\":\"unknown-product"},
      {operation_error::unknown_device, "404 {\"error\":\"unknown-device"},
      {operation_error::offline, "409 {\"error\":\"offline"},
      {operation_error::not_subscribed, "409 {\"error\":\"not-subscribed"},
      {operation_error::busy, "503 {\"error\":\"busy"},
      {operation_error::timed_out, "504 {\"error\":\"timed-out"},
      {operation_error::refused, "403 {\"error\":\"refused"},
      {operation_error::malformed, "400 {\"error\":\"malformed"},
      {operation_error::exists, "409 {\"error\":\"exists"},
      {operation_error::unsupported, "501 {\"error\":\"unsupported"}};
  for (const auto& [why, expected] : all) {
    rig.console.failures.push_back({"kick", {why, "\"quoted\" and \xff"}});
    EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/kick"),
              std::string{expected} + R"(","detail":""})");
    rig.console.answer = fail(operation_failure{why, "say \"why\""});
    EXPECT_EQ(rig.ask("POST", "/v1/devices/pk1/d1/properties", "{}"),
              std::string{expected} + R"(","detail":"say \"why\""})");
  }
}

TEST(admin_errors, tell_wrong_routes_from_wrong_methods) {
  admin_rig rig;
  EXPECT_EQ(rig.error("GET", "/"), R"(404 {"error":"no-such-route)");
  EXPECT_EQ(rig.error("GET", "/v2/products"), R"(404 {"error":"no-such-route)");
  EXPECT_EQ(rig.error("GET", "/v1/products/"), R"(404 {"error":"no-such-route)");
  EXPECT_EQ(rig.error("GET", "/v1/devices/pk1%2Fd1"), R"(404 {"error":"no-such-route)");
  EXPECT_EQ(rig.error("GET", "/v1/%zz"), R"(400 {"error":"malformed)");
  const auto wrong = rig.web.ask("PATCH", "/v1/devices/pk1/d1");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.field("allow"), "GET, DELETE");
}

TEST(admin_errors, refuse_bodies_that_are_deep_or_wide) {
  admin_rig rig;
  const std::string deep(20'000, '[');
  EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/d1/properties/get", deep),
            R"(400 {"error":"malformed)");
  std::string wide = "{\"a0\":0";
  for (int i = 1; i < 9000; ++i) {
    wide += ",\"a" + std::to_string(i) + "\":0";
  }
  EXPECT_EQ(rig.error("POST", "/v1/devices/pk1/d1/properties", wide + "}"),
            R"(400 {"error":"malformed)");
  EXPECT_TRUE(rig.take().empty());
}

TEST(admin_errors, hold_for_every_route_without_a_console) {
  admin_rig rig{false};
  EXPECT_EQ(rig.error("GET", "/v1/products"), R"(501 {"error":"unsupported)");
  EXPECT_EQ(rig.error("POST", "/v1/import", "x"), R"(501 {"error":"unsupported)");
  EXPECT_TRUE(rig.ask("GET", "/v1/status").starts_with("200 "));
}

TEST(admin_access, is_refused_before_anything_is_done) {
  admin_rig rig;
  const auto ask = [&](std::string_view host, std::vector<http::field> fields) {
    return rig.web.ask(
        {.method = "POST", .target = "/v1/devices/pk1/d1/kick", .host = host, .fields = fields});
  };
  EXPECT_EQ(ask("evil.example", {}).status, 403);
  EXPECT_EQ(ask("localhost", {{"Origin", "http://evil.example"}}).status, 403);
  rig.api.guard_with({"0123456789abcdef", rig.web.at});
  const auto locked = ask("localhost", {});
  EXPECT_EQ(locked.status, 401);
  EXPECT_EQ(locked.field("www-authenticate"), "Bearer");
  EXPECT_TRUE(rig.take().empty());
  EXPECT_EQ(ask("localhost", {{"Authorization", "Bearer 0123456789abcdef"}}).status, 200);
  EXPECT_EQ(rig.take(), lines{"kick|pk1|d1"});
}

} // namespace
} // namespace fleet::cloud
