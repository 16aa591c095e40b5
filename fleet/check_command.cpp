// One pass over the files, nothing kept.
#include "fleet/check_command.hpp"

#include <ostream>

#include "fleet/credential_file.hpp"
#include "fleet/run/scenario_checks.hpp"
#include "fleet/scenario/reader.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/tsl/load.hpp"

namespace fleet::program {

namespace {

/// As large as what a twin takes over its admin API.
constexpr std::size_t model_file_most = std::size_t{1} << 20;

std::string counted(std::size_t n, std::string_view one, std::string_view many) {
  return text::format_count(n) + " " + std::string{n == 1 ? one : many};
}

bool scenario_path(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

/// Whether a file may be a thing model: those are JSON objects, and no credential file is.
bool model_path(std::string_view path) {
  return path.ends_with(".json");
}

result<std::string, mistakes> check_model(const std::string& path) {
  auto text = read_whole_file(path, model_file_most);
  if (!text) {
    return fail(mistakes{path + ": " + text.error()});
  }
  const auto model = tsl::load_model(text.value(), path);
  if (!model) {
    mistakes out;
    for (const auto& error : model.error()) {
      out.push_back(error.message);
    }
    return fail(std::move(out));
  }
  const auto& m = model.value();
  return "thing model, " + counted(m.properties().size(), "property", "properties") + ", "
         + counted(m.events().size(), "event", "events") + ", "
         + counted(m.services().size(), "service", "services") + ", no mistake";
}

/// Orders of a scenario that have nothing to set, as far as its models can be read.
mistakes check_orders(const std::string& path, const scenario& file) {
  mistakes out;
  for (const auto& product : file.products) {
    const auto text = read_whole_file(product.model, model_file_most); // none has no name
    if (!text) {
      continue;
    }
    const auto model = tsl::load_model(text.value(), product.model);
    for (const auto& entry : file.cloud_traffic) {
      if (entry.product != product.name || !model) {
        continue;
      }
      if (auto wrong = nothing_to_set(path, entry, &model.value())) {
        out.push_back(std::move(*wrong));
      }
    }
  }
  return out;
}

/// What is to be said about a good file, or its mistakes.
result<std::string, mistakes> check_file(const std::string& path) {
  if (scenario_path(path)) {
    const auto file = read_scenario_file(path);
    if (!file) {
      return fail(file.error());
    }
    if (auto wrong = check_orders(path, file.value()); !wrong.empty()) {
      return fail(std::move(wrong));
    }
    // The reader has seen that a plan comes of it.
    return "ok, " + summary_of(file.value(), resolve(file.value()).value());
  }
  if (model_path(path)) {
    return check_model(path);
  }
  const auto table = read_credential_file(path);
  if (!table) {
    return fail(table.error());
  }
  return counted(table.value().count(), "device", "devices") + ", no mistake";
}

} // namespace

exit_code check_files(const check_options& options, std::ostream& out, std::ostream& errors) {
  std::size_t mistakes_found = 0;
  std::size_t bad_files = 0;
  for (const auto& path : options.files) {
    const auto good = check_file(path);
    if (good) {
      out << path << ": " << good.value() << '\n';
      continue;
    }
    ++bad_files;
    mistakes_found += good.error().size();
    for (const auto& line : good.error()) {
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
