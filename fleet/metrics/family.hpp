// What a family of metrics is, and the number of each. Their names and texts are families.hpp's.
#pragma once

#include <cstddef>
#include <string_view>

namespace fleet::metrics {

enum class family : unsigned char {
  devices,
  devices_requested,
  product_info,
  connects,
  messages_published,
  messages_received,
  messages_acknowledged,
  messages_resent,
  messages_skipped,
  replies,
  commands,
  reconnects,
  disconnects_unplanned,
  restarts,
  abandoned,
  sends_late,
  connect_duration,
  publish_ack_duration,
  publish_reply_duration,
  bytes_sent,
  bytes_received,
  streams,
  turns,
  wakes,
  wake_lag,
  connects_waiting,
  cloud_traffic,
  dialect,
  updating,
  updates,
  update_steps,
  update_bytes,
  download_duration,
  update_duration,
  rollout_devices,
  fault_active,
  fault_devices,
  fault_strikes,
  twin_connections,
  twin_connects,
  twin_messages_received,
  twin_messages_sent,
  twin_messages_dropped,
  twin_over_bound,
  twin_configs,
  twin_firmware_offers,
  twin_firmware_downloads,
  twin_firmware_octets,
  twin_commits,
  twin_posting_devices,
  twin_post_logons,
  twin_posts,
  twin_faults,
  twin_unjudged,
  twin_coap_requests,
  twin_peers_displaced,
  twin_hellos,
  twin_handshakes,
  process_resident,
  process_cpu,
  memory_per_device
};
inline constexpr std::size_t family_count = 61;

enum class kind : unsigned char { counter, gauge, histogram };

struct family_facts {
  family id;
  kind type;
  std::string_view name;
  std::string_view labels; ///< comma-separated, for the documentation
  std::string_view help;
};

} // namespace fleet::metrics
