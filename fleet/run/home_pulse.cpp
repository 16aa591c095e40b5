// Striking.
#include "fleet/run/home_pulse.hpp"

namespace fleet::program {

void home_pulse::strike() {
  for (const auto& each : homes_) {
    if (each.found->out.exchange(true, std::memory_order_acq_rel)) {
      continue; // it waits still, and will tell when it is through
    }
    each.home->post([home = each.home, found = each.found, clock = now_, since = now_()] {
      const auto load = home->load();
      found->queued.store(load.queued, std::memory_order_relaxed);
      found->timers.store(load.timers, std::memory_order_relaxed);
      found->lag.record(clock() - since);
      found->out.store(false, std::memory_order_release);
    });
  }
}

} // namespace fleet::program
