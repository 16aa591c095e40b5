// Synchronous calls by topic (aliyun-iot.md §15): a request's topic carries the message id that the
// response's must repeat. Payloads are any octets; a service call (§11.5) is read by
// read_service_call().
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"

namespace fleet::alink {

inline constexpr std::size_t max_rrpc_id = 19;                    ///< digits
inline constexpr std::uint64_t max_linkkit_rrpc_id = 0x7fff'ffff; ///< linkkit V2.10 keeps an int

/// How long a caller waits (§15.3).
inline constexpr duration min_rrpc_wait = std::chrono::milliseconds{1000};
inline constexpr duration max_rrpc_wait = std::chrono::milliseconds{8000};

enum class rrpc_form : std::uint8_t {
  system, ///< `/sys/PK/DN/rrpc/request/{id}`, answered at `…/response/{id}`
  custom  ///< `/ext/rrpc/{id}/{topic}`, answered at the same topic
};

/// A call as its topic tells it; views into that topic.
struct rrpc_call {
  rrpc_form form = rrpc_form::system;
  std::string_view message_id; ///< 1 to 19 digits
  std::string_view product_key;
  std::string_view device_name;
  std::string_view topic{}; ///< custom: the inner topic with its leading slash; else empty
};

/// A request as it reaches a device; none for any other topic, or an id that is no such number.
std::optional<rrpc_call> parse_rrpc_request(std::string_view topic) noexcept;

/// A response as it reaches the platform. The custom form looks like its request.
std::optional<rrpc_call> parse_rrpc_response(std::string_view topic) noexcept;

/// The topic to send a request to.
void append_rrpc_request_topic(byte_buffer& out, const rrpc_call& call);
/// The topic where a request is answered.
void append_rrpc_response_topic(byte_buffer& out, const rrpc_call& call);
/// What a device subscribes: `/sys/PK/DN/rrpc/request/+`, or `/ext/rrpc/+{topic}`.
void append_rrpc_filter(byte_buffer& out, const rrpc_call& call);

/// The service an inner topic `/sys/PK/DN/thing/service/{id}` names, also `property/set`; empty for
/// other calls. With it read_service_call() needs no method.
std::string_view rrpc_service(const rrpc_call& call) noexcept;

/// The number of an id; ids are 19 digits at most and fit.
std::uint64_t rrpc_number(std::string_view message_id) noexcept;

/// What a caller learns (§15.3).
enum class rrpc_outcome : std::uint8_t { success, timeout, offline, half_connection, unknown };
/// `SUCCESS`, `TIMEOUT`, `OFFLINE`, `HALFCONN`, `UNKNOW`, as the platform spells them.
std::string_view rrpc_outcome_name(rrpc_outcome outcome) noexcept;

/// A wait within the bounds of §15.3.
constexpr duration rrpc_wait(duration wanted) noexcept {
  return wanted < min_rrpc_wait ? min_rrpc_wait : wanted > max_rrpc_wait ? max_rrpc_wait : wanted;
}

} // namespace fleet::alink
