// Meters to looks; the kernel's word on the machine.
#include "fleet/run/series_source.hpp"

#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <utility>

#include "fleet/options.hpp"
#include "fleet/run/machine.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define FLEET_SANITIZED 1
#else
#define FLEET_SANITIZED 0
#endif

namespace fleet::program {

namespace {

report::rises rises_of(const report::totals& t) {
  report::rises out{};
  const auto put = [&out](report::rise r, std::uint64_t n) {
    out[static_cast<std::size_t>(r)] = n;
  };
  using report::rise;
  put(rise::published, t.published_all());
  put(rise::acknowledged, t.acknowledged);
  put(rise::received, t.received[0] + t.received[1] + t.received[2]);
  put(rise::commands, t.commands);
  put(rise::resent, t.resent);
  put(rise::skipped, t.skipped_all());
  put(rise::late, t.late_sends);
  put(rise::attempts, t.attempts);
  put(rise::reconnects, t.reconnects);
  put(rise::links_lost, t.disconnects_unplanned);
  put(rise::bytes_sent, t.bytes_sent);
  put(rise::bytes_received, t.bytes_received);
  return out;
}

/// As the kernel names the first processor.
std::string processor_name() {
  std::ifstream info{"/proc/cpuinfo"};
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) {
      const auto at = line.find(": ");
      return at == std::string::npos ? std::string{} : line.substr(at + 2);
    }
  }
  return {};
}

std::string utc_text(std::int64_t ms) {
  const std::time_t at = ms / 1000;
  std::tm parts{};
  std::array<char, 32> text{};
  if (gmtime_r(&at, &parts) == nullptr
      || std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return {};
  }
  return text.data();
}

} // namespace

look_maker::look_maker(const std::vector<actors::shard*>& shards, run_world& world,
                       const company* others)
    : shards_(shards), others_(others), cpu_s_(use().cpu_s), wall_s_(monotonic_seconds()) {
  const auto watch = [this](const hal::home* home) {
    homes_.push_back({home, 0, 0});
    lag_since(homes_.back());
  };
  if (others_ != nullptr && others_->leads()) { // its own homes have nothing to be late with
    std::for_each(shards.begin(), shards.end(), [&watch](const auto* s) { watch(&s->home); });
  } else {
    const auto homes = world.device_homes();
    std::for_each(homes.begin(), homes.end(), watch);
  }
  const auto* const twin = &world.twin_home();
  if (std::none_of(homes_.begin(), homes_.end(),
                   [twin](const watched_home& h) { return h.at == twin; })) {
    twin_.at = twin;
    lag_since(twin_);
  }
}

machine_use look_maker::use() const {
  const auto there = others_ == nullptr ? machine_use{} : others_->elsewhere();
  return {cpu_seconds() + there.cpu_s, resident_bytes() + there.resident_bytes};
}

double look_maker::lag_since(watched_home& home) {
  const auto& m = home.at->meters();
  // In this order: a lag whose wake is not counted yet makes the mean larger, never smaller.
  const auto wakes = m.wakes.load(std::memory_order_relaxed);
  const auto lag = m.wake_lag_ns.load(std::memory_order_relaxed);
  const auto n = wakes - home.wakes;
  const double mean =
      n == 0 ? 0 : static_cast<double>(lag - home.lag_ns) * 1e-9 / static_cast<double>(n);
  home.wakes = wakes;
  home.lag_ns = lag;
  return mean;
}

report::series_look look_maker::look(double now_s, std::uint64_t wanted, std::uint64_t faults,
                                     const report::totals& counts) {
  report::series_look now;
  now.at_s = now_s;
  now.counts = rises_of(counts);
  auto& state = now.state;
  state.in_phase = counts.in_phase;
  state.wanted = wanted;
  state.in_flight = counts.in_flight;
  state.faults = faults;
  for (auto& home : homes_) {
    state.lag_s = std::max(state.lag_s, lag_since(home));
  }
  if (twin_.at != nullptr) {
    state.twin_lag_s = lag_since(twin_);
  }
  const auto used = use();
  const double wall = monotonic_seconds();
  state.cores = (used.cpu_s - cpu_s_) / std::max(wall - wall_s_, 1e-3);
  cpu_s_ = used.cpu_s;
  wall_s_ = wall;
  state.resident_bytes = used.resident_bytes;
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    now.latencies[i] = report::read_latency(shards_, static_cast<actors::latency>(i));
  }
  return now;
}

bool series_source::look(double now_s, std::uint64_t wanted, std::uint64_t faults,
                         const report::totals& counts) {
  if (!at_once_ && !series_.wants(now_s)) {
    return false;
  }
  const auto now = looks_.look(now_s, wanted, faults, counts);
  if (std::exchange(at_once_, false)) {
    series_.add_end(now);
  } else {
    series_.add(now);
  }
  acknowledgements_ = now.latencies[static_cast<std::size_t>(actors::latency::publish_ack)];
  return true;
}

report::environment_facts environment_of(std::uint32_t homes, bool embedded,
                                         std::int64_t began_ms) {
  report::environment_facts out;
  out.version = version;
#ifdef NDEBUG
  out.build = FLEET_SANITIZED != 0 ? "sanitized" : "release";
#else
  out.build = FLEET_SANITIZED != 0 ? "sanitized" : "debug";
#endif
  utsname names{};
  if (uname(&names) == 0) {
    out.system = std::string{names.sysname} + " " + names.release + " " + names.machine;
  }
  out.processor = processor_name();
  out.cores = usable_cores();
  struct sysinfo memory {};
  if (sysinfo(&memory) == 0) {
    out.memory_bytes = static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit;
  }
  out.homes = homes;
  out.embedded = embedded;
  out.began = utc_text(began_ms);
  return out;
}

} // namespace fleet::program
