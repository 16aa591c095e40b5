// The HTTP server machine: one connection, one request at a time, without I/O or clock. It checks
// framing, limits and deadlines and answers what breaks them; what a request means is its owner's
// business.
//
// Order of use: receive(), then next_event() until nothing; answer request_arrived with respond(),
// or respond_in_pieces(), supply() … finish(), at once or later, and then ask next_event() again.
// Once over() holds, close the transport when the output is sent.
#pragma once

#include <memory>
#include <variant>

#include "protocol/base/bytes.hpp"
#include "protocol/http/types.hpp"

namespace fleet::http {

/// What a server is willing to hold and to wait for; shared by all its connections.
struct server_limits {
  read_limits read;
  std::uint32_t pipelined_max = 16 * 1024; ///< octets sent ahead of an answer
  std::uint32_t requests_max = 10'000;     ///< on one connection; then it is closed
  /// From the opening, or the first octet of a request, to the end of its head.
  duration head_deadline = std::chrono::seconds{10};
  duration body_deadline = std::chrono::seconds{60}; ///< from there to the end of its body
  duration idle_deadline = std::chrono::seconds{60}; ///< between a response and the next request
};

namespace server_event {
/// A whole request. Views live until the next call, except that respond() may read them.
struct request_arrived {
  std::string_view method;
  std::string_view target; ///< origin form, or `*`; of an absolute one what follows the host
  std::string_view host;   ///< as sent; of an absolute target its own (RFC 9112 §3.2.2)
  fields_view fields;
  bytes_view body;
};
/// Leave the transport once the output is sent; `status` is what was answered, 0 for nothing.
struct failed {
  violation why;
  std::uint16_t status;
};
} // namespace server_event

using server_event_variant = std::variant<server_event::request_arrived, server_event::failed>;

/// `Expect: 100-continue` is answered as soon as the head is found good. HTTP/1.0 is served too:
/// closed after each response unless it asked for keep-alive, and never sent a chunk.
class server_connection {
public:
  /// `limits` must outlive the connection.
  server_connection(const server_limits& limits, time_point now);
  ~server_connection();
  server_connection(server_connection&&) noexcept;
  server_connection& operator=(server_connection&&) noexcept;

  /// Lends the bytes that arrived; they must stay valid until next_event() answered nothing. What
  /// comes ahead of a response is copied, up to pipelined_max.
  void receive(bytes_view bytes, time_point now);
  /// The peer sends no more; it may still read.
  void closed() noexcept;
  std::optional<server_event_variant> next_event(byte_buffer& out);

  void handle_timeout(time_point now, byte_buffer& out);
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Answers the request with a whole body. `status` is 200 to 599. Date, Content-Length and
  /// Connection are not the caller's; nothing writes a Date. No body goes out for HEAD, 204 and
  /// 304. After anything but `none` nothing was written and the request still waits.
  [[nodiscard]] write_error respond(std::uint16_t status, fields_view fields, bytes_view body,
                                    time_point now, byte_buffer& out);

  /// Answers with a body to come: of `length` octets, or, without one, in chunks.
  [[nodiscard]] write_error respond_in_pieces(std::uint16_t status, fields_view fields,
                                              std::optional<std::uint64_t> length,
                                              byte_buffer& out);
  /// The next octets of that body. More than `length` of them are a mistake of the caller's.
  void supply(bytes_view piece, byte_buffer& out);
  /// The body is whole. Fewer octets than `length` are a mistake: to break off, close instead.
  void finish(time_point now, byte_buffer& out);

  /// Whether a request waits for its answer, or for more of it.
  [[nodiscard]] bool answering() const noexcept;
  /// No further request is taken: close once the output is sent.
  [[nodiscard]] bool over() const noexcept;
  /// Heap octets held, for the memory count.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::http
