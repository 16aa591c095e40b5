// A worker between its part of a run and the word to begin.
#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "fleet/run/machine.hpp"
#include "fleet/workers/crew_member.hpp"
#include "tests/support/crew_peers.hpp"
#include "tests/support/worker_shard.hpp"

namespace fleet::program {
namespace {

using support::crew_peer;
using support::loopback;

TEST(lifeline, has_a_lease_from_when_it_was_given) {
  lifeline line{{}, support::crew_token};
  line.begin_lease(30, lasting_seconds() - 10);
  EXPECT_LE(line.lease_left_s(), 20);
  line.begin_lease(30, lasting_seconds() + 10);
  EXPECT_LE(line.lease_left_s(), 30) << "not of the future";
}

/// A worker that waits for a coordinator, which is played by hand; it has come late to the run.
class Member : public testing::Test {
protected:
  void SetUp() override {
    worker_options options;
    options.listen = loopback();
    line_.emplace(options, support::crew_token);
    testing::internal::CaptureStdout();
    const auto error = line_->open();
    at_ = support::address_in(testing::internal::GetCapturedStdout());
    ASSERT_FALSE(error) << *error;
    far_.emplace(crew_role::coordinator, at_);
    far_->say(hello({}));
    for (int turn = 0; turn < 3000 && !line_->met(); ++turn) {
      (void)line_->next(std::chrono::milliseconds{10});
    }
    const auto greeting = far_->next();
    ASSERT_TRUE(std::holds_alternative<crew_hello>(greeting));
    nonce_ = std::get<crew_hello>(greeting).nonce;
    part_.since_s = 5;
    part_.lease_s = 300;
    member_.emplace(*line_, part_, device_set{5, 2});
    begun_ =
        std::async(std::launch::async, [this] { return member_->begin(shard_.shown, signals_); });
    ASSERT_TRUE(far_->gets<crew_ready>());
  }
  void TearDown() override { far_.reset(); } // which ends it, whatever it waits for
  static crew_hello hello(const std::string& nonce) {
    crew_hello out;
    out.version = spoken_version();
    out.nonce = nonce;
    return out;
  }

  stop_signals signals_;
  support::worker_shard shard_;
  shard_spec part_;
  std::optional<lifeline> line_;
  hal::address at_;
  std::optional<crew_peer> far_;
  std::string nonce_;
  std::optional<crew_member> member_;
  std::future<std::optional<startup_error>> begun_;
};

TEST_F(Member, says_again_that_it_is_ready_over_a_connection_made_anew) {
  far_->call(at_);
  far_->say(hello(nonce_));
  ASSERT_TRUE(far_->gets<crew_hello>());
  ASSERT_TRUE(far_->gets<crew_ready>());
  const double now = lasting_seconds();
  far_->say(crew_begin{now - 5, now});
  EXPECT_FALSE(begun_.get());
  EXPECT_GE(member_->late_s(), 5);
}

TEST_F(Member, has_its_lease_from_when_it_was_let_begin_however_long_the_word_took) {
  const double given = lasting_seconds();
  far_->say(crew_begin{given, given});
  ASSERT_FALSE(begun_.get());
  const double now = lasting_seconds();
  EXPECT_LE(now + line_->lease_left_s(), given + part_.lease_s);
}

TEST_F(Member, has_nothing_to_do_where_the_run_ends_before_it_begins) {
  far_->say(crew_farewell{});
  const auto why = begun_.get();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, exit_code::passed);
  EXPECT_EQ(why->message, "the run ended before this worker could begin");
  member_->cannot_begin(*why);
  line_->send(crew_answer{7, {}});
  EXPECT_TRUE(far_->gets<crew_answer>()) << "that, and not why it does not begin";
}

TEST_F(Member, fails_where_the_run_goes_on_without_it) {
  far_->say(crew_farewell{true});
  const auto why = begun_.get();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, exit_code::environment_failed);
}

} // namespace
} // namespace fleet::program
