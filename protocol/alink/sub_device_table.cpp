// Lines linked through the records, and a binary heap of indices.
#include "protocol/alink/sub_device_table.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::alink {

sub_device_table::sub_device_table(std::uint16_t count) : records_(count) {
  heap_.reserve(count);
}

void sub_device_table::enqueue(std::uint16_t index, time_point now) {
  withdraw(index);
  sub_device_record& r = records_[index];
  FLEET_CHECK(work_of(r.state) != sub_device_work::none);
  if (r.due > now) {
    r.place = sub_device_place::waiting;
    join_heap(index);
  } else {
    r.place = sub_device_place::ready;
    join_line(index);
  }
}

void sub_device_table::put_in_flight(std::uint16_t index, std::uint8_t slot) {
  withdraw(index);
  records_[index].place = sub_device_place::in_flight;
  records_[index].slot = slot;
}

void sub_device_table::withdraw(std::uint16_t index) {
  sub_device_record& r = records_[index];
  if (r.place == sub_device_place::ready) {
    leave_line(index);
  } else if (r.place == sub_device_place::waiting) {
    leave_heap(index);
  }
  r.place = sub_device_place::nowhere;
}

bool sub_device_table::any_ready() const noexcept {
  return std::any_of(lines_.begin(), lines_.end(), [](const line& l) { return l.first != none; });
}

time_point sub_device_table::next_due() const noexcept {
  return heap_.empty() ? never : records_[heap_.front()].due;
}

void sub_device_table::wake(time_point now) {
  while (!heap_.empty() && records_[heap_.front()].due <= now) {
    enqueue(heap_.front(), now);
  }
}

void sub_device_table::join_line(std::uint16_t index) {
  sub_device_record& r = records_[index];
  // Noted, since the state may have moved on when it leaves.
  r.line = work_of(r.state);
  line& l = lines_[static_cast<std::size_t>(r.line)];
  r.before = l.last;
  r.behind = none;
  (l.last == none ? l.first : records_[l.last].behind) = index;
  l.last = index;
}

void sub_device_table::leave_line(std::uint16_t index) {
  const sub_device_record& r = records_[index];
  line& l = lines_[static_cast<std::size_t>(r.line)];
  (r.before == none ? l.first : records_[r.before].behind) = r.behind;
  (r.behind == none ? l.last : records_[r.behind].before) = r.before;
}

bool sub_device_table::earlier(std::uint16_t a, std::uint16_t b) const noexcept {
  return records_[a].due != records_[b].due ? records_[a].due < records_[b].due : a < b;
}

void sub_device_table::set_heap(std::size_t at, std::uint16_t index) {
  heap_[at] = index;
  records_[index].heap_at = static_cast<std::uint16_t>(at);
}

void sub_device_table::join_heap(std::uint16_t index) {
  heap_.push_back(index);
  set_heap(heap_.size() - 1, index);
  sift_up(heap_.size() - 1);
}

void sub_device_table::leave_heap(std::uint16_t index) {
  const std::size_t at = records_[index].heap_at;
  const std::uint16_t last = heap_.back();
  heap_.pop_back();
  if (last != index) {
    set_heap(at, last);
    sift_up(at);
    sift_down(records_[last].heap_at);
  }
}

void sub_device_table::sift_up(std::size_t at) {
  while (at > 0 && earlier(heap_[at], heap_[(at - 1) / 2])) {
    const std::size_t parent = (at - 1) / 2;
    const std::uint16_t moving = heap_[at];
    set_heap(at, heap_[parent]);
    set_heap(parent, moving);
    at = parent;
  }
}

void sub_device_table::sift_down(std::size_t at) {
  for (;;) {
    std::size_t least = at;
    for (std::size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap_.size(); ++child) {
      least = earlier(heap_[child], heap_[least]) ? child : least;
    }
    if (least == at) {
      return;
    }
    const std::uint16_t moving = heap_[at];
    set_heap(at, heap_[least]);
    set_heap(least, moving);
    at = least;
  }
}

} // namespace fleet::alink
