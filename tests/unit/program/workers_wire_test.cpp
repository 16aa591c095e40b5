// What coordinator and worker say over a real connection, and the shard that shows it.
#include <gtest/gtest.h>

#include "fleet/report/facts.hpp"
#include "fleet/workers/certificates.hpp"
#include "fleet/workers/counts.hpp"
#include "fleet/workers/mirror.hpp"
#include "fleet/workers/snapshots.hpp"
#include "fleet/workers/wire.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;

hal::address loopback(std::uint16_t port) {
  hal::address out;
  out.ip[0] = 127;
  out.ip[3] = 1;
  out.port = port;
  return out;
}

TEST(wire, carries_each_message_both_ways_and_tells_of_the_end) {
  wire server;
  const auto port = server.listen(loopback(0));
  ASSERT_TRUE(port) << port.error();
  auto client = std::make_unique<wire>();
  const auto far = client->connect(loopback(port.value()));
  ASSERT_TRUE(far) << far.error();

  crew_end end;
  end.products.push_back({true, false, true, 3, 4, {1, 2}, {3}});
  end.traffic.push_back({"call", "lamps", 2.5, true, false, {4}});
  end.troubles.push_back({"reason", "device", "detail", 5});
  end.latencies = {{1, 2, 3, 4}};
  end.failures = {"one"};
  end.ledger_lines = std::string(100'000, 'x');
  end.last.products.push_back({{1, 2, 3}, {0, 1, 2}});
  end.last.faults.push_back({"storm", 3, 10, 9, 8});
  client->send(far.value(), crew_hello{"token", "1.0", 4, 77, "nonce", "127.0.0.1:9", 3});
  client->send(far.value(), crew_clock{1.5, 2.5});
  client->send(far.value(), crew_ready{3, "why"});
  client->send(far.value(), end);

  const auto hello = server.next(30s);
  ASSERT_TRUE(hello && hello->what == wire_news::message);
  EXPECT_EQ(std::get<crew_hello>(hello->message).token, "token");
  EXPECT_EQ(std::get<crew_hello>(hello->message).process, 77U);
  EXPECT_EQ(std::get<crew_clock>(server.next(30s)->message).told_s, 2.5);
  EXPECT_EQ(std::get<crew_ready>(server.next(30s)->message).message, "why");
  const auto ended = std::get<crew_end>(server.next(30s)->message);
  EXPECT_EQ(ended.products[0].uplink, (wire_counts{1, 2}));
  EXPECT_FALSE(ended.products[0].uplink_tagged);
  EXPECT_EQ(ended.traffic[0].rate, 2.5);
  EXPECT_EQ(ended.troubles[0].count, 5U);
  EXPECT_EQ(ended.ledger_lines.size(), 100'000U);
  EXPECT_EQ(ended.last.faults[0].strikes, 8U);

  shard_spec part{{"--devices", "9"}, 7, 3, 6, 9, 30, 2, 1, true, "xy"};
  part.files = {{"scenario.yaml", std::string(100'000, 'y')}};
  server.send(hello->from, part);
  server.send(hello->from, crew_begin{4.5});
  server.send(hello->from, crew_order{1, "latency by=1s", {"a"}, 4});
  server.send(hello->from, crew_farewell{});
  const auto spec = std::get<shard_spec>(client->next(30s)->message);
  EXPECT_EQ(spec.words.back(), "9");
  EXPECT_EQ(spec.count, 6U);
  ASSERT_EQ(spec.files.size(), 1U);
  EXPECT_EQ(spec.files[0].name, "scenario.yaml");
  EXPECT_EQ(spec.files[0].text.size(), 100'000U);
  EXPECT_EQ(std::get<crew_begin>(client->next(30s)->message).at_s, 4.5);
  EXPECT_EQ(std::get<crew_order>(client->next(30s)->message).words, "latency by=1s");
  EXPECT_TRUE(std::holds_alternative<crew_farewell>(client->next(30s)->message));

  client.reset();
  const auto gone = server.next(30s);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->what, wire_news::gone);
  EXPECT_EQ(gone->from, hello->from);
}

TEST(wire, says_why_it_reaches_nobody) {
  wire one;
  const auto port = one.listen(loopback(0));
  ASSERT_TRUE(port);
  wire other;
  EXPECT_FALSE(other.listen(loopback(port.value())));
}

TEST(wire, of_certificates_carries_messages_and_lets_in_nobody_else) {
  const support::temp_folder folder;
  const auto ours = folder / "ours";
  const auto others = folder / "others";
  ASSERT_FALSE(init_certificates(ours));
  ASSERT_FALSE(init_certificates(others));
  EXPECT_TRUE(init_certificates(ours)); // it has one
  wire server{papers_of(ours)};
  const auto port = server.listen(loopback(0));
  ASSERT_TRUE(port) << port.error();

  wire stranger;
  EXPECT_FALSE(stranger.connect(loopback(port.value())));
  wire foreigner{papers_of(others)};
  EXPECT_FALSE(foreigner.connect(loopback(port.value())));

  wire client{papers_of(ours)};
  const auto far = client.connect(loopback(port.value()));
  ASSERT_TRUE(far) << far.error();
  client.send(far.value(), crew_hello{"token", "1.0", 4, 77, "nonce", "127.0.0.1:9", 3});
  const auto hello = server.next(30s);
  ASSERT_TRUE(hello && hello->what == wire_news::message);
  EXPECT_EQ(std::get<crew_hello>(hello->message).process, 77U);
  server.send(hello->from, crew_begin{4.5});
  EXPECT_EQ(std::get<crew_begin>(client.next(30s)->message).at_s, 4.5);
}

TEST(counters_of_workers, are_all_there_are) {
  const actors::meters none;
  std::size_t counters = 0;
  std::size_t histograms = 0;
  each_counter(none, [&counters](const auto&) { ++counters; });
  each_histogram(none, [&histograms](const auto&) { ++histograms; });
  EXPECT_EQ(counters * sizeof(actors::counter) + histograms * sizeof(actors::histogram),
            sizeof(actors::meters));
  const hal::home_meters home;
  std::size_t of_home = 0;
  each_home_counter(home, [&of_home](const auto&) { ++of_home; });
  EXPECT_EQ(of_home * sizeof(std::atomic<std::uint64_t>), sizeof(hal::home_meters));
}

/// Two shards of a worker, and what the coordinator sees of them.
struct mirrored {
  mirrored() {
    products.add(1, settings);
    for (auto* s : {&one, &two}) {
      *s = std::make_unique<shard_mirror>(products);
      shards.push_back(&(*s)->shard());
    }
    there = std::make_unique<shard_mirror>(products);
  }
  actors::product_settings settings;
  actors::product_map products;
  std::unique_ptr<shard_mirror> one;
  std::unique_ptr<shard_mirror> two;
  std::vector<actors::shard*> shards;
  fault_desk faults;
  std::unique_ptr<shard_mirror> there;
};

TEST(shard_mirror, shows_what_several_shards_have_counted) {
  mirrored m;
  snapshot_maker maker{shown_run{m.shards, m.faults}};
  auto& first = m.shards[0]->parts[0].counts;
  auto& second = m.shards[1]->parts[0].counts;
  actors::bump(first.acknowledged, 5);
  actors::bump(second.acknowledged, 6);
  first.latencies[0].record(30ms);
  m.shards[1]->started = 4;
  ASSERT_TRUE(m.there->show(maker.make(1)));
  second.latencies[0].record(30ms);
  ASSERT_TRUE(m.there->show(maker.make(2)));

  const std::vector<actors::shard*> seen{&m.there->shard()};
  const auto counts = report::read_totals(seen);
  EXPECT_EQ(counts.acknowledged, 11U);
  EXPECT_EQ(counts.started, 4U);
  const auto here = report::read_latency(m.shards, static_cast<actors::latency>(0));
  const auto far = report::read_latency(seen, static_cast<actors::latency>(0));
  EXPECT_EQ(far.count, 2U);
  EXPECT_EQ(far.buckets, here.buckets);
}

TEST(shard_mirror, of_a_worker_that_is_lost_keeps_what_rose) {
  mirrored m;
  snapshot_maker maker{shown_run{m.shards, m.faults}};
  auto& counts = m.shards[0]->parts[0].counts;
  actors::bump(counts.acknowledged, 5);
  actors::bump(counts.in_flight, 2);
  actors::bump(counts.in_phase[static_cast<std::size_t>(actors::phase::online)], 3);
  ASSERT_TRUE(m.there->show(maker.make(1)));
  m.there->lose();
  const auto left = report::read_totals({&m.there->shard()});
  EXPECT_EQ(left.acknowledged, 5U);
  EXPECT_EQ(left.in_flight, 0U);
  EXPECT_EQ(left.online(), 0U);
}

TEST(shard_mirror, takes_no_snapshot_of_another_shape) {
  mirrored m;
  snapshot_maker maker{shown_run{m.shards, m.faults}};
  auto good = maker.make(1);
  auto bad = good;
  bad.products.clear();
  EXPECT_FALSE(m.there->show(bad));
  bad = good;
  bad.products[0].bins = {99, 0, 1};
  EXPECT_FALSE(m.there->show(bad));
  bad = good;
  bad.faults.push_back({"storm", 255, 1, 1, 1});
  EXPECT_FALSE(m.there->show(bad));
  EXPECT_TRUE(m.there->show(good));
}

} // namespace
} // namespace fleet::program
