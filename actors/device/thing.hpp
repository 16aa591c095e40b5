// What one device or sub-device is to the vendor's platform beyond a plain reporter (aliyun-iot.md
// §11, §13 to §15): values under its thing model, reports, commands, desired values, shadow, time.
// Speaks through a thing_link; owns no connection and nothing that must survive a crash.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/device/dialect.hpp"
#include "actors/device/features.hpp"
#include "actors/device/settings.hpp"
#include "actors/device/thing_link.hpp"
#include "protocol/alink/gateway_messages.hpp"
#include "protocol/alink/request_book.hpp"
#include "protocol/alink/thing_messages.hpp"
#include "protocol/base/random.hpp"
#include "protocol/shadow/client.hpp"
#include "protocol/tsl/thing_state.hpp"

namespace fleet::actors {

struct device_slot;
struct device_surroundings;
struct meters;
class turn_giver;

/// Times that a question (desired, configuration, model, tags) is asked before it is let be.
inline constexpr std::uint32_t question_tries_max = 3;
inline constexpr std::uint32_t may_fail_bit = 1U << 31; ///< in the book's cookie of a post

/// A topic of a kind that has no further part; names are put in when it is sent.
constexpr alink::topic plain_topic(alink::topic_kind kind) noexcept {
  alink::topic out;
  out.kind = kind;
  return out;
}

/// What a thing stands on; all of it outlives the thing.
struct thing_place {
  device_surroundings& around;
  const product_settings& product;
  device_slot& slot; ///< its board's index is the device's
  thing_link& link;
  turn_giver* turns = nullptr; ///< none: it fetches no files
};

class thing {
public:
  /// The product's dialect must have triples().
  explicit thing(const thing_place& at);
  ~thing();
  thing(const thing&) = delete;
  thing& operator=(const thing&) = delete;

  /// Appends what it wants subscribed, without wildcards in its own names (§9).
  void filters(std::vector<filter_text>& out) const;

  /// Its session stands and its filters are subscribed.
  void online();
  void offline();
  /// No further reports or questions of its own; commands are answered all the same.
  void quiet();

  /// Takes a message to this device; false if it is none that a thing understands.
  bool take(const mqtt::message_view& message);

  /// Something happened to a file that it fetches.
  void part_turn();
  void handle_timeout();
  [[nodiscard]] time_point now() const noexcept; ///< of its home
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Appends its values of now with their time, as an object: for a pack post (§16.4).
  void append_current(byte_buffer& out);

  [[nodiscard]] alink::device_pair names() const noexcept { return {product_key_, device_name_}; }
  /// Whether it makes the reports, rather than the plain device.
  [[nodiscard]] bool reports() const noexcept { return !plans_.empty(); }
  [[nodiscard]] const tsl::thing_state& state() const noexcept { return state_; }
  /// Heap octets, its own size left out.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct shadow_part;
  struct arrival; ///< a message with its topic taken apart
  struct config_job;
  // Sending; what is sent stands in the home's payload buffer.
  bool send(const alink::topic& where, mqtt::qos q);
  bool send_to(std::string_view topic, mqtt::qos q, time_point due, std::uint64_t cookie);
  std::uint32_t open(alink::topic_kind kind, std::uint32_t cookie);
  byte_buffer& fresh_payload();

  // Reports.
  void report_due(const report_plan& plan, time_point due);
  bool write_report(const report_plan& plan, alink::topic& where);
  void write_batch(const report_plan& plan, std::uint32_t id);
  void write_raw_frame(const report_plan& plan);
  void write_custom(const report_plan& plan);
  bool write_event(const report_plan& plan, alink::topic& where);
  /// Sends a payload that the user wrote.
  void post_text(const report_plan& plan, time_point due);
  [[nodiscard]] std::uint32_t report_number(const report_plan& plan) const noexcept;
  [[nodiscard]] alink::template_values text_values(const report_plan& plan) const;
  /// Of a custom or raw report; a custom one's stands in `part`.
  alink::topic topic_of(const report_plan& plan);
  /// Reads the sensors for the properties named, or all; those that the cloud may set stay.
  void refresh(const std::vector<std::string>& identifiers);
  void refresh_for(const report_plan& plan); ///< likewise, and then what it replays
  [[nodiscard]] std::optional<std::span<const std::string_view>>
  cells_of(const report_plan& p) const;
  [[nodiscard]] bool in_a_table(std::string_view identifier) const noexcept; ///< that is replayed
  /// What stands for a sensor: the board's, or a walk from what was there. A table: once.
  void measure(const tsl::property& p);
  void read_sensor(std::string_view identifier); ///< measures it, unless the cloud may set it
  void walk(std::string_view identifier, const tsl::data_type& type);
  /// What counts up, such as a meter, is in the board's store while the software is away.
  void keep_counters();
  /// Goes on from what was kept; false if nothing was.
  bool count_on(std::string_view identifier, const tsl::data_type& type);
  /// Appends `"a":1,"b":2` of the properties named, or all.
  void append_members(byte_buffer& out, std::span<const std::string_view> identifiers) const;
  void append_tag(byte_buffer& out, const ledger::tag& tag) const;
  bool post_tagged(const alink::topic& where, time_point due);
  bool publish_report(const alink::topic& where, time_point due, std::uint64_t cookie);
  void post_values(std::span<const std::string_view> identifiers);
  [[nodiscard]] report_beat beat_of(std::size_t plan) const noexcept;
  [[nodiscard]] std::uint32_t post_cookie(time_point due, bool may_fail) const noexcept;

  // Commands; a code is the reply's, `values` the members of its data.
  bool take_request(const arrival& m);
  /// Enters its tag into the ledger; false for a message that arrived damaged.
  bool note_tag(const mqtt::message_view& message);
  void obey(const arrival& m);
  std::int64_t run(const alink::message& request, std::string_view service, byte_buffer& values);
  std::int64_t set_properties(const alink::message& request);
  std::int64_t get_properties(const alink::message& request, byte_buffer& values);
  std::int64_t call_service(const alink::service_request& call, byte_buffer& values);
  void append_output(byte_buffer& out, const tsl::parameter& output,
                     std::span<const json_member> inputs);
  void post_what_was_set(const alink::message& request, std::string_view service);
  void take_rrpc(const mqtt::message_view& message, const alink::rrpc_call& call);
  void take_raw(const arrival& m);
  void answer(const arrival& m, const alink::reply_fields& reply);
  void answer_config(mqtt::qos asked, std::string_view raw_id, int code);

  // Replies and questions of its own.
  bool take_reply(const arrival& m);
  void ask_first_questions();
  void ask(alink::topic_kind kind, std::uint32_t attempt);
  void take_desired(const alink::message& reply);
  /// A file that was offered in answer to a question, or, with its id, by a push.
  void take_config(const alink::config_offer& offer, std::string_view push_id = {},
                   mqtt::qos push_qos = mqtt::qos::at_most_once);
  void end_config(bool good);
  [[nodiscard]] alink::config_transport config_transport() const noexcept;
  void ask_time();
  void take_time(bytes_view payload);
  // Shadow.
  void open_shadow();
  void take_shadow(bytes_view payload);
  void report_to_shadow(const report_plan& plan);
  void drain_shadow();
  void apply_shadow(const shadow::client_event::desired_arrived& wanted);
  /// Publishes what the client wrote into the home's payload buffer, if anything.
  void send_shadow();
  [[nodiscard]] std::int64_t wall_ms() const noexcept;
  [[nodiscard]] meters& counts() const noexcept;
  [[nodiscard]] const device_features& features() const noexcept { return product_.features; }
  [[nodiscard]] const tsl::model& model() const noexcept { return state_.thing(); }

  device_surroundings& around_;
  const product_settings& product_;
  device_slot& slot_;
  thing_link& link_;
  std::string product_key_;
  std::string device_name_;
  tsl::thing_state state_;
  alink::request_book book_;
  random_stream values_;
  random_stream jitter_;
  std::span<const report_plan> plans_;     ///< the product's, or the one that a model alone implies
  std::unique_ptr<report_clock[]> clocks_; ///< of each plan; stopped until online, and by quiet()
  std::unique_ptr<shadow_part> shadow_;
  std::unique_ptr<config_job> config_; ///< a file that is fetched
  turn_giver* turns_;
  time_point next_time_ = never; ///< when the time is asked next
  std::int64_t time_asked_ms_ = 0;
  std::uint32_t untagged_reports_ = 0; ///< sent since the boot
  std::uint16_t event_turn_ = 0;
  bool time_open_ = false;
  bool online_ = false;
  bool quiet_ = false;
  bool asked_ = false; ///< the questions of the first connection
};

} // namespace fleet::actors
