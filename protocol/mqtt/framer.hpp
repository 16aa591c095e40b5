// Cuts a stream of octets into MQTT packets, whatever the splits. A packet that arrives whole is
// shown where it lies; only an incomplete one is copied. It never believes a length: memory grows
// with the octets that came. Not a decoder: see codec.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "protocol/base/bytes.hpp"
#include "protocol/mqtt/codec.hpp"

namespace fleet::mqtt {

/// What is allowed to come now.
struct framing_rules {
  std::uint16_t allowed = 0xffff;         ///< bit n: packet type n may come
  mqtt::version version = version::v3_1_1; ///< decides about flags
  std::uint32_t limit_bytes = 0;           ///< largest packet, fixed header included
  bool skip_oversized = false;             ///< pass over a PUBLISH beyond the limit, do not fail
};

enum class framing : std::uint8_t { need_more, packet, skipped, violated };

/// One step's finding; which member counts depends on the framing.
struct framed {
  packet_view packet;         ///< packet: valid until the next call
  std::uint32_t bytes = 0;    ///< skipped: size on the wire
  std::uint16_t packet_id = 0; ///< skipped: 0 at QoS 0
  violation why{};            ///< violated; `packet.head` holds the first octet
};

class framer {
public:
  framer() noexcept;
  ~framer();
  framer(framer&&) noexcept;
  framer& operator=(framer&&) noexcept;

  /// Lends octets until next() answers need_more.
  void lend(bytes_view bytes) noexcept { arrived_ = bytes; }
  [[nodiscard]] bool drained() const noexcept { return arrived_.empty(); }
  /// What is lent still, and then no more.
  [[nodiscard]] bytes_view take_back() noexcept { return std::exchange(arrived_, {}); }

  framing next(const framing_rules& rules, framed& found);

  /// Forgets everything; for a new connection.
  void reset() noexcept;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct partial;
  framing gather(const framing_rules& rules, framed& found);
  framing skip(framed& found);
  void begin_skip(std::uint8_t head, std::size_t header, std::size_t total);
  void take(std::size_t count);

  bytes_view arrived_;
  std::unique_ptr<partial> partial_; ///< none between packets
};

} // namespace fleet::mqtt
