// Delta debugging: of many parts the fewest that still do it. Knows nothing of scenarios.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace fleet::sweep {

/// Indices of parts, rising.
using subset = std::vector<std::size_t>;

/// Whether what is searched for is still there with those parts alone. Asked once for each subset.
using still_fails = std::function<bool(const subset& kept)>;

struct shrunk {
  subset kept;
  std::size_t tries = 0;
  bool whole_search = true; ///< else `tries_most` was reached, and fewer may do
};

/// Of `count` parts, with all of which it fails, a subset from which no single part can be taken
/// away (Zeller's ddmin). Halves first, so that a few parts of many are found in a few tries.
shrunk fewest(std::size_t count, const still_fails& test, std::size_t tries_most = 500);

} // namespace fleet::sweep
