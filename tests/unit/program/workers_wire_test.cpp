// What coordinator and worker say over a real connection, and the shard that shows it.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <limits>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include "fleet/report/facts.hpp"
#include "fleet/workers/certificates.hpp"
#include "fleet/workers/counts.hpp"
#include "fleet/workers/frames.hpp"
#include "fleet/workers/inspect.hpp"
#include "fleet/workers/line.hpp"
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

const std::string token = "a word for tests alone";

crew_secret coordinating(const std::string& word = token) {
  return {word, crew_role::coordinator};
}

crew_secret working(const std::string& word = token) {
  return {word, crew_role::worker};
}

TEST(wire, carries_each_message_both_ways_and_tells_of_the_end) {
  wire server{coordinating()};
  const auto port = server.listen(loopback(0));
  ASSERT_TRUE(port) << port.error();
  auto client = std::make_unique<wire>(working());
  const auto far = client->connect(loopback(port.value()));
  ASSERT_TRUE(far) << far.error();

  crew_end end;
  end.products.push_back({true, false, true, 3, 4, {1, 2}, {3}});
  end.traffic.push_back({"call", "lamps", 2.5, true, false, {4}});
  end.troubles.push_back({"reason", "device", "detail", 5});
  end.latencies = {{1, 2, 3, 4}};
  end.failures = {"one"};
  end.missed = {"a fault"};
  end.ledger_lines = std::string(100'000, 'x');
  end.last.products.push_back({{1, 2, 3}, {0, 1, 2}});
  end.last.faults.push_back({"storm", 3, 10, 9, 8});
  client->send(far.value(), crew_hello{"1.0", 4, 77, "nonce", "127.0.0.1:9", 3});
  client->send(far.value(), crew_clock{1.5, 2.5});
  client->send(far.value(), crew_ready{3, "why"});
  client->send(far.value(), end);

  const auto hello = server.next(30s);
  ASSERT_TRUE(hello && hello->what == wire_news::message);
  EXPECT_EQ(std::get<crew_hello>(hello->message).nonce, "nonce");
  EXPECT_EQ(std::get<crew_hello>(hello->message).process, 77U);
  EXPECT_EQ(std::get<crew_clock>(server.next(30s)->message).told_s, 2.5);
  EXPECT_EQ(std::get<crew_ready>(server.next(30s)->message).message, "why");
  const auto ended = std::get<crew_end>(server.next(30s)->message);
  EXPECT_EQ(ended.products[0].uplink, (wire_counts{1, 2}));
  EXPECT_FALSE(ended.products[0].uplink_tagged);
  EXPECT_EQ(ended.traffic[0].rate, 2.5);
  EXPECT_EQ(ended.troubles[0].count, 5U);
  EXPECT_EQ(ended.missed, std::vector<std::string>{"a fault"});
  EXPECT_EQ(ended.ledger_lines.size(), 100'000U);
  EXPECT_EQ(ended.last.faults[0].strikes, 8U);

  shard_spec part{{"--devices", "9"}, 7, {3, 6}, 9, 30, 2, 1, true, "xy"};
  part.files = {{"scenario.yaml", std::string(100'000, 'y')}, {"image", "", 5}};
  server.send(hello->from, part);
  server.send(hello->from, crew_begin{4.5});
  server.send(hello->from, crew_order{1, "latency by=1s", {"a"}, 4});
  server.send(hello->from, crew_farewell{});
  const auto spec = std::get<shard_spec>(client->next(30s)->message);
  EXPECT_EQ(spec.words.back(), "9");
  EXPECT_EQ(spec.devices, (wire_counts{3, 6}));
  ASSERT_EQ(spec.files.size(), 2U);
  EXPECT_EQ(spec.files[1].octets, 5U);
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

/// The listener comes and goes within one round of CAF's loop now and then; the leak checker would
/// find the one that is left there.
TEST(wire, may_end_as_soon_as_it_listens) {
  for (int turn = 0; turn < 50; ++turn) {
    wire brief{working()};
    const auto port = brief.listen(loopback(0));
    ASSERT_TRUE(port) << port.error();
  }
}

TEST(wire, ends_who_announces_more_than_messages_need_and_says_why) {
  wire server{coordinating()};
  const auto port = server.listen(loopback(0));
  ASSERT_TRUE(port) << port.error();
  const auto box = std::make_shared<shared_box>();
  line greedy{std::nullopt, working(), box};
  const auto never = [] { return false; };
  const auto socket = call_at(loopback(port.value()), 30s, never);
  ASSERT_TRUE(socket);
  const auto far = greedy.call(socket.value(), loopback(port.value()), 30s, never);
  ASSERT_TRUE(far) << far.error();
  greedy.send(far.value(), to_frame(crew_pulse{2.5}).value());
  ASSERT_EQ(server.next(30s)->what, wire_news::message);
  greedy.send(far.value(), {'\x3f', 0, 0, 0});
  const auto gone = server.next(30s);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->what, wire_news::gone);
  EXPECT_EQ(gone->why, "announced a message of 1056964608 octets, and none has more than 256MiB");
  std::unique_lock held{box->lock};
  ASSERT_TRUE(box->filled.wait_for(held, 30s, [&] { return !box->events.empty(); }));
  EXPECT_EQ(box->events.front().what, wire_news::gone) << "it sees the end";
}

TEST(wire, says_that_a_message_cannot_be_sent) {
  wire server{coordinating()};
  const auto port = server.listen(loopback(0));
  ASSERT_TRUE(port) << port.error();
  wire client{working()};
  const auto far = client.connect(loopback(port.value()));
  ASSERT_TRUE(far) << far.error();
  EXPECT_FALSE(client.send(far.value(), crew_pulse{std::numeric_limits<double>::infinity()}));
  EXPECT_TRUE(client.send(far.value(), crew_pulse{2.5}));
  EXPECT_EQ(std::get<crew_pulse>(server.next(30s)->message).at_s, 2.5) << "it is none";
}

/// Walks through the fields of messages, and writes down of what form they are.
class form_writer {
public:
  template <class... Fields>
  bool operator()(caf::meta::type_name_t name, Fields&... fields) {
    text += name.value;
    text += '(';
    (write(fields), ...);
    text += ')';
    return true;
  }
  template <std::size_t... Kinds>
  void write_all(std::index_sequence<Kinds...>) {
    (write<std::variant_alternative_t<Kinds, crew_message>>(), ...);
  }
  std::string text;

private:
  template <class T>
  void write() {
    T one{};
    write(one);
  }
  template <class T>
  void write(T& one) {
    if constexpr (std::is_arithmetic_v<T>) {
      text += std::is_floating_point_v<T> ? 'f' : 'n';
      text += static_cast<char>('0' + sizeof(T));
    } else {
      inspect(*this, one);
    }
  }
  void write(std::string&) { text += 's'; }
  template <class T>
  void write(std::vector<T>&) {
    text += '[';
    write<T>();
    text += ']';
  }
};

TEST(frames, have_a_number_for_their_form) {
  form_writer form;
  form.write_all(std::make_index_sequence<std::variant_size_v<crew_message>>{});
  std::uint32_t sum = 0;
  for (const char each : form.text) {
    sum = sum * 31 + static_cast<std::uint8_t>(each);
  }
  EXPECT_EQ(wire_form, 3U);
  EXPECT_EQ(sum, 197'740'940U)
      << "messages have another form: raise wire_form, and write both here";
}

TEST(wire, says_why_it_reaches_nobody) {
  wire one{coordinating()};
  const auto port = one.listen(loopback(0));
  ASSERT_TRUE(port);
  wire other{coordinating()};
  EXPECT_FALSE(other.listen(loopback(port.value())));
}

TEST(wire, turns_away_who_has_another_token_and_says_so_on_both_sides) {
  wire server{coordinating()};
  const auto port = server.listen(loopback(0));
  ASSERT_TRUE(port) << port.error();
  wire stranger{working("another word, as long")};
  const auto far = stranger.connect(loopback(port.value()));
  ASSERT_FALSE(far);
  EXPECT_NE(far.error().find("has another worker token"), std::string::npos) << far.error();
  const auto told = server.next(30s);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->what, wire_news::stranger);

  wire rival{coordinating()};
  const auto same = rival.connect(loopback(port.value()));
  ASSERT_FALSE(same);
  EXPECT_NE(same.error().find("belong together"), std::string::npos) << same.error();
}

TEST(wire, ends_the_oldest_of_too_many_who_prove_nothing) {
  wire server{coordinating()};
  const auto port = server.listen(loopback(0));
  ASSERT_TRUE(port) << port.error();
  wire client{working()};
  const auto far = client.connect(loopback(port.value()));
  ASSERT_TRUE(far) << far.error();

  const auto never = [] { return false; };
  std::vector<int> silent;
  for (std::size_t i = 0; i <= line::strangers_most; ++i) {
    const auto socket = call_at(loopback(port.value()), 10s, never);
    ASSERT_TRUE(socket);
    silent.push_back(socket.value());
  }
  std::string heard; // its opening, and then the end
  char octets[256];
  pollfd asked{silent.front(), POLLIN, 0};
  while (::poll(&asked, 1, 30'000) == 1) {
    const auto got = ::recv(silent.front(), octets, sizeof octets, 0);
    if (got <= 0) {
      EXPECT_EQ(got, 0);
      break;
    }
    heard.append(octets, static_cast<std::size_t>(got));
  }
  EXPECT_EQ(heard.size(), 40U);
  pollfd last{silent.back(), POLLIN, 0};
  ASSERT_EQ(::poll(&last, 1, 30'000), 1);
  EXPECT_EQ(::recv(silent.back(), octets, sizeof octets, 0), 40);
  for (const int socket : silent) {
    ::close(socket);
  }
  client.send(far.value(), crew_pulse{2.5}); // whoever is proven stays
  const auto pulse = server.next(30s);
  ASSERT_TRUE(pulse && pulse->what == wire_news::message);
  server.send(pulse->from, crew_pulse{3.5});
  const auto back = client.next(30s);
  ASSERT_TRUE(back && back->what == wire_news::message);
}

TEST(wire, of_certificates_carries_messages_and_lets_in_nobody_else) {
  const support::temp_folder folder;
  const auto ours = folder / "ours";
  const auto others = folder / "others";
  ASSERT_FALSE(init_certificates(ours));
  ASSERT_FALSE(init_certificates(others));
  EXPECT_TRUE(init_certificates(ours)); // it has one
  wire server{coordinating(), papers_of(ours)};
  const auto port = server.listen(loopback(0));
  ASSERT_TRUE(port) << port.error();

  wire stranger{working()};
  EXPECT_FALSE(stranger.connect(loopback(port.value())));
  wire foreigner{working(), papers_of(others)};
  EXPECT_FALSE(foreigner.connect(loopback(port.value())));
  wire without_token{working("another word, as long"), papers_of(ours)};
  EXPECT_FALSE(without_token.connect(loopback(port.value())));
  ASSERT_EQ(server.next(30s)->what, wire_news::stranger);

  wire client{working(), papers_of(ours)};
  const auto far = client.connect(loopback(port.value()));
  ASSERT_TRUE(far) << far.error();
  client.send(far.value(), crew_hello{"1.0", 4, 77, "nonce", "127.0.0.1:9", 3});
  const auto hello = server.next(30s);
  ASSERT_TRUE(hello && hello->what == wire_news::message);
  EXPECT_EQ(std::get<crew_hello>(hello->message).process, 77U);
  server.send(hello->from, crew_begin{4.5});
  EXPECT_EQ(std::get<crew_begin>(client.next(30s)->message).at_s, 4.5);
}

TEST(wire, of_certificates_outlives_a_connection_while_it_cannot_read_them) {
  const support::temp_folder folder;
  const auto ours = folder / "ours";
  ASSERT_FALSE(init_certificates(ours));
  wire server{coordinating(), papers_of(ours)};
  const auto port = server.listen(loopback(0));
  ASSERT_TRUE(port) << port.error();
  std::filesystem::rename(ours, folder / "elsewhere");
  wire stranger{working()};
  EXPECT_FALSE(stranger.connect(loopback(port.value())));
  std::filesystem::rename(folder / "elsewhere", ours);
  wire client{working(), papers_of(ours)};
  const auto far = client.connect(loopback(port.value()));
  EXPECT_TRUE(far) << far.error();
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

TEST(shard_mirror, shows_the_devices_of_a_worker_that_ends_them_as_they_were) {
  mirrored m;
  snapshot_maker maker{shown_run{m.shards, m.faults}};
  auto& counts = m.shards[0]->parts[0].counts;
  auto& online = counts.in_phase[static_cast<std::size_t>(actors::phase::online)];
  online.store(3);
  actors::bump(counts.acknowledged, 5);
  ASSERT_TRUE(m.there->show(maker.make(1)));
  online.store(1); // devices leave
  actors::bump(counts.acknowledged, 2);
  auto leaving = maker.make(2);
  leaving.part = static_cast<std::uint8_t>(run_part::leaving);
  ASSERT_TRUE(m.there->show(leaving));
  const std::vector<actors::shard*> seen{&m.there->shard()};
  EXPECT_EQ(report::read_totals(seen).online(), 3U);
  EXPECT_EQ(report::read_totals(seen).acknowledged, 7U);
  ASSERT_TRUE(m.there->show(leaving, 0, true)); // all is over
  EXPECT_EQ(report::read_totals(seen).online(), 1U);
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
  bad.part = 3;
  EXPECT_FALSE(m.there->show(bad));
  bad = good;
  bad.faults.push_back({"storm", 255, 1, 1, 1});
  EXPECT_FALSE(m.there->show(bad));
  EXPECT_TRUE(m.there->show(good));
}

} // namespace
} // namespace fleet::program
