// A small vocabulary and facts to hold expectations against.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "fleet/judging/verdict.hpp"

namespace fleet::judging {

inline constexpr std::array<figure_info, 9> few_figures{{
    {"lost", unit::count, argument::direction, false, false, ""},
    {"sent", unit::count, argument::nothing, true, true, ""},
    {"restarts", unit::count, argument::nothing, true, true, ""},
    {"online", unit::count, argument::nothing, false, true, ""},
    {"p99", unit::duration, argument::latency, false, true, ""},
    {"max", unit::duration, argument::latency, true, true, ""},
    {"cpu_s", unit::duration, argument::nothing, true, true, ""},
    {"rss_max", unit::size, argument::nothing, true, true, ""},
    {"recovered_within", unit::duration, argument::fault, true, true, ""},
}};

inline const vocabulary& few_words() {
  static const std::array<std::vector<std::string_view>, argument_count> words{
      {{}, {"uplink", "downlink"}, {"connect", "publish_ack"}, {}, {"reset"}, {"sent"}}};
  static const vocabulary all{few_figures, words};
  return all;
}

/// Figures by their names with arguments.
struct told_facts final : known_facts {
  std::map<std::string, double> told;
  [[nodiscard]] static std::string key(std::size_t figure, std::string_view argument) {
    std::string out{few_figures[figure].name};
    return argument.empty() ? out : out + "(" + std::string{argument} + ")";
  }
  [[nodiscard]] std::optional<double> value(std::size_t figure,
                                            std::string_view argument) const override {
    const auto found = told.find(key(figure, argument));
    return found == told.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] std::string why_unknown(std::size_t, std::string_view) const override {
    return "not known";
  }
};

} // namespace fleet::judging
