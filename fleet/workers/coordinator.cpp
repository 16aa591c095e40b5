// Sharing out, starting, watching.
#include "fleet/workers/coordinator.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "fleet/options/subcommands.hpp"
#include "fleet/workers/certificates.hpp"
#include "fleet/workers/packing.hpp"
#include "fleet/workers/split.hpp"
#include "fleet/workers/token.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::program {

namespace {

constexpr double gather_most_s = 120;  ///< until all workers are there
constexpr double prepare_most_s = 120; ///< until all can begin
constexpr double leave_most_s = 5;     ///< of processes that have given their report
constexpr int clocks_wanted = 4;
/// From the word to begin to the beginning, so that it is everywhere by then.
constexpr double start_in_s = 0.3;
constexpr duration look_each = std::chrono::milliseconds{20};

duration of_seconds(double s) {
  return duration{static_cast<std::int64_t>(std::max(s, 0.0) * 1e9)};
}

} // namespace

coordinator::coordinator(settings s)
    : settings_(std::move(s)),
      wire_(certificates_of(settings_.crew.certificates, settings_.crew.workers.empty())) {
  const auto& crew = settings_.crew;
  workers_.resize(crew.processes != 0  ? crew.processes
                  : crew.expected != 0 ? crew.expected
                                       : crew.workers.size());
}

coordinator::~coordinator() {
  const double until = monotonic_seconds() + (all_over() ? leave_most_s : 0);
  while (monotonic_seconds() < until
         && !std::all_of(processes_.begin(), processes_.end(), [](auto& p) { return p.over(); })) {
    (void)wire_.next(look_each);
  }
}

result<std::unique_ptr<company>, startup_error> coordinator::open(settings s) {
  std::unique_ptr<coordinator> made{new coordinator{std::move(s)}};
  if (made->settings_.devices < made->workers_.size()) {
    return fail(startup_error{
        exit_code::wrong_usage,
        fmt::format("{} devices cannot be shared out over {} workers: each takes one at least",
                    made->settings_.devices, made->workers_.size())});
  }
  if (auto error = made->open_doors()) {
    return fail(std::move(*error));
  }
  return std::unique_ptr<company>{std::move(made)};
}

std::optional<startup_error> coordinator::open_doors() {
  const auto& crew = settings_.crew;
  const auto failed = [](const std::string& why) {
    return startup_error{exit_code::environment_failed, why};
  };
  for (std::size_t i = 0; i < crew.workers.size(); ++i) {
    const auto peer = wire_.connect(crew.workers[i]);
    if (!peer) {
      return failed(peer.error());
    }
    workers_[i].peer = peer.value();
    wire_.send(peer.value(), crew_hello{settings_.token, std::string{version}, 0, 0});
  }
  if (!crew.workers.empty()) {
    return std::nullopt;
  }
  hal::address at = crew.listen.value_or(default_metrics_address());
  at.port = crew.listen ? at.port : 0;
  const auto port = wire_.listen(at);
  if (!port) {
    return failed(port.error());
  }
  at.port = port.value();
  if (crew.processes == 0) {
    std::printf("workers at %s\n", at.text().c_str());
    std::fflush(stdout);
  }
  for (std::uint32_t i = 0; i < crew.processes; ++i) {
    auto made = local_process::start({"worker", "--join", at.text()},
                                     std::string{token_variable} + "=" + settings_.token);
    if (made.pid() < 0) {
      return failed("the system has no process for a worker");
    }
    processes_.push_back(std::move(made));
  }
  return std::nullopt;
}

std::vector<actors::shard*> coordinator::mirrors(const actors::product_map& products) {
  std::vector<actors::shard*> out;
  for (auto& w : workers_) {
    w.mirror = std::make_unique<shard_mirror>(products);
    out.push_back(&w.mirror->shard());
  }
  return out;
}

coordinator::worker* coordinator::of(peer_number peer) {
  const auto found = std::find_if(workers_.begin(), workers_.end(),
                                  [peer](const worker& w) { return w.peer == peer; });
  return found == workers_.end() ? nullptr : &*found;
}

std::optional<startup_error> coordinator::await(const std::function<bool(const worker&)>& done,
                                                std::string_view what, double at_most_s,
                                                stop_signals& signals) {
  const double until = monotonic_seconds() + at_most_s;
  const auto failed = [](std::string why) {
    return startup_error{exit_code::environment_failed, std::move(why)};
  };
  while (!std::all_of(workers_.begin(), workers_.end(), done)) {
    if (signals.wait(duration::zero())) {
      return interrupted_early("while " + std::string{what});
    }
    if (auto event = wire_.next(look_each)) {
      on_event(*event);
    }
    for (const auto& w : workers_) {
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
    if (monotonic_seconds() > until) {
      return failed(fmt::format("{} of {} workers were ready within {:g} s",
                                std::count_if(workers_.begin(), workers_.end(), done),
                                workers_.size(), at_most_s));
    }
  }
  return std::nullopt;
}

void coordinator::share_out() {
  std::vector<std::uint32_t> weights;
  for (const auto& w : workers_) {
    weights.push_back(settings_.crew.processes != 0 ? 1 : std::max(w.cores, 1U));
  }
  auto ranges = split_devices(settings_.devices, weights);
  if (std::any_of(ranges.begin(), ranges.end(), [](const auto& r) { return r.count == 0; })) {
    ranges = split_devices(settings_.devices, std::vector<std::uint32_t>(weights.size(), 1));
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i].devices = ranges[i];
    shard_spec spec;
    spec.words = settings_.words;
    spec.seed = settings_.seed;
    spec.first = ranges[i].first;
    spec.count = ranges[i].count;
    wire_.send(*workers_[i].peer, std::move(spec));
  }
}

std::optional<startup_error> coordinator::begin(const shown_run&, stop_signals& signals) {
  const auto has_clock = [](const worker& w) { return w.clocks >= clocks_wanted; };
  if (auto error = await(has_clock, "workers were awaited", gather_most_s, signals)) {
    return error;
  }
  share_out();
  const auto can_begin = [](const worker& w) { return w.ready.has_value(); };
  if (auto error = await(can_begin, "workers prepared the run", prepare_most_s, signals)) {
    return error;
  }
  const double at = monotonic_seconds() + start_in_s;
  for (auto& w : workers_) {
    wire_.send(*w.peer, crew_begin{at + w.clock_ahead_s});
    w.heard_s = at;
  }
  began_ = true;
  while (monotonic_seconds() < at) {
    if (signals.wait(of_seconds(at - monotonic_seconds()))) {
      return interrupted_early("just before the devices started");
    }
  }
  return std::nullopt;
}

void coordinator::on_stranger(peer_number from, const crew_message& message) {
  const auto* hello = std::get_if<crew_hello>(&message);
  if (hello == nullptr || !constant_time_equal(hello->token, settings_.token)) {
    return; // nobody we know
  }
  const auto place = std::find_if(workers_.begin(), workers_.end(), [from](const worker& w) {
    return w.peer == from || (!w.peer && !w.known);
  });
  if (place == workers_.end() || began_) {
    wire_.send(from, crew_farewell{});
    return;
  }
  place->peer = from;
  place->known = true;
  place->cores = hello->cores;
  place->process = hello->process;
  if (hello->version != version) {
    place->ready =
        crew_ready{static_cast<std::int32_t>(exit_code::environment_failed),
                   "is fleet " + hello->version + ", and this is " + std::string{version}};
  }
  wire_.send(from, crew_clock{monotonic_seconds(), -1});
}

void coordinator::on_clock(worker& w, const crew_clock& clock) {
  const double trip = monotonic_seconds() - clock.asked_s;
  if (trip >= 0 && trip < w.best_trip_s) {
    w.best_trip_s = trip;
    w.clock_ahead_s = clock.told_s - (clock.asked_s + trip / 2);
  }
  if (++w.clocks < clocks_wanted) {
    wire_.send(*w.peer, crew_clock{monotonic_seconds(), -1});
  }
}

void coordinator::on_end(worker& w, crew_end& end) {
  auto report = unpacked(end, w.mirror->shard().parts.size());
  if (!report || !w.mirror->show(end.last)) {
    lose(w, "its report is none of this run");
    return;
  }
  w.last = std::move(end.last);
  w.report = std::move(report);
  w.ledger_lines = std::move(end.ledger_lines);
  wire_.send(*w.peer, crew_farewell{});
}

void coordinator::on_event(wire_event& event) {
  auto* const w = of(event.from);
  if (!event.message) {
    if (w != nullptr && !w->report && !w->lost_at_s) {
      lose(*w, "its connection ended");
    }
    return;
  }
  if (w == nullptr || !w->known) {
    on_stranger(event.from, *event.message);
    return;
  }
  if (w->lost_at_s || w->report) {
    return; // it comes too late
  }
  w->heard_s = monotonic_seconds();
  if (const auto* clock = std::get_if<crew_clock>(&*event.message)) {
    on_clock(*w, *clock);
  } else if (auto* ready = std::get_if<crew_ready>(&*event.message)) {
    w->ready = std::move(*ready);
  } else if (auto* snapshot = std::get_if<crew_snapshot>(&*event.message); snapshot && began_) {
    if (w->mirror->show(*snapshot)) {
      w->last = std::move(*snapshot);
    }
  } else if (auto* end = std::get_if<crew_end>(&*event.message); end && began_) {
    on_end(*w, *end);
  }
}

void coordinator::lose(worker& w, std::string why) {
  w.lost_at_s = now_s_;
  w.why = std::move(why);
  if (!began_) {
    return;
  }
  w.mirror->lose();
  const auto line =
      fmt::format("worker {} with devices {} to {} was lost at {:.1f} s: {}", number_of(w),
                  w.devices.first, w.devices.first + w.devices.count - 1, now_s_, w.why);
  const bool stop = settings_.crew.on_loss == worker_loss::stop;
  news_.lines.push_back(line + (stop ? "; the run ends" : "; the others go on"));
  news_.end = news_.end || stop;
}

company_news coordinator::turn(double now_s) {
  now_s_ = now_s;
  while (auto event = wire_.next()) {
    on_event(*event);
  }
  for (auto& w : workers_) {
    w.mirror->run_jobs();
    if (!w.report && !w.lost_at_s && monotonic_seconds() - w.heard_s > worker_silence_s) {
      lose(w, fmt::format("nothing was heard of it for {:g} s", worker_silence_s));
    }
  }
  return std::exchange(news_, {});
}

void coordinator::drain() {
  for (const auto& w : workers_) {
    if (w.peer) {
      wire_.send(*w.peer, crew_order{static_cast<std::uint8_t>(crew_order_kind::drain), {}, {}});
    }
  }
}

bool coordinator::all_over() const {
  return std::all_of(workers_.begin(), workers_.end(),
                     [](const worker& w) { return w.report || w.lost_at_s; });
}

void coordinator::relay(const control_order& order) {
  const auto kind =
      order.verb == control_verb::add ? crew_order_kind::add_fault : crew_order_kind::remove_fault;
  for (const auto& w : workers_) {
    wire_.send(*w.peer, crew_order{static_cast<std::uint8_t>(kind), order.words, order.names});
  }
}

} // namespace fleet::program
