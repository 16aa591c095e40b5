// Devices of the program and a twin that misbehaves on purpose, dies and comes back, in the virtual
// world: nothing that was acknowledged is lost, everybody is online in the end, and the whole day
// happens again to the octet.
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
#include "cloud_sim/fault_desk.hpp"
#include "cloud_sim/twin.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/ledger/reconcile.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using faults::effect;

constexpr std::uint32_t devices = 100;

struct quiet_config : caf::actor_system_config {
  quiet_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

class faulty_cloud final : cloud::cloud_life {
public:
  faulty_cloud() {
    world_.home().attach(system_);
    auto kept = cloud::store::lasting_in_memory();
    FLEET_CHECK(kept.ok());
    cloud::twin_options o;
    o.credentials = credentials_.get();
    o.logon_key = "key";
    o.store = std::make_shared<cloud::store>(std::move(kept).value());
    o.faults = &desk_;
    o.listeners.push_back({hal::parse_address("127.0.0.1:1883").value(), nullptr});
    twin_ = std::make_unique<cloud::twin>(std::move(o));
    desk_.serve(static_cast<cloud::cloud_life*>(this));
    come_up();
    product_.seed = 5;
    product_.speech = &speech_;
    product_.peer = at_;
    product_.interval = 2s;
    actors::shard_options shard;
    shard.count = devices;
    products_.add(devices, product_);
    shard_ = std::make_unique<actors::shard>(world_.home(), products_, shard, scratch_);
    root_ = actors::spawn_fleet(system_, {shard_.get()}, ended_);
    caf::anon_send(root_, actors::run_devices{});
  }
  ~faulty_cloud() {
    caf::anon_send(root_, actors::stop_devices{1s});
    world_.run_for(10s);
    root_ = nullptr;
    twin_->stop();
    world_.run_for(1s);
    desk_.serve(static_cast<cloud::cloud_life*>(nullptr));
    twin_.reset();
  }

  void order(effect what, duration at, duration span, std::uint32_t share_ppm) {
    auto f = faults::default_fault(what);
    f.at = at;
    f.span = span;
    f.share_ppm = f.share_ppm == 0 ? 0 : share_ppm;
    f.select.share_ppm = 500'000;
    ASSERT_TRUE(desk_.add(std::move(f), world_.now()));
  }
  void run(duration span) { world_.run_for(span); }
  void command_all() {
    for (std::uint32_t i = 0; i < devices; ++i) {
      twin_->command(i, mqtt::qos::at_least_once);
    }
  }
  void hush() { caf::anon_send(root_, actors::quiet_devices{}); }
  [[nodiscard]] std::uint64_t online() const {
    return shard_->counts.in_phase[static_cast<std::size_t>(actors::phase::online)].load();
  }
  [[nodiscard]] ledger::totals ledger(bool up) const {
    ledger::totals all;
    const auto accounts = shard_->accounts();
    for (std::uint32_t i = 0; i < devices; ++i) {
      const auto* const account = twin_->account_of(i);
      auto one = up ? ledger::reconcile(&accounts[i]->uplink,
                                        account == nullptr ? nullptr : &account->uplink)
                    : ledger::reconcile(account == nullptr ? nullptr : &account->downlink,
                                        &accounts[i]->downlink);
      one.explain(up ? accounts[i]->unmarked_repeats : desk_.doubled(i));
      all += one;
    }
    return all;
  }
  [[nodiscard]] std::uint64_t done(effect what) const {
    return cloud::value(desk_.counts()[static_cast<std::size_t>(what)]);
  }
  [[nodiscard]] std::string digest() const { return world_.digest_text(); }

private:
  void go_down() override { twin_->kill(); }
  void come_up() override {
    const auto started = twin_->start(world_.home());
    FLEET_CHECK(started.ok());
    at_ = started.value().front();
  }

  hal::virtual_world world_;
  quiet_config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<alink::credential_source> credentials_ =
      std::make_shared<alink::generated_credentials>();
  actors::vendor_dialect speech_{actors::vendor_options{}, credentials_};
  cloud::fault_desk desk_{world_.home(), {.seed = 7}};
  std::unique_ptr<cloud::twin> twin_;
  hal::address at_;
  actors::product_settings product_;
  actors::product_map products_;
  actors::speech_scratch scratch_;
  std::unique_ptr<actors::shard> shard_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
};

struct day {
  std::string digest;
  std::uint64_t acknowledged = 0;
};

day a_bad_day() {
  faulty_cloud cloud;
  cloud.run(5s);
  EXPECT_EQ(cloud.online(), devices);
  cloud.order(effect::deliver_twice, 0s, 20s, 500'000);
  cloud.order(effect::drop_acks, 10s, 20s, 100'000);
  cloud.order(effect::cloud_slow, 20s, 20s, 0);
  cloud.order(effect::malformed, 40s, 10s, 20'000);
  cloud.order(effect::cloud_throttle, 50s, 20s, 0);
  cloud.order(effect::cloud_restart, 75s, 5s, 0);
  cloud.order(effect::refuse_credentials, 80s, 10s, 0);
  cloud.order(effect::kick, 120s, 0s, 0);
  for (int i = 0; i < 30; ++i) {
    cloud.run(5s);
    cloud.command_all();
  }
  for (int i = 0; i < 20 && cloud.online() < devices; ++i) {
    cloud.run(10s);
  }
  EXPECT_EQ(cloud.online(), devices);
  cloud.hush();
  cloud.run(60s);
  for (const auto what :
       {effect::deliver_twice, effect::drop_acks, effect::cloud_slow, effect::malformed,
        effect::cloud_restart, effect::refuse_credentials, effect::kick}) {
    EXPECT_GT(cloud.done(what), 0U) << faults::to_string(what);
  }
  day out{cloud.digest(), 0};
  for (const bool up : {true, false}) {
    const auto all = cloud.ledger(up);
    EXPECT_GT(all.acknowledged, 10U * devices) << up;
    EXPECT_EQ(all.lost, 0U) << up;
    EXPECT_EQ(all.unexpected + all.corrupted + all.unexplained, 0U) << up;
    EXPECT_TRUE(up || all.duplicated > 0) << "what is delivered twice shows";
    out.acknowledged += all.acknowledged;
  }
  return out;
}

TEST(faulty_fleet, loses_nothing_on_a_bad_day_and_the_day_happens_again_to_the_octet) {
  const auto first = a_bad_day();
  const auto second = a_bad_day();
  EXPECT_EQ(first.digest, second.digest);
  EXPECT_EQ(first.acknowledged, second.acknowledged);
}

} // namespace
} // namespace fleet
