// How many devices are to be on at which time of a run: pieces in which the number changes evenly.
// Arithmetic alone, in whole numbers, so that every machine starts a device at the same moment.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "protocol/base/random.hpp"
#include "protocol/base/time.hpp"

namespace fleet::actors {

/// From `begin` to `end` the number of devices that are on goes evenly from `from` to `to`.
struct load_segment {
  duration begin{0};
  duration end{0};
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  /// Not evenly: when each device comes, or goes, after `begin`; rising, one for each and all
  /// before the end (poisson_arrivals).
  std::shared_ptr<const std::vector<duration>> arrivals{};

  friend bool operator==(const load_segment&, const load_segment&) = default;
};

/// One after the other from 0, none without length; `after` devices from the last one's end on.
struct timetable {
  std::vector<load_segment> segments;
  std::uint32_t after = 0;
};

/// How many are on at `at` after the start: up to a segment's progress, rounded towards its `from`,
/// or to those that have arrived.
std::uint32_t target_at(std::span<const load_segment> segments, std::uint32_t after, duration at);

/// `count` moments within `length`, as a Poisson process has them of which nothing but the number
/// is known: each anywhere, whatever the others. Rising.
std::vector<duration> poisson_arrivals(std::uint32_t count, duration length, random_stream random);

/// What next_change() looks for: as many as `at_least`, or fewer than `fewer_than`.
struct load_limits {
  std::uint32_t at_least = UINT32_MAX;
  std::uint32_t fewer_than = 0;
};

/// The first moment from `at` on at which the target is at or beyond one of the limits;
/// duration::max() when it never is.
duration next_change(const timetable& load, duration at, load_limits limits);

} // namespace fleet::actors
