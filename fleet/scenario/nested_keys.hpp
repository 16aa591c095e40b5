// Keys whose value is a map, a list of maps or a list of words; beside key_table.hpp, which has the
// single values.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fleet/scenario/key_table.hpp"

namespace fleet::program {

template <class M>
M& emplaced(M& member) {
  return member;
}
template <class M>
M& emplaced(std::optional<M>& member) {
  return member.emplace();
}

template <class T, class M, class S>
key_of<T> map_key(const key_text& t, M T::*field, const section_of<S>& section) {
  auto info = info_of(t, "map");
  const auto read = [info, field, &section](reading& r, const yaml_value& value, T& out) {
    if (expect_kind(r, info, value, yaml_kind::map)) {
      section.read(r, value, emplaced(out.*field));
    }
  };
  return {std::move(info), read, [&section](std::vector<scenario_key>& out) { section.list(out); }};
}

/// A list of maps; every item is read, a wrong one as its defaults, so that places in the list stay
/// what they are in the file.
template <class T, class M, class S>
key_of<T> maps_key(const key_text& t, M T::*field, const section_of<S>& section, std::size_t most) {
  auto info = info_of(t, "list of maps");
  info.range = "0 to " + text::format_count(most) + " items";
  const auto read = [info, field, &section, most](reading& r, const yaml_value& value, T& out) {
    if (!expect_kind(r, info, value, yaml_kind::list)) {
      return;
    }
    if (value.list.size() > most) {
      r.complain(value.list[most].at, std::string{info.name} + " has more than "
                                          + text::format_count(most) + " items; leave some out");
      return;
    }
    auto& items = emplaced(out.*field);
    for (const auto& item : value.list) {
      items.emplace_back();
      if (item.kind == yaml_kind::map) {
        section.read(r, item, items.back());
      } else {
        r.complain(item.at, "an item of " + std::string{info.name} + " is a map of keys, as "
                                + std::string{section.keys.front().info.name} + ": "
                                + std::string{section.keys.front().info.example});
      }
    }
  };
  return {std::move(info), read, [&section](std::vector<scenario_key>& out) { section.list(out); }};
}

/// A list of words, or one word alone; none twice.
template <class T>
key_of<T> words_key(scenario_key info, std::vector<std::string> T::*field, std::size_t most,
                    text_check check) {
  const auto read = [info, field, most, check](reading& r, const yaml_value& value, T& out) {
    const bool alone = value.kind == yaml_kind::word;
    if (!alone && !expect_kind(r, info, value, yaml_kind::list)) {
      return;
    }
    std::set<std::string_view> seen;
    for (const auto& item : alone ? std::vector{value} : value.list) {
      if (seen.size() == most) {
        r.complain(item.at, std::string{info.name} + " has more than " + text::format_count(most)
                                + " items; leave some out");
        return;
      }
      if (item.kind != yaml_kind::word) {
        r.complain(item.at, "an item of " + std::string{info.name} + " is a single word, as "
                                + std::string{info.example});
      } else if (const auto wrong = check(item.word)) {
        r.complain(info.name, item, *wrong);
      } else if (!seen.insert(item.word).second) {
        r.complain(info.name, item, "comes twice; write it once");
      } else {
        (out.*field).push_back(item.word);
      }
    }
  };
  return {std::move(info), read, {}};
}

} // namespace fleet::program
