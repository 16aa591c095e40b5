// A server's session out of what its journal was told: the same messages, ids and order as the one
// that died.
#include <gtest/gtest.h>

#include <map>

#include "protocol/base/random.hpp"
#include "protocol/mqtt/session_snapshot.hpp"
#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

using enum qos;

/// Keeps records as octets, by place, as a table would.
struct map_journal final : session_journal {
  void keep(std::int64_t place, const session_record& record) override {
    byte_buffer out;
    append_record(out, record);
    rows[place].assign(out.view().begin(), out.view().end());
    ++writes;
  }
  void drop(std::int64_t place) override {
    EXPECT_EQ(rows.erase(place), 1U) << "dropped what was never kept: " << place;
    ++writes;
  }
  [[nodiscard]] bool restore(session& into) const {
    for (const auto& [place, row] : rows) {
      const auto record = read_record(row);
      if (!record) {
        return false;
      }
      message_ptr message;
      if (!record->topic.empty()) {
        message = std::make_shared<const stored_message>(
            stored_message{std::string{record->topic},
                           {record->payload.begin(), record->payload.end()},
                           record->cookie});
      }
      if (!into.restore(place, *record, std::move(message))) {
        return false;
      }
    }
    return true;
  }
  std::map<std::int64_t, wire> rows;
  std::size_t writes = 0;
};

struct kept_session : testing::Test {
  kept_session() { rig.kept.keep_in(&journal); }
  /// What a client is sent that comes back to this session, and to one restored from the journal.
  void expect_the_same_after_a_restart() {
    server_rig second{rig.limits};
    ASSERT_TRUE(journal.restore(second.kept));
    EXPECT_EQ(second.kept.pending(), rig.kept.pending());
    EXPECT_EQ(second.kept.pending_cookies(), rig.kept.pending_cookies());
    second.session_present = true;
    second.open();
    const auto after = second.sent();
    rig.reconnect();
    rig.open();
    EXPECT_EQ(after, rig.sent());
  }
  map_journal journal;
  server_rig rig;
};

TEST_F(kept_session, brings_back_messages_in_every_stage) {
  rig.limits.in_flight_max = 4;
  rig.open();
  for (std::uint64_t cookie = 1; cookie <= 6; ++cookie) {
    rig.deliver(cookie % 2 == 0 ? exactly_once : at_least_once, cookie, cookie == 3);
  }
  rig.sent();
  rig.feed("50 02 00 04 50 02 00 02"); // PUBREC for 4, then for 2
  rig.feed("34 06 00 01 't' 00 63 'x'");
  EXPECT_EQ(journal.rows.size(), 7U);
  expect_the_same_after_a_restart();
}

TEST_F(kept_session, resends_under_the_old_packet_ids_and_releases_in_the_old_order) {
  rig.limits.in_flight_max = 3;
  rig.open();
  for (std::uint64_t cookie = 1; cookie <= 4; ++cookie) {
    rig.deliver(exactly_once, cookie);
  }
  rig.feed("50 02 00 02 50 02 00 01");
  server_rig second{rig.limits};
  ASSERT_TRUE(journal.restore(second.kept));
  second.session_present = true;
  second.open();
  EXPECT_EQ(second.sent(),
            (lines{"CONNACK flags1 code0", "PUBREL 2", "PUBREL 1", "PUBLISH t=3 q2 id3 dup"}));
}

TEST_F(kept_session, tells_a_qos_2_message_once_though_the_server_died_in_between) {
  rig.open();
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 06"), lines{"published t= q2 id6"});
  server_rig second;
  ASSERT_TRUE(journal.restore(second.kept));
  second.kept.keep_in(&journal);
  second.open();
  EXPECT_EQ(second.feed("3c 05 00 01 't' 00 06"), lines{});
  EXPECT_EQ(second.feed("62 02 00 06"), lines{});
  EXPECT_TRUE(journal.rows.empty());
  EXPECT_EQ(second.feed("34 05 00 01 't' 00 06"), lines{"published t= q2 id6"});
}

TEST_F(kept_session, keeps_what_waits_for_an_absent_client_in_order) {
  for (std::uint64_t cookie = 1; cookie <= 20; ++cookie) {
    rig.kept.deliver_offline(server_rig::message(cookie), at_least_once, false, rig.limits);
  }
  EXPECT_EQ(journal.rows.size(), 20U);
  expect_the_same_after_a_restart();
}

TEST_F(kept_session, does_not_keep_what_is_dropped) {
  rig.limits.queue_max = 2;
  for (std::uint64_t cookie = 1; cookie <= 5; ++cookie) {
    rig.kept.deliver_offline(server_rig::message(cookie), at_least_once, false, rig.limits);
    rig.kept.deliver_offline(server_rig::message(cookie), at_most_once, false, rig.limits);
  }
  EXPECT_EQ(journal.rows.size(), 2U);
}

TEST_F(kept_session, leaves_nothing_behind_once_all_is_acknowledged) {
  rig.open();
  for (std::uint64_t cookie = 1; cookie <= 2; ++cookie) {
    rig.deliver(cookie == 1 ? at_least_once : exactly_once, cookie);
  }
  rig.feed("40 02 00 01 50 02 00 02 50 02 00 02 70 02 00 02 40 02 00 01 70 02 00 02");
  rig.feed("34 05 00 01 't' 00 06 62 02 00 06 62 02 00 06");
  EXPECT_TRUE(journal.rows.empty());
  EXPECT_EQ(rig.kept.pending(), 0U);
}

TEST_F(kept_session, costs_a_bounded_number_of_writes_a_message_however_long_the_queue) {
  rig.limits.in_flight_max = 10;
  for (std::uint64_t cookie = 1; cookie <= 1000; ++cookie) {
    rig.kept.deliver_offline(server_rig::message(cookie), at_least_once, false, rig.limits);
  }
  EXPECT_EQ(journal.writes, 1000U);
  rig.open();
  EXPECT_EQ(journal.writes, 1010U);
  rig.feed("40 02 00 01");
  EXPECT_EQ(journal.writes, 1012U); // one gone, one sent
}

TEST_F(kept_session, is_the_same_after_any_history) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    map_journal told;
    server_rig side;
    side.limits.in_flight_max = 5;
    side.limits.queue_max = 10;
    side.kept.keep_in(&told);
    side.open();
    random_stream chance{seed, 0, "history"};
    for (int step = 0; step < 120; ++step) {
      const auto id = static_cast<std::uint8_t>(1 + chance.below(12));
      // PUBACK, PUBREC, PUBREL, PUBCOMP for some id; one of the wrong kind ends the connection.
      const std::uint8_t acks[] = {0x40, 0x50, 0x62, 0x70};
      switch (chance.below(4)) {
        case 0: side.feed(wire{acks[chance.below(4)], 2, 0, id}); break;
        case 1: side.feed(wire{0x34, 5, 0, 1, 't', 0, id}); break;
        default:
          side.deliver(chance.below(2) == 0 ? at_least_once : exactly_once,
                       static_cast<std::uint64_t>(step));
      }
      if (!side.machine.accepted()) {
        side.reconnect();
        side.open();
      }
    }
    server_rig second{side.limits};
    ASSERT_TRUE(told.restore(second.kept)) << seed;
    EXPECT_EQ(second.kept.pending_cookies(), side.kept.pending_cookies()) << seed;
    second.session_present = true;
    second.open();
    side.reconnect();
    side.open();
    side.sent();
    side.reconnect(); // the second time, all that is in flight was sent before
    side.open();
    second.reconnect();
    second.open();
    EXPECT_EQ(second.sent(), side.sent()) << seed;
  }
}

TEST(session_record_octets, come_back_as_they_were) {
  const std::string payload("a\0\xff", 3);
  const std::vector<session_record> all{
      {session_stage::waiting, at_least_once, true, 0, UINT64_MAX, "a/b", as_bytes(payload)},
      {session_stage::sent, exactly_once, false, 65535, 0, "t", {}},
      {session_stage::released, exactly_once, false, 1, 5, {}, {}},
      {session_stage::incoming, exactly_once, false, 9, 0, {}, {}},
  };
  for (const auto& r : all) {
    byte_buffer out;
    append_record(out, r);
    const auto back = read_record(out.view());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->stage, r.stage);
    EXPECT_EQ(back->qos, r.qos);
    EXPECT_EQ(back->retain, r.retain);
    EXPECT_EQ(back->packet_id, r.packet_id);
    EXPECT_EQ(back->cookie, r.cookie);
    EXPECT_EQ(back->topic, r.topic);
    EXPECT_EQ(as_text(back->payload), as_text(r.payload));
    for (std::size_t size = 0; size < out.size(); ++size) {
      EXPECT_FALSE(read_record(out.view().first(size))) << size;
    }
    out.push(0);
    EXPECT_FALSE(read_record(out.view()));
  }
}

TEST(session_record_octets, are_refused_when_no_session_can_hold_them) {
  const auto read = [](std::string_view text) { return read_record(octets(text)).has_value(); };
  // layout, flags (stage, QoS, retain), id, cookie, topic, payload
  EXPECT_TRUE(read("01 04 00 00 01 't' 00"));
  EXPECT_FALSE(read("02 04 00 00 01 't' 00")) << "another layout";
  EXPECT_FALSE(read("01 00 00 00 01 't' 00")) << "QoS 0 waits for nobody";
  EXPECT_FALSE(read("01 0c 00 00 01 't' 00")) << "QoS 3";
  EXPECT_FALSE(read("01 24 00 00 01 't' 00")) << "a flag beyond those there are";
  EXPECT_FALSE(read("01 04 01 00 01 't' 00")) << "an id before it was sent";
  EXPECT_FALSE(read("01 05 00 00 01 't' 00")) << "sent without an id";
  EXPECT_FALSE(read("01 04 00 00 01 '#' 00")) << "a wildcard in a topic";
  EXPECT_FALSE(read("01 04 00 00 00 00")) << "no topic";
  EXPECT_FALSE(read("01 04 00 00 ff ff ff ff 0f 't' 00")) << "a topic beyond the end";
  EXPECT_FALSE(read("01 06 00 00")) << "released without an id";
}

TEST(session_restore, refuses_what_no_journal_was_told) {
  const auto message = server_rig::message(1);
  const session_record sent{session_stage::sent, at_least_once, false, 5, 1, "t", {}};
  const session_record incoming{
      .stage = session_stage::incoming, .qos = exactly_once, .packet_id = 7};
  session s;
  EXPECT_TRUE(s.restore(-7, incoming, nullptr));
  EXPECT_FALSE(s.restore(7, incoming, nullptr)) << "not the place of its id";
  EXPECT_FALSE(s.restore(-7, incoming, message)) << "a message where none belongs";
  EXPECT_FALSE(s.restore(1, sent, nullptr)) << "a message without one";
  EXPECT_FALSE(s.restore(0, sent, message)) << "no place";
  EXPECT_FALSE(s.restore(std::int64_t{UINT32_MAX} + 1, sent, message)) << "beyond all places";
  EXPECT_TRUE(s.restore(3, sent, message));
  EXPECT_FALSE(s.restore(4, sent, message)) << "the same packet id twice";
  auto other = sent;
  other.packet_id = 6;
  EXPECT_FALSE(s.restore(3, other, message)) << "the same place twice";
  EXPECT_TRUE(s.restore(4, other, message));
  EXPECT_EQ(s.pending(), 2U);
}

TEST(kept_subscriptions, come_back_as_they_were_and_are_refused_when_damaged) {
  const std::vector<kept_subscription> all{
      {"#", at_most_once}, {"a/+/b", exactly_once}, {"/sys/pk/dn/#", at_least_once}};
  for (const auto& some : {std::vector<kept_subscription>{}, all}) {
    byte_buffer out;
    append_subscriptions(out, some);
    EXPECT_EQ(read_subscriptions(out.view()), some);
    for (std::size_t size = 0; size < out.size(); ++size) {
      EXPECT_FALSE(read_subscriptions(out.view().first(size))) << size;
    }
    out.push(0);
    EXPECT_FALSE(read_subscriptions(out.view()));
  }
  const auto read = [](std::string_view text) {
    return read_subscriptions(octets(text)).has_value();
  };
  EXPECT_TRUE(read("02 01 01 01 'a'"));
  EXPECT_FALSE(read("02 01 03 01 'a'")) << "QoS 3";
  EXPECT_FALSE(read("02 01 01 02 'a' '#'")) << "no valid filter";
  EXPECT_FALSE(read("02 7f 01 01 'a'")) << "more than there can be";
}

} // namespace
} // namespace fleet::mqtt::test
