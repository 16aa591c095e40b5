// A JSON document as a tree that remembers where everything stood, for reading configuration with
// good error messages. Not for what travels: that is protocol/base/json.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/json.hpp"
#include "protocol/base/result.hpp"

namespace fleet::tsl {

/// One value. Offsets count octets from the front of the document.
struct json_node {
  json_type type = json_type::null;
  std::uint32_t at = 0;     ///< its first octet
  std::uint32_t key_at = 0; ///< of a member: its key's opening quote
  std::uint32_t next = 0;   ///< the next value of the same container; 0: none
  std::uint32_t first = 0;  ///< a container's first value; 0: none
  std::string key;          ///< of a member, escapes resolved
  std::string text;         ///< string: what it says; number, boolean, null: as written
};

/// A mistake at an offset of the document, as one sentence.
struct tree_error {
  std::uint32_t at = 0;
  std::string message;
};

/// A place in a text, both counted from 1; columns count octets.
struct text_position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

text_position position_of(std::string_view text, std::uint32_t offset) noexcept;

class json_tree {
public:
  static constexpr std::size_t max_nodes = 65536;
  static constexpr std::size_t max_depth = 16;

  /// Reads one document of at most max_document octets. Refuses what RFC 8259 refuses, text that is
  /// not UTF-8, a key that stands twice in its object, and more than the limits above.
  static result<json_tree, tree_error> parse(std::string_view text);

  [[nodiscard]] const json_node& root() const noexcept { return nodes_.front(); }
  /// The values of an object or array in their order; none for other types.
  [[nodiscard]] std::vector<const json_node*> children(const json_node& of) const;
  /// An object's member, or null.
  [[nodiscard]] const json_node* member(const json_node& of, std::string_view key) const noexcept;

private:
  friend class tree_builder;
  std::vector<json_node> nodes_;
};

} // namespace fleet::tsl
