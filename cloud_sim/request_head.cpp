// A JSON acceptor (RFC 8259) with a bit for each open bracket instead of a stack.
#include "cloud_sim/request_head.hpp"

#include <cstdint>

namespace fleet::cloud {

namespace {

constexpr unsigned depth_max = 64;

/// Longest `id` echoed; §10 asks for ten digits, the Node SDK sends whole topics.
constexpr std::size_t id_max = 256;

bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

class scanner {
public:
  explicit scanner(std::string_view text) noexcept : at_(text.data()), end_(at_ + text.size()) {}

  request_head run() noexcept {
    request_head head;
    blanks();
    if (at_ == end_ || *at_ != '{') {
      return head;
    }
    head.well_formed = document(head.raw_id);
    return head;
  }

private:
  void blanks() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) {
      ++at_;
    }
  }

  bool take(char c) noexcept {
    if (at_ == end_ || *at_ != c) {
      return false;
    }
    ++at_;
    return true;
  }

  bool word(std::string_view w) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < w.size() || std::string_view{at_, w.size()} != w) {
      return false;
    }
    at_ += w.size();
    return true;
  }

  bool string() noexcept {
    if (!take('"')) {
      return false;
    }
    while (at_ != end_) {
      const char c = *at_++;
      if (c == '"') {
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20 || (c == '\\' && !escape())) {
        return false;
      }
    }
    return false;
  }

  bool escape() noexcept {
    if (at_ == end_) {
      return false;
    }
    const char c = *at_++;
    if (c != 'u') {
      return std::string_view{"\"\\/bfnrt"}.find(c) != std::string_view::npos;
    }
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ == end_
          || !(digit(*at_) || (*at_ >= 'a' && *at_ <= 'f') || (*at_ >= 'A' && *at_ <= 'F'))) {
        return false;
      }
    }
    return true;
  }

  bool digits() noexcept {
    const char* const from = at_;
    while (at_ != end_ && digit(*at_)) {
      ++at_;
    }
    return at_ != from;
  }

  bool number() noexcept {
    take('-');
    if (!take('0') && !digits()) {
      return false;
    }
    if (take('.') && !digits()) {
      return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (!take('+')) {
        take('-');
      }
      return digits();
    }
    return true;
  }

  bool scalar() noexcept {
    switch (at_ == end_ ? '\0' : *at_) {
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
    }
    return number();
  }

  void open(bool object) noexcept {
    objects_ = (objects_ << 1) | (object ? 1U : 0U);
    ++depth_;
  }
  void close() noexcept {
    objects_ >>= 1;
    --depth_;
  }
  [[nodiscard]] bool in_object() const noexcept { return (objects_ & 1U) != 0; }

  // A member's name and colon; tells whether it is the outermost `id`.
  bool name(bool& is_id) noexcept {
    const char* const from = at_;
    if (!string()) {
      return false;
    }
    is_id = depth_ == 1 && std::string_view{from, static_cast<std::size_t>(at_ - from)} == "\"id\"";
    blanks();
    return take(':');
  }

  bool document(std::string_view& raw_id) noexcept {
    bool fresh = true; // at the opening of a bracket or where a value must stand
    open(true);
    ++at_;
    while (depth_ != 0) {
      blanks();
      if (fresh ? take(in_object() ? '}' : ']') : false) {
        close();
        fresh = false;
        continue;
      }
      if (!fresh) {
        if (take(in_object() ? '}' : ']')) {
          close();
          continue;
        }
        if (!take(',')) {
          return false;
        }
        blanks();
      }
      bool is_id = false;
      if (in_object() && !name(is_id)) {
        return false;
      }
      blanks();
      if (at_ != end_ && (*at_ == '{' || *at_ == '[')) {
        if (depth_ == depth_max) {
          return false;
        }
        open(*at_ == '{');
        ++at_;
        fresh = true;
        continue;
      }
      const char* const from = at_;
      if (!scalar()) {
        return false;
      }
      const std::string_view raw{from, static_cast<std::size_t>(at_ - from)};
      if (is_id && raw_id.empty() && raw.size() <= id_max && (raw[0] == '"' || raw[0] == '-' || digit(raw[0]))) {
        raw_id = raw;
      }
      fresh = false;
    }
    blanks();
    return at_ == end_;
  }

  const char* at_;
  const char* end_;
  std::uint64_t objects_ = 0;
  unsigned depth_ = 0;
};

} // namespace

request_head read_request_head(bytes_view payload) noexcept {
  return scanner{as_text(payload)}.run();
}

} // namespace fleet::cloud
