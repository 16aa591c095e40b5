// `fleet cloud serve`: its flags, its help, and what contradicts what.
#include <algorithm>
#include <string>

#include "fleet/options/platform_variants.hpp"
#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/options/words.hpp"
#include "protocol/http/url.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view name = "fleet cloud serve";

constexpr std::string_view sub_signs[] = {"sub-sign-with-clean-session",
                                          "sub-sign-without-clean-session"};

/// What a twin on several homes does not do, and why.
struct one_home_flag {
  std::string_view flag;
  std::string_view why;
};
constexpr one_home_flag one_home_alone[] = {
    {"--firmware-rate", "firmware is served by one home"},
    {"--firmware-rate-each", "firmware is served by one home"},
    {"--firmware-token-life", "firmware is served by one home"},
};

/// The word of the table that is the same, which outlives the line; or what is wrong with it.
result<std::string_view, std::string> variant_of(std::string_view word) {
  std::vector<std::string_view> valid;
  for (const auto& entry : variant_entries()) {
    if (entry.word == word) {
      return entry.word;
    }
    valid.push_back(entry.word);
  }
  std::string sentence = "names the variant \"" + std::string{word} + "\", which is unknown; ";
  const auto near = text::nearest(word, valid);
  return fail(sentence
              + (near ? "the nearest is " + std::string{*near}
                      : std::string{"fleet cloud serve --help lists all of them"}));
}

setter set_host(std::string& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    const auto at = http::parse_url("https://" + std::string{value} + ":1/");
    if (!at || at.value().target != "/" || at.value().port != 1) {
      return "is no host; write a name, an IPv4 address, or an IPv6 address in brackets";
    }
    out = at.value().host;
    return std::nullopt;
  };
}

/// A comma-separated list.
setter add_variants(std::vector<std::string_view>& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    for (std::string_view rest = value;;) {
      const std::size_t comma = rest.find(',');
      const auto variant = variant_of(rest.substr(0, comma));
      if (!variant) {
        return variant.error();
      }
      if (std::find(out.begin(), out.end(), variant.value()) != out.end()) {
        return "names " + std::string{variant.value()} + " twice";
      }
      out.push_back(variant.value());
      if (comma == std::string_view::npos) {
        return std::nullopt;
      }
      rest.remove_prefix(comma + 1);
    }
  };
}

void listener_flags(flag_set& flags, cloud_options& out) {
  flags.group("Listeners; a port of 0 picks a free one, and the chosen ones are printed");
  flags.value("--mqtt", "A:P",
              "Listens for plain MQTT; may be given several times. Default 127.0.0.1:1883 where "
              "--mqtts is not given either.",
              set_listen_address(out.mqtt), value_kind::repeated);
  flags.value("--mqtts", "A:P", "Listens for MQTT over TLS; may be given several times.",
              set_listen_address(out.mqtts), value_kind::repeated);
  flags.value("--http", "A:P",
              "Listens for devices that register, pre-authenticate, post, or fetch their "
              "configuration or firmware over HTTP; may be given several times. Tokens and posts "
              "travel in the clear there, secrets never do.",
              set_listen_address(out.http), value_kind::repeated);
  flags.value("--https", "A:P", "The same over TLS; may be given several times.",
              set_listen_address(out.https), value_kind::repeated);
  flags.value(
      "--coap", "A:P",
      "Listens for devices that post by CoAP, in the clear or in its AES mode; may be given "
      "several times.",
      set_listen_address(out.coap), value_kind::repeated);
  flags.value("--coaps", "A:P",
              "The same over DTLS, with the certificate of the TLS listeners or the devices' own "
              "keys.",
              set_listen_address(out.coaps), value_kind::repeated);
  flags.value(
      "--advertise", "HOST",
      "The name or address by which devices reach the twin: the twin's own certificate bears it, "
      "and "
      "with --http or --https it is the place of firmware and remote configurations that they are "
      "told. Default: the listener's own address; where it listens on all, this machine's name in "
      "the certificate, and localhost for the place.",
      set_host(out.advertise));
  flags.value(
      "--cert", "FILE",
      "The certificate chain (PEM) of the TLS listeners. Default: one from the twin's own CA.",
      set_text(out.cert_file));
  flags.value("--key", "FILE", "Its private key (PEM).", set_text(out.key_file));
  flags.value("--data", "DIR",
              "Where the twin keeps what must survive it, kill -9 included: devices' states, "
              "sessions and messages in twin.db, and its CA, whose certificate ca.pem clients "
              "trust. Nothing is acknowledged before it is kept. Default: nothing is kept.",
              set_text(out.data_dir));
  flags.value("--tls-version", "1.2|1.3|any",
              "The one version of TLS to take, or any. Default any.",
              set_word(out.tls_version, tls_version_words));
}

void admin_flags(flag_set& flags, cloud_options& out) {
  flags.group("Admin API, which fleet cloud's other subcommands talk to");
  flags.value("--admin", "A:P|off",
              "Where it listens, for HTTP. Default 127.0.0.1:18830, or a free port where that is "
              "taken.",
              set_metrics(out.admin));
  flags.value("--admin-token-file", "FILE",
              "Holds the token to ask for: 16 to 512 visible characters on one line. Default: none "
              "on loopback; elsewhere one is made and printed.",
              set_text(out.admin_token_file));
}

void platform_flags(flag_set& flags, cloud_options& out) {
  flags.group("Platform");
  flags.value("--profile", "NAME",
              "The character: linkdevelop, linkplatform, or mqtt for a complete, open broker. "
              "Default linkdevelop.",
              set_word(out.profile, profile_words));
  flags.value("--credentials", "FILE",
              "The registered devices: CSV with the columns ProductKey, DeviceName, DeviceSecret. "
              "Default: the generated ones that fleet run uses.",
              set_text(out.credentials_file));
  flags.value("--product-key", "KEY", "The product of generated credentials. Default a1FleetDemo.",
              set_text(out.product_key));
  flags.value(
      "--product-secrets", "FILE",
      "Products whose devices may fetch their secrets, at --mqtts or --https or through a gateway: "
      "CSV with the columns ProductKey, ProductSecret. Default: none may.",
      set_text(out.product_secrets_file));
  flags.toggle(
      "--strict",
      "Keeps the platform's own bounds, such as 10 publishes a second of a device at QoS 1, "
      "and takes nothing that it calls wrong. Default: as a load test wants it.",
      out.strict);
  flags.toggle(
      "--id2-model",
      "Takes devices with ID2 elements, by the ID2 model: fleet's own stand-in, which none "
      "of the vendor's devices speaks. Default: they get CONNACK 5.",
      out.id2_model);
  flags.value("--coap-token-life", "D",
              "How long a device may post by CoAP before it has to authenticate again: 1s to 30d. "
              "Default 7d.",
              set_duration(out.coap_token_life, 1s, 24h * 30));
  flags.value("--http-token-life", "D", "The same by HTTP. Default 48h.",
              set_duration(out.http_token_life, 1s, 24h * 30));
  flags.value("--variant", "NAME[,NAME...]",
              "Where the platform's sources differ, takes the other side; with --strict, on top of "
              "it. May be given several times. Default: what most sources say.",
              add_variants(out.variants), value_kind::repeated);
  for (const auto& entry : variant_entries()) {
    flags.term(entry.word, entry.text);
  }
  flags.value("--downlink-interval", "D",
              "Time between two property sets to each device: 10ms to 30d, or off. Default off.",
              set_duration(out.downlink_interval, 10ms, 24h * 30, off_word::allowed));
  flags.value("--seed", "N", "A whole number that decides everything random. Default: picked.",
              set_seed(out.seed));
  flags.value("--homes", "N",
              "Threads that the twin's devices live on: 1 to 64. With more than one, none is a "
              "gateway, and there is no firmware. Default 1.",
              set_count(out.homes, 1, 64));
  flags.value("--grace", "D", "How long connections may drain at the stop: 0s to 10m. Default 5s.",
              set_duration(out.grace, 0s, 10min));
}

void firmware_flags(flag_set& flags, cloud_options& out) {
  constexpr std::uint32_t least = 1024;
  constexpr std::uint32_t most = 4'000'000'000;
  flags.group("Firmware, which --http and --https serve");
  flags.value("--firmware-rate", "SIZE",
              "Octets a second of all downloads together: 1KiB to 4000000000B. Default: as fast as "
              "it goes.",
              set_size(out.firmware_rate, least, most));
  flags.value("--firmware-rate-each", "SIZE", "The same of one download.",
              set_size(out.firmware_rate_each, least, most));
  flags.value("--firmware-token-life", "D",
              "How long the address in an offer is good: 1s to 30d. Default 24h.",
              set_duration(out.firmware_token_life, 1s, 24h * 30));
}

void output_flags(flag_set& flags, cloud_options& out) {
  flags.group("Output");
  flags.value("--metrics", "ADDR|off", "Where Prometheus may ask for /metrics. Default off.",
              set_metrics(out.metrics));
  flags.value("--ledger", "FILE", "Writes this side's account of every message as sorted lines.",
              set_text(out.ledger_file));
  flags.toggle("--quiet", "Prints the listeners' addresses only.", out.quiet);
}

std::optional<std::string> contradiction(const cloud_options& o, const flag_set& flags) {
  if (flags.given("--cert") != flags.given("--key")) {
    return flags.given("--cert") ? "--cert needs its --key" : "--key needs its --cert";
  }
  const bool streams = !o.mqtts.empty() || !o.https.empty();
  if ((flags.given("--cert") && !streams && o.coaps.empty())
      || (flags.given("--tls-version") && !streams)) {
    return std::string{flags.given("--cert") ? "--cert" : "--tls-version"}
           + " needs a TLS listener; add --mqtts 127.0.0.1:8883";
  }
  if (flags.given("--coap-token-life") && o.coap.empty() && o.coaps.empty()) {
    return "--coap-token-life needs --coap or --coaps";
  }
  if (flags.given("--http-token-life") && o.http.empty() && o.https.empty()) {
    return "--http-token-life needs --http or --https";
  }
  const bool certified = o.cert_file.empty() && (!o.mqtts.empty() || !o.coaps.empty());
  if (flags.given("--advertise") && o.http.empty() && o.https.empty() && !certified) {
    return "--advertise needs --http, --https, or a listener with the twin's own certificate";
  }
  if (o.http.empty() && o.https.empty()) {
    for (const auto flag : {"--firmware-rate", "--firmware-rate-each", "--firmware-token-life"}) {
      if (flags.given(flag)) {
        return std::string{flag} + " needs --http or --https, which serve firmware";
      }
    }
  }
  if (o.admin.asked_for && !o.admin.at && flags.given("--admin-token-file")) {
    return "--admin-token-file contradicts --admin off";
  }
  if (o.profile == profile::mqtt) {
    for (const auto flag :
         {"--credentials", "--product-key", "--downlink-interval", "--product-secrets", "--http",
          "--https", "--coap", "--coaps", "--strict", "--variant", "--id2-model"}) {
      if (flags.given(flag)) {
        return std::string{flag}
               + " belongs to the profiles linkdevelop and linkplatform; --profile mqtt is an open "
                 "broker";
      }
    }
  }
  if (o.homes > 1) {
    for (const auto& [flag, why] : one_home_alone) {
      if (flags.given(flag)) {
        return std::string{flag} + " needs --homes 1: " + std::string{why};
      }
    }
    if (flags.given("--data") && o.profile == profile::mqtt) {
      return "--data needs --homes 1 with --profile mqtt: what crosses from a client to one of "
             "another home would be acknowledged before it is kept there";
    }
    if (std::find(o.variants.begin(), o.variants.end(), "may-publish-broadcast")
        != o.variants.end()) {
      return "--variant may-publish-broadcast needs --homes 1: what a device broadcasts would "
             "reach the devices of its own home alone";
    }
  }
  if (std::all_of(std::begin(sub_signs), std::end(sub_signs), [&](std::string_view word) {
        return std::find(o.variants.begin(), o.variants.end(), word) != o.variants.end();
      })) {
    return "--variant " + std::string{sub_signs[0]} + " contradicts " + std::string{sub_signs[1]};
  }
  if (flags.given("--credentials") && flags.given("--product-key")) {
    return "--product-key is for generated credentials and contradicts --credentials";
  }
  return {};
}

} // namespace

result<command, usage_error> parse_cloud_serve(std::span<const std::string_view> words) {
  cloud_options out;
  flag_set flags{std::string{name},
                 "runs the twin, a local stand-in for the cloud, until it is interrupted",
                 "[flags]"};
  listener_flags(flags, out);
  admin_flags(flags, out);
  platform_flags(flags, out);
  firmware_flags(flags, out);
  output_flags(flags, out);
  flags.example("fleet cloud serve --mqtt 127.0.0.1:1883 --mqtts 127.0.0.1:8883",
                "the vendor's platform, for any device of the generated credentials");
  flags.example("fleet cloud serve --variant wrong-sign-is-5,disabled-is-kicked",
                "the platform as some of its descriptions have it");
  flags.example("fleet cloud serve --profile mqtt --mqtt 0.0.0.0:1883",
                "an open MQTT 3.1.1 broker for the whole network");
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  if (const auto wrong = flags.parse(words)) {
    return fail(wrong_usage(name, *wrong));
  }
  if (const auto wrong = contradiction(out, flags)) {
    return fail(wrong_usage(name, *wrong));
  }
  out.homes = std::max<std::uint32_t>(out.homes, 1);
  if (out.mqtt.empty() && out.mqtts.empty()) {
    out.mqtt.push_back(text::parse_listen_address("127.0.0.1:1883").value());
  }
  return command{std::move(out)};
}

result<command, usage_error> parse_check(std::span<const std::string_view> words) {
  check_options out;
  flag_set flags{
      "fleet check",
      "validates scenarios, thing models and credentials, and says what a scenario comes to",
      "[flags] FILE..."};
  flags.words(
      "FILE...",
      "Scenarios (.yaml, .yml; every key is in docs/scenarios.md), thing models (.json), or "
      "CSV with the columns ProductKey, DeviceName, DeviceSecret in any order.",
      out.files);
  flags.value(
      "--seed", "N",
      "Counts the devices that faults hit as a run with this seed does. Default: the file's "
      "key `seed`; without it counts by hash are about what they will be.",
      set_seed(out.seed));
  flags.toggle("--json",
               "Writes one JSON object to standard output; mistakes stay on standard error.",
               out.json);
  flags.example("fleet check configs/smart_home.yaml", "what it comes to, or every mistake");
  flags.example("fleet check --seed 7 configs/faults_day.yaml", "and exactly whom its faults hit");
  flags.example("fleet check configs/models/meter.json", "a product's thing model");
  flags.example("fleet check devices.csv", "exit code 0 when all is well, 2 when not");
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  if (const auto wrong = flags.parse(words)) {
    return fail(wrong_usage("fleet check", *wrong));
  }
  if (out.files.empty()) {
    return fail(wrong_usage("fleet check", "names no file to check"));
  }
  return command{std::move(out)};
}

} // namespace fleet::program
