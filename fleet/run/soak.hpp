// What --soak samples of this process, its homes and the far side, each few seconds of the steady
// part. What grew is judging::soak_watch's to say.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "fleet/report/facts.hpp"
#include "fleet/run/far_side.hpp"
#include "fleet/run/run_world.hpp"

namespace fleet::program {

/// What is watched, in the order of the samples.
std::vector<judging::watched> soak_watched();

/// Octets that the program has asked its allocator for and not given back.
std::uint64_t user_bytes();
/// Descriptors of this process that are open.
std::uint64_t open_descriptors();

class soak {
public:
  /// `world` and `far` outlive it; `run_for` in seconds.
  soak(run_world& world, const far_sides& far, double run_for_s);

  /// Once a slice. `whole`: everybody who is to be online is; `ramp`: the load changes. The
  /// steady part begins some time after that and anew after each change of the load.
  void look(double now_s, bool whole, bool ramp, const report::run_facts& facts);
  [[nodiscard]] judging::soak_finding judge(std::uint64_t devices) const;

private:
  [[nodiscard]] std::vector<std::optional<double>> sample(const report::run_facts& facts);

  run_world& world_;
  const far_sides& far_;
  double run_for_s_;
  double every_s_;
  std::optional<double> from_s_; ///< the steady part's begin, warming up included
  double next_s_ = 0;
  std::unique_ptr<judging::soak_watch> watch_;
};

} // namespace fleet::program
