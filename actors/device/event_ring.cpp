// Printing the ring.
#include "actors/device/event_ring.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "protocol/base/check.hpp"

namespace fleet::actors {

namespace {

std::string_view to_string(happening h) noexcept {
  switch (h) {
    case happening::none: return "none";
    case happening::booted: return "booted";
    case happening::connecting: return "connecting";
    case happening::transport_up: return "transport_up";
    case happening::connected: return "connected";
    case happening::refused: return "refused";
    case happening::subscribed: return "subscribed";
    case happening::published: return "published";
    case happening::acknowledged: return "acknowledged";
    case happening::command: return "command";
    case happening::link_ended: return "link_ended";
    case happening::stopping: return "stopping";
    case happening::crashed: return "crashed";
    case happening::registered: return "registered";
    case happening::reset: return "reset";
    case happening::power_lost: return "power_lost";
  }
  FLEET_CHECK(false);
}

} // namespace

std::string event_ring::text() const {
  std::string out;
  const auto size = static_cast<std::uint32_t>(entries_.size());
  const std::uint32_t count = std::min(next_, size);
  for (std::uint32_t i = next_ - count; i != next_; ++i) {
    const entry& e = entries_[i % size];
    std::array<char, 64> line{};
    const auto word = to_string(static_cast<happening>(e.what >> 24));
    std::snprintf(line.data(), line.size(), "%s%u.%03us %.*s %u", out.empty() ? "" : ", ",
                  e.at_ms / 1000, e.at_ms % 1000, static_cast<int>(word.size()), word.data(),
                  e.what & 0xffffffU);
    out += line.data();
  }
  return out;
}

} // namespace fleet::actors
