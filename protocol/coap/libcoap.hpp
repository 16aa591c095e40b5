// The door to libcoap: single options and option numbers' values as octets. Internal to this
// folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "protocol/base/bytes.hpp"

namespace fleet::coap::libcoap {

/// Reads the option at the front of `from`; answers the octets it takes, 0 when it is malformed
/// (RFC 7252 §3.1). `value` lies in `from`.
std::size_t read_option(bytes_view from, std::uint32_t& delta, bytes_view& value) noexcept;

/// Octets of an option whose value has `length` of them.
std::size_t option_size(std::uint16_t delta, std::size_t length) noexcept;

/// Writes an option into exactly option_size() octets.
void write_option(std::uint16_t delta, bytes_view value, std::span<std::uint8_t> to) noexcept;

/// A number of up to four octets, the most significant first; none is 0 (RFC 7252 §3.2).
std::uint32_t read_uint(bytes_view value) noexcept;

/// Writes the number in as few octets as it takes, none for 0; answers how many.
std::size_t write_uint(std::uint32_t number, std::span<std::uint8_t, 4> to) noexcept;

} // namespace fleet::coap::libcoap
