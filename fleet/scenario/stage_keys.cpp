// The keys of stages and of daily curves.
#include <algorithm>

#include "fleet/scenario/load_words.hpp"
#include "fleet/scenario/nested_keys.hpp"
#include "fleet/scenario/sections.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr duration year = 24h * 365;

/// `0%` to `10000%`, which parse_percent() takes up to 100: in millionths, or the rest of a
/// sentence.
result<std::uint32_t, std::string> parse_scale(std::string_view word) {
  const auto wrong = [] {
    return fail(std::string{"is not a percentage of 0% to 10000%; write 60, 12.5 or 250%"});
  };
  word.remove_suffix(word.ends_with('%') ? 1 : 0);
  const std::size_t point = std::min(word.find('.'), word.size());
  const auto digits = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const std::string_view decimals = word.substr(std::min(point + 1, word.size()));
  if (!digits(word.substr(0, point)) || point > 5 || decimals.size() > 4
      || (point < word.size() && !digits(decimals))) {
    return wrong();
  }
  std::uint64_t ppm = 0;
  for (const char c : word.substr(0, point)) {
    ppm = ppm * 10 + static_cast<std::uint64_t>(c - '0');
  }
  for (std::size_t i = 0; i < 4; ++i) {
    ppm = ppm * 10 + static_cast<std::uint64_t>(i < decimals.size() ? decimals[i] - '0' : 0);
  }
  if (ppm > actors::curve_ppm_most) {
    return wrong();
  }
  return static_cast<std::uint32_t>(ppm);
}

std::optional<std::string> read_target(std::string_view word, ramp_target& out) {
  if (word == "0%") {
    out = {true, 0, 0, true};
    return std::nullopt;
  }
  if (word.ends_with('%')) {
    const auto parsed = parse_percent(word);
    if (!parsed) {
      // Here 0% is taken as well.
      constexpr std::string_view above = "more than 0 to";
      auto wrong = parsed.error();
      if (const auto at = wrong.find(above); at != std::string::npos) {
        wrong.replace(at, above.size(), "0 to");
      }
      return wrong;
    }
    out = {true, 0, parsed.value(), true};
    return std::nullopt;
  }
  std::uint32_t devices = 0;
  auto wrong = set_count(devices, 0, scenario_devices_most)(word);
  if (wrong) {
    return *wrong + ", or a part as 50%";
  }
  out = {false, devices, 0, true};
  return std::nullopt;
}

/// Where a ramp, step or spike leads.
template <class Stage>
std::vector<key_of<Stage>> aim_keys() {
  auto to = info_of({"to",
                     "How many devices are on then, or which part of all. Devices behind gateways "
                     "come with them and are not counted.",
                     "50%", "100%; as many as before where `reports` is said", "devices"},
                    "count or percentage");
  to.range = "0 to 1,000,000, or 0% to 100%";
  auto reports = info_of({"reports",
                          "How often devices report then, of what their products say; it stays so "
                          "until another stage says otherwise.",
                          "250%", "as before"},
                         "percentage");
  reports.range = "0% to 10000%, four decimals";
  auto product = info_of({"product",
                          "Whose devices it is about; those behind gateways come with them, and "
                          "take `reports` alone, which their gateways' do not change. Where a "
                          "stage is for one product, those for all take parts of each, as many "
                          "together as of their sum.",
                          "led", "all of them"},
                         "text");
  product.range = "the name of a product; of one behind gateways with `reports` and without `to`";
  return {value_key<Stage>(std::move(to), [](reading&, std::string_view word,
                                             Stage& out) { return read_target(word, out.to); }),
          value_key<Stage>(
              std::move(reports),
              [](reading&, std::string_view word, Stage& out) -> std::optional<std::string> {
                const auto parsed = parse_scale(word);
                if (!parsed) {
                  return parsed.error();
                }
                out.reports_ppm = parsed.value();
                return std::nullopt;
              }),
          value_key<Stage>(std::move(product), [](reading&, std::string_view word, Stage& out) {
            auto wrong = check_name(word);
            if (!wrong) {
              out.product = word;
            }
            return wrong;
          })};
}

template <class Stage>
section_of<Stage> aimed(std::string_view path, std::string_view what,
                        std::vector<key_of<Stage>> more) {
  section_of<Stage> made{path, what, aim_keys<Stage>()};
  for (auto& key : more) {
    made.keys.push_back(std::move(key));
  }
  return made;
}

const section_of<stage_ramp>& ramp_section() {
  static const auto section = aimed<stage_ramp>(
      "stages[].ramp", "a ramp",
      {duration_key({"over", "How long the ramp takes; 0s for at once. Contradicts `rate`.", "5m",
                     "as `rate` says"},
                    &stage_ramp::over, {0s, year}),
       rate_key({"rate", "Devices started, or stopped, a second. Contradicts `over`.", "200/s",
                 "1000/s", "devices a second"},
                &stage_ramp::rate, 0.1, 100'000),
       word_key({"arrivals",
                 "even: one device after the other; poisson: each at random within the ramp.",
                 "poisson"},
                &stage_ramp::arrivals, arrivals_words)});
  return section;
}

const section_of<stage_step>& step_section() {
  static const auto section =
      aimed<stage_step>("stages[].step", "a step",
                        {count_key({"count", "In how many equal steps.", "5", {}, "steps"},
                                   &stage_step::count, 1, stage_steps_most),
                         duration_key({"every", "How long it stays so after each of them.", "30s"},
                                      &stage_step::every, {1ms, year})});
  return section;
}

const section_of<stage_spike>& spike_section() {
  static const auto section = aimed<stage_spike>(
      "stages[].spike", "a spike",
      {duration_key({"for", "How long it lasts.", "20s"}, &stage_spike::span, {1ms, year})});
  return section;
}

/// `7=80%`, `18:30=150%`.
result<curve_hour, std::string> parse_hour(std::string_view word) {
  const auto wrong = [] { return fail(std::string{"is not HOUR=SHARE, as 7=80% or 18:30=150%"}); };
  const std::size_t split = word.find('=');
  if (split == std::string_view::npos) {
    return wrong();
  }
  const std::string_view time = word.substr(0, split);
  const std::size_t colon = std::min(time.find(':'), time.size());
  const auto hour = text::parse_number(time.substr(0, colon));
  const auto minute = colon == time.size()       ? text::parse_number("0")
                      : time.size() - colon == 3 ? text::parse_number(time.substr(colon + 1))
                                                 : text::parse_number("");
  if (!hour || !minute || hour.value() > 23 || minute.value() > 59) {
    return fail(std::string{"has no time of day before its =; it takes 0 to 23, or 18:30"});
  }
  const auto share = parse_scale(word.substr(split + 1));
  if (!share) {
    return fail("has a share that " + share.error());
  }
  return curve_hour{std::chrono::hours{hour.value()} + std::chrono::minutes{minute.value()},
                    share.value()};
}

void read_hours(reading& r, const yaml_value& list, curve_rule& out) {
  for (const auto& item : list.list) {
    if (out.hours.size() == curve_hours_most) {
      r.complain(item.at, "hours has more than 96 items");
      return;
    }
    if (item.kind != yaml_kind::word) {
      r.complain(item.at, "an item of hours is a single word, as 7=80%");
      return;
    }
    const auto hour = parse_hour(item.word);
    if (!hour) {
      r.complain("hours", item, hour.error());
      return;
    }
    if (!out.hours.empty() && hour.value().at <= out.hours.back().at) {
      r.complain("hours", item, "comes before the one ahead of it; hours rise");
      return;
    }
    out.hours.push_back(hour.value());
  }
  if (std::none_of(out.hours.begin(), out.hours.end(),
                   [](const curve_hour& h) { return h.ppm > 0; })) {
    r.complain(list.at, "hours needs one above 0%, as 7=80%");
  }
}

key_of<curve_rule> hours_key() {
  auto info =
      info_of({"hours",
               "How often devices report from a time of day on, of what `every` says, until "
               "the next; HOUR=SHARE each.",
               "[0=5%, 8=150%, 18:30=60%]", "none: it must be written"},
              "list of words");
  info.range = "0 to 23:59 and 0% to 10000%, rising, one above 0%; 1 to 96 items";
  const auto read = [info](reading& r, const yaml_value& value, curve_rule& out) {
    if (expect_kind(r, info, value, yaml_kind::list)) {
      read_hours(r, value, out);
    }
  };
  return {std::move(info), read, {}};
}

} // namespace

const section_of<scenario_stage>& stage_section() {
  static const section_of<scenario_stage> section{
      "stages[]",
      "a stage",
      {map_key({"ramp", "Starts devices, or stops some, evenly or at random.",
                "{to: 100%, over: 5m}", "none: as many as before"},
               &scenario_stage::ramp, ramp_section()),
       map_key({"step", "Starts devices, or stops some, in equal jumps.",
                "{to: 100%, count: 5, every: 30s}", "none"},
               &scenario_stage::step, step_section()),
       map_key({"spike", "There at once, and at once back to what was before.",
                "{reports: 500%, for: 20s}", "none"},
               &scenario_stage::spike, spike_section()),
       duration_key({"hold", "How long the stage lasts after that.", "30m"}, &scenario_stage::hold,
                    {0s, year})}};
  return section;
}

const section_of<curve_rule>& curve_section() {
  static const section_of<curve_rule> section{
      "daily_curves[]",
      "a daily curve",
      {[] {
         auto info =
             info_of({"name", "What products call it.", "shop", "none: it must be there"}, "text");
         info.range = "1 to 64 of letters, digits, _, - and .; each once, and no preset's";
         return text_key(std::move(info), &curve_rule::name, check_name);
       }(),
       hours_key()}};
  return section;
}

} // namespace fleet::program
