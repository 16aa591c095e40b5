// Ranges are read by hand: digits alone, so that no sign, blank or overflow slips in.
#include "protocol/http/range.hpp"

#include <algorithm>

#include "protocol/http/types.hpp"

namespace fleet::http {

namespace {

/// Nothing but digits, as a number; saturates, since any number beyond the end means the end.
std::optional<std::uint64_t> number_of(std::string_view digits) noexcept {
  if (digits.empty()) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : 10 * value + digit;
  }
  return value;
}

/// What follows the unit, the unit in any case; nothing for another one.
std::optional<std::string_view> after_unit(std::string_view value, char between) noexcept {
  constexpr std::string_view unit = "bytes";
  if (value.size() <= unit.size() || !same_word(value.substr(0, unit.size()), unit)
      || value[unit.size()] != between) {
    return std::nullopt;
  }
  return value.substr(unit.size() + 1);
}

struct halves {
  std::string_view left;
  std::string_view right;
};
std::optional<halves> split(std::string_view text, char at) noexcept {
  const std::size_t where = text.find(at);
  if (where == std::string_view::npos) {
    return std::nullopt;
  }
  return halves{text.substr(0, where), text.substr(where + 1)};
}

} // namespace

std::string range_from(std::uint64_t first) {
  return "bytes=" + std::to_string(first) + "-";
}

std::optional<content_range> parse_content_range(std::string_view value) noexcept {
  const auto said = after_unit(value, ' ');
  const auto parts = said ? split(*said, '/') : std::nullopt;
  if (!parts) {
    return std::nullopt;
  }
  content_range out;
  if (parts->right != "*") {
    out.total = number_of(parts->right);
    if (!out.total || *out.total == UINT64_MAX) {
      return std::nullopt;
    }
  }
  if (parts->left == "*") {
    return out.total ? std::optional{out} : std::nullopt;
  }
  const auto ends = split(parts->left, '-');
  const auto first = ends ? number_of(ends->left) : std::nullopt;
  const auto last = ends ? number_of(ends->right) : std::nullopt;
  if (!first || !last || *first > *last || *last == UINT64_MAX
      || (out.total && *last >= *out.total)) {
    return std::nullopt;
  }
  out.part = byte_range{*first, *last};
  return out;
}

std::string to_string(const content_range& range) {
  std::string out = "bytes ";
  if (range.part) {
    out.append(std::to_string(range.part->first)).append("-");
    out.append(std::to_string(range.part->last));
  } else {
    out.append("*");
  }
  return out.append("/").append(range.total ? std::to_string(*range.total) : "*");
}

range_verdict judge_range(std::string_view value, std::uint64_t total) noexcept {
  range_verdict whole;
  whole.octets.last = total == 0 ? 0 : total - 1;
  const auto said = after_unit(value, '=');
  const auto ends = said ? split(*said, '-') : std::nullopt;
  if (!ends) {
    return whole;
  }
  const auto first = number_of(ends->left);
  const auto last = number_of(ends->right);
  if (ends->left.empty() && last) { // the last so many
    if (*last == 0 || total == 0) {
      return {range_answer::unsatisfiable, {}};
    }
    return {range_answer::part, {total - std::min(*last, total), total - 1}};
  }
  if (!first || (!last && !ends->right.empty()) || (last && *last < *first)) {
    return whole;
  }
  if (*first >= total) {
    return {range_answer::unsatisfiable, {}};
  }
  return {range_answer::part, {*first, std::min(last.value_or(UINT64_MAX), total - 1)}};
}

} // namespace fleet::http
