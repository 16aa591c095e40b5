// Acknowledged only after the commit, and what happens where commits fail; the ledger over the
// twin's death; stores that nobody can go on from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud_sim/mqtt_character.hpp"
#include "protocol/ledger/reconcile.hpp"
#include "tests/support/bare_home.hpp"
#include "tests/support/file_bound.hpp"
#include "tests/support/lasting_twin.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using cloud::value;
using support::guest;
using support::lasting_broker;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string tagged(const ledger::tag& t) {
  byte_buffer out;
  const auto at = ledger::append_tag(out, t);
  ledger::seal({&out[0], out.size()}, at);
  return std::string{as_text(out.view())};
}

TEST(persistence_commit, comes_between_a_change_and_the_first_octet_that_leaves) {
  support::temp_folder folder;
  support::bare_home home;
  auto kept = support::open_store(folder / "data");
  cloud::twin_options o;
  o.profile = cloud::profile::mqtt;
  o.store = kept;
  o.listeners.push_back({});
  cloud::twin twin{std::move(o)};
  ASSERT_TRUE(twin.start(home).ok());
  support::bare_stream s;
  home.door->on_accepted(s.lend());
  s.events->on_received(mqtt::test::octets("10 0d 0004 'MQTT' 04 00 0000 0001 'a'"));
  EXPECT_TRUE(kept->dirty());
  home.about_to_send();
  EXPECT_FALSE(kept->dirty());
  s.events->on_received(mqtt::test::octets("82 06 0001 0001 't' 01 32 06 0001 't' 0007 'x'"));
  s.events->on_received(mqtt::test::octets("34 06 0001 't' 0008 'y'"));
  EXPECT_TRUE(kept->dirty());
  const auto before = value(twin.counters().commits);
  home.about_to_send();
  home.about_to_send(); // for the next stream: there is nothing more to keep
  EXPECT_FALSE(kept->dirty());
  EXPECT_EQ(value(twin.counters().commits), before + 1); // all that the turn brought at once
  twin.stop();
}

TEST(persistence_commit, comes_soon_for_what_asks_for_no_answer) {
  lasting_broker cloud;
  auto& b = cloud.arrive("b");
  cloud.settle(1s);
  const auto before = value(cloud.counts().commits);
  b.publish("t", "kept", 0, true);
  cloud.settle(200ms);
  EXPECT_EQ(value(cloud.counts().commits), before + 1);
  cloud.settle(10s); // and an idle twin has nothing to commit
  EXPECT_EQ(value(cloud.counts().commits), before + 1);
}

TEST(persistence_commit, that_fails_lets_nothing_be_acknowledged_until_one_succeeds) {
  lasting_broker cloud;
  cloud.arrive_listening("a", "t", 1).drop();
  auto& b = cloud.arrive("b", false);
  cloud.settle(1s);
  b.take();
  {
    const support::file_bound tight{1000};
    b.publish("t", "precious", 1);
    cloud.settle();
    EXPECT_THAT(b.take(), IsEmpty()); // no PUBACK
    EXPECT_TRUE(b.closed);
    EXPECT_EQ(value(cloud.counts().commits_failed), 1U);
    EXPECT_EQ(value(cloud.counts().ends[static_cast<std::size_t>(cloud::end_reason::unkept)]), 1U);
    EXPECT_EQ(cloud.ear.outages, 1);
    EXPECT_THAT(cloud.ear.last, HasSubstr("twin.db"));
    auto& turned_away = cloud.arrive("c");
    EXPECT_THAT(turned_away.take(), IsEmpty());
    EXPECT_TRUE(turned_away.closed);
    EXPECT_EQ(value(cloud.counts().connections_withheld), 1U);
    cloud.settle(5s);
    EXPECT_GE(value(cloud.counts().commits_failed), 4U);
    EXPECT_EQ(cloud.ear.outages, 1);
    EXPECT_EQ(cloud.ear.recovered, 0);
  }
  cloud.settle(2s);
  EXPECT_EQ(cloud.ear.recovered, 1);
  b.closed = false;
  mqtt::connect_view fields;
  fields.client_id = "b";
  fields.clean_session = false;
  b.open(fields);
  cloud.settle();
  EXPECT_TRUE(b.saw("acknowledged id1 cookie0 resent"));
  cloud.die_and_live();
  // Twice, since the first went nowhere but to the queue: at least once is what QoS 1 says.
  EXPECT_THAT(cloud.arrive("a", false).messages(), ElementsAre("t=precious q1", "t=precious q1"));
}

TEST(persistence_commit, that_never_succeeds_leaves_what_was_kept_before) {
  lasting_broker cloud;
  cloud.arrive_listening("a", "t", 1).drop();
  auto& b = cloud.arrive("b", false);
  b.publish("t", "kept", 1);
  cloud.settle();
  ASSERT_TRUE(b.saw("acknowledged id1 cookie0"));
  {
    const support::file_bound tight{1000};
    b.publish("t", "lost", 1);
    cloud.settle();
    EXPECT_TRUE(b.closed);
    cloud.die();
  }
  cloud.live();
  EXPECT_THAT(cloud.arrive("a", false).messages(), ElementsAre("t=kept q1"));
}

struct persistence_ledger : testing::Test {
  lasting_broker cloud;

  std::string lines(std::uint32_t device) {
    std::string out;
    const auto* const account = cloud.twin->account_of(device);
    if (account != nullptr) {
      ledger::append_lines(out, "up", device, nullptr, &account->uplink);
      ledger::append_lines(out, "down", device, &account->downlink, nullptr);
    }
    return out;
  }
};

TEST_F(persistence_ledger, goes_on_where_it_was) {
  ledger::sender_account sent;
  sent.boot();
  auto& b = cloud.arrive("b");
  for (int i = 0; i < 5; ++i) {
    const auto t = sent.attempt(70'000, true);
    if (i != 2) {
      b.publish("t", tagged(t), 1);
      sent.acknowledge(t.epoch, t.sequence);
    }
  }
  cloud.settle();
  const auto before = lines(70'000);
  ASSERT_THAT(before, HasSubstr("1-2,4-5"));
  cloud.die_and_live();
  EXPECT_EQ(lines(70'000), before);
  auto& c = cloud.arrive("c");
  const auto t = sent.attempt(70'000, true);
  c.publish("t", tagged(t), 1);
  sent.acknowledge(t.epoch, t.sequence);
  cloud.settle();
  const auto all = ledger::reconcile(&sent, &cloud.twin->account_of(70'000)->uplink);
  EXPECT_EQ(all.accepted, 5U);
  EXPECT_EQ(all.lost + all.unexpected + all.unexplained + all.out_of_order, 0U);
}

TEST_F(persistence_ledger, books_an_acknowledgement_of_what_was_sent_before_the_death) {
  cloud.options.open.command_topic = "down/{index}";
  cloud.die_and_live();
  auto& a = cloud.arrive_listening("a", "down/3", 1);
  a.fall_silent();
  ASSERT_EQ(cloud.twin->command(3, mqtt::qos::at_least_once), cloud::command_outcome::sent);
  cloud.settle();
  cloud.die_and_live();
  EXPECT_THAT(lines(3), HasSubstr("attempted 1 acknowledged -"));
  cloud.arrive("a", false);
  EXPECT_EQ(cloud.twin->command(3, mqtt::qos::at_least_once), cloud::command_outcome::sent);
  cloud.settle();
  EXPECT_THAT(lines(3), HasSubstr("down 3 1 attempted 2 acknowledged 1-2"));
}

TEST_F(persistence_ledger, that_began_anew_has_done_so_after_a_death_too) {
  auto& b = cloud.arrive("b");
  b.publish("t", tagged({5, 1, 1}), 1);
  cloud.settle();
  ASSERT_NE(cloud.twin->ledger(), nullptr);
  cloud.twin->ledger()->begin(5, 1);
  b.publish("t", "what asks for an answer brings a commit", 1);
  cloud.settle();
  cloud.die_and_live();
  ASSERT_NE(cloud.twin->account_of(5), nullptr);
  EXPECT_EQ(cloud.twin->account_of(5)->uplink.accepted(), 0U);
  EXPECT_EQ(cloud.twin->account_of(5)->downlink.epoch(), 2U);
}

TEST_F(persistence_ledger, leaves_out_accounts_of_devices_beyond_its_bound) {
  auto& b = cloud.arrive("b");
  b.publish("t", tagged({500, 1, 1}), 1);
  b.publish("t", tagged({5, 1, 1}), 1);
  cloud.settle();
  cloud.options.limits.devices_max = 100;
  cloud.die_and_live();
  EXPECT_EQ(cloud.twin->account_of(500), nullptr);
  EXPECT_NE(cloud.twin->account_of(5), nullptr);
  EXPECT_EQ(value(cloud.counts().kept_unused), 1U);
}

/// A core with its memory and nothing else.
struct bare_core {
  bare_core() {
    EXPECT_FALSE(memory.load_sessions(open));
    EXPECT_FALSE(memory.load_ledger(core.bounds().devices_max, [](auto) { return true; }));
    EXPECT_FALSE(memory.begin(nullptr));
  }
  bool book(std::uint32_t sequence) {
    const auto text = tagged({1, 1, sequence});
    return core.ledger().uplink(as_bytes(text), false, 1, cloud::accounts::anybody) == 1;
  }
  support::temp_folder folder;
  std::shared_ptr<cloud::store> kept = support::open_store(folder / "data");
  support::bare_home home;
  cloud::twin_counters counters;
  cloud::broker core{home, {}, counters};
  cloud::persistence memory{core, *kept};
  cloud::mqtt_character open{core, {}, nullptr};
};

TEST(persistence_accounts, are_put_down_once_a_commit) {
  bare_core it;
  it.core.speak_as(it.open);
  for (std::uint32_t i = 1; i <= 100; ++i) {
    EXPECT_TRUE(it.book(i));
  }
  EXPECT_EQ(it.kept->pending(), 0U);
  it.memory.settle();
  std::uint64_t rows = 0;
  ASSERT_TRUE(it.kept->read<cloud::ledger_row>([&](const auto&) { ++rows; }).ok());
  EXPECT_EQ(rows, 1U);
}

TEST(persistence_accounts, of_a_peer_that_makes_them_long_stop_growing) {
  bare_core it;
  it.core.speak_as(it.open);
  constexpr std::size_t bound = cloud::persistence::account_octets_max;
  std::uint32_t sequence = 1; // each a range of its own, of two octets
  for (; it.book(sequence); sequence += 2) {
    ASSERT_LT(sequence, bound + 4000) << "no end";
    if (sequence % 999 == 0) {
      it.memory.settle();
    }
  }
  EXPECT_EQ(value(it.counters.tags_unkept), 1U);
  EXPECT_TRUE(it.book(sequence - 1)); // the next in order: it costs nothing
  it.memory.settle();
  std::size_t size = 0;
  ASSERT_TRUE(
      it.kept->read<cloud::ledger_row>([&](const auto& row) { size = row.account.size(); }).ok());
  EXPECT_GT(size, bound);
  EXPECT_LT(size, bound + 3000);
}

struct persistence_start : testing::Test {
  lasting_broker cloud;

  template <class Row>
  std::string start_with(const Row& row) {
    cloud.die();
    {
      auto kept = support::open_store(cloud.folder / "data");
      kept->put(row);
      EXPECT_FALSE(kept->commit());
    }
    return cloud.start();
  }
};

TEST_F(persistence_start, fails_where_a_session_is_damaged) {
  EXPECT_THAT(start_with(cloud::session_row{"x", as_bytes("nonsense")}),
              HasSubstr("twin.db is damaged: a session"));
}

TEST_F(persistence_start, fails_where_a_message_is_damaged) {
  cloud.arrive_listening("a", "t", 1).drop();
  cloud.settle();
  EXPECT_THAT(start_with(cloud::session_message_row{"a", 1, as_bytes("nonsense")}),
              HasSubstr("twin.db is damaged: a message"));
}

TEST_F(persistence_start, fails_where_a_retained_message_is_damaged) {
  EXPECT_THAT(start_with(cloud::retained_row{"t", as_bytes("nonsense")}),
              HasSubstr("twin.db is damaged: a retained message"));
}

TEST_F(persistence_start, fails_where_an_account_is_damaged) {
  EXPECT_THAT(start_with(cloud::ledger_row{1, cloud::ledger_way::uplink, as_bytes("nonsense")}),
              HasSubstr("twin.db is damaged: an account"));
}

TEST_F(persistence_start, takes_no_messages_of_a_session_that_is_not_there) {
  byte_buffer row;
  mqtt::append_record(row, {.topic = "t", .payload = as_bytes("old")});
  EXPECT_EQ(start_with(cloud::session_message_row{"a", 1, row.view()}), "");
  cloud.arrive_listening("a", "t", 1).drop(); // nor does a new one of its name find them later
  cloud.settle();
  cloud.die_and_live();
  EXPECT_THAT(cloud.arrive("a", false).messages(), IsEmpty());
}

TEST(persistence_none, is_what_a_store_in_memory_means) {
  cloud::twin_options o = support::twin_bench::of(cloud::profile::mqtt);
  o.store = std::make_shared<cloud::store>(cloud::store::in_memory());
  support::twin_bench bench{std::move(o)};
  auto& a = bench.arrive("a", false);
  a.subscribe("t", 1);
  a.publish("t", "m", 1);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("t=m q1"));
  EXPECT_EQ(value(bench.twin->counters().commits), 0U);
}

} // namespace
} // namespace fleet
