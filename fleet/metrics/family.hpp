// What a family of metrics is, and the number of each. Their names and texts are families.cpp's.
#pragma once

#include <cstddef>
#include <string_view>

namespace fleet::metrics {

/// In the order of the table.
enum class family : unsigned char {
  build_info,
  run_info,
  run_stage,
  run_stage_left,
  run_elapsed,
  run_duration,
  workers,
  devices_requested,
  devices_wanted,
  devices,
  product_info,
  sub_devices_online,
  radio,
  connect_attempts,
  connects,
  backoff_wait,
  reconnects,
  disconnects_unplanned,
  subscribes_refused,
  restarts,
  abandoned,
  reports_ratio,
  messages_published,
  messages_acknowledged,
  messages_in_flight,
  messages_resent,
  messages_skipped,
  sends_late,
  replies,
  messages_received,
  messages_oversized,
  commands,
  commands_refused,
  events_posted,
  services_answered,
  rrpc_answered,
  dialect,
  cloud_traffic,
  cloud_pending,
  bytes_sent,
  bytes_received,
  connect_duration,
  publish_ack_duration,
  publish_reply_duration,
  downlink_duration,
  cloud_call_duration,
  shadow_updates,
  shadows_converged,
  shadows_waiting,
  updating,
  updates,
  update_steps,
  update_bytes,
  dead_devices,
  download_duration,
  update_duration,
  rollout_devices,
  rollout_running,
  fault_active,
  fault_selected,
  fault_devices,
  fault_strikes,
  fault_recovery,
  fault_reboots,
  powerless_devices,
  ledger_attempted,
  ledger_acknowledged,
  ledger_accepted,
  ledger_corrupted,
  streams,
  turns,
  queued,
  timers,
  loop_lag,
  wakes,
  wake_lag,
  connects_waiting,
  accepts_paused,
  datagrams,
  datagrams_dropped,
  twin_connections,
  twin_devices,
  twin_sessions,
  twin_accepts,
  twin_connects,
  twin_ends,
  twin_violations,
  twin_messages_received,
  twin_messages_sent,
  twin_messages_acknowledged,
  twin_messages_dropped,
  twin_publishes_refused,
  twin_over_bound,
  twin_subscribes,
  twin_received_octets,
  twin_sent_octets,
  twin_replies,
  twin_malformed,
  twin_downlinks,
  twin_command_replies,
  twin_configs,
  twin_firmware_offers,
  twin_firmware_downloads,
  twin_firmware_octets,
  twin_commits,
  twin_tags,
  twin_posting_devices,
  twin_post_logons,
  twin_posts,
  twin_unjudged,
  twin_coap_requests,
  twin_peers_displaced,
  twin_hellos,
  twin_handshakes,
  twin_faults,
  process_cpu,
  process_resident,
  process_virtual,
  process_open_fds,
  process_max_fds,
  process_start,
  memory_per_device
};
inline constexpr std::size_t family_count = 122;

enum class kind : unsigned char { counter, gauge, histogram };

/// What a metric is about: a section of the reference.
enum class group : unsigned char {
  run,
  devices,
  messages,
  latency,
  shadows,
  updates,
  faults,
  ledger,
  homes,
  twin,
  process
};

struct family_facts {
  family id;
  group of;
  kind type;
  std::string_view name;
  std::string_view unit; ///< of its values, or what is counted; none where the value means nothing
  std::string_view labels; ///< comma-separated, in the order in which they are shown
  std::string_view help;
};

} // namespace fleet::metrics
