// Reads messages of either role, one after the other: the door to Boost.Beast's parser. Internal to
// protocol/http. It knows where a message begins and ends, not what follows from it.
#pragma once

#include <memory>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/http/types.hpp"

namespace fleet::http {

enum class message_role : std::uint8_t { request, response };

/// What next() found.
enum class read_step : std::uint8_t {
  need_more, ///< the input is used up
  head,      ///< head() is known
  body,      ///< piece() holds octets of the body
  complete,  ///< the message is whole
  violated   ///< why() says it; for good
};

/// A head taken apart. Views live until the next begin().
struct message_head {
  std::string_view method;  ///< of a request
  std::string_view target;  ///< of a request
  std::uint16_t status = 0; ///< of a response
  bool http_1_1 = false;
  bool keep_alive = false; ///< RFC 9112 §9.3; false where the end of the transport ends the body
  bool chunked = false;
  bool expects_continue = false;
  std::optional<std::uint64_t> length; ///< Content-Length
  std::vector<field> fields;
};

class reader {
public:
  /// `limits` must outlive the reader; their body_max does not count here.
  reader(message_role role, const read_limits& limits);
  ~reader();
  reader(reader&&) noexcept;
  reader& operator=(reader&&) noexcept;

  /// Forgets the message before. `no_body`: a response without one whatever it says (HEAD).
  void begin(std::uint64_t body_max, bool no_body = false);

  /// Goes on by one step, taking octets off the front of `input`. What it keeps of them it copies,
  /// except the piece.
  read_step next(bytes_view& input);
  /// The transport ended: complete or violated.
  read_step end();

  [[nodiscard]] const message_head& head() const noexcept;
  /// Points into the last input.
  [[nodiscard]] bytes_view piece() const noexcept;
  /// After a piece: nothing of the body can follow it.
  [[nodiscard]] bool whole() const noexcept;
  [[nodiscard]] violation why() const noexcept;
  /// Whether an octet of this message came.
  [[nodiscard]] bool started() const noexcept;
  [[nodiscard]] bool in_head() const noexcept;
  /// Octets of the body so far, without their framing.
  [[nodiscard]] std::uint64_t body_octets() const noexcept;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::http
