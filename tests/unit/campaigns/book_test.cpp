// Several campaigns side by side: numbers and limits, who has a device, and whose report it is.
#include "cloud_sim/campaigns/campaign_book.hpp"

#include "tests/unit/campaigns/campaign_rig.hpp"

namespace fleet::cloud {
namespace {

using enum rollout_state;
using offers_made = std::vector<std::pair<campaign_book::id, std::uint32_t>>;

campaign_rules rules_of(std::string name, std::string version,
                        std::vector<std::uint32_t> devices = {}) {
  campaign_rules out;
  out.select.name = std::move(name);
  out.select.devices = std::move(devices);
  out.version = std::move(version);
  return out;
}

struct book_rig {
  campaign_book book;
  std::vector<device_facts> fleet = campaign_rig::fleet_of(6);

  campaign_book::id add(const campaign_rules& rules,
                        campaign_overlap overlap = campaign_overlap::leave) {
    const auto made = book.add(rules, fleet, overlap, at(0));
    EXPECT_TRUE(made.ok());
    return made.ok() ? made.value() : 0;
  }
  offers_made offers() {
    offers_made out;
    while (const auto event = book.next_event()) {
      if (const auto* o = std::get_if<campaign_event::offer>(&event->what)) {
        out.emplace_back(event->campaign, o->device);
      }
    }
    return out;
  }
  [[nodiscard]] rollout_state state(campaign_book::id c, std::uint32_t device) const {
    return book.find(c)->find(device)->state;
  }
};

TEST(campaign_book, numbers_campaigns_and_refuses_what_cannot_be_one) {
  book_rig r;
  EXPECT_EQ(r.add(rules_of("a", "2.0", {0, 1})), 1U);
  EXPECT_EQ(r.add(rules_of("b", "2.0", {2})), 2U);
  const auto error = [&](const campaign_rules& rules) {
    const auto made = r.book.add(rules, r.fleet, campaign_overlap::leave, at(0));
    return made.ok() ? campaign_error::unknown : made.error();
  };
  EXPECT_EQ(error(rules_of("a", "3.0")), campaign_error::name_taken);
  EXPECT_EQ(error(rules_of("", "3.0")), campaign_error::invalid);
  EXPECT_EQ(error(rules_of("c", "3.0", {99})), campaign_error::nobody);
  EXPECT_EQ(error(rules_of("c", "1.0")), campaign_error::nobody) << "all run it already";
  EXPECT_EQ(r.book.all().size(), 2U);
  EXPECT_EQ(r.book.find(3), nullptr);
}

TEST(campaign_book, holds_so_many_until_one_that_has_ended_is_removed) {
  book_rig r;
  r.fleet = campaign_rig::fleet_of(100);
  for (std::uint32_t i = 0; i < campaign_book::campaigns_max; ++i) {
    r.add(rules_of("c" + std::to_string(i), "2.0", {i}));
  }
  const campaign_rules more = rules_of("more", "2.0", {90});
  EXPECT_EQ(r.book.add(more, r.fleet, campaign_overlap::leave, at(0)).error(),
            campaign_error::full);
  EXPECT_EQ(r.book.remove(7).error(), campaign_error::not_now);
  EXPECT_EQ(r.book.remove(700).error(), campaign_error::unknown);
  ASSERT_TRUE(r.book.start(7, at(0)).ok());
  r.book.progressed(6, 10, at(0));
  ASSERT_TRUE(r.book.cancel(7).ok());
  EXPECT_EQ(r.book.remove(7).error(), campaign_error::not_now) << "a device is upgrading";
  r.book.online(6, "2.0", at(0));
  ASSERT_TRUE(r.book.remove(7).ok());
  EXPECT_EQ(r.add(more), campaign_book::campaigns_max + 1);
}

TEST(campaign_book, allows_each_order_in_its_states_alone) {
  book_rig r;
  const auto c = r.add(rules_of("a", "2.0"));
  EXPECT_EQ(r.book.halt(c).error(), campaign_error::not_now);
  EXPECT_EQ(r.book.resume(c, at(0)).error(), campaign_error::not_now);
  EXPECT_EQ(r.book.retry_failed(c, at(0)).error(), campaign_error::not_now);
  ASSERT_TRUE(r.book.start(c, at(0)).ok());
  EXPECT_EQ(r.book.start(c, at(0)).error(), campaign_error::not_now);
  ASSERT_TRUE(r.book.halt(c).ok());
  EXPECT_EQ(r.book.halt(c).error(), campaign_error::not_now);
  ASSERT_TRUE(r.book.resume(c, at(0)).ok());
  ASSERT_TRUE(r.book.retry_failed(c, at(0)).ok());
  ASSERT_TRUE(r.book.cancel(c).ok());
  EXPECT_EQ(r.book.cancel(c).error(), campaign_error::not_now);
  EXPECT_EQ(r.book.resume(c, at(0)).error(), campaign_error::not_now);
  EXPECT_EQ(r.book.start(99, at(0)).error(), campaign_error::unknown);
}

TEST(campaign_book, leaves_a_device_to_the_campaign_that_has_it) {
  book_rig r;
  const auto first = r.add(rules_of("a", "2.0", {0, 1, 2}));
  const auto second = r.add(rules_of("b", "3.0"));
  ASSERT_TRUE(r.book.start(first, at(0)).ok());
  ASSERT_TRUE(r.book.start(second, at(0)).ok());
  EXPECT_EQ(r.offers(), (offers_made{{1, 0}, {1, 1}, {1, 2}, {2, 3}, {2, 4}, {2, 5}}));
  EXPECT_EQ(r.book.asked(1, at(1)), first);
  EXPECT_EQ(r.book.asked(4, at(1)), second);
  EXPECT_EQ(r.book.asked(77, at(1)), std::nullopt);
  r.book.progressed(4, -2, at(1));
  EXPECT_EQ(r.state(second, 4), failed);
  const auto third = r.add(rules_of("c", "4.0"));
  EXPECT_EQ(r.book.find(third)->sums().devices, 1U) << "4 alone has nobody who wants it";
}

TEST(campaign_book, takes_devices_over_but_not_in_the_middle_of_an_upgrade) {
  book_rig r;
  const auto first = r.add(rules_of("a", "2.0"));
  ASSERT_TRUE(r.book.start(first, at(0)).ok());
  r.offers();
  r.book.progressed(0, 50, at(1));
  const auto second = r.add(rules_of("b", "3.0"), campaign_overlap::take_over);
  EXPECT_EQ(r.book.find(second)->sums().devices, 5U);
  EXPECT_EQ(r.state(first, 0), upgrading);
  EXPECT_EQ(r.state(first, 1), cancelled);
  ASSERT_TRUE(r.book.start(second, at(2)).ok());
  EXPECT_EQ(r.offers().size(), 5U);
  r.book.progressed(1, 100, at(3));
  r.book.online(1, "3.0", at(4));
  r.book.online(0, "2.0", at(4));
  EXPECT_EQ(r.state(second, 1), succeeded);
  EXPECT_EQ(r.state(first, 1), cancelled);
  EXPECT_EQ(r.book.find(first)->sums().state, campaign_state::finished);
}

TEST(campaign_book, tells_how_many_of_the_wanted_devices_each_campaign_has) {
  book_rig r;
  const auto first = r.add(rules_of("a", "2.0", {0, 1, 2}));
  const auto second = r.add(rules_of("b", "2.0", {3}));
  const auto wanted = rules_of("c", "3.0", {1, 2, 3, 4});
  EXPECT_EQ(r.book.holders_of(wanted, r.fleet), (campaign_book::holders{{first, 2}, {second, 1}}));
  EXPECT_TRUE(r.book.holders_of(rules_of("c", "1.0"), r.fleet).empty()) << "all run it already";
  ASSERT_TRUE(r.book.start(second, at(0)).ok());
  r.offers();
  r.book.progressed(3, -2, at(1));
  EXPECT_EQ(r.book.holders_of(wanted, r.fleet), (campaign_book::holders{{first, 2}}));
  EXPECT_TRUE(r.book.holders_of_failed(second).empty());
  const auto third = r.add(rules_of("c", "3.0", {3}));
  EXPECT_EQ(r.book.holders_of_failed(second), (campaign_book::holders{{third, 1}}));
  EXPECT_TRUE(r.book.holders_of_failed(99).empty());
}

TEST(campaign_book, tries_again_with_those_whom_no_other_campaign_has) {
  book_rig r;
  const auto first = r.add(rules_of("a", "2.0", {0, 1}));
  ASSERT_TRUE(r.book.start(first, at(0)).ok());
  r.book.progressed(0, -2, at(1));
  r.book.progressed(1, -2, at(1));
  const auto second = r.add(rules_of("b", "3.0", {1}));
  ASSERT_TRUE(r.book.start(second, at(1)).ok());
  r.offers();
  ASSERT_TRUE(r.book.retry_failed(first, at(2)).ok());
  EXPECT_EQ(r.offers(), (offers_made{{1, 0}}));
  EXPECT_EQ(r.state(first, 1), failed);
  r.book.progressed(0, -2, at(3));
  const auto third = r.add(rules_of("c", "3.0", {0}));
  EXPECT_EQ(r.book.retry_failed(first, at(4)).error(), campaign_error::nobody);
  ASSERT_TRUE(r.book.cancel(third).ok());
  ASSERT_TRUE(r.book.retry_failed(first, at(5)).ok());
  EXPECT_EQ(r.book.find(first)->sums().state, campaign_state::running);
}

TEST(campaign_book, what_a_device_says_is_for_the_campaign_that_has_it) {
  book_rig r;
  const auto first = r.add(rules_of("a", "2.0", {0, 1}));
  ASSERT_TRUE(r.book.start(first, at(0)).ok());
  r.book.progressed(0, -2, at(1));
  const auto second = r.add(rules_of("b", "2.0", {0}));
  ASSERT_TRUE(r.book.start(second, at(1)).ok());
  EXPECT_EQ(r.book.holder_of(0), second);
  r.book.progressed(0, 100, at(2));
  r.book.online(0, "2.0", at(3));
  EXPECT_EQ(r.state(second, 0), succeeded);
  EXPECT_EQ(r.state(first, 0), failed) << "counted once";
  EXPECT_EQ(r.book.holder_of(0), 0U);
  r.book.online(0, "2.0", at(4));
  EXPECT_EQ(r.state(first, 0), succeeded) << "nobody has it, and that is what it runs";
}

TEST(campaign_book, a_version_is_for_campaigns_of_its_module_alone) {
  book_rig r;
  const auto whole = r.add(rules_of("a", "2.0", {0}));
  ASSERT_TRUE(r.book.start(whole, at(0)).ok());
  r.book.progressed(0, -2, at(1));
  const auto part = r.add(rules_of("b", "2.0", {0}));
  ASSERT_TRUE(r.book.start(part, at(1)).ok());
  const auto of_whole = [&](campaign_book::id c) { return c == whole; };
  const auto of_part = [&](campaign_book::id c) { return c == part; };
  r.book.progressed(0, -2, at(2));
  ASSERT_EQ(r.state(part, 0), failed);
  r.book.online(0, "2.0", at(3), of_part);
  EXPECT_EQ(r.state(part, 0), succeeded) << "late, and of the module itself";
  EXPECT_EQ(r.state(whole, 0), failed);
  const auto other = r.add(rules_of("c", "2.0", {0}));
  ASSERT_TRUE(r.book.start(other, at(4)).ok());
  r.book.online(0, "2.0", at(5), of_whole);
  EXPECT_EQ(r.state(other, 0), offered);
  EXPECT_EQ(r.state(whole, 0), succeeded) << "who has it waits for another module";
}

TEST(campaign_book, a_campaign_that_nobody_would_come_to_takes_nobody_away) {
  book_rig r;
  const auto first = r.add(rules_of("a", "2.0", {0}));
  ASSERT_TRUE(r.book.start(first, at(0)).ok());
  r.book.progressed(0, 1, at(0));
  const auto made =
      r.book.add(rules_of("b", "3.0", {0}), r.fleet, campaign_overlap::take_over, at(0));
  EXPECT_EQ(made.error(), campaign_error::nobody);
  EXPECT_EQ(r.state(first, 0), upgrading);
}

TEST(campaign_book, goes_by_the_earliest_of_all_waits_and_tells_each_what_time_it_is) {
  book_rig r;
  EXPECT_EQ(r.book.next_timeout(), never);
  campaign_rules slow = rules_of("a", "2.0", {0});
  campaign_rules brisk = rules_of("b", "2.0", {1});
  brisk.attempt_most = std::chrono::seconds{10};
  ASSERT_TRUE(r.book.start(r.add(slow), at(0)).ok());
  ASSERT_TRUE(r.book.start(r.add(brisk), at(0)).ok());
  EXPECT_EQ(r.book.next_timeout(), at(10'000));
  r.book.handle_timeout(at(10'000));
  EXPECT_EQ(r.state(1, 0), offered);
  EXPECT_EQ(r.state(2, 1), failed);
}

TEST(campaign_book, comes_back_with_numbers_and_states_after_a_restart) {
  book_rig r;
  const auto c = r.add(rules_of("a", "2.0"));
  ASSERT_TRUE(r.book.start(c, at(0)).ok());
  r.book.progressed(3, -4, at(0));
  const campaign& before = *r.book.find(c);
  campaign_book again;
  ASSERT_TRUE(again.restore(7, before.rules(), before.devices(), before.sums(), at(5)).ok());
  EXPECT_EQ(again.find(7)->find(3)->state, failed);
  EXPECT_EQ(again.find(7)->find(3)->step, -4);
  EXPECT_EQ(again.find(7)->find(2)->state, offered);
  EXPECT_EQ(again.restore(7, rules_of("b", "2.0"), {}, {}, at(5)).error(),
            campaign_error::name_taken);
  EXPECT_EQ(again.restore(0, rules_of("b", "2.0"), {}, {}, at(5)).error(), campaign_error::invalid);
  EXPECT_EQ(again.add(rules_of("c", "3.0", {3}), r.fleet, campaign_overlap::leave, at(5)).value(),
            8U);
}

} // namespace
} // namespace fleet::cloud
