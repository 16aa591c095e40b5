// What the cloud's console does to devices, as one face: the admin API calls it, the twin's
// platform implements it. All calls on the twin's home; answers that take time come by callback, on
// the home too.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/alink/topics.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::cloud {

enum class operation_error : std::uint8_t {
  unknown_product,
  unknown_device,
  unknown_firmware,
  unknown_campaign,
  offline,        ///< and what was asked needs a device that is online
  not_subscribed, ///< online, and not listening where this would go
  busy,           ///< too much is under way, at the device or in all
  timed_out,      ///< the device did not answer in time
  refused,        ///< against the thing model, or against a rule; the detail says which
  malformed,      ///< the argument is not what it should be; the detail says why
  exists,         ///< it is there already
  unsupported     ///< this profile does not know it
};
/// `unknown-device` and so on: the word of the admin API.
std::string_view to_string(operation_error e) noexcept;

struct operation_failure {
  operation_error why = operation_error::refused;
  std::string detail; ///< one sentence for people; may be empty
};

/// What the console shows of one device. Never its secret.
struct device_view {
  std::uint32_t index = 0;
  std::string product_key;
  std::string device_name;
  std::string_view state; ///< unactivated, online, offline, disabled
  std::string firmware_version;
  std::string gateway; ///< `PK/DN` of the gateway that it belongs to, or empty
  std::int64_t last_online_ms = 0;
  /// Of one online behind a gateway: when it logged in, as the wall clock has it; else 0.
  std::int64_t logged_in_ms = 0;
  std::string tags = "{}";       ///< JSON object
  std::string properties = "{}"; ///< JSON object: reported, `{"name":{"value":…,"time":ms}}`
  std::string desired = "{}";    ///< JSON object: `{"name":{"value":…,"version":n}}`
  std::string_view protocol{};   ///< of one online: mqtt, coap, http; else empty
};

struct product_view {
  std::string product_key;
  std::string name;
  std::uint32_t devices = 0;
  std::uint32_t online = 0;
  bool has_model = false;
  std::string_view node_type = "any"; ///< as in product_change
};

/// What is to become of a product; what is empty stays.
struct product_change {
  std::string_view name{};
  std::string_view model{}; ///< TSL text; `null`: none from now on
  /// §16.6: `device`, whose devices are no gateways; `gateway`; or `any`, as products are that
  /// nobody configured: whoever asks as a gateway is one.
  std::string_view node_type{};
};

/// A device's answer to a call: its code (200: good) and its data, raw.
struct call_answer {
  int code = 0;
  std::string data; ///< JSON, or what an RRPC returned
};
using call_result = result<call_answer, operation_failure>;
using call_done = std::function<void(const call_result&)>;
using operation_result = result<std::string, operation_failure>; ///< JSON, often `{}`

struct device_name_view {
  std::string_view product_key;
  std::string_view device_name;
};

/// How long the platform waits for the answer to a property set or get, if nobody says (§11.3).
inline constexpr duration property_patience = std::chrono::seconds{5};

class operations {
public:
  virtual ~operations() = default;

  [[nodiscard]] virtual std::vector<product_view> products() const = 0;
  /// At most `limit` devices from index `from` on that pass: `product_key` empty: any; `state`
  /// empty: any.
  [[nodiscard]] virtual std::vector<device_view> devices(std::string_view product_key,
                                                         std::string_view state, std::uint32_t from,
                                                         std::uint32_t limit) const = 0;
  [[nodiscard]] virtual result<device_view, operation_failure>
  device(device_name_view who) const = 0;

  /// Adds a product, or changes it. Devices that have sub-devices stay gateways: `refused`.
  virtual operation_result put_product(std::string_view product_key,
                                       const product_change& what) = 0;
  /// Adds a device; an empty secret: one is made, and answered once: `{"deviceSecret":"…"}`.
  virtual operation_result add_device(device_name_view who, std::string_view secret) = 0;
  virtual operation_result delete_device(device_name_view who) = 0;
  virtual operation_result disable(device_name_view who) = 0;
  virtual operation_result enable(device_name_view who) = 0;
  /// Ends its connection; it may come back.
  virtual operation_result kick(device_name_view who) = 0;

  /// §11.3; `properties` is a JSON object. Answers when the device did, or after `patience`.
  virtual void set_properties(device_name_view who, std::string_view properties, duration patience,
                              call_done done) = 0;
  /// §11.4: asks the device itself; `names` is a JSON array.
  virtual void get_properties(device_name_view who, std::string_view names, duration patience,
                              call_done done) = 0;
  /// With the platform's own patience, property_patience.
  void set_properties(device_name_view who, std::string_view properties, call_done done) {
    set_properties(who, properties, property_patience, std::move(done));
  }
  void get_properties(device_name_view who, std::string_view names, call_done done) {
    get_properties(who, names, property_patience, std::move(done));
  }
  /// §11.7: kept for a device that is offline. `properties` is a JSON object, null clears.
  virtual operation_result set_desired(device_name_view who, std::string_view properties) = 0;
  /// §11.5; synchronous services go by RRPC if the model says so, and with its bounds of patience.
  virtual void call_service(device_name_view who, std::string_view service,
                            std::string_view arguments, duration patience, call_done done) = 0;
  /// §15; `topic` empty: the system form; otherwise the custom topic's part behind `/ext/rrpc/ID`.
  /// A patience below 1 s counts as 1 s; one over 8 s is `malformed` (§15.3).
  virtual void rrpc(device_name_view who, std::string_view topic, bytes_view payload,
                    duration patience, call_done done) = 0;

  /// §13: the whole document, `{}` before the first.
  virtual operation_result shadow(device_name_view who) = 0;
  /// §13: an update of the cloud, `{"method":"update","state":{"desired":{…}},"version":n}`.
  virtual operation_result update_shadow(device_name_view who, std::string_view update) = 0;

  /// Publishes to one device on a topic of its own (below `/PK/DN/`, without that prefix), or on a
  /// whole one.
  virtual operation_result publish(std::string_view topic, bytes_view payload, mqtt::qos q) = 0;
  /// §9.1: to all devices of a product that are online and subscribed; answers `{"devices":n}`.
  virtual operation_result broadcast(std::string_view product_key, std::string_view topic,
                                     bytes_view payload) = 0;
  /// §9.1: the product's classes of custom topics, in the order in which they are looked at:
  /// `{"classes":[{"class":"…","allow":"pub","own":true},…]}`. Own ones are the product's alone.
  virtual operation_result topic_classes_of(std::string_view product_key) = 0;
  /// Adds a class of the product or changes its rights; what devices have subscribed to stays.
  virtual operation_result put_topic_class(std::string_view product_key, std::string_view name,
                                           alink::rights may) = 0;
  virtual operation_result delete_topic_class(std::string_view product_key,
                                              std::string_view name) = 0;
  /// §14.6: what `thing/config/get` answers from now on, and pushed to who is online; answers
  /// `{"devices":n,"url":"…"}`, the place where devices fetch it.
  virtual operation_result set_config(std::string_view product_key, std::string_view content,
                                      bool push) = 0;

  /// §16.5 `thing/topo/add/notify`: asks a gateway to take in `devices`, a JSON array of
  /// `{"productKey":…,"deviceName":…}` that all exist. Answers when the gateway did; what it does
  /// about it shows in its topology.
  virtual void invite(device_name_view gateway, std::string_view devices, duration patience,
                      call_done done) = 0;
  /// §16.5 `thing/gateway/permit`: lets devices of a product, or of any if the key is empty, join
  /// at a gateway for `span`, whole seconds.
  virtual void permit_joining(device_name_view gateway, std::string_view product_key, duration span,
                              duration patience, call_done done) = 0;
};

} // namespace fleet::cloud
