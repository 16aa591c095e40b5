// Files and children.
#include "fleet/sweep/workshop.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "fleet/credential_file.hpp"
#include "fleet/options.hpp"
#include "fleet/report/files.hpp"
#include "fleet/sweep/invariants.hpp"
#include "fleet/sweep/model_files.hpp"

namespace fleet::sweep {

namespace {

constexpr std::size_t report_most = std::size_t{1} << 20;

std::vector<std::string> words_for(const sweep_plan& plan, const std::string& scenario) {
  return {"run", "--virtual", "--scenario", scenario, "--seed", std::to_string(plan.seed)};
}

/// The same sentence, whatever the files of the run are called.
std::string with_name(std::string said, std::string_view path, std::string_view name) {
  for (auto at = said.find(path); at != std::string::npos; at = said.find(path, at + name.size())) {
    said.replace(at, path.size(), name);
  }
  return said;
}

void remove(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

} // namespace

std::string name_of(const sweep_plan& plan) {
  return fmt::format("sweep-{}", plan.seed);
}

std::string workshop::path(const std::string& name, std::string_view ending) const {
  return (std::filesystem::path{folder_} / (name + std::string{ending})).string();
}

std::optional<std::string> workshop::open() {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path{folder_} / "models", error);
  if (error) {
    return fmt::format("--sweep-dir {} cannot be made: {}", folder_, error.message());
  }
  for (const auto& model : model_files()) {
    const auto file = path("models/" + std::string{model.name}, ".json");
    if (!report::write_whole(file, std::string{model.text})) {
      return fmt::format("--sweep-dir {}: {} cannot be written: {}", folder_, file,
                         std::strerror(errno));
    }
  }
  return std::nullopt;
}

bool workshop::write(const sweep_plan& plan, const std::string& name) {
  return report::write_whole(path(name, ".yaml"), to_yaml(plan));
}

child workshop::run(const trial& t) const {
  auto words = words_for(t.plan, path(t.name, ".yaml"));
  const auto report = path(t.name, ".json");
  remove(report);
  words.insert(words.end(), {"--quiet", "--control", "off", "--json", report});
  return child::start(words, path(t.name, ".log"));
}

trial workshop::start(sweep_plan plan, std::string name) {
  (void)write(plan, name); // the child says what is wrong with it
  trial t{std::move(plan), std::move(name), {}, false, {}};
  t.run = run(t);
  return t;
}

void workshop::again(trial& t) {
  t.second = true;
  t.run = run(t);
}

bool workshop::over(trial& t, outcome& out) {
  child_result ended;
  if (!t.run.over(ended)) {
    return false;
  }
  out = {};
  ended.said = with_name(std::move(ended.said), path(t.name, ""), name_of(t.plan));
  out.interrupted = ended.how == child_end::exited
                    && ended.code == static_cast<int>(program::exit_code::interrupted);
  auto text = program::read_whole_file(path(t.name, ".json"), report_most);
  std::optional<std::string> report;
  if (text) {
    report = std::move(text).value();
    out.digest = digest_of(*report);
  }
  out.wrong = violations(ended, report, t.plan);
  if (t.second && out.wrong.empty() && out.digest != t.digest) {
    out.wrong.push_back(digests_differ(t.digest, out.digest));
  }
  if (!t.second) {
    t.digest = out.digest;
  }
  return true;
}

void workshop::keep(const trial& t, bool kept) {
  if (!kept) {
    remove(path(t.name, ".yaml"));
    remove(path(t.name, ".json"));
  }
}

void workshop::drop(trial& t) {
  t.run = child{};
  keep(t, false);
}

std::string workshop::command_for(const sweep_plan& plan, const std::string& name) const {
  const auto words = words_for(plan, path(name, ".yaml"));
  const std::vector<std::string_view> views{words.begin(), words.end()};
  return program::printable_command(views);
}

} // namespace fleet::sweep
