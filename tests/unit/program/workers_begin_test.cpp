// How a worker and its coordinator come together before a run, and why one of them gives it up.
#include <gtest/gtest.h>

#include <future>

#include "fleet/run/machine.hpp"
#include "fleet/workers/coordinator.hpp"
#include "fleet/workers/lifeline.hpp"
#include "fleet/workers/snapshots.hpp"
#include "fleet/workers/wire.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;

const std::string token = "a word for tests alone";

hal::address loopback(std::uint16_t port = 0) {
  hal::address out;
  out.ip[0] = 127;
  out.ip[3] = 1;
  out.port = port;
  return out;
}

worker_options joining(std::vector<hal::address> places) {
  worker_options out;
  out.join_any = std::move(places);
  return out;
}

TEST(lifeline, has_its_lease_from_when_its_coordinator_comes) {
  wire server{{token, crew_role::coordinator}};
  const auto port = server.listen(loopback());
  ASSERT_TRUE(port) << port.error();
  lifeline line{joining({loopback(port.value())}), token};
  line.begin_lease(-60); // it has waited for longer than a spare may
  ASSERT_FALSE(line.open());
  EXPECT_GT(line.lease_left_s(), 0);
}

TEST(lifeline, joins_where_somebody_is) {
  wire server{{token, crew_role::coordinator}};
  const auto port = server.listen(loopback());
  ASSERT_TRUE(port) << port.error();
  hal::address nobody;
  {
    door closed{loopback()};
    ASSERT_TRUE(closed.at());
    nobody = *closed.at();
  }
  lifeline line{joining({nobody, loopback(port.value())}), token};
  ASSERT_FALSE(line.open());
  ASSERT_TRUE(line.joined());
  EXPECT_EQ(line.joined()->port, port.value());
  lifeline alone{joining({nobody, nobody}), token};
  const auto why = alone.open();
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("nobody listens there; cannot reach"), std::string::npos) << *why;
}

/// As far as a coordinator can tell.
class feigned_worker {
public:
  feigned_worker(const hal::address& at, const std::string& name)
      : wire_({token, crew_role::worker}) {
    if (const auto far = wire_.connect(at)) {
      far_ = far.value();
    }
    crew_hello hello;
    hello.version = version;
    hello.cores = 1;
    hello.nonce = name;
    wire_.send(far_, hello);
  }
  /// Tells its clock until it is asked for the last time, or gets its part.
  void greet() {
    for (int told = 0; told < clocks_wanted; ++told) {
      const auto asked = std::get<crew_clock>(next());
      const double now = lasting_seconds();
      wire_.send(far_, crew_clock{asked.asked_s, now, monotonic_seconds(),
                                  static_cast<double>(wall_clock_ms()) * 1e-3});
    }
  }
  crew_message next() {
    auto event = wire_.next(30s);
    return event && event->what == wire_news::message ? std::move(event->message)
                                                      : crew_message{crew_farewell{}};
  }
  bool gets_a_part() {
    auto said = next();
    while (std::holds_alternative<crew_pulse>(said) || std::holds_alternative<crew_clock>(said)) {
      said = next();
    }
    return std::holds_alternative<shard_spec>(said);
  }
  /// Within a moment.
  bool is_let_begin() {
    const auto event = wire_.next(10ms);
    return event && event->what == wire_news::message
           && std::holds_alternative<crew_begin>(event->message);
  }
  void say(const crew_ready& ready) { wire_.send(far_, ready); }

private:
  wire wire_;
  peer_number far_ = 0;
};

class Beginning : public testing::Test {
protected:
  void SetUp() override {
    coordinator::settings settings;
    settings.crew.expected = 2;
    settings.crew.listen = loopback();
    settings.token = token;
    settings.devices = 10;
    settings.groups = {{{0, 10}, 0, 0}};
    testing::internal::CaptureStdout();
    auto made = coordinator::open(std::move(settings));
    const auto said = testing::internal::GetCapturedStdout();
    ASSERT_TRUE(made) << made.error().message;
    company_ = std::move(made).value();
    products_.add(10, product_);
    (void)company_->mirrors(products_);
    at_ = hal::parse_address(said.substr(said.find("127."), said.find('\n') - said.find("127.")))
              .value();
    begun_ = std::async(std::launch::async, [this] { return company_->begin(shown_, signals_); });
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
};

TEST_F(Beginning, waits_for_who_prepares_whoever_comes_besides) {
  feigned_worker first{at_, "first"};
  first.greet();
  feigned_worker second{at_, "second"};
  second.greet();
  ASSERT_TRUE(first.gets_a_part());
  ASSERT_TRUE(second.gets_a_part());
  first.say({});
  feigned_worker third{at_, "third"};
  third.greet();
  feigned_worker fourth{at_, "fourth"};
  fourth.greet();
  second.say({3, "has no room"});
  const auto error = begun_.get();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, exit_code::environment_failed);
  EXPECT_EQ(error->message, "worker 2: has no room");
}

TEST_F(Beginning, is_told_again_to_who_was_cut_off_meanwhile) {
  feigned_worker first{at_, "first"};
  first.greet();
  feigned_worker second{at_, "second"};
  second.greet();
  ASSERT_TRUE(first.gets_a_part());
  ASSERT_TRUE(second.gets_a_part());
  first.say({});
  second.say({});
  ASSERT_FALSE(begun_.get());
  feigned_worker again{at_, "first"};
  bool told = false;
  for (int turn = 0; turn < 3000 && !told; ++turn) {
    (void)company_->turn(0);
    told = again.is_let_begin();
  }
  EXPECT_TRUE(told);
}

} // namespace
} // namespace fleet::program
