// Gathers the head of a message, octet by octet, and judges what can be judged without its grammar:
// ends of lines, control characters, folding and sizes. Internal to protocol/http. Verdicts fall at
// the same octet however the head is sliced; the grammar is the parser's.
#pragma once

#include <string>

#include "protocol/base/bytes.hpp"
#include "protocol/http/types.hpp"

namespace fleet::http {

class head_collector {
public:
  enum class verdict : std::uint8_t { more, complete, violated };

  /// Ready for the next head; keeps its memory.
  void reset() noexcept;

  /// Takes octets off the front of `input`, at most up to the empty line that ends the head.
  verdict collect(bytes_view& input, const read_limits& limits);

  /// Start line, fields and the empty line, as they came; without empty lines in front.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] violation why() const noexcept { return why_; }
  /// Whether an octet came since reset().
  [[nodiscard]] bool started() const noexcept { return started_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return text_.capacity(); }

private:
  verdict take(char c, const read_limits& limits);
  verdict end_line(const read_limits& limits);
  verdict violated(violation why) noexcept;

  std::string text_;
  std::size_t line_ = 0;    ///< octets of the line under way, without its CR
  std::uint32_t lines_ = 0; ///< lines ended
  unsigned leading_ = 0;
  violation why_ = violation::malformed_head;
  bool after_cr_ = false;
  bool started_ = false;
};

} // namespace fleet::http
