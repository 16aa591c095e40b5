// `fleet doctor`: the words of `fleet run`, workers too, and --json without a file.
#include <algorithm>

#include "fleet/options/run_command.hpp"
#include "fleet/options/run_flags.hpp"
#include "fleet/options/subcommands.hpp"

namespace fleet::program {

namespace {

constexpr std::string_view name = "fleet doctor";

/// Takes a --json that no file follows out of the words; whether there was one.
bool take_bare_json(std::vector<std::string_view>& words) {
  const auto at = std::adjacent_find(words.begin(), words.end(),
                                     [](std::string_view word, std::string_view next) {
                                       return word == "--json" && next.starts_with("--");
                                     });
  if (at != words.end()) {
    words.erase(at);
    return true;
  }
  if (!words.empty() && words.back() == "--json") {
    words.pop_back();
    return true;
  }
  return false;
}

void declare(flag_set& flags, run_options& run, run_company& company) {
  declare_run_flags(flags, run,
                    {"[FILE]", "Without a file: the findings as JSON, for scripts. With one it is "
                               "the run's own flag, as all others here."});
  run_company_flags(flags, company);
}

} // namespace

result<command, usage_error> parse_doctor(std::span<const std::string_view> given) {
  std::vector<std::string_view> words{given.begin(), given.end()};
  auto run = std::make_shared<run_options>();
  doctor_options out;
  flag_set flags{std::string{name}, "looks whether this machine can carry a run, before it starts",
                 "[flags of fleet run] [--json]"};
  run_company company;
  declare(flags, *run, company);
  flags.example("fleet doctor --devices 5000", "what this machine has for 5,000 devices");
  flags.example("fleet doctor --devices 60k --processes 7", "and in seven processes");
  flags.example("fleet doctor --devices 50k --target mqtt://broker.lan --json",
                "the same with a target, which is tried once, for a script");
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  out.json = take_bare_json(words);
  if (const auto wrong = read_run_flags(flags, words, *run)) {
    return fail(wrong_usage(name, *wrong));
  }
  if (const auto wrong = run_company_contradiction(*run, company, flags)) {
    return fail(wrong_usage(name, *wrong));
  }
  if (run->sweep.count != 0) {
    return fail(wrong_usage(name, "looks at one run, and --sweep makes many; leave it out"));
  }
  out.run = std::move(run);
  return command{std::move(out)};
}

run_company doctored_company_of(std::span<const std::string_view> given) {
  std::vector<std::string_view> words{given.begin(), given.end()};
  (void)take_bare_json(words);
  run_options run;
  run_company company;
  flag_set flags{std::string{name}, {}, {}};
  declare(flags, run, company);
  (void)flags.parse(words);
  return company;
}

} // namespace fleet::program
