// What devices say of themselves and ask for, message by message (aliyun-iot.md §11, §12, §14.6).
#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct platform_thing : testing::Test, platform_rig {
  using platform_rig::platform_rig;
  std::string params(std::string_view text) {
    return R"({"id":"7","version":"1.0","params":)" + std::string{text} + R"(,"method":"m"})";
  }
};

TEST_F(platform_thing, keeps_what_fits_the_model_and_drops_the_rest_silently) {
  auto& g = arrive_listening(lamp);
  const auto post = sys(lamp, "thing/event/property/post");
  EXPECT_EQ(code(g, post, params(R"({"LightSwitch":1,"Level":101,"Nobody":3,
    "Heat":{"value":-7,"time":1524448722000}})")),
            200);
  EXPECT_THAT(view(lamp).properties, HasSubstr(R"("Heat":{"value":-7,"time":1524448722000})"));
  EXPECT_THAT(view(lamp).properties, HasSubstr(R"("LightSwitch":{"value":1,)"));
  EXPECT_THAT(view(lamp).properties, testing::Not(HasSubstr("Level")));
  EXPECT_THAT(view(lamp).properties, testing::Not(HasSubstr("Nobody")));
}

TEST_F(platform_thing, answers_params_of_the_wrong_shape_with_the_6300_family) {
  auto& g = arrive_listening(lamp);
  const auto post = sys(lamp, "thing/event/property/post");
  EXPECT_EQ(code(g, post, params("3")), 6303);
  EXPECT_EQ(code(g, post, params("[1]")), 6305);
  EXPECT_EQ(code(g, post, R"({"id":"1"})"), 6304);
  std::string many = "{\"a0\":0";
  for (int i = 1; i < 201; ++i) {
    many += ",\"a" + std::to_string(i) + "\":0";
  }
  EXPECT_EQ(code(g, post, params(many + "}")), 6106);
  EXPECT_EQ(code(g, post, R"({"id":"1","params":{)"), 460);
  EXPECT_EQ(view(lamp).properties, "{}");
}

TEST_F(platform_thing, keeps_nothing_of_a_product_without_a_model) {
  auto& g = arrive_listening(plain);
  EXPECT_EQ(code(g, sys(plain, "thing/event/property/post"), params(R"({"a":1})")), 200);
  EXPECT_EQ(view(plain).properties, "{}");
}

struct strict_platform_thing : platform_thing {
  strict_platform_thing() : platform_thing(options()) {}
  static cloud::twin_options options() {
    cloud::twin_options o;
    o.platform.variants = cloud::variants_of(cloud::strictness::strict);
    o.platform.variants.check_methods = false;
    o.platform.variants.history_reply_bare = true;
    return o;
  }
};

TEST_F(strict_platform_thing, refuses_a_post_with_one_wrong_value_whole) {
  auto& g = arrive_listening(lamp);
  const auto post = sys(lamp, "thing/event/property/post");
  EXPECT_EQ(code(g, post, params(R"({"LightSwitch":1,"Level":101})")), 6306);
  EXPECT_EQ(code(g, post, params(R"({"LightSwitch":1,"Nobody":1})")), 6320);
  EXPECT_EQ(view(lamp).properties, "{}");
  EXPECT_EQ(code(g, post, params(R"({"LightSwitch":1})")), 200);
  EXPECT_EQ(code(g, sys(lamp, "thing/event/property/batch/post"),
                 params(R"({"properties":{"Level":[{"value":101,"time":5}]}})")),
            6306);
}

TEST_F(strict_platform_thing, takes_no_more_than_eight_filters_at_once) {
  auto& g = arrive(lamp);
  std::vector<std::string> texts;
  std::vector<mqtt::filter_request> filters;
  for (int i = 0; i < 9; ++i) {
    texts.push_back(sys(lamp, "thing/f" + std::to_string(i)));
  }
  for (const auto& t : texts) {
    filters.push_back({t, mqtt::qos::at_most_once});
  }
  g.subscribe(filters);
  bench.settle();
  EXPECT_TRUE(g.saw("subscribed id1 [00 00 00 00 00 00 00 00 80]"));
}

struct choosy_platform_thing : platform_thing {
  choosy_platform_thing() : platform_thing(options()) {}
  static cloud::twin_options options() {
    cloud::twin_options o;
    o.platform.variants.check_methods = true;
    o.platform.variants.replies_at_qos_0 = true;
    o.platform.variants.wrong_sign_is_5 = true;
    return o;
  }
};

TEST_F(choosy_platform_thing, refuses_a_method_that_is_not_the_topics) {
  auto& g = arrive_listening(plain);
  const auto post = sys(plain, "thing/event/property/post");
  EXPECT_EQ(code(g, post, params("{}")), 6300);
  EXPECT_THAT(ask(g, post, R"({"id":"7","params":{},"method":"thing.event.property.post"})", 1),
              ElementsAre(post + R"(_reply={"id":"7","code":200,"data":{}} q0)"));
}

TEST_F(choosy_platform_thing, refuses_a_wrong_signature_with_5) {
  device_login login{source.at(lamp)};
  login.text.password[0] = login.text.password[0] == '0' ? '1' : '0';
  EXPECT_EQ(bench.arrive(login.view()).take().front(), "refused 5");
}

TEST_F(platform_thing, drops_a_wrong_event_and_tells) {
  auto& g = arrive_listening(lamp);
  const auto post = sys(lamp, "thing/event/Error/post");
  EXPECT_EQ(code(g, post, params(R"({"ErrorCode":1})")), 200);
  EXPECT_EQ(code(g, post, params(R"({"value":{"ErrorCode":0},"time":1524448722000})")), 200);
  EXPECT_EQ(code(g, post, params(R"({"ErrorCode":2})")), 6309);
  EXPECT_EQ(code(g, post, params("{}")), 6304) << "a required output";
  EXPECT_GE(code(g, sys(lamp, "thing/event/Nobody/post"), params("{}")), 6300);
}

TEST_F(platform_thing, keeps_the_latest_moment_of_a_batch) {
  auto& g = arrive_listening(lamp);
  const auto post = sys(lamp, "thing/event/property/batch/post");
  EXPECT_EQ(code(g, post,
                 params(R"({"properties":{"Level":[{"value":3,"time":300},{"value":2,"time":200}],
                   "Heat":[{"value":900,"time":1}]}})")),
            200);
  EXPECT_EQ(view(lamp).properties, R"({"Level":{"value":3,"time":300}})");
  EXPECT_EQ(code(g, post, params(R"({"properties":[]})")), 6207);
}

TEST_F(platform_thing, takes_history_of_the_device_itself_alone) {
  auto& g = arrive_listening(lamp);
  const auto post = sys(lamp, "thing/event/property/history/post");
  const auto share = [&](std::uint32_t of, const std::string& level) {
    return R"({"identity":{"productKey":")" + source.rows[of].product_key + R"(","deviceName":")"
           + source.rows[of].device_name + R"("},"properties":[{"Level":{"value":)" + level
           + R"(,"time":9}}]})";
  };
  EXPECT_EQ(code(g, post, params("[" + share(lamp, "4") + "," + share(lamp + 1, "5") + "]")), 6401);
  EXPECT_EQ(view(lamp).properties, "{}") << "all or nothing";
  EXPECT_EQ(code(g, post, params("[" + share(lamp, "4") + "]")), 200);
  EXPECT_EQ(view(lamp).properties, R"({"Level":{"value":4,"time":9}})");
  EXPECT_EQ(view(lamp + 1).properties, "{}");
}

TEST_F(platform_thing, answers_desired_values_with_their_versions_and_clears_them) {
  ASSERT_TRUE(console().set_desired(name(lamp), R"({"Level":5,"LightSwitch":1})").ok());
  ASSERT_TRUE(console().set_desired(name(lamp), R"({"Level":6})").ok());
  auto& g = arrive_listening(lamp);
  const auto get = sys(lamp, "thing/property/desired/get");
  EXPECT_THAT(ask(g, get, params(R"(["Level","Heat"])")),
              ElementsAre(HasSubstr(R"("code":200,"data":{"Level":{"value":6,"version":2}})")));
  const auto clear = sys(lamp, "thing/property/desired/delete");
  EXPECT_EQ(code(g, clear, params(R"({"Level":{"version":1}})")), 200) << "not of that version";
  EXPECT_EQ(view(lamp).desired,
            R"({"Level":{"value":6,"version":2},"LightSwitch":{"value":1,"version":1}})");
  EXPECT_EQ(code(g, clear, params(R"([{"Level":{"version":2},"LightSwitch":{}}])")), 200);
  EXPECT_EQ(view(lamp).desired, "{}");
  ASSERT_TRUE(console().set_desired(name(lamp), R"({"Level":7})").ok());
  EXPECT_EQ(view(lamp).desired, R"({"Level":{"value":7,"version":3}})") << "versions go on";
  bench.settle();
  EXPECT_EQ(code(g, get, params("7")), 460);
  EXPECT_EQ(code(g, clear, params("7")), 460);
}

TEST_F(platform_thing, keeps_tags_up_to_a_hundred) {
  auto& g = arrive_listening(plain);
  const auto update = sys(plain, "thing/deviceinfo/update");
  EXPECT_EQ(code(g, update, params(R"([{"attrKey":"loc","attrValue":"lab"},
    {"attrKey":"floor","attrValue":"2"}])")),
            200);
  EXPECT_EQ(code(g, update, params(R"([{"attrKey":"loc","attrValue":"attic"}])")), 200);
  EXPECT_EQ(view(plain).tags, R"({"floor":"2","loc":"attic"})");
  EXPECT_EQ(code(g, sys(plain, "thing/deviceinfo/delete"), params(R"([{"attrKey":"floor"}])")),
            200);
  EXPECT_EQ(view(plain).tags, R"({"loc":"attic"})");
  EXPECT_EQ(code(g, update, params(R"([{"attrKey":"1st","attrValue":"x"}])")), 460);
  EXPECT_EQ(code(g, update, params("{}")), 460);
  std::string many = "[";
  for (int i = 0; i < 99; ++i) {
    many += (i == 0 ? "" : ",") + (R"({"attrKey":"k)" + std::to_string(i) + R"(","attrValue":""})");
  }
  EXPECT_EQ(code(g, update, params(many + "]")), 200);
  EXPECT_EQ(code(g, update, params(R"([{"attrKey":"k99","attrValue":"x"}])")), 460) << "the 101st";
}

TEST_F(platform_thing, tells_a_device_its_model_whole_and_trimmed) {
  auto& g = arrive_listening(lamp);
  const auto whole = ask(g, sys(lamp, "thing/dsltemplate/get"), params("{}"));
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_THAT(whole[0],
              HasSubstr(R"("profile":{"productKey":"a1LampPk001","deviceName":"lamp_0"})"));
  EXPECT_THAT(whole[0], HasSubstr(R"("identifier":"Level")"));
  const auto trimmed = ask(g, sys(lamp, "thing/dynamicTsl/get"),
                           params(R"({"nodes":["identifier","type"],"addDefault":false})"));
  ASSERT_EQ(trimmed.size(), 1U);
  EXPECT_THAT(
      trimmed[0],
      HasSubstr(R"({"properties":[{"identifier":"LightSwitch","dataType":{"type":"bool"}})"));
  EXPECT_THAT(trimmed[0], testing::Not(HasSubstr("specs")));
  EXPECT_THAT(trimmed[0], testing::Not(HasSubstr(R"("identifier":"post")")));
  EXPECT_THAT(ask(g, sys(lamp, "thing/dynamicTsl/get"),
                  params(R"({"nodes":["identifier"],"addDefault":true})")),
              ElementsAre(HasSubstr(R"({"identifier":"post")")));
  EXPECT_EQ(code(g, sys(lamp, "thing/dynamicTsl/get"), params(R"({"nodes":7})")), 460);
  auto& other = arrive_listening(plain);
  EXPECT_EQ(code(other, sys(plain, "thing/dsltemplate/get"), params("{}")), 5159);
}

TEST_F(platform_thing, acknowledges_raw_octets_or_echoes_them) {
  auto& g = arrive_listening(plain);
  const auto up = sys(plain, "thing/model/up_raw");
  EXPECT_THAT(ask(g, up, "\x01{\xff"),
              ElementsAre(up + R"(_reply={"id":"1","code":200,"data":{}} q1)"));
}

struct echoing_platform_thing : platform_thing {
  echoing_platform_thing() : platform_thing(options()) {}
  static cloud::twin_options options() {
    cloud::twin_options o;
    o.products.push_back({.product_key = "a1PlainPk01",
                          .name = "Plain",
                          .flags = cloud::product_echoes_raw | cloud::product_keeps_values
                                   | cloud::product_uploads_logs});
    return o;
  }
};

TEST_F(echoing_platform_thing, does_what_the_flags_of_its_product_say) {
  auto& g = arrive_listening(plain);
  const auto up = sys(plain, "thing/model/up_raw");
  EXPECT_THAT(ask(g, up, "\x01{"), ElementsAre(up + "_reply=\x01{ q1"));
  EXPECT_EQ(code(g, sys(plain, "thing/event/property/post"), params(R"({"a":{"b":1}})")), 200);
  EXPECT_THAT(view(plain).properties, HasSubstr(R"("a":{"value":{"b":1},"time":)"));
  EXPECT_THAT(ask(g, sys(plain, "thing/config/log/get"), params("{}")),
              ElementsAre(HasSubstr(R"("code":200)")));
}

TEST_F(echoing_platform_thing, keeps_no_more_than_300_values) {
  auto& g = arrive_listening(plain);
  for (int from : {0, 150, 300}) {
    std::string many = "{";
    for (int i = from; i < from + 150; ++i) {
      many += (i == from ? "\"a" : ",\"a") + std::to_string(i) + "\":0";
    }
    EXPECT_EQ(code(g, sys(plain, "thing/event/property/post"), params(many + "}")), 200);
  }
  EXPECT_THAT(view(plain).properties, HasSubstr("\"a299\""));
  EXPECT_THAT(view(plain).properties, testing::Not(HasSubstr("\"a300\"")));
}

TEST_F(platform_thing, tells_the_time_as_strings) {
  auto& g = arrive_listening(plain);
  const auto before = bench.world.home().wall_ms();
  const auto got = ask(g, topic(plain, "/ext/ntp", "request"), R"({"deviceSendTime":"100"})", 0);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_TRUE(got[0].starts_with(topic(plain, "/ext/ntp", "response")
                                 + R"(={"deviceSendTime":"100","serverRecvTime":")"));
  const auto told = std::stoll(got[0].substr(got[0].find("RecvTime") + 11));
  EXPECT_GE(told, before);
  EXPECT_LE(told, before + 50);
  EXPECT_THAT(ask(g, topic(plain, "/ext/ntp", "request"), "{}", 0), IsEmpty());
}

TEST_F(platform_thing, answers_for_the_configuration_of_its_product) {
  auto& g = arrive_listening(lamp);
  const auto get = sys(lamp, "thing/config/get");
  const std::string ask_for =
      params(R"({"configScope":"product","getType":"file","attributeKeys":""})");
  EXPECT_EQ(code(g, get, ask_for), 6710);
  bench.twin->serve_configs_at("https://twin:8443/config/");
  ASSERT_TRUE(console().set_config("a1LampPk001", R"({"a":1})", false).ok());
  const auto got = ask(g, get, ask_for);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_THAT(got[0], HasSubstr(R"("configSize":7)"));
  EXPECT_THAT(got[0],
              HasSubstr("015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"));
  EXPECT_THAT(got[0], HasSubstr("https://twin:8443/config/a1LampPk001-1?token="));
  bench.twin->serve_configs_at("http://10.0.0.7:8080/config/");
  const auto moved = ask(g, get, ask_for);
  ASSERT_EQ(moved.size(), 1U);
  EXPECT_THAT(moved[0], HasSubstr(R"("url":"http://10.0.0.7:8080/config/a1LampPk001-1?token=)"));
  EXPECT_EQ(code(g, get, params(R"({"configScope":"device","getType":"file"})")), 460);
}

/// What stands behind `token=` in a text.
std::string token_in(const std::string& text) {
  const auto at = text.find("token=");
  return at == std::string::npos ? "" : text.substr(at + 6, cloud::url_tokens::octets);
}

TEST_F(platform_thing, gives_the_configuration_that_was_announced_to_whoever_has_its_token) {
  auto& g = arrive_listening(lamp);
  const auto get = sys(lamp, "thing/config/get");
  const std::string ask_for = params(R"({"configScope":"product","getType":"file"})");
  bench.twin->serve_configs_at("https://twin/config/");
  ASSERT_TRUE(console().set_config("a1LampPk001", R"({"a":1})", false).ok());
  const auto one = token_in(ask(g, get, ask_for).at(0));
  auto& door = *bench.twin->logons();
  const auto content = [&door](std::string_view id, std::string_view token) {
    return door.config(id, token).content.value_or("");
  };
  EXPECT_EQ(content("a1LampPk001-1", one), R"({"a":1})");
  const auto shown = console().set_config("a1LampPk001", R"({"a":2})", false).value();
  EXPECT_EQ(content("a1LampPk001-2", token_in(shown)), R"({"a":2})") << "the console's own look";
  const auto two = token_in(ask(g, get, ask_for).at(0));
  EXPECT_EQ(content("a1LampPk001-2", two), R"({"a":2})");
  const auto late = door.config("a1LampPk001-1", one);
  EXPECT_EQ(late.verdict, cloud::token_verdict::good);
  EXPECT_EQ(late.content, std::nullopt) << "it is no longer the product's";
  for (const std::string_view id : {"a1LampPk001-1", "a1LampPk001-3", "a1LampPk001-02",
                                    "a1LampPk001", "a1PlainPk01-0", "", "-", "nobody-1"}) {
    EXPECT_EQ(door.config(id, two).verdict, cloud::token_verdict::forged) << id;
  }
  EXPECT_EQ(content("a1LampPk001-2", ""), "");
  bench.settle(std::chrono::hours{25});
  EXPECT_EQ(door.config("a1LampPk001-2", two).verdict, cloud::token_verdict::expired);
  EXPECT_EQ(content("a1LampPk001-2", two), "");
}

TEST_F(platform_thing, announces_no_place_that_does_not_exist) {
  auto& g = arrive_listening(lamp);
  const auto refused = console().set_config("a1LampPk001", R"({"a":1})", true);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().why, cloud::operation_error::refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("--https"));
  EXPECT_TRUE(console().set_config("a1LampPk001", "", false).ok()) << "none is always possible";
  bench.twin->serve_configs_at("https://twin/config/");
  ASSERT_TRUE(console().set_config("a1LampPk001", R"({"a":1})", false).ok());
  bench.twin->serve_configs_at("");
  const auto get = sys(lamp, "thing/config/get");
  const std::string ask_for = params(R"({"configScope":"product","getType":"file"})");
  EXPECT_EQ(code(g, get, ask_for), 6713) << "there is one, and no door";
}

TEST_F(platform_thing, answers_upkeep_and_says_nothing_to_reports_that_ask_for_nothing) {
  auto& g = arrive_listening(plain);
  EXPECT_EQ(code(g, sys(plain, "thing/reset"), R"({"id":7,"params":{},"method":"thing.reset"})"),
            200);
  EXPECT_EQ(code(g, sys(plain, "thing/log/post"), params(R"(["line"])")), 200);
  EXPECT_EQ(code(g, sys(plain, "thing/log/post"), params("7")), 460);
  EXPECT_EQ(code(g, sys(plain, "thing/ota/firmware/get"), params("{}")), 200);
  EXPECT_EQ(code(g, sys(plain, "_thing/diag/post"), params("7")), 460);
  EXPECT_THAT(ask(g, sys(plain, "thing/status/update"), params(R"({"mid":"x"})")), IsEmpty());
  auto inform = topic(plain, "/ota/device/inform", "");
  inform.pop_back();
  EXPECT_THAT(ask(g, inform, R"({"id":1,"params":{"version":"app-1.0.3"}})"), IsEmpty());
  EXPECT_EQ(view(plain).firmware_version, "app-1.0.3");
  EXPECT_THAT(
      ask(g, sys(plain, "thing/event/property/post"), R"({"id":"1","params":{},"sys":{"ack":0}})"),
      IsEmpty());
}

} // namespace
} // namespace fleet
