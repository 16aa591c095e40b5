// The seam between a board's link and what changes the octets of its stream: no handshake of its
// own, no round trips, and executed in both worlds, unlike a stream_filter.
#pragma once

#include <cstdint>
#include <span>

#include "protocol/base/bytes.hpp"

namespace fleet {

/// The device's end of one stream: a machine without I/O.
class stream_transform {
public:
  virtual ~stream_transform() = default;

  /// Appends what goes first, once; it is not to be sealed.
  virtual void begin(byte_buffer& out) = 0;
  /// Changes what leaves, in place; in order, each octet once.
  virtual void seal(std::span<std::uint8_t> leaving) = 0;
  /// Appends to `plain` what arrived means; false: the peer does not speak so, and the stream is
  /// over.
  [[nodiscard]] virtual bool open(bytes_view arrived, byte_buffer& plain) = 0;
};

} // namespace fleet
