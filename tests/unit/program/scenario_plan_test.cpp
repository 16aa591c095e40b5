// From scenario and flags to a plan: who is which device, and how many are on when.
#include "fleet/scenario/plan.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include <gtest/gtest.h>

#include "fleet/run/load_wishes.hpp"
#include "fleet/scenario/apportion.hpp"
#include "fleet/scenario/reader.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

const scenario_surroundings anywhere{"", [](const std::string&) { return true; }};

scenario file_of(const std::string& text) {
  auto got = read_scenario(text, anywhere);
  EXPECT_TRUE(got.ok()) << text << "\n" << (got ? "" : got.error().front().message);
  return got ? std::move(got).value() : scenario{};
}

scenario_plan plan_of(const std::string& text, const scenario_overrides& flags = {}) {
  auto got = resolve(file_of(text), flags);
  EXPECT_TRUE(got.ok()) << text << "\n" << (got ? "" : got.error().message);
  return got ? std::move(got).value() : scenario_plan{};
}

std::string refused(const std::string& text, const scenario_overrides& flags) {
  const auto got = resolve(file_of(text), flags);
  return got ? "taken" : got.error().message;
}

std::vector<std::uint32_t> counts(const scenario_plan& plan) {
  std::vector<std::uint32_t> out;
  for (const auto& p : plan.products) {
    out.push_back(p.devices.count);
  }
  return out;
}

using numbers = std::vector<std::uint32_t>;

} // namespace

TEST(scenario_plan, of_nothing_is_a_hundred_devices_for_a_minute) {
  const auto plan = plan_of("");
  EXPECT_EQ(plan.devices, 100U);
  EXPECT_EQ(plan.connections, 100U);
  EXPECT_EQ(plan.run_for, 60s);
  EXPECT_EQ(plan.seed, std::nullopt);
  ASSERT_EQ(plan.products.size(), 1U);
  EXPECT_EQ(plan.products[0].product.product_key, "a1FleetDemo");
  ASSERT_EQ(plan.products[0].product.report->size(), 1U);
  EXPECT_EQ(plan.products[0].product.report->front().what, report_kind::properties);
  EXPECT_EQ(plan.lines.front().load.segments, (std::vector<load_segment>{{0s, 100ms, 0, 100}}));
}

TEST(shares, are_whole_devices_by_largest_remainder) {
  const auto parts = [](std::uint32_t total, std::vector<std::uint32_t> ppm) {
    return parts_of(total, ppm);
  };
  EXPECT_EQ(parts(10, {333'333, 333'333, 333'334}), (numbers{3, 3, 4}));
  EXPECT_EQ(parts(10, {500'000, 250'000, 250'000}), (numbers{5, 3, 2})); // ties to the first
  EXPECT_EQ(parts(7, {100'000, 100'000, 800'000}), (numbers{1, 1, 5}));
  EXPECT_EQ(parts(0, {500'000, 500'000}), (numbers{0, 0}));
  EXPECT_EQ(parts(1'000'000, {1, 999'999}), (numbers{1, 999'999}));
  EXPECT_EQ(parts(10, {250'000}), (numbers{2}));
  EXPECT_EQ(parts(10, {}), numbers{});
}

TEST(shares, never_lose_nor_make_a_device) {
  for (std::uint32_t total = 0; total < 500; ++total) {
    const std::array<std::uint32_t, 4> ppm{70'001, 330'000, 333'333, 266'666};
    const auto parts = parts_of(total, ppm);
    EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), 0U), total);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const double exact = total * (ppm[i] / 1e6);
      EXPECT_LT(std::abs(parts[i] - exact), 1.0) << total;
    }
  }
}

TEST(scenario_plan, gives_counts_then_shares_then_the_rest) {
  const auto plan = plan_of("devices: 100\nproducts:\n"
                            "  - {name: a, count: 7}\n  - {name: b}\n"
                            "  - {name: c, share: 50}\n  - {name: d}\n");
  EXPECT_EQ(counts(plan), (numbers{7, 22, 50, 21}));
  EXPECT_EQ(plan.products[3].devices, (device_range{79, 21}));
  EXPECT_EQ(plan.devices, 100U);
  EXPECT_EQ(product_of(plan, 0), 0U);
  EXPECT_EQ(product_of(plan, 6), 0U);
  EXPECT_EQ(product_of(plan, 7), 1U);
  EXPECT_EQ(product_of(plan, 99), 3U);
}

TEST(scenario_plan, knows_the_product_beside_one_without_devices) {
  scenario_overrides flags;
  flags.devices = 3;
  const auto plan = plan_of("products: [{share: 50}, {share: 1}, {share: 49}]\n", flags);
  EXPECT_EQ(counts(plan), (numbers{2, 0, 1}));
  EXPECT_EQ(product_of(plan, 2), 2U);
}

TEST(scenario_plan, puts_children_behind_their_gateways) {
  const auto plan = plan_of("products:\n"
                            "  - {name: meter}\n"
                            "  - {name: hub, gateways: {count: 3, children: {product: meter, each: "
                            "4}}}\n"
                            "  - {name: box, gateways: {count: 2, children: {product: meter, each: "
                            "5}}}\n"
                            "  - {name: lamp, count: 10}\n");
  EXPECT_EQ(counts(plan), (numbers{22, 3, 2, 10}));
  EXPECT_EQ(plan.devices, 37U);
  EXPECT_EQ(plan.connections, 15U);
  EXPECT_TRUE(plan.products[0].behind_gateway);
  EXPECT_EQ(children_of(plan, 22), (device_range{0, 4}));
  EXPECT_EQ(children_of(plan, 24), (device_range{8, 4}));
  EXPECT_EQ(children_of(plan, 25), (device_range{12, 5}));
  EXPECT_EQ(children_of(plan, 26), (device_range{17, 5}));
  EXPECT_EQ(children_of(plan, 0), (device_range{}));
  EXPECT_EQ(children_of(plan, 30), (device_range{}));
}

TEST(scenario_plan, follows_the_stages) {
  const auto plan = plan_of("devices: 1000\n"
                            "stages:\n"
                            "  - {ramp: {to: 50%, over: 10s}, hold: 20s}\n"
                            "  - {ramp: {rate: 100/s}}\n"
                            "  - {ramp: {to: 10, over: 0s}, hold: 5s}\n");
  EXPECT_EQ(
      plan.lines.front().load.segments,
      (std::vector<load_segment>{
          {0s, 10s, 0, 500}, {10s, 30s, 500, 500}, {30s, 35s, 500, 1000}, {35s, 40s, 10, 10}}));
  EXPECT_EQ(plan.run_for, 40s);
  EXPECT_EQ(target_at(plan, -1s), 0U);
  EXPECT_EQ(target_at(plan, 0s), 0U);
  EXPECT_EQ(target_at(plan, 1s), 50U);
  EXPECT_EQ(target_at(plan, 1s - 1ns), 49U);
  EXPECT_EQ(target_at(plan, 10s), 500U);
  EXPECT_EQ(target_at(plan, 29s), 500U);
  EXPECT_EQ(target_at(plan, 32s), 700U);
  EXPECT_EQ(target_at(plan, 35s), 10U);
  EXPECT_EQ(target_at(plan, 1h), 10U);
}

TEST(scenario_plan, goes_down_as_evenly_as_up) {
  const auto plan =
      plan_of("devices: 100\nstages: [{ramp: {over: 0s}}, {ramp: {to: 0, over: 10s}}]");
  EXPECT_EQ(target_at(plan, 0s), 100U);
  EXPECT_EQ(target_at(plan, 1s), 90U);
  EXPECT_EQ(target_at(plan, 10s), 0U);
}

TEST(scenario_flags, replace_keys) {
  scenario_overrides flags;
  flags.devices = 10;
  flags.run_for = 5min;
  flags.seed = 9;
  flags.interval = 3s;
  flags.security = security::tls;
  flags.qos = mqtt::qos::at_most_once;
  flags.behaviour = actors::behaviour::sdk;
  flags.keep_alive = 90s;
  flags.link = hal::link_kind::lora;
  flags.product_key = "k";
  const auto plan =
      plan_of("devices: 100\nduration: 1m\nseed: 1\nproducts: [{report: [{every: 1s}, "
              "{every: 2s}]}]\n",
              flags);
  EXPECT_EQ(plan.devices, 10U);
  EXPECT_EQ(plan.run_for, 5min);
  EXPECT_EQ(plan.seed, 9U);
  const auto& p = plan.products[0].product;
  EXPECT_EQ((*p.report)[0].every, 3s);
  EXPECT_EQ((*p.report)[1].every, 3s);
  EXPECT_EQ(p.security, security::tls);
  EXPECT_EQ(p.qos, mqtt::qos::at_most_once);
  EXPECT_EQ(p.behaviour, actors::behaviour::sdk);
  EXPECT_EQ(p.keep_alive, 90s);
  EXPECT_EQ(p.link, hal::link_kind::lora);
  EXPECT_EQ(p.product_key, "k");
}

TEST(scenario_flags, make_devices_silent) {
  scenario_overrides flags;
  flags.interval = 0s;
  EXPECT_TRUE(plan_of("", flags).products[0].product.report->empty());
}

TEST(scenario_flags, replace_all_stages_by_a_ramp) {
  scenario_overrides flags;
  flags.ramp_per_second = 50;
  const auto plan = plan_of("devices: 100\nstages: [{ramp: {to: 10%, over: 1m}, hold: 1m}]", flags);
  EXPECT_EQ(plan.lines.front().load.segments, (std::vector<load_segment>{{0s, 2s, 0, 100}}));
  EXPECT_EQ(plan.lines.front().load.after, 100U);
  EXPECT_EQ(plan.run_for, 2min);
}

TEST(scenario_flags, make_counts_larger_or_smaller_in_proportion) {
  scenario_overrides flags;
  flags.devices = 10;
  EXPECT_EQ(counts(plan_of("products: [{count: 100}, {count: 200}, {count: 1}]", flags)),
            (numbers{3, 6, 1}));
  flags.devices = 602;
  EXPECT_EQ(counts(plan_of("products: [{count: 100}, {count: 200}, {count: 1}]", flags)),
            (numbers{200, 400, 2}));
}

TEST(scenario_flags, scale_gateways_whole_with_what_is_behind_them) {
  const std::string text = "products: [{name: g, gateways: {count: 200, children: {product: m, "
                           "each: 25}}}, {name: m}, {name: p, count: 800}]";
  scenario_overrides flags;
  flags.devices = 60;
  const auto plan = plan_of(text, flags);
  EXPECT_EQ(counts(plan), (numbers{2, 50, 8}));
  EXPECT_EQ(plan.devices, 60U);
  EXPECT_EQ(plan.connections, 10U);
  EXPECT_EQ(children_of(plan, 1), (device_range{27, 25}));
  flags.devices = 26;
  EXPECT_EQ(counts(plan_of(text, flags)), (numbers{1, 25, 0}));
  flags.devices = 25;
  EXPECT_EQ(refused(text, flags),
            "one gateway of each kind and what is behind it are 26 devices, and --devices is 25");
}

TEST(scenario_plan, knows_the_stage_of_each_moment) {
  const auto plan = plan_of("stages: [{ramp: {to: 50%, over: 10s}, hold: 5s}, {ramp: {over: 5s}}]");
  const auto at = [&plan](duration when) {
    const auto now = stage_at(plan, when);
    return std::pair{now.stage, now.ramp()};
  };
  EXPECT_EQ(at(0s), (std::pair{std::size_t{0}, true}));
  EXPECT_EQ(at(10s), (std::pair{std::size_t{0}, false}));
  EXPECT_EQ(at(15s), (std::pair{std::size_t{1}, true}));
  EXPECT_EQ(at(20s), (std::pair{std::size_t{1}, false}));
  EXPECT_EQ(at(1h), (std::pair{std::size_t{1}, false}));
  EXPECT_EQ(plan.stage_ends, (std::vector<duration>{15s, 20s}));
}

TEST(scenario_plan, knows_what_the_cloud_does_to_a_product) {
  const auto plan = plan_of("products: [{name: a}, {name: b}]\n"
                            "cloud_traffic:\n  - {kind: rrpc, product: a}\n"
                            "  - {kind: broadcast, product: b}\n");
  EXPECT_TRUE(plan.products[0].rrpc && plan.products[1].broadcasts);
  EXPECT_FALSE(plan.products[1].rrpc || plan.products[0].broadcasts);
  EXPECT_EQ(plan.cloud_traffic[0].traffic.at, (text_place{3, 5}));
  EXPECT_EQ(plan.cloud_traffic[1].traffic.at, (text_place{4, 5}));
}

TEST(scenario_flags, that_contradict_the_file_are_refused) {
  scenario_overrides flags;
  flags.devices = 5;
  EXPECT_EQ(refused("products: [{count: 6}, {share: 1}]", flags),
            "the products count 6 devices, and --devices is 5");
  flags = {};
  flags.run_for = 1min;
  EXPECT_EQ(refused("stages: [{hold: 2m}]", flags),
            "the stages take 2m and would not end within --duration 1m; make it longer");
  flags.ramp_per_second = 1;
  EXPECT_EQ(refused("stages: [{hold: 2m}]", flags),
            "the ramp takes 1m40s and would not end within --duration 1m; make it longer");
  flags = {};
  flags.qos = mqtt::qos::exactly_once;
  EXPECT_EQ(refused("products: [{name: a, profile: mqtt}, {name: b}]", flags),
            "product b has qos 2, which needs profile mqtt");
  flags = {};
  flags.keep_alive = 5s;
  EXPECT_EQ(refused("", flags), "product product_1 has keep_alive 5s; it must be 30s to 1200s with "
                                "profile linkdevelop");
  flags = {};
  flags.product_key = "k";
  EXPECT_EQ(refused("products: [{}, {}]", flags),
            "--product-key is for one product, and the scenario has 2");
}

TEST(scenario_plan, tells_devices_their_secrets_over_tls_alone) {
  const auto alone = read_scenario("products: [{name: a, logon: register}]", anywhere);
  ASSERT_FALSE(alone.ok());
  EXPECT_NE(alone.error().front().message.find("over TLS alone; add security: tls"),
            std::string::npos)
      << alone.error().front().message;
  scenario_overrides flags;
  flags.registers = true;
  EXPECT_EQ(refused("products: [{name: a}]", flags),
            "product a has logon register, which tells secrets over TLS alone; add security: tls");
  flags.target = text::scheme::mqtts;
  EXPECT_EQ(plan_of("", flags).products[0].product.security, security::tls);
  flags = {};
  flags.security = security::tls;
  flags.registers = true;
  const auto plan = plan_of("products: [{name: a}, {name: b, profile: mqtt}]", flags);
  EXPECT_EQ(plan.products[0].product.logon, logon_mode::register_);
  EXPECT_EQ(plan.products[1].product.logon, logon_mode::direct);
  const auto behind = plan_of("products: [{name: g, gateways: {children: {product: c}}}, "
                              "{name: c, logon: register}]");
  EXPECT_TRUE(behind.products[1].behind_gateway) << "its gateway registers it";
}

TEST(scenario_flags, never_take_tls_away_behind_ones_back) {
  scenario_overrides flags;
  flags.target = text::scheme::mqtt;
  EXPECT_EQ(refused("products: [{name: a, security: tls}]", flags),
            "product a has security tls, which contradicts the mqtt:// target; write mqtts:// for "
            "TLS");
  flags.target = text::scheme::mqtts;
  EXPECT_EQ(plan_of("", flags).products[0].product.security, security::tls);
}

TEST(scenario_flags, count_only_where_they_are_on_the_line) {
  const std::vector<std::string_view> words{"run",   "--scenario", "s.yaml",   "--devices", "7",
                                            "--qos", "0",          "--target", "mqtts://b"};
  const auto parsed = parse_options(words);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const auto& options = std::get<run_options>(parsed.value());
  EXPECT_EQ(options.scenario_file, "s.yaml");
  const auto flags = overrides_of(options);
  EXPECT_EQ(flags.devices, 7U);
  EXPECT_EQ(flags.qos, mqtt::qos::at_most_once);
  EXPECT_EQ(flags.target, text::scheme::mqtts);
  EXPECT_EQ(flags.run_for, std::nullopt);
  EXPECT_EQ(flags.security, std::nullopt);
  EXPECT_EQ(flags.keep_alive, std::nullopt);
}

TEST(load_wishes, are_the_fewest_of_a_span) {
  const auto plan = plan_of("devices: 10\nduration: 60s\nstages:\n"
                            "  - {ramp: {to: 100%, over: 10s}, hold: 10s}\n"
                            "  - {ramp: {to: 20%, over: 5s}, hold: 5s}\n"
                            "  - {ramp: {to: 100%, over: 0s}}\n");
  EXPECT_EQ(least_target(plan, -1s, 5s), 0U) << "nobody was on before the start";
  EXPECT_EQ(least_target(plan, 5s, 12s), 5U);
  EXPECT_EQ(least_target(plan, 11s, 19s), 10U);
  EXPECT_EQ(least_target(plan, 11s, 40s), 2U) << "in between";
  EXPECT_EQ(least_target(plan, 31s, 59s), 10U);
}

TEST(load_wishes, go_for_the_devices_behind_a_gateway_by_their_gateway) {
  const auto plan = plan_of("products: [{name: c}, {name: g, gateways: {count: 4, children: "
                            "{product: c, each: 3}}}]\nduration: 20s\n"
                            "stages: [{ramp: {to: 2, over: 2s}}]\n");
  const load_wishes load{plan};
  const std::uint32_t gateway = plan.products[1].devices.first;
  EXPECT_TRUE(load.wants(gateway + 1, 3s, 9s));
  EXPECT_FALSE(load.wants(gateway + 1, 1s, 9s)) << "not yet";
  EXPECT_FALSE(load.wants(gateway + 2, 3s, 9s));
  EXPECT_TRUE(load.wants(5, 3s, 9s)) << "behind the second";
  EXPECT_FALSE(load.wants(6, 3s, 9s));
}

TEST(start_order, mixes_products_in_proportion) {
  const auto plan = plan_of("products: [{name: a, count: 6}, {name: b, count: 3}]\n");
  EXPECT_EQ(start_order(plan, plan.lines.front()), (numbers{0, 6, 1, 2, 7, 3, 4, 8, 5}));
}

TEST(start_order, starts_each_connection_once_and_no_child) {
  const auto plan = plan_of("products: [{name: c}, {name: g, gateways: {count: 50, children: "
                            "{product: c, each: 3}}}, {name: d, count: 20}]\n");
  auto order = start_order(plan, plan.lines.front());
  EXPECT_EQ(order.size(), plan.connections);
  std::sort(order.begin(), order.end());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    EXPECT_EQ(order[i], 150 + i);
  }
}

} // namespace fleet::program
