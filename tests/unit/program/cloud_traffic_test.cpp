// The cloud's traffic against a cloud that writes down what it was asked, on simulated time.
#include "fleet/run/cloud_traffic.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/tsl/load.hpp"
#include "tests/support/bare_home.hpp"
#include "tests/unit/program/noting_console.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;
using cloud::operation_error;

class traffic : public testing::Test {
protected:
  traffic() {
    to.devices = {10, 3};
    to.product = "led";
    to.product_key = "a1FleetDemo";
    what.rate = 2;
  }
  /// Starts the flow of `what` and lets time pass.
  void run(duration span) {
    flow = std::make_unique<traffic_flow>(world.home(), cloud_side, what, to);
    flow->start(7, names);
    world.run_for(span);
  }
  std::vector<std::uint64_t> ends() const {
    const auto& c = flow->counts();
    return {c.attempted.load(), c.answered.load(), c.timed_out.load(), c.refused.load(),
            c.offline.load()};
  }
  /// Of the load: it has nobody on but between these moments.
  void load_is(duration from, duration until) {
    to.wanted = [from, until](std::uint32_t, duration since, duration to_now) {
      return from <= since && to_now <= until;
    };
  }
  /// Not subscribed, busy, unknown, absent.
  std::vector<std::uint64_t> reasons() const {
    const auto& c = flow->counts();
    return {c.not_subscribed.load(), c.busy.load(), c.unknown.load(), c.absent.load()};
  }
  /// One attempt, half a second after the start, and time for all that follows.
  void run_once(duration span = 500ms + traffic_flow::reach_within + 1s) {
    what.rate = 2;
    flow = std::make_unique<traffic_flow>(world.home(), cloud_side, what, to);
    flow->start(7, names);
    world.run_for(600ms);
    what.rate = 0.001; // the next one is far away
    world.run_for(span - 600ms);
  }
  const std::string& first_call() const {
    static const std::string none = "no call";
    return cloud_side.desk.calls.empty() ? none : cloud_side.desk.calls.front();
  }

  hal::virtual_world world;
  alink::generated_credentials names;
  noting_cloud cloud_side;
  cloud_traffic what;
  traffic_target to;
  std::unique_ptr<traffic_flow> flow;
};

using ends_of = std::vector<std::uint64_t>;

TEST_F(traffic, goes_to_one_device_after_the_other_at_its_rate) {
  run(2500ms);
  EXPECT_EQ(cloud_side.commanded, (std::vector<std::uint32_t>{10, 11, 12, 10, 11}));
  EXPECT_EQ(ends(), (ends_of{5, 5, 0, 0, 0}));
  flow->stop();
  world.run_for(10s);
  EXPECT_EQ(cloud_side.commanded.size(), 5U) << "stopped is stopped";
}

TEST_F(traffic, sets_desired_properties_and_pushes_configurations) {
  what.kind = traffic_kind::desired_set;
  run(500ms + 100ms);
  EXPECT_TRUE(first_call().starts_with(R"(desired a1FleetDemo/dev_000010 {"LightSwitch":)"))
      << first_call();
  cloud_side.desk.calls.clear();
  what.kind = traffic_kind::config_push;
  run(500ms + 100ms);
  EXPECT_EQ(first_call(), R"(config a1FleetDemo {"seq":1} pushed)");
  EXPECT_EQ(ends(), (ends_of{1, 1, 0, 0, 0}));
}

TEST_F(traffic, disables_one_device_at_a_time_and_enables_it_after_a_second) {
  what.kind = traffic_kind::disable;
  what.rate = 0.25;
  run(4500ms);
  EXPECT_EQ(cloud_side.desk.calls, (std::vector<std::string>{"disable a1FleetDemo/dev_000010 "}));
  world.run_for(1s);
  EXPECT_EQ(cloud_side.desk.calls.back(), "enable a1FleetDemo/dev_000010 ");
  world.run_for(3s);
  EXPECT_EQ(cloud_side.desk.calls.back(), "disable a1FleetDemo/dev_000011 ");
  flow->stop();
  EXPECT_EQ(cloud_side.desk.calls.back(), "enable a1FleetDemo/dev_000011 ")
      << "whoever is disabled when it stops comes back";
  flow->stop();
  EXPECT_EQ(cloud_side.desk.calls.size(), 4U);
}

TEST_F(traffic, that_would_disable_faster_than_a_second_enables_the_one_before_first) {
  what.kind = traffic_kind::disable;
  run(1100ms);
  EXPECT_EQ(cloud_side.desk.calls, (std::vector<std::string>{"disable a1FleetDemo/dev_000010 ",
                                                             "enable a1FleetDemo/dev_000010 ",
                                                             "disable a1FleetDemo/dev_000011 "}));
}

TEST_F(traffic, disables_nobody_who_has_never_been_there) {
  what.kind = traffic_kind::disable;
  to.behind_gateway = true;
  cloud_side.desk.seen.emplace().state = "unactivated";
  run_once(1s);
  EXPECT_TRUE(cloud_side.desk.calls.empty());
  cloud_side.desk.seen->state = "offline";
  world.run_for(500ms);
  EXPECT_EQ(cloud_side.desk.calls, (std::vector<std::string>{"disable a1FleetDemo/dev_000010 "}));
}

TEST_F(traffic, enables_whom_it_disabled_once_a_cloud_that_was_killed_is_back) {
  what.kind = traffic_kind::disable;
  run_once(1s);
  cloud_side.has_desk = false;
  world.run_for(1min);
  EXPECT_EQ(cloud_side.desk.calls, (std::vector<std::string>{"disable a1FleetDemo/dev_000010 "}));
  cloud_side.has_desk = true;
  world.run_for(1s);
  EXPECT_EQ(cloud_side.desk.calls.back(), "enable a1FleetDemo/dev_000010 ");
  world.run_for(1min);
  EXPECT_EQ(cloud_side.desk.calls.size(), 2U);
}

TEST_F(traffic, keeps_a_rate_that_no_interval_holds_exactly) {
  what.rate = 3;
  run(100s);
  EXPECT_EQ(cloud_side.commanded.size(), 300U);
}

/// On a home that did nothing for a while.
struct late_traffic : traffic {
  ~late_traffic() override { flow.reset(); } // before its home
  void run_late() {
    flow = std::make_unique<traffic_flow>(home, cloud_side, what, to);
    flow->start(7, names);
    home.set_now(time_point{} + 2200ms);
  }
  support::bare_home home;
};

TEST_F(late_traffic, sends_each_command_as_of_when_it_was_due) {
  run_late();
  EXPECT_EQ(cloud_side.due, (std::vector<time_point>{time_point{500ms}, time_point{1s},
                                                     time_point{1500ms}, time_point{2s}}));
  flow->stop();
}

TEST_F(late_traffic, counts_from_when_each_call_was_due) {
  what.kind = traffic_kind::rrpc;
  run_late();
  actors::histogram_snapshot times;
  flow->answer_times().read(times);
  EXPECT_EQ(times.count, 4U);
  EXPECT_EQ(times.max_us, 1'700'000U);
  EXPECT_EQ(times.sum_us, 1'700'000U + 1'200'000U + 700'000U + 200'000U);
  flow->stop();
}

TEST_F(traffic, counts_an_order_that_is_made_again_from_when_it_was_due_again) {
  cloud_side.outcome = cloud::command_outcome::offline;
  run_once(700ms);
  cloud_side.outcome = cloud::command_outcome::sent;
  world.run_for(1s);
  EXPECT_EQ(cloud_side.due, (std::vector<time_point>{time_point{500ms}, time_point{1s}}));
}

TEST_F(traffic, of_a_product_without_devices_is_silent) {
  to.devices = {10, 0};
  run(10s);
  EXPECT_EQ(ends(), (ends_of{0, 0, 0, 0, 0}));
}

TEST_F(traffic, tries_again_for_a_while_who_is_not_there_yet) {
  cloud_side.outcome = cloud::command_outcome::not_subscribed;
  run(600ms);
  EXPECT_EQ(ends(), (ends_of{1, 0, 0, 0, 0}));
  EXPECT_EQ(flow->pending(), 1U);
  cloud_side.outcome = cloud::command_outcome::sent;
  world.run_for(500ms);
  EXPECT_EQ(cloud_side.commanded, (std::vector<std::uint32_t>{10, 10, 11}));
  EXPECT_EQ(ends(), (ends_of{2, 2, 0, 0, 0}));
  EXPECT_EQ(reasons(), (ends_of{0, 0, 0, 0}));
}

TEST_F(traffic, says_in_the_end_what_kept_an_order_from_a_device_that_was_to_be_on) {
  struct expected {
    cloud::command_outcome got;
    ends_of ends;
    ends_of reasons;
  };
  const expected table[] = {
      {cloud::command_outcome::not_subscribed, {1, 0, 0, 1, 0}, {1, 0, 0, 0}},
      {cloud::command_outcome::busy, {1, 0, 0, 1, 0}, {0, 1, 0, 0}},
      {cloud::command_outcome::unknown_device, {1, 0, 0, 1, 0}, {0, 0, 1, 0}},
      {cloud::command_outcome::nothing_to_set, {1, 0, 0, 1, 0}, {0, 0, 0, 0}},
      {cloud::command_outcome::offline, {1, 0, 0, 0, 1}, {0, 0, 0, 1}},
  };
  for (const auto& row : table) {
    cloud_side.outcome = row.got;
    run_once();
    EXPECT_EQ(ends(), row.ends) << static_cast<int>(row.got);
    EXPECT_EQ(reasons(), row.reasons) << static_cast<int>(row.got);
  }
}

TEST_F(traffic, does_not_hold_it_against_a_device_that_the_load_has_off_or_has_just_switched_on) {
  for (const auto got : {cloud::command_outcome::offline, cloud::command_outcome::not_subscribed}) {
    cloud_side.outcome = got;
    cloud_side.commanded.clear();
    load_is(1h, 2h);
    run_once();
    EXPECT_EQ(cloud_side.commanded.size(), 1U) << "nobody waits for it";
    EXPECT_EQ(ends(), (ends_of{1, 0, 0, 0, 1}));
    load_is(0s, 1h); // it was on for half a second at the first try, and for 15 s at the last
    run_once();
    EXPECT_NE(reasons(), (ends_of{0, 0, 0, 0}));
    to.settle = 1min; // on a slow link
    run_once();
    EXPECT_EQ(ends(), (ends_of{1, 0, 0, 0, 1}));
    EXPECT_EQ(reasons(), (ends_of{0, 0, 0, 0}));
    to.settle = traffic_flow::settle_within;
    load_is(-traffic_flow::settle_within, 1h);
    run_once();
    EXPECT_NE(reasons(), (ends_of{0, 0, 0, 0}));
    load_is(-traffic_flow::settle_within, 2s);
    run_once();
    EXPECT_EQ(ends(), (ends_of{1, 0, 0, 0, 1})) << "switched off while it was tried";
    EXPECT_EQ(reasons(), (ends_of{0, 0, 0, 0}));
  }
}

TEST_F(traffic, excuses_who_is_disabled_or_on_its_way_back_and_sub_devices_on_their_way_in) {
  cloud_side.outcome = cloud::command_outcome::offline;
  const auto absent = [this](std::string_view state, duration ago) {
    auto& seen = cloud_side.desk.seen.emplace();
    seen.state = state;
    const auto ended = world.home().wall_ms() + 16'000; // about when it is given up
    seen.last_online_ms =
        ended - std::chrono::duration_cast<std::chrono::milliseconds>(ago).count();
    run_once();
    EXPECT_EQ(ends(), (ends_of{1, 0, 0, 0, 1}));
    return flow->counts().absent.load();
  };
  EXPECT_EQ(absent("disabled", 1h), 0U);
  EXPECT_EQ(absent("offline", to.away_most - 10s), 0U) << "its link broke a while ago";
  EXPECT_EQ(absent("offline", to.away_most + 10s), 1U);
  EXPECT_EQ(absent("unactivated", 0s), 1U) << "it never came";
  to.behind_gateway = true;
  EXPECT_EQ(absent("unactivated", 0s), 0U);
  EXPECT_EQ(absent("offline", to.away_most + 10s), 1U);
}

TEST_F(traffic, calls_again_over_the_console_and_ends_what_waits_when_it_stops) {
  what.kind = traffic_kind::rrpc;
  cloud_side.desk.failure = operation_error::offline;
  run(600ms);
  EXPECT_EQ(flow->pending(), 1U);
  cloud_side.desk.failure.reset();
  world.run_for(450ms);
  EXPECT_EQ(ends(), (ends_of{2, 2, 0, 0, 0}));
  cloud_side.desk.failure = operation_error::offline;
  world.run_for(500ms);
  flow->stop();
  EXPECT_EQ(ends(), (ends_of{3, 2, 0, 0, 1}));
  EXPECT_EQ(reasons(), (ends_of{0, 0, 0, 0})) << "the run ended, not its patience";
  EXPECT_EQ(flow->pending(), 0U);
  world.run_for(20s);
  EXPECT_EQ(ends(), (ends_of{3, 2, 0, 0, 1}));
}

TEST_F(traffic, judges_when_it_stops_what_has_been_tried_in_vain_for_a_while) {
  what.kind = traffic_kind::property_get;
  cloud_side.desk.failure = operation_error::not_subscribed;
  run_once(500ms + traffic_flow::judged_after - 1s);
  flow->stop();
  EXPECT_EQ(ends(), (ends_of{1, 0, 0, 0, 1})) << "cut off: it was hardly tried";
  run_once(500ms + traffic_flow::judged_after + 1s);
  flow->stop();
  EXPECT_EQ(ends(), (ends_of{1, 0, 0, 1, 0}));
  EXPECT_EQ(reasons(), (ends_of{1, 0, 0, 0}));
  load_is(0s, 1h);
  run_once(500ms + traffic_flow::judged_after + 1s);
  flow->stop();
  EXPECT_EQ(ends(), (ends_of{1, 0, 0, 0, 1})) << "the load has only just switched it on";
  load_is(0s, 1h);
  run_once(traffic_flow::settle_within + 1s);
  flow->stop();
  EXPECT_EQ(ends(), (ends_of{1, 0, 0, 1, 0})) << "on for longer than it needs";
  cloud_side.desk.failure = operation_error::offline;
  run_once(traffic_flow::settle_within + 1s);
  flow->stop();
  EXPECT_EQ(reasons(), (ends_of{0, 0, 0, 1})) << "it never came";
}

TEST_F(traffic, makes_a_call_again_whose_sub_device_logged_out_before_it_answered) {
  what.kind = traffic_kind::property_get;
  to.behind_gateway = true;
  auto& seen = cloud_side.desk.seen.emplace();
  seen.state = "online";
  cloud_side.desk.failure = operation_error::timed_out;
  seen.logged_in_ms = world.home().wall_ms() - 1000;
  run_once(1s);
  EXPECT_EQ(ends(), (ends_of{1, 0, 1, 0, 0})) << "it was there all the time";
  seen.logged_in_ms = world.home().wall_ms() + 500; // when it is called
  run_once(900ms);
  EXPECT_EQ(ends(), (ends_of{1, 0, 0, 0, 0})) << "another log-in since";
  EXPECT_EQ(flow->pending(), 1U);
  cloud_side.desk.failure.reset();
  world.run_for(500ms);
  EXPECT_EQ(ends(), (ends_of{1, 1, 0, 0, 0}));
  cloud_side.desk.failure = operation_error::timed_out;
  seen.state = "disabled";
  run_once();
  EXPECT_EQ(ends(), (ends_of{1, 0, 0, 0, 1})) << "nobody is made to answer for it";
  EXPECT_EQ(reasons(), (ends_of{0, 0, 0, 0}));
  to.behind_gateway = false;
  run_once(1s);
  EXPECT_EQ(ends(), (ends_of{1, 0, 1, 0, 0})) << "of others the load alone excuses it";
}

TEST_F(traffic, takes_a_call_that_ends_after_the_stop_for_what_it_came_to) {
  what.kind = traffic_kind::property_get;
  to.behind_gateway = true;
  auto& seen = cloud_side.desk.seen.emplace();
  seen.state = "online";
  seen.logged_in_ms = world.home().wall_ms();
  cloud_side.desk.answers = false;
  const auto late = [&, this] {
    cloud_side.desk.unanswered.clear();
    run_once(1s);
    flow->stop();
    cloud_side.desk.unanswered.front()(
        fail(cloud::operation_failure{operation_error::timed_out, ""}));
  };
  late();
  EXPECT_EQ(ends(), (ends_of{1, 0, 1, 0, 0}));
  seen.state = "offline"; // it left
  late();
  EXPECT_EQ(ends(), (ends_of{1, 0, 0, 0, 1}));
  EXPECT_EQ(flow->pending(), 0U);
}

TEST_F(traffic, does_not_take_an_order_that_was_made_again_for_one_that_is_never_answered) {
  what.kind = traffic_kind::rrpc;
  cloud_side.desk.failure = operation_error::offline;
  run_once(1s);
  world.run_for(traffic_flow::reach_within - 2s);
  cloud_side.desk.failure.reset();
  cloud_side.desk.answers = false; // it is on its way now
  world.run_for(1s);
  ASSERT_EQ(cloud_side.desk.unanswered.size(), 1U);
  flow->stop();
  EXPECT_EQ(flow->counts().overdue.load(), 0U);
  EXPECT_EQ(flow->pending(), 1U);
}

TEST_F(traffic, calls_the_console_for_each_kind) {
  struct expected {
    traffic_kind kind;
    std::string_view call;
  };
  const expected table[] = {
      {traffic_kind::property_get, R"(get a1FleetDemo/dev_000010 ["LightSwitch"])"},
      {traffic_kind::service, "reset a1FleetDemo/dev_000010 {}"},
      {traffic_kind::rrpc, R"(rrpc a1FleetDemo/dev_000010 {"seq":1})"},
      {traffic_kind::broadcast, R"(broadcast a1FleetDemo /broadcast/a1FleetDemo/notice {"seq":1})"},
      {traffic_kind::custom, R"(publish /a1FleetDemo/dev_000010/data {"seq":1})"},
  };
  what.service = "reset";
  for (const auto& [kind, call] : table) {
    cloud_side.desk.calls.clear();
    what.kind = kind;
    run(500ms);
    EXPECT_EQ(first_call(), call);
    EXPECT_EQ(ends(), (ends_of{1, 1, 0, 0, 0})) << call;
  }
  what.kind = traffic_kind::shadow_desired;
  cloud_side.desk.calls.clear();
  run(500ms);
  EXPECT_TRUE(first_call().starts_with(
      R"(shadow a1FleetDemo/dev_000010 {"method":"update","state":{"desired":{"LightSwitch":)"))
      << first_call();
  EXPECT_TRUE(first_call().ends_with(R"(}},"version":0})")) << first_call();
}

TEST_F(traffic, writes_what_the_template_says) {
  what.kind = traffic_kind::property_set;
  what.payload = R"({{"LightSwitch":{seq},"for":"{device}","n":{index}}})";
  run(500ms);
  EXPECT_EQ(first_call(),
            R"(set a1FleetDemo/dev_000010 {"LightSwitch":1,"for":"dev_000010","n":10})");
}

TEST_F(traffic, makes_up_values_that_the_model_allows_for_what_may_be_set) {
  const auto model = tsl::load_model(R"({"profile":{"productKey":""},"properties":[
    {"identifier":"power","name":"p","accessMode":"rw","required":false,
     "dataType":{"type":"int","specs":{"min":"5","max":"9","step":"1"}}},
    {"identifier":"level","name":"l","accessMode":"rw","required":false,
     "dataType":{"type":"int","specs":{"min":"1","max":"2","step":"1"}}},
    {"identifier":"heat","name":"h","accessMode":"r","required":false,
     "dataType":{"type":"int","specs":{"min":"0","max":"9","step":"1"}}}],
    "events":[],"services":[]})",
                                     "m.json");
  ASSERT_TRUE(model.ok()) << model.error().front().message;
  to.model = &model.value();
  what.kind = traffic_kind::property_set;
  what.identifiers = {"power"};
  run(20s);
  std::set<std::string> seen;
  for (const auto& call : cloud_side.desk.calls) {
    seen.insert(call.substr(call.find('{')));
  }
  EXPECT_EQ(seen, (std::set<std::string>{R"({"power":5})", R"({"power":6})", R"({"power":7})",
                                         R"({"power":8})", R"({"power":9})"}));
  cloud_side.desk.calls.clear();
  what.identifiers.clear();
  what.kind = traffic_kind::property_get;
  run(500ms);
  EXPECT_EQ(first_call(), R"(get a1FleetDemo/dev_000010 ["power","level","heat"])");
}

TEST_F(traffic, is_the_same_again_for_one_seed) {
  what.kind = traffic_kind::rrpc;
  what.payload = "{random 0..999999}";
  run(5s);
  const auto first = cloud_side.desk.calls;
  cloud_side.desk.calls.clear();
  run(5s);
  EXPECT_EQ(first, cloud_side.desk.calls);
  EXPECT_GT(std::set<std::string>(first.begin(), first.end()).size(), 8U);
}

TEST_F(traffic, counts_each_end_of_a_call) {
  what.kind = traffic_kind::rrpc;
  struct expected {
    std::optional<operation_error> failure;
    int code;
    ends_of ends;
  };
  const expected table[] = {
      {std::nullopt, 200, {2, 2, 0, 0, 0}},
      {std::nullopt, 460, {2, 0, 0, 2, 0}},
      {operation_error::timed_out, 200, {2, 0, 2, 0, 0}},
      {operation_error::unknown_device, 200, {2, 0, 0, 2, 0}},
      {operation_error::unsupported, 200, {2, 0, 0, 2, 0}},
  };
  for (const auto& row : table) {
    cloud_side.desk.failure = row.failure;
    cloud_side.desk.code = row.code;
    run(1s);
    EXPECT_EQ(ends(), row.ends);
  }
  cloud_side.has_desk = false; // it was killed; what is for it waits for its return
  run(1s);
  EXPECT_EQ(ends(), (ends_of{2, 0, 0, 0, 0}));
}

TEST_F(traffic, waits_for_answers_beyond_its_limit_and_takes_late_ones) {
  what.kind = traffic_kind::rrpc;
  what.rate = 100'000;
  cloud_side.desk.answers = false;
  run(1s);
  EXPECT_EQ(flow->pending(), traffic_flow::pending_most);
  EXPECT_EQ(cloud_side.desk.calls.size(), traffic_flow::pending_most);
  EXPECT_GE(flow->counts().skipped.load(), 89'000U);
  EXPECT_EQ(flow->counts().skipped.load() + traffic_flow::pending_most,
            static_cast<std::uint64_t>(what.rate))
      << "each that was due is one or the other";
  auto late = std::move(cloud_side.desk.unanswered);
  for (const auto& done : late) {
    done(cloud::call_answer{200, "{}"});
  }
  EXPECT_EQ(flow->pending(), 0U);
  flow.reset();
  late.front()(cloud::call_answer{200, "{}"}); // the flow is gone: nothing happens
}

TEST_F(traffic, waits_longer_for_answers_over_a_slow_link) {
  to.slow_link = 60s;
  what.rate = 2;
  for (const auto kind : {traffic_kind::property_set, traffic_kind::property_get,
                          traffic_kind::service, traffic_kind::rrpc}) {
    cloud_side.desk.patiences.clear();
    what.kind = kind;
    what.identifiers = {"LightSwitch"}; // no order of the ledger's own
    run(600ms);
    EXPECT_EQ(cloud_side.desk.patiences,
              std::vector<duration>{kind == traffic_kind::rrpc ? 8s : 65s});
  }
  cloud_side.desk.answers = false;
  run(60s + traffic_flow::end_most);
  flow->stop();
  EXPECT_EQ(flow->counts().overdue.load(), 0U) << "all are young";
  run(60s + traffic_flow::end_most + 5s);
  flow->stop();
  EXPECT_EQ(flow->counts().overdue.load(), 10U) << "those of the first five seconds";
}

TEST_F(traffic, tells_what_had_time_enough_to_end_from_what_is_cut_off) {
  what.kind = traffic_kind::rrpc;
  cloud_side.desk.answers = false;
  run(traffic_flow::end_most);
  flow->stop();
  EXPECT_GT(flow->pending(), 0U);
  EXPECT_EQ(flow->counts().overdue.load(), 0U) << "all are young";
  run(traffic_flow::end_most + 5s);
  flow->stop();
  EXPECT_EQ(flow->counts().overdue.load(), 10U) << "those of the first five seconds";
  cloud_side.desk.answers = true;
  run(traffic_flow::end_most + 5s);
  flow->stop();
  EXPECT_EQ(flow->counts().overdue.load(), 0U);
}

TEST_F(traffic, of_a_plain_broker_is_published_from_inside) {
  to.profile = profile::mqtt;
  what.kind = traffic_kind::custom;
  run(1s);
  EXPECT_EQ(cloud_side.commanded.size(), 2U) << "with nothing to say, the ledger's own command";
  what.payload = "{seq}";
  run(1s);
  EXPECT_EQ(cloud_side.published,
            (std::vector<std::string>{"fleet/dev_000010/down 1", "fleet/dev_000011/down 2"}));
  what.topic = "home/{device}/set";
  cloud_side.published.clear();
  run(500ms);
  EXPECT_EQ(cloud_side.published, (std::vector<std::string>{"home/dev_000010/set 1"}));
}

TEST_F(traffic, is_possible_where_somebody_can_do_it) {
  what.kind = traffic_kind::property_set;
  EXPECT_TRUE(traffic_possible(what, profile::linkdevelop, false));
  what.payload = "{{}}";
  EXPECT_FALSE(traffic_possible(what, profile::linkdevelop, false));
  EXPECT_TRUE(traffic_possible(what, profile::linkdevelop, true));
  what.kind = traffic_kind::rrpc;
  EXPECT_FALSE(traffic_possible(what, profile::linkplatform, false));
  what.kind = traffic_kind::custom;
  EXPECT_TRUE(traffic_possible(what, profile::mqtt, false));
}

} // namespace
} // namespace fleet::program
