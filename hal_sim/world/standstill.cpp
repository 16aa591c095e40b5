// Each home takes a job that waits.
#include "hal_sim/world/standstill.hpp"

#include <condition_variable>
#include <mutex>

namespace fleet::hal {

struct standstill::gate {
  std::mutex guard;
  std::condition_variable changed;
  std::size_t still = 0;
  bool open = false;
};

standstill::standstill(std::span<home_of_many* const> homes) : gate_(std::make_shared<gate>()) {
  for (auto* const home : homes) {
    home->post([g = gate_] {
      std::unique_lock lock{g->guard};
      ++g->still;
      g->changed.notify_all();
      g->changed.wait(lock, [&] { return g->open; });
    });
  }
  std::unique_lock lock{gate_->guard};
  gate_->changed.wait(lock, [&] { return gate_->still == homes.size(); });
}

standstill::~standstill() {
  const std::lock_guard lock{gate_->guard};
  gate_->open = true;
  gate_->changed.notify_all();
}

} // namespace fleet::hal
