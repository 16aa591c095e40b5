// A client's token: a number on our side, octets on the wire (RFC 7252 §5.3.1). Internal to this
// folder.
#pragma once

#include <array>
#include <cstdint>

#include "protocol/coap/types.hpp"

namespace fleet::coap {

/// The lowest octets of a number, the lowest first.
class token_octets {
public:
  token_octets(std::uint64_t number, std::uint8_t size) noexcept : size_(size) {
    for (std::uint8_t& octet : octets_) {
      octet = static_cast<std::uint8_t>(number);
      number >>= 8;
    }
  }
  [[nodiscard]] bytes_view view() const noexcept { return {octets_.data(), size_}; }
  [[nodiscard]] std::string_view text() const noexcept { return as_text(view()); }

private:
  std::array<std::uint8_t, token_max> octets_{};
  std::uint8_t size_;
};

} // namespace fleet::coap
