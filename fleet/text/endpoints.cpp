// Splitting URLs and addresses, one sentence for each way to get them wrong.
#include "fleet/text/endpoints.hpp"

#include <algorithm>
#include <array>

#include "fleet/text/nearest.hpp"

namespace fleet::text {

namespace {

constexpr std::string_view target_forms =
    "write embedded, mqtt://host[:1883], mqtts://host[:8883], coap://host[:5683], "
    "coaps://host[:5684], coap-psk://host[:5682], http://host[:80] or https://host[:443]";

struct scheme_facts {
  std::string_view name;
  scheme meaning;
  std::uint16_t port;
};
constexpr std::array<scheme_facts, 7> schemes{{{"mqtt", scheme::mqtt, 1883},
                                               {"mqtts", scheme::mqtts, 8883},
                                               {"coap", scheme::coap, 5683},
                                               {"coaps", scheme::coaps, 5684},
                                               {"coap-psk", scheme::coap_psk, 5682},
                                               {"http", scheme::http, 80},
                                               {"https", scheme::https, 443}}};

std::string forms() {
  return std::string{target_forms};
}

complaint bad_port() {
  return "has a bad port; a port is a number from 1 to 65535";
}

const scheme_facts* known_scheme(std::string_view word) {
  const auto* const found = std::find_if(schemes.begin(), schemes.end(),
                                         [word](const scheme_facts& s) { return s.name == word; });
  return found == schemes.end() ? nullptr : found;
}

/// What other programs call our schemes of MQTT.
std::string_view same_thing_elsewhere(std::string_view word) {
  if (word == "tcp") {
    return "; tcp:// is spelled mqtt:// here";
  }
  if (word == "ssl" || word == "tls" || word == "tcps") {
    return "; TLS is spelled mqtts:// here";
  }
  return {};
}

bool host_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
         || c == '.' || c == '_' || c == ':' || c == '[' || c == ']' || c == '%';
}

} // namespace

std::string_view to_string(scheme s) noexcept {
  const auto* const found =
      std::find_if(schemes.begin(), schemes.end(),
                   [s](const scheme_facts& known) { return known.meaning == s; });
  return found == schemes.end() ? std::string_view{} : found->name;
}

result<target, complaint> parse_target(std::string_view word) {
  if (word == "embedded") {
    return target{};
  }
  const std::size_t colon = word.find("://");
  if (colon == std::string_view::npos) {
    static constexpr std::array<std::string_view, 1> words{"embedded"};
    if (nearest(word, words)) {
      return fail(complaint{"is unknown; the nearest is embedded"});
    }
    return fail("has no scheme; " + forms());
  }
  const std::string_view name = word.substr(0, colon);
  const auto* const kind = known_scheme(name);
  if (kind == nullptr) {
    return fail("has an unknown scheme" + std::string{same_thing_elsewhere(name)} + "; " + forms());
  }
  std::string_view rest = word.substr(colon + 3);
  if (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  if (rest.find('@') != std::string_view::npos) {
    return fail(
        complaint{"must not carry a user name or password; use --username and --password-file"});
  }
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    return fail(complaint{"has a path; a target is a host and a port only"});
  }
  if (rest.empty() || (rest.front() == ':' && rest.find(':', 1) == std::string_view::npos)) {
    return fail("names no host; " + forms());
  }
  if (!std::all_of(rest.begin(), rest.end(), host_character)) {
    return fail(complaint{"has a character that no host name has"});
  }
  const auto split = hal::parse_host_port(rest, kind->port);
  if (!split && split.error() == hal::address_error::bad_port) {
    return fail(bad_port());
  }
  // Without brackets nobody can tell an IPv6 address from its port.
  if (!split || (rest.front() != '[' && split.value().host.find(':') != std::string::npos)) {
    return fail(complaint{"is not a host and a port; an IPv6 address stands in brackets, as in "
                          "mqtt://[::1]:1883"});
  }
  if (split.value().port == 0) {
    return fail(bad_port());
  }
  return target{kind->meaning, split.value().host, split.value().port};
}

std::string format_target(const target& t) {
  if (t.scheme == scheme::embedded) {
    return "embedded";
  }
  const bool v6 = t.host.find(':') != std::string::npos;
  return std::string{to_string(t.scheme)} + "://" + (v6 ? "[" : "") + t.host + (v6 ? "]" : "") + ":"
         + std::to_string(t.port);
}

result<hal::address, complaint> parse_listen_address(std::string_view word) {
  const bool port_alone = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
  std::string full{word};
  if (port_alone) {
    full = "127.0.0.1:" + full;
  } else if (word.starts_with("localhost:")) {
    full = "127.0.0.1" + full.substr(9);
  }
  const auto address = hal::parse_address(full);
  if (address) {
    return address.value();
  }
  if (address.error() == hal::address_error::bad_port) {
    return fail(
        complaint{"has a bad port; a port is a number from 0, which picks a free one, to 65535"});
  }
  return fail(
      complaint{"is not a numeric address and a port; write 127.0.0.1:1883, [::1]:1883, or 1883 "
                "for loopback"});
}

result<hal::address, complaint> parse_source_address(std::string_view word) {
  const bool v6 = word.find(':') != std::string_view::npos;
  const std::string full = (v6 ? "[" + std::string{word} + "]" : std::string{word}) + ":0";
  const auto address = hal::parse_address(full);
  if (!address) {
    return fail(complaint{"is not a numeric address; write 127.0.0.2 or ::1, without a port"});
  }
  return address.value();
}

} // namespace fleet::text
