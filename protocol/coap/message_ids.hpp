// Message ids of one peer pair: those we give out, and those of the peer that were heard of late.
// Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocol/base/fetch_ahead.hpp"
#include "protocol/base/time.hpp"
#include "protocol/coap/heap.hpp"

namespace fleet::coap {

/// Milliseconds on a world's clock, modulo 2³²: enough to compare within 24 days of each other.
constexpr std::uint32_t milliseconds_of(time_point t) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count());
}

constexpr std::uint32_t whole_milliseconds(duration d) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

/// Hands out ids in turn, and none twice within EXCHANGE_LIFETIME (RFC 7252 §4.4): no more than
/// `most` in two windows of that length that touch.
class message_id_source {
public:
  static constexpr std::uint32_t most = 65'535;

  explicit message_id_source(std::uint16_t first) noexcept : next_(first) {}

  /// Whether an id is free; when not, free_at() says when to ask again.
  [[nodiscard]] bool available(time_point now, duration lifetime) noexcept {
    if (now >= later(window_, lifetime)) {
      before_ = now < later(window_, 2 * lifetime) ? used_ : 0;
      used_ = 0;
      window_ = now;
    }
    return std::uint32_t{used_} + before_ < most;
  }
  /// The next id; available() must have said so.
  std::uint16_t take() noexcept {
    ++used_;
    return next_++;
  }
  [[nodiscard]] time_point free_at(duration lifetime) const noexcept {
    return later(window_, lifetime);
  }

private:
  time_point window_{};
  std::uint16_t next_;
  std::uint16_t used_ = 0;
  std::uint16_t before_ = 0;
};

/// The peer's message ids of the last EXCHANGE_LIFETIME, for duplicate detection (RFC 7252 §4.5).
/// Ids that follow each other stand together, and are forgotten together: up to an eighth of the
/// lifetime late, so that a peer that counts costs a dozen octets for each eighth. When `most`
/// such runs are there the oldest is forgotten early.
class recent_ids {
public:
  /// Whether it was heard of before; if not, it is from now on.
  bool seen(std::uint16_t id, time_point now, duration lifetime, std::size_t most);
  void forget_old(time_point now, duration lifetime);
  /// Asks for the memory that seen() looks at.
  void expect() const noexcept { fetch_ahead(runs_.data(), runs_.size() * sizeof(run)); }
  [[nodiscard]] bool empty() const noexcept { return runs_.empty(); }
  [[nodiscard]] std::size_t runs() const noexcept { return runs_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return heap_octets(runs_); }

private:
  struct run {
    std::uint32_t first_heard_ms;
    std::uint32_t last_heard_ms;
    std::uint16_t first;
    std::uint16_t count;
  };
  std::vector<run> runs_; ///< those that began first come first
};

} // namespace fleet::coap
