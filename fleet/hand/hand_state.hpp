// Where a device by hand is: its phase, and what it listens to. Data only.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/mqtt/types.hpp"

namespace fleet::program {

enum class hand_phase : std::uint8_t {
  off,
  connecting,
  logging_on,
  online,
  resting, ///< until the next attempt
  leaving, ///< UNSUBSCRIBE is out
  closing, ///< DISCONNECT is out
  ended
};

struct hand_subscription {
  enum class state : std::uint8_t { asked, granted, leaving };
  std::string filter;
  mqtt::qos qos = mqtt::qos::at_least_once;
  std::uint16_t packet_id = 0;
  state is = state::asked;
};

} // namespace fleet::program
