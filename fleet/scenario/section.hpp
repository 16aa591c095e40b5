// A kind of map in a scenario file: its keys, each with its reader, walked in one way. Knows no
// key.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "fleet/scenario/reading.hpp"

namespace fleet::program {

/// A key of a map that is read into a T.
template <class T>
struct key_of {
  scenario_key info;
  std::function<void(reading&, const yaml_value&, T&)> read;
  std::function<void(std::vector<scenario_key>&)> below; ///< adds the keys of its own map, if any
};

/// All keys of one kind of map. `what` with its article: `a product`.
template <class T>
struct section_of {
  std::string_view path;
  std::string_view what;
  std::vector<key_of<T>> keys;

  /// Reads every known key once.
  void read(reading& r, const yaml_value& map, T& out) const {
    std::vector<std::string_view> valid;
    for (const auto& key : keys) {
      valid.push_back(key.info.name);
    }
    const std::size_t before = r.count();
    check_keys(r, map, valid, what);
    if (r.count() != before) {
      r.spoil(map);
    }
    for (const auto& key : keys) {
      if (const auto* const value = map.find(key.info.name)) {
        const std::size_t so_far = r.count();
        key.read(r, *value, out);
        if (r.count() != so_far) {
          r.spoil(*value);
        }
      }
    }
  }

  void list(std::vector<scenario_key>& out) const {
    for (const auto& key : keys) {
      out.push_back(key.info);
      out.back().section = path;
    }
    for (const auto& key : keys) {
      if (key.below) {
        key.below(out);
      }
    }
  }
};

} // namespace fleet::program
