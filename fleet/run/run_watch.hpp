// The live view of a run on a whole terminal: gathers what it shows from what others count, and
// hears the keys. Lives on the director's thread.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fleet/report/facts.hpp"
#include "fleet/run/fault_desk.hpp"
#include "fleet/run/judges.hpp"
#include "fleet/run/rollout_flow.hpp"
#include "fleet/screen/screen.hpp"

namespace fleet::program {

/// What it looks at; all of it outlives the watch, or the homes have ended before.
struct watched_run {
  const run_options& options;
  const prepared& ready;
  const std::vector<actors::shard*>& shards;
  const far_sides& far;
  const fault_desk& faults;
  const std::vector<std::unique_ptr<rollout_flow>>& rollouts;
  const judges& judging;
  report::run_facts& facts; ///< its counts are those of the moment; its course is filled in
};

/// Where the run is.
struct watch_moment {
  std::string stage;        ///< as the live line has it
  double elapsed_s = 0;     ///< since the first device was started
  std::uint64_t wanted = 0; ///< to be online
  bool load = true;         ///< its time is not up yet
  double grace_left_s = 0;  ///< after that
};

class run_watch {
public:
  /// Null: there is no terminal for it, or nobody wants it.
  static std::unique_ptr<run_watch> open(const watched_run& run);
  explicit run_watch(const watched_run& run, std::unique_ptr<screen> on);

  /// Whether it is time for a turn, twenty times a second at most.
  [[nodiscard]] bool due() const;
  /// Looks at the terminal, and draws twice a second. Whether somebody wants the run to stop.
  bool turn(const watch_moment& now);

private:
  /// Troubles with their examples, which only a shard's home may read.
  struct trouble_board {
    std::mutex lock;
    std::vector<std::array<actors::trouble, actors::outcome_count>> of_shards;
  };
  /// Of a latency: what was there when the stretch began that is shown as now, what came in it,
  /// and both.
  struct latency_watch {
    actors::histogram_snapshot before;
    actors::histogram_snapshot stretch;
    actors::histogram_snapshot all;
  };

  void draw(const watch_moment& now);
  void measure_stretch(double elapsed_s);
  void look_for_limit();
  void ask_for_troubles();
  [[nodiscard]] view::figures figures_of(const watch_moment& now);
  void add_courses(view::figures& out) const;
  [[nodiscard]] std::optional<view::advance> stage_of(const watch_moment& now) const;
  void add_faults(view::figures& out, double elapsed_s) const;
  void add_rollouts(view::figures& out, double elapsed_s) const;
  void add_troubles(view::figures& out, double elapsed_s);
  void add_ledger(view::figures& out) const;

  watched_run run_;
  std::unique_ptr<screen> screen_;
  std::shared_ptr<trouble_board> troubles_ = std::make_shared<trouble_board>();
  std::vector<std::string> news_;
  std::array<latency_watch, actors::latency_count> latencies_{};
  report::totals before_;         ///< when the stretch of the rates began
  std::array<double, 4> rates_{}; ///< in the order of watched_rises
  std::array<std::uint64_t, actors::outcome_count> trouble_counts_{};
  std::array<double, actors::outcome_count> rose_s_{}; ///< when each rose last
  view::limit_figure limit_;
  double stretch_from_s_ = 0; ///< of this world
  double stretch_wall_s_ = 0;
  double speed_ = 0;
  double turn_next_s_ = 0; ///< on the wall, as the next three
  double draw_next_s_ = 0;
  double limit_next_s_ = 0;
  double troubles_next_s_ = 0;
  bool explains_ = false;
  bool stops_ = false;
};

} // namespace fleet::program
