// A scenario in words: what `fleet check` says of one that is valid, for people and as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/explain/forecast.hpp"
#include "fleet/scenario/plan.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::program {

/// A fault and whom it hits.
struct explained_fault {
  faults::fault fault;
  std::uint32_t devices = 0; ///< selected, with the seed that was known
  bool exact = true;         ///< it does not depend on a seed, or the seed is known
  bool by_name = false;      ///< devices named: credentials say which they are
};

/// A scenario with all that can be said about it before it runs.
struct explanation {
  scenario_plan plan;
  forecast figures;
  bool empty = false;                  ///< the file holds no key
  std::vector<explained_fault> faults; ///< in the order of the file, presets taken apart
  std::vector<std::string> notes;      ///< who cannot have a fault, what tables give
  std::vector<std::string> odd;        ///< valid, and hardly meant; a sentence each
};

/// `seed`: replaces the file's; without both, counts that hang on it are about what they will be.
explanation explain(const scenario& file, std::optional<std::uint64_t> seed = std::nullopt);

/// `5,000 devices, 520 messages a second at the peak, 18m`.
std::string headline(const explanation& e);

/// Everything but the headline, a blank line before each part; with a trailing newline.
std::string to_text(const explanation& e);

/// An object without a line break, to be a part of a larger one.
std::string to_json(const explanation& e);

/// What is odd about it, once all else is known.
std::vector<std::string> oddities(const explanation& e);

/// `520`, `6.67`, `0.05`: so many a second.
std::string rate_said(double per_second);

} // namespace fleet::program
