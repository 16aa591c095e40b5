// Digits, escapes, commas.
#include "protocol/base/json_write.hpp"

#include <charconv>

namespace fleet {

namespace {

template <class Number>
void append_number(byte_buffer& out, Number value) {
  char digits[24];
  const char* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(std::string_view{digits, static_cast<std::size_t>(end - digits)});
}

bool plain(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

void append_escape(byte_buffer& out, char c) {
  constexpr std::string_view special = "\"\\\b\f\n\r\t";
  constexpr std::string_view marks = "\"\\bfnrt";
  constexpr std::string_view digits = "0123456789abcdef";
  out.push('\\');
  if (const std::size_t at = special.find(c); at != std::string_view::npos) {
    out.push(static_cast<std::uint8_t>(marks[at]));
    return;
  }
  out.append(std::string_view{"u00"});
  out.push(static_cast<std::uint8_t>(digits[static_cast<std::size_t>(c >> 4 & 0xf)]));
  out.push(static_cast<std::uint8_t>(digits[static_cast<std::size_t>(c & 0xf)]));
}

} // namespace

void append_integer(byte_buffer& out, std::int64_t value) {
  append_number(out, value);
}

void append_unsigned(byte_buffer& out, std::uint64_t value) {
  append_number(out, value);
}

void append_thousandths(byte_buffer& out, std::int64_t thousandths) {
  // The magnitude as unsigned: the smallest number has no positive counterpart.
  const bool negative = thousandths < 0;
  const auto bits = static_cast<std::uint64_t>(thousandths);
  const std::uint64_t magnitude = negative ? 0 - bits : bits;
  if (negative) {
    out.push('-');
  }
  append_number(out, magnitude / 1000);
  const std::uint64_t rest = magnitude % 1000;
  const char places[] = {'.', static_cast<char>('0' + rest / 100),
                         static_cast<char>('0' + rest / 10 % 10),
                         static_cast<char>('0' + rest % 10)};
  out.append(std::string_view{places, sizeof places});
}

void append_json_text(byte_buffer& out, std::string_view text) {
  out.push('"');
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && plain(text[run])) {
      ++run;
    }
    out.append(text.substr(0, run));
    if (run < text.size()) {
      append_escape(out, text[run++]);
    }
    text.remove_prefix(run);
  }
  out.push('"');
}

void object_writer::start(std::string_view key) {
  if (!first_) {
    out_.push(',');
  }
  first_ = false;
  append_json_text(out_, key);
  out_.push(':');
}

void object_writer::integer(std::string_view key, std::int64_t value) {
  start(key);
  append_integer(out_, value);
}

void object_writer::thousandths(std::string_view key, std::int64_t value) {
  start(key);
  append_thousandths(out_, value);
}

void object_writer::text(std::string_view key, std::string_view value) {
  start(key);
  append_json_text(out_, value);
}

void object_writer::boolean(std::string_view key, bool value) {
  start(key);
  out_.push(value ? '1' : '0');
}

void object_writer::raw(std::string_view key, std::string_view json) {
  start(key);
  out_.append(json);
}

void object_writer::open(std::string_view key) {
  start(key);
  out_.push('{');
  first_ = true;
}

void object_writer::close() {
  out_.push('}');
  first_ = false;
}

} // namespace fleet
