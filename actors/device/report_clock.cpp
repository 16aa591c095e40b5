// Plain beats by addition, all others in planned time, which the curve turns into moments.
#include "actors/device/report_clock.hpp"

#include <algorithm>

#include "protocol/base/exponential.hpp"

namespace fleet::actors {

namespace {

/// What is drawn for the report due at a moment of planned time: a stream without a state to keep.
random_stream stream_at(const report_beat& beat, duration planned, std::string_view purpose) {
  const auto moment = static_cast<std::uint64_t>(planned.count());
  return {beat.seed ^ mix64(moment ^ (std::uint64_t{beat.plan} << 56)), beat.device, purpose};
}

duration gap_after(const report_beat& beat, duration planned) {
  if (beat.timing.arrivals == report_arrivals::even) {
    return beat.interval;
  }
  auto random = stream_at(beat, planned, "arrivals");
  return std::max(exponential(random, beat.interval), duration{1});
}

duration sum(duration a, duration b) noexcept {
  return b >= duration::max() - a ? duration::max() : a + b;
}

} // namespace

void report_clock::begin(const report_beat& beat, time_point now, random_stream& jitter) {
  if (beat.plain()) {
    due_ = now + jitter.between(duration::zero(), beat.interval);
    return;
  }
  const duration since = now - beat.began;
  planned_ = beat.curve != nullptr ? beat.curve->planned_by(since) : since;
  const duration first =
      beat.timing.arrivals == report_arrivals::even
          ? stream_at(beat, planned_, "first report").between(duration::zero(), beat.interval)
          : gap_after(beat, planned_);
  planned_ = sum(planned_, first);
  place(beat);
}

void report_clock::next(const report_beat& beat) {
  ++over_;
  if (beat.plain()) {
    due_ = later(due_, beat.interval);
    return;
  }
  planned_ = sum(planned_, gap_after(beat, planned_));
  place(beat);
}

void report_clock::place(const report_beat& beat) {
  duration at = planned_;
  if (beat.timing.jitter_ppm != 0) {
    // Planned times are whole intervals apart, so none comes before the one ahead of it.
    const auto most = static_cast<std::int64_t>(static_cast<double>(beat.interval.count())
                                                * beat.timing.jitter_ppm / 1e6);
    at = sum(at, stream_at(beat, planned_, "jitter").between(duration::zero(), duration{most}));
  }
  if (beat.curve != nullptr) {
    at = beat.curve->when(at);
  }
  due_ = at == duration::max() ? never : later(beat.began, at);
}

} // namespace fleet::actors
