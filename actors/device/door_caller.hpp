// One question to the platform's log-on door over HTTP, and its answer (aliyun-iot.md §5.4, §5.5):
// how a device asks before it speaks MQTT. Knows no question's meaning and owns no link.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/http/client.hpp"

namespace fleet::actors {

/// How long a device waits for the door's answer; what the SDKs do (§5.4).
inline constexpr duration door_patience = std::chrono::seconds{10};
/// Octets of an answer that a device has room for (§5.4).
inline constexpr std::uint32_t door_answer_max = 1024;

class door_caller {
public:
  door_caller();

  /// Appends the POST of a form to `path`. `host` is what the Host field says.
  void ask(std::string_view path, std::string_view body, std::string_view host, time_point now,
           byte_buffer& out);

  /// Bytes came, or the link ended: the answer's body, once it is whole; it lives until the next
  /// call.
  std::optional<bytes_view> receive(bytes_view bytes, time_point now);
  std::optional<bytes_view> closed();

  /// Why there will be no answer; empty while there may be one. A sentence without secrets.
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  /// Octets on the heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  std::optional<bytes_view> drain();

  http::client client_;
  std::string failure_;
};

} // namespace fleet::actors
