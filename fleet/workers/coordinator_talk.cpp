// What workers say to the coordinator, and what becomes of one that says nothing.
#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "fleet/workers/coordinator.hpp"
#include "fleet/workers/frames.hpp"
#include "fleet/workers/packing.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::program {

namespace {

constexpr double pulse_each_s = 0.5;
constexpr double report_most_s = 60; ///< a worker that settles what it has says nothing meanwhile

} // namespace

crew_worker* coordinator::of(peer_number peer) {
  const auto found = std::find_if(workers_.begin(), workers_.end(),
                                  [peer](const crew_worker& w) { return w.peer == peer; });
  return found == workers_.end() ? nullptr : &*found;
}

local_process* coordinator::process_of(const crew_worker& w) {
  const auto found = std::find_if(processes_.begin(), processes_.end(), [&w](const auto& p) {
    return p.pid() > 0 && static_cast<std::uint64_t>(p.pid()) == w.process;
  });
  return found == processes_.end() ? nullptr : &*found;
}

void coordinator::on_newcomer(peer_number from, const crew_hello& hello) {
  const auto again = std::find_if(workers_.begin(), workers_.end(), [&hello](const auto& w) {
    return w.known && constant_time_equal(w.nonce, hello.nonce);
  });
  if (again != workers_.end() && again->lives()) {
    meet(*again, from, hello);
    return;
  }
  const auto place = std::find_if(workers_.begin(), workers_.end(),
                                  [](const crew_worker& w) { return !w.peer && !w.known; });
  const bool full = place == workers_.end() && workers_.size() >= 2 * workers_most;
  const bool other = (began_ || place == workers_.end()) && hello.version != spoken_version();
  if (other) {
    wire_.send(from, hello_to({})); // so that it can say why
    if (!std::exchange(other_told_, true)) {
      news_.lines.push_back(fmt::format("who came as a worker is fleet {}, and this is {}; it was "
                                        "turned away",
                                        hello.version, spoken_version()));
    }
  }
  if (again != workers_.end() || full || draining_ || other) {
    const bool too_late = again != workers_.end() && farewell_to(*again).turned_away;
    wire_.send(from, crew_farewell{full || other || too_late});
    return;
  }
  meet(place == workers_.end() ? workers_.emplace_back() : *place, from, hello);
}

/// One that stood still may go on over the connection that it had.
void coordinator::heard(crew_worker& w) {
  w.heard_s = lasting_seconds();
  if (std::exchange(w.away, false)) {
    news_.lines.push_back(fmt::format("worker {} is heard again", number_of(w)));
  }
}

void coordinator::meet(crew_worker& w, peer_number from, const crew_hello& hello) {
  if (w.peer && *w.peer != from) {
    wire_.forget(*w.peer);
  }
  w.peer = from;
  w.tried.reset();
  w.connected = true;
  heard(w);
  if (std::exchange(w.known, true)) {
    w.orders = std::min<std::size_t>(hello.orders, orders_.size());
    pulse(w);
    // What was sent before it was cut off may never have arrived.
    if (w.begun) {
      if (w.last.products.empty()) {
        send_begin(w);
      }
      send_orders(w);
    } else if (w.share && !w.ready) {
      send_part(w);
    }
    return;
  }
  w.nonce = hello.nonce;
  w.cores = hello.cores;
  w.process = hello.process;
  w.near = hello.machine == this_machine();
  w.machine = hello.machine;
  w.descriptors = hello.descriptors;
  if (const auto at = hal::parse_address(hello.door); at && !w.door) {
    w.door = at.value();
    wire_.look_for(*w.door, index_of(w));
  }
  if (hello.version != spoken_version()) {
    w.ready = crew_ready{static_cast<std::int32_t>(exit_code::environment_failed),
                         "is fleet " + hello.version + ", and this is " + spoken_version()};
    wire_.send(from, hello_to({}));
  }
  ask_clock(w);
}

void coordinator::on_clock(crew_worker& w, const crew_clock& clock) {
  const clock_look look{clock.asked_s, lasting_seconds(), clock.told_s, clock.awake_s,
                        clock.wall_s};
  for (const auto& what : w.hear(look, now_s_)) {
    news_.lines.push_back(fmt::format("worker {}: {}", number_of(w), what));
  }
  if (w.clock.looks() < clocks_wanted) {
    ask_clock(w);
  }
}

void coordinator::ask_clock(crew_worker& w) {
  crew_clock question;
  question.asked_s = lasting_seconds();
  wire_.send(*w.peer, question);
}

void coordinator::on_end(crew_worker& w, crew_end& end) {
  auto& mirror = *shares_[*w.share].mirror;
  auto report = unpacked(end, mirror.shard().parts.size());
  if (!report || !mirror.show(end.last, *w.share)) {
    lose(w, "its report is none of this run");
    return;
  }
  w.told_end = true;
  w.last = std::move(end.last);
  (void)shares_[*w.share].accounts.take(w.last.accounts, shares_[*w.share].devices);
  if (report->interrupted && !draining_) {
    lose(w, "it was told to stop, or was cut off for too long");
    if (!settings_.accounts) { // what it had it has settled itself
      report->online_end = 0;
      for (auto& product : report->products) {
        product.online_end = 0;
      }
      w.left = std::move(report);
    }
    return;
  }
  for (const auto& why : end.missed) { // as a run of one process ends then
    missed_.push_back(fmt::format("worker {}: {}", number_of(w), why));
    news_.end = true;
  }
  w.report = std::move(report);
  w.ledger_lines = std::move(end.ledger_lines);
  wire_.send(*w.peer, farewell_to(w));
}

void coordinator::on_answer(crew_worker& w, const crew_answer& answer) {
  w.answered = std::max<std::size_t>(w.answered, std::min<std::size_t>(answer.order, w.orders));
  if (!answer.refusal.empty() && answer.order == orders_.size()) {
    refusals_.push_back(fmt::format("worker {}: {}", number_of(w), answer.refusal));
  }
}

/// Whoever is heard may go on for another lease, which counts from now.
void coordinator::pulse(crew_worker& w) {
  const double now = lasting_seconds();
  if (w.clock.looks() >= clocks_wanted && now - w.pulsed_s >= pulse_each_s) {
    w.pulsed_s = now;
    wire_.send(*w.peer, crew_pulse{now + w.clock.ahead_s()});
    ask_clock(w);
  }
}

void coordinator::on_event(wire_event& event) {
  if (event.what == wire_news::reached) {
    on_reached(event);
    return;
  }
  if (event.what == wire_news::stranger) {
    if (!std::exchange(stranger_told_, true)) {
      std::fputs("fleet run: somebody came with another worker token; both sides need the same "
                 "FLEET_WORKER_TOKEN, or --worker-token\n",
                 stderr);
    }
    return;
  }
  auto* const w = of(event.from);
  if (event.what == wire_news::gone) {
    if (!event.why.empty()) {
      news_.lines.push_back(fmt::format("{} {}: its connection was ended",
                                        w != nullptr ? fmt::format("worker {}", number_of(*w))
                                                     : "who came as a worker",
                                        event.why));
    }
    if (w != nullptr) {
      w->connected = false;
      const bool spare = began_ && !w->share; // which may come back, as those with devices may
      if (w->lives() && !w->begun && !spare) {
        lose(*w, event.why.empty() ? "its connection ended" : "it " + event.why);
      }
    }
    return;
  }
  if (w == nullptr || !w->known) {
    if (const auto* hello = std::get_if<crew_hello>(&event.message)) {
      if (w != nullptr) {
        meet(*w, event.from, *hello);
      } else {
        on_newcomer(event.from, *hello);
      }
    }
    return;
  }
  if (w->report || w->lost_at_s) { // it comes too late
    wire_.send(event.from, farewell_to(*w));
    return;
  }
  heard(*w);
  if (const auto* clock = std::get_if<crew_clock>(&event.message)) {
    on_clock(*w, *clock);
  } else if (auto* ready = std::get_if<crew_ready>(&event.message)) {
    w->ready = std::move(*ready);
  } else if (const auto* answer = std::get_if<crew_answer>(&event.message)) {
    on_answer(*w, *answer);
  } else if (auto* snapshot = std::get_if<crew_snapshot>(&event.message); snapshot && w->begun) {
    auto& share = shares_[*w->share];
    if (share.mirror->show(*snapshot, *w->share)) {
      (void)share.accounts.take(snapshot->accounts, share.devices);
      snapshot->accounts.clear();
      if (auto sample = unpacked_sample(snapshot->soak)) {
        w->sample = std::move(sample);
        w->sample_is_new = true;
      }
      w->last = std::move(*snapshot);
    }
  } else if (auto* end = std::get_if<crew_end>(&event.message); end && w->begun) {
    on_end(*w, *end);
    return;
  }
  pulse(*w);
}

void coordinator::on_reached(const wire_event& event) {
  auto& w = workers_[event.ticket];
  w.seeking = false;
  w.next_try_s = lasting_seconds() + try_each_s;
  if (event.somebody_there) {
    if (w.tried) {
      wire_.forget(*w.tried);
    }
    w.tried = event.from;
    wire_.send(event.from, hello_to(w.nonce));
  }
  if (event.answer == knock_answer::open) {
    w.door_seen = true;
  }
  const bool cut = !w.connected || lasting_seconds() - w.heard_s > cut_after_s;
  // A door on loopback that is another machine's is a tunnel's end, which may go alone.
  const bool its_own = w.door && (w.near || !w.door->loopback());
  const bool refused = event.answer == knock_answer::refused && w.door_seen && its_own;
  if (refused && w.lives() && w.begun && cut) {
    lose(w, fmt::format("nobody is at {} any more", w.door->text()));
  }
}

void coordinator::seek(crew_worker& w) {
  if (w.seeking || lasting_seconds() < w.next_try_s || !w.door) {
    return;
  }
  w.seeking = true;
  if (w.called) {
    wire_.reach(*w.called, index_of(w));
  } else {
    wire_.look_for(*w.door, index_of(w));
  }
}

void coordinator::watch(crew_worker& w) {
  auto* const process = process_of(w);
  if (process != nullptr && process->over()) {
    lose(w, "its process ended");
    return;
  }
  const double now = lasting_seconds();
  const double silent = now - w.heard_s;
  if (silent > cut_after_s && !std::exchange(w.away, true)) {
    news_.lines.push_back(fmt::format("worker {} is not heard any more; its devices go on without "
                                      "us for up to {:g} s",
                                      number_of(w), lease_s()));
  }
  if (silent > cut_after_s || !w.connected) {
    seek(w);
  }
  // Once the load is over devices stop by themselves, and a worker is busy with its report.
  if (now > w.pulsed_s + lease_s() + (draining_ ? report_most_s : lease_margin_s)) {
    if (process != nullptr) {
      process->kill();
    }
    lose(w, fmt::format("nothing was heard of it for {:.0f} s", silent));
  }
}

void coordinator::lose(crew_worker& w, std::string why) {
  w.lost_at_s = now_s_;
  w.why = std::move(why);
  if (w.peer) {
    wire_.send(*w.peer, farewell_to(w));
  }
  if (!began_ || !w.share) {
    if (began_ && w.known && !draining_) {
      news_.lines.push_back(fmt::format("worker {}, a spare, is gone: {}", number_of(w), w.why));
    }
    return;
  }
  auto& share = shares_[*w.share];
  share.worker.reset();
  if (!w.begun) {
    share.why_not =
        fmt::format("worker {}, which was to have them, did not begin: {}", number_of(w), w.why);
    news_.lines.push_back(fmt::format("worker {} does not begin: {}", number_of(w), w.why));
    w.share.reset();
    return;
  }
  w.left = lost_part(w);
  share.mirror->lose(*w.share);
  share.last = index_of(w);
  share.hired = 0;
  share.hired_s = -1e9;
  share.given_up = false;
  ++share.lives;
  const auto line = fmt::format("worker {} with {} was lost at {:.1f} s: {}", number_of(w),
                                range_text(share.devices), now_s_, w.why);
  const bool stop = settings_.crew.on_loss == worker_loss::stop;
  news_.lines.push_back(line
                        + (stop                         ? "; the run ends"
                           : takes_over() && !draining_ ? "; others take them over"
                                                        : "; the others go on"));
  news_.end = news_.end || stop;
}

company_news coordinator::turn(double now_s) {
  now_s_ = now_s;
  while (auto event = wire_.next()) {
    on_event(*event);
  }
  for (auto& share : shares_) {
    share.mirror->run_jobs();
  }
  for (auto& w : workers_) {
    if (w.lives() && w.begun) {
      watch(w);
    } else if (w.lives() && !w.share && lasting_seconds() - w.heard_s > spare_lease_s) {
      lose(w, "it has not come back");
    }
  }
  staff();
  if (draining_ && all_over()) { // and judged
    for (const auto& w : workers_) {
      if (w.report) {
        (void)shares_[*w.share].mirror->show(w.last, *w.share, true);
      }
    }
  }
  return std::exchange(news_, {});
}

} // namespace fleet::program
