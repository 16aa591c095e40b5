// The words that say when something comes and what is replayed.
#pragma once

#include "fleet/options/words.hpp"
#include "fleet/scenario/load_rules.hpp"

namespace fleet::program {

inline constexpr words_of<actors::report_arrivals, 2> arrivals_words{
    {{"even", actors::report_arrivals::even}, {"poisson", actors::report_arrivals::poisson}}};

/// Whether a replay begins at the first row.
inline constexpr words_of<bool, 2> replay_start_words{{{"random", false}, {"first", true}}};

/// Whether a replay ends.
inline constexpr words_of<bool, 2> replay_end_words{{{"wrap", false}, {"stop", true}}};

} // namespace fleet::program
