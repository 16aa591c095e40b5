// How a key of the table is declared: name, meaning and field in one call, its range told and
// checked from the same numbers. Who reads is the key's own function; nothing here knows a key.
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fleet/options/setters.hpp"
#include "fleet/options/words.hpp"
#include "fleet/scenario/section.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

/// What is written about a key by hand. `default_text` where the field's own default says nothing.
struct key_text {
  std::string_view name;
  std::string_view text;
  std::string_view example;
  std::string_view default_text{};
  std::string_view unit{};
};

inline scenario_key info_of(const key_text& t, std::string_view type) {
  scenario_key info;
  info.name = t.name;
  info.type = type;
  info.text = t.text;
  info.example = t.example;
  info.default_text = t.default_text;
  info.unit = t.unit;
  return info;
}

/// A key that is a single value; `read` takes its text and answers as a setter does.
template <class T, class Read>
key_of<T> value_key(scenario_key info, Read read) {
  const auto check = [info, read](reading& r, const yaml_value& value, T& out) {
    if (!expect_kind(r, info, value, yaml_kind::word)) {
      return;
    }
    if (const std::optional<std::string> wrong = read(r, value.word, out)) {
      r.complain(info.name, value, *wrong);
    }
  };
  return {std::move(info), check, {}};
}

/// As a setter of the command line; `M` is V or optional<V>, and `make` gives V's setter.
template <class V, class T, class M, class Make>
key_of<T> setter_key(scenario_key info, M T::*field, Make make) {
  return value_key<T>(std::move(info), [field, make](reading&, std::string_view word, T& out) {
    V value{};
    auto wrong = make(value)(word);
    if (!wrong) {
      out.*field = std::move(value);
    }
    return wrong;
  });
}

template <class T, class M>
key_of<T> count_key(const key_text& t, M T::*field, std::uint32_t least, std::uint32_t most) {
  auto info = info_of(t, "count");
  info.range = text::format_count(least) + " to " + text::format_count(most);
  if constexpr (std::same_as<M, std::uint32_t>) {
    info.default_text = text::format_count(T{}.*field);
  }
  return setter_key<std::uint32_t>(std::move(info), field, [least, most](std::uint32_t& out) {
    return set_count(out, least, most);
  });
}

template <class T, class M>
key_of<T> size_key(const key_text& t, M T::*field, std::uint32_t least, std::uint32_t most) {
  auto info = info_of(t, "size");
  info.range = text::format_size(least) + " to " + text::format_size(most);
  return setter_key<std::uint32_t>(std::move(info), field, [least, most](std::uint32_t& out) {
    return set_size(out, least, most);
  });
}

/// The least and the most of a duration.
struct duration_range {
  duration least;
  duration most;
  off_word off = off_word::refused;
};

template <class T, class M>
key_of<T> duration_key(const key_text& t, M T::*field, duration_range range) {
  auto info = info_of(t, "duration");
  info.range = text::format_duration(range.least) + " to " + text::format_duration(range.most)
               + (range.off == off_word::allowed ? ", or off" : "");
  if constexpr (std::same_as<M, duration>) {
    info.default_text = text::format_duration(T{}.*field);
  }
  return setter_key<duration>(std::move(info), field, [range](duration& out) {
    return set_duration(out, range.least, range.most, range.off);
  });
}

template <class T, class M>
key_of<T> rate_key(const key_text& t, M T::*field, double least, double most) {
  auto info = info_of(t, "rate");
  info.range = rate_text(least) + " to " + rate_text(most);
  if constexpr (std::same_as<M, double>) {
    info.default_text = rate_text(T{}.*field);
  }
  return value_key<T>(std::move(info),
                      [field, least, most](reading&, std::string_view word, T& out) {
                        std::optional<double> value;
                        auto wrong = set_rate(value, least, most)(word);
                        if (!wrong) {
                          out.*field = *value;
                        }
                        return wrong;
                      });
}

/// One of a table's words; the first `taken` of them can be had today.
template <class T, class V, std::size_t N>
key_of<T> word_key(const key_text& t, V T::*field, const words_of<V, N>& table,
                   std::size_t taken = N) {
  auto info = info_of(t, "word");
  std::vector<std::string_view> words;
  for (const auto& [word, value] : table) {
    if (words.size() < taken) {
      info.words.emplace_back(word);
      words.push_back(word);
    }
    if (value == T{}.*field && t.default_text.empty()) {
      info.default_text = word;
    }
  }
  info.range = text::enumerate(words);
  const std::string available = info.range;
  return value_key<T>(std::move(info),
                      [field, table, taken, available](reading&, std::string_view word, T& out) {
                        V value{};
                        auto wrong = set_word(value, table)(word);
                        for (std::size_t i = taken; !wrong && i < N; ++i) {
                          if (table[i].second == value) {
                            wrong = "is not available yet; today it takes " + available;
                          }
                        }
                        if (!wrong) {
                          out.*field = value;
                        }
                        return wrong;
                      });
}

/// Reads `on` or `off`, `true` or `false`.
template <class T>
key_of<T> switch_key(const key_text& t, bool T::*field) {
  static constexpr words_of<bool, 4> table{
      {{"on", true}, {"off", false}, {"true", true}, {"false", false}}};
  auto info = info_of(t, "switch");
  info.range = "on or off";
  info.default_text = T{}.*field ? "on" : "off";
  return setter_key<bool>(std::move(info), field, [](bool& out) { return set_word(out, table); });
}

/// What is wrong with a text, as the rest of a sentence, or nothing.
using text_check = std::function<std::optional<std::string>(std::string_view)>;

template <class T>
key_of<T> text_key(scenario_key info, std::string T::*field, text_check check) {
  return value_key<T>(std::move(info), [field, check](reading&, std::string_view word, T& out) {
    auto wrong = check(word);
    if (!wrong) {
      out.*field = word;
    }
    return wrong;
  });
}

} // namespace fleet::program
