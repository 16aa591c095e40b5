// Devices with firmware, as actors, before a twin with its firmware server and its campaigns, all
// in the virtual world. What becomes of a rollout is read on both sides.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include "actors/device/speech_scratch.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "actors/supervision/fleet_supervisor.hpp"
#include "cloud_sim/twin.hpp"
#include "cloud_sim/web/firmware_desk.hpp"
#include "cloud_sim/web/service.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::support {

class campaign_fleet {
public:
  static constexpr std::uint32_t image_bytes = 64 * 1024; ///< old and new

  /// With `each` above 0 so many octets a second go to a device.
  explicit campaign_fleet(std::uint32_t count, std::uint32_t each = 0)
      : count_(count), each_(each) {
    using namespace std::chrono_literals;
    world_.home().attach(system_);
    live();
    product_.speech = &speech_;
    product_.seed = 5;
    product_.fetch.security = &tls_;
    auto& f = product_.firmware.emplace();
    f.version = "1.0";
    f.image_bytes = image_bytes;
    f.image_seed = 7;
    f.flash.blocks = 2 + 2 * image_bytes / f.flash.block_bytes;
    f.updater.keep_every = 8192;
    f.updater.percent_step = 10;
    f.updater.attempts_max = 3;
    f.updater.stall = 10s;
    products_.add(count, product_);
    actors::shard_options s;
    s.count = count;
    s.ramp_per_second = 1000;
    shard_ = std::make_unique<actors::shard>(world_.home(), products_, s, scratch_);
    root_ = actors::spawn_fleet(system_, {shard_.get()}, ended_);
    caf::anon_send(root_, actors::run_devices{});
    world_.run_for(3s);
  }
  ~campaign_fleet() {
    using namespace std::chrono_literals;
    caf::anon_send(root_, actors::stop_devices{1s});
    world_.run_for(10s);
    root_ = nullptr;
    service_->stop();
    twin->stop();
    world_.run_for(1s);
    die(); // before its world
  }
  campaign_fleet(const campaign_fleet&) = delete;
  campaign_fleet& operator=(const campaign_fleet&) = delete;

  /// The twin ends as kill -9 would end it, firmware server and all.
  void die() {
    service_.reset();
    desk_.reset();
    twin.reset();
  }
  /// Another comes up on the same directory.
  void live() {
    auto kept = cloud::store::open(folder_ / "data");
    FLEET_CHECK(kept.ok());
    cloud::twin_options o;
    o.credentials = credentials_.get();
    o.store = std::make_shared<cloud::store>(std::move(kept).value());
    o.logon_key = "a key of sixteen";
    o.platform.firmware.pace.each = each_;
    o.listeners.push_back({hal::parse_address("127.0.0.1:1883").value(), nullptr});
    twin = std::make_unique<cloud::twin>(std::move(o));
    product_.peer = twin->start(world_.home()).value().front();
    constexpr cloud::rate_rules unbounded{.per_second = 1'000'000, .burst = 1'000'000};
    desk_ =
        std::make_unique<cloud::firmware_desk>(world_.home(), *twin->firmware_files(), unbounded);
    service_ = std::make_unique<cloud::web_service>(world_.home(), *desk_, limits_);
    const auto door =
        service_->listen({.at = hal::parse_address("127.0.0.1:8443").value(), .security = &tls_});
    EXPECT_TRUE(door.ok());
    twin->serve_firmware_at("https://127.0.0.1:8443" + std::string{cloud::firmware_path});
  }
  void run_for(duration span) { world_.run_for(span); }
  /// As the director says it.
  template <class Order>
  void tell(const Order& order) {
    caf::anon_send(root_, order);
  }
  [[nodiscard]] actors::shard& part() { return *shard_; }

  /// Adds version "2.0" with something wrong or not, and rolls it out.
  void roll_out(const cloud::campaign_rules& rules,
                cloud::firmware_fault fault = cloud::firmware_fault::none,
                std::uint16_t status = 404) {
    cloud::firmware_order what;
    what.product_key = credentials_->at(0).product_key;
    what.version = "2.0";
    what.size = image_bytes;
    what.generate = 8;
    what.fault = fault;
    what.status = status;
    const auto made = twin->firmware()->add_firmware(what);
    ASSERT_TRUE(made.ok()) << made.error().detail;
    cloud::campaign_order order;
    order.firmware = made.value().id;
    order.rules = rules;
    const auto started = twin->firmware()->add_campaign(order);
    ASSERT_TRUE(started.ok()) << started.error().detail;
  }
  [[nodiscard]] cloud::campaign_view campaign() { return twin->firmware()->campaign(1).value(); }
  /// Until the campaign does not go on, at most for `most`.
  void run_out(duration most) {
    using namespace std::chrono_literals;
    for (const auto end = later(world_.now(), most);
         world_.now() < end && campaign().sums.state == cloud::campaign_state::running;) {
      world_.run_for(5s);
    }
    world_.run_for(30s);
  }
  /// What the campaign says of each device is true of it, and its image is whole.
  void expect_true_states() {
    const auto rows = twin->firmware()->campaign_devices(1, std::nullopt, 0, count_).value();
    ASSERT_EQ(rows.size(), count_);
    for (const auto& row : rows) {
      const auto index = *credentials_->find(row.product_key, row.device_name);
      auto& on = flash(index);
      ASSERT_TRUE(on.running.starts()) << row.device_name;
      EXPECT_EQ(row.how.state == cloud::rollout_state::succeeded,
                on.running.image.version() == "2.0")
          << row.device_name;
      EXPECT_EQ(row.version, on.running.image.version()) << row.device_name;
      EXPECT_TRUE(hal::verify_slot(on.chip, on.running.slot, on.running.image));
    }
  }
  [[nodiscard]] hal::board_flash& flash(std::uint32_t i) { return *shard_->slots[i].board.flash; }
  [[nodiscard]] const actors::meters& counts() const { return shard_->counts; }
  [[nodiscard]] std::uint64_t results(actors::update_result r) const {
    return counts().update_results[static_cast<std::size_t>(r)].load();
  }
  [[nodiscard]] std::uint64_t online() const {
    return counts().in_phase[static_cast<std::size_t>(actors::phase::online)].load();
  }
  [[nodiscard]] std::size_t stock_bytes() const { return shard_->stock.memory_bytes(); }

  std::unique_ptr<cloud::twin> twin;

private:
  struct quiet_config : caf::actor_system_config {
    quiet_config() {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", std::size_t{1});
    }
  };

  std::uint32_t count_;
  std::uint32_t each_;
  temp_folder folder_;
  hal::virtual_world world_;
  quiet_config config_;
  caf::actor_system system_{config_};
  modelled_security tls_;
  cloud::web_limits limits_;
  std::unique_ptr<cloud::firmware_desk> desk_;
  std::unique_ptr<cloud::web_service> service_;
  std::shared_ptr<alink::credential_source> credentials_ =
      std::make_shared<alink::generated_credentials>();
  actors::vendor_dialect speech_{actors::vendor_options{}, credentials_};
  actors::product_settings product_;
  actors::product_map products_;
  actors::speech_scratch scratch_;
  std::unique_ptr<actors::shard> shard_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
};

} // namespace fleet::support
