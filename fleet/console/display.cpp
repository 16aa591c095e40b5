// Columns, escapes and indents.
#include "fleet/console/display.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace fleet::program {

namespace {

struct letter {
  std::uint32_t code = 0;
  std::size_t octets = 0; ///< 0: not UTF-8
};

letter first_letter(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) {
    return {lead, 1};
  }
  const std::size_t octets = lead >= 0xF0 ? 4U : lead >= 0xE0 ? 3U : 2U;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < octets) {
    return {};
  }
  std::uint32_t code = lead & (0x7FU >> octets);
  for (std::size_t i = 1; i < octets; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) {
      return {};
    }
    code = code << 6U | (next & 0x3FU);
  }
  constexpr std::uint32_t least[]{0, 0, 0x80, 0x800, 0x10000};
  if (code < least[octets] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
    return {};
  }
  return {code, octets};
}

/// What a terminal obeys, hides or turns around.
bool treacherous(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F
         || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069)
         || code == 0xFEFF;
}

bool combining(std::uint32_t code) {
  return (code >= 0x300 && code < 0x370) || (code >= 0x200B && code <= 0x200D)
         || (code >= 0xFE00 && code <= 0xFE0F);
}

bool wide(std::uint32_t code) {
  return (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF)
         || (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF)
         || (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60)
         || (code >= 0xFFE0 && code <= 0xFFE6) || (code >= 0x1F300 && code <= 0x1FAFF)
         || (code >= 0x20000 && code <= 0x3FFFD);
}

std::string tamed(std::string_view text, std::string_view kept) {
  std::string out;
  while (!text.empty()) {
    const letter l = first_letter(text);
    const std::size_t octets = std::max<std::size_t>(l.octets, 1);
    const bool keep = kept.find(text.front()) != std::string_view::npos;
    if (keep || (l.octets != 0 && !treacherous(l.code))) {
      out += text.substr(0, octets);
    } else {
      for (const char c : text.substr(0, octets)) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      }
    }
    text.remove_prefix(octets);
  }
  return out;
}

} // namespace

std::string printable(std::string_view text) {
  return tamed(text, {});
}

std::string printable_lines(std::string_view text) {
  return tamed(text, "\n\t");
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const letter l = first_letter(text);
    width += wide(l.code) ? 2 : combining(l.code) ? 0 : 1;
    text.remove_prefix(std::max<std::size_t>(l.octets, 1));
  }
  return width;
}

std::string text_table::text() const {
  std::vector<std::size_t> widths;
  for (const auto& cells : rows_) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(cells[i]));
    }
  }
  std::string out;
  for (const auto& cells : rows_) {
    std::string line(indent_, ' ');
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += cells[i];
      line.append(widths[i] - display_width(cells[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string indented_json(std::string_view json) {
  std::string out;
  std::size_t level = 0;
  bool in_text = false;
  const auto new_line = [&] { out.append(1, '\n').append(level * 2, ' '); };
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_text) {
      out += c;
      if (c == '\\' && at + 1 < json.size()) {
        out += json[++at];
      }
      in_text = c != '"';
    } else if (c == '{' || c == '[') {
      const std::size_t next = json.find_first_not_of(" \t\r\n", at + 1);
      out += c;
      if (next != std::string_view::npos && (json[next] == '}' || json[next] == ']')) {
        out += json[next];
        at = next;
      } else {
        ++level;
        new_line();
      }
    } else if (c == '}' || c == ']') {
      level -= level > 0 ? 1 : 0;
      new_line();
      out += c;
    } else if (c == ',') {
      out += c;
      new_line();
    } else if (c == ':') {
      out += ": ";
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      out += c;
      in_text = c == '"';
    }
  }
  return out;
}

std::string time_text(std::int64_t ms) {
  if (ms <= 0) {
    return "never";
  }
  constexpr std::int64_t year_10000 = 253'402'300'800'000;
  if (ms >= year_10000) {
    return std::to_string(ms) + " ms";
  }
  using namespace std::chrono;
  const sys_seconds at{duration_cast<std::chrono::seconds>(milliseconds{ms})};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss clock{at - day};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

} // namespace fleet::program
