// The topics of the platform (aliyun-iot.md §9): taking one apart, making one, and what a device
// may do with it. Knows nothing of subscriptions or sessions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet::alink {

/// What a topic is for. A `_reply` has the kind of its request and topic::reply set.
enum class topic_kind : std::uint8_t {
  unknown, ///< none of §9: no rights
  custom,  ///< `/PK/DN/{rest}`: update, get, data, user/… (§9.1)
  broadcast,
  // /sys/PK/DN/thing/…, device asks
  property_post,
  property_batch_post,
  property_history_post,
  property_pack_post,
  event_post, ///< rest: the event's identifier
  model_up_raw,
  desired_get,
  desired_delete,
  deviceinfo_update,
  deviceinfo_delete,
  dsltemplate_get,
  dynamic_tsl_get,
  config_get,
  status_update,
  reset,
  log_post,
  config_log_get,
  diag_post,
  ota_firmware_get,
  sub_register,
  sub_unregister,
  product_register,
  topo_add,
  topo_delete,
  topo_get,
  list_found,
  // /sys/PK/DN/thing/…, platform asks
  property_set,
  property_get,
  service, ///< rest: the service's identifier
  model_down_raw,
  config_push,
  config_log_push,
  event_notify,
  disable,
  enable,
  remove, ///< thing/delete
  topo_add_notify,
  topo_change,
  gateway_permit,
  thing_other, ///< anything else under thing/: the seed's blanket right
  // /sys/PK/DN/rrpc/…; rest: the message id
  rrpc_request,
  rrpc_response,
  rrpc_other,
  // elsewhere
  ext_rrpc, ///< `/ext/rrpc/{id}/{topic}`; rest: from the id on
  ntp_request,
  ntp_response,
  ext_error,
  ext_register,
  ext_regnwl,
  session_login,
  session_logout,
  session_batch_login,
  session_batch_logout,
  shadow_update,
  shadow_get,
  ota_inform,
  ota_upgrade,
  ota_progress,
  ota_request
};

/// One topic taken apart; the views point into it. Empty where the kind has no such part.
struct topic {
  topic_kind kind = topic_kind::unknown;
  bool reply = false;
  std::string_view product_key;
  std::string_view device_name; ///< also empty for broadcasts, which are a product's
  std::string_view rest;        ///< custom: behind the name; otherwise see topic_kind
};

/// Takes any topic name apart, without allocation and in time linear in its length.
topic parse_topic(std::string_view text) noexcept;

/// Appends the topic of a kind; `rest` as in topic_kind. Not for `unknown`, `thing_other`,
/// `rrpc_other`.
void append_topic(byte_buffer& out, const topic& what);
std::string make_topic(const topic& what);

/// What a device may do with a topic (P and S of §9).
struct rights {
  bool may_publish = false;
  bool may_subscribe = false;
  friend bool operator==(const rights&, const rights&) = default;
};

/// A class of custom topics under `/PK/DN/`: one name, or everything below one with a final `/#`.
struct topic_class {
  std::string_view name;
  rights may;
};

/// The console's defaults and the samples' needs: `update`, `update/error`, `get`, the same below
/// `user/`, `data` both ways, anything else below `user/` both ways. The first match counts.
std::span<const topic_class> default_topic_classes() noexcept;

/// Where products differ.
struct access_rules {
  std::span<const topic_class> classes = default_topic_classes();
  bool may_publish_broadcast = false; ///< the seed allows it, later editions do not (§24)
};

/// The rights of device (product_key, device_name) on a topic name. A topic of another device, or
/// one of no known class, gives none. Check it at delivery too.
rights topic_rights(std::string_view topic_name, std::string_view product_key,
                    std::string_view device_name, const access_rules& rules = {}) noexcept;

/// Whether the device may subscribe to a filter. One with wildcards is granted when its own names
/// stand literally before the first of them and what may follow is its to read, in whole or in
/// part: topic_rights() at delivery decides about the part.
bool may_subscribe_filter(std::string_view filter, std::string_view product_key,
                          std::string_view device_name, const access_rules& rules = {}) noexcept;

} // namespace fleet::alink
