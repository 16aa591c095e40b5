// What a scenario file says, as plain data; a default here is the default of the key. What the keys
// mean together with the command line is plan.hpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/device/settings.hpp"
#include "fleet/options.hpp"
#include "fleet/scenario/faults.hpp"
#include "fleet/scenario/load_rules.hpp"
#include "fleet/scenario/rollouts.hpp"
#include "fleet/scenario/yaml_tree.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::program {

/// What a report consists of.
enum class report_kind : std::uint8_t {
  properties,   ///< thing.event.property.post (§11.1)
  event,        ///< thing.event.ID.post (§11.2)
  custom,       ///< any text to a topic of the product's own, or to any topic with profile mqtt
  raw,          ///< thing/model/up_raw (§11.6)
  shadow,       ///< a shadow update (§13)
  batch,        ///< property/pack/post (§16.4)
  shadow_async, ///< a shadow update that is sent once (§13)
  shadow_delete ///< a deletion of reported attributes (§13)
};

constexpr bool is_of_shadow(report_kind what) noexcept {
  return what == report_kind::shadow || what == report_kind::shadow_async
         || what == report_kind::shadow_delete;
}

/// `products[].report[]`.
struct report_rule {
  report_kind what = report_kind::properties; ///< custom with profile mqtt
  bool may_fail = false;                      ///< the cloud's answers may be errors
  std::vector<std::string> identifiers;       ///< empty: all of the model
  duration every = std::chrono::seconds{10};
  actors::report_arrivals arrivals = actors::report_arrivals::even;
  std::uint32_t jitter_ppm = 0; ///< of even arrivals
  std::optional<replay_rule> replay;
  std::string topic;                      ///< custom only; empty: the profile's default
  std::string payload;                    ///< custom and raw only, a template; empty: the default
  std::optional<text_place> at;           ///< where the file has it; none: it has not
  std::vector<text_place> identifiers_at; ///< of each
  text_place payload_at;
};

/// `products[].topics[]`: listened to for a while, beside what devices subscribe at log-on (§19).
struct topic_rule {
  std::string filter; ///< a template; what follows `/PK/DN/`, or as `type` has it
  actors::uri_type type = actors::uri_type::own; ///< undefine with profile mqtt
  mqtt::qos qos = mqtt::qos::at_least_once;
  duration at{0};                ///< after the device's first log-on
  std::optional<duration> span;  ///< key `for`; none: to the end
  std::optional<duration> every; ///< above `span`, which it needs; none: once
};

/// How gateways come by the secrets of sub-devices that register.
enum class gateway_registration : std::uint8_t {
  sub,    ///< thing.sub.register: the platform knows the device already (§16.1)
  product ///< thing.proxy.provisioning.product_register, signed with the product's secret (§9.3)
};

/// `products[].gateways.children`.
struct gateway_children {
  std::string product;
  std::uint32_t each = 1; ///< devices behind each gateway
};

/// `products[].gateways`: the product is one of gateways.
struct gateway_rule {
  std::uint32_t count = 1;
  gateway_children children;
  gateway_registration register_by = gateway_registration::sub;
  std::uint32_t register_batch = 1; ///< sub-devices in one request, as the next two
  std::uint32_t topology_batch = 1;
  std::uint32_t login_batch = 1;
  bool topo_get = false;
  bool list_found = false;
  duration rejoin{0}; ///< 0: nobody leaves
};

/// `products[]`.
struct scenario_product {
  std::string name;        ///< the reader fills in product_1, product_2…
  std::string product_key; ///< empty: chosen by resolve()
  std::string model;       ///< a thing model's file, found from here; empty: none
  std::optional<std::uint32_t> count;
  std::optional<std::uint32_t> share_ppm; ///< of all devices, in millionths
  program::profile profile = program::profile::linkdevelop;
  device_protocol protocol = device_protocol::mqtt;
  program::security security = program::security::plain;
  actors::behaviour behaviour = actors::behaviour::strict;
  hal::link_kind link = hal::link_kind::ethernet;
  logon_mode logon = logon_mode::direct;
  mqtt::qos qos = mqtt::qos::at_least_once;
  std::string daily_curve;   ///< a preset's or a curve's of the file; empty: none
  text_place daily_curve_at; ///< where the file has it
  duration keep_alive = std::chrono::seconds{60}; ///< whole seconds; 0: none
  std::optional<std::vector<report_rule>> report; ///< none: one report with its defaults
  std::vector<topic_rule> topics;
  bool shadow = false;
  bool ntp = false;
  bool desired = false;
  bool config = false;
  bool model_get = false;
  bool radio_sleep = false; ///< coap only: on to send and hear, off between
  /// coap only: the number of the option that the token goes in; none: the SDK's, which is 61.
  std::optional<std::uint16_t> token_option;
  std::vector<std::string> tags;              ///< `key=value` each
  std::optional<std::uint32_t> receive_limit; ///< octets; none: the flag's
  text_place receive_limit_at;                ///< where the file has it
  std::optional<gateway_rule> gateways;
  std::optional<firmware_rule> firmware;
};

/// What the cloud does to devices.
enum class traffic_kind : std::uint8_t {
  property_set,   ///< §11.3
  property_get,   ///< §11.4
  service,        ///< §11.5
  rrpc,           ///< §15.1
  shadow_desired, ///< an application sets desired values (§13)
  desired_set,    ///< desired properties of the thing model (§11.7)
  config_push,    ///< a new remote configuration for the whole product (§14.6)
  disable,        ///< a sub-device, for traffic_disabled_for (§16.5, §16.7)
  broadcast,      ///< to all devices of a product (§9.1)
  custom          ///< any text to a topic that devices listen to
};

/// Whether one of these goes to all devices of a product, rather than to one in turn.
constexpr bool to_all(traffic_kind kind) noexcept {
  return kind == traffic_kind::broadcast || kind == traffic_kind::config_push;
}

/// `cloud_traffic[]`.
struct cloud_traffic {
  traffic_kind kind = traffic_kind::property_set;
  std::string product;                    ///< the reader fills in the only one
  std::vector<std::string> identifiers;   ///< empty: all that the kind can act upon
  std::string service;                    ///< kind service only
  std::string topic;                      ///< broadcast and custom only; empty: the default
  double rate = 1;                        ///< a second, of the whole fleet
  std::string payload;                    ///< a template; empty: made from the model
  bool may_fail = false;                  ///< what is refused or not answered fails no verdict
  text_place at;                          ///< where the file has it
  std::vector<text_place> identifiers_at; ///< of each
  text_place service_at;
};

/// `expect[]`: a line that can be read.
struct expectation_line {
  std::string text;
  text_place at;
};

/// A whole file.
struct scenario {
  std::string name; ///< empty: the file's
  std::optional<std::uint64_t> seed;
  std::optional<duration> run_for;        ///< key `duration`; none: the stages, or 60 s without any
  std::optional<std::uint32_t> devices;   ///< none: what the products count, or 100
  std::vector<scenario_product> products; ///< empty: one with its defaults
  std::vector<scenario_stage> stages;     ///< empty: all devices at 1000 a second
  std::vector<curve_rule> daily_curves;
  duration day = std::chrono::hours{24}; ///< how long a day of them takes
  duration day_begins{0};                ///< the time of day at the start of the run, below 24 h
  std::vector<program::cloud_traffic> cloud_traffic;
  std::vector<rollout_rule> rollouts;
  firmware_server_rule firmware_server;
  std::vector<expectation_line> expect;
  std::vector<region_rule> regions;
  std::vector<fault_rule> faults;
};

inline constexpr std::uint32_t scenario_devices_most = 1'000'000; ///< sub-devices included
inline constexpr std::uint32_t whole_ppm = 1'000'000;             ///< 100 %
inline constexpr std::size_t scenario_products_most = 64;
inline constexpr std::size_t scenario_traffic_most = 100;
inline constexpr std::size_t product_tags_most = 100; ///< §11.8
inline constexpr duration traffic_disabled_for = std::chrono::seconds{1};
inline constexpr std::size_t product_reports_most = 20;
inline constexpr std::size_t identifiers_most = 200; ///< §8.1: properties of one pack post
inline constexpr std::size_t identifier_octets_most = 64;
inline constexpr std::uint32_t gateway_children_most = 2000; ///< §8.1

} // namespace fleet::program
