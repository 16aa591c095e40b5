// Every bound of the twin, reached.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud_sim/retained.hpp"
#include "protocol/mqtt/topic.hpp"
#include "tests/support/twin_peers.hpp"

namespace fleet {
namespace {

using cloud::profile;
using support::guest;
using support::lines;
using support::raw_guest;
using support::twin_bench;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

cloud::twin_options open_with(void (*change)(cloud::twin_options&)) {
  auto o = twin_bench::of(profile::mqtt);
  change(o);
  return o;
}

std::uint64_t ended(const twin_bench& bench, cloud::end_reason why) {
  return bench.count(bench.twin->counters().ends[static_cast<std::size_t>(why)]);
}

TEST(twin_limits, drops_connections_beyond_their_number) {
  twin_bench bench{open_with([](auto& o) { o.limits.connections_max = 2; })};
  bench.arrive("a");
  bench.arrive("b");
  auto& c = bench.arrive("c");
  EXPECT_TRUE(c.closed);
  EXPECT_EQ(bench.count(bench.twin->counters().connections_over_limit), 1U);
  bench.guests[0]->drop();
  bench.settle();
  EXPECT_TRUE(bench.arrive("d").saw("connected"));
}

TEST(twin_limits, refuses_new_sessions_beyond_their_number_with_code_3) {
  twin_bench bench{open_with([](auto& o) { o.limits.sessions_max = 2; })};
  bench.arrive("a", false).drop();
  bench.arrive("b");
  EXPECT_TRUE(bench.arrive("c").saw("refused 3"));
  EXPECT_TRUE(bench.arrive("a", false).saw("connected, session present"));
  bench.arrive("a", true).disconnect();
  bench.settle();
  EXPECT_TRUE(bench.arrive("c").saw("connected"));
  EXPECT_EQ(bench.count(bench.twin->counters().sessions), 2U);
}

TEST(twin_limits, forgets_kept_sessions_after_their_stated_time) {
  twin_bench bench{open_with([](auto& o) { o.limits.session_expiry = std::chrono::hours{1}; })};
  bench.arrive("early", false).drop();
  bench.settle(std::chrono::minutes{30});
  bench.arrive("late", false).drop();
  bench.settle(std::chrono::minutes{31});
  EXPECT_EQ(bench.count(bench.twin->counters().sessions_expired), 1U);
  EXPECT_TRUE(bench.arrive("late", false).saw("connected, session present"));
  EXPECT_TRUE(bench.arrive("early", false).saw("connected"));
  // While it is connected nothing expires, and its time starts again at the end.
  bench.settle(std::chrono::hours{3});
  EXPECT_EQ(bench.count(bench.twin->counters().sessions_expired), 1U);
  bench.guests.back()->drop();
  bench.settle(std::chrono::minutes{59});
  EXPECT_EQ(bench.count(bench.twin->counters().sessions), 2U);
  bench.settle(std::chrono::minutes{2});
  EXPECT_EQ(bench.count(bench.twin->counters().sessions), 1U);
}

TEST(twin_limits, bounds_the_queue_of_an_absent_client) {
  twin_bench bench{open_with([](auto& o) { o.limits.mqtt.queue_max = 5; })};
  auto& a = bench.arrive("a", false);
  a.subscribe("t", 1);
  bench.settle();
  a.drop();
  auto& b = bench.arrive("b");
  for (int i = 0; i < 8; ++i) {
    b.publish("t", std::to_string(i), 1);
  }
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().queue_drops), 3U);
  EXPECT_THAT(bench.arrive("a", false).messages(), SizeIs(5));
}

TEST(twin_limits, bounds_what_all_queues_hold_together) {
  twin_bench bench{open_with([](auto& o) { o.limits.stored_bytes_max = 11'000; })};
  auto& a = bench.arrive("a", false);
  a.subscribe("t", 1);
  bench.settle();
  a.drop();
  auto& b = bench.arrive("b");
  for (int i = 0; i < 20; ++i) {
    b.publish("t", std::string(1000, 'x'), 1);
  }
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().delivered[1]), 10U);
  EXPECT_EQ(bench.count(bench.twin->counters().queue_drops), 10U);
  // Whoever is there and keeps up is served all the same.
  b.subscribe("u", 1);
  b.publish("u", "x", 1);
  bench.settle();
  EXPECT_THAT(b.messages(), ElementsAre("u=x q1"));
  EXPECT_THAT(bench.arrive("a", false).messages(), SizeIs(10));
  b.publish("t", "room again", 1);
  bench.settle();
  EXPECT_THAT(bench.guests.back()->messages(), ElementsAre("t=room again q1"));
}

TEST(twin_limits, holds_back_what_exceeds_the_window_of_a_client) {
  twin_bench bench{open_with([](auto& o) { o.limits.mqtt.in_flight_max = 3; })};
  auto& a = bench.arrive("a");
  a.subscribe("t", 1);
  bench.settle();
  a.take();
  auto& b = bench.arrive("b");
  raw_guest mute{bench.world.home(), bench.at.front()};
  mute.write("10 0d 0004 'MQTT' 04 02 0000 0001 'm'  82 06 0001 0001 't' 01");
  bench.settle();
  const auto before = mute.received.size();
  for (int i = 0; i < 10; ++i) {
    b.publish("t", "x", 1);
  }
  bench.settle();
  EXPECT_THAT(a.messages(), SizeIs(10)); // it acknowledges
  EXPECT_EQ((mute.received.size() - before) / 8, 3U);
  mute.write("4002 0001");
  bench.settle();
  EXPECT_EQ((mute.received.size() - before) / 8, 4U);
}

TEST(twin_limits, bounds_subscriptions_of_a_client) {
  twin_bench bench{open_with([](auto& o) { o.limits.subscriptions_max = 2; })};
  auto& a = bench.arrive("a");
  a.subscribe({{"1", mqtt::qos::at_most_once},
               {"2", mqtt::qos::at_most_once},
               {"3", mqtt::qos::at_most_once}});
  bench.settle();
  EXPECT_TRUE(a.saw("subscribed id1 [00 00 80]"));
}

TEST(twin_limits, bounds_retained_messages_in_number_and_octets) {
  twin_bench bench{open_with([](auto& o) {
    o.limits.retained_max = 3; // one is $SYS/broker/version
    o.limits.retained_bytes_max = 1000;
  })};
  auto& a = bench.arrive("a");
  a.publish("1", "x", 1, true);
  a.publish("2", "x", 1, true);
  a.publish("3", "x", 1, true);                    // one too many
  a.publish("2", std::string(1000, 'y'), 1, true); // too large, and the former is out of date
  a.publish("1", "z", 1, true);                    // replacing is no more
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().retained_refused), 2U);
  a.subscribe("+", 0);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("1=z q0 retain"));
  a.publish("2", "x", 1, true);
  a.publish("1", "", 1, true);
  a.publish("3", "x", 1, true);
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().retained_refused), 2U);
}

TEST(retained_messages, finds_by_any_filter_what_matching_each_would) {
  cloud::retained_messages all{100, 10'000};
  const std::vector<std::string> topics{"a", "a/b", "a/b/c", "a-", "a/", "ab", "b/a", "/", "/a",
                                        "$SYS/a", "a//b", "b", "a.b"};
  for (const auto& t : topics) {
    auto m = std::make_shared<mqtt::stored_message>();
    m->topic = t;
    m->payload = {1};
    EXPECT_TRUE(all.set(m, mqtt::qos::at_most_once));
  }
  for (const std::string_view filter :
       {"#", "+", "a", "a/#", "a/+", "+/+", "/#", "/+", "+/b", "a/+/c", "a//#", "$SYS/#", "x/#",
        "a/b/#", "+/#", "a/b/+"}) {
    std::vector<cloud::retained_messages::kept> found;
    all.find(filter, found);
    std::vector<std::string> got;
    for (const auto& f : found) {
      got.push_back(f.message->topic);
    }
    std::vector<std::string> expected;
    for (const auto& t : topics) {
      if (mqtt::matches(filter, t)) {
        expected.push_back(t);
      }
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(got, expected) << filter;
  }
}

TEST(twin_limits, does_not_believe_a_length_before_the_log_on) {
  twin_bench bench{open_with([](auto&) {})};
  raw_guest huge{bench.world.home(), bench.at.front()};
  huge.write("10 ff ff ff 7f");
  bench.settle();
  EXPECT_TRUE(huge.closed);
  EXPECT_EQ(bench.count(bench.twin->counters().violations[static_cast<std::size_t>(
              mqtt::violation::packet_too_large)]),
            1U);
  // One that stays under the bound is kept waiting with no more memory than it sent.
  raw_guest slow{bench.world.home(), bench.at.front()};
  slow.write("10 80 1f"); // 3,968 octets to come
  bench.settle();
  EXPECT_FALSE(slow.closed);
  EXPECT_LT(bench.twin->memory_bytes(), 8192U);
}

TEST(twin_limits, drops_qos_0_for_a_slow_reader_and_cuts_it_off_beyond_the_last_limit) {
  twin_bench bench{open_with([](auto&) {})};
  // Two that never read: their windows and buffers fill up.
  mqtt::connect_view fields;
  fields.client_id = "slow";
  fields.clean_session = false;
  auto& slow = bench.arrive(fields);
  slow.subscribe({{"q0", mqtt::qos::at_most_once}, {"q1", mqtt::qos::at_least_once}});
  bench.settle();
  slow.stream->pause_reading(true);
  auto& b = bench.arrive("b");
  const std::string piece(50'000, 'x');
  for (int i = 0; i < 40; ++i) {
    b.publish("q0", piece, 0);
    bench.settle();
  }
  EXPECT_GT(bench.count(bench.twin->counters().slow_drops), 10U);
  EXPECT_EQ(bench.twin->devices_online(), 2U);
  EXPECT_EQ(bench.count(bench.twin->counters().delivered[0]), 40U
              - bench.count(bench.twin->counters().slow_drops));
  for (int i = 0; i < 60; ++i) {
    b.publish("q1", piece, 1);
    bench.settle();
  }
  EXPECT_EQ(ended(bench, cloud::end_reason::slow_consumer), 1U);
  EXPECT_EQ(bench.twin->devices_online(), 1U);
  // Nothing of QoS 1 is lost by that: the session keeps it.
  slow.drop();
  auto& again = bench.arrive(fields);
  bench.settle(std::chrono::seconds{5});
  const auto got = again.messages();
  EXPECT_THAT(got, SizeIs(60));
}

TEST(twin_limits, does_not_read_a_client_that_does_not_read_its_answers) {
  twin_bench bench{open_with([](auto&) {})};
  raw_guest deaf{bench.world.home(), bench.at.front()};
  deaf.write("10 0d 0004 'MQTT' 04 02 0001 0001 'd'");
  bench.settle();
  deaf.stream->pause_reading(true);
  std::vector<std::uint8_t> pings;
  for (int i = 0; i < 500'000; ++i) {
    pings.push_back(0xc0);
    pings.push_back(0x00);
  }
  deaf.write(pings);
  bench.settle(std::chrono::milliseconds{900});
  const auto taken = bench.count(bench.twin->counters().bytes_received);
  EXPECT_LT(taken, 1'000'000U);
  EXPECT_LT(bench.twin->memory_bytes(), 1'000'000U);
  bench.settle(std::chrono::seconds{2}); // keep-alive of one second ends it
  EXPECT_EQ(bench.twin->devices_online(), 0U);
}

TEST(twin_limits, reads_on_once_a_client_has_caught_up) {
  twin_bench bench{open_with([](auto&) {})};
  raw_guest slow{bench.world.home(), bench.at.front()};
  slow.write("10 0d 0004 'MQTT' 04 02 0000 0001 'd'");
  bench.settle();
  slow.stream->pause_reading(true);
  std::vector<std::uint8_t> pings;
  for (int i = 0; i < 400'000; ++i) {
    pings.push_back(0xc0);
    pings.push_back(0x00);
  }
  slow.write(pings);
  bench.settle(std::chrono::seconds{1});
  slow.stream->pause_reading(false);
  bench.settle(std::chrono::seconds{5});
  EXPECT_EQ(slow.received.size(), 4U + 800'000U);
}

TEST(twin_limits, stays_flat_through_a_hundred_thousand_repeats) {
  twin_bench bench{open_with([](auto&) {})};
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 04 02 0000 0001 'd'");
  bench.settle();
  const auto subscribe = mqtt::test::octets("82 06 0001 0001 't' 02");
  const auto publish = mqtt::test::octets("34 06 0001 'u' 0007 'x'");
  std::size_t flat = 0;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 5'000; ++i) {
      raw.write(subscribe);
      raw.write(publish); // the same id for ever, never released
    }
    bench.settle(std::chrono::seconds{2});
    raw.received.release();
    if (round == 0) {
      flat = bench.twin->memory_bytes();
    }
  }
  EXPECT_FALSE(raw.closed);
  EXPECT_EQ(bench.twin->memory_bytes(), flat);
}

TEST(twin_limits, takes_topics_of_sixty_thousand_slashes) {
  twin_bench bench{open_with([](auto&) {})};
  auto& a = bench.arrive("a");
  a.subscribe("#", 0);
  bench.settle();
  a.take();
  a.publish(std::string(60'000, '/'), "deep", 1, true);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre(std::string(60'000, '/') + "=deep q0"));
}

TEST(twin_limits, ends_a_last_answer_that_nobody_fetches) {
  twin_bench bench{open_with([](auto& o) {
    o.open.anonymous = false;
    o.limits.linger = std::chrono::seconds{3};
  })};
  raw_guest deaf{bench.world.home(), bench.at.front()};
  deaf.stream->pause_reading(true);
  deaf.write("10 0d 0004 'MQTT' 04 02 0000 0001 'd'");
  bench.settle(std::chrono::seconds{10});
  EXPECT_EQ(bench.count(bench.twin->counters().connections_open), 0U);
}

TEST(twin_access, asks_for_a_known_user_and_password_where_told_to) {
  twin_bench bench{open_with([](auto& o) {
    o.open.anonymous = false;
    o.open.users = {{"ann", "secret"}, {"bob", ""}};
  })};
  const auto answer = [&](std::optional<std::string_view> user,
                          std::optional<std::string_view> password) {
    mqtt::connect_view c;
    c.client_id = "x";
    c.has_username = user.has_value();
    c.username = user.value_or("");
    c.has_password = password.has_value();
    c.password = as_bytes(password.value_or(""));
    return bench.arrive(c).take().front();
  };
  EXPECT_EQ(answer("ann", "secret"), "connected");
  EXPECT_EQ(answer("bob", ""), "connected");
  EXPECT_EQ(answer("ann", "Secret"), "refused 4");
  EXPECT_EQ(answer("ann", "secre"), "refused 4");
  EXPECT_EQ(answer("ann", ""), "refused 4");
  EXPECT_EQ(answer("ann", std::nullopt), "refused 4");
  EXPECT_EQ(answer("bob", std::nullopt), "refused 4");
  EXPECT_EQ(answer("eve", "secret"), "refused 4");
  EXPECT_EQ(answer(std::nullopt, std::nullopt), "refused 5");
}

TEST(twin_access, lets_nobody_in_when_the_list_of_users_is_empty) {
  twin_bench bench{open_with([](auto& o) { o.open.anonymous = false; })};
  EXPECT_TRUE(bench.arrive("x").saw("refused 5"));
}

} // namespace
} // namespace fleet
