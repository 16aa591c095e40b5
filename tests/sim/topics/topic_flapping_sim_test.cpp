// Twenty devices on slow links register and unregister topics for an hour, while connections are
// cut and devices crash: what either side believes is registered stays the same, the ledger clean
// and the digest what the seed makes it.
#include <array>
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
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/base/random.hpp"
#include "protocol/ledger/reconcile.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t devices = 20;
constexpr std::array<std::string_view, 4> topics{"always", "half", "flap", "flicker"};

struct quiet_config : caf::actor_system_config {
  quiet_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

actors::topic_plan topic(std::string_view tail, duration at, duration span, duration every) {
  const auto filter = "user/" + std::string{tail};
  return {actors::uri_type::own, filter, mqtt::qos::at_least_once, at, span, every};
}

/// With and without a session that the twin keeps.
class flapping_fleet {
public:
  explicit flapping_fleet(bool clean) {
    world_.home().attach(system_);
    cloud::twin_options o;
    o.credentials = credentials_.get();
    o.listeners.push_back({hal::parse_address("127.0.0.1:1883").value(), nullptr});
    twin_ = std::make_unique<cloud::twin>(std::move(o));
    product_.peer = twin_->start(world_.home()).value().front();
    product_.speech = &speech_;
    product_.link = hal::link_kind::nbiot;
    product_.interval = 5s;
    product_.clean_session = clean;
    // The last one is often given back before it was granted.
    product_.features.topics = {topic(topics[0], {}, {}, {}), topic(topics[1], 1s, 20min, {}),
                                topic(topics[2], 3s, 7s, 17s), topic(topics[3], 1s, 400ms, 1100ms)};
    actors::shard_options s;
    s.count = devices;
    s.restarts.per_device_max = 200;
    shard_ = std::make_unique<actors::shard>(world_.home(), products_, s, scratch_);
    root_ = actors::spawn_fleet(system_, {shard_.get()}, ended_);
    caf::anon_send(root_, actors::run_devices{});
    twin_->start_commands({.interval = 7s, .qos = mqtt::qos::at_least_once, .devices = devices});
  }
  ~flapping_fleet() {
    caf::anon_send(root_, actors::stop_devices{1s});
    world_.run_for(10s);
    root_ = nullptr;
    twin_->stop();
    world_.run_for(1s);
  }

  void run(duration span) { world_.run_for(span); }
  void kick(std::uint32_t device) { (void)twin_->console()->kick(name(device)); }
  void crash(std::uint32_t device) { caf::anon_send(root_, actors::crash_device{device}); }
  /// Whether the twin has it for the device.
  bool say(std::uint32_t device, std::string_view tail) {
    const auto who = name(device);
    std::string on = "/";
    on.append(who.product_key).append("/").append(who.device_name).append("/user/").append(tail);
    return twin_->console()->publish(on, as_bytes("m"), mqtt::qos::at_least_once).ok();
  }
  void hush() {
    twin_->stop_commands();
    caf::anon_send(root_, actors::quiet_devices{});
  }
  [[nodiscard]] actors::meters& counts() { return shard_->counts; }
  [[nodiscard]] std::uint64_t digest() const { return world_.digest(); }
  [[nodiscard]] std::uint64_t online() {
    return counts().in_phase[static_cast<std::size_t>(actors::phase::online)].load();
  }
  [[nodiscard]] std::array<ledger::totals, 2> ledgers() const {
    std::array<ledger::totals, 2> all;
    for (std::uint32_t i = 0; i < devices; ++i) {
      const auto& slot = shard_->slots[i];
      const auto* const far = twin_->account_of(i);
      all[0] += ledger::reconcile(&slot.uplink, &far->uplink);
      all[1] += ledger::reconcile(&far->downlink, &slot.downlink);
    }
    return all;
  }

private:
  cloud::device_name_view name(std::uint32_t device) {
    named_ = credentials_->at(device);
    return {named_.product_key, named_.device_name};
  }

  hal::virtual_world world_;
  quiet_config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<alink::credential_source> credentials_ =
      std::make_shared<alink::generated_credentials>();
  actors::vendor_dialect speech_{actors::vendor_options{}, credentials_};
  std::unique_ptr<cloud::twin> twin_;
  actors::product_settings product_;
  actors::product_map products_{product_};
  actors::speech_scratch scratch_;
  std::unique_ptr<actors::shard> shard_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
  alink::identity named_;
};

/// An hour of it; nobody crashes so late that `half` would not be over.
void live_through_an_hour(flapping_fleet& fleet, std::uint64_t seed) {
  random_stream chance{seed, 0, "hour"};
  constexpr int rounds = 720;
  for (int round = 0; round < rounds; ++round) {
    fleet.run(5s);
    const auto device = static_cast<std::uint32_t>(chance.below(devices));
    switch (chance.below(6)) {
      case 0: fleet.kick(device); break;
      case 1:
        if (round < rounds / 3) {
          fleet.crash(device);
        }
        break;
      case 2: break;
      case 3:
      case 4:
      case 5: (void)fleet.say(device, topics[chance.below(topics.size())]); break;
    }
  }
  fleet.hush();
  fleet.run(120s);
}

void expect_both_sides_to_agree(flapping_fleet& fleet) {
  ASSERT_EQ(devices, fleet.online());
  auto& counts = fleet.counts();
  const auto handled = counts.topic_messages.load();
  const auto strays = counts.topic_strays.load();
  std::uint64_t taken = 0;
  for (std::uint32_t i = 0; i < devices; ++i) {
    for (const auto tail : topics) {
      const bool has = fleet.say(i, tail);
      EXPECT_TRUE(has || tail != "always") << i;
      EXPECT_FALSE(has && tail == "half") << i;
      taken += has ? 1 : 0;
    }
  }
  fleet.run(30s);
  EXPECT_EQ(handled + taken, counts.topic_messages.load());
  EXPECT_EQ(strays, counts.topic_strays.load());
}

std::uint64_t digest_of_an_hour(bool clean, std::uint64_t seed) {
  flapping_fleet fleet{clean};
  live_through_an_hour(fleet, seed);
  expect_both_sides_to_agree(fleet);
  auto& counts = fleet.counts();
  EXPECT_GT(counts.topics_registered.load(), 8'000U);
  EXPECT_GT(counts.topics_unregistered.load(), 10'000U);
  EXPECT_GT(counts.topic_messages.load(), 100U);
  EXPECT_GT(counts.disconnects_unplanned.load(), 50U) << "or this tries nothing";
  EXPECT_GT(counts.restarts.load(), 10U);
  EXPECT_EQ(0U, counts.topics_refused.load() + counts.topics_timed_out.load());
  for (const auto& sum : fleet.ledgers()) {
    EXPECT_GT(sum.acknowledged, 1000U);
    EXPECT_EQ(0U, sum.lost + sum.unexpected + sum.unexplained + sum.corrupted + sum.out_of_order);
  }
  return fleet.digest();
}

TEST(topic_flapping, for_an_hour_leaves_both_sides_of_kept_sessions_agreed) {
  const auto digest = digest_of_an_hour(false, 7);
  EXPECT_EQ(digest, digest_of_an_hour(false, 7));
}

TEST(topic_flapping, for_an_hour_leaves_both_sides_agreed_where_sessions_are_lost) {
  EXPECT_NE(digest_of_an_hour(true, 8), 0U);
}

} // namespace
} // namespace fleet
