// The ledger of a twin elsewhere: what is asked, what is read, and what is not believed.
#include "fleet/run/twin_books.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cloud_sim/web/base64.hpp"
#include "fleet/run/twin_account.hpp"
#include "protocol/ledger/reconcile.hpp"
#include "tests/support/scripted_admin.hpp"

namespace fleet::program {
namespace {

const std::string where = "http://127.0.0.1:18830";

booked_range two_devices() {
  return {4, 2, "pk/d4", "pk/d5"};
}

std::string octets(const auto& account) {
  byte_buffer out;
  account.save(out);
  return cloud::to_base64(out.view());
}

/// An account as a twin shows it: `arrived` reports, and `sent` commands in `epoch`.
std::string entry(std::uint32_t index, std::uint32_t arrived, std::uint32_t sent,
                  std::uint32_t epoch = 1) {
  ledger::receiver_account up;
  for (std::uint32_t i = 1; i <= arrived; ++i) {
    up.accept({index, 1, i}, false, 1);
  }
  ledger::sender_account down;
  down.boot_after(epoch - 1);
  for (std::uint32_t i = 1; i <= sent; ++i) {
    down.acknowledge(epoch, down.attempt(index, true).sequence);
  }
  return fmt::format(R"({{"index":{},"uplink":"{}","downlink":"{}"}})", index, octets(up),
                     octets(down));
}

std::string page(const std::string& entries, std::string_view next = "null") {
  return fmt::format(R"({{"accounts":[{}],"next":{},"unbooked":{{"corrupted":5,"unkept":7}}}})",
                     entries, next);
}

TEST(twin_books, begin_with_the_names_that_the_devices_should_have) {
  support::scripted_admin api;
  api.give(R"({"first":"pk/d4","last":"pk/d5","corrupted":1,"unkept":3})");
  const auto got = begin_books(api, where, {two_devices()});
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got.value().corrupted, 1U);
  EXPECT_EQ(got.value().unkept, 3U);
  ASSERT_EQ(api.asked.size(), 1U);
  EXPECT_EQ(api.asked[0].method + " " + api.asked[0].path + " " + api.asked[0].body,
            R"(POST /v1/ledger {"first":4,"count":2,"firstName":"pk/d4","lastName":"pk/d5"})");
}

TEST(twin_books, begin_for_several_ranges_once_the_twin_has_agreed_to_all) {
  support::scripted_admin api;
  for (int i = 0; i < 4; ++i) {
    api.give(fmt::format(R"({{"first":null,"last":null,"corrupted":{},"unkept":0}})", i));
  }
  const auto got = begin_books(api, where, {two_devices(), {6, 1, "", ""}});
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got.value().corrupted, 3U);
  ASSERT_EQ(api.asked.size(), 4U);
  EXPECT_EQ(api.asked[0].body, R"({"first":4,"count":2,"firstName":"pk/d4","lastName":"pk/d5",)"
                               R"("begin":false})");
  EXPECT_EQ(api.asked[1].body, R"({"first":6,"count":1,"begin":false})");
  EXPECT_EQ(api.asked[2].body, R"({"first":4,"count":2,"firstName":"pk/d4","lastName":"pk/d5"})");
  EXPECT_EQ(api.asked[3].body, R"({"first":6,"count":1})");
}

TEST(twin_books, are_left_alone_where_the_twin_counts_devices_otherwise) {
  support::scripted_admin api;
  api.give(R"({"first":null,"last":null,"corrupted":0,"unkept":0})");
  api.give(409, R"({"error":"other_devices","detail":"pk/d4 to pk/d9"})");
  const auto got = begin_books(api, where, {{0, 4, "", ""}, two_devices()});
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code, exit_code::wrong_usage);
  EXPECT_EQ(got.error().message,
            "the twin at http://127.0.0.1:18830 counts devices otherwise: its 4 to 5 are pk/d4 to "
            "pk/d9, the run's are pk/d4 to pk/d5; give both the same --credentials or "
            "--product-key");
  for (const auto& asked : api.asked) {
    EXPECT_NE(asked.body.find("\"begin\":false"), std::string::npos) << asked.body;
  }
}

TEST(twin_books, say_why_they_could_not_begin) {
  support::scripted_admin nobody;
  EXPECT_EQ(begin_books(nobody, where, {two_devices()}).error().message, "nobody is there");
  support::scripted_admin refuses;
  refuses.give(401, R"({"error":"unauthorized","detail":"a token is needed"})");
  const auto refused = begin_books(refuses, where, {two_devices()});
  EXPECT_EQ(refused.error().code, exit_code::environment_failed);
  EXPECT_NE(refused.error().message.find(where), std::string::npos) << refused.error().message;
  for (const auto answer : {"", "<html>", "{}", "[]", R"({"corrupted":1})",
                            R"({"corrupted":-1,"unkept":0})", R"({"corrupted":0,"unkept":"1"})"}) {
    support::scripted_admin other;
    other.give(answer);
    EXPECT_FALSE(begin_books(other, where, {two_devices()}).ok()) << answer;
  }
}

TEST(twin_books, are_fetched_page_by_page) {
  support::scripted_admin api;
  api.give(page(entry(0, 3, 1) + "," + entry(2, 1, 0), "3"));
  api.give(page(entry(3, 2, 2) + "," + entry(9, 1, 1)));
  auto got = fetch_books(api, where, {0, 4});
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(api.asked[0].path, "/v1/ledger?from=0&limit=500");
  EXPECT_EQ(api.asked[1].path, "/v1/ledger?from=3&limit=500");
  EXPECT_EQ(api.asked[1].method, "GET");

  twin_account side{{2, 3}};
  side.keep(std::move(got).value());
  ASSERT_NE(side.uplink_of(0), nullptr);
  EXPECT_EQ(side.uplink_of(0)->accepted(), 3U);
  EXPECT_EQ(side.downlink_of(3)->attempted(), 2U);
  EXPECT_EQ(side.uplink_of(1), nullptr) << "the twin never heard of it";
  EXPECT_EQ(side.uplink_of(9), nullptr) << "not of this run";
  EXPECT_EQ(side.corrupted(), 3U) << "since the run began";
  EXPECT_EQ(side.unkept(), 4U) << "likewise";
}

TEST(twin_books, end_where_the_devices_do) {
  support::scripted_admin api;
  api.give(page(entry(0, 1, 0), "2"));
  EXPECT_TRUE(fetch_books(api, where, {0, 2}).ok());
  EXPECT_EQ(api.asked.size(), 1U);
}

TEST(twin_books, believe_no_page_of_another_form) {
  const auto good = entry(1, 1, 1);
  for (const auto& body :
       {std::string{"{}"}, std::string{"[]"}, std::string{R"({"accounts":{},"next":null})"},
        page(R"({"index":1})"), page(R"({"index":-1,"uplink":"","downlink":""})"),
        page(R"({"index":1,"uplink":"!","downlink":""})"),
        page(R"({"index":1,"uplink":"AAAA","downlink":"AAAA"})"), page("7"), page(good, "\"2\""),
        page(good, "-1"), page(good, "0"), page(good, "{}"),
        std::string{R"({"accounts":[],"next":null,"unbooked":{}})"},
        std::string{R"({"accounts":[],"next":null,"unbooked":{"corrupted":1}})"},
        std::string{R"({"accounts":[],"next":null,"unbooked":3})"}}) {
    support::scripted_admin api;
    api.give(body);
    EXPECT_FALSE(fetch_books(api, where, {0, 4}).ok()) << body;
  }
}

TEST(twin_books, tell_a_loss_and_leave_an_earlier_runs_commands_out) {
  support::scripted_admin api;
  api.give(page(entry(0, 2, 2, 7)));
  twin_account side{{}};
  side.keep(fetch_books(api, where, {0, 1}).value());

  ledger::sender_account reports;
  reports.boot();
  for (int i = 0; i < 3; ++i) {
    reports.acknowledge(1, reports.attempt(0, true).sequence);
  }
  EXPECT_EQ(ledger::reconcile(&reports, side.uplink_of(0)).lost, 1U);

  ledger::receiver_account commands;
  commands.accept({0, 6, 40}, false, 1); // was still on its way
  commands.accept({0, 7, 1}, false, 1);
  const auto down = ledger::reconcile(side.downlink_of(0), &commands, side.downlink_since(0));
  EXPECT_EQ(down.unexpected, 0U);
  EXPECT_EQ(down.accepted, 1U);
  EXPECT_EQ(down.lost, 1U);
}

TEST(twin_books, bring_what_the_twin_refused_and_dropped) {
  ledger::receiver_account refused;
  refused.accept({0, 1, 3}, false, 0);
  auto with = entry(0, 2, 0);
  with.insert(with.size() - 1, fmt::format(R"(,"refused":"{}")", octets(refused)));
  support::scripted_admin api;
  api.give(fmt::format(R"({{"accounts":[{},{}],"next":null,"unbooked":{{"corrupted":0,"unkept":0,)"
                       R"("overBound":9}}}})",
                       with, entry(1, 2, 0)));
  auto got = fetch_books(api, where, {0, 2});
  ASSERT_TRUE(got.ok()) << got.error().message;
  twin_account far{{0, 0, 4}};
  far.keep(std::move(got).value());
  ASSERT_NE(far.refused_of(0), nullptr);
  EXPECT_EQ(far.refused_of(0)->accepted(), 1U);
  EXPECT_EQ(far.refused_of(1), nullptr);
  EXPECT_EQ(far.over_bound(), 5U) << "since the run began";
  ledger::sender_account sender;
  sender.boot();
  for (int i = 0; i < 3; ++i) {
    sender.acknowledge(1, sender.attempt(0, true).sequence);
  }
  EXPECT_EQ(ledger::reconcile(&sender, far.uplink_of(0), 0, far.refused_of(0)).lost, 0U);
  with.replace(with.find("\"refused\":\"") + 11, 4, "!!!!");
  api.give(page(with));
  EXPECT_FALSE(fetch_books(api, where, {0, 1}).ok());
}

} // namespace
} // namespace fleet::program
