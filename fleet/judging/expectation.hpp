// Expectations as text, `p99(publish_ack) < 250ms`, read into data with the place of every mistake.
// Which figures there are is the caller's vocabulary; what they came to is verdict.hpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"

namespace fleet::judging {

/// What an amount counts. Values are in seconds, octets and events a second.
enum class unit : std::uint8_t {
  count,
  share,    ///< what a ratio comes to; written `0.01` or `1%`
  duration, ///< written `250ms`
  size,     ///< written `64KiB`
  rate,     ///< written `200/s`
  plain     ///< a number without a unit: a count, a share or a rate, as what it is held against
};

/// What stands in a figure's parentheses.
enum class argument : std::uint8_t { nothing, direction, latency, fault, outcome, counter };
inline constexpr std::size_t argument_count = 6;

/// A figure that expectations may name.
struct figure_info {
  std::string_view name;
  judging::unit unit = unit::count;
  judging::argument takes = argument::nothing; ///< direction: may be left out
  bool only_rises = false;                     ///< never gets less while a run goes
  bool live = false;                           ///< known while it goes
  std::string_view text;                       ///< for the reference
};

/// All that may be named. Arguments without words take any name.
struct vocabulary {
  std::span<const figure_info> figures;
  std::span<const std::vector<std::string_view>, argument_count> words; ///< by argument
};

/// A figure with its argument, or an amount.
struct term {
  static constexpr std::size_t none = SIZE_MAX;

  std::size_t figure = none; ///< index in the vocabulary
  std::string argument{};
  double value = 0;     ///< of an amount
  bool percent = false; ///< it was written so
  judging::unit unit = unit::plain;
  std::size_t column = 1; ///< from 1, in octets
  std::string word{};     ///< as written

  [[nodiscard]] bool amount() const noexcept { return figure == none; }
};

/// One side of a comparison: a term, or one divided by another.
struct side {
  term what;
  std::optional<term> over;
  judging::unit unit = unit::plain;

  [[nodiscard]] bool amount() const noexcept { return what.amount() && !over; }
};

enum class comparison : std::uint8_t { less, at_most, more, at_least, equal, unequal };
std::string_view to_string(comparison c) noexcept;

/// Reads from left to right; where only the left one was written as an amount, sides are swapped.
struct expectation {
  std::string text; ///< as written, without spaces around it
  side left;
  comparison how = comparison::equal;
  side right;
};

struct misreading {
  std::size_t column = 1; ///< from 1, in octets of the text
  std::string message;    ///< a sentence
};

/// Longest text of one expectation.
inline constexpr std::size_t expectation_octets_most = 200;

/// `side comparison side`, where a side is `figure`, `figure(argument)`, an amount, or two of them
/// with a `/` between; comparisons are < <= > >= == !=. The first mistake ends it.
result<expectation, misreading> read_expectation(std::string_view text, const vocabulary& known);

/// The figure's name with its argument.
std::string name_of(const term& t, const vocabulary& known);

/// Whether a fault is meant by what an expectation says: it itself, or a part of a preset, whose
/// names begin with the preset's and a dot.
bool means_fault(std::string_view argument, std::string_view fault) noexcept;

/// Complains about a fault that an expectation names and that is not among `faults`; nothing: all
/// are there.
std::optional<misreading> unknown_fault(const expectation& e, const vocabulary& known,
                                        std::span<const std::string_view> faults);

} // namespace fleet::judging
