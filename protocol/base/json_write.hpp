// JSON out, straight into a byte buffer: escaped text, numbers, and an object member by member. No
// document tree, no allocation but the buffer's.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet {

/// Appends a decimal integer.
void append_integer(byte_buffer& out, std::int64_t value);
void append_unsigned(byte_buffer& out, std::uint64_t value);

/// Appends thousandths as a decimal with three places: 12345 is `12.345`, -5 is `-0.005`.
void append_thousandths(byte_buffer& out, std::int64_t thousandths);

/// Appends text as a JSON string with its quotes. `text` is UTF-8; octets above 127 pass unchanged.
void append_json_text(byte_buffer& out, std::string_view text);

/// Writes one object: its opening brace at once, its closing one at end(). Keys are escaped.
class object_writer {
public:
  explicit object_writer(byte_buffer& out) : out_(out) { out_.push('{'); }

  void integer(std::string_view key, std::int64_t value);
  void thousandths(std::string_view key, std::int64_t value);
  void text(std::string_view key, std::string_view value);
  /// Alink's bool: 1 or 0 (aliyun-iot.md §11.3).
  void boolean(std::string_view key, bool value);
  /// A value that is JSON already.
  void raw(std::string_view key, std::string_view json);
  /// Opens an object as a member; close() ends it.
  void open(std::string_view key);
  void close();
  void end() { out_.push('}'); }

private:
  void start(std::string_view key);
  byte_buffer& out_;
  bool first_ = true;
};

} // namespace fleet
