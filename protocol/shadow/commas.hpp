// Commas that simdjson lets pass or that the vendor's SDK doubles. Internal to protocol/shadow.
#pragma once

#include <string>
#include <string_view>

namespace fleet::shadow {

/// What is odd about the commas of a text, outside of its strings.
struct comma_faults {
  bool doubled = false;  ///< `,,`
  bool trailing = false; ///< `,}` or `,]`
};
comma_faults find_comma_faults(std::string_view text) noexcept;

/// The text with each run of commas made one (aliyun-iot.md §13, the SDK's delete).
void append_without_doubled_commas(std::string& out, std::string_view text);

/// How many colons stand outside of strings: the number of keys of a valid document, repeats
/// included.
std::size_t count_keys(std::string_view json) noexcept;

} // namespace fleet::shadow
