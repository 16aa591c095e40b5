// CoAP on the wire for tests: annotated octets in, messages and events as one line of text out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/check.hpp"
#include "protocol/coap/client.hpp"
#include "protocol/coap/codec.hpp"
#include "protocol/coap/server.hpp"

namespace fleet::coap::test {

using wire = std::vector<std::uint8_t>;
using lines = std::vector<std::string>;

/// Octets from text: pairs of hexadecimal digits, and 'letters' between quotes; blanks are skipped.
inline wire octets(std::string_view text) {
  wire out;
  bool quoted = false;
  int high = -1;
  for (const char c : text) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (quoted) {
      out.push_back(static_cast<std::uint8_t>(c));
    } else if (c != ' ') {
      const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
      FLEET_CHECK(digit >= 0 && digit < 16);
      if (high < 0) {
        high = digit;
      } else {
        out.push_back(static_cast<std::uint8_t>(high * 16 + digit));
        high = -1;
      }
    }
  }
  FLEET_CHECK(!quoted && high < 0);
  return out;
}

inline std::string hex(bytes_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t b : bytes) {
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

inline std::string number(std::uint64_t value) {
  return std::to_string(value);
}

/// "2.05"
inline std::string describe(code c) {
  const unsigned detail = detail_of(c);
  return number(class_of(c)) + (detail < 10 ? ".0" : ".") + number(detail);
}

/// Letters as they are, anything else as #hex; long ones by their length.
inline std::string readable(bytes_view bytes) {
  if (bytes.size() > 40) {
    return "<" + number(bytes.size()) + ">";
  }
  for (const std::uint8_t b : bytes) {
    if (b < 0x20 || b > 0x7e) {
      return "#" + hex(bytes);
    }
  }
  return std::string{as_text(bytes)};
}

/// " 11:a 23:2/1/64": blocks as number/more/size, other numbers as such.
inline std::string describe_options(bytes_view options) {
  std::string out;
  option_reader reader{options};
  while (const auto o = reader.next()) {
    out += " " + number(o->number) + ":";
    std::uint32_t value = 0;
    for (const std::uint8_t b : o->value) {
      value = value << 8 | b;
    }
    switch (o->number) {
      case option::block1:
      case option::block2:
        out += number(value >> 4) + ((value & 8) != 0 ? "/1/" : "/0/") + number(16U << (value & 7));
        break;
      case option::observe:
      case option::content_format:
      case option::max_age:
      case option::size1:
      case option::size2: out += number(value); break;
      default: out += readable(o->value);
    }
  }
  return out;
}

/// "CON 0.01 id=7 t=04030201 11:a =payload"
inline std::string describe(const message_view& m) {
  static constexpr const char* names[] = {"CON", "NON", "ACK", "RST"};
  std::string out = names[static_cast<unsigned>(m.type)];
  out += " " + describe(m.code) + " id=" + number(m.id);
  if (!m.token.empty()) {
    out += " t=" + hex(m.token);
  }
  out += describe_options(m.options);
  return m.payload.empty() ? out : out + " =" + readable(m.payload);
}

inline std::string describe_wire(bytes_view datagram) {
  message_view m;
  const verdict wrong = decode(datagram, 70'000, m);
  return wrong ? "bad: " + std::string{text(*wrong)} : describe(m);
}

/// Takes all datagrams out, described.
inline lines take_sent(datagrams& out) {
  lines all;
  for (; !out.empty(); out.pop()) {
    all.push_back(describe_wire(out.front()));
  }
  return all;
}

inline std::string describe(request_failure why) {
  switch (why) {
    case request_failure::timed_out: return "timed_out";
    case request_failure::reset: return "reset";
    case request_failure::no_answer: return "no_answer";
    case request_failure::bad_option: return "bad_option";
    case request_failure::too_large: return "too_large";
    case request_failure::incomplete: return "incomplete";
  }
  return "";
}

inline std::string describe(const client_event_variant& event) {
  using namespace client_event;
  if (const auto* r = std::get_if<response_arrived>(&event)) {
    return "response " + number(r->id) + " " + describe(r->code)
           + (r->observing ? " observing" : "") + " =" + readable(r->payload);
  }
  if (const auto* n = std::get_if<notification_arrived>(&event)) {
    return "notification " + number(n->id) + " " + describe(n->code) + " " + number(n->sequence)
           + (n->last ? " last" : "") + " =" + readable(n->payload);
  }
  if (const auto* f = std::get_if<failed>(&event)) {
    return "failed " + number(f->id) + " " + describe(f->why);
  }
  const auto& p = std::get<ping_ended>(event);
  return "ping " + number(p.id) + (p.answered ? " answered" : " unanswered");
}

inline std::string describe(const server_event_variant& event) {
  using namespace server_event;
  const auto why = [](end_reason r) {
    return std::string{r == end_reason::reset ? " reset" : " timed_out"};
  };
  if (const auto* r = std::get_if<request_arrived>(&event)) {
    static constexpr const char* wishes[] = {"", " begin", " end"};
    return "request " + number(r->id) + " " + describe(r->method) + (r->confirmable ? "" : " non")
           + wishes[static_cast<unsigned>(r->observe)]
           + (r->observation == 0 ? "" : " of " + number(r->observation))
           + describe_options(r->options) + " =" + readable(r->payload);
  }
  if (const auto* o = std::get_if<observation_ended>(&event)) {
    return "observation " + number(o->observation) + why(o->why);
  }
  const auto& a = std::get<answer_lost>(event);
  return "answer " + number(a.id) + why(a.why);
}

/// An option of a test's message: a number or text.
struct opt {
  opt(std::uint16_t n, std::uint32_t v) : option_number(n), value(v) {}
  opt(std::uint16_t n, std::string v) : option_number(n), is_text(true), text_value(std::move(v)) {}
  static opt block(std::uint16_t n, std::uint32_t num, bool more, std::uint32_t size) {
    std::uint8_t szx = 0;
    while ((16U << szx) < size) {
      ++szx;
    }
    return {n, block_value{num, more, szx}.packed()};
  }
  std::uint16_t option_number;
  bool is_text = false;
  std::uint32_t value = 0;
  std::string text_value;
};

/// A message; `token` as in octets().
inline wire message(message_type type, code c, std::uint32_t id, std::string_view token,
                    const std::vector<opt>& options = {}, bytes_view payload = {}) {
  option_list list;
  for (const opt& o : options) {
    if (o.is_text) {
      list.add(o.option_number, as_bytes(o.text_value));
    } else {
      list.add_uint(o.option_number, o.value);
    }
  }
  const wire t = octets(token);
  byte_buffer out;
  encode({type, c, static_cast<std::uint16_t>(id), t, list.view(), payload}, out);
  return {out.view().begin(), out.view().end()};
}
inline wire message(message_type type, code c, std::uint32_t id, std::string_view token,
                    const std::vector<opt>& options, std::string_view payload) {
  return message(type, c, id, token, options, as_bytes(payload));
}

/// A body whose octets tell their place.
inline wire body_of(std::size_t size, std::uint8_t salt = 0) {
  wire body(size);
  for (std::size_t i = 0; i < size; ++i) {
    body[i] = static_cast<std::uint8_t>(i * 7 + i / 251 + salt);
  }
  return body;
}

} // namespace fleet::coap::test
