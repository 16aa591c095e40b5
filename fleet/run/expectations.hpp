// The expectations of a run: those of its scenario and of its line, looked at while it goes and
// decided at its end.
#pragma once

#include <string>
#include <vector>

#include "fleet/report/facts.hpp"

namespace fleet::program {

class expectations {
public:
  /// Lines that can be read.
  explicit expectations(const std::vector<std::string>& lines);

  /// Whether any of them may be hopeless while the run goes.
  [[nodiscard]] bool live() const noexcept { return live_; }
  /// Likewise, for what has to be read of the shards first.
  [[nodiscard]] bool live_latencies() const noexcept { return live_latencies_; }
  /// Notes what has become hopeless; false: nothing new has.
  bool look(const report::run_facts& facts, double now_s);
  /// The first that became so: `expected restarts <= 3: was 4 at 12s`.
  [[nodiscard]] const std::string& hopeless() const noexcept { return hopeless_; }

  /// Decides what is open, by the facts of a run that is over.
  void decide(report::run_facts& facts) const;
  /// The figures they name; what every healthy run keeps of those is not asked for.
  [[nodiscard]] std::set<std::string, std::less<>> names() const;

private:
  struct one {
    judging::expectation what;
    bool live = false;
    std::optional<judging::verdict> early;
  };
  std::vector<one> all_;
  std::string hopeless_;
  bool live_ = false;
  bool live_latencies_ = false;
};

} // namespace fleet::program
