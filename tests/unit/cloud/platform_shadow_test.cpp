// Shadows over MQTT (aliyun-iot.md §13): answers, pushes, and pushes that wait.
#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct platform_shadow : testing::Test, platform_rig {
  void desire(int temp) {
    const auto done =
        console().update_shadow(name(plain), R"({"method":"update","state":{"desired":{"temp":)"
                                                 + std::to_string(temp) + "}}}");
    EXPECT_TRUE(done.ok());
  }
};

TEST_F(platform_shadow, answers_reports_and_gets_with_versions_and_tokens) {
  auto& g = arrive_listening(plain);
  const auto update = shadow_update(plain);
  auto got =
      ask(g, update,
          R"({"method":"update","state":{"reported":{"temp":21}},"version":5,"clientToken":"t1"})");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_TRUE(got[0].starts_with(shadow_get(plain) + "={\"method\":\"reply\"")) << got[0];
  EXPECT_THAT(got[0], HasSubstr(R"("status":"success","version":5})"));
  EXPECT_THAT(got[0], HasSubstr(R"("clientToken":"t1")"));
  EXPECT_TRUE(got[0].ends_with(" q1"));
  got = ask(g, update, R"({"method":"get"})");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_THAT(got[0], HasSubstr(R"("reported":{"temp":21})"));
  EXPECT_THAT(ask(g, update, R"({"method":"update","state":{"reported":{"temp":2}},"version":5})"),
              ElementsAre(HasSubstr(R"("errorcode":"409")")));
  EXPECT_THAT(
      ask(g, update, R"({"method":"delete",,"state":{"reported":{"temp":"null"}},"version":9})"),
      ElementsAre(HasSubstr(R"("version":9})")));
  EXPECT_THAT(ask(g, update, "{"), ElementsAre(HasSubstr(R"("errorcode":"400")")));
  EXPECT_EQ(bench.count(bench.twin->counters().malformed_requests), 1U);
}

TEST_F(platform_shadow, pushes_what_an_application_wants_to_who_listens) {
  auto& g = arrive_listening(plain);
  desire(25);
  bench.settle();
  const auto got = g.messages();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_TRUE(got[0].starts_with(shadow_get(plain) + "={\"method\":\"control\"")) << got[0];
  EXPECT_THAT(got[0], HasSubstr(R"("desired":{"temp":25})"));
  EXPECT_THAT(console().shadow(name(plain)).value(), HasSubstr(R"("desired":{"temp":25})"));
}

TEST_F(platform_shadow, keeps_the_push_until_the_device_subscribes) {
  desire(25); // offline
  auto& g = arrive(plain);
  bench.settle();
  EXPECT_THAT(g.messages(), IsEmpty());
  g.subscribe(shadow_get(plain), 1);
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(HasSubstr("control")));
  g.subscribe(shadow_get(plain), 1);
  bench.settle();
  EXPECT_THAT(g.messages(), IsEmpty()) << "once";
}

TEST_F(platform_shadow, keeps_the_push_until_a_session_comes_back) {
  auto& before = arrive_listening(plain, false);
  before.disconnect();
  bench.settle();
  desire(25);
  desire(26);
  auto& g = arrive(plain, false);
  EXPECT_THAT(g.messages(), ElementsAre(HasSubstr(R"("desired":{"temp":26})")));
}

TEST_F(platform_shadow, pushes_nothing_that_was_cleared_meanwhile) {
  desire(25);
  ASSERT_TRUE(console()
                  .update_shadow(name(plain), R"({"method":"update","state":{"desired":"null"}})")
                  .ok());
  auto& g = arrive(plain);
  g.subscribe(shadow_get(plain), 1);
  bench.settle();
  EXPECT_THAT(g.messages(), IsEmpty());
}

TEST_F(platform_shadow, tells_the_console_why_it_refuses) {
  EXPECT_EQ(console().shadow(name(plain)).value(), "{}");
  EXPECT_EQ(console().update_shadow(name(plain), "{").error().why,
            cloud::operation_error::malformed);
  const auto conflict = console().update_shadow(name(plain), R"({"method":"nonsense","state":{}})");
  ASSERT_FALSE(conflict.ok());
  EXPECT_EQ(conflict.error().why, cloud::operation_error::refused);
  EXPECT_TRUE(conflict.error().detail.starts_with("406 ")) << conflict.error().detail;
}

} // namespace
} // namespace fleet
