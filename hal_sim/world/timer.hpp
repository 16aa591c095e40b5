// A home's timer queue: intrusive, re-armed in place, ordered by due time and then by the order of
// arming, so that ties break alike in every run. Not a clock: the home says what time it is.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/base/time.hpp"

namespace fleet::hal {

/// Something a home wakes. A device owns exactly one (design, part 4).
class timer {
public:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  [[nodiscard]] bool armed() const noexcept { return slot_ != unarmed; }

protected:
  /// An armed timer must be disarmed before it dies.
  ~timer() = default;

private:
  friend class timer_queue;
  /// Called once per arming, at or after the due time; may re-arm itself.
  virtual void on_wake(time_point now) = 0;

  static constexpr std::uint32_t unarmed = UINT32_MAX;
  std::uint32_t slot_ = unarmed;
};

/// A four-ary heap of armed timers; arming, re-arming and disarming cost O(log n) without
/// allocation beyond the heap's own growth.
class timer_queue {
public:
  /// Arms `t` for `due`, replacing an earlier arming; `never` disarms.
  void arm(timer& t, time_point due);
  void disarm(timer& t) noexcept;

  /// The earliest due time, or never.
  [[nodiscard]] time_point next() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

  /// Wakes the earliest timer if it is due at `now`; false when none is.
  bool wake_one(time_point now);

private:
  struct entry {
    time_point due;
    std::uint64_t order;
    timer* what;
  };
  static bool before(const entry& a, const entry& b) noexcept {
    return a.due != b.due ? a.due < b.due : a.order < b.order;
  }
  void place(std::size_t at, const entry& e) noexcept;
  void sift_up(std::size_t at, entry e) noexcept;
  void sift_down(std::size_t at, entry e) noexcept;
  void remove_at(std::size_t at) noexcept;

  std::vector<entry> heap_;
  std::uint64_t order_ = 0;
};

} // namespace fleet::hal
