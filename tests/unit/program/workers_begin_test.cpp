// How a worker and its coordinator come together before a run, and why one of them gives it up.
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <optional>

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
  void SetUp() override { open(0); }
  void open(std::uint32_t begin_with) {
    coordinator::settings settings;
    settings.crew.expected = 2;
    settings.crew.begin_with = begin_with;
    settings.crew.listen = loopback();
    settings.token = crew_token;
    settings.devices = 10;
    settings.products = {{0, 10}};
    settings.groups = {{{0, 10}, 0, 0}};
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
  /// One that gets its part.
  void take_a_part(std::optional<feigned_worker>& worker, const std::string& name) {
    worker.emplace(at_, name);
    worker->greet();
    ASSERT_TRUE(worker->gets<shard_spec>());
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
  void meanwhile(const std::function<void()>& job) {
    auto done = std::async(std::launch::async, job);
    while (done.wait_for(1ms) != std::future_status::ready) {
      (void)company_->turn(1);
    }
    done.get();
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
};

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
  second_.emplace(at_, "second", "0.1.0");
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
    open(1);
    take_a_part(first_, "first");
    first_->say(crew_ready{});
    ASSERT_FALSE(begun_.get());
    ASSERT_TRUE(first_->gets<crew_begin>());
  }
};

TEST_F(BeginningEarly, tells_of_devices_whose_worker_was_not_ready_at_the_end) {
  meanwhile([this] { take_a_part(second_, "second"); });
  company_->drain();
  second_->say(crew_ready{}); // which crosses the farewell
  const auto farewell = second_->next();
  ASSERT_TRUE(std::holds_alternative<crew_farewell>(farewell));
  EXPECT_FALSE(std::get<crew_farewell>(farewell).turned_away);
  meanwhile([this] { EXPECT_TRUE(second_->gets<crew_farewell>()) << "it is not let begin"; });
  report::run_facts facts;
  facts.products.resize(1);
  company_->complete(facts);
  EXPECT_EQ(facts.expected_end, 10U);
  ASSERT_FALSE(facts.failures.empty());
  EXPECT_EQ(facts.failures.back(),
            "devices 5 to 9 never began: worker 2, which was to have them, did not begin: the run "
            "ended before it was ready");
}

TEST_F(BeginningEarly, turns_away_a_late_one_of_another_form) {
  second_.emplace(at_, "second", "0.1.0 (worker messages 1)");
  std::vector<std::string> lines;
  auto answered = std::async(std::launch::async, [this] {
    return second_->gets<crew_hello>() && std::get<crew_farewell>(second_->next()).turned_away;
  });
  while (answered.wait_for(1ms) != std::future_status::ready) {
    for (auto& line : company_->turn(1).lines) {
      lines.push_back(std::move(line));
    }
  }
  EXPECT_TRUE(answered.get());
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], "who came as a worker is fleet 0.1.0 (worker messages 1), and this is "
                          + spoken_version() + "; it was turned away");
}

} // namespace
} // namespace fleet::program
