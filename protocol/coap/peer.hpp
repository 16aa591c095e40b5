// What both machines have of their peer: limits on what is kept for it, and counts of what it did.
#pragma once

#include <cstdint>

#include "protocol/coap/transmission.hpp"
#include "protocol/coap/types.hpp"

namespace fleet::coap {

/// What is taken and kept for one peer; shared by all of them.
struct peer_limits {
  std::uint16_t message_max = message_default; ///< octets of a datagram, in and out
  std::uint16_t waiting_max = 16;              ///< messages that are confirmable or await an answer
  std::uint16_t recent_max = 256;              ///< runs of message ids for duplicate detection
  std::uint16_t replies_max = 2048; ///< octets of replies kept for duplicates, each counted with
                                    ///< 32 more; the last is always kept
};

/// What the message layer goes by; shared by all peers of one kind.
struct peer_settings {
  transmission timing;
  peer_limits limits;
};

/// Events that only count.
struct peer_counts {
  std::uint32_t malformed = 0;       ///< datagrams that are no message (see violation)
  std::uint32_t duplicates = 0;      ///< messages that came again
  std::uint32_t retransmissions = 0; ///< of ours
  std::uint32_t ignored = 0;         ///< acknowledgements and resets nobody waits for, multicasts
};

} // namespace fleet::coap
