// Mistakes, and the checks that are the same for every key.
#include "fleet/scenario/reading.hpp"

#include <algorithm>

#include "fleet/text/nearest.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

constexpr std::size_t shown_most = 60;

std::string_view kind_text(yaml_kind kind) {
  switch (kind) {
    case yaml_kind::nothing: return "nothing";
    case yaml_kind::word: return "a single value";
    case yaml_kind::list: return "a list";
    case yaml_kind::map: return "a map";
  }
  return {};
}

/// Where else in a file there is such a key, the file itself aside; empty: nowhere.
std::string sections_with(std::string_view name) {
  std::vector<std::string_view> out;
  for (const auto& key : scenario_keys()) {
    if (key.name == name && !key.section.empty()) {
      out.push_back(key.section);
    }
  }
  return text::enumerate(out);
}

} // namespace

void reading::complain(text_place at, std::string message) {
  ++count_;
  if (mistakes_.size() < scenario_mistakes_most) {
    mistakes_.push_back({at, std::move(message)});
  }
}

void reading::complain(std::string_view key, const yaml_value& value, std::string_view complaint) {
  complain(value.at,
           std::string{key} + " " + shown_value(value.word) + " " + std::string{complaint});
}

bool reading::right(const yaml_value& map, std::string_view key) const {
  const auto* const value = map.find(key);
  return value == nullptr || !spoilt(*value);
}

std::vector<placed_mistake> reading::sorted() const {
  auto out = mistakes_;
  std::stable_sort(out.begin(), out.end(),
                   [](const placed_mistake& a, const placed_mistake& b) { return a.at < b.at; });
  return out;
}

std::string shown_value(std::string_view value) {
  std::string out;
  bool plain = !value.empty();
  for (const char c : value) {
    if (out.size() >= shown_most && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      out += "...";
      break;
    }
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    plain = plain && !control && c != ' ' && c != '"' && c != '\'';
    out += control ? ' ' : c;
  }
  return plain ? out : "\"" + out + "\"";
}

bool expect_kind(reading& r, const scenario_key& key, const yaml_value& value, yaml_kind kind) {
  if (value.kind == kind) {
    return true;
  }
  std::string message{key.name};
  message += value.kind == yaml_kind::nothing ? std::string{" has no value"}
                                              : " is " + std::string{kind_text(value.kind)};
  message += "; it takes a " + std::string{key.type};
  message += ", as " + std::string{key.example};
  r.complain(value.at, std::move(message));
  return false;
}

void check_keys(reading& r, const yaml_value& map, std::span<const std::string_view> valid,
                std::string_view what) {
  std::set<std::string_view> seen;
  for (const auto& key : map.map) {
    if (std::find(valid.begin(), valid.end(), key.name) == valid.end()) {
      std::string message = "unknown key " + shown_value(key.name) + "; ";
      if (key.name == "<<") {
        message += "maps are not merged here; write the keys out";
      } else if (key.name.find(':') != std::string::npos) {
        message += "behind the colon of a key there is a blank, as in devices: 500";
      } else if (const auto near = text::nearest(key.name, valid)) {
        message += "the nearest is " + std::string{*near};
      } else if (const auto there = sections_with(key.name); !there.empty()) {
        message += "it is a key of " + there;
      } else {
        message += std::string{what} + " takes " + text::enumerate(valid);
      }
      r.complain(key.at, std::move(message));
    } else if (!seen.insert(key.name).second) {
      const auto first = std::find_if(map.map.begin(), map.map.end(), [&](const yaml_key& other) {
        return other.name == key.name;
      });
      r.complain(key.at, "key " + key.name + " comes twice; it is already in line "
                             + std::to_string(first->at.line));
    }
  }
}

std::string rate_text(double per_second) {
  if (per_second >= 1) {
    return text::format_count(static_cast<std::uint64_t>(per_second)) + "/s";
  }
  std::string digits = std::to_string(per_second);
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits + "/s";
}

result<std::uint32_t, std::string> parse_percent(std::string_view word) {
  constexpr std::string_view forms = "is not a percentage; write 60, 12.5 or 60%";
  constexpr std::string_view range = "; it takes more than 0 to 100 percent";
  constexpr std::uint32_t scale = 10'000; // millionths in a percent
  if (word.ends_with('%')) {
    word.remove_suffix(1);
  }
  const std::size_t point = std::min(word.find('.'), word.size());
  const auto whole = text::parse_number(word.substr(0, point));
  if (!whole || word.starts_with("0x") || word.starts_with("0X")) {
    const bool negative = word.size() > 1 && word[0] == '-' && word[1] >= '0' && word[1] <= '9';
    return fail(negative ? "is negative" + std::string{range} : std::string{forms});
  }
  std::uint32_t part = 0;
  if (point < word.size()) {
    const std::string_view decimals = word.substr(point + 1);
    if (decimals.empty() || decimals.find_first_not_of("0123456789") != std::string_view::npos) {
      return fail(std::string{forms});
    }
    if (decimals.size() > 4) {
      return fail(std::string{"has more than four decimals; it takes 0.0001 at least"});
    }
    std::uint32_t place = scale / 10;
    for (const char c : decimals) {
      part += static_cast<std::uint32_t>(c - '0') * place;
      place /= 10;
    }
  }
  if (whole.value() > 100 || (whole.value() == 100 && part > 0)
      || (whole.value() == 0 && part == 0)) {
    return fail("is out of range" + std::string{range});
  }
  return static_cast<std::uint32_t>(whole.value()) * scale + part;
}

} // namespace fleet::program
