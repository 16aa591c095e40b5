// The last things that happened to a device, kept outside of it so that a crash report can show
// them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "protocol/base/time.hpp"

namespace fleet::actors {

enum class happening : std::uint8_t {
  none,
  booted,
  connecting,
  transport_up,
  connected,
  refused,
  subscribed,
  published,
  acknowledged,
  command,
  link_ended,
  stopping,
  crashed,
  registered,
  reset,
  power_lost
};

/// Eight events of eight octets; the oldest is overwritten.
class event_ring {
public:
  void note(time_point now, happening what, std::uint32_t detail = 0) noexcept {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
    entries_[next_ % entries_.size()] = {static_cast<std::uint32_t>(ms.count()),
                                         (static_cast<std::uint32_t>(what) << 24)
                                             | (detail & 0xffffffU)};
    ++next_;
  }
  /// `12.345s connected 0, 12.346s published 17`, oldest first.
  [[nodiscard]] std::string text() const;

private:
  struct entry {
    std::uint32_t at_ms = 0;
    std::uint32_t what = 0;
  };
  std::array<entry, 8> entries_{};
  std::uint32_t next_ = 0;
};

} // namespace fleet::actors
