// What the metrics page tells of a run before its first device.
#include "fleet/run/metrics_source.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet::program {
namespace {

using metrics::family;
using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;

std::vector<metrics::sample> of(family f, const std::vector<metrics::sample>& all) {
  std::vector<metrics::sample> out;
  std::copy_if(all.begin(), all.end(), std::back_inserter(out),
               [f](const metrics::sample& s) { return s.of == f; });
  return out;
}

TEST(metrics_source, says_of_each_product_how_it_speaks_to_its_cloud) {
  const std::vector<actors::shard*> none;
  const std::vector<sampled_product> products{{"meters", "linkdevelop", "coap", "dtls"},
                                              {"lamps", "mqtt", "mqtt", "plain"}};
  const far_sides far;
  const std::vector<std::unique_ptr<traffic_flow>> traffic;
  const std::vector<std::unique_ptr<rollout_flow>> rollouts;
  const fault_desk faults;
  const auto all = read_samples({none, products, far, traffic, rollouts, faults});
  const auto said = of(family::product_info, all);
  ASSERT_THAT(said, SizeIs(2));
  EXPECT_THAT(said[0].with, ElementsAre(Pair("product", "meters"), Pair("profile", "linkdevelop"),
                                        Pair("protocol", "coap"), Pair("security", "dtls")));
  EXPECT_THAT(said[1].with, ElementsAre(Pair("product", "lamps"), Pair("profile", "mqtt"),
                                        Pair("protocol", "mqtt"), Pair("security", "plain")));
  EXPECT_EQ(said[0].value, 1);
  EXPECT_EQ(said[1].value, 1);
}

} // namespace
} // namespace fleet::program
