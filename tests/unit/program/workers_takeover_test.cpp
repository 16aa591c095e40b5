// What goes from a worker that died to the one after it: its devices' accounts, and what it had
// counted; and how it is known to be gone.
#include <gtest/gtest.h>

#include "fleet/report/facts.hpp"
#include "fleet/workers/accounts.hpp"
#include "fleet/workers/knock.hpp"
#include "fleet/workers/mirror.hpp"
#include "fleet/workers/snapshots.hpp"
#include "fleet/workers/wire.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;

hal::address loopback(std::uint16_t port = 0) {
  hal::address out;
  out.ip[0] = 127;
  out.ip[3] = 1;
  out.port = port;
  return out;
}

/// A worker's shard of two devices, from index 5.
struct small_shard {
  small_shard() {
    products.add(10, settings);
    actors::shard_options options;
    options.first = 5;
    options.count = 2;
    made = std::make_unique<actors::shard>(home, products, options, scratch);
    shards.push_back(made.get());
  }
  mirror_home home;
  actors::product_settings settings;
  actors::product_map products;
  actors::speech_scratch scratch;
  std::unique_ptr<actors::shard> made;
  std::vector<actors::shard*> shards;
  fault_desk faults;
  shown_run shown{shards, faults, [](hal::home&, const std::function<void()>& job) { job(); }};
};

TEST(accounts_of_workers, go_from_one_to_the_next) {
  small_shard one;
  auto& slot = one.made->slots[1];
  slot.uplink.boot();
  const auto sent = slot.uplink.attempt(6, true);
  slot.downlink.accept({6, 1, 1}, false, 1);
  slot.oversized = 3;
  account_teller teller;
  account_shelf shelf;
  const auto told = teller.changed(one.shown);
  EXPECT_TRUE(shelf.take(told, {5, 2}));
  EXPECT_EQ(teller.changed(one.shown), "") << "nothing has changed";
  slot.uplink.acknowledge(sent.epoch, sent.sequence);
  EXPECT_TRUE(shelf.take(teller.changed(one.shown), {5, 2}));
  teller.begin_anew();
  EXPECT_EQ(teller.changed(one.shown), shelf.all());

  small_shard next;
  ASSERT_TRUE(load_accounts(shelf.all(), next.shards));
  EXPECT_EQ(next.made->slots[0].uplink.attempted(), 0U);
  EXPECT_EQ(next.made->slots[1].uplink.acknowledged(), 1U);
  EXPECT_EQ(next.made->slots[1].downlink.accepted(), 1U);
  EXPECT_EQ(next.made->slots[1].oversized, 3U);
}

TEST(accounts_of_workers, are_not_trusted) {
  small_shard one;
  one.made->slots[0].uplink.boot();
  account_teller teller;
  const auto told = teller.changed(one.shown);
  account_shelf shelf;
  EXPECT_FALSE(shelf.take(told, {6, 2})) << "of other devices";
  EXPECT_FALSE(shelf.take(told.substr(1), {5, 2}));
  EXPECT_FALSE(shelf.take(told + "x", {5, 2}));
  EXPECT_EQ(shelf.all(), "");
  EXPECT_FALSE(load_accounts(told + "x", one.shards));
}

TEST(shard_mirror, shows_workers_that_had_the_devices_one_after_the_other_as_one) {
  small_shard first;
  small_shard second;
  shard_mirror seen{first.products};
  const std::vector<actors::shard*> all{&seen.shard()};
  snapshot_maker maker{first.shown};
  auto& before = first.made->parts[0].counts;
  actors::bump(before.acknowledged, 5);
  before.latencies[0].record(30ms);
  ASSERT_TRUE(seen.show(maker.make(1)));
  seen.lose();
  auto& after = second.made->parts[0].counts;
  actors::bump(after.acknowledged, 2);
  after.latencies[0].record(30ms);
  snapshot_maker next{second.shown};
  ASSERT_TRUE(seen.show(next.make(2)));
  EXPECT_EQ(report::read_totals(all).acknowledged, 7U);
  EXPECT_EQ(report::read_latency(all, static_cast<actors::latency>(0)).count, 2U);
}

TEST(shard_mirror, counts_nothing_twice_or_not_at_all_over_a_cut) {
  small_shard one;
  shard_mirror seen{one.products};
  const std::vector<actors::shard*> all{&seen.shard()};
  snapshot_maker maker{one.shown};
  auto& latency = one.made->parts[0].counts.latencies[0];
  latency.record(30ms);
  ASSERT_TRUE(seen.show(maker.make(1)));
  latency.record(40ms);
  (void)maker.make(2); // never arrives
  latency.record(30ms);
  maker.begin_anew();
  ASSERT_TRUE(seen.show(maker.make(3)));
  const auto here = report::read_latency(one.shards, static_cast<actors::latency>(0));
  EXPECT_EQ(report::read_latency(all, static_cast<actors::latency>(0)).buckets, here.buckets);
}

TEST(knock, tells_whether_anybody_is_there) {
  const std::atomic<bool> given_up{false};
  hal::address at;
  {
    door open{loopback()};
    ASSERT_TRUE(open.at());
    at = *open.at();
    EXPECT_EQ(knock(at, 10s, given_up), knock_answer::open);
    open.tend();
  }
  EXPECT_EQ(knock(at, 10s, given_up), knock_answer::refused);
}

TEST(wire, reaches_anew_as_somebody_else_and_says_where_nobody_is) {
  const std::string token = "a word for tests alone";
  wire server{{token, crew_role::coordinator}};
  const auto port = server.listen(loopback());
  ASSERT_TRUE(port) << port.error();
  wire client{{token, crew_role::worker}};
  const auto first = client.connect(loopback(port.value()));
  ASSERT_TRUE(first) << first.error();
  client.send(first.value(), crew_clock{1, 1});
  const auto heard = server.next(30s);
  ASSERT_TRUE(heard && heard->what == wire_news::message);

  client.reach(loopback(port.value()), 7);
  const auto reached = client.next(30s);
  ASSERT_TRUE(reached && reached->what == wire_news::reached);
  EXPECT_EQ(reached->ticket, 7U);
  ASSERT_TRUE(reached->somebody_there);
  EXPECT_NE(reached->from, first.value());
  client.forget(first.value());
  client.send(reached->from, crew_clock{2, 2});
  auto again = server.next(30s);
  if (again && again->what == wire_news::gone) { // of the first one
    again = server.next(30s);
  }
  ASSERT_TRUE(again && again->what == wire_news::message);
  EXPECT_NE(again->from, heard->from);
  server.send(again->from, crew_pulse{3});
  const auto answer = client.next(30s);
  ASSERT_TRUE(answer && answer->what == wire_news::message);
  EXPECT_EQ(std::get<crew_pulse>(answer->message).at_s, 3);

  hal::address nobody;
  {
    door closed{loopback()};
    nobody = *closed.at();
  }
  client.look_for(nobody, 8);
  const auto refused = client.next(30s);
  ASSERT_TRUE(refused && refused->what == wire_news::reached);
  EXPECT_EQ(refused->answer, knock_answer::refused);
  EXPECT_FALSE(refused->somebody_there);
}

} // namespace
} // namespace fleet::program
