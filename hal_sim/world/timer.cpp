// The heap behind timer_queue.
#include "hal_sim/world/timer.hpp"

#include <algorithm>

namespace fleet::hal {

void timer_queue::place(std::size_t at, const entry& e) noexcept {
  heap_[at] = e;
  e.what->slot_ = static_cast<std::uint32_t>(at);
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
  heap_[at].what->slot_ = timer::unarmed;
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

void timer_queue::arm(timer& t, time_point due) {
  if (due == never) {
    disarm(t);
    return;
  }
  const entry e{due, order_++, &t};
  if (!t.armed()) {
    heap_.push_back(e);
    sift_up(heap_.size() - 1, e);
    return;
  }
  const std::size_t at = t.slot_;
  if (before(e, heap_[at])) {
    sift_up(at, e);
  } else {
    sift_down(at, e);
  }
}

void timer_queue::disarm(timer& t) noexcept {
  if (t.armed()) {
    remove_at(t.slot_);
  }
}

time_point timer_queue::next() const noexcept {
  return heap_.empty() ? never : heap_.front().due;
}

bool timer_queue::wake_one(time_point now) {
  if (heap_.empty() || heap_.front().due > now) {
    return false;
  }
  timer* t = heap_.front().what;
  remove_at(0);
  t->on_wake(now);
  return true;
}

} // namespace fleet::hal
