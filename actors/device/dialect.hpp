// How a device speaks to its cloud: what it logs on with, which topics and payloads it uses, what
// an arriving message means. One object serves all devices of a product; it holds no device's
// state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/alink/identity.hpp"
#include "protocol/alink/logon.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"
#include "protocol/ledger/ledger.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::actors {

/// The strings of CONNECT.
struct login_text {
  std::string client_id;
  std::string username; ///< empty: no user name
  std::string password; ///< empty: no password
};

struct filter_text {
  std::string filter;
  mqtt::qos qos = mqtt::qos::at_least_once;
};

/// What the sensors say at the moment of a report, in thousandths where they are measured.
struct reading {
  std::int64_t temperature_milli = 0;
  std::int64_t humidity_milli = 0;
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  bool light = false;
};

/// One report to write.
struct report {
  std::uint32_t index = 0;
  ledger::tag tag;
  std::int64_t wall_ms = 0; ///< the board's own wall clock
  std::uint32_t payload_bytes = 0;
  reading values;
  std::span<const std::string_view> cells; ///< the row that it replays; empty: none
};

enum class downlink_kind : std::uint8_t {
  command,  ///< a property set, or a message on the command topic: counts in the ledger
  reply,    ///< the answer to a report
  own_echo, ///< our own report, sent back by the cloud
  unknown
};

/// An arriving message taken apart; the views live as long as the message.
struct downlink {
  downlink_kind kind = downlink_kind::unknown;
  std::uint32_t reply_sequence = 0; ///< of a reply: which report
  int reply_code = 0;
  std::string_view request_id; ///< raw JSON of a command's id; empty: no answer is due
  bool sets_light = false;
  bool light = false;
};

/// Buffers that one home lends to all its devices.
class speech_scratch;

class dialect {
public:
  virtual ~dialect() = default;

  virtual void login(std::uint32_t index, login_text& out) const = 0;
  /// The same with the secret that the device was told when it registered (aliyun-iot.md §5.5), for
  /// dialects with triples().
  virtual void login_with(std::uint32_t index, std::string_view /*secret*/, login_text& out) const {
    login(index, out);
  }
  /// The same with what the auth host granted (§5.4), for dialects with triples().
  virtual void login_granted(std::uint32_t index, const alink::preauth_grant& /*grant*/,
                             login_text& out) const {
    login(index, out);
  }
  virtual void filters(std::uint32_t index, std::vector<filter_text>& out) const = 0;
  virtual void report_topic(std::uint32_t index, std::string& out) const = 0;

  /// Appends a report's payload with the ledger tag sealed in; false when the payload has no place
  /// for a tag (a user's template without {ledger}).
  virtual bool write_report(const report& r, random_stream& random, byte_buffer& out) const = 0;
  /// What write_report() answers, for whoever asks before.
  [[nodiscard]] virtual bool tags_reports() const noexcept { return true; }

  virtual downlink understand(std::uint32_t index, const mqtt::message_view& message,
                              speech_scratch& scratch) const = 0;

  /// The answer to a command: its topic and payload; false when none is due.
  virtual bool write_answer(std::uint32_t index, const downlink& command, std::string& topic,
                            byte_buffer& payload) const = 0;

  /// The device's name as people know it, for messages.
  [[nodiscard]] virtual std::string name(std::uint32_t index) const = 0;

  /// Who the devices are, by their index in the fleet, for what only the vendor's platform has:
  /// thing models, shadows, gateways. Null in other dialects.
  [[nodiscard]] virtual const alink::credential_source* triples() const noexcept { return nullptr; }

  /// A message from the far side, for the probe on foreign brokers: where commands go, and which
  /// filter sees all reports. Empty where the dialect has none.
  virtual void command_topic(std::uint32_t index, std::string& out) const = 0;
  [[nodiscard]] virtual std::string all_reports_filter() const = 0;
};

} // namespace fleet::actors
