// Actors, supervisors and devices together, in the virtual world, against the real twin.
#include <atomic>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include "actors/device/speech_scratch.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "actors/supervision/fleet_supervisor.hpp"
#include "cloud_sim/twin.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/ledger/reconcile.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;

struct quiet_config : caf::actor_system_config {
  quiet_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

/// A fleet of a few devices and its twin.
class small_fleet {
public:
  explicit small_fleet(std::uint32_t devices, restart_policy restarts = {},
                       behaviour how = behaviour::strict)
      : credentials_(std::make_shared<alink::generated_credentials>()),
        speech_(vendor_options{}, credentials_) {
    world_.home().attach(system_);
    cloud::twin_options o;
    o.credentials = credentials_.get();
    o.listeners.push_back({hal::parse_address("127.0.0.1:1883").value(), nullptr});
    twin_ = std::make_unique<cloud::twin>(std::move(o));
    auto at = twin_->start(world_.home());
    product_.speech = &speech_;
    product_.behaviour = how;
    product_.peer = at.value().front();
    product_.interval = seconds{1};
    shard_options options;
    options.count = devices;
    options.restarts = restarts;
    shard_ = std::make_unique<shard>(world_.home(), products_, options, scratch_);
    root_ = spawn_fleet(system_, {shard_.get()}, ended_);
  }
  ~small_fleet() {
    stop(seconds{5});
    root_ = nullptr;
    twin_->stop();
    world_.run_for(seconds{1});
  }

  template <class Order>
  void tell(const Order& order) {
    caf::anon_send(root_, order);
  }
  void run(duration span) { world_.run_for(span); }
  void start() {
    tell(run_devices{});
    run(seconds{2});
  }
  void stop(duration grace) {
    tell(stop_devices{grace});
    run(grace + seconds{10});
  }
  [[nodiscard]] std::uint64_t in(phase p) const {
    return shard_->counts.in_phase[static_cast<std::size_t>(p)].load();
  }
  [[nodiscard]] bool ended() const { return ended_->load(); }
  /// What its devices are like; to be changed before they start.
  [[nodiscard]] product_settings& product() { return product_; }
  [[nodiscard]] actors::shard& part() { return *shard_; }
  [[nodiscard]] cloud::twin& cloud_side() { return *twin_; }
  [[nodiscard]] hal::virtual_world& world() { return world_; }

  [[nodiscard]] ledger::totals uplink() const {
    ledger::totals all;
    for (std::uint32_t i = 0; i < shard_->options.count; ++i) {
      const auto* account = twin_->account_of(i);
      all += ledger::reconcile(&shard_->slots[i].uplink,
                               account == nullptr ? nullptr : &account->uplink);
    }
    return all;
  }

private:
  hal::virtual_world world_;
  quiet_config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<alink::credential_source> credentials_;
  vendor_dialect speech_;
  std::unique_ptr<cloud::twin> twin_;
  product_settings product_;
  product_map products_{product_};
  speech_scratch scratch_;
  std::unique_ptr<shard> shard_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
};

TEST(supervision, brings_all_devices_online_and_ends_them_in_order) {
  small_fleet f{20};
  f.start();
  EXPECT_EQ(20U, f.in(phase::online));
  f.run(seconds{10});
  f.tell(quiet_devices{});
  f.run(seconds{1});
  f.stop(seconds{2});
  EXPECT_TRUE(f.ended());
  EXPECT_EQ(20U, f.part().stopped.load());
  const auto& ends = f.cloud_side().counters().ends;
  EXPECT_EQ(20U, cloud::value(ends[static_cast<std::size_t>(cloud::end_reason::disconnected)]));
  const auto up = f.uplink();
  EXPECT_GE(up.attempted, 20U * 9);
  EXPECT_EQ(up.attempted, up.acknowledged);
  EXPECT_EQ(up.attempted, up.accepted);
  EXPECT_EQ(0U, up.lost + up.duplicated + up.unexpected + up.corrupted + up.out_of_order);
}

TEST(supervision, restarts_a_device_that_throws_and_spares_its_neighbours) {
  small_fleet f{5};
  f.start();
  f.tell(crash_device{2});
  f.run(std::chrono::milliseconds{500});
  EXPECT_EQ(4U, f.in(phase::online));
  f.run(seconds{5});
  EXPECT_EQ(5U, f.in(phase::online));
  EXPECT_EQ(1U, f.part().counts.restarts.load());
  EXPECT_EQ(0U, f.part().counts.reconnects.load() - 1) << "only the crashed one connects again";
  ASSERT_EQ(1U, f.part().crashes.size());
  EXPECT_EQ(2U, f.part().crashes[0].device);
  EXPECT_NE(std::string::npos, f.part().crashes[0].what.find("ordered"));
  EXPECT_NE(std::string::npos, f.part().crashes[0].last_events.find("connected"));
}

TEST(supervision, keeps_what_is_persistent_over_a_restart) {
  small_fleet f{1};
  f.start();
  f.run(seconds{5});
  const auto before = f.part().slots[0].uplink.attempted();
  ASSERT_GT(before, 0U);
  EXPECT_EQ(1U, f.part().slots[0].board.boots());
  f.tell(crash_device{0});
  f.run(seconds{10});
  EXPECT_EQ(2U, f.part().slots[0].board.boots());
  EXPECT_EQ(2U, f.part().slots[0].uplink.epoch());
  EXPECT_GT(f.part().slots[0].uplink.attempted(), before);
  f.tell(quiet_devices{});
  f.run(seconds{2});
  EXPECT_EQ(0U, f.uplink().lost);
  EXPECT_EQ(0U, f.uplink().unexpected);
}

TEST(supervision, forgives_crashes_that_lie_far_enough_back) {
  restart_policy policy;
  policy.per_device_max = 2;
  small_fleet f{3, policy};
  f.start();
  for (int i = 0; i < 5; ++i) {
    f.tell(crash_device{1});
    f.run(std::chrono::minutes{11});
  }
  EXPECT_EQ(5U, f.part().counts.restarts.load());
  EXPECT_EQ(0U, f.part().counts.abandoned.load());
  EXPECT_EQ(3U, f.in(phase::online));
}

TEST(supervision, tells_of_a_crash_while_it_stops) {
  small_fleet f{3};
  f.start();
  f.tell(stop_devices{seconds{5}});
  f.tell(crash_device{1});
  f.run(seconds{15});
  EXPECT_TRUE(f.ended());
  EXPECT_EQ(1U, f.part().crashes.size());
  EXPECT_EQ(0U, f.part().counts.restarts.load());
}

TEST(supervision, gives_up_a_device_that_crashes_beyond_the_restart_limit) {
  restart_policy policy;
  policy.per_device_max = 2;
  small_fleet f{3, policy};
  f.start();
  for (int i = 0; i < 3; ++i) {
    f.tell(crash_device{1});
    f.run(seconds{20});
  }
  EXPECT_EQ(2U, f.part().counts.restarts.load());
  EXPECT_EQ(1U, f.part().counts.abandoned.load());
  EXPECT_EQ(2U, f.in(phase::online));
}

TEST(supervision, spaces_the_restarts_of_a_mass_crash) {
  restart_policy policy;
  policy.per_second_max = 5;
  small_fleet f{50, policy};
  f.start();
  for (std::uint32_t i = 0; i < 50; ++i) {
    f.tell(crash_device{i});
  }
  f.run(std::chrono::milliseconds{3500});
  EXPECT_LE(f.part().counts.restarts.load(), 15U);
  f.run(seconds{15});
  EXPECT_EQ(50U, f.in(phase::online));
}

TEST(supervision, backs_off_with_growing_waits_while_nobody_listens) {
  small_fleet f{10};
  f.cloud_side().stop();
  f.tell(run_devices{});
  f.run(seconds{120});
  const auto refused =
      f.part().counts.outcomes[static_cast<std::size_t>(outcome::connection_refused)].load();
  // Waits of 1, 2, 4 … 60 s, each with up to its own length on top: five to eight attempts each.
  EXPECT_GE(refused, 10U * 4);
  EXPECT_LE(refused, 10U * 9);
  EXPECT_EQ(0U, f.in(phase::online));
}

TEST(supervision, reports_a_refused_device_and_lets_the_others_run) {
  small_fleet f{4};
  f.cloud_side().set_disabled(3, true);
  f.start();
  f.run(seconds{10});
  EXPECT_EQ(3U, f.in(phase::online));
  const auto& t = f.part().troubles[static_cast<std::size_t>(outcome::refused_authorization)];
  EXPECT_GE(t.count, 2U);
  EXPECT_EQ(3U, t.example_device);
  const auto& told = f.part().trouble_counts;
  EXPECT_EQ(t.count, told[static_cast<std::size_t>(outcome::refused_authorization)].load());
}

TEST(supervision, loses_nothing_when_links_are_reset_again_and_again) {
  small_fleet f{10};
  f.start();
  for (std::uint64_t round = 0; round < 40; ++round) {
    f.world().links().reset(round % 10);
    f.run(std::chrono::milliseconds{700});
  }
  f.run(seconds{70});
  f.tell(quiet_devices{});
  f.run(seconds{30});
  EXPECT_EQ(10U, f.in(phase::online));
  const auto up = f.uplink();
  EXPECT_EQ(0U, up.lost);
  EXPECT_EQ(0U, up.unexplained);
  EXPECT_EQ(0U, up.out_of_order);
  EXPECT_EQ(0U, up.unfinished);
  EXPECT_GE(f.part().counts.reconnects.load(), 30U);
}

TEST(supervision, cuts_devices_that_do_not_drain_within_the_grace) {
  small_fleet f{3};
  f.start();
  for (std::uint64_t i = 0; i < 3; ++i) {
    f.world().links().stall(i, std::chrono::hours{1});
  }
  f.run(seconds{3}); // publishes pile up unacknowledged
  f.tell(stop_devices{seconds{2}});
  f.run(seconds{1});
  EXPECT_FALSE(f.ended()) << "an acknowledgement may still come";
  f.run(seconds{1} + std::chrono::milliseconds{1});
  EXPECT_TRUE(f.ended()) << "not a second later than what was granted";
}

TEST(supervision, cuts_devices_whose_last_words_do_not_leave) {
  small_fleet f{2};
  f.product().link = hal::link_kind::lora;
  f.product().payload_bytes = 20'000; // minutes, on such a link
  f.tell(run_devices{});
  f.run(seconds{60});
  ASSERT_EQ(f.in(phase::online), 2U);
  f.tell(stop_devices{seconds{2}});
  f.run(seconds{2} + std::chrono::milliseconds{1});
  EXPECT_TRUE(f.ended());
}

TEST(supervision, of_a_run_that_goes_on_has_the_faults_that_are_in_force_and_no_past_ones) {
  small_fleet f{4};
  f.run(seconds{60});
  const auto plan = [&f](const char* name, faults::effect what, duration at, duration span) {
    auto fault = faults::default_fault(what);
    fault.name = name;
    fault.at = at;
    fault.span = span;
    f.tell(add_fault{std::make_shared<const faults::fault>(std::move(fault))});
  };
  plan("over", faults::effect::power_loss, seconds{1}, seconds{2});
  plan("open", faults::effect::power_loss, seconds{40}, seconds{15});
  plan("past", faults::effect::reset, seconds{30}, faults::no_end);
  f.tell(run_devices{seconds{50}});
  f.run(seconds{2});
  EXPECT_EQ(f.in(phase::online), 0U) << "their power is away";
  f.run(seconds{20});
  EXPECT_EQ(f.in(phase::online), 4U) << "it came back when it did for all";
  f.part().faults.each([](const fault_mark& mark) {
    EXPECT_EQ(mark.hit.load(), mark.name == "past" ? 0U : 4U) << mark.name;
    EXPECT_NE(mark.ended.load(), never) << mark.name;
  });
  EXPECT_EQ(f.part().counts.reconnects.load(), 0U);
}

TEST(supervision, ends_at_once_when_no_grace_is_left) {
  small_fleet f{3};
  f.start();
  f.world().links().stall(1, std::chrono::hours{1});
  f.run(seconds{3});
  f.tell(stop_devices{duration::zero()});
  f.run(std::chrono::milliseconds{1});
  EXPECT_TRUE(f.ended());
}

} // namespace
} // namespace fleet::actors
