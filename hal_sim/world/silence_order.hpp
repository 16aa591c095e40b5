// In what order somebody was heard last: links in one piece of memory, sixteen octets for each, so
// that who speaks does not touch the neighbours' own memory. Owns nobody; no clock.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/base/fetch_ahead.hpp"

namespace fleet::hal {

/// Where somebody stands in a silence_order.
using silence_place = std::uint32_t;

template <class Peer>
class silence_order {
public:
  [[nodiscard]] bool empty() const noexcept { return links_.front().after == 0; }
  /// Who was silent longest, or null.
  [[nodiscard]] Peer* front() const noexcept { return links_[links_.front().after].who; }

  /// Has spoken, for the first time. The place is its own until remove().
  silence_place add(Peer& p) {
    silence_place at = free_;
    if (at == 0) {
      at = static_cast<silence_place>(links_.size());
      links_.emplace_back();
    } else {
      free_ = links_[at].after;
    }
    links_[at].who = &p;
    join(at);
    return at;
  }
  /// Has spoken.
  void touch(silence_place at) noexcept {
    if (links_.front().before != at) {
      leave(at);
      join(at);
    }
  }
  void remove(silence_place at) noexcept {
    leave(at);
    links_[at] = {nullptr, 0, free_};
    free_ = at;
  }
  /// Asks for the memory that touch() needs, in two steps (fetch_ahead.hpp): the place, then who
  /// stands beside it.
  void expect(silence_place at) const noexcept { fetch_ahead(&links_[at]); }
  void expect_neighbours(silence_place at) const noexcept {
    fetch_ahead(&links_[links_[at].before]);
    fetch_ahead(&links_[links_[at].after]);
  }

private:
  struct link {
    Peer* who = nullptr;
    silence_place before = 0;
    silence_place after = 0;
  };
  void leave(silence_place at) noexcept {
    links_[links_[at].before].after = links_[at].after;
    links_[links_[at].after].before = links_[at].before;
  }
  void join(silence_place at) noexcept {
    links_[at].before = links_.front().before;
    links_[at].after = 0;
    links_[links_.front().before].after = at;
    links_.front().before = at;
  }

  std::vector<link> links_ = std::vector<link>(1); ///< the first closes the ring
  silence_place free_ = 0;                         ///< a chain by `after`
};

} // namespace fleet::hal
