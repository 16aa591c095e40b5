// One folder for a twin on several homes: what it has acknowledged is there when it was killed and
// comes back on another number of homes, or on one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <tuple>
#include <vector>

#include "protocol/ledger/reconcile.hpp"
#include "tests/support/file_bound.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/wide_rig.hpp"

namespace fleet {
namespace {

using cloud::profile;
using support::own_topic;
using support::wide_bench;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::uint32_t devices = 12;

struct wide_kept : testing::Test {
  [[nodiscard]] cloud::twin_options options(profile p = profile::linkdevelop) const {
    auto opened = cloud::store::open(folder / "data");
    FLEET_CHECK(opened.ok());
    cloud::twin_options o;
    o.profile = p;
    o.store = std::make_shared<cloud::store>(std::move(opened).value());
    o.products.push_back({.product_key = alink::generated_credentials{}.at(0).product_key,
                          .flags = cloud::product_keeps_values});
    return o;
  }
  static std::string sys(const wide_bench& bench, std::uint32_t device, std::string_view after) {
    return own_topic(bench.credentials, device, "/sys", after);
  }
  static std::string get_topic(const wide_bench& bench, std::uint32_t device) {
    return own_topic(bench.credentials, device, "", "get");
  }
  /// Everybody listens, reports a value, and goes; then something is sent that waits.
  static void live(wide_bench& bench, int value) {
    for (std::uint32_t d = 0; d < devices; ++d) {
      auto& g = bench.arrive_device(d, false);
      bench.listen(g, get_topic(bench, d), 1).take();
      g.publish(sys(bench, d, "thing/event/property/post"),
                R"({"id":"1","params":{"Level":)" + std::to_string(value + int(d)) + "}}", 1);
      FLEET_CHECK(bench.wait([&] { return !g.events.empty(); }));
      g.drop();
    }
    FLEET_CHECK(
        bench.wait([&] { return bench.count(&cloud::twin_counters::devices_online) == 0; }));
    bench.at_rest([&] {
      for (std::uint32_t d = 0; d < devices; ++d) {
        FLEET_CHECK(bench.twin->console()
                        ->publish(get_topic(bench, d), as_bytes("waits"), mqtt::qos::at_least_once)
                        .ok());
      }
    });
  }
  static void expect_all(wide_bench& bench, int value) {
    bench.at_rest([&] {
      for (std::uint32_t d = 0; d < devices; ++d) {
        const auto who = bench.credentials.at(d);
        const auto seen = bench.twin->console()->device({who.product_key, who.device_name});
        ASSERT_TRUE(seen.ok());
        EXPECT_THAT(seen.value().properties,
                    HasSubstr(R"("Level":{"value":)" + std::to_string(value + int(d))));
        EXPECT_EQ(seen.value().state, "offline");
      }
    });
    for (std::uint32_t d = 0; d < devices; ++d) {
      auto& g = bench.arrive_device(d, false);
      EXPECT_TRUE(g.saw("connected, session present")) << g.events.front();
      lines got;
      EXPECT_TRUE(bench.wait([&] {
        const auto more = g.messages();
        got.insert(got.end(), more.begin(), more.end());
        return !got.empty();
      }));
      EXPECT_THAT(got, ElementsAre(StartsWith(get_topic(bench, d) + "=waits")));
      g.disconnect();
    }
    EXPECT_TRUE(
        bench.wait([&] { return bench.count(&cloud::twin_counters::devices_online) == 0; }));
  }
  using lines = support::lines;
  support::temp_folder folder;
};

TEST_F(wide_kept, what_was_acknowledged_is_there_on_another_number_of_homes) {
  {
    wide_bench bench{options()};
    live(bench, 100);
    bench.at_rest([&] { bench.twin->settle(); });
    bench.die();
  }
  {
    wide_bench bench{options(), 2};
    expect_all(bench, 100);
    EXPECT_EQ(bench.count(&cloud::twin_counters::kept_unused), 0U);
  }
  {
    wide_bench bench{options(), 5};
    live(bench, 200);
    bench.in_office([&] { bench.twin->stop(); });
    bench.in_office([&] { bench.twin->stop(); }); // again is harmless
  }
  wide_bench bench{options(), 4};
  expect_all(bench, 200);
}

TEST_F(wide_kept, one_home_reads_what_three_wrote_and_they_what_it_writes) {
  {
    wide_bench bench{options()};
    live(bench, 300);
  }
  {
    support::twin_bench alone{options()};
    const auto who = alone.credentials.at(7);
    const auto seen = alone.twin->console()->device({who.product_key, who.device_name});
    EXPECT_THAT(seen.value().properties, HasSubstr(R"("Level":{"value":307)"));
    EXPECT_EQ(cloud::value(alone.twin->counters().sessions), devices);
    EXPECT_EQ(cloud::value(alone.twin->counters().kept_unused), 0U);
  }
  wide_bench bench{options()};
  EXPECT_EQ(bench.count(&cloud::twin_counters::sessions), devices);
  expect_all(bench, 300);
}

TEST_F(wide_kept, the_books_are_whole_and_each_is_had_by_one_home) {
  std::vector<ledger::sender_account> sent(devices);
  {
    wide_bench bench{options()};
    for (std::uint32_t d = 0; d < devices; ++d) {
      auto& g = bench.arrive_device(d);
      g.take();
      sent[d].boot();
      const auto t = sent[d].attempt(d, true);
      byte_buffer text;
      text.append(std::string_view{R"({"id":"1","params":{"l":")"});
      const auto at = ledger::append_tag(text, t);
      text.append(std::string_view{"\"}}"});
      ledger::seal({&text[0], text.size()}, at);
      g.publish(sys(bench, d, "thing/event/property/post"), as_text(text.view()), 1);
      ASSERT_TRUE(bench.wait([&] { return !g.events.empty(); }));
      sent[d].acknowledge(t.epoch, t.sequence);
    }
    bench.die(); // nothing but the acknowledgements had to be kept before they left
  }
  wide_bench bench{options(), 2};
  bench.at_rest([&] {
    auto& desk = *bench.twin->ledger();
    for (std::uint32_t d = 0; d < devices; ++d) {
      EXPECT_EQ(desk.next(d), d);
      byte_buffer up;
      byte_buffer down;
      desk.save(d, up, down);
      const auto received = ledger::receiver_account::load(up.view());
      ASSERT_TRUE(received);
      const auto t = ledger::reconcile(&sent[d], &*received);
      EXPECT_EQ(t.accepted, 1U);
      EXPECT_EQ(t.lost, 0U);
    }
  });
  for (std::uint32_t d = 0; d < devices; ++d) {
    EXPECT_NE(bench.twin->at(bench.home_of_device(d)).account_of(d), nullptr);
    EXPECT_EQ(bench.twin->at(1 - bench.home_of_device(d)).account_of(d), nullptr);
  }
}

TEST_F(wide_kept, products_and_added_and_disabled_devices_are_known_to_all_homes_again) {
  const alink::identity fresh{"a1AddedPk01", "fresh", "0123456789abcdef"};
  const cloud::device_name_view who{fresh.product_key, fresh.device_name};
  const auto listed = alink::generated_credentials{}.at(3);
  {
    wide_bench bench{options()};
    bench.at_rest([&] {
      auto& console = *bench.twin->console();
      cloud::product_change change;
      change.name = "lamps";
      EXPECT_TRUE(console.put_product(fresh.product_key, change).ok());
      EXPECT_TRUE(console.add_device(who, fresh.device_secret).ok());
      EXPECT_TRUE(console.disable({listed.product_key, listed.device_name}).ok());
    });
    bench.at_rest([&] { bench.twin->settle(); });
    bench.die();
  }
  wide_bench bench{options(), 2};
  bench.at_rest([&] {
    auto& console = *bench.twin->console();
    ASSERT_THAT(console.devices(fresh.product_key, {}, 0, 10), SizeIs(1));
    const auto products = console.products();
    EXPECT_TRUE(std::any_of(products.begin(), products.end(),
                            [](const cloud::product_view& p) { return p.name == "lamps"; }));
    EXPECT_EQ(console.device({listed.product_key, listed.device_name}).value().state, "disabled");
    for (std::size_t home = 0; home < 2; ++home) { // each numbers it alike, or it would be added
      auto& own = *bench.twin->at(home).console();
      EXPECT_TRUE(own.device(who).ok());
      EXPECT_EQ(own.device({listed.product_key, listed.device_name}).value().state, "disabled");
    }
    EXPECT_FALSE(console.add_device(who, {}).ok());
  });
  support::device_login login{fresh};
  EXPECT_TRUE(bench.arrive(login.view()).saw("connected"));
  EXPECT_FALSE(bench.arrive_device(3).saw("connected"));
}

// The report and the answer behind it come in one turn of the home.
TEST_F(wide_kept, an_answer_of_a_device_comes_to_the_office_behind_what_the_device_changed) {
  auto chosen = options();
  const auto file = std::make_shared<cloud::store>(chosen.store->beside());
  wide_bench bench{std::move(chosen)};
  for (std::uint32_t d = 0; d < devices; ++d) {
    auto& g = bench.arrive_device(d);
    bench.listen(g, sys(bench, d, "thing/service/property/set"), 1).take();
    const auto who = bench.credentials.at(d);
    std::atomic<int> kept{-1};
    bench.at_rest([&] {
      bench.twin->console()->set_properties(
          {who.product_key, who.device_name}, R"({"Level":7})", std::chrono::minutes{1},
          [&](const cloud::call_result&) {
            int rows = 0;
            std::ignore = file->read<cloud::reported_row>([&](const cloud::reported_row& row) {
              rows += row.device_name == who.device_name ? 1 : 0;
            });
            kept = rows;
          });
    });
    lines got;
    ASSERT_TRUE(bench.wait([&] {
      got = g.messages();
      return !got.empty();
    }));
    const auto at = got[0].find(R"("id":")") + 6;
    g.publish(sys(bench, d, "thing/event/property/post"), R"({"id":"1","params":{"Level":7}})", 1);
    g.publish(sys(bench, d, "thing/service/property/set_reply"),
              R"({"id":")" + got[0].substr(at, got[0].find('"', at) - at)
                  + R"(","code":200,"data":{}})",
              1);
    EXPECT_TRUE(bench.wait([&] { return kept != -1; }));
    EXPECT_EQ(kept, 1);
  }
}

TEST_F(wide_kept, a_home_that_cannot_keep_acknowledges_nothing_until_it_can) {
  wide_bench bench{options()};
  for (std::uint32_t d = 0; d < devices; ++d) {
    bench.arrive_device(d).take();
  }
  const auto commits = [&] {
    std::vector<std::uint64_t> out;
    for (std::size_t home = 0; home < bench.twin->size(); ++home) {
      out.push_back(cloud::value(bench.twin->at(home).counters().commits));
    }
    return out;
  };
  std::vector<std::uint64_t> before;
  {
    const support::file_bound bound{4096};
    for (std::uint32_t d = 0; d < devices; ++d) {
      auto& g = *bench.guests[d];
      if (!g.closed) { // a device of the same home had it all reset
        g.publish(sys(bench, d, "thing/event/property/post"), R"({"id":"1","params":{"Level":1}})",
                  1);
      }
      EXPECT_TRUE(bench.wait([&] { return g.closed; }));
      EXPECT_TRUE(g.events.empty()) << g.events.front();
    }
    EXPECT_GT(bench.count(&cloud::twin_counters::commits_failed), 0U);
    before = commits();
  }
  EXPECT_TRUE(bench.wait([&] {
    const auto now = commits();
    return std::equal(now.begin(), now.end(), before.begin(), std::greater<>{});
  }));
  for (std::uint32_t d = 0; d < devices; ++d) {
    EXPECT_TRUE(bench.arrive_device(d).saw("connected"));
  }
}

TEST(wide_twin, keeps_an_open_broker_on_one_home_alone) {
  cloud::twin_options o;
  o.store = std::make_shared<cloud::store>(cloud::store::lasting_in_memory().value());
  EXPECT_EQ(cloud::narrow(o), std::nullopt);
  o.profile = profile::mqtt;
  EXPECT_THAT(cloud::narrow(o).value_or(""), HasSubstr("before it is kept"));
}

} // namespace
} // namespace fleet
