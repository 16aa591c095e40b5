// The texts of `--profile mqtt`: plain data, a part of what `fleet run` was asked to do.
#pragma once

#include <string>

namespace fleet::program {

/// What `--profile mqtt` sends and listens to; templates with {device}, {index}, {seq},
/// {timestamp}, {random …}. Empty text means the dialect's default, except for the credentials:
/// none.
struct mqtt_text_options {
  std::string client_id;
  std::string username;
  std::string password;      ///< never printed
  std::string password_file; ///< read instead of `password`; empty: none
  std::string topic;
  std::string down_topic; ///< "off": devices that subscribe to nothing
  std::string payload;
  std::string payload_file; ///< read instead of `payload`; empty: none
  bool no_probe = false;    ///< one side of the ledger only

  [[nodiscard]] bool listens() const noexcept { return down_topic != "off"; }
};

} // namespace fleet::program
