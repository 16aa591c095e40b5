// Reading and asking.
#include "fleet/report/document.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "fleet/report/earlier.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::report {

namespace {

constexpr int depth_most = 32;

/// From two minutes on.
std::string long_time_text(double seconds) {
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  if (seconds >= 2.0 * day) {
    return digits_text(seconds / day) + " d";
  }
  const auto whole = std::llround(seconds);
  if (whole >= hour) {
    return fmt::format("{} h {} min", whole / hour, whole % hour / minute);
  }
  const auto rest = whole % minute;
  return fmt::format("{} min", whole / minute) + (rest != 0 ? fmt::format(" {} s", rest) : "");
}

} // namespace

const json* find(const json& from, std::string_view dotted) noexcept {
  const json* at = &from;
  while (true) {
    const auto dot = dotted.find('.');
    const auto name = dotted.substr(0, dot);
    if (!at->is_object()) {
      return nullptr;
    }
    const auto found = at->find(name);
    if (found == at->end()) {
      return nullptr;
    }
    at = &*found;
    if (dot == std::string_view::npos) {
      return at;
    }
    dotted.remove_prefix(dot + 1);
  }
}

std::optional<double> number_at(const json& from, std::string_view dotted) noexcept {
  const json* const at = find(from, dotted);
  return at != nullptr && at->is_number() ? std::optional{at->get<double>()} : std::nullopt;
}

std::string text_at(const json& from, std::string_view dotted) {
  const json* const at = find(from, dotted);
  return at != nullptr && at->is_string() ? at->get<std::string>() : std::string{};
}

bool flag_at(const json& from, std::string_view dotted) noexcept {
  const json* const at = find(from, dotted);
  return at != nullptr && at->is_boolean() && at->get<bool>();
}

const json& list_at(const json& from, std::string_view dotted) noexcept {
  static const json none = json::array();
  const json* const at = find(from, dotted);
  return at != nullptr && at->is_array() ? *at : none;
}

const json& object_at(const json& from, std::string_view dotted) noexcept {
  static const json none = json::object();
  const json* const at = find(from, dotted);
  return at != nullptr && at->is_object() ? *at : none;
}

std::string digits_text(double x) {
  constexpr double plain = 999.5;
  constexpr double most = 1e15;
  const double size = std::abs(x);
  if (size < plain || size > most) {
    return fmt::format("{:.3g}", std::nextafter(x, 2 * x));
  }
  const double last = std::pow(10, std::floor(std::log10(size)) - 2);
  return fmt::format("{:.0f}", std::round(x / last) * last);
}

std::string count_text(std::optional<double> value) {
  constexpr double most = 9e15; // what a double counts by ones
  if (!value) {
    return "-";
  }
  const double whole = std::round(*value);
  if (std::abs(whole) > most || std::abs(*value - whole) > 1e-9) {
    return fmt::format("{:.4g}", *value);
  }
  return (whole < 0 ? "-" : "") + text::format_count(static_cast<std::uint64_t>(std::abs(whole)));
}

std::string time_text(std::optional<double> seconds) {
  if (!seconds) {
    return "-";
  }
  const double s = *seconds;
  if (s == 0) {
    return "0";
  }
  if (std::abs(s) < 1e-3) {
    return digits_text(s * 1e6) + " µs";
  }
  if (std::abs(s) < 1) {
    return digits_text(s * 1e3) + " ms";
  }
  return s < 120 ? digits_text(s) + " s" : long_time_text(s);
}

std::string size_text(std::optional<double> octets) {
  constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  constexpr double step = 1024;
  if (!octets) {
    return "-";
  }
  double x = *octets;
  std::size_t unit = 0;
  for (; std::abs(x) >= step && unit + 1 < units.size(); ++unit) {
    x /= step;
  }
  return fmt::format("{} {}", digits_text(x), units[unit]);
}

std::string rate_text(std::optional<double> per_second) {
  constexpr double many = 100; // counted by ones
  if (!per_second) {
    return "-";
  }
  return (*per_second >= many ? count_text(std::round(*per_second)) : digits_text(*per_second))
         + "/s";
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\t':
      case '\n':
      case '\r': out += fmt::format("&#{};", static_cast<int>(c)); break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
  return out;
}

result<earlier_run, std::string> earlier_run::read(std::string name, const std::string& text) {
  auto held = std::make_shared<document>();
  // A report is no deeper than eight; what is, is left out, so that nobody recurses on it for long.
  const auto shallow = [](int depth, json::parse_event_t, json&) { return depth <= depth_most; };
  held->root = json::parse(text, shallow, false);
  if (held->root.is_discarded()) {
    return fail(std::string{"is no JSON"});
  }
  if (find(held->root, "run") == nullptr || text_at(held->root, "verdict").empty()) {
    return fail(std::string{"is no report of fleet run; that writes one with --json FILE"});
  }
  return earlier_run{std::move(name), std::move(held)};
}

} // namespace fleet::report
