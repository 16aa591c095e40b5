// What logon messages have in common.
#include "protocol/alink/logon_fields.hpp"

#include <algorithm>

namespace fleet::alink::detail {

bool visible(std::string_view text, std::size_t limit) noexcept {
  return !text.empty() && text.size() <= limit
         && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool has(std::span<const form_field> fields, std::string_view name) noexcept {
  return std::any_of(fields.begin(), fields.end(),
                     [name](const form_field& f) { return f.name == name; });
}

named_method method_of(std::span<const form_field> fields) noexcept {
  const bool lower = has(fields, "signmethod");
  if (!lower && !has(fields, "signMethod")) {
    return {true, sign_method::hmacmd5};
  }
  const auto word = find_only(fields, lower ? "signmethod" : "signMethod");
  if (!word || (lower && has(fields, "signMethod"))) {
    return {false, std::nullopt};
  }
  return {true, parse_sign_method(*word)};
}

bool take(std::span<const form_field> fields, std::string_view name, std::size_t limit,
          std::string& out) {
  const auto found = find_only(fields, name);
  if (!found || !visible(*found, limit)) {
    return false;
  }
  out.assign(*found);
  return true;
}

const json_member* only(std::span<const json_member> members, std::string_view name) noexcept {
  const json_member* found = nullptr;
  for (const json_member& m : members) {
    if (m.key == name) {
      if (found != nullptr) {
        return nullptr;
      }
      found = &m;
    }
  }
  return found;
}

bool take(std::span<const json_member> members, std::string_view name, std::size_t limit,
          std::string& out) {
  const json_member* const m = only(members, name);
  out.clear();
  return m != nullptr && append_json_string(out, m->value) && visible(out, limit);
}

result<const json_member*, logon_refusal> data_of(json_reader& reader, bytes_view body) {
  if (reader.read(body) != json_error::none || reader.is_array()) {
    return fail(logon_refusal{});
  }
  const json_member* const code = only(reader.top(), "code");
  const auto number = code != nullptr ? json_integer(code->value) : std::nullopt;
  if (!number || *number == 0) {
    return fail(logon_refusal{});
  }
  if (*number != code_success) {
    return fail(logon_refusal{*number});
  }
  const json_member* const data = only(reader.top(), "data");
  if (data == nullptr || data->type != json_type::object) {
    return fail(logon_refusal{});
  }
  return data;
}

} // namespace fleet::alink::detail
