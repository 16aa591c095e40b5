// Of which process a mark is, and whether it is gone, by what this one is let see.
#include "fleet/run/run_mark.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace fleet::program {
namespace {

TEST(run_mark, is_not_of_a_run_gone_where_its_process_is_only_not_shown) {
  const auto mark = run_mark();
  EXPECT_FALSE(is_of_a_run_gone(mark, {"", true})) << "as /proc has it with hidepid";
  EXPECT_TRUE(is_of_a_run_gone(mark, {"", false}));
  const auto seen = see_process(::getpid());
  EXPECT_TRUE(seen.there);
  EXPECT_FALSE(is_of_a_run_gone(mark, seen));
  auto dead = seen;
  dead.stat.replace(dead.stat.rfind(')') + 2, 1, "Z");
  EXPECT_TRUE(is_of_a_run_gone(mark, dead)) << "nobody has waited for it yet";
}

TEST(run_mark, without_a_start_is_never_judged) {
  auto mark = run_mark();
  const auto start = mark.find('-', 4) + 1;
  mark.replace(start, mark.find('-', start) - start, "0");
  EXPECT_FALSE(is_of_a_run_gone(mark));
  EXPECT_FALSE(is_of_a_run_gone(mark, {"", false}));
}

} // namespace
} // namespace fleet::program
