// `fleet run` with workers, and `fleet worker`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fleet/run/prepare.hpp"
#include "fleet/workers/options.hpp"

namespace fleet::program {

/// `words` are those behind `run`, copied before secrets were hidden in them; `wait_for_target` is
/// execute_run()'s, before any worker is let in.
exit_code execute_crew_run(const run_options& options, const crew_options& crew,
                           duration wait_for_target, std::span<const std::string_view> words,
                           const std::string& command_text);

/// Why a run cannot be split, as far as it is known before it starts; nothing: it can.
std::optional<startup_error> unsplittable(const run_options& options, const prepared& ready);

/// Serves one run and ends.
exit_code execute_worker(const worker_options& options);

} // namespace fleet::program
