// What the reading of one file has in common: where mistakes go, and what a key's value must be
// before its own reader sees it. Knows no key by name.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/scenario/keys.hpp"
#include "fleet/scenario/yaml_tree.hpp"

namespace fleet::program {

/// Most mistakes told of one file.
inline constexpr std::size_t scenario_mistakes_most = 20;

/// What a reader asks about the outside.
struct scenario_surroundings {
  std::string folder; ///< of the scenario file, with its slash; empty: where the program runs
  std::function<bool(const std::string& path)> file_exists;
};

class reading {
public:
  explicit reading(const scenario_surroundings& around) : around_(around) {}

  /// Keeps a mistake, unless there are scenario_mistakes_most already.
  void complain(text_place at, std::string message);
  /// `KEY VALUE COMPLAINT`, the value shortened where it is long.
  void complain(std::string_view key, const yaml_value& value, std::string_view complaint);
  /// Mistakes so far, those not kept included.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// By place.
  [[nodiscard]] std::vector<placed_mistake> sorted() const;

  /// Notes a value with a mistake in it, or a map with keys that it does not take, so that nothing
  /// is said that only follows from that.
  void spoil(const yaml_value& value) { spoilt_.insert(&value); }
  [[nodiscard]] bool spoilt(const yaml_value& value) const { return spoilt_.contains(&value); }
  /// Whether the key is left out, or there and without mistake.
  [[nodiscard]] bool right(const yaml_value& map, std::string_view key) const;

  [[nodiscard]] const scenario_surroundings& around() const noexcept { return around_; }

private:
  const scenario_surroundings& around_;
  std::vector<placed_mistake> mistakes_;
  std::set<const yaml_value*> spoilt_;
  std::size_t count_ = 0;
};

/// A value as a message repeats it: quoted where it would not read as one word, cut where it is
/// long, without control characters.
std::string shown_value(std::string_view value);

/// Whether the value is of this kind; complains otherwise.
bool expect_kind(reading& r, const scenario_key& key, const yaml_value& value, yaml_kind kind);

/// Complains about keys that come twice and keys that `valid` does not hold. `what` with its
/// article: `a product`.
void check_keys(reading& r, const yaml_value& map, std::span<const std::string_view> valid,
                std::string_view what);

/// `200/s`, `0.5/s`, as the flags' messages write it.
std::string rate_text(double per_second);

/// A part of a whole as `60`, `12.5` or `60%`: above 0 to 100 percent, in millionths, four decimals
/// at most; or the rest of a sentence.
result<std::uint32_t, std::string> parse_percent(std::string_view word);

} // namespace fleet::program
