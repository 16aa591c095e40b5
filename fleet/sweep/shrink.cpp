// Ever smaller pieces: each alone, then everything but each.
#include "fleet/sweep/shrink.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace fleet::sweep {

namespace {

/// The parts [from, to) of `all`, or all but them.
subset piece(const subset& all, std::size_t from, std::size_t to, bool inside) {
  subset out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((i >= from && i < to) == inside) {
      out.push_back(all[i]);
    }
  }
  return out;
}

class search {
public:
  search(const still_fails& test, std::size_t tries_most) : test_(test), most_(tries_most) {}

  /// One pass over `pieces` pieces of what is left; true: something smaller was found.
  bool pass(shrunk& s, std::size_t pieces, bool alone) {
    for (std::size_t i = 0; i < pieces; ++i) {
      const std::size_t from = s.kept.size() * i / pieces;
      const std::size_t to = s.kept.size() * (i + 1) / pieces;
      auto candidate = piece(s.kept, from, to, alone);
      if (fails(candidate, s)) {
        s.kept = std::move(candidate);
        return true;
      }
    }
    return false;
  }

  bool fails(const subset& candidate, shrunk& s) {
    if (!asked_.insert(candidate).second) {
      return false; // it was no answer before
    }
    if (s.tries == most_) {
      s.whole_search = false;
      return false;
    }
    ++s.tries;
    return test_(candidate);
  }

private:
  const still_fails& test_;
  std::size_t most_;
  std::set<subset> asked_;
};

} // namespace

shrunk fewest(std::size_t count, const still_fails& test, std::size_t tries_most) {
  shrunk s;
  s.kept.resize(count);
  std::iota(s.kept.begin(), s.kept.end(), std::size_t{0});
  search look{test, tries_most};
  if (count == 0 || look.fails({}, s)) {
    s.kept.clear(); // it needs none of them
    return s;
  }
  std::size_t pieces = std::min<std::size_t>(2, count);
  while (s.kept.size() > 1) {
    if (look.pass(s, pieces, true)) {
      pieces = 2;
    } else if (pieces > 2 && look.pass(s, pieces, false)) {
      pieces = std::max<std::size_t>(pieces - 1, 2);
    } else if (pieces < s.kept.size()) {
      pieces = std::min(pieces * 2, s.kept.size());
    } else {
      break;
    }
  }
  return s;
}

} // namespace fleet::sweep
