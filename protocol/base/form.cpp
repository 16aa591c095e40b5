// Escapes, and what is between `&` and `=`.
#include "protocol/base/form.hpp"

#include <algorithm>

namespace fleet {

namespace {

int digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// Appends `text` with its escapes resolved; false at a malformed one.
bool append_plain(std::string& out, std::string_view text, bool plus_is_blank) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(plus_is_blank && text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const int high = text.size() - i > 2 ? digit_of(text[i + 1]) : -1;
    const int low = text.size() - i > 2 ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return false;
    }
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return true;
}

bool letter_or_digit(char c) noexcept {
  const char low = static_cast<char>(c | 0x20);
  return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'z');
}

void append_escaped(std::string& out, std::string_view text, std::string_view standing) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (letter_or_digit(c) || standing.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      const auto u = static_cast<unsigned char>(c);
      out.append({'%', digits[u >> 4], digits[u & 0xf]});
    }
  }
}

/// A value in a form: escaped, blanks as `+`.
void append_value(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    append_escaped(out, text.substr(0, blank), "*-._");
    if (blank < text.size()) {
      out.push_back('+');
    }
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
}

} // namespace

result<std::vector<form_field>, form_error> parse_form(std::string_view text) {
  if (text.size() > max_form) {
    return fail(form_error::too_long);
  }
  std::vector<form_field> fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) {
      continue;
    }
    if (fields.size() == max_form_fields) {
      return fail(form_error::too_many);
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    form_field& field = fields.emplace_back();
    if (!append_plain(field.name, pair.substr(0, equals), true)
        || !append_plain(field.value, pair.substr(std::min(equals + 1, pair.size())), true)) {
      return fail(form_error::bad_escape);
    }
  }
  return fields;
}

std::optional<std::string_view> find_only(std::span<const form_field> fields,
                                          std::string_view name) noexcept {
  const auto named = [name](const form_field& f) { return f.name == name; };
  const auto first = std::find_if(fields.begin(), fields.end(), named);
  if (first == fields.end() || std::any_of(first + 1, fields.end(), named)) {
    return std::nullopt;
  }
  return first->value;
}

void append_form_field(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) {
    out.push_back('&');
  }
  append_value(out, name);
  out.push_back('=');
  append_value(out, value);
}

void append_path(std::string& out, std::string_view path) {
  append_escaped(out, path, "-._~/");
}

std::optional<std::string> path_text(std::string_view path) {
  std::string out;
  if (!append_plain(out, path, false)) {
    return std::nullopt;
  }
  return out;
}

} // namespace fleet
