// The heap and the wheel behind timer_queue.
#include "hal_sim/world/timer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <utility>

#include "protocol/base/check.hpp"
#include "protocol/base/fetch_ahead.hpp"

namespace fleet::hal {

timer_queue::timer_queue() : lists_(wheel_ticks + 1), filled_(wheel_ticks / 64, 0) {
  spare_.reserve(lists_.size());
}

std::uint64_t timer_queue::tick_of(time_point due) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(due.time_since_epoch().count(), 0))
         >> tick_bits;
}

// --- The heap, four-ary.

void timer_queue::place(std::size_t at, const entry& e) noexcept {
  heap_[at] = e;
  nodes_[e.at].place = static_cast<std::uint32_t>(at);
  comes_nearer(at, *e.what);
}

/// With each wake one timer a level rises to the next, so that what one step asked for has come
/// when the next one is taken.
void timer_queue::comes_nearer(std::size_t at, const timer& what) noexcept {
  constexpr std::array<std::size_t, 4> level_ends{1, 5, 21, 85};
  if (at >= level_ends[3]) {
    return;
  }
  if (at >= level_ends[2]) {
    constexpr std::ptrdiff_t line = 64;
    fetch_ahead(reinterpret_cast<const char*>(&what) - line, 4 * line);
    return;
  }
  what.foresee(at < level_ends[0] ? 3 : at < level_ends[1] ? 2 : 1);
}

void timer_queue::sift_up(std::size_t at, entry e) noexcept {
  while (at > 0) {
    const std::size_t parent = (at - 1) / 4;
    if (!before(e, heap_[parent])) {
      break;
    }
    place(at, heap_[parent]);
    at = parent;
  }
  place(at, e);
}

void timer_queue::sift_down(std::size_t at, entry e) noexcept {
  for (;;) {
    const std::size_t first = at * 4 + 1;
    if (first >= heap_.size()) {
      break;
    }
    const std::size_t last = std::min(first + 4, heap_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (before(heap_[child], heap_[least])) {
        least = child;
      }
    }
    if (!before(heap_[least], e)) {
      break;
    }
    place(at, heap_[least]);
    at = least;
  }
  place(at, e);
}

void timer_queue::remove_at(std::size_t at) noexcept {
  const entry last = heap_.back();
  heap_.pop_back();
  if (at == heap_.size()) {
    return;
  }
  if (at > 0 && before(last, heap_[(at - 1) / 4])) {
    sift_up(at, last);
  } else {
    sift_down(at, last);
  }
}

// --- The wheel: a list for each tick after reached_, and one for what is beyond its turn.

std::uint32_t timer_queue::take_node() {
  if (free_ != none) {
    return std::exchange(free_, nodes_[free_].place);
  }
  FLEET_CHECK(nodes_.size() < none);
  nodes_.emplace_back();
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void timer_queue::put(const entry& e) {
  const std::uint64_t tick = tick_of(e.due);
  if (tick <= reached_) {
    nodes_[e.at].list = in_heap;
    heap_.push_back(e);
    sift_up(heap_.size() - 1, e);
    return;
  }
  const bool near = tick - reached_ < wheel_ticks;
  const auto number = near ? static_cast<std::uint32_t>(tick % wheel_ticks) : far_list;
  auto& list = lists_[number];
  if (near && list.capacity() == 0 && !spare_.empty()) {
    list = std::move(spare_.back());
    spare_.pop_back();
  }
  nodes_[e.at] = {number, static_cast<std::uint32_t>(list.size())};
  list.push_back(e);
  if (near) {
    filled_[number / 64] |= std::uint64_t{1} << number % 64;
  }
  if (soonest_ != unknown) {
    soonest_ = std::min(soonest_, e.due);
  }
}

void timer_queue::take_out(std::uint32_t number) noexcept {
  const node n = nodes_[number];
  if (n.list == in_heap) {
    remove_at(n.place);
    return;
  }
  auto& list = lists_[n.list];
  entry& out = list[n.place];
  if (out.due == soonest_) {
    soonest_ = unknown;
  }
  if (n.place + 1 != list.size()) {
    out = list.back();
    nodes_[out.at].place = n.place;
  }
  list.pop_back();
  if (list.empty()) {
    emptied(n.list);
  }
}

/// Its room goes to the list that begins next, unless a crowd was in it: one day each list would
/// have room for that. The far list keeps its own.
void timer_queue::emptied(std::uint32_t list) noexcept {
  if (list == far_list) {
    return;
  }
  filled_[list / 64] &= ~(std::uint64_t{1} << list % 64);
  auto room = std::exchange(lists_[list], {});
  if (room.capacity() <= 1024 + size_ / 256) {
    spare_.push_back(std::move(room));
  }
}

/// The first tick after reached_ whose list has something in it; UINT64_MAX: all are empty.
std::uint64_t timer_queue::first_tick() const noexcept {
  const std::uint64_t from = reached_ + 1;
  std::size_t word = from % wheel_ticks / 64;
  std::uint64_t bits = filled_[word] & ~std::uint64_t{0} << from % 64;
  for (std::size_t looked = 0; bits == 0 && looked < filled_.size(); ++looked) {
    word = (word + 1) % filled_.size();
    bits = filled_[word];
  }
  if (bits == 0) {
    return UINT64_MAX;
  }
  const std::uint64_t list = word * 64 + static_cast<std::uint64_t>(std::countr_zero(bits));
  return from + (list + wheel_ticks - from % wheel_ticks) % wheel_ticks;
}

void timer_queue::look_through(std::uint32_t list) const noexcept {
  for (const entry& e : lists_[list]) {
    if (soonest_ == unknown || e.due < soonest_) {
      soonest_ = e.due;
    }
  }
}

/// Puts into the wheel what has come within its turn.
void timer_queue::sort_far() {
  auto& all = lists_[far_list];
  far_from_ = reached_ + wheel_ticks;
  soonest_ = unknown;
  std::uint32_t kept = 0;
  for (const entry& e : all) {
    if (tick_of(e.due) >= far_from_) {
      nodes_[e.at].place = kept;
      all[kept++] = e;
    } else {
      put(e);
    }
  }
  all.erase(all.begin() + kept, all.end());
}

/// Moves on to `tick`, or to the first before it at which something is due.
void timer_queue::advance(std::uint64_t tick) {
  while (heap_.empty() && reached_ < tick) {
    const bool any_far = !lists_[far_list].empty();
    const std::uint64_t limit = any_far ? std::min(tick, far_from_ - 1) : tick;
    const std::uint64_t first = first_tick();
    if (first > limit) {
      reached_ = limit;
    } else {
      reached_ = first;
      soonest_ = unknown;
      const auto number = static_cast<std::uint32_t>(first % wheel_ticks);
      for (const entry& e : lists_[number]) {
        put(e); // into the heap
      }
      lists_[number].clear();
      emptied(number);
    }
    if (!any_far) {
      far_from_ = reached_ + wheel_ticks;
    } else if (reached_ + 1 >= far_from_) {
      sort_far();
    }
  }
}

// --- What is called.

void timer_queue::arm(timer& t, time_point due) {
  if (due == never) {
    disarm(t);
    return;
  }
  if (!t.armed()) {
    t.slot_ = take_node();
    ++size_;
  } else {
    take_out(t.slot_);
  }
  put({due, order_++, &t, t.slot_});
}

void timer_queue::disarm(timer& t) noexcept {
  if (!t.armed()) {
    return;
  }
  const std::uint32_t number = std::exchange(t.slot_, timer::unarmed);
  take_out(number);
  nodes_[number].place = std::exchange(free_, number);
  --size_;
}

time_point timer_queue::next() const noexcept {
  if (!heap_.empty()) {
    return heap_.front().due;
  }
  if (size_ == 0) {
    return never;
  }
  if (soonest_ == unknown) {
    const std::uint64_t first = first_tick();
    if (first != UINT64_MAX) {
      look_through(static_cast<std::uint32_t>(first % wheel_ticks));
    }
    if (first >= far_from_) {
      look_through(far_list);
    }
  }
  return soonest_;
}

bool timer_queue::wake_one(time_point now) {
  if (heap_.empty()) {
    advance(size_ == 0 ? reached_ : tick_of(now));
  }
  if (heap_.empty() || heap_.front().due > now) {
    return false;
  }
  timer* t = heap_.front().what;
  disarm(*t);
  t->foresee(timer::wake_step);
  t->on_wake(now);
  return true;
}

} // namespace fleet::hal
