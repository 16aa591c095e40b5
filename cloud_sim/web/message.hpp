// A request as a handler sees it, and its answer, given now or later. No connection, no routes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"
#include "protocol/http/types.hpp"

namespace fleet::cloud {

/// A request that arrived whole. Views live until the handler returns.
struct web_request {
  std::string_view method;
  std::string_view target; ///< path and query, escapes as written
  std::string_view host;
  http::fields_view fields;
  bytes_view body;
  std::string_view source; ///< the peer's numeric address without its port
  bool secure = false;     ///< it came over TLS
};

inline constexpr std::string_view json_content = "application/json";

/// A body that is asked for piece by piece, as the connection takes it. Dies with the answer.
class body_source {
public:
  virtual ~body_source() = default;

  enum class step : std::uint8_t {
    piece,  ///< octets, at least one
    wait,   ///< none yet: ask again at `until`, or when the responder's resume() says so
    broken, ///< there will be no more: the connection is torn
    ended   ///< likewise, but it is closed, and what came before goes out first
  };
  struct portion {
    step what = step::broken;
    bytes_view octets{}; ///< valid until the next call
    time_point until = never;
  };
  /// At most `room` octets, which is never 0 nor more than what is left of the length.
  virtual portion next(std::size_t room, time_point now) = 0;
};

/// What is answered; Content-Length is written by the machine.
struct web_answer {
  std::uint16_t status = 200; ///< 200 to 599
  byte_buffer body;
  std::string_view content_type = json_content; ///< a literal
  /// Further fields, names being literals.
  std::vector<std::pair<std::string_view, std::string>> fields;
  /// In the place of `body`, if there is one: `length` octets of it. Not asked at all for HEAD.
  std::unique_ptr<body_source> source{};
  std::uint64_t length = 0;
  /// The body goes out as it is, in the place of an answer, and the connection ends behind it.
  bool bare = false;
};

/// Takes an answer for the exchange of that number, or drops it when that exchange is over.
class answer_taker {
public:
  virtual void answer(std::uint64_t exchange, web_answer what) = 0;
  /// Asks the source of that exchange's answer again, if it waits.
  virtual void resume(std::uint64_t exchange) = 0;

protected:
  ~answer_taker() = default;
};

/// The right to answer one request, once: later calls, and calls after the connection or the
/// service has ended, do nothing. May be copied and kept; on the service's home only.
class responder {
public:
  responder(std::weak_ptr<answer_taker> to, std::uint64_t exchange)
      : to_(std::move(to)), exchange_(exchange) {}

  void answer(web_answer what) const {
    if (const auto taker = to_.lock()) {
      taker->answer(exchange_, std::move(what));
    }
  }

  /// Whether the connection is there still; from any thread.
  [[nodiscard]] bool awaited() const noexcept { return !to_.expired(); }

  /// The answer's source has something again.
  void resume() const {
    if (const auto taker = to_.lock()) {
      taker->resume(exchange_);
    }
  }

private:
  std::weak_ptr<answer_taker> to_;
  std::uint64_t exchange_;
};

/// What requests mean.
class web_handler {
public:
  /// To be answered through `reply`, within the call or later.
  virtual void on_request(const web_request& request, const responder& reply) = 0;

protected:
  ~web_handler() = default;
};

} // namespace fleet::cloud
