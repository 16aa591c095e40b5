// What crosses between the homes of an open broker: messages for clients elsewhere, who elsewhere
// listens to what, and the retained messages, which all homes share. Each home has a desk at it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/retained.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::cloud {

class exchange_desk;

/// From one home to another.
struct exchange_item {
  enum class form : std::uint8_t {
    message,  ///< for whom it may concern
    announce, ///< clients of that home listen to `filters` from now on; to be answered
    answer,   ///< to announce: `filters` are those that there was no room for
    withdraw  ///< none listens to `filters` any more
  };
  form what = form::message;
  mqtt::qos q = mqtt::qos::at_most_once;
  std::uint32_t from = 0;
  std::uint64_t ticket = 0; ///< of announce and its answer
  std::shared_ptr<const mqtt::stored_message> message;
  std::vector<std::string> filters;
};

class exchange {
public:
  struct limits {
    std::uint32_t retained_max;
    std::uint64_t retained_bytes_max;
    std::uint32_t tree_nodes_max;
    std::uint32_t filter_levels_max;
    std::uint64_t waiting_bytes_max; ///< octets of messages on their way to one home
  };
  /// The neighbours outlive it.
  exchange(neighbours& all, const limits& bounds);
  ~exchange();
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  [[nodiscard]] std::uint32_t size() const noexcept { return all_.size(); }
  [[nodiscard]] const limits& bounds() const noexcept { return bounds_; }

  /// Who works at home `number` from now on, on its thread; null: nobody.
  void settle(std::uint32_t number, exchange_desk* desk) noexcept;
  /// To home `to`, behind all that the caller's home sent there before. False: a message for which
  /// there was no room, and it is dropped.
  bool send(std::uint32_t to, exchange_item item);
  /// All that waits at a home, in the order in which it came.
  std::vector<exchange_item> take(std::uint32_t number);

  /// To be held for what follows, and while messages that are retained are sent: whoever holds it
  /// and takes what waits has met each that is retained.
  [[nodiscard]] std::mutex& retained_guard() noexcept { return retained_guard_; }
  [[nodiscard]] retained_messages& retained() noexcept { return retained_; }

private:
  struct inbox {
    std::mutex guard;
    std::vector<exchange_item> items;
    std::uint64_t octets = 0;
    exchange_desk* desk = nullptr; ///< on its home's thread alone
  };
  neighbours& all_;
  const limits bounds_;
  std::vector<std::unique_ptr<inbox>> inboxes_;
  std::mutex retained_guard_;
  retained_messages retained_;
};

} // namespace fleet::cloud
