// std::to_chars, which is exact and knows no locale.
#include "protocol/tsl/number.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

#include "protocol/base/check.hpp"

namespace fleet::tsl {

namespace {

/// Between these a number without exponent is at most as long as this buffer.
constexpr double least_plain = 1e-6;
constexpr double most_plain = 1e15;
constexpr std::size_t room = 64;

bool plain(double value) noexcept {
  const double size = std::fabs(value);
  return size == 0 || (size >= least_plain && size < most_plain);
}

} // namespace

void append_number(byte_buffer& out, double value) {
  FLEET_CHECK(std::isfinite(value));
  value += 0.0; // negative zero becomes zero
  char text[room];
  const auto format = plain(value) ? std::chars_format::fixed : std::chars_format::scientific;
  const char* const end = std::to_chars(text, text + room, value, format).ptr;
  out.append(std::string_view{text, static_cast<std::size_t>(end - text)});
}

void append_rounded(byte_buffer& out, double value, int decimals) {
  if (std::fabs(value) >= most_plain) {
    append_number(out, value);
    return;
  }
  FLEET_CHECK(std::isfinite(value) && decimals >= 0 && decimals <= 20);
  char text[room];
  const char* const end =
      std::to_chars(text, text + room, value, std::chars_format::fixed, decimals).ptr;
  std::string_view shown{text, static_cast<std::size_t>(end - text)};
  if (shown.find('.') != std::string_view::npos) {
    shown = shown.substr(0, shown.find_last_not_of('0') + 1);
    if (shown.back() == '.') {
      shown.remove_suffix(1);
    }
  }
  out.append(shown == "-0" ? std::string_view{"0"} : shown);
}

} // namespace fleet::tsl
