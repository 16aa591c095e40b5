// What may be chosen about the vendor's platform: rights, bounds, and on which side of the open
// questions of aliyun-iot.md §24 it stands. No behaviour.
#pragma once

#include <cstdint>
#include <string>

#include "cloud_sim/topology.hpp"
#include "protocol/alink/topics.hpp"
#include "protocol/base/time.hpp"

namespace fleet::cloud {

/// Where the sources differ (§24); false is what the reference recommends.
struct platform_variants {
  bool refuse_wrong_values = false; ///< a post with a wrong or unknown property: its 6300 code, and
                                    ///< nothing is kept; otherwise those alone are dropped
  bool check_methods = false;       ///< a method that is not the topic's: 6300
  bool replies_at_qos_0 = false;    ///< otherwise as the request, capped by the subscription
  bool history_reply_bare = false;  ///< history's reply on the request's own topic
  bool wrong_sign_is_5 = false;     ///< CONNACK for a bad signature; otherwise 4
  bool eight_filters = false;       ///< of one SUBSCRIBE; the rest is refused (§8.1)
};

/// How strictly the platform takes its own rules.
enum class strictness : std::uint8_t { recommended, strict };
constexpr platform_variants variants_of(strictness s) noexcept {
  const bool strict = s == strictness::strict;
  return {.refuse_wrong_values = strict, .check_methods = strict, .eight_filters = strict};
}

struct platform_options {
  alink::access_rules access;            ///< what it points to must outlive the twin
  std::uint32_t subscriptions_max = 100; ///< per device (§8.1)
  std::uint16_t keep_alive_min_s = 30;
  std::uint16_t keep_alive_max_s = 1200;
  /// Whether 1 s up to the minimum is refused; otherwise it counts as the minimum (§24).
  bool strict_keep_alive = false;
  /// Whether a publish outside the rights ends the connection; otherwise it is dropped (§24).
  bool close_on_refused_publish = false;
  platform_variants variants;
  topology_rules gateways;
  bool registration_open = true;                ///< of sub-devices (§16.1)
  std::uint32_t calls_max = 10'000;             ///< of the console, waiting for devices
  std::uint32_t calls_per_device_max = 16;      ///< likewise
  std::uint32_t broadcast_listeners_max = 1000; ///< §8.1
  /// Where a product's configuration is to be had, its id behind it (§14.6).
  std::string config_url = "https://localhost/config/";
};

} // namespace fleet::cloud
