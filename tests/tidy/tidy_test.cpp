// The tidy rules on this very tree, and a bad sample for each rule, so that none can fall asleep.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include <gtest/gtest.h>

#include "tests/tidy/rules.hpp"

namespace fleet::tidy {

namespace {

const std::string root = FLEET_SOURCE_DIR;

std::string read(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

const std::vector<source_file>& sources() {
  static const auto files = read_tree(
      root, {"protocol", "hal_sim", "cloud_sim", "actors", "fleet", "tests"}, {".hpp", ".cpp"});
  return files;
}

/// Shows each finding as `file:line: message`.
void report(const findings& found) {
  for (const auto& f : found) {
    ADD_FAILURE() << f.path << (f.line > 0 ? ":" + std::to_string(f.line) : "") << ": "
                  << f.message;
  }
}

template <class Rule>
void expect_tidy(Rule rule) {
  for (const auto& file : sources()) {
    report(rule(file));
  }
}

source_file sample(std::string path, std::string text) {
  return {std::move(path), std::move(text)};
}

/// The messages of a rule on a sample, the only file there is.
template <class Rule>
std::vector<std::string> said(Rule rule, std::string path, std::string text) {
  std::vector<std::string> messages;
  for (const auto& f : rule(sample(std::move(path), std::move(text)))) {
    messages.push_back(f.message);
  }
  return messages;
}

bool include_allowed(std::string from, const std::string& to) {
  return check_layers(sample(std::move(from), "#include \"" + to + "\"\n")).empty();
}

bool header_allowed(std::string from, const std::string& header) {
  return check_doors(sample(std::move(from), "#include <" + header + ">\n")).empty();
}

bool pure(std::string path, std::string text) {
  return check_purity(sample(std::move(path), std::move(text))).empty();
}

/// Lines of a well-shaped file up to `count` of them.
std::string lines_of_code(std::size_t count) {
  std::string text = "// What it is.\n";
  for (std::size_t i = 1; i < count; ++i) {
    text += "int a;\n";
  }
  return text;
}

} // namespace

TEST(tidy_tree, was_found) {
  EXPECT_GT(sources().size(), 50U);
}

TEST(tidy_tree, includes_only_downwards) {
  expect_tidy(check_layers);
}

TEST(tidy_tree, opens_each_library_by_its_one_door) {
  expect_tidy(check_doors);
}

TEST(tidy_tree, is_pure_where_it_has_to_be) {
  expect_tidy(check_purity);
}

TEST(tidy_tree, loops_over_no_unordered_container) {
  std::map<std::string, const source_file*, std::less<>> by_stem;
  for (const auto& file : sources()) {
    if (file.header()) {
      by_stem[file.path().substr(0, file.path().rfind('.'))] = &file;
    }
  }
  for (const auto& file : sources()) {
    const auto header = by_stem.find(file.path().substr(0, file.path().rfind('.')));
    report(check_order(file, header == by_stem.end() ? nullptr : header->second));
  }
}

TEST(tidy_tree, keeps_the_house_shape) {
  expect_tidy(check_shape);
}

TEST(tidy_tree, names_no_machine) {
  expect_tidy(check_machine_paths);
  for (const auto& file : read_tree(root,
                                    {"cmake", "configs", "dashboards", "deploy", "docs", "protocol",
                                     "hal_sim", "cloud_sim", "actors", "fleet", "tests", ".ci"},
                                    {".md", ".cmake", ".txt", ".yaml", ".yml", ".json", ".csv",
                                     ".service", "Dockerfile", "run"})) {
    report(check_machine_paths(file));
  }
  for (const auto name : {"README.md", "CMakeLists.txt", "CMakePresets.json", "fleetw"}) {
    report(check_machine_paths(sample(name, read(root + "/" + name))));
  }
}

TEST(tidy_tree, has_no_dead_file) {
  const std::string commands = read(std::string{FLEET_BUILD_DIR} + "/compile_commands.json");
  ASSERT_FALSE(commands.empty());
  report(check_dead_files(sources(), commands, root));
}

TEST(tidy_tree, shows_only_metrics_that_somebody_exports) {
  report(check_metric_names(read_tree(root, {"fleet/metrics"}, {".hpp", ".cpp"}),
                            read_tree(root, {"dashboards"}, {".json", ".yml", ".yaml"})));
}

TEST(tidy_tree, explains_each_folder) {
  std::set<std::string> explained;
  for (const auto& readme :
       read_tree(root, {"protocol", "hal_sim", "cloud_sim", "actors", "fleet"}, {"README.md"})) {
    explained.emplace(readme.folder());
  }
  std::vector<source_file> production;
  std::copy_if(sources().begin(), sources().end(), std::back_inserter(production),
               [](const source_file& f) { return !f.under("tests/"); });
  report(check_readmes(production, explained));
}

TEST(tidy_tree, has_one_version) {
  const std::string options = read(root + "/fleet/options.hpp");
  const std::string cmake = read(root + "/CMakeLists.txt");
  constexpr std::string_view mark = "version = \"";
  const std::size_t at = options.find(mark);
  ASSERT_NE(at, std::string::npos);
  const std::size_t from = at + mark.size();
  const std::string version = options.substr(from, options.find('"', from) - from);
  EXPECT_NE(cmake.find("project(fleet VERSION " + version + " "), std::string::npos) << version;
}

TEST(source_text, loses_comments_and_literals_and_keeps_its_lines) {
  const auto file =
      sample("a.cpp", "int a; // rand()\n/* rand()\n */ auto b = \"rand()\\\"\"; char c = "
                      "'\\'';\nauto d = R\"x(rand()\")x\"; int e = 1'000; rand ();\n");
  EXPECT_EQ(file.code().size(), file.text().size());
  std::size_t count = 0;
  for (const auto& word : file.words()) {
    if (word.text == "rand") {
      ++count;
      EXPECT_EQ(word.line, 4U);
      EXPECT_EQ(word.next, '(');
    }
  }
  EXPECT_EQ(count, 1U);
}

TEST(layer_rule, lets_nobody_include_upwards_or_sideways) {
  EXPECT_TRUE(include_allowed("protocol/mqtt/a.cpp", "protocol/mqtt/b.hpp"));
  EXPECT_TRUE(include_allowed("protocol/mqtt/a.cpp", "protocol/base/time.hpp"));
  EXPECT_FALSE(include_allowed("protocol/mqtt/a.cpp", "protocol/alink/topic.hpp"));
  EXPECT_FALSE(include_allowed("protocol/base/a.cpp", "protocol/mqtt/types.hpp"));
  EXPECT_FALSE(include_allowed("protocol/mqtt/a.cpp", "hal_sim/world/home.hpp"));
  EXPECT_TRUE(include_allowed("hal_sim/board/a.cpp", "hal_sim/world/home.hpp"));
  EXPECT_TRUE(include_allowed("hal_sim/board/a.cpp", "protocol/base/time.hpp"));
  EXPECT_FALSE(include_allowed("hal_sim/board/a.cpp", "hal_sim/real_world/home.hpp"));
  EXPECT_TRUE(include_allowed("hal_sim/board/a.cpp", "hal_sim/flash/flash_chip.hpp"));
  EXPECT_FALSE(include_allowed("hal_sim/flash/a.cpp", "hal_sim/board/board.hpp"));
  EXPECT_FALSE(include_allowed("hal_sim/world/a.cpp", "protocol/mqtt/types.hpp"));
  EXPECT_FALSE(include_allowed("hal_sim/world/a.cpp", "actors/device/device.hpp"));
  EXPECT_TRUE(include_allowed("actors/device/a.cpp", "protocol/mqtt/client.hpp"));
  EXPECT_FALSE(include_allowed("actors/device/a.cpp", "cloud_sim/twin.hpp"));
  EXPECT_FALSE(include_allowed("cloud_sim/a.cpp", "actors/device/device.hpp"));
  EXPECT_FALSE(include_allowed("cloud_sim/a.cpp", "fleet/options.hpp"));
  EXPECT_TRUE(include_allowed("fleet/a.cpp", "cloud_sim/twin.hpp"));
  EXPECT_FALSE(include_allowed("fleet/a.cpp", "tests/support/a.hpp"));
  EXPECT_TRUE(include_allowed("tests/unit/a.cpp", "fleet/options.hpp"));
  EXPECT_FALSE(include_allowed("fleet/a.cpp", "options.hpp"));
  EXPECT_FALSE(include_allowed("fleet/a.cpp", "../fleet/options.hpp"));
}

TEST(door_rule, keeps_each_library_behind_its_door) {
  EXPECT_TRUE(header_allowed("hal_sim/world/home.hpp", "caf/execution_unit.hpp"));
  EXPECT_FALSE(header_allowed("hal_sim/world/timer.hpp", "caf/execution_unit.hpp"));
  EXPECT_FALSE(header_allowed("cloud_sim/twin.cpp", "caf/actor.hpp"));
  EXPECT_TRUE(header_allowed("protocol/tls/a.cpp", "openssl/ssl.h"));
  EXPECT_TRUE(header_allowed("protocol/base/hmac.cpp", "openssl/hmac.h"));
  EXPECT_FALSE(header_allowed("hal_sim/real_world/a.cpp", "openssl/ssl.h"));
  EXPECT_TRUE(header_allowed("protocol/base/json.cpp", "simdjson.h"));
  EXPECT_FALSE(header_allowed("actors/device/a.cpp", "simdjson.h"));
  EXPECT_TRUE(header_allowed("fleet/options/flag_set.cpp", "CLI/CLI.hpp"));
  EXPECT_FALSE(header_allowed("fleet/options.cpp", "CLI/CLI.hpp"));
  EXPECT_FALSE(header_allowed("protocol/base/a.cpp", "fmt/core.h"));
  EXPECT_FALSE(header_allowed("cloud_sim/a.cpp", "spdlog/spdlog.h"));
  EXPECT_FALSE(header_allowed("fleet/run/a.cpp", "prometheus/registry.h"));
  EXPECT_FALSE(header_allowed("fleet/run/a.cpp", "nlohmann/json.hpp"));
  EXPECT_TRUE(header_allowed("protocol/shadow/tree.hpp", "nlohmann/json.hpp"));
  EXPECT_TRUE(header_allowed("hal_sim/real_world/a.cpp", "sys/socket.h"));
  EXPECT_FALSE(header_allowed("hal_sim/virtual_world/a.cpp", "sys/socket.h"));
  EXPECT_FALSE(header_allowed("protocol/mqtt/a.cpp", "unistd.h"));
  EXPECT_FALSE(header_allowed("protocol/mqtt/a.cpp", "thread"));
  EXPECT_FALSE(header_allowed("actors/device/a.cpp", "mutex"));
  EXPECT_FALSE(header_allowed("protocol/mqtt/a.cpp", "iostream"));
  EXPECT_FALSE(header_allowed("protocol/mqtt/a.cpp", "some/library.h"));
  EXPECT_TRUE(header_allowed("protocol/mqtt/a.cpp", "vector"));
  EXPECT_TRUE(header_allowed("tests/unit/a.cpp", "some/library.h"));
}

TEST(purity_rule, finds_clocks_chance_sleep_exceptions_and_output) {
  EXPECT_FALSE(pure("protocol/a.cpp", "auto t = std::chrono::steady_clock::now();"));
  EXPECT_FALSE(pure("actors/a.cpp", "auto t = std::chrono::system_clock::now();"));
  EXPECT_TRUE(pure("hal_sim/real_world/a.cpp", "auto t = std::chrono::steady_clock::now();"));
  EXPECT_FALSE(pure("fleet/a.cpp", "int r = rand();"));
  EXPECT_TRUE(pure("fleet/a.cpp", "int rand = 5;"));
  EXPECT_FALSE(pure("protocol/a.cpp", "std::mt19937 generator;"));
  EXPECT_FALSE(pure("fleet/a.cpp", "std::uniform_int_distribution<int> d;"));
  EXPECT_FALSE(pure("actors/a.cpp", "self->delayed_send(self, 1s, tick);"));
  EXPECT_FALSE(pure("tests/unit/a.cpp", "std::this_thread::sleep_for(1s);"));
  EXPECT_FALSE(pure("tests/unit/a.cpp", "GTEST_SKIP();"));
  EXPECT_FALSE(pure("tests/unit/a.cpp", "TEST(a, DISABLED_b) {}"));
  EXPECT_FALSE(pure("protocol/a.cpp", "throw 1;"));
  EXPECT_FALSE(pure("cloud_sim/a.cpp", "try { f(); } catch (...) {}"));
  EXPECT_TRUE(pure("fleet/a.cpp", "try { f(); } catch (...) {}"));
  EXPECT_FALSE(pure("hal_sim/a.cpp", "std::cout << 1;"));
  EXPECT_TRUE(pure("protocol/a.cpp", "// throw, try, catch, rand() and sleep()\n"));
}

TEST(purity_rule, excuses_an_exception_of_supervision_that_says_why) {
  const std::string why = " // tidy: exception, a device that throws is restarted\n";
  EXPECT_TRUE(pure("actors/supervision/a.cpp", "try {" + why));
  EXPECT_FALSE(pure("actors/supervision/a.cpp", "try {\n"));
  EXPECT_FALSE(pure("actors/supervision/a.cpp", "rand();" + why));
  EXPECT_FALSE(pure("actors/device/a.cpp", "try {" + why));
}

TEST(order_rule, finds_a_loop_over_an_unordered_container) {
  const auto header =
      sample("protocol/a.hpp", "std::unordered_map<int, std::vector<int>> table_;\n");
  const auto source = sample("protocol/a.cpp", "for (const auto& [k, v] : table_) {\n");
  EXPECT_EQ(check_order(source, &header).size(), 1U);
  EXPECT_EQ(check_order(source, nullptr).size(), 0U);
  const auto told =
      sample("protocol/a.cpp", "for (auto& v : table_) { // tidy: any order, a sum\n");
  EXPECT_EQ(check_order(told, &header).size(), 0U);
  const auto ordered = sample("protocol/a.hpp", "std::map<int, int> table_;\n");
  EXPECT_EQ(check_order(source, &ordered).size(), 0U);
}

TEST(shape_rule, bounds_files_functions_and_lines) {
  EXPECT_TRUE(said(check_shape, "a.cpp", lines_of_code(600)).empty());
  EXPECT_EQ(said(check_shape, "a.cpp", lines_of_code(601)).size(), 1U);
  const std::string once = "// What it is.\n#pragma once\n";
  EXPECT_TRUE(said(check_shape, "a.hpp", once + std::string(198, '\n')).empty());
  EXPECT_EQ(said(check_shape, "a.hpp", once + std::string(199, '\n')).size(), 1U);
  const std::string head = "// What it is.\n";
  EXPECT_TRUE(said(check_shape, "a.cpp", head + "// " + std::string(97, 'a') + "\n").empty());
  EXPECT_EQ(said(check_shape, "a.cpp", head + "// " + std::string(98, 'a') + "\n").size(), 1U);
  EXPECT_TRUE(said(check_shape, "a.cpp", head + "// " + std::string(93, 'a') + "…\n").empty());
  EXPECT_TRUE(
      said(check_shape, "a.cpp", head + "void f() {\n" + std::string(68, '\n') + "}\n").empty());
  EXPECT_EQ(
      said(check_shape, "a.cpp", head + "void f() {\n" + std::string(69, '\n') + "}\n").size(), 1U);
}

TEST(shape_rule, wants_an_opening_comment_pragma_once_and_no_leftovers) {
  EXPECT_EQ(said(check_shape, "a.cpp", "int a;\n").size(), 1U);
  EXPECT_EQ(said(check_shape, "a.hpp", "// What it is.\nint a;\n"),
            (std::vector<std::string>{"a header without #pragma once"}));
  EXPECT_EQ(said(check_shape, "a.cpp",
                 "// What it is. TO"
                 "DO: more\n")
                .size(),
            1U);
  EXPECT_TRUE(said(check_shape, "a.cpp",
                   "// What it is: METO"
                   "DOS\n")
                  .empty());
  EXPECT_EQ(said(check_shape, "a.cpp", "// What it is.\n\tint a;\n").size(), 1U);
  EXPECT_EQ(said(check_shape, "a.cpp", "// What it is.\nint a; \n").size(), 1U);
  EXPECT_EQ(said(check_shape, "a.cpp", "// What it is.").size(), 1U);
}

TEST(machine_path_rule, finds_a_path_of_somebodys_machine) {
  EXPECT_EQ(said(check_machine_paths, "a.md",
                 "see /ho"
                 "me/me/notes\n")
                .size(),
            1U);
  EXPECT_EQ(said(check_machine_paths, "a.md",
                 "cp x /ro"
                 "ot/\n")
                .size(),
            1U);
  EXPECT_TRUE(said(check_machine_paths, "a.md",
                   "see docs/ho"
                   "me/notes\n")
                  .empty());
}

TEST(dead_file_rule, finds_what_nobody_builds_or_includes) {
  const std::vector<source_file> files{
      sample("protocol/a.cpp", "#include \"protocol/a.hpp\"\n"),
      sample("protocol/a.hpp", ""),
      sample("protocol/dead.cpp", "#include \"protocol/dead.hpp\"\n"),
      sample("protocol/alone.hpp", "#include \"protocol/alone.hpp\"\n"),
      sample("protocol/dead.hpp", ""),
      sample("tests/fuzz/a_fuzz.cpp", ""),
      sample("tests/fuzz/other.cpp", "")};
  const auto found = check_dead_files(
      files, R"([{"file": "/top/protocol/a.cpp"}, {"file": "/else/x.cpp"}])", "/top");
  std::vector<std::string> paths;
  for (const auto& f : found) {
    paths.push_back(f.path);
  }
  EXPECT_EQ(paths, (std::vector<std::string>{"protocol/dead.cpp", "protocol/alone.hpp",
                                             "tests/fuzz/other.cpp"}));
}

TEST(metric_rule, finds_a_name_that_nobody_exports) {
  const std::vector<source_file> exporters{sample(
      "fleet/metrics/a.hpp", "\"fleet_devices\", \"fleet_ack_seconds\", \"fleet_odd_count\"")};
  const auto found = [&](std::string text) {
    return check_metric_names(exporters, {sample("dashboards/a.json", std::move(text))}).size();
  };
  EXPECT_EQ(found("rate(fleet_devices[1m]) + fleet_odd_count"), 0U);
  EXPECT_EQ(found("fleet_ack_seconds_bucket / fleet_ack_seconds_count"), 0U);
  EXPECT_EQ(found("fleet_devcies"), 1U);
  EXPECT_EQ(found("fleet_devices_total fleet_gone_bucket"), 2U);
  EXPECT_EQ(found("my_fleet_word"), 0U);
}

TEST(readme_rule, finds_a_folder_without_one) {
  EXPECT_EQ(check_readmes({sample("a/b.cpp", "")}, {"a/"}).size(), 0U);
  EXPECT_EQ(check_readmes({sample("a/c/b.cpp", "")}, {"a/"}).size(), 1U);
}

} // namespace fleet::tidy
