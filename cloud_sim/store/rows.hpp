// The rows of the twin's store, one type a table: what is kept of the cloud between two of its
// lives. Views only; whoever reads or writes a row lends what they point to for the call.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet::cloud {

/// A product (aliyun-iot.md §2) with its thing model. Key: product_key.
struct product_row {
  std::string_view product_key{};
  std::string_view product_secret{};
  std::string_view name{};
  std::string_view model{};  ///< the TSL as JSON (§12), or empty
  std::uint32_t flags = 0;   ///< the owner's own bits, such as node type and dynamic registration
  std::string_view config{}; ///< what its devices are configured with (§14.6), or empty
  std::uint32_t config_count = 0; ///< how often that was set
  std::string_view topics{};      ///< its own classes of custom topics (§9.1), or empty
};

/// The numbers are on disk: they never change.
enum class device_status : std::uint8_t { unactivated = 0, active = 1, disabled = 2, deleted = 3 };
inline constexpr std::uint8_t device_status_count = 4;

/// A device of the registry. Key: product_key, device_name.
struct device_row {
  std::string_view product_key{};
  std::string_view device_name{};
  std::string_view device_secret{};
  device_status status = device_status::unactivated;
  std::string_view firmware{};      ///< the version it reported last (§14.2)
  std::string_view tags{};          ///< a JSON object (§11.8), or empty
  std::int64_t first_online_ms = 0; ///< since 1970; 0: never
  std::int64_t last_online_ms = 0;
};

/// A device shadow (§13). Key: product_key, device_name.
struct shadow_row {
  std::string_view product_key{};
  std::string_view device_name{};
  std::string_view document{}; ///< JSON
};

/// A desired property (§11.7). Key: product_key, device_name, identifier.
struct desired_row {
  std::string_view product_key{};
  std::string_view device_name{};
  std::string_view identifier{};
  std::string_view value{}; ///< raw JSON; empty: cleared, and the version stays
  std::int64_t version = 0;
};

/// The value of a property that the device reported last (§11.1). Key: product_key, device_name,
/// identifier.
struct reported_row {
  std::string_view product_key{};
  std::string_view device_name{};
  std::string_view identifier{};
  std::string_view value{}; ///< raw JSON
  std::int64_t time_ms = 0; ///< since 1970
};

/// The numbers are on disk: they never change.
enum class relation_state : std::uint8_t { former = 0, bound = 1 };
inline constexpr std::uint8_t relation_state_count = 2;

/// A sub-device's place under its one gateway (§16.2), or under the one that it belonged to last.
/// Key: product_key, device_name of the sub-device.
struct topology_row {
  std::string_view product_key{};
  std::string_view device_name{};
  std::string_view gateway_product_key{};
  std::string_view gateway_device_name{};
  relation_state state = relation_state::bound;
};

/// A persistent session without its messages. Key: client_id.
struct session_row {
  std::string_view client_id{}; ///< or what else names a client, such as PK and DN
  bytes_view head{};
};

/// A message of a session. Key: client_id, place. Read in rising places.
struct session_message_row {
  std::string_view client_id{};
  std::int64_t place = 0;
  bytes_view message{};
};

/// A retained message. Key: topic.
struct retained_row {
  std::string_view topic{};
  bytes_view message{};
};

/// The numbers are on disk: they never change.
enum class ledger_way : std::uint8_t { uplink = 0, downlink = 1, refused = 2 };
inline constexpr std::uint8_t ledger_way_count = 3;

/// The cloud's account of one device and direction. Key: device, way.
struct ledger_row {
  std::uint32_t device = 0; ///< the index that stands in the tags
  ledger_way way = ledger_way::uplink;
  bytes_view account{};
};

/// A firmware (§14), without its octets. Key: firmware.
struct firmware_row {
  std::uint32_t firmware = 0;
  std::string_view product_key{};
  std::string_view target{}; ///< the version
  std::string_view module{}; ///< empty: the default one
  std::int64_t size = 0;
  std::int64_t received = 0;
  std::uint32_t traits = 0; ///< the owner's own bits: where it comes from, its method, its fault
  std::int64_t seed = 0;    ///< of a generated one
  std::string_view md5{};   ///< hexadecimal, once it is whole
  std::string_view sha256{};
};

/// Octets of a firmware that was uploaded. Key: firmware, block.
struct firmware_block_row {
  std::uint32_t firmware = 0;
  std::uint32_t block = 0;
  bytes_view octets{};
};

/// A campaign without its devices. Key: campaign.
struct campaign_row {
  std::uint32_t campaign = 0;
  std::uint32_t firmware = 0;
  std::string_view rules{}; ///< JSON
  std::uint8_t state = 0;   ///< the numbers of its enums are on disk: they never change
  std::uint8_t halted_by = 0;
  std::uint8_t wave = 0;
  std::uint32_t already = 0;
  std::uint32_t attempts_failed = 0;
  std::uint32_t attempts_succeeded = 0;
  std::uint32_t judged_failed = 0;
  std::uint32_t judged = 0;
};

/// A device in a campaign. Key: campaign, device_name.
struct rollout_row {
  std::uint32_t campaign = 0;
  std::string_view device_name{};
  std::uint8_t state = 0; ///< numbers of enums that never change
  std::uint8_t cause = 0;
  std::int8_t step = 0;
  std::uint8_t attempts = 0;
  std::uint8_t wave = 0;
  std::uint16_t offers = 0;
};

/// The last number of a kind that was given out: it outlives what bore it, since addresses and
/// people still speak of that. Key: kind.
struct number_row {
  std::string_view kind{}; ///< "firmware", "campaign"; on disk, so they never change
  std::uint32_t last = 0;
};

} // namespace fleet::cloud
