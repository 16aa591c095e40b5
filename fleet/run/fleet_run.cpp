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
#include "fleet/run/target_wait.hpp"
#include "fleet/run/twin_traffic.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

constexpr std::uint32_t large_fleet = 20'000; // devices; some 80 MB
constexpr std::size_t ca_file_most = std::size_t{4} << 20;

/// Prints why there is no run, and tells whoever else wants to know.
exit_code refuse(const startup_error& why, const run_place* place) {
  std::fprintf(stderr, "fleet run: %s\n", why.message.c_str());
  if (place != nullptr && place->failed) {
    place->failed(why);
  }
  return why.code;
}

std::optional<startup_error> fill(const run_options& options, prepared& ready,
                                  const run_place* place) {
  return place == nullptr ? fill_in(options, ready) : fill_in_part(options, ready, place->here);
}

/// A target that is a twin, and where it shows its ledger.
std::optional<startup_error> find_twin(const run_options& options, prepared& ready) {
  if (options.target_admin.empty()) {
    return std::nullopt;
  }
  console_reach reach;
  reach.admin = options.target_admin;
  reach.flag = "--target-admin";
  auto admin = find_admin(reach);
  if (!admin) {
    return startup_error{exit_code::wrong_usage, admin.error()};
  }
  ready.admin = std::move(admin).value();
  if (!options.ca_file.empty()) {
    auto pem = ready.files->read(options.ca_file, ca_file_most);
    if (!pem) {
      return startup_error{exit_code::wrong_usage, options.ca_file + ": " + pem.error()};
    }
    ready.admin->ca_pem = std::move(pem).value();
  }
  return std::nullopt;
}

exit_code direct(const run_options& options, prepared ready, const std::string& command_text,
                 stop_signals& signals, const run_place* place) {
  std::unique_ptr<company> others;
  if (place != nullptr) {
    auto made = place->make(ready);
    if (!made) {
      return refuse(made.error(), place);
    }
    others = std::move(made).value();
  }
  director d{options, std::move(ready), command_text, signals};
  d.be_one_of(std::move(others));
  return d.execute();
}

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

exit_code execute_run(const run_options& asked, const std::string& command_text,
                      const run_place* place, duration wait_for_target) {
  // Before any thread exists: signals are the director's alone.
  stop_signals signals;
  run_options options = asked;
  std::optional<scenario_plan> plan;
  if (!asked.scenario_file.empty()) {
    auto planned = plan_run(asked, has_console, place == nullptr ? disk_files() : *place->files);
    if (!planned) {
      for (const auto& line : planned.error()) {
        (void)refuse({exit_code::wrong_usage, line}, place);
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
  if (place != nullptr) {
    ready.files = place->files;
    if (place->rows_of_here) {
      ready.rows_of = ranges_of(place->here);
    }
  }
  // A run of one process that is stopped before it begins has a report all the same.
  const auto end_early = [&](const startup_error& why) {
    if (why.code == exit_code::interrupted && place == nullptr) {
      return director{options, std::move(ready), command_text, signals}.never_begin(why);
    }
    return refuse(why, place);
  };
  target_wait target{options, wait_for_target};
  if (const auto error = target.await_names()) {
    return end_early(*error);
  }
  if (const auto error = fill(options, ready, place)) {
    return end_early(*error);
  }
  choose_sources(options, ready);
  if (const auto error = find_twin(options, ready)) {
    return refuse(*error, place);
  }
  if (const auto error = target.await_listener(ready, signals)) {
    return end_early(*error);
  }
  return direct(options, std::move(ready), command_text, signals, place);
}

} // namespace fleet::program
