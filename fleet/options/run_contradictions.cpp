// One function for each subject.
#include "fleet/options/run_contradictions.hpp"

#include "fleet/options/protocols.hpp"
#include "fleet/options/report_flags.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/options/sweep_flags.hpp"
#include "fleet/text/endpoints.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

using sentence = std::optional<std::string>;

/// Whether the devices fetch their secrets over MQTT.
bool registers_there(const run_options& o) noexcept {
  return o.registers || o.logon == logon_mode::register_;
}

/// The word of the scheme that takes a tier of the same protocol.
std::string_view scheme_for(security tier, device_protocol spoken) {
  using text::scheme;
  for (const auto s : {scheme::mqtt, scheme::mqtts, scheme::coap, scheme::coaps, scheme::coap_psk,
                       scheme::http, scheme::https}) {
    if (protocol_of(s) == spoken && scheme_takes(s, tier)) {
      return text::to_string(s);
    }
  }
  return {};
}

sentence spoken_contradiction(const run_options& o, const flag_set& flags) {
  const auto scheme = o.target.scheme;
  const bool embedded = scheme == text::scheme::embedded;
  const auto there = std::string{text::to_string(scheme)} + ":// target";
  const auto spoken = embedded ? o.protocol : protocol_of(scheme);
  if (!embedded && flags.given("--protocol") && o.protocol != spoken) {
    return "--protocol " + std::string{to_string(o.protocol)} + " contradicts the " + there;
  }
  if (flags.given("--security") && !scheme_takes(scheme, o.security)) {
    const auto better = scheme_for(o.security, spoken);
    return "--security " + std::string{to_string(o.security)} + " contradicts the " + there
           + (better.empty() ? "" : "; write " + std::string{better} + ":// for that");
  }
  if (!o.scenario_file.empty()) {
    return {};
  }
  const auto tier = flags.given("--security") ? o.security : security_of(scheme);
  if (auto wrong = protocol_contradiction(spoken, o.profile, tier)) {
    return "the devices would have " + *wrong;
  }
  if (spoken == device_protocol::mqtt) {
    return {};
  }
  for (const auto flag : {"--register", "--logon", "--keep-alive", "--clean-session",
                          "--receive-limit", "--downlink-interval", "--auth-host"}) {
    if (flags.given(flag)) {
      return std::string{flag} + " is about MQTT, and the devices speak "
             + std::string{to_string(spoken)};
    }
  }
  return {};
}

std::string_view wish_for_encryption(const run_options& o) {
  const bool embedded = o.target.scheme == text::scheme::embedded;
  switch (embedded ? o.protocol : protocol_of(o.target.scheme)) {
    case device_protocol::mqtt: return " needs TLS; add --security tls or an mqtts:// target";
    case device_protocol::coap: return " needs DTLS; add --security dtls or a coaps:// target";
    case device_protocol::http: return " needs TLS; add --security tls or an https:// target";
  }
  FLEET_CHECK(false);
}

sentence security_contradiction(const run_options& o, const flag_set& flags) {
  const bool tls = over_tls(o.security) || o.security == security::dtls;
  // The products of a scenario may be encrypted without a word on the line.
  const bool asks_https =
      o.logon == logon_mode::register_https
      || (asks_auth_host(o.logon) && o.auth_host.secure && !o.auth_host.host.empty());
  const auto by_target = security_of(o.target.scheme);
  const bool encrypted =
      tls || over_tls(by_target) || by_target == security::dtls || !o.scenario_file.empty();
  const auto tier = flags.given("--security") ? o.security : by_target;
  if (flags.given("--tls-version") && o.scenario_file.empty() && over_dtls(tier)) {
    return "--tls-version is about TLS, and of DTLS there is 1.2 alone; leave it out";
  }
  for (const auto flag : {"--cafile", "--insecure", "--server-name", "--tls-version"}) {
    if (!encrypted && !asks_https && flags.given(flag)) {
      return std::string{flag}.append(wish_for_encryption(o));
    }
  }
  if (o.registers && flags.given("--logon") && o.logon != logon_mode::register_) {
    return "--register and --logon contradict each other; give one";
  }
  if (o.scenario_file.empty()) {
    const auto mode = o.registers ? logon_mode::register_ : o.logon;
    if (auto wrong = logon_contradiction(mode, o.security)) {
      return "the devices would have " + *wrong;
    }
  }
  if (registers_there(o) && !encrypted) {
    return std::string{o.registers ? "--register" : "--logon register"}
           + " tells secrets, over TLS alone; add --security tls or an mqtts:// target";
  }
  if (o.logon == logon_mode::register_https && !o.auth_host.host.empty() && !o.auth_host.secure) {
    return "--logon register-https tells secrets, over TLS alone; write https:// for --auth-host";
  }
  if (!o.auth_host.host.empty() && o.target.scheme == text::scheme::embedded) {
    return "--auth-host needs a target; the embedded twin brings its own";
  }
  if (!o.more_auth_hosts.empty() && o.more_auth_hosts.size() != o.more_targets.size()) {
    return "--auth-host names " + std::to_string(o.more_auth_hosts.size() + 1) + " auth hosts for "
           + std::to_string(o.more_targets.size() + 1) + " target"
           + (o.more_targets.empty() ? "" : "s")
           + "; give one for all, or one for each in their order";
  }
  if (!o.auth_host.host.empty() && o.scenario_file.empty() && !asks_auth_host(o.logon)) {
    return "--auth-host is for devices that ask there; add --logon pre-auth, bootstrap or "
           "register-https";
  }
  if (flags.given("--insecure") && flags.given("--cafile")) {
    return "--insecure looks at no certificate and so contradicts --cafile";
  }
  if (o.target.scheme == text::scheme::embedded && flags.given("--target-admin")) {
    return "--target-admin needs a target; the embedded twin's ledger is at hand";
  }
  if (o.target.scheme == text::scheme::embedded) {
    for (const auto flag : {"--cafile", "--insecure", "--server-name"}) {
      if (flags.given(flag)) {
        return std::string{flag} + " needs a target; the embedded twin brings its own certificate";
      }
    }
  }
  return {};
}

/// Of the flags that say what a product is, a scenario's products have their own.
sentence scenario_contradiction(const run_options& o, const flag_set& flags) {
  if (o.scenario_file.empty()) {
    return {};
  }
  for (const auto flag : {"--profile", "--topic", "--payload", "--payload-file"}) {
    if (flags.given(flag)) {
      return std::string{flag} + " contradicts --scenario; its products say that for themselves";
    }
  }
  return {};
}

sentence dialect_contradiction(const run_options& o, const flag_set& flags) {
  if (!o.scenario_file.empty()) {
    return {}; // products of every profile, each held to its own rules by the plan
  }
  if (o.profile == profile::mqtt) {
    for (const auto flag : {"--credentials", "--product-key", "--sign", "--register", "--logon",
                            "--auth-host", "--product-secrets"}) {
      if (flags.given(flag)) {
        return std::string{flag}
               + " belongs to the profiles linkdevelop and linkplatform; --profile "
                 "mqtt logs on with --username and --password";
      }
    }
    if (by_id2(o.security)) {
      return "--security " + std::string{to_string(o.security)}
             + " belongs to the profiles linkdevelop and linkplatform; --profile mqtt knows plain "
               "and tls";
    }
  } else {
    for (const auto flag : {"--client-id", "--username", "--password", "--password-file", "--topic",
                            "--down-topic", "--payload", "--payload-file"}) {
      if (flags.given(flag)) {
        return std::string{flag} + " needs --profile mqtt";
      }
    }
    if (o.qos == mqtt::qos::exactly_once) {
      return "--qos 2 needs --profile mqtt; the platform of profile "
             + std::string{to_string(o.profile)} + " refuses it";
    }
    if (o.keep_alive < platform_keep_alive_least || o.keep_alive > platform_keep_alive_most) {
      return "--keep-alive must be 30s to 1200s with profile " + std::string{to_string(o.profile)}
             + "; the platform refuses others";
    }
  }
  return {};
}

sentence profile_contradiction(const run_options& o, const flag_set& flags) {
  if (auto wrong = dialect_contradiction(o, flags)) {
    return wrong;
  }
  if (flags.given("--credentials") && flags.given("--product-key")) {
    return "--product-key is for generated credentials and contradicts --credentials";
  }
  if (!o.mqtt_text.listens() && flags.given("--downlink-interval")
      && o.downlink_interval > duration::zero()) {
    return "--down-topic off and --downlink-interval contradict each other; commands need a topic";
  }
  const bool has_password = flags.given("--password") || flags.given("--password-file");
  if (has_password && !flags.given("--username")) {
    return "a password needs a user name in MQTT; add --username";
  }
  if (flags.given("--password") && flags.given("--password-file")) {
    return "--password and --password-file contradict each other; give one";
  }
  if (flags.given("--payload") && flags.given("--payload-file")) {
    return "--payload and --payload-file contradict each other; give one";
  }
  return {};
}

sentence world_contradiction(const run_options& o, const flag_set& flags) {
  if (o.virtual_world) {
    if (o.target.scheme != text::scheme::embedded) {
      return "--virtual opens no socket and so contradicts --target "
             + text::format_target(o.target);
    }
    for (const auto flag : {"--bind", "--connects-pending"}) {
      if (flags.given(flag)) {
        return std::string{flag} + " is about sockets; --virtual opens none";
      }
    }
    if (o.homes > 1) {
      return "--virtual has one home; leave --homes out";
    }
  } else if (flags.given("--link")) {
    return "--link shapes the simulated network and needs --virtual";
  }
  // A scenario has its own devices and duration; its plan looks at them.
  if (o.ramp_per_second && o.scenario_file.empty()) {
    const double ramp_seconds = o.devices / *o.ramp_per_second;
    if (ramp_seconds > seconds(o.run_for)) {
      const auto needed = std::chrono::seconds{static_cast<std::int64_t>(ramp_seconds) + 1};
      return "the ramp of " + text::format_count(o.devices) + " devices takes "
             + text::format_duration(needed) + " and would not end within --duration "
             + text::format_duration(o.run_for);
    }
  }
  return {};
}

sentence number_contradiction(const run_options& o) {
  if (o.keep_alive % 1s != 0s) {
    return "--keep-alive is in whole seconds; " + text::format_duration(o.keep_alive) + " is not";
  }
  if (o.receive_limit_bytes >= o.ram_bytes) {
    return "--receive-limit " + text::format_size(o.receive_limit_bytes)
           + " is a part of the board's --ram " + text::format_size(o.ram_bytes)
           + " and leaves nothing of it; make --ram larger, or it smaller";
  }
  if (const auto twice = one_file_twice(outputs_of(o))) {
    return std::string{twice->first.flag} + " and " + std::string{twice->second.flag}
           + " name one file; give each its own";
  }
  return {};
}

} // namespace

std::optional<std::string> run_contradiction(const run_options& o, const flag_set& flags) {
  for (const auto& wrong :
       {sweep_contradiction(flags), number_contradiction(o), scenario_contradiction(o, flags),
        spoken_contradiction(o, flags), security_contradiction(o, flags),
        profile_contradiction(o, flags), world_contradiction(o, flags)}) {
    if (wrong) {
      return wrong;
    }
  }
  return std::nullopt;
}

} // namespace fleet::program
