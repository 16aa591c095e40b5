// Time over MQTT (aliyun-iot.md §11.9): the question, the answer, and what follows from the four
// moments. The clock that is set right by it is the board's.
#pragma once

#include <chrono>
#include <optional>

#include "protocol/base/bytes.hpp"
#include "protocol/base/json.hpp"

namespace fleet::alink {

/// Milliseconds of some clock, since 1970 where the clock knows.
using milliseconds = std::chrono::milliseconds;

/// `{"deviceSendTime":"T"}` to `/ext/ntp/PK/DN/request`.
void append_ntp_request(byte_buffer& out, milliseconds device_send);

/// When the device says it asked; none unless that is there once, as an integer or a string of one,
/// no further than the year 9999 from 1970 on either side. V3.2 always says 1234.
std::optional<milliseconds> read_ntp_request(json_reader& reader, bytes_view payload);

/// The answer: all three as strings, since V3 reads nothing else.
struct ntp_answer {
  milliseconds device_send{0}; ///< as the request had it
  milliseconds server_receive{0};
  milliseconds server_send{0};
};
void append_ntp_answer(byte_buffer& out, const ntp_answer& answer);

/// None unless all three are there once, as integers or strings of such, within the same bounds,
/// and the server sent no earlier than it received.
std::optional<ntp_answer> read_ntp_answer(json_reader& reader, bytes_view payload);

/// What to add to the device's clock, half the round trip taken as each way's: ((server receive −
/// device send) + (server send − device receive)) / 2, rounded down. Error: at most half of
/// round_trip().
milliseconds clock_offset(const ntp_answer& answer, milliseconds device_receive) noexcept;

/// The time at device_receive by the server's clock: (server receive + server send + device receive
/// − device send) / 2, the formula of §11.9.
milliseconds server_time(const ntp_answer& answer, milliseconds device_receive) noexcept;

/// How long question and answer were under way, without the server's share; negative if the
/// device's clock jumped in between: do not believe the answer then.
milliseconds round_trip(const ntp_answer& answer, milliseconds device_receive) noexcept;

} // namespace fleet::alink
