// Faults as words of a command line, and as requests of a twin's admin API.
#include "fleet/scenario/cloud_fault_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/console/fault_command.hpp"
#include "fleet/console/fault_request.hpp"
#include "fleet/run/far_faults.hpp"
#include "fleet/run/run_mark.hpp"
#include "tests/support/scripted_admin.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

result<faults::fault, std::string> read(std::vector<std::string> words) {
  return read_cloud_fault(words);
}

TEST(fault_words, say_what_is_to_go_wrong) {
  const auto got = read({"drop_acks", "share=12.5%", "for=1m30s", "at=10s", "ramp=5s",
                         "percent=20%", "index=100-199,300", "name=mine"});
  ASSERT_TRUE(got.ok()) << got.error();
  const auto& f = got.value();
  EXPECT_EQ(f.what, faults::effect::drop_acks);
  EXPECT_EQ(f.share_ppm, 125'000U);
  EXPECT_EQ(f.span, 90s);
  EXPECT_EQ(f.at, 10s);
  EXPECT_EQ(f.ramp, 5s);
  EXPECT_EQ(f.select.share_ppm, 200'000U);
  ASSERT_EQ(f.select.among.size(), 2U);
  EXPECT_EQ(f.select.among[1], (faults::index_range{300, 300}));
  EXPECT_EQ(f.name, "mine");
}

TEST(fault_words, leave_what_is_not_said_as_it_usually_is) {
  const auto got = read({"cloud_slow"});
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.value().by, 1s);
  EXPECT_EQ(got.value().name, "") << "the twin picks one";
  EXPECT_EQ(read({"kick", "every=1m"}).value().span, faults::no_end);
}

TEST(fault_words, are_refused_with_a_sentence) {
  EXPECT_THAT(read({}).error(), HasSubstr("needs an effect"));
  EXPECT_EQ(read({"drop_ack", "for=3s"}).error(),
            "\"drop_ack for=3s\" has a mistake at its column 1: effect drop_ack is unknown; the "
            "nearest is drop_acks; see fleet fault effects");
  EXPECT_THAT(read({"kick", "evry=1s"}).error(), HasSubstr("the nearest is every"));
  EXPECT_THAT(read({"kick", "every"}).error(), HasSubstr("every is not KEY=VALUE"));
  EXPECT_THAT(read({"drop_acks", "share=101%"}).error(), HasSubstr("column 17: share 101%"));
  EXPECT_THAT(read({"kick", "index=a-b"}).error(), HasSubstr("is no range"));
  EXPECT_THAT(read({"kick", "index=5-9,7"}).error(),
              HasSubstr("column 12: index names a device twice"));
  EXPECT_THAT(read({"kick", "for=10s"}).error(), HasSubstr("`for` needs `every`"));
  EXPECT_THAT(read({"firmware_failing", "status=200"}).error(), HasSubstr("status 200"));
  EXPECT_THAT(read({"kick", "size=3"}).error(), HasSubstr("kick does not take size"));
}

TEST(fault_words, select_by_what_a_twin_knows) {
  EXPECT_EQ(read({"kick", "index=300,100-199"}).value().select.among,
            (std::vector<faults::index_range>{{100, 199}, {300, 300}}));
  for (const std::string key : {"product", "region", "devices"}) {
    EXPECT_THAT(read({"kick", key + "=led"}).error(),
                HasSubstr("a twin selects by percent and index, and not by " + key));
  }
  EXPECT_THAT(read({"kick", "tag=floor=3"}).error(), HasSubstr("not by tag"));
  EXPECT_THAT(read({"flaky_wifi"}).error(), HasSubstr("is a preset"));
  EXPECT_THAT(read({"cloud_restart", "percent=20%"}).error(), HasSubstr("and no percent"));
}

TEST(fault_request, tells_the_twin_what_a_run_selects_by) {
  auto f = faults::default_fault(faults::effect::kick);
  f.select.among = {{1, 3}, {9, 9}};
  f.select.regions = 2;
  const std::vector<std::uint32_t> shares{300'000, 200'000};
  const auto request =
      add_fault_request(f, {.seed = 7, .region_shares_ppm = shares, .devices = 10});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body,
            R"({"effect":"kick","name":"kick","percentPpm":1000000,"index":"1-3,9-9",)"
            R"("regions":2,"regionShares":"300000,200000","seed":"7","devices":10})");
  f.select = {.family = 77, .family_ppm = 300'000};
  EXPECT_THAT(add_fault_request(f, {}).body, HasSubstr(R"("family":"77","familyPpm":300000)"));
  EXPECT_THAT(add_fault_request(f, {}, {"me", 30s}).body,
              HasSubstr(R"("owner":"me","leaseMs":30000})"));
  EXPECT_EQ(remove_fault_request("a", "me&you").path, "/v1/faults/a?owner=me%26you");
  EXPECT_EQ(remove_fault_request("a b").path, "/v1/faults/a%20b");
}

TEST(fault_command, adds_lists_and_removes_by_their_routes) {
  support::scripted_admin api;
  fault_options what;
  what.verb = fault_verb::add;
  what.fault = faults::default_fault(faults::effect::kick);
  api.give(R"({"name":"kick","effect":"kick"})");
  EXPECT_THAT(run_fault(what, api, "here").out, HasSubstr("kick is there"));
  what.verb = fault_verb::list;
  api.give(R"({"faults":[{"name":"kick","effect":"kick","state":"over","hit":3,"done":4}]})");
  EXPECT_THAT(run_fault(what, api, "here").out, HasSubstr("kick"));
  what.verb = fault_verb::remove;
  what.name = "kick";
  api.give(404, R"({"error":"unknown-fault","detail":"there is no fault called kick"})");
  const auto gone = run_fault(what, api, "here");
  EXPECT_EQ(gone.code, exit_code::expectation_failed);
  EXPECT_THAT(gone.errors, HasSubstr("no fault called kick"));
  ASSERT_EQ(api.asked.size(), 3U);
  EXPECT_EQ(api.asked[1].path, "/v1/faults");
  EXPECT_EQ(api.asked[2].method, "DELETE");
}

TEST(far_faults, are_sent_ended_and_listed) {
  support::scripted_admin api;
  const auto f = faults::default_fault(faults::effect::kick);
  api.give(R"({"name":"kick"})");
  EXPECT_EQ(send_far_fault(api, "here", f, {}, "me"), std::nullopt);
  api.give(409, R"({"error":"refused","detail":"kill the process"})");
  auto refusal = send_far_fault(api, "here", f, {}, "me");
  ASSERT_TRUE(refusal);
  EXPECT_THAT(refusal->why, HasSubstr("kill the process"));
  EXPECT_FALSE(refusal->name_taken || refusal->unheard);
  api.give(409, R"({"error":"fault-exists","detail":"there is a fault called kick already"})");
  refusal = send_far_fault(api, "here", f, {}, "me");
  EXPECT_TRUE(refusal && refusal->name_taken);
  api.lose();
  refusal = send_far_fault(api, "here", f, {}, "me");
  EXPECT_TRUE(refusal && refusal->unheard);
  api.give(404, R"({"error":"unknown-fault","detail":"there is none"})");
  EXPECT_EQ(end_far_fault(api, "here", "kick", "me"), std::nullopt) << "it is over, as was wanted";
  api.give(R"({"faults":[{"name":"kick","state":"over","hit":3,"strikes":2,"done":4}]})");
  const auto all = list_far_faults(api, "here");
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all.value().size(), 1U);
  EXPECT_EQ(all.value().front().hit, 3U);
  EXPECT_EQ(all.value().front().strikes, 2U);
  api.give(R"({"other":1})");
  EXPECT_FALSE(list_far_faults(api, "here").ok());
}

TEST(far_faults, of_an_owner_are_listed_and_kept_for_longer_and_no_others) {
  support::scripted_admin api;
  api.give(R"({"faults":[{"name":"a","owner":"me","state":"waiting"},)"
           R"({"name":"b","owner":"you","state":"waiting"},{"name":"c","state":"over"}]})");
  const std::vector<std::string> names{"a", "\"q\""};
  const auto mine = renew_far_faults(api, "here", "me", names);
  ASSERT_TRUE(mine.ok());
  ASSERT_EQ(mine.value().size(), 1U);
  EXPECT_EQ(mine.value().front().name, "a");
  EXPECT_EQ(api.asked[0].method + " " + api.asked[0].path, "POST /v1/faults/renew");
  EXPECT_EQ(api.asked[0].body, R"({"owner":"me","names":["a","\"q\""]})");
}

TEST(far_faults, have_left_what_is_to_come_of_them) {
  auto f = faults::default_fault(faults::effect::drop_acks);
  f.at = 10s;
  f.span = 60s;
  f.ramp = 20s;
  EXPECT_EQ(rest_of(f, 4s, false)->at, 6s);
  EXPECT_EQ(rest_of(f, 4s, false)->span, 60s);
  const auto half = rest_of(f, 25s, true);
  ASSERT_TRUE(half);
  EXPECT_EQ(half->at, 0s);
  EXPECT_EQ(half->span, 45s);
  EXPECT_EQ(half->ramp, 5s);
  EXPECT_EQ(rest_of(f, 40s, true)->ramp, 0s);
  EXPECT_EQ(rest_of(f, 70s, true), std::nullopt);
  f.span = faults::no_end;
  EXPECT_EQ(rest_of(f, 1h, true)->span, faults::no_end);

  auto kick = faults::default_fault(faults::effect::kick);
  kick.at = 10s;
  EXPECT_EQ(rest_of(kick, 9s, false)->at, 1s);
  EXPECT_EQ(rest_of(kick, 12s, false)->at, 0s) << "nobody saw it strike";
  EXPECT_EQ(rest_of(kick, 12s, true), std::nullopt);
  kick.every = 10s;
  kick.span = 35s; // at 10, 20, 30 and 40
  const auto later = rest_of(kick, 23s, true);
  ASSERT_TRUE(later);
  EXPECT_EQ(later->at, 7s);
  EXPECT_EQ(later->span, 15s);
  EXPECT_EQ(faults::complaint_of(*later), "");
  EXPECT_EQ(rest_of(kick, 41s, true), std::nullopt);
  const auto late = rest_of(kick, 50s, false);
  ASSERT_TRUE(late);
  EXPECT_EQ(late->span, 0s) << "one strike";
  EXPECT_EQ(faults::complaint_of(*late), "");
}

TEST(far_faults, of_runs_that_are_gone_are_taken_off_and_others_told) {
  support::scripted_admin api;
  auto gone = run_mark();
  gone.replace(0, gone.find('-', 4), "run-2147483646"); // above any process's number
  api.give(R"({"faults":[{"name":"left","owner":")" + gone
           + R"(","state":"in_force","sinceMs":125900},)"
             R"({"name":"theirs","owner":")"
           + run_mark()
           + R"(","state":"in_force","sinceMs":1000},{"name":"old","state":"over"},)"
             R"({"name":"by hand","state":"waiting"}]})");
  api.give(R"({"name":"left"})");
  const auto got = clear_far_faults(api, "here", {"left", "old", "new"});
  EXPECT_EQ(got.clash, std::nullopt) << "what is over, or taken off, is in nobody's way";
  ASSERT_EQ(api.asked.size(), 2U);
  EXPECT_EQ(api.asked[1].method + " " + api.asked[1].path, "DELETE /v1/faults/left?owner=" + gone);
  ASSERT_EQ(got.notes.size(), 2U);
  EXPECT_EQ(got.notes[0],
            "a run that is gone had left the twin at here a fault, left, in force for "
            "2m5s: it is taken off");
  EXPECT_EQ(got.notes[1], "the twin at here has 2 faults that are not this run's: theirs, in force "
                          "for 1s; by hand, which has yet to begin");
}

TEST(far_faults, of_the_same_name_keep_a_run_from_beginning) {
  support::scripted_admin api;
  const std::string list = R"({"faults":[{"name":"kick","state":"in_force","sinceMs":9000}]})";
  api.give(list);
  EXPECT_EQ(clear_far_faults(api, "here", {"drop_acks"}).clash, std::nullopt);
  api.give(list);
  EXPECT_THAT(clear_far_faults(api, "here", {"kick"}).clash.value_or(""),
              HasSubstr("kick, in force for 9s, and it is not this run's"));
  api.lose();
  const auto unseen = clear_far_faults(api, "here", {"kick"});
  EXPECT_EQ(unseen.clash, std::nullopt);
  EXPECT_THAT(unseen.notes.at(0), HasSubstr("cannot be seen"));
}

TEST(run_mark, is_that_of_this_process_as_long_as_it_lives) {
  const auto mark = run_mark();
  EXPECT_EQ(run_mark(), mark);
  EXPECT_FALSE(is_of_a_run_gone(mark));
  auto later = mark; // a process of this number, but another
  later.insert(later.rfind('-'), "9");
  EXPECT_TRUE(is_of_a_run_gone(later));
  EXPECT_FALSE(is_of_a_run_gone(mark + "0")) << "of another machine nothing is known";
  for (const std::string_view none : {"", "run-", "run-1", "somebody", "run-x-1-2"}) {
    EXPECT_FALSE(is_of_a_run_gone(none)) << none;
  }
}

} // namespace
} // namespace fleet::program
