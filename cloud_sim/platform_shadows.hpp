// Device shadows over MQTT (aliyun-iot.md §13): requests come on /shadow/update, answers and pushes
// go out on /shadow/get. What a request does is shadow::editor's business.
#pragma once

#include <string>

#include "cloud_sim/platform_state.hpp"
#include "cloud_sim/platform_things.hpp"
#include "protocol/shadow/document.hpp"

namespace fleet::cloud {

class platform_shadows {
public:
  struct parts {
    broker& core;
    switchboard& lines;
    platform_state& state;
  };
  explicit platform_shadows(const parts& from) : parts_(from) {}

  /// A device's request.
  void take(const uplink& what);
  /// An application's; answers the reply that it gets, which lives until the next call.
  std::string_view update(device_index device, bytes_view request, shadow::outcome& out);
  /// The document for people; empty where it is broken.
  std::string document(device_index device);
  /// The device came online or subscribed: what waits for it goes out if it listens now.
  void listens(const line& who);

private:
  void push(const line& to);
  [[nodiscard]] std::int64_t now_s() const { return parts_.core.home().wall_ms() / 1000; }

  parts parts_;
  shadow::editor editor_;
  std::string topic_;
  byte_buffer payload_;
};

} // namespace fleet::cloud
