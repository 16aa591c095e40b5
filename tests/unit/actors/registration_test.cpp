// Devices made with their product's secret alone (aliyun-iot.md §5.5): they fetch their own at
// their first boot, over MQTT or at the auth host, keep it, and log on with it ever after.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actors/device/registrar.hpp"
#include "cloud_sim/twin.hpp"
#include "cloud_sim/web/logon_desk.hpp"
#include "cloud_sim/web/service.hpp"
#include "tests/unit/actors/driven_device.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view product_secret = "PsAbCdEfGhIjKlMn";

/// The generated names without their secrets: what is burnt into such devices.
class names_only final : public alink::credential_source {
public:
  [[nodiscard]] std::uint32_t count() const noexcept override { return of_.count(); }
  [[nodiscard]] alink::identity at(std::uint32_t index) const override {
    auto who = of_.at(index);
    who.device_secret.clear();
    return who;
  }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override {
    return of_.find(product_key, device_name);
  }

private:
  alink::generated_credentials of_;
};

struct without_secret : test::driven_device {
  explicit without_secret(registration_way by = registration_way::mqtt)
      : driven_device(std::make_shared<names_only>()) {
    product.registration.by = by;
    product.registration.product_secret = product_secret;
  }
  [[nodiscard]] std::string kept() const {
    const auto text = slot->board.kv.get(secret_key);
    return text ? std::string{as_text(*text)} : std::string{};
  }
  /// What the platform has in its books.
  [[nodiscard]] std::string secret() const {
    return alink::generated_credentials{}.at(0).device_secret;
  }
};

/// Before a twin with an MQTT door over TLS, and a plain one.
struct at_a_twin : without_secret {
  explicit at_a_twin(registration_way by = registration_way::mqtt) : without_secret(by) {
    cloud::twin_options o;
    o.credentials = &books;
    o.listeners.push_back(
        {.at = hal::parse_address("127.0.0.1:8883").value(), .security = &security});
    o.listeners.push_back({.at = hal::parse_address("127.0.0.1:2883").value()});
    o.products.push_back({.product_key = "a1FleetDemo", .secret = std::string{product_secret}});
    twin = std::make_unique<cloud::twin>(std::move(o));
    at = twin->start(world.home()).value();
    product.peer = at[0];
    product.security = &security;
  }
  ~at_a_twin() override {
    crash();
    twin->stop();
  }
  [[nodiscard]] std::string state() {
    return std::string{twin->console()->device({"a1FleetDemo", "dev_000000"}).value().state};
  }

  alink::generated_credentials books;
  support::modelled_security security;
  std::unique_ptr<cloud::twin> twin;
  std::vector<hal::address> at;
};

TEST(registering_device, fetches_its_secret_once_and_logs_on_with_it) {
  at_a_twin d;
  d.boot(seconds{5});
  EXPECT_EQ(d.kept(), d.secret());
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.state(), "online");
  EXPECT_EQ(d.counts.registrations.load(), 1U);
  EXPECT_EQ(cloud::value(d.twin->counters().connects[0]), 2U);
  EXPECT_THAT(d.troubles, IsEmpty());
  EXPECT_GT(d.slot->uplink.acknowledged(), 1U);
  EXPECT_EQ(d.slot->connections, 1U) << "the one that registered does not count";
  EXPECT_EQ(d.counts.reconnects.load(), 0U);
  EXPECT_EQ(d.counts.disconnects_unplanned.load(), 0U);
}

TEST(registering_device, does_not_do_it_again_after_a_reboot) {
  at_a_twin d;
  d.boot(seconds{5});
  d.crash();
  d.boot(seconds{5});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.counts.registrations.load(), 1U);
  EXPECT_EQ(cloud::value(d.twin->counters().connects[0]), 3U);
  EXPECT_EQ(cloud::value(d.twin->counters().connects[5]), 0U);
}

TEST(registering_device, that_lost_power_with_its_secret_just_stored_logs_on_with_it) {
  at_a_twin d;
  d.boot({});
  while (d.counts.registrations.load() == 0) {
    d.run(std::chrono::microseconds{50});
  }
  EXPECT_EQ(d.state(), "unactivated");
  d.crash();
  d.boot(seconds{5});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.counts.registrations.load(), 1U);
}

TEST(registering_device, that_lost_power_before_asks_again) {
  at_a_twin d;
  d.boot({});
  while (cloud::value(d.twin->counters().connects[0]) == 0) {
    d.run(std::chrono::microseconds{50});
  }
  d.crash();
  EXPECT_EQ(d.kept(), "");
  d.boot(seconds{5});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.counts.registrations.load(), 1U);
}

TEST(registering_device, is_refused_after_a_factory_reset_for_it_was_active) {
  at_a_twin d;
  d.boot(seconds{5});
  d.crash();
  d.slot->board.factory_reset();
  d.boot(seconds{20});
  EXPECT_NE(d.it().now_in(), phase::online);
  EXPECT_THAT(d.troubles, Each(outcome::refused_authorization));
  EXPECT_THAT(d.details, Each(HasSubstr("registered already")));
  EXPECT_GE(d.troubles.size(), 3U) << "it goes on asking, ever more slowly";
  EXPECT_LE(d.troubles.size(), 6U);
}

TEST(registering_device, takes_a_damaged_secret_in_its_store_for_none) {
  at_a_twin d;
  d.boot({});
  d.crash();
  ASSERT_TRUE(d.slot->board.kv.put(secret_key, as_bytes("\x01\xff")).ok());
  d.boot(seconds{5});
  EXPECT_EQ(d.kept(), d.secret());
  EXPECT_EQ(d.it().now_in(), phase::online);
}

TEST(registering_device, is_refused_over_plain_tcp) {
  at_a_twin d;
  d.product.peer = d.at[1];
  d.product.security = nullptr;
  d.boot(seconds{10});
  EXPECT_THAT(d.troubles, Each(outcome::refused_authorization));
  EXPECT_THAT(d.troubles, Not(IsEmpty()));
  EXPECT_EQ(d.kept(), "");
}

TEST(registering_device, is_refused_with_the_wrong_product_secret) {
  at_a_twin d;
  d.product.registration.product_secret = "another";
  d.boot(seconds{10});
  EXPECT_THAT(d.troubles, Each(outcome::refused_credentials));
  EXPECT_EQ(d.counts.registrations.load(), 0U);
}

TEST(registering_device, signs_something_else_each_time) {
  without_secret d;
  d.boot(seconds{60}); // nobody tells it a secret
  std::set<std::string> seen;
  std::size_t count = 0;
  for (const auto& guest : d.cloud.door.guests) {
    const auto at = guest->received.find("random=");
    ASSERT_NE(at, std::string::npos);
    EXPECT_THAT(guest->received, HasSubstr("|authType=register,random="));
    EXPECT_THAT(guest->received, Not(HasSubstr(std::string{product_secret})));
    seen.insert(guest->received.substr(at, 15));
    ++count;
  }
  EXPECT_GE(count, 3U);
  EXPECT_EQ(seen.size(), count);
}

TEST(registering_device, gives_up_an_answer_that_does_not_come_and_tries_again) {
  without_secret d;
  d.boot(seconds{9});
  EXPECT_THAT(d.troubles, IsEmpty());
  EXPECT_EQ(d.cloud.connects, 1);
  d.run(seconds{2});
  EXPECT_THAT(d.troubles, ElementsAre(outcome::timed_out));
  d.run(seconds{3});
  EXPECT_EQ(d.cloud.connects, 2);
  d.say("/ext/register", R"({"productKey":"a1FleetDemo","deviceName":"dev_000000",)"
                         R"("deviceSecret":"told_late"})");
  d.run(seconds{2});
  EXPECT_EQ(d.kept(), "told_late");
  EXPECT_EQ(d.it().now_in(), phase::online);
}

TEST(registering_device, believes_no_message_that_is_not_for_it) {
  for (const std::string_view told : {
           "",
           "{",
           "[]",
           R"({"deviceSecret":"x"})",
           R"({"productKey":"a1FleetDemo","deviceName":"dev_000001","deviceSecret":"x"})",
           R"({"productKey":"a1Other","deviceName":"dev_000000","deviceSecret":"x"})",
           R"({"productKey":"a1FleetDemo","deviceName":"dev_000000","deviceSecret":""})",
           R"({"productKey":"a1FleetDemo","deviceName":"dev_000000","deviceSecret":5})",
           R"({"productKey":"a1FleetDemo","deviceName":"dev_000000","deviceSecret":"a b"})",
       }) {
    without_secret d;
    d.boot(seconds{1});
    d.say("/sys/a1FleetDemo/dev_000000/thing/service/property/set", R"({"id":"1","params":{}})");
    EXPECT_THAT(d.troubles, IsEmpty()) << "another topic is nothing to it";
    d.say("/ext/register", told);
    EXPECT_THAT(d.troubles, ElementsAre(outcome::protocol_error)) << told;
    EXPECT_EQ(d.kept(), "") << told;
    EXPECT_THAT(d.cloud.said, IsEmpty());
  }
}

TEST(registering_device, without_room_in_its_store_tells_and_tries_again) {
  at_a_twin d;
  d.boot({});
  d.crash();
  auto& kv = d.slot->board.kv;
  const std::vector<std::uint8_t> filling(kv.capacity() - kv.used() - 20, 0);
  ASSERT_TRUE(kv.put("f", filling).ok());
  d.boot(seconds{5});
  EXPECT_THAT(d.troubles, Each(outcome::exhausted));
  EXPECT_THAT(d.details, Each(HasSubstr("no room")));
  EXPECT_THAT(d.details, Each(Not(HasSubstr(d.secret()))));
  ASSERT_TRUE(kv.erase("f"));
  d.run(seconds{20});
  EXPECT_EQ(d.it().now_in(), phase::online);
}

TEST(registering_device, may_be_stopped_meanwhile) {
  without_secret d;
  d.boot(seconds{1});
  d.stop(seconds{2});
  EXPECT_EQ(d.it().now_in(), phase::stopped);
  EXPECT_TRUE(d.cloud.octets.ends_with(std::string{"\xe0\x00", 2})) << "DISCONNECT";
}

TEST(registering_device, costs_nothing_once_it_has_its_secret) {
  at_a_twin d;
  d.boot({});
  const auto during = d.it().memory_bytes();
  d.run(seconds{5});
  test::driven_device plain;
  plain.product.peer = plain.cloud.door.door->at();
  plain.boot(seconds{5});
  EXPECT_LE(d.it().memory_bytes(), plain.it().memory_bytes() + 64);
  EXPECT_GT(during, 0U);
}

/// With the auth host's front door beside the twin.
struct at_an_auth_host : at_a_twin {
  at_an_auth_host() : at_a_twin(registration_way::https) {
    desk = std::make_unique<cloud::logon_desk>(world.home(), *twin->logons(),
                                               cloud::logon_ports{2883, 8883});
    service = std::make_unique<cloud::web_service>(world.home(), *desk, cloud::web_limits{});
    auto& plan = product.registration;
    plan.auth_host =
        service->listen({.at = hal::parse_address("127.0.0.1:443").value(), .security = &security})
            .value();
    plan.security = &security;
    plan.server_name = "iot-auth.test";
    plan.host = "iot-auth.test";
  }
  ~at_an_auth_host() override { crash(); }

  std::unique_ptr<cloud::logon_desk> desk;
  std::unique_ptr<cloud::web_service> service;
};

TEST(registering_device, fetches_its_secret_at_the_auth_host) {
  at_an_auth_host d;
  d.boot(seconds{5});
  EXPECT_EQ(d.kept(), d.secret());
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(cloud::value(d.twin->counters().connects[0]), 1U);
  EXPECT_THAT(d.troubles, IsEmpty());
  d.crash();
  d.boot(seconds{5});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.counts.registrations.load(), 1U);
}

TEST(registering_device, tells_the_code_that_the_auth_host_refuses_it_with) {
  at_an_auth_host d;
  d.product.registration.product_secret = "another";
  d.boot(seconds{3});
  EXPECT_THAT(d.troubles, Each(outcome::refused_authorization));
  EXPECT_THAT(d.details, Each(HasSubstr("code 6600")));
  EXPECT_THAT(d.details, Each(Not(HasSubstr("registered already"))));
  EXPECT_THAT(d.details, Not(IsEmpty()));
  EXPECT_NE(d.it().now_in(), phase::online);
}

TEST(registering_device, that_the_auth_host_knows_as_active_is_told_what_that_may_mean) {
  at_an_auth_host d;
  d.boot(seconds{5});
  d.crash();
  d.slot->board.factory_reset();
  d.boot(seconds{20});
  EXPECT_NE(d.it().now_in(), phase::online);
  EXPECT_THAT(d.troubles, Not(IsEmpty()));
  EXPECT_THAT(d.troubles, Each(outcome::refused_authorization));
  EXPECT_THAT(d.details, Each(HasSubstr("code 6289")));
  EXPECT_THAT(d.details, Each(HasSubstr("registered already")));
}

TEST(registering_device, fetches_its_secret_over_https_though_it_speaks_plain_mqtt) {
  at_an_auth_host d;
  d.product.peer = d.at[1];
  d.product.security = nullptr;
  d.boot(seconds{5});
  EXPECT_EQ(d.kept(), d.secret());
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_THAT(d.troubles, IsEmpty());
}

/// An auth host that says what a test wants, and closes if told to.
struct at_a_strange_host : without_secret {
  at_a_strange_host() : without_secret(registration_way::https), auth(world.home(), 80) {
    product.registration.auth_host = auth.door->at();
    product.registration.host = "iot-auth.test";
    auth.when_accepted = [this](support::recorder& guest) {
      guest.when_received = [this](support::recorder& r, std::string_view) {
        if (r.deliveries == 1) {
          r.write(says);
          if (closes) {
            r.stream->close();
          }
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

constexpr std::string_view good =
    R"({"code":200,"data":{"productKey":"a1FleetDemo","deviceName":"dev_000000",)"
    R"("deviceSecret":"over_http"},"message":"success"})";

TEST(registering_device, asks_as_the_sdk_does) {
  at_a_strange_host d;
  d.says = ok(good);
  d.boot(seconds{3});
  EXPECT_EQ(d.kept(), "over_http");
  EXPECT_EQ(d.it().now_in(), phase::online);
  ASSERT_THAT(d.auth.guests, SizeIs(1));
  const auto& asked = d.auth.guests[0]->received;
  EXPECT_TRUE(asked.starts_with("POST /auth/register/device HTTP/1.1\r\n")) << asked;
  EXPECT_THAT(asked, HasSubstr("Host: iot-auth.test\r\n"));
  EXPECT_THAT(asked, HasSubstr("productKey=a1FleetDemo&deviceName=dev_000000&random="));
  EXPECT_THAT(asked, HasSubstr("&signMethod=hmacsha256"));
  EXPECT_THAT(asked, Not(HasSubstr(std::string{product_secret})));
}

TEST(registering_device, takes_an_answer_that_ends_with_its_connection) {
  at_a_strange_host d;
  d.says = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string{good};
  d.closes = true;
  d.boot(seconds{3});
  EXPECT_EQ(d.kept(), "over_http");
}

TEST(registering_device, believes_no_answer_that_is_none) {
  for (const std::string& said : {
           std::string{"<html>log on to the hotel's network</html>\r\n\r\n"},
           ok("<html></html>"),
           ok(""),
           ok(R"({"code":200})"),
           ok(R"({"code":200,"data":{"productKey":"a1FleetDemo","deviceName":"dev_000001",)"
              R"("deviceSecret":"x"}})"),
           std::string{"HTTP/1.1 302 Found\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n"},
           std::string{"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"},
           "HTTP/1.1 200 OK\r\nContent-Length: " + std::string(40, '9') + "\r\n\r\n",
           "HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'x'),
       }) {
    at_a_strange_host d;
    d.says = said;
    d.boot(seconds{1});
    EXPECT_THAT(d.troubles, ElementsAre(outcome::protocol_error)) << said.substr(0, 60);
    EXPECT_EQ(d.kept(), "");
  }
}

TEST(registering_device, leaves_an_auth_host_that_says_nothing_or_half) {
  for (const std::string& said : {std::string{}, std::string{"HTTP/1.1 200 OK\r\nContent-L"}}) {
    at_a_strange_host d;
    d.says = said;
    d.boot(seconds{9});
    EXPECT_THAT(d.troubles, IsEmpty());
    d.run(seconds{2});
    EXPECT_THAT(d.troubles, ElementsAre(outcome::timed_out));
    at_a_strange_host hasty;
    hasty.says = said;
    hasty.closes = true;
    hasty.boot(seconds{1});
    EXPECT_THAT(hasty.troubles, SizeIs(1)) << "it closed";
  }
}

TEST(registering_device, of_a_product_with_secrets_does_none_of_it) {
  test::driven_device d;
  d.boot(seconds{3});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_THAT(d.cloud.octets, Not(HasSubstr("authType")));
}

} // namespace
} // namespace fleet::actors
