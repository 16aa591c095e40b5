// Progress and crossings of segments.
#include "actors/supervision/timetable.hpp"

#include <algorithm>

namespace fleet::actors {

namespace {

/// A million devices times a year of nanoseconds does not fit 64 bits.
__extension__ using wide = unsigned __int128;

wide whole(duration d) noexcept {
  return static_cast<wide>(d.count());
}

std::uint32_t change_of(const load_segment& s) noexcept {
  return s.to >= s.from ? s.to - s.from : s.from - s.to;
}

std::uint32_t arrived(const std::vector<duration>& arrivals, duration by) noexcept {
  return static_cast<std::uint32_t>(std::upper_bound(arrivals.begin(), arrivals.end(), by)
                                    - arrivals.begin());
}

std::uint32_t target_in(const load_segment& s, duration at) noexcept {
  const duration into = std::clamp(at - s.begin, duration{0}, s.end - s.begin);
  const auto done =
      s.arrivals ? arrived(*s.arrivals, into)
                 : static_cast<std::uint32_t>(whole(into) * change_of(s) / whole(s.end - s.begin));
  return s.to >= s.from ? s.from + done : s.from - done;
}

bool beyond(std::uint32_t target, const load_limits& limits) noexcept {
  return target >= limits.at_least || target < limits.fewer_than;
}

/// When `steps` of the segment's change are done; its end where it has fewer.
duration time_of(const load_segment& s, std::uint32_t steps) noexcept {
  const std::uint32_t change = change_of(s);
  if (steps > change) {
    return s.end;
  }
  if (s.arrivals) {
    return s.begin + (*s.arrivals)[steps - 1];
  }
  const wide length = whole(s.end - s.begin);
  return s.begin + duration{static_cast<std::int64_t>((length * steps + change - 1) / change)};
}

/// When a limit is reached inside of a segment that begins within them; its end if not.
duration crossing(const load_segment& s, const load_limits& limits) noexcept {
  if (s.to > s.from && limits.at_least > s.from) {
    return time_of(s, limits.at_least - s.from);
  }
  if (s.to < s.from && limits.fewer_than > 0 && limits.fewer_than <= s.from) {
    return time_of(s, s.from - limits.fewer_than + 1);
  }
  return s.end;
}

} // namespace

std::uint32_t target_at(std::span<const load_segment> segments, std::uint32_t after, duration at) {
  const auto now =
      std::upper_bound(segments.begin(), segments.end(), at,
                       [](duration t, const load_segment& segment) { return t < segment.end; });
  return now == segments.end() ? after : target_in(*now, at);
}

std::vector<duration> poisson_arrivals(std::uint32_t count, duration length, random_stream random) {
  std::vector<duration> out(count);
  std::generate(out.begin(), out.end(), [&] {
    return duration{
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(length.count())))};
  });
  std::sort(out.begin(), out.end());
  return out;
}

duration next_change(const timetable& load, duration at, load_limits limits) {
  const auto first =
      std::upper_bound(load.segments.begin(), load.segments.end(), at,
                       [](duration t, const load_segment& segment) { return t < segment.end; });
  for (const auto& s : std::span{first, load.segments.end()}) {
    const duration from = std::max(at, s.begin);
    if (beyond(target_in(s, from), limits)) {
      return from;
    }
    const duration when = crossing(s, limits);
    if (when < s.end) {
      return when;
    }
  }
  const duration last = load.segments.empty() ? duration{0} : load.segments.back().end;
  return beyond(load.after, limits) ? std::max(at, last) : duration::max();
}

} // namespace fleet::actors
