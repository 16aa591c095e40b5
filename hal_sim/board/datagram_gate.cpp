// Chances, and the heap of what is late.
#include "hal_sim/board/datagram_gate.hpp"

#include <algorithm>
#include <utility>

namespace fleet::hal {

/// For a heap with the earliest in front.
struct datagram_gate::arrives_later {
  bool operator()(const flying& a, const flying& b) const noexcept {
    return a.due != b.due ? a.due > b.due : a.order > b.order;
  }
};

link_disturbance datagram_gate::sum() const noexcept {
  link_disturbance mine;
  mine.loss_ppm = own.loss_ppm;
  mine.duplicate_ppm = own.duplicate_ppm;
  mine.reorder_ppm = own.reorder_ppm;
  mine.hold_back = own.reorder_ppm == 0 && weather != nullptr ? duration::zero() : own.hold_back;
  mine.cut = own.cut;
  return weather == nullptr ? mine : combined(mine, *weather);
}

datagram_gate::verdict datagram_gate::judge(bytes_view bytes, way to, time_point now,
                                            random_stream& luck) {
  const link_disturbance by = sum();
  // Drawn in the same order whatever comes of it, so that one fault leaves the others' draws alone.
  const bool lost = luck.chance_ppm(by.loss_ppm);
  const bool twice = luck.chance_ppm(by.duplicate_ppm);
  const bool late = luck.chance_ppm(by.reorder_ppm);
  if (lost || by.cut) {
    return verdict::lost;
  }
  if (by.refuse && to == way::up) {
    return verdict::refused;
  }
  octets& slot = held_back_[static_cast<std::size_t>(to)];
  if (late && slot.empty() && !bytes.empty()) {
    slot.assign(bytes.begin(), bytes.end());
    release_at_ = std::min(release_at_, later(now, by.hold_back));
    return verdict::held_back;
  }
  return twice ? verdict::passes_twice : verdict::passes;
}

datagram_gate::passage datagram_gate::delay(bytes_view& bytes, way to, time_point now,
                                            random_stream& luck) {
  const link_disturbance by = sum();
  if (by.corrupt_ppm != 0 && luck.chance_ppm(by.corrupt_ppm) && !bytes.empty()) {
    if (secured) {
      return passage::lost;
    }
    octets& changed = changed_[static_cast<std::size_t>(to)];
    changed.assign(bytes.begin(), bytes.end());
    changed[luck.below(changed.size())] ^= static_cast<std::uint8_t>(1 + luck.below(255));
    bytes = changed;
  }
  const bool room = flying_.size() < late_max;
  time_point due = now;
  if (by.octets_per_s != 0) {
    time_point& free = line_free_[static_cast<std::size_t>(to)];
    due = later(std::max(free, now), time_at_rate(bytes.size(), by.octets_per_s));
    free = room ? due : free;
  }
  due = later(due, by.latency);
  if (by.jitter > duration::zero()) {
    due = later(due, luck.between(duration::zero(), by.jitter));
  }
  if (due == now) {
    return passage::now;
  }
  if (!room) {
    return passage::lost;
  }
  flying_.push_back({due, order_++, to, {bytes.begin(), bytes.end()}});
  std::push_heap(flying_.begin(), flying_.end(), arrives_later{});
  return passage::late;
}

bool datagram_gate::take_held_back(way to, octets& into) {
  into = std::exchange(held_back_[static_cast<std::size_t>(to)], {});
  if (!holds_back(way::up) && !holds_back(way::down)) {
    release_at_ = never;
  }
  return !into.empty();
}

bool datagram_gate::take_due(time_point now, way& to, octets& into) {
  if (flying_.empty() || flying_.front().due > now) {
    return false;
  }
  std::pop_heap(flying_.begin(), flying_.end(), arrives_later{});
  to = flying_.back().to;
  into = std::move(flying_.back().bytes);
  flying_.pop_back();
  if (flying_.empty()) {
    std::vector<flying>{}.swap(flying_);
  }
  return true;
}

time_point datagram_gate::next() const noexcept {
  return std::min({release_at_, refusal_at_, flying_.empty() ? never : flying_.front().due});
}

bool datagram_gate::release_due(time_point now) noexcept {
  if (release_at_ > now) {
    return false;
  }
  release_at_ = never;
  return true;
}

bool datagram_gate::refusal_due(time_point now) noexcept {
  if (refusal_at_ > now) {
    return false;
  }
  refusal_at_ = never;
  return true;
}

void datagram_gate::clear() noexcept {
  held_back_ = {};
  flying_ = {};
  changed_ = {};
  release_at_ = never;
  refusal_at_ = never;
}

std::size_t datagram_gate::memory_bytes() const noexcept {
  std::size_t all = sizeof *this + held_back_[0].capacity() + held_back_[1].capacity()
                    + flying_.capacity() * sizeof(flying) + changed_[0].capacity()
                    + changed_[1].capacity();
  for (const flying& each : flying_) {
    all += each.bytes.capacity();
  }
  return all;
}

} // namespace fleet::hal
