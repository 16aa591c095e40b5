// The keys of a scenario file as data: what each takes, its default and its meaning. Reader, JSON
// Schema and docs/scenarios.md all stand on this one table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fleet::program {

/// One key. Texts are for people; `words` and `list` are what a schema needs besides.
struct scenario_key {
  std::string_view section; ///< where it stands: empty for the file, `products[].report[]`…
  std::string_view name;
  std::string_view type; ///< with an article before it: `count`, `duration`, `list of maps`…
  std::string unit;      ///< empty: none
  std::string default_text;
  std::string range;
  std::string_view text; ///< one or two sentences
  std::string_view example;
  std::vector<std::string> words; ///< where it takes one of these
};

/// All keys, section by section, in the order of the reference.
const std::vector<scenario_key>& scenario_keys();

} // namespace fleet::program
