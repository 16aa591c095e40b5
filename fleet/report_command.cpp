// Reads one report or two, and writes what was asked for.
#include "fleet/report_command.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <ostream>
#include <vector>

#include "fleet/credential_file.hpp"
#include "fleet/options/report_flags.hpp"
#include "fleet/report/earlier.hpp"
#include "fleet/report/files.hpp"

namespace fleet::program {

namespace {

std::optional<report::earlier_run> read(const std::string& path, std::ostream& errors) {
  const auto text = read_whole_file(path, report::earlier_most);
  if (!text) {
    errors << "fleet report: " << path << ": " << text.error() << '\n';
    return std::nullopt;
  }
  auto run = report::earlier_run::read(path, text.value());
  if (!run) {
    errors << "fleet report: " << path << ' ' << run.error() << '\n';
    return std::nullopt;
  }
  return std::move(run).value();
}

bool write(const std::string& path, const std::string& text, std::ostream& errors) {
  if (path.empty() || report::write_whole(path, text)) {
    return true;
  }
  errors << "fleet report: cannot write " << path << ": " << std::strerror(errno) << '\n';
  return false;
}

} // namespace

exit_code execute_report(const report_options& options, std::ostream& out, std::ostream& errors) {
  std::vector<report::earlier_run> runs;
  for (const auto& path : options.runs) {
    auto one = read(path, errors);
    if (!one) {
      return exit_code::wrong_usage;
    }
    runs.push_back(std::move(*one));
  }
  const bool two = runs.size() == 2;
  if (outputs_of(options).empty()) {
    out << (two ? compare_text(runs[0], runs[1]) : to_text(runs[0]));
    out.flush();
    return exit_code::passed;
  }
  bool ok = true;
  const auto& told = options.told;
  if (!told.html.empty()) {
    ok = write(told.html, two ? compare_page(runs[0], runs[1]) : to_page(runs[0]), errors);
  }
  if (!told.junit.empty()) {
    ok = write(told.junit, to_junit(runs[0]), errors) && ok;
  }
  if (!told.csv.empty()) {
    ok = write(told.csv, to_csv(runs[0]), errors) && ok;
  }
  return ok ? exit_code::passed : exit_code::environment_failed;
}

} // namespace fleet::program
