// libcoap's option and number codec. Nothing else of it is used: its sessions own sockets and a
// clock, and its parser of whole messages copies them and refuses what §5.4.3 wants ignored.
#include "protocol/coap/libcoap.hpp"

#include <coap3/coap.h>

#include "protocol/base/check.hpp"

namespace fleet::coap::libcoap {

std::size_t read_option(bytes_view from, std::uint32_t& delta, bytes_view& value) noexcept {
  coap_option_t found{};
  const std::size_t taken = coap_opt_parse(from.data(), from.size(), &found);
  if (taken == 0 || taken > from.size()) {
    return 0;
  }
  delta = found.delta;
  if (from[0] >> 4 == 14) {
    // It adds in 16 bits: a delta over 65,535 comes out small.
    delta = (std::uint32_t{from[1]} << 8 | from[2]) + 269;
  }
  value = {found.value, found.length};
  return taken;
}

std::size_t option_size(std::uint16_t delta, std::size_t length) noexcept {
  return coap_opt_encode_size(delta, length);
}

void write_option(std::uint16_t delta, bytes_view value, std::span<std::uint8_t> to) noexcept {
  static constexpr std::uint8_t nothing = 0;
  const std::uint8_t* const octets = value.empty() ? &nothing : value.data();
  FLEET_CHECK(coap_opt_encode(to.data(), to.size(), delta, octets, value.size()) == to.size());
}

std::uint32_t read_uint(bytes_view value) noexcept {
  return coap_decode_var_bytes(value.data(), value.size());
}

std::size_t write_uint(std::uint32_t number, std::span<std::uint8_t, 4> to) noexcept {
  return coap_encode_var_safe(to.data(), to.size(), number);
}

} // namespace fleet::coap::libcoap
