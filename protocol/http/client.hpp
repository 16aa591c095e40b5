// The HTTP client machine: one connection, one request in flight, without I/O or clock.
//
// Order of use: start() once a transport is up; send(); for each arrival receive(), then
// next_event() until it answers nothing; at next_timeout() call handle_timeout() and drain again;
// closed() when the peer ended the transport, and drain. Output is appended to the caller's buffer.
#pragma once

#include <memory>
#include <variant>

#include "protocol/base/bytes.hpp"
#include "protocol/http/types.hpp"

namespace fleet::http {

/// How a client takes responses; shared by all devices of a product.
struct client_limits {
  read_limits read;
  std::uint64_t pieces_max = 256ULL * 1024 * 1024; ///< octets of a body handed out in pieces
  /// From send() to the end of a collected response, or to the head of one handed out in pieces.
  duration response_deadline = std::chrono::seconds{10};
  duration idle_deadline = std::chrono::seconds{10}; ///< without an octet while one is awaited
};

/// What to do with the body of a response.
enum class delivery : std::uint8_t {
  collected, ///< whole, in response_finished
  pieces     ///< as it comes, in body_arrived: nothing is held
};

/// A request; views are read during send() only. Host and Content-Length are written by the machine
/// (the latter with a body, and always for POST, PUT and PATCH); a Connection field may be given.
struct request {
  std::string_view method = "GET";
  std::string_view target = "/"; ///< origin form: path and query
  std::string_view host;         ///< with its port where that is not the scheme's
  fields_view fields{};
  bytes_view body{};
};

namespace client_event {
/// delivery::pieces only. Views live until response_finished.
struct head_arrived {
  std::uint16_t status;
  fields_view fields;
  std::optional<std::uint64_t> length; ///< what the body will be long, if it is said
};
/// delivery::pieces only; never empty. Lives until the next call.
struct body_arrived {
  bytes_view octets;
  std::uint64_t offset; ///< of the first of them in the body
};
/// The response is whole. Views live until the next call.
struct response_finished {
  std::uint16_t status;
  fields_view fields;
  bytes_view body; ///< empty if it went out in pieces
  std::uint64_t body_octets;
  bool reusable; ///< another send() may follow on this transport
};
/// Leave the transport. Where it happened decides whether and from where to try again.
struct failed {
  violation why;
  bool answered;                       ///< false: not an octet of the response came
  std::uint16_t status;                ///< 0: its head was not whole
  std::uint64_t body_octets;           ///< so far
  std::optional<std::uint64_t> length; ///< of the whole body, if it was said
};
} // namespace client_event

using client_event_variant = std::variant<client_event::head_arrived, client_event::body_arrived,
                                          client_event::response_finished, client_event::failed>;

/// Interim responses (1xx) are passed over, at most interim_max of them.
class client {
public:
  static constexpr unsigned interim_max = 8;

  /// `limits` must outlive the client.
  explicit client(const client_limits& limits);
  ~client();
  client(client&&) noexcept;
  client& operator=(client&&) noexcept;

  /// A new transport is up; whatever was is forgotten.
  void start() noexcept;

  /// Appends a request. After anything but `none` nothing was written.
  [[nodiscard]] write_error send(const request& what, delivery how, time_point now,
                                 byte_buffer& out);

  /// Lends the bytes that arrived; they must stay valid until next_event() answered nothing.
  void receive(bytes_view bytes, time_point now);
  /// The transport was ended by the peer, in order or not.
  void closed() noexcept;
  std::optional<client_event_variant> next_event();

  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Whether send() may follow: started, nothing in flight, and neither side wants to close.
  [[nodiscard]] bool ready() const noexcept;
  /// Heap octets held, for the memory count.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::http
