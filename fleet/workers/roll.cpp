// What a roll comes to.
#include "fleet/workers/roll.hpp"

namespace fleet::program {

std::uint64_t devices_at(const std::string& machine, const std::deque<crew_worker>& workers,
                         const std::deque<crew_share>& shares, const crew_share& but) {
  std::uint64_t sum = 0;
  for (const auto& w : workers) {
    const bool there = w.lives() && w.share && w.machine == machine;
    sum += there ? w.devices.count() : 0;
  }
  for (const auto& share : shares) {
    const bool comes = share.looked_for() && share.hired != 0 && !share.given_up && &share != &but;
    sum += comes && share.hired_at == machine ? share.devices.count() : 0;
  }
  return sum;
}

} // namespace fleet::program
