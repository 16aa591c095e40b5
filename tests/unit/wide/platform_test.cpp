// The vendor's platform on three homes: each device is at one of them, and the office sees one
// twin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cloud_sim/wide/sum_counters.hpp"
#include "protocol/ledger/reconcile.hpp"
#include "tests/support/wide_rig.hpp"

namespace fleet {
namespace {

using cloud::profile;
using cloud::twin_counters;
using support::own_topic;
using support::wide_bench;
using testing::ElementsAre;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::uint32_t devices = 12;

struct wide_platform : testing::Test {
  [[nodiscard]] std::string sys(std::uint32_t device, std::string_view after) const {
    return own_topic(bench.credentials, device, "/sys", after);
  }
  void everybody_comes() {
    for (std::uint32_t d = 0; d < devices; ++d) {
      ASSERT_TRUE(bench.arrive_device(d).saw("connected"));
    }
  }
  std::string id_in(const std::string& line) {
    const auto at = line.find(R"("id":")") + 6;
    return line.substr(at, line.find('"', at) - at);
  }
  struct named {
    explicit named(alink::identity of) : who(std::move(of)) {}
    [[nodiscard]] cloud::device_name_view view() const {
      return {who.product_key, who.device_name};
    }
    alink::identity who;
  };
  [[nodiscard]] named name(std::uint32_t device) const {
    return named{bench.credentials.at(device)};
  }

  wide_bench bench{profile::linkdevelop};
};

std::string tagged(const ledger::tag& t) {
  byte_buffer out;
  out.append(std::string_view{R"({"id":"1","params":{"l":")"});
  const auto at = ledger::append_tag(out, t);
  out.append(std::string_view{"\"}}"});
  ledger::seal({&out[0], out.size()}, at);
  return std::string{as_text(out.view())};
}

TEST_F(wide_platform, every_device_lives_on_its_home_and_the_homes_share_them) {
  everybody_comes();
  std::vector<std::uint64_t> expected(wide_bench::homes);
  for (std::uint32_t d = 0; d < devices; ++d) {
    ++expected[bench.home_of_device(d)];
  }
  for (std::size_t home = 0; home < wide_bench::homes; ++home) {
    EXPECT_EQ(bench.online(home), expected[home]);
    EXPECT_GT(expected[home], 0U);
  }
}

TEST_F(wide_platform, a_second_connection_of_a_device_ends_the_first) {
  for (std::uint32_t d = 0; d < 6; ++d) {
    auto& first = bench.arrive_device(d);
    EXPECT_TRUE(bench.arrive_device(d).saw("connected"));
    EXPECT_TRUE(bench.wait([&] { return first.closed; }));
  }
  twin_counters sum;
  bench.at_rest([&] { bench.twin->read(sum); });
  EXPECT_EQ(cloud::value(sum.ends[static_cast<std::size_t>(cloud::end_reason::taken_over)]), 6U);
  EXPECT_EQ(cloud::value(sum.devices_online), 6U);
}

TEST_F(wide_platform, the_console_lists_all_devices_with_the_state_that_their_home_knows) {
  everybody_comes();
  std::vector<cloud::device_view> all;
  std::vector<cloud::device_view> page;
  std::vector<cloud::product_view> products;
  bench.at_rest([&] {
    all = bench.twin->console()->devices({}, "online", 0, 100);
    page = bench.twin->console()->devices({}, "online", 3, 4);
    products = bench.twin->console()->products();
  });
  ASSERT_THAT(all, SizeIs(devices));
  for (std::uint32_t d = 0; d < devices; ++d) {
    EXPECT_EQ(all[d].index, d);
  }
  ASSERT_THAT(page, SizeIs(4));
  EXPECT_EQ(page.front().index, 3U);
  EXPECT_EQ(page.back().index, 6U);
  ASSERT_THAT(products, SizeIs(1));
  EXPECT_EQ(products.front().online, devices);
}

TEST_F(wide_platform, a_call_goes_to_the_device_and_its_answer_comes_to_the_office) {
  everybody_comes();
  for (std::uint32_t d = 0; d < devices; ++d) {
    auto& g = bench.listen(*bench.guests[d], sys(d, "thing/service/property/set"), 1);
    g.take();
    std::string out;
    std::atomic<bool> answered{false};
    const auto who = name(d);
    bench.at_rest([&] {
      bench.twin->console()->set_properties(
          who.view(), R"({"Level":7})", std::chrono::minutes{1}, [&](const cloud::call_result& r) {
            out = r.ok() ? std::to_string(r.value().code) : "failed";
            answered = true;
          });
    });
    std::vector<std::string> got;
    ASSERT_TRUE(bench.wait([&] {
      got = g.messages();
      return !got.empty();
    }));
    ASSERT_THAT(got, ElementsAre(StartsWith(sys(d, "thing/service/property/set") + "={")));
    g.publish(sys(d, "thing/service/property/set_reply"),
              R"({"id":")" + id_in(got[0]) + R"(","code":200,"data":{}})", 1);
    ASSERT_TRUE(bench.wait([&] { return answered.load(); }));
    EXPECT_EQ(out, "200");
  }
}

TEST_F(wide_platform, a_device_that_is_added_is_known_to_its_home_and_numbered_alike) {
  const named fresh{{"a1AddedPk01", "fresh", "0123456789abcdef"}};
  cloud::operation_result twice{std::string{}};
  std::vector<cloud::device_view> listed;
  bench.at_rest([&] {
    auto& console = *bench.twin->console();
    EXPECT_TRUE(console.add_device(fresh.view(), fresh.who.device_secret).ok());
    twice = console.add_device(fresh.view(), {});
    listed = console.devices("a1AddedPk01", {}, 0, 10);
  });
  EXPECT_FALSE(twice.ok());
  ASSERT_THAT(listed, SizeIs(1));
  support::device_login login{fresh.who};
  EXPECT_TRUE(bench.arrive(login.view()).saw("connected"));
  bench.at_rest([&] {
    auto& console = *bench.twin->console();
    EXPECT_TRUE(console.kick(fresh.view()).ok());
    EXPECT_TRUE(console.delete_device(fresh.view()).ok());
    EXPECT_TRUE(console.devices("a1AddedPk01", {}, 0, 10).empty());
  });
  EXPECT_TRUE(bench.wait([&] { return bench.guests.back()->closed; }));
}

TEST_F(wide_platform, a_broadcast_reaches_the_devices_of_all_homes) {
  everybody_comes();
  const std::string topic = "/broadcast/" + bench.credentials.at(0).product_key + "/all";
  for (const auto& g : bench.guests) {
    bench.listen(*g, topic, 0).take();
  }
  cloud::operation_result told{std::string{}};
  bench.at_rest([&] {
    told = bench.twin->console()->broadcast(bench.credentials.at(0).product_key, "all",
                                            as_bytes("hear"));
  });
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told.value(), R"({"devices":12})");
  for (const auto& g : bench.guests) {
    EXPECT_TRUE(bench.wait([&] { return !g->events.empty(); }));
  }
}

TEST_F(wide_platform, a_kick_strikes_the_devices_of_all_homes_and_is_counted_as_one) {
  everybody_comes();
  bench.at_rest([&] {
    auto f = faults::default_fault(faults::effect::kick);
    f.name = "all";
    EXPECT_TRUE(bench.twin->faults()->add(f, bench.world.home(wide_bench::homes).now(),
                                          {.devices = devices}, {}));
    EXPECT_FALSE(bench.twin->faults()->add(f, time_point{}, {}, {})) << "the name is taken";
  });
  EXPECT_TRUE(bench.wait([&] {
    return std::all_of(bench.guests.begin(), bench.guests.end(),
                       [](const auto& g) { return g->closed; });
  }));
  bench.at_rest([&] {
    const auto marks = bench.twin->faults()->marks();
    ASSERT_THAT(marks, SizeIs(1));
    EXPECT_EQ(marks.front()->selected, devices);
    EXPECT_EQ(marks.front()->hit, devices);
    EXPECT_EQ(marks.front()->done, devices);
    EXPECT_EQ(marks.front()->strikes, 1U);
    EXPECT_TRUE(bench.twin->faults()->remove("all"));
    EXPECT_TRUE(bench.twin->faults()->all().empty());
  });
}

TEST_F(wide_platform, the_ledger_has_every_device_in_the_order_of_their_numbers) {
  std::vector<ledger::sender_account> sent(devices);
  for (std::uint32_t d = 0; d < devices; ++d) {
    auto& g = bench.arrive_device(d);
    g.take();
    sent[d].boot();
    for (int i = 0; i < 5; ++i) {
      const auto t = sent[d].attempt(d, true);
      g.publish(sys(d, "thing/event/property/post"), tagged(t), 1);
      sent[d].acknowledge(t.epoch, t.sequence);
    }
    ASSERT_TRUE(bench.wait([&] { return g.events.size() >= 5; }));
  }
  bench.at_rest([&] {
    auto& desk = *bench.twin->ledger();
    auto at = desk.next(0);
    for (std::uint32_t d = 0; d < devices; ++d) {
      ASSERT_EQ(at, d);
      byte_buffer up;
      byte_buffer down;
      desk.save(d, up, down);
      const auto received = ledger::receiver_account::load(up.view());
      ASSERT_TRUE(received);
      const auto t = ledger::reconcile(&sent[d], &*received);
      EXPECT_EQ(t.accepted, 5U);
      EXPECT_EQ(t.lost + t.duplicated + t.unexpected + t.out_of_order, 0U);
      at = desk.next(d + 1);
    }
    EXPECT_EQ(at, std::nullopt);
    EXPECT_EQ(desk.unbooked().foreign, 0U);
    desk.begin(0, devices);
    byte_buffer up;
    byte_buffer down;
    desk.save(3, up, down);
    const auto empty = ledger::receiver_account::load(up.view());
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->accepted(), 0U);
  });
}

TEST_F(wide_platform, nobody_is_a_gateway) {
  auto& g = bench.arrive_device(0);
  bench.listen(g, sys(0, "thing/topo/get_reply"), 1);
  g.take();
  g.publish(sys(0, "thing/topo/get"), R"({"id":"7","params":{},"version":"1.0"})", 1);
  std::vector<std::string> got;
  ASSERT_TRUE(bench.wait([&] {
    got = g.messages();
    return !got.empty();
  }));
  EXPECT_THAT(got.front(), testing::HasSubstr(R"("code":403)"));
  std::atomic<bool> answered{false};
  bench.at_rest([&] {
    bench.twin->console()->invite(name(0).view(), "[]", std::chrono::seconds{1},
                                  [&](const cloud::call_result& r) {
                                    EXPECT_FALSE(r.ok());
                                    answered = true;
                                  });
  });
  EXPECT_TRUE(bench.wait([&] { return answered.load(); }));
}

TEST(wide_twin, counts_the_connects_of_all_homes_against_one_bound) {
  cloud::twin_options o;
  o.platform.bounds.all_connects = {5, std::chrono::hours{10}};
  wide_bench bench{std::move(o)};
  std::uint32_t in = 0;
  for (std::uint32_t d = 0; d < devices; ++d) {
    in += bench.arrive_device(d).saw("connected") ? 1U : 0U;
  }
  EXPECT_EQ(in, 5U);
  EXPECT_EQ(bench.count(&twin_counters::connects_over_rate), devices - 5U);
}

TEST(sum_counters, adds_gauges_totals_and_arrays) {
  using cloud::value;
  twin_counters one;
  twin_counters sum;
  cloud::add(one.connections, 3);
  cloud::add(one.posting[1].posts, 4);
  cloud::add(one.dtls.hellos, 5);
  cloud::add(one.delivered[2], 6);
  cloud::add_counters(one, sum);
  cloud::add_counters(one, sum);
  EXPECT_EQ(value(sum.connections), 6U);
  EXPECT_EQ(value(sum.posting[1].posts), 8U);
  EXPECT_EQ(value(sum.dtls.hellos), 10U);
  EXPECT_EQ(value(sum.delivered[2]), 12U);
  cloud::clear_counters(sum);
  EXPECT_EQ(value(sum.delivered[2]), 0U);
}

} // namespace
} // namespace fleet
