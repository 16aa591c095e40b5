// What passes between a posting device and its cloud as lines, read off the octets: every CoAP
// message, every HTTP request and answer, with their codes in words. It changes nothing and answers
// nothing.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "fleet/hand/log_lines.hpp"
#include "fleet/session_words.hpp"
#include "protocol/http/reader.hpp"

namespace fleet::program {

struct post_log_options {
  device_protocol spoken = device_protocol::coap; ///< or http
  bool verbose = false; ///< types, ids, tokens and options of CoAP; heads of HTTP; whole payloads
};

/// What a code of CoAP means here (aliyun-iot.md §17.2), `403` for 4.03: the rest of a sentence;
/// empty for one that nobody documented.
std::string_view coap_code_text(std::int64_t code) noexcept;
/// The same of HTTP's (§18).
std::string_view http_code_text(std::int64_t code) noexcept;
/// `4.03, forbidden: …`, or `code 30001, publish message error: …`.
std::string refusal_text(device_protocol spoken, std::int64_t code);

/// One datagram as text, without its direction. Tokens and signatures are never in it.
std::string coap_text(bytes_view datagram, bool verbose, const secret_mask& mask);

class post_log {
public:
  /// Takes a line's kind (up, down, trouble) and text.
  using sink = std::function<void(line_kind, const std::string&)>;

  post_log(const post_log_options& options, secret_mask mask, sink to);

  /// A transport is opened: what was half there is over.
  void reset();
  /// A datagram, or a piece of a stream, on its way up or down.
  void passed(bool up, bytes_view octets);

private:
  struct side {
    http::reader reader;
    std::string body;
    bool lost = false; ///< what passed is no HTTP; nothing more is shown until reset()
  };
  void pass_http(side& s, line_kind way, bytes_view octets);
  void tell_http(const side& s, line_kind way);
  void tell_head(const http::message_head& head, line_kind way);

  post_log_options options_;
  secret_mask mask_;
  sink to_;
  http::read_limits limits_;
  std::array<side, 2> sides_; ///< up, down
};

} // namespace fleet::program
