// The allocator of packet ids, one a session and side. Internal to protocol/mqtt.
#pragma once

#include <bitset>
#include <cstdint>

namespace fleet::mqtt {

/// Hands out packet ids 1…65535 in turn, never one in use ([MQTT-2.3.1-2]). It looks at the ids
/// in use only when the run it knows to be free is used up, about once a lap.
class packet_ids {
public:
  /// `each_used(mark)` calls `mark(id)` for every id in use. Answers 0 when all are.
  template <class EachUsed>
  std::uint16_t next(EachUsed each_used) {
    if (free_ahead_ == 0 && !look_ahead(each_used)) {
      return 0;
    }
    --free_ahead_;
    const auto id = static_cast<std::uint16_t>(next_);
    next_ = next_ == 65535 ? 1 : next_ + 1;
    return id;
  }

private:
  template <class EachUsed>
  bool look_ahead(EachUsed each_used) {
    // Mostly nothing at all is in use, or nothing near: a session's first id is taken so.
    std::uint32_t nearest = 65536;
    each_used([this, &nearest](std::uint16_t id) {
      if (id >= next_ && id < nearest) {
        nearest = id;
      }
    });
    free_ahead_ = nearest - next_;
    return free_ahead_ > 0 || look_around(each_used);
  }

  /// The next one is in use: passes over it and its neighbours.
  template <class EachUsed>
  bool look_around(EachUsed each_used) {
    std::bitset<65536> used;
    used.set(0);
    each_used([&used](std::uint16_t id) { used.set(id); });
    if (used.all()) {
      return false;
    }
    while (used.test(next_)) {
      next_ = next_ == 65535 ? 1 : next_ + 1;
    }
    std::uint32_t end = next_;
    while (end < 65536 && !used.test(end)) {
      ++end;
    }
    free_ahead_ = end - next_;
    return true;
  }

  std::uint32_t next_ = 1;
  std::uint32_t free_ahead_ = 0;
};

} // namespace fleet::mqtt
