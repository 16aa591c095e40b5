// One direction of a disturbed stream: what waits for room on the line, and what is on its way with
// the times at which it arrives. Order is kept and nothing is lost. No timer and no stream: the
// gate has those.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hal_sim/board/link_faults.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

class link_lane {
public:
  /// Octets on their way at most, as a TCP window limits them; more wait.
  static constexpr std::size_t window_octets = 256 * 1024;
  /// The largest piece that a limited line takes at once.
  static constexpr std::size_t segment_octets = 1448;

  /// Where to append what shall go next, and goes as from `now`; advance() puts it on the line.
  [[nodiscard]] byte_buffer& append_at(time_point now) noexcept;
  /// Octets that are not on their way yet.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

  /// Puts on the line what waits, as far as `by` lets it; nothing while it holds. To be called when
  /// something was appended, popped or has changed.
  void advance(time_point now, const link_disturbance& by, random_stream& luck);

  /// What has arrived by `now` of the oldest piece, `most` octets of it; empty: nothing yet. Valid
  /// until anything else is called.
  [[nodiscard]] std::span<std::uint8_t> arrived(time_point now, std::size_t most) noexcept;
  /// Takes that many octets of the oldest piece.
  void pop(std::size_t octets);

  /// When something sent at `now`, behind all the rest, arrives at the earliest.
  [[nodiscard]] time_point arrival(time_point now, const link_disturbance& by,
                                   random_stream& luck) const;

  /// When there is something to do: a piece arrives, or the line is free for the next one.
  [[nodiscard]] time_point next() const noexcept;

  /// Octets of both kinds.
  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size() + flying_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  void clear() noexcept;
  /// Octets on the heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct piece {
    time_point due;
    std::uint32_t octets;
  };

  byte_buffer waiting_;
  byte_buffer flying_;
  std::vector<piece> pieces_; ///< of flying_, from first_ on
  std::size_t first_ = 0;
  time_point line_free_{}; ///< when the line has sent what it was given
  time_point last_due_{};
  bool limited_ = false; ///< the line has a rate, so that what waits waits for line_free_
  bool blocked_ = false; ///< what waits did so for something else: a stall, the window
};

} // namespace fleet::hal
