// What a scenario file, or the words of `--fault` and `fleet fault add`, say of faults (design,
// part 9): plain data, as scenario.hpp. What comes of it is fault_plan.hpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/scenario/yaml_tree.hpp"
#include "protocol/base/time.hpp"
#include "protocol/faults/selector.hpp"
#include "protocol/faults/timeline.hpp"

namespace fleet::program {

/// `regions[]`: a part of the fleet, by hash.
struct region_rule {
  std::string name;
  std::uint32_t share_ppm = 0; ///< of all devices, in millionths
};

/// `faults[].select`: those that all of these hold for, any word of each.
struct fault_select_rule {
  std::optional<std::uint32_t> percent_ppm; ///< of those that the others select; none: all
  std::vector<std::string> products;
  std::vector<std::string> tags;    ///< `key=value`, of products
  std::vector<std::string> indices; ///< `7` or `100-199`, in the fleet
  std::vector<std::string> regions;
  std::vector<std::string> devices; ///< by name
};

/// Where a key, or the n-th word of its list, stands; those of the selection as `select.product`.
struct fault_key_place {
  std::string key;
  text_place at;
  std::vector<text_place> items;
};

/// `faults[]`. What is none has its effect's default.
struct fault_rule {
  std::string name;   ///< empty: its effect's word, with _2, _3… where that is taken
  std::string effect; ///< of an effect, or of a preset
  duration at{0};
  std::optional<duration> span; ///< key `for`; faults::no_end: until it is removed
  std::optional<duration> ramp;
  std::optional<duration> every;
  std::optional<duration> by;
  std::optional<std::uint32_t> share_ppm;
  std::optional<std::uint64_t> rate;
  std::optional<std::uint32_t> size;
  std::optional<std::int32_t> drift_ppm;
  std::optional<std::uint32_t> status;
  fault_select_rule select;
  std::string words; ///< of the command line; empty: it is from a file
  text_place at_place;
  std::vector<fault_key_place> places;

  /// Of a key's value, of an item of its list; of the whole fault where it has none.
  [[nodiscard]] text_place place(std::string_view key) const noexcept;
  [[nodiscard]] text_place place(std::string_view key, std::size_t item) const noexcept;
  /// Whether a key was written.
  [[nodiscard]] bool has(std::string_view key) const noexcept;
};

/// One that a run has: what a rule, or a part of its preset, comes to.
struct planned_fault {
  faults::fault fault;
  text_place at; ///< where the file has it
};

inline constexpr std::size_t scenario_faults_most = faults::timeline::faults_max;
inline constexpr std::size_t scenario_regions_most = faults::region_map::regions_max;
inline constexpr std::size_t select_words_most = 1000;
inline constexpr std::size_t fault_words_octets_most = 4096;

} // namespace fleet::program
