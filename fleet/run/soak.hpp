// What --soak samples of this process, its homes and the far side, each few seconds of the steady
// part; of a run in several processes a worker's coordinator is told, and judges all. What grew is
// judging::soak_watch's to say.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/report/facts.hpp"
#include "fleet/run/company.hpp"
#include "fleet/run/far_side.hpp"
#include "fleet/run/run_world.hpp"

namespace fleet::program {

/// What is watched, in the order of the samples.
std::vector<judging::watched> soak_watched();

/// Of a sample what is judged as the sum of all processes; the rest is none.
std::vector<std::optional<double>> summed_alone(std::vector<std::optional<double>> values);

/// What the other processes of a run told last, between two samples of all. One that tells nothing
/// is in the sums with its last as long as it lives: without it they would sink and rise.
class told_samples {
public:
  /// Of each that lives, as company::take_samples() has them.
  void hear(std::vector<judging::process_sample> living);
  /// All; each with what is its own once.
  std::vector<judging::process_sample> take();

private:
  std::map<std::string, judging::process_sample> all_; ///< by process
};

/// Octets that the program has asked its allocator for and not given back.
std::uint64_t user_bytes();
/// Descriptors of this process that are open.
std::uint64_t open_descriptors();

/// A run's state, as soaks need it.
struct soak_moment {
  double now_s = 0;            ///< since the first device was started
  std::uint64_t wanted = 0;    ///< to be online
  std::uint64_t there = 0;     ///< of those: online, or without power by a fault in force
  bool ramp = false;           ///< the load changes
  std::uint64_t own_bytes = 0; ///< what the judges have allocated to look at the run
};

class soak {
public:
  /// All outlive it; `run_for` in seconds; `others`: null: the run has one process.
  soak(run_world& world, const far_sides& far, double run_for_s, company* others = nullptr);

  /// Once a slice. The steady part begins some time after everybody is there and the load has
  /// stopped to change, and anew after each change of it.
  void look(const soak_moment& now, const report::run_facts& facts);
  [[nodiscard]] judging::soak_finding judge(std::uint64_t devices) const;
  /// Allocated by what it keeps.
  [[nodiscard]] std::uint64_t memory_bytes() const noexcept { return watch_->memory_bytes(); }

private:
  [[nodiscard]] std::vector<std::optional<double>> sample(std::uint64_t own_bytes,
                                                          const report::run_facts& facts);
  void add(double now_s, std::vector<std::optional<double>> own);
  void hear(double now_s);
  [[nodiscard]] std::string why_not_begun() const;

  run_world& world_;
  const far_sides& far_;
  company* others_;
  double run_for_s_;
  double every_s_;
  std::optional<double> from_s_;       ///< the steady part's begin, warming up included
  std::optional<soak_moment> nearest_; ///< to its begin, since the load changed last
  std::uint64_t own_most_ = 0;
  double next_s_ = 0;
  std::unique_ptr<judging::soak_watch> watch_;
  told_samples heard_;
  std::map<std::string, double> known_s_; ///< when each of the others was heard of first
};

} // namespace fleet::program
