// A device that posts over HTTP, against a cloud played by hand.
#include <algorithm>

#include <gtest/gtest.h>

#include "protocol/tls/model.hpp"
#include "tests/unit/actors/http_cloud.hpp"
#include "tests/unit/actors/post_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct http_rig : test::posting_device {
  explicit http_rig(stream_filter_factory* security = nullptr)
      : cloud(world.home(), 8080, security) {
    product.post->protocol = post_protocol::http;
    product.peer = cloud.at();
  }
  [[nodiscard]] ledger::totals totals() { return cloud.office.totals(slot->uplink); }
  [[nodiscard]] bool sent(std::string_view field) const {
    return std::find(cloud.heads.begin(), cloud.heads.end(), field) != cloud.heads.end();
  }
  test::http_cloud cloud;
};

TEST(post_device_over_http, logs_on_and_posts_on_one_connection) {
  http_rig d;
  d.boot(seconds{11});
  EXPECT_EQ(d.it().now_in(), phase::online);
  ASSERT_EQ(1U, d.cloud.office.questions.size());
  EXPECT_TRUE(d.cloud.office.questions[0].starts_with(
      R"({"version":"default", "clientId":"a1FleetDemo.dev_000000","signmethod":"hmacsha1",)"));
  ASSERT_GE(d.cloud.posts(), 10U);
  EXPECT_EQ(1U, d.cloud.connections());
  EXPECT_EQ(d.cloud.office.taken[0].topic, "/sys/a1FleetDemo/dev_000000/thing/event/property/post");
  EXPECT_TRUE(d.sent("password:token-1"));
  EXPECT_TRUE(d.sent("Content-Type:application/octet-stream"));
  EXPECT_TRUE(d.sent("Connection:Keep-Alive"));
  EXPECT_EQ(d.counts.acknowledged.load(), d.cloud.posts());
  EXPECT_EQ(d.counts.replies.load(), d.cloud.posts());
  const auto all = d.totals();
  EXPECT_EQ(all.attempted, all.accepted);
  EXPECT_EQ(all.attempted, all.acknowledged);
}

TEST(post_device_over_http, connects_again_with_its_token_when_the_server_has_closed) {
  http_rig d;
  d.boot();
  d.cloud.hang_up();
  d.run(seconds{5});
  EXPECT_EQ(2U, d.cloud.connections());
  EXPECT_EQ(1, d.cloud.office.granted);
  EXPECT_TRUE(d.troubles.empty());
  d.cloud.closes = true;
  d.run(seconds{5});
  EXPECT_GE(d.cloud.connections(), 6U) << "one for each post";
  EXPECT_EQ(1, d.cloud.office.granted);
  EXPECT_TRUE(d.troubles.empty());
  d.quiet();
  d.run(seconds{1});
  const auto all = d.totals();
  EXPECT_EQ(all.attempted, all.acknowledged);
  EXPECT_EQ(all.duplicated, 0U);
}

TEST(post_device_over_http, logs_on_again_and_posts_again_when_its_token_is_refused) {
  for (const auto code : {alink::post_code::token_expired, alink::post_code::token_error}) {
    http_rig d;
    d.boot();
    d.cloud.office.expire();
    d.cloud.post_codes = {code};
    d.run(seconds{5});
    EXPECT_EQ(2, d.cloud.office.granted);
    EXPECT_TRUE(d.troubles.empty());
    EXPECT_EQ(1U, d.cloud.connections());
    const auto all = d.totals();
    EXPECT_EQ(all.attempted, all.acknowledged);
    EXPECT_EQ(all.duplicated, 0U);
  }
}

TEST(post_device_over_http, tells_every_refusal_of_auth_apart) {
  for (const auto& [code, what] :
       {std::pair{alink::post_code::auth_error, outcome::refused_credentials},
        {alink::post_code::param_error, outcome::protocol_error},
        {alink::post_code::session_error, outcome::refused_unavailable},
        {alink::post_code::common_error, outcome::refused_unavailable},
        {alink::post_code::too_many, outcome::refused_unavailable}}) {
    http_rig d;
    d.cloud.auth_codes = {code};
    d.boot(milliseconds{900});
    EXPECT_EQ(d.troubles, std::vector<outcome>{what});
    EXPECT_EQ(d.details[0],
              "/auth was answered with code " + std::to_string(static_cast<int>(code)));
    d.run(seconds{10});
    EXPECT_EQ(d.it().now_in(), phase::online);
  }
}

TEST(post_device_over_http, takes_a_proxys_word_for_it_that_auth_will_pass) {
  for (const auto& [status, what] : {std::pair{408, outcome::refused_unavailable},
                                     {425, outcome::refused_unavailable},
                                     {429, outcome::refused_unavailable},
                                     {503, outcome::refused_unavailable},
                                     {404, outcome::protocol_error}}) {
    http_rig d;
    d.cloud.auth_statuses = {static_cast<std::uint16_t>(status)};
    d.boot(milliseconds{900});
    EXPECT_EQ(d.troubles, std::vector<outcome>{what}) << status;
    d.run(seconds{10});
    EXPECT_EQ(d.it().now_in(), phase::online);
  }
}

TEST(post_device_over_http, counts_posts_that_are_refused_and_goes_on) {
  http_rig d;
  d.boot();
  d.cloud.post_codes = {alink::post_code::publish_error, alink::post_code::param_error};
  d.run(seconds{3});
  EXPECT_EQ(d.counts.replies_bad.load(), 2U);
  d.cloud.nonsense = "<html>";
  d.run(seconds{2});
  EXPECT_EQ(d.counts.replies_bad.load(), 4U);
  d.cloud.nonsense.clear();
  d.run(seconds{2});
  EXPECT_EQ(d.troubles, (std::vector<outcome>{outcome::refused_unavailable, outcome::protocol_error,
                                              outcome::protocol_error, outcome::protocol_error}));
  EXPECT_EQ(d.details[0], "a post was answered with code 30001");
  EXPECT_EQ(d.details[2], "a post was answered by nothing that is an answer (HTTP 200)");
  EXPECT_EQ(d.totals().lost, 0U);
}

/// All that it was to report is acknowledged in the end, and no repeat is without a reason.
void expect_all_acknowledged(http_rig& d) {
  d.quiet();
  d.run(seconds{30});
  const auto all = d.totals();
  EXPECT_EQ(all.attempted, all.acknowledged);
  EXPECT_EQ(0U, all.lost + all.unexplained + all.unexpected + all.out_of_order);
}

TEST(post_device_over_http, posts_again_by_itself_when_a_kept_connection_ends_before_an_answer) {
  for (const bool taken : {false, true}) {
    http_rig d;
    d.boot();
    (taken ? d.cloud.losses : d.cloud.cuts) = 1;
    d.run(seconds{20});
    EXPECT_TRUE(d.troubles.empty());
    EXPECT_EQ(d.counts.reconnects.load(), 0U);
    EXPECT_EQ(d.cloud.connections(), 2U);
    EXPECT_EQ(d.cloud.office.granted, 2) << "the new token explains the repeat";
    EXPECT_EQ(d.counts.resent.load(), 1U);
    EXPECT_EQ(d.totals().duplicated, taken ? 1U : 0U);
    expect_all_acknowledged(d);
  }
}

TEST(post_device_over_http, asks_for_a_token_again_when_a_kept_connection_ends_before_it_comes) {
  http_rig d;
  d.boot();
  d.cloud.office.expire();
  d.cloud.auth_cuts = 1;
  d.run(seconds{20});
  EXPECT_TRUE(d.troubles.empty());
  EXPECT_EQ(d.cloud.connections(), 2U);
  EXPECT_EQ(d.cloud.office.granted, 2);
  expect_all_acknowledged(d);
}

TEST(post_device_over_http, backs_off_when_a_new_connection_ends_before_an_answer) {
  http_rig d;
  d.cloud.closes = true; // so that each post has a connection of its own
  d.boot();
  d.cloud.losses = 1;
  d.run(seconds{20});
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::closed_by_peer});
  EXPECT_EQ(d.counts.reconnects.load(), 1U);
  EXPECT_EQ(d.totals().duplicated, 1U);
  expect_all_acknowledged(d); // what it kept meanwhile too
}

TEST(post_device_over_http, repeats_a_post_by_itself_once_and_then_backs_off) {
  http_rig d;
  d.boot();
  d.cloud.cuts = 5;
  for (int i = 0; i < 1000 && d.troubles.empty(); ++i) {
    d.run(milliseconds{10});
  }
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::closed_by_peer});
  EXPECT_EQ(d.cloud.cuts, 3);
  d.run(minutes{10});
  EXPECT_EQ(d.cloud.cuts, 0);
  EXPECT_EQ(d.it().now_in(), phase::online);
  expect_all_acknowledged(d);
}

TEST(post_device_over_http, gives_up_on_a_server_that_does_not_answer) {
  http_rig d;
  d.cloud.silent = true;
  d.boot(seconds{15});
  ASSERT_FALSE(d.troubles.empty());
  EXPECT_EQ(d.troubles[0], outcome::timed_out);
  d.cloud.silent = false;
  d.run(minutes{1});
  EXPECT_EQ(d.it().now_in(), phase::online);
  d.cloud.silent = true;
  d.run(seconds{20});
  EXPECT_EQ(d.troubles.back(), outcome::timed_out);
  EXPECT_GT(d.counts.skipped_for(skip::window), 0U);
  d.cloud.silent = false;
  d.run(minutes{1});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.totals().duplicated, 0U);
  expect_all_acknowledged(d);
}

TEST(post_device_over_http, says_that_nobody_listens) {
  http_rig d;
  d.product.peer.port = 9;
  d.boot(milliseconds{900});
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::connection_refused});
}

TEST(post_device_over_http, posts_over_tls_and_names_it_when_that_fails) {
  tls::modelled_tls security;
  http_rig d{&security};
  d.product.security = &security;
  d.product.server_name = "iot-as-http.test";
  d.boot();
  EXPECT_GT(d.counts.acknowledged.load(), 3U);
  EXPECT_EQ(1U, d.cloud.connections());
  tls::modelled_tls distrustful{{.failure = "the certificate is not the server's"}};
  http_rig e{&security};
  e.product.security = &distrustful;
  e.boot(milliseconds{900});
  EXPECT_EQ(e.troubles, std::vector<outcome>{outcome::tls_failed});
}

TEST(post_device_over_http, stops_when_its_posts_are_answered) {
  http_rig d;
  d.boot();
  d.cloud.silent = true;
  d.run(seconds{2});
  EXPECT_GT(d.counts.in_flight.load(), 0U);
  d.stop(seconds{4});
  EXPECT_FALSE(d.stopped);
  d.run(seconds{5});
  EXPECT_TRUE(d.stopped);
  EXPECT_EQ(d.counts.in_flight.load(), 0U);
  EXPECT_EQ(d.it().next_timeout(), never);
  http_rig e;
  e.boot();
  e.stop(seconds{5});
  e.run(seconds{1});
  EXPECT_TRUE(e.stopped);
  EXPECT_EQ(e.totals().attempted, e.totals().acknowledged);
}

TEST(post_device_over_http, goes_on_with_its_account_after_a_crash) {
  http_rig d;
  d.boot();
  d.crash();
  d.run(seconds{2});
  d.boot(seconds{10});
  EXPECT_EQ(2U, d.slot->uplink.epoch());
  EXPECT_EQ(2, d.cloud.office.granted);
  const auto all = d.totals();
  EXPECT_GE(all.accepted, 12U);
  EXPECT_EQ(0U, all.lost + all.duplicated + all.unexpected);
}

} // namespace
} // namespace fleet::actors
