// The cloud's side of the ledger, commands, and the facade.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud_sim/command_text.hpp"
#include "protocol/ledger/reconcile.hpp"
#include "protocol/tsl/load.hpp"
#include "tests/support/twin_peers.hpp"

namespace fleet {
namespace {

using cloud::profile;
using support::device_login;
using support::guest;
using support::own_topic;
using support::raw_guest;
using support::twin_bench;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string tagged(const ledger::tag& t, std::string_view before = R"({"id":"1","params":{"l":")",
                   std::string_view after = "\"}}") {
  byte_buffer out;
  out.append(before);
  const auto at = ledger::append_tag(out, t);
  out.append(after);
  ledger::seal({&out[0], out.size()}, at);
  return std::string{as_text(out.view())};
}

ledger::totals uplink(const twin_bench& bench, std::uint32_t device,
                      const ledger::sender_account& sent) {
  const auto* account = bench.twin->account_of(device);
  return ledger::reconcile(&sent, account == nullptr ? nullptr : &account->uplink);
}

struct platform_ledger : testing::Test {
  platform_ledger() : bench(twin_bench::of(profile::linkdevelop)) {}
  [[nodiscard]] std::string sys(std::uint32_t device, std::string_view after) const {
    return own_topic(bench.credentials, device, "/sys", after);
  }
  twin_bench bench;
};

TEST_F(platform_ledger, books_what_devices_send) {
  ledger::sender_account sent;
  sent.boot();
  auto& g = bench.arrive_device(5);
  for (int i = 0; i < 10; ++i) {
    const auto t = sent.attempt(5, true);
    g.publish(sys(5, "thing/event/property/post"), tagged(t), 1);
    sent.acknowledge(t.epoch, t.sequence);
  }
  bench.settle();
  const auto t = uplink(bench, 5, sent);
  EXPECT_EQ(t.accepted, 10U);
  EXPECT_EQ(t.lost + t.duplicated + t.unexpected + t.out_of_order, 0U);
  EXPECT_EQ(bench.twin->account_of(4), nullptr);
  EXPECT_EQ(bench.count(bench.twin->counters().tags_intact), 10U);
}

TEST_F(platform_ledger, begins_anew_for_the_devices_that_are_named) {
  for (const std::uint32_t device : {5U, 6U}) {
    auto& g = bench.arrive_device(device);
    g.publish(sys(device, "thing/event/property/post"), tagged({device, 1, 1}), 1);
  }
  bench.settle();
  auto* const desk = bench.twin->ledger();
  ASSERT_NE(desk, nullptr);
  desk->begin(0, 6);
  ASSERT_NE(bench.twin->account_of(5), nullptr);
  EXPECT_EQ(bench.twin->account_of(5)->uplink.accepted(), 0U);
  EXPECT_EQ(bench.twin->account_of(5)->downlink.epoch(), 2U);
  EXPECT_EQ(bench.twin->account_of(6)->uplink.accepted(), 1U);
  EXPECT_EQ(bench.twin->account_of(6)->downlink.epoch(), 1U);
  EXPECT_EQ(desk->next(0), 5U);
  EXPECT_EQ(desk->next(6), 6U);
  EXPECT_EQ(desk->next(7), std::nullopt);
  const auto who = bench.credentials.at(5);
  EXPECT_EQ(desk->name(5), who.product_key + "/" + who.device_name);
}

TEST_F(platform_ledger, tells_explained_repeats_from_unexplained_ones) {
  ledger::sender_account sent;
  sent.boot();
  const auto topic = sys(5, "thing/event/property/post");
  const auto payload = tagged(sent.attempt(5, true));
  const auto publish = [&](guest& g, bool dup) {
    mqtt::message_view m;
    m.topic = topic;
    m.payload = as_bytes(payload);
    m.qos = mqtt::qos::at_least_once;
    m.packet_id = 9;
    m.dup = dup;
    mqtt::encode_publish(m, g.stream->output());
    bench.settle();
  };
  auto& first = bench.arrive_device(5, false);
  publish(first, false);
  publish(first, true); // DUP explains it
  first.drop();
  auto& second = bench.arrive_device(5, false);
  publish(second, false); // a new connection explains it
  EXPECT_EQ(uplink(bench, 5, sent).duplicated, 2U);
  EXPECT_EQ(uplink(bench, 5, sent).unexplained, 0U);
  publish(second, false); // nothing does
  EXPECT_EQ(uplink(bench, 5, sent).duplicated, 3U);
  EXPECT_EQ(uplink(bench, 5, sent).unexplained, 1U);
  EXPECT_EQ(uplink(bench, 5, sent).accepted, 1U);
}

TEST_F(platform_ledger, keeps_accounts_right_when_a_device_resends_after_a_lost_link) {
  ledger::sender_account sent;
  sent.boot();
  auto& g = bench.arrive_device(5, false);
  const auto topic = sys(5, "thing/event/property/post");
  g.publish(topic, tagged(sent.attempt(5, true)), 1);
  g.publish(topic, tagged(sent.attempt(5, true)), 1);
  bench.settle(std::chrono::microseconds{400}); // they arrive, the PUBACKs do not come back
  g.drop();
  bench.settle();
  device_login login{bench.credentials.at(5), false};
  g.open(login.view()); // the same machine resumes its session
  bench.settle();
  EXPECT_EQ(g.machine.in_flight(), 0U);
  const auto t = uplink(bench, 5, sent);
  EXPECT_EQ(t.accepted, 2U);
  EXPECT_EQ(t.unexplained + t.lost + t.unexpected + t.out_of_order, 0U);
}

TEST_F(platform_ledger, counts_damaged_and_foreign_tags_and_books_neither) {
  auto& g = bench.arrive_device(5);
  const auto topic = sys(5, "thing/event/property/post");
  auto damaged = tagged({5, 1, 1});
  damaged[2] = 'I';
  g.publish(topic, damaged, 1);
  g.publish(topic, tagged({6, 1, 1}), 1); // another device's
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().tags_corrupted), 1U);
  EXPECT_EQ(bench.count(bench.twin->counters().tags_foreign), 1U);
  EXPECT_EQ(bench.twin->account_of(5), nullptr);
  EXPECT_EQ(bench.twin->account_of(6), nullptr);
}

TEST_F(platform_ledger, books_nothing_that_the_rights_stopped) {
  auto& g = bench.arrive_device(5);
  g.publish(sys(6, "thing/event/property/post"), tagged({5, 1, 1}), 1);
  bench.settle();
  EXPECT_EQ(bench.twin->account_of(5), nullptr);
}

TEST_F(platform_ledger, books_commands_when_queued_and_when_acknowledged) {
  auto& g = bench.arrive_device(5, false);
  EXPECT_EQ(bench.twin->command(5, mqtt::qos::at_least_once),
            cloud::command_outcome::not_subscribed);
  g.subscribe(sys(5, "thing/service/property/set"), 1);
  bench.settle();
  g.take();
  EXPECT_EQ(bench.twin->command(5, mqtt::qos::at_least_once), cloud::command_outcome::sent);
  const auto& account = bench.twin->account_of(5)->downlink;
  EXPECT_EQ(account.attempted(), 1U);
  EXPECT_EQ(account.acknowledged(), 0U);
  bench.settle();
  EXPECT_EQ(account.acknowledged(), 1U);
  const auto got = g.messages();
  ASSERT_THAT(got, SizeIs(1));
  const auto from = got[0].find('=') + 1;
  const auto payload = got[0].substr(from, got[0].rfind(" q1") - from);
  const auto tag = ledger::find_tag(as_bytes(payload));
  EXPECT_EQ(tag.state, ledger::tag_state::intact);
  EXPECT_EQ(tag.what, (ledger::tag{5, 1, 1}));
  g.publish(sys(5, "thing/service/property/set_reply"), R"({"id":"1","code":200,"data":{}})", 1);
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().command_replies), 1U);
  EXPECT_EQ(bench.twin->command(900, mqtt::qos::at_least_once), cloud::command_outcome::offline);
  EXPECT_EQ(bench.twin->command(UINT32_MAX, mqtt::qos::at_least_once),
            cloud::command_outcome::unknown_device);
}

TEST_F(platform_ledger, books_a_command_acknowledged_in_a_later_connection) {
  auto& g = bench.arrive_device(5, false);
  g.subscribe(sys(5, "thing/service/property/set"), 1);
  bench.settle();
  g.fall_silent();
  for (int i = 0; i < 3; ++i) {
    bench.twin->command(5, mqtt::qos::at_least_once);
  }
  bench.settle();
  g.drop();
  auto& again = bench.arrive_device(5, false);
  EXPECT_THAT(again.messages(), SizeIs(3));
  bench.settle();
  EXPECT_EQ(bench.twin->account_of(5)->downlink.attempted(), 3U);
  EXPECT_EQ(bench.twin->account_of(5)->downlink.acknowledged(), 3U);
}

TEST(open_ledger, lets_nobody_make_up_epochs_and_gaps_without_limit) {
  auto options = twin_bench::of(profile::mqtt);
  options.limits.ledger_growth_max = 1000;
  twin_bench bench{std::move(options)};
  auto& g = bench.arrive("a");
  for (std::uint32_t i = 1; i <= 200; ++i) {
    g.publish("up", tagged({1, 2 * i, 1}), 0);
    g.publish("up", tagged({2, 1, 2 * i}), 0);
  }
  // Who does nothing of the kind is not touched by it.
  for (std::uint32_t i = 1; i <= 50; ++i) {
    g.publish("up", tagged({3, 1, i}), 0);
  }
  bench.settle();
  const auto& counters = bench.twin->counters();
  EXPECT_GT(bench.count(counters.tags_unkept), 300U);
  EXPECT_EQ(bench.count(counters.tags_unkept) + bench.count(counters.tags_intact), 450U);
  EXPECT_LT(bench.twin->account_of(1)->uplink.accepted(), 20U);
  EXPECT_EQ(bench.twin->account_of(3)->uplink.accepted(), 50U);
}

TEST(open_ledger, books_by_the_tag_whoever_carries_it) {
  twin_bench bench{twin_bench::of(profile::mqtt)};
  auto& g = bench.arrive("any");
  g.publish("up", tagged({7, 1, 1}), 1);
  g.publish("up", tagged({8, 2, 1}), 2);
  g.publish("up", tagged({2'000'000, 1, 1}), 1); // beyond devices_max
  g.publish("up", "no tag", 1);
  bench.settle();
  EXPECT_NE(bench.twin->account_of(7), nullptr);
  EXPECT_NE(bench.twin->account_of(8), nullptr);
  EXPECT_EQ(bench.twin->account_of(2'000'000), nullptr);
  EXPECT_EQ(bench.count(bench.twin->counters().tags_foreign), 1U);
  EXPECT_GT(bench.twin->accounts_end(), 8U);
  EXPECT_LT(bench.twin->accounts_end(), 1000U);
}

TEST(open_ledger, sends_commands_to_the_topic_of_the_template) {
  auto options = twin_bench::of(profile::mqtt);
  options.open.command_topic = "x/{index}/{device}/{other}/down";
  twin_bench bench{std::move(options)};
  auto& g = bench.arrive("any", false);
  EXPECT_EQ(bench.twin->command(7, mqtt::qos::exactly_once),
            cloud::command_outcome::not_subscribed);
  g.subscribe("x/7/dev_000007/{other}/down", 2);
  bench.settle();
  g.take();
  EXPECT_EQ(bench.twin->command(7, mqtt::qos::exactly_once), cloud::command_outcome::sent);
  bench.settle();
  EXPECT_THAT(g.messages(), ElementsAre(testing::EndsWith("q2")));
  EXPECT_EQ(bench.twin->account_of(7)->downlink.acknowledged(), 1U);
  g.drop();
  bench.settle();
  EXPECT_EQ(bench.twin->command(7, mqtt::qos::exactly_once), cloud::command_outcome::offline);
}

TEST(commands, reach_every_device_once_an_interval_spread_over_it) {
  twin_bench bench{twin_bench::of(profile::linkdevelop)};
  cloud::command_options commands;
  commands.interval = std::chrono::seconds{10};
  bench.twin->start_commands(commands);
  for (std::uint32_t i = 0; i < 20; ++i) {
    bench.arrive_device(i).subscribe(
        own_topic(bench.credentials, i, "/sys", "thing/service/property/set"), 1);
  }
  bench.settle();
  for (auto& g : bench.guests) {
    g->take();
  }
  bench.world.run_until(time_point{std::chrono::seconds{20}});
  std::size_t busiest = 0;
  std::uint64_t before = bench.count(bench.twin->counters().downlinks);
  const auto from = before;
  for (int tenth = 0; tenth < 100; ++tenth) {
    bench.settle(std::chrono::milliseconds{100});
    const auto now = bench.count(bench.twin->counters().downlinks);
    busiest = std::max<std::size_t>(busiest, now - before);
    before = now;
  }
  EXPECT_EQ(before - from, 20U);
  EXPECT_LT(busiest, 6U);
  for (std::uint32_t i = 0; i < 20; ++i) {
    EXPECT_EQ(bench.twin->account_of(i)->downlink.attempted(),
              bench.twin->account_of(i)->downlink.acknowledged());
  }
}

TEST(commands, leave_out_devices_that_went_and_take_them_up_again) {
  twin_bench bench{twin_bench::of(profile::linkdevelop)};
  auto& g = bench.arrive_device(3, false);
  g.subscribe(own_topic(bench.credentials, 3, "/sys", "thing/service/property/set"), 1);
  bench.settle();
  cloud::command_options commands;
  commands.interval = std::chrono::seconds{1};
  bench.twin->start_commands(commands); // finds who is online already
  bench.settle(std::chrono::seconds{5});
  const auto first = bench.count(bench.twin->counters().downlinks);
  EXPECT_GE(first, 4U);
  g.drop();
  bench.settle(std::chrono::seconds{10});
  EXPECT_EQ(bench.count(bench.twin->counters().downlinks), first);
  EXPECT_EQ(bench.count(bench.twin->counters().downlinks_skipped), 1U); // and then left out
  bench.arrive_device(3, false);
  bench.settle(std::chrono::seconds{5});
  EXPECT_GE(bench.count(bench.twin->counters().downlinks), first + 4);
  bench.twin->stop_commands();
  const auto last = bench.count(bench.twin->counters().downlinks);
  bench.settle(std::chrono::seconds{5});
  EXPECT_EQ(bench.count(bench.twin->counters().downlinks), last);
}

TEST(commands, find_the_open_brokers_devices_by_number_or_by_their_tags) {
  for (const std::uint32_t devices : {0U, 2U}) {
    twin_bench bench{twin_bench::of(profile::mqtt)};
    cloud::command_options commands;
    commands.interval = std::chrono::seconds{1};
    commands.devices = devices;
    bench.twin->start_commands(commands);
    auto& g = bench.arrive("any");
    g.subscribe("fleet/dev_000001/down", 1);
    bench.settle(std::chrono::seconds{3});
    EXPECT_EQ(g.messages().empty(), devices == 0);
    g.publish("up", tagged({1, 1, 1}), 1);
    bench.settle(std::chrono::seconds{3});
    EXPECT_FALSE(g.messages().empty());
  }
}

TEST(twin, names_the_address_it_cannot_have) {
  hal::virtual_world world;
  alink::generated_credentials credentials;
  cloud::twin_options options;
  options.credentials = &credentials;
  options.listeners.push_back({.at = hal::parse_address("127.0.0.1:1883").value()});
  cloud::twin first{options};
  ASSERT_TRUE(first.start(world.home()).ok());
  options.listeners.insert(options.listeners.begin(),
                           {.at = hal::parse_address("127.0.0.1:0").value()});
  cloud::twin second{options};
  const auto refused = second.start(world.home());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "cannot listen on 127.0.0.1:1883: the address is in use");
  EXPECT_EQ(refused.error().why, hal::listen_error::in_use);
  first.stop();
  EXPECT_TRUE(second.start(world.home()).ok()); // nothing of the failed start was left
}

TEST(twin, serves_several_listeners_and_stops_them_all) {
  auto options = twin_bench::of(profile::mqtt);
  options.listeners.push_back({.at = hal::parse_address("127.0.0.1:1883").value()});
  options.listeners.push_back({.at = hal::parse_address("127.0.0.1:0").value()});
  twin_bench bench{std::move(options)};
  ASSERT_EQ(bench.at.size(), 2U);
  EXPECT_NE(bench.at[1].port, 0);
  auto& a = bench.arrive("a");
  std::swap(bench.at[0], bench.at[1]);
  auto& b = bench.arrive("b", false);
  a.subscribe("t", 1);
  bench.settle();
  a.take();
  b.publish("t", "m", 1);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("t=m q1"));
  bench.twin->stop();
  bench.settle();
  EXPECT_TRUE(a.closed);
  EXPECT_TRUE(b.closed);
  EXPECT_EQ(bench.twin->devices_online(), 0U);
  EXPECT_EQ(bench.count(bench.twin->counters().connections_open), 0U);
  EXPECT_TRUE(bench.arrive("c").closed);
}

TEST(twin, publishes_no_will_when_it_stops_itself) {
  twin_bench bench{twin_bench::of(profile::mqtt)};
  mqtt::connect_view c;
  c.client_id = "w";
  c.has_will = true;
  c.will.topic = "w";
  bench.arrive(c);
  bench.twin->stop();
  EXPECT_EQ(bench.count(bench.twin->counters().wills_published), 0U);
}

TEST(twin, knows_the_words_of_its_profiles) {
  for (const auto p : {profile::linkdevelop, profile::linkplatform, profile::mqtt}) {
    EXPECT_EQ(cloud::parse_profile(cloud::to_string(p)), p);
  }
  EXPECT_FALSE(cloud::parse_profile("MQTT").has_value());
}

std::string params_of(std::string_view properties, std::uint64_t id) {
  const auto model = tsl::load_model(
      R"({"properties":[)" + std::string{properties} + R"(],"events":[],"services":[]})", "m.json");
  if (!model) {
    return model.error().front().message;
  }
  if (!cloud::has_command(&model.value())) {
    return "none";
  }
  byte_buffer out;
  cloud::write_property_set(out, id, {1, 1, 1}, {.model = &model.value()});
  EXPECT_EQ(ledger::find_tag(out.view()).state, ledger::tag_state::intact);
  const std::string text{as_text(out.view())};
  const auto from = text.find("\"params\":") + 9;
  return text.substr(from, text.find(",\"version\"") - from);
}

std::string property(std::string_view name, std::string_view mode, std::string_view type) {
  return R"({"identifier":")" + std::string{name}
         + R"(","name":"n","required":false,"accessMode":")" + std::string{mode}
         + R"(","dataType":)" + std::string{type} + "}";
}

TEST(twin, sets_with_its_commands_what_the_model_lets_it_set) {
  const std::string number = R"({"type":"int","specs":{"min":"10","max":"110","step":"1"}})";
  const std::string light = R"({"type":"bool","specs":{"0":"off","1":"on"}})";
  const std::string words = R"({"type":"text","specs":{"length":"100"}})";
  const auto some = property("heat", "r", number) + "," + property("level", "rw", number) + ","
                    + property("LightSwitch", "rw", light) + "," + property("note", "rw", words);
  EXPECT_EQ(params_of(some, 1), R"({"level":85,"LightSwitch":1,"note":""})");
  EXPECT_EQ(params_of(some, 2), R"({"level":35,"LightSwitch":0,"note":""})");
  EXPECT_EQ(params_of(property("heat", "r", number), 1), "none");
  EXPECT_EQ(params_of("", 1), "none");
  const std::string longest(50, 'n');
  EXPECT_EQ(params_of(property(longest, "rw", number) + "," + property("level", "rw", number) + ","
                          + property("x", "rw", number),
                      1),
            "{\"" + longest + "\":85,\"x\":85}")
      << "what there is room for beside the first";
}

TEST(twin, fits_its_commands_into_small_buffers) {
  byte_buffer out;
  cloud::write_property_set(out, UINT64_MAX, {UINT32_MAX, UINT32_MAX, UINT32_MAX});
  EXPECT_LT(out.size(), 200U);
  const ledger::tag largest{UINT32_MAX, UINT32_MAX, UINT32_MAX};
  EXPECT_EQ(ledger::find_tag(out.view()).what, largest);
}

} // namespace
} // namespace fleet
