// Two stages: the line, which has a rate, and the way, which has a length.
#include "hal_sim/board/link_lane.hpp"

#include <algorithm>
#include <utility>

namespace fleet::hal {

namespace {

/// What an empty buffer may keep.
constexpr std::size_t kept_octets = 4096;

/// What a line of this rate takes at once: small enough to flow, large enough to be cheap.
std::size_t portion(std::uint64_t octets_per_s) noexcept {
  return static_cast<std::size_t>(
      std::clamp<std::uint64_t>(octets_per_s / 50, 1, link_lane::segment_octets));
}

duration on_the_way(const link_disturbance& by, random_stream& luck) {
  return by.jitter > duration::zero() ? by.latency + luck.between(duration::zero(), by.jitter)
                                      : by.latency;
}

} // namespace

byte_buffer& link_lane::append_at(time_point now) noexcept {
  if (waiting_.empty()) {
    line_free_ = std::max(line_free_, now);
  }
  return waiting_;
}

void link_lane::advance(time_point now, const link_disturbance& by, random_stream& luck) {
  limited_ = by.octets_per_s != 0;
  if (by.holds()) {
    blocked_ = true;
    return;
  }
  if (std::exchange(blocked_, false)) {
    line_free_ = std::max(line_free_, now); // no time of it is made up for
  }
  while (!waiting_.empty() && (!limited_ || line_free_ <= now)) {
    if (flying_.size() >= window_octets) {
      blocked_ = true;
      return;
    }
    std::size_t octets = std::min(waiting_.size(), window_octets);
    if (limited_) {
      octets = std::min(octets, portion(by.octets_per_s));
      line_free_ = later(line_free_, time_at_rate(octets, by.octets_per_s));
    }
    last_due_ = std::max(last_due_, later(line_free_, on_the_way(by, luck)));
    flying_.append(waiting_.view().first(octets));
    pieces_.push_back({last_due_, static_cast<std::uint32_t>(octets)});
    waiting_.consume(octets);
  }
  if (waiting_.empty() && waiting_.capacity() > kept_octets) {
    waiting_.release();
  }
}

std::span<std::uint8_t> link_lane::arrived(time_point now, std::size_t most) noexcept {
  if (first_ == pieces_.size() || pieces_[first_].due > now) {
    return {};
  }
  return {&flying_[0], std::min<std::size_t>(pieces_[first_].octets, most)};
}

void link_lane::pop(std::size_t octets) {
  flying_.consume(octets);
  pieces_[first_].octets -= static_cast<std::uint32_t>(octets);
  if (pieces_[first_].octets != 0) {
    return;
  }
  ++first_;
  if (first_ == pieces_.size()) {
    pieces_.clear();
    first_ = 0;
    if (flying_.capacity() > kept_octets) {
      flying_.release();
    }
  } else if (first_ >= 64 && first_ * 2 >= pieces_.size()) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

time_point link_lane::arrival(time_point now, const link_disturbance& by,
                              random_stream& luck) const {
  return std::max(last_due_, later(std::max(line_free_, now), on_the_way(by, luck)));
}

time_point link_lane::next() const noexcept {
  const time_point due = first_ == pieces_.size() ? never : pieces_[first_].due;
  return !waiting_.empty() && limited_ && !blocked_ ? std::min(due, line_free_) : due;
}

void link_lane::clear() noexcept {
  waiting_.release();
  flying_.release();
  std::vector<piece>{}.swap(pieces_);
  first_ = 0;
}

std::size_t link_lane::memory_bytes() const noexcept {
  return waiting_.capacity() + flying_.capacity() + pieces_.capacity() * sizeof(piece);
}

} // namespace fleet::hal
