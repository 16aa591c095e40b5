// Faults of boards that stay on: clocks that jump and drift, memory that runs out, stores that
// spoil. Measured in what devices report and in what the boards say of themselves.
#include "tests/sim/faults/fault_fleet.hpp"
#include "tests/unit/actors/scripted_cloud.hpp"
#include "tests/unit/actors/thing_rig.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using actors::outcome;
using actors::skip;
using faults::effect;
using support::fault_fleet;
using support::fault_of;

/// One device that reports events with their time to a cloud played by hand.
struct timed {
  timed() {
    peer = cloud.door.door->at();
    fleet.start(10s);
  }
  ~timed() { fleet.stop(); }
  /// What the last report's time is ahead of the true one when it was made, in milliseconds.
  [[nodiscard]] std::int64_t ahead() const {
    const auto payload = cloud.last_on("event/Error/post");
    const auto at = payload.rfind("\"time\":");
    EXPECT_NE(at, std::string::npos) << payload;
    return std::stoll(payload.substr(at + 7)) - said_at;
  }

  hal::address peer;
  fault_fleet fleet{{.devices = 1, .product = [this](auto& p) {
                       p.features.model = actors::test::lamp_model();
                       p.features.reports.push_back({actors::report_kind::event, {}, 10s, {}, {}});
                       p.peer = peer;
                     }}};
  actors::test::scripted_cloud cloud{fleet.world.home()};
  std::int64_t said_at = 0;
};

TEST(clock_jump, is_in_what_the_device_reports_and_stays) {
  timed t;
  t.cloud.when_said = [&t](const auto& h) {
    if (h.topic.ends_with("event/Error/post")) {
      t.said_at = t.fleet.world.home().wall_ms();
    }
  };
  t.fleet.run(30s);
  EXPECT_NEAR(static_cast<double>(t.ahead()), 0, 50) << "it is as right as the way is short";
  auto fault = fault_of(effect::clock_jump);
  fault.by = -2h;
  t.fleet.add(fault);
  t.fleet.run(20s);
  EXPECT_NEAR(static_cast<double>(t.ahead()), -7'200'000, 50);
  t.fleet.run(10min);
  EXPECT_NEAR(static_cast<double>(t.ahead()), -7'200'000, 50) << "nobody put it right";
  EXPECT_EQ(t.fleet.mark("clock_jump").strikes, 1U);
  EXPECT_EQ(t.fleet.slot(0).board.boots(), 1U);
}

TEST(clock_drift, grows_while_it_lasts_and_leaves_what_it_made) {
  timed t;
  t.cloud.when_said = [&t](const auto& h) {
    if (h.topic.ends_with("event/Error/post")) {
      t.said_at = t.fleet.world.home().wall_ms();
    }
  };
  auto fault = fault_of(effect::clock_drift, 0s, 1000s);
  fault.drift_ppm = 2000;
  t.fleet.add(fault);
  t.fleet.run(500s);
  EXPECT_NEAR(static_cast<double>(t.ahead()), 1000, 80) << "two thousandths of 500 s";
  auto second = fault_of(effect::clock_drift, 0s, 100s);
  second.name = "back";
  second.drift_ppm = -2000;
  t.fleet.add(second);
  EXPECT_EQ(t.fleet.slot(0).board.clock.drift_ppb(), 0) << "they add up";
  t.fleet.run(1000s);
  EXPECT_NEAR(static_cast<double>(t.ahead()), 1800, 80);
  EXPECT_EQ(t.fleet.slot(0).board.clock.drift_ppb(), 0);
}

TEST(clock_jump, is_put_right_by_the_cloud_where_devices_ask_for_the_time) {
  fault_fleet f{{.devices = 3, .product = [](auto& p) { p.features.ntp_interval = 60s; }}};
  f.start(70s);
  auto& clock = f.slot(1).board.clock;
  ASSERT_LT(std::abs(clock.offset_ms(f.world.now())), 100);
  f.add(fault_of(effect::clock_jump));
  EXPECT_GT(clock.offset_ms(f.world.now()), 3'500'000);
  f.run(61s);
  EXPECT_LT(std::abs(clock.offset_ms(f.world.now())), 100) << "within one interval";
  auto drift = fault_of(effect::clock_drift, 0s, 1h);
  drift.drift_ppm = 100'000;
  f.add(drift);
  for (int i = 0; i < 20; ++i) {
    f.run(37s);
    EXPECT_LT(std::abs(clock.offset_ms(f.world.now())), 6'200) << "a tenth of an interval at most";
  }
}

TEST(memory_exhaustion, lets_no_report_out_while_it_lasts) {
  fault_fleet f{{.devices = 5}};
  f.start(5s);
  auto fault = fault_of(effect::memory_exhaustion, 0s, 60s);
  fault.size = 64;
  fault.select.among = {{0, 2}};
  f.add(fault);
  f.run(1s); // what was on its way
  const auto before = f.slot(0).uplink.attempted();
  const auto others = f.slot(4).uplink.attempted();
  EXPECT_EQ(f.slot(0).board.memory.room(), 64U);
  f.run(50s);
  EXPECT_EQ(f.slot(0).uplink.attempted(), before);
  EXPECT_GE(f.slot(4).uplink.attempted(), others + 49);
  EXPECT_EQ(f.online(), 5U) << "its buffers were taken at the boot";
  EXPECT_GE(f.sum([](const auto& m) {
    return m.skipped_for(skip::too_large) + m.skipped_for(skip::memory);
  }),
            3U * 49);
  f.run(30s);
  EXPECT_GE(f.slot(0).uplink.attempted(), before + 15);
  EXPECT_EQ(f.slot(0).board.memory.limit(), f.product.ram_bytes);
  f.quiet();
  f.expect_nothing_lost();
}

TEST(memory_exhaustion, keeps_a_board_that_boots_meanwhile_from_having_its_receive_buffer) {
  fault_fleet f{{.devices = 1}};
  f.start(5s);
  f.add(fault_of(effect::memory_exhaustion, 0s, 60s));
  auto loop = fault_of(effect::reboot_loop, 1s, 1s);
  loop.every = 10s;
  f.add(loop);
  f.run(50s);
  EXPECT_EQ(f.slot(0).board.boots(), 2U);
  EXPECT_EQ(f.online(), 0U);
  const auto& trouble = f.shards[0]->troubles[static_cast<std::size_t>(outcome::exhausted)];
  EXPECT_GE(trouble.count, 2U);
  EXPECT_THAT(trouble.example_detail, testing::HasSubstr("receive buffer"));
  f.run(70s);
  EXPECT_EQ(f.online(), 1U);
  f.quiet();
  f.expect_nothing_lost();
}

/// The generated names without their secrets: what is burnt into devices that register.
class names_only final : public alink::credential_source {
public:
  [[nodiscard]] std::uint32_t count() const noexcept override { return of_.count(); }
  [[nodiscard]] alink::identity at(std::uint32_t index) const override {
    auto who = of_.at(index);
    who.device_secret.clear();
    return who;
  }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override {
    return of_.find(product_key, device_name);
  }

private:
  alink::generated_credentials of_;
};

/// Devices that fetch their secrets from the twin and keep them.
struct registering : fault_fleet {
  registering()
      : fault_fleet({.devices = 2,
                     .product =
                         [this](auto& p) {
                           p.registration.by = actors::registration_way::mqtt;
                           p.registration.product_secret = "PsAbCdEfGhIjKlMn";
                           p.peer = at[1];
                           p.security = &security;
                         },
                     .credentials = std::make_shared<names_only>()}) {}
};

TEST(kv_corruption, makes_a_device_lose_its_secret_and_be_told_so) {
  registering f;
  f.start(5s);
  ASSERT_EQ(f.online(), 2U);
  auto fault = fault_of(effect::kv_corruption);
  fault.select.among = {{0, 0}};
  const auto boots = f.slot(0).board.boots();
  f.add(fault);
  EXPECT_EQ(f.mark("kv_corruption").strikes, 1U);
  f.run(5s);
  EXPECT_EQ(f.online(), 2U) << "it has its secret in memory yet";
  EXPECT_EQ(f.slot(0).board.boots(), boots) << "the count is ours";
  auto loop = fault_of(effect::reboot_loop, 0s, 5s);
  f.add(loop);
  f.run(30s);
  EXPECT_EQ(f.online(), 1U);
  const auto& told =
      f.shards[0]->troubles[static_cast<std::size_t>(outcome::refused_authorization)];
  EXPECT_GE(told.count, 1U);
  EXPECT_EQ(told.example_device, 0U);
  const auto up = f.uplink();
  EXPECT_EQ(up.lost + up.unexpected + up.corrupted, 0U) << "no tag came twice";
}

TEST(kv_corruption, of_a_shadow_is_put_right_and_no_tag_repeats) {
  fault_fleet f{{.devices = 10, .product = [](auto& p) {
                   p.features.model = actors::test::lamp_model();
                   p.features.shadow = true;
                   p.features.reports.push_back({actors::report_kind::properties, {}, 1s, {}, {}});
                   p.features.reports.push_back({actors::report_kind::shadow, {}, 2s, {}, {}});
                 }}};
  f.start(20s);
  auto fault = fault_of(effect::kv_corruption);
  fault.every = 30s;
  fault.span = 130s;
  f.add(fault);
  auto loop = fault_of(effect::reboot_loop, 10s, 120s);
  loop.every = 20s;
  f.add(loop);
  f.run(200s);
  EXPECT_EQ(f.mark("kv_corruption").strikes, 5U * 10);
  EXPECT_EQ(f.online(), 10U);
  const auto updates = [&f] {
    return f.sum([](const actors::meters& m) { return m.shadow_updates.load(); });
  };
  const auto before = updates();
  f.run(60s);
  EXPECT_GE(updates(), before + 10 * 20) << "their shadows are taken again";
  f.quiet();
  f.expect_nothing_lost();
}

TEST(full_flash, lets_no_device_keep_its_secret_until_it_is_over) {
  registering f;
  f.build();
  f.add(fault_of(effect::full_flash, 0s, 30s));
  f.tell(actors::run_devices{});
  f.run(20s);
  EXPECT_EQ(f.online(), 0U);
  const auto& told = f.shards[0]->troubles[static_cast<std::size_t>(outcome::exhausted)];
  EXPECT_GE(told.count, 2U);
  EXPECT_THAT(told.example_detail, testing::HasSubstr("no room"));
  EXPECT_EQ(f.slot(0).board.boots(), 1U) << "counted all the same";
  f.run(60s);
  EXPECT_EQ(f.online(), 2U);
  f.quiet();
  f.expect_nothing_lost();
}

} // namespace
} // namespace fleet
