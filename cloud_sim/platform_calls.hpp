// What the console asked of devices and waits for (aliyun-iot.md §11.3 to §11.5, §15): a bounded
// table of open calls, each answered by its device or by the clock. A plain object on the twin's
// home; one wake for all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "cloud_sim/operations.hpp"
#include "cloud_sim/platform_things.hpp"
#include "protocol/alink/thing_reply.hpp"

namespace fleet::cloud {

/// How long a call waits at most, whoever asks.
inline constexpr duration patience_max = std::chrono::minutes{5};
constexpr duration bounded(duration patience) noexcept {
  return std::clamp(patience, duration{std::chrono::milliseconds{1}}, patience_max);
}

/// One call on its way. Views are needed for the call of begin() only.
struct outgoing_call {
  device_index device = 0;
  alink::topic_kind
      kind{};       ///< of the reply's topic: property_set, service, rrpc_response, ext_rrpc
  bool raw = false; ///< any octets answer; otherwise an Alink reply does
  std::string_view topic{};
  bytes_view payload{};
  mqtt::qos qos = mqtt::qos::at_least_once;
  duration patience{};
  /// Whose output the answer's data is; empty: only a property_get's is held against the model.
  std::string_view service{};
};

class platform_calls final : private hal::timer {
public:
  struct parts {
    broker& core;
    switchboard& lines;
    const platform_options& options;
  };
  explicit platform_calls(const parts& from) : parts_(from) {}
  ~platform_calls() { parts_.core.home().disarm(*this); }
  platform_calls(const platform_calls&) = delete;
  platform_calls& operator=(const platform_calls&) = delete;

  /// The next id of a message of the platform: decimal, fits an int32 (§10, §15.1).
  std::uint32_t next_id() noexcept { return last_id_ = last_id_ % INT32_MAX + 1; }

  /// The ids that follow: a late answer to a former life of the twin must not meet a new call.
  void count_from(std::uint64_t id) noexcept {
    last_id_ = static_cast<std::uint32_t>(id % INT32_MAX);
  }

  /// Sends the call and keeps it under `id`, which next_id() gave; `done` is called exactly once,
  /// perhaps at once.
  void begin(std::uint32_t id, const outgoing_call& call, call_done done);
  /// A publish of a device that may answer one of them. Calls back as the last thing it does.
  void take(const uplink& what);

  /// All that are open fail: the twin stops.
  void stop();
  [[nodiscard]] std::size_t size() const noexcept { return open_.size(); }

private:
  using key = std::pair<device_index, std::uint32_t>;
  struct call {
    call_done done;
    time_point deadline;
    alink::topic_kind kind;
    bool raw;
    std::string service;
  };
  void on_wake(time_point now) override;
  void rearm();
  /// The code of an answer: the device's own, or the thing model's when its data is against it.
  [[nodiscard]] int code_of(const call& which, const uplink& what, const alink::reply_view& reply);
  void finish(std::map<key, call>::iterator which, const call_result& outcome);
  [[nodiscard]] bool full(device_index device) const;

  parts parts_;
  std::map<key, call> open_;
  std::set<std::pair<time_point, key>> by_deadline_;
  json_reader json_;
  json_reader output_;
  std::uint32_t last_id_ = 0;
  bool stopping_ = false;
};

/// What a command that could not go means to whoever asked.
operation_failure failure_of(command_outcome outcome);

} // namespace fleet::cloud
