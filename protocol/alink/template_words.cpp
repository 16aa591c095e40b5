// Reading by hand: there is no locale in it, and no floating point.
#include "protocol/alink/template_words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace fleet::alink {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 11> words = {"device",    "client", "index",  "seq",
                                                    "timestamp", "random", "ledger", "product",
                                                    "choice",    "sine",   "column"};

constexpr duration period_most = 24h * 365;

/// Changes of one letter that turn `a` into `b` (Levenshtein); `b` is one of our short words.
std::size_t distance(std::string_view a, std::string_view b) noexcept {
  std::array<std::size_t, 16> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

/// A number with decimals: its digits without the point, and how many are behind it.
struct decimal {
  std::int64_t digits = 0;
  std::uint32_t decimals = 0;
};

std::optional<decimal> parse_decimal(std::string_view text, std::uint32_t decimals_most) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) {
    const auto whole = whole_number(text);
    return whole ? std::optional{decimal{*whole, 0}} : std::nullopt;
  }
  const std::string_view behind = text.substr(point + 1);
  const bool bare = point == 0 || text[point - 1] == '-';
  if (bare || behind.empty() || behind.size() > decimals_most
      || behind.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  const auto all = whole_number(std::string{text.substr(0, point)} + std::string{behind});
  return all ? std::optional{decimal{*all, static_cast<std::uint32_t>(behind.size())}}
             : std::nullopt;
}

/// The same number with more decimals; nothing where it does not fit.
std::optional<std::int64_t> widened(decimal d, std::uint32_t decimals) noexcept {
  constexpr std::int64_t most = INT64_MAX / 10;
  for (; d.decimals < decimals; ++d.decimals) {
    if (d.digits > most || d.digits < -most) {
      return std::nullopt;
    }
    d.digits *= 10;
  }
  return d.digits;
}

} // namespace

std::string_view trimmed(std::string_view text) noexcept {
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  while (text.ends_with(' ')) {
    text.remove_suffix(1);
  }
  return text;
}

std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end && !text.empty() ? std::optional{value} : std::nullopt;
}

std::optional<decimal_range> parse_range(std::string_view text, std::uint32_t decimals_most) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    return std::nullopt;
  }
  const auto low = parse_decimal(trimmed(text.substr(0, dots)), decimals_most);
  const auto high = parse_decimal(trimmed(text.substr(dots + 2)), decimals_most);
  if (!low || !high) {
    return std::nullopt;
  }
  const std::uint32_t decimals = std::max(low->decimals, high->decimals);
  const auto from = widened(*low, decimals);
  const auto to = widened(*high, decimals);
  return from && to ? std::optional{decimal_range{*from, *to, decimals}} : std::nullopt;
}

std::optional<duration> parse_period(std::string_view text) noexcept {
  constexpr std::array<std::pair<std::string_view, duration>, 5> units{
      {{"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}, {"d", 24h}}};
  for (const auto& [unit, length] : units) {
    if (!text.ends_with(unit)) {
      continue;
    }
    const auto count = whole_number(text.substr(0, text.size() - unit.size()));
    if (count && *count >= 1 && *count <= period_most / length) {
      return length * *count;
    }
  }
  return std::nullopt;
}

std::string shown_piece(std::string_view text) {
  std::string out{text.substr(0, 40)};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c == 0x7f; }, '?');
  return out + (text.size() > 40 ? "…" : "");
}

std::string_view nearest_placeholder(std::string_view to) noexcept {
  to = to.substr(0, 32);
  for (const std::string_view word : words) { // `sequence` means `seq`, `time` means `timestamp`
    if (to.starts_with(word) || (to.size() > 2 && word.starts_with(to))) {
      return word;
    }
  }
  return *std::min_element(words.begin(), words.end(), [&](std::string_view a, std::string_view b) {
    return distance(to, a) < distance(to, b);
  });
}

bool is_placeholder(std::string_view word) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

} // namespace fleet::alink
