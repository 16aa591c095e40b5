// Devices by indices and by places.
#include "actors/supervision/device_set.hpp"

#include <gtest/gtest.h>

namespace fleet::actors {
namespace {

using spans = std::vector<device_span>;

TEST(device_set, has_places_in_the_order_of_indices) {
  const device_set all{spans{{10, 3}, {2, 2}, {40, 1}}};
  EXPECT_EQ(all.count(), 6U);
  EXPECT_EQ(all.first(), 2U);
  EXPECT_EQ(all.end(), 41U);
  std::vector<std::uint32_t> devices;
  for (std::uint32_t place = 0; place < all.count(); ++place) {
    devices.push_back(all.at(place));
    EXPECT_EQ(all.place_of(all.at(place)), place);
  }
  EXPECT_EQ(devices, (std::vector<std::uint32_t>{2, 3, 10, 11, 12, 40}));
  for (const std::uint32_t none : {0U, 1U, 4U, 9U, 13U, 41U, UINT32_MAX}) {
    EXPECT_FALSE(all.contains(none)) << none;
  }
}

TEST(device_set, joins_what_touches_and_leaves_out_what_is_empty) {
  EXPECT_EQ((device_set{spans{{5, 5}, {0, 5}, {20, 0}}}), (device_set{0, 10}));
  EXPECT_EQ(device_set{}.count(), 0U);
  EXPECT_FALSE(device_set{}.contains(0));
  EXPECT_EQ((device_set{7, 0}), device_set{});
}

TEST(device_set, has_parts_by_place) {
  const device_set all{spans{{2, 2}, {10, 3}}};
  EXPECT_EQ(all.part(1, 2), (device_set{spans{{3, 1}, {10, 1}}}));
  EXPECT_EQ(all.part(2, 3), (device_set{10, 3}));
  EXPECT_EQ(all.part(0, 5), all);
  EXPECT_EQ(all.part(5, 1), device_set{});
}

} // namespace
} // namespace fleet::actors
