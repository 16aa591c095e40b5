// Commas, colons, and where a value ends.
#include "protocol/base/json_walk.hpp"

#include <algorithm>

namespace fleet {

namespace {

/// Behind the quote that closes the string which opens at `from`, or the end of the text.
std::size_t string_end(std::string_view text, std::size_t from) noexcept {
  for (std::size_t at = from + 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      return at + 1;
    }
    at += text[at] == '\\' ? 1 : 0;
  }
  return text.size();
}

std::size_t skip(std::string_view text, std::size_t at, std::string_view what) noexcept {
  return std::min(text.find_first_not_of(what, at), text.size());
}

} // namespace

json_type json_type_of(std::string_view raw) noexcept {
  switch (raw.empty() ? 'n' : raw.front()) {
    case '{': return json_type::object;
    case '[': return json_type::array;
    case '"': return json_type::string;
    case 't':
    case 'f': return json_type::boolean;
    case 'n': return json_type::null;
    default: return json_type::number; // a switch over characters, not over an enum
  }
}

json_walk::json_walk(std::string_view raw) noexcept : text_(raw) {
  object_ = raw.starts_with('{');
  at_ = object_ || raw.starts_with('[') ? 1 : raw.size();
}

std::size_t json_walk::value_end(std::size_t from) const noexcept {
  const char first = text_[from];
  if (first == '"') {
    return string_end(text_, from);
  }
  if (first != '{' && first != '[') {
    return std::min(text_.find_first_of(",]} \t\r\n", from), text_.size());
  }
  std::size_t depth = 0;
  for (std::size_t at = from; at < text_.size();) {
    const char c = text_[at];
    if (c == '"') {
      at = string_end(text_, at);
      continue;
    }
    ++at;
    depth += c == '{' || c == '[' ? 1 : 0;
    if ((c == '}' || c == ']') && --depth == 0) {
      return at;
    }
  }
  return text_.size();
}

bool json_walk::next(json_member& out) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  at_ = skip(text_, at_, " \t\r\n,");
  std::string_view key;
  if (object_ && at_ < text_.size() && text_[at_] == '"') {
    const std::size_t end = string_end(text_, at_);
    key = text_.substr(at_ + 1, std::max(end, at_ + 2) - at_ - 2);
    at_ = skip(text_, skip(text_, end, blanks), ":");
    at_ = skip(text_, at_, blanks);
  }
  if (at_ >= text_.size() || text_[at_] == '}' || text_[at_] == ']') {
    at_ = text_.size();
    return false;
  }
  const std::size_t end = value_end(at_);
  out = {};
  out.key = key;
  out.value = text_.substr(at_, end - at_);
  out.type = json_type_of(out.value);
  at_ = end;
  return true;
}

} // namespace fleet
