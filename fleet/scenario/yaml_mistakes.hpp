// What is wrong with a text before it is YAML, and what to do about YAML that is broken; yaml-cpp's
// own words say what it missed, not what to write. Knows nothing of scenarios.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fleet/scenario/yaml_tree.hpp"

namespace fleet::program {

/// Where the text stops being UTF-8 without control characters, and what is there instead.
std::optional<placed_mistake> encoding_mistake(std::string_view text);

/// What the parser stumbled over at octet `at` of the text: what is there, and what would be right.
std::string broken_yaml(std::string_view parser_says, std::string_view text, std::size_t at);

/// The place of octet `at`.
text_place place_in(std::string_view text, std::size_t at);

} // namespace fleet::program
