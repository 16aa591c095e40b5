// Versions side by side, a run of digits or an octet at a time.
#include "protocol/ota/version.hpp"

#include <algorithm>

namespace fleet::ota {

namespace {

bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// The digits at the front without leading zeros, taken off.
std::string_view take_number(std::string_view& text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), digit);
  std::string_view number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(number.size());
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

} // namespace

std::weak_ordering compare_versions(std::string_view a, std::string_view b) noexcept {
  while (!a.empty() && !b.empty()) {
    if (digit(a.front()) && digit(b.front())) {
      const std::string_view x = take_number(a);
      const std::string_view y = take_number(b);
      const auto order = x.size() != y.size() ? x.size() <=> y.size() : x <=> y;
      if (order != 0) {
        return order;
      }
      continue;
    }
    if (a.front() != b.front()) {
      return static_cast<unsigned char>(a.front()) <=> static_cast<unsigned char>(b.front());
    }
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() && b.empty()) {
    return std::weak_ordering::equivalent;
  }
  const bool draft = (a.empty() ? b : a).starts_with('-');
  return a.empty() != draft ? std::weak_ordering::less : std::weak_ordering::greater;
}

} // namespace fleet::ota
