// Orders to the twins' home.
#include "fleet/run/cloud_hands.hpp"

#include <algorithm>

namespace fleet::program {

std::uint64_t twin_hand::told::begin(const std::string& name) {
  const std::lock_guard held{lock};
  by[name] = {++rounds, {}};
  return rounds;
}

void twin_hand::told::put(std::uint64_t round, std::shared_ptr<const cloud::fault_mark> mark) {
  const std::lock_guard held{lock};
  const auto found = by.find(mark->name);
  if (found != by.end() && found->second.round == round) {
    found->second.marks.push_back(std::move(mark));
  }
}

std::optional<fault_refusal> twin_hand::add(const std::shared_ptr<const faults::fault>& f) {
  if (twins_.empty()) {
    return fault_refusal{"no device of this run speaks to a twin"};
  }
  if (f->what == faults::effect::cloud_restart
      && std::any_of(twins_.begin(), twins_.end(),
                     [](const twin& t) { return !t.host->can_restart(); })) {
    return fault_refusal{
        "cloud_restart takes a twin that keeps what it acknowledged, and keeping costs: a run has "
        "one where its scenario or its --fault has a cloud_restart, at whatever time"};
  }
  const std::uint64_t round = marks_->begin(f->name);
  for (const auto& each : twins_) {
    each.home->post([twin = each, f, marks = marks_, round] {
      auto& desk = twin.host->faults();
      if (!desk.add(*f, twin.home->now())) {
        return;
      }
      for (auto& mark : desk.marks()) {
        if (mark->name == f->name) {
          marks->put(round, std::move(mark));
        }
      }
    });
  }
  return std::nullopt;
}

std::optional<std::string> twin_hand::remove(const std::string& name) {
  for (const auto& each : twins_) {
    each.home->post([twin = each, name] { (void)twin.host->faults().remove(name); });
  }
  return std::nullopt;
}

std::optional<fault_figures> twin_hand::figures(const std::string& name) const {
  const std::lock_guard held{marks_->lock};
  const auto found = marks_->by.find(name);
  if (found == marks_->by.end()) {
    return std::nullopt;
  }
  fault_figures sum;
  for (const auto& mark : found->second.marks) {
    sum.selected += mark->selected.load(std::memory_order_relaxed);
    sum.hit += mark->hit.load(std::memory_order_relaxed);
    sum.strikes += mark->strikes.load(std::memory_order_relaxed);
  }
  return sum;
}

} // namespace fleet::program
