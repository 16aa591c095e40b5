// What a machine's facts mean for a run's needs: a finding for each thing that one asks of the
// other. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/doctor/facts.hpp"
#include "fleet/doctor/needs.hpp"

namespace fleet::doctor {

/// In order of how bad it is.
enum class outlook : std::uint8_t {
  ok,           ///< nothing to do
  will_be_done, ///< by the run, without being asked
  badly,        ///< the run lives with it, and not well
  hopeless      ///< the run cannot work so
};

/// `ok`, `will be done`, `badly`, `will not work`.
std::string_view to_string(outlook o) noexcept;

/// Found, where nothing was.
inline constexpr std::string_view unknown = "the machine does not tell";

/// One check. Texts are parts of a sentence, without a full stop.
struct finding {
  std::string_view check; ///< a word for scripts too
  outlook says = outlook::ok;
  std::string found{};
  std::string needed{};
  std::string then{}; ///< what will be done, or would help; may be empty
  /// For scripts, by name, units last in it.
  std::vector<std::pair<std::string_view, std::uint64_t>> figures{};
};

/// All checks but that of the target, in the order of the text.
std::vector<finding> examine(const machine_facts& machine, const run_needs& needs);

/// The worst of them; ok for none.
outlook worst_of(const std::vector<finding>& all) noexcept;

/// A line for each, and a last one for all; with newlines.
std::string to_text(const std::vector<finding>& all);

/// An object with `checks[]` and `verdict`, with a newline at its end. `headline`: of the run.
std::string to_json(std::string_view headline, const std::vector<finding>& all);

} // namespace fleet::doctor
