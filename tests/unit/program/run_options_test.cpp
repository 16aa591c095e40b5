// The flags of `fleet run`: defaults, every flag, every mistake.
#include "tests/unit/program/options_rig.hpp"

#include <string>
#include <string_view>

namespace fleet::program {

using namespace std::chrono_literals;

using test::refused;
using test::run;
using test::said;
using test::words;

TEST(run_flags, have_defaults_that_run_a_minute_against_the_embedded_twin) {
  const auto o = run("");
  EXPECT_EQ(o.devices, 100U);
  EXPECT_EQ(o.run_for, 60s);
  EXPECT_EQ(o.ramp_per_second, std::nullopt);
  EXPECT_EQ(o.interval, 10s);
  EXPECT_EQ(o.qos, mqtt::qos::at_least_once);
  EXPECT_EQ(o.downlink_interval, 60s);
  EXPECT_EQ(o.target.scheme, text::scheme::embedded);
  EXPECT_EQ(o.profile, profile::linkdevelop);
  EXPECT_EQ(o.security, security::plain);
  EXPECT_EQ(o.receive_limit_bytes, 1024U);
  EXPECT_EQ(o.seed, std::nullopt);
  EXPECT_FALSE(o.virtual_world);
  EXPECT_EQ(o.metrics.at->text(), "127.0.0.1:9464");
  EXPECT_FALSE(o.metrics.asked_for);
}

TEST(run_flags, are_all_read) {
  const auto o = run(
      "--devices 5k --duration 1h30m --ramp 200/s --interval 2s --payload-bytes 4KiB --qos 0 "
      "--downlink-interval off --target mqtts://broker:99 --profile linkplatform --protocol mqtt "
      "--security tls --cafile ca.pem --server-name other --tls-version 1.2 --credentials d.csv "
      "--sign hmacsha256 --behaviour sdk --keep-alive 120s --clean-session --receive-limit 2KiB "
      "--seed "
      "0x2a --homes 2 --bind 127.0.0.2,127.0.0.3 --source-address ::1 --connects-pending 7 --grace "
      "1s "
      "--report-every 1s --plain --quiet --metrics 127.0.0.1:0 --json out.json --ledger out.txt");
  EXPECT_EQ(o.devices, 5000U);
  EXPECT_EQ(o.run_for, 90min);
  EXPECT_EQ(o.ramp_per_second, 200);
  EXPECT_EQ(o.interval, 2s);
  EXPECT_EQ(o.payload_bytes, 4096U);
  EXPECT_EQ(o.qos, mqtt::qos::at_most_once);
  EXPECT_EQ(o.downlink_interval, 0s);
  EXPECT_EQ(o.target, (text::target{text::scheme::mqtts, "broker", 99}));
  EXPECT_EQ(o.profile, profile::linkplatform);
  EXPECT_EQ(o.security, security::tls);
  EXPECT_EQ(o.ca_file, "ca.pem");
  EXPECT_EQ(o.server_name, "other");
  EXPECT_EQ(o.tls_version, tls_version::v1_2);
  EXPECT_EQ(o.credentials_file, "d.csv");
  EXPECT_EQ(o.sign, alink::sign_method::hmacsha256);
  EXPECT_EQ(o.behaviour, actors::behaviour::sdk);
  EXPECT_EQ(o.keep_alive, 120s);
  EXPECT_TRUE(o.clean_session);
  EXPECT_EQ(o.receive_limit_bytes, 2048U);
  EXPECT_EQ(o.seed, 42U);
  EXPECT_EQ(o.homes, 2U);
  ASSERT_EQ(o.source_addresses.size(), 3U);
  EXPECT_EQ(o.source_addresses[2].text(), "[::1]:0");
  EXPECT_EQ(o.connects_pending, 7U);
  EXPECT_EQ(o.grace, 1s);
  EXPECT_EQ(o.report_every, 1s);
  EXPECT_TRUE(o.plain);
  EXPECT_TRUE(o.quiet);
  EXPECT_EQ(o.metrics.at->text(), "127.0.0.1:0");
  EXPECT_TRUE(o.metrics.asked_for);
  EXPECT_EQ(o.json_file, "out.json");
  EXPECT_EQ(o.ledger_file, "out.txt");
}

TEST(run_flags, of_any_broker_are_all_read) {
  const auto o =
      run("--profile mqtt --target mqtt://broker --client-id {device} --username u{index} "
          "--password p --topic a/{device} --down-topic b/{device} --payload {seq} --qos 2 "
          "--keep-alive 5s");
  EXPECT_EQ(o.mqtt_text.client_id, "{device}");
  EXPECT_EQ(o.mqtt_text.username, "u{index}");
  EXPECT_EQ(o.mqtt_text.password, "p");
  EXPECT_EQ(o.mqtt_text.topic, "a/{device}");
  EXPECT_EQ(o.mqtt_text.down_topic, "b/{device}");
  EXPECT_EQ(o.mqtt_text.payload, "{seq}");
  EXPECT_EQ(o.qos, mqtt::qos::exactly_once);
  const auto files =
      run("--profile mqtt --username u --password-file pw --payload-file payload.json");
  EXPECT_EQ(files.mqtt_text.password_file, "pw");
  EXPECT_EQ(files.mqtt_text.payload_file, "payload.json");
  EXPECT_TRUE(files.mqtt_text.listens());
  EXPECT_GT(files.downlink_interval, duration::zero());
}

TEST(run_flags, devices_that_subscribe_to_nothing_are_sent_nothing) {
  const auto o = run("--profile mqtt --down-topic off");
  EXPECT_FALSE(o.mqtt_text.listens());
  EXPECT_EQ(o.downlink_interval, duration::zero());
  EXPECT_EQ(run("--profile mqtt --down-topic off --downlink-interval off").downlink_interval,
            duration::zero());
  EXPECT_EQ(
      refused("--profile mqtt --down-topic off --downlink-interval 60s"),
      "--down-topic off and --downlink-interval contradict each other; commands need a topic");
}

TEST(run_flags, take_their_value_after_an_equals_sign_too) {
  EXPECT_EQ(run("--devices=7").devices, 7U);
  EXPECT_EQ(refused("--devices=0"), "--devices 0 is out of range; it takes 1 to 1,000,000");
}

TEST(run_flags, follow_from_one_another) {
  EXPECT_EQ(run("--target mqtts://broker").security, security::tls);
  EXPECT_EQ(run("--virtual").metrics.at, std::nullopt);
  EXPECT_TRUE(run("--virtual --metrics 9464").metrics.at.has_value());
  EXPECT_EQ(run("--metrics off").metrics.at, std::nullopt);
  EXPECT_EQ(run("--keep-alive off --profile mqtt").keep_alive, 0s);
  EXPECT_EQ(run("--interval off").interval, 0s);
}

TEST(run_flags, take_protocol_and_security_from_the_targets_scheme) {
  struct expected {
    std::string_view flags;
    device_protocol spoken;
    security tier;
  };
  for (const auto& e :
       {expected{"--target mqtts://b", device_protocol::mqtt, security::tls},
        expected{"--target coap://b", device_protocol::coap, security::plain},
        expected{"--target coaps://b", device_protocol::coap, security::dtls},
        expected{"--target coaps://b --security psk", device_protocol::coap, security::psk},
        expected{"--target coap-psk://b", device_protocol::coap, security::aes},
        expected{"--target http://b", device_protocol::http, security::plain},
        expected{"--target https://b", device_protocol::http, security::tls},
        expected{"--protocol coap", device_protocol::coap, security::plain},
        expected{"--protocol http --security tls", device_protocol::http, security::tls}}) {
    const auto o = run(e.flags);
    EXPECT_EQ(o.protocol, e.spoken) << e.flags;
    EXPECT_EQ(o.security, e.tier) << e.flags;
    EXPECT_EQ(o.downlink_interval > duration::zero(), e.spoken == device_protocol::mqtt) << e.flags;
  }
}

TEST(run_mistakes, name_the_nearest_flag) {
  EXPECT_EQ(said("run --devcies 5000"),
            "fleet run: unknown flag --devcies; the nearest is --devices\nsee fleet run --help\n");
  EXPECT_EQ(refused("--sed=7"), "unknown flag --sed; the nearest is --seed");
  EXPECT_EQ(refused("-devices 5"), "unknown flag -devices; the nearest is --devices");
  EXPECT_EQ(refused("--source-adress 127.0.0.1"),
            "unknown flag --source-adress; the nearest is --source-address");
  EXPECT_EQ(refused("--hlep"), "unknown flag --hlep; the nearest is --help");
  EXPECT_EQ(refused("--xyzzy"), "unknown flag --xyzzy");
  EXPECT_EQ(refused("-x"), "unknown flag -x");
}

TEST(run_mistakes, name_flag_value_and_range) {
  EXPECT_EQ(refused("--devices many"), "--devices many is not a number; write 5000 or 5k");
  EXPECT_EQ(refused("--devices 0"), "--devices 0 is out of range; it takes 1 to 1,000,000");
  EXPECT_EQ(refused("--devices 2M"), "--devices 2M is out of range; it takes 1 to 1,000,000");
  EXPECT_EQ(refused("--devices -5"), "--devices -5 is negative; it takes 1 to 1,000,000");
  EXPECT_EQ(refused("--devices 5e3"), "--devices 5e3 is not a number; write 5000 or 5k");
  EXPECT_EQ(refused("--duration 60"), "--duration 60 has no unit; write 90s, 500ms, 2m or 1h30m");
  EXPECT_EQ(refused("--duration 0s"), "--duration 0s is out of range; it takes 100ms to 365d");
  EXPECT_EQ(refused("--interval 0s"), "--interval 0s is out of range; it takes 1ms to 30d, or off");
  EXPECT_EQ(refused("--interval never"),
            "--interval never is not a duration; write 90s, 500ms, 2m or 1h30m, or off");
  EXPECT_EQ(refused("--ramp 0"), "--ramp 0 is out of range; it takes 0.1/s to 100,000/s");
  EXPECT_EQ(refused("--ramp fast"), "--ramp fast is not a rate; write 200/s or 90/min");
  EXPECT_EQ(refused("--payload-bytes 1MiB"),
            "--payload-bytes 1MiB is out of range; it takes 0B to 256KiB");
  EXPECT_EQ(refused("--receive-limit 12"),
            "--receive-limit 12 is out of range; it takes 128B to 256KiB");
  EXPECT_EQ(refused("--seed 1.5"),
            "--seed 1.5 is not a whole number; it takes 0 to 18446744073709551615");
  EXPECT_EQ(refused("--homes 65"), "--homes 65 is out of range; it takes 1 to 64");
  EXPECT_EQ(refused("--bind eth0"), "--bind eth0 is not a numeric address; write 127.0.0.2 or ::1, "
                                    "without a port");
  EXPECT_EQ(refused("--bind ::1,::1"), "--bind ::1,::1 names an address twice");
  EXPECT_EQ(
      refused("--metrics on"),
      "--metrics on is not a numeric address and a port; write 127.0.0.1:1883, [::1]:1883, or "
      "1883 for loopback, or off");
}

TEST(run_mistakes, name_the_nearest_word) {
  EXPECT_EQ(refused("--security tsl"),
            "--security tsl is unknown; the nearest is tls (of plain, tls, dtls, psk, aes, id2, "
            "id2-tls or itls)");
  EXPECT_EQ(refused("--security ssl"),
            "--security ssl is unknown; it takes plain, tls, dtls, psk, aes, id2, id2-tls or itls");
  EXPECT_EQ(refused("--protocol coaps"),
            "--protocol coaps is unknown; the nearest is coap (of mqtt, coap or http)");
  EXPECT_EQ(refused("--profile linkdevlop"),
            "--profile linkdevlop is unknown; the nearest is linkdevelop (of linkdevelop, "
            "linkplatform or mqtt)");
  EXPECT_EQ(refused("--qos 3"), "--qos 3 is unknown; it takes 0, 1 or 2");
  EXPECT_EQ(refused("--target embeded"), "--target embeded is unknown; the nearest is embedded");
}

TEST(run_mistakes, include_a_value_that_is_missing_or_too_much) {
  EXPECT_EQ(refused("--devices"), "--devices needs a value: N");
  EXPECT_EQ(refused("--devices --ramp 7"), "--devices needs a value: N");
  EXPECT_EQ(said(words{"run", "--devices", ""}),
            "fleet run: --devices \"\" is not a number; write 5000 or 5k\nsee fleet run --help\n");
  EXPECT_EQ(said(words{"run", "--json", ""}),
            "fleet run: --json \"\" must not be empty\nsee fleet run --help\n");
  EXPECT_EQ(refused("--quiet=maybe"), "--quiet takes no value");
  EXPECT_EQ(refused("--devices 5 --devices 6"), "--devices is given twice");
  EXPECT_EQ(refused("5000"), "unexpected word 5000");
  EXPECT_EQ(refused("configs/day.yaml"),
            "unexpected word configs/day.yaml; a scenario is given as --scenario configs/day.yaml");
  EXPECT_EQ(refused("--virtual yes"), "unexpected word yes");
}

TEST(run_mistakes, are_reported_first_come_first) {
  EXPECT_EQ(refused("--devices 0 --sed 7"), "--devices 0 is out of range; it takes 1 to 1,000,000");
  EXPECT_EQ(refused("--sed 7 --devices 0"), "unknown flag --sed; the nearest is --seed");
  EXPECT_EQ(refused("--seed x --devices 0"),
            "--seed x is not a whole number; it takes 0 to 18446744073709551615");
  EXPECT_EQ(refused("--quiet --seed x --devices 0"),
            "--seed x is not a whole number; it takes 0 to 18446744073709551615");
}

TEST(run_mistakes, in_templates_name_the_column) {
  EXPECT_TRUE(refused("--profile mqtt --topic a/{devcie}")
                  .starts_with("--topic a/{devcie} has a mistake at column 3: "))
      << refused("--profile mqtt --topic a/{devcie}");
  EXPECT_EQ(refused("--profile mqtt --client-id {ledger}"),
            "--client-id {ledger} must not hold {ledger}, which belongs into --payload");
  EXPECT_EQ(run("--profile mqtt --payload {ledger}").mqtt_text.payload, "{ledger}");
  EXPECT_EQ(refused("--profile mqtt --username u --password {hunter2}"),
            "--password *** has a mistake at column 1; a brace is written {{ or }}");
}

TEST(run_mistakes, repeat_no_more_than_a_line_of_a_long_value) {
  const std::string longer(10'000, 'x');
  EXPECT_LT(refused("--devices " + longer).size(), 200U);
}

} // namespace fleet::program
