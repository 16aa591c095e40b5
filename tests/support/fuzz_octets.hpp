// A fuzzer's octets read as decisions: numbers, choices and runs of octets, zeros when they run
// out. For fuzzers whose input says what comes next.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet::support {

class fuzz_octets {
public:
  explicit fuzz_octets(bytes_view from) noexcept : rest_(from) {}
  [[nodiscard]] bool over() const noexcept { return rest_.empty(); }
  std::uint8_t next() noexcept {
    if (rest_.empty()) {
      return 0;
    }
    const std::uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  /// Below `count`, which is 1 to 256.
  std::size_t below(std::size_t count) noexcept { return next() % count; }
  bool chance(std::uint8_t of_256) noexcept { return next() >= 256 - of_256; }
  /// As many as there are, `count` at most.
  bytes_view take(std::size_t count) noexcept {
    const bytes_view taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  /// Up to 31 of them as text.
  std::string_view text() noexcept { return as_text(take(next() & 31)); }
  /// Changes one octet, cuts it off, or puts one in.
  template <class Octets>
  void spoil(Octets& what) {
    using value = typename Octets::value_type;
    const std::uint8_t how = next();
    const std::size_t at = what.empty() ? 0 : (how >> 2 | next() << 6) % what.size();
    const auto place = what.begin() + static_cast<std::ptrdiff_t>(at);
    if ((how & 3) == 3 || what.empty()) {
      what.insert(place, static_cast<value>(next()));
    } else if ((how & 3) == 2) {
      what.erase(place, what.end());
    } else {
      *place = static_cast<value>(*place ^ next());
    }
  }

private:
  bytes_view rest_;
};

} // namespace fleet::support
