// Two hundred devices with firmware, as actors, before a twin in the virtual world: all take a new
// image from a server that breaks off now and then, some lose their power in the middle of it. No
// campaign: offers are made from the console.
#include <atomic>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include "actors/device/device_extras.hpp"
#include "actors/device/speech_scratch.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "actors/supervision/fleet_supervisor.hpp"
#include "cloud_sim/twin.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/alink/ota_messages.hpp"
#include "tests/support/file_server.hpp"
#include "tests/support/flash_rig.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t devices = 200;
constexpr std::uint32_t image_bytes = 64 * 1024;

struct quiet_config : caf::actor_system_config {
  quiet_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

class updated_fleet {
public:
  updated_fleet() {
    world_.home().attach(system_);
    cloud::twin_options o;
    o.credentials = credentials_.get();
    o.listeners.push_back({hal::parse_address("127.0.0.1:1883").value(), nullptr});
    twin_ = std::make_unique<cloud::twin>(std::move(o));
    product_.peer = twin_->start(world_.home()).value().front();
    product_.speech = &speech_;
    product_.seed = 5;
    product_.fetch.http_too = true;
    auto& f = product_.firmware.emplace();
    f.version = "1.0";
    f.image_bytes = image_bytes;
    f.image_seed = 7;
    f.flash.blocks = 2 + 2 * image_bytes / f.flash.block_bytes;
    f.updater.keep_every = 8192;
    f.updater.percent_step = 10;
    products_.add(devices, product_);
    server.body = hal::image_of(2, image_bytes);
    actors::shard_options s;
    s.count = devices;
    s.ramp_per_second = 1000;
    shard_ = std::make_unique<actors::shard>(world_.home(), products_, s, scratch_);
    root_ = actors::spawn_fleet(system_, {shard_.get()}, ended_);
    caf::anon_send(root_, actors::run_devices{});
    world_.run_for(3s);
  }
  ~updated_fleet() { stop(); }

  void stop() {
    if (root_) {
      caf::anon_send(root_, actors::stop_devices{1s});
      world_.run_for(10s);
      root_ = nullptr;
      twin_->stop();
      world_.run_for(1s);
    }
  }
  /// To all that do not run it.
  void offer(std::string_view version) {
    const auto digest = digest_of(content_digest::md5, server.body).hex();
    for (std::uint32_t i = 0; i < devices; ++i) {
      if (running(i) == version) {
        continue;
      }
      byte_buffer out;
      alink::append_upgrade(out, i + 1,
                            {.version = version,
                             .size = image_bytes,
                             .method = content_digest::md5,
                             .sign = digest,
                             .url = "http://127.0.0.1:8080/fw"});
      const auto who = credentials_->at(i);
      const std::string topic = "/ota/device/upgrade/" + who.product_key + "/" + who.device_name;
      (void)twin_->console()->publish(topic, out.view(), mqtt::qos::at_least_once);
    }
  }
  void run(duration span) { world_.run_for(span); }
  void crash(std::uint32_t i) { caf::anon_send(root_, actors::crash_device{i}); }
  [[nodiscard]] hal::board_flash& flash(std::uint32_t i) { return *shard_->slots[i].board.flash; }
  [[nodiscard]] std::string_view running(std::uint32_t i) {
    return flash(i).running.image.version();
  }
  [[nodiscard]] std::uint32_t running(std::string_view version) {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < devices; ++i) {
      count += running(i) == version ? 1 : 0;
    }
    return count;
  }
  [[nodiscard]] const actors::meters& counts() const { return shard_->counts; }
  [[nodiscard]] std::uint64_t online() const {
    return counts().in_phase[static_cast<std::size_t>(actors::phase::online)].load();
  }
  [[nodiscard]] std::size_t stock_bytes() const { return shard_->stock.memory_bytes(); }
  [[nodiscard]] std::size_t slot_flash_bytes() {
    std::size_t most = 0;
    for (std::uint32_t i = 0; i < devices; ++i) {
      most = std::max(most, flash(i).memory_bytes());
    }
    return most;
  }

private:
  hal::virtual_world world_;

public:
  support::file_server server{world_.home(), 8080};

private:
  quiet_config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<alink::credential_source> credentials_ =
      std::make_shared<alink::generated_credentials>();
  actors::vendor_dialect speech_{actors::vendor_options{}, credentials_};
  std::unique_ptr<cloud::twin> twin_;
  actors::product_settings product_;
  actors::product_map products_;
  actors::speech_scratch scratch_;
  std::unique_ptr<actors::shard> shard_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
};

TEST(firmware_fleet, takes_a_new_image_and_holds_one_copy_of_each) {
  updated_fleet fleet;
  ASSERT_EQ(fleet.online(), devices);
  ASSERT_EQ(fleet.running("1.0"), devices);
  EXPECT_LT(fleet.stock_bytes(), image_bytes + 64 * 1024);
  fleet.offer("2.0");
  fleet.run(60s);
  EXPECT_EQ(fleet.running("2.0"), devices);
  EXPECT_EQ(fleet.online(), devices);
  const auto& c = fleet.counts();
  EXPECT_EQ(c.update_results[static_cast<std::size_t>(actors::update_result::succeeded)].load(),
            devices);
  EXPECT_EQ(c.firmware_octets.load(), std::uint64_t{devices} * image_bytes);
  EXPECT_EQ(c.firmware_reboots.load(), devices);
  EXPECT_EQ(c.restarts.load(), 0U) << "a reset is no crash";
  EXPECT_LT(fleet.stock_bytes(), 2 * image_bytes + 128 * 1024);
  EXPECT_LT(fleet.slot_flash_bytes(), 1024U);
  fleet.stop();
  EXPECT_EQ(c.in_update[0].load(), 0U) << "the gauge is empty when they are gone";
}

TEST(firmware_fleet, gets_there_through_power_losses_crashes_and_broken_downloads) {
  updated_fleet fleet;
  ASSERT_EQ(fleet.online(), devices);
  random_stream chance{1, 0, "faults"};
  for (std::uint32_t i = 0; i < devices; i += 4) {
    fleet.flash(i).chip.plan_cut(hal::power_cut{.operation = chance.below(280), .permille = 500});
  }
  fleet.server.breaks = 60;
  fleet.server.breaks_after = 20'000;
  fleet.offer("2.0");
  for (std::uint32_t i = 1; i < devices; i += 10) {
    fleet.crash(i);
  }
  for (int round = 0; round < 6 && fleet.running("2.0") < devices; ++round) {
    fleet.run(60s);
    fleet.offer("2.0"); // as a platform does when they report the old one
  }
  fleet.run(60s);
  EXPECT_EQ(fleet.running("2.0"), devices);
  EXPECT_EQ(fleet.online(), devices);
  EXPECT_EQ(fleet.counts().firmware_power_losses.load(), devices / 4);
  EXPECT_EQ(fleet.counts().restarts.load(), devices / 10);
  const auto& results = fleet.counts().update_results;
  EXPECT_EQ(results[static_cast<std::size_t>(actors::update_result::succeeded)].load(), devices);
  EXPECT_EQ(results[static_cast<std::size_t>(actors::update_result::fell_back)].load(), 0U);
  for (std::uint32_t i = 0; i < devices; ++i) {
    const auto slot = fleet.flash(i).running.slot;
    ASSERT_TRUE(
        hal::verify_slot(fleet.flash(i).chip, slot, fleet.flash(i).loader.record()->slots[slot]));
  }
}

} // namespace
} // namespace fleet
