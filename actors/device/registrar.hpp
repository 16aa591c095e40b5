// Fetches the secret of a device that was made with its product's alone (aliyun-iot.md §5.5): what
// is said over a link of its own, MQTT or HTTP, and what is taken for an answer. No link, no store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/device/dialect.hpp"
#include "actors/device/door_caller.hpp"
#include "actors/device/settings.hpp"
#include "protocol/alink/registration.hpp"

namespace fleet::actors {

/// Where a device keeps the secret that it was told, in its board's store.
inline constexpr std::string_view secret_key = "device.secret";
/// What a person should know where the platform refuses to register a device.
inline constexpr std::string_view registered_before =
    "it may be registered already: that is done once, and a run forgets the secrets it fetched";
/// How long a device waits for its secret once the link stands.
inline constexpr duration registration_patience = door_patience;

class registrar {
public:
  /// `plan` outlives it. `chance` picks what is signed, afresh for each attempt.
  registrar(const registration_plan& plan, alink::registrant who, random_stream& chance);

  [[nodiscard]] bool over_http() const noexcept { return door_ != nullptr; }

  /// MQTT: the strings of CONNECT.
  void login(login_text& out) const;
  /// MQTT: a message came.
  void take(const mqtt::message_view& message, json_reader& reader);

  /// HTTP: appends the question. `host` is what the Host field says.
  void ask(std::string_view host, time_point now, byte_buffer& out);
  /// HTTP: bytes came, or the link ended.
  void receive(bytes_view bytes, time_point now, json_reader& reader);
  void closed(json_reader& reader);

  /// The secret; empty until it came.
  [[nodiscard]] const std::string& secret() const noexcept { return secret_; }
  /// Why there will be none; empty while there may be. A sentence without secrets.
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  /// Of a failure: whether the platform refused, rather than said nothing that could be understood.
  [[nodiscard]] bool refused() const noexcept { return refused_; }
  /// Octets, its own size included.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  void read(const std::optional<bytes_view>& answer, json_reader& reader);
  void settle(result<std::string, alink::logon_refusal> answer);

  const registration_plan& plan_;
  alink::registrant who_;
  std::string random_;
  std::unique_ptr<door_caller> door_; ///< none over MQTT
  std::string secret_;
  std::string failure_;
  bool refused_ = false;
};

} // namespace fleet::actors
