// The figures that the live page shows: one JSON object, whatever the run has.
#include "fleet/run/live_source.hpp"

#include <fstream>
#include <sstream>

#include <sys/stat.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fleet/run/private_file.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {
namespace {

class live_rig {
public:
  live_rig() {
    told.identity = {{"scenario", "a \"quoted\" </script> day"},
                     {"seed", "7"},
                     {"target", "the embedded twin"},
                     {"world", "real"}};
    run_state now;
    now.stage = "ramp 1/2";
    now.elapsed_s = 12.5;
    now.duration_s = 60;
    now.wanted = 3;
    now.recovered = {{"latency", 1.5}};
    told.board.put(now);
  }
  [[nodiscard]] sampled_run run() const {
    return {shards, products, far, traffic, rollouts, faults, 5, 0, &told, nullptr};
  }
  void look(double at_s) {
    report::series_look look;
    look.at_s = at_s;
    look.state.wanted = 3;
    told.course.add(look, {});
  }

  std::vector<actors::shard*> shards;
  std::vector<sampled_product> products{{"lamp", "linkdevelop", "mqtt", "plain"}};
  far_sides far;
  std::vector<std::unique_ptr<traffic_flow>> traffic;
  std::vector<std::unique_ptr<rollout_flow>> rollouts;
  fault_desk faults;
  run_told told;
};

TEST(live_source, is_not_ready_while_the_run_is_put_together) {
  live_source source{[]() -> std::optional<sampled_run> { return std::nullopt; }, true};
  EXPECT_EQ(source.read(0, 1), "{\"ready\":false}\n");
}

TEST(live_source, tells_the_run_and_what_its_director_told) {
  live_rig rig;
  rig.look(1);
  rig.told.course.tell(11, "fault latency: over");
  live_source source{[&rig] { return std::optional{rig.run()}; }, true};
  const auto json = nlohmann::json::parse(source.read(0, 1));
  EXPECT_TRUE(json["ready"]);
  EXPECT_TRUE(json["orders"]);
  EXPECT_EQ(json["run"]["scenario"], "a \"quoted\" </script> day");
  EXPECT_EQ(json["run"]["stage"], "ramp 1/2");
  EXPECT_EQ(json["run"]["elapsed_s"], 12.5);
  EXPECT_EQ(json["run"]["products"][0]["protocol"], "mqtt");
  EXPECT_EQ(json["devices"]["requested"], 5);
  EXPECT_EQ(json["devices"]["wanted"], 3);
  EXPECT_EQ(json["devices"]["phases"]["online"], 0);
  EXPECT_EQ(json["latency"]["publish_ack"]["recent"]["count"], 0);
  EXPECT_TRUE(json["ledger"]["arrived"].is_null()) << "nobody keeps the far side";
  EXPECT_TRUE(json["ledger"]["not_arrived"].is_null());
  EXPECT_EQ(json["recovered"]["latency"], 1.5);
  EXPECT_EQ(json["news"][0]["text"], "fault latency: over");
  EXPECT_EQ(json["limit"]["who"], "unknown");
}

TEST(live_source, gives_rows_as_wide_as_its_columns_from_the_one_that_is_asked_for) {
  live_rig rig;
  for (int i = 1; i <= 4; ++i) {
    rig.look(i);
  }
  live_source source{[&rig] { return std::optional{rig.run()}; }, false};
  const auto all = nlohmann::json::parse(source.read(0, 1))["series"];
  EXPECT_EQ(all["first"], 0);
  EXPECT_EQ(all["next"], 4);
  ASSERT_EQ(all["rows"].size(), 4U);
  EXPECT_EQ(all["rows"][0].size(), all["columns"].size());
  EXPECT_EQ(all["columns"][0], "at_s");
  const auto more = nlohmann::json::parse(source.read(3, 1))["series"];
  EXPECT_EQ(more["rows"].size(), 1U);
  EXPECT_EQ(more["begin_s"], 3);
}

TEST(live_source, reads_the_meters_twice_a_second_however_many_ask) {
  live_rig rig;
  live_source source{[&rig] { return std::optional{rig.run()}; }, false};
  const auto stage = [&source](double now_s) {
    return nlohmann::json::parse(source.read(0, now_s))["run"]["stage"];
  };
  EXPECT_EQ(stage(100), "ramp 1/2");
  run_state later;
  later.stage = "steady";
  rig.told.board.put(later);
  rig.look(1);
  EXPECT_EQ(stage(100.4), "ramp 1/2");
  EXPECT_EQ(nlohmann::json::parse(source.read(0, 100.4))["series"]["rows"].size(), 1U)
      << "rows cost nothing";
  EXPECT_EQ(stage(100.5), "steady");
}

TEST(private_file, is_for_its_user_alone_and_gone_with_the_run) {
  const support::temp_folder folder;
  const std::string path = folder / "run.page";
  {
    const auto file = private_file::write(path, "secret\n");
    ASSERT_TRUE(file);
    struct stat seen {};
    ASSERT_EQ(::stat(path.c_str(), &seen), 0);
    EXPECT_EQ(seen.st_mode & 0777U, 0600U);
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    EXPECT_EQ(text.str(), "secret\n");
  }
  struct stat seen {};
  EXPECT_NE(::stat(path.c_str(), &seen), 0);
  EXPECT_FALSE(private_file::write(folder / "no/such/folder", "x"));
}

} // namespace
} // namespace fleet::program
