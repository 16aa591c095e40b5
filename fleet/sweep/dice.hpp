// Drawing from a seed: one stream for each purpose, so that a change to how one thing is drawn
// leaves the others as they are.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "protocol/base/random.hpp"

namespace fleet::sweep {

class dice {
public:
  dice(std::uint64_t seed, std::uint64_t number, std::string_view purpose)
      : stream_(seed, number, purpose) {}

  /// True in so many of a hundred cases.
  bool percent(std::uint32_t of_hundred) noexcept { return stream_.below(100) < of_hundred; }
  /// Both ends included.
  std::uint32_t between(std::uint32_t low, std::uint32_t high) noexcept {
    return static_cast<std::uint32_t>(stream_.between(low, high));
  }
  /// One of some; repeat what is to come more often.
  template <class T>
  T one_of(std::initializer_list<T> all) noexcept {
    return *std::next(all.begin(), static_cast<std::ptrdiff_t>(stream_.below(all.size())));
  }

private:
  random_stream stream_;
};

} // namespace fleet::sweep
