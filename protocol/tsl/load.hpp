// A thing model from its JSON (aliyun-iot.md §12), read strictly: a file that says something else
// than its author meant must not run. Opens no file itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::tsl {

/// One mistake: where, counted from 1 (columns count octets), and the whole line to print:
/// `file:line:column: what is wrong, what was expected, the nearest valid word`.
struct model_error {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;
};

/// Mistakes reported of one document; a broken one yields one.
inline constexpr std::size_t max_model_errors = 20;

/// Reads one thing model. `file_name` is only for messages.
///
/// Refused are: anything RFC 8259 refuses, keys that stand twice, unknown keys and words, missing
/// ones, identifiers that stand twice or have other characters than letters, digits and `_`, specs
/// out of order (min above max, a step that does not fit, an enum without values, …), types nested
/// otherwise than §12 allows, and more of anything than data_type.hpp's limits.
/// Specs may be numbers or, as the vendor writes them, strings. The built-ins `post`, `set` and
/// `get` may be left out; if given they must agree with the properties.
result<model, std::vector<model_error>> load_model(std::string_view text,
                                                   std::string_view file_name);

} // namespace fleet::tsl
