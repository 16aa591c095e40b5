// A rollout of a scenario against a console by hand: when it begins, and what it says of one that
// never did.
#include "fleet/run/rollout_flow.hpp"

#include <gtest/gtest.h>

#include "hal_sim/virtual_world/virtual_world.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;

/// One firmware, ready from a moment on, and one campaign of it.
class slow_console final : public cloud::firmware_operations {
public:
  slow_console(const hal::virtual_world& world, duration until_ready)
      : world_(world), ready_at_(later(world.now(), until_ready)) {}

  firmware_result add_firmware(const cloud::firmware_order& what) override {
    orders.push_back(what);
    return firmware(1);
  }
  firmware_result put_content(std::uint32_t id, std::uint64_t, bytes_view) override {
    return firmware(id);
  }
  [[nodiscard]] std::vector<cloud::firmware_view> firmwares() const override { return {}; }
  [[nodiscard]] firmware_result firmware(std::uint32_t id) const override {
    cloud::firmware_view out;
    out.id = id;
    out.ready = world_.now() >= ready_at_;
    return out;
  }
  cloud::operation_result delete_firmware(std::uint32_t) override { return std::string{"{}"}; }
  campaign_result add_campaign(const cloud::campaign_order& what) override {
    campaigns_asked.push_back(what);
    if (world_.now() < ready_at_) {
      return fail(cloud::operation_failure{cloud::operation_error::refused, "not whole yet"});
    }
    return campaign(1);
  }
  [[nodiscard]] std::vector<cloud::campaign_view> campaigns() const override { return {}; }
  [[nodiscard]] campaign_result campaign(std::uint32_t id) const override {
    cloud::campaign_view out;
    out.id = id;
    out.sums.state = cloud::campaign_state::finished;
    return out;
  }
  [[nodiscard]] result<std::vector<cloud::campaign_device_view>, cloud::operation_failure>
  campaign_devices(std::uint32_t, std::optional<cloud::rollout_state>, std::uint32_t,
                   std::uint32_t) const override {
    return std::vector<cloud::campaign_device_view>{};
  }
  campaign_result change_campaign(std::uint32_t id, cloud::campaign_change) override {
    return campaign(id);
  }
  cloud::operation_result delete_campaign(std::uint32_t) override { return std::string{"{}"}; }

  std::vector<cloud::firmware_order> orders;
  std::vector<cloud::campaign_order> campaigns_asked;

private:
  const hal::virtual_world& world_;
  time_point ready_at_;
};

struct rollout_begin : testing::Test {
  report::rollout_fact run(duration until_ready, duration span) {
    console.emplace(world, until_ready);
    rollout_flow flow{world.home(), *console, planned, product};
    flow.start(7);
    world.run_for(span);
    flow.stop();
    return flow.fact();
  }

  hal::virtual_world world;
  rollout_plan planned;
  product_plan product;
  std::optional<slow_console> console;
};

TEST_F(rollout_begin, begins_at_once_when_its_image_is_ready_at_once) {
  const auto fact = run(0s, 100ms);
  EXPECT_TRUE(fact.began);
  EXPECT_EQ(fact.trouble, "");
  EXPECT_EQ(fact.state, "finished");
}

TEST_F(rollout_begin, waits_for_the_digests_of_a_large_image) {
  const auto fact = run(3s, 10s);
  EXPECT_TRUE(fact.began) << fact.trouble;
  EXPECT_EQ(fact.state, "finished");
  EXPECT_EQ(console->orders.size(), 1U) << "one image";
  EXPECT_EQ(console->campaigns_asked.size(), 1U);
}

TEST_F(rollout_begin, says_so_when_the_run_ends_before_that) {
  const auto fact = run(1h, 10s);
  EXPECT_FALSE(fact.began);
  EXPECT_EQ(fact.trouble, "the run ended before the twin had its image's digests");
  EXPECT_TRUE(console->campaigns_asked.empty());
}

} // namespace
} // namespace fleet::program
