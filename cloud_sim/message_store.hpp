// Makes the messages that wait for somebody, and knows how many octets they hold together: the
// bound on what all clients' queues and the retained messages may cost. Single-threaded.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/mqtt/server.hpp"

namespace fleet::cloud {

/// Must outlive every message it made.
class message_store {
public:
  message_store() = default;
  message_store(const message_store&) = delete;
  message_store& operator=(const message_store&) = delete;

  /// A shared copy. `cookie` comes back when a client acknowledges it; 0 means nobody asks.
  [[nodiscard]] mqtt::message_ptr make(std::string_view topic, bytes_view payload,
                                       std::uint64_t cookie = 0);

  /// Octets of topic and payload of all messages alive.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
  struct counted;
  std::uint64_t bytes_ = 0;
};

} // namespace fleet::cloud
