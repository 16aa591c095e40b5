// What a report says of rollouts, and when they fail a run.
#include "fleet/report/rollouts.hpp"

#include <gtest/gtest.h>

namespace fleet::report {

namespace {

rollout_fact finished() {
  rollout_fact out;
  out.name = "july";
  out.version = "2.0.0";
  out.began = true;
  out.state = "finished";
  out.devices = 10;
  out.by_state[static_cast<std::size_t>(cloud::rollout_state::succeeded)] = 10;
  out.took_s = 12.25;
  out.octets_sent = 10U << 20;
  return out;
}

std::vector<std::string> judged(const rollout_fact& r, bool interrupted = false) {
  std::vector<std::string> out;
  judge_rollout(r, interrupted, out);
  return out;
}

void move(rollout_fact& r, cloud::rollout_state to, std::uint32_t count) {
  r.by_state[static_cast<std::size_t>(cloud::rollout_state::succeeded)] -= count;
  r.by_state[static_cast<std::size_t>(to)] += count;
}

} // namespace

TEST(rollouts_report, passes_a_rollout_that_all_devices_took) {
  EXPECT_TRUE(judged(finished()).empty());
}

TEST(rollouts_report, names_how_devices_failed) {
  auto r = finished();
  move(r, cloud::rollout_state::failed, 4);
  r.steps = {0, 1, 2, 0};
  r.causes[static_cast<std::size_t>(cloud::rollout_cause::step)] = 3;
  r.causes[static_cast<std::size_t>(cloud::rollout_cause::old_version)] = 1;
  EXPECT_EQ(judged(r),
            (std::vector<std::string>{"rollout july: 4 of 10 devices failed (1 with step -2, 2 "
                                      "with step -3, 1 back with another version): expected 0"}));
  r.may_fail = true;
  EXPECT_TRUE(judged(r).empty());
}

TEST(rollouts_report, says_in_which_wave_one_halted_and_why) {
  auto r = finished();
  r.state = "halted";
  r.waves = 3;
  r.why = "6 of 10 attempts failed, over 5 %";
  move(r, cloud::rollout_state::failed, 6);
  r.steps[2] = 6;
  EXPECT_EQ(judged(r),
            (std::vector<std::string>{"rollout july halted in wave 1 of 3: 6 of 10 attempts "
                                      "failed, over 5 %; 6 with step -3"}));
}

TEST(rollouts_report, fails_one_that_was_not_done_when_the_run_was) {
  auto r = finished();
  r.state = "running";
  r.took_s.reset();
  move(r, cloud::rollout_state::waiting, 2);
  move(r, cloud::rollout_state::upgrading, 1);
  EXPECT_EQ(judged(r),
            (std::vector<std::string>{"rollout july: 3 of 10 devices had not ended when "
                                      "the run did: 2 waiting, 0 offered, 1 upgrading"}));
  EXPECT_TRUE(judged(r, true).empty());
}

TEST(rollouts_report, fails_one_that_did_not_begin_although_it_may_fail) {
  rollout_fact r;
  r.name = "july";
  r.trouble = "no device would take part";
  r.may_fail = true;
  EXPECT_EQ(judged(r),
            (std::vector<std::string>{"rollout july did not begin: no device would take part"}));
  r.trouble.clear();
  EXPECT_TRUE(judged(r, true).empty());
}

TEST(rollouts_report, fails_one_that_went_on_when_it_was_seen_last_although_it_may_fail) {
  auto r = finished();
  r.trouble = "nobody is there";
  EXPECT_TRUE(judged(r).empty()) << "nothing more could become of it";
  EXPECT_NE(rollouts_text({r}, {}).find("as it was seen last: nobody is there"), std::string::npos);
  r.state = "running";
  r.may_fail = true;
  EXPECT_EQ(judged(r), (std::vector<std::string>{
                           "what became of rollout july is not known: nobody is there"}));
}

TEST(rollouts_report, shows_what_was_sent_and_how_long_it_took) {
  const auto text = rollouts_text({finished()}, {});
  EXPECT_NE(text.find("july           finished"), std::string::npos) << text;
  EXPECT_NE(text.find("10.0 MiB"), std::string::npos) << text;
  EXPECT_NE(text.find("12.2 s"), std::string::npos) << text;
  EXPECT_EQ(text.find("updates"), std::string::npos) << text;
}

TEST(rollouts_report, adds_up_what_devices_counted) {
  actors::meters one;
  one.firmware_offers = 3;
  one.update_results[static_cast<std::size_t>(actors::update_result::fell_back)] = 2;
  one.update_time.record(std::chrono::seconds{4});
  firmware_fact sum;
  add(sum, one);
  add(sum, one);
  EXPECT_EQ(sum.offers, 6U);
  EXPECT_EQ(sum.update_time.count, 2U);
  const auto text = rollouts_text({}, sum);
  EXPECT_NE(text.find("6 offers"), std::string::npos) << text;
  EXPECT_NE(text.find("4 fell_back"), std::string::npos) << text;
}

} // namespace fleet::report
