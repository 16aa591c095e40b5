// Reading and the sentences for what cannot be read.
#include "fleet/options/rollout_setters.hpp"

#include <algorithm>
#include <limits>

#include "fleet/options/setters.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using sentence = std::optional<std::string>;

constexpr double rate_most = 1e6;

/// Thousandths of `2.5%` or `2.5`; nothing for anything else, and for more than 100 %.
std::optional<std::uint32_t> permille_of(std::string_view word) {
  if (word.ends_with('%')) {
    word.remove_suffix(1);
  }
  const std::size_t dot = word.find('.');
  const std::string_view whole = word.substr(0, dot);
  std::uint32_t tenth = 0;
  if (dot != std::string_view::npos) {
    const std::string_view rest = word.substr(dot + 1);
    if (rest.size() != 1 || rest[0] < '0' || rest[0] > '9') {
      return std::nullopt;
    }
    tenth = static_cast<std::uint32_t>(rest[0] - '0');
  }
  if (whole.empty() || whole.size() > 3
      || whole.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::uint32_t out = 0;
  for (const char c : whole) {
    out = out * 10 + static_cast<std::uint32_t>(c - '0');
  }
  out = out * 10 + tenth;
  return out <= 1000 ? std::optional{out} : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    out.push_back(text.substr(0, comma));
    if (comma == text.size()) {
      return out;
    }
    text.remove_prefix(comma + 1);
  }
}

} // namespace

setter set_short_text(std::string& out, std::size_t most) {
  return [&out, most](std::string_view value) -> sentence {
    if (value.empty() || value.size() > most) {
      return "must have 1 to " + std::to_string(most) + " octets";
    }
    out = value;
    return std::nullopt;
  };
}

setter set_id(std::uint32_t& out) {
  return [&out](std::string_view value) -> sentence {
    const auto read = text::parse_number(value);
    if (!read || read.value() == 0 || read.value() > std::numeric_limits<std::uint32_t>::max()) {
      return "is no number of the twin's, as its lists show them";
    }
    out = static_cast<std::uint32_t>(read.value());
    return std::nullopt;
  };
}

setter set_optional_count(std::optional<std::uint32_t>& out, std::uint32_t least,
                          std::uint32_t most) {
  return [&out, least, most](std::string_view value) -> sentence {
    std::uint32_t read = 0;
    if (auto wrong = set_count(read, least, most)(value)) {
      return wrong;
    }
    out = read;
    return std::nullopt;
  };
}

setter set_permille(std::optional<std::uint32_t>& out) {
  return [&out](std::string_view value) -> sentence {
    out = permille_of(value);
    return out && *out > 0 ? std::nullopt
                           : sentence{"is no percent with one decimal; it takes 0.1% to 100%"};
  };
}

setter set_waves(std::vector<std::uint32_t>& out, std::size_t most) {
  return [&out, most](std::string_view value) -> sentence {
    std::vector<std::uint32_t> read;
    for (const auto word : split(value)) {
      const auto permille = permille_of(word);
      if (!permille || *permille <= (read.empty() ? 0 : read.back())) {
        return "must be percents that rise from wave to wave, as 1%,10%,100%";
      }
      read.push_back(*permille);
    }
    if (read.back() != 1000) {
      return "must end in 100%, or not all devices would have their turn";
    }
    if (read.size() > most) {
      return "has " + std::to_string(read.size()) + " waves; " + std::to_string(most)
             + " are the most";
    }
    out = std::move(read);
    return std::nullopt;
  };
}

setter set_list(std::vector<std::string>& out, std::size_t most) {
  return [&out, most](std::string_view value) -> sentence {
    const auto words = split(value);
    if (std::any_of(words.begin(), words.end(), [](std::string_view w) { return w.empty(); })) {
      return "has an empty place; write them with commas between";
    }
    if (words.size() > most) {
      return "has " + std::to_string(words.size()) + " of them; " + std::to_string(most)
             + " are the most";
    }
    out.assign(words.begin(), words.end());
    return std::nullopt;
  };
}

setter set_whole_rate(std::optional<std::uint32_t>& out) {
  return [&out](std::string_view value) -> sentence {
    std::optional<double> read;
    if (auto wrong = set_rate(read, 1, rate_most)(value)) {
      return wrong;
    }
    out = static_cast<std::uint32_t>(*read);
    return *read == *out ? std::nullopt : sentence{"is no whole number a second"};
  };
}

setter set_milliseconds(std::optional<duration>& out, duration least, duration most) {
  return [&out, least, most](std::string_view value) -> sentence {
    duration read{0};
    if (auto wrong = set_duration(read, least, most)(value)) {
      return wrong;
    }
    out = std::chrono::duration_cast<std::chrono::milliseconds>(read);
    return read == *out ? std::nullopt : sentence{"is not in whole milliseconds"};
  };
}

} // namespace fleet::program
