// What a coordinator gives to whom: at the beginning, of a worker that is gone, and of what is
// judged. The workers are played.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <thread>

#include "fleet/run/machine.hpp"
#include "fleet/run/soak.hpp"
#include "fleet/workers/coordinator.hpp"
#include "fleet/workers/frames.hpp"
#include "fleet/workers/mirror.hpp"
#include "fleet/workers/packing.hpp"
#include "fleet/workers/snapshots.hpp"
#include "fleet/workers/wire.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;

const std::string token = "a word for tests alone";
constexpr double hear_most_s = 30; ///< until a coordinator has heard somebody

/// As far as a coordinator can tell.
class played_worker {
public:
  played_worker(const hal::address& at, const std::string& name, std::uint64_t descriptors = 0)
      : wire_({token, crew_role::worker}) {
    if (const auto far = wire_.connect(at)) {
      far_ = far.value();
    }
    crew_hello hello;
    hello.version = spoken_version();
    hello.cores = 1;
    hello.nonce = name;
    hello.machine = "the machine of " + name;
    hello.descriptors = descriptors;
    say(hello);
    for (int told = 0; told < clocks_wanted; ++told) {
      const double now = lasting_seconds();
      say(crew_clock{heard<crew_clock>().asked_s, now, monotonic_seconds(),
                     static_cast<double>(wall_clock_ms()) * 1e-3});
    }
  }
  void say(crew_message message) { wire_.send(far_, std::move(message)); }
  /// The next of its kind.
  template <class Message>
  Message heard() {
    while (auto event = wire_.next(30s)) {
      if (const auto* message = std::get_if<Message>(&event->message)) {
        return *message;
      }
    }
    ADD_FAILURE() << "nothing was said";
    return {};
  }
  device_set part() { return devices_of(heard<shard_spec>().devices).value_or(device_set{}); }

private:
  wire wire_;
  peer_number far_ = 0;
};

/// `gateways` with `each` behind them, those first, and plain devices behind all.
prepared fleet_of(std::uint32_t gateways, std::uint32_t each, std::uint32_t plain) {
  prepared out;
  auto& meter = out.products.emplace_back().plan;
  meter.behind_gateway = true;
  meter.devices = {0, gateways * each};
  auto& gateway = out.products.emplace_back().plan;
  gateway.devices = {gateways * each, gateways};
  gateway.children_each = each;
  auto& lamp = out.products.emplace_back().plan;
  lamp.devices = {gateways * (each + 1), plain};
  return out;
}

class Sharing : public testing::Test {
protected:
  void open(const prepared& ready, std::uint32_t expected, std::uint32_t begin_with = 0) {
    run_options elsewhere;
    elsewhere.target.scheme = text::scheme::mqtt;
    coordinator::settings settings;
    settings.crew.expected = expected;
    settings.crew.begin_with = begin_with;
    settings.crew.listen = hal::parse_address("127.0.0.1:0").value();
    settings.token = token;
    groups_ = settings.groups = groups_of(ready);
    for (const auto& product : ready.products) {
      settings.devices += product.plan.devices.count;
    }
    settings.products = {{0, settings.devices}};
    settings.descriptors = descriptor_needs{elsewhere, ready};
    products_.add(settings.devices, product_);
    testing::internal::CaptureStdout();
    auto made = coordinator::open(std::move(settings));
    const auto said = testing::internal::GetCapturedStdout();
    ASSERT_TRUE(made) << made.error().message;
    company_ = std::move(made).value();
    (void)company_->mirrors(products_);
    at_ = hal::parse_address(said.substr(said.find("127."), said.find('\n') - said.find("127.")))
              .value();
    begun_ = std::async(std::launch::async, [this] { return company_->begin(shown_, signals_); });
  }
  void all_begin(std::initializer_list<played_worker*> workers) {
    for (auto* w : workers) {
      w->say(crew_ready{});
    }
    const auto error = begun_.get();
    ASSERT_FALSE(error) << error->message;
  }
  /// Lets the coordinator hear until it is done.
  void hear_until(const std::function<bool(const company_news&)>& done) {
    const double until = lasting_seconds() + hear_most_s;
    while (!done(company_->turn(1))) {
      ASSERT_LT(lasting_seconds(), until);
      std::this_thread::yield();
    }
  }
  /// As many lines that end so.
  void await_lines(std::string_view end, std::ptrdiff_t count) {
    hear_until([&](const company_news& news) {
      count -= std::count_if(news.lines.begin(), news.lines.end(),
                             [end](const auto& line) { return line.ends_with(end); });
      return count == 0;
    });
  }
  crew_snapshot snapshot() {
    actors::shard_options options;
    options.count = 1;
    actors::shard one{home_, products_, options, scratch_};
    const std::vector<actors::shard*> all{&one};
    return snapshot_maker{shown_run{all, faults_, [](hal::home&, const auto& job) { job(); }}}.make(
        1);
  }
  /// Of one that was told to stop, so that its devices are another's at once.
  crew_end goodbye() {
    report::run_facts facts;
    facts.interrupted = true;
    facts.products.emplace_back();
    auto out = packed(facts);
    out.last = snapshot();
    return out;
  }

  stop_signals signals_;
  mirror_home home_;
  actors::speech_scratch scratch_;
  actors::product_settings product_;
  actors::product_map products_;
  std::vector<actors::shard*> none_;
  fault_desk faults_;
  shown_run shown_{none_, faults_, [](hal::home&, const std::function<void()>&) {}};
  std::vector<device_groups> groups_;
  std::unique_ptr<company> company_;
  hal::address at_;
  std::future<std::optional<startup_error>> begun_;
};

TEST_F(Sharing, gives_nobody_more_at_the_beginning_than_it_may_open) {
  open(fleet_of(10, 60, 300), 2);
  played_worker first{at_, "first", descriptors_beside + 200};
  played_worker second{at_, "second", descriptors_beside + 200};
  const auto one = first.part();
  const auto other = second.part();
  EXPECT_EQ(connections_in(groups_, one), 110U) << "by devices it were seven or eight";
  EXPECT_EQ(connections_in(groups_, other), 200U);
  EXPECT_EQ(one.count() + other.count(), 910U);
  all_begin({&first, &second});
}

TEST_F(Sharing, takes_who_has_not_come_for_one_with_as_much_room) {
  open(fleet_of(10, 60, 300), 2, 1);
  played_worker first{at_, "first", descriptors_beside + 200};
  EXPECT_EQ(connections_in(groups_, first.part()), 110U) << "and 200 are the other one's";
  all_begin({&first});
}

TEST_F(Sharing, gives_heirs_as_many_devices_as_any_other) {
  open(fleet_of(100, 100, 1000), 1);
  played_worker first{at_, "first"};
  EXPECT_EQ(first.part().count(), 11'100U);
  played_worker second{at_, "second"};
  played_worker third{at_, "third"};
  all_begin({&first});
  await_lines("is a spare", 2);
  first.say(goodbye());
  await_lines("others take them over", 1);
  EXPECT_EQ(second.part().count(), 55U * 101);
  EXPECT_EQ(third.part().count(), 45U * 101 + 1000);
}

TEST_F(Sharing, asks_for_processes_by_devices_and_not_by_connections) {
  open(fleet_of(3 * 60, 100, 0), 3);
  played_worker first{at_, "first"};
  played_worker second{at_, "second"};
  played_worker third{at_, "third"};
  EXPECT_EQ(first.part().count(), 60U * 101);
  all_begin({&first, &second, &third});
  first.say(goodbye());
  await_lines("others take them over", 1);
  (void)second.heard<crew_hire>();
  (void)third.heard<crew_hire>();
}

TEST_F(Sharing, has_samples_of_all_that_live) {
  open(fleet_of(1, 1, 3), 2);
  played_worker first{at_, "first"};
  played_worker second{at_, "second"};
  all_begin({&first, &second});
  const std::vector<std::optional<double>> values{10, 20, 30, 40, 50, std::nullopt, 60, 70};
  const std::vector<std::optional<double>> sums{
      std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, 60, 70};
  auto told = snapshot();
  told.soak = packed(values);
  first.say(told);
  second.say(told);
  // What was told once is its own once, and in the sums for as long as it lives.
  std::vector<judging::process_sample> all;
  hear_until([&](const company_news&) {
    all = company_->take_samples();
    return all.size() == 2 && all[0].values == sums && all[1].values == sums;
  });
  told.soak = packed({11, 20, 30, 40, 50, std::nullopt, 60, 71});
  second.say(told);
  first.say(goodbye());
  await_lines("others take them over", 1);
  hear_until([&](const company_news&) {
    all = company_->take_samples();
    return all.size() != 1 || all[0].values[0];
  });
  ASSERT_EQ(all.size(), 1U) << "and of nobody else";
  EXPECT_EQ(all[0].process, "worker 2");
  EXPECT_EQ(all[0].values[0], 11);
  EXPECT_EQ(all[0].values[7], 71);
}

TEST(told_samples, keep_sums_whole_while_somebody_is_not_heard) {
  told_samples told;
  judging::soak_watch watch{soak_watched()};
  for (int i = 0; i < 100; ++i) {
    // One twin leaks a session each time; the worker with the other is cut off for a while.
    const bool cut = i >= 40 && i < 65;
    const std::vector<std::optional<double>> leaky{1, 1, 1, 1, 1, std::nullopt, 0, 10.0 + i};
    const std::vector<std::optional<double>> steady{1, 1, 1, 1, 1, std::nullopt, 0, 200};
    told.hear({{"worker 1", 10, leaky}, {"worker 2", 10, cut ? summed_alone(steady) : steady}});
    watch.add_all(i * 10, told.take());
  }
  const auto got = watch.judge(20).all.back();
  EXPECT_EQ(got.name, "twin_sessions");
  EXPECT_TRUE(got.grew) << "by " << got.growth << " of " << got.limit;
  EXPECT_EQ(got.last, 309);
}

TEST(told_samples, give_what_is_a_processs_own_once) {
  told_samples told;
  const std::vector<std::optional<double>> values{1, 2, 3, 4, 5, std::nullopt, 6, 7};
  told.hear({{"worker 1", 10, values}});
  told.hear({{"worker 1", 10, summed_alone(values)}}); // nothing new
  EXPECT_EQ(told.take().at(0).values, values);
  EXPECT_EQ(told.take().at(0).values, summed_alone(values));
  told.hear({{"worker 2", 10, values}});
  const auto all = told.take();
  ASSERT_EQ(all.size(), 1U) << "the other one does not live any more";
  EXPECT_EQ(all[0].process, "worker 2");
}

} // namespace
} // namespace fleet::program
