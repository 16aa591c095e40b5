// What a run was held against beyond what every healthy run keeps: recovery from its faults,
// expectations, growth. Plain data, with the figures that expectations may name.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/judging/recovery.hpp"
#include "fleet/judging/slow_spell.hpp"
#include "fleet/judging/soak.hpp"
#include "fleet/judging/verdict.hpp"

namespace fleet::report {

struct run_facts;

struct judged_facts {
  std::vector<judging::fault_finding> faults;
  /// While the run goes: seconds since the end of each fault that the fleet has not recovered from.
  std::vector<std::optional<double>> waiting;
  std::vector<judging::slow_spell> spells;
  std::vector<judging::verdict> expectations;
  /// Figures that expectations name, as figures_of() has them: what every healthy run keeps of them
  /// is not asked for.
  std::set<std::string, std::less<>> by_hand;
  std::optional<judging::soak_finding> soak; ///< with --soak
  std::string stopped_early;                 ///< the expectation that was hopeless, and when
};

/// All figures, in the order of docs/expectations.md.
const judging::vocabulary& figures();
/// Those that an expectation names, with their arguments: `lost`, `lost(uplink)`.
std::vector<std::string> figures_of(const judging::expectation& e);

/// The figures of a run, at its end or while it goes.
class figures_of_run final : public judging::known_facts {
public:
  explicit figures_of_run(const run_facts& facts) : facts_(facts) {}
  [[nodiscard]] std::optional<double> value(std::size_t figure,
                                            std::string_view argument) const override;
  [[nodiscard]] std::string why_unknown(std::size_t figure,
                                        std::string_view argument) const override;

private:
  const run_facts& facts_;
};

/// Its part of the report for people; empty where there is nothing.
std::string judged_text(const judged_facts& j);

/// Adds what is not as expected, a sentence each.
void judge_expected(const judged_facts& j, std::vector<std::string>& out);

} // namespace fleet::report
