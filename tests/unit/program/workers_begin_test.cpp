// How a worker and its coordinator come together before a run, and why one of them gives it up.
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <limits>
#include <optional>

#include "fleet/run/machine.hpp"
#include "fleet/workers/coordinator.hpp"
#include "fleet/workers/lifeline.hpp"
#include "fleet/workers/snapshots.hpp"
#include "fleet/workers/wire.hpp"
#include "tests/support/crew_peers.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;

using support::crew_token;
using support::feigned_worker;
using support::loopback;

worker_options joining(std::vector<hal::address> places) {
  worker_options out;
  out.join_any = std::move(places);
  return out;
}

TEST(lifeline, has_its_lease_from_when_its_coordinator_comes) {
  wire server{{crew_token, crew_role::coordinator}};
  const auto port = server.listen(loopback());
  ASSERT_TRUE(port) << port.error();
  lifeline line{joining({loopback(port.value())}), crew_token};
  line.begin_lease(-60); // it has waited for longer than a spare may
  ASSERT_FALSE(line.open());
  EXPECT_GT(line.lease_left_s(), 0);
}

TEST(lifeline, joins_where_somebody_is) {
  wire server{{crew_token, crew_role::coordinator}};
  const auto port = server.listen(loopback());
  ASSERT_TRUE(port) << port.error();
  hal::address nobody;
  {
    door closed{loopback()};
    ASSERT_TRUE(closed.at());
    nobody = *closed.at();
  }
  lifeline line{joining({nobody, loopback(port.value())}), crew_token};
  ASSERT_FALSE(line.open());
  ASSERT_TRUE(line.joined());
  EXPECT_EQ(line.joined()->port, port.value());
  lifeline alone{joining({nobody, nobody}), crew_token};
  const auto why = alone.open();
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("nobody listens there; cannot reach"), std::string::npos) << *why;
}

/// A coordinator, and two workers that are not there at first.
class Beginning : public testing::Test {
protected:
  void SetUp() override { open(2, 0); }
  void open(std::uint32_t expected, std::uint32_t begin_with) {
    coordinator::settings settings;
    settings.crew.expected = expected;
    settings.crew.begin_with = begin_with;
    settings.crew.listen = loopback();
    settings.token = crew_token;
    settings.devices = 10;
    settings.products = {{0, 10}};
    settings.groups = {{{0, 10}, 0, 0}};
    prepared ready;
    ready.products.emplace_back().plan.devices = {0, 10};
    settings.descriptors = descriptor_needs{run_options{}, ready};
    testing::internal::CaptureStdout();
    auto made = coordinator::open(std::move(settings));
    const auto said = testing::internal::GetCapturedStdout();
    ASSERT_TRUE(made) << made.error().message;
    company_ = std::move(made).value();
    products_.add(10, product_);
    (void)company_->mirrors(products_);
    at_ = support::address_in(said);
    begun_ = std::async(std::launch::async, [this] { return company_->begin(shown_, signals_); });
  }
  /// One that gets its part; the devices of that.
  wire_counts take_a_part(std::optional<feigned_worker>& worker, const crew_hello& hello) {
    worker.emplace(at_, hello);
    worker->greet();
    const auto part = worker->next();
    return std::holds_alternative<shard_spec>(part) ? std::get<shard_spec>(part).devices
                                                    : wire_counts{};
  }
  void both_take_a_part() {
    first_.emplace(at_, "first");
    first_->greet();
    second_.emplace(at_, "second");
    second_->greet();
    ASSERT_TRUE(first_->gets<shard_spec>());
    ASSERT_TRUE(second_->gets<shard_spec>());
    first_->say(crew_ready{});
  }
  /// What workers do while the run goes.
  template <class F>
  auto meanwhile(F job, double now_s = 1) {
    auto done = std::async(std::launch::async, job);
    do {
      for (auto& line : company_->turn(now_s).lines) {
        lines_.push_back(std::move(line));
      }
    } while (done.wait_for(1ms) != std::future_status::ready);
    return done.get();
  }
  void await_lines(std::size_t count, double now_s = 1) {
    const double until = lasting_seconds() + 30; // where they never come
    while (lines_.size() < count && lasting_seconds() < until) {
      meanwhile([] {}, now_s);
    }
  }
  /// How the run fails at its end.
  std::vector<std::string> failures() {
    report::run_facts facts;
    facts.products.resize(1);
    company_->complete(facts);
    EXPECT_EQ(facts.expected_end, 10U);
    return facts.failures;
  }

  stop_signals signals_;
  actors::product_settings product_;
  actors::product_map products_;
  std::vector<actors::shard*> none_;
  fault_desk faults_;
  shown_run shown_{none_, faults_, [](hal::home&, const std::function<void()>&) {}};
  std::unique_ptr<company> company_;
  hal::address at_;
  std::future<std::optional<startup_error>> begun_;
  std::optional<feigned_worker> first_;
  std::optional<feigned_worker> second_;
  std::vector<std::string> lines_; ///< that were told meanwhile
};

/// A worker of another machine; `descriptors`: how many it may open.
crew_hello elsewhere(const std::string& name, const std::string& machine,
                     std::uint64_t descriptors = 0) {
  auto out = feigned_worker::named(name);
  out.machine = machine;
  out.descriptors = descriptors;
  return out;
}

TEST_F(Beginning, waits_for_who_prepares_whoever_comes_besides) {
  both_take_a_part();
  feigned_worker third{at_, "third"};
  third.greet();
  feigned_worker fourth{at_, "fourth"};
  fourth.greet();
  second_->say(crew_ready{3, "has no room"});
  const auto error = begun_.get();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, exit_code::environment_failed);
  EXPECT_EQ(error->message, "worker 2: has no room");
}

TEST_F(Beginning, is_told_again_to_who_was_cut_off_meanwhile) {
  both_take_a_part();
  second_->say(crew_ready{});
  ASSERT_FALSE(begun_.get());
  feigned_worker again{at_, "first"};
  bool told = false;
  for (int turn = 0; turn < 3000 && !told; ++turn) {
    (void)company_->turn(0);
    told = again.is_let_begin();
  }
  EXPECT_TRUE(told);
}

TEST_F(Beginning, sends_a_part_again_to_who_was_cut_off_meanwhile) {
  both_take_a_part();
  feigned_worker again{at_, "second"};
  ASSERT_TRUE(again.gets<shard_spec>());
  again.say(crew_ready{});
  EXPECT_FALSE(begun_.get());
}

TEST_F(Beginning, refuses_who_speaks_of_another_form) {
  first_.emplace(at_, "first");
  first_->greet();
  auto hello = feigned_worker::named("second");
  hello.version = "0.1.0";
  second_.emplace(at_, hello);
  const auto told = second_->next();
  ASSERT_TRUE(std::holds_alternative<crew_hello>(told));
  EXPECT_EQ(std::get<crew_hello>(told).version, spoken_version());
  const auto error = begun_.get();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "worker 2: is fleet 0.1.0, and this is " + spoken_version());
}

/// Of two workers the second comes while the run goes.
class BeginningEarly : public Beginning {
protected:
  void SetUp() override {
    open(2, 1);
    ASSERT_EQ(take_a_part(first_, elsewhere("first", "here")), (wire_counts{0, 5}));
    first_->say(crew_ready{});
    ASSERT_FALSE(begun_.get());
    ASSERT_TRUE(first_->gets<crew_begin>());
  }
};

TEST_F(BeginningEarly, tells_of_devices_whose_worker_was_not_ready_at_the_end) {
  const auto hello = elsewhere("second", "there");
  ASSERT_EQ(meanwhile([&] { return take_a_part(second_, hello); }), (wire_counts{5, 5}));
  company_->drain();
  second_->say(crew_ready{}); // which crosses the farewell
  const auto farewell = second_->next();
  ASSERT_TRUE(std::holds_alternative<crew_farewell>(farewell));
  EXPECT_FALSE(std::get<crew_farewell>(farewell).turned_away);
  EXPECT_TRUE(meanwhile([this] { return second_->gets<crew_farewell>(); }))
      << "it is not let begin";
  const auto why = failures();
  ASSERT_FALSE(why.empty());
  EXPECT_EQ(why.back(),
            "devices 5 to 9 never began: worker 2, which was to have them, did not begin: the run "
            "ended before it was ready");
}

TEST_F(BeginningEarly, turns_away_a_late_one_of_another_form) {
  auto hello = feigned_worker::named("second");
  hello.version = "0.1.0 (worker messages 1)";
  second_.emplace(at_, hello);
  EXPECT_TRUE(meanwhile([this] {
    return second_->gets<crew_hello>() && std::get<crew_farewell>(second_->next()).turned_away;
  }));
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0], "who came as a worker is fleet 0.1.0 (worker messages 1), and this is "
                           + spoken_version() + "; it was turned away");
}

TEST_F(BeginningEarly, asks_for_others_for_what_a_late_one_has_no_room_for) {
  const auto hello = elsewhere("second", "there", descriptors_beside + 6); // a twin's ends, too
  ASSERT_EQ(meanwhile([&] { return take_a_part(second_, hello); }), (wire_counts{5, 3}));
  EXPECT_TRUE(meanwhile([this] { return first_->gets<crew_hire>(); }));
  EXPECT_EQ(lines_, std::vector<std::string>{"worker 2 may open 70 descriptors, too few for "
                                             "devices 8 to 9: others are looked for"});
  second_->say(crew_ready{});
  ASSERT_TRUE(meanwhile([this] { return second_->gets<crew_begin>(); }));
  company_->drain();
  const auto why = failures();
  ASSERT_FALSE(why.empty());
  EXPECT_EQ(why.back(), "devices 8 to 9 never began: worker 2 had no room for them, and nobody "
                        "else came");
}

TEST_F(BeginningEarly, tells_of_who_has_no_room_for_any_of_what_waits) {
  second_.emplace(at_, elsewhere("second", "there", descriptors_beside));
  meanwhile([this] { second_->greet(); });
  await_lines(1);
  EXPECT_EQ(lines_, std::vector<std::string>{"worker 2 has come, and is a spare: it may open 64 "
                                             "descriptors, too few for devices that wait"});
  company_->drain();
  EXPECT_EQ(failures().back(), "devices 5 to 9 never began: worker 2 had no room for them");
}

TEST_F(BeginningEarly, gives_what_a_late_one_has_no_room_for_to_who_was_asked_for) {
  const auto hello = elsewhere("second", "there", descriptors_beside + 6);
  ASSERT_EQ(meanwhile([&] { return take_a_part(second_, hello); }), (wire_counts{5, 3}));
  ASSERT_TRUE(meanwhile([this] { return first_->gets<crew_hire>(); }));
  std::optional<feigned_worker> hired;
  const auto third = elsewhere("third", "here");
  EXPECT_EQ(meanwhile([&] { return take_a_part(hired, third); }), (wire_counts{8, 2}));
}

TEST_F(BeginningEarly, says_of_which_devices_nobody_can_be_sent_all) {
  second_.emplace(at_, elsewhere("second", "there"));
  // No message has room for an infinite number.
  meanwhile([this] { second_->greet(); }, std::numeric_limits<double>::infinity());
  await_lines(2, std::numeric_limits<double>::infinity());
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_EQ(lines_[0], "nobody gets devices 5 to 9: what a worker is to be sent of them is more "
                       "than a message has room for, 256MiB");
  EXPECT_EQ(lines_[1], "worker 2 has come, and is a spare");
  company_->drain();
  EXPECT_TRUE(second_->gets<crew_farewell>());
  EXPECT_TRUE(failures().back().starts_with("devices 5 to 9 never began: what a worker is to be"));
}

/// Of three workers two are there from the beginning.
class BeginningWithTwo : public Beginning {
protected:
  void SetUp() override {
    open(3, 2);
    first_.emplace(at_, elsewhere("first", "here"));
    first_->greet();
    second_.emplace(at_, elsewhere("second", "there"));
    second_->greet();
    for (auto* each : {&*first_, &*second_}) {
      ASSERT_TRUE(each->gets<shard_spec>());
      each->say(crew_ready{});
    }
    ASSERT_FALSE(begun_.get());
    ASSERT_TRUE(first_->gets<crew_begin>());
    ASSERT_TRUE(second_->gets<crew_begin>());
  }
};

TEST_F(BeginningWithTwo, who_was_asked_for_is_for_the_devices_that_were_lost) {
  second_->say(crew_end{}); // of no run
  ASSERT_TRUE(meanwhile([this] { return first_->gets<crew_hire>(); }));
  std::optional<feigned_worker> hired;
  const auto third = elsewhere("third", "here");
  EXPECT_EQ(meanwhile([&] { return take_a_part(hired, third); }), (wire_counts{4, 3}))
      << "and not those of the third worker, which has not come";
  std::optional<feigned_worker> other;
  const auto fourth = elsewhere("fourth", "elsewhere");
  EXPECT_EQ(meanwhile([&] { return take_a_part(other, fourth); }), (wire_counts{7, 3}));
}

TEST(roll, counts_who_comes_to_a_machine_once) {
  std::deque<crew_worker> workers(3);
  std::deque<crew_share> shares(5);
  for (std::uint32_t i = 0; i < 5; ++i) {
    shares[i].devices = {i * 10, 10};
    shares[i].lives = 1;
  }
  for (std::size_t i = 0; i < 3; ++i) {
    workers[i].known = true;
    workers[i].machine = i == 2 ? "there" : "here";
    workers[i].devices = shares[i].devices;
    workers[i].share = shares[i].worker = i;
  }
  for (std::size_t i = 3; i < 5; ++i) {
    shares[i].hired = 1;
    shares[i].hired_at = "here";
  }
  const auto here = [&](const crew_share& but) { return devices_at("here", workers, shares, but); };
  EXPECT_EQ(here(shares[0]), 40U);
  EXPECT_EQ(here(shares[3]), 30U) << "the one that somebody is asked for again";
  shares[4].given_up = true;
  EXPECT_EQ(here(shares[3]), 20U) << "nobody comes for the other";
  EXPECT_EQ(devices_at("there", workers, shares, shares[3]), 10U);
  workers[0].lost_at_s = 1;
  EXPECT_EQ(here(shares[3]), 10U);
}

} // namespace
} // namespace fleet::program
