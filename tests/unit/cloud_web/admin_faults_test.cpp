// The admin API's routes for faults: what is taken, how it is listed, and what is refused with
// which sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud_sim/fault_desk.hpp"
#include "cloud_sim/web/admin.hpp"
#include "tests/support/web_rig.hpp"

namespace fleet::cloud {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

struct faults_clock {
  hal::virtual_world clock;
  fault_desk desk{clock.home()};
};

struct faults_rig : faults_clock {
  explicit faults_rig(bool with_desk = true)
      : api(clock.home(), nullptr,
            {.version = "0", .profile = "mqtt", .faults = with_desk ? &desk : nullptr}),
        web(api) {
    api.guard_with({"", web.at});
  }
  std::string ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    const auto a = web.ask(method, target, body);
    return std::to_string(a.status) + " " + a.body;
  }
  std::string add(std::string_view body) { return ask("POST", "/v1/faults", body); }

  admin_api api;
  support::web_rig web;
};

TEST(admin_faults, are_added_listed_and_removed) {
  faults_rig rig;
  EXPECT_THAT(rig.add(R"({"effect":"drop_acks","sharePpm":250000,"forMs":60000,"percentPpm":500000,
    "index":"0-9,20-20","seed":"18446744073709551615","devices":100})"),
              StartsWith(R"(200 {"name":"drop_acks","effect":"drop_acks","state":"waiting")"));
  EXPECT_THAT(rig.add(R"({"effect":"drop_acks"})"), HasSubstr(R"("name":"drop_acks_2")"));
  rig.clock.run_for(1s);
  const auto& f = rig.desk.all().front().fault;
  EXPECT_EQ(f.share_ppm, 250'000U);
  EXPECT_EQ(f.span, 60s);
  ASSERT_EQ(f.select.among.size(), 2U);
  EXPECT_EQ(f.select.among[1], (faults::index_range{20, 20}));
  const auto listed = rig.ask("GET", "/v1/faults");
  EXPECT_THAT(listed, HasSubstr(R"("state":"in_force","sinceMs":1000,"forMs":60000,"selected":)"));
  EXPECT_EQ(rig.ask("DELETE", "/v1/faults/drop_acks"), R"(200 {"name":"drop_acks"})");
  EXPECT_THAT(rig.ask("DELETE", "/v1/faults/drop_acks"), StartsWith("404 "));
  EXPECT_EQ(rig.desk.all().size(), 1U);
}

TEST(admin_faults, take_the_name_of_one_that_is_over_and_of_no_other) {
  faults_rig rig;
  EXPECT_THAT(rig.add(R"({"effect":"kick","name":"one"})"), StartsWith("200 "));
  rig.clock.run_for(1s);
  ASSERT_EQ(rig.desk.all().front().now, faults::timeline::state::over);
  EXPECT_THAT(rig.add(R"({"effect":"drop_acks","name":"one"})"), StartsWith("200 "));
  ASSERT_EQ(rig.desk.all().size(), 1U);
  EXPECT_EQ(rig.desk.all().front().fault.what, faults::effect::drop_acks);
  EXPECT_THAT(rig.add(R"({"effect":"kick","name":"one"})"), HasSubstr("already"));
}

TEST(admin_faults, end_by_themselves_where_their_owner_is_not_heard_of) {
  faults_rig rig;
  constexpr std::string_view leased =
      R"({"effect":"refuse_credentials","noEnd":true,"owner":"me","leaseMs":30000})";
  EXPECT_THAT(rig.add(leased), HasSubstr(R"("owner":"me")"));
  EXPECT_THAT(rig.add(R"({"effect":"kick","name":"by hand","atMs":86400000})"), StartsWith("200 "));
  rig.clock.run_for(29s);
  EXPECT_THAT(rig.ask("POST", "/v1/faults/renew", R"({"owner":"somebody"})"),
              HasSubstr(R"("owner":"me","sinceMs":29000)"));
  EXPECT_TRUE(rig.desk.refuses(1));
  EXPECT_THAT(rig.ask("POST", "/v1/faults/renew", R"({"owner":"me"})"), StartsWith("200 "));
  rig.clock.run_for(29s);
  EXPECT_TRUE(rig.desk.refuses(1)) << "renewed, by its owner";
  rig.clock.run_for(2s);
  EXPECT_FALSE(rig.desk.refuses(1));
  ASSERT_EQ(rig.desk.all().size(), 1U) << "what is nobody's stays";
  EXPECT_EQ(rig.desk.all().front().fault.name, "by hand");
}

TEST(admin_faults, are_renewed_by_name_where_their_owner_says_which) {
  faults_rig rig;
  for (const std::string name : {"kept", "left"}) {
    EXPECT_THAT(
        rig.add(R"({"effect":"drop_acks","noEnd":true,"owner":"me","leaseMs":30000,"name":")" + name
                + R"("})"),
        StartsWith("200 "));
  }
  EXPECT_THAT(rig.add(R"({"effect":"kick","atMs":86400000,"owner":"you","leaseMs":30000})"),
              StartsWith("200 "));
  rig.clock.run_for(20s);
  EXPECT_THAT(rig.ask("POST", "/v1/faults/renew",
                      R"({"owner":"me","names":["kept","kick","no such fault"]})"),
              StartsWith("200 "));
  rig.clock.run_for(20s);
  ASSERT_EQ(rig.desk.all().size(), 1U);
  EXPECT_EQ(rig.desk.all().front().fault.name, "kept");
  EXPECT_THAT(rig.ask("POST", "/v1/faults/renew", R"({"owner":"me","names":[]})"),
              StartsWith("200 "));
  rig.clock.run_for(20s);
  EXPECT_TRUE(rig.desk.all().empty()) << "none was named";
  for (const std::string names : {"7", R"("kept")", "[7]"}) {
    EXPECT_THAT(rig.ask("POST", "/v1/faults/renew", R"({"owner":"me","names":)" + names + "}"),
                HasSubstr("`names` must be an array of strings"));
  }
}

TEST(admin_faults, say_whose_the_one_is_that_has_their_name) {
  faults_rig rig;
  EXPECT_THAT(rig.add(R"({"effect":"kick","name":"one","atMs":1000,"owner":"run-7"})"),
              StartsWith("200 "));
  EXPECT_THAT(rig.add(R"({"effect":"kick","name":"two","atMs":1000})"), StartsWith("200 "));
  EXPECT_THAT(rig.add(R"({"effect":"kick","name":"one"})"),
              StartsWith(R"(409 {"error":"fault-exists","detail":"there is a fault called one )"
                         R"(already, ordered by run-7")"));
  EXPECT_THAT(rig.add(R"({"effect":"kick","name":"two"})"), HasSubstr("already, ordered by hand"));
}

TEST(admin_faults, are_ended_by_their_owner_and_not_by_one_who_had_the_name_before) {
  faults_rig rig;
  EXPECT_THAT(rig.add(R"({"effect":"drop_acks","owner":"me"})"), StartsWith("200 "));
  EXPECT_THAT(rig.ask("DELETE", "/v1/faults/drop_acks?owner=you"), StartsWith("404 "));
  EXPECT_THAT(rig.ask("DELETE", "/v1/faults/drop_acks?owner=me"), StartsWith("200 "));
  EXPECT_THAT(rig.add(R"({"effect":"kick","leaseMs":1000})"), HasSubstr("needs an `owner`"));
  EXPECT_THAT(rig.add(R"({"effect":"kick","owner":"two words"})"), HasSubstr("up to 64"));
  EXPECT_THAT(rig.ask("POST", "/v1/faults/renew", "{}"), StartsWith("400 "));
}

TEST(admin_faults, of_a_family_hit_as_a_run_draws_them) {
  faults_rig rig;
  EXPECT_THAT(rig.add(R"({"effect":"refuse_credentials","name":"storm.refuse","seed":"7",
    "family":"12345678901234567890","familyPpm":300000})"),
              StartsWith("200 "));
  rig.clock.run_for(1s);
  const faults::selector drawn{.family = 12345678901234567890U, .family_ppm = 300'000};
  for (std::uint32_t i = 0; i < 200; ++i) {
    EXPECT_EQ(rig.desk.refuses(i), faults::selects(drawn, {.seed = 7}, 0, i)) << i;
  }
}

TEST(admin_faults, may_last_until_they_are_removed) {
  faults_rig rig;
  EXPECT_THAT(rig.add(R"({"effect":"refuse_credentials","noEnd":true})"), StartsWith("200 "));
  rig.clock.run_for(1s);
  EXPECT_EQ(rig.desk.all().front().fault.span, faults::no_end);
  EXPECT_TRUE(rig.desk.refuses(1));
}

TEST(admin_faults, select_by_regions_as_a_run_does) {
  faults_rig rig;
  EXPECT_THAT(rig.add(R"({"effect":"refuse_credentials","regions":2,
    "regionShares":"300000,200000","seed":"7"})"),
              StartsWith("200 "));
  rig.clock.run_for(1s);
  const faults::region_map regions{{300'000, 200'000}};
  for (std::uint32_t i = 0; i < 200; ++i) {
    EXPECT_EQ(rig.desk.refuses(i), regions.of(7, i) == 1) << i;
  }
}

TEST(admin_faults, are_refused_with_a_sentence) {
  faults_rig rig;
  EXPECT_THAT(rig.add(R"({"effect":"latency"})"), HasSubstr("acts on devices"));
  EXPECT_THAT(rig.add(R"({"effect":"cloud_restart"})"), HasSubstr("kill the process"));
  EXPECT_THAT(rig.add(R"({"effect":"nonsense"})"), StartsWith("400 "));
  EXPECT_THAT(rig.add(R"({"effect":"kick","index":"9"})"), HasSubstr("ranges such as"));
  EXPECT_THAT(rig.add(R"({"effect":"kick","index":"9-3"})"), HasSubstr("ranges that do not rise"));
  EXPECT_THAT(rig.add(R"({"effect":"kick","regionShares":"900000,900000"})"),
              HasSubstr("millionths"));
  EXPECT_THAT(rig.add(R"({"effect":"kick","seed":"x"})"), HasSubstr("a number, as text"));
  EXPECT_THAT(rig.add(R"({"effect":"drop_acks","sharePpm":0})"), HasSubstr("needs `share`"));
  EXPECT_THAT(rig.add(R"({"effect":"kick","name":"one"})"), StartsWith("200 "));
  EXPECT_THAT(rig.add(R"({"effect":"kick","name":"one"})"), HasSubstr("already"));
  EXPECT_EQ(rig.desk.all().size(), 1U);
}

TEST(admin_faults, are_unsupported_without_a_desk) {
  faults_rig rig{false};
  for (const auto* const method : {"GET", "POST"}) {
    EXPECT_THAT(rig.ask(method, "/v1/faults", "{}"), StartsWith("501 "));
  }
}

} // namespace
} // namespace fleet::cloud
