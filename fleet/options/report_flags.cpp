// `fleet report`, and what of its flags `fleet run` has too.
#include "fleet/options/report_flags.hpp"

#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"

namespace fleet::program {

namespace {

constexpr std::string_view name = "fleet report";

std::vector<named_output> given(std::vector<named_output> all) {
  std::erase_if(all, [](const named_output& one) { return one.path->empty(); });
  return all;
}

/// What does not go together, or nothing.
std::optional<std::string> contradiction(const report_options& o) {
  if (o.runs.empty()) {
    return "names no report; it takes one that fleet run wrote with --json, or two to compare";
  }
  if (o.runs.size() > 2) {
    return "compares two reports; " + std::to_string(o.runs.size()) + " were named";
  }
  if (o.runs.size() == 2 && !(o.told.junit.empty() && o.told.csv.empty())) {
    return std::string{o.told.junit.empty() ? "--csv" : "--junit"}
           + " tells of one run; leave out the second report";
  }
  const auto all = outputs_of(o);
  if (const auto twice = one_file_twice(all)) {
    return std::string{twice->first.flag} + " and " + std::string{twice->second.flag}
           + " name one file; give each its own";
  }
  for (const auto& out : all) {
    for (const auto& run : o.runs) {
      if (*out.path == run) {
        return std::string{out.flag} + " would write over " + run + ", which is to be read";
      }
    }
  }
  return std::nullopt;
}

} // namespace

void report_file_flags(flag_set& flags, const std::string& page, report_files& out) {
  flags.value(page, "FILE",
              "Writes the report as one HTML file that opens without a network: verdict, how the "
              "run went over time, latencies, ledger, recovery, and who was the limit.",
              set_text(out.html));
  flags.value("--junit", "FILE",
              "Writes JUnit XML: a test case for each expectation, and for each thing that every "
              "healthy run keeps.",
              set_text(out.junit));
  flags.value("--csv", "FILE", "Writes the series of the run, a line for each sample.",
              set_text(out.csv));
}

std::vector<named_output> outputs_of(const run_options& o) {
  return given({{"--json", &o.json_file},
                {"--ledger", &o.ledger_file},
                {"--report", &o.told.html},
                {"--junit", &o.told.junit},
                {"--csv", &o.told.csv}});
}

std::vector<named_output> outputs_of(const report_options& o) {
  return given({{"--html", &o.told.html}, {"--junit", &o.told.junit}, {"--csv", &o.told.csv}});
}

std::optional<std::pair<named_output, named_output>>
one_file_twice(const std::vector<named_output>& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      if (*all[i].path == *all[j].path) {
        return std::pair{all[i], all[j]};
      }
    }
  }
  return std::nullopt;
}

result<command, usage_error> parse_report(std::span<const std::string_view> words) {
  report_options out;
  flag_set flags{std::string{name}, "tells of a run by its JSON, or compares two figure by figure",
                 "FILE [FILE]"};
  flags.words("FILE [FILE]",
              "What fleet run wrote with --json. One is told as text; of two every figure stands "
              "beside the other's, with its change.",
              out.runs);
  flags.group("Output");
  report_file_flags(flags, "--html", out.told);
  flags.example("fleet report run.json --html run.html", "the page of an earlier run");
  flags.example("fleet report before.json after.json", "what has changed");
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  if (const auto wrong = flags.parse(words)) {
    return fail(wrong_usage(name, *wrong));
  }
  if (const auto wrong = contradiction(out)) {
    return fail(wrong_usage(name, *wrong));
  }
  return command{std::move(out)};
}

} // namespace fleet::program
