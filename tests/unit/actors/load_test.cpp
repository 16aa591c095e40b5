// A shard under a timetable: who is on when, products counted apart, and who is never started.
#include <atomic>
#include <memory>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include "actors/device/speech_scratch.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "actors/supervision/fleet_supervisor.hpp"
#include "cloud_sim/twin.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"

namespace fleet::actors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct sharing_config : caf::actor_system_config {
  sharing_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

/// Six devices of one product, four of another, against the twin; the last product is silent.
class loaded_fleet {
public:
  loaded_fleet(timetable load, std::vector<start_place> order,
               hal::link_kind link = hal::link_kind::ethernet,
               std::shared_ptr<const load_curve> curve = nullptr)
      : loaded_fleet(std::vector<timetable>{std::move(load)},
                     std::vector<std::vector<start_place>>{std::move(order)}, link,
                     std::move(curve)) {}
  /// Each product by a timetable of its own.
  loaded_fleet(timetable talking, timetable silent)
      : loaded_fleet(
          std::vector<timetable>{std::move(talking), std::move(silent)},
          std::vector<std::vector<start_place>>{{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}},
                                                {{6, 0}, {7, 1}, {8, 2}, {9, 3}}},
          hal::link_kind::ethernet, nullptr) {}

  ~loaded_fleet() {
    caf::anon_send(root_, stop_devices{seconds{2}});
    world_.run_for(seconds{10});
    EXPECT_TRUE(ended_->load());
    root_ = nullptr;
    twin_->stop();
    world_.run_for(seconds{1});
  }

  void run(duration span) { world_.run_for(span); }
  void crash(std::uint32_t device) { caf::anon_send(root_, crash_device{device}); }
  [[nodiscard]] std::uint64_t online(std::size_t product) const {
    return shard_->parts[product].counts.in_phase[static_cast<std::size_t>(phase::online)].load();
  }
  [[nodiscard]] std::uint64_t in(phase p) const {
    const auto place = static_cast<std::size_t>(p);
    return shard_->parts[0].counts.in_phase[place].load()
           + shard_->parts[1].counts.in_phase[place].load();
  }
  [[nodiscard]] std::uint64_t online() const { return online(0) + online(1); }
  [[nodiscard]] actors::shard& part() { return *shard_; }

private:
  loaded_fleet(std::vector<timetable> loads, std::vector<std::vector<start_place>> orders,
               hal::link_kind link, std::shared_ptr<const load_curve> curve)
      : credentials_(std::make_shared<alink::generated_credentials>()),
        speech_(vendor_options{}, credentials_), loads_(std::move(loads)) {
    world_.home().attach(system_);
    cloud::twin_options o;
    o.credentials = credentials_.get();
    o.listeners.push_back({hal::parse_address("127.0.0.1:1883").value(), nullptr});
    twin_ = std::make_unique<cloud::twin>(std::move(o));
    const auto at = twin_->start(world_.home());
    for (auto* product : {&talking_, &silent_}) {
      product->speech = &speech_;
      product->peer = at.value().front();
      product->interval = seconds{1};
      product->link = link;
      product->curve = curve;
    }
    silent_.interval = duration{0};
    products_.add(6, talking_);
    products_.add(4, silent_);
    shard_options options;
    options.count = 10;
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      options.lines.push_back({&loads_[i], std::move(orders[i])});
    }
    shard_ = std::make_unique<shard>(world_.home(), products_, options, scratch_);
    root_ = spawn_fleet(system_, {shard_.get()}, ended_);
    caf::anon_send(root_, run_devices{});
  }

  hal::virtual_world world_;
  sharing_config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<alink::credential_source> credentials_;
  vendor_dialect speech_;
  std::unique_ptr<cloud::twin> twin_;
  product_settings talking_;
  product_settings silent_;
  product_map products_;
  std::vector<timetable> loads_;
  speech_scratch scratch_;
  std::unique_ptr<shard> shard_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
};

/// All ten, those of the second product first.
std::vector<start_place> everyone() {
  std::vector<start_place> order;
  for (std::uint32_t i = 0; i < 10; ++i) {
    order.push_back({(i + 6) % 10, i});
  }
  return order;
}

TEST(shard_load, follows_the_timetable_up_and_down_and_up_again) {
  loaded_fleet f{{{{seconds{0}, seconds{10}, 0, 10},
                   {seconds{10}, seconds{20}, 10, 10},
                   {seconds{20}, seconds{24}, 10, 2},
                   {seconds{24}, seconds{30}, 2, 2},
                   {seconds{30}, seconds{32}, 2, 6}},
                  6},
                 everyone()};
  f.run(milliseconds{4500});
  EXPECT_EQ(4U, f.online(1)) << "the order decides who comes first";
  EXPECT_EQ(0U, f.online(0));
  f.run(seconds{10});
  EXPECT_EQ(10U, f.online());
  f.run(seconds{11});
  EXPECT_EQ(2U, f.online()) << "who came last went first";
  EXPECT_EQ(2U, f.online(1));
  EXPECT_EQ(8U, f.part().stopped.load());
  f.run(seconds{8});
  EXPECT_EQ(6U, f.online());
  EXPECT_EQ(4U, f.online(1));
  EXPECT_EQ(10U, f.part().started.load());
  EXPECT_EQ(0U, f.part().crashes.size());
}

TEST(shard_load, follows_several_lines_each_by_its_own_timetable) {
  // The talkers: slots 0 to 5; the silent: 6 to 9.
  const timetable talking{{{seconds{0}, seconds{6}, 0, 6}, {seconds{6}, seconds{20}, 6, 6}}, 3};
  const timetable silent{{{seconds{0}, seconds{10}, 4, 4}, {seconds{10}, seconds{14}, 4, 0}}, 4};
  loaded_fleet f{talking, silent};
  f.run(milliseconds{2500});
  EXPECT_EQ(2U, f.online(0));
  EXPECT_EQ(4U, f.online(1));
  f.run(seconds{9});
  EXPECT_EQ(6U, f.online(0));
  EXPECT_EQ(3U, f.online(1));
  f.run(seconds{12});
  EXPECT_EQ(3U, f.online(0)) << "those go who came last";
  EXPECT_EQ(0U, f.part().slots[5].board.powered() ? 1U : 0U);
  EXPECT_EQ(4U, f.online(1));
  EXPECT_EQ(10U, f.part().started.load());
}

TEST(shard_load, starts_devices_when_their_arrivals_say) {
  const auto when = std::make_shared<const std::vector<duration>>(
      std::vector<duration>{seconds{1}, seconds{1}, seconds{7}, seconds{8}});
  loaded_fleet f{{{{seconds{0}, seconds{10}, 0, 4, when}}, 4}, everyone()};
  f.run(milliseconds{900});
  EXPECT_EQ(0U, f.online());
  f.run(seconds{1});
  EXPECT_EQ(2U, f.online());
  f.run(seconds{5});
  EXPECT_EQ(2U, f.online());
  f.run(seconds{2});
  EXPECT_EQ(4U, f.online());
}

TEST(shard_load, reports_as_often_as_the_curve_says_from_the_start_of_the_run) {
  const auto curve = std::make_shared<const load_curve>(
      std::vector<curve_step>{{seconds{0}, 1'000'000}, {seconds{20}, 5'000'000}, {seconds{40}, 0}});
  loaded_fleet f{{{}, 10}, everyone(), hal::link_kind::ethernet, curve};
  const auto sent = [&f] { return f.part().parts[0].counts.published[1].load(); };
  f.run(seconds{20});
  const auto first = sent(); // six devices, once a second
  EXPECT_NEAR(static_cast<double>(first), 6 * 20, 7);
  f.run(seconds{20});
  EXPECT_NEAR(static_cast<double>(sent() - first), 6 * 100, 1);
  const auto all = sent();
  f.run(seconds{60});
  EXPECT_EQ(sent(), all);
}

TEST(shard_load, never_starts_a_device_that_is_not_in_the_order) {
  auto order = everyone();
  order.erase(order.begin(), order.begin() + 4); // the second product is behind gateways
  for (auto& place : order) {
    place.position -= 4;
  }
  loaded_fleet f{{{}, 100}, order};
  f.run(seconds{5});
  EXPECT_EQ(6U, f.online(0));
  EXPECT_EQ(0U, f.online(1));
  EXPECT_EQ(0U, f.part().slots[7].board.boots());
  f.crash(7);
  f.run(seconds{5});
  EXPECT_EQ(0U, f.part().crashes.size());
}

TEST(shard_load, counts_each_product_apart) {
  loaded_fleet f{{{}, 10}, everyone()};
  f.run(seconds{10});
  EXPECT_GE(f.part().parts[0].counts.published[1].load(), 6U * 8);
  EXPECT_EQ(0U, f.part().parts[1].counts.published[1].load());
  f.crash(8);
  f.run(seconds{5});
  EXPECT_EQ(0U, f.part().parts[0].counts.restarts.load());
  EXPECT_EQ(1U, f.part().parts[1].counts.restarts.load());
}

TEST(shard_load, does_not_restart_a_device_that_the_load_has_stopped) {
  loaded_fleet f{{{{seconds{0}, seconds{5}, 10, 10}}, 4}, everyone()};
  f.run(milliseconds{4800});
  EXPECT_EQ(10U, f.online());
  f.crash(3); // its restart would be due a second later
  f.run(seconds{5});
  EXPECT_EQ(4U, f.online());
  EXPECT_EQ(0U, f.online(0));
  EXPECT_EQ(1U, f.part().crashes.size());
  EXPECT_EQ(0U, f.part().counts.restarts.load());
}

TEST(shard_load, starts_a_device_again_that_was_still_stopping) {
  // A slow link: at any moment some report waits for its acknowledgement, and so does a good-bye.
  const seconds off{60};
  const auto on = off + milliseconds{1};
  loaded_fleet f{
      {{{seconds{0}, off, 10, 10}, {off, on, 3, 3}}, 10}, everyone(), hal::link_kind::nbiot};
  f.run(off - milliseconds{1});
  ASSERT_EQ(10U, f.online());
  f.run(milliseconds{3});
  EXPECT_GT(f.in(phase::stopping), 0U) << "or this tries nothing";
  f.run(seconds{60});
  EXPECT_EQ(10U, f.online());
  EXPECT_EQ(7U, f.part().stopped.load());
  EXPECT_EQ(2U, f.part().slots[3].board.boots());
  EXPECT_EQ(1U, f.part().slots[6].board.boots());
}

} // namespace
} // namespace fleet::actors
