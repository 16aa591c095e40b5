// Reading and asking.
#include "fleet/report/document.hpp"

#include <cmath>

#include <fmt/format.h>

#include "fleet/judging/amount.hpp"
#include "fleet/report/earlier.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::report {

namespace {

constexpr int depth_most = 32;

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
  return seconds ? judging::said(*seconds, judging::unit::duration) : "-";
}

std::string size_text(std::optional<double> octets) {
  return octets ? judging::said(*octets, judging::unit::size) : "-";
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
