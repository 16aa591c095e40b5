// A client of the open broker, and a SUBSCRIBE of one that waits for other homes. Private to
// mqtt_character.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cloud_sim/mqtt_character.hpp"

namespace fleet::cloud {

struct mqtt_character::client final : peer, subscriber {
  std::string id;
  std::uint32_t device = accounts::anybody; ///< whose tagged report it sent last
};

struct mqtt_character::asking {
  client* who = nullptr;    ///< null: answered, its connection is to go on
  std::uint32_t number = 0; ///< of its connection
  cloud::connection* from = nullptr;
  std::uint16_t packet_id = 0;
  std::vector<std::string> filters;
  std::vector<mqtt::qos> qos; ///< of each
};

} // namespace fleet::cloud
