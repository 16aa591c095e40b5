// Gateways and their sub-devices over MQTT (aliyun-iot.md §16): sessions, traffic, notices, ends.
#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace support;
using enum alink::topic_kind;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct platform_gateway : testing::Test, platform_rig {
  using platform_rig::platform_rig;
  std::string state(std::uint32_t device) { return std::string{view(device).state}; }
};

constexpr std::string_view post = R"({"id":"1","params":{}})";

TEST_F(platform_gateway, brings_a_sub_device_online_and_lets_it_speak) {
  auto& g = arrive_gateway(gateway_device, sub);
  EXPECT_EQ(state(sub), "online");
  EXPECT_EQ(view(sub).gateway, "a1GatePk001/gate_0");
  const auto reply = sys(sub, "thing/event/property/post_reply");
  g.subscribe(reply, 1);
  bench.settle();
  EXPECT_TRUE(g.saw("subscribed id" + std::to_string(9) + " [01]") || !g.take().empty());
  EXPECT_THAT(ask(g, sys(sub, "thing/event/property/post"), post),
              ElementsAre(reply + R"(={"id":"1","code":200,"data":{}} q1)"));
}

TEST_F(platform_gateway, tells_of_a_publish_without_session) {
  auto& g = arrive_gateway(gateway_device, sub);
  EXPECT_EQ(manage(g, gateway_device, session_logout, {sub}), 200);
  EXPECT_EQ(state(sub), "offline");
  const auto got = ask(g, sys(sub, "thing/event/property/post"), post);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_THAT(got[0], StartsWith(error(gateway_device) + "={"));
  EXPECT_THAT(got[0], HasSubstr(R"("code":520)"));
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), 1U);
}

struct platform_invitations : platform_gateway {
  using outcome = std::optional<cloud::call_result>;
  cloud::call_done into(outcome& out) {
    return [&out](const cloud::call_result& got) { out.emplace(got); };
  }
  /// How the call went wrong at once.
  cloud::operation_error invite_error(std::uint32_t gateway, std::string_view devices) {
    outcome got;
    console().invite(name(gateway), devices, std::chrono::seconds{5}, into(got));
    EXPECT_TRUE(got && !got->ok()) << devices;
    return got && !got->ok() ? got->error().why : cloud::operation_error::exists;
  }
  cloud::operation_error permit_error(std::string_view key, duration span) {
    outcome got;
    console().permit_joining(name(gateway_device), key, span, std::chrono::seconds{5}, into(got));
    EXPECT_TRUE(got && !got->ok());
    return got && !got->ok() ? got->error().why : cloud::operation_error::exists;
  }
  static constexpr std::string_view one = R"([{"productKey":"a1SubPk0001","deviceName":"sub_0"}])";
};

TEST_F(platform_invitations, ask_a_gateway_to_take_sub_devices_in_and_hear_its_answer) {
  auto& g = arrive_listening(gateway_device);
  outcome got;
  console().invite(name(gateway_device), one, std::chrono::seconds{5}, into(got));
  bench.settle();
  const auto notify = sys(gateway_device, "thing/topo/add/notify");
  const auto said = g.messages();
  ASSERT_EQ(said.size(), 1U);
  EXPECT_THAT(said[0], StartsWith(notify + R"(={"id":")"));
  EXPECT_THAT(said[0],
              HasSubstr(R"("params":[{"productKey":"a1SubPk0001","deviceName":"sub_0"}])"));
  EXPECT_THAT(said[0], testing::EndsWith(" q0"));
  EXPECT_FALSE(got.has_value()) << "it waits";
  const auto at = said[0].find(R"("id":")") + 6;
  g.publish(notify + "_reply",
            R"({"id":")" + said[0].substr(at, said[0].find('"', at) - at)
                + R"(","code":200,"data":{}})",
            0);
  bench.settle();
  ASSERT_TRUE(got && got->ok());
  EXPECT_EQ(got->value().code, 200);
}

TEST_F(platform_invitations, permit_devices_to_join_for_a_while) {
  auto& g = arrive_listening(gateway_device);
  outcome of_one;
  outcome of_any;
  console().permit_joining(name(gateway_device), "a1SubPk0001", std::chrono::seconds{90},
                           std::chrono::seconds{5}, into(of_one));
  console().permit_joining(name(gateway_device), "", std::chrono::seconds{1},
                           std::chrono::seconds{5}, into(of_any));
  bench.settle();
  const auto permit = sys(gateway_device, "thing/gateway/permit");
  const auto said = g.messages();
  ASSERT_EQ(said.size(), 2U);
  EXPECT_THAT(said[0], StartsWith(permit + "={"));
  EXPECT_THAT(said[0], HasSubstr(R"("params":{"productKey":"a1SubPk0001","time":90})"));
  EXPECT_THAT(said[1], HasSubstr(R"("params":{"time":1})"));
  bench.settle(std::chrono::seconds{6});
  ASSERT_TRUE(of_one && !of_one->ok());
  EXPECT_EQ(of_one->error().why, cloud::operation_error::timed_out);
}

TEST_F(platform_invitations, that_cannot_be_meant_are_refused) {
  using enum cloud::operation_error;
  EXPECT_EQ(invite_error(gateway_device, one), offline);
  arrive(gateway_device);
  EXPECT_EQ(invite_error(gateway_device, one), not_subscribed);
  for (const std::string_view bad :
       {"", "{}", "[]", "[1]", "[{}]", R"([{"productKey":"a1SubPk0001"}])",
        R"([{"productKey":"a1SubPk0001","deviceName":7}])",
        R"([{"productKey":"a1SubPk0001","deviceName":"sub_0","deviceName":"sub_0"}])"}) {
    EXPECT_EQ(invite_error(gateway_device, bad), malformed) << bad;
  }
  EXPECT_EQ(invite_error(gateway_device, R"([{"productKey":"a1SubPk0001","deviceName":"no"}])"),
            unknown_device);
  ASSERT_TRUE(console().disable(name(sub)).ok());
  EXPECT_EQ(invite_error(gateway_device, one), refused) << "it could not come";
  ASSERT_TRUE(console().enable(name(sub)).ok());
  EXPECT_EQ(invite_error(gateway_device, one), not_subscribed);
  std::string many = "[";
  for (std::size_t i = 0; i <= alink::max_listed_devices; ++i) {
    many += std::string{i == 0 ? "" : ","} + std::string{one.substr(1, one.size() - 2)};
  }
  EXPECT_EQ(invite_error(gateway_device, many + "]"), malformed);
  EXPECT_EQ(permit_error("nobody", std::chrono::seconds{60}), unknown_product);
  EXPECT_EQ(permit_error("", std::chrono::milliseconds{999}), malformed);
  EXPECT_EQ(permit_error("", std::chrono::hours{25}), malformed);
}

TEST_F(platform_gateway, tells_when_a_sub_device_logged_in_last) {
  auto& g = arrive_gateway(gateway_device, sub);
  const auto first = view(sub).logged_in_ms;
  EXPECT_GT(first, 0);
  EXPECT_EQ(view(gateway_device).logged_in_ms, 0) << "it has a connection of its own";
  bench.settle(std::chrono::seconds{2});
  EXPECT_EQ(view(sub).logged_in_ms, first);
  EXPECT_EQ(manage(g, gateway_device, session_logout, {sub}), 200);
  EXPECT_EQ(view(sub).logged_in_ms, 0);
  EXPECT_EQ(manage(g, gateway_device, session_login, {sub}), 200);
  EXPECT_GE(view(sub).logged_in_ms, first + 2000);
}

TEST_F(platform_gateway, ends_the_sessions_with_the_link) {
  auto& g = arrive_gateway(gateway_device, sub);
  EXPECT_EQ(console().products().front().online, 1U);
  g.drop();
  bench.settle();
  EXPECT_EQ(state(sub), "offline");
  for (const auto& p : console().products()) {
    EXPECT_EQ(p.online, 0U) << p.product_key;
  }
}

TEST_F(platform_gateway, a_gateway_that_comes_back_finds_its_relations_and_no_sessions) {
  arrive_gateway(gateway_device, sub).drop();
  bench.settle();
  auto& g = arrive_listening(gateway_device);
  EXPECT_THAT(ask(g, sys(sub, "thing/event/property/post"), post),
              ElementsAre(HasSubstr(R"("code":520)")));
  EXPECT_EQ(manage(g, gateway_device, session_login, {sub}), 200);
  EXPECT_EQ(state(sub), "online");
}

TEST_F(platform_gateway, a_newer_link_of_the_same_gateway_starts_without_sessions) {
  arrive_gateway(gateway_device, sub);
  auto& newer = arrive_listening(gateway_device);
  EXPECT_EQ(state(sub), "offline");
  EXPECT_EQ(manage(newer, gateway_device, session_login, {sub}), 200);
  EXPECT_EQ(state(sub), "online");
}

TEST_F(platform_gateway, a_sub_device_that_connects_by_itself_leaves_its_gateway) {
  auto& g = arrive_gateway(gateway_device, sub);
  g.take();
  auto& own = arrive_listening(sub);
  EXPECT_THAT(g.messages(), ElementsAre(HasSubstr(R"("code":427)")));
  EXPECT_EQ(state(sub), "online");
  EXPECT_THAT(ask(g, sys(sub, "thing/event/property/post"), post),
              ElementsAre(HasSubstr(R"("code":520)")));
  EXPECT_THAT(own.messages(), IsEmpty());
  EXPECT_FALSE(own.closed);
}

TEST_F(platform_gateway, a_login_through_a_gateway_closes_the_own_connection) {
  auto& own = arrive_listening(sub);
  auto& g = arrive_gateway(gateway_device, sub);
  EXPECT_TRUE(own.closed);
  EXPECT_EQ(state(sub), "online");
  EXPECT_FALSE(g.closed);
}

TEST_F(platform_gateway, a_move_to_another_gateway_is_told_to_the_former) {
  auto& former = arrive_gateway(gateway_device, sub);
  former.take();
  arrive_gateway(gateway_device + 1, sub);
  const auto told = former.messages();
  EXPECT_THAT(told, Contains(HasSubstr(R"("status":1)")));
  EXPECT_THAT(told, Contains(HasSubstr(R"("code":6401)")));
  EXPECT_EQ(view(sub).gateway, "a1GatePk001/gate_1");
  EXPECT_EQ(state(sub), "online");
}

TEST_F(platform_gateway, sends_the_downlinks_of_a_sub_device_over_the_gateways_link) {
  auto& g = arrive_gateway(gateway_device, sub);
  const auto set = sys(sub, "thing/service/property/set");
  EXPECT_EQ(bench.twin->command(sub, mqtt::qos::at_least_once),
            cloud::command_outcome::not_subscribed);
  g.subscribe(set, 1);
  bench.settle();
  g.take();
  EXPECT_EQ(bench.twin->command(sub, mqtt::qos::at_least_once), cloud::command_outcome::sent);
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(StartsWith(set + "={")));
  ASSERT_NE(bench.twin->account_of(sub), nullptr);
  EXPECT_EQ(bench.twin->account_of(gateway_device), nullptr);
  g.unsubscribe(set);
  bench.settle();
  EXPECT_EQ(bench.twin->command(sub, mqtt::qos::at_least_once),
            cloud::command_outcome::not_subscribed);
}

TEST_F(platform_gateway, books_the_tags_of_a_sub_device_under_its_own_index) {
  auto& g = arrive_gateway(gateway_device, sub);
  byte_buffer text;
  text.append(std::string_view{R"({"id":"1","params":{},"tag":")"});
  const auto at = ledger::append_tag(text, {sub, 1, 1});
  text.append(std::string_view{"\"}"});
  ledger::seal({&text[0], text.size()}, at);
  g.publish(sys(sub, "thing/event/x/post"), as_text(text.view()), 1);
  g.publish(sys(gateway_device, "thing/event/x/post"), as_text(text.view()), 1); // not its own
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().tags_intact), 1U);
  EXPECT_EQ(bench.count(bench.twin->counters().tags_foreign), 1U);
  EXPECT_NE(bench.twin->account_of(sub), nullptr);
}

TEST_F(platform_gateway, orders_a_sub_device_off_before_its_session_ends) {
  auto& g = arrive_gateway(gateway_device, sub);
  g.subscribe(sys(sub, "thing/disable"), 0);
  g.subscribe(sys(sub, "thing/enable"), 0);
  bench.settle();
  g.take();
  ASSERT_TRUE(console().disable(name(sub)).ok());
  bench.settle();
  const auto told = g.messages();
  EXPECT_THAT(told, Contains(StartsWith(sys(sub, "thing/disable") + "={")));
  EXPECT_THAT(told, Contains(HasSubstr(R"("status":8)")));
  EXPECT_THAT(told, Contains(HasSubstr(R"("code":522)")));
  EXPECT_EQ(state(sub), "disabled");
  EXPECT_EQ(manage(g, gateway_device, session_login, {sub}), 522);
  ASSERT_TRUE(console().enable(name(sub)).ok());
  EXPECT_EQ(manage(g, gateway_device, session_login, {sub}), 200);
}

TEST_F(platform_gateway, forgets_a_deleted_sub_device) {
  auto& g = arrive_gateway(gateway_device, sub);
  g.take();
  ASSERT_TRUE(console().delete_device(name(sub)).ok());
  bench.settle();
  EXPECT_THAT(g.messages(), Contains(HasSubstr(R"("code":521)")));
  EXPECT_EQ(console().device(name(sub)).error().why, cloud::operation_error::unknown_device);
  EXPECT_EQ(manage(g, gateway_device, session_login, {sub}), 6100);
  EXPECT_FALSE(g.closed);
}

TEST_F(platform_gateway, frees_the_sub_devices_of_a_deleted_gateway) {
  auto& g = arrive_gateway(gateway_device, sub);
  ASSERT_TRUE(console().delete_device(name(gateway_device)).ok());
  bench.settle();
  EXPECT_TRUE(g.closed);
  EXPECT_EQ(state(sub), "offline");
  EXPECT_EQ(view(sub).gateway, "");
}

TEST_F(platform_gateway, takes_a_pack_report_of_its_own_sessions_alone) {
  auto& g = arrive_gateway(gateway_device, sub);
  EXPECT_EQ(manage(g, gateway_device, topo_add, {lamp}), 200);
  EXPECT_EQ(manage(g, gateway_device, session_login, {lamp}), 200);
  const auto share = [&](std::uint32_t of) {
    return R"({"identity":{"productKey":")" + source.rows[of].product_key + R"(","deviceName":")"
           + source.rows[of].device_name + R"("},"properties":{"Level":{"value":4,"time":9}}})";
  };
  const auto report = [&](const std::string& shares) {
    return R"({"id":"7","params":{"properties":{},"subDevices":[)" + shares + "]}}";
  };
  const auto pack = sys(gateway_device, "thing/event/property/pack/post");
  EXPECT_EQ(code(g, pack, report(share(lamp))), 200);
  EXPECT_EQ(view(lamp).properties, R"({"Level":{"value":4,"time":9}})");
  EXPECT_EQ(code(g, pack, report(share(lamp) + "," + share(sub + 1))), 6401);
  EXPECT_EQ(manage(g, gateway_device, session_logout, {lamp}), 200);
  EXPECT_EQ(code(g, pack, report(share(lamp))), 520);
  EXPECT_EQ(code(g, pack, R"({"id":"7","params":[]})"), 460);
}

TEST_F(platform_gateway, kicks_a_sub_device_alone) {
  auto& g = arrive_gateway(gateway_device, sub);
  g.take();
  ASSERT_TRUE(console().kick(name(sub)).ok());
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(HasSubstr(R"("code":520)")));
  EXPECT_EQ(state(sub), "offline");
  EXPECT_FALSE(g.closed);
}

std::string tagged(const ledger::tag& t) {
  byte_buffer text;
  text.append(std::string_view{R"({"id":"1","params":{},"tag":")"});
  const auto at = ledger::append_tag(text, t);
  text.append(std::string_view{"\"}"});
  ledger::seal({&text[0], text.size()}, at);
  return std::string{as_text(text.view())};
}

TEST_F(platform_gateway, books_as_refused_what_was_under_way_when_the_cloud_ended_a_session) {
  auto& g = arrive_gateway(gateway_device, sub);
  const auto on = sys(sub, "thing/event/property/post");
  const auto refused = [&] {
    const auto* const account = bench.twin->account_of(sub);
    return account == nullptr || !account->refused ? 0 : account->refused->accepted();
  };
  ASSERT_TRUE(console().disable(name(sub)).ok());
  ask(g, on, tagged({sub, 1, 1}));
  EXPECT_EQ(refused(), 1U);
  ask(g, on, tagged({sub + 1, 1, 7}));
  EXPECT_EQ(refused(), 1U) << "a tag of another device says nothing";
  ASSERT_TRUE(console().enable(name(sub)).ok());
  ask(g, on, tagged({sub, 1, 2}));
  EXPECT_EQ(refused(), 2U) << "it is not logged in again";
  EXPECT_EQ(manage(g, gateway_device, session_login, {sub}), 200);
  ask(g, on, tagged({sub, 1, 3}));
  EXPECT_EQ(refused(), 2U);
  EXPECT_EQ(bench.twin->account_of(sub)->uplink.accepted(), 1U);
  ASSERT_TRUE(console().kick(name(sub)).ok());
  ask(g, on, tagged({sub, 1, 4}));
  EXPECT_EQ(refused(), 3U);
}

TEST_F(platform_gateway, does_not_excuse_what_a_gateway_says_for_a_sub_device_that_it_logged_out) {
  auto& g = arrive_gateway(gateway_device, sub);
  EXPECT_EQ(manage(g, gateway_device, session_logout, {sub}), 200);
  ask(g, sys(sub, "thing/event/property/post"), tagged({sub, 1, 1}));
  ASSERT_TRUE(console().disable(name(sub)).ok());
  ask(g, sys(sub, "thing/event/property/post"), tagged({sub, 1, 2}));
  EXPECT_EQ(bench.twin->account_of(sub), nullptr) << "acknowledged and dropped: lost";
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), 2U);
  auto& other = arrive_listening(gateway_device + 1);
  ask(other, sys(sub, "thing/event/property/post"), tagged({sub, 1, 3}));
  EXPECT_EQ(bench.twin->account_of(sub), nullptr) << "a stranger's";
}

TEST_F(platform_gateway, hears_a_broadcast_to_its_sub_devices_once) {
  auto& g = arrive_gateway(gateway_device, sub);
  EXPECT_EQ(manage(g, gateway_device, topo_add, {sub + 1}), 200);
  EXPECT_EQ(manage(g, gateway_device, session_login, {sub + 1}), 200);
  auto& own = arrive(sub + 2); // a device of that product by itself
  for (auto* const one : {&g, &own}) {
    one->subscribe("/broadcast/a1SubPk0001/#", 1);
    one->subscribe("/broadcast/a1LampPk001/#", 1); // not theirs
    one->subscribe("/broadcast/+/all", 1);
    bench.settle();
    const auto answers = one->take();
    EXPECT_THAT(answers, Contains(testing::EndsWith("[01]")).Times(1));
    EXPECT_THAT(answers, Contains(testing::EndsWith("[80]")).Times(2));
  }
  EXPECT_EQ(console().broadcast("a1SubPk0001", "all", as_bytes("x")).value(), R"({"devices":2})");
  EXPECT_EQ(console().broadcast("a1LampPk001", "all", as_bytes("y")).value(), R"({"devices":0})");
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre("/broadcast/a1SubPk0001/all=x q0"));
  EXPECT_THAT(own.messages(), ElementsAre("/broadcast/a1SubPk0001/all=x q0"));
}

TEST_F(platform_gateway, hears_no_broadcast_once_its_sub_devices_are_gone) {
  auto& g = arrive_gateway(gateway_device, sub);
  g.subscribe("/broadcast/a1SubPk0001/#", 1);
  bench.settle();
  EXPECT_EQ(manage(g, gateway_device, session_logout, {sub}), 200);
  EXPECT_EQ(console().broadcast("a1SubPk0001", "all", as_bytes("x")).value(), R"({"devices":0})");
  g.take();
  g.subscribe("/broadcast/a1SubPk0001/more", 1);
  bench.settle();
  EXPECT_THAT(g.take(), ElementsAre(testing::EndsWith("[80]"))) << "nor may it ask for more";
  EXPECT_EQ(manage(g, gateway_device, session_login, {sub}), 200);
  g.take();
  EXPECT_EQ(console().broadcast("a1SubPk0001", "all", as_bytes("y")).value(), R"({"devices":1})");
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre("/broadcast/a1SubPk0001/all=y q0"));
  arrive_gateway(gateway_device + 1, sub); // it moves
  EXPECT_EQ(console().broadcast("a1SubPk0001", "all", as_bytes("z")).value(), R"({"devices":0})");
}

struct no_gateway : platform_gateway {
  no_gateway() : platform_gateway(options()) {}
  static cloud::twin_options options() {
    cloud::twin_options o;
    o.products.push_back({.product_key = "a1PlainPk01", .flags = cloud::product_is_no_gateway});
    o.platform.gateways.sub_devices_max = 1;
    return o;
  }
};

TEST_F(no_gateway, a_device_of_a_product_without_the_right_is_told_so_and_nothing_is_done) {
  auto& g = arrive_listening(plain);
  for (const auto kind : {topo_add, alink::topic_kind::sub_register, session_login,
                          alink::topic_kind::session_batch_login}) {
    EXPECT_EQ(manage(g, plain, kind, {sub}), 403);
  }
  EXPECT_EQ(manage(g, plain, alink::topic_kind::topo_get, {}), 403);
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), 0U);
  EXPECT_EQ(view(sub).gateway, "");
  g.take();
  g.publish(sys(plain, "thing/topo/add"), R"({"params":[]})", 0);
  bench.settle();
  EXPECT_THAT(g.messages(), testing::IsEmpty()) << "without an id there is nothing to answer";
}

TEST_F(platform_gateway, the_console_says_whose_devices_are_gateways) {
  const auto put = [this](std::string_view type) {
    return console().put_product("a1GatePk001", {.node_type = type});
  };
  auto& g = arrive_listening(gateway_device);
  ASSERT_TRUE(put("device").ok());
  EXPECT_EQ(manage(g, gateway_device, topo_add, {sub}), 403);
  for (const auto* type : {"any", "gateway"}) {
    ASSERT_TRUE(put(type).ok());
    EXPECT_EQ(manage(g, gateway_device, topo_add, {sub}), 200) << type;
  }
  EXPECT_EQ(put("device").error().why, cloud::operation_error::refused) << "it has a sub-device";
  EXPECT_EQ(put("lamp").error().why, cloud::operation_error::malformed);
  EXPECT_EQ(manage(g, gateway_device, alink::topic_kind::topo_delete, {sub}), 200);
  ASSERT_TRUE(put("device").ok());
  ASSERT_TRUE(console().put_product("a1GatePk001", {.name = "Gates"}).ok());
  for (const auto& p : console().products()) {
    EXPECT_EQ(p.node_type, p.product_key == "a1GatePk001" ? "device" : "any") << p.product_key;
  }
}

TEST_F(no_gateway, a_full_gateway_is_told_so) {
  auto& g = arrive_gateway(gateway_device, sub);
  EXPECT_EQ(manage(g, gateway_device, topo_add, {sub + 1}), 6400);
}

} // namespace
} // namespace fleet
