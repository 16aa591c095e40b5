// Where the devices of a run connect, where that is more than one place: several targets, or
// several addresses of one name. Goes by a device's index in the fleet alone, so that a run that is
// split, a takeover and the same seed agree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "hal_sim/world/address.hpp"

namespace fleet::actors {

struct place {
  hal::address peer{};
  std::string name{};        ///< of the target's host, without brackets
  std::string server_name{}; ///< for TLS
  std::string http_host{};   ///< what the Host field says
};

class place_map {
public:
  /// One more target, with all its addresses; at least one.
  void add(std::vector<place> target) {
    const auto first = static_cast<std::uint32_t>(all_.size());
    const auto count = static_cast<std::uint32_t>(target.size());
    targets_.push_back({first, count});
    widest_ = std::max(widest_, count);
    all_.insert(all_.end(), std::make_move_iterator(target.begin()),
                std::make_move_iterator(target.end()));
  }

  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] const place& operator[](std::size_t number) const noexcept { return all_[number]; }
  [[nodiscard]] auto begin() const noexcept { return all_.begin(); }
  [[nodiscard]] auto end() const noexcept { return all_.end(); }

  /// The number of a device's place: of n targets the one of its index modulo n, and of that one's
  /// addresses they take turns. 0 where there are none.
  [[nodiscard]] std::size_t number_of(std::uint32_t device) const noexcept {
    if (targets_.empty()) {
      return 0;
    }
    const auto count = static_cast<std::uint32_t>(targets_.size());
    const auto& at = targets_[device % count];
    return at.first + device / count % at.count;
  }
  /// Of so many devices that follow one another, one is at each place, if targets have equally many
  /// addresses. 1 where there are none.
  [[nodiscard]] std::size_t round() const noexcept {
    return targets_.empty() ? 1 : targets_.size() * widest_;
  }

private:
  struct range {
    std::uint32_t first;
    std::uint32_t count;
  };
  std::vector<place> all_;
  std::vector<range> targets_;
  std::uint32_t widest_ = 1;
};

} // namespace fleet::actors
