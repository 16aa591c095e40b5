// What faults do to devices that post by HTTP (design, part 9), at the desk behind the service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud_sim/web/post_desk.hpp"
#include "tests/support/faulty_rigs.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using faults::effect;
using testing::HasSubstr;

/// Keeps what it is answered.
struct ear final : cloud::answer_taker {
  void answer(std::uint64_t, cloud::web_answer what) override { heard.push_back(std::move(what)); }
  void resume(std::uint64_t) override {}
  std::vector<cloud::web_answer> heard;
};

struct http_faults : testing::Test, support::faulty_twin {
  http_faults() : faulty_twin(cloud::profile::linkdevelop) {}

  /// The answer that is there after `patience`, or `nothing`.
  std::string ask(std::string_view target, std::string_view body, std::string_view token,
                  duration patience = 10ms) {
    const auto to = std::make_shared<ear>();
    const std::vector<http::field> fields{{"password", token}};
    cloud::web_request request{.method = "POST",
                               .target = target,
                               .host = "h",
                               .fields = fields,
                               .body = as_bytes(body),
                               .source = "127.0.0.1"};
    desk_.on_request(request, cloud::responder{to, 1});
    last = to;
    settle(patience);
    return text(*to);
  }
  static std::string text(const ear& e) {
    return e.heard.empty() ? "nothing" : std::string{as_text(e.heard.front().body.view())};
  }
  std::string log_on_by_http(std::uint32_t index) {
    byte_buffer out;
    alink::append_http_logon(out, credentials.at(index), {});
    return ask("/auth", as_text(out.view()), {});
  }
  std::string token(std::uint32_t index) {
    json_reader reader;
    return alink::read_http_answer(reader, as_bytes(log_on_by_http(index)))
        .value_or(alink::http_answer{})
        .token;
  }
  std::string post(std::uint32_t index, std::string_view with, duration patience = 10ms) {
    return ask("/topic" + report(index), R"({"id":"1","params":{}})", with, patience);
  }
  [[nodiscard]] std::uint64_t posts() const {
    return cloud::value(twin->counters().posting[1].posts);
  }

  std::shared_ptr<ear> last;

private:
  /// One wrong sign, and no more for a long time.
  cloud::post_desk desk_{world.home(), *twin->posts(), {.per_second = 1, .burst = 20}};
};

TEST_F(http_faults, an_answer_that_is_dropped_was_booked_and_one_that_is_not_heard_was_not) {
  const auto t = token(3);
  ASSERT_TRUE(order(effect::drop_acks));
  settle();
  EXPECT_EQ(post(3, t), "nothing");
  EXPECT_EQ(posts(), 1U);
  ASSERT_TRUE(desk.remove("drop_acks"));
  ASSERT_TRUE(order(effect::cloud_throttle));
  settle();
  EXPECT_THAT(post(3, t), HasSubstr(R"("code":0)"));
  EXPECT_EQ(post(3, t), "nothing");
  EXPECT_EQ(posts(), 2U);
  settle(1s);
  EXPECT_THAT(post(3, t), HasSubstr(R"("code":0)"));
}

TEST_F(http_faults, a_slow_cloud_answers_later_and_a_malformed_answer_is_bare_octets) {
  const auto t = token(3);
  ASSERT_TRUE(order(effect::cloud_slow)); // by a second
  settle();
  EXPECT_EQ(post(3, t, 900ms), "nothing");
  settle(200ms);
  EXPECT_THAT(text(*last), HasSubstr(R"("code":0)"));
  ASSERT_TRUE(desk.remove("cloud_slow"));
  ASSERT_TRUE(order(effect::malformed));
  settle();
  EXPECT_NE(post(3, t), "nothing");
  EXPECT_TRUE(last->heard.front().bare);
  EXPECT_EQ(last->heard.front().body.size(), 64U);
}

TEST_F(http_faults, tokens_are_forgotten_and_credentials_refused) {
  const auto t = token(3);
  ASSERT_TRUE(order(effect::expire_tokens));
  settle();
  EXPECT_THAT(post(3, t), HasSubstr(R"("code":20001)")) << "too old (aliyun-iot.md §18)";
  ASSERT_TRUE(order(effect::refuse_credentials));
  settle();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(log_on_by_http(3), HasSubstr(R"("code":20000)")) << "each is judged: " << i;
  }
  ASSERT_TRUE(desk.remove("refuse_credentials"));
  EXPECT_THAT(post(3, token(3)), HasSubstr(R"("code":0)"));
}

TEST_F(http_faults, a_kick_takes_tokens_and_presence_and_lets_devices_log_on_again) {
  const auto t = token(3);
  const auto other = token(4);
  EXPECT_THAT(post(3, t), HasSubstr(R"("code":0)"));
  EXPECT_THAT(post(4, other), HasSubstr(R"("code":0)"));
  EXPECT_EQ(cloud::value(twin->counters().posting[1].online), 2U);
  auto f = support::fault_of(effect::kick);
  f.select.among = {{3, 3}};
  ASSERT_TRUE(order(f));
  settle();
  EXPECT_EQ(done(effect::kick), 1U);
  EXPECT_EQ(cloud::value(twin->counters().posting[1].online), 1U);
  EXPECT_THAT(post(3, t), HasSubstr(R"("code":20003)")) << "of nobody (aliyun-iot.md §18)";
  EXPECT_THAT(post(4, other), HasSubstr(R"("code":0)"));
  EXPECT_THAT(post(3, token(3)), HasSubstr(R"("code":0)"));
}

} // namespace
} // namespace fleet
