// The open broker on three homes: clients of different homes meet as if there were one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/wide_rig.hpp"

namespace fleet {
namespace {

using cloud::profile;
using cloud::twin_counters;
using support::guest;
using support::lines;
using support::wide_bench;
using testing::ElementsAre;
using testing::IsEmpty;

/// [MQTT-1.5.3], and a packet of fewer than 128 octets.
std::string text(std::string_view of) {
  return std::string{'\0', static_cast<char>(of.size())} + std::string{of};
}
std::string packet(char head, const std::string& content) {
  return std::string{head, static_cast<char>(content.size())} + content;
}

struct wide_broker : testing::Test {
  /// Waits until `g` has `count` messages, and gives them.
  lines messages(guest& g, std::size_t count) {
    lines out;
    EXPECT_TRUE(bench.wait([&] {
      for (auto& m : g.messages()) {
        out.push_back(std::move(m));
      }
      return out.size() >= count;
    }));
    return out;
  }
  /// Whatever was on its way to `g` has arrived with this.
  lines until_marked(guest& g, guest& by, std::string_view topic) {
    by.publish(topic, "end", 1);
    lines out;
    EXPECT_TRUE(bench.wait([&] {
      for (auto& m : g.messages()) {
        out.push_back(std::move(m));
      }
      return !out.empty() && out.back().find("=end ") != std::string::npos;
    }));
    out.pop_back();
    return out;
  }
  guest& at(std::uint32_t home, int n = 0, bool clean = true) {
    ids.push_back(std::make_unique<std::string>(bench.id_at(home, n)));
    return bench.arrive(*ids.back(), clean);
  }

  std::vector<std::unique_ptr<std::string>> ids;
  wide_bench bench{profile::mqtt};
};

TEST_F(wide_broker, every_client_lives_on_the_home_of_its_name) {
  for (std::uint32_t home = 0; home < wide_bench::homes; ++home) {
    EXPECT_TRUE(at(home).saw("connected"));
    EXPECT_TRUE(at(home, 1).saw("connected"));
  }
  for (std::size_t home = 0; home < wide_bench::homes; ++home) {
    EXPECT_EQ(bench.online(home), 2U);
  }
  EXPECT_EQ(bench.count(&twin_counters::connections), 6U);
  EXPECT_EQ(bench.count(&twin_counters::connections_open), 6U);
}

TEST_F(wide_broker, a_second_connection_of_a_client_ends_the_first) {
  for (std::uint32_t home = 0; home < wide_bench::homes; ++home) {
    auto& first = at(home);
    for (int i = 0; i < 3; ++i) { // wherever it is accepted
      auto& next = at(home);
      EXPECT_TRUE(next.saw("connected"));
      ASSERT_TRUE(bench.wait([&] { return bench.online(home) == 1U; }));
    }
    ASSERT_TRUE(bench.wait([&] { return first.closed; }));
  }
}

TEST_F(wide_broker, messages_reach_subscribers_of_all_homes_at_each_quality_and_in_order) {
  std::vector<guest*> listeners;
  for (std::uint32_t home = 0; home < wide_bench::homes; ++home) {
    listeners.push_back(&bench.listen(at(home), "a/+/c", 2));
  }
  auto& sender = at(1, 1);
  constexpr int count = 60;
  for (int i = 0; i < count; ++i) {
    sender.publish("a/b/c", std::to_string(i), i % 3);
  }
  for (auto* const g : listeners) {
    const auto got = messages(*g, count);
    ASSERT_EQ(got.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(got[static_cast<std::size_t>(i)],
                "a/b/c=" + std::to_string(i) + " q" + std::to_string(i % 3));
    }
  }
}

TEST_F(wide_broker, overlapping_filters_bring_a_message_once) {
  auto& a = at(0);
  bench.listen(a, "x/#", 0);
  bench.listen(a, "x/+", 2);
  auto& b = at(2);
  b.publish("x/y", "m", 2);
  EXPECT_THAT(messages(a, 1), ElementsAre("x/y=m q2"));
  EXPECT_THAT(until_marked(a, b, "x/end"), IsEmpty());
}

TEST_F(wide_broker, retained_messages_are_replayed_on_every_home_and_cleared_on_every_home) {
  auto& sender = at(0, 1);
  sender.take();
  sender.publish("r/1", "one", 1, true);
  sender.publish("r/2", "two", 1, true);
  ASSERT_TRUE(bench.wait([&] { return sender.events.size() == 2; }));
  for (std::uint32_t home = 0; home < wide_bench::homes; ++home) {
    auto& g = at(home);
    g.take();
    g.subscribe("r/#", 2);
    EXPECT_THAT(messages(g, 2), ElementsAre("r/1=one q1 retain", "r/2=two q1 retain"));
  }
  auto& other = at(2, 1); // another home clears what the first one kept
  other.take();
  other.publish("r/1", "", 1, true);
  ASSERT_TRUE(bench.wait([&] { return !other.events.empty(); }));
  for (std::uint32_t home = 0; home < wide_bench::homes; ++home) {
    auto& g = at(home, 2);
    g.take();
    g.subscribe("r/#", 2);
    EXPECT_THAT(messages(g, 1), ElementsAre("r/2=two q1 retain"));
  }
}

TEST_F(wide_broker, a_retained_message_comes_once_to_who_subscribes_at_the_same_time) {
  auto& sender = at(0, 1);
  for (int round = 0; round < 40; ++round) {
    const std::string topic = "s/" + std::to_string(round);
    auto& g = at(1 + static_cast<std::uint32_t>(round) % 2, 3 + round);
    g.take();
    if (round % 2 == 0) {
      sender.publish(topic, "m", 1, true);
      g.subscribe("s/" + std::to_string(round) + "/#", 1);
    } else {
      g.subscribe("s/" + std::to_string(round) + "/#", 1);
      sender.publish(topic, "m", 1, true);
    }
    const auto got = messages(g, 1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_TRUE(got.front() == topic + "=m q1" || got.front() == topic + "=m q1 retain");
    EXPECT_THAT(until_marked(g, sender, topic + "/end"), IsEmpty());
  }
}

TEST_F(wide_broker, of_messages_retained_at_once_the_same_one_is_the_last_on_every_home) {
  std::vector<guest*> senders;
  std::vector<guest*> listeners;
  for (std::uint32_t home = 0; home < wide_bench::homes; ++home) {
    senders.push_back(&at(home, 1));
    listeners.push_back(&bench.listen(at(home), "r/#", 0));
  }
  for (int round = 0; round < 200; ++round) {
    const std::string topic = "r/" + std::to_string(round);
    for (std::uint32_t home = 0; home < wide_bench::homes; ++home) {
      senders[home]->publish(topic, std::to_string(home), 0, true);
    }
    std::vector<lines> heard;
    for (auto* const g : listeners) {
      heard.push_back(messages(*g, wide_bench::homes));
    }
    ASSERT_EQ(heard[0].size(), std::size_t{wide_bench::homes});
    for (const auto& other : heard) {
      ASSERT_EQ(other, heard[0]) << "in one order, round " << round;
    }
    auto& late = at(static_cast<std::uint32_t>(round % 3), 2 + round);
    late.take();
    late.subscribe(topic, 0);
    EXPECT_THAT(messages(late, 1), ElementsAre(heard[0].back() + " retain"));
  }
}

TEST_F(wide_broker, wills_cross_homes) {
  auto& g = bench.listen(at(0), "will/#", 1);
  mqtt::connect_view fields;
  const auto id = bench.id_at(2);
  fields.client_id = id;
  fields.keep_alive_s = 60;
  fields.has_will = true;
  fields.will.topic = "will/2";
  fields.will.payload = as_bytes("gone");
  fields.will.qos = mqtt::qos::at_least_once;
  bench.arrive(fields).drop();
  EXPECT_THAT(messages(g, 1), ElementsAre("will/2=gone q1"));
}

TEST_F(wide_broker, what_crossed_while_a_session_was_away_waits_for_it) {
  auto& g = bench.listen(at(1, 0, false), "w", 1);
  g.disconnect();
  ASSERT_TRUE(bench.wait([&] { return bench.online(1) == 0; }));
  auto& sender = at(0);
  sender.take();
  sender.publish("w", "1", 1);
  sender.publish("w", "2", 2);
  ASSERT_TRUE(bench.wait([&] { return sender.events.size() == 2; }));
  auto& again = at(1, 0, false);
  EXPECT_TRUE(again.saw("connected, session present"));
  EXPECT_THAT(messages(again, 2), ElementsAre("w=1 q1", "w=2 q1"));
}

TEST_F(wide_broker, unsubscribing_is_made_known_and_leaves_nothing) {
  auto& a = bench.listen(at(0), "u/#", 1);
  auto& b = bench.listen(at(0, 1), "u/#", 1);
  auto& sender = at(1);
  a.unsubscribe("u/#");
  ASSERT_TRUE(bench.wait([&] { return !a.events.empty(); }));
  sender.publish("u/1", "m", 1); // the other one still wants it
  EXPECT_THAT(messages(b, 1), ElementsAre("u/1=m q1"));
  b.disconnect();
  ASSERT_TRUE(bench.wait([&] { return bench.online(0) == 1U; }));
  bench.listen(a, "end", 1); // behind it, all homes know
  EXPECT_THAT(until_marked(a, sender, "end"), IsEmpty());
  EXPECT_EQ(bench.count(&twin_counters::subscribes_granted), 3U);
}

TEST_F(wide_broker, what_a_client_sends_behind_a_subscribe_is_done_behind_it) {
  auto& a = at(0);
  auto& sender = at(2);
  a.take();
  a.subscribe("p", 1);
  a.unsubscribe("p");
  a.publish("q", "x", 1);
  ASSERT_TRUE(bench.wait([&] { return a.events.size() == 3; }));
  EXPECT_THAT(a.take(), ElementsAre("subscribed id1 [01]", "unsubscribed id2",
                                    testing::StartsWith("acknowledged id3")));
  bench.listen(a, "end", 1);
  sender.publish("p", "m", 1);
  EXPECT_THAT(until_marked(a, sender, "end"), IsEmpty());
}

// They share what their home reads into, so whoever waits must have its own octets.
TEST_F(wide_broker, what_waits_behind_a_subscribe_is_not_what_others_sent_meanwhile) {
  constexpr int rounds = 20;
  constexpr int clients = 12;
  auto& hears = bench.listen(at(1, 40), "all", 1);
  lines sent;
  std::vector<std::unique_ptr<support::raw_guest>> senders;
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < clients; ++i) {
      const std::string payload = "from " + std::to_string(round) + "/" + std::to_string(i);
      const std::string id = bench.id_at(0, round * clients + i);
      std::string octets =
          packet(0x10, text("MQTT") + std::string{"\x04\x02\x00\x3c", 4} + text(id));
      octets += packet('\x82', std::string{"\x00\x01", 2} + text("own/" + id) + '\0');
      octets += packet(0x30, text("all") + payload);
      senders.push_back(std::make_unique<support::raw_guest>(bench.here, bench.peer));
      senders.back()->write(as_bytes(octets));
      sent.push_back("all=" + payload + " q0");
    }
    bench.here.poll_once(std::chrono::milliseconds{0});
  }
  EXPECT_THAT(messages(hears, sent.size()), testing::UnorderedElementsAreArray(sent));
}

// Its stream may have been held up on the home that accepted it.
TEST_F(wide_broker, of_two_connections_of_a_client_the_one_that_came_later_stays) {
  for (std::uint32_t home = 0; home < wide_bench::homes; ++home) {
    const auto before = bench.count(&twin_counters::connections);
    support::raw_guest late{bench.here, bench.peer};
    ASSERT_TRUE(bench.wait([&] { return bench.count(&twin_counters::connections) > before; }));
    auto& later = at(home, 50);
    late.write(as_bytes(packet(0x10, text("MQTT") + std::string{"\x04\x02\x00\x3c", 4}
                                         + text(bench.id_at(home, 50)))));
    ASSERT_TRUE(bench.wait([&] { return late.closed; }));
    EXPECT_EQ(late.received.size(), 0U);
    EXPECT_FALSE(later.closed);
    EXPECT_EQ(bench.online(home), 1U);
  }
}

TEST_F(wide_broker, a_client_that_goes_while_it_subscribes_leaves_nothing) {
  for (int i = 0; i < 20; ++i) {
    auto& a = at(static_cast<std::uint32_t>(i) % 3, i);
    a.subscribe("gone/#", 1);
    bench.here.poll_once(std::chrono::milliseconds{0});
    a.drop();
  }
  ASSERT_TRUE(bench.wait([&] { return bench.count(&twin_counters::connections_open) == 0; }));
  auto& b = bench.listen(at(1, 30), "gone/#", 1);
  auto& sender = at(2, 30);
  EXPECT_THAT(until_marked(b, sender, "gone/x"), IsEmpty());
}

TEST_F(wide_broker, a_client_without_a_name_gets_one_that_lives_where_it_is) {
  std::vector<guest*> nameless;
  for (int i = 0; i < 9; ++i) {
    nameless.push_back(&bench.arrive(std::string_view{}));
    EXPECT_TRUE(nameless.back()->saw("connected"));
    bench.listen(*nameless.back(), "n", 1);
  }
  at(0).publish("n", "m", 1);
  for (auto* const g : nameless) {
    EXPECT_THAT(messages(*g, 1), ElementsAre("n=m q1"));
  }
}

TEST_F(wide_broker, what_is_no_connect_is_answered_by_who_accepted_it) {
  support::raw_guest raw{bench.here, bench.peer};
  raw.write("30 05 0001 't' 'xy'");
  EXPECT_TRUE(bench.wait([&] { return raw.closed; }));
  EXPECT_EQ(bench.count(&twin_counters::connections), 1U);
}

TEST_F(wide_broker, a_connect_that_comes_octet_by_octet_moves_once_it_is_whole) {
  for (std::uint32_t home = 0; home < wide_bench::homes; ++home) {
    support::raw_guest raw{bench.here, bench.peer};
    const auto id = bench.id_at(home);
    byte_buffer all;
    all.append(bytes_view{mqtt::test::octets("10 0e 0004 'MQTT' 04 02 003c 0002")});
    all.append(id);
    ASSERT_EQ(id.size(), 2U);
    for (const auto octet : all.view()) {
      raw.write(bytes_view{&octet, 1});
      bench.here.poll_once(std::chrono::milliseconds{0});
    }
    ASSERT_TRUE(bench.wait([&] { return raw.received.size() >= 4; }));
    EXPECT_EQ(bench.online(home), 1U);
  }
}

TEST(wide_broker_limits, refuses_a_filter_for_which_another_home_has_no_room) {
  cloud::twin_limits limits;
  limits.tree_nodes_max = 8;
  wide_bench bench{profile::mqtt, limits};
  auto& a = bench.arrive("a");
  a.take();
  a.subscribe("1/2/3/4/5/6/7/8/9/10", 1);
  ASSERT_TRUE(bench.wait([&] { return !a.events.empty(); }));
  EXPECT_THAT(a.take(), ElementsAre("subscribed id1 [80]"));
  a.subscribe("1", 1);
  ASSERT_TRUE(bench.wait([&] { return !a.events.empty(); }));
  EXPECT_THAT(a.take(), ElementsAre("subscribed id2 [01]"));
}

} // namespace
} // namespace fleet
