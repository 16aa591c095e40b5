// Words become a map of YAML values, so that they are read, and complained about, as a file is.
#include "fleet/scenario/fault_words.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "fleet/scenario/fault_presets.hpp"
#include "fleet/scenario/sections.hpp"
#include "fleet/text/nearest.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;
using faults::effect_info;
using mistake = std::optional<placed_mistake>;

template <class T>
std::vector<std::string_view> names_of(const section_of<T>& section) {
  std::vector<std::string_view> out;
  for (const auto& key : section.keys) {
    if (key.info.name != "select") {
      out.push_back(key.info.name);
    }
  }
  return out;
}

yaml_value word_at(std::string_view word, std::uint32_t column) {
  yaml_value out;
  out.kind = yaml_kind::word;
  out.at = {1, column};
  out.word = word;
  return out;
}

/// A list, where there are commas.
yaml_value list_at(std::string_view words, std::uint32_t column) {
  if (words.find(',') == std::string_view::npos) {
    return word_at(words, column);
  }
  yaml_value out;
  out.kind = yaml_kind::list;
  out.at = {1, column};
  std::size_t from = 0;
  while (from <= words.size()) {
    const std::size_t end = std::min(words.find(',', from), words.size());
    out.list.push_back(
        word_at(words.substr(from, end - from), column + static_cast<std::uint32_t>(from)));
    from = end + 1;
  }
  return out;
}

struct word_map {
  yaml_value top;
  yaml_value select;
};

/// Puts one word where it belongs.
mistake take_word(std::string_view word, std::uint32_t column, word_map& into) {
  static const auto own = names_of(fault_section());
  static const auto of_selection = names_of(fault_select_section());
  const text_place at{1, column};
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) {
    if (!into.top.map.empty()) {
      return placed_mistake{at, shown_value(word) + " is not KEY=VALUE"};
    }
    into.top.map.push_back({"effect", at, word_at(word, column)});
    return {};
  }
  const std::string key{word.substr(0, equals)};
  const auto value = word.substr(equals + 1);
  const auto value_column = column + static_cast<std::uint32_t>(equals) + 1;
  if (std::find(own.begin(), own.end(), key) != own.end()) {
    into.top.map.push_back({key, at, word_at(value, value_column)});
    return {};
  }
  if (std::find(of_selection.begin(), of_selection.end(), key) != of_selection.end()) {
    into.select.map.push_back({key, at, list_at(value, value_column)});
    return {};
  }
  auto all = own;
  all.insert(all.end(), of_selection.begin(), of_selection.end());
  const auto near = text::nearest(key, all);
  return placed_mistake{at, "unknown key " + shown_value(key) + "; "
                                + (near ? "the nearest is " + std::string{*near}
                                        : "a fault takes " + text::enumerate(all))};
}

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> parameter_keys{
    {{"by", faults::takes_by},
     {"share", faults::takes_share},
     {"rate", faults::takes_rate},
     {"size", faults::takes_size},
     {"every", faults::takes_every},
     {"drift", faults::takes_drift},
     {"status", faults::takes_status}}};

std::string parameters_of(const effect_info& info) {
  std::vector<std::string_view> out;
  for (const auto& [key, bit] : parameter_keys) {
    if ((info.takes & bit) != 0) {
      out.push_back(key);
    }
  }
  if (out.empty()) {
    return "no parameter";
  }
  std::string text{out.front()};
  for (std::size_t i = 1; i < out.size(); ++i) {
    text += (i + 1 == out.size() ? " and " : ", ") + std::string{out[i]};
  }
  return text;
}

/// Keys that the effect, or the preset, does not take.
mistake foreign_key(const fault_rule& rule, const fault_preset* preset) {
  for (const auto& [key, bit] : parameter_keys) {
    if (!rule.has(key)) {
      continue;
    }
    if (preset != nullptr) {
      std::string parts;
      for (const auto& part : preset->parts) {
        parts += (parts.empty() ? "" : ", ") + std::string{to_string(part.what)};
      }
      return placed_mistake{rule.place(key), std::string{key} + " is set by the preset "
                                                 + rule.effect + " for each of its parts (" + parts
                                                 + "); write that effect instead"};
    }
    const auto& info = faults::info_of(*faults::effect_named(rule.effect));
    if ((info.takes & bit) == 0) {
      return placed_mistake{rule.place(key), rule.effect + " does not take " + std::string{key}
                                                 + "; it takes " + parameters_of(info)};
    }
  }
  return {};
}

/// Whom the effect hits cannot be chosen.
mistake idle_selection(const fault_rule& rule) {
  if (rule.effect != to_string(faults::effect::cloud_restart)) {
    return {};
  }
  const auto chosen = std::find_if(rule.places.begin(), rule.places.end(), [](const auto& place) {
    return place.key.starts_with("select.");
  });
  if (chosen == rule.places.end()) {
    return {};
  }
  return placed_mistake{chosen->at, rule.effect + " takes the twin away from all devices, and no "
                                        + chosen->key.substr(sizeof "select." - 1)
                                        + "; the nearest that hits some of them is "
                                        + std::string{to_string(faults::effect::partition)}};
}

faults::fault plain_fault(const fault_rule& rule, faults::effect what) {
  auto f = faults::default_fault(what);
  f.at = rule.at;
  f.ramp = rule.ramp.value_or(duration{0});
  f.every = rule.every.value_or(f.every);
  f.by = rule.by.value_or(f.by);
  f.share_ppm = rule.share_ppm.value_or(f.share_ppm);
  f.rate = rule.rate.value_or(f.rate);
  f.size = rule.size.value_or(f.size);
  f.drift_ppm = rule.drift_ppm.value_or(f.drift_ppm);
  f.status = static_cast<std::uint16_t>(rule.status.value_or(f.status));
  const bool moment = faults::info_of(what).shape == faults::shape::moment;
  // What is to strike every so often, and nobody says for how long, does so to the end.
  f.span = rule.span.value_or(moment && rule.every ? faults::no_end : f.span);
  return f;
}

/// How far apart `strikes` of them are within `whole`: rounded up as far as their number stays,
/// since times are read by people.
duration apart(duration whole, std::uint32_t strikes) {
  const auto up = [&](duration to) { return (whole / strikes + to - duration{1}) / to * to; };
  // Exact parts of what does not divide would leave room for one more.
  for (const duration to : {duration{1s}, duration{100ms}, duration{10ms}, duration{1ms}}) {
    const duration every = up(to);
    if (every * strikes >= whole && every * (strikes - 1) < whole
        && every - whole / strikes <= whole / strikes / 20) {
      return every;
    }
  }
  return (whole + duration{strikes - 1}) / strikes;
}

faults::fault part_fault(const fault_rule& rule, const fault_preset& preset,
                         const preset_part& part) {
  constexpr auto often = std::chrono::minutes{5}; // of what strikes without an end
  auto f = faults::default_fault(part.what);
  const duration whole = rule.span.value_or(preset.span);
  f.at = rule.at;
  f.ramp = rule.ramp.value_or(duration{0});
  f.span = whole;
  if (faults::info_of(part.what).shape == faults::shape::moment) {
    const bool repeats = part.strikes > 1;
    f.every = !repeats                  ? duration{0}
              : whole == faults::no_end ? duration{often}
                                        : apart(whole, part.strikes);
    f.span = repeats ? whole : duration{0};
    f.ramp = repeats ? std::min(f.ramp, f.every) : f.ramp;
  }
  f.by = part.by != duration{0} ? part.by : f.by;
  f.share_ppm = part.share_ppm != 0 ? part.share_ppm : f.share_ppm;
  f.rate = part.rate != 0 ? part.rate : f.rate;
  f.drift_ppm = part.drift_ppm != 0 ? part.drift_ppm : f.drift_ppm;
  f.select.share_ppm = part.among_ppm;
  return f;
}

} // namespace

text_place fault_rule::place(std::string_view key) const noexcept {
  const auto found = std::find_if(places.begin(), places.end(),
                                  [key](const fault_key_place& p) { return p.key == key; });
  return found == places.end() ? at_place : found->at;
}

text_place fault_rule::place(std::string_view key, std::size_t item) const noexcept {
  const auto found = std::find_if(places.begin(), places.end(),
                                  [key](const fault_key_place& p) { return p.key == key; });
  return found != places.end() && item < found->items.size() ? found->items[item] : place(key);
}

bool fault_rule::has(std::string_view key) const noexcept {
  return std::any_of(places.begin(), places.end(),
                     [key](const fault_key_place& p) { return p.key == key; });
}

void note_places(const yaml_value& map, fault_rule& rule) {
  rule.at_place = map.at;
  const auto note = [&rule](const std::string& name, const yaml_value& value) {
    auto& place = rule.places.emplace_back(fault_key_place{name, value.at, {}});
    for (const auto& item : value.list) {
      place.items.push_back(item.at);
    }
  };
  for (const auto& key : map.map) {
    note(key.name, key.value);
    if (key.name == "select") {
      for (const auto& inner : key.value.map) {
        note("select." + inner.name, inner.value);
      }
    }
  }
}

std::string complaint_of(const placed_mistake& wrong) {
  return "has a mistake at its column " + std::to_string(wrong.at.column) + ": " + wrong.message;
}

result<fault_rule, placed_mistake> parse_fault_words(std::string_view words) {
  if (words.size() > fault_words_octets_most) {
    return fail(placed_mistake{{}, "a fault takes at most 4,096 octets"});
  }
  word_map into;
  into.top.kind = into.select.kind = yaml_kind::map;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find_first_of(" \t", at), words.size());
    const auto column = static_cast<std::uint32_t>(at + 1);
    if (end > at) {
      if (auto wrong = take_word(words.substr(at, end - at), column, into)) {
        return fail(std::move(*wrong));
      }
    }
    at = end + 1;
  }
  if (!into.select.map.empty()) {
    into.select.at = into.select.map.front().at;
    into.top.map.push_back({"select", into.select.at, std::move(into.select)});
  }
  const scenario_surroundings nowhere;
  reading r{nowhere};
  fault_rule rule;
  fault_section().read(r, into.top, rule);
  if (r.count() != 0) {
    return fail(r.sorted().front());
  }
  rule.words = words;
  note_places(into.top, rule);
  if (auto wrong = mistake_within(rule)) {
    return fail(std::move(*wrong));
  }
  return rule;
}

std::optional<placed_mistake> mistake_within(const fault_rule& rule) {
  if (rule.effect.empty()) {
    return placed_mistake{rule.at_place,
                          "a fault needs an effect, as loss; see fleet fault effects"};
  }
  const auto* const preset = preset_named(rule.effect);
  if (auto wrong = foreign_key(rule, preset)) {
    return wrong;
  }
  if (auto wrong = idle_selection(rule)) {
    return wrong;
  }
  for (const auto& f : faults_of(rule, rule.effect)) {
    const auto complaint = faults::complaint_of(f);
    if (complaint.empty()) {
      continue;
    }
    // The key that it names, or else the one that is not named: the ramp.
    for (const std::string_view key : {"for", "every", "by", "share", "ramp"}) {
      const bool named = complaint.find("`" + std::string{key} + "`") != std::string_view::npos
                         || (key == "by" && f.by < duration{0});
      if (rule.has(key) && (named || key == "ramp")) {
        return placed_mistake{rule.place(key), f.name + " " + std::string{complaint}};
      }
    }
    return placed_mistake{rule.at_place, f.name + " " + std::string{complaint}};
  }
  return {};
}

std::vector<faults::fault> faults_of(const fault_rule& rule, const std::string& name) {
  std::vector<faults::fault> out;
  const auto* const preset = preset_named(rule.effect);
  if (preset == nullptr) {
    if (const auto what = faults::effect_named(rule.effect)) {
      out.push_back(plain_fault(rule, *what));
      out.back().name = name;
    }
    return out;
  }
  std::map<std::string_view, int> seen;
  for (const auto& part : preset->parts) {
    auto f = part_fault(rule, *preset, part);
    const auto word = to_string(part.what);
    const int nth = ++seen[word];
    f.name = name + "." + std::string{word} + (nth > 1 ? "_" + std::to_string(nth) : "");
    f.select.family = faults::key_of(name);
    out.push_back(std::move(f));
  }
  return out;
}

std::vector<std::string_view> fault_keys() {
  auto out = names_of(fault_section());
  const auto of_selection = names_of(fault_select_section());
  out.insert(out.end(), of_selection.begin(), of_selection.end());
  std::erase(out, "effect"); // a word of its own
  return out;
}

} // namespace fleet::program
