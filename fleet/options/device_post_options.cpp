// `fleet device coap start` and `fleet device http start`: flags, help, and what contradicts what.
#include <array>
#include <string>

#include "fleet/hand/post_commands.hpp"
#include "fleet/options/device_flags.hpp"
#include "fleet/options/protocols.hpp"
#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/options/words.hpp"

namespace fleet::program {

namespace {

using sentence = std::optional<std::string>;

constexpr words_of<profile, 2> platform_words{
    {{"linkdevelop", profile::linkdevelop}, {"linkplatform", profile::linkplatform}}};
constexpr words_of<security, 4> coap_security_words{{{"plain", security::plain},
                                                     {"dtls", security::dtls},
                                                     {"psk", security::psk},
                                                     {"aes", security::aes}}};
constexpr words_of<security, 2> http_security_words{
    {{"plain", security::plain}, {"tls", security::tls}}};

void cloud_flags(flag_set& flags, device_options& out, device_protocol spoken) {
  flags.group("Cloud");
  const bool coap = spoken == device_protocol::coap;
  flags.value("--target", "URL",
              coap ? "embedded (a twin in this process), coap://host[:5683], coaps://host[:5684] "
                     "or coap-psk://host[:5682]. Default embedded."
                   : "embedded (a twin in this process), http://host[:80] or https://host[:443]. "
                     "Default embedded.",
              set_target(out.run.target));
  flags.value("--profile", "NAME",
              "The cloud's dialect: linkdevelop or linkplatform. Default "
              "linkdevelop.",
              set_word(out.run.profile, platform_words));
  if (coap) {
    flags.value("--security", "TIER",
                "plain; dtls, the server known by its certificate; psk, DTLS by a key made of the "
                "device's secret; or aes, payloads encrypted as coap-psk:// has it. Default: what "
                "the target's scheme says, plain with the embedded twin.",
                set_word(out.run.security, coap_security_words));
  } else {
    flags.value("--security", "TIER",
                "plain or tls. Default: what the target's scheme says, plain with the embedded "
                "twin.",
                set_word(out.run.security, http_security_words));
  }
  trust_flags(flags, out);
}

setter set_script(std::string& out, device_protocol spoken) {
  return [&out, spoken](std::string_view value) -> sentence {
    if (const auto parsed = parse_post_commands(value, spoken); !parsed) {
      return "has a mistake: " + parsed.error();
    }
    out = value;
    return std::nullopt;
  };
}

void examples(flag_set& flags, device_protocol spoken) {
  if (spoken == device_protocol::coap) {
    flags.example("fleet device coap start", "a device and a twin; then type report, ping, stop");
    flags.example("fleet device coap start --security dtls --verbose --run 'report; stop'",
                  "over DTLS, with ids, tokens and options of every message");
    flags.example("fleet device coap start --target coap-psk://cloud.lan --credentials devices.csv",
                  "the first device of a file, payloads encrypted, against any platform");
    flags.example("fleet device coap start --run 'post update {\"name\":\"hello world\"}'",
                  "the post of the manual's sample");
    return;
  }
  flags.example("fleet device http start", "a device and a twin; then type report, stop");
  flags.example("fleet device http start --target https://cloud.lan --credentials devices.csv",
                "the first device of a file, against any platform");
  flags.example("fleet device http start --verbose --run 'post update hello; auth; report'",
                "with every head, and another token between two posts");
}

/// The scheme that a tier is written with.
std::string_view scheme_of(security tier, device_protocol spoken) noexcept {
  if (spoken == device_protocol::http) {
    return tier == security::tls ? "https" : "http";
  }
  return tier == security::aes ? "coap-psk" : over_dtls(tier) ? "coaps" : "coap";
}

sentence contradiction(const run_options& o, const flag_set& flags) {
  if (auto wrong = target_contradiction(o, o.protocol)) {
    return wrong;
  }
  const auto scheme = o.target.scheme;
  const bool embedded = scheme == text::scheme::embedded;
  if (flags.given("--security") && !scheme_takes(scheme, o.security)) {
    return "--security " + std::string{to_string(o.security)} + " contradicts the "
           + std::string{text::to_string(scheme)} + ":// target; write "
           + std::string{scheme_of(o.security, o.protocol)} + ":// for that";
  }
  const auto tier = flags.given("--security") ? o.security : security_of(scheme);
  for (const auto flag : {"--cafile", "--insecure", "--server-name"}) {
    if (flags.given(flag) && (embedded || (tier != security::dtls && tier != security::tls))) {
      return std::string{flag} + " needs a target whose certificate is looked at: "
             + (o.protocol == device_protocol::coap ? "coaps://" : "https://");
    }
  }
  if (flags.given("--insecure") && flags.given("--cafile")) {
    return "--insecure looks at no certificate and so contradicts --cafile";
  }
  if (flags.given("--admin") && !embedded) {
    return "--admin is the embedded twin's and contradicts --target";
  }
  return identity_contradiction(flags);
}

} // namespace

result<command, usage_error> parse_post_start(std::span<const std::string_view> words,
                                              device_protocol spoken) {
  const std::string name = "fleet device " + std::string{to_string(spoken)} + " start";
  device_options out;
  out.run.protocol = spoken;
  flag_set flags{name, "one device by hand that only posts; fleet device --help lists its commands",
                 "[flags]"};
  cloud_flags(flags, out, spoken);
  identity_flags(flags, out,
                 spoken == device_protocol::coap
                     ? "none named, which means hmacmd5; with psk hmacsha256"
                     : "hmacsha1");
  flags.group("Commands");
  flags.value("--run", "COMMANDS",
              "Carries these out, each when what the one before it sent is answered, then stops; "
              "standard input is not read. Default: commands come from standard input, with a "
              "prompt where a person types.",
              set_script(out.script, spoken));
  log_flags(flags, out,
            spoken == device_protocol::coap
                ? "Type, code, id, token and options of every message, and whole payloads."
                : "The head of every request and answer, and whole bodies.");
  examples(flags, spoken);
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  if (const auto wrong = flags.parse(words)) {
    return fail(wrong_usage(name, *wrong));
  }
  if (const auto wrong = contradiction(out.run, flags)) {
    return fail(wrong_usage(name, *wrong));
  }
  out.scripted = flags.given("--run");
  if (flags.given("--sign")) {
    out.run.overriding.push_back("--sign"); // else as the SDK signs
  }
  out.product_given = flags.given("--product-key");
  if (!flags.given("--security")) {
    out.run.security = security_of(out.run.target.scheme);
  }
  return command{std::move(out)};
}

} // namespace fleet::program
