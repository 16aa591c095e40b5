// One look at each octet.
#include "protocol/http/head_collector.hpp"

namespace fleet::http {

void head_collector::reset() noexcept {
  text_.clear();
  line_ = 0;
  lines_ = 0;
  leading_ = 0;
  after_cr_ = false;
  started_ = false;
}

head_collector::verdict head_collector::violated(violation why) noexcept {
  why_ = why;
  return verdict::violated;
}

head_collector::verdict head_collector::end_line(const read_limits& limits) {
  const bool empty = line_ == 0;
  after_cr_ = false;
  line_ = 0;
  if (empty && lines_ == 0) { // RFC 9112 §2.2: left over from a body before
    text_.clear();
    return ++leading_ > leading_lines_max ? violated(violation::malformed_head) : verdict::more;
  }
  if (empty) {
    return verdict::complete;
  }
  ++lines_;
  return lines_ > limits.fields_max + 1U ? violated(violation::too_many_fields) : verdict::more;
}

head_collector::verdict head_collector::take(char c, const read_limits& limits) {
  text_.push_back(c);
  if (after_cr_ || c == '\n') {
    // A lone CR or LF ends a line for some readers and not for others: the door to smuggling.
    return after_cr_ && c == '\n' ? end_line(limits) : violated(violation::malformed_head);
  }
  if (c == '\r') {
    after_cr_ = true;
    return verdict::more;
  }
  const auto u = static_cast<unsigned char>(c);
  const bool folded = line_ == 0 && (c == ' ' || c == '\t'); // RFC 9112 §5.2
  if (folded || (u < 0x20 && c != '\t') || u == 0x7f) {
    return violated(violation::malformed_head);
  }
  ++line_;
  if (lines_ == 0 && line_ > limits.start_line_max) {
    return violated(violation::start_line_too_long);
  }
  return text_.size() > limits.head_max ? violated(violation::head_too_large) : verdict::more;
}

head_collector::verdict head_collector::collect(bytes_view& input, const read_limits& limits) {
  started_ = started_ || !input.empty();
  std::size_t taken = 0;
  verdict now = verdict::more;
  while (now == verdict::more && taken < input.size()) {
    now = take(static_cast<char>(input[taken++]), limits);
  }
  input = input.subspan(taken);
  return now;
}

} // namespace fleet::http
