// Both sides of each open question of aliyun-iot.md §24 that the platform's MQTT has an answer to.
#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace support;
using enum alink::topic_kind;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

template <class Change>
cloud::twin_options with(Change change) {
  cloud::twin_options o;
  change(o.platform);
  return o;
}

TEST(platform_variants, a_disabled_device_is_refused_or_let_in_and_kicked) {
  for (const bool kicked : {false, true}) {
    platform_rig rig{with([&](auto& p) { p.variants.disabled_is_kicked = kicked; })};
    ASSERT_TRUE(rig.console().disable(rig.name(lamp)).ok());
    auto& g = rig.arrive(lamp);
    EXPECT_THAT(g.events, ElementsAre(kicked ? "connected" : "refused 5"));
    EXPECT_TRUE(g.closed);
    EXPECT_EQ(rig.bench.twin->devices_online(), 0U);
    EXPECT_EQ(rig.view(lamp).state, "disabled");
  }
}

TEST(platform_variants, topology_changes_have_the_numbers_of_either_table) {
  for (const bool swapped : {false, true}) {
    platform_rig rig{with([&](auto& p) { p.variants.swapped_changes = swapped; })};
    auto& g = rig.arrive_gateway(gateway_device, sub);
    g.take();
    ASSERT_TRUE(rig.console().disable(rig.name(sub)).ok());
    rig.bench.settle();
    EXPECT_THAT(g.messages(), Contains(HasSubstr(swapped ? R"("status":2)" : R"("status":8)")));
    ASSERT_TRUE(rig.console().enable(rig.name(sub)).ok());
    rig.bench.settle();
    EXPECT_THAT(g.messages(), Contains(HasSubstr(swapped ? R"("status":8)" : R"("status":2)")));
    // The other numbers mean the same in both.
    ASSERT_EQ(rig.manage(g, gateway_device, topo_add, {sub}), 200);
    g.take();
    rig.arrive_gateway(gateway_device + 1, sub);
    EXPECT_THAT(g.messages(), Contains(HasSubstr(R"("status":1,)")));
  }
}

TEST(platform_variants, a_login_elsewhere_is_427_or_527) {
  for (const bool later : {false, true}) {
    platform_rig rig{with([&](auto& p) { p.variants.duplicate_is_527 = later; })};
    auto& g = rig.arrive_gateway(gateway_device, sub);
    g.take();
    rig.arrive(sub);
    EXPECT_THAT(g.messages(), ElementsAre(HasSubstr(later ? R"("code":527)" : R"("code":427)")));
  }
}

TEST(platform_variants, batch_login_answers_a_number_or_a_text) {
  for (const bool text : {false, true}) {
    platform_rig rig{with([&](auto& p) { p.variants.batch_code_is_text = text; })};
    auto& g = rig.arrive_listening(gateway_device);
    ASSERT_EQ(rig.manage(g, gateway_device, topo_add, {sub, sub + 1}), 200);
    rig.manage(g, gateway_device, session_batch_login, {sub, sub + 1});
    EXPECT_THAT(rig.managed, Contains(HasSubstr(text ? R"("code":"200")" : R"("code":200)")));
    EXPECT_EQ(rig.view(sub).state, "online");
    ASSERT_EQ(rig.manage(g, gateway_device, session_batch_logout, {sub, sub + 1}), 200);
  }
}

TEST(platform_variants, calls_carry_version_1_0_0_or_1_0) {
  for (const bool plain : {false, true}) {
    platform_rig rig{with([&](auto& p) { p.variants.plain_version = plain; })};
    auto& g = rig.arrive_listening(lamp);
    const auto ignore = [](const cloud::call_result&) {};
    rig.console().set_properties(rig.name(lamp), R"({"Level":2})", ignore);
    rig.console().call_service(rig.name(lamp), "Blink", R"({"times":1})", duration{}, ignore);
    std::ignore = rig.console().set_desired(rig.name(lamp), R"({"Level":1})");
    EXPECT_EQ(rig.bench.twin->command(lamp, mqtt::qos::at_most_once), cloud::command_outcome::sent);
    rig.bench.settle();
    const auto got = g.messages();
    EXPECT_THAT(got, SizeIs(4));
    EXPECT_THAT(got,
                testing::Each(HasSubstr(plain ? R"("version":"1.0")" : R"("version":"1.0.0")")));
    rig.console().get_properties(rig.name(lamp), R"(["Level"])", ignore);
    rig.bench.settle();
    EXPECT_THAT(g.messages(), ElementsAre(HasSubstr(R"("version":"1.0")"))) << "elsewhere";
  }
}

TEST(platform_variants, a_post_with_nothing_right_is_200_or_its_first_mistake) {
  for (const bool refused : {false, true}) {
    platform_rig rig{with([&](auto& p) { p.variants.refuse_all_wrong = refused; })};
    auto& g = rig.arrive_listening(lamp);
    const auto post = rig.sys(lamp, "thing/event/property/post");
    EXPECT_EQ(rig.code(g, post, R"({"id":"1","params":{"Level":101,"Nobody":1}})"),
              refused ? 6306 : 200);
    EXPECT_EQ(rig.code(g, post, R"({"id":"1","params":{"Nobody":1,"Level":101}})"),
              refused ? 6320 : 200);
    EXPECT_EQ(rig.code(g, post, R"({"id":"1","params":{"Level":101,"Heat":1}})"), 200);
    EXPECT_EQ(rig.code(g, post, R"({"id":"1","params":{}})"), 200);
    EXPECT_THAT(rig.view(lamp).properties, HasSubstr("Heat"));
  }
}

TEST(platform_variants, cleansession_is_signed_or_not_or_either) {
  using alink::signed_session;
  struct {
    signed_session rule;
    int without;
    int with;
  } const cases[]{{signed_session::either, 200, 200},
                  {signed_session::left_out, 200, 6287},
                  {signed_session::taken_in, 6287, 200}};
  for (const auto& c : cases) {
    platform_rig rig{with([&](auto& p) { p.variants.sub_device_sign = c.rule; })};
    auto& g = rig.arrive_listening(gateway_device);
    ASSERT_EQ(rig.manage(g, gateway_device, topo_add, {sub}), 200) << "has no cleanSession";
    const auto who = rig.source.at(sub);
    for (const bool taken_in : {false, true}) {
      std::vector<alink::sign_field> fields{{"clientId", "x"},
                                            {"deviceName", who.device_name},
                                            {"productKey", who.product_key},
                                            {"timestamp", "1"}};
      if (taken_in) {
        fields.push_back({"cleanSession", "true"});
      }
      const auto sign = alink::sign_fields(fields, who.device_secret, alink::sign_method::hmacsha1);
      const auto login = rig.topic(gateway_device, "/ext/session", "combine/login");
      g.subscribe(login + "_reply", 0);
      rig.bench.settle();
      EXPECT_EQ(rig.code(g, login,
                         R"({"id":1,"params":{"productKey":"a1SubPk0001","deviceName":"sub_0",)"
                         R"("clientId":"x","timestamp":"1","signMethod":"hmacsha1","sign":")"
                             + sign + R"(","cleanSession":"true"}})",
                         0),
                taken_in ? c.with : c.without);
    }
  }
}

TEST(platform_variants, a_device_may_publish_broadcasts_or_not) {
  for (const bool may : {false, true}) {
    platform_rig rig{with([&](auto& p) { p.access.may_publish_broadcast = may; })};
    auto& g = rig.arrive(lamp);
    auto& other = rig.arrive(lamp + 1);
    for (auto* const one : {&g, &other}) {
      one->subscribe("/broadcast/a1LampPk001/#", 1);
    }
    rig.bench.settle();
    g.take();
    other.take();
    g.publish("/broadcast/a1LampPk001/x", "hi", 0);
    rig.bench.settle();
    EXPECT_THAT(g.messages(), SizeIs(may ? 1 : 0));
    EXPECT_THAT(other.messages(), SizeIs(may ? 1 : 0));
  }
}

TEST(platform_variants, history_is_answered_on_post_reply_or_on_its_own_topic) {
  for (const bool bare : {false, true}) {
    platform_rig rig{with([&](auto& p) { p.variants.history_reply_bare = bare; })};
    auto& g = rig.arrive_listening(lamp);
    const auto post = rig.sys(lamp, "thing/event/property/history/post");
    EXPECT_THAT(rig.ask(g, post, R"({"id":"1","params":[]})"),
                ElementsAre(testing::StartsWith(bare ? post + "={" : post + "_reply={")));
  }
}

TEST(platform_variants, strictness_turns_on_what_the_platform_says_of_itself) {
  const auto strict = cloud::options_of(cloud::strictness::strict);
  EXPECT_TRUE(strict.variants.refuse_wrong_values);
  EXPECT_TRUE(strict.variants.check_methods);
  EXPECT_TRUE(strict.variants.eight_filters);
  EXPECT_FALSE(strict.variants.wrong_sign_is_5) << "the recommended side of an open question";
  const auto recommended = cloud::options_of(cloud::strictness::recommended);
  EXPECT_FALSE(recommended.variants.refuse_wrong_values);
  EXPECT_FALSE(recommended.variants.eight_filters);
}

} // namespace
} // namespace fleet
