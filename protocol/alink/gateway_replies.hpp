// What the platform answers a gateway, and what it asks on its own account (aliyun-iot.md §16),
// written by the platform. The gateway's own requests are gateway_messages.hpp's; reading is
// gateway_reader.hpp's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/alink/gateway_codes.hpp"
#include "protocol/alink/gateway_messages.hpp"

namespace fleet::alink {

/// What a registration gives a sub-device (§16.1).
struct registered_device {
  device_pair who;
  std::string_view iot_id;
  std::string_view device_secret;
};

/// A reply's code; a text where `quoted`, as some saw it in batch_login_reply (§24).
struct written_code {
  // NOLINTNEXTLINE(google-explicit-constructor): most are just numbers
  written_code(std::int64_t n, bool in_quotes = false) noexcept : number(n), quoted(in_quotes) {}
  std::int64_t number;
  bool quoted;
};

/// Writes the reply to one request of a gateway, device by device; `data` takes the form of the
/// kind: a pair for a login, a list for lists, `{}` where there is nothing to say.
class gateway_reply_writer {
public:
  /// `kind` is the request's (the pack report's too); `raw_id` is echoed as it came.
  gateway_reply_writer(byte_buffer& out, topic_kind kind, std::string_view raw_id,
                       written_code code);
  /// A device that the request was about; of a failed batch, one that made it fail.
  void add(device_pair who);
  /// sub_register and product_register.
  void add(const registered_device& device);
  /// product_register, behind all that succeeded: one that did not, with its code.
  void add_failure(device_pair who, std::int64_t code);
  void end();

private:
  void item();

  byte_buffer& out_;
  topic_kind kind_;
  std::int64_t code_;
  std::uint32_t count_ = 0;
  bool failures_ = false;
};

/// The status of `thing/topo/change` (§16.5; of the two tables of §24 the first).
enum class topology_change : std::uint8_t { created = 0, deleted = 1, enabled = 2, disabled = 8 };

/// `thing/topo/add/notify`: the gateway is to add these.
void append_topo_add_notify(byte_buffer& out, std::uint64_t id,
                            std::span<const device_pair> devices);
/// `thing/topo/change`: this became of these.
void append_topo_change(byte_buffer& out, std::uint64_t id, topology_change status,
                        std::span<const device_pair> devices);
/// `thing/gateway/permit`: devices of a product, or of any if it is empty, may join for so long.
void append_gateway_permit(byte_buffer& out, std::uint64_t id, std::string_view product_key,
                           std::uint32_t permit_seconds);
/// `thing/disable`, `enable` or `delete` (topic_kind::remove), on the sub-device's own topic
/// (§16.7).
void append_standing_order(byte_buffer& out, std::uint64_t id, topic_kind order);
/// `/ext/error/GPK/GDN` (§16.8).
void append_ext_error(byte_buffer& out, std::uint64_t id, device_pair who, std::int64_t code);

} // namespace fleet::alink
