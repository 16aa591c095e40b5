// What cannot work is refused before anything starts, by a sentence that names the flag and the way
// out; what can is let through.
#include "fleet/run/prepare_checks.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "fleet/report/files.hpp"
#include "fleet/scenario/reader.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

run_options vendor() {
  run_options o;
  o.virtual_world = true;
  o.seed = 7;
  o.devices = 12;
  return o;
}

run_options plain_mqtt() {
  auto o = vendor();
  o.profile = profile::mqtt;
  return o;
}

/// Against a broker that nobody asks anything here.
run_options broker() {
  auto o = plain_mqtt();
  o.virtual_world = false;
  o.target = {text::scheme::mqtt, "127.0.0.1", 1883};
  return o;
}

/// `code: sentence`, or `ready`.
std::string outcome_of(const run_options& o, std::optional<scenario_plan> plan = std::nullopt) {
  const auto got = prepare(o, std::move(plan));
  return got ? "ready"
             : std::to_string(static_cast<int>(got.error().code)) + ": " + got.error().message;
}

std::string outcome_of_scenario(const std::string& text, run_options o = vendor()) {
  const auto file =
      read_scenario(text, scenario_surroundings{"", [](const std::string&) { return true; }});
  EXPECT_TRUE(file.ok()) << (file ? "" : file.error().front().message);
  auto plan = resolve(file ? file.value() : scenario{}).value();
  o.scenario_file = "s.yaml";
  o.devices = plan.devices;
  o.downlink_interval = duration::zero();
  return outcome_of(o, std::move(plan));
}

TEST(prepare_checks, refuse_reports_that_the_platform_does_not_take_in_a_post) {
  auto o = vendor();
  o.protocol = device_protocol::coap;
  o.payload_bytes = 1024;
  EXPECT_EQ(outcome_of(o), "ready");
  o.payload_bytes = 1025;
  EXPECT_EQ(outcome_of(o), "2: --payload-bytes 1025B makes reports of 1025B, and over CoAP the "
                           "platform takes no more than 1KiB; make them smaller");
  o.protocol = device_protocol::http;
  EXPECT_EQ(outcome_of(o), "ready");
}

/// How the devices of the one product post.
actors::post_plan posting(const run_options& o) {
  const auto got = prepare(o, std::nullopt);
  EXPECT_TRUE(got.ok());
  return got && got.value().products[0].settings.post ? *got.value().products[0].settings.post
                                                      : actors::post_plan{};
}

TEST(preparation_of_posts, tells_proxies_the_host_of_the_target_as_it_was_written) {
  auto o = vendor();
  o.virtual_world = false;
  o.protocol = device_protocol::http;
  o.target = {text::scheme::http, "localhost", 34437};
  EXPECT_EQ(posting(o).http_host, "localhost:34437");
  o.target.port = 80;
  EXPECT_EQ(posting(o).http_host, "localhost");
  o.target = {text::scheme::http, "::1", 8080};
  EXPECT_EQ(posting(o).http_host, "[::1]:8080");
  o.target = {text::scheme::https, "localhost", 443};
  o.security = security::tls;
  o.insecure = true;
  EXPECT_EQ(posting(o).http_host, "localhost");
  o.target.port = 80;
  EXPECT_EQ(posting(o).http_host, "localhost:80");
}

TEST(preparation_of_posts, signs_as_was_said_aloud_and_else_as_the_protocol_has_it) {
  auto o = vendor();
  o.protocol = device_protocol::coap;
  EXPECT_FALSE(posting(o).sign);
  o.sign_given = true; // and it is the default of MQTT
  EXPECT_EQ(posting(o).sign, alink::sign_method::hmacsha1);
}

TEST(prepare_checks, refuse_reports_that_the_boards_memory_never_holds) {
  auto o = vendor();
  o.payload_bytes = 100 * 1024;
  EXPECT_EQ(outcome_of(o).substr(0, 81),
            "2: --payload-bytes 100KiB makes reports of 100KiB, and of the board's --ram 64KiB")
      << outcome_of(o);
  EXPECT_TRUE(outcome_of(o).ends_with("; make --ram larger")) << outcome_of(o);
  o.ram_bytes = 128 * 1024;
  EXPECT_EQ(outcome_of(o), "ready");
  o.payload_bytes = 0;
  o.ram_bytes = 4 * 1024;
  o.receive_limit_bytes = 4 * 1024 - 100;
  EXPECT_TRUE(outcome_of(o).starts_with("2: profile linkdevelop makes reports of "));
  EXPECT_TRUE(outcome_of(o).ends_with("make --ram larger, or the receive limit smaller"));
  o.interval = duration::zero();
  EXPECT_EQ(outcome_of(o), "ready") << "it sends none";
}

TEST(prepare_checks, measure_what_a_template_comes_to) {
  auto o = plain_mqtt();
  o.mqtt_text.payload = "{random hex 1000}{ledger}";
  o.ram_bytes = 4 * 1024;
  const auto small = prepare(o);
  ASSERT_TRUE(small.ok()) << small.error().message;
  const auto& settings = small.value().products.front().settings;
  EXPECT_GT(settings.report_bytes, 1020U);
  EXPECT_LT(settings.report_bytes, 1060U);
  EXPECT_GT(small.value().packet_bytes, settings.report_bytes);
  o.mqtt_text.payload += "{random hex 1024}{random hex 1024}";
  EXPECT_TRUE(outcome_of(o).starts_with("2: --payload makes reports of 30")) << outcome_of(o);
}

TEST(prepare_checks, name_the_place_of_a_scenarios_report) {
  const std::string file = "products:\n  - profile: mqtt\n    report:\n      - {payload: '";
  auto o = vendor();
  o.ram_bytes = 4 * 1024;
  EXPECT_EQ(outcome_of_scenario(file + "{seq}{ledger}'}\n", o), "ready");
  const auto told = outcome_of_scenario(file + std::string(5000, 'x') + "'}\n", o);
  EXPECT_TRUE(told.starts_with("2: s.yaml:4:9: payload makes reports of 5000B")) << told;
  const auto mine =
      outcome_of_scenario("products:\n  - profile: mqtt\n    report:\n      - {topic: $SYS/x}\n");
  EXPECT_TRUE(mine.starts_with("2: s.yaml:4:9: topic $SYS/x begins with $")) << mine;
}

TEST(prepare_checks, refuse_a_topic_that_nothing_can_be_published_to) {
  for (const auto* topic : {"a/+", "#", "a+b", "{device}/#"}) {
    auto o = plain_mqtt();
    o.mqtt_text.topic = topic;
    EXPECT_EQ(outcome_of(o), "2: --topic: has a wildcard, + or #; a report goes to one topic");
  }
  auto o = plain_mqtt();
  o.mqtt_text.topic = std::string{"a\0b", 3};
  EXPECT_EQ(outcome_of(o), "2: --topic: must be UTF-8 without U+0000");
}

TEST(prepare_checks, keep_topics_of_a_dollar_from_the_embedded_twin_and_unjudged_elsewhere) {
  auto o = plain_mqtt();
  o.mqtt_text.topic = "$SYS/{device}";
  EXPECT_EQ(outcome_of(o), "2: --topic $SYS/dev_000000 begins with $, and topics of $ are the "
                           "embedded twin's own; name another, or a --target that takes it");
  o = broker();
  o.mqtt_text.topic = "$aws/{device}";
  const auto got = prepare(o);
  ASSERT_TRUE(got.ok()) << got.error().message;
  ASSERT_EQ(got.value().notes.size(), 1U);
  EXPECT_EQ(got.value().notes.front(), "topic $aws/dev_000000 is the broker's own: reports are "
                                       "counted, and whether they arrive is not judged");
  EXPECT_EQ(got.value().products.front().speech->all_reports_filter(), "") << "no probe hears them";
}

TEST(prepare_checks, let_devices_listen_to_wildcards_where_no_commands_are_sent) {
  for (auto o : {plain_mqtt(), broker()}) {
    o.mqtt_text.down_topic = "cmd/{device}/#";
    EXPECT_EQ(outcome_of(o),
              "2: --down-topic cmd/{device}/# has a wildcard, and a command goes to one topic; add "
              "--downlink-interval off, or name one topic");
    o.downlink_interval = duration::zero();
    EXPECT_EQ(outcome_of(o), "ready");
  }
  auto o = broker();
  o.mqtt_text.down_topic = "cmd/+";
  o.mqtt_text.no_probe = true;
  EXPECT_EQ(outcome_of(o), "ready") << "nobody sends commands";
  o.mqtt_text.down_topic = "cmd/a+";
  EXPECT_EQ(outcome_of(o),
            "2: --down-topic: + stands alone in its level, and # alone in the last one");
}

TEST(prepare_checks, refuse_a_command_topic_that_reports_go_to_as_well) {
  auto o = plain_mqtt();
  o.downlink_interval = duration::zero();
  for (const auto* down : {"fleet/{device}/up", "fleet/+/up", "#"}) {
    o.mqtt_text.down_topic = down;
    EXPECT_TRUE(outcome_of(o).starts_with("2: --down-topic: also brings what devices send"))
        << down << ": " << outcome_of(o);
  }
  o.mqtt_text.payload = "no tag, so nothing to mistake";
  EXPECT_EQ(outcome_of(o), "ready");
  o = broker();
  o.mqtt_text.topic = "t/{device}";
  o.mqtt_text.down_topic = "t/{device}down";
  EXPECT_TRUE(outcome_of(o).starts_with("2: --down-topic t/{device}down lies where the probe"))
      << outcome_of(o);
}

TEST(prepare_checks, refuse_a_command_topic_that_the_embedded_twin_cannot_write) {
  auto o = plain_mqtt();
  for (const auto* down : {"d/{client}", "d/{random hex 4}", "d/{{x"}) {
    o.mqtt_text.down_topic = down;
    EXPECT_TRUE(outcome_of(o).starts_with(std::string{"2: --down-topic "} + down
                                          + " holds what the embedded twin does not fill in"))
        << outcome_of(o);
  }
  o.mqtt_text.down_topic = "d/{device}/{index}/{device}";
  EXPECT_EQ(outcome_of(o), "ready");
}

TEST(prepare_checks, refuse_a_receive_buffer_that_holds_no_command) {
  for (auto o : {vendor(), plain_mqtt()}) {
    o.receive_limit_bytes = 128;
    EXPECT_TRUE(outcome_of(o).starts_with("2: --receive-limit 128B holds no command of the "
                                          "cloud's, which take "))
        << outcome_of(o);
    EXPECT_TRUE(outcome_of(o).ends_with("make it larger, or add --downlink-interval off"));
    o.downlink_interval = duration::zero();
    EXPECT_EQ(outcome_of(o), "ready");
    o.downlink_interval = 1s;
    o.receive_limit_bytes = 256;
    EXPECT_EQ(outcome_of(o), "ready");
  }
  auto o = vendor();
  o.receive_limit_bytes = 128;
  const std::string quiet = "products: [{}]\n";
  EXPECT_EQ(outcome_of_scenario(quiet, o), "ready");
  EXPECT_TRUE(outcome_of_scenario(quiet + "cloud_traffic: [{kind: property_set}]\n", o)
                  .ends_with("or leave the commands out of cloud_traffic"));
}

TEST(prepare_checks, hold_a_scenarios_receive_limit_against_the_board_as_the_flag) {
  const std::string file = "products:\n  - report: []\n    receive_limit: ";
  EXPECT_EQ(outcome_of_scenario(file + "64KiB\n"),
            "2: s.yaml:3:20: receive_limit 64KiB is a part of the board's --ram 64KiB and leaves "
            "nothing of it; make --ram larger, or it smaller");
  auto o = vendor();
  o.ram_bytes = 65 * 1024;
  EXPECT_EQ(outcome_of_scenario(file + "64KiB\n", o), "ready");
  const auto small = outcome_of_scenario("products:\n  - receive_limit: 65500B\n");
  EXPECT_TRUE(small.starts_with("2: profile linkdevelop makes reports of ")) << small;
  EXPECT_NE(small.find(" are left beside its receive_limit 65500B; "), std::string::npos) << small;
  const auto deaf = outcome_of_scenario("products:\n  - receive_limit: 128B\n"
                                        "cloud_traffic: [{kind: property_set}]\n");
  EXPECT_TRUE(
      deaf.starts_with("2: s.yaml:2:20: receive_limit 128B holds no command of the cloud's"))
      << deaf;
}

/// A scenario whose product has a model of these properties.
class modelled : public testing::Test {
protected:
  std::string outcome(const std::string& properties, const std::string& rest,
                      run_options o = vendor()) {
    const auto model = folder_ / "m.json";
    std::ofstream{model} << R"({"properties":[)" << properties << R"(],"events":[],"services":[]})";
    return outcome_of_scenario("products:\n  - {name: led, model: " + std::string{model} + rest, o);
  }
  static std::string property(const std::string& name, const std::string& mode) {
    return R"({"identifier":")" + name + R"(","name":"n","required":false,"accessMode":")" + mode
           + R"(","dataType":{"type":"int","specs":{"min":"0","max":"9","step":"1"}}})";
  }
  support::temp_folder folder_;
};

TEST_F(modelled, refuses_orders_that_have_nothing_to_set) {
  const std::string orders = "}\ncloud_traffic:\n  - {kind: rrpc}\n  - {kind: ";
  const auto read_only = property("heat", "r");
  for (const std::string kind : {"property_set", "desired_set"}) {
    const auto on = std::string{", desired: on"} + orders + kind + "}\n";
    EXPECT_EQ(outcome(read_only, on), "2: s.yaml:5:5: kind " + kind
                                          + " has nothing to set: no property of product led's "
                                            "thing model can be written (accessMode rw)");
    EXPECT_EQ(outcome(read_only + "," + property("level", "rw"), on), "ready");
  }
  EXPECT_EQ(outcome(read_only + "," + property("level", "rw"),
                    orders + "property_set, identifiers: [heat]}\n"),
            "2: s.yaml:5:5: kind property_set has nothing to set: no property of product led's "
            "thing model among the identifiers can be written (accessMode rw)");
  EXPECT_EQ(outcome(read_only, orders + "property_set, payload: '{{}}'}\n"), "ready")
      << "its author knows what it says";
}

TEST_F(modelled, refuses_names_that_its_model_has_not) {
  const auto heat = property("heat", "rw");
  EXPECT_EQ(
      outcome(heat, "}\ncloud_traffic:\n  - {kind: property_set, identifiers: [haet]}\n"),
      "2: s.yaml:4:40: haet is no property of product led's thing model; the nearest is heat");
  EXPECT_EQ(outcome(heat, "}\ncloud_traffic:\n  - {kind: service, service: heat}\n"),
            "2: s.yaml:4:30: heat is no service of product led's thing model; it has none");
  const std::string report = ", report: [{identifiers: [";
  EXPECT_EQ(outcome(heat, report + "heat]}]}\n"), "ready");
  const auto two = outcome(heat, report + "heat, x, y]}]}\n");
  EXPECT_NE(two.find(" x is no property of product led's thing model; it has heat (1 more: "),
            std::string::npos)
      << two;
}

TEST_F(modelled, refuses_reports_of_a_model_that_no_board_holds) {
  std::string many;
  for (int i = 0; i < 120; ++i) {
    many += (i == 0 ? "" : ",") + property("property_with_a_long_name_" + std::to_string(i), "r");
  }
  auto o = vendor();
  o.ram_bytes = 4 * 1024;
  const std::string rest = ", report: [{what: properties, every: 1s}, {what: event}]}\n";
  const auto told = outcome(many, rest, o);
  EXPECT_TRUE(told.starts_with("2: s.yaml:2:")) << told;
  EXPECT_NE(told.find(" makes reports of "), std::string::npos) << told;
  o.ram_bytes = 8 * 1024;
  EXPECT_EQ(outcome(many, rest, o), "ready");
}

TEST(prepare_checks, say_that_reports_without_a_tag_are_not_judged) {
  auto o = plain_mqtt();
  EXPECT_TRUE(prepare(o).value().notes.empty());
  o.mqtt_text.payload = "{seq}";
  const auto got = prepare(o);
  ASSERT_TRUE(got.ok()) << got.error().message;
  ASSERT_EQ(got.value().notes.size(), 1U);
  EXPECT_EQ(got.value().notes.front(), "the payload has no {ledger}: reports are counted, and "
                                       "whether they arrive is not judged");
  o.interval = duration::zero();
  EXPECT_TRUE(prepare(o).value().notes.empty()) << "there are none";
}

TEST(prepare_checks, say_which_texts_of_a_scenario_are_not_judged) {
  const std::string head = "products:\n  - report:\n      - {what: properties}\n      - ";
  const auto notes_of = [&head](const std::string& report) {
    const auto file = read_scenario(
        head + report, scenario_surroundings{"", [](const std::string&) { return true; }});
    EXPECT_TRUE(file.ok());
    auto plan = resolve(file.value()).value();
    auto o = vendor();
    o.scenario_file = "s.yaml";
    o.devices = plan.devices;
    o.downlink_interval = duration::zero();
    const auto got = prepare(o, std::move(plan));
    EXPECT_TRUE(got.ok()) << got.error().message;
    return got.value().notes;
  };
  EXPECT_TRUE(notes_of("{what: custom}\n").empty());
  EXPECT_TRUE(notes_of("{what: custom, payload: '{seq} {ledger}'}\n").empty());
  for (const auto* what : {"custom", "raw"}) {
    const auto notes = notes_of(std::string{"{what: "} + what + ", payload: '{seq}'}\n");
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes.front(), "a payload has no {ledger}: such reports are counted, and whether "
                             "they arrive is not judged");
  }
}

class outputs : public testing::Test {
protected:
  outputs()
      : folder_(fs::temp_directory_path()
                / ("outputs_" + std::to_string(testing::UnitTest::GetInstance()->random_seed())
                   + "_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~outputs() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  static std::string text_of(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream{path}.rdbuf();
    return out.str();
  }
  fs::path folder_;
};

TEST_F(outputs, in_a_missing_folder_are_refused_with_the_systems_reason) {
  auto o = vendor();
  o.json_file = path("none/out.json");
  EXPECT_EQ(outcome_of(o), "2: --json " + o.json_file
                               + " cannot be written: No such file or directory; name a file in a "
                                 "folder that exists and may be written to");
  o.json_file.clear();
  o.ledger_file = folder_;
  EXPECT_TRUE(outcome_of(o).starts_with("2: --ledger " + o.ledger_file
                                        + " cannot be written: Is a directory"));
  o.ledger_file = path(std::string(300, 'x'));
  EXPECT_TRUE(outcome_of(o).starts_with("2: --ledger ")) << "too long a name";
  o.ledger_file = "/proc/out.txt";
  EXPECT_FALSE(outcome_of(o) == "ready");
}

TEST_F(outputs, of_one_name_are_refused) {
  auto o = vendor();
  o.json_file = o.ledger_file = path("out");
  EXPECT_TRUE(outcome_of(o).starts_with("2: --json and --ledger both name " + o.json_file));
}

TEST_F(outputs, that_can_be_written_are_left_as_they_were) {
  auto o = vendor();
  o.json_file = path("out.json");
  std::ofstream{o.json_file} << "an old one";
  o.ledger_file = path("out.txt");
  EXPECT_EQ(outcome_of(o), "ready");
  EXPECT_EQ(text_of(o.json_file), "an old one");
  EXPECT_FALSE(fs::exists(o.ledger_file));
  EXPECT_EQ(std::distance(fs::directory_iterator{folder_}, {}), 1);
}

TEST_F(outputs, are_written_whole_or_not_at_all) {
  const auto file = path("out.json");
  EXPECT_TRUE(report::write_whole(file, "new"));
  EXPECT_EQ(text_of(file), "new");
  EXPECT_FALSE(report::write_whole(path("none/x"), "new"));
  EXPECT_EQ(errno, ENOENT);
  EXPECT_FALSE(report::write_whole(folder_, "new"));
  EXPECT_EQ(errno, EISDIR);
  EXPECT_FALSE(report::write_whole("/dev/full", "new"));
  EXPECT_EQ(errno, ENOSPC);
  EXPECT_EQ(std::distance(fs::directory_iterator{folder_}, {}), 1) << "no part is left";
}

TEST_F(outputs, may_be_what_is_no_file) {
  EXPECT_EQ(report::writing_trouble("/dev/null"), 0);
  EXPECT_TRUE(report::write_whole("/dev/null", "gone"));
  EXPECT_TRUE(fs::is_character_file("/dev/null")) << "it was not replaced";
}

TEST(prepare_checks, refuse_to_connect_from_where_the_target_cannot_be_reached) {
  const auto bound = [](std::string_view from, run_options o = vendor()) {
    o.virtual_world = false;
    o.source_addresses = {hal::parse_address(from).value()};
    return outcome_of(o);
  };
  EXPECT_EQ(bound("127.0.0.2:0"), "ready");
  EXPECT_EQ(bound("[::1]:0"),
            "2: --bind [::1] leads nowhere near the embedded twin, which is on loopback, IPv4; "
            "name an address of the same kind, or leave it out");
  EXPECT_TRUE(bound("192.0.2.1:0").starts_with("2: --bind 192.0.2.1 leads nowhere near"));
  auto far = broker();
  far.target.host = "192.0.2.7";
  EXPECT_EQ(bound("192.0.2.1:0", far), "3: --bind 192.0.2.1: Cannot assign requested address; name "
                                       "an address of this machine");
}

TEST(prepare_checks, take_the_address_of_a_target_that_all_sources_reach) {
  const auto at = [](std::string_view text) { return hal::parse_address(text).value(); };
  const std::vector<hal::address> found{at("[::1]:1883"), at("127.0.0.1:1883")};
  EXPECT_EQ(reachable_peer(found, {}), found[0]);
  EXPECT_EQ(reachable_peer(found, {at("127.0.0.2:0"), at("127.0.0.3:0")}), found[1]);
  EXPECT_EQ(reachable_peer(found, {at("127.0.0.2:0"), at("[::1]:0")}), found[0]) << "none fits";
}

TEST(prepare_checks, refuse_an_empty_file_instead_of_sending_something_else) {
  auto o = plain_mqtt();
  o.mqtt_text.payload_file = "/dev/null";
  EXPECT_EQ(outcome_of(o), "2: --payload-file /dev/null is empty; write the text into it, or leave "
                           "the flag out");
}

} // namespace
} // namespace fleet::program
