// JSON in: the one door to simdjson. Splits a document into the members of its first two levels and
// validates all of it; JSON out is json_write.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet {

enum class json_type : std::uint8_t { object, array, string, number, boolean, null };

/// One member of an object or, without a key, one element of an array.
struct json_member {
  std::string_view key;   ///< between its quotes, escapes as written
  std::string_view value; ///< raw: a string with its quotes, an object with its braces
  json_type type = json_type::null;
  std::uint32_t first_child = 0;
  std::uint32_t child_count = 0;
};

enum class json_error : std::uint8_t {
  none,
  too_large,        ///< more than max_text octets
  too_deep,         ///< nested deeper than max_depth
  too_many_members, ///< more than max_members in the first two levels
  no_container,     ///< a lone string, number, … or nothing at all
  malformed         ///< not RFC 8259, not UTF-8, or a number no machine holds
};

/// Reads documents one after the other and keeps its memory in between, up to what the largest one
/// took: a home needs one. Trusts nothing: hostile input is an error, found in linear time.
class json_reader {
public:
  static constexpr std::size_t max_text = 1U << 20;
  static constexpr int max_depth = 32;
  static constexpr std::size_t max_members = 8192;

  json_reader();
  json_reader(json_reader&&) noexcept;
  json_reader& operator=(json_reader&&) noexcept;
  ~json_reader();

  /// Reads one document. The members' views point into `text`, not into the reader; the members
  /// themselves last until the next read(). After an error top() holds what was whole before it.
  json_error read(bytes_view text);

  /// Whether the last document was an array rather than an object.
  [[nodiscard]] bool is_array() const noexcept;
  [[nodiscard]] std::span<const json_member> top() const noexcept;
  /// Members of an object or array found in top(); empty for other types.
  [[nodiscard]] std::span<const json_member> children(const json_member& of) const noexcept;
  /// The first member of that name in top(), if any.
  [[nodiscard]] const json_member* find(std::string_view key) const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// A raw number without fraction or exponent that fits, or nothing.
std::optional<std::int64_t> json_integer(std::string_view raw) noexcept;

/// Any raw number, or nothing.
std::optional<double> json_number(std::string_view raw) noexcept;

/// What a raw string without escapes says, or nothing for other values.
std::optional<std::string_view> json_plain_text(std::string_view raw) noexcept;

/// What any raw string says, escapes resolved, appended to `out`; false for other values and for a
/// surrogate without its other half.
bool append_json_string(std::string& out, std::string_view raw);

} // namespace fleet
