// Several far sides taken together: when all has arrived, and one sum for each metric.
#include "fleet/run/far_side.hpp"

#include <gtest/gtest.h>

namespace fleet::program {
namespace {

class told_side final : public far_side {
public:
  std::uint64_t sent = 0;
  std::uint64_t seen = UINT64_MAX;
  bool quieted = false;

  void quiet() override { quieted = true; }
  std::uint64_t commands() const override { return sent; }
  std::uint64_t accepted() const override { return seen; }
  void stop() override {}
  const ledger::receiver_account* uplink_of(std::uint32_t) const override { return nullptr; }
  const ledger::sender_account* downlink_of(std::uint32_t) const override { return nullptr; }
  std::uint64_t corrupted() const override { return 1; }
  std::uint64_t unkept() const override { return 2; }
  bool sees_dup() const override { return seen == UINT64_MAX; }
  void sample(std::vector<metrics::sample>& out) const override {
    out.push_back({metrics::family::twin_connections, {}, 3, nullptr});
    out.push_back({metrics::family::twin_connects, {{"code", std::to_string(sent)}}, 1, nullptr});
  }
};

struct two_sides {
  told_side* a = nullptr;
  told_side* b = nullptr;
  far_sides all;

  two_sides() {
    auto first = std::make_unique<told_side>();
    auto second = std::make_unique<told_side>();
    a = first.get();
    b = second.get();
    all.add(std::move(first), {0, 2});
    all.add(std::move(second), {3});
  }
};

TEST(far_sides, belong_to_products) {
  const two_sides s;
  EXPECT_EQ(s.all.of(0), s.a);
  EXPECT_EQ(s.all.of(1), nullptr);
  EXPECT_EQ(s.all.of(2), s.a);
  EXPECT_EQ(s.all.of(3), s.b);
  EXPECT_EQ(s.all.of(4), nullptr);
  EXPECT_EQ(s.all.corrupted(), 2U);
  EXPECT_EQ(s.all.unkept(), 4U);
}

TEST(far_sides, forget_one_that_is_of_no_use_and_keep_the_others) {
  two_sides s;
  s.all.remove(s.a);
  EXPECT_EQ(s.all.of(0), nullptr);
  EXPECT_EQ(s.all.of(2), nullptr);
  EXPECT_EQ(s.all.of(3), s.b);
  EXPECT_EQ(s.all.corrupted(), 1U);
}

/// Products 0 and 2 are of `a`, 3 of `b`, 1 of nobody; a device of each is online.
std::vector<report::product_fact> four_products() {
  std::vector<report::product_fact> all(4);
  for (auto& each : all) {
    each.counts.in_phase[static_cast<std::size_t>(actors::phase::online)] = 1;
  }
  return all;
}

TEST(far_sides, are_settled_when_the_commands_of_all_have_arrived) {
  two_sides s;
  s.a->sent = 2;
  s.b->sent = 3;
  auto products = four_products();
  products[0].counts.ledger_commands = 1;
  products[2].counts.ledger_commands = 1;
  products[3].counts.ledger_commands = 2;
  EXPECT_FALSE(s.all.settled(products));
  products[3].counts.oversized = 1;
  EXPECT_TRUE(s.all.settled(products)) << "it came, and no buffer held it";
  products[3].counts.oversized = 0;
  products[3].counts.ledger_commands = 3;
  EXPECT_TRUE(s.all.settled(products));
}

TEST(far_sides, wait_for_commands_of_the_ledger_whatever_else_has_come) {
  two_sides s;
  s.a->sent = 5;
  auto products = four_products();
  products[0].counts.ledger_commands = 4;
  products[0].counts.commands = 400;        // the console's are not in the ledger
  products[3].counts.ledger_commands = 100; // another cloud's
  products[1].counts.oversized = 9;
  EXPECT_FALSE(s.all.settled(products));
  products[2].counts.ledger_commands = 1;
  EXPECT_TRUE(s.all.settled(products));
}

TEST(far_sides, do_not_wait_for_commands_to_devices_that_are_gone) {
  two_sides s;
  s.a->sent = 5;
  auto products = four_products();
  products[0].counts.in_phase = products[2].counts.in_phase = {};
  EXPECT_TRUE(s.all.settled(products)) << "product 3 is online, at another cloud";
}

TEST(far_sides, that_see_messages_late_are_settled_when_they_saw_all) {
  two_sides s;
  s.a->seen = 4;
  s.b->seen = 5;
  auto products = four_products();
  products[0].counts.acknowledged = 4;
  products[1].counts.acknowledged = 100; // nobody reads these
  products[3].counts.acknowledged = 6;
  EXPECT_FALSE(s.all.settled(products));
  EXPECT_FALSE(s.all.sees_dup());
  s.b->seen = 6;
  EXPECT_TRUE(s.all.settled(products));
}

TEST(far_sides, that_see_messages_late_wait_beside_those_that_do_not) {
  two_sides s;
  s.b->seen = 5;
  auto products = four_products();
  products[0].counts.acknowledged = 50;
  products[3].counts.acknowledged = 6;
  EXPECT_FALSE(s.all.settled(products));
  s.b->seen = 6;
  EXPECT_TRUE(s.all.settled(products));
}

TEST(far_sides, put_what_has_one_name_into_one_sum) {
  two_sides s;
  s.b->sent = 5;
  std::vector<metrics::sample> out;
  s.all.sample(out);
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].value, 6);
  EXPECT_EQ(out[1].value, 1);
  EXPECT_EQ(out[2].value, 1);
}

} // namespace
} // namespace fleet::program
