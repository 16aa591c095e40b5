// A second reading of MQTT 3.1.1, octet by octet and without the codec, so that codec and machines
// are not their own judges. It takes whole, valid streams; a mistake in them stands in `fault`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace fleet::mqtt::test {

/// One packet: type 1 to 14, the low four bits of its first octet, and what follows the length.
struct bare_packet {
  unsigned type = 0;
  unsigned flags = 0;
  std::string body;
};

/// Reads the fields of one body in turn.
class bare_reader {
public:
  explicit bare_reader(std::string_view body) : rest_(body) {}

  unsigned octet() {
    if (rest_.empty()) {
      fault = "an octet is missing";
      return 0;
    }
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  unsigned number() {
    const unsigned high = octet();
    return high * 256 + octet();
  }
  std::string text() {
    const std::size_t size = number();
    if (size > rest_.size()) {
      fault = "a text is cut";
      return {};
    }
    std::string value{rest_.substr(0, size)};
    rest_.remove_prefix(size);
    return value;
  }
  std::string remainder() {
    std::string value{rest_};
    rest_ = {};
    return value;
  }
  [[nodiscard]] bool done() const { return rest_.empty(); }

  std::string fault;

private:
  std::string_view rest_;
};

/// Cuts a stream into packets (2.2); octets that are no whole packet end the list with type 0.
inline std::vector<bare_packet> cut(bytes_view stream) {
  std::vector<bare_packet> out;
  std::string_view rest = as_text(stream);
  while (!rest.empty()) {
    bare_packet p;
    const auto head = static_cast<unsigned char>(rest[0]);
    p.type = head / 16;
    p.flags = head % 16;
    std::size_t at = 1;
    std::size_t length = 0;
    std::size_t worth = 1;
    bool more = true;
    while (more && at < rest.size() && at <= 4) {
      const auto digit = static_cast<unsigned char>(rest[at++]);
      length += digit % 128 * worth;
      worth *= 128;
      more = digit >= 128;
    }
    if (more || length > rest.size() - at) {
      out.push_back({});
      return out;
    }
    p.body = rest.substr(at, length);
    rest.remove_prefix(at + length);
    out.push_back(std::move(p));
  }
  return out;
}

} // namespace fleet::mqtt::test
