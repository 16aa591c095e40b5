// result, FLEET_CHECK and points in time.
#include "protocol/base/result.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "protocol/base/check.hpp"
#include "protocol/base/time.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;

enum class refusal { too_large, window_full };

result<std::string, refusal> serve(bool possible) {
  if (!possible) {
    return fail(refusal::window_full);
  }
  return std::string{"served"};
}

TEST(result, holds_a_value_or_a_reason) {
  const auto good = serve(true);
  EXPECT_TRUE(good.ok());
  EXPECT_TRUE(static_cast<bool>(good));
  EXPECT_EQ(good.value(), "served");
  const auto bad = serve(false);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error(), refusal::window_full);
}

TEST(result, gives_its_value_away) {
  result<std::unique_ptr<int>, refusal> made = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(made).value();
  EXPECT_EQ(*taken, 7);
}

TEST(result, tells_value_and_reason_of_one_type_apart) {
  const result<std::string, std::string> bad = fail(std::string{"why"});
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error(), "why");
  const result<std::string, std::string> good = std::string{"what"};
  EXPECT_TRUE(good.ok());
}

TEST(result_death, being_asked_for_the_wrong_side_is_our_own_mistake) {
  const auto good = serve(true);
  const auto bad = serve(false);
  EXPECT_DEATH(static_cast<void>(good.error()), "ok");
  EXPECT_DEATH(static_cast<void>(bad.value()), "ok");
}

TEST(check_death, names_the_expression_and_the_place) {
  FLEET_CHECK(1 + 1 == 2);
  EXPECT_DEATH(FLEET_CHECK(1 + 1 == 3),
               "result_test\\.cpp.*1 \\+ 1 == 3|1 \\+ 1 == 3.*result_test");
}

TEST(later, saturates_at_never) {
  constexpr time_point start{};
  EXPECT_EQ(later(start, 5s), start + 5s);
  EXPECT_EQ(later(never, 1ns), never);
  EXPECT_EQ(later(never - 1ns, 1ns), never);
  EXPECT_EQ(later(never - 2ns, 1ns), never - 1ns);
  EXPECT_EQ(later(start, duration::max()), never);
  EXPECT_EQ(later(start + 10s, -10s), start);
}

TEST(seconds, are_fractions_for_reports) {
  EXPECT_DOUBLE_EQ(seconds(1500ms), 1.5);
  EXPECT_DOUBLE_EQ(seconds(-1ns), -1e-9);
}

} // namespace
} // namespace fleet
