// A rollout's console by an admin API: what is asked, and what is made of the answers.
#include "fleet/run/admin_firmware.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/program/rollout_rig.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;
using cloud::operation_error;
using testing::HasSubstr;

const std::string none_there = R"({"firmware":[]})";

std::string listed(const std::string& what, const std::string& one) {
  return R"({")" + what + R"(":[)" + one + "]}";
}

struct console_rig {
  support::scripted_admin twin;
  admin_firmware console{twin};
};

TEST(admin_firmware, asks_for_an_image_and_puts_its_octets) {
  console_rig r;
  cloud::firmware_order order;
  order.product_key = "a1";
  order.version = "2.0.0";
  order.size = 30;
  r.twin.give(none_there);
  r.twin.give(201, test::firmware(30, 0));
  const auto made = r.console.add_firmware(order);
  ASSERT_TRUE(made);
  EXPECT_EQ(made.value().id, 4U);
  EXPECT_FALSE(made.value().ready);
  EXPECT_EQ(r.twin.asked[1].body,
            R"({"productKey":"a1","version":"2.0.0","size":30,"signMethod":"Md5"})");
  const std::string image(30, 'x');
  r.twin.give(test::firmware(30, 30, image));
  const auto put = r.console.put_content(4, 0, as_bytes(image));
  ASSERT_TRUE(put);
  EXPECT_TRUE(put.value().ready);
  EXPECT_EQ(put.value().downloads, 3U);
  EXPECT_EQ(put.value().octets_sent, 30U);
  EXPECT_EQ(r.twin.asked[2].path, "/v1/firmware/4/content?offset=0");
}

TEST(admin_firmware, looks_for_an_image_whose_order_had_no_answer_before_it_orders_another) {
  console_rig r;
  cloud::firmware_order order;
  order.product_key = "a1";
  order.version = "2.0.0";
  order.size = 30;
  const auto first_lost = [&](const std::string& before) {
    r.twin.asked.clear();
    r.twin.give(before);
    r.twin.lose();
    const auto lost = r.console.add_firmware(order);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().why, operation_error::timed_out);
    EXPECT_EQ(r.twin.asked.size(), 2U);
  };
  first_lost(none_there);
  r.twin.give(listed("firmware", test::firmware(30, 10)));
  const auto found = r.console.add_firmware(order);
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value().id, 4U);
  EXPECT_EQ(found.value().received, 10U);
  EXPECT_EQ(r.twin.asked.size(), 3U) << "no second order";
  // What was there before, and another order's, is not this one's.
  first_lost(listed("firmware", test::firmware(30, 10)));
  r.twin.give(listed("firmware", test::firmware(30, 10)));
  r.twin.give(201, test::firmware(30, 0));
  EXPECT_TRUE(r.console.add_firmware(order));
  EXPECT_EQ(r.twin.asked.size(), 4U);
  EXPECT_EQ(r.twin.asked[3].method, "POST");
}

TEST(admin_firmware, looks_for_a_campaign_whose_order_had_no_answer_before_it_orders_another) {
  for (const bool there : {true, false}) {
    console_rig r;
    cloud::campaign_order order;
    order.firmware = 4;
    order.rules.select.name = "r1";
    r.twin.lose();
    const auto lost = r.console.add_campaign(order);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().why, operation_error::timed_out);
    r.twin.give(listed("campaigns", there ? test::campaign({.waiting = 5}) : ""));
    r.twin.give(201, test::campaign({.waiting = 6}));
    const auto made = r.console.add_campaign(order);
    ASSERT_TRUE(made);
    EXPECT_EQ(made.value().id, 2U);
    EXPECT_EQ(made.value().sums.devices, there ? 5U : 6U);
    EXPECT_EQ(r.twin.asked.size(), there ? 2U : 3U);
  }
}

TEST(admin_firmware, has_a_twin_make_the_image_that_a_seed_names) {
  console_rig r;
  cloud::firmware_order order;
  order.product_key = "a1";
  order.version = "2.0.0";
  order.size = 30;
  order.generate = UINT64_MAX; // no number of JSON
  order.fault = cloud::firmware_fault::status;
  order.status = 500;
  r.twin.give(none_there);
  r.twin.give(201, test::firmware(30, 0));
  EXPECT_TRUE(r.console.add_firmware(order));
  EXPECT_THAT(r.twin.asked[1].body, HasSubstr(R"("generate":9223372036854775807)"));
  EXPECT_THAT(r.twin.asked[1].body, HasSubstr(R"("fault":"status","status":500)"));
}

TEST(admin_firmware, starts_a_campaign_with_all_of_its_rules) {
  console_rig r;
  cloud::campaign_order order;
  order.firmware = 4;
  order.rules.select.name = "july";
  order.rules.select.permille = 125;
  order.rules.select.waves = {200, 1000};
  order.rules.wave_pause = 1500ms;
  order.rules.halt_permille = 50;
  order.rules.under_way_max = 7;
  order.rules.attempt_most = 10min;
  r.twin.give(201, test::campaign({.waiting = 5, .upgrading = 2, .succeeded = 3, .failed = 1}));
  const auto made = r.console.add_campaign(order);
  ASSERT_TRUE(made);
  const auto& body = r.twin.asked[0].body;
  for (const auto* part :
       {R"("firmware":4,"name":"july")", R"("percent":12.5)", R"("waves":[20,100])",
        R"("wavePauseSeconds":1.5)", R"("haltPermille":50)", R"("underWay":7)",
        R"("attemptSeconds":600)", R"("start":true)"}) {
    EXPECT_THAT(body, HasSubstr(part));
  }
  EXPECT_THAT(body, testing::Not(HasSubstr("waveMostSeconds"))) << "for ever, as it is there";
  const auto& sums = made.value().sums;
  EXPECT_EQ(sums.state, cloud::campaign_state::running);
  EXPECT_EQ(sums.devices, 11U);
  EXPECT_EQ(sums.waves, 3U);
  EXPECT_EQ(sums.of(cloud::rollout_state::waiting), 5U);
  EXPECT_EQ(sums.of(cloud::rollout_state::upgrading), 2U);
  EXPECT_EQ(sums.of(cloud::rollout_state::succeeded), 3U);
  EXPECT_EQ(sums.of(cloud::rollout_state::failed), 1U);
  EXPECT_EQ(sums.attempts_failed, 1U);
  EXPECT_EQ(made.value().causes[static_cast<std::size_t>(cloud::rollout_cause::step)], 1U);
  EXPECT_EQ(made.value().steps[1], 1U) << "-2";
}

TEST(admin_firmware, says_why_it_has_no_answer) {
  console_rig r;
  r.twin.lose();
  const auto nobody = r.console.campaign(2);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().detail, "nobody is there");
  r.twin.give(404, R"({"error":"unknown-campaign","detail":""})");
  const auto gone = r.console.campaign(2);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().why, operation_error::unknown_campaign);
  r.twin.give(409, R"({"error":"refused","detail":"no device would take part"})");
  const auto refused = r.console.add_campaign({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, operation_error::refused);
  EXPECT_EQ(refused.error().detail, "no device would take part");
  r.twin.give("<html>");
  ASSERT_FALSE(r.console.campaign(2));
  r.twin.give(R"({"id":2,"state":"dreaming","devices":3})");
  EXPECT_FALSE(r.console.campaign(2));
}

} // namespace
} // namespace fleet::program
