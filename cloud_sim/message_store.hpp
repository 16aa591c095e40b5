// Makes the messages that wait for somebody, and knows how many octets they hold together: the
// bound on what all clients' queues and the retained messages may cost. Single-threaded.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/mqtt/server.hpp"

namespace fleet::cloud {

/// What comes back when a client acknowledges a message.
struct message_mark {
  std::uint64_t cookie = 0; ///< 0: nobody asks
  time_point due = never;   ///< when it was to be sent; never: nobody times it
};

/// Must outlive every message it made.
class message_store {
public:
  message_store() = default;
  message_store(const message_store&) = delete;
  message_store& operator=(const message_store&) = delete;

  /// A shared copy.
  [[nodiscard]] mqtt::message_ptr make(std::string_view topic, bytes_view payload,
                                       message_mark mark = {});

  /// Octets of topic and payload of all messages alive.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
  struct counted;
  std::uint64_t bytes_ = 0;
};

} // namespace fleet::cloud
