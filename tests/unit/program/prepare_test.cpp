// From a plan to products: who is which device, with which credentials, features and settings.
#include "fleet/run/prepare.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "fleet/run/features.hpp"
#include "fleet/run/fleet_credentials.hpp"
#include "fleet/run/twin_host.hpp"
#include "fleet/scenario/reader.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;

scenario_plan plan_of(const std::string& text) {
  const auto file =
      read_scenario(text, scenario_surroundings{"", [](const std::string&) { return true; }});
  EXPECT_TRUE(file.ok()) << (file ? "" : file.error().front().message);
  return resolve(file ? file.value() : scenario{}).value();
}

run_options for_plan(const scenario_plan& plan) {
  run_options o;
  o.scenario_file = "s.yaml";
  o.virtual_world = true;
  o.seed = 7;
  o.devices = plan.devices;
  return o;
}

constexpr std::string_view mixed = R"(devices: 10
products:
  - {name: led, share: 40}
  - {name: lock, share: 30, security: tls, qos: 0, keep_alive: 90s, product_key: a1Lock}
  - {name: fan, share: 30, profile: mqtt, report: [{topic: 'x/{device}', every: 3s}]}
)";

TEST(prepare, gives_each_product_its_own_settings_and_speech) {
  const auto plan = plan_of(std::string{mixed});
  const auto got = prepare(for_plan(plan), plan);
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto& ready = got.value();
  ASSERT_EQ(ready.products.size(), 3U);
  EXPECT_EQ(ready.devices(), 10U);
  const auto& [led, lock, fan] = std::tie(ready.products[0], ready.products[1], ready.products[2]);
  EXPECT_EQ(led.settings.security, nullptr);
  EXPECT_NE(lock.settings.security, nullptr);
  EXPECT_EQ(lock.settings.qos, mqtt::qos::at_most_once);
  EXPECT_EQ(lock.settings.keep_alive_s, 90);
  EXPECT_EQ(fan.settings.interval, duration{3s});
  std::string topic;
  fan.speech->report_topic(7, topic);
  EXPECT_EQ(topic, "x/dev_000007") << "named by the index in the fleet";
  lock.speech->report_topic(4, topic);
  EXPECT_EQ(topic, "/sys/a1Lock/dev_000000/thing/event/property/post");
}

TEST(prepare, finds_every_device_by_its_name_and_no_other) {
  const auto plan = plan_of(std::string{mixed});
  const auto got = prepare(for_plan(plan), plan);
  const auto& all = *got.value().credentials;
  EXPECT_EQ(all.count(), 10U);
  for (std::uint32_t i = 0; i < 10; ++i) {
    const auto who = all.at(i);
    EXPECT_EQ(all.find(who.product_key, who.device_name), i);
  }
  EXPECT_EQ(all.find("a1FleetDemo", "dev_000004"), std::nullopt) << "the product has four";
  EXPECT_EQ(all.find("a1Lock", "dev_000003"), std::nullopt);
}

TEST(prepare, tells_an_embedded_twin_the_products_of_its_profile_with_their_models) {
  const std::string models = std::string{FLEET_SOURCE_DIR} + "/configs/models/";
  const auto plan = plan_of("products:\n  - {name: led, count: 1, model: " + models
                            + "rgb_led.json}\n  - {name: lock, count: 1, logon: register, "
                              "security: tls}\n  - {name: fan, count: 1, profile: mqtt}\n");
  const auto got = prepare(for_plan(plan), plan);
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto& ready = got.value();
  const auto told = twin_products(ready, profile::linkdevelop);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].product_key, ready.products[0].plan.product.product_key);
  EXPECT_EQ(told[0].name, "led");
  EXPECT_EQ(told[0].model, ready.products[0].model);
  EXPECT_NE(told[0].model, nullptr);
  EXPECT_EQ(told[1].model, nullptr);
  EXPECT_FALSE(told[1].secret.empty());
  EXPECT_TRUE(twin_products(ready, profile::mqtt).empty());
}

TEST(prepare, gives_devices_and_gateways_the_duties_of_their_product) {
  const std::string models = std::string{FLEET_SOURCE_DIR} + "/configs/models/";
  const auto plan = plan_of("products:\n  - name: hub\n    model: " + models + R"(gateway.json
    receive_limit: 8KiB
    desired: on
    config: on
    model_get: on
    tags: [site=cellar, note=a=b]
    gateways: {count: 2, children: {product: meter, each: 3}, register_by: product, rejoin: 5m,
               register_batch: 4, topology_batch: 5, login_batch: 6, topo_get: on, list_found: on}
  - {name: meter, logon: register}
)");
  const auto got = prepare(for_plan(plan), plan);
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto& hub = got.value().products[0].settings;
  EXPECT_EQ(hub.client.receive_limit_bytes, 8192U);
  const auto& f = hub.features;
  EXPECT_TRUE(f.desired && f.config_get && f.config_push && f.model_get);
  ASSERT_EQ(f.tags.size(), 2U);
  EXPECT_EQ(f.tags[1].key, "note");
  EXPECT_EQ(f.tags[1].value, "a=b");
  EXPECT_EQ(f.children.rejoin, duration{5min});
  EXPECT_EQ(f.gateway.register_batch, 4);
  EXPECT_EQ(f.gateway.topology_batch, 5);
  EXPECT_EQ(f.gateway.login_batch, 6);
  EXPECT_TRUE(f.gateway.ask_topology && f.gateway.tell_found);
  EXPECT_FALSE(f.gateway.product_secret.empty());
  EXPECT_EQ(f.gateway.product_secret, got.value().products[1].product_secret);
  const auto& meter = got.value().products[1].settings;
  EXPECT_EQ(meter.client.receive_limit_bytes, 1024U) << "the flag's";
  EXPECT_FALSE(meter.features.desired || meter.features.config_get || meter.features.model_get);
}

TEST(prepare, from_flags_is_one_product_of_all_devices) {
  run_options o;
  o.virtual_world = true;
  o.devices = 12;
  o.interval = duration::zero();
  const auto got = prepare(o);
  ASSERT_TRUE(got.ok());
  ASSERT_EQ(got.value().products.size(), 1U);
  EXPECT_EQ(got.value().devices(), 12U);
  EXPECT_EQ(got.value().products[0].settings.interval, duration::zero());
  EXPECT_FALSE(got.value().products[0].settings.features.any()) << "the plain device";
}

TEST(prepare, gives_devices_that_register_their_products_secret_and_the_way) {
  const auto plan = plan_of(R"(devices: 10
products:
  - {name: lock, security: tls, logon: register, share: 50}
  - {name: led, share: 50}
)");
  const auto got = prepare(for_plan(plan), plan);
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto& lock = got.value().products[0];
  const auto& led = got.value().products[1];
  EXPECT_EQ(lock.settings.registration.by, actors::registration_way::mqtt);
  EXPECT_EQ(lock.settings.registration.product_secret,
            alink::generated_product_secret("a1FleetDemo"));
  EXPECT_EQ(lock.product_secret, lock.settings.registration.product_secret);
  EXPECT_EQ(led.settings.registration.by, actors::registration_way::none);
  EXPECT_EQ(led.product_secret, "");
}

TEST(prepare, of_devices_that_register_elsewhere_wants_their_products_secrets) {
  run_options o;
  o.devices = 2;
  o.registers = true;
  o.security = security::tls;
  o.target = {.scheme = text::scheme::mqtts, .host = "127.0.0.1", .port = 8883};
  const auto none = prepare(o);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, exit_code::wrong_usage);
  EXPECT_NE(none.error().message.find("--product-secrets"), std::string::npos);
}

TEST(prepare, gives_gateways_the_secret_that_they_register_their_devices_with) {
  const std::string head = "products:\n  - {name: hub, gateways: {count: 2, register_by: ";
  const std::string tail = ", children: {product: meter, each: 3}}}\n"
                           "  - {name: meter, logon: register, product_key: meterKey}\n";
  const auto signing = plan_of(head + "product" + tail);
  const auto got = prepare(for_plan(signing), signing);
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto secret = alink::generated_product_secret("meterKey");
  const auto& hub = got.value().products[0];
  EXPECT_EQ(hub.settings.features.gateway.product_secret, secret);
  EXPECT_EQ(hub.settings.registration.by, actors::registration_way::none);
  EXPECT_EQ(got.value().products[1].product_secret, secret) << "the twin verifies with it";
  const auto asking = plan_of(head + "sub" + tail);
  const auto other = prepare(for_plan(asking), asking);
  ASSERT_TRUE(other.ok()) << other.error().message;
  EXPECT_EQ(other.value().products[0].settings.features.gateway.product_secret, "");
  EXPECT_EQ(other.value().products[1].product_secret, secret) << "the twin's switch is on";
  EXPECT_EQ(other.value().products[1].settings.registration.by, actors::registration_way::mqtt);
}

TEST(prepare, takes_no_generated_secret_where_a_file_says_which_there_are) {
  support::temp_folder folder;
  const std::string path = folder / "p.csv";
  std::ofstream{path} << "ProductKey,ProductSecret\nsomeOther,secretOfOne\n";
  const auto plan = plan_of("devices: 1\nproducts: [{security: tls, logon: register}]\n");
  auto o = for_plan(plan);
  o.product_secrets_file = path;
  const auto got = prepare(o, plan);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().message, path + " has no product key a1FleetDemo, whose devices register");
}

TEST(prepare, takes_the_registering_product_from_the_file_of_credentials) {
  support::temp_folder folder;
  const auto write = [&](const char* name, const std::string& text) {
    std::string path = folder / name;
    std::ofstream{path} << text;
    return path;
  };
  run_options o;
  o.devices = 2;
  o.registers = true;
  o.security = security::tls;
  o.target = {.scheme = text::scheme::mqtts, .host = "127.0.0.1", .port = 8883};
  o.product_secrets_file = write("p.csv", "ProductKey,ProductSecret\nk1,secretOfOne\n");
  o.credentials_file =
      write("one.csv", "ProductKey,DeviceName,DeviceSecret\nk1,a,s1\nk1,b,s2\nk2,c,s3\n");
  const auto got = prepare(o);
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got.value().products[0].product_secret, "secretOfOne");
  o.devices = 3;
  const auto of_two = prepare(o);
  ASSERT_FALSE(of_two.ok());
  EXPECT_NE(of_two.error().message.find("devices of k1 and of k2"), std::string::npos)
      << of_two.error().message;
}

TEST(prepare, of_gateways_says_so_at_log_on_and_of_rrpc_too) {
  const auto plan = plan_of(R"(
products:
  - name: gate
    gateways: {count: 1, children: {product: leaf, each: 2}}
  - {name: leaf, logon: register}
  - {name: plain, count: 1}
cloud_traffic: [{kind: rrpc, product: plain}]
)");
  const auto got = prepare(for_plan(plan), plan);
  ASSERT_TRUE(got.ok()) << got.error().message;
  actors::login_text login;
  got.value().products[0].speech->login(0, login);
  EXPECT_NE(login.client_id.find(",gw=1,ext=0|"), std::string::npos) << login.client_id;
  got.value().products[2].speech->login(3, login);
  EXPECT_NE(login.client_id.find(",gw=0,ext=1|"), std::string::npos) << login.client_id;
  const auto& leaf = got.value().products[1];
  EXPECT_EQ(leaf.settings.registration.by, actors::registration_way::mqtt);
  EXPECT_NE(leaf.product_secret, "") << "the platform lets its gateway register it";
}

TEST(fleet_credentials, take_a_products_rows_out_of_a_table_of_several) {
  auto table = alink::credential_table::parse("ProductKey,DeviceName,DeviceSecret\n"
                                              "pkA,one,s1\npkB,two,s2\npkA,three,s3\n");
  ASSERT_TRUE(table.ok());
  const auto all = std::make_shared<alink::credential_table>(std::move(table).value());
  const auto rows = std::make_shared<product_rows>(all, "pkA");
  EXPECT_EQ(rows->count(), 2U);
  EXPECT_EQ(rows->at(1).device_name, "three");
  EXPECT_EQ(rows->find("pkA", "three"), 1U);
  EXPECT_EQ(rows->find("pkB", "two"), std::nullopt);
  joined_credentials joined;
  joined.add(std::make_shared<product_rows>(all, "pkB"), 0, 1);
  joined.add(rows, 1, 1);
  EXPECT_EQ(joined.count(), 2U);
  EXPECT_EQ(joined.at(1).device_secret, "s3");
  EXPECT_EQ(joined.find("pkA", "three"), 1U);
  EXPECT_EQ(joined.find("pkA", "one"), std::nullopt) << "a row that nobody took";
}

TEST(features, follow_from_the_products_keys) {
  const auto plan = plan_of(R"(
products:
  - name: gate
    model: m.json
    ntp: on
    shadow: on
    report: [{what: properties, every: 1m}, {what: event, every: 9m, identifiers: [hot]}]
    gateways: {count: 3, children: {product: leaf, each: 4}}
  - {name: leaf}
  - {name: plain, count: 5, report: [{every: 2s}]}
cloud_traffic: [{kind: rrpc, product: gate}]
)");
  actors::product_settings gate;
  apply_features(plan.products[0], nullptr, gate);
  const auto& f = gate.features;
  EXPECT_TRUE(f.shadow && f.rrpc);
  EXPECT_FALSE(f.broadcasts);
  EXPECT_EQ(f.ntp_interval, ntp_every);
  ASSERT_EQ(f.reports.size(), 2U);
  EXPECT_EQ(f.reports[1].what, actors::report_kind::event);
  EXPECT_EQ(f.reports[1].interval, duration{9min});
  EXPECT_EQ(f.reports[1].identifiers, std::vector<std::string>{"hot"});
  EXPECT_EQ(f.children.each, 4U);
  EXPECT_EQ(f.children.first, 3U);
  actors::product_settings leaf;
  apply_features(plan.products[1], nullptr, leaf);
  EXPECT_TRUE(leaf.behind_gateway);
  actors::product_settings plain;
  apply_features(plan.products[2], nullptr, plain);
  EXPECT_FALSE(plain.features.any()) << "costs what a plain device costs";
  EXPECT_EQ(plain.interval, duration{2s});
}

TEST(features, have_the_users_templates_compiled) {
  product_plan plan;
  auto& rules = plan.product.report.emplace(3);
  rules[0].what = rules[1].what = report_kind::custom;
  rules[0].payload = "{seq} {ledger}";
  rules[1].topic = "user/{device}";
  rules[2].what = report_kind::raw;
  rules[2].payload = "x";
  actors::product_settings got;
  apply_features(plan, nullptr, got);
  const auto& reports = got.features.reports;
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_TRUE(reports[0].text && reports[0].text->has_ledger());
  EXPECT_FALSE(reports[1].text);
  EXPECT_FALSE(reports[1].topic.is_constant());
  EXPECT_TRUE(reports[2].text && !reports[2].text->has_ledger());
  alink::template_values values;
  random_stream random{1, 1, "topic"};
  byte_buffer topic;
  reports[0].topic.render(topic, values, random);
  EXPECT_EQ(as_text(topic.view()), "update") << "as docs/scenarios.md has it";
}

TEST(features, of_a_product_behind_gateways_report_without_a_model_too) {
  const auto plan = plan_of(R"(
products:
  - name: gate
    gateways: {count: 1, children: {product: leaf, each: 2}}
  - {name: leaf, report: [{what: properties, every: 2s}]}
)");
  actors::product_settings gate;
  actors::product_settings leaf;
  apply_features(plan.products[0], nullptr, gate);
  apply_features(plan.products[1], nullptr, leaf);
  EXPECT_TRUE(gate.features.reports.empty()) << "the plain device's own";
  ASSERT_EQ(leaf.features.reports.size(), 1U);
  EXPECT_EQ(leaf.features.reports[0].interval, duration{2s});
}

TEST(features, have_the_topics_that_a_product_listens_to_for_a_while) {
  const auto plan = plan_of(R"(
products:
  - name: lamp
    topics: [{filter: user/get, at: 10s, for: 30s, every: 1m}, {filter: x, type: ext, qos: 0}]
  - {name: fan, profile: mqtt, topics: [{filter: 'home/{device}/#'}]}
)");
  actors::product_settings lamp;
  apply_features(plan.products[0], nullptr, lamp);
  const auto& t = lamp.features.topics;
  ASSERT_EQ(t.size(), 2U);
  EXPECT_EQ(t[0].where, actors::uri_type::own);
  EXPECT_EQ(t[0].filter, "user/get");
  EXPECT_EQ(t[0].qos, mqtt::qos::at_least_once);
  EXPECT_EQ(t[0].at, duration{10s});
  EXPECT_EQ(t[0].span, duration{30s});
  EXPECT_EQ(t[0].every, duration{1min});
  EXPECT_EQ(t[1].where, actors::uri_type::ext);
  EXPECT_EQ(t[1].qos, mqtt::qos::at_most_once);
  EXPECT_EQ(t[1].span, duration::zero());
  EXPECT_FALSE(lamp.features.any()) << "it is a plain device that listens";
  actors::product_settings fan;
  apply_features(plan.products[1], nullptr, fan);
  EXPECT_EQ(fan.features.topics.at(0).where, actors::uri_type::undefine);
}

} // namespace
} // namespace fleet::program
