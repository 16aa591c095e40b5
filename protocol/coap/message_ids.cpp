// Duplicate detection over runs of ids.
#include "protocol/coap/message_ids.hpp"

#include <algorithm>

namespace fleet::coap {

bool recent_ids::seen(std::uint16_t id, time_point now, duration lifetime, std::size_t most) {
  forget_old(now, lifetime);
  const std::uint32_t now_ms = milliseconds_of(now);
  const std::uint32_t together_ms = whole_milliseconds(lifetime) / 8;
  // The latest runs are the likely ones.
  for (auto r = runs_.rbegin(); r != runs_.rend(); ++r) {
    if (static_cast<std::uint16_t>(id - r->first) < r->count) {
      return true;
    }
  }
  const auto follows = [&](const run& r) {
    return static_cast<std::uint16_t>(r.first + r.count) == id && r.count < UINT16_MAX
           && now_ms - r.first_heard_ms <= together_ms;
  };
  const auto before = std::find_if(runs_.rbegin(), runs_.rend(), follows);
  if (before != runs_.rend()) {
    ++before->count;
    before->last_heard_ms = now_ms;
    return false;
  }
  if (runs_.size() >= most) {
    runs_.erase(runs_.begin());
  }
  runs_.push_back({now_ms, now_ms, id, 1});
  return false;
}

void recent_ids::forget_old(time_point now, duration lifetime) {
  const std::uint32_t now_ms = milliseconds_of(now);
  const std::uint32_t lifetime_ms = whole_milliseconds(lifetime);
  if (runs_.empty() || now_ms - runs_.front().first_heard_ms <= lifetime_ms) {
    return;
  }
  std::erase_if(runs_, [&](const run& r) { return now_ms - r.last_heard_ms > lifetime_ms; });
  trim(runs_);
}

} // namespace fleet::coap
