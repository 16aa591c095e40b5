// A device that posts over CoAP, against a cloud played by hand.
#include <algorithm>

#include <gtest/gtest.h>

#include "protocol/tls/dtls_model.hpp"
#include "tests/unit/actors/coap_cloud.hpp"
#include "tests/unit/actors/post_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::coap_cloud;

struct coap_rig : test::posting_device {
  coap_rig() : coap_rig(nullptr) {}
  explicit coap_rig(datagram_filter_door* security) : cloud(world.home(), 5683, security) {
    product.peer = cloud.at();
  }
  [[nodiscard]] ledger::totals totals() { return cloud.office.totals(slot->uplink); }
  coap_cloud cloud;
};

TEST(post_device_over_coap, logs_on_and_posts_at_its_interval) {
  coap_rig d;
  d.boot(seconds{11});
  EXPECT_EQ(d.it().now_in(), phase::online);
  ASSERT_EQ(1U, d.cloud.office.questions.size());
  EXPECT_TRUE(d.cloud.office.questions[0].starts_with(
      R"({"productKey":"a1FleetDemo","deviceName":"dev_000000",)"
      R"("clientId":"a1FleetDemo.dev_000000","sign":")"));
  ASSERT_GE(d.cloud.posts(), 10U);
  const auto& first = d.cloud.office.taken[0];
  EXPECT_EQ(first.topic, "/sys/a1FleetDemo/dev_000000/thing/event/property/post");
  EXPECT_EQ(first.token, "token-1");
  EXPECT_TRUE(first.payload.starts_with(R"({"id":"1","version":"1.0","params":{)"));
  EXPECT_EQ((std::vector<std::uint16_t>{11, 11, 11, 11, 11, 11, 11, 11, 12, 17, 61}),
            d.cloud.options);
  EXPECT_EQ(d.counts.published[1].load(), d.cloud.posts());
  EXPECT_EQ(d.counts.acknowledged.load(), d.cloud.posts());
  EXPECT_EQ(d.counts.replies.load(), d.cloud.posts());
  EXPECT_EQ(d.came_to(outcome::accepted), 1U);
  EXPECT_EQ(d.counts.online_max.load(), 1U);
  const auto all = d.totals();
  EXPECT_EQ(all.attempted, all.accepted);
  EXPECT_EQ(all.attempted, all.acknowledged);
}

TEST(post_device_over_coap, bears_its_token_in_the_option_of_the_plan) {
  coap_rig d;
  d.coap().token_option = alink::coap_option_token;
  d.product.post->sign = alink::sign_method::hmacsha256;
  d.product.post->timestamp = "1581417203000";
  d.boot();
  ASSERT_GT(d.cloud.posts(), 0U);
  EXPECT_EQ(d.cloud.options.back(), 2088U);
  EXPECT_NE(d.cloud.office.questions[0].find(R"("signmethod":"hmacsha256")"), std::string::npos);
  EXPECT_NE(d.cloud.office.questions[0].find("1581417203000"), std::string::npos);
}

TEST(post_device_over_coap, behaves_on_the_wire_as_the_sdk_when_it_is_told_to) {
  coap_rig e;
  e.coap().client = coap::sdk_behaviour();
  e.cloud.silent = true;
  e.boot(seconds{9});
  ASSERT_EQ(2U, e.cloud.arrived.size()) << "4 s to the first repeat, always; 8 s to the next";
  const auto& [first, octets] = e.cloud.arrived[0];
  const duration between = e.cloud.arrived[1].first - first;
  EXPECT_LT(std::chrono::abs(between - duration{seconds{4}}), milliseconds{20}) << "latencies vary";
  EXPECT_EQ(e.cloud.arrived[1].second, octets);
  coap::message_view asked;
  ASSERT_FALSE(coap::decode(octets, octets.size(), asked));
  EXPECT_EQ(asked.id, 1U);
  EXPECT_EQ((std::vector<std::uint8_t>{asked.token.begin(), asked.token.end()}),
            (std::vector<std::uint8_t>{4, 3, 2, 1}));
  coap_rig d;
  d.coap().client = coap::sdk_behaviour();
  d.cloud.office.replies = false;
  d.boot();
  EXPECT_GT(d.counts.acknowledged.load(), 3U);
  EXPECT_EQ(d.counts.replies.load(), 0U);
  EXPECT_EQ(d.counts.replies_bad.load(), 0U);
}

TEST(post_device_over_coap, logs_on_again_and_posts_again_when_its_token_is_refused) {
  for (const coap::code code : {coap::code::unauthorized, coap::code::bad_option}) {
    coap_rig d;
    d.boot();
    d.cloud.office.expire();
    d.cloud.post_codes.push_back(code);
    d.run(seconds{5});
    EXPECT_EQ(2, d.cloud.office.granted);
    EXPECT_EQ(d.it().now_in(), phase::online);
    EXPECT_TRUE(d.troubles.empty());
    const auto all = d.totals();
    EXPECT_EQ(all.attempted, all.accepted);
    EXPECT_EQ(all.duplicated, 0U);
    EXPECT_EQ(d.counts.published[1].load(), all.attempted) << "posted again is not published anew";
  }
}

TEST(post_device_over_coap, backs_off_when_every_token_is_refused) {
  coap_rig d;
  d.boot();
  d.cloud.post_codes.assign(3, coap::code::unauthorized); // the post, and two repeats
  d.run(milliseconds{1500});
  EXPECT_EQ(3, d.cloud.office.granted);
  ASSERT_EQ(1U, d.troubles.size());
  EXPECT_EQ(d.troubles[0], outcome::refused_credentials);
  d.run(seconds{10});
  EXPECT_EQ(d.it().now_in(), phase::online);
}

TEST(post_device_over_coap, with_a_wrong_secret_backs_off_and_tries_again) {
  coap_rig d;
  d.cloud.office.refuses = true;
  d.boot(seconds{20});
  ASSERT_GE(d.troubles.size(), 2U);
  EXPECT_EQ(d.troubles[0], outcome::refused_credentials);
  EXPECT_EQ(d.details[0], "/auth was answered 4.01");
  EXPECT_LE(d.troubles.size(), 6U) << "waits double";
  d.cloud.office.refuses = false;
  d.run(minutes{1});
  EXPECT_EQ(d.it().now_in(), phase::online);
}

TEST(post_device_over_coap, asks_again_after_a_second_when_the_auth_service_fails) {
  coap_rig d;
  d.cloud.auth_codes = {coap::code::internal_server_error, coap::code::internal_server_error};
  d.boot(milliseconds{1900});
  EXPECT_EQ(d.it().now_in(), phase::logging_on);
  EXPECT_EQ(2U, d.cloud.asked);
  d.run(seconds{1});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_TRUE(d.troubles.empty());
}

TEST(post_device_over_coap, gives_an_attempt_up_when_the_auth_service_fails_for_good) {
  coap_rig d;
  d.cloud.auth_codes.assign(5, coap::code::internal_server_error);
  d.boot(milliseconds{4500});
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::refused_unavailable});
  EXPECT_EQ(5U, d.cloud.asked);
}

TEST(post_device_over_coap, tells_every_refusal_of_auth_apart) {
  for (const auto& [code, what] : {std::pair{coap::code::forbidden, outcome::refused_authorization},
                                   {coap::code::bad_request, outcome::protocol_error},
                                   {coap::make_code(4, 29), outcome::refused_unavailable},
                                   {coap::code::not_found, outcome::protocol_error}}) {
    coap_rig d;
    d.cloud.auth_codes = {code};
    d.boot(milliseconds{500});
    EXPECT_EQ(d.troubles, std::vector<outcome>{what});
  }
}

TEST(post_device_over_coap, counts_a_post_that_is_refused_and_goes_on) {
  coap_rig d;
  d.boot();
  const auto taken = d.cloud.posts();
  d.cloud.post_codes = {coap::code::forbidden};
  d.run(seconds{3});
  EXPECT_EQ(d.counts.replies_bad.load(), 1U);
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::refused_authorization});
  EXPECT_EQ(d.details[0], "a post was answered 4.03");
  EXPECT_EQ(d.cloud.posts(), taken + 2);
  EXPECT_EQ(d.totals().lost, 0U);
}

TEST(post_device_over_coap, comes_back_when_its_cloud_was_silent) {
  coap_rig d;
  d.boot();
  d.cloud.silent = true;
  d.run(minutes{3});
  ASSERT_FALSE(d.troubles.empty());
  EXPECT_EQ(d.troubles[0], outcome::timed_out);
  EXPECT_GE(d.counts.resent.load(), 4U);
  EXPECT_GT(d.counts.skipped_for(skip::window), 0U) << "posts are bounded";
  EXPECT_GT(d.counts.skipped_for(skip::offline), 0U);
  d.cloud.silent = false;
  d.run(minutes{2});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.counts.reconnects.load(), 1U);
  const auto all = d.totals();
  EXPECT_EQ(0U, all.lost + all.duplicated + all.unexpected + all.corrupted);
  EXPECT_EQ(d.counts.in_flight.load(), 0U);
}

TEST(post_device_over_coap, says_that_nobody_listens) {
  coap_rig d;
  d.product.peer.port = 9;
  d.boot(seconds{30});
  ASSERT_FALSE(d.troubles.empty());
  EXPECT_EQ(d.troubles[0], outcome::connection_refused);
}

/// When a device's link took a datagram and lost it, to a hundredth of a second.
std::vector<duration> lost_at(coap_rig& d, std::size_t count, duration patience) {
  std::vector<duration> out;
  const time_point start = d.world.now();
  while (out.size() < count && d.world.now() - start < patience) {
    const auto before = d.link().counters().lost;
    d.run(milliseconds{10});
    out.resize(out.size() + d.link().counters().lost - before, d.world.now() - start);
  }
  return out;
}

// RFC 7252 §4.2: the first wait by chance from ACK_TIMEOUT to half as much more, each next one
// twice as long, four repeats, and then the last wait before it counts as failed.
TEST(post_device_over_coap, repeats_a_post_that_is_lost_at_the_times_of_the_standard) {
  constexpr duration step = milliseconds{10};
  duration shortest = minutes{1};
  duration longest{};
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    coap_rig d;
    d.product.seed = seed;
    d.product.interval = seconds{20};
    d.boot(seconds{30});
    ASSERT_GT(d.cloud.posts(), 0U);
    ASSERT_EQ(d.counts.in_flight.load(), 0U);
    d.link().faults().loss_ppm = 1'000'000;
    const auto at = lost_at(d, 6, minutes{3});
    ASSERT_EQ(6U, at.size());
    const duration first = at[1] - at[0];
    for (std::size_t i = 1; i < 5; ++i) {
      const duration wait = first * (1 << (i - 1));
      EXPECT_LE(std::chrono::abs(at[i] - at[i - 1] - wait), step * (1 << i)) << i;
    }
    EXPECT_EQ(d.counts.resent.load(), 4U);
    EXPECT_GE(at[5] - at[4], first * 16 - step * 32) << "whatever comes then";
    shortest = std::min(shortest, first);
    longest = std::max(longest, first);
  }
  EXPECT_GE(shortest, seconds{2} - step);
  EXPECT_LE(longest, seconds{3} + step);
  EXPECT_LT(shortest, milliseconds{2200}) << "by chance";
  EXPECT_GT(longest, milliseconds{2800});
}

TEST(post_device_over_coap, is_clean_through_loss_and_repeats_and_disorder) {
  coap_rig d;
  auto& faults = d.link().faults();
  faults.loss_ppm = 200'000;
  faults.duplicate_ppm = 200'000;
  faults.reorder_ppm = 200'000;
  d.boot(minutes{10});
  d.quiet();
  d.run(minutes{3});
  const auto all = d.totals();
  EXPECT_GT(all.accepted, 200U);
  EXPECT_EQ(0U, all.lost + all.unexplained + all.unexpected + all.corrupted);
  EXPECT_EQ(all.attempted, all.acknowledged) << "what a lost link left open is posted again";
  EXPECT_GT(d.counts.resent.load(), 50U);
  EXPECT_GT(d.link().counters().lost, 0U);
  EXPECT_GT(d.link().counters().repeated, 0U);
}

TEST(post_device_over_coap, posts_without_asking_for_an_answer_at_qos_0) {
  coap_rig d;
  d.product.qos = mqtt::qos::at_most_once;
  d.boot();
  ASSERT_GT(d.cloud.posts(), 3U);
  EXPECT_EQ(std::vector<bool>(d.cloud.posts(), false), d.cloud.confirmable);
  EXPECT_EQ(d.counts.published[0].load(), d.cloud.posts());
  EXPECT_EQ(d.counts.acknowledged.load(), 0U);
  EXPECT_EQ(d.totals().lost, 0U);
}

TEST(post_device_over_coap, refuses_reports_over_the_platforms_kibibyte) {
  coap_rig d;
  d.product.payload_bytes = 1024;
  d.boot();
  EXPECT_GT(d.cloud.posts(), 0U);
  EXPECT_EQ(d.cloud.office.taken[0].payload.size(), 1024U);
  coap_rig e;
  e.product.payload_bytes = 1025;
  e.boot();
  EXPECT_EQ(e.cloud.posts(), 0U);
  EXPECT_GT(e.counts.skipped_for(skip::too_large), 0U);
}

// The platform knows no blocks (aliyun-iot.md §17.5).
TEST(post_device_over_coap, posts_a_kibibyte_in_one_message_however_it_is_kept) {
  for (const bool aes : {false, true}) {
    for (const bool reliable : {false, true}) {
      coap_rig d;
      d.cloud.aes = d.coap().aes = aes;
      d.product.payload_bytes = 1024;
      d.product.qos = reliable ? mqtt::qos::at_least_once : mqtt::qos::at_most_once;
      d.boot();
      ASSERT_GT(d.cloud.posts(), 0U);
      EXPECT_EQ(d.cloud.office.taken[0].payload.size(), 1024U);
      const auto& seen = d.cloud.options;
      EXPECT_EQ(std::count(seen.begin(), seen.end(), coap::option::block1), 0);
      EXPECT_EQ(d.cloud.asked, d.cloud.posts() + 1) << "each is one request";
    }
  }
}

TEST(post_device_over_dtls, posts_no_more_than_one_record_carries) {
  tls::dtls_model_options tight;
  tight.mtu = 600;
  tls::modelled_dtls security{tight};
  for (const std::uint32_t octets : {300U, 700U}) {
    coap_rig d{&security};
    d.coap().security = &security;
    d.product.server_name = "coap.test";
    d.product.payload_bytes = octets;
    d.boot();
    EXPECT_EQ(d.cloud.posts() > 0, octets == 300);
    EXPECT_EQ(d.counts.skipped_for(skip::too_large) > 0, octets == 700);
    EXPECT_EQ(d.totals().attempted, d.cloud.posts()) << "what is not sent is not the ledger's";
  }
}

/// The most octets of a report that go, and whether one more is skipped and no more than that.
std::uint32_t most_that_goes(bool aes, std::uint16_t mtu) {
  tls::dtls_model_options tight;
  tight.mtu = mtu;
  tls::modelled_dtls security{tight};
  std::uint32_t most = 0;
  std::uint32_t least_skipped = UINT32_MAX;
  for (std::uint32_t octets = mtu - 300U; octets < mtu; ++octets) {
    coap_rig d{aes ? nullptr : &security};
    d.coap().security = aes ? nullptr : &security;
    d.cloud.aes = d.coap().aes = aes;
    d.coap().client.limits.message_max = aes ? mtu : coap_message_max;
    d.product.server_name = "coap.test";
    d.product.payload_bytes = octets;
    d.boot(seconds{2});
    EXPECT_EQ(d.totals().attempted, d.cloud.posts()) << octets;
    if (d.cloud.posts() > 0) {
      most = octets;
      EXPECT_EQ(d.counts.skipped_for(skip::too_large), 0U) << octets;
    } else {
      least_skipped = std::min(least_skipped, octets);
      EXPECT_GT(d.counts.skipped_for(skip::too_large), 0U) << octets;
    }
  }
  EXPECT_EQ(least_skipped, most + 1);
  return most;
}

TEST(post_device_over_coap, knows_to_the_octet_what_a_message_has_room_for) {
  EXPECT_GT(most_that_goes(false, 600), 400U);
  EXPECT_EQ(most_that_goes(true, 600) % 16, 15U) << "filled up to blocks of 16, by one at least";
}

TEST(post_device_over_coap, has_its_radio_off_between_reports) {
  coap_rig d;
  d.product.interval = seconds{30};
  d.coap().radio_sleep = true;
  d.boot(seconds{31}); // the first report is out
  ASSERT_EQ(1U, d.cloud.posts());
  d.run(seconds{3});
  EXPECT_FALSE(d.link().radio_on());
  d.run(minutes{10});
  EXPECT_GE(d.cloud.posts(), 20U);
  EXPECT_EQ(0U, d.link().counters().slept_through);
  EXPECT_TRUE(d.troubles.empty());
  d.stop(seconds{5});
  d.run(seconds{1});
  EXPECT_TRUE(d.stopped);
}

TEST(post_device_over_coap, stops_when_its_posts_are_answered) {
  coap_rig d;
  d.boot();
  auto& faults = d.link().faults();
  faults.cut = true;
  d.run(seconds{2});
  EXPECT_GT(d.counts.in_flight.load(), 0U);
  d.stop(minutes{2});
  d.run(seconds{1});
  EXPECT_EQ(d.it().now_in(), phase::stopping);
  faults.cut = false;
  d.run(seconds{30});
  EXPECT_EQ(d.it().now_in(), phase::stopped);
  EXPECT_TRUE(d.stopped);
  const auto all = d.totals();
  EXPECT_EQ(all.attempted, all.acknowledged);
}

TEST(post_device_over_coap, stops_at_its_deadline_with_posts_unanswered) {
  coap_rig d;
  d.boot();
  d.cloud.mute = true;
  d.run(seconds{2});
  d.stop(seconds{3});
  d.run(milliseconds{2900});
  EXPECT_FALSE(d.stopped);
  d.run(milliseconds{200});
  EXPECT_TRUE(d.stopped);
  EXPECT_EQ(d.counts.in_flight.load(), 0U);
  EXPECT_EQ(d.it().next_timeout(), never);
  EXPECT_EQ(d.totals().lost, 0U);
}

TEST(post_device_over_coap, stops_at_once_while_it_backs_off_or_logs_on) {
  coap_rig d;
  d.cloud.silent = true;
  d.boot(seconds{1});
  EXPECT_EQ(d.it().now_in(), phase::logging_on);
  d.stop(seconds{5});
  EXPECT_TRUE(d.stopped);
  coap_rig e;
  e.cloud.office.refuses = true;
  e.boot(milliseconds{500});
  EXPECT_EQ(e.it().now_in(), phase::backing_off);
  e.stop(seconds{5});
  EXPECT_TRUE(e.stopped);
}

TEST(post_device_over_coap, goes_on_with_its_account_after_a_crash) {
  coap_rig d;
  d.boot();
  const auto before = d.slot->uplink.attempted();
  d.crash();
  d.run(seconds{2});
  d.boot(seconds{10});
  EXPECT_EQ(2U, d.slot->uplink.epoch());
  EXPECT_GE(d.slot->uplink.attempted(), before + 8);
  EXPECT_EQ(2, d.cloud.office.granted);
  const auto all = d.totals();
  EXPECT_EQ(0U, all.lost + all.duplicated + all.unexpected + all.corrupted);
}

TEST(post_device_over_coap, encrypts_and_numbers_its_posts_in_aes_mode) {
  coap_rig d;
  d.cloud.aes = true;
  d.coap().aes = true;
  d.boot();
  ASSERT_GT(d.cloud.posts(), 3U);
  EXPECT_NE(d.cloud.office.questions[0].find(R"("seq":")"), std::string::npos);
  for (std::size_t i = 0; i < d.cloud.posts(); ++i) {
    EXPECT_EQ(d.cloud.office.taken[i].sequence, i + 1) << "the first is the offset itself";
  }
  EXPECT_EQ((std::vector<std::uint16_t>{11, 11, 11, 11, 11, 11, 11, 11, 12, 17, 61, 2089}),
            d.cloud.options);
  EXPECT_EQ(d.counts.replies.load(), d.cloud.posts()) << "answers are encrypted too";
  const auto all = d.totals();
  EXPECT_EQ(all.attempted, all.acknowledged);
}

TEST(post_device_over_coap, takes_no_token_of_another_mode) {
  coap_rig d;
  d.coap().aes = true;
  d.boot(milliseconds{500});
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::protocol_error});
  coap_rig e;
  e.cloud.aes = true;
  e.boot(milliseconds{500});
  EXPECT_EQ(e.troubles, std::vector<outcome>{outcome::protocol_error});
}

TEST(post_device_over_coap, posts_over_dtls_and_says_goodbye) {
  tls::modelled_dtls security;
  coap_rig d{&security};
  d.coap().security = &security;
  d.product.server_name = "coap.test";
  d.boot();
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_GT(d.cloud.posts(), 3U);
  d.stop(seconds{1});
  d.run(seconds{1});
  EXPECT_TRUE(d.stopped);
  EXPECT_EQ(d.totals().lost, 0U);
}

TEST(post_device_over_coap, shows_the_shared_key_of_its_secret) {
  alink::generated_credentials known;
  tls::dtls_model_options options;
  options.key_of = [&known](std::string_view identity) {
    const auto parts = alink::read_psk_identity(identity);
    return parts ? alink::make_psk_key(known.at(0), parts->method, parts->timestamp)
                 : std::string{};
  };
  tls::modelled_dtls security{options};
  coap_rig d{&security};
  d.coap().security = &security;
  d.coap().shared_key = true;
  d.boot();
  EXPECT_EQ(d.cloud.identities,
            std::vector<std::string>{"devicename|hmacsha256|a1FleetDemo&dev_000000|2524608000000"});
  EXPECT_GT(d.cloud.posts(), 3U);
}

TEST(post_device_over_coap, names_dtls_when_the_handshake_fails) {
  tls::dtls_model_options options;
  options.failure = "the certificate is not the server's";
  tls::modelled_dtls client{options};
  tls::modelled_dtls security;
  coap_rig d{&security};
  d.coap().security = &client;
  d.product.server_name = "coap.test";
  d.boot(milliseconds{900});
  EXPECT_EQ(d.troubles, std::vector<outcome>{outcome::tls_failed});
  EXPECT_NE(d.details[0].find("certificate"), std::string::npos);
}

} // namespace
} // namespace fleet::actors
