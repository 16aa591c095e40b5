// The serializer at work. Beast's containers end the program on impossible sizes, so those are
// refused before.
#include "protocol/http/writer.hpp"

#include <algorithm>

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>

#include "protocol/base/check.hpp"

namespace fleet::http {

namespace {

namespace beast = boost::beast;

beast::string_view view(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

template <class Buffers>
std::size_t append_all(const Buffers& buffers, byte_buffer& out) {
  std::size_t total = 0;
  for (const boost::asio::const_buffer part : beast::buffers_range_ref(buffers)) {
    out.append(bytes_view{static_cast<const std::uint8_t*>(part.data()), part.size()});
    total += part.size();
  }
  return total;
}

template <bool IsRequest>
void append_head(beast::http::message<IsRequest, beast::http::empty_body>& m, fields_view fields,
                 const framing& frame, byte_buffer& out) {
  for (const field& f : fields) {
    m.insert(view(f.name), view(f.value));
  }
  switch (frame.connection) {
    case framing::word::none: break;
    case framing::word::close: m.set(beast::http::field::connection, "close"); break;
    case framing::word::keep_alive: m.set(beast::http::field::connection, "keep-alive"); break;
  }
  if (frame.length) {
    m.content_length(*frame.length);
  }
  if (frame.chunked) {
    m.set(beast::http::field::transfer_encoding, "chunked");
  }
  beast::http::serializer<IsRequest, beast::http::empty_body> writing{m};
  writing.split(true); // the body is ours
  while (!writing.is_header_done()) {
    beast::error_code error;
    std::size_t taken = 0;
    writing.next(error, [&](beast::error_code& /*unused*/, const auto& buffers) {
      taken = append_all(buffers, out);
    });
    FLEET_CHECK(!error);
    writing.consume(taken);
  }
}

} // namespace

write_error check_fields(fields_view fields, bool connection_too) noexcept {
  std::size_t total = 0;
  for (const field& f : fields) {
    const bool machines_own = same_word(f.name, "content-length")
                              || same_word(f.name, "transfer-encoding") || same_word(f.name, "host")
                              || (same_word(f.name, "connection") && !connection_too);
    if (machines_own || !valid_token(f.name) || !valid_value(f.value)) {
      return write_error::bad_field;
    }
    total += f.name.size() + f.value.size();
  }
  return total > max_head_written || fields.size() > max_fields_written ? write_error::too_large
                                                                        : write_error::none;
}

void append_request_head(const request_line& line, fields_view fields, const framing& frame,
                         byte_buffer& out) {
  beast::http::message<true, beast::http::empty_body> m;
  m.version(11);
  m.method_string(view(line.method));
  m.target(view(line.target));
  m.set(beast::http::field::host, view(line.host));
  append_head(m, fields, frame, out);
}

void append_response_head(std::uint16_t status, fields_view fields, const framing& frame,
                          byte_buffer& out) {
  beast::http::message<false, beast::http::empty_body> m;
  m.version(11);
  m.result(static_cast<unsigned>(status));
  append_head(m, fields, frame, out);
}

void append_continue(byte_buffer& out) {
  append_response_head(100, {}, {}, out);
}

void append_chunk(bytes_view piece, byte_buffer& out) {
  FLEET_CHECK(!piece.empty());
  append_all(beast::http::make_chunk(boost::asio::const_buffer{piece.data(), piece.size()}), out);
}

void append_last_chunk(byte_buffer& out) {
  append_all(beast::http::make_chunk_last(), out);
}

} // namespace fleet::http
