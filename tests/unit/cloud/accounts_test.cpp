// Whose acknowledgement of which command is booked: not that of an earlier run's, and on the open
// broker not that of somebody who merely listens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/twin_peers.hpp"

namespace fleet {
namespace {

using cloud::accounts;
using cloud::command_outcome;
using cloud::profile;
using support::twin_bench;

constexpr auto once = mqtt::qos::at_least_once;

struct some_accounts : testing::Test {
  cloud::twin_counters counters;
  accounts books{1U << 24, 1000, counters};
  [[nodiscard]] std::uint64_t acknowledged(std::uint32_t device) const {
    return books.find(device)->downlink.acknowledged();
  }
};

TEST_F(some_accounts, do_not_book_an_acknowledgement_that_an_earlier_run_waited_for) {
  const auto before = accounts::cookie(books.downlink(5, true));
  books.renew(0, 10);
  const auto now = accounts::cookie(books.downlink(5, true));
  EXPECT_NE(before, now);
  books.acknowledged(before);
  EXPECT_EQ(acknowledged(5), 0U);
  books.acknowledged(now);
  EXPECT_EQ(acknowledged(5), 1U);
}

TEST_F(some_accounts, tell_devices_and_commands_apart_to_the_last) {
  const std::uint32_t last = (1U << 24) - 1;
  const auto first = books.downlink(last, true);
  const auto second = books.downlink(last, true);
  (void)books.downlink(last - 1, true);
  books.acknowledged(accounts::cookie(second));
  books.acknowledged(accounts::cookie(second));
  EXPECT_EQ(acknowledged(last), 1U);
  books.acknowledged(accounts::cookie(first));
  EXPECT_EQ(acknowledged(last), 2U);
  EXPECT_EQ(acknowledged(last - 1), 0U);
  books.acknowledged(accounts::cookie({last, 1, 3}));
  books.acknowledged(accounts::cookie({7, 1, 1}));
  books.acknowledged(0);
  EXPECT_EQ(acknowledged(last), 2U) << "what was never sent";
}

TEST_F(some_accounts, book_commands_beyond_the_sixteen_millionth) {
  ledger::sender_account long_lived;
  long_lived.boot_after(65'534); // an epoch whose lower bits are all 0 would be one too many
  for (std::uint32_t i = 0; i < (1U << 24) - 1; ++i) {
    (void)long_lived.attempt(0, true);
  }
  byte_buffer saved;
  long_lived.save(saved);
  ASSERT_TRUE(books.load(0, cloud::account_way::downlink, saved.view()));
  const auto at_the_edge = books.downlink(0, true);
  const auto beyond = books.downlink(0, true);
  EXPECT_EQ(beyond.sequence, (1U << 24) + 1);
  EXPECT_NE(accounts::cookie(at_the_edge), 0U);
  books.acknowledged(accounts::cookie(beyond));
  books.acknowledged(accounts::cookie(at_the_edge));
  books.acknowledged(accounts::cookie(at_the_edge));
  EXPECT_EQ(acknowledged(0), 2U);
  books.acknowledged(accounts::cookie({0, at_the_edge.epoch, (1U << 24) - 1}));
  EXPECT_EQ(acknowledged(0), 3U);
}

byte_buffer tagged(const ledger::tag& t) {
  byte_buffer text;
  const auto at = ledger::append_tag(text, t);
  ledger::seal({&text[0], text.size()}, at);
  return text;
}

TEST_F(some_accounts, note_what_was_refused_of_a_device_and_nothing_of_others) {
  books.refused(tagged({5, 1, 3}).view(), 5);
  books.refused(tagged({6, 1, 1}).view(), 5);
  books.refused(as_bytes("no tag"), 5);
  ASSERT_NE(books.find(5), nullptr);
  ASSERT_NE(books.find(5)->refused, nullptr);
  EXPECT_EQ(books.find(5)->refused->accepted(), 1U);
  EXPECT_EQ(books.find(5)->uplink.accepted(), 0U);
  EXPECT_EQ(books.find(6), nullptr);
  books.renew(0, 10);
  EXPECT_EQ(books.find(5)->refused, nullptr);
}

TEST_F(some_accounts, take_no_more_of_what_was_refused_than_there_is_room_for) {
  constexpr std::uint32_t tries = 1000;
  for (std::uint32_t i = 1; i <= tries; ++i) {
    books.refused(tagged({5, 1, 2 * i}).view(), 5);
  }
  const auto unkept = cloud::value(counters.tags_unkept);
  EXPECT_GT(unkept, 800U) << "each is a range of its own";
  EXPECT_EQ(books.find(5)->refused->accepted() + unkept, tries);
  books.renew(5, 1);
  books.refused(tagged({5, 1, 2}).view(), 5);
  EXPECT_EQ(cloud::value(counters.tags_unkept), unkept) << "the room is free again";
}

struct open_addressee : testing::Test {
  open_addressee() : bench(twin_bench::of(profile::mqtt)) {}
  [[nodiscard]] std::uint64_t acknowledged(std::uint32_t device) const {
    const auto* const account = bench.twin->account_of(device);
    return account == nullptr ? 0 : account->downlink.acknowledged();
  }
  twin_bench bench;
};

TEST_F(open_addressee, alone_acknowledges_its_commands) {
  auto& device = bench.arrive("dev_000007");
  device.subscribe("fleet/dev_000007/down", 1);
  auto& onlooker = bench.arrive("onlooker");
  onlooker.subscribe("#", 1);
  auto& rival = bench.arrive("rival");
  rival.subscribe("fleet/dev_000007/down", 2);
  bench.settle();
  device.fall_silent();
  onlooker.take();
  rival.take();
  EXPECT_EQ(bench.twin->command(7, once), command_outcome::sent);
  bench.settle();
  EXPECT_EQ(onlooker.messages().size(), 1U) << "it may read them";
  EXPECT_EQ(rival.messages().size(), 1U);
  EXPECT_EQ(acknowledged(7), 0U);
  device.drop();
  bench.settle(std::chrono::minutes{3});
  auto& again = bench.arrive("dev_000007");
  again.subscribe("fleet/dev_000007/down", 1);
  bench.settle();
  EXPECT_EQ(bench.twin->command(7, once), command_outcome::sent);
  bench.settle();
  EXPECT_EQ(acknowledged(7), 1U);
}

TEST_F(open_addressee, is_gone_when_only_others_listen) {
  auto& onlooker = bench.arrive("onlooker");
  onlooker.subscribe("fleet/+/down", 1);
  bench.settle();
  EXPECT_EQ(bench.twin->command(7, once), command_outcome::not_subscribed);
  auto& device = bench.arrive("dev_000007", false);
  device.subscribe("fleet/dev_000007/down", 1);
  bench.settle();
  device.drop();
  bench.settle();
  EXPECT_EQ(bench.twin->command(7, once), command_outcome::offline);
  EXPECT_EQ(bench.twin->account_of(7), nullptr) << "nothing was attempted";
}

TEST_F(open_addressee, is_known_by_its_reports_where_its_client_id_says_nothing) {
  auto& device = bench.arrive("thermometer");
  device.subscribe("fleet/+/down", 0);
  auto& rival = bench.arrive("rival");
  rival.subscribe("fleet/dev_000007/down", 1);
  byte_buffer report;
  const auto at = ledger::append_tag(report, {7, 1, 1});
  ledger::seal({&report[0], report.size()}, at);
  device.publish("up", as_text(report.view()), 1);
  bench.settle();
  EXPECT_EQ(bench.twin->command(7, once), command_outcome::sent);
  bench.settle();
  EXPECT_EQ(bench.twin->account_of(7)->downlink.attempted(), 1U);
  EXPECT_EQ(acknowledged(7), 0U) << "the device listens at QoS 0, whatever the rival does";
}

TEST_F(open_addressee, is_nobody_where_two_could_be_meant_just_as_well) {
  for (const auto* id : {"one", "other"}) {
    bench.arrive(id).subscribe("fleet/dev_000007/down", 1);
  }
  bench.settle();
  EXPECT_EQ(bench.twin->command(7, once), command_outcome::sent);
  bench.settle();
  EXPECT_EQ(acknowledged(7), 0U);
}

} // namespace
} // namespace fleet
