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
  /// Its turn comes nearer: asks for the memory that on_wake() will read, and reads itself only
  /// what was asked for a step before (fetch_ahead.hpp). About 200 octets from here on have been
  /// before step 1; wake_step comes right before on_wake(). Any step may be left out or come again.
  virtual void foresee(unsigned /*step*/) const noexcept {}

  static constexpr unsigned wake_step = 4;
  static constexpr std::uint32_t unarmed = UINT32_MAX;
  std::uint32_t slot_ = unarmed;
};

/// Armed timers: a heap of those that are due soon, and a wheel of unsorted lists for all others,
/// so that a million devices that report once a minute do not turn over each other's memory.
/// Arming, re-arming and disarming cost O(1) for what is not due within some seconds, O(log n) of
/// those that are otherwise; no allocation beyond the growth of the tables.
class timer_queue {
public:
  timer_queue();

  /// Arms `t` for `due`, replacing an earlier arming; `never` disarms.
  void arm(timer& t, time_point due);
  void disarm(timer& t) noexcept;

  /// The earliest due time, or never.
  [[nodiscard]] time_point next() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Wakes the earliest timer if it is due at `now`; false when none is.
  bool wake_one(time_point now);

private:
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::uint32_t in_heap = UINT32_MAX;
  /// A tick is 2^26 ns, 67 ms; the wheel has four and a half minutes of them.
  static constexpr unsigned tick_bits = 26;
  static constexpr std::uint64_t wheel_ticks = 4096;
  static constexpr std::uint32_t far_list = wheel_ticks;
  /// Of soonest_: to be looked for.
  static constexpr time_point unknown = time_point::min();

  /// An armed timer, in a list or in the heap. They lie side by side with all that orders them, so
  /// that going through a list waits for no other memory.
  struct entry {
    time_point due;
    std::uint64_t order;
    timer* what;
    std::uint32_t at; ///< its node
  };
  /// Where an entry is; a timer knows the number of its node.
  struct node {
    std::uint32_t list;  ///< in_heap or the list's number
    std::uint32_t place; ///< of a free node the next free one
  };
  static bool before(const entry& a, const entry& b) noexcept {
    return a.due != b.due ? a.due < b.due : a.order < b.order;
  }
  static std::uint64_t tick_of(time_point due) noexcept;

  static void comes_nearer(std::size_t at, const timer& what) noexcept;
  void place(std::size_t at, const entry& e) noexcept;
  void sift_up(std::size_t at, entry e) noexcept;
  void sift_down(std::size_t at, entry e) noexcept;
  void remove_at(std::size_t at) noexcept;

  [[nodiscard]] std::uint32_t take_node();
  void put(const entry& e);
  void take_out(std::uint32_t number) noexcept;
  void emptied(std::uint32_t list) noexcept;
  [[nodiscard]] std::uint64_t first_tick() const noexcept;
  void look_through(std::uint32_t list) const noexcept;
  void advance(std::uint64_t tick);
  void sort_far();

  std::vector<entry> heap_; ///< all whose tick is reached_ or before it
  std::vector<node> nodes_;
  std::vector<std::vector<entry>> lists_; ///< unsorted, the far one last
  std::vector<std::vector<entry>> spare_; ///< room of lists that are empty now
  std::vector<std::uint64_t> filled_;     ///< a bit for each list of the wheel
  std::uint64_t order_ = 0;
  std::uint64_t reached_ = 0; ///< a tick; the wheel has those after it, the far list what is later
  std::uint64_t far_from_ = wheel_ticks; ///< no tick before it is in the far list
  std::size_t size_ = 0;
  std::uint32_t free_ = none;
  mutable time_point soonest_ = unknown; ///< the earliest of those not in the heap
};

} // namespace fleet::hal
