// For how long the radio of a device that posts over CoAP was on, as its home counts it.
#include <gtest/gtest.h>

#include "protocol/tls/dtls_model.hpp"
#include "tests/unit/actors/coap_cloud.hpp"
#include "tests/unit/actors/post_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct radio_rig : test::posting_device {
  explicit radio_rig(bool sleeps, tls::modelled_dtls* security = nullptr)
      : cloud(world.home(), 5683, security) {
    product.peer = cloud.at();
    product.interval = minutes{1};
    product.server_name = "coap.test";
    coap().security = security;
    coap().radio_sleep = sleeps;
  }
  [[nodiscard]] duration time(radio what) const {
    return microseconds{counts.radio_us[static_cast<std::size_t>(what)].load()};
  }
  test::coap_cloud cloud;
};

TEST(radio_time, of_a_device_that_saves_power_is_some_seconds_for_each_report) {
  radio_rig d{true};
  d.boot(hours{1});
  d.stop(seconds{5});
  d.run(seconds{1});
  ASSERT_TRUE(d.stopped);
  const auto awake = static_cast<std::int64_t>(d.cloud.posts()) + 1; // for its token too
  EXPECT_GE(d.time(radio::on), awake * d.coap().radio_awake);
  EXPECT_LE(d.time(radio::on), awake * (d.coap().radio_awake + seconds{1}));
  const duration all = d.time(radio::on) + d.time(radio::asleep);
  EXPECT_LE(all, hours{1} + seconds{1});
  EXPECT_GE(all, hours{1} - seconds{1}) << "nothing is left out, nothing counted twice";
}

TEST(radio_time, of_one_that_does_not_is_that_of_its_link) {
  tls::modelled_dtls security{tls::dtls_model_options{}};
  for (tls::modelled_dtls* const way : {static_cast<tls::modelled_dtls*>(nullptr), &security}) {
    radio_rig d{false, way};
    d.boot(hours{1});
    EXPECT_GE(d.time(radio::on), minutes{58}) << "told with each report, not at its end alone";
    d.crash();
    EXPECT_EQ(d.time(radio::asleep), duration{0});
    EXPECT_LE(d.time(radio::on), hours{1});
    EXPECT_GE(d.time(radio::on), hours{1} - seconds{1});
  }
}

TEST(radio_time, does_not_pass_without_power) {
  radio_rig d{true};
  d.boot(minutes{10});
  d.it().power_cut();
  const duration before = d.time(radio::on) + d.time(radio::asleep);
  EXPECT_GE(before, minutes{10} - seconds{1});
  d.run(minutes{10});
  EXPECT_EQ(d.time(radio::on) + d.time(radio::asleep), before);
}

TEST(radio_time, does_not_pass_between_two_attempts) {
  tls::modelled_dtls security{tls::dtls_model_options{}};
  for (tls::modelled_dtls* const way : {static_cast<tls::modelled_dtls*>(nullptr), &security}) {
    radio_rig d{true, way};
    d.cloud.silent = true; // each attempt lasts until nobody has answered /auth five times
    d.boot(hours{1});
    d.crash();
    const auto attempts = static_cast<std::int64_t>(d.counts.attempts.load());
    EXPECT_GT(attempts, 5);
    EXPECT_EQ(d.time(radio::asleep), duration{0});
    EXPECT_LE(d.time(radio::on), attempts * 5 * (d.product.post->auth_wait + seconds{1}));
    EXPECT_GE(d.time(radio::on), (attempts - 1) * 4 * d.product.post->auth_wait);
    EXPECT_LT(d.time(radio::on), minutes{50});
  }
}

TEST(radio_time, goes_on_where_a_session_is_made_anew) {
  tls::modelled_dtls security{tls::dtls_model_options{}};
  radio_rig d{true, &security};
  d.boot(minutes{10});
  d.cloud.die();
  d.cloud.start(); // it knows no session of before
  d.run(minutes{50});
  EXPECT_GE(d.cloud.met, 2U);
  d.crash();
  const duration all = d.time(radio::on) + d.time(radio::asleep);
  EXPECT_LE(all, hours{1});
  EXPECT_GE(all, hours{1} - minutes{1});
}

} // namespace
} // namespace fleet::actors
