// The console's operations through the twin (aliyun-iot.md §9.1, §11.3 to §11.7, §14.6, §15): what
// reaches the device, what comes back, and what does not.
#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace support;
using namespace std::chrono_literals;
using cloud::operation_error;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// What calls came to; outlives the twin, which answers what is open when it stops.
struct heard {
  std::string out;
};

struct platform_console : testing::Test, heard, platform_rig {
  using platform_rig::platform_rig;

  /// Takes what a call comes to: `200 data` or the word of the failure.
  cloud::call_done to(std::string& text) {
    return [&text](const cloud::call_result& r) {
      text += r.ok() ? std::to_string(r.value().code) + " " + r.value().data
                     : std::string{cloud::to_string(r.error().why)};
    };
  }
  /// The Alink id of a message.
  std::string id_in(const std::string& line) {
    const auto at = line.find(R"("id":")") + 6;
    return line.substr(at, line.find('"', at) - at);
  }
};

TEST_F(platform_console, sets_properties_and_answers_what_the_device_did) {
  auto& g = arrive_listening(lamp);
  console().set_properties(name(lamp), R"({"Level":7})", to(out));
  bench.settle();
  const auto got = g.messages();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_THAT(got[0], StartsWith(sys(lamp, "thing/service/property/set") + "={"));
  EXPECT_THAT(got[0], HasSubstr(R"("params":{"Level":7},"version":"1.0.0")"));
  EXPECT_EQ(out, "");
  g.publish(sys(lamp, "thing/service/property/set_reply"),
            R"({"id":")" + id_in(got[0]) + R"(","code":200,"data":{}})", 1);
  bench.settle();
  EXPECT_EQ(out, "200 {}");
  g.publish(sys(lamp, "thing/service/property/set_reply"),
            R"({"id":")" + id_in(got[0]) + R"(","code":460,"data":{}})", 1);
  bench.settle();
  EXPECT_EQ(out, "200 {}") << "once";
}

TEST_F(platform_console, gives_a_silent_device_five_seconds) {
  arrive_listening(lamp);
  console().set_properties(name(lamp), R"({"Level":7})", to(out));
  bench.settle(std::chrono::milliseconds{4900});
  EXPECT_EQ(out, "");
  bench.settle(std::chrono::milliseconds{200});
  EXPECT_EQ(out, "timed-out");
}

TEST_F(platform_console, waits_for_a_property_set_or_get_as_long_as_was_asked) {
  arrive_listening(lamp);
  for (const auto patience : {1s, 9s}) {
    console().set_properties(name(lamp), R"({"Level":7})", patience, to(out));
    console().get_properties(name(lamp), R"(["Level"])", patience, to(out));
    bench.settle(patience - 100ms);
    EXPECT_EQ(out, "") << patience.count();
    bench.settle(200ms);
    EXPECT_EQ(std::exchange(out, {}), "timed-outtimed-out") << patience.count();
  }
}

TEST_F(platform_console, refuses_to_wait_longer_for_rrpc_than_the_platform_does) {
  arrive_listening(lamp);
  console().rrpc(name(lamp), "", as_bytes("q"), 8001ms, to(out));
  EXPECT_EQ(std::exchange(out, {}), "malformed");
  console().call_service(name(lamp), "Measure", "{}", 8001ms, to(out)); // which is synchronous
  EXPECT_EQ(std::exchange(out, {}), "malformed");
  console().rrpc(name(lamp), "", as_bytes("q"), 8000ms, to(out));
  console().call_service(name(lamp), "Measure", "{}", 8000ms, to(out));
  console().call_service(name(lamp), "Blink", R"({"times":2})", 8001ms, to(out));
  EXPECT_EQ(out, "") << "on their way";
}

TEST_F(platform_console, says_why_a_call_cannot_go) {
  console().set_properties({"a1LampPk001", "nobody"}, "{}", to(out));
  EXPECT_EQ(std::exchange(out, {}), "unknown-device");
  console().set_properties(name(lamp), R"({"Level":7})", to(out));
  EXPECT_EQ(std::exchange(out, {}), "offline");
  auto& g = arrive(lamp);
  console().set_properties(name(lamp), R"({"Level":7})", to(out));
  EXPECT_EQ(std::exchange(out, {}), "not-subscribed");
  console().set_properties(name(lamp), "[]", to(out));
  EXPECT_EQ(std::exchange(out, {}), "malformed");
  console().set_properties(name(lamp), R"({"Level":101})", to(out));
  EXPECT_EQ(std::exchange(out, {}), "refused");
  console().set_properties(name(lamp), R"({"Heat":1})", to(out));
  EXPECT_EQ(std::exchange(out, {}), "refused") << "it is only read";
  console().get_properties(name(lamp), R"(["Nobody"])", to(out));
  EXPECT_EQ(std::exchange(out, {}), "refused");
  console().get_properties(name(lamp), R"([1])", to(out));
  EXPECT_EQ(std::exchange(out, {}), "malformed");
  console().call_service(name(lamp), "Blink", R"({"times":10})", duration{}, to(out));
  EXPECT_EQ(std::exchange(out, {}), "refused");
  console().call_service(name(lamp), "Nobody", "{}", duration{}, to(out));
  EXPECT_EQ(std::exchange(out, {}), "refused");
  console().call_service(name(lamp), "a/b", "{}", duration{}, to(out));
  EXPECT_EQ(std::exchange(out, {}), "malformed");
  console().rrpc(name(lamp), topic(lamp + 1, "", "user/get"), {}, duration{}, to(out));
  EXPECT_EQ(std::exchange(out, {}), "malformed") << "another device's topic";
  bench.settle();
  EXPECT_THAT(g.messages(), IsEmpty());
}

TEST_F(platform_console, asks_a_device_for_its_properties) {
  auto& g = arrive_listening(lamp);
  console().get_properties(name(lamp), R"(["Level","Heat"])", to(out));
  bench.settle();
  const auto got = g.messages();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_THAT(got[0], HasSubstr(R"("params":["Level","Heat"])"));
  g.publish(sys(lamp, "thing/service/property/get_reply"),
            R"({"id":")" + id_in(got[0]) + R"(","code":200,"data":{"Level":3}})", 0);
  bench.settle();
  EXPECT_EQ(out, R"(200 {"Level":3})");
}

TEST_F(platform_console, holds_the_values_that_it_gets_against_the_thing_model) {
  auto& g = arrive_listening(lamp);
  for (const auto& [data, said] : std::vector<std::pair<std::string, std::string>>{
           {R"({"Level":3})", R"(200 {"Level":3})"},
           {R"({"Level":"x"})", R"(6305 {"Level":"x"})"},
           {R"({"Level":3,"junk":1})", R"(6320 {"Level":3,"junk":1})"},
           {"{}", "200 {}"}}) {
    console().get_properties(name(lamp), R"(["Level"])", to(out));
    bench.settle();
    const auto got = g.messages();
    ASSERT_EQ(got.size(), 1U);
    g.take();
    g.publish(sys(lamp, "thing/service/property/get_reply"),
              R"({"id":")" + id_in(got[0]) + R"(","code":200,"data":)" + data + "}", 0);
    bench.settle();
    EXPECT_EQ(std::exchange(out, {}), said);
  }
}

TEST_F(platform_console, calls_an_asynchronous_service_on_its_topic) {
  auto& g = arrive_listening(lamp);
  console().call_service(name(lamp), "Blink", R"({"times":2})", std::chrono::seconds{9}, to(out));
  bench.settle();
  const auto got = g.messages();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_THAT(got[0], StartsWith(sys(lamp, "thing/service/Blink") + "={"));
  EXPECT_THAT(got[0], HasSubstr(R"("method":"thing.service.Blink")"));
  // The id alone does not do: another topic is another question.
  g.publish(sys(lamp, "thing/service/property/set_reply"),
            R"({"id":")" + id_in(got[0]) + R"(","code":200,"data":{}})", 1);
  bench.settle();
  EXPECT_EQ(out, "");
  g.publish(sys(lamp, "thing/service/Blink_reply"),
            R"({"id":")" + id_in(got[0]) + R"(","code":100001,"data":{"a":1}})", 1);
  bench.settle();
  EXPECT_EQ(out, R"(100001 {"a":1})");
}

TEST_F(platform_console, calls_a_synchronous_service_by_rrpc_in_the_form_that_is_listened_to) {
  auto& g = arrive_listening(lamp);
  console().call_service(name(lamp), "Measure", "{}", std::chrono::seconds{2}, to(out));
  bench.settle();
  auto got = g.messages();
  ASSERT_EQ(got.size(), 1U);
  auto id = id_in(got[0]);
  EXPECT_THAT(got[0], StartsWith(sys(lamp, "rrpc/request/" + id) + "={"));
  g.publish(sys(lamp, "rrpc/response/" + id), R"({"id":"0","code":200,"data":{"v":1}})", 0);
  bench.settle();
  EXPECT_EQ(std::exchange(out, {}), R"(200 {"v":1})");

  auto& ext = arrive(lamp + 1);
  ext.subscribe("/ext/rrpc/+" + sys(lamp + 1, "thing/service/Measure"), 0);
  bench.settle();
  ext.take();
  console().call_service(name(lamp + 1), "Measure", "{}", std::chrono::seconds{2}, to(out));
  bench.settle();
  got = ext.messages();
  ASSERT_EQ(got.size(), 1U);
  id = id_in(got[0]);
  const auto on = "/ext/rrpc/" + id + sys(lamp + 1, "thing/service/Measure");
  EXPECT_THAT(got[0], StartsWith(on + "={"));
  ext.publish(on, "no reply", 0);
  bench.settle();
  EXPECT_EQ(out, "malformed");
}

TEST_F(platform_console, holds_what_a_service_returns_against_the_thing_model) {
  auto& g = arrive_listening(lamp);
  for (const auto& [data, said] : std::vector<std::pair<std::string, std::string>>{
           {R"({"v":9})", R"(200 {"v":9})"},
           {R"({"v":10})", R"(6306 {"v":10})"},
           {R"({"v":1,"junk":1})", R"(6320 {"v":1,"junk":1})"},
           {"{}", "200 {}"}}) {
    console().call_service(name(lamp), "Measure", "{}", 2s, to(out));
    bench.settle();
    const auto got = g.messages();
    ASSERT_EQ(got.size(), 1U);
    g.take();
    g.publish(sys(lamp, "rrpc/response/" + id_in(got[0])),
              R"({"id":"0","code":200,"data":)" + data + "}", 0);
    bench.settle();
    EXPECT_EQ(std::exchange(out, {}), said);
  }
}

TEST_F(platform_console, carries_any_octets_by_rrpc_both_ways) {
  auto& g = arrive_listening(plain);
  console().rrpc(name(plain), "", as_bytes("\x01?"), std::chrono::seconds{2}, to(out));
  bench.settle();
  auto got = g.messages();
  ASSERT_EQ(got.size(), 1U);
  const auto head = sys(plain, "rrpc/request/");
  ASSERT_THAT(got[0], StartsWith(head));
  const auto id = got[0].substr(head.size(), got[0].find('=') - head.size());
  EXPECT_TRUE(got[0].ends_with("=\x01? q0"));
  // Neither a response under another id nor another device's own counts.
  auto& other = arrive_listening(plain + 1);
  other.publish(sys(plain + 1, "rrpc/response/" + id), "mine", 0);
  g.publish(sys(plain, "rrpc/response/" + id + "0"), "late", 0);
  bench.settle();
  EXPECT_EQ(out, "");
  g.publish(sys(plain, "rrpc/response/" + id), "yes\x02", 0);
  bench.settle();
  EXPECT_EQ(std::exchange(out, {}), "200 yes\x02");

  g.subscribe("/ext/rrpc/+" + topic(plain, "", "user/get"), 1);
  bench.settle();
  g.take();
  console().rrpc(name(plain), topic(plain, "", "user/get"), as_bytes("q"), duration{}, to(out));
  bench.settle();
  got = g.messages();
  ASSERT_EQ(got.size(), 1U);
  const auto on = got[0].substr(0, got[0].find('='));
  EXPECT_THAT(on, StartsWith("/ext/rrpc/"));
  g.publish(on, "a", 1);
  bench.settle();
  EXPECT_EQ(std::exchange(out, {}), "200 a");
  console().rrpc(name(plain), "", as_bytes("q"), std::chrono::milliseconds{1}, to(out));
  bench.settle(std::chrono::milliseconds{900});
  EXPECT_EQ(out, "") << "a second is the least (§15.3)";
  bench.settle(std::chrono::milliseconds{200});
  EXPECT_EQ(out, "timed-out");
}

struct small_console : platform_console {
  small_console() : platform_console(options()) {}
  static cloud::twin_options options() {
    cloud::twin_options o;
    o.platform.calls_max = 3;
    o.platform.calls_per_device_max = 2;
    o.platform.broadcast_listeners_max = 1;
    return o;
  }
};

TEST_F(small_console, bounds_open_calls_for_a_device_and_in_all) {
  arrive_listening(plain);
  arrive_listening(plain + 1);
  for (int i = 0; i < 3; ++i) {
    console().rrpc(name(plain), "", {}, std::chrono::seconds{8}, to(out));
  }
  EXPECT_EQ(std::exchange(out, {}), "busy") << "the third for one device";
  console().rrpc(name(plain + 1), "", {}, std::chrono::seconds{8}, to(out));
  EXPECT_EQ(out, "");
  console().rrpc(name(plain + 1), "", {}, std::chrono::seconds{8}, to(out));
  EXPECT_EQ(std::exchange(out, {}), "busy") << "the fourth in all";
  bench.settle(std::chrono::seconds{9});
  EXPECT_EQ(std::exchange(out, {}), "timed-outtimed-outtimed-out");
  console().rrpc(name(plain), "", {}, std::chrono::seconds{8}, to(out));
  EXPECT_EQ(out, "");
}

TEST_F(small_console, answers_what_is_open_when_the_twin_stops) {
  arrive_listening(plain);
  console().rrpc(name(plain), "", {}, std::chrono::seconds{8}, [&](const cloud::call_result& r) {
    out += cloud::to_string(r.error().why);
    console().rrpc(name(plain), "", {}, std::chrono::seconds{8}, to(out)); // goes nowhere
  });
  bench.twin->stop();
  EXPECT_EQ(out, "offlineoffline");
}

TEST_F(small_console, stops_a_broadcast_at_its_bound) {
  for (const auto d : {lamp, lamp + 1}) {
    arrive(d).subscribe("/broadcast/a1LampPk001/#", 1);
  }
  bench.settle();
  EXPECT_EQ(console().broadcast("a1LampPk001", "all", as_bytes("x")).value(), R"({"devices":1})");
}

TEST_F(platform_console, survives_a_device_that_is_deleted_by_its_own_answer) {
  auto& g = arrive_listening(plain);
  bool done = false;
  console().rrpc(name(plain), "", {}, duration{}, [&](const cloud::call_result&) {
    done = console().delete_device(name(plain)).ok();
  });
  bench.settle();
  const auto got = g.messages();
  const auto id = got.at(0).substr(sys(plain, "rrpc/request/").size(), 1);
  g.publish(sys(plain, "rrpc/response/" + id), "bye", 0);
  bench.settle();
  EXPECT_TRUE(done);
  EXPECT_TRUE(g.closed);
}

TEST_F(platform_console, tells_an_online_device_what_is_desired) {
  auto& g = arrive_listening(lamp);
  EXPECT_EQ(console().set_desired(name(lamp), R"({"Level":5})").value(), R"({"Level":1})");
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(HasSubstr(R"("params":{"Level":5})")));
  EXPECT_EQ(console().set_desired(name(lamp), R"({"Level":null})").value(), "{}");
  EXPECT_EQ(view(lamp).desired, "{}");
  EXPECT_EQ(console().set_desired(name(lamp), R"({"Level":500})").error().why,
            operation_error::refused);
  EXPECT_EQ(console().set_desired(name(lamp), "7").error().why, operation_error::malformed);
}

TEST_F(platform_console, wants_all_of_the_desired_properties_or_none) {
  std::string many = "{";
  for (int i = 0; i < 150; ++i) {
    many += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + "\":0";
  }
  ASSERT_TRUE(console().set_desired(name(plain), many + "}").ok());
  ASSERT_TRUE(console().set_desired(name(plain), many + "}").ok()) << "the same take no more room";
  for (char& c : many) {
    c = c == 'a' ? 'b' : c;
  }
  ASSERT_TRUE(console().set_desired(name(plain), many + "}").ok()) << "300";
  EXPECT_EQ(console().set_desired(name(plain), R"({"a0":7,"c":7})").error().why,
            operation_error::busy);
  EXPECT_THAT(view(plain).desired, HasSubstr(R"("a0":{"value":0,"version":2})"));
}

TEST_F(platform_console, broadcasts_to_the_subscribers_of_one_product) {
  auto& one = arrive(lamp);
  auto& other = arrive(plain);
  one.subscribe("/broadcast/a1LampPk001/#", 1);
  other.subscribe("/broadcast/a1PlainPk01/#", 1);
  bench.settle();
  one.take();
  EXPECT_EQ(console().broadcast("a1LampPk001", "all", as_bytes("x")).value(), R"({"devices":1})");
  bench.settle();
  EXPECT_THAT(one.messages(), ElementsAre("/broadcast/a1LampPk001/all=x q0"));
  EXPECT_THAT(other.messages(), IsEmpty());
  EXPECT_EQ(console().broadcast("nobody", "all", {}).error().why, operation_error::unknown_product);
  EXPECT_EQ(console().broadcast("a1LampPk001", "#", {}).error().why, operation_error::malformed);
  EXPECT_EQ(console().broadcast("a1LampPk001", "/broadcast/a1PlainPk01/all", {}).error().why,
            operation_error::refused)
      << "another product's";
  EXPECT_EQ(console().broadcast("a1LampPk001", "/broadcast/a1LampPk001/", {}).error().why,
            operation_error::malformed);
  const std::string long_text(65'537, 'x');
  EXPECT_EQ(console().broadcast("a1LampPk001", "all", as_bytes(long_text)).error().why,
            operation_error::malformed);
}

TEST_F(platform_console, pushes_a_configuration_to_who_listens) {
  auto& g = arrive_listening(lamp);
  bench.twin->serve_configs_at("https://twin/config/");
  const auto shown = console().set_config("a1LampPk001", R"({"a":1})", true).value();
  EXPECT_THAT(shown, StartsWith(R"({"devices":1,"url":"https://twin/config/a1LampPk001-1?token=)"));
  bench.settle();
  const auto pushed = g.messages();
  EXPECT_THAT(pushed, ElementsAre(StartsWith(sys(lamp, "thing/config/push") + "={")));
  EXPECT_THAT(pushed.at(0), HasSubstr("https://twin/config/a1LampPk001-1?token="));
  EXPECT_EQ(pushed.at(0).find(shown.substr(shown.find("token="))), std::string::npos)
      << "each device has a token of its own";
  EXPECT_EQ(console().set_config("a1LampPk001", "{", true).error().why, operation_error::malformed);
  EXPECT_EQ(console().set_config("nobody", "{}", true).error().why,
            operation_error::unknown_product);
}

TEST_F(platform_console, takes_note_of_what_devices_say_to_a_pushed_configuration) {
  auto& g = arrive_listening(lamp);
  const auto answer = sys(lamp, "thing/config/push_reply");
  g.publish(answer, R"({"id":"1","code":200,"data":{}})", 0);
  g.publish(answer, R"({"id":"2","code":460,"data":{}})", 0);
  g.publish(answer, R"("id":"3","code":"400","data":{})", 0); // as the 2018 SDK fails
  g.publish(answer, "{", 0);
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().configs_taken), 1U);
  EXPECT_EQ(bench.count(bench.twin->counters().configs_failed), 3U);
}

TEST_F(platform_console, publishes_where_a_device_may_listen) {
  auto& g = arrive(plain, false);
  const auto get = topic(plain, "", "user/get");
  EXPECT_EQ(console().publish(get, as_bytes("x"), mqtt::qos::at_least_once).error().why,
            operation_error::not_subscribed);
  g.subscribe(get, 1);
  bench.settle();
  g.take();
  EXPECT_TRUE(console().publish(get, as_bytes("x"), mqtt::qos::exactly_once).ok());
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(get + "=x q1"));
  EXPECT_EQ(console().publish(topic(plain, "", "update"), {}, mqtt::qos::at_most_once).error().why,
            operation_error::refused);
  g.drop();
  bench.settle();
  EXPECT_TRUE(console().publish(get, as_bytes("y"), mqtt::qos::at_least_once).ok()) << "it waits";
  EXPECT_EQ(console().publish(get, {}, mqtt::qos::at_most_once).error().why,
            operation_error::offline);
  EXPECT_THAT(arrive(plain, false).messages(), ElementsAre(get + "=y q1"));
}

TEST_F(platform_console, adds_kicks_and_deletes_devices) {
  const auto made = console().add_device({"a1NewPk0001", "fresh"}, "");
  ASSERT_TRUE(made.ok());
  ASSERT_THAT(made.value(), StartsWith(R"({"deviceSecret":")"));
  const auto secret = made.value().substr(17, 32);
  EXPECT_EQ(console().add_device({"a1NewPk0001", "fresh"}, "").error().why,
            operation_error::exists);
  EXPECT_EQ(console().add_device({"a1NewPk0001", "a/b"}, "").error().why,
            operation_error::malformed);
  device_login login{{"a1NewPk0001", "fresh", secret}};
  auto& g = bench.arrive(login.view());
  EXPECT_TRUE(g.saw("connected"));
  EXPECT_EQ(console().device({"a1NewPk0001", "fresh"}).value().state, "online");
  ASSERT_TRUE(console().kick({"a1NewPk0001", "fresh"}).ok());
  bench.settle();
  EXPECT_TRUE(g.closed);
  EXPECT_EQ(console().kick({"a1NewPk0001", "fresh"}).error().why, operation_error::offline);
  ASSERT_TRUE(console().delete_device({"a1NewPk0001", "fresh"}).ok());
  EXPECT_EQ(bench.arrive(login.view()).take().front(), "refused 4");
  // One of the list of credentials can go as well, and come back under another secret.
  ASSERT_TRUE(console().delete_device(name(plain)).ok());
  device_login old{source.at(plain)};
  EXPECT_EQ(bench.arrive(old.view()).take().front(), "refused 4");
  ASSERT_TRUE(console().add_device(name(plain), "another").ok());
  EXPECT_EQ(bench.arrive(old.view()).take().front(), "refused 4");
  device_login anew{{"a1PlainPk01", "plain_0", "another"}};
  EXPECT_TRUE(bench.arrive(anew.view()).saw("connected"));
}

TEST_F(platform_console, changes_of_a_product_what_is_given_and_nothing_else) {
  const auto plain_product = [this] { return console().products().at(2); };
  ASSERT_TRUE(console().put_product("a1PlainPk01", {"Plain", lamp_model}).ok());
  ASSERT_TRUE(console().put_product("a1PlainPk01", {"Other", ""}).ok());
  EXPECT_EQ(plain_product().name, "Other");
  EXPECT_TRUE(plain_product().has_model) << "a name says nothing of the model";
  ASSERT_TRUE(console().put_product("a1PlainPk01", {"", lamp_model}).ok());
  EXPECT_EQ(plain_product().name, "Other");
  ASSERT_TRUE(console().put_product("a1PlainPk01", {"", "null"}).ok());
  EXPECT_EQ(plain_product().name, "Other");
  EXPECT_FALSE(plain_product().has_model) << "which is how it is deleted";
}

TEST_F(platform_console, lists_products_and_devices) {
  ASSERT_TRUE(console().put_product("a1PlainPk01", {"Plain", lamp_model}).ok());
  EXPECT_EQ(console().put_product("a1PlainPk01", {"Plain", "{"}).error().why,
            operation_error::malformed);
  EXPECT_EQ(console().put_product("a/b", {}).error().why, operation_error::malformed);
  auto& g = arrive_listening(plain);
  const auto products = console().products();
  ASSERT_EQ(products.size(), 4U);
  EXPECT_EQ(products[2].product_key, "a1PlainPk01");
  EXPECT_EQ(products[2].name, "Plain");
  EXPECT_EQ(products[2].devices, 2U);
  EXPECT_EQ(products[2].online, 1U);
  EXPECT_TRUE(products[2].has_model);
  EXPECT_FALSE(products[3].has_model);
  EXPECT_EQ(code(g, sys(plain, "thing/event/property/post"), R"({"id":"1","params":{"Level":3}})"),
            200);
  EXPECT_THAT(view(plain).properties, HasSubstr("Level")) << "under the model that came";
  EXPECT_EQ(console().devices("", "", 0, 100).size(), 9U);
  EXPECT_EQ(console().devices("", "", 7, 100).size(), 2U);
  EXPECT_EQ(console().devices("", "", 0, 4).size(), 4U);
  const auto online = console().devices("", "online", 0, 100);
  ASSERT_EQ(online.size(), 1U);
  EXPECT_EQ(online[0].device_name, "plain_0");
  EXPECT_EQ(console().devices("a1LampPk001", "unactivated", 0, 100).size(), 2U);
}

TEST(open_broker_console, is_none) {
  twin_bench bench{twin_bench::of(cloud::profile::mqtt)};
  EXPECT_EQ(bench.twin->console(), nullptr);
}

} // namespace
} // namespace fleet
