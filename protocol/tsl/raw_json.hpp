// Walking a raw JSON value below the two levels that fleet::json_reader splits, without allocation.
// For values that such a reader has checked; on other text it stops early, within its bounds.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "protocol/base/json.hpp"

namespace fleet::tsl {

/// The type a raw value has by its first character; null for none.
json_type raw_type(std::string_view raw) noexcept;

/// Whether the raw value is an object or array, all of which `raw_members` can walk.
bool raw_whole(std::string_view raw) noexcept;

/// The octets a raw string says, escapes resolved; nothing for other values and broken escapes.
std::optional<std::size_t> raw_text_size(std::string_view raw) noexcept;

/// The members of a raw object or the elements of a raw array, one after the other. Nothing is
/// assumed of what is nested in them; their child fields stay empty.
class raw_members {
public:
  explicit raw_members(std::string_view raw) noexcept;

  /// The next one; false at the end, and from a mistake on.
  bool next(json_member& out) noexcept;
  /// At the end: whether it was the closing bracket.
  [[nodiscard]] bool whole() const noexcept { return whole_; }

private:
  void skip_blanks() noexcept;
  std::string_view take_string() noexcept;
  std::string_view take_value() noexcept;

  std::string_view rest_;
  char closing_ = '\0';
  bool first_ = true;
  bool whole_ = false;
};

} // namespace fleet::tsl
