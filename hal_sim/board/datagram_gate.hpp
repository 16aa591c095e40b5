// What disturbs the datagrams of one link, and holds those that it makes late. There once somebody
// has disturbed them; no socket and no timer: datagram_link has the one, its owner the other.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hal_sim/board/link_faults.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

/// What disturbs a link, in both directions alike; shares are in parts of a million.
struct datagram_faults {
  std::uint32_t loss_ppm = 0;
  std::uint32_t duplicate_ppm = 0;
  std::uint32_t reorder_ppm = 0; ///< held back until another has passed, or for hold_back
  duration hold_back = std::chrono::milliseconds{200};
  bool cut = false; ///< nothing passes
};

enum class way : std::uint8_t { up, down };

class datagram_gate {
public:
  using octets = std::vector<std::uint8_t>;

  datagram_faults own;                       ///< of this link alone, beside what its board is under
  const link_disturbance* weather = nullptr; ///< none: nothing

  /// Both together.
  [[nodiscard]] link_disturbance sum() const noexcept;

  enum class verdict : std::uint8_t {
    lost,
    held_back, ///< until release()
    passes,
    passes_twice,
    refused ///< it comes to nobody, who says so
  };
  verdict judge(bytes_view bytes, way to, time_point now, random_stream& luck);
  static constexpr int draws = 3; ///< that judge() makes

  enum class passage : std::uint8_t { now, late, lost };
  /// DTLS is on the way: it drops a changed datagram without a word (RFC 6347 §4.1.2.7), so that
  /// it counts as lost at once, in either world.
  bool secured = false;

  /// What becomes of one that passes. Late: it is kept until take_due(). Now: `bytes` is what goes
  /// on, perhaps another one, valid until the next one of the same way. Lost: changed under DTLS,
  /// or too many are late.
  passage delay(bytes_view& bytes, way to, time_point now, random_stream& luck);

  /// One that was held back, or whose time has come; false: there is none.
  bool take_held_back(way to, octets& into);
  bool take_due(time_point now, way& to, octets& into);

  [[nodiscard]] bool holds_back(way to) const noexcept { return !late_of(to).empty(); }
  [[nodiscard]] time_point next() const noexcept;
  /// What was held back is to go: nothing has passed it for long enough.
  [[nodiscard]] bool release_due(time_point now) noexcept;
  /// Whether a refusal is to be told.
  [[nodiscard]] bool refusal_due(time_point now) noexcept;
  void refuse_at(time_point due) noexcept { refusal_at_ = std::min(refusal_at_, due); }

  /// Nothing is waiting any more.
  void clear() noexcept;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  /// Late datagrams at most; beyond, they are lost, as a full queue of a router loses them.
  static constexpr std::size_t late_max = 256;

private:
  struct flying {
    time_point due;
    std::uint32_t order;
    way to;
    octets bytes;
  };
  struct arrives_later;
  [[nodiscard]] const octets& late_of(way to) const noexcept {
    return held_back_[static_cast<std::size_t>(to)];
  }

  std::array<octets, 2> held_back_; ///< one a way
  std::array<time_point, 2> line_free_{};
  std::vector<flying> flying_;    ///< a heap, the earliest in front
  std::array<octets, 2> changed_; ///< what corruption made of the last one
  time_point release_at_ = never;
  time_point refusal_at_ = never;
  std::uint32_t order_ = 0;
};

} // namespace fleet::hal
