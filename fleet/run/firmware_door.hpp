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
  void stop() { service_.stop(); }

  [[nodiscard]] const cloud::web_counters& counters() const noexcept { return service_.counters(); }

private:
  embedded_firmware_door(hal::home& home, cloud::firmware_source& files,
                         const cloud::web_limits& limits);

  cloud::firmware_desk desk_;
  cloud::web_service service_;
};

} // namespace fleet::program
