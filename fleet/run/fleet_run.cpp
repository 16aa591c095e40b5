// Preparing and handing over to the director.
#include "fleet/run/fleet_run.hpp"

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "fleet/run/director.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/plan_run.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/run/source_addresses.hpp"
#include "fleet/run/twin_traffic.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

constexpr std::uint32_t large_fleet = 20'000; // devices; some 80 MB

/// More than one address where one would be too few, and says so.
void choose_sources(run_options& options, prepared& ready) {
  auto sources = sources_of(options, ready);
  if (sources.size() > options.source_addresses.size()) {
    ready.notes.push_back(fmt::format(
        "one address is too few for {} connections to one target: they come from {} of this "
        "machine's; --bind chooses others",
        text::format_count(ready.connections()), sources.size()));
    options.source_addresses = std::move(sources);
  }
}

} // namespace

exit_code execute_run(const run_options& asked, const std::string& command_text) {
  // Before any thread exists: signals are the director's alone.
  stop_signals signals;
  run_options options = asked;
  std::optional<scenario_plan> plan;
  if (!asked.scenario_file.empty()) {
    auto planned = plan_run(asked, has_console);
    if (!planned) {
      for (const auto& line : planned.error()) {
        std::fprintf(stderr, "fleet run: %s\n", line.c_str());
      }
      return exit_code::wrong_usage;
    }
    options = std::move(planned.value().options);
    plan = std::move(planned.value().plan);
  }
  std::error_code ignored;
  // A scenario from a pipe cannot be read again.
  const bool again =
      asked.scenario_file.empty() || std::filesystem::is_regular_file(asked.scenario_file, ignored);
  if (options.virtual_world && options.devices >= large_fleet && again) {
    start_on_large_pages();
  }
  auto ready = outline(options, std::move(plan));
  if (const auto error = fill_in(options, ready)) {
    if (error->code == exit_code::interrupted) {
      return director{options, std::move(ready), command_text, signals}.never_begin(*error);
    }
    std::fprintf(stderr, "fleet run: %s\n", error->message.c_str());
    return error->code;
  }
  choose_sources(options, ready);
  if (!options.target_admin.empty()) {
    console_reach reach;
    reach.admin = options.target_admin;
    reach.ca_file = options.ca_file;
    reach.flag = "--target-admin";
    auto admin = find_admin(reach);
    if (!admin) {
      std::fprintf(stderr, "fleet run: %s\n", admin.error().c_str());
      return exit_code::wrong_usage;
    }
    ready.admin = std::move(admin).value();
  }
  director d{options, std::move(ready), command_text, signals};
  return d.execute();
}

} // namespace fleet::program
