// What the platform has over its own death: products, devices with all that belongs to them, their
// sessions and accounts. What it tells a keeper is platform_state_test.cpp's.
#include "tests/support/lasting_twin.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using namespace support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct persistence_platform : testing::Test {
  lasting_platform cloud;
  platform_rig& rig = cloud.rig;

  cloud::operations& console() { return rig.console(); }
  /// What the device says of itself, acknowledged.
  void acknowledged(guest& g, const std::string& topic, const std::string& payload) {
    g.take();
    g.publish(topic, payload, 1);
    rig.bench.settle();
    bool seen = false;
    for (const auto& e : g.take()) {
      seen = seen || e.starts_with("acknowledged ");
    }
    EXPECT_TRUE(seen) << topic;
  }
};

TEST_F(persistence_platform, keeps_what_a_device_reported_and_what_is_wanted_of_it) {
  auto& l = rig.arrive_listening(lamp);
  acknowledged(l, rig.sys(lamp, "thing/event/property/post"),
               R"({"id":"1","params":{"Level":{"value":4,"time":9},"LightSwitch":1}})");
  acknowledged(l, rig.sys(lamp, "thing/event/property/post"),
               R"({"id":"2","params":{"Level":{"value":5,"time":10}}})");
  ASSERT_TRUE(console().set_desired(rig.name(lamp), R"({"Level":7,"LightSwitch":0})").ok());
  ASSERT_TRUE(console().set_desired(rig.name(lamp), R"({"Level":8,"LightSwitch":null})").ok());
  rig.bench.settle(200ms); // the console's own answers would have waited for it
  cloud.die_and_live();
  const auto shown = rig.view(lamp);
  EXPECT_THAT(shown.properties, HasSubstr(R"("Level":{"value":5,"time":10})"));
  EXPECT_THAT(shown.properties, HasSubstr(R"("LightSwitch":{"value":1)"));
  EXPECT_EQ(shown.desired, R"({"Level":{"value":8,"version":2}})");
  EXPECT_EQ(shown.state, "offline");
  EXPECT_EQ(console().set_desired(rig.name(lamp), R"({"LightSwitch":1})").value(),
            R"({"LightSwitch":2})");
}

TEST_F(persistence_platform, keeps_shadows_and_pushes_what_the_device_has_not_seen) {
  auto& l = rig.arrive_listening(lamp);
  acknowledged(l, rig.shadow_update(lamp),
               R"({"method":"update","state":{"reported":{"c":"red"}},"version":1})");
  acknowledged(l, rig.shadow_update(lamp),
               R"({"method":"update","state":{"reported":{"c":"blue"}},"version":2})");
  l.drop();
  rig.bench.settle();
  ASSERT_TRUE(console()
                  .update_shadow(rig.name(lamp),
                                 R"({"method":"update","state":{"desired":{"c":"green"}},)"
                                 R"("version":3})")
                  .ok());
  const auto before = console().shadow(rig.name(lamp)).value();
  ASSERT_THAT(before, HasSubstr(R"("version":3)"));
  rig.bench.settle(200ms);
  cloud.die_and_live();
  EXPECT_EQ(console().shadow(rig.name(lamp)).value(), before);
  auto& again = rig.arrive(lamp);
  again.subscribe(rig.shadow_get(lamp), 1);
  rig.bench.settle();
  EXPECT_THAT(again.messages(), ElementsAre(HasSubstr(R"("desired":{"c":"green"})")));
}

TEST_F(persistence_platform, keeps_tags_and_firmware) {
  auto& l = rig.arrive_listening(lamp);
  acknowledged(l, rig.sys(lamp, "thing/deviceinfo/update"),
               R"({"id":"1","params":[{"attrKey":"loc","attrValue":"lab"}]})");
  acknowledged(l, "/ota/device/inform/a1LampPk001/lamp_0", R"({"id":1,"params":{"version":"v2"}})");
  cloud.die_and_live();
  EXPECT_EQ(rig.view(lamp).tags, R"({"loc":"lab"})");
  EXPECT_EQ(rig.view(lamp).firmware_version, "v2");
}

TEST_F(persistence_platform, keeps_who_belongs_to_whom) {
  auto& g = rig.arrive_gateway(gateway_device, sub);
  EXPECT_EQ(rig.manage(g, gateway_device, alink::topic_kind::topo_add, {sub + 1}), 200);
  EXPECT_EQ(rig.manage(g, gateway_device, alink::topic_kind::topo_delete, {sub + 1}), 200);
  cloud.die_and_live();
  EXPECT_EQ(rig.view(sub).gateway, "a1GatePk001/gate_0");
  EXPECT_EQ(rig.view(sub + 1).gateway, "");
  auto& again = rig.arrive_listening(gateway_device);
  EXPECT_EQ(rig.manage(again, gateway_device, alink::topic_kind::session_login, {sub}), 200);
}

TEST_F(persistence_platform, keeps_whom_a_sub_device_belonged_to_last) {
  cloud.kept.products.push_back({.product_key = "a1SubPk0001", .name = "Sub", .secret = "its"});
  cloud.die_and_live();
  const auto registers = [this](std::uint32_t gateway) {
    return rig.manage(rig.arrive_listening(gateway), gateway, alink::topic_kind::sub_register,
                      {sub});
  };
  EXPECT_EQ(rig.manage(rig.arrive_gateway(gateway_device, sub), gateway_device,
                       alink::topic_kind::topo_delete, {sub}),
            200);
  for (int life = 0; life < 2; ++life) {
    cloud.die_and_live();
    EXPECT_EQ(rig.view(sub).gateway, "");
    EXPECT_EQ(registers(gateway_device + 1), 6289) << "it was online, and behind another";
    EXPECT_EQ(registers(gateway_device), 200);
  }
  ASSERT_TRUE(console().delete_device(rig.name(gateway_device)).ok());
  rig.bench.settle(200ms);
  cloud.die_and_live();
  EXPECT_EQ(cloud::value(rig.bench.twin->counters().kept_unused), 0U) << "no row speaks of it";
}

TEST_F(persistence_platform, keeps_what_the_console_did) {
  rig.arrive(plain);
  rig.arrive(plain + 1);
  ASSERT_TRUE(console().disable(rig.name(plain)).ok());
  ASSERT_TRUE(console().delete_device(rig.name(plain + 1)).ok());
  ASSERT_TRUE(console().add_device({"a1NewPk0001", "fresh"}, "secret").ok());
  ASSERT_TRUE(console().add_device({"a1NewPk0001", "gone"}, "secret").ok());
  ASSERT_TRUE(console().delete_device({"a1NewPk0001", "gone"}).ok());
  ASSERT_TRUE(console().put_product("a1NewPk0001", {"New", lamp_model, "device"}).ok());
  rig.bench.twin->serve_configs_at("https://twin/config/");
  ASSERT_TRUE(console().set_config("a1PlainPk01", R"({"k":1})", false).ok());
  ASSERT_TRUE(console().set_config("a1PlainPk01", R"({"k":2})", false).ok());
  ASSERT_TRUE(console().put_topic_class("a1NewPk0001", "c1", {true, false}).ok());
  ASSERT_TRUE(console().put_topic_class("a1NewPk0001", "c2/#", {true, true}).ok());
  ASSERT_TRUE(console().put_topic_class("a1NewPk0001", "c3", {true, true}).ok());
  ASSERT_TRUE(console().delete_topic_class("a1NewPk0001", "c3").ok());
  rig.bench.settle(200ms);
  for (int life = 0; life < 2; ++life) {
    cloud.die_and_live();
    EXPECT_EQ(rig.view(plain).state, "disabled");
    EXPECT_FALSE(console().device(rig.name(plain + 1)).ok());
    EXPECT_FALSE(console().device({"a1NewPk0001", "gone"}).ok());
    EXPECT_TRUE(console().device({"a1NewPk0001", "fresh"}).ok());
    bool seen = false;
    for (const auto& p : console().products()) {
      seen = seen
             || (p.product_key == "a1NewPk0001" && p.name == "New" && p.has_model
                 && p.node_type == "device");
    }
    EXPECT_TRUE(seen);
    EXPECT_THAT(console().topic_classes_of("a1NewPk0001").value(),
                HasSubstr(R"([{"class":"c1","allow":"pub","own":true},)"
                          R"({"class":"c2/#","allow":"both","own":true},{"class":"update",)"));
    EXPECT_TRUE(rig.arrive(plain).saw("refused 5"));
  }
  ASSERT_TRUE(console().enable(rig.name(plain)).ok());
  auto& p = rig.arrive_listening(plain);
  const auto get = rig.sys(plain, "thing/config/get");
  const std::string ask_for = R"({"id":"1","params":{"configScope":"product","getType":"file"}})";
  EXPECT_EQ(rig.code(p, get, ask_for), 6713) << "this life has no door";
  rig.bench.twin->serve_configs_at("https://twin/config/");
  const auto answer = rig.ask(p, get, ask_for);
  EXPECT_THAT(answer, ElementsAre(HasSubstr("a1PlainPk01-2")));
  device_login fresh{{"a1NewPk0001", "fresh", "secret"}};
  EXPECT_TRUE(rig.bench.arrive(fresh.view()).saw("connected"));
}

TEST_F(persistence_platform, keeps_sessions_with_what_waits_in_them) {
  const auto get = rig.topic(plain, "", "user/get");
  auto& p = rig.arrive(plain, false);
  p.subscribe(get, 1);
  p.subscribe(rig.sys(plain, "thing/service/property/set"), 1);
  rig.bench.settle();
  p.drop();
  rig.bench.settle();
  ASSERT_TRUE(console().publish(get, as_bytes("one"), mqtt::qos::at_least_once).ok());
  rig.bench.settle(200ms);
  cloud.die_and_live();
  ASSERT_TRUE(console().publish(get, as_bytes("two"), mqtt::qos::at_least_once).ok());
  auto& again = rig.arrive(plain, false);
  EXPECT_TRUE(again.saw("connected, session present"));
  EXPECT_THAT(again.messages(), ElementsAre(get + "=one q1", get + "=two q1"));
  EXPECT_EQ(rig.bench.twin->command(plain, mqtt::qos::at_least_once), cloud::command_outcome::sent);
}

TEST_F(persistence_platform, takes_no_late_answer_for_one_to_a_call_of_its_new_life) {
  const auto request = rig.sys(plain, "thing/service/property/set");
  auto& p = rig.arrive(plain, false);
  p.subscribe(request, 1);
  rig.bench.settle();
  p.fall_silent(); // so that the request waits in its session
  const auto ask = [&] {
    bool answered = false;
    console().set_properties(rig.name(plain), R"({"a":1})",
                             [&answered](const cloud::call_result& r) { answered = r.ok(); });
    rig.bench.settle(200ms);
    return answered;
  };
  EXPECT_FALSE(ask());
  cloud.die_and_live();
  auto& again = rig.arrive(plain, false);
  const auto got = again.messages();
  ASSERT_EQ(got.size(), 1U);
  const auto at = got.front().find(R"("id":")") + 6;
  const auto old_id = got.front().substr(at, got.front().find('"', at) - at);
  bool answered = false;
  console().set_properties(rig.name(plain), R"({"a":2})",
                           [&answered](const cloud::call_result&) { answered = true; });
  again.publish(request + "_reply", R"({"id":")" + old_id + R"(","code":200,"data":{}})", 1);
  rig.bench.settle();
  EXPECT_FALSE(answered);
  rig.bench.settle(1min); // before what it would write to goes
}

TEST_F(persistence_platform, keeps_that_a_device_is_subscribed_by_itself) {
  device_login login{rig.source.at(plain), false};
  login.text.client_id.insert(login.text.client_id.size() - 1, ",_ss=1");
  rig.bench.arrive(login.view()).drop();
  rig.bench.settle();
  cloud.die_and_live();
  auto& again = rig.arrive(plain, false); // without saying so again
  EXPECT_TRUE(again.saw("connected, session present"));
  EXPECT_EQ(rig.bench.twin->command(plain, mqtt::qos::at_least_once), cloud::command_outcome::sent);
}

TEST_F(persistence_platform, forgets_the_session_of_a_device_that_was_disabled) {
  auto& p = rig.arrive(plain, false);
  p.subscribe(rig.topic(plain, "", "user/get"), 1);
  rig.bench.settle();
  ASSERT_TRUE(console().disable(rig.name(plain)).ok());
  ASSERT_TRUE(console().enable(rig.name(plain)).ok());
  rig.bench.settle(200ms);
  cloud.die_and_live();
  EXPECT_TRUE(rig.arrive(plain, false).saw("connected"));
}

TEST_F(persistence_platform, keeps_accounts_of_both_ways) {
  auto& p = rig.arrive(plain, false);
  p.subscribe(rig.sys(plain, "thing/service/property/set"), 1);
  rig.bench.settle();
  ASSERT_EQ(rig.bench.twin->command(plain, mqtt::qos::at_least_once), cloud::command_outcome::sent);
  byte_buffer text;
  const auto at = ledger::append_tag(text, {plain, 4, 1});
  ledger::seal({&text[0], text.size()}, at);
  acknowledged(p, rig.topic(plain, "", "user/update"), std::string{as_text(text.view())});
  cloud.die_and_live();
  const auto* const account = rig.bench.twin->account_of(plain);
  ASSERT_NE(account, nullptr);
  EXPECT_EQ(account->uplink.accepted(), 1U);
  EXPECT_EQ(account->downlink.attempted(), 1U);
  EXPECT_EQ(account->downlink.acknowledged(), 1U);
  EXPECT_EQ(account->downlink.epoch(), 1U);
}

TEST_F(persistence_platform, keeps_what_it_refused_of_a_sub_device_until_its_account_begins_anew) {
  auto& g = rig.arrive_gateway(gateway_device, sub);
  ASSERT_TRUE(console().disable(rig.name(sub)).ok());
  byte_buffer text;
  const auto at = ledger::append_tag(text, {sub, 4, 9});
  ledger::seal({&text[0], text.size()}, at);
  g.publish(rig.sys(sub, "thing/event/x/post"), as_text(text.view()), 1);
  rig.bench.settle(200ms);
  cloud.die_and_live();
  const auto* account = rig.bench.twin->account_of(sub);
  ASSERT_TRUE(account != nullptr && account->refused != nullptr);
  EXPECT_EQ(account->refused->accepted(), 1U);
  rig.bench.twin->ledger()->begin(sub, 1);
  rig.arrive(plain, false); // a turn, after which it is kept
  rig.bench.settle(200ms);
  cloud.die_and_live();
  account = rig.bench.twin->account_of(sub);
  ASSERT_NE(account, nullptr);
  EXPECT_TRUE(account->refused == nullptr || account->refused->accepted() == 0);
}

TEST_F(persistence_platform, leaves_alone_what_belongs_to_devices_that_are_not_listed_any_more) {
  auto& l = rig.arrive_listening(lamp, false);
  acknowledged(l, rig.shadow_update(lamp),
               R"({"method":"update","state":{"reported":{"c":"red"}},"version":1})");
  const auto all = rig.source.rows;
  rig.source.rows.assign(1, {"a1PlainPk01", "plain_0", "secret_of_plain_0"});
  {
    // The device's row has its secret, so that the platform would have it added: take it away.
    cloud.die();
    auto kept = open_store(cloud.folder / "data");
    kept->erase_device("a1LampPk001", "lamp_0");
    kept->put(cloud::shadow_row{"a1LampPk001", "lamp_0", R"({"state":{}})"});
    ASSERT_FALSE(kept->commit());
  }
  cloud.die_and_live();
  // The shadow, the session; the ledger's rows are of numbers.
  EXPECT_EQ(cloud::value(rig.bench.twin->counters().kept_unused), 2U);
  EXPECT_FALSE(console().device({"a1LampPk001", "lamp_0"}).ok());
  rig.source.rows = all;
  cloud.die_and_live();
  EXPECT_TRUE(rig.arrive(lamp, false).saw("connected, session present"));
}

TEST_F(persistence_platform, takes_the_secret_that_a_device_is_listed_with_and_keeps_the_rest) {
  auto& l = rig.arrive_listening(lamp);
  acknowledged(l, rig.sys(lamp, "thing/deviceinfo/update"),
               R"({"id":"1","params":[{"attrKey":"loc","attrValue":"lab"}]})");
  const auto before = rig.source.rows.at(lamp).device_secret;
  rig.source.rows.at(lamp).device_secret = "another_secret";
  for (int life = 0; life < 2; ++life) {
    cloud.die_and_live();
    // Once told, the new one is kept.
    EXPECT_EQ(rig.bench.twin->overruled().count, life == 0 ? 1U : 0U);
    EXPECT_EQ(rig.bench.twin->overruled().example, life == 0 ? "a1LampPk001/lamp_0" : "");
    EXPECT_EQ(rig.view(lamp).tags, R"({"loc":"lab"})");
    EXPECT_EQ(rig.view(lamp).state, "offline") << "and not as one never seen";
    EXPECT_TRUE(rig.arrive(lamp).saw("connected"));
    device_login old{{"a1LampPk001", "lamp_0", before}};
    EXPECT_FALSE(rig.bench.arrive(old.view()).saw("connected"));
    rig.bench.settle(200ms);
  }
}

TEST_F(persistence_platform, keeps_the_secret_of_a_device_that_nobody_lists) {
  ASSERT_TRUE(console().add_device({"a1NewPk0001", "fresh"}, "its_own").ok());
  rig.bench.settle(200ms);
  cloud.die_and_live();
  EXPECT_EQ(rig.bench.twin->overruled().count, 0U);
  device_login fresh{{"a1NewPk0001", "fresh", "its_own"}};
  EXPECT_TRUE(rig.bench.arrive(fresh.view()).saw("connected"));
}

TEST_F(persistence_platform, takes_a_products_secret_from_the_command_line_rather) {
  cloud.kept.products.push_back({.product_key = "a1SubPk0001", .name = "Sub", .secret = "first"});
  cloud.die_and_live();
  ASSERT_TRUE(console().put_product("a1SubPk0001", {"", lamp_model}).ok());
  rig.bench.settle(200ms);
  cloud.kept.products.back().secret = "second";
  cloud.die_and_live();
  ASSERT_TRUE(console().put_product("a1SubPk0001", {}).ok());
  rig.bench.settle(200ms);
  cloud.die();
  std::string secrets;
  {
    const auto kept = open_store(cloud.folder / "data");
    ASSERT_TRUE(kept->read<cloud::product_row>(
                        [&](const cloud::product_row& row) { secrets += row.product_secret; })
                    .ok());
  }
  EXPECT_EQ(secrets, "second");
  cloud.die_and_live();
}

} // namespace
} // namespace fleet
