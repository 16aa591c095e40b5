// Steps through a raw JSON container below the two levels that json_reader splits. Not a parser: it
// trusts that json_reader found the text whole, and merely stays inside it if that is not so.
#pragma once

#include <string_view>

#include "protocol/base/json.hpp"

namespace fleet {

/// The members of one object or the elements of one array, in order, without allocation and in time
/// linear in the length. Anything else has none.
class json_walk {
public:
  explicit json_walk(std::string_view raw) noexcept;

  /// The next member; its children are for another walk over its value. False at the end.
  bool next(json_member& out) noexcept;

private:
  [[nodiscard]] std::size_t value_end(std::size_t from) const noexcept;
  std::string_view text_;
  std::size_t at_ = 0;
  bool object_ = false;
};

/// The type of a raw value, by its first character; null for what is none.
json_type json_type_of(std::string_view raw) noexcept;

} // namespace fleet
