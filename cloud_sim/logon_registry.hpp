// What the front door of devices (aliyun-iot.md §5.4, §5.5, §14.6) asks about them, as one face:
// the front door calls it, the twin's platform implements it. All calls on the twin's home.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cloud_sim/campaigns/url_tokens.hpp"
#include "cloud_sim/operations.hpp"
#include "protocol/alink/identity.hpp"

namespace fleet::cloud {

/// A device that may log on.
struct logon_device {
  alink::identity who;
  bool activated = false; ///< it was online before, so it has its secret
};

/// A product whose devices may fetch their secrets.
struct logon_product {
  std::string secret;
  bool registers = false; ///< its switch for dynamic registration
};

/// What a device shows at CONNECT in pre-auth mode (§5.4).
struct logon_token {
  std::string iot_id;
  std::string iot_token;
};

/// What a device that fetches a configuration gets (§14.6).
struct logon_config {
  token_verdict verdict = token_verdict::forged; ///< of the token that it showed
  std::optional<std::string> content; ///< of a good one; nothing: there is none of that id
};

class logon_registry {
public:
  virtual ~logon_registry() = default;
  /// Nothing for devices that do not exist or are disabled.
  [[nodiscard]] virtual std::optional<logon_device> find(device_name_view who) const = 0;
  /// Nothing for products that do not exist.
  [[nodiscard]] virtual std::optional<logon_product>
  product(std::string_view product_key) const = 0;
  /// `resources.codec.key` of a device with an ID2 element, by the model (§5.6); nothing: ID2 is
  /// not emulated.
  [[nodiscard]] virtual std::optional<std::string> codec_key(device_name_view /*who*/) const {
    return std::nullopt;
  }
  /// The configuration of that id, if it is the one that its product has now (§14.6).
  [[nodiscard]] virtual logon_config config(std::string_view id, std::string_view token) const = 0;
  /// For a device that find() knows; valid for logon_token_life.
  [[nodiscard]] virtual std::optional<logon_token> grant(device_name_view who) = 0;
};

} // namespace fleet::cloud
