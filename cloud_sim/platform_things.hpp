// The platform's answers to what devices say of themselves (aliyun-iot.md §11, §12, §14.6, §9.2):
// property and event posts, desired properties, tags, thing models, configuration, raw octets,
// time. Knows how to reach a device, and nothing of log-ons, rights or gateways' business.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "cloud_sim/platform_options.hpp"
#include "cloud_sim/platform_state.hpp"
#include "cloud_sim/switchboard.hpp"
#include "protocol/alink/message.hpp"
#include "protocol/alink/thing_report.hpp"

namespace fleet::cloud {

/// A publish that was within the rights of the device that it speaks for.
struct uplink {
  line from;
  alink::topic on;
  const mqtt::message_view& message;
  [[nodiscard]] device_index device() const noexcept { return from.as->index; }
  [[nodiscard]] product& of() const noexcept { return *from.as->of; }
};

class platform_firmware;

class platform_things {
public:
  struct parts {
    broker& core;
    switchboard& lines;
    platform_state& state;
    const platform_options& options; ///< must outlive this
  };
  explicit platform_things(const parts& from) : parts_(from) {}

  /// False, and nothing done, for what is somebody else's.
  bool take(const uplink& what);
  /// A post on the device's own topic; the path that all devices use all the time.
  void property_post(const line& from, const mqtt::message_view& message);

  /// Who knows of firmware (§14.5); must outlive this.
  void ask_for_firmware(platform_firmware& whom) noexcept { firmware_ = &whom; }
  /// A device's answer to a pushed configuration (§14.6).
  void config_answered(bytes_view payload);

  /// Keeps a device's share of a pack post (§16.4); answers the code of its first mistake.
  int keep_pack_part(device_index device, product& of, std::string_view properties);

private:
  using handler = void (platform_things::*)(const uplink&, const alink::message&);
  struct entry {
    alink::topic_kind kind;
    handler answer;
  };
  static const std::array<entry, 16> handlers;

  void plain_post(const line& from, std::string_view topic, mqtt::qos asked,
                  const alink::message& m);
  void checked_post(const uplink& what, const alink::message& m);
  void batch_post(const uplink& what, const alink::message& m);
  void history_post(const uplink& what, const alink::message& m);
  void event_post(const uplink& what, const alink::message& m);
  void desired_get(const uplink& what, const alink::message& m);
  void desired_delete(const uplink& what, const alink::message& m);
  void tags_update(const uplink& what, const alink::message& m);
  void tags_delete(const uplink& what, const alink::message& m);
  void model_get(const uplink& what, const alink::message& m);
  void dynamic_model_get(const uplink& what, const alink::message& m);
  void config_get(const uplink& what, const alink::message& m);
  void reset(const uplink& what, const alink::message& m);
  void log_post(const uplink& what, const alink::message& m);
  void log_config_get(const uplink& what, const alink::message& m);
  void diag_post(const uplink& what, const alink::message& m);
  void firmware_get(const uplink& what, const alink::message& m);
  void up_raw(const uplink& what);
  void ntp(const uplink& what);

  [[nodiscard]] int keep_members(device_index device, product& of,
                                 std::span<const json_member> members);
  [[nodiscard]] int check_samples(const product& of, alink::sample_cursor samples) const;
  int keep_samples(device_index device, product& of, alink::sample_cursor samples,
                   value_order order);
  [[nodiscard]] int history_share(const uplink& what, const alink::device_report& share, bool keep);
  void reply(const uplink& what, const alink::message& m, int code, std::string_view data = "{}");
  /// Sends what is written in payload_.
  void send_reply(const line& to, std::string_view topic, mqtt::qos asked);

  parts parts_;
  platform_firmware* firmware_ = nullptr; ///< set before the first message
  json_reader json_;
  json_reader inner_;
  std::string topic_;
  byte_buffer payload_;
  std::uint64_t next_id_ = 0; ///< of replies to raw octets
};

} // namespace fleet::cloud
