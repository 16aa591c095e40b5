// Every bound of platform_bounds (aliyun-iot.md §8.1), reached; and that none holds unless asked.
#include <gmock/gmock.h>

#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace support;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct bounded : testing::Test, platform_rig {
  bounded() : platform_rig(options()) {}
  static cloud::twin_options options() {
    cloud::twin_options o;
    o.platform.bounds = cloud::bounds_of(cloud::strictness::strict);
    o.platform.access.may_publish_broadcast = true;
    o.products.push_back({.product_key = "a1SubPk0001", .secret = "of_the_product"});
    return o;
  }
  std::uint64_t dropped() { return bench.count(bench.twin->counters().publishes_over_bound); }
  /// Posts without a reply, so that the bound on downlinks stays out of it.
  void post(guest& g, std::uint32_t device, int times, int q) {
    for (int i = 0; i < times; ++i) {
      g.publish(sys(device, "thing/status/update"), R"({"id":"1","params":{}})", q);
    }
    bench.settle();
  }
  std::string verdict(std::uint32_t device) {
    const auto events = arrive(device).take();
    return events.empty() ? "nothing" : events.front();
  }
};

TEST_F(bounded, a_device_connects_five_times_a_minute) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(verdict(lamp), "connected") << i;
  }
  EXPECT_EQ(verdict(lamp), "refused 3");
  EXPECT_EQ(verdict(lamp + 1), "connected") << "another's turn";
  EXPECT_EQ(bench.count(bench.twin->counters().connects_over_rate), 1U);
  bench.settle(seconds{60});
  EXPECT_EQ(verdict(lamp), "connected");
}

TEST_F(bounded, wrong_credentials_take_nothing_of_a_devices_connects) {
  device_login login{source.at(lamp)};
  login.text.password.back() ^= 1;
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(bench.arrive(login.view()).take().front(), "refused 4");
  }
  EXPECT_EQ(verdict(lamp), "connected");
}

struct few_connects : testing::Test {
  few_connects() : bench(options()) {}
  static cloud::twin_options options() {
    cloud::twin_options o;
    o.platform.bounds.all_connects.most = 20;
    return o;
  }
  twin_bench bench;
};

TEST_F(few_connects, of_all_devices_together_are_taken_in_a_second) {
  std::vector<std::unique_ptr<device_login>> logins;
  for (std::uint32_t i = 0; i < 25; ++i) { // at once
    logins.push_back(std::make_unique<device_login>(bench.credentials.at(i)));
    bench.guests.push_back(std::make_unique<guest>(bench.world.home(), bench.at.front()));
    bench.guests.back()->open(logins.back()->view());
  }
  bench.settle();
  EXPECT_EQ(bench.twin->devices_online(), 20U);
  EXPECT_EQ(bench.count(bench.twin->counters().connects[3]), 5U);
  bench.settle(seconds{1});
  EXPECT_EQ(bench.arrive_device(30).take().front(), "connected");
}

TEST_F(bounded, thirty_publishes_a_second_at_qos_0_and_ten_at_qos_1) {
  auto& g = arrive(plain);
  post(g, plain, 31, 0);
  EXPECT_EQ(dropped(), 1U);
  post(g, plain, 10, 1);
  EXPECT_EQ(dropped(), 1U) << "counted apart";
  g.take();
  post(g, plain, 2, 1);
  EXPECT_EQ(dropped(), 3U);
  EXPECT_THAT(g.take(), SizeIs(2)) << "acknowledged all the same";
  EXPECT_FALSE(g.closed);
  bench.settle(seconds{1});
  post(g, plain, 10, 1);
  EXPECT_EQ(dropped(), 3U);
}

TEST_F(bounded, a_device_has_its_own_rate_behind_a_gateway) {
  auto& g = arrive_gateway(gateway_device, sub);
  bench.settle(seconds{1});
  post(g, gateway_device, 10, 1);
  post(g, sub, 10, 1);
  EXPECT_EQ(dropped(), 0U);
  post(g, sub, 1, 1);
  EXPECT_EQ(dropped(), 1U);
}

TEST_F(bounded, what_is_over_the_rate_leaves_no_trace) {
  auto& g = arrive(lamp);
  const auto on = sys(lamp, "thing/event/property/post");
  for (int i = 0; i < 11; ++i) {
    g.publish(on, R"({"id":"1","params":{"Level":)" + std::to_string(i) + "}}", 1);
  }
  bench.settle();
  EXPECT_EQ(dropped(), 1U);
  EXPECT_THAT(view(lamp).properties, HasSubstr(R"("Level":{"value":9,)"));
}

TEST_F(bounded, a_mebibyte_a_second) {
  auto& g = arrive(plain);
  const std::string quarter(256 * 1024, 'x');
  for (int i = 0; i < 5; ++i) {
    g.publish(topic(plain, "", "user/update"), quarter, 0);
    bench.settle();
  }
  EXPECT_EQ(dropped(), 1U);
  bench.settle(seconds{1});
  g.publish(topic(plain, "", "user/update"), quarter, 0);
  bench.settle();
  EXPECT_EQ(dropped(), 1U);
}

TEST_F(bounded, a_payload_of_256_kib_and_no_more) {
  auto& g = arrive(plain);
  g.publish(topic(plain, "", "user/update"), std::string(256 * 1024, 'x'), 1);
  bench.settle();
  EXPECT_EQ(dropped(), 0U);
  g.publish(topic(plain, "", "user/update"), std::string(256 * 1024 + 1, 'x'), 1);
  bench.settle();
  EXPECT_EQ(dropped(), 1U);
  EXPECT_FALSE(g.closed);
}

TEST_F(bounded, a_topic_of_128_octets_and_seven_slashes) {
  auto& g = arrive_listening(plain);
  const auto head = topic(plain, "", "user/");
  const std::string longest = head + std::string(128 - head.size(), 'x');
  for (const auto& [on, taken] : std::vector<std::pair<std::string, bool>>{
           {longest, true},
           {longest + "x", false},
           {head + "4/5/6/7", true}, // /PK/DN/user/4/5/6/7
           {head + "4/5/6/7/8", false},
           {sys(plain, "thing/a/b/c/d"), true}, // the platform's own have more
       }) {
    const auto before = dropped();
    g.publish(on, "x", 0);
    bench.settle();
    EXPECT_EQ(dropped() - before, taken ? 0U : 1U) << on;
  }
  g.take();
  g.subscribe(longest, 0);
  g.subscribe(longest + "x", 0);
  bench.settle();
  const auto answers = g.take();
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_TRUE(answers[0].ends_with("[00]"));
  EXPECT_TRUE(answers[1].ends_with("[80]"));
}

TEST_F(bounded, fifty_messages_a_second_to_a_device) {
  auto& g = arrive_listening(lamp);
  bench.settle(seconds{1});
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(bench.twin->command(lamp, mqtt::qos::at_least_once), cloud::command_outcome::sent);
  }
  EXPECT_EQ(bench.twin->command(lamp, mqtt::qos::at_least_once), cloud::command_outcome::busy);
  EXPECT_EQ(bench.twin->account_of(lamp)->downlink.attempted(), 50U) << "not a lost one";
  const auto outcome =
      console().publish(topic(lamp, "", "user/get"), as_bytes("x"), mqtt::qos::at_most_once);
  EXPECT_EQ(outcome.error().why, cloud::operation_error::not_subscribed);
  EXPECT_EQ(console()
                .publish(sys(lamp, "thing/other"), as_bytes("x"), mqtt::qos::at_most_once)
                .error()
                .why,
            cloud::operation_error::busy);
  bench.settle();
  g.take();
  // An answer is dropped, and nobody is told.
  EXPECT_THAT(ask(g, sys(lamp, "thing/event/property/post"), R"({"id":"1","params":{}})"),
              IsEmpty());
  EXPECT_EQ(bench.count(bench.twin->counters().downlinks_over_bound), 3U);
  bench.settle(seconds{1});
  EXPECT_THAT(ask(g, sys(lamp, "thing/event/property/post"), R"({"id":"1","params":{}})"),
              SizeIs(1));
}

TEST_F(bounded, twenty_shadow_requests_a_second) {
  auto& g = arrive_listening(lamp);
  bench.settle(seconds{1});
  g.take();
  for (int i = 0; i < 21; ++i) {
    g.publish(shadow_update(lamp), R"({"method":"get"})", 0);
  }
  bench.settle();
  EXPECT_EQ(dropped(), 1U);
  EXPECT_THAT(g.messages(), SizeIs(20));
}

TEST_F(bounded, publishes_of_the_console_to_a_device_that_is_away) {
  auto& g = arrive(plain, false);
  const auto on = topic(plain, "", "user/get");
  g.subscribe(on, 1);
  bench.settle();
  g.drop();
  bench.settle(seconds{1});
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(console().publish(on, as_bytes("x"), mqtt::qos::at_least_once).ok()) << i;
  }
  EXPECT_EQ(console().publish(on, as_bytes("x"), mqtt::qos::at_least_once).error().why,
            cloud::operation_error::busy);
}

TEST_F(bounded, one_broadcast_a_minute_to_a_product) {
  auto& g = arrive(lamp);
  arrive(plain);
  g.subscribe("/broadcast/a1LampPk001/#", 0);
  bench.settle();
  g.take();
  EXPECT_EQ(console().broadcast("a1LampPk001", "all", as_bytes("1")).value(), R"({"devices":1})");
  EXPECT_EQ(console().broadcast("a1LampPk001", "all", as_bytes("2")).error().why,
            cloud::operation_error::busy);
  g.publish("/broadcast/a1LampPk001/all", "3", 0); // its own counts, too
  EXPECT_EQ(console().broadcast("a1PlainPk01", "all", as_bytes("4")).value(), R"({"devices":0})");
  bench.settle(seconds{60});
  g.publish("/broadcast/a1LampPk001/all", "5", 0);
  bench.settle();
  EXPECT_THAT(g.messages(),
              ElementsAre("/broadcast/a1LampPk001/all=1 q0", "/broadcast/a1LampPk001/all=5 q0"));
}

TEST_F(bounded, thirty_registrations_and_fifty_logins_in_one_request) {
  auto& g = arrive_listening(gateway_device);
  using enum alink::topic_kind;
  const auto many = [](std::size_t n) { return std::vector<std::uint32_t>(n, sub); };
  EXPECT_EQ(manage(g, gateway_device, topo_add, {sub}), 200);
  EXPECT_EQ(manage(g, gateway_device, sub_register, many(30)), 200);
  EXPECT_EQ(manage(g, gateway_device, sub_register, many(31)), 460);
  bench.settle(seconds{1});
  EXPECT_EQ(manage(g, gateway_device, session_batch_login, many(50)), 200);
  EXPECT_EQ(manage(g, gateway_device, session_batch_login, many(51)), 460);
  EXPECT_EQ(manage(g, gateway_device, session_batch_logout, many(51)), 460);
  EXPECT_EQ(manage(g, gateway_device, session_batch_logout, many(50)), 200);
}

TEST_F(bounded, twenty_events_in_a_pack_report) {
  auto& g = arrive_gateway(gateway_device, sub);
  bench.settle(seconds{1});
  const auto events = [](int n) {
    std::string out = "{";
    for (int i = 0; i < n; ++i) {
      out += (i == 0 ? "\"e" : ",\"e") + std::to_string(i) + R"(":{"value":{},"time":1})";
    }
    return out + "}";
  };
  const auto report = [&](int own, int behind) {
    return R"({"id":"7","params":{"events":)" + events(own)
           + R"(,"subDevices":[{"identity":{"productKey":"a1SubPk0001","deviceName":"sub_0"},)"
           + R"("events":)" + events(behind) + "}]}}";
  };
  const auto pack = sys(gateway_device, "thing/event/property/pack/post");
  EXPECT_EQ(code(g, pack, report(12, 8)), 200);
  EXPECT_EQ(code(g, pack, report(12, 9)), 6356);
}

struct unbounded : testing::Test, platform_rig {};

TEST_F(unbounded, is_what_a_load_test_gets) {
  auto& g = arrive_listening(lamp);
  for (int i = 0; i < 60; ++i) {
    g.publish(sys(lamp, "thing/event/property/post"), R"({"id":"1","params":{}})", i % 2);
    g.publish(shadow_update(lamp), R"({"method":"get"})", 0);
  }
  bench.settle();
  EXPECT_THAT(g.messages(), SizeIs(120));
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(arrive(lamp).take().front(), "connected");
  }
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_over_bound), 0U);
}

TEST(platform_bounds, each_is_a_number_of_the_reference) {
  const auto b = cloud::bounds_of(cloud::strictness::strict);
  EXPECT_EQ(b.connects.most, 5U);
  EXPECT_EQ(b.all_connects.most, 500U);
  EXPECT_EQ(b.up_qos0.most, 30U);
  EXPECT_EQ(b.up_qos1.most, 10U);
  EXPECT_EQ(b.down.most, 50U);
  EXPECT_EQ(b.shadow.most, 20U);
  EXPECT_TRUE(cloud::options_of(cloud::strictness::strict).strict_keep_alive);
  EXPECT_FALSE(cloud::options_of(cloud::strictness::recommended).strict_keep_alive);
  EXPECT_EQ(cloud::bounds_of(cloud::strictness::recommended).up_qos1.most, 0U);
}

TEST(rate_window, counts_anew_when_its_time_is_over) {
  cloud::rate_window w;
  const cloud::rate_bound bound{3, seconds{2}};
  const time_point start{seconds{100}};
  EXPECT_TRUE(w.take(bound, start, 2));
  EXPECT_FALSE(w.take(bound, start, 2)) << "what is refused takes nothing";
  EXPECT_TRUE(w.take(bound, start + seconds{1}));
  EXPECT_FALSE(w.take(bound, start + seconds{1}));
  EXPECT_TRUE(w.take(bound, start + seconds{2}, 3));
  EXPECT_FALSE(w.take(bound, start + seconds{3}));
  EXPECT_FALSE(w.take(bound, start + seconds{9}, 4)) << "larger than the bound";
  EXPECT_TRUE(w.take({}, start, 1'000'000)) << "no bound";
}

TEST(device_rates, cost_nothing_without_a_bound) {
  cloud::device_rates rates;
  EXPECT_TRUE(rates.take(999'999, {}, {}));
  EXPECT_EQ(rates.memory_bytes(), 0U);
  EXPECT_TRUE(rates.take(7, {1}, {}));
  EXPECT_FALSE(rates.take(7, {1}, {}));
  EXPECT_TRUE(rates.take(8, {1}, {}));
  EXPECT_LE(rates.memory_bytes(), 256 * sizeof(cloud::rate_window) + 64);
}

} // namespace
} // namespace fleet
