// One pass over the files, nothing kept.
#include "fleet/check_command.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "fleet/credential_file.hpp"
#include "fleet/explain/explain.hpp"
#include "fleet/run/replays.hpp"
#include "fleet/run/scenario_checks.hpp"
#include "fleet/scenario/reader.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/load.hpp"
#include "protocol/tsl/sample.hpp"

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

/// What is to be said about a good file.
struct finding {
  std::string line;    ///< behind its name
  std::string more;    ///< lines after that
  std::string_view as; ///< `scenario`, `thing model` or `credentials`
  std::string json;    ///< an object of a scenario's; else empty
};

result<finding, mistakes> check_model(const std::string& path) {
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
  return finding{"thing model, " + counted(m.properties().size(), "property", "properties") + ", "
                     + counted(m.events().size(), "event", "events") + ", "
                     + counted(m.services().size(), "service", "services") + ", no mistake",
                 {},
                 "thing model",
                 {}};
}

/// What a product's devices are; nothing where its file cannot be read or holds none.
std::optional<std::shared_ptr<const tsl::model>> model_of(const scenario_product& product) {
  if (product.model.empty()) {
    return std::shared_ptr<const tsl::model>{};
  }
  const auto text = read_whole_file(product.model, model_file_most);
  if (!text) {
    return std::nullopt;
  }
  auto model = tsl::load_model(text.value(), product.model);
  if (!model) {
    return std::nullopt;
  }
  return std::make_shared<const tsl::model>(std::move(model).value());
}

/// Names that a scenario's thing models do not have, tables that do not fit them, orders that have
/// nothing to set and faults that have nothing to spoil, as far as the models can be read. `notes`
/// gets what is to be said of tables that fit.
mistakes check_with_models(const std::string& path, const scenario& file,
                           std::vector<std::string>& notes) {
  mistakes out;
  auto plan = resolve(file).value(); // the reader has seen that one comes of it
  table_shelf tables;
  auto products = file.products;
  if (products.empty()) {
    products.emplace_back().name = "product_1";
  }
  for (const auto& product : products) {
    const auto model = model_of(product);
    if (!model) {
      continue;
    }
    const auto add = [&out](mistakes found) {
      std::move(found.begin(), found.end(), std::back_inserter(out));
    };
    for (auto& planned : plan.products) {
      if (planned.product.name == product.name) {
        planned.counts = *model != nullptr && tsl::counts_up(**model);
      }
    }
    add(unknown_names(path, product, model->get()));
    if (auto replays = read_replays(path, product, model->get(), tables, &notes); !replays) {
      add(replays.error());
    }
    for (const auto& entry : file.cloud_traffic) {
      if (entry.product != product.name) {
        continue;
      }
      auto unknown = unknown_names(path, entry, model->get());
      const bool named = unknown.empty();
      add(std::move(unknown));
      if (auto wrong = nothing_to_set(path, entry, model->get()); wrong && named) {
        out.push_back(std::move(*wrong));
      }
    }
  }
  if (const auto wrong = check_faults(plan)) {
    const auto at = wrong->at.value_or(text_place{});
    out.push_back(fmt::format("{}:{}:{}: {}", path, at.line, at.column, wrong->message));
  }
  return out;
}

result<finding, mistakes> check_scenario(const std::string& path,
                                         const std::optional<std::uint64_t>& seed) {
  const auto file = read_scenario_file(path);
  if (!file) {
    return fail(file.error());
  }
  std::vector<std::string> notes;
  if (auto wrong = check_with_models(path, file.value(), notes); !wrong.empty()) {
    return fail(std::move(wrong));
  }
  auto explained = explain(file.value(), seed);
  std::move(notes.begin(), notes.end(), std::back_inserter(explained.notes));
  return finding{"ok, " + headline(explained), to_text(explained), "scenario", to_json(explained)};
}

result<finding, mistakes> check_file(const std::string& path,
                                     const std::optional<std::uint64_t>& seed) {
  if (std::error_code none; std::filesystem::is_directory(path, none)) {
    const bool slash = path.ends_with('/');
    return fail(mistakes{path + ": is a folder; name the files in it, as " + path
                         + (slash ? "" : "/") + "*.yaml"});
  }
  if (scenario_path(path)) {
    return check_scenario(path, seed);
  }
  if (model_path(path)) {
    return check_model(path);
  }
  const auto table = read_credential_file(path);
  if (!table) {
    return fail(table.error());
  }
  return finding{
      counted(table.value().count(), "device", "devices") + ", no mistake", {}, "credentials", {}};
}

/// An entry of `files[]`.
std::string json_of(const std::string& path, const result<finding, mistakes>& found) {
  byte_buffer out;
  object_writer object{out};
  object.text("file", path);
  object.raw("ok", found ? "true" : "false");
  if (!found) {
    byte_buffer lines;
    lines.push('[');
    for (std::size_t i = 0; i < found.error().size(); ++i) {
      lines.append(std::string_view{i == 0 ? "" : ","});
      append_json_text(lines, found.error()[i]);
    }
    lines.push(']');
    object.raw("mistakes", as_text(lines.view()));
  } else {
    object.text("kind", found.value().as);
    object.text("summary", found.value().line);
    if (!found.value().json.empty()) {
      object.raw("scenario", found.value().json);
    }
  }
  object.end();
  return std::string{as_text(out.view())};
}

} // namespace

exit_code check_files(const check_options& options, std::ostream& out, std::ostream& errors) {
  std::size_t mistakes_found = 0;
  std::size_t bad_files = 0;
  std::string all;
  for (const auto& path : options.files) {
    const auto good = check_file(path, options.seed);
    all += (all.empty() ? "" : ",\n") + json_of(path, good);
    if (good) {
      if (!options.json) {
        out << path << ": " << good.value().line << '\n' << good.value().more;
      }
      continue;
    }
    ++bad_files;
    mistakes_found += good.error().size();
    for (const auto& line : good.error()) {
      errors << line << '\n';
    }
  }
  if (options.json) {
    out << "{\"files\":[\n" << all << "\n]}\n";
  }
  if (bad_files == 0) {
    return exit_code::passed;
  }
  errors << "fleet check: " << counted(mistakes_found, "mistake", "mistakes") << " in "
         << counted(bad_files, "file", "files") << '\n';
  return exit_code::wrong_usage;
}

} // namespace fleet::program
