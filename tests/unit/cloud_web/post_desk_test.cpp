// The HTTP channel (aliyun-iot.md §18): codes with status 200, the token in its header, bodies and
// their bounds. The platform behind it is the real one.
#include "cloud_sim/web/front_desk.hpp"
#include "cloud_sim/web/post_desk.hpp"
#include "tests/support/post_rig.hpp"
#include "tests/support/web_rig.hpp"

namespace fleet::cloud {
namespace {

using namespace std::chrono_literals;
using support::lamp;
using support::plain;
using testing::HasSubstr;
using testing::StartsWith;

struct post_desk_rig : support::post_rig {
  explicit post_desk_rig(const rate_rules& rate = post_rate, cloud::twin_options o = {})
      : post_rig(std::move(o)), desk(bench.world.home(), door(), rate), web(desk) {}

  /// Status and body of what was answered.
  std::string ask(std::string_view path, std::string_view payload, std::string_view token = {},
                  std::string_view method = "POST") {
    const std::vector<http::field> fields{{"password", token}};
    http::request what{.method = method,
                       .target = path,
                       .host = "iot-as-http.cn-shanghai.aliyuncs.com",
                       .body = as_bytes(payload)};
    if (!token.empty()) {
      what.fields = fields;
    }
    const auto a = web.ask(what);
    return std::to_string(a.status) + " " + a.body;
  }
  std::string body(std::uint32_t index, const alink::post_logon_manner& manner = {}) {
    byte_buffer out;
    alink::append_http_logon(out, source.at(index), manner);
    return std::string{as_text(out.view())};
  }
  std::string token_of(std::uint32_t index) {
    const auto got = ask("/auth", body(index));
    EXPECT_THAT(got, StartsWith(R"(200 {"code":0,"message":"success","info":{"token":")"));
    json_reader reader;
    return alink::read_http_answer(reader, as_bytes(std::string_view{got}.substr(4)))
        .value_or(alink::http_answer{})
        .token;
  }
  [[nodiscard]] std::string path(std::uint32_t index) const { return "/topic" + report(index); }

  post_desk desk;
  support::web_rig web;
};

TEST(post_desk, gives_a_token_and_answers_a_post_with_what_the_platform_says) {
  post_desk_rig rig;
  const auto token = rig.token_of(lamp);
  const auto got = rig.ask(rig.path(lamp), R"({"id":"7","params":{"LightSwitch":1}})", token);
  EXPECT_THAT(got, StartsWith(R"(200 {"code":0,"message":"success","info":{"messageId":)"));
  EXPECT_THAT(got, HasSubstr(R"("data":"{\"id\":\"7\",\"code\":200)"));
  EXPECT_THAT(rig.view(lamp).properties, HasSubstr("LightSwitch"));
  EXPECT_EQ(rig.view(lamp).protocol, "http");
}

TEST(post_desk, takes_the_sdk_s_body_with_and_without_a_timestamp) {
  post_desk_rig rig;
  alink::post_logon_manner manner;
  manner.method = alink::sign_method::hmacsha1;
  EXPECT_THAT(rig.ask("/auth", rig.body(lamp, manner)), StartsWith("200 {\"code\":0,"));
  manner.timestamp = "1581417203000";
  EXPECT_THAT(rig.ask("/auth", rig.body(lamp, manner) + std::string(1, '\0')),
              StartsWith("200 {\"code\":0,"));
}

TEST(post_desk, says_each_refusal_with_its_code_and_status_200) {
  post_desk_rig rig;
  const auto token = rig.token_of(plain);
  const auto on = rig.path(plain);
  EXPECT_EQ(rig.ask("/auth", "{"), R"(200 {"code":10001,"message":"param error"})");
  auto wrong = rig.body(plain);
  wrong[wrong.find("\"sign\":") + 10] ^= 1;
  EXPECT_EQ(rig.ask("/auth", wrong), R"(200 {"code":20000,"message":"auth check error"})");
  EXPECT_EQ(rig.ask(on, "{}"), R"(200 {"code":20002,"message":"token is null"})");
  EXPECT_EQ(rig.ask(on, "{}", "nonsense"), R"(200 {"code":20003,"message":"check token error"})");
  EXPECT_EQ(rig.ask(rig.path(lamp), "{}", token),
            R"(200 {"code":30001,"message":"publish message error"})");
  EXPECT_THAT(rig.ask("/topic/" + std::string(130, 'x'), "{}", token),
              StartsWith("200 {\"code\":10001,"));
  EXPECT_THAT(rig.ask(on + "%zz", "{}", token), StartsWith("200 {\"code\":10001,"));
  EXPECT_THAT(rig.ask(on, "", token, "GET"), StartsWith("405 "));
  ASSERT_TRUE(rig.console().disable(rig.name(plain)).ok());
  EXPECT_THAT(rig.ask("/auth", rig.body(plain)), StartsWith("200 {\"code\":20000,"));
  rig.door().sign_with("");
  EXPECT_THAT(rig.ask("/auth", rig.body(lamp)), StartsWith("200 {\"code\":20004,"));
}

TEST(post_desk, tells_an_expired_token_from_one_of_nobody) {
  post_desk_rig rig;
  const auto token = rig.token_of(lamp);
  rig.bench.settle(48h - 1s);
  EXPECT_THAT(rig.ask(rig.path(lamp), "{}", token), StartsWith("200 {\"code\":0,"));
  rig.bench.settle(2s);
  EXPECT_EQ(rig.ask(rig.path(lamp), "{}", token),
            R"(200 {"code":20001,"message":"token is expired"})");
}

TEST(post_desk, takes_one_nul_from_the_end_of_a_body_and_bodies_of_128_kib) {
  post_desk_rig rig;
  const auto token = rig.token_of(lamp);
  EXPECT_THAT(rig.ask(rig.path(lamp), R"({"id":"1","params":{}})" + std::string(1, '\0'), token),
              HasSubstr(R"(\"code\":200)"));
  const auto update = "/topic" + rig.topic(lamp, "", "update");
  EXPECT_THAT(rig.ask(update, std::string(128 * 1024, 'x') + std::string(1, '\0'), token),
              StartsWith("200 {\"code\":0,"));
  EXPECT_THAT(rig.ask(update, std::string(128 * 1024 + 1, 'x'), token),
              StartsWith("200 {\"code\":10001,"));
}

TEST(post_desk, slows_who_tries_secrets_and_not_who_posts) {
  post_desk_rig rig{rate_rules{.per_second = 20, .burst = 40}};
  const auto token = rig.token_of(lamp);
  auto wrong = rig.body(lamp);
  wrong[wrong.find("\"sign\":") + 10] ^= 1;
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(rig.ask(rig.path(lamp), "{}", token), StartsWith("200 {\"code\":0,"));
  }
  EXPECT_THAT(rig.ask("/auth", wrong), StartsWith("200 {\"code\":20000,"));
  EXPECT_THAT(rig.ask("/auth", wrong), StartsWith("200 {\"code\":20000,"));
  EXPECT_EQ(rig.ask("/auth", wrong), R"(200 {"code":40000,"message":"request too many"})");
  EXPECT_EQ(rig.counts(post_protocol::http).unjudged, 1U);
  rig.bench.settle(1s);
  EXPECT_THAT(rig.ask(rig.path(lamp), "{}", token), StartsWith("200 {\"code\":0,"));
}

TEST(post_desk, says_too_many_where_a_device_posts_beyond_its_bound) {
  cloud::twin_options o;
  o.platform.bounds.up_qos1.most = 1;
  post_desk_rig rig{post_rate, std::move(o)};
  const auto token = rig.token_of(lamp);
  EXPECT_THAT(rig.ask(rig.path(lamp), "{}", token), StartsWith("200 {\"code\":0,"));
  EXPECT_THAT(rig.ask(rig.path(lamp), "{}", token), StartsWith("200 {\"code\":40000,"));
}

TEST(post_desk, has_its_own_paths_and_none_of_the_log_on_desk_s) {
  for (const auto* const path : {"/auth", "/auth?x", "/topic/a/b/c"}) {
    EXPECT_TRUE(post_desk::concerns(path)) << path;
  }
  for (const auto* const path :
       {"/auth/devicename", "/auth/register/device", "/topics/a", "/topic", "/firmware/1", "/"}) {
    EXPECT_FALSE(post_desk::concerns(path)) << path;
  }
}

} // namespace
} // namespace fleet::cloud
