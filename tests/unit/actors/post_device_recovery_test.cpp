// Posting devices whose platform is away for a while, has no room, or lost their session. Against
// clouds played by hand.
#include <gtest/gtest.h>

#include "protocol/tls/dtls_model.hpp"
#include "tests/unit/actors/coap_cloud.hpp"
#include "tests/unit/actors/http_cloud.hpp"
#include "tests/unit/actors/post_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct coap_rig : test::posting_device {
  explicit coap_rig(datagram_filter_door* security = nullptr)
      : cloud(world.home(), 5683, security) {
    product.peer = cloud.at();
  }
  [[nodiscard]] ledger::totals totals() { return cloud.office.totals(slot->uplink); }
  test::coap_cloud cloud;
};

struct dtls_rig : coap_rig {
  dtls_rig() : dtls_rig(std::make_unique<tls::modelled_dtls>()) {}
  explicit dtls_rig(std::unique_ptr<tls::modelled_dtls> s)
      : coap_rig(s.get()), security(std::move(s)) {
    coap().security = security.get();
    product.server_name = "coap.test";
    product.interval = seconds{5};
  }
  std::unique_ptr<tls::modelled_dtls> security;
};

struct http_rig : test::posting_device {
  http_rig() : cloud(world.home(), 8080, nullptr) {
    product.post->protocol = post_protocol::http;
    product.peer = cloud.at();
  }
  [[nodiscard]] ledger::totals totals() { return cloud.office.totals(slot->uplink); }
  test::http_cloud cloud;
};

template <typename Rig>
void expect_all_acknowledged(Rig& d) {
  d.quiet();
  d.run(seconds{30});
  const auto all = d.totals();
  EXPECT_EQ(all.attempted, all.acknowledged);
  EXPECT_EQ(0U, all.lost + all.unexplained + all.unexpected + all.corrupted);
  EXPECT_EQ(d.counts.replies_bad.load(), 0U);
}

TEST(post_device_over_dtls, makes_a_new_session_when_the_server_began_anew) {
  dtls_rig d;
  d.boot(seconds{20});
  const auto before = d.cloud.posts();
  ASSERT_GT(before, 1U);
  d.cloud.die();
  d.cloud.start();     // between two reports: nothing tells the device
  d.run(seconds{120}); // MAX_TRANSMIT_WAIT and what waits behind it
  EXPECT_GT(d.cloud.posts(), before + 1);
  EXPECT_TRUE(d.troubles.empty());
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(2, d.cloud.office.granted);
  expect_all_acknowledged(d);
}

// 4 s, 8 s, and given up when 20 s have passed (aliyun-iot.md §17.5).
TEST(post_device_over_dtls, goes_offline_as_the_sdk_gives_up_when_the_server_began_anew) {
  dtls_rig d;
  d.coap().client = coap::sdk_behaviour();
  d.boot(seconds{20});
  ASSERT_EQ(d.it().now_in(), phase::online);
  d.cloud.die();
  d.cloud.start();
  d.run(seconds{60});
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::timed_out});
  EXPECT_EQ(2, d.cloud.office.granted);
  EXPECT_EQ(d.it().now_in(), phase::online);
  expect_all_acknowledged(d);
}

TEST(post_device_over_dtls, comes_back_when_the_server_was_away_for_a_while) {
  dtls_rig d;
  d.boot(seconds{20});
  d.cloud.die();
  d.run(seconds{15});
  d.cloud.start();
  const auto before = d.cloud.posts();
  d.run(seconds{30});
  EXPECT_GT(d.cloud.posts(), before + 3);
  EXPECT_TRUE(d.troubles.empty());
  expect_all_acknowledged(d);
}

TEST(post_device_over_dtls, repeats_what_was_taken_unanswered_under_another_token) {
  dtls_rig d;
  d.boot(seconds{20});
  const auto before = d.cloud.posts();
  d.cloud.mute = true;
  d.run(seconds{100}); // long enough for a report and its four repeats, and for no log-on
  d.cloud.mute = false;
  d.run(seconds{60});
  EXPECT_GT(d.cloud.posts(), before + 3);
  EXPECT_TRUE(d.troubles.empty());
  EXPECT_GE(d.totals().duplicated, 1U);
  expect_all_acknowledged(d); // and none of the repeats unexplained
}

TEST(post_device_over_dtls, gives_up_when_new_sessions_do_not_help) {
  dtls_rig d;
  d.boot(seconds{20});
  d.cloud.ignores_posts = true;
  for (int i = 0; i < 600 && d.troubles.empty(); ++i) {
    d.run(seconds{1});
  }
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::timed_out});
  EXPECT_EQ(d.cloud.office.granted, 1 + d.product.post->ways_max);
}

TEST(post_device_over_dtls, repeats_at_the_times_of_the_standard_before_it_leaves_a_session) {
  dtls_rig d;
  d.product.interval = minutes{10};
  d.boot(seconds{1});
  while (d.published() == 0) {
    d.cloud.mute = true;
    d.run(milliseconds{10});
  }
  const auto from = d.cloud.arrived.size() - 1;
  d.run(seconds{94});
  ASSERT_GE(d.cloud.arrived.size(), from + 5);
  const auto first = d.cloud.arrived[from + 1].first - d.cloud.arrived[from].first;
  EXPECT_GE(first, milliseconds{1900});
  EXPECT_LE(first, milliseconds{3100});
  for (std::size_t i = 1; i < 4; ++i) { // RFC 7252 §4.2: twice as long each time
    const auto wait = d.cloud.arrived[from + i + 1].first - d.cloud.arrived[from + i].first;
    EXPECT_LT(std::chrono::abs(wait - first * (1 << i)), milliseconds{200}) << "latencies vary";
  }
}

TEST(post_device_over_dtls, counts_no_repeat_that_never_left) {
  dtls_rig d;
  d.product.interval = seconds{30};
  d.boot(seconds{31});
  const auto before = d.published();
  d.cloud.die();
  while (d.published() == before) {
    d.run(milliseconds{100});
  }
  d.run(seconds{1}); // nobody listens, which is seen when its first repeat is due
  d.cloud.start();
  d.run(seconds{10});
  EXPECT_EQ(d.cloud.met, 2U);
  EXPECT_EQ(d.counts.acknowledged.load(), before + 1);
  EXPECT_EQ(d.counts.resent.load(), 1U) << "in the new session";
}

TEST(post_device_over_dtls, has_all_the_patience_of_dtls_for_its_handshake) {
  dtls_rig d;
  d.board();
  d.link().faults().cut = true;
  d.boot(seconds{14}); // longer than a connection over TCP may take
  ASSERT_TRUE(d.troubles.empty());
  d.link().faults().cut = false;
  d.run(seconds{3});
  EXPECT_EQ(d.it().now_in(), phase::online);
}

TEST(post_device_over_dtls, gives_up_with_the_patience_of_dtls) {
  dtls_rig d;
  d.board();
  d.link().faults().cut = true;
  d.boot(minutes{2});
  EXPECT_EQ(d.it().now_in(), phase::connecting);
  ASSERT_EQ(d.troubles, std::vector<outcome>(3, outcome::timed_out)) << "each handshake is told";
  EXPECT_TRUE(d.details[0].starts_with("a handshake of DTLS has no end after 31 s; the server is "))
      << d.details[0];
  d.run(milliseconds{4200}); // its four handshakes take 124 s
  EXPECT_EQ(d.it().now_in(), phase::backing_off);
  EXPECT_EQ(d.troubles, std::vector<outcome>(4, outcome::timed_out));
}

TEST(post_device_over_dtls, names_its_key_where_a_handshake_has_no_end) {
  dtls_rig d;
  d.coap().shared_key = true;
  d.board();
  d.link().faults().cut = true;
  d.boot(seconds{40});
  ASSERT_EQ(d.troubles.size(), 1U);
  EXPECT_NE(d.details[0].find("check ProductKey, DeviceName, DeviceSecret"), std::string::npos);
  d.stop(seconds{1});
  ASSERT_EQ(d.troubles.size(), 2U) << "nor does the one that the end cuts off go untold";
  EXPECT_TRUE(d.details[1].starts_with("at the end a handshake of DTLS has no end after 9 s; "))
      << d.details[1];
}

TEST(post_device_over_dtls, says_nothing_of_a_handshake_that_has_just_begun_when_it_stops) {
  dtls_rig d;
  d.board();
  d.link().faults().cut = true;
  d.boot(seconds{4});
  d.stop(seconds{1});
  EXPECT_TRUE(d.troubles.empty());
}

TEST(post_device_over_dtls, says_that_nobody_listens_and_nothing_of_its_key) {
  dtls_rig d;
  d.coap().shared_key = true;
  d.cloud.die();
  d.boot(seconds{3});
  ASSERT_TRUE(d.troubles.empty());
  d.stop(seconds{1});
  ASSERT_EQ(d.troubles, std::vector<outcome>{outcome::connection_refused});
  EXPECT_EQ(d.details[0],
            "at the end a handshake of DTLS has no end after 3 s; nobody listens there");
  d.crash();
  d.boot(seconds{32});
  ASSERT_EQ(d.troubles.size(), 2U);
  EXPECT_EQ(d.troubles[1], outcome::connection_refused);
  EXPECT_EQ(d.details[1], "a handshake of DTLS has no end after 31 s; nobody listens there");
}

TEST(post_device_over_dtls, does_not_take_a_refused_hello_for_the_answer_to_auth) {
  dtls_rig d;
  d.cloud.die();
  d.boot(milliseconds{500});
  d.cloud.silent = true;
  d.cloud.start(); // its hello is repeated, and this one comes to somebody
  d.run(seconds{13});
  EXPECT_TRUE(d.troubles.empty());
  EXPECT_EQ(d.cloud.met, 2U) << "it asks in another session";
}

// The filter gives up in the same instant in which another handshake is to begin.
TEST(post_device_over_dtls, does_not_end_a_link_for_what_became_of_the_one_before) {
  tls::dtls_model_options short_lived;
  short_lived.patience.repeats_max = 4; // within 31 s
  dtls_rig d{std::make_unique<tls::modelled_dtls>(short_lived)};
  d.board();
  d.link().faults().cut = true;
  d.boot(seconds{40});
  EXPECT_EQ(d.it().now_in(), phase::connecting);
  EXPECT_EQ(d.troubles.size(), 1U);
  d.link().faults().cut = false;
  d.run(seconds{20});
  EXPECT_EQ(d.it().now_in(), phase::online);
}

TEST(post_device_over_coap, asks_anew_when_auth_is_not_answered_and_gives_up_at_last) {
  coap_rig d;
  d.cloud.silent = true;
  d.boot(seconds{21});
  EXPECT_TRUE(d.troubles.empty());
  EXPECT_EQ(d.it().now_in(), phase::logging_on);
  d.cloud.silent = false;
  d.run(seconds{3}); // the third question is repeated by then, if not just asked
  EXPECT_EQ(d.it().now_in(), phase::online);
  d.crash();
  d.cloud.silent = true;
  d.boot(seconds{49});
  EXPECT_TRUE(d.troubles.empty());
  d.run(seconds{2});
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::timed_out});
}

TEST(post_device_over_dtls, asks_in_another_session_when_auth_is_not_answered) {
  dtls_rig d;
  d.cloud.silent = true;
  d.boot(seconds{15});
  EXPECT_TRUE(d.troubles.empty());
  EXPECT_EQ(d.cloud.met, 2U);
  d.cloud.silent = false;
  d.run(seconds{10});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_TRUE(d.troubles.empty());
}

// The moment of the next question passes while the new session's handshake goes on.
TEST(post_device_over_dtls, waits_for_its_new_session_before_it_asks_again) {
  dtls_rig d;
  d.product.link = hal::link_kind::nbiot;
  d.product.post->auth_again = seconds{9};
  d.cloud.auth_codes = {coap::code::internal_server_error};
  d.boot(seconds{40});
  EXPECT_EQ(d.cloud.met, 2U);
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_TRUE(d.troubles.empty());
}

TEST(post_device_over_dtls, stays_online_and_clean_where_a_fifth_is_lost) {
  dtls_rig d;
  d.board();
  auto& faults = d.link().faults();
  faults.loss_ppm = 200'000;
  faults.duplicate_ppm = 200'000;
  faults.reorder_ppm = 200'000;
  d.boot(minutes{30});
  EXPECT_TRUE(d.troubles.empty());
  EXPECT_LT(d.cloud.office.granted, 10) << "of 360 reports, 1 in 160 is lost five times";
  EXPECT_GT(d.cloud.posts(), 250U) << "one at a time, and 360 were due";
  d.quiet();
  d.run(minutes{2});
  const auto all = d.totals();
  EXPECT_EQ(all.attempted, all.acknowledged);
  EXPECT_EQ(0U, all.lost + all.unexplained + all.unexpected + all.corrupted);
}

TEST(post_device_over_coap, keeps_what_the_platform_cannot_take_now_and_posts_it_again) {
  for (const coap::code code : {coap::code::internal_server_error, coap::code::service_unavailable,
                                coap::make_code(4, 29)}) {
    coap_rig d;
    d.boot();
    d.cloud.post_codes = {code, code};
    d.run(seconds{10});
    EXPECT_TRUE(d.troubles.empty());
    EXPECT_EQ(1, d.cloud.office.granted);
    EXPECT_EQ(d.counts.resent.load(), 2U);
    expect_all_acknowledged(d);
    EXPECT_EQ(d.totals().duplicated, 0U);
  }
}

TEST(post_device_over_coap, waits_as_long_as_max_age_says) {
  coap_rig d;
  d.product.interval = seconds{10};
  d.boot(seconds{30});
  d.cloud.max_age = 25;
  d.cloud.post_codes = {coap::code::service_unavailable};
  d.run(seconds{10});
  ASSERT_TRUE(d.cloud.post_codes.empty());
  const auto before = d.cloud.posts();
  d.run(seconds{14});
  EXPECT_EQ(d.cloud.posts(), before) << "no other report goes either";
  d.run(seconds{26});
  EXPECT_GE(d.cloud.posts(), before + 4);
  expect_all_acknowledged(d);
}

TEST(post_device_over_coap, waits_no_longer_than_a_minute_or_so_whatever_max_age_says) {
  coap_rig d;
  d.boot();
  d.cloud.max_age = 0xFFFFFFFF;
  d.cloud.post_codes = {coap::code::service_unavailable};
  d.run(seconds{80});
  expect_all_acknowledged(d);
}

TEST(post_device_over_coap, drops_a_post_that_is_never_taken) {
  for (const auto& [code, text] :
       {std::pair{coap::code::internal_server_error, "5.00"}, {coap::make_code(4, 29), "4.29"}}) {
    coap_rig d;
    d.product.post->again_longest = seconds{2};
    d.product.interval = seconds{40}; // one at a time
    d.boot(seconds{41});
    d.cloud.post_codes.assign(std::size_t{d.product.post->delays_max} + 1, code);
    d.run(seconds{40});
    EXPECT_EQ(d.counts.replies_bad.load(), 1U);
    EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::refused_unavailable});
    EXPECT_EQ(d.details[0], std::string{"a post was answered "} + text);
    EXPECT_EQ(d.totals().lost, 0U);
  }
}

TEST(post_device_over_coap, counts_what_it_waited_for_a_post_on_over_its_links) {
  coap_rig d;
  d.product.post->again_longest = seconds{2};
  d.product.interval = seconds{60};
  d.boot(seconds{61});
  auto& codes = d.cloud.post_codes;
  codes.assign(std::size_t{d.product.post->delays_max} + 1, coap::code::internal_server_error);
  codes.insert(codes.begin() + 3, coap::code::bad_gateway); // which ends the link
  d.run(seconds{90});
  EXPECT_TRUE(codes.empty());
  ASSERT_EQ(d.troubles.size(), 2U) << "of the link, and of the post";
  EXPECT_EQ(d.troubles[1], outcome::refused_unavailable);
  EXPECT_EQ(d.counts.replies_bad.load(), 1U);
}

/// One report that nobody knows the fate of on link after link; those after it are taken.
template <typename Rig>
void expect_given_up(Rig& d) {
  const std::size_t links = post_links_max;
  d.run(seconds{120});
  EXPECT_EQ(d.troubles, std::vector<outcome>(links, outcome::refused_unavailable));
  EXPECT_EQ(d.counts.request_timeouts.load(), 1U);
  EXPECT_EQ(d.counts.resent.load(), links - 1);
  EXPECT_EQ(d.it().now_in(), phase::online);
  d.quiet();
  d.run(seconds{30});
  const auto all = d.totals();
  EXPECT_GE(all.acknowledged, 2U);
  EXPECT_EQ(all.attempted, all.acknowledged + 1);
  EXPECT_EQ(0U, all.lost + all.unexplained + all.unexpected);
  EXPECT_EQ(d.counts.replies_bad.load(), 0U);
}

TEST(post_device_over_coap, gives_a_report_up_that_link_after_link_has_ended_over) {
  coap_rig d;
  d.product.interval = seconds{60}; // one at a time
  d.boot(seconds{61});
  d.cloud.post_codes.assign(post_links_max, coap::code::bad_gateway);
  expect_given_up(d);
}

TEST(post_device_over_http, gives_a_report_up_that_link_after_link_has_ended_over) {
  http_rig d;
  d.product.interval = seconds{60};
  d.boot(seconds{61});
  d.cloud.statuses.assign(post_links_max, 502);
  expect_given_up(d);
}

TEST(post_device_over_coap, backs_off_when_nobody_knows_what_became_of_a_post_behind_a_gateway) {
  for (const coap::code code : {coap::code::bad_gateway, coap::code::gateway_timeout}) {
    coap_rig d;
    d.boot();
    d.cloud.post_codes = {code};
    d.run(seconds{10});
    EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::refused_unavailable});
    EXPECT_EQ(d.it().now_in(), phase::online);
    expect_all_acknowledged(d);
  }
}

TEST(post_device_over_http, keeps_what_the_platform_cannot_take_now_and_posts_it_again) {
  for (const auto code : {alink::post_code::common_error, alink::post_code::session_error,
                          alink::post_code::too_many}) {
    http_rig d;
    d.boot();
    d.cloud.post_codes = {code, code};
    d.run(seconds{10});
    EXPECT_TRUE(d.troubles.empty());
    EXPECT_EQ(d.counts.resent.load(), 2U);
    expect_all_acknowledged(d);
    EXPECT_EQ(d.totals().duplicated, 0U);
  }
}

TEST(post_device_over_http, takes_the_word_of_a_proxy_for_what_it_says) {
  http_rig d;
  d.boot();
  d.cloud.statuses = {503};
  d.cloud.retry_after = "6";
  d.run(seconds{1});
  ASSERT_TRUE(d.cloud.statuses.empty());
  const auto before = d.cloud.posts();
  d.run(seconds{4});
  EXPECT_EQ(d.cloud.posts(), before);
  d.run(seconds{6});
  EXPECT_GT(d.cloud.posts(), before + 3);
  EXPECT_TRUE(d.troubles.empty());
  d.cloud.statuses = {502}; // nobody knows whether it came to the platform
  d.run(seconds{10});
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::refused_unavailable});
  expect_all_acknowledged(d);
}

} // namespace
} // namespace fleet::actors
