// A scanner that counts brackets instead of recursing over them.
#include "protocol/tsl/raw_json.hpp"

#include <algorithm>
#include <charconv>

namespace fleet::tsl {

namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Octets of the string at the front of `text`, with its quotes; 0 if it does not end.
std::size_t string_size(std::string_view text) noexcept {
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') {
    at += text[at] == '\\' ? 2 : 1;
  }
  return at < text.size() ? at + 1 : 0;
}

/// The four hexadecimal digits at the front of `text` as a number, or nothing.
std::optional<std::uint32_t> code_unit(std::string_view text) noexcept {
  std::uint32_t value = 0;
  if (text.size() < 4
      || std::from_chars(text.data(), text.data() + 4, value, 16).ptr != text.data() + 4) {
    return std::nullopt;
  }
  return value;
}

/// Takes `\uXXXX`, and the low half behind a high one, off `rest`; octets in UTF-8, or nothing.
std::optional<std::size_t> take_code_point(std::string_view& rest) noexcept {
  const auto unit = code_unit(rest.substr(2));
  if (!unit || (*unit >= 0xdc00 && *unit < 0xe000)) {
    return std::nullopt;
  }
  rest.remove_prefix(6);
  if (*unit < 0xd800 || *unit >= 0xe000) {
    return *unit < 0x80 ? 1 : *unit < 0x800 ? 2 : 3;
  }
  const auto low = rest.starts_with("\\u") ? code_unit(rest.substr(2)) : std::nullopt;
  if (!low || *low < 0xdc00 || *low >= 0xe000) {
    return std::nullopt;
  }
  rest.remove_prefix(6);
  return 4;
}

} // namespace

json_type raw_type(std::string_view raw) noexcept {
  switch (raw.empty() ? '\0' : raw.front()) {
    case '{': return json_type::object;
    case '[': return json_type::array;
    case '"': return json_type::string;
    case 't':
    case 'f': return json_type::boolean;
    case 'n':
    case '\0': return json_type::null;
    default: return json_type::number;
  }
}

bool raw_whole(std::string_view raw) noexcept {
  raw_members all{raw};
  json_member ignored;
  while (all.next(ignored)) {
  }
  return all.whole();
}

std::optional<std::size_t> raw_text_size(std::string_view raw) noexcept {
  if (raw.empty() || raw.front() != '"' || string_size(raw) != raw.size()) {
    return std::nullopt;
  }
  std::string_view rest = raw.substr(1, raw.size() - 2);
  std::size_t size = 0;
  while (!rest.empty()) {
    const std::size_t run = std::min(rest.find('\\'), rest.size());
    size += run;
    rest.remove_prefix(run);
    if (rest.starts_with("\\u")) {
      const auto octets = take_code_point(rest);
      if (!octets) {
        return std::nullopt;
      }
      size += *octets;
    } else if (!rest.empty()) {
      constexpr std::string_view marks = "\"\\/bfnrt";
      if (rest.size() < 2 || marks.find(rest[1]) == std::string_view::npos) {
        return std::nullopt;
      }
      rest.remove_prefix(2);
      ++size;
    }
  }
  return size;
}

raw_members::raw_members(std::string_view raw) noexcept {
  if (raw.starts_with('{') || raw.starts_with('[')) {
    closing_ = raw.front() == '{' ? '}' : ']';
    rest_ = raw.substr(1);
  }
}

bool raw_members::next(json_member& out) noexcept {
  skip_blanks();
  if (rest_.empty() || whole_) {
    return false;
  }
  if (rest_.front() == closing_) {
    rest_.remove_prefix(1);
    skip_blanks();
    whole_ = rest_.empty(); // nothing may follow
    rest_ = {};
    return false;
  }
  if (!first_) {
    if (rest_.front() != ',') {
      rest_ = {};
      return false;
    }
    rest_.remove_prefix(1);
    skip_blanks();
  }
  first_ = false;
  out = {};
  if (closing_ == '}') {
    const std::string_view key = take_string();
    skip_blanks();
    if (key.size() < 2 || !rest_.starts_with(':')) {
      rest_ = {};
      return false;
    }
    out.key = key.substr(1, key.size() - 2);
    rest_.remove_prefix(1);
    skip_blanks();
  }
  out.value = take_value();
  out.type = raw_type(out.value);
  if (out.value.empty()) {
    rest_ = {};
  }
  return !out.value.empty();
}

void raw_members::skip_blanks() noexcept {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
}

std::string_view raw_members::take_string() noexcept {
  const std::size_t size = rest_.starts_with('"') ? string_size(rest_) : 0;
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::string_view raw_members::take_value() noexcept {
  if (rest_.starts_with('"')) {
    return take_string();
  }
  std::size_t depth = 0;
  std::size_t at = 0;
  while (at < rest_.size()) {
    const char c = rest_[at];
    if (c == '"') {
      const std::size_t size = string_size(rest_.substr(at));
      if (size == 0) {
        return {};
      }
      at += size;
      continue;
    }
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) {
        break; // the container's own
      }
      if (--depth == 0) {
        ++at;
        break;
      }
    } else if (depth == 0 && (c == ',' || blanks.find(c) != std::string_view::npos)) {
      break;
    }
    ++at;
  }
  if (depth != 0) {
    return {};
  }
  const std::string_view taken = rest_.substr(0, at);
  rest_.remove_prefix(at);
  return taken;
}

} // namespace fleet::tsl
