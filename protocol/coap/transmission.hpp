// The transmission parameters of RFC 7252 §4.8 and the times that follow from them (§4.8.2).
#pragma once

#include <cstdint>

#include "protocol/base/time.hpp"

namespace fleet::coap {

/// Shared by all peers of one kind. The defaults are the standard's.
struct transmission {
  duration ack_timeout = std::chrono::seconds{2};   ///< ACK_TIMEOUT
  std::uint32_t ack_random_permille = 1500;         ///< ACK_RANDOM_FACTOR in thousandths, ≥ 1000
  std::uint8_t max_retransmit = 4;                  ///< MAX_RETRANSMIT, at most 20
  std::uint8_t nstart = 1;                          ///< NSTART, at least 1
  std::uint32_t probing_rate = 1;                   ///< PROBING_RATE, octets a second, at least 1
  duration max_latency = std::chrono::seconds{100}; ///< MAX_LATENCY
  duration processing_delay = std::chrono::seconds{2}; ///< PROCESSING_DELAY

  /// The longest first time-out: ACK_TIMEOUT · ACK_RANDOM_FACTOR.
  [[nodiscard]] constexpr duration longest_timeout() const noexcept {
    return ack_timeout * ack_random_permille / 1000;
  }
  /// From the first transmission of a message to its last one.
  [[nodiscard]] constexpr duration max_transmit_span() const noexcept {
    return longest_timeout() * ((std::int64_t{1} << max_retransmit) - 1);
  }
  /// From the first transmission of a message until its sender gives up.
  [[nodiscard]] constexpr duration max_transmit_wait() const noexcept {
    return longest_timeout() * ((std::int64_t{2} << max_retransmit) - 1);
  }
  [[nodiscard]] constexpr duration max_rtt() const noexcept {
    return max_latency * 2 + processing_delay;
  }
  /// How long a confirmable message's id may not be used again.
  [[nodiscard]] constexpr duration exchange_lifetime() const noexcept {
    return max_transmit_span() + max_rtt();
  }
  /// The same of a non-confirmable one.
  [[nodiscard]] constexpr duration non_lifetime() const noexcept {
    return max_transmit_span() + max_latency;
  }
};

} // namespace fleet::coap
