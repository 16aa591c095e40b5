// `fleet run` as a subcommand: the flags of a run, and those beside them.
#include "fleet/options/run_command.hpp"

#include "fleet/options/crew_flags.hpp"
#include "fleet/options/run_flags.hpp"
#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view name = "fleet run";

void examples(flag_set& flags) {
  flags.example("fleet run --devices 5000", "a minute against the embedded twin");
  flags.example(
      "fleet run --devices 5000 --target mqtts://broker.lan --cafile ca.pem --profile mqtt",
      "the same against any broker, over TLS");
  flags.example("fleet run --scenario configs/smart_home.yaml --devices 200",
                "several products, load stages and the cloud's traffic, fewer devices");
  flags.example("fleet run --virtual --seed 7 --devices 5000 --duration 1h",
                "an hour in less than a minute, the same each time");
  flags.example("fleet run --virtual --sweep 200 --shrink",
                "two hundred random scenarios, and the smallest that fails");
}

void declare(flag_set& flags, run_options& out, run_company& company) {
  declare_run_flags(
      flags, out,
      {"FILE", "Writes the summary as JSON, with the series of the run; fleet report reads it."});
  run_company_flags(flags, company);
  examples(flags);
}

} // namespace

void run_company_flags(flag_set& flags, run_company& out) {
  flags.group("Start");
  flags.value("--wait-for-target", "D",
              "Where nobody listens at the target yet, tries again each second, for so long: 1s to "
              "1d, or off. Default off: the run ends at once with exit code 3.",
              set_duration(out.wait_for_target, 1s, 24h, off_word::allowed));
  crew_flags(flags, out.crew);
}

std::optional<std::string> run_company_contradiction(const run_options& run,
                                                     const run_company& company,
                                                     const flag_set& flags) {
  if (company.wait_for_target != duration{0} && run.target.scheme == text::scheme::embedded) {
    return "--wait-for-target needs a target; the embedded twin begins with the run";
  }
  return crew_contradiction(run, company.crew, flags);
}

result<command, usage_error> parse_run(std::span<const std::string_view> words) {
  run_options out;
  run_company company;
  flag_set flags{std::string{name},
                 "runs devices and accounts for every message they send and receive", "[flags]"};
  declare(flags, out, company);
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  if (const auto wrong = read_run_flags(flags, words, out)) {
    return fail(wrong_usage(name, *wrong));
  }
  if (const auto wrong = run_company_contradiction(out, company, flags)) {
    return fail(wrong_usage(name, *wrong));
  }
  return command{std::move(out)};
}

run_company run_company_of(std::span<const std::string_view> words) {
  run_options out;
  run_company company;
  flag_set flags{std::string{name}, {}, {}};
  declare(flags, out, company);
  (void)flags.parse(words);
  return company;
}

crew_options crew_of(std::span<const std::string_view> words) {
  return run_company_of(words).crew;
}

} // namespace fleet::program
