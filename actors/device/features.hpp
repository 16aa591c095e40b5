// What a product's devices do beyond the plain one: thing model, reports of their own, shadow,
// time, configuration, sub-devices. Data only, all off by default; thing.hpp and gateway_part.hpp
// do it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/device/meters.hpp"
#include "actors/device/replay_plan.hpp"
#include "actors/device/report_clock.hpp"
#include "actors/device/uri_type.hpp"
#include "protocol/alink/gateway_machine.hpp"
#include "protocol/alink/template.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::actors {

/// What a report consists of.
enum class report_kind : std::uint8_t {
  properties, ///< property post (aliyun-iot.md §11.1)
  event,      ///< event post (§11.2)
  batch,      ///< property batch post (§11.1); of a gateway with sub-devices a pack post (§16.4)
  raw,        ///< octets to model/up_raw (§11.6)
  shadow,     ///< a shadow update (§13), repeated until it is acknowledged; needs `shadow`
  shadow_async,  ///< likewise, sent once and not waited for
  shadow_delete, ///< deletes reported attributes of the shadow, all or those named
  custom         ///< values as JSON, or `text`, to a topic of the product's own (§9.1)
};

constexpr bool is_of_shadow(report_kind what) noexcept {
  return what == report_kind::shadow || what == report_kind::shadow_async
         || what == report_kind::shadow_delete;
}

/// One kind of report and how often a device makes it.
struct report_plan {
  report_kind what = report_kind::properties;
  /// Properties, or for `event` the events in turn; empty: all of the model.
  std::vector<std::string> identifiers;
  duration interval = std::chrono::seconds{10}; ///< above 0; the first at a random part of it
  alink::payload_template topic;                ///< custom: what follows `/PK/DN/`
  /// custom and raw: the payload, entered into the ledger where it has `{ledger}`; none: the
  /// values.
  std::optional<alink::payload_template> text{};
  report_timing timing{};
  /// properties, custom and raw: a row for each; `text` is bound to its columns. None: the values
  /// are the board's.
  std::shared_ptr<const replay_plan> replay{};
  bool may_fail = false; ///< the cloud may answer with an error (meters::error)
};

/// One tag that a device tells at its start (§11.8).
struct tag_plan {
  std::string key; ///< alink::valid_tag_key()
  std::string value;
};

/// A topic that a device listens to for a while, again and again or once (§19).
struct topic_plan {
  uri_type where = uri_type::undefine; ///< all but undefine need the vendor's dialect
  std::string filter;                  ///< alink::payload_template, without `{ledger}`
  mqtt::qos qos = mqtt::qos::at_least_once;
  duration at{};    ///< after the first log-on since the boot
  duration span{};  ///< until it is unregistered; 0: never
  duration every{}; ///< between two registrations, above `span`; 0: only one
};

/// Which devices sit behind a product's gateways (§16). Their own product is the product map's.
struct children_plan {
  std::uint32_t each = 0; ///< behind each gateway, at most alink::max_sub_devices; 0: none
  std::uint32_t gateways_first = 0; ///< index of the product's first gateway
  std::uint32_t first = 0;          ///< index of the first device behind that one
  duration rejoin{}; ///< how often one of them leaves a gateway and is taken in again; 0: never
};

/// The optional parts of a product. What needs the vendor's dialect stays off with any other.
struct device_features {
  std::shared_ptr<const tsl::model> model; ///< none: properties as the plain device has them
  std::vector<report_plan> reports;        ///< when not empty, product_settings::interval is unused
  bool shadow = false;                     ///< §13
  duration ntp_interval{};                 ///< §11.9; 0: no NTP
  bool model_get = false;                  ///< at the first connection after a boot (§12)
  bool config_get = false;                 ///< at the first connection after a boot (§14.6)
  bool config_push = false;                ///< takes pushed configurations (§14.6)
  bool desired = false;            ///< desired/get at each connection (§11.7); needs a model
  bool rrpc = false;               ///< answers RRPC in both forms (§15), model or not
  bool broadcasts = false;         ///< listens to its product's broadcasts (§9.1)
  std::vector<tag_plan> tags;      ///< told at the first connection after a boot (§11.8)
  children_plan children;          ///< §16
  alink::gateway_settings gateway; ///< how it speaks for them; valid()
  /// In any dialect, and no part of any(); at most topics_per_product_max.
  std::vector<topic_plan> topics;

  /// A thing model has synchronous services, and those come by RRPC (§11.5).
  [[nodiscard]] bool takes_rrpc() const noexcept { return rrpc || model != nullptr; }

  /// Whether there is anything that the plain device does not do.
  [[nodiscard]] bool any() const noexcept {
    return model != nullptr || !reports.empty() || shadow || ntp_interval > duration::zero()
           || model_get || config_get || config_push || desired || rrpc || broadcasts
           || !tags.empty() || children.each > 0;
  }
};

} // namespace fleet::actors
