// Devices that ask the auth host before each connection (aliyun-iot.md §5.4): pre-auth and region
// bootstrap, at the twin's log-on door and at hosts that answer strangely.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actors/device/guide.hpp"
#include "tests/unit/actors/logon_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;
using test::at_a_twin;
using test::wrong_secrets;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(guided_device, asks_who_it_is_and_where_to_go_and_goes_there) {
  at_a_twin d{logon_way::pre_auth};
  d.boot(seconds{5});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.asked(), 1U);
  EXPECT_EQ(d.connects(0), 1U);
  EXPECT_THAT(d.troubles, IsEmpty());
  EXPECT_GT(d.slot->uplink.acknowledged(), 1U);
  EXPECT_EQ(d.slot->connections, 1U) << "the one to the auth host does not count";
  EXPECT_EQ(d.counts.reconnects.load(), 0U);
}

TEST(guided_device, over_tls_asks_over_https) {
  at_a_twin d{logon_way::pre_auth, true};
  d.boot(seconds{5});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.asked(), 1U);
  EXPECT_EQ(d.connects(0), 1U);
}

TEST(guided_device, goes_to_the_port_of_its_own_kind_however_it_asked) {
  for (const auto by : {logon_way::pre_auth, logon_way::bootstrap}) {
    at_a_twin plain{by, true};
    plain.product.security = nullptr;
    plain.boot(seconds{5});
    EXPECT_EQ(plain.it().now_in(), phase::online) << "asked over HTTPS, speaks TCP";
    EXPECT_THAT(plain.troubles, IsEmpty());
    at_a_twin secure{by, false};
    secure.product.security = &secure.security;
    secure.boot(seconds{5});
    EXPECT_EQ(secure.it().now_in(), phase::online) << "asked over HTTP, speaks TLS";
    EXPECT_THAT(secure.troubles, IsEmpty());
  }
}

TEST(guided_device, asks_again_before_each_connection) {
  at_a_twin d{logon_way::pre_auth};
  d.boot(seconds{5});
  ASSERT_TRUE(d.twin->console()->kick({"a1FleetDemo", "dev_000000"}).ok());
  d.run(seconds{10});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.asked(), 2U);
  EXPECT_EQ(d.connects(0), 2U);
  EXPECT_EQ(d.counts.reconnects.load(), 1U);
}

TEST(guided_device, by_bootstrap_asks_the_way_and_signs_for_itself) {
  at_a_twin d{logon_way::bootstrap};
  d.boot(seconds{5});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.asked(), 1U);
  EXPECT_EQ(d.connects(0), 1U);
}

TEST(guided_device, with_a_wrong_secret_is_told_so_and_backs_off) {
  at_a_twin d{logon_way::pre_auth, false, std::make_shared<wrong_secrets>()};
  d.boot(seconds{30});
  EXPECT_NE(d.it().now_in(), phase::online);
  EXPECT_THAT(d.troubles, Each(outcome::auth_host_failed));
  EXPECT_THAT(d.details, Each(HasSubstr("code 401")));
  EXPECT_EQ(d.failed(), d.troubles.size());
  EXPECT_EQ(d.connects(0) + d.connects(4), 0U) << "it does not come to the broker";
  EXPECT_GE(d.troubles.size(), 3U);
  EXPECT_LE(d.troubles.size(), 6U);
}

TEST(guided_device, that_bootstraps_with_a_wrong_secret_is_refused_by_the_broker) {
  at_a_twin d{logon_way::bootstrap, false, std::make_shared<wrong_secrets>()};
  d.boot(seconds{3});
  EXPECT_THAT(d.troubles, Each(outcome::refused_credentials));
  EXPECT_THAT(d.troubles, Not(IsEmpty()));
  EXPECT_EQ(d.failed(), 0U);
}

TEST(guided_device, costs_what_a_plain_one_does_once_it_is_online) {
  at_a_twin d{logon_way::pre_auth};
  d.boot(seconds{5});
  test::driven_device plain;
  plain.product.peer = plain.cloud.door.door->at();
  plain.boot(seconds{5});
  EXPECT_LE(d.it().memory_bytes(), plain.it().memory_bytes() + 64);
}

/// An auth host that says what a test wants, and closes if told to; the cloud is played by hand.
struct at_a_strange_host : test::driven_device {
  explicit at_a_strange_host(logon_way by = logon_way::pre_auth) : auth(world.home(), 80) {
    product.logon.by = by;
    product.logon.auth_host = auth.door->at();
    product.logon.host = "iot-auth.test";
    auth.when_accepted = [this](support::recorder& guest) {
      guest.when_received = [this](support::recorder& r, std::string_view) {
        if (r.deliveries == 1 && !says.empty()) {
          r.write(says);
        }
        if (closes) {
          r.stream->close();
        }
      };
    };
  }
  ~at_a_strange_host() override { crash(); }
  support::host auth;
  std::string says;
  bool closes = false;
};

std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n"
         + std::string{body};
}

std::string grant(std::string_view host, std::string_view port = "1883") {
  return ok(R"({"code":200,"data":{"iotId":"iot0001","iotToken":"00112233","resources":{"mqtt":)"
            R"({"host":")"
            + std::string{host} + R"(","port":)" + std::string{port}
            + R"(}}},"message":"success"})");
}

TEST(guided_device, asks_as_the_sdk_does_and_shows_what_it_got) {
  at_a_strange_host d;
  d.says = grant("127.0.0.1");
  d.boot(seconds{3});
  EXPECT_EQ(d.it().now_in(), phase::online);
  ASSERT_THAT(d.auth.guests, SizeIs(1));
  const auto& asked = d.auth.guests[0]->received;
  EXPECT_TRUE(asked.starts_with("POST /auth/devicename HTTP/1.1\r\n")) << asked;
  EXPECT_THAT(asked, HasSubstr("Host: iot-auth.test\r\n"));
  EXPECT_THAT(asked, HasSubstr("productKey=a1FleetDemo&deviceName=dev_000000&signmethod=hmacsha1"));
  EXPECT_THAT(asked, HasSubstr("&timestamp=2524608000000&resources=mqtt"));
  EXPECT_THAT(d.cloud.octets, HasSubstr("a1FleetDemo.dev_000000|securemode=0,"));
  EXPECT_THAT(d.cloud.octets, HasSubstr(std::string{"\0\7iot0001\0\10"
                                                    "00112233",
                                                    19}));
}

TEST(guided_device, takes_an_answer_that_ends_with_its_connection) {
  at_a_strange_host d;
  d.says = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
           + grant("127.0.0.1").substr(grant("127.0.0.1").find('{'));
  d.closes = true;
  d.boot(seconds{3});
  EXPECT_EQ(d.it().now_in(), phase::online);
}

TEST(guided_device, goes_to_names_that_were_looked_up_and_to_its_own_target) {
  for (const std::string_view host : {"", "A1.IoT-as-mqtt.test"}) {
    at_a_strange_host d;
    d.says = grant(host);
    d.product.logon.hosts.push_back({"a1.iot-as-mqtt.test", d.auth.door->at()});
    d.boot(seconds{3});
    EXPECT_EQ(d.it().now_in(), phase::online) << host;
  }
  at_a_strange_host lost;
  lost.says = grant("elsewhere.test");
  lost.boot(seconds{1});
  EXPECT_THAT(lost.troubles, ElementsAre(outcome::auth_host_failed));
  EXPECT_THAT(lost.details, Each(HasSubstr("elsewhere.test")));
}

TEST(guided_device, goes_to_an_address_of_either_family) {
  at_a_strange_host d;
  d.says = grant("[::1]", "9");
  d.boot(seconds{1});
  EXPECT_THAT(d.troubles, Each(outcome::connection_refused)) << "nobody is there";
  EXPECT_THAT(d.troubles, Not(IsEmpty()));
}

TEST(guided_device, reports_every_code_of_the_platform) {
  for (const std::string_view code : {"401", "460", "500", "5001", "6200"}) {
    for (const auto by : {logon_way::pre_auth, logon_way::bootstrap}) {
      at_a_strange_host d{by};
      d.says = ok(R"({"code":)" + std::string{code} + R"(,"message":"no"})");
      d.boot(seconds{1});
      EXPECT_THAT(d.troubles, ElementsAre(outcome::auth_host_failed)) << code;
      EXPECT_THAT(d.details, Each(HasSubstr("code " + std::string{code} + ","))) << code;
      EXPECT_THAT(d.cloud.said, IsEmpty());
      EXPECT_EQ(d.cloud.connects, 0);
    }
  }
}

TEST(guided_device, believes_no_answer_that_is_none) {
  const std::string good = grant("127.0.0.1");
  for (const std::string& said : {
           std::string{"<html>log on to the hotel's network</html>\r\n\r\n"},
           ok("<html></html>"),
           ok(""),
           ok(R"({"code":200})"),
           ok(R"({"code":200,"data":{"iotId":"","iotToken":"","resources":{"mqtt":)"
              R"({"host":"h","port":1}}}})"),
           grant("127.0.0.1", "0"),
           grant("127.0.0.1", "65536"),
           grant("127.0.0.1/x"),
           std::string{"HTTP/1.1 302 Found\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n"},
           std::string{"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"},
           std::string{"HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n"},
           "HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'x'),
       }) {
    at_a_strange_host d;
    d.says = said;
    d.boot(seconds{1});
    EXPECT_THAT(d.troubles, ElementsAre(outcome::auth_host_failed)) << said.substr(0, 60);
    EXPECT_EQ(d.cloud.connects, 0);
  }
}

TEST(guided_device, takes_an_answer_that_fills_its_buffer_and_none_larger) {
  for (const std::size_t size : {door_answer_max, door_answer_max + 1}) {
    std::string body = grant("127.0.0.1");
    body = body.substr(body.find('{'));
    body.insert(body.size() - 1, R"(,"pad":")" + std::string(size - body.size() - 9, 'x') + '"');
    ASSERT_EQ(body.size(), size);
    at_a_strange_host d;
    d.says = ok(body);
    d.boot(seconds{1});
    EXPECT_EQ(d.it().now_in() == phase::online, size == door_answer_max) << size;
  }
}

TEST(guided_device, leaves_an_auth_host_that_says_nothing_or_half) {
  for (const std::string& said : {std::string{}, std::string{"HTTP/1.1 200 OK\r\nContent-L"}}) {
    at_a_strange_host d;
    d.says = said;
    d.boot(seconds{9});
    EXPECT_THAT(d.troubles, IsEmpty());
    d.run(seconds{2});
    EXPECT_THAT(d.troubles, ElementsAre(outcome::auth_host_failed));
    EXPECT_THAT(d.details, Each(HasSubstr("in time")));
    at_a_strange_host hasty;
    hasty.says = said;
    hasty.closes = true;
    hasty.boot(seconds{1});
    EXPECT_THAT(hasty.troubles, ElementsAre(outcome::auth_host_failed));
  }
}

TEST(guided_device, tells_an_auth_host_that_is_not_there) {
  at_a_strange_host d;
  d.product.logon.auth_host = hal::parse_address("127.0.0.1:9").value();
  d.boot(seconds{1});
  EXPECT_THAT(d.troubles, Each(outcome::auth_host_failed));
  EXPECT_THAT(d.troubles, Not(IsEmpty()));
  EXPECT_THAT(d.details, Each(HasSubstr("auth host: refused")));
}

TEST(guided_device, that_finds_nobody_where_it_was_sent_asks_again) {
  at_a_strange_host d;
  d.says = grant("127.0.0.1", "9");
  d.boot(seconds{10});
  EXPECT_THAT(d.troubles, Each(outcome::connection_refused));
  EXPECT_THAT(d.troubles, Not(IsEmpty()));
  EXPECT_GE(d.auth.guests.size(), d.troubles.size()) << "the former answer is not used twice";
}

TEST(guided_device, may_be_stopped_while_it_asks) {
  at_a_strange_host d;
  d.boot(seconds{1});
  d.stop(seconds{2});
  EXPECT_EQ(d.it().now_in(), phase::stopped);
  EXPECT_THAT(d.troubles, IsEmpty());
}

} // namespace
} // namespace fleet::actors
