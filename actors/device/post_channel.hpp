// A way to the cloud that only posts (aliyun-iot.md §17, §18), as post_device.hpp needs it: log on,
// post, be answered. CoAP and HTTP are its kinds. No reports, no back-off, no account.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "actors/device/image_fetch.hpp"
#include "actors/device/meters.hpp"
#include "actors/device/surroundings.hpp"
#include "hal_sim/board/board.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"

namespace fleet::actors {

/// What became of a post.
enum class post_end : std::uint8_t {
  taken,
  token_refused, ///< log on again, and post it again
  refused,       ///< and would be again
  unanswered     ///< nobody knows; the platform may have it
};

/// Views live during the call.
struct post_answer {
  post_end how = post_end::taken;
  bytes_view payload{};             ///< of the answer: all there is of a downlink (§17.3)
  outcome why = outcome::timed_out; ///< unanswered: what that says of the link
  std::string_view detail{};        ///< of those not taken: a sentence or empty
};

/// Why a post did not go out.
enum class post_error : std::uint8_t {
  busy,     ///< not now: on_ready() or the end of another post follows
  too_large ///< never
};

/// Told in turns of the device. Any of these calls may log_on(), post(), close() and drop().
class post_channel_events {
public:
  virtual void on_transport_up() = 0;
  virtual void on_logged_on() = 0;
  /// It is gone, with all that was posted and not answered.
  virtual void on_channel_ended(outcome why, std::string_view detail) = 0;
  virtual void on_post_ended(std::uint32_t id, const post_answer& answer) = 0;
  /// post() may be tried again.
  virtual void on_ready() = 0;
  /// A message of ours was repeated.
  virtual void on_resent(std::uint32_t times) = 0;

protected:
  ~post_channel_events() = default;
};

/// What a channel stands on; all of it outlives it.
struct post_place {
  device_surroundings& around;
  const product_settings& product; ///< with a plan
  hal::board& board;
  turn_giver& turns;
};

class post_channel {
public:
  virtual ~post_channel() = default;

  /// Opens the transport unless there is one, and asks for a token as `who`, in later turns and
  /// within the plan's times. on_logged_on() or on_channel_ended() follows.
  virtual void log_on(const alink::identity& who) = 0;
  /// Posts to an MQTT topic; the number by which the end will be known, above 0. `reliable` asks
  /// for a confirmable message where there are others.
  virtual result<std::uint32_t, post_error> post(std::string_view topic, bytes_view payload,
                                                 bool reliable) = 0;
  /// Ends in order what can be ended so; nothing is told.
  virtual void close() = 0;
  /// Goes without a word.
  virtual void drop() noexcept = 0;

  /// In the device's turn: tells what happened since the last one.
  virtual void take_turn() = 0;
  virtual void handle_timeout() = 0;
  [[nodiscard]] virtual time_point next_timeout() const noexcept = 0;
  /// Octets, its own size included; the board and the stream are not its.
  [[nodiscard]] virtual std::size_t memory_bytes() const noexcept = 0;
};

} // namespace fleet::actors
