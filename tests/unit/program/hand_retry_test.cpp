// When a device by hand tries again, where, and when it gives up.
#include <gtest/gtest.h>

#include "fleet/hand/retry.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

retry_plan plan_of(std::size_t addresses) {
  return {addresses, {}, random_stream{7, 0, "backoff"}};
}

} // namespace

TEST(retry_plan, gives_up_where_the_first_attempt_is_refused_outright) {
  for (const auto what : {setback::refused, setback::insecure, setback::rejected}) {
    auto plan = plan_of(1);
    EXPECT_EQ(plan.after(what).what, next_try::how::never);
  }
}

TEST(retry_plan, waits_where_the_first_attempt_meets_the_weather) {
  auto plan = plan_of(1);
  const auto next = plan.after(setback::lost);
  EXPECT_EQ(next.what, next_try::how::after);
  EXPECT_GE(next.wait, 1s);
  EXPECT_LE(next.wait, 2s);
  // A refusal after that is the end of its round.
  EXPECT_EQ(plan.after(setback::refused).what, next_try::how::never);
}

TEST(retry_plan, tries_every_address_before_it_waits_or_gives_up) {
  auto plan = plan_of(2);
  EXPECT_EQ(plan.address(), 0U);
  EXPECT_EQ(plan.after(setback::refused).what, next_try::how::at_once);
  EXPECT_EQ(plan.address(), 1U);
  EXPECT_EQ(plan.after(setback::refused).what, next_try::how::never);

  auto mixed = plan_of(2);
  (void)mixed.after(setback::lost);
  EXPECT_EQ(mixed.after(setback::refused).what, next_try::how::after);
  EXPECT_EQ(mixed.address(), 0U);
}

TEST(retry_plan, never_gives_up_after_a_connection) {
  auto plan = plan_of(1);
  plan.succeeded();
  for (const auto what : {setback::lost, setback::refused, setback::insecure, setback::rejected}) {
    EXPECT_EQ(plan.after(what).what, next_try::how::after);
  }
}

TEST(retry_plan, comes_back_to_the_address_that_answered_after_a_wait) {
  auto plan = plan_of(3);
  (void)plan.after(setback::refused);
  plan.succeeded();
  EXPECT_EQ(plan.after(setback::lost).what, next_try::how::after);
  EXPECT_EQ(plan.address(), 1U);
  EXPECT_EQ(plan.after(setback::refused).what, next_try::how::at_once);
  EXPECT_EQ(plan.address(), 2U);
  EXPECT_EQ(plan.after(setback::refused).what, next_try::how::at_once);
  EXPECT_EQ(plan.address(), 0U);
  EXPECT_EQ(plan.after(setback::refused).what, next_try::how::after);
  EXPECT_EQ(plan.address(), 1U);
}

TEST(retry_plan, doubles_its_waits_up_to_the_cap_and_begins_anew_after_success) {
  auto plan = plan_of(1);
  plan.succeeded();
  duration least = 1s;
  for (int i = 0; i < 12; ++i) {
    const auto wait = plan.after(setback::lost).wait;
    EXPECT_GE(wait, std::min<duration>(least, 60s));
    EXPECT_LE(wait, std::min<duration>(least * 2, 60s));
    least = std::min<duration>(least * 2, 60s);
  }
  plan.succeeded();
  EXPECT_LE(plan.after(setback::lost).wait, 2s);
}

} // namespace fleet::program
