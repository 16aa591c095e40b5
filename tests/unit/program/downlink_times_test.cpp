// Times of a twin's commands in the meters of the devices they went to.
#include "fleet/run/downlink_times.hpp"

#include <gtest/gtest.h>

#include "actors/device/speech_scratch.hpp"
#include "fleet/report/facts.hpp"
#include "fleet/run/twin_host.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;

actors::shard_options range(std::uint32_t first, std::uint32_t count) {
  actors::shard_options out;
  out.first = first;
  out.count = count;
  return out;
}

/// Two products of four devices each, in shards of three and five.
struct two_shards {
  hal::virtual_world world;
  actors::product_settings settings;
  actors::product_map products = [this] {
    actors::product_map all;
    all.add(4, settings);
    all.add(4, settings);
    return all;
  }();
  actors::speech_scratch scratch;
  actors::shard first{world.home(), products, range(0, 3), scratch};
  actors::shard second{world.home(), products, range(3, 5), scratch};
};

std::uint64_t count(const actors::product_part& part) {
  actors::histogram_snapshot out;
  part.counts.latencies[static_cast<std::size_t>(actors::latency::downlink)].read(out);
  return out.count;
}

TEST(downlink_times, go_to_the_meters_of_shard_and_product) {
  two_shards two;
  downlink_times times;
  times.on_acknowledged(0, 1s); // nobody is there yet
  times.count_in({&two.first, &two.second});
  for (const std::uint32_t device : {0U, 2U, 3U, 4U, 6U, 7U, 8U, UINT32_MAX}) {
    times.on_acknowledged(device, 5ms);
  }
  EXPECT_EQ(count(two.first.parts[0]), 2U);
  EXPECT_EQ(count(two.first.parts[1]), 0U);
  EXPECT_EQ(count(two.second.parts[0]), 1U);
  EXPECT_EQ(count(two.second.parts[1]), 3U);
  const auto all = report::read_latency({&two.first, &two.second}, actors::latency::downlink);
  EXPECT_EQ(all.count, 6U);
  EXPECT_EQ(all.max_us, 5000U);
}

TEST(downlink_times, of_a_twin_that_runs_alone_are_on_its_page) {
  std::vector<downlink_meter> of_homes(2); // of a twin on two homes
  of_homes[0].on_acknowledged(900'000, 30ms);
  of_homes[1].on_acknowledged(900'001, 10ms);
  std::vector<metrics::sample> out;
  sample_downlinks(of_homes, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out.front().of, metrics::family::downlink_duration);
  EXPECT_EQ(out.front().with, (metrics::labels{{"protocol", "mqtt"}}));
  EXPECT_EQ(out.front().distribution->count, 2U);
  EXPECT_EQ(out.front().distribution->sum_us, 40'000U);
}

} // namespace
} // namespace fleet::program
