// A line for each message, and words for each code.
#include "fleet/hand/post_log.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fleet/hand/packet_log.hpp"
#include "protocol/alink/post_logon.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/datagrams.hpp"
#include "protocol/coap/codec.hpp"

namespace fleet::program {

namespace {

using code_words = std::pair<std::int64_t, std::string_view>;

constexpr std::array<code_words, 13> coap_codes{{
    {205, "content"},
    {400, "bad request: the payload is not as it must be"},
    {401, "unauthorised: a wrong secret, an unknown device, or a token that is over"},
    {402, "bad option: a token that is over, or an option nobody understands"},
    {403, "forbidden: a topic the device may not post to, or a device that is disabled"},
    {404, "not found: there is no such path"},
    {405, "method not allowed: it takes POST alone"},
    {406, "not acceptable: no answer in the format asked for"},
    {413, "too large"},
    {414, "the path is too long"},
    {415, "the content format is not supported"},
    {500, "internal error: the auth service failed or took too long"},
    {503, "the service is unavailable"},
}};

constexpr std::array<code_words, 10> http_codes{{
    {0, "success"},
    {10000, "common error"},
    {10001, "parameter error: the question is not as it must be"},
    {20000, "auth check error: a wrong secret, an unknown device, or one that is disabled"},
    {20001, "the token is over"},
    {20002, "no token came with it"},
    {20003, "check token error: the token is none"},
    {20004, "the session could not be updated"},
    {30001, "publish message error: a topic the device may not post to"},
    {40000, "too many requests"},
}};

template <std::size_t N>
std::string_view find_words(const std::array<code_words, N>& table, std::int64_t code) noexcept {
  const auto* const found = std::find_if(table.begin(), table.end(),
                                         [code](const code_words& w) { return w.first == code; });
  return found == table.end() ? std::string_view{} : found->second;
}

std::string hex_of(bytes_view octets) {
  std::string out;
  for (const auto o : octets) {
    out += fmt::format("{:02x}", o);
  }
  return out;
}

std::string_view name_of(coap::message_type type) noexcept {
  switch (type) {
    case coap::message_type::confirmable: return "CON";
    case coap::message_type::non_confirmable: return "NON";
    case coap::message_type::acknowledgement: return "ACK";
    case coap::message_type::reset: return "RST";
  }
  FLEET_CHECK(false);
}

std::string dotted(std::int64_t code) {
  return fmt::format("{}.{:02}", code / 100, code % 100);
}

/// `POST`, or `4.03 forbidden: …`.
std::string name_of(coap::code code) {
  if (coap::is_request(code)) {
    return code == coap::code::post ? "POST" : fmt::format("request {}", coap::detail_of(code));
  }
  const std::int64_t number = coap::class_of(code) * 100 + coap::detail_of(code);
  const auto words = coap_code_text(number);
  return dotted(number) + (words.empty() ? "" : " ") + std::string{words};
}

std::string path_of(bytes_view options) {
  std::string out;
  coap::option_reader reader{options};
  while (const auto option = reader.next()) {
    if (option->number == coap::option::uri_path) {
      out += '/';
      out += as_text(option->value);
    }
  }
  return out;
}

std::uint64_t number_of(bytes_view value) noexcept {
  std::uint64_t out = 0;
  for (const auto o : value.first(std::min<std::size_t>(value.size(), 8))) {
    out = out << 8U | o;
  }
  return out;
}

std::string format_text(bytes_view value) {
  const auto number = number_of(value);
  const auto words = number == coap::content_format::json     ? " (JSON)"
                     : number == coap::content_format::octets ? " (octets)"
                     : number == coap::content_format::text   ? " (text)"
                     : number == coap::content_format::cbor   ? " (CBOR)"
                                                              : "";
  return std::to_string(number) + words;
}

std::string option_text(const coap::option_view& option) {
  switch (option.number) {
    case coap::option::content_format: return "Content-Format " + format_text(option.value);
    case coap::option::accept: return "Accept " + format_text(option.value);
    case alink::coap_option_token_sdk:
    case alink::coap_option_token: return fmt::format("option {} (token) ***", option.number);
    case alink::coap_option_sequence:
      return fmt::format("option {} (sequence, encrypted) 0x{}", option.number,
                         hex_of(option.value));
    case alink::coap_option_message_id:
      return fmt::format("option {} (message id) {}", option.number, number_of(option.value));
    default: break; // any number may come
  }
  return fmt::format("option {} 0x{}", option.number, hex_of(option.value));
}

std::string details_of(const coap::message_view& m) {
  std::string out = fmt::format(", id {}", m.id);
  if (!m.token.empty()) {
    out += ", token " + hex_of(m.token);
  }
  coap::option_reader reader{m.options};
  while (const auto option = reader.next()) {
    if (option->number != coap::option::uri_path) {
      out += ", " + option_text(*option);
    }
  }
  return out;
}

} // namespace

std::string_view coap_code_text(std::int64_t code) noexcept {
  return find_words(coap_codes, code);
}

std::string_view http_code_text(std::int64_t code) noexcept {
  return find_words(http_codes, code);
}

std::string refusal_text(device_protocol spoken, std::int64_t code) {
  const bool coap = spoken == device_protocol::coap;
  const auto words = coap ? coap_code_text(code) : http_code_text(code);
  std::string out = coap ? dotted(code) : fmt::format("code {}", code);
  return words.empty() ? out : out + ", " + std::string{words};
}

std::string coap_text(bytes_view datagram, bool verbose, const secret_mask& mask) {
  coap::message_view m;
  if (const auto wrong = coap::decode(datagram, datagram_bytes_max, m)) {
    return fmt::format("{} octets that are no CoAP: {}", datagram.size(), coap::text(*wrong));
  }
  std::string out{name_of(m.type)};
  if (m.code == coap::code::empty) {
    out += m.type == coap::message_type::confirmable ? " empty: a ping" : " empty";
  } else {
    out += ' ' + name_of(m.code);
    if (const auto path = path_of(m.options); !path.empty()) {
      out += ' ' + path;
    }
  }
  if (verbose) {
    out += details_of(m);
  }
  if (!m.payload.empty()) {
    out += ' ' + payload_text(m.payload, verbose ? payload_whole : payload_short, mask);
  }
  out = mask.hide(out);
  return verbose ? out + fmt::format(" [{} octets]", datagram.size()) : out;
}

post_log::post_log(const post_log_options& options, secret_mask mask, sink to)
    : options_(options), mask_(std::move(mask)),
      to_(std::move(to)), sides_{
                              side{http::reader{http::message_role::request, limits_}, {}, false},
                              side{
                                  http::reader{http::message_role::response, limits_}, {}, false}} {
  reset();
}

void post_log::reset() {
  for (auto& each : sides_) {
    each.reader.begin(limits_.body_max);
    each.body.clear();
    each.lost = false;
  }
}

void post_log::passed(bool up, bytes_view octets) {
  const line_kind way = up ? line_kind::up : line_kind::down;
  if (options_.spoken == device_protocol::coap) {
    to_(way, coap_text(octets, options_.verbose, mask_));
  } else {
    pass_http(sides_[up ? 0 : 1], way, octets);
  }
}

void post_log::pass_http(side& s, line_kind way, bytes_view octets) {
  while (!s.lost) {
    switch (s.reader.next(octets)) {
      case http::read_step::need_more: return;
      case http::read_step::head: break;
      case http::read_step::body: s.body += as_text(s.reader.piece()); break;
      case http::read_step::complete:
        tell_http(s, way);
        s.body.clear();
        s.reader.begin(limits_.body_max);
        break;
      case http::read_step::violated:
        s.lost = true;
        to_(line_kind::trouble,
            fmt::format("what {} is no HTTP: {}", way == line_kind::up ? "was sent" : "came",
                        http::to_string(s.reader.why())));
        break;
    }
  }
}

void post_log::tell_http(const side& s, line_kind way) {
  const auto& head = s.reader.head();
  tell_head(head, way);
  const std::string body =
      payload_text(as_bytes(s.body), options_.verbose ? payload_whole : payload_short, mask_);
  if (options_.verbose) {
    to_(way, mask_.hide("  " + body));
    return;
  }
  const std::string start = way == line_kind::up ? fmt::format("{} {}", head.method, head.target)
                                                 : fmt::format("status {}", head.status);
  to_(way, mask_.hide(start + ' ' + body));
}

/// A line for each field; the token is in `password` (§18).
void post_log::tell_head(const http::message_head& head, line_kind way) {
  if (!options_.verbose) {
    return;
  }
  const std::string_view spoken = head.http_1_1 ? "HTTP/1.1" : "HTTP/1.0";
  to_(way,
      mask_.hide(way == line_kind::up ? fmt::format("{} {} {}", head.method, head.target, spoken)
                                      : fmt::format("{} {}", spoken, head.status)));
  for (const auto& field : head.fields) {
    const bool secret = http::same_word(field.name, "password");
    to_(way, mask_.hide(fmt::format("  {}: {}", field.name, secret ? "***" : field.value)));
  }
}

} // namespace fleet::program
