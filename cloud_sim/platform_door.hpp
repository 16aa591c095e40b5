// Who may come in to the vendor's platform over MQTT, and as what (aliyun-iot.md §5): every kind of
// CONNECT is judged here. Decides; connections and sessions are platform_character's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cloud_sim/broker.hpp"
#include "cloud_sim/platform_logons.hpp"
#include "cloud_sim/platform_options.hpp"
#include "cloud_sim/platform_rates.hpp"
#include "cloud_sim/platform_state.hpp"
#include "cloud_sim/registry.hpp"
#include "protocol/alink/registration.hpp"

namespace fleet::cloud {

/// What becomes of a CONNECT.
struct entry {
  mqtt::connack_code code = mqtt::connack_code::bad_credentials;
  device_index device = 0;
  /// Code 0, and the connection is over after it: with what it came for if `topic` is not empty.
  /// Otherwise the device is online.
  bool passing = false;
  std::string_view topic; ///< until the next CONNECT
  bytes_view payload;     ///< likewise
  bool auto_subscribe = false;
  std::uint16_t keep_alive_s = 0; ///< to enforce
};

/// By which stream a CONNECT came.
struct passage {
  bool over_tls = false;
  const alink::id2_preamble* id2 = nullptr; ///< none: it is not encrypted by the ID2 model
};

class platform_door final : public id2_keys {
public:
  struct parts {
    broker& core;
    registry& devices;
    platform_state& state;
    const platform_options& options; ///< must outlive this
  };
  explicit platform_door(const parts& from);

  /// Takes the tokens of pre-auth from now on; null: none. Must outlive the door.
  void take_tokens(const platform_logons* logons) noexcept { logons_ = logons; }

  /// Registration works over TLS alone (§5.5). What is secret is kept from whoever has no secret:
  /// whether a device is disabled, or was online before, is told to the device alone.
  [[nodiscard]] entry judge(const mqtt::connect_view& connect, const passage& by);

  /// The place of the device that a CONNECT names, whether there is one or not.
  [[nodiscard]] static std::optional<std::uint64_t> place_of(const mqtt::connect_view& connect);

  /// While the model is on.
  [[nodiscard]] std::optional<std::string>
  stream_key(const alink::id2_preamble& begin) const override;

private:
  void judge_direct(const mqtt::connect_view& connect, const alink::logon& said, entry& out);
  void judge_preauth(const mqtt::connect_view& connect, const alink::logon& said, entry& out);
  void judge_id2(const mqtt::connect_view& connect, const alink::logon& said, entry& out);
  /// Whether a CONNECT with that securemode may come by this stream (§5.2).
  [[nodiscard]] bool passes(int secure_mode, const alink::id2_preamble* by) const noexcept;
  /// Whether the stream is the device's own.
  [[nodiscard]] bool own_stream(device_index device) const;
  void judge_token(const mqtt::connect_view& connect, const alink::logon& said, entry& out);
  void register_listed(const alink::logon& said, std::string_view password, entry& out);
  void register_unlisted(const alink::logon& said, std::string_view password, entry& out);
  [[nodiscard]] mqtt::connack_code judge_registration(const alink::login_parts& parts,
                                                      std::string_view password, bool known) const;
  /// The device has proved itself: in, unless it is disabled or comes too often.
  void admit(device_index device, const mqtt::connect_view& connect, entry& out);
  [[nodiscard]] bool within_all_connects();
  [[nodiscard]] mqtt::connack_code enforceable(std::uint16_t asked, std::uint16_t& enforced) const;

  parts parts_;
  const platform_logons* logons_ = nullptr;
  rate_window all_connects_;
  device_rates connects_;
  byte_buffer payload_;
  passage by_; ///< of the CONNECT that is judged
};

} // namespace fleet::cloud
