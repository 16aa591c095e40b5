// What is known of a product while its scenario is being drawn: what decides which reports, orders,
// rollouts and faults it can have.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/session_words.hpp"
#include "fleet/sweep/model_files.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::sweep {

struct product_traits {
  std::string name;
  program::profile profile = program::profile::linkdevelop;
  program::device_protocol protocol = program::device_protocol::mqtt;
  program::security security = program::security::plain;
  program::logon_mode logon = program::logon_mode::direct;
  hal::link_kind link = hal::link_kind::ethernet;
  const model_file* model = nullptr;
  std::uint32_t devices = 0;
  std::uint32_t qos = 1;
  std::uint32_t notices_s = 80; ///< what a device may need to find out that its link is half open
  std::uint32_t report_s = 0;   ///< between two reports of a device that posts; 0: it has none
  bool sdk = false;             ///< behaves as the vendor's
  bool behind_gateway = false;
  bool rejoins = false; ///< its devices leave their gateways and come again
  bool shadow = false;
  bool desired = false;
  bool config = false;
  bool firmware = false;

  [[nodiscard]] bool vendor() const noexcept { return profile != program::profile::mqtt; }
  [[nodiscard]] bool posts() const noexcept { return protocol != program::device_protocol::mqtt; }
  /// Nobody tells its devices that the server has forgotten their session but a report's silence.
  [[nodiscard]] bool waits_in_vain() const noexcept {
    return protocol == program::device_protocol::coap && program::over_dtls(security) && qos != 0;
  }
  /// A round trip takes seconds.
  [[nodiscard]] bool slow() const noexcept {
    return link == hal::link_kind::nbiot || link == hal::link_kind::lora;
  }
};

} // namespace fleet::sweep
