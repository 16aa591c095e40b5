// What travels on the virtual network, and the pool it comes from: one octet buffer a segment, used
// again and again, so that a steady run allocates nothing per message. Not thread-safe: one home.
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

enum class segment_kind : std::uint8_t {
  syn,     ///< device asks
  syn_ack, ///< cloud agrees
  refusal, ///< nobody listens
  ack,     ///< device has seen it: the cloud's side accepts
  hello,   ///< modelled TLS flight up, number `round`
  answer,  ///< modelled TLS flight down, number `round`
  alert,   ///< modelled TLS failure at the sender
  data,
  fin, ///< orderly end
  rst, ///< torn down by the peer
  cut, ///< torn down by the network; waits for no stall
  done ///< to oneself: what was asked for by close() or reset() is done
};

struct segment {
  segment* next = nullptr;
  time_point due{};
  segment_kind kind = segment_kind::data;
  std::uint8_t round = 0;
  std::uint32_t overhead = 0; ///< octets on the wire beside `bytes`: handshake and record framing
  byte_buffer bytes;
};

class segment_pool {
public:
  segment_pool() = default;
  segment_pool(const segment_pool&) = delete;
  segment_pool& operator=(const segment_pool&) = delete;
  ~segment_pool();

  /// An empty segment.
  segment* take();
  void give(segment* s) noexcept;

  /// Segments kept for later use.
  [[nodiscard]] std::size_t spare() const noexcept { return spare_count_; }

  /// More spare segments than this, or larger ones than that, go back to the heap.
  static constexpr std::size_t spare_max = 16'384;
  static constexpr std::size_t buffer_bytes_max = 4'096;

private:
  segment* spare_ = nullptr;
  std::size_t spare_count_ = 0;
};

} // namespace fleet::hal
