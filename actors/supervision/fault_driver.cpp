// Whom a fault hits, when, and which part of a board that concerns.
#include "actors/supervision/fault_driver.hpp"

#include <algorithm>
#include <utility>

#include "actors/device/firmware_boot.hpp"
#include "protocol/base/check.hpp"

namespace fleet::actors {

namespace {

using faults::effect;

bool carried_out_here(effect what) noexcept {
  const auto of = faults::info_of(what).of;
  return of == faults::domain::network || of == faults::domain::device;
}

bool is_window(effect what) noexcept {
  return faults::info_of(what).shape == faults::shape::window;
}

} // namespace

fault_driver::fault_driver(shard& s, device_finder& devices) : shard_(s), devices_(devices) {
  for (auto& part : shard_.parts) {
    part.around.faults = this;
  }
}

fault_driver::~fault_driver() {
  finish();
  for (auto& part : shard_.parts) {
    part.around.faults = nullptr;
  }
}

fault_driver::known* fault_driver::find(std::string_view name) noexcept {
  const auto found = std::find_if(known_.begin(), known_.end(),
                                  [name](const auto& each) { return each->fault.name == name; });
  return found == known_.end() ? nullptr : found->get();
}

bool fault_driver::add(const faults::fault& f, duration since) {
  if (finished_ || !carried_out_here(f.what) || find(f.name) != nullptr
      || known_.size() >= faults::timeline::faults_max || !faults::complaint_of(f).empty()) {
    return false;
  }
  fault_mark* const mark = shard_.faults.add(f.name, f.what);
  if (mark == nullptr) {
    return false;
  }
  known_.push_back(std::make_unique<known>(f, *mark));
  if (started_) {
    FLEET_CHECK(timeline_.add(f, now() - since));
    if (since > duration{0}) {
      catch_up();
    }
    re_arm();
  }
  return true;
}

bool fault_driver::remove(std::string_view name) {
  known* const gone = find(name);
  if (gone == nullptr) {
    return false;
  }
  (void)timeline_.remove(name, *this);
  if (gone->mark.ended.load() == never) {
    gone->mark.ended = now(); // it never began
  }
  std::erase_if(known_, [gone](const auto& each) { return each.get() == gone; });
  re_arm();
  return true;
}

void fault_driver::start(time_point began) {
  if (std::exchange(started_, true) || finished_) {
    return;
  }
  for (const auto& each : known_) {
    FLEET_CHECK(timeline_.add(each->fault, began));
  }
  if (began < now()) {
    catch_up();
  }
  re_arm();
}

void fault_driver::catch_up() {
  catching_up_ = true;
  timeline_.advance(now() - duration{1}, *this);
  catching_up_ = false;
}

void fault_driver::finish() {
  finished_ = true;
  timeline_.remove_all(*this);
  known_.clear();
  shard_.home.disarm(*this);
}

void fault_driver::on_wake(time_point at) {
  timeline_.advance(at, *this);
  run_loops();
  re_arm();
}

void fault_driver::re_arm() {
  time_point next = timeline_.next_edge();
  for (const auto& each : known_) {
    for (const loop& l : each->loops) {
      next = std::min(next, l.next);
    }
  }
  shard_.home.arm(*this, next); // never: no timer
}

bool fault_driver::selects(const known& of, std::uint32_t slot) const {
  const auto index = shard_.devices.at(slot);
  const auto& product = shard_.products.at(index);
  const auto& select = of.fault.select;
  if (product.behind_gateway) {
    return false;
  }
  if (faults::selects(select, shard_.options.draw, of.key, index)) {
    return true;
  }
  const auto& children = product.features.children;
  if (children.each == 0 || faults::info_of(of.fault.what).of != faults::domain::network) {
    return false;
  }
  const std::uint32_t first = children.first + (index - children.gateways_first) * children.each;
  const bool behind = std::ranges::any_of(select.among, [&](const faults::index_range& range) {
    return range.first < first + children.each && range.last >= first;
  });
  faults::selector drawn = select;
  drawn.among.clear();
  return behind && faults::selects(drawn, shard_.options.draw, of.key, index);
}

void fault_driver::find_targets(known& of) const {
  for (std::uint32_t slot = 0; slot < shard_.options.count; ++slot) {
    if (selects(of, slot)) {
      const auto place =
          faults::place_of(of.fault.select, shard_.options.draw, of.key, shard_.devices.at(slot));
      of.targets.push_back({place, slot});
    }
  }
  std::ranges::sort(of.targets, [](const target& a, const target& b) {
    return std::pair{a.place_ppm, a.slot} < std::pair{b.place_ppm, b.slot};
  });
}

void fault_driver::on_strike(const faults::fault& f, const faults::strike& whom) {
  known& of = *find(f.name);
  if (!of.mark.in_force.load()) {
    of.mark.in_force = true;
    of.mark.began = now();
    find_targets(of);
    of.mark.selected = static_cast<std::uint32_t>(of.targets.size());
    of.weather = disturbance_of(f, faults::info_of(f.what).gradual ? 0 : faults::whole_ppm);
  }
  of.round = whom.round;
  of.reached_ppm = whom.to_ppm;
  if (catching_up_ && !is_window(f.what)) {
    return;
  }
  std::uint32_t hit = 0;
  std::uint64_t strikes = 0;
  for (const target& each : of.targets) {
    if (each.place_ppm >= whom.from_ppm && each.place_ppm < whom.to_ppm) {
      ++hit;
      strikes += strike(of, each.slot) ? 1 : 0;
    }
  }
  if (f.what == effect::reboot_loop) {
    of.loops.push_back({whom, later(now(), f.every)});
  }
  if (whom.round == 0) {
    of.mark.hit = of.mark.hit.load() + hit;
  }
  bump(of.mark.strikes, strikes);
}

void fault_driver::on_strength(const faults::fault& f, std::uint32_t ppm) {
  known& of = *find(f.name);
  of.weather = disturbance_of(f, ppm);
  for (const target& each : of.targets) {
    shard_.slots[each.slot].board.link.disturbance_changed(of.weather);
  }
}

void fault_driver::on_end(const faults::fault& f) {
  known& of = *find(f.name);
  const std::uint32_t reached = std::exchange(of.reached_ppm, 0);
  of.loops.clear();
  if (is_window(f.what)) {
    for (const target& each : of.targets) {
      if (each.place_ppm < reached) {
        lift(of, each.slot);
      }
    }
  }
  of.targets = {};
  of.mark.ended = now();
  of.mark.in_force = false;
}

bool fault_driver::strike(known& of, std::uint32_t slot) {
  return faults::info_of(of.fault.what).of == faults::domain::network
             ? strike_link(of, shard_.slots[slot].board)
             : strike_board(of, slot);
}

bool fault_driver::strike_link(known& of, hal::board& board) {
  auto* const datagrams = board.link.datagrams();
  if (of.fault.what == effect::nat_rebinding) {
    const bool there = datagrams != nullptr && datagrams->active();
    if (there) {
      datagrams->rebind();
    }
    return there;
  }
  if (is_window(of.fault.what)) {
    board.link.disturb(of.weather);
    return true;
  }
  const bool stands = board.link.active();
  if (of.fault.what == effect::reset) {
    board.link.tear();
  } else {
    board.link.go_half_open();
  }
  return stands;
}

void fault_driver::lift(known& of, std::uint32_t slot) {
  if (faults::info_of(of.fault.what).of == faults::domain::network) {
    shard_.slots[slot].board.link.relieve(of.weather);
  } else {
    (void)refresh(of.fault.what, slot);
  }
}

void fault_driver::run_loops() {
  for (const auto& each : known_) {
    std::uint64_t strikes = 0;
    for (loop& l : each->loops) {
      if (l.next > now()) {
        continue;
      }
      l.next = later(now(), each->fault.every);
      for (const target& t : each->targets) {
        if (t.place_ppm >= l.whom.from_ppm && t.place_ppm < l.whom.to_ppm) {
          strikes += strike(*each, t.slot) ? 1 : 0;
        }
      }
    }
    bump(each->mark.strikes, strikes);
  }
}

} // namespace fleet::actors
