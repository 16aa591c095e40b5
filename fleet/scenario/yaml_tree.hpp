// YAML text as a tree of values that know their place, every key kept, duplicates too. Bounded in
// size, depth and what aliases expand to. Knows nothing of scenarios.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/base/result.hpp"

namespace fleet::program {

/// A place in a text, both from 1; columns count octets.
struct text_place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  friend auto operator<=>(const text_place&, const text_place&) = default;
};

/// A mistake at its place; one sentence.
struct placed_mistake {
  text_place at;
  std::string message;

  friend bool operator==(const placed_mistake&, const placed_mistake&) = default;
};

enum class yaml_kind : std::uint8_t {
  nothing, ///< no value, `~` or `null`
  word,    ///< a scalar, quoted or not
  list,
  map
};

struct yaml_key;

/// A value; an alias is a copy of what it names, places included.
struct yaml_value {
  yaml_kind kind = yaml_kind::nothing;
  text_place at;
  std::string word;             ///< of a word
  std::vector<yaml_value> list; ///< of a list
  std::vector<yaml_key> map;    ///< of a map, in the file's order; a key may come twice

  /// The first value of a key; null where it is missing or this is no map.
  [[nodiscard]] const yaml_value* find(std::string_view key) const noexcept;
};

struct yaml_key {
  std::string name;
  text_place at;
  yaml_value value;
};

inline constexpr std::size_t yaml_octets_most = 1024UL * 1024; ///< of a text
inline constexpr std::size_t yaml_depth_most = 16;             ///< lists and maps in each other
inline constexpr std::size_t yaml_values_most = 100'000;       ///< aliases expanded

/// Reads one document of UTF-8 text; a byte order mark and CRLF are taken. An empty text is
/// `nothing`. The first mistake ends it: broken syntax or encoding, a second document, a limit, a
/// tag, a key that is no word, an alias inside of what it names.
result<yaml_value, placed_mistake> parse_yaml(std::string_view text);

} // namespace fleet::program
