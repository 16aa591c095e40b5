// One pass over the files, nothing kept.
#include "fleet/check_command.hpp"

#include <ostream>

#include "fleet/credential_file.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

std::string counted(std::size_t n, std::string_view one, std::string_view many) {
  return text::format_count(n) + " " + std::string{n == 1 ? one : many};
}

} // namespace

exit_code check_files(const check_options& options, std::ostream& out, std::ostream& errors) {
  std::size_t mistakes_found = 0;
  std::size_t bad_files = 0;
  for (const auto& path : options.files) {
    const auto table = read_credential_file(path);
    if (table) {
      out << path << ": " << counted(table.value().count(), "device", "devices")
          << ", no mistake\n";
      continue;
    }
    ++bad_files;
    mistakes_found += table.error().size();
    for (const auto& line : table.error()) {
      errors << line << '\n';
    }
  }
  if (bad_files == 0) {
    return exit_code::passed;
  }
  errors << "fleet check: " << counted(mistakes_found, "mistake", "mistakes") << " in "
         << counted(bad_files, "file", "files") << '\n';
  return exit_code::wrong_usage;
}

} // namespace fleet::program
