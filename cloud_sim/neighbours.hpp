// The homes that a twin lives on, where it lives on more than one: which of them a device or client
// belongs to, and the way from each to each. Knows brokers as somebody to hand a stream to.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "hal_sim/world/home_of_many.hpp"
#include "hal_sim/world/stream.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"

namespace fleet::cloud {

class broker;

/// On its way from one home to another.
struct moved_stream {
  hal::stream_ptr stream;
  bool over_tls = false;
  std::uint32_t arrival = 0; ///< next_arrival()
  byte_buffer early;         ///< what came on it so far
};

/// character::place_of() of a client of the open broker, and of a device of the platform.
inline std::uint64_t place_of_client(std::string_view client_id) noexcept {
  return hash_text(client_id);
}
inline std::uint64_t place_of_device(std::string_view product_key,
                                     std::string_view device_name) noexcept {
  return mix64(hash_text(product_key) * 0x9e3779b97f4a7c15ULL + hash_text(device_name));
}

class neighbours {
public:
  /// Homes of one world, which outlive this.
  explicit neighbours(std::vector<hal::home_of_many*> homes);
  ~neighbours();
  neighbours(const neighbours&) = delete;
  neighbours& operator=(const neighbours&) = delete;

  [[nodiscard]] std::uint32_t size() const noexcept {
    return static_cast<std::uint32_t>(homes_.size());
  }
  [[nodiscard]] hal::home_of_many& home(std::uint32_t number) const noexcept {
    return *homes_[number];
  }
  /// Which home has what is at that place. The same in each run.
  [[nodiscard]] std::uint32_t home_of(std::uint64_t place) const noexcept {
    return static_cast<std::uint32_t>(mix64(place) % homes_.size());
  }

  /// Who takes streams on that home, on its thread; null: nobody, they are dropped.
  void settle(std::uint32_t number, broker* who) noexcept { brokers_[number] = who; }

  /// Of a stream that was accepted now, on any home: later ones have larger ones, as long as fewer
  /// than 2^31 lie between.
  [[nodiscard]] std::uint32_t next_arrival() noexcept {
    return arrivals_.fetch_add(1, std::memory_order_relaxed);
  }

  struct way {
    std::uint32_t from;
    std::uint32_t to;
  };
  /// On the thread of `by.from`.
  void move(way by, moved_stream what);

private:
  std::atomic<std::uint32_t> arrivals_{0};
  std::vector<hal::home_of_many*> homes_;
  std::vector<broker*> brokers_; ///< each on its home's thread alone
};

} // namespace fleet::cloud
