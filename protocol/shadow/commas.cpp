// One pass over a text, strings stepped over.
#include "protocol/shadow/commas.hpp"

namespace fleet::shadow {

namespace {

/// Behind the string whose opening quote is at `at`; the text's end if it does not close.
std::size_t behind_string(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

bool blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

} // namespace

comma_faults find_comma_faults(std::string_view text) noexcept {
  comma_faults found;
  bool after_comma = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      after_comma = false;
      at = behind_string(text, at);
      continue;
    }
    ++at;
    if (blank(c)) {
      continue;
    }
    found.doubled = found.doubled || (after_comma && c == ',');
    found.trailing = found.trailing || (after_comma && (c == '}' || c == ']'));
    after_comma = c == ',';
  }
  return found;
}

void append_without_doubled_commas(std::string& out, std::string_view text) {
  bool after_comma = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      const std::size_t end = behind_string(text, at);
      out.append(text.substr(at, end - at));
      after_comma = false;
      at = end;
      continue;
    }
    ++at;
    if (c != ',' || !after_comma) {
      out += c;
    }
    after_comma = c == ',' || (after_comma && blank(c));
  }
}

std::size_t count_keys(std::string_view json) noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      at = behind_string(json, at);
      continue;
    }
    count += json[at] == ':' ? 1 : 0;
    ++at;
  }
  return count;
}

} // namespace fleet::shadow
