// Shapes of load: steps, spikes and random ramps, products by themselves, and how often reports are
// made by stages and days.
#include "fleet/scenario/load_plan.hpp"

#include <gtest/gtest.h>

#include "fleet/explain/forecast.hpp"
#include "fleet/run/load_wishes.hpp"
#include "fleet/scenario/reader.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

using actors::curve_step;
using steps = std::vector<curve_step>;

const scenario_surroundings anywhere{"", [](const std::string&) { return true; }};

std::string mistakes_of(const std::string& text) {
  const auto got = read_scenario(text, anywhere);
  std::string out = got ? "taken" : "";
  for (const auto& wrong : got ? std::vector<placed_mistake>{} : got.error()) {
    out += (out.empty() ? "" : "; ") + std::to_string(wrong.at.line) + ":"
           + std::to_string(wrong.at.column) + " " + wrong.message;
  }
  return out;
}

scenario_plan plan_of(const std::string& text, const scenario_overrides& flags = {}) {
  const auto file = read_scenario(text, anywhere);
  EXPECT_TRUE(file.ok()) << text << "\n" << (file ? "" : file.error().front().message);
  auto got = resolve(file ? file.value() : scenario{}, flags);
  EXPECT_TRUE(got.ok()) << text << "\n" << (got ? "" : got.error().message);
  return got ? std::move(got).value() : scenario_plan{};
}

const std::string two = "devices: 100\nproducts: [{name: a, share: 60}, {name: b, share: 40}]\n";

} // namespace

TEST(load_plan, steps_go_at_once_and_stay) {
  const auto plan = plan_of("devices: 100\nstages: [{step: {to: 90, count: 3, every: 10s}},"
                            " {step: {to: 10%, every: 5s}, hold: 1s}]\n");
  EXPECT_EQ(target_at(plan, 0s), 30U);
  EXPECT_EQ(target_at(plan, 10s - 1ns), 30U);
  EXPECT_EQ(target_at(plan, 10s), 60U);
  EXPECT_EQ(target_at(plan, 29s), 90U);
  EXPECT_EQ(target_at(plan, 30s), 10U);
  EXPECT_EQ(target_at(plan, 1h), 10U);
  EXPECT_EQ(plan.run_for, 36s);
  EXPECT_EQ(stage_at(plan, 12s).kind, stage_kind::step);
  EXPECT_EQ(stage_at(plan, 12s).left, 18s) << "all steps of a stage are one part";
  EXPECT_EQ(stage_at(plan, 35500ms).kind, stage_kind::hold);
  EXPECT_EQ(stage_at(plan, 35500ms).left, 500ms);
}

TEST(load_plan, spikes_go_back_to_what_was_before) {
  const auto plan =
      plan_of("devices: 100\nduration: 2m\nstages: [{ramp: {to: 20, over: 0s}, hold: 10s},"
              " {spike: {for: 5s, reports: 400%, to: 100%}, hold: 10s}]\n");
  EXPECT_EQ(target_at(plan, 9s), 20U);
  EXPECT_EQ(target_at(plan, 10s), 100U);
  EXPECT_EQ(target_at(plan, 15s), 20U);
  EXPECT_EQ(plan.products[0].curve, (steps{{0s, 1'000'000}, {10s, 4'000'000}, {15s, 1'000'000}}));
  EXPECT_EQ(stage_at(plan, 11s).kind, stage_kind::spike);
  EXPECT_EQ(stage_at(plan, 1min).left, 1min) << "after the last stage, of the run";
}

TEST(load_plan, leaves_the_load_as_it_is_when_the_run_ends) {
  const std::string spike =
      "devices: 100\nstages: [{ramp: {to: 10, over: 0s}, hold: 10s}, {spike: {to: 100%,"
      " reports: 300%, for: 10s}}]\n";
  const auto plan = plan_of(spike);
  EXPECT_EQ(plan.run_for, 20s);
  EXPECT_EQ(target_at(plan, 20s), 100U) << "nobody is sent away at the very last";
  EXPECT_EQ(least_target(plan, 15s, 21s), 100U);
  EXPECT_EQ(plan.products[0].curve, (steps{{0s, 1'000'000}, {10s, 3'000'000}}));
  const auto longer = plan_of(spike + "duration: 21s\n");
  EXPECT_EQ(target_at(longer, 20s), 10U);
  EXPECT_EQ(longer.products[0].curve.size(), 3U);
  const auto jump = plan_of("devices: 100\nstages: [{ramp: {to: 10, over: 0s}, hold: 10s},"
                            " {ramp: {over: 0s, reports: 50%}}]\n");
  EXPECT_EQ(target_at(jump, 10s), 10U);
  EXPECT_TRUE(jump.products[0].curve.empty());
  EXPECT_EQ(forecast_of(jump).peak_connections, 10U);
  EXPECT_EQ(forecast_of(jump).most_connections, 10U);
  EXPECT_EQ(forecast_of(plan).peak_at, 10s);
  const auto ramp = plan_of("devices: 100\nstages: [{ramp: {over: 10s}}]\n");
  EXPECT_EQ(target_at(ramp, 10s), 100U) << "a ramp gets there";
  EXPECT_EQ(forecast_of(ramp).most_connections, 100U);
}

TEST(load_plan, of_reports_alone_leaves_the_devices_as_they_are) {
  const auto plan = plan_of("devices: 100\nstages: [{ramp: {to: 50%, over: 0s}},"
                            " {ramp: {reports: 300%, over: 100s}, hold: 10s}]\n");
  EXPECT_EQ(target_at(plan, 0s), 50U);
  EXPECT_EQ(target_at(plan, 110s), 50U);
  const auto& curve = plan.products[0].curve;
  ASSERT_EQ(curve.size(), 101U);
  EXPECT_EQ(curve[0], (curve_step{0s, 1'010'000}));
  EXPECT_EQ(curve[50], (curve_step{50s, 2'010'000}));
  EXPECT_EQ(curve[100], (curve_step{100s, 3'000'000}));
  // Evenly from one to three: twice as much in the mean.
  EXPECT_EQ(actors::load_curve{curve}.planned_by(100s), 200s);
  EXPECT_EQ(stage_at(plan, 50s).kind, stage_kind::ramp);
}

TEST(load_plan, of_reports_takes_each_product_on_from_where_it_is) {
  const auto plan = plan_of(two
                            + "stages: [{ramp: {product: b, reports: 500%, over: 0s}, hold: 10s},"
                              " {step: {reports: 300%, count: 2, every: 10s}},"
                              " {spike: {reports: 0%, for: 5s}, hold: 5s}]\n");
  EXPECT_EQ(
      plan.products[0].curve,
      (steps{{0s, 1'000'000}, {10s, 2'000'000}, {20s, 3'000'000}, {30s, 0}, {35s, 3'000'000}}));
  EXPECT_EQ(
      plan.products[1].curve,
      (steps{{0s, 5'000'000}, {10s, 4'000'000}, {20s, 3'000'000}, {30s, 0}, {35s, 3'000'000}}));
}

TEST(load_plan, of_reports_reaches_devices_behind_gateways) {
  const std::string homes = "products:\n"
                            "  - {name: hub, gateways: {count: 5, children: {product: meter, each: "
                            "4}}}\n  - {name: meter}\n  - {name: lamp, count: 10}\n";
  const auto plan = plan_of(homes
                            + "stages:\n  - {ramp: {to: 6, over: 0s}, hold: 10s}\n"
                              "  - {spike: {product: meter, reports: 300%, for: 10s}}\n"
                              "  - {step: {product: hub, reports: 50%, every: 10s}}\n"
                              "  - {ramp: {reports: 200%, over: 0s}, hold: 10s}\n");
  EXPECT_EQ(plan.lines.size(), 1U) << "nobody of one product alone comes or goes";
  EXPECT_EQ(plan.products[0].curve, (steps{{0s, 1'000'000}, {20s, 500'000}, {30s, 2'000'000}}));
  EXPECT_EQ(plan.products[1].curve,
            (steps{{0s, 1'000'000}, {10s, 3'000'000}, {20s, 1'000'000}, {30s, 2'000'000}}))
      << "its gateways' change nothing of it";
  EXPECT_EQ(plan.products[2].curve, (steps{{0s, 1'000'000}, {30s, 2'000'000}}));
  EXPECT_EQ(target_at(plan, 15s), 6U);
}

TEST(load_plan, without_such_keys_is_as_products_say) {
  for (const auto& product : plan_of(two + "stages: [{ramp: {over: 5s}, hold: 1m}]").products) {
    EXPECT_TRUE(product.curve.empty());
  }
}

TEST(load_plan, of_one_product_makes_each_a_line_of_its_own) {
  const auto plan = plan_of(two
                            + "stages:\n  - {ramp: {to: 50%, over: 10s}}\n"
                              "  - {step: {product: b, to: 10, every: 10s}}\n"
                              "  - {ramp: {product: a, to: 100%, rate: 10/s, reports: 50%}}\n");
  ASSERT_EQ(plan.lines.size(), 2U);
  EXPECT_EQ(plan.lines[0].connections, 60U);
  EXPECT_EQ(target_at(plan.lines[0], 10s), 30U);
  EXPECT_EQ(target_at(plan.lines[1], 10s - 1ns), 19U);
  EXPECT_EQ(target_at(plan.lines[1], 10s), 10U);
  EXPECT_EQ(target_at(plan.lines[0], 21s), 40U);
  EXPECT_EQ(target_at(plan, 23s), 70U);
  EXPECT_EQ(plan.run_for, 23s);
  EXPECT_EQ(least_target(plan, 10s, 23s), 40U);
  EXPECT_FALSE(plan.products[0].curve.empty());
  EXPECT_TRUE(plan.products[1].curve.empty());
  EXPECT_EQ(start_order(plan, plan.lines[1]).front(), 60U);
  const load_wishes wishes{plan};
  EXPECT_TRUE(wishes.wants(69, 10s, 20s)) << "the tenth of b";
  EXPECT_FALSE(wishes.wants(70, 10s, 20s));
  EXPECT_TRUE(wishes.wants(29, 10s, 20s));
}

TEST(load_plan, of_all_products_is_as_many_as_their_sum_says) {
  std::string text = "products:\n";
  for (int i = 0; i < 10; ++i) {
    text += "  - {name: p" + std::to_string(i) + ", count: 3}\n";
  }
  const std::string stages = "stages:\n  - {ramp: {to: 30%, over: 0s}, hold: 10s}\n"
                             "  - {step: {product: p0, to: 3, every: 10s}}\n"
                             "  - {spike: {to: 99%, for: 10s}, hold: 10s}\n";
  const auto plan = plan_of(text + stages);
  ASSERT_EQ(plan.lines.size(), 10U);
  EXPECT_EQ(target_at(plan, 0s), 9U);
  EXPECT_EQ(target_at(plan.lines[0], 0s), 1U);
  EXPECT_EQ(target_at(plan.lines[9], 0s), 0U) << "equal parts: the first ones have it";
  EXPECT_EQ(target_at(plan, 10s), 11U);
  EXPECT_EQ(target_at(plan, 20s), 29U);
  EXPECT_EQ(target_at(plan, 30s), 11U);
}

TEST(load_plan, draws_random_ramps_from_the_seed) {
  const std::string text = "devices: 1000\nstages: [{ramp: {over: 100s, arrivals: poisson}},"
                           " {ramp: {to: 0%, over: 10s, arrivals: poisson}}]\n";
  auto plan = plan_of(text);
  EXPECT_EQ(target_at(plan, 50s), 500U) << "evenly until they are drawn";
  draw_arrivals(plan, 7);
  EXPECT_EQ(target_at(plan, 100s - 1ns), 1000U);
  EXPECT_EQ(target_at(plan, 110s - 1ns), 0U);
  // Within four deviations of the binomial distribution that this is.
  EXPECT_NEAR(target_at(plan, 50s), 500, 64);
  EXPECT_NEAR(target_at(plan, 105s), 500, 64);
  auto again = plan_of(text);
  draw_arrivals(again, 7);
  auto other = plan_of(text);
  draw_arrivals(other, 8);
  bool differs = false;
  for (duration at = 0s; at < 110s; at += 1s) {
    EXPECT_EQ(target_at(plan, at), target_at(again, at));
    differs = differs || target_at(plan, at) != target_at(other, at);
  }
  EXPECT_TRUE(differs);
}

TEST(load_plan, lays_days_end_to_end) {
  const std::vector<curve_hour> hours{{6h, 1'000'000}, {18h, 3'000'000}};
  EXPECT_EQ(
      unrolled(hours, {24h, 0h}, 48h),
      (steps{
          {0s, 3'000'000}, {6h, 1'000'000}, {18h, 3'000'000}, {30h, 1'000'000}, {42h, 3'000'000}}));
  EXPECT_EQ(unrolled(hours, {24min, 7h}, 24min),
            (steps{{0s, 1'000'000}, {11min, 3'000'000}, {23min, 1'000'000}}));
  EXPECT_EQ(unrolled(hours, {24h, 6h}, 1h), (steps{{0s, 1'000'000}}));
  EXPECT_EQ(unrolled(hours, {1min, 0h}, 24h * 365), std::nullopt) << "too many days";
}

TEST(load_plan, has_presets_whose_day_comes_to_about_what_products_say) {
  for (const auto name : preset_curve_names()) {
    const auto hours = preset_curve(name);
    ASSERT_FALSE(hours.empty()) << name;
    const actors::load_curve day{unrolled(hours, {}, 24h).value()};
    EXPECT_NEAR(seconds(day.planned_by(24h)) / 3600, 24, 4) << name;
  }
  EXPECT_TRUE(preset_curve("nowhere").empty());
}

TEST(load_plan, multiplies_stages_and_days) {
  EXPECT_EQ(product_of_curves(steps{{0s, 500'000}, {10s, 2'000'000}},
                              steps{{0s, 1'000'000}, {5s, 3'000'000}, {10s, 0}, {20s, 500'000}})
                .curve,
            (steps{{0s, 500'000}, {5s, 1'500'000}, {10s, 0}, {20s, 1'000'000}}));
  const auto cut = product_of_curves(steps{{0s, 100'000'000}}, steps{{0s, 2'200'000}});
  EXPECT_EQ(cut.curve, (steps{{0s, 100'000'000}}));
  EXPECT_EQ(cut.most_ppm, 220'000'000U);
  const auto plan = plan_of("duration: 48m\nday: 24m\nday_begins: 12h\n"
                            "daily_curves: [{name: shop, hours: [0=0%, 8:30=200%, 20=50%]}]\n"
                            "products: [{daily_curve: shop}, {name: x, daily_curve: home}]\n"
                            "stages: [{ramp: {over: 0s}, hold: 30m}, {step: {reports: 50%}}]\n");
  const actors::load_curve shop{plan.products[0].curve};
  EXPECT_EQ(shop.ppm_at(0s), 2'000'000U);
  EXPECT_EQ(shop.ppm_at(8min), 500'000U);
  EXPECT_EQ(shop.ppm_at(12min), 0U);
  EXPECT_EQ(shop.ppm_at(20min + 30s), 2'000'000U);
  EXPECT_EQ(shop.ppm_at(30min), 1'000'000U);
  EXPECT_EQ(shop.ppm_at(40min), 0U);
  EXPECT_GT(plan.products[1].curve.size(), 10U);
}

TEST(load_plan, of_the_ramp_flag_replaces_stages_and_leaves_the_day) {
  scenario_overrides flags;
  flags.ramp_per_second = 10;
  const auto plan = plan_of(two
                                + "stages: [{spike: {product: a, reports: 300%, for: 5s}}]\n"
                                  "duration: 1m\n",
                            flags);
  EXPECT_EQ(plan.lines.size(), 1U);
  EXPECT_TRUE(plan.products[0].curve.empty());
  EXPECT_EQ(target_at(plan, 5s), 50U);
}

TEST(load_keys, tell_what_does_not_go_together) {
  EXPECT_EQ(mistakes_of("stages: [{}]"),
            "1:10 a stage needs ramp, step, spike or hold, as hold: 10m");
  EXPECT_EQ(mistakes_of("stages: [{ramp: {}, spike: {}}]"),
            "1:28 ramp and spike contradict each other; give one");
  EXPECT_EQ(mistakes_of(two + "stages: [{step: {product: aa}}]"),
            "3:27 there is no product aa; it takes a or b");
  EXPECT_EQ(mistakes_of("products: [{name: g, gateways: {children: {product: m}}}, {name: m}]\n"
                        "stages: [{ramp: {product: m}}]"),
            "2:27 product m is behind gateways and comes with them; name the gateways', or say "
            "reports alone, as reports: 300%");
  EXPECT_EQ(mistakes_of("products: [{name: g, gateways: {children: {product: m}}}, {name: m}]\n"
                        "stages: [{spike: {product: m, reports: 300%, to: 50%}}]")
                .substr(0, 30),
            "2:28 product m is behind gatew");
  EXPECT_EQ(mistakes_of(two + "stages: [{ramp: {to: 10}}, {step: {product: a}}]"),
            "3:22 a stage for all products takes a percentage where another stage is for one "
            "product; write to: 50%, or say for which product it is");
  EXPECT_EQ(mistakes_of(two + "stages: [{step: {product: a, to: 61}}]"),
            "3:34 a step goes to 61 devices, and 60 connect; write at most that, or a percentage");
  EXPECT_EQ(mistakes_of("devices: 100\nstages: [{spike: {to: 101}}]").substr(0, 35),
            "2:23 a spike goes to 101 devices, a");
  EXPECT_EQ(mistakes_of("stages: [{ramp: {to: 101%}}]"),
            "1:22 to 101% is out of range; it takes 0 to 100 percent");
  EXPECT_EQ(mistakes_of("stages: [{ramp: {reports: 300%, rate: 20/s}}]"),
            "1:39 rate does not go with reports alone, since it is devices a second; write over: "
            "1m");
  EXPECT_EQ(mistakes_of("stages: [{ramp: {reports: 300%, rate: 20/s, to: 50%}}]"), "taken");
  EXPECT_EQ(mistakes_of("stages: [{spike: {reports: 10001%}}]"),
            "1:28 reports 10001% is not a percentage of 0% to 10000%; write 60, 12.5 or 250%");
  EXPECT_EQ(mistakes_of("stages: [{spike: {reports: -5}}]"),
            "1:28 reports -5 is not a percentage of 0% to 10000%; write 60, 12.5 or 250%");
  EXPECT_EQ(mistakes_of("products: [{report: [{arrivals: poisson, jitter: 20%}]}]"),
            "1:50 jitter goes with even arrivals; arrivals: poisson are random already");
}

TEST(load_keys, of_daily_curves_tell_names_and_hours_that_are_wrong) {
  EXPECT_EQ(mistakes_of("products: [{daily_curve: hom}]"),
            "1:26 there is no daily curve hom; the nearest is home");
  EXPECT_EQ(mistakes_of("daily_curves: [{name: home, hours: [1=5]}]"),
            "1:23 daily curve home is a preset; call it otherwise");
  EXPECT_EQ(mistakes_of("daily_curves: [{name: a, hours: [1=5]}, {name: a, hours: [1=5]}]"),
            "1:48 two daily curves are called a; rename one");
  EXPECT_EQ(mistakes_of("daily_curves: [{hours: [1=5]}]"),
            "1:16 a daily curve needs name, as {name: shop, hours: [0=20%, 9=100%]}");
  EXPECT_EQ(mistakes_of("daily_curves: [{name: a, hours: [7=5, 6=5]}]"),
            "1:39 hours 6=5 comes before the one ahead of it; hours rise");
  EXPECT_EQ(mistakes_of("daily_curves: [{name: a, hours: [0=0%, 6=0]}]"),
            "1:33 hours needs one above 0%, as 7=80%");
  EXPECT_EQ(mistakes_of("daily_curves: [{name: a, hours: [24=5]}]"),
            "1:34 hours 24=5 has no time of day before its =; it takes 0 to 23, or 18:30");
  EXPECT_EQ(mistakes_of("daily_curves: [{name: a, hours: [seven]}]"),
            "1:34 hours seven is not HOUR=SHARE, as 7=80% or 18:30=150%");
  EXPECT_EQ(mistakes_of("daily_curves: [{name: a, hours: ['7:5=5']}]"),
            "1:34 hours 7:5=5 has no time of day before its =; it takes 0 to 23, or 18:30");
  EXPECT_EQ(mistakes_of("duration: 300d\nday: 1m\nproducts: [{daily_curve: home}]"),
            "2:6 the run has too many days of 1m for daily_curve home; make the day longer, or the "
            "run shorter");
}

TEST(load_keys, of_replays_tell_where_they_cannot_be) {
  EXPECT_EQ(mistakes_of("products: [{report: [{replay: {}}]}]"),
            "1:31 a replay needs a file, as file: data/day.csv");
  EXPECT_EQ(mistakes_of("products: [{model: m, report: [{what: event, replay: {file: a}}]}]"),
            "1:54 replay goes with what properties, custom and raw only");
  EXPECT_EQ(mistakes_of("products: [{report: [{what: custom, payload: '{column t}'}]}]"),
            "1:46 payload has {column}, and there is no table; add replay: {file: …}");
  EXPECT_EQ(mistakes_of("products: [{report: [{what: custom, topic: '{column t}'}]}]"),
            "1:44 topic \"{column t}\" must not hold {column}, which belongs into the payload of a "
            "report with replay");
  EXPECT_EQ(mistakes_of("products: [{protocol: coap, report: [{replay: {file: a}}]}]"),
            "1:37 product product_1 has another report than one of all properties, which needs "
            "protocol mqtt; with coap devices only post");
}

} // namespace fleet::program
