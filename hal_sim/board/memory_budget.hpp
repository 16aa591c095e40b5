// A board's RAM as a number: what its software would hold counts against a limit, so that too much
// fails here as it would there. It allocates nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "protocol/base/check.hpp"

namespace fleet::hal {

class memory_budget {
public:
  /// A limit of 0 is none.
  explicit memory_budget(std::uint32_t limit_bytes = 0) noexcept : limit_(limit_bytes) {}

  /// False, and nothing taken, when it does not fit.
  [[nodiscard]] bool take(std::size_t bytes) noexcept {
    if (bytes > room()) {
      return false;
    }
    used_ += static_cast<std::uint32_t>(bytes);
    high_water_ = std::max(high_water_, used_);
    return true;
  }
  /// Gives back what was taken; more than that is our own mistake.
  void give(std::size_t bytes) noexcept {
    FLEET_CHECK(bytes <= used_);
    used_ -= static_cast<std::uint32_t>(bytes);
  }

  /// All is free again, as after power off; the high-water mark starts anew.
  void clear() noexcept {
    used_ = 0;
    high_water_ = 0;
  }
  /// Takes effect on what is taken from now on; for planned exhaustion.
  void set_limit(std::uint32_t limit_bytes) noexcept { limit_ = limit_bytes; }

  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  /// The most that was ever taken since clear().
  [[nodiscard]] std::size_t high_water() const noexcept { return high_water_; }
  /// Whether take() of as much would do now.
  [[nodiscard]] bool available(std::size_t bytes) const noexcept { return bytes <= room(); }
  /// What still fits.
  [[nodiscard]] std::size_t room() const noexcept {
    const std::uint32_t top = limit_ == 0 ? UINT32_MAX : limit_;
    return top > used_ ? top - used_ : 0;
  }

private:
  std::uint32_t limit_;
  std::uint32_t used_ = 0;
  std::uint32_t high_water_ = 0;
};

} // namespace fleet::hal
