// A way to the cloud that only posts (aliyun-iot.md §17, §18), as post_device.hpp needs it: log on,
// post, be answered. CoAP and HTTP are its kinds. No reports, no back-off, no account.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  not_now,       ///< not done, by no fault of the post's: to be posted again later
  unanswered     ///< nobody knows; the platform may have it
};

/// Views live during the call.
struct post_answer {
  post_end how = post_end::taken;
  bytes_view payload{}; ///< of the answer: all there is of a downlink (§17.3)
  /// unanswered: what that says of the link; refused, not_now: the kind of refusal
  outcome why = outcome::timed_out;
  std::string_view detail{}; ///< of those not taken: a sentence or empty
  std::int64_t code = 0;     ///< of those refused: 4.03 as 403, or HTTP's (§18); 0: none
  duration after{};          ///< not_now: as long as the platform says; 0: it does not
};

/// Why a post did not go out.
enum class post_error : std::uint8_t {
  busy,     ///< not now: on_ready() or the end of another post follows
  too_large ///< never
};

/// What is waited for without an end so far, and how it would end now.
struct vain_wait {
  outcome why = outcome::timed_out;
  std::string what; ///< a sentence
};

/// Told in turns of the device. Any of these calls may log_on(), post(), close() and drop().
class post_channel_events {
public:
  virtual void on_transport_up() = 0;
  virtual void on_logged_on() = 0;
  /// It is gone, with all that was posted and not answered.
  virtual void on_channel_ended(outcome why, std::string_view detail) = 0;
  /// Something came to nothing, and is begun anew within the same log_on().
  virtual void on_begun_anew(std::string_view detail) = 0;
  virtual void on_post_ended(std::uint32_t id, const post_answer& answer) = 0;
  /// The far side forgot the session, or seems to, or closed a connection that it had kept: another
  /// is being made, and no token stands. What was posted and not answered is to be posted again,
  /// behind log_on().
  virtual void on_way_lost() = 0;
  /// post() may be tried again.
  virtual void on_ready() = 0;
  /// A message of ours was repeated.
  virtual void on_resent(std::uint32_t times) = 0;
  /// What ping() asked.
  virtual void on_ping_ended(bool /*answered*/) {}

protected:
  ~post_channel_events() = default;
};

/// Shown what passes, as it was sent and as it came, for people to read. May not call the channel.
class post_onlooker {
public:
  /// A transport is opened; whatever passed before it is over.
  virtual void on_opening() = 0;
  /// Octets before they are encrypted, or after: a whole datagram, or a piece of the stream.
  virtual void on_passed(bool up, bytes_view octets) = 0;

protected:
  ~post_onlooker() = default;
};

/// What a channel stands on; all of it outlives it.
struct post_place {
  device_surroundings& around;
  const product_settings& product; ///< with a plan
  hal::board& board;
  turn_giver& turns;
  post_onlooker* onlooker = nullptr;
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
  /// Asks whether the far end lives (RFC 7252 §4.3): on_ping_ended() follows, or the channel's end.
  /// False where the protocol has no such thing, or it cannot be asked now.
  virtual bool ping() { return false; }
  /// Ends in order what can be ended so; nothing is told.
  virtual void close() = 0;
  /// Goes without a word.
  virtual void drop() noexcept = 0;

  /// In the device's turn: tells what happened since the last one.
  virtual void take_turn() = 0;
  virtual void handle_timeout() = 0;
  /// Octets of payload that one post to an MQTT topic has room for, by the transport and the token
  /// there are; 0: none goes to that topic.
  [[nodiscard]] virtual std::size_t room(std::string_view topic) const = 0;
  /// What it waits for in vain: the network says so, or it takes longer than usual.
  [[nodiscard]] virtual std::optional<vain_wait> waits_for() const { return std::nullopt; }
  [[nodiscard]] virtual time_point next_timeout() const noexcept = 0;
  /// Octets, its own size included; the board and the stream are not its.
  [[nodiscard]] virtual std::size_t memory_bytes() const noexcept = 0;
};

} // namespace fleet::actors
