// Words and amounts.
#include "fleet/judging/amount.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "fleet/text/quantities.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/time.hpp"

namespace fleet::judging {

namespace {

std::string duration_said(double s) {
  if (s < 1e-3) {
    return fmt::format("{:.0f}us", s * 1e6);
  }
  if (s < 1) {
    return fmt::format("{:.3g}ms", s * 1e3);
  }
  if (s < 60) {
    return fmt::format("{:.3g}s", s);
  }
  return text::format_duration(std::chrono::seconds{std::llround(s)});
}

std::string size_said(double octets) {
  constexpr double step = 1024;
  if (std::abs(octets) < step) {
    return fmt::format("{:.0f}B", octets);
  }
  if (std::abs(octets) < step * step) {
    return fmt::format("{:.4g}KiB", octets / step);
  }
  return fmt::format("{:.5g}MiB", octets / step / step);
}

} // namespace

std::string_view text_of(argument a) noexcept {
  switch (a) {
    case argument::nothing: return "nothing";
    case argument::direction: return "a direction";
    case argument::latency: return "a latency";
    case argument::fault: return "the name of a fault";
    case argument::outcome: return "a reason";
    case argument::counter: return "a count";
  }
  FLEET_CHECK(false);
}

std::string_view text_of(unit u) noexcept {
  switch (u) {
    case unit::count: return "a count";
    case unit::share: return "a share";
    case unit::duration: return "a duration";
    case unit::size: return "a size";
    case unit::rate: return "a rate";
    case unit::plain: return "a number without a unit";
  }
  FLEET_CHECK(false);
}

std::string_view example_of(unit u) noexcept {
  switch (u) {
    case unit::count: return "5000 or 5k";
    case unit::share: return "0.01 or 1%";
    case unit::duration: return "250ms or 90s";
    case unit::size: return "64KiB or 2MiB";
    case unit::rate: return "200/s or 90/min";
    case unit::plain: return "5000";
  }
  FLEET_CHECK(false);
}

std::optional<std::string> read_amount_word(term& out) {
  const std::string_view word = out.word;
  const auto take = [&out](const auto& parsed, unit u) -> std::optional<std::string> {
    if (!parsed) {
      return parsed.error();
    }
    out.unit = u;
    out.value = static_cast<double>(parsed.value());
    return {};
  };
  if (word.find('/') != std::string_view::npos) {
    return take(text::parse_rate(word), unit::rate);
  }
  if (word.ends_with('B')) {
    return take(text::parse_size(word), unit::size);
  }
  if (word.ends_with('k') || word.ends_with('K') || word.ends_with('M')) {
    return take(text::parse_count(word), unit::plain);
  }
  const bool percent = word.ends_with('%');
  const auto number = percent ? word.substr(0, word.size() - 1) : word;
  double value = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value,
                                             std::chars_format::fixed);
  if (error == std::errc{} && stop == number.data() + number.size()) {
    out.value = percent ? value / 100 : value;
    out.percent = percent;
    out.unit = percent ? unit::share : unit::plain;
    return {};
  }
  if (percent) {
    return "is not a percentage; write 1% or 0.5%";
  }
  const auto parsed = text::parse_duration(word);
  if (!parsed) {
    return parsed.error();
  }
  out.unit = unit::duration;
  out.value = seconds(parsed.value());
  return {};
}

std::string said(double value, unit u, bool percent) {
  switch (u) {
    case unit::count: return fmt::format("{:.0f}", value);
    case unit::share:
      return percent ? fmt::format("{:.3g}%", value * 100) : fmt::format("{:.3g}", value);
    case unit::duration: return duration_said(value);
    case unit::size: return size_said(value);
    case unit::rate: return fmt::format("{:.4g}/s", value);
    case unit::plain: return fmt::format("{:g}", value);
  }
  FLEET_CHECK(false);
}

} // namespace fleet::judging
