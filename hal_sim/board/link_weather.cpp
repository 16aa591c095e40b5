// Adding disturbances up, and keeping the gates.
#include "hal_sim/board/link_weather.hpp"

#include <algorithm>
#include <utility>

#include "hal_sim/board/link.hpp"

namespace fleet::hal {

link_weather::~link_weather() {
  if (gate_ != nullptr) {
    gate_->leave();
  }
  for (const auto& gate : leavers_) {
    gate->leave();
  }
}

void link_weather::add(const link_disturbance& what) {
  if (std::find(in_force_.begin(), in_force_.end(), &what) == in_force_.end()) {
    in_force_.push_back(&what);
  }
}

void link_weather::remove(const link_disturbance& what) {
  in_force_.erase(std::remove(in_force_.begin(), in_force_.end(), &what), in_force_.end());
}

void link_weather::renew() {
  sum = leader == nullptr ? link_disturbance{} : leader->disturbed_by();
  for (const link_disturbance* each : in_force_) {
    sum = combined(sum, *each);
  }
  if (gate_ != nullptr) {
    gate_->refresh();
  }
  for (const auto& gate : leavers_) {
    gate->refresh();
  }
}

link_gate& link_weather::put_gate(stream_events& owner) {
  dismiss_gate();
  gate_ = std::make_shared<link_gate>(*this, owner);
  return *gate_;
}

void link_weather::dismiss_gate() noexcept {
  if (gate_ == nullptr) {
    return;
  }
  const std::shared_ptr<link_gate> gate = std::exchange(gate_, nullptr);
  if (gate->over()) {
    gate->leave();
    return;
  }
  if (leavers_.size() == leavers_max) {
    leavers_.front()->leave();
    leavers_.erase(leavers_.begin());
  }
  leavers_.push_back(gate);
}

void link_weather::join(link& other) {
  companions_.push_back(&other);
}

void link_weather::part(link& other) noexcept {
  companions_.erase(std::remove(companions_.begin(), companions_.end(), &other), companions_.end());
}

bool link_weather::spare() const noexcept {
  return in_force_.empty() && gate_ == nullptr && leavers_.empty() && companions_.empty()
         && leader == nullptr;
}

void link_weather::on_idle(link_gate& gate) {
  if (&gate == gate_.get()) {
    of_.take_back(std::exchange(gate_, nullptr)->give_back());
  }
}

void link_weather::on_over(link_gate& gate) {
  const auto found = std::find_if(leavers_.begin(), leavers_.end(),
                                  [&gate](const auto& each) { return each.get() == &gate; });
  if (found != leavers_.end()) {
    gate.leave();
    leavers_.erase(found);
    of_.tidy();
  }
}

std::size_t link_weather::memory_bytes() const noexcept {
  std::size_t octets = sizeof *this + in_force_.capacity() * sizeof(void*)
                       + leavers_.capacity() * sizeof(std::shared_ptr<link_gate>)
                       + companions_.capacity() * sizeof(void*)
                       + (gate_ == nullptr ? 0 : gate_->memory_bytes());
  for (const auto& gate : leavers_) {
    octets += gate->memory_bytes();
  }
  return octets;
}

} // namespace fleet::hal
