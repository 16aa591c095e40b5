// The machine of one gateway with its sub-devices (aliyun-iot.md §16): registers, binds and logs in
// each, again after every reconnect, a bounded number of requests at a time, does what the platform
// says about them, and lets go whom its owner dismisses. No I/O, no clock, no MQTT session.
//
// Order of use: connected() once the gateway's session stands and its topics are subscribed; after
// that and after each receive(), handle_timeout(), start() or stop(), next_event() and then
// next_message() until they answer nothing. disconnected() when the link goes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/alink/gateway_reader.hpp"
#include "protocol/alink/gateway_states.hpp"
#include "protocol/alink/sub_device_table.hpp"
#include "protocol/base/random.hpp"

namespace fleet::alink {

inline constexpr std::uint16_t max_sub_devices = 1500; ///< of one gateway
inline constexpr std::uint16_t max_requests_in_flight = 64;
inline constexpr std::uint16_t max_found = 50;         ///< sub-devices in one list/found
inline constexpr std::size_t max_pending_answers = 16; ///< to notices; more are dropped and counted

/// How a gateway behaves; shared by all gateways of a product. Delays of a back-off double from the
/// first to the most and are cut by up to half by chance.
struct gateway_settings {
  gateway_dialect dialect = gateway_dialect::sdk_2_10;
  std::uint16_t in_flight_max = 4; ///< requests without answer, 1 to max_requests_in_flight
  /// Sub-devices in one request, 1 to max_listed_devices. 1 for logins is the single form. Ten
  /// keep a batch's reply below the 1,000 octets that small boards take (§23.18).
  std::uint16_t login_batch = 1;
  std::uint16_t topology_batch = 1;
  std::uint16_t register_batch = 1;
  /// Ask topo/get after a connect: what it lists belongs here. Its reply grows with the gateway.
  bool ask_topology = false;
  bool tell_found = false; ///< list/found after a connect, of max_found that are not bound yet
  /// Of the sub-devices' product: registers them by product_register (§9.3). Empty: sub/register.
  std::string product_secret{};
  bool topology_known = false;                       ///< log in without topo/add; add on 6401
  duration reply_timeout = std::chrono::seconds{20}; ///< §16: the SDK's
  duration retry_first = std::chrono::seconds{1};
  duration retry_most = std::chrono::seconds{60};
  duration takeover_first = std::chrono::seconds{30}; ///< after 427: somebody else has it
  duration takeover_most = std::chrono::minutes{30};
  duration full_wait = std::chrono::minutes{5};     ///< after 428 and 6400
  duration steady_after = std::chrono::seconds{60}; ///< online so long forgives what was before
};
/// Whether the bounds above are kept.
bool valid(const gateway_settings& settings) noexcept;

enum class gateway_event_kind : std::uint8_t {
  registered, ///< keep device_secret: the machine asks the source for it from now on
  online,
  offline,  ///< code: why, or 0
  refused,  ///< down until start(), an invitation or the next connect; code: why
  disabled, ///< down until enabled, or as above
  enabled,
  removed, ///< deleted or taken from this gateway; code: why, or 0
  left,    ///< dismiss() has ended, code 0: well; start() takes it in again
  permit   ///< devices of permit_product (empty: any) may join for permit_seconds; no index
};

/// Views live until the next call of the machine, and as long as the payload of receive().
struct gateway_event {
  gateway_event_kind kind{};
  std::uint16_t index = 0;
  std::int32_t code = 0;
  std::string_view device_secret;
  std::string_view permit_product;
  std::uint32_t permit_seconds = 0;
};

/// One message to publish, its payload appended to the caller's buffer.
struct gateway_message {
  topic_kind kind{};
  bool reply = false;
  std::optional<std::uint16_t> sub_device; ///< on this one's own topic, not on the gateway's
};

struct gateway_counters {
  std::uint64_t requests = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t late_replies = 0; ///< that nobody waited for any more, repeats included
  std::uint64_t bad_messages = 0; ///< that could not be read
  std::uint64_t strangers = 0;    ///< sub-devices that a notice named and the source does not know
  std::uint64_t dropped_answers = 0;
  std::uint64_t registered = 0; ///< secrets
  std::uint64_t left = 0;       ///< unbound and unregistered as their owner asked
  std::uint64_t batches = 0;    ///< logins and logouts of several at once
  std::uint64_t topologies = 0; ///< answers to topo/get
  std::uint64_t found = 0;      ///< answers to list/found
};

class gateway {
public:
  /// `settings` must be valid() and outlive the machine, as must `sub_devices`, of which the first
  /// `count` rows (at most max_sub_devices) are this gateway's; a row without secret is registered
  /// first. `own` is copied.
  struct parts {
    const gateway_settings& settings;
    const credential_source& sub_devices;
    std::uint16_t count;
    device_pair own;
  };
  gateway(const parts& from, random_stream chance);

  void connected(time_point now);
  void disconnected(time_point now);

  /// Takes a message that came on `topic_name`; false if it is none of this machine's: neither a
  /// reply nor a notice to the gateway about its sub-devices, nor an order to one of them. Events
  /// of the call before must have been drained.
  bool receive(std::string_view topic_name, bytes_view payload, time_point now,
               gateway_reader& reader);

  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_timeout() const noexcept;

  std::optional<gateway_event> next_event() noexcept;
  std::optional<gateway_message> next_message(byte_buffer& out, time_point now);

  /// The owner wants it online (as at first), or offline. start() also asks again for one that is
  /// refused, disabled or deleted.
  void start(std::uint16_t index, time_point now);
  void stop(std::uint16_t index, time_point now);
  /// Logs out one that is online, then deletes relation and registration; false for another.
  bool dismiss(std::uint16_t index, time_point now);

  [[nodiscard]] sub_device_state state_of(std::uint16_t index) const noexcept;
  [[nodiscard]] std::uint16_t online_count() const noexcept { return online_; }
  [[nodiscard]] std::uint16_t requests_in_flight() const noexcept { return in_flight_; }
  [[nodiscard]] const gateway_counters& counters() const noexcept { return counters_; }

private:
  struct request_slot {
    time_point deadline{};
    std::uint32_t id = 0;
    topic_kind kind = topic_kind::unknown; ///< unknown: free
    std::vector<std::uint16_t> devices;
  };
  struct pending_answer {
    gateway_message on;
    std::string raw_id;
    int code;
  };

  bool apply(std::uint16_t index, sub_device_step step, time_point now, std::int64_t code = 0);
  void tell(gateway_event_kind kind, std::uint16_t index, std::int64_t code);
  void restart(std::uint16_t index, time_point now);
  void ask_again(std::uint16_t index, time_point now);
  void retry(std::uint16_t index, duration first, duration most, time_point now);
  void soon(std::uint16_t index, time_point now);
  void take_reply(topic_kind kind, const gateway_reply& reply, time_point now);
  void take_topology(const gateway_reply& reply, time_point now);
  void close(request_slot& slot) noexcept;
  [[nodiscard]] std::uint8_t open(topic_kind kind, time_point now);
  void take_secrets(const gateway_reply& reply, time_point now);
  void count_success(topic_kind kind);
  [[nodiscard]] std::int64_t code_for(const gateway_reply& reply, std::uint16_t index) const;
  void succeed(std::uint16_t index, time_point now);
  void fail_batch(const request_slot& slot, std::uint8_t number, const gateway_reply& reply,
                  time_point now);
  void fail_one(std::uint16_t index, std::int64_t code, time_point now);
  void hold(time_point now);
  bool take_notice(const topic& on, bytes_view payload, time_point now, gateway_reader& reader);
  void take_change(topology_change change, std::uint16_t index, time_point now);
  void take_error(std::int64_t code, std::uint16_t index, time_point now);
  void answer(const gateway_message& on, std::string_view raw_id, int code);
  [[nodiscard]] std::optional<std::uint16_t> find(device_pair who) const;
  [[nodiscard]] std::uint16_t batch_of(sub_device_work work) const noexcept;
  gateway_message ask(sub_device_work work, byte_buffer& out, time_point now);
  std::optional<gateway_message> ask_about_all(byte_buffer& out, time_point now);

  const gateway_settings& settings_;
  const credential_source& source_;
  random_stream chance_;
  std::string product_key_;
  std::string device_name_;
  sub_device_table table_;
  std::vector<request_slot> slots_;
  std::vector<gateway_event> events_; ///< at most three a sub-device and call
  std::size_t told_ = 0;
  std::vector<pending_answer> answers_;
  time_point hold_until_ = time_point::min(); ///< after 429 nothing is asked before
  std::uint32_t next_id_ = 1;
  std::uint16_t online_ = 0;
  std::uint16_t in_flight_ = 0;
  std::uint8_t holds_ = 0;
  bool linked_ = false;
  bool topology_unasked_ = false;
  bool found_untold_ = false;
  gateway_counters counters_;
};

} // namespace fleet::alink
