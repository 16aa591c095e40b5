// The command line as a whole: defaults, every flag, every mistake and every contradiction.
#include "fleet/options.hpp"

#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string_view>;

/// Splits at blanks; no word of these tests has one.
words split(std::string_view line) {
  words out;
  while (!line.empty()) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    out.push_back(line.substr(0, blank));
    line.remove_prefix(std::min(blank + 1, line.size()));
  }
  return out;
}

template <class Options>
Options parsed(std::string_view line) {
  auto answer = parse_options(split(line));
  if (!answer) {
    ADD_FAILURE() << line << "\n" << answer.error().message;
    return {};
  }
  if (!std::holds_alternative<Options>(answer.value())) {
    ADD_FAILURE() << line << ": another subcommand";
    return {};
  }
  return std::get<Options>(std::move(answer).value());
}

run_options run(std::string_view flags) {
  return parsed<run_options>("run " + std::string{flags});
}
cloud_options serve(std::string_view flags) {
  return parsed<cloud_options>("cloud serve " + std::string{flags});
}

std::string said(const words& line) {
  const auto answer = parse_options(line);
  return answer ? "accepted" : answer.error().message;
}
std::string said(std::string_view line) {
  return said(split(line));
}

/// What `fleet run` says about the flags, without the hint.
std::string refused(std::string_view flags) {
  const std::string message = said("run " + std::string{flags});
  constexpr std::string_view before = "fleet run: ";
  constexpr std::string_view after = "\nsee fleet run --help\n";
  if (!message.starts_with(before) || !message.ends_with(after)) {
    return "unexpected form: " + message;
  }
  return message.substr(before.size(), message.size() - before.size() - after.size());
}

std::string refused_serve(std::string_view flags) {
  const std::string message = said("cloud serve " + std::string{flags});
  return message.substr(0, message.find('\n'));
}

std::string text_of(std::string_view line) {
  return parsed<text_answer>(line).text;
}

} // namespace

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
  EXPECT_EQ(refused("--devices -5"), "--devices -5 is negative");
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
  EXPECT_EQ(refused("--seed 1.5"), "--seed 1.5 is not a whole number");
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
  EXPECT_EQ(refused("--qos 3"), "--qos 3 is unknown; the nearest is 0 (of 0, 1 or 2)");
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
  EXPECT_EQ(refused("--virtual yes"), "unexpected word yes");
}

TEST(run_mistakes, are_reported_first_come_first) {
  EXPECT_EQ(refused("--devices 0 --sed 7"), "--devices 0 is out of range; it takes 1 to 1,000,000");
  EXPECT_EQ(refused("--sed 7 --devices 0"), "unknown flag --sed; the nearest is --seed");
  EXPECT_EQ(refused("--seed x --devices 0"), "--seed x is not a whole number");
  EXPECT_EQ(refused("--quiet --seed x --devices 0"), "--seed x is not a whole number");
}

TEST(run_contradictions, of_protocol_and_what_goes_with_it) {
  EXPECT_EQ(refused("--protocol coap --target mqtt://b"),
            "--protocol coap contradicts the mqtt:// target");
  EXPECT_EQ(refused("--protocol mqtt --target https://b"),
            "--protocol mqtt contradicts the https:// target");
  EXPECT_EQ(refused("--security psk --target coap://b"),
            "--security psk contradicts the coap:// target; write coaps:// for that");
  EXPECT_EQ(refused("--security dtls --target mqtt://b"),
            "--security dtls contradicts the mqtt:// target");
  EXPECT_EQ(refused("--security dtls"), "the devices would have protocol mqtt with security dtls, "
                                        "which is of CoAP; write plain or tls");
  EXPECT_EQ(refused("--protocol coap --security tls"),
            "the devices would have protocol coap with security tls, which is of streams; write "
            "plain, dtls, psk or aes");
  EXPECT_EQ(refused("--protocol http --security aes"),
            "the devices would have protocol http with security aes; write plain or tls");
  EXPECT_EQ(refused("--target coap://b --profile mqtt"),
            "the devices would have protocol coap with profile mqtt, which is for brokers; write "
            "linkdevelop or linkplatform");
  for (const auto flag : {"--logon pre-auth", "--keep-alive 60s", "--clean-session",
                          "--receive-limit 2KiB", "--downlink-interval 5s"}) {
    EXPECT_EQ(refused("--protocol coap " + std::string{flag}),
              std::string{split(flag).front()} + " is about MQTT, and the devices speak coap")
        << flag;
  }
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

TEST(run_contradictions, of_security_and_target) {
  EXPECT_EQ(refused("--security plain --target mqtts://b"),
            "--security plain contradicts the mqtts:// target; write mqtt:// for that");
  EXPECT_EQ(refused("--security tls --target mqtt://b"),
            "--security tls contradicts the mqtt:// target; write mqtts:// for that");
  for (const auto flag : {"--cafile f", "--insecure", "--server-name n", "--tls-version 1.2"}) {
    const std::string name{split(flag).front()};
    EXPECT_EQ(refused(flag), name + " needs TLS; add --security tls or an mqtts:// target");
    EXPECT_EQ(refused(std::string{flag} + " --target mqtt://b"),
              name + " needs TLS; add --security tls or an mqtts:// target");
  }
  EXPECT_EQ(refused("--cafile f --protocol coap"),
            "--cafile needs DTLS; add --security dtls or a coaps:// target");
  EXPECT_EQ(refused("--cafile f --target coap://b"),
            "--cafile needs DTLS; add --security dtls or a coaps:// target");
  EXPECT_EQ(refused("--insecure --target http://b"),
            "--insecure needs TLS; add --security tls or an https:// target");
  EXPECT_EQ(refused("--target mqtts://b --insecure --cafile f"),
            "--insecure looks at no certificate and so contradicts --cafile");
  EXPECT_EQ(refused("--security tls --cafile f"),
            "--cafile needs a target; the embedded twin brings its own certificate");
  EXPECT_EQ(refused("--target-admin http://127.0.0.1:18830"),
            "--target-admin needs a target; the embedded twin's ledger is at hand");
  EXPECT_EQ(run("--security tls --tls-version 1.3").tls_version, tls_version::v1_3);
  for (const auto posting : {"--protocol coap --security psk", "--target coaps://b"}) {
    EXPECT_EQ(refused(std::string{posting} + " --tls-version 1.2"),
              "--tls-version is about TLS, and of DTLS there is 1.2 alone; leave it out");
  }
}

TEST(run_contradictions, of_registration) {
  EXPECT_EQ(refused("--register"),
            "--register tells secrets, over TLS alone; add --security tls or an mqtts:// target");
}

TEST(run_contradictions, of_profile_and_flags) {
  for (const auto flag : {"--client-id x", "--username x", "--password x", "--password-file x",
                          "--topic x", "--down-topic x", "--payload x", "--payload-file x"}) {
    EXPECT_EQ(refused(flag), std::string{split(flag).front()} + " needs --profile mqtt");
  }
  for (const auto flag : {"--credentials x", "--product-key x", "--sign hmacmd5"}) {
    EXPECT_EQ(
        refused("--profile mqtt " + std::string{flag}),
        std::string{split(flag).front()}
            + " belongs to the profiles linkdevelop and linkplatform; --profile mqtt logs on with "
              "--username and --password");
  }
  EXPECT_EQ(refused("--qos 2"),
            "--qos 2 needs --profile mqtt; the platform of profile linkdevelop refuses it");
  EXPECT_EQ(
      refused("--keep-alive 29s"),
      "--keep-alive must be 30s to 1200s with profile linkdevelop; the platform refuses others");
  EXPECT_EQ(
      refused("--profile linkplatform --keep-alive off"),
      "--keep-alive must be 30s to 1200s with profile linkplatform; the platform refuses others");
  EXPECT_EQ(refused("--profile mqtt --keep-alive 1500ms"),
            "--keep-alive is in whole seconds; 1s500ms is not");
  EXPECT_EQ(refused("--credentials f --product-key k"),
            "--product-key is for generated credentials and contradicts --credentials");
  EXPECT_EQ(refused("--profile mqtt --password x"),
            "a password needs a user name in MQTT; add --username");
  EXPECT_EQ(refused("--profile mqtt --username u --password x --password-file f"),
            "--password and --password-file contradict each other; give one");
  EXPECT_EQ(refused("--profile mqtt --payload x --payload-file f"),
            "--payload and --payload-file contradict each other; give one");
}

TEST(run_contradictions, of_the_boards_memory_and_of_files) {
  EXPECT_EQ(refused("--receive-limit 64KiB"),
            "--receive-limit 64KiB is a part of the board's --ram 64KiB and leaves nothing of it; "
            "make --ram larger, or it smaller");
  EXPECT_EQ(refused("--ram 4KiB --receive-limit 8KiB"),
            "--receive-limit 8KiB is a part of the board's --ram 4KiB and leaves nothing of it; "
            "make --ram larger, or it smaller");
  EXPECT_EQ(run("--ram 64MiB --receive-limit 256KiB").receive_limit_bytes, 256U * 1024);
  EXPECT_EQ(refused("--json out --ledger out"),
            "--json and --ledger name one file; give each its own");
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

TEST(run_contradictions, of_the_virtual_world_and_sockets) {
  EXPECT_EQ(refused("--virtual --target mqtt://broker"),
            "--virtual opens no socket and so contradicts --target mqtt://broker:1883");
  EXPECT_EQ(refused("--virtual --bind 127.0.0.2"), "--bind is about sockets; --virtual opens none");
  EXPECT_EQ(refused("--virtual --connects-pending 5"),
            "--connects-pending is about sockets; --virtual opens none");
  EXPECT_EQ(refused("--virtual --homes 2"), "--virtual has one home; leave --homes out");
  EXPECT_EQ(refused("--link wifi"), "--link shapes the simulated network and needs --virtual");
  EXPECT_EQ(run("--virtual --homes 1 --link nbiot").link, hal::link_kind::nbiot);
}

TEST(run_contradictions, of_ramp_and_duration) {
  EXPECT_EQ(refused("--devices 5000 --ramp 50/s --duration 60s"),
            "the ramp of 5,000 devices takes 1m41s and would not end within --duration 1m");
  EXPECT_EQ(run("--devices 5000 --ramp 100/s --duration 60s").devices, 5000U);
}

TEST(serve_flags, are_all_read) {
  const auto o =
      serve("--mqtt 0 --mqtt 127.0.0.1:1 --mqtts [::1]:2 --profile linkplatform --credentials "
            "d.csv --cert c.pem --key k.pem --tls-version 1.3 --downlink-interval 5s --homes 2 "
            "--seed 9 --grace 2s --metrics 0 --ledger l.txt --quiet");
  ASSERT_EQ(o.mqtt.size(), 2U);
  EXPECT_EQ(o.mqtt[0].text(), "127.0.0.1:0");
  EXPECT_EQ(o.mqtt[1].text(), "127.0.0.1:1");
  ASSERT_EQ(o.mqtts.size(), 1U);
  EXPECT_EQ(o.mqtts[0].text(), "[::1]:2");
  EXPECT_EQ(o.profile, profile::linkplatform);
  EXPECT_EQ(o.credentials_file, "d.csv");
  EXPECT_EQ(o.cert_file, "c.pem");
  EXPECT_EQ(o.key_file, "k.pem");
  EXPECT_EQ(o.tls_version, tls_version::v1_3);
  EXPECT_EQ(o.downlink_interval, 5s);
  EXPECT_EQ(o.homes, 2U);
  EXPECT_EQ(o.seed, 9U);
  EXPECT_EQ(o.grace, 2s);
  EXPECT_TRUE(o.metrics.at.has_value());
  EXPECT_EQ(o.ledger_file, "l.txt");
  EXPECT_TRUE(o.quiet);
}

TEST(serve_flags, listen_on_the_well_known_loopback_port_unless_told_otherwise) {
  const auto alone = serve("");
  ASSERT_EQ(alone.mqtt.size(), 1U);
  EXPECT_EQ(alone.mqtt[0].text(), "127.0.0.1:1883");
  EXPECT_TRUE(serve("--mqtts 8883").mqtt.empty());
}

TEST(serve_flags, place_the_admin_api) {
  EXPECT_FALSE(serve("").admin.asked_for);
  const auto placed = serve("--admin 0.0.0.0:0 --admin-token-file t");
  EXPECT_EQ(placed.admin.at->text(), "0.0.0.0:0");
  EXPECT_EQ(placed.admin_token_file, "t");
  const auto off = serve("--admin off");
  EXPECT_TRUE(off.admin.asked_for);
  EXPECT_FALSE(off.admin.at.has_value());
}

TEST(serve_flags, place_the_front_door_of_devices) {
  const auto o = serve("--http 0 --https 127.0.0.2:443 --https 444 --product-secrets f --cert c "
                       "--key k");
  ASSERT_EQ(o.http.size(), 1U);
  ASSERT_EQ(o.https.size(), 2U);
  EXPECT_EQ(o.https[0].text(), "127.0.0.2:443");
  EXPECT_EQ(o.product_secrets_file, "f");
  EXPECT_EQ(o.mqtt.size(), 1U);
}

TEST(serve_flags, place_the_doors_of_devices_that_only_post) {
  const auto o = serve("--coap 5683 --coap 127.0.0.2:0 --coaps 0 --cert c --key k "
                       "--coap-token-life 10m --https 0 --http-token-life 5s");
  ASSERT_EQ(o.coap.size(), 2U);
  EXPECT_EQ(o.coap[0].text(), "127.0.0.1:5683");
  EXPECT_EQ(o.coaps.size(), 1U);
  EXPECT_EQ(o.coap_token_life, 10min);
  EXPECT_EQ(o.http_token_life, 5s);
  EXPECT_EQ(serve("").coap_token_life, 168h);
  EXPECT_EQ(serve("").http_token_life, 48h);
  EXPECT_EQ(refused_serve("--coap-token-life 1h"),
            "fleet cloud serve: --coap-token-life needs --coap or --coaps");
  EXPECT_EQ(refused_serve("--http-token-life 1h"),
            "fleet cloud serve: --http-token-life needs --http or --https");
  EXPECT_EQ(refused_serve("--coaps 0 --tls-version 1.2"),
            "fleet cloud serve: --tls-version needs a TLS listener; add --mqtts 127.0.0.1:8883");
  EXPECT_EQ(refused_serve("--profile mqtt --coap 0"),
            "fleet cloud serve: --coap belongs to the profiles linkdevelop and linkplatform; "
            "--profile mqtt is an open broker");
}

TEST(serve_flags, say_by_which_host_devices_reach_the_front_door) {
  EXPECT_EQ(serve("--http 0 --advertise twin.local").advertise, "twin.local");
  EXPECT_EQ(serve("--https 0 --advertise [fe80::1]").advertise, "[fe80::1]");
  for (const std::string_view host : {"a/b", "a:80", "u@h", "http://h"}) {
    EXPECT_EQ(refused_serve("--http 0 --advertise " + std::string{host}),
              "fleet cloud serve: --advertise " + std::string{host}
                  + " is no host; write a name, an IPv4 address, or an IPv6 address in brackets");
  }
  EXPECT_EQ(refused_serve("--advertise h"),
            "fleet cloud serve: --advertise needs --http or --https");
}

TEST(serve_mistakes, are_told_in_one_sentence) {
  EXPECT_EQ(refused_serve("--admin off --admin-token-file t"),
            "fleet cloud serve: --admin-token-file contradicts --admin off");
  EXPECT_EQ(refused_serve("--mqtt broker:1883"),
            "fleet cloud serve: --mqtt broker:1883 is not a numeric address and a port; write "
            "127.0.0.1:1883, [::1]:1883, or 1883 for loopback");
  EXPECT_EQ(
      refused_serve("--mqtt 65536"),
      "fleet cloud serve: --mqtt 65536 has a bad port; a port is a number from 0, which picks a "
      "free one, to 65535");
  EXPECT_EQ(refused_serve("--cert c.pem --mqtts 0"), "fleet cloud serve: --cert needs its --key");
  EXPECT_EQ(refused_serve("--key k.pem --mqtts 0"), "fleet cloud serve: --key needs its --cert");
  EXPECT_EQ(refused_serve("--cert c --key k"),
            "fleet cloud serve: --cert needs a TLS listener; add --mqtts 127.0.0.1:8883");
  EXPECT_EQ(
      refused_serve("--profile mqtt --credentials f"),
      "fleet cloud serve: --credentials belongs to the profiles linkdevelop and linkplatform; "
      "--profile mqtt is an open broker");
  EXPECT_EQ(refused_serve("--devices 5"), "fleet cloud serve: unknown flag --devices");
}

TEST(check_words, are_files) {
  EXPECT_EQ(parsed<check_options>("check a.csv b.csv").files,
            (std::vector<std::string>{"a.csv", "b.csv"}));
  EXPECT_EQ(parsed<check_options>("check -- --odd.csv").files,
            (std::vector<std::string>{"--odd.csv"}));
  EXPECT_EQ(said("check"), "fleet check: names no file to check\nsee fleet check --help\n");
  EXPECT_EQ(said("check --strict a.csv"),
            "fleet check: unknown flag --strict\nsee fleet check --help\n");
}

TEST(subcommands, are_named_when_unknown) {
  EXPECT_EQ(said("rnu"), "fleet: unknown subcommand rnu; the nearest is run\nsee fleet --help\n");
  EXPECT_EQ(said("teapot"), "fleet: unknown subcommand teapot; it takes run, cloud, device, fault, "
                            "report, check, version or help\nsee fleet --help\n");
  EXPECT_EQ(said("cloud srve"),
            "fleet cloud: unknown subcommand srve; the nearest is serve\nsee fleet cloud --help\n");
  EXPECT_TRUE(said("cloud").starts_with("fleet cloud: needs a subcommand: serve, products, "));
  EXPECT_EQ(said("--devices 5"),
            "fleet: flags come after a subcommand, as in fleet run --devices\nsee fleet --help\n");
  EXPECT_TRUE(said("").starts_with("fleet: "));
}

TEST(help, is_the_manual_of_each_subcommand) {
  EXPECT_NE(text_of("help").find("fleet SUBCOMMAND"), std::string::npos);
  EXPECT_EQ(text_of("--help"), text_of("help"));
  EXPECT_EQ(text_of("help run"), text_of("run --help"));
  EXPECT_EQ(text_of("help cloud"), text_of("cloud --help"));
  EXPECT_EQ(text_of("help cloud serve"), text_of("cloud serve --help"));
  EXPECT_EQ(text_of("run --devices nonsense -h"), text_of("run --help"));
  EXPECT_NE(text_of("run --help").find("--behaviour NAME"), std::string::npos);
  EXPECT_NE(text_of("check --help").find("FILE..."), std::string::npos);
  EXPECT_EQ(text_of("version"), "fleet " + std::string{version} + "\n");
  EXPECT_EQ(text_of("--version"), text_of("version"));
}

TEST(help, fits_a_terminal_of_a_hundred_columns) {
  for (const auto line : {"help", "help run", "help cloud serve", "help check"}) {
    const std::string text = text_of(line);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      ASSERT_NE(end, std::string::npos) << line;
      EXPECT_LE(end - at, 100U) << text.substr(at, end - at);
      at = end + 1;
    }
  }
}

TEST(secrets, are_in_no_message_and_no_printed_command) {
  EXPECT_EQ(said("run --target mqtt://me:hunter2@broker").find("hunter2"), std::string::npos);
  EXPECT_EQ(
      said("run --profile mqtt --username u --password hunter2 --password hunter2").find("hunter2"),
      std::string::npos);
  EXPECT_EQ(printable_command(split("run --password hunter2 --password=hunter2 --devices 5")),
            "fleet run --password *** --password=*** --devices 5");
}

TEST(printed_command, can_be_given_to_a_shell) {
  EXPECT_EQ(printable_command(words{"run", "--payload", "it's {seq}", "--json", ""}),
            "fleet run --payload 'it'\\''s {seq}' --json ''");
}

TEST(secrets, are_overwritten_in_the_process_title) {
  std::string run_word = "run";
  std::string flag = "--password";
  std::string secret = "hunter2";
  std::string both = "--password=hunter2";
  std::string file = "--password-file=pw";
  const std::vector<char*> argv{run_word.data(), flag.data(), secret.data(), both.data(),
                                file.data()};
  hide_secrets(argv);
  EXPECT_EQ(run_word, "run");
  EXPECT_EQ(secret, "*******");
  EXPECT_EQ(both, "--password=*******");
  EXPECT_EQ(file, "--password-file=pw");
}

} // namespace fleet::program
