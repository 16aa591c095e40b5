// The faults of a run before and while it goes on: what they come to with its devices known, and
// what its control socket is told. Carries none out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/run/control_lines.hpp"
#include "fleet/run/fault_desk.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/scenario/fault_plan.hpp"

namespace fleet::program {

/// Fills in `prepared::faults`, `regions` and notes; with devices that have names.
std::optional<startup_error> find_faults(const run_options& options, prepared& ready);

/// How those of the run are drawn.
faults::draw draw_of(const prepared& ready);

/// A line for each fault of a run that begins: `2m: loss 20% for 30s on 1,203 of 5,000 devices`.
std::vector<std::string> fault_lines(const prepared& ready);

/// One live order of `fleet fault add`, as faults of this run, or a sentence. `taken`: the names
/// that are there.
result<planned_faults, std::string> live_faults(const run_options& options, const prepared& ready,
                                                std::string_view words,
                                                const std::vector<std::string>& taken);

/// An array of JSON, an object for each.
std::string fault_rows_json(const std::vector<fault_row>& rows);
/// The answer to `list`, a line.
std::string list_answer(const std::vector<fault_row>& rows, duration now);

/// The answer to `add`: a line for people for each fault, and notes.
std::string add_answer(const std::vector<std::string>& told, const std::vector<std::string>& notes);

/// What a run says of itself.
struct run_identity {
  std::int64_t pid = 0;
  std::string scenario; ///< empty: none
  std::uint64_t seed = 0;
  std::uint32_t devices = 0;
  bool virtual_world = false;
  duration elapsed{0};
};
std::string who_answer(const run_identity& who);

} // namespace fleet::program
