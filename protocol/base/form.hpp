// Forms and queries: `application/x-www-form-urlencoded`, in and out. Not MIME, not URLs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"

namespace fleet {

/// One field, its escapes resolved; any octets.
struct form_field {
  std::string name;
  std::string value;
  bool operator==(const form_field&) const = default;
};

enum class form_error : std::uint8_t {
  too_long,  ///< over max_form octets
  too_many,  ///< over max_form_fields
  bad_escape ///< `%` without two hexadecimal digits behind it
};
inline constexpr std::size_t max_form = 64 * 1024;
inline constexpr std::size_t max_form_fields = 64;

/// Takes a form or the query of a URL apart, in order, repeated names kept: `+` is a blank, `%XX`
/// an octet, a field without `=` has an empty value, nothing between two `&` is no field.
result<std::vector<form_field>, form_error> parse_form(std::string_view text);

/// The value of the only field of that name: nothing if it is absent or there twice, since two
/// readers may pick different ones.
std::optional<std::string_view> find_only(std::span<const form_field> fields,
                                          std::string_view name) noexcept;

/// Appends `name=value`, with `&` before it unless `out` is empty. Letters, digits and `*-._` stand
/// for themselves, a blank becomes `+`, other octets `%XX`.
void append_form_field(std::string& out, std::string_view name, std::string_view value);

/// Appends a piece of a path: as above, but a blank becomes `%20`, and `~` and `/` stand too.
void append_path(std::string& out, std::string_view path);

/// A path with its escapes resolved (`+` is no blank there), or nothing where one is malformed.
std::optional<std::string> path_text(std::string_view path);

} // namespace fleet
