// How devices log on, from the line or a scenario to what they are made with: what goes together,
// what does not, and where they ask.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/run/guidance.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/scenario/overrides.hpp"
#include "fleet/scenario/reader.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {
namespace {

using testing::HasSubstr;

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    out.push_back(line.substr(0, blank));
    line.remove_prefix(std::min(blank + 1, line.size()));
  }
  return out;
}

run_options run(const std::string& flags) {
  const std::string line = "run " + flags;
  const auto parsed = parse_options(split(line));
  if (!parsed) {
    ADD_FAILURE() << line << "\n" << parsed.error().message;
    return {};
  }
  return std::get<run_options>(parsed.value());
}

std::string refused(const std::string& flags) {
  const std::string line = "run " + flags;
  const auto parsed = parse_options(split(line));
  return parsed ? "accepted" : parsed.error().message;
}

scenario_plan plan_of(const std::string& text, const scenario_overrides& flags = {}) {
  const auto file =
      read_scenario(text, scenario_surroundings{"", [](const std::string&) { return true; }});
  EXPECT_TRUE(file.ok()) << (file ? "" : file.error().front().message);
  auto plan = resolve(file ? file.value() : scenario{}, flags);
  EXPECT_TRUE(plan.ok()) << (plan ? "" : plan.error().message);
  return plan ? std::move(plan).value() : scenario_plan{};
}

std::string mistake_of(const std::string& text) {
  const auto file =
      read_scenario(text, scenario_surroundings{"", [](const std::string&) { return true; }});
  return file ? "accepted" : file.error().front().message;
}

TEST(logon_flags, choose_the_way_and_the_place) {
  EXPECT_EQ(run("").logon, logon_mode::direct);
  EXPECT_EQ(run("--logon bootstrap").logon, logon_mode::bootstrap);
  EXPECT_EQ(run("--logon register --security tls").logon, logon_mode::register_);
  EXPECT_EQ(run("--register --security tls").logon, logon_mode::register_);
  EXPECT_EQ(run("--logon register-https").logon, logon_mode::register_https) << "MQTT may be plain";
  EXPECT_EQ(run("--logon register-https --target mqtt://h --auth-host https://a").auth_host.port,
            443);
  const auto o = run("--logon pre-auth --target mqtt://h --auth-host https://Auth.test:8443");
  EXPECT_EQ(o.logon, logon_mode::pre_auth);
  EXPECT_TRUE(o.auth_host.secure);
  EXPECT_EQ(o.auth_host.host, "auth.test");
  EXPECT_EQ(o.auth_host.port, 8443);
  EXPECT_EQ(run("--logon pre-auth --target mqtt://h --auth-host http://h").auth_host.port, 80);
}

TEST(logon_flags, that_contradict_each_other_are_refused) {
  EXPECT_THAT(refused("--logon preauth"), HasSubstr("the nearest is pre-auth"));
  EXPECT_THAT(refused("--register --logon direct --security tls"),
              HasSubstr("--register and --logon contradict each other"));
  EXPECT_THAT(refused("--logon register"), HasSubstr("--logon register tells secrets"));
  EXPECT_THAT(refused("--logon register-https --target mqtt://h --auth-host http://a"),
              HasSubstr("write https:// for --auth-host"));
  EXPECT_THAT(refused("--logon register-https --security id2"), HasSubstr("without an element"));
  EXPECT_THAT(refused("--register --logon register-https"), HasSubstr("contradict each other"));
  EXPECT_EQ(refused("--logon register-https --target mqtt://h --cafile x"), "accepted");
  EXPECT_THAT(refused("--logon pre-auth --auth-host http://h"), HasSubstr("needs a target"));
  EXPECT_THAT(refused("--target mqtt://h --auth-host http://h"),
              HasSubstr("add --logon pre-auth, bootstrap or register-https"));
  for (const auto* const bad : {"h", "ftp://h", "http://", "http://u@h", "http://h/x"}) {
    EXPECT_THAT(refused("--logon pre-auth --target mqtt://h --auth-host " + std::string{bad}),
                HasSubstr("--auth-host"))
        << bad;
  }
  EXPECT_THAT(refused("--profile mqtt --logon pre-auth"), HasSubstr("--logon belongs to"));
  EXPECT_THAT(refused("--logon pre-auth --security itls"), HasSubstr("does not go with"));
  EXPECT_THAT(refused("--logon register --security id2-tls"), HasSubstr("without an element"));
  EXPECT_THAT(refused("--profile mqtt --security id2"), HasSubstr("belongs to the profiles"));
  EXPECT_THAT(refused("--security id2 --target mqtts://h"),
              HasSubstr("--security id2 contradicts"));
  EXPECT_THAT(refused("--security itls --target mqtt://h"),
              HasSubstr("--security itls contradicts"));
  EXPECT_EQ(refused("--security id2 --target mqtt://h"), "accepted");
  EXPECT_EQ(run("--security id2-tls --target mqtts://h").security, security::id2_tls);
  EXPECT_THAT(refused("--security id2 --cafile x --target mqtt://h"), HasSubstr("needs TLS"));
  EXPECT_EQ(refused("--logon pre-auth --target mqtt://h --auth-host https://h --cafile x"),
            "accepted");
}

TEST(logon_keys, say_the_same_and_flags_replace_them) {
  const std::string text = "products: [{name: a, logon: pre-auth, security: id2}, {name: b, "
                           "profile: mqtt}, {name: g, gateways: {children: {product: c}}}, "
                           "{name: c, logon: register}]";
  const auto plan = plan_of(text);
  EXPECT_EQ(plan.products[0].product.logon, logon_mode::pre_auth);
  EXPECT_EQ(plan.products[0].product.security, security::id2);
  scenario_overrides flags;
  flags.logon = logon_mode::bootstrap;
  const auto over = plan_of(text, flags);
  EXPECT_EQ(over.products[0].product.logon, logon_mode::bootstrap);
  EXPECT_EQ(over.products[1].product.logon, logon_mode::direct) << "any broker";
  EXPECT_EQ(over.products[2].product.logon, logon_mode::bootstrap);
  EXPECT_EQ(over.products[3].product.logon, logon_mode::register_) << "no connection of its own";
}

TEST(logon_keys, that_cannot_be_are_refused_with_their_place) {
  EXPECT_THAT(mistake_of("products: [{logon: pre-auth, security: itls}]"),
              HasSubstr("does not go with security itls"));
  EXPECT_THAT(mistake_of("products: [{logon: register, security: id2}]"),
              HasSubstr("without an element"));
  EXPECT_THAT(mistake_of("products: [{logon: register-https, security: id2}]"),
              HasSubstr("without an element"));
  EXPECT_THAT(mistake_of("products: [{name: g, gateways: {children: {product: c}}}, {name: c, "
                         "logon: register-https}]"),
              HasSubstr("logon register-https is about a connection"));
  EXPECT_THAT(mistake_of("products: [{profile: mqtt, security: id2}]"),
              HasSubstr("belongs to the profiles linkdevelop and linkplatform"));
  EXPECT_THAT(mistake_of("products: [{name: g, gateways: {children: {product: c}}}, {name: c, "
                         "logon: bootstrap}]"),
              HasSubstr("logon bootstrap is about a connection"));
  scenario_overrides flags;
  flags.target = text::scheme::mqtts;
  const auto file =
      read_scenario("products: [{security: id2}]",
                    scenario_surroundings{"", [](const std::string&) { return true; }});
  ASSERT_TRUE(file.ok());
  EXPECT_THAT(resolve(file.value(), flags).error().message, HasSubstr("write id2-tls"));
}

TEST(prepare_logon, finds_the_auth_host_beside_the_target_or_where_it_is_told) {
  auto o = run("--devices 1 --logon pre-auth --target mqtt://127.0.0.1:2883 --sign hmacsha256");
  const auto beside = prepare(o);
  ASSERT_TRUE(beside.ok()) << beside.error().message;
  const auto& plan = beside.value().products[0].settings.logon;
  EXPECT_EQ(plan.by, actors::logon_way::pre_auth);
  EXPECT_EQ(plan.sign, alink::sign_method::hmacsha256);
  EXPECT_EQ(plan.auth_host.text(), "127.0.0.1:80");
  EXPECT_EQ(plan.host, "127.0.0.1");
  EXPECT_EQ(plan.security, nullptr);
  EXPECT_EQ(plan.hosts.size(), 2U);
  EXPECT_EQ(plan.hosts[0].at.port, 2883);
  EXPECT_EQ(plan.hosts[1].name, "127.0.0.1");
  EXPECT_EQ(plan.hosts[1].at.port, 80) << "the auth host's own name leads to itself";
  o = run("--devices 1 --logon bootstrap --target mqtt://127.0.0.1 --auth-host https://[::1]:9 "
          "--insecure");
  const auto told = prepare(o);
  ASSERT_TRUE(told.ok()) << told.error().message;
  const auto& elsewhere = told.value().products[0].settings;
  EXPECT_EQ(elsewhere.logon.by, actors::logon_way::bootstrap);
  EXPECT_EQ(elsewhere.logon.auth_host.text(), "[::1]:9");
  EXPECT_NE(elsewhere.logon.security, nullptr);
  EXPECT_EQ(elsewhere.logon.server_name, "::1");
  EXPECT_EQ(elsewhere.security, nullptr) << "MQTT stays plain";
}

TEST(prepare_logon, of_devices_that_register_at_the_auth_host_takes_https_whatever_mqtt_is) {
  support::temp_folder folder;
  const std::string secrets = folder / "p.csv";
  std::ofstream{secrets} << "ProductKey,ProductSecret\na1FleetDemo,secretOfOne\n";
  const std::string line = "--devices 1 --logon register-https --target mqtt://127.0.0.1:2883 "
                           "--insecure --product-secrets "
                           + secrets;
  const auto beside = prepare(run(line));
  ASSERT_TRUE(beside.ok()) << beside.error().message;
  const auto& settings = beside.value().products[0].settings;
  EXPECT_EQ(settings.registration.by, actors::registration_way::https);
  EXPECT_EQ(settings.registration.product_secret, "secretOfOne");
  EXPECT_EQ(settings.registration.auth_host.text(), "127.0.0.1:443");
  EXPECT_NE(settings.registration.security, nullptr);
  EXPECT_EQ(settings.registration.host, "127.0.0.1");
  EXPECT_EQ(settings.logon.by, actors::logon_way::direct);
  EXPECT_EQ(settings.security, nullptr) << "MQTT stays plain";
  const auto told = prepare(run(line + " --auth-host https://localhost:9"));
  ASSERT_TRUE(told.ok()) << told.error().message;
  EXPECT_EQ(told.value().products[0].settings.registration.auth_host.port, 9);
  EXPECT_EQ(told.value().products[0].settings.registration.server_name, "localhost");
  auto o = run(line);
  o.auth_host = {.secure = false, .host = "127.0.0.1", .port = 80}; // as beside a scenario
  const auto clear = prepare(o);
  ASSERT_FALSE(clear.ok());
  EXPECT_EQ(clear.error().code, exit_code::wrong_usage);
  EXPECT_THAT(clear.error().message, HasSubstr("over TLS alone"));
}

TEST(prepare_logon, writes_an_auth_host_of_ipv6_as_urls_do) {
  const auto got = prepare(run("--devices 1 --logon pre-auth --target mqtt://[::1]:2883"));
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto& plan = got.value().products[0].settings.logon;
  EXPECT_EQ(plan.auth_host.text(), "[::1]:80");
  EXPECT_EQ(plan.host, "[::1]");
  EXPECT_EQ(plan.hosts[0].name, "::1");
}

TEST(prepare_logon, gives_each_tier_its_securemode) {
  struct expected {
    const char* tier;
    const char* mode;
    int id2;
    bool tls;
  };
  for (const auto& e :
       {expected{"plain", "securemode=3,", 0, false}, expected{"tls", "securemode=2,", 0, true},
        expected{"id2", "securemode=4,", 4, false}, expected{"id2-tls", "securemode=7,", 7, true},
        expected{"itls", "securemode=8,", 8, true}}) {
    const auto got = prepare(run("--virtual --devices 1 --security " + std::string{e.tier}));
    ASSERT_TRUE(got.ok()) << got.error().message;
    const auto& product = got.value().products[0];
    EXPECT_EQ(product.settings.logon.id2_mode, e.id2) << e.tier;
    EXPECT_EQ(product.settings.security != nullptr, e.tls) << e.tier;
    actors::login_text login;
    product.speech->login(0, login);
    EXPECT_THAT(login.client_id, HasSubstr(e.mode));
  }
}

} // namespace
} // namespace fleet::program
