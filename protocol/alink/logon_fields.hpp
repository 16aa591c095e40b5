// Helpers of logon.cpp and registration.cpp: fields of forms and of JSON, checked. Internal to
// protocol/alink.
#pragma once

#include "protocol/alink/logon.hpp"
#include "protocol/base/form.hpp"

namespace fleet::alink::detail {

/// Whether `text` is 1 to `limit` visible ASCII characters.
bool visible(std::string_view text, std::size_t limit) noexcept;

/// The method named by `signmethod` or `signMethod`: hmacmd5 if by neither; nothing if by both,
/// twice, or if it is unknown.
struct named_method {
  bool readable = true; ///< at most one field names it
  std::optional<sign_method> method;
};
named_method method_of(std::span<const form_field> fields) noexcept;

/// Whether a field of that name is there at all.
bool has(std::span<const form_field> fields, std::string_view name) noexcept;

/// Takes the one field of that name if it is visible and not too long.
bool take(std::span<const form_field> fields, std::string_view name, std::size_t limit,
          std::string& out);

/// The only member of that name; null if it is absent or there twice.
const json_member* only(std::span<const json_member> members, std::string_view name) noexcept;

/// Takes a member that is a string of visible characters, not too long.
bool take(std::span<const json_member> members, std::string_view name, std::size_t limit,
          std::string& out);

/// `data` of an answer with code 200, or why there is none. The member lives until `reader` reads
/// again.
result<const json_member*, logon_refusal> data_of(json_reader& reader, bytes_view body);

} // namespace fleet::alink::detail
