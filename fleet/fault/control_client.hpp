// The other end of a run's control socket: finds it, asks one thing, and reads the answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/options.hpp"
#include "fleet/run/control_lines.hpp"
#include "protocol/base/result.hpp"

namespace fleet::program {

/// Why a run was not asked.
struct control_trouble {
  exit_code code = exit_code::environment_failed;
  std::string message;
};

/// Sockets of the folders that somebody listens at; those left behind by runs that are gone are
/// removed.
std::vector<std::string> living_runs(const std::vector<std::string>& folders);

/// Sends an order and waits for the answer's line, without its newline.
result<std::string, control_trouble> ask_run(const std::string& path, const control_order& order);

/// The socket to ask: `chosen`, where it is not empty, or that of the only run there is. Several
/// are listed in the message, each with what it says of itself.
result<std::string, control_trouble> find_run(const std::string& chosen,
                                              const std::vector<std::string>& folders);

} // namespace fleet::program
