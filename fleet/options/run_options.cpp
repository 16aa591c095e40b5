// The flags of a run, which `fleet run` and `fleet doctor` take; the subcommand is
// run_command.cpp's, what contradicts what run_contradictions.cpp's.
#include <array>
#include <string>

#include "fleet/options/judging_flags.hpp"
#include "fleet/options/protocols.hpp"
#include "fleet/options/report_flags.hpp"
#include "fleet/options/run_contradictions.hpp"
#include "fleet/options/run_flags.hpp"
#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/options/sweep_flags.hpp"
#include "fleet/options/words.hpp"
#include "fleet/scenario/fault_presets.hpp"
#include "fleet/scenario/fault_words.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr duration year = 24h * 365;
constexpr words_of<color_choice, 3> color_words{{{"auto", color_choice::automatic},
                                                 {"always", color_choice::always},
                                                 {"never", color_choice::never}}};

/// Flags that replace keys of a scenario.
constexpr std::array<std::string_view, 15> overriding_flags{
    "--devices", "--duration",          "--seed",       "--ramp", "--interval",    "--security",
    "--qos",     "--behaviour",         "--keep-alive", "--link", "--product-key", "--register",
    "--logon",   "--downlink-interval", "--protocol"};

void load_flags(flag_set& flags, run_options& out) {
  flags.group("Load");
  flags.value("--scenario", "FILE",
              "A scenario: products, stages and the cloud's traffic as YAML; docs/scenarios.md has "
              "every key; - is standard input. Flags on the line replace its keys. Default: none.",
              set_text(out.scenario_file));
  flags.value("--devices", "N", "How many devices: 1 to 1,000,000, as 5000 or 5k. Default 100.",
              set_count(out.devices, 1, 1'000'000));
  flags.value(
      "--duration", "D",
      "How long the run lasts, from the first connection to the stop: 100ms to 365d, as 90s "
      "or 1h30m. Default 60s.",
      set_duration(out.run_for, 100ms, year));
  flags.value(
      "--ramp", "RATE",
      "Devices started a second: 0.1/s to 100,000/s, as 200/s or 90/min. Default 1000/s, or "
      "slower where the target is.",
      set_rate(out.ramp_per_second, 0.1, 100'000));
  flags.value("--interval", "D",
              "Time between two reports of a device: 1ms to 30d, or off for devices that stay "
              "silent. Default 10s.",
              set_duration(out.interval, 1ms, 24h * 30, off_word::allowed));
  flags.value("--payload-bytes", "SIZE",
              "Pads each report to this size: 0 (as it comes) to 256KiB. Default 0.",
              set_size(out.payload_bytes, 0, 256 * 1024));
  flags.value("--qos", "0|1|2",
              "Delivery guarantee of reports; 2 with --profile mqtt only. Default 1.",
              set_word(out.qos, qos_words));
  flags.value(
      "--downlink-interval", "D",
      "Time between two commands from the cloud to a device: 10ms to 30d, or off. Sent by "
      "the embedded twin, or by a probe to other targets. Default 60s; off with a scenario.",
      set_duration(out.downlink_interval, 10ms, 24h * 30, off_word::allowed));
}

void cloud_flags(flag_set& flags, run_options& out) {
  flags.group("Cloud");
  flags.value("--target", "URL[,URL...]",
              "embedded (the twin in this process), mqtt://host[:1883], mqtts://host[:8883], "
              "coap://host[:5683], coaps://host[:5684], coap-psk://host[:5682], http://host[:80] "
              "or https://host[:443]. Several of one scheme, with commas or given again: device "
              "i connects to the one of number i modulo how many there are. Default embedded.",
              set_targets(out.target, out.more_targets), value_kind::repeated);
  flags.value(
      "--target-admin", "URL",
      "The admin API of a target that is `fleet cloud serve`, as that prints it: the twin's "
      "side of the ledger begins anew with the run and is fetched at its end. Of several "
      "targets each must be a listener of that twin. A token is taken from FLEET_ADMIN_TOKEN. "
      "Default: none.",
      set_text(out.target_admin));
  flags.value("--profile", "NAME",
              "The cloud's dialect: linkdevelop, linkplatform, or mqtt for any broker. Default "
              "linkdevelop.",
              set_word(out.profile, profile_words));
  flags.value("--protocol", "NAME",
              "What devices speak: mqtt, coap or http. With the last two they only post, and hear "
              "nothing but the answers. Default: the target's, mqtt with embedded.",
              set_word(out.protocol, protocol_words));
  flags.value(
      "--security", "TIER",
      "plain or tls; for CoAP dtls (the server known by its certificate), psk (DTLS with a key "
      "made of the device's secret) or aes (payloads encrypted as by the vendor's coap-psk://); "
      "and of the ID2 model, our own stand-in for the vendor's hardware "
      "identity, which only fleet's twin takes: id2 (TCP encrypted by AES with a key of the "
      "device), id2-tls (the same inside TLS) or itls (TLS by that name). Default: what "
      "the target's scheme stands for, plain with embedded.",
      set_word(out.security, security_words));
  flags.value(
      "--auth-host", "URL,...",
      "Where devices ask before they connect, with --logon pre-auth or bootstrap, or for "
      "their secrets, with register-https: http://host[:80] or https://host[:443]. Of several "
      "targets one for each, in their order, or one that knows the devices of all. Default: of "
      "one target its host, https where the devices use TLS or register.",
      set_auth_hosts(out.auth_host, out.more_auth_hosts), value_kind::repeated);
  flags.value(
      "--cafile", "FILE",
      "Certificates (PEM) that the target's certificate must lead to. Default: the system's.",
      set_text(out.ca_file));
  flags.toggle("--insecure", "Takes any certificate. For trials only.", out.insecure);
  flags.value("--server-name", "NAME",
              "The name asked for in the TLS handshake (SNI) and looked for in the certificate. "
              "Default: the target's host.",
              set_text(out.server_name));
  flags.value("--tls-version", "1.2|1.3|any",
              "The one version of TLS to offer, or any. Default any.",
              set_word(out.tls_version, tls_version_words));
}

void device_flags(flag_set& flags, run_options& out) {
  flags.group("Devices");
  flags.value("--credentials", "FILE",
              "CSV with the columns ProductKey, DeviceName, DeviceSecret, as the vendor's console "
              "exports it; a row per device. Default: generated ones, which the twin knows.",
              set_text(out.credentials_file));
  flags.value("--product-key", "KEY", "The product of generated credentials. Default a1FleetDemo.",
              set_text(out.product_key));
  flags.value("--logon", "MODE",
              "How devices come by what they log on with: direct (their secret signs), pre-auth "
              "(they ask the auth host for a token before each connection), bootstrap (they ask it "
              "where to connect), register (they fetch their secrets at first, with their "
              "product's, over MQTT with TLS) or register-https (the same at the auth host). "
              "Default direct.",
              set_word(out.logon, logon_words));
  flags.toggle("--register", "The same as --logon register.", out.registers);
  flags.value("--product-secrets", "FILE",
              "What devices that register sign with: CSV with the columns ProductKey, "
              "ProductSecret. Default: generated ones, which the embedded twin knows.",
              set_text(out.product_secrets_file));
  flags.value("--sign", "METHOD",
              "hmacmd5, hmacsha1 or hmacsha256. Default hmacsha1; over CoAP hmacmd5, which is then "
              "not named, and hmacsha256 with --security psk.",
              set_word(out.sign, sign_words));
  flags.value("--behaviour", "NAME",
              "strict (the standards to the letter) or sdk (as the vendor's 2018 SDK, faults "
              "included). Default strict.",
              set_word(out.behaviour, behaviour_words));
  flags.value("--keep-alive", "D",
              "MQTT keep-alive in whole seconds: 1s to 65535s, or off; 30s to 1200s unless the "
              "profile is mqtt. Default 60s.",
              set_duration(out.keep_alive, 1s, 65535s, off_word::allowed));
  flags.toggle("--clean-session", "Devices ask for a clean session at each connection.",
               out.clean_session);
  flags.value("--ram", "SIZE",
              "The board's memory for buffers: a report that does not fit beside what is still "
              "unacknowledged is skipped, and counted. 4KiB to 64MiB. Default 64KiB.",
              set_size(out.ram_bytes, 4 * 1024, 64 * 1024 * 1024));
  flags.value("--receive-limit", "SIZE",
              "The board's receive buffer: 128B to 256KiB; larger messages are dropped as on the "
              "real board. Default 1KiB.",
              set_size(out.receive_limit_bytes, 128, 256 * 1024));
}

void mqtt_flags(flag_set& flags, mqtt_text_options& out) {
  flags.group("Any broker (--profile mqtt). Templates may hold {device}, {client}, {index}, {seq}, "
              "{timestamp}, {product}, {random LOW..HIGH}, {random hex DIGITS}, {choice ONE|OTHER} "
              "and {sine LOW..HIGH PERIOD}; a brace is {{ or }}");
  flags.toggle("--no-probe",
               "No probe beside the fleet on a foreign broker: the ledger then has the devices' "
               "side only. For brokers that cannot feed one reader all reports.",
               out.no_probe);
  flags.value("--client-id", "TEMPLATE", "The client identifier. Default {device}.",
              set_template(out.client_id));
  flags.value("--username", "TEMPLATE", "The user name. Default: none.",
              set_template(out.username));
  flags.value(
      "--password", "TEMPLATE",
      "The password; better in a file, since others on this machine can see a command line. "
      "Default: none.",
      set_secret_template(out.password), value_kind::secret);
  flags.value("--password-file", "FILE", "A file whose first line is the password.",
              set_text(out.password_file));
  flags.value("--topic", "TEMPLATE", "Where reports go. Default fleet/{device}/up.",
              set_template(out.topic));
  flags.value("--down-topic", "TEMPLATE",
              "Where commands come from; with + or # only where none are sent, as with "
              "--downlink-interval off; off: devices that subscribe to nothing. Default "
              "fleet/{device}/down.",
              set_template(out.down_topic));
  flags.value("--payload", "TEMPLATE",
              "A report. {ledger} is where its place in the ledger goes; without it, reports are "
              "counted and not accounted for. Default: a small JSON object.",
              set_template(out.payload, ledger_word::allowed));
  flags.value("--payload-file", "FILE", "A file with the template of a report.",
              set_text(out.payload_file));
}

/// WORDS of a fault, looked at at once and kept as they are.
setter add_fault_words(std::vector<std::string>& out) {
  const auto take = [&out](std::string_view value) -> std::optional<std::string> {
    if (const auto rule = parse_fault_words(value); !rule) {
      return complaint_of(rule.error());
    }
    out.emplace_back(value);
    return std::nullopt;
  };
  const auto effects = fault_effect_words();
  return {take, {effects.begin(), effects.end()}};
}

void fault_flags(flag_set& flags, run_options& out) {
  flags.group("Faults");
  flags.value("--fault", "WORDS",
              "Goes wrong on purpose, as \"latency by=300ms for=30s at=10s percent=20%\"; may be "
              "given several times. fleet fault effects has all. Default: none.",
              add_fault_words(out.faults), value_kind::repeated);
  flags.value(
      "--control", "PATH|off",
      "The socket by which fleet fault reaches this run; off: the live page takes no orders "
      "either. Default: one of its own in $XDG_RUNTIME_DIR/fleet, or in the temporary "
      "directory; none with --virtual.",
      set_text(out.control));
}

void world_flags(flag_set& flags, run_options& out) {
  flags.group("World");
  flags.toggle(
      "--virtual",
      "Simulate network and clock: no socket, as fast as the machine allows, and repeatable "
      "from the seed.",
      out.virtual_world);
  flags.value("--seed", "N",
              "A whole number that decides everything random, as 7 or 0x2a. Default: picked, and "
              "printed at the start.",
              set_seed(out.seed));
  flags.value(
      "--link", "KIND",
      "The simulated attachment, with --virtual: ethernet, wifi, 4g, nbiot or lora. Default "
      "ethernet.",
      set_word(out.link, link_words));
  flags.value("--homes", "N", "Threads for devices: 1 to 64. Default: as many as fit the machine.",
              set_count(out.homes, 1, 64));
  flags.value("--bind,--source-address", "A[,A...]",
              "Local addresses to connect from, in turn; each has some 28,000 ports. Default: the "
              "system's choice; several of loopback towards loopback, and of its subnet all where "
              "more than 10,000 connect to another target.",
              set_source_addresses(out.source_addresses), value_kind::repeated);
  flags.value(
      "--connects-pending", "N",
      "Connections under way at once, up to the first answer: 1 to 20,000. More than the "
      "target's accept queue holds cost a second each; so many for each target. Default 60.",
      set_count(out.connects_pending, 1, 20'000));
  flags.value(
      "--grace", "D",
      "How long devices may take to finish and disconnect at the stop: 0s to 10m. Default 5s. "
      "Slow links of the virtual world get more.",
      set_duration(out.grace, 0s, 10min));
}

void output_flags(flag_set& flags, run_options& out, const json_flag& json) {
  flags.group("Output");
  flags.value(
      "--report-every", "D",
      "Time between two lines of progress where there is no live view: 100ms to 1d. Default "
      "10s.",
      set_duration(out.report_every, 100ms, 24h));
  flags.toggle(
      "--plain",
      "Lines of progress even on a terminal, in place of the live view (docs/terminal.md).",
      out.plain);
  flags.value("--color", "auto|always|never",
              "Colours of the live view; auto: unless the environment has NO_COLOR. Default auto.",
              set_word(out.color, color_words));
  flags.toggle("--quiet", "No progress and no summary; mistakes are still told.", out.quiet);
  flags.value("--metrics", "ADDR|off",
              "Where Prometheus may ask for /metrics and a browser for the live page. Default "
              "127.0.0.1:9464, off with --virtual.",
              set_metrics(out.metrics));
  flags.value("--json", std::string{json.value_word}, std::string{json.text},
              set_text(out.json_file));
  report_file_flags(flags, "--report", out.told);
  flags.value("--ledger", "FILE",
              "Writes the account of every message as sorted lines, so that two runs compare with "
              "cmp.",
              set_text(out.ledger_file));
}

/// Fills in the defaults that depend on other flags.
void complete(run_options& o) {
  if (o.registers) {
    o.logon = logon_mode::register_;
  }
  if (o.target.scheme != text::scheme::embedded) {
    o.protocol = protocol_of(o.target.scheme);
    if (o.security == security::plain) {
      o.security = security_of(o.target.scheme);
    }
  }
  if (!o.mqtt_text.listens() || o.protocol != device_protocol::mqtt) {
    o.downlink_interval = duration::zero();
  }
  if (!o.metrics.asked_for && !o.virtual_world) {
    o.metrics.at = default_metrics_address();
  }
}

} // namespace

void declare_run_flags(flag_set& flags, run_options& out, const json_flag& json) {
  load_flags(flags, out);
  cloud_flags(flags, out);
  device_flags(flags, out);
  mqtt_flags(flags, out.mqtt_text);
  world_flags(flags, out);
  judging_flags(flags, out);
  fault_flags(flags, out);
  output_flags(flags, out, json);
  sweep_flags(flags, out.sweep);
}

std::optional<std::string> read_run_flags(flag_set& flags, std::span<const std::string_view> words,
                                          run_options& out) {
  if (auto wrong = flags.parse(words)) {
    return wrong;
  }
  if (auto wrong = run_contradiction(out, flags)) {
    return wrong;
  }
  for (const auto flag : overriding_flags) {
    if (flags.given(flag)) {
      out.overriding.push_back(flag);
    }
  }
  out.sign_given = flags.given("--sign");
  if (out.scenario_file == "-") {
    out.scenario_file = "/dev/stdin";
  }
  complete(out);
  return std::nullopt;
}

} // namespace fleet::program
