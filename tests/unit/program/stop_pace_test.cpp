// The stages of a stop and the grace that they share.
#include "fleet/run/stop_pace.hpp"

#include <gtest/gtest.h>

namespace fleet::program {
namespace {

TEST(stop_pace, fits_all_stages_into_the_grace) {
  for (const double grace : {0.0, 0.1, 1.0, 5.0, 600.0}) {
    const stop_pace pace{100, grace};
    EXPECT_LE(100, pace.drain_until()) << grace;
    EXPECT_LE(pace.drain_until(), pace.devices_until()) << grace;
    EXPECT_LE(pace.devices_until(), pace.over()) << grace;
    EXPECT_DOUBLE_EQ(100 + grace, pace.over());
  }
}

TEST(stop_pace, keeps_a_last_part_that_grows_to_a_second_and_no_further) {
  EXPECT_DOUBLE_EQ((stop_pace{0, 1}.devices_until()), 0.8);
  EXPECT_DOUBLE_EQ((stop_pace{0, 5}.devices_until()), 4.0);
  EXPECT_DOUBLE_EQ((stop_pace{0, 600}.devices_until()), 599.0);
}

TEST(stop_pace, gives_the_last_stage_what_is_left) {
  const stop_pace pace{10, 5};
  EXPECT_DOUBLE_EQ(pace.left(11, 1), 1) << "no more than it wants";
  EXPECT_DOUBLE_EQ(pace.left(14.75, 1), 0.25);
  EXPECT_DOUBLE_EQ(pace.left(16, 1), 0);
}

TEST(stop_pace, has_more_time_the_slower_the_links_are) {
  using hal::link_kind;
  EXPECT_EQ(slow_link_grace(link_kind::ethernet), duration{0});
  EXPECT_EQ(slow_link_grace(link_kind::cellular_4g), duration{0});
  EXPECT_LT(duration{0}, slow_link_grace(link_kind::nbiot));
  EXPECT_LT(slow_link_grace(link_kind::nbiot), slow_link_grace(link_kind::lora));
}

} // namespace
} // namespace fleet::program
