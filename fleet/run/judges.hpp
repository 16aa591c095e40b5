// Those who judge a run while it goes and at its end: recovery from faults, expectations, growth;
// and the series that shows how it went.
// The director tells them what it sees, once a slice.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fleet/run/expectations.hpp"
#include "fleet/run/recovery.hpp"
#include "fleet/run/series_source.hpp"
#include "fleet/run/soak.hpp"

namespace fleet::program {

/// What they look at; all of it outlives them.
struct judged_run {
  const run_options& options;
  const prepared& ready;
  const std::vector<actors::shard*>& shards;
  run_world& world;
  const far_sides& far;
  company* others = nullptr; ///< the other processes of the run; null: there are none
};

/// Where the run is.
struct run_moment {
  double now_s = 0;      ///< since the first device was started
  wanted_devices wanted; ///< to be online
  bool ramp = false;     ///< the load changes
  bool over = false;     ///< the time is up: it drains
};

class judges {
public:
  explicit judges(const judged_run& run);

  /// Tells of the faults as they stand; none: the run has none.
  using fault_teller = std::function<std::vector<judging::fault_look>()>;
  /// `facts` holds the counts of this moment. Callable until the run is torn down.
  void look(const run_moment& now, const fault_teller& faults, report::run_facts& facts);
  /// Fills in what is known of recovery by now.
  void tell(report::run_facts& facts) const { recovery_.tell(facts); }
  /// Whether an expectation has become hopeless and the run shall stop for it.
  [[nodiscard]] bool stop_early() const noexcept;
  /// How the run went so far.
  [[nodiscard]] const report::run_series& series() const noexcept { return series_.series(); }
  /// Lines about faults since the last call.
  std::vector<std::string> take_news() { return recovery_.take_news(); }

  /// Once the other facts are complete, and before they are judged.
  void finish(report::run_facts& facts);

private:
  /// Allocated to look at the run.
  [[nodiscard]] std::uint64_t memory_bytes(const report::run_facts& facts) const noexcept;

  judged_run run_;
  recovery recovery_;
  series_source series_;
  judging::spell_watch spells_;
  expectations expectations_;
  std::optional<soak> soak_;
  std::vector<judging::fault_look> faults_; ///< as they were told last
  double faults_next_s_ = 0;
  double next_s_ = 0;
  double every_s_ = 1;
  bool over_ = false; ///< the load is
};

/// `at 12.3s: the line`, as it stands between lines of progress.
std::string news_text(double now_s, const std::string& line);

} // namespace fleet::program
