// Reading amounts by hand: exact in integers, and able to say what is wrong with a word.
#include "fleet/text/quantities.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace fleet::text {

namespace {

struct unit {
  std::string_view name;
  std::int64_t ns;
};

constexpr std::array<unit, 7> duration_units{{{"d", 86'400'000'000'000},
                                              {"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"ns", 1}}};

constexpr std::string_view duration_forms = "write 90s, 500ms, 2m or 1h30m";

bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// A decimal number split off the front of a word: digits, and at most nine decimals.
struct decimal {
  std::uint64_t whole = 0;
  std::uint64_t billionths = 0;
  bool has_fraction = false;
};

enum class decimal_error : std::uint8_t { none_there, too_large };

result<decimal, decimal_error> take_decimal(std::string_view& word) {
  decimal value;
  std::size_t at = 0;
  while (at < word.size() && digit(word[at])) {
    const auto next = static_cast<unsigned>(word[at] - '0');
    if (value.whole > (std::numeric_limits<std::uint64_t>::max() - next) / 10) {
      return fail(decimal_error::too_large);
    }
    value.whole = value.whole * 10 + next;
    ++at;
  }
  if (at == 0) {
    return fail(decimal_error::none_there);
  }
  if (at + 1 < word.size() && word[at] == '.' && digit(word[at + 1])) {
    value.has_fraction = true;
    std::uint64_t place = 100'000'000;
    for (++at; at < word.size() && digit(word[at]); ++at) {
      value.billionths += static_cast<unsigned>(word[at] - '0') * place;
      place /= 10;
    }
  }
  word.remove_prefix(at);
  return value;
}

/// `value` × `factor` as a whole number, or nothing when it overflows.
std::optional<std::uint64_t> scaled(const decimal& value, std::uint64_t factor) {
  constexpr std::uint64_t billion = 1'000'000'000;
  if (value.whole > std::numeric_limits<std::uint64_t>::max() / factor) {
    return std::nullopt;
  }
  const std::uint64_t whole = value.whole * factor;
  // billionths < 10⁹; split the factor so that the product stays within 64 bits.
  const std::uint64_t part =
      (factor / billion) * value.billionths + (factor % billion) * value.billionths / billion;
  if (part > std::numeric_limits<std::uint64_t>::max() - whole) {
    return std::nullopt;
  }
  return whole + part;
}

complaint negative_or(std::string_view word, std::string_view otherwise) {
  if (word.size() > 1 && word.front() == '-' && digit(word[1])) {
    return "is negative";
  }
  return std::string{otherwise};
}

} // namespace

result<duration, complaint> parse_duration(std::string_view word) {
  if (word == "0") {
    return duration{0};
  }
  std::string_view rest = word;
  std::uint64_t total = 0;
  std::size_t first_allowed = 0;
  do {
    const auto number = take_decimal(rest);
    if (!number) {
      return fail(number.error() == decimal_error::too_large
                      ? complaint{"is too long"}
                      : negative_or(word, "is not a duration; " + std::string{duration_forms}));
    }
    std::size_t letters = 0;
    while (letters < rest.size() && !digit(rest[letters])) {
      ++letters;
    }
    const std::string_view name = rest.substr(0, letters);
    if (name.empty()) {
      return fail("has no unit; " + std::string{duration_forms});
    }
    std::size_t index = 0;
    while (index < duration_units.size() && duration_units[index].name != name) {
      ++index;
    }
    if (index == duration_units.size()) {
      if (name.find(' ') != std::string_view::npos) {
        return fail("has a blank in it; " + std::string{duration_forms});
      }
      return fail("has the unknown unit " + std::string{name}
                  + "; the units are d, h, m, s, ms, us");
    }
    if (index < first_allowed) {
      return fail(complaint{"is not a duration; its units go from large to small, as in 1h30m"});
    }
    first_allowed = index + 1;
    const auto ns = scaled(number.value(), static_cast<std::uint64_t>(duration_units[index].ns));
    constexpr auto most = static_cast<std::uint64_t>(duration::max().count());
    if (!ns || *ns > most || total > most - *ns) {
      return fail(complaint{"is too long"});
    }
    total += *ns;
    rest.remove_prefix(letters);
  } while (!rest.empty());
  return duration{static_cast<std::int64_t>(total)};
}

result<std::uint64_t, complaint> parse_count(std::string_view word) {
  std::string_view rest = word;
  const auto number = take_decimal(rest);
  if (!number) {
    return fail(number.error() == decimal_error::too_large
                    ? complaint{"is too large"}
                    : negative_or(word, "is not a number; write 5000 or 5k"));
  }
  std::uint64_t factor = 1;
  if (rest == "k" || rest == "K") {
    factor = 1'000;
  } else if (rest == "M") {
    factor = 1'000'000;
  } else if (!rest.empty()) {
    return fail(complaint{"is not a number; write 5000 or 5k"});
  }
  const auto value = scaled(number.value(), factor);
  if (!value) {
    return fail(complaint{"is too large"});
  }
  if (number.value().billionths % (1'000'000'000 / factor) != 0) {
    return fail(complaint{"is not a whole number"});
  }
  return *value;
}

result<std::uint64_t, complaint> parse_size(std::string_view word) {
  struct size_unit {
    std::string_view name;
    std::uint64_t octets;
  };
  static constexpr std::array<size_unit, 8> units{{{"", 1},
                                                   {"B", 1},
                                                   {"kB", 1'000},
                                                   {"MB", 1'000'000},
                                                   {"GB", 1'000'000'000},
                                                   {"KiB", 1'024},
                                                   {"MiB", 1'048'576},
                                                   {"GiB", 1'073'741'824}}};
  std::string_view rest = word;
  const auto number = take_decimal(rest);
  if (!number) {
    return fail(number.error() == decimal_error::too_large
                    ? complaint{"is too large"}
                    : negative_or(word, "is not a size; write 1024, 4KiB or 1MB"));
  }
  for (const auto& u : units) {
    if (u.name == rest) {
      const auto value = scaled(number.value(), u.octets);
      if (!value) {
        return fail(complaint{"is too large"});
      }
      if (u.octets == 1 && number.value().billionths != 0) {
        return fail(complaint{"is not a whole number of octets; write 1024, 4KiB or 1MB"});
      }
      return *value;
    }
  }
  return fail("has the unknown unit " + std::string{rest}
              + "; the units are B, kB, MB, GB, KiB, MiB, GiB");
}

result<double, complaint> parse_rate(std::string_view word) {
  std::string_view rest = word;
  const auto number = take_decimal(rest);
  if (!number) {
    return fail(number.error() == decimal_error::too_large
                    ? complaint{"is too large"}
                    : negative_or(word, "is not a rate; write 200/s or 90/min"));
  }
  double value = static_cast<double>(number.value().whole)
                 + static_cast<double>(number.value().billionths) * 1e-9;
  if (rest.starts_with('k')) {
    value *= 1000;
    rest.remove_prefix(1);
  }
  if (rest.empty() || rest == "/s") {
    return value;
  }
  if (rest == "/m" || rest == "/min") {
    return value / 60;
  }
  if (rest == "/h") {
    return value / 3600;
  }
  return fail(complaint{"is not a rate; write 200/s or 90/min"});
}

result<std::uint64_t, complaint> parse_number(std::string_view word) {
  const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
  const std::string_view digits = hexadecimal ? word.substr(2) : word;
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, hexadecimal ? 16 : 10);
  if (error == std::errc::result_out_of_range) {
    return fail(complaint{"is too large; the largest is 18446744073709551615"});
  }
  if (error != std::errc{} || stop != end) {
    return fail(negative_or(word, "is not a whole number"));
  }
  return value;
}

std::string format_duration(duration d) {
  if (d.count() == 0) {
    return "0s";
  }
  std::string out;
  // Negated as unsigned, since the most negative duration has no positive twin.
  auto left = static_cast<std::uint64_t>(d.count());
  if (d.count() < 0) {
    out += '-';
    left = 0 - left;
  }
  for (const auto& u : duration_units) {
    const auto ns = static_cast<std::uint64_t>(u.ns);
    if (left >= ns) {
      out += std::to_string(left / ns);
      out += u.name;
      left %= ns;
    }
  }
  return out;
}

std::string format_count(std::uint64_t n) {
  std::string out = std::to_string(n);
  for (std::size_t at = out.size(); at > 3; at -= 3) {
    out.insert(at - 3, 1, ',');
  }
  return out;
}

std::string format_size(std::uint64_t octets) {
  static constexpr std::array<unit, 3> units{
      {{"GiB", 1'073'741'824}, {"MiB", 1'048'576}, {"KiB", 1'024}}};
  for (const auto& u : units) {
    const auto step = static_cast<std::uint64_t>(u.ns);
    if (octets >= step && octets % step == 0) {
      return std::to_string(octets / step) + std::string{u.name};
    }
  }
  return std::to_string(octets) + "B";
}

} // namespace fleet::text
