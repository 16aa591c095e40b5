// The one table of metrics, and of the labels they carry. Nothing is exported that is not here, and
// docs/metrics.md is printed from it (`fleet help metrics`).
#include "fleet/metrics/families.hpp"

#include <array>

#include "protocol/base/check.hpp"

namespace fleet::metrics {

namespace {

constexpr std::array<family_facts, family_count> table = {{
    {family::build_info, group::run, kind::gauge, "fleet_build_info", "", "version",
     "Always 1: the program's version."},
    {family::run_info, group::run, kind::gauge, "fleet_run_info", "", "scenario,seed,target,world",
     "Always 1: which run this is; with the seed it can be repeated."},
    {family::run_stage, group::run, kind::gauge, "fleet_run_stage", "", "stage",
     "1 for the stage that the run is in now; the others are not shown."},
    {family::run_stage_left, group::run, kind::gauge, "fleet_run_stage_left_seconds", "seconds", "",
     "Until the next part of the scenario's stages, or the end of the run, in the run's own time."},
    {family::run_elapsed, group::run, kind::gauge, "fleet_run_elapsed_seconds", "seconds", "",
     "Since the first device was started, in the run's own time."},
    {family::run_duration, group::run, kind::gauge, "fleet_run_duration_seconds", "seconds", "",
     "How long the run was asked to last, draining and stopping left out."},
    {family::workers, group::run, kind::gauge, "fleet_workers", "workers", "state",
     "Workers of a run of several processes, by what is known of them; a process that is lost "
     "stays "
     "lost, whoever takes its devices over."},
    {family::devices_requested, group::run, kind::gauge, "fleet_devices_requested", "devices", "",
     "Devices this run was asked for."},
    {family::devices_wanted, group::run, kind::gauge, "fleet_devices_wanted", "devices", "",
     "Devices that should be online by now: what the load had on five seconds ago and has still."},
    {family::devices, group::devices, kind::gauge, "fleet_devices", "devices", "phase,product",
     "Devices by the phase of their life."},
    {family::product_info, group::devices, kind::gauge, "fleet_product_info", "",
     "product,profile,protocol,security",
     "1 for each product: how its devices speak to their cloud, to join with its other metrics."},
    {family::sub_devices_online, group::devices, kind::gauge, "fleet_sub_devices_online", "devices",
     "product", "Devices behind gateways that are logged in."},
    {family::radio, group::devices, kind::counter, "fleet_radio_seconds_total", "seconds",
     "state,product",
     "Time for which the links of devices over CoAP were open, by what their radios were; a device "
     "adds to it when it posts, falls asleep, wakes or closes."},
    {family::connect_attempts, group::devices, kind::counter, "fleet_connect_attempts_total",
     "attempts", "", "Attempts to get online, each counted when it begins."},
    {family::connects, group::devices, kind::counter, "fleet_connects_total", "attempts", "outcome",
     "Attempts to get online and connections, by how they ended; accepted is CONNACK 0."},
    {family::backoff_wait, group::devices, kind::histogram, "fleet_backoff_wait_seconds", "seconds",
     "", "Waits between two attempts of a device, as they were drawn."},
    {family::reconnects, group::devices, kind::counter, "fleet_reconnects_total", "connections", "",
     "Connections after a device's first."},
    {family::disconnects_unplanned, group::devices, kind::counter,
     "fleet_disconnects_unplanned_total", "connections", "",
     "Connections of online devices that ended without either side asking."},
    {family::subscribes_refused, group::devices, kind::counter, "fleet_subscribes_refused_total",
     "filters", "", "Topic filters that the far side would not grant."},
    {family::restarts, group::devices, kind::counter, "fleet_device_restarts_total", "devices", "",
     "Devices restarted by their supervisor after a crash."},
    {family::abandoned, group::devices, kind::counter, "fleet_devices_abandoned_total", "devices",
     "", "Devices given up by the restart limit."},
    {family::reports_ratio, group::messages, kind::gauge, "fleet_reports_ratio", "ratio", "product",
     "How often devices report now, by stages and daily curve, of what their product says; 1 is as "
     "it says."},
    {family::messages_published, group::messages, kind::counter, "fleet_messages_published_total",
     "messages", "qos,product", "Uplink messages sent for the first time."},
    {family::messages_acknowledged, group::messages, kind::counter,
     "fleet_messages_acknowledged_total", "messages", "product",
     "Uplink messages of QoS 1 and 2 that were acknowledged."},
    {family::messages_in_flight, group::messages, kind::gauge, "fleet_messages_in_flight",
     "messages", "product", "Uplink messages of QoS 1 and 2 that wait for their acknowledgement."},
    {family::messages_resent, group::messages, kind::counter, "fleet_messages_resent_total",
     "messages", "product", "Uplink messages sent again."},
    {family::messages_skipped, group::messages, kind::counter, "fleet_messages_skipped_total",
     "messages", "reason,product",
     "Reports that were due and not sent: the device was offline, its window or memory was full, "
     "or they were too large for it."},
    {family::sends_late, group::messages, kind::counter, "fleet_sends_late_total", "messages", "",
     "Reports sent over 100 ms after they were due: the generator is behind."},
    {family::replies, group::messages, kind::counter, "fleet_replies_total", "messages", "result",
     "Answers of the cloud to reports, by their code."},
    {family::messages_received, group::messages, kind::counter, "fleet_messages_received_total",
     "messages", "qos,product", "Downlink messages that reached a device, repeats included."},
    {family::messages_oversized, group::messages, kind::counter, "fleet_messages_oversized_total",
     "messages", "product", "Downlink messages larger than the device's receive buffer."},
    {family::commands, group::messages, kind::counter, "fleet_commands_total", "messages", "",
     "Commands of the cloud that devices applied."},
    {family::commands_refused, group::messages, kind::counter, "fleet_commands_refused_total",
     "messages", "product", "Commands and calls that devices answered with another code than 200."},
    {family::events_posted, group::messages, kind::counter, "fleet_events_posted_total", "messages",
     "product", "Events of the thing model that devices posted."},
    {family::services_answered, group::messages, kind::counter, "fleet_services_answered_total",
     "messages", "product", "Calls of services that devices carried out."},
    {family::rrpc_answered, group::messages, kind::counter, "fleet_rrpc_answered_total", "messages",
     "product", "RRPC requests that devices answered."},
    {family::dialect, group::messages, kind::counter, "fleet_dialect_total", "times",
     "what,product",
     "What devices did of the vendor's dialect beside all that has a metric of its own."},
    {family::cloud_traffic, group::messages, kind::counter, "fleet_cloud_traffic_total", "attempts",
     "kind,product,result",
     "What the scenario's cloud did to devices, by what came of it; answered is sent where nobody "
     "answers."},
    {family::cloud_pending, group::messages, kind::gauge, "fleet_cloud_traffic_pending", "attempts",
     "kind,product", "Of these, the attempts that have no end yet."},
    {family::bytes_sent, group::messages, kind::counter, "fleet_sent_bytes_total", "bytes", "",
     "Octets the network took from devices, after encryption."},
    {family::bytes_received, group::messages, kind::counter, "fleet_received_bytes_total", "bytes",
     "", "Octets the network gave to devices, before decryption."},
    {family::connect_duration, group::latency, kind::histogram, "fleet_connect_duration_seconds",
     "seconds", "protocol",
     "From the start of an attempt to CONNACK 0, or to the token of a device that posts."},
    {family::publish_ack_duration, group::latency, kind::histogram,
     "fleet_publish_ack_duration_seconds", "seconds", "protocol",
     "From the moment a report was due to its acknowledgement."},
    {family::publish_reply_duration, group::latency, kind::histogram,
     "fleet_publish_reply_duration_seconds", "seconds", "protocol",
     "From the moment a report was due to the cloud's answer."},
    {family::downlink_duration, group::latency, kind::histogram, "fleet_downlink_duration_seconds",
     "seconds", "protocol",
     "From the moment a command of the twin was due to the device's acknowledgement."},
    {family::cloud_call_duration, group::latency, kind::histogram,
     "fleet_cloud_call_duration_seconds", "seconds", "kind",
     "From the moment a call of the scenario's cloud was due to the device's answer, down and up "
     "again: RRPC, services, properties set and read."},
    {family::shadow_updates, group::shadows, kind::counter, "fleet_shadow_updates_total",
     "messages", "product", "Updates and deletes of shadows that the platform acknowledged."},
    {family::shadows_converged, group::shadows, kind::counter, "fleet_shadows_converged_total",
     "times", "product", "Desired parts of shadows that devices applied, reported and cleared."},
    {family::shadows_waiting, group::shadows, kind::gauge, "fleet_shadows_waiting", "devices", "",
     "Devices online that have not done yet what their shadow asks; looked at every five seconds."},
    {family::updating, group::updates, kind::gauge, "fleet_updating_devices", "devices",
     "state,product", "Devices with firmware by how far an update of theirs is."},
    {family::updates, group::updates, kind::counter, "fleet_updates_total", "updates",
     "result,product", "Updates of firmware that ended, by how."},
    {family::update_steps, group::updates, kind::counter, "fleet_update_steps_total", "times",
     "step,product",
     "Steps of updates, offers that were ignored or not believed, and losses of power."},
    {family::update_bytes, group::updates, kind::counter, "fleet_update_received_bytes_total",
     "bytes", "product", "Octets of images that devices received, those sent again included."},
    {family::dead_devices, group::updates, kind::gauge, "fleet_dead_devices", "devices", "product",
     "Devices without an image that starts."},
    {family::download_duration, group::updates, kind::histogram,
     "fleet_update_download_duration_seconds", "seconds", "",
     "From an offer to an image that is verified."},
    {family::update_duration, group::updates, kind::histogram, "fleet_update_duration_seconds",
     "seconds", "", "From an offer to the report of the new version."},
    {family::rollout_devices, group::updates, kind::gauge, "fleet_rollout_devices", "devices",
     "state,rollout", "Devices of a rollout by their state on the twin."},
    {family::rollout_running, group::updates, kind::gauge, "fleet_rollout_running", "", "rollout",
     "1 while a rollout goes on by itself; 0 before it, after it and while it is halted."},
    {family::fault_active, group::faults, kind::gauge, "fleet_fault_active", "", "fault,effect",
     "1 while a planned fault is in force."},
    {family::fault_selected, group::faults, kind::gauge, "fleet_fault_selected_devices", "devices",
     "fault,effect", "Devices that a planned fault selects, once it has begun."},
    {family::fault_devices, group::faults, kind::gauge, "fleet_fault_devices", "devices",
     "fault,effect", "Devices that a planned fault has hit so far."},
    {family::fault_strikes, group::faults, kind::counter, "fleet_fault_strikes_total", "times",
     "fault,effect", "Hits of a planned fault, each device each time."},
    {family::fault_recovery, group::faults, kind::gauge, "fleet_fault_recovery_seconds", "seconds",
     "fault", "From the end of a fault to the fleet being whole again; NaN before that is known."},
    {family::fault_reboots, group::faults, kind::counter, "fleet_fault_reboots_total", "devices",
     "", "Resets of devices and returns of their power by faults."},
    {family::powerless_devices, group::faults, kind::gauge, "fleet_powerless_devices", "devices",
     "product", "Devices that a fault keeps without power."},
    {family::ledger_attempted, group::ledger, kind::counter, "fleet_ledger_attempted_total",
     "messages", "direction",
     "Messages of the ledger sent for the first time, as their sender counts them."},
    {family::ledger_acknowledged, group::ledger, kind::counter, "fleet_ledger_acknowledged_total",
     "messages", "direction", "Those acknowledged to their sender."},
    {family::ledger_accepted, group::ledger, kind::counter, "fleet_ledger_accepted_total",
     "messages", "direction",
     "Those that arrived, as their receiver counts them; a twin counts repeats too."},
    {family::ledger_corrupted, group::ledger, kind::counter, "fleet_ledger_corrupted_total",
     "messages", "direction",
     "Messages that arrived with a tag of the ledger that does not fit them."},
    {family::streams, group::homes, kind::gauge, "fleet_home_streams", "connections", "home",
     "Open streams on a home."},
    {family::turns, group::homes, kind::counter, "fleet_home_turns_total", "turns", "home",
     "Turns of a home's loop."},
    {family::queued, group::homes, kind::gauge, "fleet_home_queued", "jobs", "home",
     "Jobs and actors that waited for the home's next turn when it was looked at last."},
    {family::timers, group::homes, kind::gauge, "fleet_home_timers", "timers", "home",
     "Timers armed on the home when it was looked at last."},
    {family::loop_lag, group::homes, kind::histogram, "fleet_home_loop_lag_seconds", "seconds",
     "home",
     "How long a job waited that was handed to the home ten times a second: what a message waits, "
     "too."},
    {family::wakes, group::homes, kind::counter, "fleet_home_wakes_total", "timers", "home",
     "Timers a home woke."},
    {family::wake_lag, group::homes, kind::counter, "fleet_home_wake_lag_seconds_total", "seconds",
     "home", "Sum over all wakes of how late they came."},
    {family::connects_waiting, group::homes, kind::gauge, "fleet_home_connects_waiting",
     "connections", "home", "Connections held back by the limit on pending ones."},
    {family::accepts_paused, group::homes, kind::counter, "fleet_home_accepts_paused_total",
     "times", "home", "Times a listener waited for descriptors or memory."},
    {family::datagrams, group::homes, kind::counter, "fleet_home_datagrams_total", "datagrams",
     "home,direction", "Datagrams that the network took from the home, or gave to it."},
    {family::datagrams_dropped, group::homes, kind::counter, "fleet_home_datagrams_dropped_total",
     "datagrams", "home",
     "Datagrams for which there was no room here, or that were too long to take."},
    {family::twin_connections, group::twin, kind::gauge, "fleet_twin_connections", "connections",
     "", "Connections the twin holds."},
    {family::twin_devices, group::twin, kind::gauge, "fleet_twin_devices_online", "devices", "",
     "Clients that the twin let in and that are there, those that only post included."},
    {family::twin_sessions, group::twin, kind::gauge, "fleet_twin_sessions", "sessions", "",
     "Clients that the twin remembers, whether they are there or not."},
    {family::twin_accepts, group::twin, kind::counter, "fleet_twin_accepts_total", "connections",
     "result",
     "Connections that came: taken, beyond the limit, or not taken while the store fails."},
    {family::twin_connects, group::twin, kind::counter, "fleet_twin_connects_total", "connections",
     "code", "CONNECT packets the twin answered, by return code."},
    {family::twin_ends, group::twin, kind::counter, "fleet_twin_connection_ends_total",
     "connections", "reason", "Connections that ended, by why as the twin saw it."},
    {family::twin_violations, group::twin, kind::counter, "fleet_twin_violations_total",
     "connections", "", "Connections that the twin ended since the client broke the standard."},
    {family::twin_messages_received, group::twin, kind::counter,
     "fleet_twin_messages_received_total", "messages", "qos",
     "Messages devices published to the twin."},
    {family::twin_messages_sent, group::twin, kind::counter, "fleet_twin_messages_sent_total",
     "messages", "qos", "Messages the twin sent to devices."},
    {family::twin_messages_acknowledged, group::twin, kind::counter,
     "fleet_twin_messages_acknowledged_total", "messages", "",
     "Messages of the twin that devices acknowledged."},
    {family::twin_messages_dropped, group::twin, kind::counter, "fleet_twin_messages_dropped_total",
     "messages", "reason",
     "Messages the twin had no room for: a client's queue full, or QoS 0 for one that is away or "
     "slow."},
    {family::twin_publishes_refused, group::twin, kind::counter,
     "fleet_twin_publishes_refused_total", "messages", "",
     "Messages outside their sender's rights: acknowledged and dropped."},
    {family::twin_over_bound, group::twin, kind::counter, "fleet_twin_over_bound_total", "times",
     "what",
     "What the twin of a strict platform did not take: publishes of devices and downlinks to them, "
     "both dropped, and connects, refused with code 3."},
    {family::twin_subscribes, group::twin, kind::counter, "fleet_twin_subscribes_total", "filters",
     "result", "Topic filters that clients asked for: granted or refused."},
    {family::twin_received_octets, group::twin, kind::counter, "fleet_twin_received_bytes_total",
     "bytes", "", "Octets of MQTT that the twin received."},
    {family::twin_sent_octets, group::twin, kind::counter, "fleet_twin_sent_bytes_total", "bytes",
     "", "Octets of MQTT that the twin sent."},
    {family::twin_replies, group::twin, kind::counter, "fleet_twin_replies_total", "messages", "",
     "Answers of the twin to requests of devices."},
    {family::twin_malformed, group::twin, kind::counter, "fleet_twin_malformed_requests_total",
     "messages", "", "Requests of devices whose JSON could not be read."},
    {family::twin_downlinks, group::twin, kind::counter, "fleet_twin_downlinks_total", "messages",
     "result", "Commands of the twin's own: sent, or due and nobody there to take them."},
    {family::twin_command_replies, group::twin, kind::counter, "fleet_twin_command_replies_total",
     "messages", "", "Answers of devices to commands."},
    {family::twin_configs, group::twin, kind::counter, "fleet_twin_configs_total", "messages",
     "result", "Answers of devices to configurations that the twin pushed: taken (200) or failed."},
    {family::twin_firmware_offers, group::twin, kind::counter, "fleet_twin_firmware_offers_total",
     "messages", "result",
     "Offers of firmware that the twin sent, or could not bring to a device."},
    {family::twin_firmware_downloads, group::twin, kind::counter,
     "fleet_twin_firmware_downloads_total", "requests", "result",
     "Requests that the twin's firmware server served or refused."},
    {family::twin_firmware_octets, group::twin, kind::counter, "fleet_twin_firmware_bytes_total",
     "bytes", "", "Octets of images that the twin's firmware server sent."},
    {family::twin_commits, group::twin, kind::counter, "fleet_twin_commits_total", "batches",
     "result", "Batches that the twin's store took (ok) or did not take (failed)."},
    {family::twin_tags, group::twin, kind::counter, "fleet_twin_ledger_tags_total", "messages",
     "result",
     "Messages with a tag of the ledger: booked, with a tag that does not fit, beyond the room for "
     "accounts, or with another device's tag."},
    {family::twin_posting_devices, group::twin, kind::gauge, "fleet_twin_posting_devices",
     "devices", "protocol",
     "Devices that posted to the twin by CoAP or HTTP within the last ten minutes."},
    {family::twin_post_logons, group::twin, kind::counter, "fleet_twin_post_logons_total",
     "requests", "protocol,result",
     "Log-ons of such devices that the twin gave a token, or refused."},
    {family::twin_posts, group::twin, kind::counter, "fleet_twin_posts_total", "messages",
     "protocol,result",
     "Their posts: taken, without a token that is good, or refused for another reason."},
    {family::twin_unjudged, group::twin, kind::counter, "fleet_twin_requests_unjudged_total",
     "requests", "protocol",
     "Their requests that the twin did not look at: their source had got too much wrong before."},
    {family::twin_coap_requests, group::twin, kind::counter, "fleet_twin_coap_requests_total",
     "requests", "", "CoAP requests that came to the twin, repeats left out."},
    {family::twin_peers_displaced, group::twin, kind::counter, "fleet_twin_peers_displaced_total",
     "peers", "way",
     "Peers over CoAP (coap), and their DTLS sessions and handshakes (dtls), that the twin forgot "
     "to make room for others."},
    {family::twin_hellos, group::twin, kind::counter, "fleet_twin_dtls_hellos_total", "datagrams",
     "", "Datagrams to the twin that ask for a DTLS session, of whomever."},
    {family::twin_handshakes, group::twin, kind::counter, "fleet_twin_dtls_handshakes_total",
     "handshakes", "result",
     "DTLS handshakes with the twin that opened a session or came to nothing (refused), and hellos "
     "that were turned away for want of room."},
    {family::twin_faults, group::twin, kind::counter, "fleet_twin_faults_total", "times", "effect",
     "What the twin did wrong on purpose, by the effect that was ordered."},
    {family::process_cpu, group::process, kind::counter, "process_cpu_seconds_total", "seconds", "",
     "User and system time of this process."},
    {family::process_resident, group::process, kind::gauge, "process_resident_memory_bytes",
     "bytes", "", "Resident memory of this process."},
    {family::process_virtual, group::process, kind::gauge, "process_virtual_memory_bytes", "bytes",
     "", "Address space of this process."},
    {family::process_open_fds, group::process, kind::gauge, "process_open_fds", "descriptors", "",
     "File descriptors this process has open."},
    {family::process_max_fds, group::process, kind::gauge, "process_max_fds", "descriptors", "",
     "File descriptors this process may have open."},
    {family::process_start, group::process, kind::gauge, "process_start_time_seconds", "seconds",
     "", "When this process began, in seconds since 1970."},
    {family::memory_per_device, group::process, kind::gauge, "fleet_memory_per_device_bytes",
     "bytes", "",
     "Growth of resident memory since before the first device, divided by the devices started."},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].id) != i) {
      return false;
    }
  }
  return true;
}
static_assert(in_order(), "families stand in the order of `family`, each once");

} // namespace

std::span<const family_facts, family_count> families() noexcept {
  return table;
}

std::vector<std::string_view> labels_of(const family_facts& facts) {
  std::vector<std::string_view> out;
  for (std::string_view left = facts.labels; !left.empty();) {
    const auto comma = left.find(',');
    out.push_back(left.substr(0, comma));
    left = comma == std::string_view::npos ? std::string_view{} : left.substr(comma + 1);
  }
  return out;
}

std::string_view to_string(kind k) noexcept {
  switch (k) {
    case kind::counter: return "counter";
    case kind::gauge: return "gauge";
    case kind::histogram: return "histogram";
  }
  FLEET_CHECK(false);
}

std::string_view to_string(group g) noexcept {
  switch (g) {
    case group::run: return "The run";
    case group::devices: return "Devices";
    case group::messages: return "Messages";
    case group::latency: return "Latency";
    case group::shadows: return "Shadows";
    case group::updates: return "Updates of firmware";
    case group::faults: return "Faults";
    case group::ledger: return "The ledger";
    case group::homes: return "Homes";
    case group::twin: return "The twin";
    case group::process: return "The process";
  }
  FLEET_CHECK(false);
}

} // namespace fleet::metrics
