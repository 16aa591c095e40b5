// Shares without a worker: whose died, and whose has not come yet.
#include <algorithm>

#include <fmt/format.h>

#include "fleet/workers/coordinator.hpp"

namespace fleet::program {

namespace {

constexpr double late_most_s = 120; ///< of a worker, to prepare a run that goes on
constexpr double hire_again_s = 30; ///< nobody came of the last one that was asked for
constexpr int hired_most = 3;

std::string range_text(const device_range& devices) {
  return fmt::format("devices {} to {}", devices.first, devices.first + devices.count - 1);
}

} // namespace

const crew_worker* coordinator::successor_of(const crew_worker& w) const {
  const auto found = std::find_if(workers_.begin(), workers_.end(), [&](const crew_worker& other) {
    return other.share == w.share && other.report && other.after;
  });
  return found == workers_.end() ? nullptr : &*found;
}

void coordinator::staff() {
  for (auto& w : workers_) {
    if (w.lives() && w.share && !w.begun) {
      start_late(w);
    }
  }
  // Of those that were lost others can be asked for, and of those that were never there not.
  for (const bool lost : {false, true}) {
    for (auto& share : shares_) {
      if (!share.worker && !share.given_up && !draining_ && (share.lives != 0) == lost) {
        staff(share);
      }
    }
  }
}

void coordinator::staff(crew_share& share) {
  if (share.lives != 0 && !takes_over()) {
    return;
  }
  const auto spare = std::find_if(workers_.begin(), workers_.end(), [](const crew_worker& w) {
    return w.lives() && !w.share && w.connected && w.clock.looks() >= clocks_wanted
           && (!w.ready || w.ready->code == 0);
  });
  if (spare != workers_.end()) {
    assign(share, *spare);
    for (auto& other : shares_) { // it may have been asked for one of these
      other.hired_s = share.lives == 0 && !other.worker ? -1e9 : other.hired_s;
    }
  } else if (share.lives != 0 && lasting_seconds() - share.hired_s > hire_again_s) {
    hire(share);
  }
}

/// One more process, here or beside the worker that has the fewest devices for its cores.
void coordinator::hire(crew_share& share) {
  if (share.hired == hired_most || workers_.size() >= 2 * workers_most) {
    share.given_up = true;
    news_.lines.push_back("nobody takes over " + range_text(share.devices));
    return;
  }
  share.hired_s = lasting_seconds();
  ++share.hired;
  if (settings_.crew.processes != 0) {
    if (const auto error = start_process()) {
      news_.lines.push_back(error->message);
    }
    return;
  }
  const crew_worker* best = nullptr;
  const auto load = [this](const crew_worker& w) {
    return static_cast<double>(shares_[*w.share].devices.count) / std::max(w.cores, 1U);
  };
  for (const auto& w : workers_) {
    if (w.lives() && w.begun && w.connected && !w.away && (!best || load(w) < load(*best))) {
      best = &w;
    }
  }
  if (best == nullptr) {
    return; // somebody may be heard again
  }
  crew_hire word;
  const auto ours = best->called ? address_towards(*best->called) : std::nullopt;
  if (ours && listening_) {
    auto at = *ours;
    at.port = listening_->port;
    word.address = at.text();
  }
  wire_.send(*best->peer, std::move(word));
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
