// The program: reads its command line and hands over to the subcommand.
#include <cstdio>
#include <iostream>
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
#include "fleet/report_command.hpp"
#include "fleet/run/fleet_run.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/sweep/sweep_command.hpp"

int main(int argc, char** argv) {
  using namespace fleet::program;
  std::vector<std::string_view> words{argv + 1, argv + argc};
  auto parsed = parse_options(words);
  if (!parsed) {
    std::fputs(parsed.error().message.c_str(), stderr);
    return static_cast<int>(exit_code::wrong_usage);
  }
  const std::string again = printable_command(words);
  const command chosen = std::move(parsed).value();
  keep_start({argv, static_cast<std::size_t>(argc)});
  hide_secrets({argv, static_cast<std::size_t>(argc)});
  const exit_code code = std::visit(
      [&again](const auto& what) -> exit_code {
        using what_type = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<what_type, run_options>) {
          return what.sweep.count != 0 ? execute_sweep(what) : execute_run(what, again);
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
          return execute_doctor(what, std::cout, std::cerr);
        } else {
          std::fputs(what.text.c_str(), stdout);
          return exit_code::passed;
        }
      },
      chosen);
  return static_cast<int>(code);
}
