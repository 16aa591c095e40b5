// Devices that only post on a twin of several homes: whatever comes by the one socket is answered
// by the home of the device, and by no other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/coap_guest.hpp"
#include "tests/support/wide_rig.hpp"

namespace fleet {
namespace {

using cloud::post_protocol;
using support::coap_guest;
using support::own_topic;
using support::wide_bench;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint32_t devices = 12;

struct wide_posting : testing::Test {
  static cloud::twin_options options() {
    cloud::twin_options o;
    cloud::coap_desk_options socket;
    socket.at.ip = {127, 0, 0, 1};
    o.coap_listeners.push_back(socket);
    o.logon_key = "a key that nobody knows";
    return o;
  }
  coap_guest& arrive(std::uint64_t origin) {
    coap_guest::settings o;
    o.peer = bench.twin->coap_addresses().front();
    o.origin = origin;
    guests.push_back(std::make_unique<coap_guest>(bench.here, o));
    return *guests.back();
  }
  std::string answer(coap_guest& g) {
    FLEET_CHECK(bench.wait([&] { return !g.heard.empty(); }));
    return g.take().front();
  }
  std::string log_on(coap_guest& g, std::uint32_t device) {
    byte_buffer body;
    alink::append_coap_logon(body, bench.credentials.at(device), {});
    g.post("/auth", as_text(body.view()));
    const auto text = answer(g);
    const auto at = text.find(R"("token":")");
    FLEET_CHECK(at != std::string::npos);
    return text.substr(at + 9, 40);
  }
  std::string report(coap_guest& g, std::uint32_t device, const std::string& token) {
    g.post("/topic" + own_topic(bench.credentials, device, "/sys", "thing/event/property/post"),
           R"({"id":"1","params":{"Level":1}})", {{alink::coap_option_token, token}});
    return answer(g);
  }
  [[nodiscard]] std::uint64_t online(std::size_t home) const {
    return cloud::value(bench.twin->at(home).counters().posting[0].online);
  }

  wide_bench bench{options()};
  std::vector<std::unique_ptr<coap_guest>> guests;
};

TEST_F(wide_posting, each_device_is_answered_by_its_home) {
  std::vector<std::uint64_t> expected(wide_bench::homes);
  for (std::uint32_t d = 0; d < devices; ++d) {
    auto& g = arrive(d + 1);
    const auto token = log_on(g, d);
    EXPECT_THAT(report(g, d, token), AllOf(StartsWith("2.05"), HasSubstr(R"("code":200)")));
    ++expected[bench.home_of_device(d)];
  }
  for (std::size_t home = 0; home < wide_bench::homes; ++home) {
    EXPECT_EQ(online(home), expected[home]);
    EXPECT_GT(expected[home], 0U);
  }
  bench.at_rest([&] {
    EXPECT_THAT(bench.twin->console()->devices({}, "online", 0, 100), testing::SizeIs(devices));
  });
}

TEST_F(wide_posting, one_peer_may_speak_for_devices_of_all_homes) {
  auto& g = arrive(1);
  std::vector<std::string> tokens;
  for (std::uint32_t d = 0; d < devices; ++d) {
    tokens.push_back(log_on(g, d));
  }
  for (std::uint32_t d = 0; d < devices; ++d) {
    EXPECT_THAT(report(g, d, tokens[d]), StartsWith("2.05"));
  }
}

TEST_F(wide_posting, a_token_of_nobody_and_a_topic_of_another_device_are_refused) {
  auto& g = arrive(1);
  const auto token = log_on(g, 0);
  EXPECT_THAT(report(g, 1, token), StartsWith("4.03"));
  EXPECT_THAT(report(g, 0, std::string(40, 'f')), StartsWith("4.01"));
  EXPECT_THAT(report(g, 1, "00000001" + token.substr(8)), StartsWith("4.01"));
}

TEST_F(wide_posting, a_device_that_comes_by_mqtt_ends_its_presence_by_posts) {
  for (std::uint32_t d = 0; d < 6; ++d) {
    auto& g = arrive(d + 1);
    EXPECT_THAT(report(g, d, log_on(g, d)), StartsWith("2.05"));
    EXPECT_TRUE(bench.arrive_device(d).saw("connected"));
  }
  for (std::size_t home = 0; home < wide_bench::homes; ++home) {
    EXPECT_EQ(online(home), 0U);
  }
  EXPECT_EQ(bench.count(&cloud::twin_counters::devices_online), 6U);
}

TEST_F(wide_posting, no_home_gives_a_token_to_another_homes_device) {
  byte_buffer body;
  alink::append_coap_logon(body, bench.credentials.at(0), {});
  json_reader json;
  const auto asked = alink::read_post_logon(json, body.view());
  ASSERT_TRUE(asked);
  bench.at_rest([&] {
    for (std::size_t home = 0; home < wide_bench::homes; ++home) {
      const auto got = bench.twin->at(home).posts()->authenticate(*asked, post_protocol::coap);
      EXPECT_EQ(got.ok(), home == bench.home_of_device(0));
    }
  });
}

} // namespace
} // namespace fleet
