// The vocabulary: words both ways, and that the default of each effect can be carried out.
#include "protocol/faults/effect.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "protocol/faults/fault.hpp"

namespace fleet::faults {
namespace {

using namespace std::chrono_literals;

TEST(fault_effects, have_a_word_each_that_names_them) {
  std::set<std::string_view> words;
  for (const auto& each : effects()) {
    EXPECT_TRUE(words.insert(each.word).second) << each.word;
    EXPECT_EQ(effect_named(each.word), each.what);
    EXPECT_EQ(to_string(each.what), each.word);
    EXPECT_FALSE(each.text.empty());
  }
  EXPECT_EQ(words.size(), effect_count);
  EXPECT_FALSE(effect_named("late"));
  EXPECT_FALSE(effect_named(""));
}

TEST(fault_effects, are_whole_when_nobody_names_a_parameter) {
  for (const auto& each : effects()) {
    const fault f = default_fault(each.what);
    EXPECT_EQ(complaint_of(f), "") << each.word;
    EXPECT_EQ(f.name, each.word);
    EXPECT_EQ(f.span != 0ns, each.shape == shape::window) << each.word;
  }
}

TEST(fault_effects, that_grow_stronger_are_windows_and_only_moments_and_loops_repeat) {
  for (const auto& each : effects()) {
    EXPECT_TRUE(!each.gradual || each.shape == shape::window) << each.word;
    EXPECT_TRUE((each.takes & takes_every) == 0 || each.shape == shape::moment
                || each.what == effect::reboot_loop)
        << each.word;
  }
}

TEST(fault_complaints, name_each_thing_that_is_wrong) {
  const auto wrong = [](effect what, auto change) {
    fault f = default_fault(what);
    change(f);
    return std::string{complaint_of(f)};
  };
  EXPECT_NE(wrong(effect::stall, [](fault& f) { f.name.clear(); }), "");
  EXPECT_NE(wrong(effect::stall, [](fault& f) { f.at = -1s; }), "");
  EXPECT_NE(wrong(effect::stall, [](fault& f) { f.span = 0s; }).find("`for`"), std::string::npos);
  EXPECT_NE(wrong(effect::stall, [](fault& f) { f.ramp = 31s; }), "");
  EXPECT_NE(wrong(effect::reset, [](fault& f) { f.span = 31s; }).find("`every`"),
            std::string::npos);
  EXPECT_EQ(wrong(effect::reset,
                  [](fault& f) {
                    f.span = 31s;
                    f.every = 5s;
                  }),
            "");
  EXPECT_NE(wrong(effect::reset,
                  [](fault& f) {
                    f.every = 5s;
                    f.ramp = 6s;
                  }),
            "");
  EXPECT_NE(wrong(effect::latency, [](fault& f) { f.by = 0s; }), "");
  EXPECT_NE(wrong(effect::latency, [](fault& f) { f.by = -1s; }), "");
  EXPECT_EQ(wrong(effect::clock_jump, [](fault& f) { f.by = -1s; }), "");
  EXPECT_NE(wrong(effect::loss, [](fault& f) { f.share_ppm = 0; }), "");
  EXPECT_NE(wrong(effect::loss, [](fault& f) { f.share_ppm = whole_ppm + 1; }), "");
  EXPECT_NE(wrong(effect::bandwidth, [](fault& f) { f.rate = 0; }), "");
  EXPECT_NE(wrong(effect::slicing, [](fault& f) { f.size = 0; }), "");
  EXPECT_EQ(wrong(effect::memory_exhaustion, [](fault& f) { f.size = 0; }), "");
  EXPECT_NE(wrong(effect::reboot_loop, [](fault& f) { f.every = 0s; }), "");
  EXPECT_NE(wrong(effect::clock_drift, [](fault& f) { f.drift_ppm = 0; }), "");
  EXPECT_NE(wrong(effect::firmware_failing, [](fault& f) { f.status = 200; }), "");
  EXPECT_NE(wrong(effect::stall, [](fault& f) { f.select.among = {{2, 1}}; }), "");
}

} // namespace
} // namespace fleet::faults
