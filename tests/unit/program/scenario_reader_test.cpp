// Scenario files that are taken, the limits of the reader, and files on disk.
#include "fleet/scenario/reader.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

const scenario_surroundings anywhere{"", [](const std::string&) { return true; }};

scenario taken(const std::string& text) {
  auto got = read_scenario(text, anywhere);
  if (!got) {
    for (const auto& wrong : got.error()) {
      ADD_FAILURE() << text << "\n"
                    << wrong.at.line << ":" << wrong.at.column << ": " << wrong.message;
    }
    return {};
  }
  return std::move(got).value();
}

/// The only mistake of a text.
placed_mistake refused(const std::string& text) {
  const auto got = read_scenario(text, anywhere);
  if (got || got.error().size() != 1) {
    ADD_FAILURE() << (got ? 0 : got.error().size()) << " mistakes in " << text.substr(0, 200);
    return {};
  }
  return got.error().front();
}

std::string repeated(const std::string& part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += part;
  }
  return out;
}

} // namespace

TEST(scenario_reader, takes_an_empty_file_as_all_defaults) {
  for (const std::string text :
       {"", "\n\n", "# nothing\n", "---\n", "~\n", "{}\n", "\xEF\xBB\xBF"}) {
    const auto file = taken(text);
    EXPECT_TRUE(file.products.empty()) << text;
    EXPECT_TRUE(file.stages.empty()) << text;
    EXPECT_EQ(file.devices, std::nullopt) << text;
    EXPECT_EQ(file.run_for, std::nullopt) << text;
  }
}

TEST(scenario_reader, reads_every_key_of_a_product) {
  const auto file = taken("name: all keys\n"
                          "seed: 0x2a\n"
                          "duration: 1h30m\n"
                          "devices: 5k\n"
                          "products:\n"
                          "  - name: led\n"
                          "    product_key: a1B2c3D4e5F\n"
                          "    model: models/led.json\n"
                          "    share: 12.5%\n"
                          "    profile: linkplatform\n"
                          "    protocol: mqtt\n"
                          "    security: tls\n"
                          "    behaviour: sdk\n"
                          "    link: nbiot\n"
                          "    logon: register\n"
                          "    qos: 0\n"
                          "    keep_alive: 300s\n"
                          "    shadow: on\n"
                          "    ntp: true\n"
                          "    report:\n"
                          "      - {what: properties, identifiers: [power, colour], every: 30s}\n"
                          "      - {what: custom, topic: user/update, payload: '{seq} {ledger}'}\n"
                          "      - {what: event, identifiers: Error}\n");
  EXPECT_EQ(file.name, "all keys");
  EXPECT_EQ(file.seed, 42U);
  EXPECT_EQ(file.run_for, 90min);
  EXPECT_EQ(file.devices, 5000U);
  ASSERT_EQ(file.products.size(), 1U);
  const auto& p = file.products.front();
  EXPECT_EQ(p.name, "led");
  EXPECT_EQ(p.product_key, "a1B2c3D4e5F");
  EXPECT_EQ(p.model, "models/led.json");
  EXPECT_EQ(p.count, std::nullopt);
  EXPECT_EQ(p.share_ppm, 125'000U);
  EXPECT_EQ(p.profile, profile::linkplatform);
  EXPECT_EQ(p.protocol, device_protocol::mqtt);
  EXPECT_EQ(p.security, security::tls);
  EXPECT_EQ(p.behaviour, actors::behaviour::sdk);
  EXPECT_EQ(p.link, hal::link_kind::nbiot);
  EXPECT_EQ(p.logon, logon_mode::register_);
  EXPECT_EQ(p.qos, mqtt::qos::at_most_once);
  EXPECT_EQ(p.keep_alive, 300s);
  EXPECT_TRUE(p.shadow);
  EXPECT_TRUE(p.ntp);
  ASSERT_TRUE(p.report.has_value());
  ASSERT_EQ(p.report->size(), 3U);
  EXPECT_EQ((*p.report)[0].identifiers, (std::vector<std::string>{"power", "colour"}));
  EXPECT_EQ((*p.report)[0].every, 30s);
  EXPECT_EQ((*p.report)[1].what, report_kind::custom);
  EXPECT_EQ((*p.report)[1].topic, "user/update");
  EXPECT_EQ((*p.report)[1].payload, "{seq} {ledger}");
  EXPECT_EQ((*p.report)[2].identifiers, std::vector<std::string>{"Error"});
}

TEST(scenario_reader, reads_gateways_stages_and_cloud_traffic) {
  const auto file = taken("products:\n"
                          "  - {name: hub, gateways: {count: 200, children: {product: meter, each: "
                          "25}}}\n"
                          "  - {name: meter, shadow: on}\n"
                          "stages:\n"
                          "  - {ramp: {to: 50%, over: 5m}, hold: 10m}\n"
                          "  - {ramp: {to: 0, rate: 90/min}}\n"
                          "cloud_traffic:\n"
                          "  - {kind: service, product: meter, service: reset, rate: 2k/s}\n"
                          "  - {kind: shadow_desired, product: meter, identifiers: [a, b]}\n"
                          "  - {kind: broadcast, product: hub, topic: news, payload: '{seq}'}\n");
  ASSERT_TRUE(file.products[0].gateways.has_value());
  EXPECT_EQ(file.products[0].gateways->count, 200U);
  EXPECT_EQ(file.products[0].gateways->children.product, "meter");
  EXPECT_EQ(file.products[0].gateways->children.each, 25U);
  ASSERT_EQ(file.stages.size(), 2U);
  EXPECT_EQ(file.stages[0].ramp->to.ppm, 500'000U);
  EXPECT_EQ(file.stages[0].ramp->over, 5min);
  EXPECT_EQ(file.stages[0].hold, 10min);
  EXPECT_FALSE(file.stages[1].ramp->to.relative);
  EXPECT_EQ(file.stages[1].ramp->to.devices, 0U);
  EXPECT_EQ(file.stages[1].ramp->rate, 1.5);
  ASSERT_EQ(file.cloud_traffic.size(), 3U);
  EXPECT_EQ(file.cloud_traffic[0].kind, traffic_kind::service);
  EXPECT_EQ(file.cloud_traffic[0].service, "reset");
  EXPECT_EQ(file.cloud_traffic[0].rate, 2000);
  EXPECT_EQ(file.cloud_traffic[1].identifiers, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(file.cloud_traffic[2].topic, "news");
  EXPECT_EQ(file.cloud_traffic[2].payload, "{seq}");
}

TEST(scenario_reader, fills_in_names_and_what_the_profile_implies) {
  const auto file = taken("products: [{profile: mqtt, report: [{every: 1s}]}]\ncloud_traffic: "
                          "[{kind: custom}]\n");
  EXPECT_EQ(file.products[0].name, "product_1");
  EXPECT_EQ(file.products[0].report->front().what, report_kind::custom);
  EXPECT_EQ(file.cloud_traffic[0].product, "product_1");
}

TEST(scenario_reader, takes_custom_messages_without_a_topic_where_devices_listen_to_data) {
  const auto file = taken("products: [{profile: linkplatform}]\ncloud_traffic: [{kind: custom}]\n");
  EXPECT_EQ(file.cloud_traffic[0].topic, "");
}

TEST(scenario_reader, reads_the_same_with_a_byte_order_mark_and_carriage_returns) {
  const auto file = taken("\xEF\xBB\xBF"
                          "devices: 7\r\nname: \"two\r\n  words\"\r\n");
  EXPECT_EQ(file.devices, 7U);
  EXPECT_EQ(file.name, "two words");
  const auto wrong = refused("\xEF\xBB\xBF"
                             "seed: 1\r\ndevcies: 7\r\n");
  EXPECT_EQ(wrong.at, (text_place{2, 1}));
}

TEST(scenario_reader, expands_aliases) {
  const auto file = taken("products:\n"
                          "  - {name: a, report: &r [{every: 7s}]}\n"
                          "  - {name: b, report: *r}\n");
  EXPECT_EQ(file.products[1].report->front().every, 7s);
}

TEST(scenario_reader, bounds_what_aliases_expand_to) {
  // Nine copies of nine copies of nine…: 9^9 values in 300 octets.
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string before = std::string{"*"} + static_cast<char>(c - 1) + ",";
    bomb += std::string{c} + ": &" + c + " [" + repeated(before, 8) + "*" + static_cast<char>(c - 1)
            + "]\n";
  }
  EXPECT_EQ(refused(bomb).message, "more than 100,000 values, aliases expanded; leave some out");
  // Flat: one anchor, many aliases.
  EXPECT_EQ(refused("a: &a [" + repeated("x,", 1000) + "x]\nb: [" + repeated("*a,", 200) + "*a]\n")
                .message,
            "more than 100,000 values, aliases expanded; leave some out");
  EXPECT_EQ(refused("a: [" + repeated("1,", 100'000) + "1]\n").message,
            "more than 100,000 values, aliases expanded; leave some out");
}

TEST(scenario_reader, bounds_the_depth_aliases_included) {
  EXPECT_EQ(refused(repeated("[", 20'000)).message,
            "lists and maps nest deeper than 16; write them flat");
  EXPECT_EQ(refused(repeated("- ", 20'000) + "x").message,
            "lists and maps nest deeper than 16; write them flat");
  EXPECT_EQ(refused("a: &a " + repeated("[", 9) + repeated("]", 9) + "\nb: " + repeated("[", 9)
                    + "*a" + repeated("]", 9) + "\n")
                .message,
            "lists and maps nest deeper than 16; write them flat");
}

TEST(scenario_reader, bounds_the_size) {
  const std::string comment = "#" + repeated("x", yaml_octets_most - 2) + "\n";
  EXPECT_TRUE(taken(comment).products.empty());
  EXPECT_EQ(refused(comment + " ").message, "the file is larger than 1MiB");
}

TEST(scenario_reader, tells_twenty_mistakes_and_no_more) {
  const auto got = read_scenario(repeated("x: 1\n", 50), anywhere);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().size(), scenario_mistakes_most);
  EXPECT_EQ(got.error().back().at, (text_place{20, 1}));
}

TEST(scenario_reader, finds_the_place_of_what_is_missing) {
  EXPECT_EQ(refused("stages:\n  - hold: 1m\n  -\n\n\n  - hold: 1m\n").at, (text_place{3, 3}));
  EXPECT_EQ(refused("stages:\n  -\n").at, (text_place{2, 3}));
  EXPECT_EQ(refused("stages: [ , {hold: 1m}]\n").at, (text_place{1, 11}));
  EXPECT_EQ(refused("stages:\n- hold:\n\n\n# end\n").at, (text_place{2, 3}));
}

TEST(scenario_reader, looks_for_models_beside_the_file) {
  const auto folder = std::filesystem::path{testing::TempDir()} / "fleet_scenario_reader";
  std::filesystem::create_directories(folder / "models");
  std::ofstream{folder / "models" / "m.json"} << "{}";
  const auto path = (folder / "home trial.yaml").string();
  std::ofstream{path} << "products: [{model: models/m.json}]\n";
  const auto good = read_scenario_file(path);
  ASSERT_TRUE(good.ok()) << good.error().front();
  EXPECT_EQ(good.value().name, "home trial");
  EXPECT_EQ(good.value().products[0].model, (folder / "models/m.json").string());
  std::ofstream{path} << "products: [{model: models}]\n";
  EXPECT_EQ(read_scenario_file(path).error(),
            mistakes{path
                     + ":1:20: model models is no file; it takes a path from the scenario file's "
                       "folder"});
  std::filesystem::remove_all(folder);
  EXPECT_EQ(read_scenario_file(path).error(),
            mistakes{path + ": cannot be opened: No such file or directory"});
}

} // namespace fleet::program
