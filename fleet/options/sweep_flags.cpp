// A sweep makes its scenarios itself, so hardly any other flag goes with it.
#include "fleet/options/sweep_flags.hpp"

#include <algorithm>
#include <array>

#include "fleet/options/setters.hpp"

namespace fleet::program {

namespace {

constexpr std::array<std::string_view, 4> of_sweeps{"--shrink", "--sweep-all", "--sweep-dir",
                                                    "--sweep-jobs"};
constexpr std::array<std::string_view, 5> beside{"--sweep", "--virtual", "--seed", "--quiet",
                                                 "--plain"};

bool among(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

void sweep_flags(flag_set& flags, sweep_options& out) {
  flags.group("Sweep (docs/sweep.md)");
  flags.value(
      "--sweep", "N",
      "Runs N seeds, from --seed on, each a random scenario with random faults in a process "
      "of its own, and prints for the first that fails the command that repeats it: 1 to "
      "1,000,000; needs --virtual. Default: no sweep.",
      set_count(out.count, 1, 1'000'000));
  flags.toggle("--shrink",
               "With --sweep: reduces the first plan that fails to the fewest faults and other "
               "parts that still fail.",
               out.shrink);
  flags.toggle("--sweep-all", "With --sweep: goes on after a failure.", out.all);
  flags.value("--sweep-dir", "DIR",
              "With --sweep: where scenarios that fail are kept, and their reports. Default "
              "fleet-sweep.",
              set_text(out.folder));
  flags.value("--sweep-jobs", "N",
              "With --sweep: runs at once, 1 to 256. Default: as many as processors.",
              set_count(out.jobs, 1, 256));
}

std::optional<std::string> sweep_contradiction(const flag_set& flags) {
  if (!flags.given("--sweep")) {
    for (const auto flag : of_sweeps) {
      if (flags.given(flag)) {
        return std::string{flag} + " is about sweeps; add --sweep";
      }
    }
    return std::nullopt;
  }
  if (!flags.given("--virtual")) {
    return "--sweep needs a world that one seed repeats; add --virtual";
  }
  for (const auto flag : flags.given()) {
    if (!among(beside, flag) && !among(of_sweeps, flag)) {
      return "--sweep makes its scenarios itself; leave " + std::string{flag} + " out";
    }
  }
  return std::nullopt;
}

} // namespace fleet::program
