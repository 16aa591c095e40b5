// One list under a lock; who carries a fault out is asked without it.
#include "fleet/run/fault_desk.hpp"

#include <algorithm>

#include "fleet/scenario/fault_plan.hpp"

namespace fleet::program {

namespace {

/// Its own name, or that of the preset that it is a part of.
bool called(const std::string& full, std::string_view name) {
  return full == name
         || (full.size() > name.size() && full.starts_with(name) && full[name.size()] == '.');
}

} // namespace

std::string_view state_text(const fault_row& row) noexcept {
  switch (row.state) {
    case faults::timeline::state::waiting: return row.dropped ? "dropped" : "waiting";
    case faults::timeline::state::in_force: return "in force";
    case faults::timeline::state::over: return "over";
  }
  return {};
}

fault_hand* fault_desk::hand_of(faults::effect what) const noexcept {
  switch (faults::info_of(what).of) {
    case faults::domain::network:
    case faults::domain::device: return hands_.devices;
    case faults::domain::firmware:
    case faults::domain::cloud: return hands_.cloud;
  }
  return nullptr;
}

fault_desk::entry* fault_desk::find(std::string_view name) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [name](const entry& e) { return e.row.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

std::optional<fault_refusal> fault_desk::add(faults::fault f, std::uint32_t selected,
                                             duration now) {
  auto* const hand = hand_of(f.what);
  if (hand == nullptr) {
    return fault_refusal{std::string{to_string(f.what)}
                         + " is for the twin, and this run has none"};
  }
  if (entries_.size() >= faults::timeline::faults_max) {
    forget_oldest();
  }
  if (has(f.name)) {
    return fault_refusal{"there is a fault " + f.name + " already"};
  }
  if (added_ == added_most) {
    return fault_refusal{"a run takes " + std::to_string(added_most)
                         + " faults at most, removed ones included"};
  }
  if (entries_.size() >= faults::timeline::faults_max || !timeline_.add(f, time_point{now})) {
    return fault_refusal{"there are too many faults; remove some"};
  }
  entry made;
  made.row.name = f.name;
  made.row.what = f.what;
  made.row.text = describe(f);
  made.row.begins = now + f.at;
  if (f.span != faults::no_end) {
    made.row.ends = made.row.begins + f.span;
  }
  made.row.live = now > duration{0};
  made.row.figures.selected = selected;
  made.fault = std::make_shared<const faults::fault>(std::move(f));
  if (auto why = hand->add(made.fault)) {
    (void)timeline_.remove(made.row.name, *this);
    return why;
  }
  ++added_;
  const std::lock_guard held{lock_};
  entries_.push_back(std::move(made));
  return std::nullopt;
}

std::optional<std::string> fault_desk::remove(std::string_view name, duration now) {
  std::vector<std::string> those;
  for (const auto& e : entries_) {
    if (called(e.row.name, name)) {
      those.push_back(e.row.name);
    }
  }
  if (those.empty()) {
    return "there is no fault " + std::string{name};
  }
  now_ = now;
  std::optional<std::string> first;
  for (const auto& each : those) {
    auto* const found = find(each);
    if (auto* const hand = hand_of(found->row.what)) {
      auto why = hand->remove(each);
      first = first ? first : std::move(why);
    }
    (void)timeline_.remove(each, *this);
    const std::lock_guard held{lock_};
    std::erase_if(entries_, [&each](const auto& e) { return e.row.name == each; });
  }
  return first;
}

void fault_desk::advance(duration now) {
  if (entries_.empty()) {
    return;
  }
  now_ = now;
  timeline_.advance(time_point{now}, *this);
}

void fault_desk::end_all(duration now) {
  now_ = now;
  for (const auto& e : entries_) {
    // Those that are over too: a twin elsewhere has another run after this one.
    if (auto* const hand = hand_of(e.row.what)) {
      hand->let_go(e.row.name);
    }
  }
  timeline_.remove_all(*this);
  const std::lock_guard held{lock_};
  for (auto& e : entries_) {
    e.row.dropped = e.row.state == faults::timeline::state::waiting;
  }
}

void fault_desk::on_strike(const faults::fault& f, const faults::strike&) {
  const std::lock_guard held{lock_};
  if (auto* const found = find(f.name)) {
    found->row.state = faults::timeline::state::in_force;
  }
}

void fault_desk::on_end(const faults::fault& f) {
  const std::lock_guard held{lock_};
  if (auto* const found = find(f.name)) {
    found->row.state = faults::timeline::state::over;
    found->row.ended = now_;
  }
}

void fault_desk::forget_oldest() {
  const auto oldest = std::find_if(entries_.begin(), entries_.end(), [](const entry& e) {
    return e.row.live && e.row.state == faults::timeline::state::over;
  });
  if (oldest != entries_.end()) {
    const std::string name = oldest->row.name;
    (void)remove(name, now_);
  }
}

bool fault_desk::empty() const {
  const std::lock_guard held{lock_};
  return entries_.empty();
}

bool fault_desk::has(std::string_view name) const {
  const std::lock_guard held{lock_};
  return std::any_of(entries_.begin(), entries_.end(),
                     [name](const entry& e) { return called(e.row.name, name); });
}

std::vector<std::string> fault_desk::names() const {
  const std::lock_guard held{lock_};
  std::vector<std::string> out;
  for (const auto& e : entries_) {
    out.push_back(e.row.name);
  }
  return out;
}

std::vector<fault_row> fault_desk::rows() const {
  const std::lock_guard held{lock_};
  std::vector<fault_row> out;
  for (const auto& e : entries_) {
    auto& row = out.emplace_back(e.row);
    const auto* const hand = hand_of(row.what);
    if (const auto figures = hand == nullptr ? std::nullopt : hand->figures(row.name)) {
      // Several twins count the same devices, and one that strikes again and again those before.
      row.figures.hit = std::min(figures->hit, row.figures.selected);
      row.figures.strikes = figures->strikes;
    }
  }
  return out;
}

} // namespace fleet::program
