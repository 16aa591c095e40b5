// Reading all that gateways and the platform say to each other (aliyun-iot.md §16): requests and
// pack reports on the platform's side, replies and notices on the gateway's. Judges form only:
// whether a device exists, or a signature fits, is the caller's question.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/alink/gateway_replies.hpp"
#include "protocol/alink/message.hpp"

namespace fleet::alink {

/// Devices that a reply or a notice may list; further ones are not read (topo/get of a full
/// gateway lists 1,500).
inline constexpr std::size_t max_read_devices = 1500;

/// A gateway's request as the platform reads it. Views point into the payload.
struct gateway_request {
  /// What to answer with before anything else is looked at: 200, or why it cannot be read.
  int code = code_success;
  std::string_view id;     ///< raw; empty: nothing can be answered and nothing is to be done (§23)
  bool wants_reply = true; ///< false for `"sys":{"ack":0}`
  std::span<const sub_device_entry> devices; ///< 1 to max_listed_devices unless it is topo_get
};

/// One sub-device's part of a pack report.
struct pack_entry {
  device_pair who;
  pack_part part;
};

/// A pack report (§16.4) as the platform reads it; what the values say is the thing model's.
struct pack_report {
  int code = code_success;
  std::string_view id;
  bool wants_reply = true;
  pack_part own;
  std::span<const pack_entry> sub_devices;
};

/// One device of a reply; what is absent is empty.
struct reply_entry {
  device_pair who;
  std::string_view device_secret;
  bool failed = false;   ///< of product_register: it stood among the failures
  std::int64_t code = 0; ///< of a failure, if it was told
};

/// A reply as either side reads it.
struct gateway_reply {
  bool good = false; ///< an envelope with a numeric id and a code; otherwise the rest is empty
  std::uint32_t id = 0;
  std::int64_t code = 0;
  std::span<const reply_entry> devices;
};

/// What the platform says unasked, as the gateway reads it.
struct gateway_notice {
  int code = code_success;  ///< what to answer it with: 460 if its form is wrong
  std::string_view id;      ///< raw
  topology_change change{}; ///< of topo_change
  std::span<const reply_entry> devices;
  std::string_view permit_product; ///< of gateway_permit; empty: any
  std::uint32_t permit_seconds = 0;
  std::int64_t error = 0; ///< of ext_error: the code that is told
};

/// Reads one message after the other and keeps its memory in between; a home needs one. What an
/// answer points to lives until the next message is read, and as long as the payload.
class gateway_reader {
public:
  /// A request of is_gateway_request() `kind`. A repeated key, a wrong type, a name that topics
  /// cannot carry, an empty or too long list: 460; a name against §2 at registration: 6280.
  gateway_request read_request(topic_kind kind, bytes_view payload);
  pack_report read_pack(bytes_view payload);
  gateway_reply read_reply(bytes_view payload);
  /// `kind`: topo_add_notify, topo_change, gateway_permit, disable, enable, remove or ext_error.
  gateway_notice read_notice(topic_kind kind, bytes_view payload);

private:
  int read_entries(topic_kind kind, const message& m);
  int read_list(topic_kind kind, std::string_view list, std::string_view method);
  int read_pack_parts(const message& m, pack_report& out);
  int read_pack_entry(std::span<const json_member> members);
  bool count_part(const pack_part& part, int& code);
  void take_devices(const json_member& list, bool failed);
  void take_pair(std::span<const json_member> members, bool failed);

  json_reader envelope_;
  json_reader list_;
  json_reader item_;
  std::vector<sub_device_entry> entries_;
  std::vector<pack_entry> pack_;
  std::vector<reply_entry> told_;
};

} // namespace fleet::alink
