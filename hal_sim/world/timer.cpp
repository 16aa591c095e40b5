// The heap and the wheel behind timer_queue.
#include "hal_sim/world/timer.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::hal {

timer_queue::timer_queue() : lists_(wheel_ticks + 1, none), filled_(wheel_ticks / 64, 0) {}

std::uint64_t timer_queue::tick_of(time_point due) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(due.time_since_epoch().count(), 0))
         >> tick_bits;
}

// --- The heap, four-ary.

void timer_queue::place(std::size_t at, const entry& e) noexcept {
  heap_[at] = e;
  nodes_[e.at].previous = static_cast<std::uint32_t>(at);
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

void timer_queue::link(std::uint32_t number, std::uint32_t list) noexcept {
  node& n = nodes_[number];
  n.previous = first_of + list;
  n.next = lists_[list];
  if (n.next != none) {
    nodes_[n.next].previous = number;
  }
  lists_[list] = number;
  if (list != far_list) {
    filled_[list / 64] |= std::uint64_t{1} << list % 64;
  }
}

void timer_queue::unlink(std::uint32_t number) noexcept {
  const node& n = nodes_[number];
  if (n.next != none) {
    nodes_[n.next].previous = n.previous;
  }
  if (n.previous < first_of) {
    nodes_[n.previous].next = n.next;
    return;
  }
  const std::uint32_t list = n.previous - first_of;
  lists_[list] = n.next;
  if (n.next == none && list != far_list) {
    filled_[list / 64] &= ~(std::uint64_t{1} << list % 64);
  }
}

std::uint32_t timer_queue::take_node() {
  if (free_ != none) {
    return std::exchange(free_, nodes_[free_].next);
  }
  FLEET_CHECK(nodes_.size() < first_of);
  nodes_.emplace_back();
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void timer_queue::put(std::uint32_t number) {
  node& n = nodes_[number];
  const std::uint64_t tick = tick_of(n.due);
  if (tick <= reached_) {
    n.next = in_heap;
    const entry e{n.due, n.order, number};
    heap_.push_back(e);
    sift_up(heap_.size() - 1, e);
    return;
  }
  const bool near = tick - reached_ < wheel_ticks;
  link(number, near ? static_cast<std::uint32_t>(tick % wheel_ticks) : far_list);
  if (soonest_ != none && before(n, nodes_[soonest_])) {
    soonest_ = number;
  }
}

void timer_queue::take_out(std::uint32_t number) noexcept {
  const node& n = nodes_[number];
  if (n.next == in_heap) {
    remove_at(n.previous);
    return;
  }
  unlink(number);
  if (soonest_ == number) {
    soonest_ = none;
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
  for (std::uint32_t at = lists_[list]; at != none; at = nodes_[at].next) {
    if (soonest_ == none || before(nodes_[at], nodes_[soonest_])) {
      soonest_ = at;
    }
  }
}

/// Puts into the wheel what has come within its turn.
void timer_queue::sort_far() {
  std::uint32_t at = std::exchange(lists_[far_list], none);
  far_from_ = reached_ + wheel_ticks;
  while (at != none) {
    const std::uint32_t number = std::exchange(at, nodes_[at].next);
    put(number);
  }
}

/// Moves on to `tick`, or to the first before it at which something is due.
void timer_queue::advance(std::uint64_t tick) {
  while (heap_.empty() && reached_ < tick) {
    const bool any_far = lists_[far_list] != none;
    const std::uint64_t limit = any_far ? std::min(tick, far_from_ - 1) : tick;
    const std::uint64_t first = first_tick();
    if (first > limit) {
      reached_ = limit;
    } else {
      reached_ = first;
      soonest_ = none;
      const auto list = static_cast<std::uint32_t>(first % wheel_ticks);
      while (lists_[list] != none) {
        const std::uint32_t number = lists_[list];
        unlink(number);
        put(number);
      }
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
    nodes_[t.slot_].what = &t;
    ++size_;
  } else {
    take_out(t.slot_);
  }
  nodes_[t.slot_].due = due;
  nodes_[t.slot_].order = order_++;
  put(t.slot_);
}

void timer_queue::disarm(timer& t) noexcept {
  if (!t.armed()) {
    return;
  }
  const std::uint32_t number = std::exchange(t.slot_, timer::unarmed);
  take_out(number);
  nodes_[number].next = std::exchange(free_, number);
  --size_;
}

time_point timer_queue::next() const noexcept {
  if (!heap_.empty()) {
    return heap_.front().due;
  }
  if (size_ == 0) {
    return never;
  }
  if (soonest_ == none) {
    const std::uint64_t first = first_tick();
    if (first != UINT64_MAX) {
      look_through(static_cast<std::uint32_t>(first % wheel_ticks));
    }
    if (first >= far_from_) {
      look_through(far_list);
    }
  }
  return nodes_[soonest_].due;
}

bool timer_queue::wake_one(time_point now) {
  if (heap_.empty()) {
    advance(size_ == 0 ? reached_ : tick_of(now));
  }
  if (heap_.empty() || heap_.front().due > now) {
    return false;
  }
  timer* t = nodes_[heap_.front().at].what;
  disarm(*t);
  t->on_wake(now);
  return true;
}

} // namespace fleet::hal
