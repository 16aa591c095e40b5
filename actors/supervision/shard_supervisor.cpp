// Ramp, restart and stop of one shard.
#include "actors/supervision/shard_supervisor.hpp"

#include <algorithm>

#include <caf/send.hpp>

namespace fleet::actors {

namespace {

constexpr std::size_t crash_records_max = 100;

device_actor& actor_of(const caf::actor& handle) {
  return *static_cast<device_actor*>(caf::actor_cast<caf::abstract_actor*>(handle));
}

} // namespace

shard_supervisor::shard_supervisor(caf::actor_config& cfg, hal::home& h, shard& s,
                                   std::uint32_t number, caf::actor fleet)
    : pinned_actor(cfg, h), shard_(s), fleet_(std::move(fleet)), devices_(s.options.count),
      wanted_(s.options.count), on_(s.options.lines.size()), number_(number) {
  for (auto& part : shard_.parts) {
    part.around.watcher = this;
  }
}

shard_supervisor::~shard_supervisor() = default;

caf::behavior shard_supervisor::make_behavior() {
  return {
      [this](const run_devices& message) { run(message.since); },
      [this](const add_fault& message) { take_fault(*message.what, message.since); },
      [this](const remove_fault& message) {
        if (faults_) {
          faults_->remove(message.name);
        }
      },
      [this](quiet_devices) { quiet(); },
      [this](const stop_devices& message) { stop(message.grace); },
      [this](const crash_device& message) {
        const auto slot = shard_.devices.place_of(message.index);
        if (slot && devices_[*slot]) {
          actor_of(devices_[*slot]).crash();
        }
      },
      [this](const device_ended& message) { ended(message); },
  };
}

void shard_supervisor::run(duration since) {
  if (stage_ != stage::idle) {
    return;
  }
  stage_ = stage::running;
  ramp_began_ = now();
  run_began_ = now() - since;
  for (auto& part : shard_.parts) {
    part.around.load_began = run_began_;
  }
  start_due();
  if (faults_) {
    faults_->start(run_began_);
  }
  re_arm();
  finish_if_done();
}

void shard_supervisor::on_exit() {
  shard_.home.disarm(*this);
  faults_.reset();
  devices_.clear();
}

device_actor* shard_supervisor::device_at(std::uint32_t slot) noexcept {
  return devices_[slot] ? &actor_of(devices_[slot]) : nullptr;
}

void shard_supervisor::take_fault(const faults::fault& f, duration since) {
  if (stage_ != stage::idle && stage_ != stage::running) {
    return;
  }
  if (!faults_) {
    device_finder& devices = *this;
    faults_ = std::make_unique<fault_driver>(shard_, devices);
    if (stage_ == stage::running) {
      faults_->start(run_began_);
    }
  }
  faults_->add(f, since);
}

time_point shard_supervisor::start_time(std::uint32_t slot) const noexcept {
  const double rate = shard_.options.ramp_per_second;
  if (rate <= 0) {
    return ramp_began_;
  }
  return ramp_began_ + duration{static_cast<std::int64_t>(slot * (1e9 / rate))};
}

void shard_supervisor::start_due() {
  if (!shard_.options.lines.empty()) {
    follow_load();
    return;
  }
  while (next_to_start_ < devices_.size() && start_time(next_to_start_) <= now()) {
    spawn(next_to_start_);
    ++next_to_start_;
    shard_.started.store(next_to_start_, std::memory_order_relaxed);
  }
}

void shard_supervisor::follow_load() {
  if (stage_ != stage::running) {
    return;
  }
  const auto& lines = shard_.options.lines;
  std::uint32_t on = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    on_[i] = follow(lines[i], on_[i]);
    on += on_[i];
  }
  if (on > shard_.started.load(std::memory_order_relaxed)) {
    shard_.started.store(on, std::memory_order_relaxed);
  }
}

std::uint32_t shard_supervisor::follow(const start_line& line, std::uint32_t on) {
  const std::uint32_t target = target_at(line.load->segments, line.load->after, now() - run_began_);
  while (on < line.order.size() && line.order[on].position < target) {
    turn_on(line.order[on].slot);
    ++on;
  }
  // Who came last goes first.
  while (on > 0 && line.order[on - 1].position >= target) {
    --on;
    turn_off(line.order[on].slot);
  }
  return on;
}

time_point shard_supervisor::next_load_change() const {
  duration first = duration::max();
  for (std::size_t i = 0; i < on_.size(); ++i) {
    const auto& [load, order] = shard_.options.lines[i];
    load_limits limits;
    if (on_[i] < order.size()) {
      limits.at_least = order[on_[i]].position + 1;
    }
    if (on_[i] > 0) {
      limits.fewer_than = order[on_[i] - 1].position + 1;
    }
    first = std::min(first, next_change(*load, now() - run_began_, limits));
  }
  return first == duration::max() ? never : run_began_ + first;
}

void shard_supervisor::turn_on(std::uint32_t slot) {
  wanted_[slot] = true;
  // One that is still saying good-bye starts again when it is gone.
  if (!devices_[slot]) {
    spawn(slot);
  }
}

void shard_supervisor::turn_off(std::uint32_t slot) {
  wanted_[slot] = false;
  if (devices_[slot]) {
    actor_of(devices_[slot]).stop(later(now(), shard_.options.stop_patience));
  }
}

void shard_supervisor::spawn(std::uint32_t slot) {
  wanted_[slot] = true;
  devices_[slot] = spawn_on<device_actor>(
      shard_.home, home_system(), std::ref(shard_.part_of(slot).around),
      std::ref(shard_.slots[slot]), shard_.devices.at(slot), caf::actor_cast<caf::actor>(this));
  ++alive_;
  actor_of(devices_[slot]).run(now());
}

void shard_supervisor::quiet() {
  if (stage_ != stage::running) {
    return;
  }
  stage_ = stage::quiet;
  if (faults_) {
    faults_->finish(); // what is cut off could not drain
  }
  for (const auto& d : devices_) {
    if (d) {
      actor_of(d).quiet();
    }
  }
}

void shard_supervisor::stop(duration grace) {
  if (stage_ == stage::stopping || stage_ == stage::ended) {
    return;
  }
  stage_ = stage::stopping;
  if (faults_) {
    faults_->finish();
  }
  restarts_ = {};
  next_to_start_ = static_cast<std::uint32_t>(devices_.size());
  stop_deadline_ = later(now(), grace);
  // Who has not drained by then says DISCONNECT all the same, and needs a moment for that.
  const auto polite = later(now(), grace - std::min<duration>(grace / 4, std::chrono::seconds{1}));
  for (std::uint32_t slot = 0; slot < devices_.size(); ++slot) {
    if (devices_[slot]) {
      actor_of(devices_[slot]).stop(polite);
    }
  }
  release_stopped();
  re_arm();
  finish_if_done();
}

void shard_supervisor::on_stopped(std::uint32_t index) {
  // The device is in the middle of its turn: its actor goes after this turn.
  to_release_.push_back(shard_.devices.place_of(index).value());
  shard_.home.arm(*this, now());
}

void shard_supervisor::release_stopped() {
  while (!to_release_.empty()) {
    const auto slot = to_release_.back();
    to_release_.pop_back();
    if (devices_[slot]) {
      shard_.stopped.fetch_add(1, std::memory_order_relaxed);
      const caf::actor gone = devices_[slot];
      actor_of(gone).kill();
    }
  }
}

void shard_supervisor::on_trouble(std::uint32_t index, outcome what, std::string_view detail) {
  auto& t = shard_.troubles[static_cast<std::size_t>(what)];
  ++t.count;
  bump(shard_.trouble_counts[static_cast<std::size_t>(what)]);
  if (t.count == 1) {
    t.example_device = index;
    t.example_detail = detail;
  }
}

void shard_supervisor::ended(const device_ended& message) {
  const auto slot = shard_.devices.place_of(message.index).value();
  devices_[slot] = nullptr;
  --alive_;
  const bool crashed = !message.reason.empty();
  if (crashed) {
    auto& d = shard_.slots[slot];
    d.trace.note(now(), happening::crashed);
    if (shard_.crashes.size() < crash_records_max) {
      shard_.crashes.push_back({message.index, message.reason, d.trace.text()});
    }
    if (now() - d.crashed_at > shard_.options.restarts.forgiven_after) {
      d.crashes = 0;
    }
    d.crashed_at = now();
  }
  // One that was about to end anyway does not come back.
  if (wanted_[slot] && stage_ != stage::stopping) {
    if (crashed) {
      restart_later(slot);
    } else if (stage_ == stage::running && !shard_.options.lines.empty()) {
      spawn(slot); // stopped by the load, and wanted again before it was gone
    }
    re_arm();
  }
  finish_if_done();
}

void shard_supervisor::restart_later(std::uint32_t slot) {
  auto& d = shard_.slots[slot];
  const auto& policy = shard_.options.restarts;
  if (d.crashes >= policy.per_device_max) {
    bump(shard_.part_of(slot).counts.abandoned);
    return;
  }
  duration wait = policy.first_wait;
  for (std::uint8_t i = 0; i < d.crashes && wait < policy.wait_cap; ++i) {
    wait *= 2;
  }
  ++d.crashes;
  restarts_.push({now() + std::min(wait, policy.wait_cap), slot});
}

void shard_supervisor::restart_due() {
  if (stage_ == stage::stopping || stage_ == stage::ended) {
    return;
  }
  if (now() >= restart_window_ + std::chrono::seconds{1}) {
    restart_window_ = now();
    restarts_in_window_ = 0;
  }
  const auto limit = shard_.options.restarts.per_second_max;
  while (!restarts_.empty() && restarts_.top().due <= now() && restarts_in_window_ < limit) {
    const auto slot = restarts_.top().slot;
    restarts_.pop();
    if (devices_[slot] || !wanted_[slot]) {
      continue; // the load has started it again, or has no use for it any more
    }
    ++restarts_in_window_;
    bump(shard_.part_of(slot).counts.restarts);
    spawn(slot);
    if (stage_ == stage::quiet) {
      actor_of(devices_[slot]).quiet();
    }
  }
}

void shard_supervisor::on_wake(time_point) {
  release_stopped();
  if (stage_ == stage::stopping && !cut_ && now() >= stop_deadline_) {
    cut_ = true;
    for (const auto& d : std::vector<caf::actor>{devices_}) {
      if (d) {
        actor_of(d).kill();
      }
    }
  }
  start_due();
  restart_due();
  re_arm();
}

void shard_supervisor::re_arm() {
  time_point next = never;
  if (!shard_.options.lines.empty() && stage_ == stage::running) {
    next = next_load_change();
  } else if (next_to_start_ < devices_.size() && stage_ == stage::running) {
    next = std::min(next, start_time(next_to_start_));
  }
  if (!restarts_.empty()) {
    const bool full = restarts_in_window_ >= shard_.options.restarts.per_second_max;
    next = std::min(next, std::max(restarts_.top().due,
                                   full ? restart_window_ + std::chrono::seconds{1} : now()));
  }
  if (!to_release_.empty()) {
    next = now();
  }
  if (stage_ == stage::stopping && !cut_) {
    next = std::min(next, stop_deadline_);
  }
  shard_.home.arm(*this, next);
}

void shard_supervisor::finish_if_done() {
  if (stage_ != stage::stopping || alive_ != 0) {
    return;
  }
  stage_ = stage::ended;
  shard_.done.store(true, std::memory_order_release);
  if (fleet_) {
    caf::anon_send(fleet_, shard_ended{number_});
  }
  quit();
}

} // namespace fleet::actors
