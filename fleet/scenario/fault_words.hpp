// Faults from a line of words, `latency by=300ms for=30s percent=20%`, as `--fault` and `fleet
// fault add` have them; and what a single fault, from there or from a file, cannot say. The keys
// are those of scenario files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/scenario/faults.hpp"
#include "fleet/scenario/reading.hpp"
#include "protocol/base/result.hpp"

namespace fleet::program {

/// The effect's word first or as `effect=WORD`, then KEY=VALUE; values of selections may be lists
/// with commas. The first mistake with its column.
result<fault_rule, placed_mistake> parse_fault_words(std::string_view words);

/// The keys, but for the effect's.
std::vector<std::string_view> fault_keys();

/// As the rest of a sentence that starts with the words: `has a mistake at its column 9: …`.
std::string complaint_of(const placed_mistake& wrong);

/// Keeps where the keys of a fault stand.
void note_places(const yaml_value& map, fault_rule& rule);

/// What one fault says against itself: no effect, parameters that its effect does not take, times
/// that cannot be. With its places noted.
std::optional<placed_mistake> mistake_within(const fault_rule& rule);

/// The faults that a rule stands for: one, or the parts of a preset; whom they hit is left open.
/// Not empty, where mistake_within() has nothing. `name` goes before the parts' own, and is what
/// they are drawn by together.
std::vector<faults::fault> faults_of(const fault_rule& rule, const std::string& name);

} // namespace fleet::program
