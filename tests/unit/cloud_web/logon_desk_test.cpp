// The log-on front door over HTTP, asked in alink's own words as devices ask; and its rate limit.
#include <gtest/gtest.h>

#include <map>

#include "cloud_sim/web/logon_desk.hpp"
#include "cloud_sim/rate_limit.hpp"
#include "protocol/alink/id2_model.hpp"
#include "protocol/alink/logon.hpp"
#include "tests/support/web_rig.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::cloud {
namespace {

using namespace std::chrono_literals;
using alink::registrant;
using alink::sign_method;

struct listed_logons final : logon_registry {
  std::map<std::string, logon_device> devices;
  std::map<std::string, logon_product> products;
  bool grants = true;
  bool id2 = false;

  [[nodiscard]] std::optional<logon_device> find(device_name_view who) const override {
    const auto at = devices.find(std::string{who.product_key} + "/" + std::string{who.device_name});
    return at == devices.end() ? std::nullopt : std::optional{at->second};
  }
  [[nodiscard]] std::optional<logon_product> product(std::string_view key) const override {
    const auto at = products.find(std::string{key});
    return at == products.end() ? std::nullopt : std::optional{at->second};
  }
  [[nodiscard]] std::optional<std::string> codec_key(device_name_view who) const override {
    return id2 ? std::optional{"key of " + std::string{who.device_name}} : std::nullopt;
  }
  [[nodiscard]] logon_config config(std::string_view id, std::string_view token) const override {
    if (token != "good" && token != "g d+") {
      return {token == "old" ? token_verdict::expired : token_verdict::forged, std::nullopt};
    }
    return {token_verdict::good,
            id == "p k-2" ? std::optional<std::string>{R"({"a":1})"} : std::nullopt};
  }
  [[nodiscard]] std::optional<logon_token> grant(device_name_view who) override {
    if (!grants) {
      return std::nullopt;
    }
    return logon_token{"iot-" + std::string{who.device_name}, "token"};
  }
};

struct desk_part {
  desk_part() {
    registry.products["pk1"] = {"ps1", true};
    registry.products["off"] = {"ps2", false};
    for (const std::string key : {"pk1", "off"}) {
      registry.devices[key + "/d1"] = {{key, "d1", "s3cr3t"}, false};
      registry.devices[key + "/d2"] = {{key, "d2", "s3cr3t2"}, true};
    }
  }
  listed_logons registry;
  hal::virtual_world clock; ///< the desk's own clock moves when the test moves it
};

struct desk_rig : desk_part {
  explicit desk_rig(logon_ports ports = {1883, 8883}, const rate_rules& rate = logon_rate)
      : desk(clock.home(), registry, ports, rate), web(desk), web_tls(desk, {}, &security) {}

  std::string post(std::string_view path, std::string_view body) {
    const auto a = (secure ? web_tls : web)
                       .ask({.method = "POST",
                             .target = path,
                             .host = "twin.local:8080",
                             .body = as_bytes(body)});
    return std::to_string(a.status) + " " + a.body;
  }
  std::string enroll(const registrant& who, sign_method method = sign_method::hmacsha1,
                     alink::registration_style style = alink::registration_style::cmp_2_10) {
    return post("/auth/register/device",
                alink::make_registration_body(who, "abcdefghijklmn", method, style));
  }

  logon_desk desk;
  support::web_rig web;
  support::modelled_security security;
  support::web_rig web_tls;
  bool secure = true; ///< whether what is posted came over TLS
};

TEST(logon_desk, gives_a_device_of_the_product_its_secret) {
  desk_rig rig;
  for (const auto method : {sign_method::hmacmd5, sign_method::hmacsha1, sign_method::hmacsha256}) {
    for (const auto style :
         {alink::registration_style::cmp_2_10, alink::registration_style::later}) {
      EXPECT_EQ(rig.enroll({"pk1", "d1", "ps1"}, method, style),
                R"(200 {"code":200,"data":{"productKey":"pk1","deviceName":"d1",)"
                R"("deviceSecret":"s3cr3t"},"message":"success"})");
    }
  }
}

TEST(logon_desk, gives_no_secret_to_who_asks_without_TLS) {
  desk_rig rig;
  rig.secure = false;
  const auto said = rig.enroll({"pk1", "d1", "ps1"});
  EXPECT_TRUE(said.starts_with("403 {\"code\":403,")) << said;
  EXPECT_EQ(said.find("s3cr3t"), std::string::npos) << said;
  EXPECT_EQ(rig.enroll({"pk1", "d1", "wrong"}), said) << "nor whether it would have had one";
  rig.secure = true;
  EXPECT_TRUE(rig.enroll({"pk1", "d1", "ps1"}).starts_with("200 "));
}

TEST(logon_desk, gives_the_configuration_of_an_id_to_whoever_has_a_token) {
  desk_rig rig;
  const auto ask = [&](std::string_view method, std::string_view target) {
    const auto a = rig.web.ask({.method = method, .target = target, .host = "twin.local"});
    return std::to_string(a.status) + " " + std::string{a.body};
  };
  EXPECT_EQ(ask("GET", "/config/p%20k-2?token=good"), R"(200 {"a":1})");
  EXPECT_EQ(ask("GET", "/config/p%20k-2?a=b&token=g+d%2b"), R"(200 {"a":1})");
  for (const std::string_view path :
       {"/config/p%20k-1?token=good", "/config/?token=good", "/config/p%20k-2/x?token=good",
        "/config/p%2?token=good", "/config/..%2Fp%20k-2?token=good"}) {
    EXPECT_TRUE(ask("GET", path).starts_with("404 ")) << path;
  }
  for (const std::string_view query :
       {"", "?", "?token", "?token=", "?token=bad", "?token=old", "?token=good&token=good",
        "?Token=good", "?token=good%2", "?token=goods"}) {
    for (const std::string id : {"p%20k-2", "p%20k-1"}) {
      const auto said = ask("GET", "/config/" + id + std::string{query});
      EXPECT_TRUE(said.starts_with("403 {\"code\":401,")) << id << query << ": " << said;
    }
  }
  EXPECT_TRUE(ask("POST", "/config/p%20k-2?token=good").starts_with("405 "));
  EXPECT_TRUE(ask("GET", "/auth/devicename").starts_with("405 ")) << "as before";
}

TEST(logon_desk, answers_each_refusal_with_its_code_and_no_secret) {
  desk_rig rig;
  const auto code = [](const std::string& said) {
    EXPECT_TRUE(said.starts_with("200 {\"code\":")) << said;
    EXPECT_EQ(said.find("s3cr3t"), std::string::npos);
    return said.substr(12, said.find(',') - 12);
  };
  EXPECT_EQ(code(rig.enroll({"nobody", "d1", "ps1"})), "6250");
  EXPECT_EQ(code(rig.enroll({"off", "d1", "ps2"})), "6288");
  EXPECT_EQ(code(rig.enroll({"pk1", "d1", "wrong"})), "6600");
  EXPECT_EQ(code(rig.enroll({"pk1", "d9", "ps1"})), "6100");
  EXPECT_EQ(code(rig.enroll({"pk1", "d2", "ps1"})), "6289");
  EXPECT_EQ(code(rig.post("/auth/register/device", "productKey=pk1")), "460");
  EXPECT_EQ(code(rig.post("/auth/register/device", "")), "460");
  EXPECT_EQ(code(rig.post("/auth/register/device",
                          "productKey=pk1&deviceName=d1&random=r&sign=00&signMethod=rot13")),
            "6292");
  EXPECT_EQ(code(rig.post("/auth/id2", alink::make_id2_body({"id2", "code", "pk1", "key"}, "aes"))),
            "5001");
}

TEST(logon_desk, tells_whoever_cannot_sign_nothing_about_devices) {
  desk_rig rig;
  const auto known = rig.enroll({"pk1", "d1", "wrong"});
  EXPECT_EQ(rig.enroll({"pk1", "d2", "wrong"}), known);
  EXPECT_EQ(rig.enroll({"pk1", "d9", "wrong"}), known);
}

TEST(logon_desk, pre_authenticates_with_the_brokers_place) {
  desk_rig rig;
  rig.secure = false;
  const auto body = alink::make_preauth_body({"pk1", "d1", "s3cr3t"}, sign_method::hmacsha1);
  const auto said = rig.post("/auth/devicename", body);
  EXPECT_EQ(said, R"(200 {"code":200,"data":{"iotId":"iot-d1","iotToken":"token","resources":)"
                  R"({"mqtt":{"host":"twin.local","port":1883,"tcpPort":1883,"tlsPort":8883}}},)"
                  R"("message":"success"})");
  json_reader reader;
  const auto read = alink::read_preauth_reply(reader, as_bytes(said.substr(4)));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().iot_token, "token");
  rig.registry.grants = false;
  EXPECT_TRUE(rig.post("/auth/devicename", body).starts_with("200 {\"code\":500,"));
  const auto forged = alink::make_preauth_body({"pk1", "d1", "wrong"}, sign_method::hmacsha1);
  EXPECT_TRUE(rig.post("/auth/devicename", forged).starts_with("200 {\"code\":401,"));
  const auto unknown = alink::make_preauth_body({"pk1", "d9", "x"}, sign_method::hmacsha1);
  EXPECT_TRUE(rig.post("/auth/devicename", unknown).starts_with("200 {\"code\":5001,"));
  EXPECT_TRUE(rig.post("/auth/devicename", "x").starts_with("200 {\"code\":460,"));
}

TEST(logon_desk, gives_devices_with_an_element_a_key_where_the_model_is_on) {
  desk_rig rig;
  const auto asks = [&rig](const alink::identity& who) {
    return rig.post("/auth/id2", alink::make_id2_body(alink::model_id2(who), alink::id2_codec));
  };
  const alink::identity d1{"pk1", "d1", "s3cr3t"};
  EXPECT_TRUE(asks(d1).starts_with("200 {\"code\":5001,")) << "it is off";
  rig.registry.id2 = true;
  const auto said = asks(d1);
  EXPECT_NE(said.find(R"("codec":{"key":"key)"), std::string::npos) << said;
  EXPECT_NE(said.find(R"("iotId":"iot-d1")"), std::string::npos) << said;
  EXPECT_TRUE(asks({"pk1", "d1", "wrong"}).starts_with("200 {\"code\":401,"));
  EXPECT_TRUE(asks({"pk1", "d9", "x"}).starts_with("200 {\"code\":5001,"));
  EXPECT_TRUE(rig.post("/auth/id2", alink::make_id2_body({"no-model", "d1", "pk1", "k"}, "x"))
                  .starts_with("200 {\"code\":5001,"));
  EXPECT_TRUE(rig.post("/auth/id2", "x").starts_with("200 {\"code\":460,"));
  rig.registry.grants = false;
  EXPECT_TRUE(asks(d1).starts_with("200 {\"code\":500,"));
}

TEST(logon_desk, names_the_listener_that_is_there) {
  desk_rig tls_only{{0, 8883}};
  const auto said = tls_only.post("/auth/bootstrap", alink::make_bootstrap_body("pk1", "whoever"));
  EXPECT_NE(said.find(R"("host":"twin.local","port":8883}})"), std::string::npos) << said;
  desk_rig rig;
  EXPECT_TRUE(rig.post("/auth/bootstrap", "").starts_with("200 {\"code\":460,"));
}

TEST(logon_desk, knows_its_paths_and_its_method_alone) {
  desk_rig rig;
  EXPECT_TRUE(rig.post("/auth/other", "").starts_with("404 "));
  EXPECT_TRUE(rig.post("/v1/devices", "").starts_with("404 "));
  EXPECT_EQ(rig.web.ask("GET", "/auth/register/device").status, 405);
}

TEST(logon_desk, slows_a_source_that_guesses) {
  desk_rig rig{{1883, 0}, {.per_second = 100, .burst = 100}};
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(rig.enroll({"pk1", "d1", "wrong"}).starts_with("200 {\"code\":6600,")) << i;
  }
  const auto refused = rig.enroll({"pk1", "d1", "ps1"});
  EXPECT_TRUE(refused.starts_with("429 {\"code\":429,")) << refused;
  rig.clock.run_for(20ms);
  EXPECT_TRUE(rig.enroll({"pk1", "d1", "ps1"}).starts_with("200 {\"code\":200,"));
}

TEST(rate_limit, holds_sources_apart_and_gives_back_in_time) {
  rate_limit limit{{.per_second = 2, .burst = 4}};
  const time_point start{};
  limit.charge("10.0.0.1", 3, start);
  EXPECT_TRUE(limit.allows("10.0.0.1", start));
  limit.charge("10.0.0.1", 20, start);
  EXPECT_FALSE(limit.allows("10.0.0.1", start));
  EXPECT_TRUE(limit.allows("10.0.0.2", start));
  EXPECT_FALSE(limit.allows("10.0.0.1", start + 499ms));
  EXPECT_TRUE(limit.allows("10.0.0.1", start + 501ms));
  // It never holds more than its burst.
  limit.charge("10.0.0.1", 4, start + 3600s);
  EXPECT_FALSE(limit.allows("10.0.0.1", start + 3600s));
}

} // namespace
} // namespace fleet::cloud
