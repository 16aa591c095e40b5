// Writes heads and chunks: the door to Boost.Beast's serializer. Internal to protocol/http.
#pragma once

#include "protocol/base/bytes.hpp"
#include "protocol/http/types.hpp"

namespace fleet::http {

/// How the other side tells where the body ends, and whether the connection goes on.
struct framing {
  enum class word : std::uint8_t { none, close, keep_alive };
  std::optional<std::uint64_t> length{}; ///< written as Content-Length
  bool chunked = false;                  ///< written as Transfer-Encoding
  word connection = word::none;          ///< written as Connection
};

/// Fields of the caller's own: readable, few, and none that the machine writes itself
/// (Content-Length, Transfer-Encoding, Host; Connection unless `connection_too`).
write_error check_fields(fields_view fields, bool connection_too) noexcept;

struct request_line {
  std::string_view method;
  std::string_view target;
  std::string_view host;
};
/// Everything must have been checked.
void append_request_head(const request_line& line, fields_view fields, const framing& frame,
                         byte_buffer& out);
void append_response_head(std::uint16_t status, fields_view fields, const framing& frame,
                          byte_buffer& out);
/// `100 Continue`.
void append_continue(byte_buffer& out);

/// `piece` must not be empty: an empty chunk is the last one.
void append_chunk(bytes_view piece, byte_buffer& out);
void append_last_chunk(byte_buffer& out);

} // namespace fleet::http
