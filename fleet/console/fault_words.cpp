// One key, one reader.
#include "fleet/console/fault_words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "fleet/text/nearest.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using sentence = std::optional<std::string>;

constexpr std::array<std::string_view, 11> keys{"name",  "at",   "for",    "ramp",    "every", "by",
                                                "share", "rate", "status", "percent", "index"};

sentence take_time(std::string_view value, duration& out) {
  const auto got = text::parse_duration(value);
  if (!got) {
    return got.error();
  }
  out = got.value();
  return std::nullopt;
}

/// `20%` and `0.5%`, in millionths.
sentence take_share(std::string_view value, std::uint32_t& out) {
  double percent = 0;
  const auto* const end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, percent);
  if (error != std::errc{} || std::string_view{stopped, end} != "%" || !(percent >= 0)
      || percent > 100) {
    return "is no share; write 20% or 0.5%";
  }
  out = static_cast<std::uint32_t>(std::llround(percent * 10'000));
  return std::nullopt;
}

sentence take_number(std::string_view value, std::uint64_t& out, std::uint64_t most) {
  const auto* const end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, out);
  return error == std::errc{} && stopped == end && out <= most
             ? std::nullopt
             : sentence{fmt::format("is no whole number up to {}", most)};
}

/// `100-199,300`.
sentence take_index(std::string_view value, std::vector<faults::index_range>& out) {
  while (!value.empty()) {
    const auto one = value.substr(0, value.find(','));
    value.remove_prefix(std::min(one.size() + 1, value.size()));
    const auto dash = one.find('-');
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    const auto high = dash == std::string_view::npos ? one : one.substr(dash + 1);
    if (take_number(one.substr(0, dash), first, UINT32_MAX)
        || take_number(high, last, UINT32_MAX)) {
      return "is no range of devices; write 100-199 or 7,9";
    }
    out.push_back({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)});
  }
  return std::nullopt;
}

sentence take(std::string_view key, std::string_view value, faults::fault& f) {
  if (key == "name") {
    f.name = value;
    return value.empty() ? sentence{"is no name"} : std::nullopt;
  }
  if (key == "at") {
    return take_time(value, f.at);
  }
  if (key == "for") {
    return take_time(value, f.span);
  }
  if (key == "ramp") {
    return take_time(value, f.ramp);
  }
  if (key == "every") {
    return take_time(value, f.every);
  }
  if (key == "by") {
    return take_time(value, f.by);
  }
  if (key == "share") {
    return take_share(value, f.share_ppm);
  }
  if (key == "percent") {
    return take_share(value, f.select.share_ppm);
  }
  if (key == "index") {
    return take_index(value, f.select.among);
  }
  if (key == "rate") {
    const auto got = text::parse_count(value.substr(0, value.find("/s")));
    f.rate = got ? got.value() : 0;
    return got ? std::nullopt : sentence{got.error()};
  }
  std::uint64_t status = 0; // the last of the keys
  auto bad = take_number(value, status, 599);
  f.status = static_cast<std::uint16_t>(status);
  return bad;
}

std::string unknown(std::string_view what, std::string_view word,
                    std::span<const std::string_view> valid) {
  const auto near = text::nearest(word, valid);
  return fmt::format("unknown {} {}; {}", what, word,
                     near ? fmt::format("the nearest is {}", *near)
                          : "it takes " + text::enumerate(valid));
}

} // namespace

result<faults::fault, std::string> read_fault_words(std::span<const std::string> words) {
  std::vector<std::string_view> effects;
  for (const auto& info : faults::effects()) {
    effects.push_back(info.word);
  }
  if (words.empty()) {
    return fail(std::string{"needs an effect, such as drop_acks share=10% for=30s"});
  }
  const auto what = faults::effect_named(words.front());
  if (!what) {
    return fail(unknown("effect", words.front(), effects));
  }
  auto f = faults::default_fault(*what);
  f.name.clear();
  for (const auto& word : words.subspan(1)) {
    const std::string_view whole{word};
    const auto equals = whole.find('=');
    const auto key = whole.substr(0, equals);
    if (equals == std::string_view::npos
        || std::find(keys.begin(), keys.end(), key) == keys.end()) {
      return fail(unknown("key", key, keys));
    }
    const auto value = whole.substr(equals + 1);
    if (const auto wrong = take(key, value, f)) {
      return fail(fmt::format("{} {} {}", key, value, *wrong));
    }
  }
  auto named = f;
  named.name = f.name.empty() ? std::string{faults::to_string(*what)} : f.name;
  if (const auto wrong = faults::complaint_of(named); !wrong.empty()) {
    return fail(fmt::format("{} {}", named.name, wrong));
  }
  return f;
}

} // namespace fleet::program
