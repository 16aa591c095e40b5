// The program: reads its command line and hands over to the subcommand.
#include <cstdio>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "fleet/check_command.hpp"
#include "fleet/cloud_command.hpp"
#include "fleet/console/console_command.hpp"
#include "fleet/console/fault_command.hpp"
#include "fleet/console/rollout_command.hpp"
#include "fleet/doctor/command.hpp"
#include "fleet/fault/fault_command.hpp"
#include "fleet/hand/device_command.hpp"
#include "fleet/options.hpp"
#include "fleet/options/run_command.hpp"
#include "fleet/report_command.hpp"
#include "fleet/run/fleet_run.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/sweep/sweep_command.hpp"
#include "fleet/workers/crew_run.hpp"

namespace {

using namespace fleet::program;

/// What `fleet run` and `fleet worker` say of workers. Kept apart from the run's own options, and
/// read before the secrets of the line are hidden.
struct workers_asked {
  explicit workers_asked(const std::vector<std::string_view>& line)
      : words(line.begin(), line.end()) {
    for (const auto& word : words) {
      views.emplace_back(word);
    }
    if (serves()) {
      worker = worker_of(behind());
    } else if (views.front() == "run") {
      company = run_company_of(behind());
    } else if (views.front() == "doctor") {
      company = doctored_company_of(behind());
    }
  }
  [[nodiscard]] bool serves() const { return views.front() == "worker"; }
  [[nodiscard]] std::span<const std::string_view> behind() const {
    return std::span{views}.subspan(1);
  }

  std::vector<std::string> words;
  std::vector<std::string_view> views;
  run_company company;
  worker_options worker;
};

exit_code execute(const run_options& run, const std::string& again, const workers_asked& workers) {
  if (run.sweep.count != 0) {
    return execute_sweep(run);
  }
  const auto& [crew, wait_for_target] = workers.company;
  return crew.any() ? execute_crew_run(run, crew, wait_for_target, workers.behind(), again)
                    : execute_run(run, again, nullptr, wait_for_target);
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string_view> words{argv + 1, argv + argc};
  auto parsed = parse_options(words);
  if (!parsed) {
    std::fputs(parsed.error().message.c_str(), stderr);
    return static_cast<int>(exit_code::wrong_usage);
  }
  const workers_asked workers{words};
  const std::string again = printable_command(words);
  const command chosen = std::move(parsed).value();
  keep_start({argv, static_cast<std::size_t>(argc)});
  hide_secrets({argv, static_cast<std::size_t>(argc)});
  const exit_code code = std::visit(
      [&](const auto& what) -> exit_code {
        using what_type = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<what_type, run_options>) {
          return execute(what, again, workers);
        } else if constexpr (std::is_same_v<what_type, cloud_options>) {
          return execute_cloud(what);
        } else if constexpr (std::is_same_v<what_type, console_options>) {
          return execute_console(what);
        } else if constexpr (std::is_same_v<what_type, rollout_options>) {
          return execute_rollout(what);
        } else if constexpr (std::is_same_v<what_type, fault_options>) {
          return execute_fault(what);
        } else if constexpr (std::is_same_v<what_type, device_options>) {
          return execute_device(what);
        } else if constexpr (std::is_same_v<what_type, live_fault_options>) {
          return execute_live_fault(what);
        } else if constexpr (std::is_same_v<what_type, report_options>) {
          return execute_report(what, std::cout, std::cerr);
        } else if constexpr (std::is_same_v<what_type, check_options>) {
          return check_files(what, std::cout, std::cerr);
        } else if constexpr (std::is_same_v<what_type, doctor_options>) {
          return execute_doctor(what, workers.company.crew, std::cout, std::cerr);
        } else {
          if (workers.serves() && !what.of) {
            return execute_worker(workers.worker);
          }
          std::fputs(what.text.c_str(), stdout);
          return exit_code::passed;
        }
      },
      chosen);
  return static_cast<int>(code);
}
