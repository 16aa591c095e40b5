// Windows in force are few: each question walks them.
#include "cloud_sim/fault_desk.hpp"

#include <algorithm>

#include "protocol/ledger/ledger.hpp"

namespace fleet::cloud {

using faults::effect;

namespace {

bool ours(effect what) noexcept {
  const auto of = faults::info_of(what).of;
  return of == faults::domain::cloud || of == faults::domain::firmware;
}

std::uint32_t scaled(std::uint64_t value, std::uint32_t ppm) noexcept {
  return static_cast<std::uint32_t>(value * ppm / faults::whole_ppm);
}

template <class Number>
void grow(std::atomic<Number>& what, Number by = 1) noexcept {
  what.store(what.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

} // namespace

fault_desk::fault_desk(hal::home& where, fault_draw draw)
    : home_(where), draw_(std::move(draw)), garbage_(draw_.seed, 0, "twin's garbage") {}

fault_desk::~fault_desk() {
  home_.disarm(*this);
}

void fault_desk::serve(fault_target* target) {
  target_ = target;
  held_.clear();
  if (target_ != nullptr && any_) {
    target_->on_faults();
  }
}

bool fault_desk::add(faults::fault f, time_point start, const fault_draw& draw, fault_lease lease) {
  const std::string name = f.name;
  if (!ours(f.what) || !timeline_.add(std::move(f), start)) {
    return false;
  }
  const auto& added = timeline_.all().back().fault;
  auto mark = std::make_shared<fault_mark>();
  mark->name = name;
  mark->what = added.what;
  const fault_choice all{added.select, name, draw, {}};
  std::uint32_t selected = 0;
  for (std::uint32_t device = 0; device < draw.devices; ++device) {
    selected += all.hits(device) ? 1 : 0;
  }
  mark->selected = selected;
  marks_.push_back(std::move(mark));
  const time_point until = lease.lasts == duration{0} ? never : later(home_.now(), lease.lasts);
  orders_.insert_or_assign(name, order{draw, std::move(lease), until});
  if (!std::exchange(any_, true) && target_ != nullptr) {
    target_->on_faults();
  }
  rearm();
  return true;
}

bool fault_desk::remove(std::string_view name) {
  if (!timeline_.remove(name, *this)) {
    return false;
  }
  std::erase_if(marks_, [name](const auto& mark) { return mark->name == name; });
  orders_.erase(orders_.find(name));
  rearm();
  return true;
}

void fault_desk::remove_all() {
  timeline_.remove_all(*this);
  marks_.clear();
  orders_.clear();
  rearm();
}

void fault_desk::renew(order& one, std::string_view owner) noexcept {
  if (one.until != never && one.lease.owner == owner) {
    one.until = later(home_.now(), one.lease.lasts);
  }
}

void fault_desk::renew(std::string_view owner) {
  for (auto& [name, ordered] : orders_) {
    renew(ordered, owner);
  }
  rearm();
}

void fault_desk::renew(std::string_view owner, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (const auto found = orders_.find(name); found != orders_.end()) {
      renew(found->second, owner);
    }
  }
  rearm();
}

std::string_view fault_desk::owner_of(std::string_view name) const noexcept {
  const auto found = orders_.find(name);
  return found == orders_.end() ? std::string_view{} : found->second.lease.owner;
}

void fault_desk::end_lapsed(time_point now) {
  std::vector<std::string> lapsed;
  for (const auto& [name, ordered] : orders_) {
    if (ordered.until <= now) {
      lapsed.push_back(name);
    }
  }
  for (const auto& name : lapsed) {
    (void)remove(name);
  }
}

void fault_desk::freeze() {
  home_.disarm(*this);
  windows_.clear();
  held_.clear();
  life_ = nullptr;
  frozen_ = true;
}

void fault_desk::rearm() {
  if (frozen_) {
    return;
  }
  time_point first = held_.empty() ? never : held_.begin()->first.first;
  for (const auto& [name, ordered] : orders_) {
    first = std::min(first, ordered.until);
  }
  home_.arm(*this, std::min(first, timeline_.next_edge()));
}

void fault_desk::on_wake(time_point now) {
  timeline_.advance(now, *this);
  end_lapsed(now);
  while (!held_.empty() && held_.begin()->first.first <= now) {
    const auto job = std::move(held_.begin()->second);
    held_.erase(held_.begin());
    job();
  }
  rearm();
}

fault_window* fault_desk::find(std::string_view name) noexcept {
  const auto found = std::find_if(windows_.begin(), windows_.end(),
                                  [name](const auto& w) { return w->fault.name == name; });
  return found == windows_.end() ? nullptr : found->get();
}

fault_mark& fault_desk::mark_of(std::string_view name) noexcept {
  const auto found = std::find_if(marks_.begin(), marks_.end(),
                                  [name](const auto& mark) { return mark->name == name; });
  return **found;
}

void fault_desk::on_strike(const faults::fault& f, const faults::strike& whom) {
  auto& mark = mark_of(f.name);
  grow(mark.strikes);
  if (!mark.in_force.exchange(true)) {
    mark.began = home_.now();
  }
  const auto& draw = orders_.find(f.name)->second.draw;
  if (f.what == effect::kick || f.what == effect::expire_tokens) {
    const fault_choice choice{f.select, f.name, draw, whom};
    const bool kick = f.what == effect::kick;
    if (!kick) {
      // The same devices again: the later time is the one that counts.
      std::erase_if(expired_, [&](const expired& e) {
        const auto& was = e.whom.strike();
        return e.whom.key() == choice.key() && was.from_ppm == whom.from_ppm
               && was.to_ppm == whom.to_ppm;
      });
      expired_.push_back({choice, home_.wall_ms() / 1000});
    }
    const std::uint32_t hit = target_ == nullptr ? 0
                              : kick             ? target_->kick(choice)
                                                 : target_->expire_tokens(choice);
    grow(mark.hit, hit);
    grow(mark.done, std::uint64_t{hit});
    cloud::add(counts_[static_cast<std::size_t>(f.what)], hit);
    return;
  }
  if (f.what == effect::cloud_restart) {
    // A ramp reaches more and more of one twin, which is the whole of it at once.
    if (whom.from_ppm == 0) {
      mark.hit = mark.selected.load();
      grow(mark.done);
      cloud::add(counts_[static_cast<std::size_t>(f.what)]);
      if (down_++ == 0 && life_ != nullptr) {
        life_->go_down();
      }
    }
    return;
  }
  if (auto* const known = find(f.name)) {
    known->whom.reach(whom.to_ppm);
    return;
  }
  windows_.push_back(std::make_unique<fault_window>(f, draw, whom, mark));
  windows_.back()->strength_ppm = faults::info_of(f.what).gradual ? 0 : faults::whole_ppm;
}

void fault_desk::on_strength(const faults::fault& f, std::uint32_t ppm) {
  if (auto* const known = find(f.name)) {
    known->strength_ppm = ppm;
  }
}

void fault_desk::on_end(const faults::fault& f) {
  auto& mark = mark_of(f.name);
  mark.in_force = false;
  mark.ended = home_.now();
  if (f.what == effect::cloud_restart && --down_ == 0 && life_ != nullptr) {
    life_->come_up();
  }
  std::erase_if(windows_, [&f](const auto& w) { return w->fault.name == f.name; });
}

void fault_desk::note(fault_window& by, std::uint32_t device) {
  grow(by.mark.done);
  cloud::add(counts_[static_cast<std::size_t>(by.fault.what)]);
  if (by.hit.insert(device).second) {
    by.mark.hit = static_cast<std::uint32_t>(by.hit.size());
  }
}

bool fault_desk::strikes(effect what, std::uint32_t device) {
  for (const auto& w : windows_) {
    if (w->fault.what == what && w->whom.hits(device)
        && w->luck.chance_ppm(scaled(w->fault.share_ppm, w->strength_ppm))) {
      note(*w, device);
      return true;
    }
  }
  return false;
}

duration fault_desk::delay(std::uint32_t device) {
  duration sum{0};
  for (const auto& w : windows_) {
    if (w->fault.what == effect::cloud_slow && w->whom.hits(device)) {
      __extension__ using wide = __int128; // a year of nanoseconds times a million
      sum += duration{static_cast<std::int64_t>(static_cast<wide>(w->fault.by.count())
                                                * w->strength_ppm / faults::whole_ppm)};
      note(*w, device);
    }
  }
  return sum;
}

bool fault_desk::hears(std::uint32_t device) {
  for (const auto& w : windows_) {
    if (w->fault.what != effect::cloud_throttle || !w->whom.hits(device)) {
      continue;
    }
    auto& second = w->seconds[device];
    const time_point now = home_.now();
    if (second.heard == 0 || now - second.since >= std::chrono::seconds{1}) {
      second = {now, 0};
    }
    if (second.heard >= w->fault.rate) {
      note(*w, device);
      return false;
    }
    ++second.heard;
  }
  return true;
}

bool fault_desk::drops_ack(std::uint32_t device) {
  return strikes(effect::drop_acks, device);
}

bool fault_desk::doubles(std::uint32_t device) {
  return strikes(effect::deliver_twice, device);
}

bool fault_desk::garbles(std::uint32_t device) {
  return strikes(effect::malformed, device);
}

bool fault_desk::refuses(std::uint32_t device) {
  for (const auto& w : windows_) {
    if (w->fault.what == effect::refuse_credentials && w->whom.hits(device)) {
      note(*w, device);
      return true;
    }
  }
  return false;
}

const faults::fault* fault_desk::firmware(effect what, std::uint32_t device) {
  for (const auto& w : windows_) {
    if (w->fault.what == what && w->whom.hits(device)) {
      note(*w, device);
      return &w->fault;
    }
  }
  return nullptr;
}

// A type that MQTT reserves, a version that CoAP has not, no letter for HTTP: each gives up at the
// first octet.
void fault_desk::append_garbage(byte_buffer& out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto octet = static_cast<std::uint8_t>(garbage_.next());
    out.push(i == 0 ? static_cast<std::uint8_t>(octet | 0xf0U) : octet);
  }
}

void fault_desk::after(duration by, std::function<void()> job) {
  if (held_.size() >= held_max) {
    job();
    return;
  }
  held_.emplace(std::pair{later(home_.now(), by), ++held_count_}, std::move(job));
  rearm();
}

bool fault_desk::forgot_token(std::uint32_t device, std::int64_t given_s) const {
  return std::any_of(expired_.begin(), expired_.end(),
                     [&](const expired& e) { return given_s < e.at_s && e.whom.hits(device); });
}

void fault_desk::note_doubled(bytes_view payload) {
  const auto found = ledger::find_tag(payload);
  if (found.state == ledger::tag_state::intact) {
    ++doubled_[found.what.device];
  }
}

std::uint64_t fault_desk::doubled(std::uint32_t device) const noexcept {
  const auto found = doubled_.find(device);
  return found == doubled_.end() ? 0 : found->second;
}

} // namespace fleet::cloud
