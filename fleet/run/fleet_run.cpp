// Preparing and handing over to the director.
#include "fleet/run/fleet_run.hpp"

#include <cstdio>

#include "fleet/run/director.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

exit_code execute_run(const run_options& options, const std::string& command_text) {
  // Before any thread exists: signals are the director's alone.
  stop_signals signals;
  auto ready = prepare(options);
  if (!ready) {
    std::fprintf(stderr, "fleet run: %s\n", ready.error().message.c_str());
    return ready.error().code;
  }
  director d{options, std::move(ready).value(), command_text, signals};
  return d.execute();
}

} // namespace fleet::program
