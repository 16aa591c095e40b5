// `fleet device`: its subcommands, the flags and help of `mqtt start` and `ota start`, and what
// contradicts what. Those of `coap start` and `http start` are device_post_options.cpp's.
#include <algorithm>
#include <array>
#include <string>

#include "fleet/hand/commands.hpp"
#include "fleet/hand/post_commands.hpp"
#include "fleet/options/device_flags.hpp"
#include "fleet/options/protocols.hpp"
#include "fleet/options/rollout_setters.hpp"
#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/options/words.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/alink/ota_messages.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

using words_view = std::span<const std::string_view>;
using sentence = std::optional<std::string>;

constexpr std::array<std::string_view, 4> spoken{"mqtt", "ota", "coap", "http"};
constexpr std::string_view verbose_text = "Whole payloads, and the size of every packet.";
constexpr std::array<std::string_view, 1> sample_words{"start"};

std::string overview() {
  return "fleet device: one device by hand, in the words of the manual's samples\n"
         "\n"
         "usage: fleet device mqtt start [flags]\n"
         "       fleet device ota start [flags]\n"
         "       fleet device coap start [flags]\n"
         "       fleet device http start [flags]\n"
         "\n"
         "  mqtt start     connects one device and then takes commands at a prompt\n"
         "  ota start      connects one device, waits for a firmware and downloads it; ends by "
         "itself\n"
         "  coap start     logs one device on that posts over CoAP, and takes commands\n"
         "  http start     the same over HTTP\n"
         "\n"
         "Commands at the prompt of mqtt, in lines of a pipe, and in --run\n"
         + commands_help()
         + "\n"
           "The same of coap; http has no ping\n"
         + post_commands_help(device_protocol::coap)
         + "\n"
           "Several commands stand on one line with ; between them. What holds blanks is written "
           "in\n"
           "quotes, JSON as it is. Their manuals: fleet device mqtt start --help, and ota, coap or "
           "http for\n"
           "mqtt\n";
}

setter set_script(std::string& out) {
  return [&out](std::string_view value) -> sentence {
    if (const auto parsed = parse_commands(value); !parsed) {
      return "has a mistake: " + parsed.error();
    }
    out = value;
    return std::nullopt;
  };
}

void cloud_flags(flag_set& flags, device_options& out) {
  flags.group("Cloud");
  flags.value("--target", "URL",
              "embedded (a twin in this process), mqtt://host[:1883] or mqtts://host[:8883]. "
              "Default embedded.",
              set_target(out.run.target));
  flags.value("--profile", "NAME",
              "The cloud's dialect: linkdevelop, linkplatform, or mqtt for any broker. Default "
              "linkdevelop.",
              set_word(out.run.profile, profile_words));
  flags.value("--security", "TIER",
              "plain or tls; and of the ID2 model, which only fleet's twin takes: id2, id2-tls or "
              "itls, as fleet run has them. Default tls where the target is mqtts://, plain "
              "elsewhere.",
              set_word(out.run.security, mqtt_security_words));
  flags.value("--logon", "MODE",
              "direct (its secret signs), pre-auth (it asks the auth host for a token before each "
              "connection) or bootstrap (it asks there where to connect). Default direct.",
              set_word(out.run.logon, hand_logon_words));
  flags.value("--auth-host", "URL",
              "Where it asks: http://host[:80] or https://host[:443]. Default: the target's host, "
              "https with TLS.",
              set_auth_host(out.run.auth_host));
  trust_flags(flags, out);
}

void session_flags(flag_set& flags, device_options& out) {
  flags.group("Session");
  flags.value("--keep-alive", "D",
              "MQTT keep-alive in whole seconds: 1s to 65535s, or off; 30s to 1200s unless the "
              "profile is mqtt. Default 60s.",
              set_duration(out.run.keep_alive, 1s, 65535s, off_word::allowed));
  flags.toggle("--clean-session", "Asks for a clean session at each connection.",
               out.run.clean_session);
}

void broker_flags(flag_set& flags, device_options& out) {
  flags.group("Any broker (--profile mqtt); {device} stands for the device's name");
  flags.value("--client-id", "TEMPLATE", "The client identifier. Default {device}.",
              set_template(out.run.mqtt_text.client_id));
  flags.value("--username", "TEMPLATE", "The user name. Default: none.",
              set_template(out.run.mqtt_text.username));
  flags.value("--password-file", "FILE", "A file whose one line is the password. Default: none.",
              set_text(out.run.mqtt_text.password_file));
  flags.value("--topic", "TEMPLATE", "Where pub open and set report to. Default fleet/{device}/up.",
              set_template(out.run.mqtt_text.topic));
  flags.value("--down-topic", "TEMPLATE", "What start subscribes to. Default fleet/{device}/down.",
              set_template(out.run.mqtt_text.down_topic));
}

void ota_flags(flag_set& flags, hand_ota_options& out) {
  flags.group("Firmware");
  flags.value("--firmware-version", "V",
              "What it reports to run. Default: what --version-file holds, or iotx_ver_1.0.0.",
              set_short_text(out.firmware_version, alink::max_firmware_version));
  flags.value("--version-file", "FILE",
              "Keeps the version of the last good download, so that the next start reports it. "
              "Default: none.",
              set_text(out.version_file));
  flags.value("--save", "FILE",
              "Keeps the image there once it is whole and good. Default: it is thrown away, as the "
              "manual's sample does.",
              set_text(out.save_file));
  flags.toggle("--allow-http",
               "Also downloads over plain HTTP where the session is TLS. Without TLS it always "
               "does.",
               out.allow_http);
}

void script_flags(flag_set& flags, device_options& out) {
  flags.group("Commands");
  flags.value("--run", "COMMANDS",
              "Carries these out, each when what the one before it sent is answered, then stops; "
              "standard input is not read. Default: commands come from standard input, with a "
              "prompt where a person types.",
              set_script(out.script));
  log_flags(flags, out, std::string{verbose_text});
}

sentence security_contradiction(const run_options& o, const flag_set& flags, bool ota) {
  if (auto wrong = target_contradiction(o, device_protocol::mqtt)) {
    return wrong;
  }
  const bool tls = over_tls(o.security);
  const std::string tier{to_string(o.security)};
  if (o.target.scheme == text::scheme::mqtts && flags.given("--security") && !tls) {
    return "--security " + tier + " contradicts the mqtts:// target";
  }
  if (o.target.scheme == text::scheme::mqtt && tls) {
    return "--security " + tier + " contradicts the mqtt:// target; write mqtts:// for TLS";
  }
  if (o.profile == profile::mqtt && by_id2(o.security)) {
    return "--security " + tier
           + " belongs to the profiles linkdevelop and linkplatform; --profile mqtt knows plain "
             "and tls";
  }
  if (auto wrong = logon_contradiction(o.logon, o.security)) {
    return "the device would have " + *wrong;
  }
  if (flags.given("--auth-host") && o.target.scheme == text::scheme::embedded) {
    return "--auth-host needs a target; the embedded twin brings its own";
  }
  if (flags.given("--auth-host") && !asks_auth_host(o.logon)) {
    return "--auth-host is for a device that asks there; add --logon pre-auth or bootstrap";
  }
  const bool asks_https = flags.given("--auth-host") && o.auth_host.secure;
  for (const auto flag : {"--cafile", "--insecure", "--server-name"}) {
    // Downloads may be over TLS where the session is not.
    const bool download = ota && std::string_view{flag} != "--server-name"
                          && o.target.scheme != text::scheme::embedded;
    if (flags.given(flag) && o.target.scheme != text::scheme::mqtts && !asks_https && !download) {
      return std::string{flag} + " needs an mqtts:// target";
    }
  }
  if (flags.given("--insecure") && flags.given("--cafile")) {
    return "--insecure looks at no certificate and so contradicts --cafile";
  }
  if (flags.given("--admin") && o.target.scheme != text::scheme::embedded) {
    return "--admin is the embedded twin's and contradicts --target";
  }
  return {};
}

sentence profile_contradiction(const run_options& o, const flag_set& flags) {
  if (o.keep_alive % 1s != 0s) {
    return "--keep-alive is in whole seconds; " + text::format_duration(o.keep_alive) + " is not";
  }
  if (o.profile == profile::mqtt) {
    for (const auto flag : {"--credentials", "--product-key", "--device-secret-file", "--sign",
                            "--logon", "--auth-host"}) {
      if (flags.given(flag)) {
        return std::string{flag}
               + " belongs to the profiles linkdevelop and linkplatform; --profile mqtt logs on "
                 "with --username and --password-file";
      }
    }
    return flags.given("--password-file") && !flags.given("--username")
               ? sentence{"a password needs a user name in MQTT; add --username"}
               : std::nullopt;
  }
  for (const auto flag :
       {"--client-id", "--username", "--password-file", "--topic", "--down-topic"}) {
    if (flags.given(flag)) {
      return std::string{flag} + " needs --profile mqtt";
    }
  }
  if (o.keep_alive < platform_keep_alive_least || o.keep_alive > platform_keep_alive_most) {
    return "--keep-alive must be 30s to 1200s with profile " + std::string{to_string(o.profile)}
           + "; the platform refuses others";
  }
  return {};
}

void examples(flag_set& flags, bool ota) {
  if (ota) {
    flags.example(
        "fleet device ota start --version-file v.txt",
        "a device and a twin; then fleet cloud firmware add and campaign start elsewhere");
    flags.example("fleet device ota start --target mqtt://127.0.0.1:1883 --save new.bin",
                  "against a twin that runs already, and the image is kept");
    flags.example("fleet device ota start --firmware-version 2.0.0",
                  "reports the version that was downloaded, which is what makes it a success");
    return;
  }
  flags.example("fleet device mqtt start",
                "a device and a twin; then type pub open, pub close, stop");
  flags.example("fleet device mqtt start --profile linkplatform --run 'pub open; wait 3s; stop'",
                "the other platform's sample, without a prompt");
  flags.example("fleet device mqtt start --target mqtts://cloud.lan --credentials devices.csv",
                "the first device of a file, against any platform");
  flags.example(
      "fleet device mqtt start --profile mqtt --target mqtt://broker --run 'sub #; wait 9s'",
      "any broker");
}

sentence ota_contradiction(const device_options& o) {
  return o.run.profile == profile::mqtt
             ? sentence{"--profile mqtt knows no firmware; it takes linkdevelop or linkplatform"}
             : std::nullopt;
}

result<command, usage_error> parse_start(words_view words, bool ota) {
  const std::string name = ota ? "fleet device ota start" : "fleet device mqtt start";
  device_options out;
  flag_set flags{name,
                 ota ? "one device by hand that waits for a firmware and downloads it, "
                       "and ends"
                     : "one device by hand; fleet device --help lists its commands",
                 "[flags]"};
  cloud_flags(flags, out);
  identity_flags(flags, out, "hmacsha1");
  if (ota) {
    ota_flags(flags, out.ota.emplace());
    session_flags(flags, out);
    flags.group("Log");
    log_flags(flags, out, std::string{verbose_text});
  } else {
    session_flags(flags, out);
    broker_flags(flags, out);
    script_flags(flags, out);
  }
  examples(flags, ota);
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  if (const auto wrong = flags.parse(words)) {
    return fail(wrong_usage(name, *wrong));
  }
  for (const auto& wrong :
       {security_contradiction(out.run, flags, ota), profile_contradiction(out.run, flags),
        identity_contradiction(flags), ota ? ota_contradiction(out) : std::nullopt}) {
    if (wrong) {
      return fail(wrong_usage(name, *wrong));
    }
  }
  out.scripted = flags.given("--run");
  out.product_given = flags.given("--product-key");
  if (out.run.target.scheme == text::scheme::mqtts && !flags.given("--security")) {
    out.run.security = security::tls;
  }
  return command{std::move(out)};
}

/// A word where a subcommand should be.
usage_error unknown(std::string_view where, std::string_view word, words_view valid) {
  return wrong_usage(where, "subcommand " + std::string{word} + " " + unknown_word(word, valid));
}

bool one_of(std::string_view word, words_view all) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

} // namespace

words_view device_words() {
  return spoken;
}

result<command, usage_error> parse_device(words_view words) {
  constexpr std::string_view here = "fleet device";
  if (words.empty()) {
    return fail(wrong_usage(here, "needs a subcommand: mqtt start, ota start, coap start or http "
                                  "start"));
  }
  if (!one_of(words[0], spoken)) {
    return asks_for_help(words) ? result<command, usage_error>{command{text_answer{overview()}}}
                                : fail(unknown(here, words[0], spoken));
  }
  const auto rest = words.subspan(1);
  const std::string sample = std::string{here} + " " + std::string{words[0]};
  const bool posts = words[0] == "coap" || words[0] == "http";
  const auto posting = words[0] == "coap" ? device_protocol::coap : device_protocol::http;
  if (!rest.empty() && rest[0] == "start") {
    return posts ? parse_post_start(rest.subspan(1), posting)
                 : parse_start(rest.subspan(1), words[0] == "ota");
  }
  if (asks_for_help(rest)) {
    return command{text_answer{overview()}};
  }
  if (rest.empty()) {
    return fail(wrong_usage(sample, "needs a command: start"));
  }
  const auto typed = posts ? post_command_words(posting) : command_words();
  if (one_of(rest[0], typed)) {
    return fail(wrong_usage(sample, std::string{rest[0]} + " is typed at the prompt of " + sample
                                        + " start"
                                        + (words[0] != "ota" ? ", or given to its --run" : "")));
  }
  return fail(unknown(sample, rest[0], sample_words));
}

} // namespace fleet::program
