// Raw JSON scalars into numbers and text; no parser needed.
#include "protocol/base/json.hpp"

#include <algorithm>
#include <charconv>

namespace fleet {

namespace {

template <class Number>
std::optional<Number> whole_number(std::string_view raw) noexcept {
  Number value{};
  const char* const end = raw.data() + raw.size();
  const bool json =
      !raw.empty() && (raw.front() == '-' || (raw.front() >= '0' && raw.front() <= '9'));
  const auto [stop, error] = std::from_chars(raw.data(), end, value);
  if (!json || error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return value;
}

/// Four hexadecimal digits, or nothing.
std::optional<std::uint32_t> code_unit(std::string_view text) noexcept {
  std::uint32_t value = 0;
  const char* const end = text.data() + 4;
  if (text.size() < 4 || std::from_chars(text.data(), end, value, 16).ptr != end) {
    return std::nullopt;
  }
  return value;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t octet) { out += static_cast<char>(octet); };
  if (point < 0x80) {
    put(point);
    return;
  }
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

/// Resolves the escape at the front of `rest`, its backslash gone, and takes it off.
bool take_escape(std::string& out, std::string_view& rest) {
  if (rest.empty()) {
    return false;
  }
  const char kind = rest.front();
  rest.remove_prefix(1);
  if (kind != 'u') {
    constexpr std::string_view marks = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    const std::size_t at = marks.find(kind);
    out += at == std::string_view::npos ? ' ' : meant[at];
    return at != std::string_view::npos;
  }
  std::optional<std::uint32_t> point = code_unit(rest);
  if (!point || (*point >= 0xdc00 && *point < 0xe000)) {
    return false;
  }
  rest.remove_prefix(4);
  if (*point >= 0xd800 && *point < 0xdc00) {
    const std::optional<std::uint32_t> low =
        rest.starts_with("\\u") ? code_unit(rest.substr(2)) : std::nullopt;
    if (!low || *low < 0xdc00 || *low >= 0xe000) {
      return false;
    }
    rest.remove_prefix(6);
    point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
  }
  append_utf8(out, *point);
  return true;
}

bool quoted(std::string_view raw) noexcept {
  return raw.size() >= 2 && raw.front() == '"' && raw.back() == '"';
}

} // namespace

std::optional<std::int64_t> json_integer(std::string_view raw) noexcept {
  return whole_number<std::int64_t>(raw);
}

std::optional<double> json_number(std::string_view raw) noexcept {
  return whole_number<double>(raw);
}

std::optional<std::string_view> json_plain_text(std::string_view raw) noexcept {
  if (!quoted(raw) || raw.find('\\') != std::string_view::npos) {
    return std::nullopt;
  }
  return raw.substr(1, raw.size() - 2);
}

bool append_json_string(std::string& out, std::string_view raw) {
  if (!quoted(raw)) {
    return false;
  }
  std::string_view rest = raw.substr(1, raw.size() - 2);
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    out.append(rest.substr(0, plain));
    rest.remove_prefix(plain);
    if (rest.empty()) {
      break;
    }
    rest.remove_prefix(1);
    if (!take_escape(out, rest)) {
      return false;
    }
  }
  return true;
}

} // namespace fleet
