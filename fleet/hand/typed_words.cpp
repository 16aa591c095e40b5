// One reader for each kind of word.
#include "fleet/hand/typed_words.hpp"

#include <algorithm>
#include <charconv>

#include "fleet/console/display.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr duration wait_most = 24h * 30;
constexpr std::string_view hex_mark = "hex:";

/// The next line of a text with several, taken off.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

} // namespace

std::string shown_word(std::string_view word) {
  constexpr std::size_t most = 60;
  const std::string whole = printable(word.substr(0, most));
  return word.size() > most ? whole + "..." : whole;
}

typed_complaint read_typed_time(const std::string& word, duration least, duration& out) {
  const auto parsed = text::parse_duration(word);
  if (!parsed) {
    return shown_word(word) + " " + parsed.error();
  }
  if (parsed.value() < least || parsed.value() > wait_most) {
    return shown_word(word) + " is out of range; it takes " + text::format_duration(least) + " to "
           + text::format_duration(wait_most);
  }
  out = parsed.value();
  return std::nullopt;
}

typed_complaint read_typed_payload(const std::string& word, std::string& out) {
  if (!word.starts_with(hex_mark)) {
    out = word;
    return std::nullopt;
  }
  const std::string_view digits = std::string_view{word}.substr(hex_mark.size());
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    unsigned octet = 0;
    const char* const end = digits.data() + at + 2;
    if (std::from_chars(digits.data() + at, end, octet, 16).ptr != end) {
      break;
    }
    out += static_cast<char>(octet);
  }
  return out.size() * 2 == digits.size()
             ? std::nullopt
             : typed_complaint{shown_word(word) + " is not hex: and pairs of hexadecimal digits"};
}

typed_complaint too_many_words(typed_view words, std::size_t most) {
  if (words.size() <= most) {
    return std::nullopt;
  }
  return "unexpected word " + shown_word(words[most]) + "; what holds blanks is written in quotes";
}

typed_complaint read_typed_wait(typed_view words, duration& out) {
  if (words.empty()) {
    return "wait needs a time, as in wait 3s";
  }
  if (auto wrong = too_many_words(words, 1)) {
    return wrong;
  }
  return read_typed_time(words[0], duration{0}, out);
}

void append_usage(std::string& help, std::string_view usage, std::string_view text) {
  constexpr std::size_t column = 27;
  while (!usage.empty()) {
    std::string line = "  " + std::string{take_line(usage)};
    usage.remove_prefix(std::min(usage.find_first_not_of(' '), usage.size()));
    line.append(column - std::min(line.size(), column - 1), ' ');
    help += line + std::string{take_line(text)} + "\n";
  }
}

} // namespace fleet::program
