// What the metrics page tells of a run before its first device, and of the twin's doors.
#include "fleet/run/metrics_source.hpp"

#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/run/twin_host.hpp"

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

TEST(metrics_source, tells_whom_the_twin_s_doors_for_posts_turned_away) {
  cloud::twin_counters c;
  c.posting[0].unjudged = 1; // each another number
  c.posting[1].unjudged = 2;
  c.coap_requests = 3;
  c.coap_peers_displaced = 4;
  c.dtls.displaced = 5;
  c.dtls.hellos = 6;
  c.dtls.opened = 7;
  c.dtls.refused = 8;
  c.dtls.turned_away = 9;
  std::vector<metrics::sample> all;
  sample_twin(c, all);
  const auto told = [&all](family f) {
    std::map<std::string, double> out; // by the label's value
    for (const auto& s : of(f, all)) {
      out.emplace(s.with.empty() ? "" : s.with.front().second, s.value);
    }
    return out;
  };
  EXPECT_THAT(told(family::twin_unjudged), ElementsAre(Pair("coap", 1), Pair("http", 2)));
  EXPECT_THAT(told(family::twin_coap_requests), ElementsAre(Pair("", 3)));
  EXPECT_THAT(told(family::twin_peers_displaced), ElementsAre(Pair("coap", 4), Pair("dtls", 5)));
  EXPECT_THAT(told(family::twin_hellos), ElementsAre(Pair("", 6)));
  EXPECT_THAT(told(family::twin_handshakes),
              ElementsAre(Pair("opened", 7), Pair("refused", 8), Pair("turned_away", 9)));
}

} // namespace
} // namespace fleet::program
