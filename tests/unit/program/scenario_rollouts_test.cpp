// Firmware and rollouts of scenario files: what is read, what is filled in, and what is refused
// where.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/run/firmware.hpp"
#include "fleet/scenario/reader.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

result<scenario, std::vector<placed_mistake>> read(const std::string& text) {
  const scenario_surroundings around{"here/",
                                     [](const std::string& path) { return path == "here/fw.bin"; }};
  return read_scenario(text, around);
}

/// What the reader says as lines of `line:column: sentence`.
std::string said(const std::string& text) {
  const auto got = read(text);
  std::string lines;
  if (!got) {
    for (const auto& wrong : got.error()) {
      lines += std::to_string(wrong.at.line) + ":" + std::to_string(wrong.at.column) + ": "
               + wrong.message + "\n";
    }
  }
  return lines;
}

const std::string led = "products: [{name: led, firmware: {}}]\n";

} // namespace

TEST(scenario_rollouts, are_read_with_their_product_filled_in) {
  const auto got =
      read("products: [{name: a}, {name: led, firmware: {version: 1.1, size: 10KiB}}]\n"
           "rollouts:\n"
           "  - {version: 1.2, size: 2MiB, sign: sha256, at: 5s, percent: 12.5%,\n"
           "     from: [1.0, 1.1], waves: [0.5%, 100%], rate: 50/s, under_way: 7,\n"
           "     halt_at: 5%, halt_after: 3, retries: 2, fault: stall, may_fail: on}\n"
           "  - {image: fw.bin}\n"
           "firmware_server: {rate: 1MiB, rate_each: 2KiB, token_life: 30s}\n");
  ASSERT_TRUE(got.ok()) << got.error().front().message;
  const auto& file = got.value();
  ASSERT_EQ(file.rollouts.size(), 2U);
  const auto& first = file.rollouts[0];
  EXPECT_EQ(first.name, "rollout_1");
  EXPECT_EQ(first.product, "led");
  EXPECT_EQ(first.version, "1.2");
  EXPECT_EQ(first.size, 2U * 1024 * 1024);
  EXPECT_EQ(first.sign, content_digest::sha256);
  EXPECT_EQ(first.at, 5s);
  EXPECT_EQ(first.percent_ppm, 125'000U);
  EXPECT_EQ(first.from, (std::vector<std::string>{"1.0", "1.1"}));
  EXPECT_EQ(first.waves, (std::vector<std::string>{"0.5%", "100%"}));
  EXPECT_EQ(first.rate, 50.0);
  EXPECT_EQ(first.under_way, 7U);
  EXPECT_EQ(first.halt_ppm, 50'000U);
  EXPECT_EQ(first.fault, image_fault::stall);
  EXPECT_TRUE(first.may_fail);
  EXPECT_EQ(file.rollouts[1].name, "rollout_2");
  EXPECT_EQ(file.rollouts[1].image, "here/fw.bin");
  EXPECT_EQ(file.firmware_server.rate, 1024U * 1024);
  EXPECT_EQ(file.firmware_server.rate_each, 2048U);
  EXPECT_EQ(file.firmware_server.token_life, 30s);
}

TEST(scenario_rollouts, become_a_campaign_with_all_that_they_say) {
  const auto got =
      read(led
           + "rollouts:\n"
             "  - {name: july, percent: 12.5%, from: [1.0, 1.1], take_over: on,\n"
             "     waves: [0.5%, 100%], wave_done: 95.5%, wave_most: 2h, pause: 5m, rate: 50/s,\n"
             "     under_way: 7, halt_at: 5%, halt_after: 3, retries: 2, retry_after: 4m,\n"
             "     attempt: 30m}\n"
             "  - {at: 5s}\n");
  ASSERT_TRUE(got.ok()) << got.error().front().message;
  const auto plan = resolve(got.value());
  ASSERT_TRUE(plan.ok());
  const auto full = campaign_order_of(plan.value().rollouts[0], 9);
  EXPECT_EQ(full.firmware, 9U);
  EXPECT_TRUE(full.take_over);
  EXPECT_TRUE(full.start);
  EXPECT_EQ(full.rules.select.name, "july");
  EXPECT_EQ(full.rules.select.permille, 125);
  EXPECT_EQ(full.rules.select.from_versions, (std::vector<std::string>{"1.0", "1.1"}));
  EXPECT_EQ(full.rules.select.waves, (std::vector<std::uint16_t>{5, 1000}));
  EXPECT_EQ(full.rules.wave_done_permille, 955);
  EXPECT_EQ(full.rules.wave_most, 2h);
  EXPECT_EQ(full.rules.wave_pause, 5min);
  EXPECT_EQ(full.rules.offers_per_second, 50U);
  EXPECT_EQ(full.rules.under_way_max, 7U);
  EXPECT_EQ(full.rules.halt_permille, 50);
  EXPECT_EQ(full.rules.halt_after, 3U);
  EXPECT_EQ(full.rules.retries, 2);
  EXPECT_EQ(full.rules.retry_after, 4min);
  EXPECT_EQ(full.rules.attempt_most, 30min);
  const auto plain = campaign_order_of(plan.value().rollouts[1], 9);
  const cloud::campaign_rules usual;
  EXPECT_FALSE(plain.take_over);
  EXPECT_EQ(plain.rules.wave_done_permille, usual.wave_done_permille);
  EXPECT_EQ(plain.rules.wave_most, usual.wave_most);
  EXPECT_EQ(plain.rules.halt_permille, 0);
}

TEST(scenario_rollouts, point_at_their_product_in_the_plan) {
  const auto got = read("products: [{name: a}, {name: led, firmware: {}}]\nrollouts: [{}]\n");
  ASSERT_TRUE(got.ok()) << got.error().front().message;
  const auto plan = resolve(got.value());
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ(plan.value().rollouts.size(), 1U);
  EXPECT_EQ(plan.value().rollouts[0].product, 1U);
}

TEST(scenario_rollouts, name_the_place_of_what_contradicts) {
  struct mistaken {
    std::string text;
    std::string message;
  };
  const std::vector<mistaken> all{
      {"rollouts: [{}]\n",
       "1:12: a rollout needs a product with the key firmware, and there is none\n"},
      {"products: [{name: led}]\nrollouts: [{product: led}]\n",
       "2:22: product led has no firmware; give it firmware: {}\n"},
      {"products: [{name: a, firmware: {}}, {name: b, firmware: {}}]\nrollouts: [{}]\n",
       "2:12: a rollout needs a product where several have firmware, as product: led\n"},
      {led + "rollouts: [{product: lad}]\n", "2:22: there is no product lad; the nearest is led\n"},
      {led + "rollouts: [{version: 1.0.0}]\n",
       "2:22: the devices of led run 1.0.0 from the factory already\n"},
      {led + "rollouts: [{size: 1MiB, image: fw.bin}]\n",
       "2:32: size and image contradict each other; give one\n"},
      {led + "rollouts: [{image: other.bin}]\n",
       "2:20: image other.bin is no file; it takes a path from the scenario file's folder\n"},
      {led + "rollouts: [{waves: [10%, 5%, 100%]}]\n", "2:26: waves must rise, and 5% does not\n"},
      {led + "rollouts: [{waves: [10%]}]\n", "2:20: waves must end with 100%\n"},
      {led + "rollouts: [{waves: [0.05%, 100%]}]\n",
       "2:21: waves 0.05% is too fine; it takes steps of 0.1%\n"},
      {led + "rollouts: [{wave_done: 0.01%}]\n",
       "2:24: wave_done 0.01% is too fine; it takes steps of 0.1%\n"},
      {led + "rollouts: [{percent: 0.01%}]\n",
       "2:22: percent 0.01% is too fine; it takes steps of 0.1%\n"},
      {led + "rollouts: [{name: x}, {name: x, version: 3}]\n",
       "2:19: two rollouts are called x; rename one\n2:30: two rollouts are called x; rename "
       "one\n"},
      {led + "rollouts: [{at: 2m}]\n", "2:12: rollout rollout_1 begins at 2m, and the run lasts "
                                       "1m; begin it earlier, or make duration "
                                       "longer\n"},
      {led + "rollouts: [{fault: unbotable}]\n",
       "2:20: fault unbotable is unknown; the nearest is unbootable (of none, unbootable, "
       "wrong_digest, wrong_size, short_body, long_body, not_found, forbidden, server_error, stall "
       "or redirect)\n"},
      {"products: [{name: led, firmware: {slot: 64KiB, size: 65KiB}}]\n",
       "1:34: the slots of led take 64KiB, less than its size 65KiB; make them larger\n"},
      {"products: [{name: led, firmware: {slot: 64KiB}}]\nrollouts: [{size: 1MiB}]\n",
       "2:19: the slots of led take 64KiB, less than 1MiB\n"},
      {"products: [{name: led, firmware: {block: 1000}}]\n",
       "1:42: block 1000 is no power of two; it takes 512, 1KiB, 2KiB… to 256KiB\n"},
      {"products: [{name: p, profile: mqtt, firmware: {}}]\n",
       "1:47: firmware belongs to the profiles linkdevelop and linkplatform\n"},
      {"products: [{name: g, gateways: {children: {product: m}}}, {name: m, firmware: {}}]\n",
       "1:79: firmware is about a connection, and m has none: it is behind gateways\n"},
  };
  for (const auto& one : all) {
    EXPECT_EQ(said(one.text), one.message) << one.text;
  }
}

} // namespace fleet::program
