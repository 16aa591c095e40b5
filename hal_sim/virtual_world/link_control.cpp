// Network disturbances by order: cuts, stalls, and the connection that breaks in mid-message.
#include <utility>

#include "hal_sim/virtual_world/virtual_network.hpp"

namespace fleet::hal {

void virtual_network::cut(virtual_connection& c) {
  for (virtual_stream& end : c.ends) {
    if (!end.listening()) {
      continue;
    }
    end.purge();
    if (end.phase_ == virtual_phase::idle) { // the device's side never got through to it
      end.phase_ = virtual_phase::ended;
    } else {
      end.push_now(segment_kind::cut);
    }
  }
}

std::size_t virtual_network::reset(std::uint64_t origin) {
  std::size_t count = 0;
  for (virtual_connection* c = origin_of(origin).first; c != nullptr; c = c->older) {
    if (c->ends[0].listening() || c->ends[1].listening()) {
      cut(*c);
      ++count;
    }
  }
  return count;
}

void virtual_network::stall(std::uint64_t origin, duration span) {
  // What is armed finds out when it wakes.
  origin_state& o = origin_of(origin);
  o.stalled_until = std::max(o.stalled_until, later(home_.now(), span));
}

void virtual_network::release(std::uint64_t origin) {
  origin_state& o = origin_of(origin);
  o.stalled_until = {};
  for (virtual_connection* c = o.first; c != nullptr; c = c->older) {
    for (virtual_stream& end : c->ends) {
      if (end.head_ != nullptr) {
        end.rearm();
      }
    }
  }
}

void virtual_network::cut_after(std::uint64_t origin, side receiver, std::uint64_t octets) {
  origin_of(origin).cut_planned = true;
  cuts_[origin].left[static_cast<std::size_t>(receiver)] = octets;
}

std::size_t virtual_network::connections(std::uint64_t origin) const {
  std::size_t count = 0;
  const auto found = origins_.find(origin);
  if (found == origins_.end()) {
    return 0;
  }
  for (const virtual_connection* c = found->second.first; c != nullptr; c = c->older) {
    if (c->ends[0].listening() || c->ends[1].listening()) {
      ++count;
    }
  }
  return count;
}

std::size_t virtual_network::admit(virtual_connection& c, side to, std::size_t octets) {
  if (!c.origin->cut_planned) {
    return octets;
  }
  const auto plan = cuts_.find(c.origin->key);
  std::uint64_t& left = plan->second.left[static_cast<std::size_t>(to)];
  if (left == UINT64_MAX) {
    return octets;
  }
  if (left > octets) {
    left -= octets;
    return octets;
  }
  const auto count = static_cast<std::size_t>(std::exchange(left, UINT64_MAX));
  if (plan->second.left[static_cast<std::size_t>(other(to))] == UINT64_MAX) {
    cuts_.erase(plan);
    c.origin->cut_planned = false;
  }
  cut(c);
  return count;
}

} // namespace fleet::hal
