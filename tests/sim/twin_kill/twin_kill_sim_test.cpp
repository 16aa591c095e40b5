// A thousand devices with shadows and a twin with a store, in the virtual world: the twin is killed
// ten times at moments drawn from a seed, and each time another comes up on the same directory; and
// the same with gateways, whose sub-devices have no session until they are logged in again.
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actors/device/speech_scratch.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "actors/supervision/fleet_supervisor.hpp"
#include "cloud_sim/twin.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/base/random.hpp"
#include "protocol/ledger/reconcile.hpp"
#include "protocol/tsl/load.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t devices = 1000;
constexpr std::uint32_t deaths = 10;
constexpr double ramp_per_second = 1000; // the program's own default
constexpr duration window = 100ms;       // in which connections are counted

struct quiet_config : caf::actor_system_config {
  quiet_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

actors::product_settings lamps() {
  auto model = tsl::load_model(R"({"properties":[
    {"identifier":"Level","name":"level","accessMode":"rw","required":false,
     "dataType":{"type":"int","specs":{"min":"0","max":"1000","step":"1"}}}],
    "events":[],"services":[]})",
                               "lamp");
  FLEET_CHECK(model.ok());
  actors::product_settings p;
  p.seed = 5;
  p.features.model = std::make_shared<const tsl::model>(std::move(model).value());
  p.features.shadow = true;
  p.features.reports.push_back({actors::report_kind::properties, {}, 3s, {}, {}});
  return p;
}

class fragile_cloud {
public:
  /// With `gateways` above 0 so many, each with `each` lamps behind it, instead of lamps alone.
  explicit fragile_cloud(std::uint32_t gateways = 0, std::uint32_t each = 0)
      : count_(gateways == 0 ? devices : gateways * (each + 1)) {
    world_.home().attach(system_);
    live();
    product_.speech = &speech_;
    product_.peer = at_;
    child_ = product_;
    actors::shard_options o;
    o.count = count_;
    o.ramp_per_second = ramp_per_second;
    if (gateways == 0) {
      products_.add(count_, product_);
    } else {
      product_.features.children = {each, 0, gateways};
      product_.features.shadow = child_.features.shadow = false;
      child_.features.reports.front().interval = 200ms;
      products_.add(gateways, product_);
      products_.add(count_ - gateways, child_);
      load_ = {{}, gateways};
      auto& line = o.lines.emplace_back();
      line.load = &load_;
      for (std::uint32_t i = 0; i < gateways; ++i) {
        line.order.push_back({i, i});
      }
    }
    shard_ = std::make_unique<actors::shard>(world_.home(), products_, o, scratch_);
    root_ = actors::spawn_fleet(system_, {shard_.get()}, ended_);
    caf::anon_send(root_, actors::run_devices{});
  }
  ~fragile_cloud() {
    caf::anon_send(root_, actors::stop_devices{1s});
    world_.run_for(10s);
    root_ = nullptr;
    twin_->stop();
    world_.run_for(1s);
  }

  void live() {
    auto opened = cloud::store::open(folder_ / "data");
    ASSERT_TRUE(opened.ok());
    cloud::twin_options o;
    o.credentials = credentials_.get();
    o.store = std::make_shared<cloud::store>(std::move(opened).value());
    o.listeners.push_back({hal::parse_address("127.0.0.1:1883").value(), nullptr});
    twin_ = std::make_unique<cloud::twin>(std::move(o));
    const auto started = twin_->start(world_.home());
    ASSERT_TRUE(started.ok());
    at_ = started.value().front();
    counted_ = 0;
  }
  /// As kill -9 would; down for so long.
  void die(duration down) {
    twin_.reset();
    world_.run_for(down);
    live();
  }
  /// Runs on, and notes how many connections came in the busiest window.
  void run(duration span) {
    for (const auto end = later(world_.now(), span); world_.now() < end;) {
      world_.run_for(window);
      const auto all = cloud::value(twin_->counters().connects[0]);
      busiest = std::max(busiest, all - counted_);
      counted_ = all;
    }
  }
  void turns(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      ASSERT_TRUE(world_.step());
    }
  }
  /// The console wants something of a device, and is told that it is kept.
  void want(std::uint32_t device, std::uint32_t level) {
    const auto answer = twin_->console()->update_shadow(
        name(device),
        R"({"method":"update","state":{"desired":{"Level":)" + std::to_string(level) + "}}}");
    ASSERT_TRUE(answer.ok());
    wanted[device] = level;
  }
  [[nodiscard]] std::string shadow(std::uint32_t device) const {
    return twin_->console()->shadow(name(device)).value();
  }
  [[nodiscard]] std::uint64_t online() const {
    return shard_->counts.in_phase[static_cast<std::size_t>(actors::phase::online)].load();
  }
  [[nodiscard]] std::uint64_t logged_in() const {
    return shard_->parts[1].counts.sub_devices_online.load();
  }
  [[nodiscard]] std::uint64_t resent() const { return shard_->parts[1].counts.resent.load(); }
  void hush() { caf::anon_send(root_, actors::quiet_devices{}); }
  [[nodiscard]] ledger::totals uplink() const {
    ledger::totals all;
    const auto accounts = shard_->accounts();
    for (std::uint32_t i = 0; i < count_; ++i) {
      const auto* const account = twin_->account_of(i);
      all +=
          ledger::reconcile(&accounts[i]->uplink, account == nullptr ? nullptr : &account->uplink);
    }
    return all;
  }

  std::map<std::uint32_t, std::uint32_t> wanted; ///< the last of each device
  std::uint64_t busiest = 0;

private:
  [[nodiscard]] cloud::device_name_view name(std::uint32_t device) const {
    named_ = credentials_->at(device);
    return {named_.product_key, named_.device_name};
  }

  std::uint32_t count_;
  support::temp_folder folder_;
  hal::virtual_world world_;
  quiet_config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<alink::credential_source> credentials_ =
      std::make_shared<alink::generated_credentials>();
  actors::vendor_dialect speech_{actors::vendor_options{}, credentials_};
  std::unique_ptr<cloud::twin> twin_;
  hal::address at_;
  actors::product_settings product_ = lamps();
  actors::product_settings child_;
  actors::product_map products_;
  actors::timetable load_;
  actors::speech_scratch scratch_;
  std::unique_ptr<actors::shard> shard_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
  mutable alink::identity named_;
  std::uint64_t counted_ = 0;
};

TEST(twin_kill, ten_times_loses_nothing_and_everybody_comes_back_at_their_own_time) {
  fragile_cloud cloud;
  random_stream chance{20181112, 0, "deaths"};
  cloud.run(3s);
  ASSERT_EQ(cloud.online(), devices);
  for (std::uint32_t death = 1; death <= deaths; ++death) {
    for (int i = 0; i < 20; ++i) {
      cloud.want(static_cast<std::uint32_t>(chance.below(devices)), death * 20);
    }
    cloud.run(window); // what nobody waits for is kept by then
    // Some deaths hit a fleet that is just coming back.
    cloud.run(death % 3 == 0 ? duration{1200ms} : chance.between(3s, 8s));
    cloud.turns(static_cast<std::uint32_t>(chance.below(1000)));
    cloud.die(chance.between(0s, 2s));
  }
  cloud.run(15s);
  // Who met several deaths may wait as long as the longest back-off.
  for (int i = 0; i < 12 && cloud.online() < devices; ++i) {
    cloud.run(10s);
  }
  EXPECT_EQ(cloud.online(), devices);
  EXPECT_LE(static_cast<double>(cloud.busiest),
            2 * ramp_per_second * std::chrono::duration<double>(window).count());
  for (const auto& [device, level] : cloud.wanted) {
    const auto text = cloud.shadow(device);
    EXPECT_THAT(text, testing::HasSubstr("\"reported\":{\"Level\":" + std::to_string(level) + "}"));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("\"desired\":{\"Level\"")));
  }
  cloud.hush();
  cloud.run(10s);
  const auto up = cloud.uplink();
  EXPECT_GT(up.acknowledged, 10U * devices);
  EXPECT_EQ(up.lost, 0U);
  EXPECT_EQ(up.unfinished, 0U);
  EXPECT_EQ(up.unexpected + up.corrupted + up.unexplained + up.out_of_order, 0U);
}

TEST(twin_kill, again_and_again_loses_nothing_of_the_devices_behind_gateways) {
  constexpr std::uint32_t gateways = 20;
  constexpr std::uint32_t each = 10;
  fragile_cloud cloud{gateways, each};
  random_stream chance{20181113, 0, "deaths"};
  cloud.run(5s);
  ASSERT_EQ(cloud.logged_in(), gateways * each);
  for (std::uint32_t death = 0; death < deaths; ++death) {
    cloud.run(death % 3 == 2 ? duration{1200ms} : chance.between(3s, 8s));
    cloud.turns(static_cast<std::uint32_t>(chance.below(1000)));
    cloud.die(chance.between(0s, 2s));
  }
  for (int i = 0; i < 14 && cloud.logged_in() < gateways * each; ++i) {
    cloud.run(10s);
  }
  EXPECT_EQ(cloud.logged_in(), gateways * each);
  cloud.hush();
  cloud.run(10s);
  const auto up = cloud.uplink();
  EXPECT_GT(up.acknowledged, 50U * gateways * each);
  EXPECT_GT(cloud.resent(), 0U) << "or nothing was in flight when it died";
  EXPECT_EQ(up.lost, 0U);
  EXPECT_EQ(up.unfinished, 0U);
  EXPECT_EQ(up.unexpected + up.corrupted + up.unexplained + up.out_of_order, 0U);
}

} // namespace
} // namespace fleet
