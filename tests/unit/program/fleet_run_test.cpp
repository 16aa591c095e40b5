// A run as a whole where it never comes to devices: what it leaves behind.
#include "fleet/run/fleet_run.hpp"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "fleet/run/machine.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {
namespace {

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

TEST(fleet_run, that_is_interrupted_while_its_target_is_looked_up_says_so_in_its_report) {
  for (const int number : {SIGINT, SIGTERM}) {
    const stop_signals signals; // blocks them, so that the signal waits for the run
    const support::temp_folder folder;
    run_options o;
    o.devices = 3;
    o.seed = 77;
    o.quiet = true;
    o.target = {text::scheme::mqtt, "localhost", 1883};
    o.json_file = folder / "run.json";
    ASSERT_EQ(::kill(::getpid(), number), 0);
    EXPECT_EQ(execute_run(o, "fleet run --seed 77"), exit_code::interrupted);
    const auto json = text_of(o.json_file);
    for (const auto* part :
         {R"("interrupted": true)", R"("verdict": "failed")", R"("seed": 77)",
          R"("target": "mqtt://localhost:1883")", R"("requested": 3)", R"("online_max": 0)",
          "interrupted while the name localhost was looked up: nothing was started"}) {
      EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
    }
  }
}

TEST(fleet_run, that_cannot_begin_for_another_reason_leaves_no_report) {
  const support::temp_folder folder;
  run_options o;
  o.devices = 3;
  o.quiet = true;
  o.json_file = folder / "run.json";
  o.credentials_file = folder / "nothing.csv";
  EXPECT_EQ(execute_run(o, "fleet run"), exit_code::wrong_usage);
  EXPECT_EQ(text_of(o.json_file), "");
}

} // namespace
} // namespace fleet::program
