// What all devices of a product have in common; built once before the run, read by every home,
// never changed while devices live.
#pragma once

#include <cstdint>
#include <string>

#include "hal_sim/world/home.hpp"
#include "protocol/base/stream_filter.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/client.hpp"

namespace fleet::actors {

class dialect;

/// The two behaviours of reliability §1.
enum class behaviour : std::uint8_t { strict, sdk };

/// How long a device waits before it tries again: doubling from `first` to `cap`, each wait with a
/// random part of up to its own length (aliyun-iot.md §8.2). Never under a second after a
/// disconnect.
struct backoff_settings {
  duration first = std::chrono::seconds{1};
  duration cap = std::chrono::seconds{60};
};

struct product_settings {
  const dialect* speech = nullptr; ///< outlives the devices
  actors::behaviour behaviour = behaviour::strict;
  mqtt::client_behaviour client;
  backoff_settings backoff;
  hal::address peer;
  hal::link_kind link = hal::link_kind::ethernet;
  stream_filter_factory* security = nullptr; ///< none: plain
  std::string server_name;
  duration connect_timeout = std::chrono::seconds{10};
  mqtt::qos qos = mqtt::qos::at_least_once;
  duration interval = std::chrono::seconds{10}; ///< between a device's reports; 0: none
  std::uint32_t payload_bytes = 0;              ///< pads shorter payloads; 0: as it comes
  std::uint16_t keep_alive_s = 60;
  bool clean_session = false;
  std::uint32_t ram_bytes = 64 * 1024; ///< the board's budget for buffers; 0: unlimited
  std::uint64_t seed = 0;
};

} // namespace fleet::actors
