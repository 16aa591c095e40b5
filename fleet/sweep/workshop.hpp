// The folder of a sweep: scenarios, their models and reports as files, and runs of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/sweep/child.hpp"
#include "fleet/sweep/plan.hpp"

namespace fleet::sweep {

/// A run under way.
struct trial {
  sweep_plan plan;
  std::string name; ///< of its files, without ending
  child run;
  bool second = false; ///< only its digest is of interest
  std::string digest;  ///< of the first
};

/// How a plan did.
struct outcome {
  std::vector<std::string> wrong; ///< empty: nothing
  std::string digest;
  bool interrupted = false; ///< the run was stopped by a signal and says nothing
};

class workshop {
public:
  explicit workshop(std::string folder) : folder_(std::move(folder)) {}

  /// Makes the folder and the models in it; a sentence where that cannot be.
  std::optional<std::string> open();

  /// Writes the scenario and starts its run.
  trial start(sweep_plan plan, std::string name);
  /// Once more, for its digest.
  void again(trial& t);
  /// Whether it is over, and what came of it.
  bool over(trial& t, outcome& out);

  /// Keeps scenario and report, or removes them.
  void keep(const trial& t, bool kept);
  /// Ends its run and removes all of it.
  void drop(trial& t);
  /// Writes a scenario that stays.
  bool write(const sweep_plan& plan, const std::string& name);
  /// What repeats the run of a scenario that was kept.
  [[nodiscard]] std::string command_for(const sweep_plan& plan, const std::string& name) const;

private:
  [[nodiscard]] std::string path(const std::string& name, std::string_view ending) const;
  [[nodiscard]] child run(const trial& t) const;

  std::string folder_;
};

/// `sweep-17`
std::string name_of(const sweep_plan& plan);

} // namespace fleet::sweep
