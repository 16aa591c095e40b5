// What may be chosen about the vendor's platform: rights, bounds, and on which side of the open
// questions of aliyun-iot.md §24 it stands. No behaviour.
#pragma once

#include <cstdint>
#include <string>

#include "cloud_sim/firmware_options.hpp"
#include "cloud_sim/platform_rates.hpp"
#include "cloud_sim/post_options.hpp"
#include "cloud_sim/topology.hpp"
#include "protocol/alink/gateway_messages.hpp"
#include "protocol/alink/message.hpp"
#include "protocol/alink/thing_raw.hpp"
#include "protocol/alink/topics.hpp"
#include "protocol/base/time.hpp"

namespace fleet::cloud {

class common_window;

/// Where the sources differ (§24); false is what the reference recommends. What stands in §24 and
/// not here is another protocol's (CoAP, HTTP), or taken either way always (desired/delete).
struct platform_variants {
  bool refuse_wrong_values = false; ///< a post with a wrong or unknown property: its 6300 code, and
                                    ///< nothing is kept; otherwise those alone are dropped
  bool refuse_all_wrong = false;    ///< a property post with nothing right in it: the first's code
  bool check_methods = false;       ///< a method that is not the topic's: 6300
  bool replies_at_qos_0 = false;    ///< otherwise as the request, capped by the subscription
  bool history_reply_bare = false;  ///< history's reply on the request's own topic
  bool wrong_sign_is_5 = false;     ///< CONNACK for a bad signature; otherwise 4
  bool disabled_is_kicked = false;  ///< a disabled device gets CONNACK 0 and loses the connection;
                                    ///< otherwise CONNACK 5
  bool eight_filters = false;       ///< of one SUBSCRIBE; the rest is refused (§8.1)
  bool swapped_changes = false;     ///< topo/change: 2 means disabled and 8 enabled
  bool duplicate_is_527 = false;    ///< /ext/error for a login elsewhere; otherwise 427
  bool batch_code_is_text = false;  ///< batch_login_reply's code is `"200"`, not `200`
  bool plain_version = false;       ///< set and service calls carry `"1.0"`, not `"1.0.0"`
  /// What a sub-device's signature covers (§16.3).
  alink::signed_session sub_device_sign = alink::signed_session::either;
};

/// How strictly the platform takes its own rules.
enum class strictness : std::uint8_t { recommended, strict };
constexpr platform_variants variants_of(strictness s) noexcept {
  platform_variants out;
  const bool strict = s == strictness::strict;
  out.refuse_wrong_values = out.check_methods = out.eight_filters = strict;
  return out;
}

/// The bounds of §8.1 that a load test would only trip over; 0 or none each, which is the default.
/// What goes beyond is dropped and counted, without a word to the device, but where said.
struct platform_bounds {
  rate_bound connects{0, std::chrono::minutes{1}};   ///< of one device; CONNACK 3 beyond
  rate_bound all_connects;                           ///< of all devices; CONNACK 3 beyond
  rate_bound up_qos0;                                ///< publishes of one device
  rate_bound up_qos1;                                ///< likewise
  rate_bound up_octets;                              ///< of the payloads of one device
  rate_bound down;                                   ///< messages to one device
  rate_bound shadow;                                 ///< shadow requests of one device
  rate_bound broadcasts{0, std::chrono::minutes{1}}; ///< to one product
  std::uint32_t payload_max = 0;                     ///< octets of a publish
  std::uint32_t topic_max = 0;              ///< octets of a topic; a longer filter gets 0x80 (§2)
  std::uint32_t custom_slashes_max = 0;     ///< in a topic of a product's own class (§2)
  std::uint32_t registrations_per_call = 0; ///< sub/register and product_register: 460 beyond
  std::uint32_t logins_per_call = 0;        ///< batch_login and batch_logout: 460 beyond
  std::uint32_t pack_events = 0;            ///< of all devices of a pack post: 6356 beyond
};
constexpr platform_bounds bounds_of(strictness s) noexcept {
  if (s == strictness::recommended) {
    return {};
  }
  platform_bounds out;
  out.connects.most = 5;
  out.all_connects.most = 500;
  out.up_qos0.most = 30;
  out.up_qos1.most = 10;
  out.up_octets.most = 1024 * 1024;
  out.down.most = 50;
  out.shadow.most = 20;
  out.broadcasts.most = 1;
  out.payload_max = alink::max_payload;
  out.topic_max = 128;
  out.custom_slashes_max = 7;
  out.registrations_per_call = 30;
  out.logins_per_call = 50;
  out.pack_events = 20;
  return out;
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
  platform_bounds bounds;
  topology_rules gateways;
  /// What counts all_connects for all homes of the twin, which it outlives; null: it has but one.
  common_window* connects_of_all = nullptr;
  bool no_gateways = false; ///< requests of gateways are answered with 403 (§16.6)
  bool id2_model = false; ///< devices with ID2 elements by the model of §5.6; otherwise CONNACK 5
  std::uint32_t calls_max = 10'000;             ///< of the console, waiting for devices
  std::uint32_t calls_per_device_max = 16;      ///< likewise
  std::uint32_t broadcast_listeners_max = 1000; ///< §8.1

  firmware_options firmware;
  post_options posts;

  /// What set and service calls say their version is.
  [[nodiscard]] std::string_view call_version() const noexcept {
    return variants.plain_version ? std::string_view{"1.0"} : alink::call_version;
  }
};

/// Everything that has a degree of strictness, at that one.
inline platform_options options_of(strictness s) {
  platform_options out;
  out.strict_keep_alive = s == strictness::strict;
  out.variants = variants_of(s);
  out.bounds = bounds_of(s);
  return out;
}

} // namespace fleet::cloud
