// Sampling: the allocator's count, the kernel's, the homes' own.
#include "fleet/run/soak.hpp"

#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "fleet/run/machine.hpp"
#include "fleet/text/quantities.hpp"

/// Of the address sanitizer, whose allocator answers mallinfo2() with nothing; null without it.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));

namespace fleet::program {

namespace {

constexpr double mib = 1048576;
/// Part of what is left of a run when all are online: caches fill, each device has reported.
constexpr double warming = 0.1;
constexpr double warming_least_s = 10;

/// Bounded samples over the whole of a long run, a few seconds apart in a short one.
double pace(double run_for_s) {
  return std::max(2.0, run_for_s / 1000);
}

double warming_s(double left_s) {
  return std::max(warming_least_s, warming * left_s);
}

std::uint64_t less(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

std::uint64_t missing_of(const soak_moment& now) {
  return less(now.wanted, now.there);
}

} // namespace

std::vector<judging::watched> soak_watched() {
  const bool sanitized = __sanitizer_get_current_allocated_bytes != nullptr;
  return {
      {"user_bytes", "memory in use", true, 0.25 * mib, 0.02, true},
      // The sanitizer keeps freed memory for a while, so that there it says nothing.
      {"rss_bytes", "resident memory", true, 4 * mib, 0.05, !sanitized},
      {"descriptors", "descriptors", false, 4, 0.05, true},
      {"timers", "timers armed", false, 16, 0.05, true},
      {"home_queue", "queued on homes", false, 64, 1, true},
      {"in_flight", "reports in flight", false, 64, 1, true, true},
      {"twin_unacknowledged", "unacknowledged downlinks", false, 64, 1, true, true},
      {"twin_sessions", "sessions of the twin", false, 16, 0.05, true, true},
  };
}

std::vector<std::optional<double>> summed_alone(std::vector<std::optional<double>> values) {
  static const auto watched = soak_watched();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!watched[i].summed) {
      values[i].reset();
    }
  }
  return values;
}

namespace {

/// Whether it has more than what summed_alone() leaves.
bool has_its_own(const judging::process_sample& one) {
  return summed_alone(one.values) != one.values;
}

} // namespace

void told_samples::hear(std::vector<judging::process_sample> living) {
  std::map<std::string, judging::process_sample> now;
  for (auto& one : living) {
    const auto before = all_.find(one.process);
    const bool newer = before == all_.end() || has_its_own(one) || !has_its_own(before->second);
    now.insert_or_assign(one.process, std::move(newer ? one : before->second));
  }
  all_ = std::move(now);
}

std::vector<judging::process_sample> told_samples::take() {
  std::vector<judging::process_sample> out;
  for (auto& [process, one] : all_) {
    out.push_back(one);
    one.values = summed_alone(std::move(one.values));
  }
  return out;
}

std::uint64_t user_bytes() {
  if (__sanitizer_get_current_allocated_bytes != nullptr) {
    return __sanitizer_get_current_allocated_bytes();
  }
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::uint64_t open_descriptors() {
  std::error_code failed;
  std::filesystem::directory_iterator all{"/proc/self/fd", failed};
  if (failed) {
    return 0;
  }
  // The one that reads them is among them, each time alike.
  return static_cast<std::uint64_t>(std::distance(begin(all), end(all)));
}

soak::soak(run_world& world, const far_sides& far, double run_for_s, company* others)
    : world_(world), far_(far), others_(others), run_for_s_(run_for_s), every_s_(pace(run_for_s)),
      watch_(std::make_unique<judging::soak_watch>(soak_watched())) {
  if (others_ != nullptr && !others_->leads()) {
    every_s_ /= 2; // so that whoever judges has a new one each time
  }
}

/// One that came while the run went on warms up as the run has done; in the sums it is at once.
void soak::hear(double now_s) {
  auto all = others_->take_samples();
  for (auto& one : all) {
    const double known_s = known_s_.try_emplace(one.process, now_s).first->second;
    if (now_s < known_s + warming_s(run_for_s_ - known_s)) {
      one.values = summed_alone(std::move(one.values));
    }
  }
  heard_.hear(std::move(all));
}

void soak::add(double now_s, std::vector<std::optional<double>> own) {
  if (others_ == nullptr) {
    watch_->add(now_s, own);
    return;
  }
  std::vector<judging::process_sample> all{{"the coordinator", 0, std::move(own)}};
  for (auto& one : heard_.take()) {
    all.push_back(std::move(one));
  }
  watch_->add_all(now_s, all);
}

void soak::look(const soak_moment& now, const report::run_facts& facts) {
  if (others_ != nullptr && !others_->leads()) {
    if (now.now_s >= next_s_) {
      next_s_ = now.now_s + every_s_;
      others_->sampled(sample(now.own_bytes, facts));
    }
    return;
  }
  if (others_ != nullptr) {
    hear(now.now_s);
  }
  if (now.ramp) {
    from_s_.reset(); // what is sampled from now on is another load's
    nearest_.reset();
    return;
  }
  if (!from_s_) {
    if (!nearest_ || missing_of(now) < missing_of(*nearest_)) {
      nearest_ = now;
    }
    if (now.wanted == 0 || missing_of(now) != 0) {
      return;
    }
    from_s_ = now.now_s;
    next_s_ = now.now_s + warming_s(run_for_s_ - now.now_s);
    watch_ = std::make_unique<judging::soak_watch>(soak_watched());
  }
  if (now.now_s >= next_s_) {
    next_s_ = now.now_s + every_s_;
    add(now.now_s, sample(now.own_bytes, facts));
  }
}

/// What the judges hold grows to a bound of its own, and is no growth of what is judged. The kernel
/// leaves pages resident that were given back to the allocator, so there the most of it counts.
std::vector<std::optional<double>> soak::sample(std::uint64_t own_bytes,
                                                const report::run_facts& facts) {
  own_most_ = std::max(own_most_, own_bytes);
  hal::home_load homes;
  const auto add = [this, &homes](hal::home& home) {
    hal::home_load one;
    world_.call(home, [&] { one = home.load(); });
    homes.timers += one.timers;
    homes.queued += one.queued;
  };
  bool twin_apart = true;
  for (auto* const home : world_.device_homes()) {
    add(*home);
    twin_apart = twin_apart && home != &world_.twin_home();
  }
  if (twin_apart) {
    add(world_.twin_home());
  }
  const auto far = far_.load();
  const auto number = [](auto n) { return std::optional{static_cast<double>(n)}; };
  return {number(less(user_bytes(), own_bytes)), number(less(resident_bytes(), own_most_)),
          number(open_descriptors()), number(homes.timers), number(homes.queued),
          // Of all processes, where there are others: whoever has all in view tells it once.
          others_ == nullptr || others_->leads() ? number(facts.counts.in_flight) : std::nullopt,
          number(far.unacknowledged), number(far.sessions)};
}

std::string soak::why_not_begun() const {
  if (from_s_) {
    return {};
  }
  if (!nearest_) {
    return "the load changed until the end";
  }
  if (nearest_->wanted == 0) {
    return "no device was to be online";
  }
  return fmt::format("not all devices were online at any time: {} of {} at best",
                     text::format_count(nearest_->there), text::format_count(nearest_->wanted));
}

judging::soak_finding soak::judge(std::uint64_t devices) const {
  auto out = watch_->judge(devices);
  out.never_began = why_not_begun();
  return out;
}

} // namespace fleet::program
