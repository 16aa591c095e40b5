// Posting devices that ask for no answers: what they lose, and how they notice all the same that
// nobody is there. Against a cloud played by hand.
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/tls/dtls_model.hpp"
#include "tests/unit/actors/coap_cloud.hpp"
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
    product.qos = mqtt::qos::at_most_once;
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

TEST(post_device_at_qos_0, loses_what_the_network_loses_and_no_more) {
  for (const bool as_sdk : {false, true}) {
    coap_rig d;
    if (as_sdk) {
      d.coap().client = coap::sdk_behaviour();
    }
    d.boot(seconds{10});
    d.link().faults().loss_ppm = 200'000;
    d.run(minutes{10});
    EXPECT_EQ(d.counts.skipped_for(skip::window), 0U);
    EXPECT_GE(d.counts.published[0].load(), 600U);
    EXPECT_GT(d.cloud.posts(), 420U);
    EXPECT_TRUE(d.troubles.empty());
    EXPECT_EQ(d.totals().lost, 0U);
  }
}

TEST(post_device_at_qos_0, hears_that_its_token_is_over_all_the_same) {
  coap_rig d;
  d.boot();
  d.cloud.office.expire();
  d.run(seconds{5});
  EXPECT_EQ(2, d.cloud.office.granted);
  EXPECT_TRUE(d.troubles.empty());
}

TEST(post_device_at_qos_0, notices_over_dtls_that_the_server_began_anew) {
  dtls_rig d;
  d.boot(seconds{20});
  d.cloud.die();
  d.cloud.start();    // nothing refuses a datagram: the server is silent to the old session
  d.run(seconds{45}); // two reports, and a ping with its two repeats
  EXPECT_EQ(d.cloud.office.granted, 2);
  const auto before = d.cloud.posts();
  d.run(seconds{50});
  EXPECT_GE(d.cloud.posts(), before + 9);
  EXPECT_TRUE(d.troubles.empty());
  EXPECT_EQ(d.it().now_in(), phase::online);
}

TEST(post_device_at_qos_0, makes_a_new_session_after_one_report_where_nobody_listens) {
  dtls_rig d;
  d.boot(seconds{20});
  const auto before = d.published();
  d.cloud.die();
  while (d.published() == before) {
    d.run(milliseconds{100});
  }
  d.run(seconds{6});
  d.cloud.start();
  d.run(seconds{30});
  EXPECT_EQ(d.cloud.office.granted, 2);
  EXPECT_TRUE(d.troubles.empty());
}

TEST(post_device_at_qos_0, is_not_online_where_nobody_has_listened_for_a_while) {
  for (const bool refused : {false, true}) {
    coap_rig d;
    d.product.interval = seconds{5};
    d.boot(seconds{10});
    ASSERT_EQ(d.it().now_in(), phase::online);
    d.cloud.silent = !refused;
    if (refused) {
      d.cloud.die();
    }
    d.run(seconds{refused ? 20 : 45});
    EXPECT_NE(d.it().now_in(), phase::online);
    ASSERT_FALSE(d.troubles.empty());
    EXPECT_EQ(d.troubles[0], refused ? outcome::connection_refused : outcome::timed_out);
    d.cloud.silent = false;
    if (refused) {
      d.cloud.start();
    }
    d.run(minutes{2});
    EXPECT_EQ(d.it().now_in(), phase::online);
  }
}

TEST(post_device_at_qos_0, asks_a_server_that_answers_no_post_for_a_sign_of_life_and_stays) {
  coap_rig d;
  d.product.interval = seconds{5};
  d.boot(seconds{10});
  d.cloud.ignores_posts = true;
  d.run(minutes{10});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_TRUE(d.troubles.empty()) << d.details[0];
  EXPECT_GE(d.counts.published[0].load(), 118U) << "none waits for a ping";
}

TEST(post_device_at_qos_0, stays_where_answers_take_longer_than_many_reports) {
  for (const bool secure : {false, true}) {
    std::optional<coap_rig> plain;
    std::optional<dtls_rig> tight;
    coap_rig& d = secure ? tight.emplace() : plain.emplace();
    d.product.interval = milliseconds{100};
    d.cloud.ignores_posts = true;
    hal::link_disturbance slow;
    slow.latency = seconds{2};
    d.board();
    d.link().under(&slow);
    d.boot(seconds{60});
    ASSERT_EQ(d.it().now_in(), phase::online);
    const auto sessions = d.cloud.office.granted;
    const auto pings = d.cloud.pings;
    d.run(minutes{5});
    EXPECT_EQ(d.it().now_in(), phase::online);
    EXPECT_TRUE(d.troubles.empty()) << d.details[0];
    EXPECT_EQ(d.cloud.office.granted, sessions);
    EXPECT_GT(d.cloud.pings, pings + 20) << "it goes on asking";
    EXPECT_LT(d.cloud.pings, pings + 70) << "what went before the last answer says nothing";
    d.crash(); // before what its link is under goes
    d.link().under(nullptr);
  }
}

TEST(post_device_at_qos_0, counts_no_repeat_that_never_left) {
  coap_rig d;
  d.product.interval = seconds{5};
  d.boot(seconds{10});
  d.cloud.silent = true;
  while (d.it().now_in() == phase::online) {
    d.run(milliseconds{100});
  }
  while (d.it().now_in() != phase::logging_on) {
    d.run(milliseconds{100});
  }
  d.run(seconds{1}); // its question is out
  ASSERT_LT(d.cloud.arrived.size(), 16U) << "all of them are there";
  std::set<std::vector<std::uint8_t>> once;
  for (const auto& [when, octets] : d.cloud.arrived) {
    once.insert(octets);
  }
  EXPECT_EQ(d.cloud.arrived.size() - once.size(), 2U) << "the ping's";
  EXPECT_EQ(d.counts.resent.load(), 2U);
}

TEST(post_device_at_qos_0, has_its_radio_off_soon_after_a_lost_report) {
  coap_rig d;
  d.product.interval = minutes{1};
  d.coap().radio_sleep = true;
  d.boot(seconds{20});
  d.link().faults().loss_ppm = 1'000'000;
  const auto before = d.published();
  while (d.published() == before) {
    d.run(seconds{1});
  }
  EXPECT_TRUE(d.link().radio_on());
  d.run(seconds{10});
  EXPECT_FALSE(d.link().radio_on());
}

} // namespace
} // namespace fleet::actors
