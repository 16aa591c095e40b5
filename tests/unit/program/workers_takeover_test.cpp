// What goes from a worker that died to the one after it: its devices' accounts, and what it had
// counted; and how it is known to be gone.
#include <gtest/gtest.h>

#include "fleet/report/facts.hpp"
#include "fleet/run/fault_hands.hpp"
#include "fleet/workers/accounts.hpp"
#include "fleet/workers/knock.hpp"
#include "fleet/workers/mirror.hpp"
#include "fleet/workers/snapshots.hpp"
#include "fleet/workers/wire.hpp"
#include "protocol/ledger/succession.hpp"
#include "tests/support/worker_shard.hpp"

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

using small_shard = support::worker_shard; // of two devices, from index 5

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
  unheard_commands unheard;
  ASSERT_TRUE(load_accounts(shelf.all(), next.shards, unheard));
  EXPECT_TRUE(unheard.empty());
  EXPECT_EQ(next.made->slots[0].uplink.attempted(), 0U);
  EXPECT_EQ(next.made->slots[1].uplink.acknowledged(), 1U);
  EXPECT_EQ(next.made->slots[1].downlink.accepted(), 1U);
  EXPECT_EQ(next.made->slots[1].oversized, 3U);
}

TEST(accounts_of_workers, keep_what_nobody_was_told_of) {
  small_shard one;
  one.made->slots[0].downlink.accept({5, 1, 4}, false, 1);
  unheard_commands unheard;
  unheard[5].accept({5, 1, 2}, false, 1);
  one.shown.unheard = &unheard;
  account_shelf shelf;
  ASSERT_TRUE(shelf.take(account_teller{}.changed(one.shown), {5, 2}));
  small_shard next;
  unheard_commands known;
  ASSERT_TRUE(load_accounts(shelf.all(), next.shards, known));
  ASSERT_TRUE(known.contains(5));
  // The sender has five acknowledged: two are accepted or beyond, and one is known from before.
  ledger::sender_account sender;
  sender.boot();
  for (int i = 0; i < 5; ++i) {
    const auto sent = sender.attempt(5, true);
    if (i != 0) {
      sender.acknowledge(sent.epoch, sent.sequence);
    }
  }
  const auto all = ledger::unheard_of(sender, next.made->slots[0].downlink, 1, std::move(known[5]));
  EXPECT_EQ(all.accepted(), 2U) << "the second and the fifth";
}

TEST(accounts_of_workers, go_in_pieces) {
  small_shard one;
  for (auto& slot : one.made->slots) {
    slot.uplink.boot();
    (void)slot.uplink.attempt(6, true);
  }
  const auto sent = one.made->slots[1].uplink.attempt(6, true);
  one.made->slots[1].uplink.acknowledge(sent.epoch, sent.sequence);
  account_teller teller;
  account_shelf shelf;
  const device_set both{5, 2};
  ASSERT_TRUE(shelf.take(teller.changed(one.shown), both));
  const auto all = shelf.all();
  EXPECT_EQ(shelf.sent(both, {0, 10}).attempted, 3U);
  EXPECT_EQ(shelf.sent(both, {0, 6}).attempted, 1U);
  const auto rest = shelf.taken(both, {6, 1});
  shelf = shelf.taken(both, {5, 1});
  EXPECT_EQ(shelf.all() + rest.all(), all);
  EXPECT_EQ(shelf.sent({5, 1}, {0, 10}).attempted, 1U);
  EXPECT_EQ(rest.sent({6, 1}, {0, 10}).acknowledged, 1U);
  account_shelf untold;
  EXPECT_EQ(untold.taken(both, {5, 1}).all(), "");
  EXPECT_EQ(untold.sent(both, {0, 10}).attempted, 0U);
}

/// A worker's shard with the second of two gateways, and the two devices behind it.
struct gateway_shard {
  gateway_shard() {
    gateways.features.children = {2, 0, 2, {}};
    products.add(2, gateways);
    products.add(4, children);
    actors::shard_options options;
    options.apart = device_set{std::vector<actors::device_span>{{1, 1}, {4, 2}}};
    options.first = 1;
    options.count = 3;
    made = std::make_unique<actors::shard>(home, products, options, scratch);
    shards.push_back(made.get());
  }
  mirror_home home;
  actors::product_settings gateways;
  actors::product_settings children;
  actors::product_map products;
  actors::speech_scratch scratch;
  std::unique_ptr<actors::shard> made;
  std::vector<actors::shard*> shards;
  fault_desk faults;
  shown_run shown{shards, faults, [](hal::home&, const std::function<void()>& job) { job(); }};
};

TEST(accounts_of_workers, have_those_of_devices_behind_gateways) {
  gateway_shard one;
  one.made->make_slots_behind();
  auto& behind = one.made->slots[0].behind->at(1);
  EXPECT_EQ(behind.board.index(), 5U);
  behind.uplink.boot();
  (void)behind.uplink.attempt(6, true);
  account_teller teller;
  account_shelf shelf;
  const auto told = teller.changed(one.shown);
  EXPECT_NE(told, "");
  ASSERT_TRUE(shelf.take(told, one.made->devices));
  EXPECT_EQ(teller.changed(one.shown), "");
  ASSERT_EQ(shelf.all(), told);
  gateway_shard next;
  unheard_commands unheard;
  ASSERT_TRUE(load_accounts(shelf.all(), next.shards, unheard));
  EXPECT_EQ(next.made->slots[0].behind->at(1).uplink.attempted(), 1U);
  EXPECT_EQ(next.made->accounts()[2]->uplink.attempted(), 1U);
  EXPECT_EQ(next.made->slots[2].uplink.attempted(), 0U) << "nobody ever uses it";
  account_shelf other;
  EXPECT_FALSE(other.take(shelf.all(), device_set{0, 5}));
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
  unheard_commands unheard;
  EXPECT_FALSE(load_accounts(told + "x", one.shards, unheard));
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

TEST(shard_mirror, shows_workers_that_have_pieces_of_the_devices_as_one) {
  small_shard first;
  shard_mirror seen{first.products};
  const std::vector<actors::shard*> all{&seen.shard()};
  const auto work = [](small_shard& of, std::uint64_t acknowledged, duration latency) {
    auto& counts = of.made->parts[0].counts;
    actors::bump(counts.acknowledged, acknowledged);
    actors::bump(counts.in_flight, 3);
    counts.latencies[0].record(latency);
    of.made->started.store(2);
  };
  work(first, 5, 30ms);
  ASSERT_TRUE(seen.show(snapshot_maker{first.shown}.make(1), 0));
  seen.lose(0);
  seen.follow(7, 0);
  small_shard one;
  small_shard other;
  work(one, 10, 30ms);
  work(other, 100, 50ms);
  other.made->started.store(1);
  ASSERT_TRUE(seen.show(snapshot_maker{one.shown}.make(2), 0));
  ASSERT_TRUE(seen.show(snapshot_maker{other.shown}.make(2), 7));
  auto totals = report::read_totals(all);
  EXPECT_EQ(totals.acknowledged, 115U);
  EXPECT_EQ(totals.in_flight, 6U);
  EXPECT_EQ(totals.started, 3U);
  EXPECT_EQ(report::read_latency(all, static_cast<actors::latency>(0)).count, 3U);
  const auto part = seen.counts_of(7);
  EXPECT_EQ(report::read_totals({&part->shard()}).acknowledged, 100U);
  const auto latency = seen.latency_of(7, static_cast<actors::latency>(0));
  EXPECT_EQ(latency.count, 1U);
  EXPECT_GE(latency.max_us, 50'000U);

  seen.lose(7);
  totals = report::read_totals(all);
  EXPECT_EQ(totals.acknowledged, 115U);
  EXPECT_EQ(totals.in_flight, 3U) << "of those that are there";
  EXPECT_EQ(totals.started, 3U);
  EXPECT_EQ(seen.latency_of(7, static_cast<actors::latency>(0)).count, 0U);
}

TEST(shard_mirror, keeps_what_stood_of_the_piece_alone_that_is_let_go) {
  small_shard one;
  small_shard other;
  shard_mirror seen{one.products};
  const std::vector<actors::shard*> all{&seen.shard()};
  const auto told = [&seen](small_shard& of, std::size_t piece, std::uint64_t in_flight,
                            run_part part, bool over = false) {
    auto& counts = of.made->parts[0].counts;
    counts.in_flight.store(in_flight);
    actors::bump(counts.acknowledged);
    auto now = snapshot_maker{of.shown}.make(1);
    now.part = static_cast<std::uint8_t>(part);
    ASSERT_TRUE(seen.show(now, piece, over));
  };
  told(one, 0, 3, run_part::settling);
  told(other, 7, 4, run_part::settling);
  told(one, 0, 1, run_part::leaving);
  EXPECT_EQ(report::read_totals(all).in_flight, 7U) << "as it was before";
  told(other, 7, 2, run_part::settling);
  EXPECT_EQ(report::read_totals(all).in_flight, 5U) << "the other piece is still judged by";
  told(one, 0, 0, run_part::leaving);
  EXPECT_EQ(report::read_totals(all).in_flight, 5U);
  EXPECT_EQ(report::read_totals(all).acknowledged, 5U) << "what rises is shown";
  seen.lose(0);
  EXPECT_EQ(report::read_totals(all).in_flight, 2U);
  told(other, 7, 1, run_part::leaving, true);
  EXPECT_EQ(report::read_totals(all).in_flight, 1U);
}

TEST(shard_mirror, counts_a_fault_of_several_once_each) {
  small_shard one;
  shard_mirror seen{one.products};
  crew_snapshot told = snapshot_maker{one.shown}.make(1);
  const auto show = [&](std::size_t piece, std::uint32_t selected, std::uint32_t hit,
                        std::uint64_t strikes) {
    told.faults = {{"storm", 0, selected, hit, strikes}};
    ASSERT_TRUE(seen.show(told, piece));
  };
  const auto figures = [&] {
    const std::vector<actors::shard*> all{&seen.shard()};
    return *shard_hand{all}.figures("storm");
  };
  show(0, 40, 30, 30);
  seen.lose(0);
  seen.follow(1, 0);
  show(0, 15, 15, 15);
  EXPECT_EQ(figures().selected, 40U) << "those of before";
  show(1, 25, 25, 25);
  EXPECT_EQ(figures().selected, 40U);
  EXPECT_EQ(figures().hit, 40U);
  EXPECT_EQ(figures().strikes, 70U);
  seen.lose(1);
  EXPECT_EQ(figures().hit, 40U);
  EXPECT_EQ(figures().strikes, 70U);
}

TEST(shard_mirror, counts_devices_that_nobody_had_before_besides) {
  small_shard one;
  shard_mirror seen{one.products};
  const std::vector<actors::shard*> all{&seen.shard()};
  const auto show = [&](std::size_t piece, std::uint32_t devices) {
    auto told = snapshot_maker{one.shown}.make(1);
    told.started = devices;
    told.faults = {{"storm", 0, devices, devices, 1}};
    ASSERT_TRUE(seen.show(told, piece));
  };
  const auto expect = [&](std::uint32_t devices) {
    EXPECT_EQ(report::read_totals(all).started, devices);
    EXPECT_EQ(shard_hand{all}.figures("storm")->selected, devices);
    EXPECT_EQ(shard_hand{all}.figures("storm")->hit, devices);
  };
  show(0, 3);
  seen.lose(0);
  show(7, 2); // a piece that nobody began before
  expect(5);
  seen.follow(8, 0); // and one of those that were lost
  show(8, 2);
  expect(5);
  show(0, 1);
  expect(5);
  seen.lose(7);
  seen.lose(8);
  expect(5);
  seen.follow(9, 8);
  show(9, 2);
  expect(5);
  show(7, 2);
  expect(5);
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
  const auto given_up = [] { return false; };
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
