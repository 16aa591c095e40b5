// A thread that nobody joins, and the wait for it.
#include "fleet/run/look_up.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "fleet/run/machine.hpp"

namespace fleet::program {

namespace {

/// Outlives whoever asked.
struct late_answer {
  std::atomic<bool> there{false};
  std::optional<result<std::vector<hal::address>, std::string>> what;
};

/// Looks at first often, since most names are known at once.
constexpr duration first_look = std::chrono::microseconds{200};
constexpr duration last_look = std::chrono::milliseconds{20};

} // namespace

result<std::vector<hal::address>, startup_error> look_up(const std::string& host,
                                                         std::uint16_t port, const resolver& how) {
  const auto answer = std::make_shared<late_answer>();
  std::thread{[answer, host, port, how] {
    answer->what = how(host, port);
    answer->there.store(true, std::memory_order_release);
  }}.detach();
  duration look = first_look;
  while (!answer->there.load(std::memory_order_acquire)) {
    if (stop_signals::wait(look)) {
      return fail(interrupted_early("while the name " + host + " was looked up"));
    }
    look = std::min(look * 2, last_look);
  }
  if (!*answer->what) {
    return fail(startup_error{exit_code::environment_failed, answer->what->error()});
  }
  return std::move(*answer->what).value();
}

} // namespace fleet::program
