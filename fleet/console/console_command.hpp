// A `fleet cloud …` subcommand from beginning to end: files, requests, answers, exit code.
#pragma once

#include <string>

#include "fleet/console/admin_api.hpp"
#include "fleet/console/console_talk.hpp"
#include "fleet/console/options.hpp"
#include "fleet/options.hpp"

namespace fleet::program {

/// Devices listed at most, whatever the twin has.
inline constexpr std::size_t listed_devices_max = 1'000'000;

/// Asks through `api`; `where` names it in messages. Reads the files that `what` names. Exit codes:
/// 0 good, 1 the cloud or the device said no, 2 a file or a name is wrong, 3 nobody answered.
console_outcome run_console(const console_options& what, admin_api& api, const std::string& where);

/// run_console() against the twin that flags and environment name; prints.
exit_code execute_console(const console_options& what);

} // namespace fleet::program
