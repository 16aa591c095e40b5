// Posting devices as actors under their supervisors: turns, crashes, orderly ends; and one product
// of them beside one that speaks MQTT.
#include <atomic>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include "actors/device/speech_scratch.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "actors/supervision/fleet_supervisor.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/unit/actors/coap_cloud.hpp"
#include "tests/unit/actors/http_cloud.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;

struct quiet_config : caf::actor_system_config {
  quiet_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

/// One device of each protocol, each with a cloud of its own.
class mixed_fleet {
public:
  mixed_fleet() : coap{world.home(), 5683}, http{world.home(), 8080} {
    world.home().attach(system_);
    for (product_settings* p : {&by_coap_, &by_http_}) {
      p->speech = &speech_;
      p->interval = seconds{1};
      p->post.emplace();
    }
    by_coap_.peer = coap.at();
    by_http_.peer = http.at();
    by_http_.post->protocol = post_protocol::http;
    products_.add(1, by_coap_);
    products_.add(1, by_http_);
    shard_options options;
    options.count = 2;
    shard_ = std::make_unique<shard>(world.home(), products_, options, scratch_);
    root_ = spawn_fleet(system_, {shard_.get()}, ended_);
  }
  ~mixed_fleet() {
    tell(stop_devices{seconds{1}});
    world.run_for(seconds{15});
    root_ = nullptr;
    world.run_for(seconds{1});
  }
  template <class Order>
  void tell(const Order& order) {
    caf::anon_send(root_, order);
  }
  [[nodiscard]] meters& counts(std::size_t product) { return shard_->parts[product].counts; }
  [[nodiscard]] device_slot& slot(std::size_t i) { return shard_->slots[i]; }
  [[nodiscard]] bool ended() const { return ended_->load(); }
  [[nodiscard]] std::size_t crashes() const { return shard_->crashes.size(); }

  hal::virtual_world world;
  test::coap_cloud coap;
  test::http_cloud http;

private:
  quiet_config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<alink::credential_source> credentials_ =
      std::make_shared<alink::generated_credentials>();
  vendor_dialect speech_{vendor_options{}, credentials_};
  product_settings by_coap_;
  product_settings by_http_;
  product_map products_;
  speech_scratch scratch_;
  std::unique_ptr<shard> shard_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
};

TEST(post_device_actor, runs_and_ends_devices_of_both_protocols) {
  mixed_fleet f;
  f.tell(run_devices{});
  f.world.run_for(seconds{10});
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ(1U, f.counts(i).in_phase[static_cast<std::size_t>(phase::online)].load()) << i;
    EXPECT_GE(f.counts(i).acknowledged.load(), 7U) << i;
    EXPECT_FALSE(f.slot(i).session) << "no half of an MQTT session";
  }
  f.tell(stop_devices{seconds{2}});
  f.world.run_for(seconds{5});
  EXPECT_TRUE(f.ended());
  const auto up = f.coap.office.totals(f.slot(0).uplink);
  EXPECT_EQ(up.attempted, up.acknowledged);
  EXPECT_EQ(f.coap.posts(), up.attempted);
  EXPECT_EQ(f.http.posts(), f.slot(1).uplink.attempted());
}

TEST(post_device_actor, is_restarted_after_a_crash_and_keeps_its_account) {
  mixed_fleet f;
  f.tell(run_devices{});
  f.world.run_for(seconds{5});
  f.tell(crash_device{0});
  f.tell(crash_device{1});
  f.world.run_for(seconds{10});
  EXPECT_EQ(2U, f.crashes());
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ(1U, f.counts(i).in_phase[static_cast<std::size_t>(phase::online)].load()) << i;
    EXPECT_EQ(1U, f.counts(i).restarts.load()) << i;
    EXPECT_EQ(2U, f.slot(i).uplink.epoch()) << i;
  }
  EXPECT_EQ(2, f.coap.office.granted);
  EXPECT_EQ(2, f.http.office.granted);
  const auto up = f.coap.office.totals(f.slot(0).uplink);
  EXPECT_EQ(0U, up.lost + up.duplicated + up.unexpected);
}

} // namespace
} // namespace fleet::actors
