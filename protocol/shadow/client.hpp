// The device's side of its shadow (aliyun-iot.md §13, §19): pull, push, delete, and the desired
// values that the cloud wants. One request is under way at a time, so that no older value ever
// overtakes a newer one. Knows no MQTT: the owner publishes what is appended and hands in payloads.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"
#include "protocol/shadow/messages.hpp"

namespace fleet::shadow {

/// How a client behaves; shared by all devices of a product. The defaults are `strict`.
struct client_behaviour {
  duration reply_timeout = std::chrono::seconds{5}; ///< of the first try; doubles with each
  duration backoff_max = std::chrono::seconds{60};  ///< neither wait is longer, jitter (¼) apart
  std::uint8_t attempts_max = 5; ///< messages sent for one request, then it is given up
  std::uint8_t requests_max = 5; ///< pushes and deletes accepted and not yet done
  std::uint8_t version_step = 1;
  bool doubled_comma = false; ///< in deletes
};

/// The vendor's 2018 SDK (§13): replies within 200 ms or never, versions in steps of two, deletes
/// with a doubled comma.
client_behaviour sdk_behaviour() noexcept;

enum class request_error : std::uint8_t {
  too_many,     ///< requests_max are not yet done
  too_large,    ///< more than max_request octets
  not_connected ///< push_async() does not wait for a connection
};

enum class give_up_reason : std::uint8_t { unanswered, conflicts, link_lost };
enum class ignore_reason : std::uint8_t { malformed, stale, unmatched };

/// Events. Views live as long as the payload lent to receive(). A request of 0 is a pull.
namespace client_event {
/// A get was answered: raw objects, or empty where the document has none.
struct pulled {
  std::string_view reported;
  std::string_view desired;
  std::int64_t version;
};
/// The cloud wants this, all of it and not only what is new. Told once for each desire; say
/// applied() when done.
struct desired_arrived {
  std::string_view desired;  ///< raw object
  std::string_view metadata; ///< raw object, `{"name":{"timestamp":seconds}}`; or empty
  std::int64_t version;
  std::uint64_t desire;
};
/// The platform has it. 407 to a delete counts (§13: the SDK treats it as success).
struct acknowledged {
  std::uint32_t request;
  std::int64_t version;
};
/// The platform will not have it: `code` of §13's table, or another number it sent.
struct refused {
  std::uint32_t request;
  std::int64_t code;
};
/// attempts_max messages led to nothing; whether the last took effect is not known.
struct gave_up {
  std::uint32_t request;
  give_up_reason why;
};
struct ignored {
  ignore_reason why;
};
} // namespace client_event

using client_event_variant =
    std::variant<client_event::pulled, client_event::desired_arrived, client_event::acknowledged,
                 client_event::refused, client_event::gave_up, client_event::ignored>;

/// What the owner keeps over a reboot: version() and next_token(), or a number above it.
struct remembered {
  std::int64_t version = 0;
  std::uint32_t next_token = 1;
};

/// The machine of one device. Every call appends at most one message to `out`: publish it, QoS 1,
/// on the update topic, and drain the events. Requests made while disconnected wait; after
/// connected() the shadow is pulled, then what is unacknowledged goes out again with a version that
/// fits. A conflict (409) pulls too. Repeats are harmless: an update sets what it sets.
///
/// A desire is cleared only as long as it is the newest one this device has seen, and only by a
/// version that the platform refuses if there was a newer one.
class client {
public:
  /// Tokens are `PREFIX-n`, where the SDK's prefix is `PK.DN`. Both must outlive the client.
  client(const client_behaviour& behaviour, std::string_view token_prefix, remembered kept = {});

  /// The connection is up and the get topic subscribed.
  void connected(time_point now, byte_buffer& out);
  void disconnected();

  /// A payload of the get topic; `reader` is working memory, of the home. All earlier events
  /// must have been drained.
  void receive(bytes_view payload, time_point now, json_reader& reader, byte_buffer& out);
  void handle_timeout(time_point now, byte_buffer& out);
  [[nodiscard]] time_point next_timeout() const noexcept;
  std::optional<client_event_variant> next_event();

  /// Asks for the document; answered by `pulled`. Asking again while one is wanted changes nothing,
  /// nor does it while disconnected: connected() pulls.
  void pull(time_point now, byte_buffer& out);

  using request_result = result<std::uint32_t, request_error>;
  /// Reports attributes: `reported` is a JSON object, not empty. Repeated until acknowledged,
  /// refused, or given up.
  request_result push(std::string_view reported, time_point now, byte_buffer& out);
  /// Likewise, sent at most once; ends in acknowledged, refused or gave_up all the same.
  request_result push_async(std::string_view reported, time_point now, byte_buffer& out);
  /// A desire was acted on: clears desired, and reports `reported` unless it is empty.
  /// Refused for want of room, the desire is told again once there is some.
  request_result applied(std::uint64_t desire, std::string_view reported, time_point now,
                         byte_buffer& out);
  /// Deletes reported attributes of the top level; with no names, all.
  request_result remove(std::span<const std::string_view> names, time_point now, byte_buffer& out);

  /// The newest version known of the document; keep it in the kv store.
  [[nodiscard]] std::int64_t version() const noexcept { return version_; }
  [[nodiscard]] std::uint32_t next_token() const noexcept { return next_token_; }
  /// Pushes and deletes not yet done.
  [[nodiscard]] std::size_t pending() const noexcept { return queue_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct operation {
    std::string reported;     ///< raw; may be empty where it clears
    std::uint64_t desire = 0; ///< what is cleared; 0: nothing
    std::uint32_t id = 0;
    bool removes = false;
    bool once = false;
  };
  enum class phase : std::uint8_t { idle, pulling, asking, resting };

  request_result accept(operation&& op, time_point now, byte_buffer& out);
  void advance(time_point now, byte_buffer& out);
  bool skip_moot();
  void send_pull(time_point now, byte_buffer& out);
  void send_operation(time_point now, byte_buffer& out);
  void append_operation(byte_buffer& out) const;
  void arm(std::uint8_t attempts, time_point now) noexcept;
  void rest(std::uint8_t attempts, time_point now) noexcept;
  [[nodiscard]] std::int64_t following_version() const noexcept;
  [[nodiscard]] bool clears(const operation& op) const noexcept;
  [[nodiscard]] bool is_ours(std::string_view raw_token) const noexcept;

  void take_control(const cloud_message& m);
  void take_pull_reply(const cloud_message& m, time_point now);
  void take_reply(const cloud_message& m, time_point now);
  void take_refusal(const cloud_message& m, time_point now);
  void take_desired(const cloud_message& m);
  void end_pull() noexcept;
  void finish(client_event_variant&& how);
  void give_up(give_up_reason why);

  const client_behaviour* behaviour_;
  std::string_view prefix_;
  std::int64_t version_;
  std::int64_t sent_version_ = 0;     ///< of the operation; of a pull: version_ when it was sent
  std::int64_t newest_timestamp_ = 0; ///< seconds, of the platform's messages
  std::uint64_t desire_ = 0; ///< names the newest desired seen and not yet cleared; 0: none
  time_point deadline_ = never;
  std::vector<operation> queue_;
  std::vector<client_event_variant> events_;
  std::uint32_t next_token_;
  std::uint32_t sent_token_ = 0;
  std::uint32_t next_id_ = 1;
  std::uint8_t attempts_ = 0;      ///< messages sent for the operation in front
  std::uint8_t pull_attempts_ = 0; ///< likewise for the pull
  phase phase_ = phase::idle;
  bool connected_ = false;
  bool pull_wanted_ = false;
  bool retell_ = false; ///< an applied() found no room: pull once there is some
};

} // namespace fleet::shadow
