// What one planned disturbance does to the links it is laid on (design, part 9): plain data, shared
// by all boards of a home that one fault hits, owned and changed by whoever drives faults.
#pragma once

#include <cstdint>

#include "protocol/base/time.hpp"

namespace fleet::hal {

/// In both directions alike; shares are in parts of a million. A board may be under several: delays
/// add up, the tightest bandwidth counts, shares combine.
struct link_disturbance {
  duration latency{0};
  duration jitter{0};              ///< up to so much on top, anew for each piece
  std::uint64_t octets_per_s = 0;  ///< in each direction; 0: no limit
  std::uint32_t slice_octets = 0;  ///< streams: pieces of at most so many; 0: as they come
  std::uint32_t corrupt_ppm = 0;   ///< pieces of which one octet is changed
  std::uint32_t loss_ppm = 0;      ///< of datagrams
  std::uint32_t duplicate_ppm = 0; ///< of datagrams
  std::uint32_t reorder_ppm = 0;   ///< of datagrams, held back until another has passed
  duration hold_back{0};           ///< or for so long
  bool stall = false;              ///< what stands passes nothing while it lasts
  bool refuse = false;             ///< new connections are refused
  bool dns_failure = false;        ///< new connections find no address
  bool tls_failure = false;        ///< handshakes end with a certificate that does not verify
  bool cut = false;                ///< nothing passes, new connections get no answer
};

} // namespace fleet::hal
