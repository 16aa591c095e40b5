// One name, one thread.
#include "fleet/run/look_up.hpp"

#include "fleet/run/unless_stopped.hpp"

namespace fleet::program {

result<std::vector<hal::address>, startup_error> look_up(const std::string& host,
                                                         std::uint16_t port, const resolver& how) {
  using found = result<std::vector<hal::address>, std::string>;
  auto got = unless_stopped<found>([host, port, how] { return how(host, port); });
  if (!got.answer) {
    return fail(interrupted_early("while the name " + host + " was looked up"));
  }
  if (!*got.answer) {
    return fail(startup_error{exit_code::environment_failed, got.answer->error()});
  }
  return std::move(*got.answer).value();
}

} // namespace fleet::program
