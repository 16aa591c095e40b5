// MQTT sessions that outlive whoever held them: a device that crashes, a process that dies. In the
// virtual world, against the real twin on slow links, so that something is always in mid-flight.
#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include "actors/device/mqtt_dialect.hpp"
#include "actors/device/speech_scratch.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "actors/supervision/fleet_supervisor.hpp"
#include "cloud_sim/twin.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/ledger/reconcile.hpp"

namespace fleet::actors {
namespace {

using cloud::profile;
using std::chrono::seconds;

constexpr std::uint32_t devices = 10;

struct sharing_config : caf::actor_system_config {
  sharing_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

ledger::totals uplink_of(const device_slot& slot, const ledger::receiver_account& far) {
  auto sum = ledger::reconcile(&slot.uplink, &far);
  sum.explain(slot.unmarked_repeats);
  return sum;
}

/// A twin, and one process after the other with the same ten devices.
class kept_sessions {
public:
  explicit kept_sessions(profile p, behaviour how = behaviour::strict)
      : credentials_(std::make_shared<alink::generated_credentials>()), open_(p == profile::mqtt) {
    world_.home().attach(system_);
    cloud::twin_options o;
    o.profile = p;
    o.credentials = credentials_.get();
    o.listeners.push_back({hal::parse_address("127.0.0.1:1883").value(), nullptr});
    twin_ = std::make_unique<cloud::twin>(std::move(o));
    product.peer = twin_->start(world_.home()).value().front();
    if (open_) {
      mqtt_texts texts;
      texts.qos = mqtt::qos::exactly_once;
      speech_ = mqtt_dialect::make(texts, credentials_).value();
      product.qos = mqtt::qos::exactly_once;
    } else {
      speech_ = std::make_unique<vendor_dialect>(vendor_options{}, credentials_);
    }
    product.speech = speech_.get();
    product.interval = seconds{1};
    product.link = hal::link_kind::nbiot;
    product.behaviour = how;
    product.client = how == behaviour::sdk ? mqtt::sdk_behaviour() : mqtt::client_behaviour{};
  }
  ~kept_sessions() {
    stop();
    processes_.clear();
    twin_->stop();
    run(seconds{1});
  }

  /// A process with boards that have the accounts of the last one's, and nothing else of it.
  void start(restart_policy restarts = {}) {
    shard_options options;
    options.count = devices;
    options.restarts = restarts;
    auto& made = processes_.emplace_back();
    made.part = std::make_unique<shard>(world_.home(), products_, options, scratch_);
    if (processes_.size() > 1) {
      auto& former = processes_[processes_.size() - 2].part->slots;
      for (std::uint32_t i = 0; i < devices; ++i) {
        made.part->slots[i].uplink = std::move(former[i].uplink);
        made.part->slots[i].downlink = std::move(former[i].downlink);
      }
    }
    made.root = spawn_fleet(system_, {made.part.get()}, made.ended);
    caf::anon_send(made.root, run_devices{});
  }
  /// All devices crash at once. Those of start(mortal) stay dead, and their process with them.
  void crash() {
    for (std::uint32_t i = 0; i < devices; ++i) {
      caf::anon_send(processes_.back().root, crash_device{i});
    }
    run(duration{0});
  }
  void command_every(duration interval) {
    twin_->start_commands({.interval = interval, .qos = product.qos, .devices = devices});
  }
  void run(duration span) { world_.run_for(span); }
  /// No more from either side, and time for what is under way.
  void settle() {
    twin_->stop_commands();
    caf::anon_send(processes_.back().root, quiet_devices{});
    run(seconds{120});
  }
  void stop() {
    for (auto& p : processes_) {
      caf::anon_send(p.root, stop_devices{seconds{5}});
    }
    run(seconds{30});
    for (auto& p : processes_) {
      EXPECT_TRUE(p.ended->load());
      p.root = nullptr;
    }
  }

  [[nodiscard]] shard& part() { return *processes_.back().part; }
  [[nodiscard]] meters& counts() { return part().counts; }
  [[nodiscard]] std::uint64_t online() {
    return counts().in_phase[static_cast<std::size_t>(phase::online)].load();
  }
  [[nodiscard]] std::uint64_t count(outcome what) {
    return counts().outcomes[static_cast<std::size_t>(what)].load();
  }
  [[nodiscard]] cloud::twin& twin() { return *twin_; }
  [[nodiscard]] ledger::totals uplink() {
    ledger::totals all;
    for (std::uint32_t i = 0; i < devices; ++i) {
      const auto& slot = part().slots[i];
      all += uplink_of(slot, twin_->account_of(i)->uplink);
    }
    return all;
  }
  [[nodiscard]] ledger::totals downlink() {
    ledger::totals all;
    for (std::uint32_t i = 0; i < devices; ++i) {
      all += ledger::reconcile(&twin_->account_of(i)->downlink, &part().slots[i].downlink);
    }
    return all;
  }

  product_settings product; ///< before the first start()

private:
  struct process {
    std::unique_ptr<shard> part;
    std::shared_ptr<std::atomic<bool>> ended = std::make_shared<std::atomic<bool>>(false);
    caf::actor root;
  };
  hal::virtual_world world_;
  sharing_config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<alink::credential_source> credentials_;
  bool open_;
  std::unique_ptr<dialect> speech_;
  std::unique_ptr<cloud::twin> twin_;
  product_map products_{product};
  speech_scratch scratch_;
  std::deque<process> processes_;
};

/// Whoever crashes stays dead.
constexpr restart_policy mortal{.per_device_max = 0};

void expect_clean(const ledger::totals& sum) {
  EXPECT_EQ(0U, sum.lost);
  EXPECT_EQ(0U, sum.unexpected);
  EXPECT_EQ(0U, sum.unexplained);
  EXPECT_EQ(0U, sum.corrupted);
  EXPECT_EQ(0U, sum.out_of_order);
}

TEST(kept_session, loses_and_repeats_nothing_at_qos_2_when_devices_crash_in_mid_flight) {
  kept_sessions f{profile::mqtt};
  f.start();
  f.command_every(seconds{2});
  for (int crash = 0; crash < 5; ++crash) {
    f.run(seconds{40});
    EXPECT_EQ(devices, f.online());
    EXPECT_GT(f.counts().in_flight.load(), devices) << "or this tries nothing";
    f.crash();
    EXPECT_EQ(0U, f.online());
  }
  f.run(seconds{60});
  f.settle();
  EXPECT_EQ(5U * devices, f.counts().restarts.load());
  for (const auto& sum : {f.uplink(), f.downlink()}) {
    expect_clean(sum);
    EXPECT_GT(sum.attempted, 100U);
    EXPECT_EQ(sum.attempted, sum.acknowledged);
    EXPECT_EQ(sum.attempted, sum.accepted);
    EXPECT_EQ(0U, sum.duplicated);
  }
}

TEST(kept_session, finishes_what_was_in_flight_at_qos_1_when_devices_crash) {
  kept_sessions f{profile::linkdevelop};
  f.start();
  f.command_every(seconds{2});
  f.run(seconds{30});
  EXPECT_GT(f.counts().in_flight.load(), devices);
  f.crash();
  f.run(seconds{30});
  f.settle();
  EXPECT_GT(f.counts().resent.load(), 0U);
  for (const auto& sum : {f.uplink(), f.downlink()}) {
    expect_clean(sum);
    EXPECT_EQ(sum.attempted, sum.acknowledged);
    EXPECT_EQ(0U, sum.recovered + sum.unfinished);
  }
}

/// A process dies in mid-flight and another one takes its place.
class successor : public testing::TestWithParam<profile> {};

TEST_P(successor, of_a_dead_process_discards_the_sessions_it_cannot_resume) {
  kept_sessions f{GetParam()};
  f.start(mortal);
  f.command_every(seconds{2});
  f.run(seconds{30});
  f.crash();
  f.run(seconds{20});
  f.twin().stop_commands();
  ASSERT_EQ(devices, f.counts().abandoned.load());
  const auto before = f.downlink();
  EXPECT_GT(before.attempted, before.accepted) << "or nothing waits in the sessions";
  std::vector<std::uint64_t> old;
  for (std::uint32_t i = 0; i < devices; ++i) {
    old.push_back(f.twin().account_of(i)->downlink.attempted());
  }
  f.start();
  f.run(seconds{30});
  EXPECT_EQ(devices, f.online());
  f.command_every(seconds{2});
  f.run(seconds{60});
  // The detour is nobody's trouble.
  EXPECT_EQ(devices, f.count(outcome::accepted));
  EXPECT_EQ(0U, f.counts().reconnects.load() + f.counts().disconnects_unplanned.load());
  for (const auto& trouble : f.part().troubles) {
    EXPECT_EQ(0U, trouble.count) << trouble.example_detail;
  }
  f.settle();
  expect_clean(f.uplink());
  EXPECT_EQ(0U, f.uplink().duplicated);
  expect_clean(f.downlink());
  EXPECT_GT(f.downlink().accepted, before.accepted + devices * 20U);
  // What the dead process was owed went with its sessions.
  EXPECT_EQ(f.downlink().attempted - f.downlink().accepted, before.attempted - before.accepted);
  for (std::uint32_t i = 0; i < devices; ++i) {
    EXPECT_EQ(1U, f.part().slots[i].connections);
    EXPECT_GT(f.twin().account_of(i)->downlink.attempted(), old[i]);
  }
}

TEST_P(successor, that_crashes_itself_keeps_its_own_sessions) {
  kept_sessions f{GetParam()};
  f.start(mortal);
  f.run(seconds{20});
  f.crash();
  f.run(seconds{20});
  f.start();
  f.run(seconds{20});
  f.command_every(seconds{2});
  f.run(seconds{40});
  f.crash();
  f.run(seconds{40});
  f.settle();
  EXPECT_EQ(devices, f.counts().restarts.load());
  EXPECT_EQ(devices, f.counts().reconnects.load());
  expect_clean(f.uplink());
  expect_clean(f.downlink());
  EXPECT_EQ(f.downlink().attempted, f.downlink().accepted);
}

INSTANTIATE_TEST_SUITE_P(profiles, successor, testing::Values(profile::mqtt, profile::linkdevelop));

TEST(unmarked_repeats, of_the_sdk_are_explained_by_the_devices_that_sent_them) {
  kept_sessions f{profile::linkdevelop, behaviour::sdk};
  // A round trip of five seconds: each report goes out twice before its acknowledgement is back.
  f.product.link = hal::link_kind::nbiot;
  f.product.client.connack_timeout = seconds{10};
  f.product.client.resend_after = seconds{2};
  f.product.interval = seconds{5};
  f.start();
  f.run(seconds{300});
  f.settle();
  EXPECT_EQ(devices, f.online());
  std::uint64_t repeats = 0;
  std::uint64_t unexplained = 0;
  for (std::uint32_t i = 0; i < devices; ++i) {
    const auto& slot = f.part().slots[i];
    const auto& far = f.twin().account_of(i)->uplink;
    repeats += slot.unmarked_repeats;
    unexplained += ledger::reconcile(&slot.uplink, &far).unexplained;
  }
  EXPECT_EQ(f.counts().resent.load(), repeats);
  EXPECT_GT(unexplained, 100U) << "or the link is too fast for this";
  expect_clean(f.uplink());
  EXPECT_EQ(f.uplink().attempted, f.uplink().accepted);
  EXPECT_EQ(repeats, f.uplink().duplicated);
}

TEST(unmarked_repeats, explain_no_more_than_the_device_sent_again) {
  kept_sessions f{profile::linkdevelop, behaviour::sdk};
  f.product.client.connack_timeout = seconds{10};
  f.product.client.resend_after = seconds{2};
  f.product.interval = seconds{5};
  f.start();
  f.run(seconds{60});
  f.settle();
  ASSERT_GT(f.uplink().duplicated, 0U);
  ASSERT_EQ(0U, f.uplink().unexplained);
  // Something between device 3 and the twin says one of its reports once more.
  auto& slot = f.part().slots[3];
  byte_buffer saved;
  f.twin().account_of(3)->uplink.save(saved);
  auto far = ledger::receiver_account::load(saved.view());
  ASSERT_TRUE(far);
  far->accept({3, 1, 1}, false, 1); // explained by a connection that the loaded account knows not
  EXPECT_EQ(0U, uplink_of(slot, *far).unexplained);
  far->accept({3, 1, 1}, false, 1);
  EXPECT_EQ(1U, uplink_of(slot, *far).unexplained);
}

TEST(unmarked_repeats, are_none_where_repeats_bear_dup_or_a_new_connection_explains_them) {
  kept_sessions f{profile::linkdevelop};
  f.product.client.resend_after = seconds{2};
  f.start();
  f.run(seconds{60});
  f.crash();
  f.run(seconds{60});
  f.settle();
  EXPECT_GT(f.counts().resent.load(), 0U);
  EXPECT_GT(f.uplink().duplicated, 0U);
  expect_clean(f.uplink());
  for (const auto& slot : f.part().slots) {
    EXPECT_EQ(0U, slot.unmarked_repeats);
  }
}

} // namespace
} // namespace fleet::actors
