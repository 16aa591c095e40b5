// Shares without a worker: whose died, and whose has not come yet.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fleet/workers/coordinator.hpp"
#include "fleet/workers/split.hpp"

namespace fleet::program {

namespace {

constexpr double late_most_s = 120; ///< of a worker, to prepare a run that goes on
constexpr double hire_again_s = 30; ///< nobody came of the last one that was asked for
constexpr int hired_most = 3;
/// Fewer devices are not worth a process of their own, where somebody else has room for them.
constexpr std::uint32_t worth_a_process = 1000;

} // namespace

std::vector<crew_worker*> coordinator::idle() {
  std::vector<crew_worker*> out;
  for (auto& w : workers_) {
    if (w.lives() && !w.share && w.connected && w.clock.looks() >= clocks_wanted
        && (!w.ready || w.ready->code == 0)) {
      out.push_back(&w);
    }
  }
  return out;
}

void coordinator::staff() {
  if (draining_) {
    return; // whoever could begin now would end at once, and was told to
  }
  for (auto& w : workers_) {
    if (w.lives() && w.share && !w.begun) {
      start_late(w);
    }
  }
  auto spares = idle();
  // Of those that were lost others can be asked for, and of those that were never there not: who
  // was asked for is not theirs, while there is room for what it was to have.
  if (takes_over()) {
    staff_hired(spares, true);
  }
  staff_new(spares);
  if (takes_over()) {
    staff_lost(spares);
  }
  tell_spares();
}

void coordinator::tell_spares() {
  for (auto* w : idle()) {
    if (std::exchange(w->spare_told, true)) {
      continue;
    }
    bool small = false;
    for (auto& share : shares_) {
      if (share.waits() && room_of(share, *w) == 0) {
        small = true;
        share.why_not = fmt::format("worker {} had no room for them", number_of(*w));
      }
    }
    news_.lines.push_back(fmt::format(
        "worker {} has come, and is a spare{}", number_of(*w),
        small ? fmt::format(": it may open {} descriptors, too few for devices that wait",
                            w->descriptors)
              : ""));
  }
}

bool coordinator::has_room(const crew_worker& w, const device_set& some) const {
  return w.descriptors == 0 || settings_.descriptors.of(some) <= w.descriptors;
}

std::uint32_t coordinator::room_of(const crew_share& share, const crew_worker& w) const {
  return room_in(settings_.groups, share.devices,
                 [&](const device_set& some) { return has_room(w, some); });
}

void coordinator::staff_new(std::vector<crew_worker*>& spares) {
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    const auto& share = shares_[i];
    if (!share.waits() || share.lives != 0 || (share.rest && takes_over())) {
      continue;
    }
    const auto most = std::max_element(spares.begin(), spares.end(),
                                       [&](const crew_worker* a, const crew_worker* b) {
                                         return room_of(share, *a) < room_of(share, *b);
                                       });
    if (most == spares.end() || room_of(share, **most) == 0) {
      continue;
    }
    auto& taker = **most;
    spares.erase(most);
    const auto before = shares_.size();
    divide(i, {&taker});
    if (shares_.size() != before) {
      leave_rest(shares_.back(), taker);
    }
  }
}

void coordinator::leave_rest(crew_share& rest, const crew_worker& by) {
  rest.rest = true;
  rest.why_not = fmt::format("worker {} had no room for them, and nobody else came", number_of(by));
  news_.lines.push_back(
      fmt::format("worker {} may open {} descriptors, too few for {}: {}", number_of(by),
                  by.descriptors, range_text(rest.devices),
                  takes_over() ? "others are looked for" : "they wait for who comes next"));
}

void coordinator::staff_hired(std::vector<crew_worker*>& spares, bool there) {
  for (std::size_t i = 0, all = shares_.size(); i < all; ++i) {
    const auto& share = shares_[i];
    if (!share.looked_for() || share.hired == 0) {
      continue;
    }
    const auto taker = std::find_if(spares.begin(), spares.end(), [&](const crew_worker* w) {
      return (w->machine == share.hired_at || !there) && room_of(share, *w) != 0;
    });
    if (taker != spares.end()) {
      const std::vector<crew_worker*> its{*taker};
      spares.erase(taker);
      divide(i, its);
    }
  }
}

/// A spare takes what somebody was asked for; of all others each share gets as many as any.
void coordinator::staff_lost(std::vector<crew_worker*>& spares) {
  staff_hired(spares, false);
  std::vector<std::size_t> fresh;
  for (std::size_t i = 0, all = shares_.size(); i < all; ++i) {
    const auto& share = shares_[i];
    if (!share.looked_for() || share.given_up) {
      continue;
    }
    if (share.hired == 0) {
      fresh.push_back(i);
    } else if (lasting_seconds() - share.hired_s > hire_again_s) {
      hire_for(i);
    }
  }
  std::erase_if(spares, [&](const crew_worker* w) {
    return std::none_of(fresh.begin(), fresh.end(),
                        [&](std::size_t i) { return room_of(shares_[i], *w) != 0; });
  });
  for (std::size_t done = 0; done < fresh.size(); ++done) {
    const auto left = fresh.size() - done;
    const auto end =
        spares.begin() + static_cast<std::ptrdiff_t>((spares.size() + left - 1) / left);
    const std::vector<crew_worker*> its{spares.begin(), end};
    spares.erase(spares.begin(), end);
    if (its.empty()) {
      hire_for(fresh[done]);
    } else {
      divide(fresh[done], its);
    }
  }
}

std::optional<std::size_t> coordinator::cut(std::size_t number, std::uint32_t count) {
  if (count == connections_in(settings_.groups, shares_[number].devices)) {
    return std::nullopt;
  }
  auto& rest = shares_.emplace_back();
  auto& whole = shares_[number];
  auto [first, others] = cut_groups(settings_.groups, whole.devices, count);
  rest.mirror = whole.mirror;
  rest.lives = whole.lives;
  if (rest.lives != 0) {
    rest.mirror->follow(shares_.size() - 1, number);
  }
  rest.rest = whole.rest;
  rest.why_not = whole.why_not;
  if (whole.given_up) { // for who comes by itself alone
    rest.given_up = true;
    rest.hired = whole.hired;
  }
  rest.last = whole.last;
  rest.accounts = whole.accounts.taken(whole.devices, others);
  whole.accounts = whole.accounts.taken(whole.devices, first);
  rest.devices = std::move(others);
  whole.devices = std::move(first);
  return shares_.size() - 1;
}

void coordinator::divide(std::size_t number, const std::vector<crew_worker*>& spares) {
  std::vector<taker> takers;
  for (const auto* w : spares) {
    takers.push_back({std::max(w->cores, 1U), 0, room_of(shares_[number], *w)});
  }
  const auto& devices = shares_[number].devices;
  const auto counts =
      groups_for(settings_.groups, devices, share_among_all(devices.count(), takers),
                 [&](std::size_t i, const device_set& some) { return has_room(*spares[i], some); });
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) {
      continue;
    }
    const auto rest = cut(number, counts[i]);
    assign(number, *spares[i]);
    if (!rest) {
      return;
    }
    number = *rest;
  }
}

bool coordinator::may_hire(crew_share& share) {
  if (share.hired == hired_most || workers_.size() >= 2 * workers_most) {
    share.given_up = true;
    news_.lines.push_back((share.lives != 0 ? "nobody takes over " : "nobody came for ")
                          + range_text(share.devices));
    return false;
  }
  share.hired_s = lasting_seconds();
  ++share.hired;
  return true;
}

std::vector<const crew_worker*> coordinator::machines() const {
  std::vector<const crew_worker*> out;
  for (const auto& w : workers_) {
    if (!w.lives() || !w.begun || !w.connected || w.away) {
      continue;
    }
    const auto known = std::find_if(out.begin(), out.end(), [&w](const crew_worker* other) {
      return other->machine == w.machine;
    });
    if (known == out.end()) {
      out.push_back(&w);
    } else if (w.devices.count() < (*known)->devices.count()) {
      *known = &w;
    }
  }
  return out;
}

/// Here, or beside those that have the fewest devices for their cores.
void coordinator::hire_for(std::size_t number) {
  if (settings_.crew.processes != 0) {
    if (may_hire(shares_[number])) {
      shares_[number].hired_at = this_machine();
      if (const auto error = start_process()) {
        news_.lines.push_back(error->message);
      }
    }
    return;
  }
  const auto all = machines(); // none: somebody may be heard again
  std::vector<taker> takers;
  for (const auto* w : all) {
    takers.push_back({std::max(w->cores, 1U),
                      devices_at(w->machine, workers_, shares_, shares_[number]),
                      room_of(shares_[number], *w)});
  }
  const auto& devices = shares_[number].devices;
  const auto parts = share_among_few(devices.count(), takers, worth_a_process);
  const bool any = std::any_of(parts.begin(), parts.end(), [](auto count) { return count != 0; });
  if (!any && !all.empty() && !std::exchange(shares_[number].no_room_told, true)) {
    news_.lines.push_back("nobody has room for " + range_text(devices));
  }
  const auto counts =
      groups_for(settings_.groups, devices, parts,
                 [&](std::size_t i, const device_set& some) { return has_room(*all[i], some); });
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) {
      continue;
    }
    const auto rest = cut(number, counts[i]);
    if (may_hire(shares_[number])) {
      shares_[number].hired_at = all[i]->machine;
      hire_beside(*all[i]);
    }
    if (!rest) {
      return;
    }
    number = *rest;
  }
}

void coordinator::hire_beside(const crew_worker& w) {
  crew_hire word;
  const auto ours = w.called ? address_towards(*w.called) : std::nullopt;
  if (ours && listening_) {
    auto at = *ours;
    at.port = listening_->port;
    word.address = at.text();
  }
  wire_.send(*w.peer, std::move(word));
}

void coordinator::start_late(crew_worker& w) {
  auto& share = shares_[*w.share];
  if (!w.ready) {
    if (lasting_seconds() - w.assigned_s > late_most_s) {
      lose(w, fmt::format("it was not ready within {:g} s", late_most_s));
    }
    return;
  }
  if (w.ready->code != 0) {
    lose(w, w.ready->message);
    return;
  }
  w.after = share.last;
  let_begin(w);
  news_.lines.push_back(w.after ? fmt::format("worker {} has taken over {} of worker {}",
                                              number_of(w), range_text(share.devices), *w.after + 1)
                                : fmt::format("worker {} has come, with {}", number_of(w),
                                              range_text(share.devices)));
}

} // namespace fleet::program
