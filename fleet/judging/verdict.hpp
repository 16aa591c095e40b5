// What expectations came to: each decided from the facts of a run, at its end or, where a figure
// only gets worse, before.
#pragma once

#include <optional>
#include <string>

#include "fleet/judging/expectation.hpp"

namespace fleet::judging {

/// What the figures of a run are, in their units.
class known_facts {
public:
  /// Nothing: it cannot be told.
  [[nodiscard]] virtual std::optional<double> value(std::size_t figure,
                                                    std::string_view argument) const = 0;
  /// Why value() told nothing, as the rest of a sentence that begins with the figure and `was`.
  [[nodiscard]] virtual std::string why_unknown(std::size_t figure,
                                                std::string_view argument) const = 0;

protected:
  ~known_facts() = default;
};

/// One that was decided. Names of the report's JSON.
struct verdict {
  std::string text;
  bool ok = false;
  std::optional<double> actual; ///< of the left side; none: it cannot be told
  double decided_at_s = 0;      ///< since the first device was started
  std::string line;             ///< `expected p99(publish_ack) < 250ms: was 31ms`
};

/// Decides by what is known now; what cannot be told is not as expected.
verdict decide(const expectation& e, const known_facts& facts, double now_s);

/// Whether it can be looked at while a run goes: a figure that is known then and never gets less,
/// held against an amount that it must not pass.
bool can_be_hopeless(const expectation& e, const vocabulary& known) noexcept;

/// Whether it can_be_hopeless() and is: nothing that comes will make it true.
bool hopeless(const expectation& e, const vocabulary& known, const known_facts& facts);

} // namespace fleet::judging
