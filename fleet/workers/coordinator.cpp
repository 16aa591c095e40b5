// Opening, sharing out, starting; and the orders of a run. What workers say is coordinator_talk's.
#include "fleet/workers/coordinator.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "fleet/options/subcommands.hpp"
#include "fleet/text/quantities.hpp"
#include "fleet/workers/certificates.hpp"
#include "fleet/workers/frames.hpp"
#include "fleet/workers/token.hpp"

namespace fleet::program {

namespace {

constexpr double await_most_s = 120; ///< until all workers are there, and until all can begin
constexpr double leave_most_s = 5;   ///< of processes that have given their report
/// From the word to begin to the beginning, so that it is everywhere by then.
constexpr double start_in_s = 0.3;
constexpr double answer_most_s = 3; ///< of workers, to an order
constexpr duration look_each = std::chrono::milliseconds{20};

duration of_seconds(double s) {
  return duration{static_cast<std::int64_t>(std::max(s, 0.0) * 1e9)};
}

startup_error failed(std::string why) {
  return {exit_code::environment_failed, std::move(why)};
}

} // namespace

coordinator::coordinator(settings s)
    : settings_(std::move(s)),
      wire_({settings_.token, crew_role::coordinator}, papers_of(settings_.crew.certificates)) {
  const auto& crew = settings_.crew;
  workers_.resize(crew.processes != 0  ? crew.processes
                  : crew.expected != 0 ? crew.expected
                                       : crew.workers.size());
  shares_.resize(workers_.size());
}

coordinator::~coordinator() {
  for (const auto& w : workers_) { // who has not reported has nobody to wait for
    if (w.peer && !w.report) {
      wire_.send(*w.peer, crew_farewell{!began_}); // there was nothing to be a spare of
    }
  }
  const double until = lasting_seconds() + (all_over() ? leave_most_s : 0);
  while (lasting_seconds() < until
         && !std::all_of(processes_.begin(), processes_.end(), [](auto& p) { return p.over(); })) {
    (void)wire_.next(look_each);
  }
}

result<std::unique_ptr<company>, startup_error> coordinator::open(settings s) {
  std::unique_ptr<coordinator> made{new coordinator{std::move(s)}};
  if (auto why = too_few_for(made->settings_.groups, made->workers_.size())) {
    return fail(startup_error{exit_code::wrong_usage, std::move(*why)});
  }
  if (auto error = made->open_doors()) {
    return fail(std::move(*error));
  }
  return std::unique_ptr<company>{std::move(made)};
}

std::optional<startup_error> coordinator::open_doors() {
  const auto& crew = settings_.crew;
  for (std::size_t i = 0; i < crew.workers.size(); ++i) {
    const auto peer = wire_.connect(crew.workers[i], stop_signals::pending);
    if (!peer) {
      return stop_signals::wait(duration::zero())
                 ? interrupted_early("while " + crew.workers[i].text() + " was called")
                 : failed(peer.error());
    }
    auto& w = workers_[i];
    w.peer = peer.value();
    w.called = w.door = crew.workers[i];
    w.door_seen = true;
    wire_.send(peer.value(), hello_to({}));
  }
  if (!crew.workers.empty() && !takes_over()) {
    return std::nullopt;
  }
  if (auto error = listen()) {
    return error;
  }
  if (crew.expected != 0) {
    std::printf("workers at %s\n", listening_->text().c_str());
    std::fflush(stdout);
  }
  for (std::uint32_t i = 0; i < crew.processes; ++i) {
    if (auto error = start_process()) {
      return error;
    }
  }
  return std::nullopt;
}

/// Where workers that we go to are told to send others, all of this machine can be reached, if any
/// of them is on another.
std::optional<startup_error> coordinator::listen() {
  const auto& crew = settings_.crew;
  hal::address at = crew.listen.value_or(default_metrics_address());
  at.port = crew.listen ? at.port : 0;
  for (const auto& worker : crew.workers) {
    if (!worker.loopback()) {
      at = {};
      at.v6 = worker.v6;
    }
  }
  const auto port = wire_.listen(at);
  if (!port) {
    return failed(port.error());
  }
  at.port = port.value();
  listening_ = at;
  return std::nullopt;
}

std::optional<startup_error> coordinator::start_process() {
  auto made = local_process::start({"worker", "--join", listening_->text()},
                                   std::string{token_variable} + "=" + settings_.token);
  if (made.pid() < 0) {
    return failed("the system has no process for a worker");
  }
  processes_.push_back(std::move(made));
  return std::nullopt;
}

std::vector<actors::shard*> coordinator::mirrors(const actors::product_map& products) {
  std::vector<actors::shard*> out;
  for (auto& share : shares_) {
    share.mirror = std::make_shared<shard_mirror>(products);
    out.push_back(&share.mirror->shard());
  }
  return out;
}

std::optional<startup_error> coordinator::await(const std::function<bool(const crew_worker&)>& done,
                                                std::size_t wanted, std::string_view what,
                                                stop_signals& signals) {
  const double until = lasting_seconds() + await_most_s;
  const auto count = [this, &done] {
    return static_cast<std::size_t>(std::count_if(workers_.begin(), workers_.end(), done));
  };
  while (count() < wanted) {
    if (signals.wait(duration::zero())) {
      return interrupted_early("while " + std::string{what});
    }
    if (auto event = wire_.next(look_each)) {
      on_event(*event);
    }
    for (std::size_t i = 0; i < shares_.size(); ++i) { // and of no spare
      const auto& w = workers_[i];
      if (w.ready && w.ready->code != 0) {
        return startup_error{static_cast<exit_code>(w.ready->code),
                             fmt::format("worker {}: {}", number_of(w), w.ready->message)};
      }
      if (w.lost_at_s) {
        return failed(fmt::format("worker {} is lost: {}", number_of(w), w.why));
      }
    }
    if (std::any_of(processes_.begin(), processes_.end(), [](auto& p) { return p.over(); })) {
      return failed("the process of a worker ended before the run began");
    }
    if (lasting_seconds() > until) {
      return failed(
          fmt::format("{} of {} workers were ready within {:g} s", count(), wanted, await_most_s));
    }
  }
  return std::nullopt;
}

std::optional<startup_error> coordinator::share_out() {
  // Of a worker that has not come yet nobody knows the cores: as many as the others have.
  std::uint64_t cores = 0;
  std::uint64_t known = 0;
  std::uint64_t descriptors = 0; // and as many descriptors as the one that has most
  for (const auto& w : workers_) {
    cores += w.known ? std::max(w.cores, 1U) : 0;
    known += w.known ? 1 : 0;
    descriptors = std::max(descriptors, w.descriptors);
  }
  const auto usual = static_cast<std::uint32_t>(cores / std::max<std::uint64_t>(known, 1));
  std::vector<std::uint32_t> weights;
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    const auto& w = workers_[i];
    weights.push_back(settings_.crew.processes != 0 ? 1
                      : w.known                     ? std::max(w.cores, 1U)
                                                    : std::max(usual, 1U));
  }
  const auto fits = [&](std::size_t i, const device_set& some) {
    const auto may_open = workers_[i].known ? workers_[i].descriptors : descriptors;
    return may_open == 0 || settings_.descriptors.of(some) <= may_open;
  };
  auto parts = split_groups(settings_.groups, weights, fits);
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    shares_[i].devices = std::move(parts[i]);
    if (auto why = too_large(settings_.parcels.of(ranges_of(shares_[i].devices)))) {
      return startup_error{exit_code::wrong_usage, std::move(*why)};
    }
  }
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    if (workers_[i].known) {
      assign(i, workers_[i]);
    }
  }
  return std::nullopt;
}

void coordinator::assign(std::size_t number, crew_worker& to) {
  auto& share = shares_[number];
  share.worker = index_of(to);
  to.share = number;
  to.devices = share.devices;
  to.assigned_s = lasting_seconds();
  send_part(to);
}

void coordinator::send_part(crew_worker& to) {
  auto& share = shares_[*to.share];
  shard_spec spec;
  spec.words = settings_.words;
  spec.seed = settings_.seed;
  spec.devices = numbers_of(share.devices);
  spec.of = settings_.devices;
  spec.lease_s = lease_s();
  spec.life = share.lives;
  spec.since_s = began_ ? now_s_ : 0;
  spec.keeps_accounts = settings_.accounts;
  spec.accounts = share.accounts.all();
  spec.files = settings_.parcels.of(ranges_of(share.devices));
  if (wire_.send(*to.peer, std::move(spec))) {
    return;
  }
  share.too_large = true;
  share.why_not = "what a worker is to be sent of them is more than a message has room for, "
                  + text::format_size(frame_most);
  if (!began_) {
    lose(to, share.why_not);
    return;
  }
  share.worker.reset();
  to.share.reset();
  news_.lines.push_back(
      fmt::format("nobody gets {}: {}", range_text(share.devices), share.why_not));
}

void coordinator::let_begin(crew_worker& w) {
  w.begun = true;
  w.heard_s = w.pulsed_s = std::max(began_s_, lasting_seconds());
  send_begin(w);
  send_orders(w);
}

/// Its lease counts for both of us from the same moment, however long the word takes.
void coordinator::send_begin(crew_worker& w) {
  const double ahead = w.clock.ahead_s();
  wire_.send(*w.peer, crew_begin{began_s_ + ahead, w.pulsed_s + ahead});
}

crew_hello coordinator::hello_to(const std::string& nonce) {
  return {spoken_version(), 0, 0, nonce, {}, 0};
}

crew_farewell coordinator::farewell_to(const crew_worker& w) const noexcept {
  return {!w.begun && !draining_, w.told_end};
}

std::optional<startup_error> coordinator::begin(const shown_run&, stop_signals& signals) {
  const auto has_clock = [](const crew_worker& w) { return w.clock.looks() >= clocks_wanted; };
  const auto least = settings_.crew.begin_with;
  if (auto error =
          await(has_clock, least != 0 ? least : shares_.size(), "workers were awaited", signals)) {
    return error;
  }
  if (auto error = share_out()) {
    return error;
  }
  const auto prepares = [](const crew_worker& w) { return w.share.has_value(); };
  const auto can_begin = [](const crew_worker& w) { return w.share && w.ready; };
  const auto wanted = std::count_if(workers_.begin(), workers_.end(), prepares);
  if (auto error =
          await(can_begin, static_cast<std::size_t>(wanted), "workers prepared the run", signals)) {
    return error;
  }
  began_s_ = lasting_seconds() + start_in_s;
  for (auto& w : workers_) {
    if (w.share) {
      let_begin(w);
    }
  }
  began_ = true;
  while (lasting_seconds() < began_s_) {
    if (signals.wait(of_seconds(began_s_ - lasting_seconds()))) {
      return interrupted_early("just before the devices started");
    }
  }
  return std::nullopt;
}

void coordinator::drain() {
  draining_ = true;
  order(crew_order_kind::drain, {});
  for (auto& w : workers_) {
    if (!w.lives() || w.begun) {
      continue;
    }
    if (w.share) { // nobody waits for it any more, and its devices never began
      lose(w, "the run ended before it was ready");
    } else if (w.peer) {
      wire_.send(*w.peer, crew_farewell{});
    }
  }
}

bool coordinator::all_over() const {
  return std::none_of(workers_.begin(), workers_.end(),
                      [](const crew_worker& w) { return w.lives() && w.begun; });
}

/// For one that is cut off, and may have devices or a report still.
bool coordinator::waits() const {
  const double now = lasting_seconds();
  return std::any_of(workers_.begin(), workers_.end(), [now](const crew_worker& w) {
    return w.lives() && w.begun && (!w.connected || now - w.heard_s > cut_after_s);
  });
}

bool coordinator::all_leave() const {
  constexpr auto leaving = static_cast<std::uint8_t>(run_part::leaving);
  return draining_ && std::none_of(workers_.begin(), workers_.end(), [](const crew_worker& w) {
           return w.lives() && w.begun && w.last.part != leaving;
         });
}

/// Whoever cannot be heard now gets it when it is.
std::vector<std::string> coordinator::relay(const control_order& what) {
  refusals_.clear();
  order(what.verb == control_verb::add ? crew_order_kind::add_fault : crew_order_kind::remove_fault,
        what);
  const auto silent = [number = orders_.size()](const crew_worker& w) {
    return w.lives() && w.begun && w.answered < number;
  };
  const auto awaited = [&silent](const crew_worker& w) {
    return silent(w) && w.connected && !w.away;
  };
  const double until = lasting_seconds() + answer_most_s;
  while (std::any_of(workers_.begin(), workers_.end(), awaited) && lasting_seconds() < until) {
    if (auto event = wire_.next(look_each)) {
      on_event(*event);
    }
  }
  auto out = std::exchange(refusals_, {});
  for (const auto& w : workers_) {
    if (silent(w)) {
      out.push_back(fmt::format("worker {} does not answer, and gets it when it is heard again",
                                number_of(w)));
    }
  }
  return out;
}

void coordinator::order(crew_order_kind kind, const control_order& what) {
  orders_.push_back({static_cast<std::uint8_t>(kind), what.words, what.names, now_s_});
  for (auto& w : workers_) {
    if (w.lives() && w.begun) {
      send_orders(w);
    }
  }
}

/// Those that it has not been sent; one that was cut off tells how many have reached it.
void coordinator::send_orders(crew_worker& w) {
  for (; w.orders < orders_.size(); ++w.orders) {
    wire_.send(*w.peer, orders_[w.orders]);
  }
}

std::size_t coordinator::index_of(const crew_worker& w) const {
  std::size_t i = 0;
  while (&workers_[i] != &w) {
    ++i;
  }
  return i;
}

} // namespace fleet::program
