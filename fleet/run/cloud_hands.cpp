// Orders to the twins' home, or over HTTP.
#include "fleet/run/cloud_hands.hpp"

#include <algorithm>
#include <thread>

#include "fleet/run/far_faults.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/run_mark.hpp"

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

std::optional<std::string> twin_hand::add(const std::shared_ptr<const faults::fault>& f) {
  if (twins_.empty()) {
    return "no device of this run speaks to a twin";
  }
  if (f->what == faults::effect::cloud_restart
      && std::any_of(twins_.begin(), twins_.end(),
                     [](const twin& t) { return !t.host->can_restart(); })) {
    return "cloud_restart takes a twin that keeps what it acknowledged, and keeping costs: a run "
           "has one where its scenario or its --fault has a cloud_restart, at whatever time";
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

void twin_hand::remove(const std::string& name) {
  for (const auto& each : twins_) {
    each.home->post([twin = each, name] { (void)twin.host->faults().remove(name); });
  }
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

namespace {

constexpr double patience_s = 3; ///< with a twin that is asked to end a fault

} // namespace

far_hand::far_hand(std::shared_ptr<admin_api> api, std::string where, const prepared& ready,
                   double often_s)
    : api_(std::move(api)), where_(std::move(where)), often_s_(often_s), mark_(run_mark()),
      seed_(ready.seed), devices_(ready.devices()) {
  for (const auto& region : ready.regions) {
    shares_ppm_.push_back(region.share_ppm);
  }
}

far_hand::~far_hand() {
  if (asker_.joinable()) {
    api_->give_up();
    asker_.join();
  }
}

std::optional<std::string> far_hand::add(const std::shared_ptr<const faults::fault>& f) {
  if (auto why = send_far_fault(*api_, where_, *f, {seed_, shares_ppm_, devices_}, mark_)) {
    return why;
  }
  slow_ = false;
  const std::lock_guard held{counted_.lock};
  counted_.by.erase(f->name);
  counted_.open.insert(f->name);
  return std::nullopt;
}

void far_hand::remove(const std::string& name) {
  if (slow_) {
    return; // a run that ends has no time for each of them
  }
  const double began = monotonic_seconds();
  const bool open = [this, &name] {
    const std::lock_guard held{counted_.lock};
    return counted_.open.contains(name);
  }();
  if (open) {
    look(); // it forgets what it counted
  }
  // One that it does not take: its fault ends by itself, and the run goes on.
  (void)end_far_fault(*api_, where_, name, mark_);
  slow_ = monotonic_seconds() - began > patience_s;
  const std::lock_guard held{counted_.lock};
  counted_.open.erase(name);
}

void far_hand::look() const {
  const auto all = list_far_faults(*api_, where_, mark_);
  if (!all) {
    return;
  }
  const std::lock_guard held{counted_.lock};
  for (const auto& one : all.value()) {
    if (counted_.open.contains(one.name)) {
      counted_.by[one.name] = {static_cast<std::uint32_t>(one.selected),
                               static_cast<std::uint32_t>(one.hit), one.strikes};
    }
    if (one.state == "over") {
      counted_.open.erase(one.name);
    }
  }
}

/// With the lock held: who asked before has given it back for the last time, and only has to end.
void far_hand::ask_beside() const {
  if (asker_.joinable()) {
    asker_.join();
  }
  counted_.asking = true;
  asker_ = std::thread{[this] {
    look();
    const std::lock_guard held{counted_.lock};
    counted_.asking = false;
  }};
}

std::optional<fault_figures> far_hand::figures(const std::string& name) const {
  const std::lock_guard held{counted_.lock};
  const double now = monotonic_seconds();
  const bool due = !counted_.asked_s || now - *counted_.asked_s >= often_s_;
  if (due && !counted_.asking && !counted_.open.empty()) {
    counted_.asked_s = now;
    ask_beside();
  }
  const auto found = counted_.by.find(name);
  return found == counted_.by.end() ? std::nullopt : std::optional{found->second};
}

} // namespace fleet::program
