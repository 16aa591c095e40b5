// Marks, masks and sentences.
#include "fleet/hand/log_lines.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "fleet/console/display.hpp"
#include "protocol/base/check.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::program {

namespace {

constexpr std::size_t secret_least = 4;
constexpr std::string_view hidden = "***";
constexpr std::array<std::string_view, 4> secret_members{"\"deviceSecret\"", "\"productSecret\"",
                                                         "\"deviceToken\"", "\"iotToken\""};

std::string_view mark(line_kind kind) noexcept {
  switch (kind) {
    case line_kind::up: return "→";
    case line_kind::down: return "←";
    case line_kind::note: return "·";
    case line_kind::trouble: return "!";
    case line_kind::typed: return ">";
  }
  FLEET_CHECK(false);
}

void replace_all(std::string& text, std::string_view what) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), hidden);
    at += hidden.size();
  }
}

/// Hides the string behind each member of that name.
void hide_member(std::string& text, std::string_view member) {
  for (auto at = text.find(member); at != std::string::npos; at = text.find(member, at)) {
    at += member.size();
    const auto open = text.find_first_not_of(" \t\r\n:", at);
    if (open == std::string::npos || text[open] != '"') {
      continue;
    }
    auto end = open + 1;
    while (end < text.size() && text[end] != '"') {
      end += text[end] == '\\' ? 2 : 1;
    }
    text.replace(open + 1, std::min(end, text.size()) - open - 1, hidden);
    at = open + 1 + hidden.size();
  }
}

/// Hides what stands behind `?` in a URL: it lets whoever has it in (aliyun-iot.md §14.2).
void hide_query(std::string& text) {
  constexpr std::string_view member = "\"url\"";
  for (auto at = text.find(member); at != std::string::npos; at = text.find(member, at)) {
    at += member.size();
    const auto open = text.find('"', at);
    const auto close = open == std::string::npos ? open : text.find('"', open + 1);
    const auto query = open == std::string::npos ? open : text.find('?', open);
    if (query != std::string::npos && query < close) {
      text.replace(query + 1, std::min(close, text.size()) - query - 1, hidden);
      at = query + 1 + hidden.size();
    }
  }
}

/// What reads as text: UTF-8 without control characters but those that lay text out.
bool is_text(std::string_view octets) noexcept {
  const auto control = [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u < 0x20 && c != '\n' && c != '\r' && c != '\t') || u == 0x7f;
  };
  return mqtt::valid_utf8(octets) && std::none_of(octets.begin(), octets.end(), control);
}

/// The longest beginning of at most `most` octets that ends between two letters.
std::string_view beginning(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) {
    return text;
  }
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) {
    --most;
  }
  return text.substr(0, most);
}

std::string hex_of(std::string_view octets) {
  std::string out = "0x";
  for (const char c : octets) {
    out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

} // namespace

std::string log_line(duration since_boot, line_kind kind, std::string_view text) {
  return fmt::format("{:9.3f} {} {}", seconds(since_boot), mark(kind), printable(text));
}

secret_mask::secret_mask(std::vector<std::string> secrets, std::vector<std::string> members)
    : secrets_(std::move(secrets)) {
  members_.assign(secret_members.begin(), secret_members.end());
  for (const auto& member : members) {
    members_.push_back('"' + member + '"');
  }
  std::erase_if(secrets_, [](const std::string& s) { return s.size() < secret_least; });
  // A secret within another must not leave half of the longer one in sight.
  std::sort(secrets_.begin(), secrets_.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string secret_mask::hide(std::string_view text) const {
  std::string out{text};
  for (const auto& secret : secrets_) {
    replace_all(out, secret);
  }
  for (const auto& member : members_) {
    hide_member(out, member);
  }
  hide_query(out);
  return out;
}

std::string payload_text(bytes_view payload, std::size_t most, const secret_mask& mask) {
  if (payload.empty()) {
    return "(no payload)";
  }
  const std::string safe = mask.hide(as_text(payload));
  const bool text = is_text(safe);
  const std::string_view shown =
      text ? beginning(safe, most) : std::string_view{safe}.substr(0, most);
  std::string out = text ? std::string{shown} : hex_of(shown);
  if (shown.size() < safe.size()) {
    out += fmt::format("… ({} octets)", payload.size());
  }
  return out;
}

std::string_view connack_text(mqtt::connack_code code, program::profile p) noexcept {
  const bool platform = p != profile::mqtt;
  switch (code) {
    case mqtt::connack_code::accepted: return "accepted";
    case mqtt::connack_code::unacceptable_version:
      return "the cloud does not speak this version of MQTT";
    case mqtt::connack_code::identifier_rejected: return "the client id is malformed or refused";
    case mqtt::connack_code::server_unavailable: return "the service is unavailable";
    case mqtt::connack_code::bad_credentials:
      return platform ? "bad user name or password: a wrong secret, an unknown device, or a "
                        "malformed user name"
                      : "bad user name or password";
    case mqtt::connack_code::not_authorized:
      return platform ? "not authorised: the device is disabled or deleted, or its product or way "
                        "to log on is another"
                      : "not authorised";
  }
  FLEET_CHECK(false);
}

std::string ending_text(hal::close_reason reason, std::string_view detail, std::string_view peer,
                        bool connected) {
  using hal::close_reason;
  const std::string more = detail.empty() ? std::string{} : fmt::format(": {}", detail);
  switch (reason) {
    case close_reason::local: return "closed from this side";
    case close_reason::closed_by_peer: return fmt::format("{} closed the connection{}", peer, more);
    case close_reason::reset:
      return fmt::format("the connection to {} was {}{}", peer, connected ? "reset" : "torn down",
                         more);
    case close_reason::refused:
      return fmt::format("{} refused the connection: nobody listens there", peer);
    case close_reason::unreachable: return fmt::format("{} is unreachable{}", peer, more);
    case close_reason::timed_out:
      return detail.empty() ? fmt::format("{} did not answer in time", peer) : std::string{detail};
    case close_reason::dns_failed: return fmt::format("{} has no address{}", peer, more);
    case close_reason::tls_failed: return fmt::format("TLS with {} failed{}", peer, more);
    case close_reason::exhausted: return fmt::format("this machine is out of resources{}", more);
  }
  FLEET_CHECK(false);
}

} // namespace fleet::program
