// The embedded twin's firmware server: beside its MQTT listeners, for products with firmware. What
// it answers is cloud_sim/web's firmware_desk.
#pragma once

#include <memory>

#include "cloud_sim/twin.hpp"
#include "cloud_sim/web/firmware_desk.hpp"
#include "cloud_sim/web/service.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

class embedded_firmware_door {
public:
  /// Listens on `home` where a product of profile `p` has firmware, and tells the twin: for HTTPS,
  /// unless all devices with firmware take plain HTTP too. Null where none has any. `twin` is
  /// started and outlives the door.
  static result<std::unique_ptr<embedded_firmware_door>, startup_error>
  open(hal::home& home, cloud::twin& twin, prepared& ready, profile p);

  /// Ends all connections; on the home's thread, or after the homes ended.
  void stop();
  /// With its twin killed: ends all connections at once, and listens no more.
  void close();
  /// With its twin started again: the same door; false: it cannot listen there.
  bool reopen();

private:
  embedded_firmware_door(hal::home& home, cloud::twin& twin, const cloud::web_limits& limits);
  result<hal::address, hal::listen_error> listen(const hal::listen_options& options);

  hal::home& home_;
  cloud::twin& twin_;
  cloud::web_limits limits_;
  hal::listen_options at_;
  std::string url_;
  std::unique_ptr<cloud::firmware_desk> desk_;
  std::unique_ptr<cloud::web_service> service_;
};

} // namespace fleet::program
