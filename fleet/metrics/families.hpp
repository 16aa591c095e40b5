// Every metric this program exports: name, type, unit and help in one table. Nothing exports a name
// that is not here.
#pragma once

#include <algorithm>
#include <array>

#include "fleet/metrics/family_facts.hpp"

#include "fleet/metrics/family.hpp"

namespace fleet::metrics {

/// Those of the fleet, in the order of `family`.
inline constexpr std::array fleet_families{std::to_array<family_facts>(
    {{family::devices, kind::gauge, "fleet_devices", "phase,product",
      "Devices by the phase of their life."},
     {family::devices_requested, kind::gauge, "fleet_devices_requested", "",
      "Devices this run was asked for."},
     {family::product_info, kind::gauge, "fleet_product_info", "product,profile,protocol,security",
      "1 for each product: how its devices speak to their cloud, to join with its other metrics."},
     {family::connects, kind::counter, "fleet_connects_total", "outcome",
      "Attempts to get online and connections, by how they ended; accepted is CONNACK 0."},
     {family::messages_published, kind::counter, "fleet_messages_published_total", "qos,product",
      "Uplink messages sent for the first time."},
     {family::messages_received, kind::counter, "fleet_messages_received_total", "qos,product",
      "Downlink messages that reached a device, repeats included."},
     {family::messages_acknowledged, kind::counter, "fleet_messages_acknowledged_total", "product",
      "Uplink messages of QoS 1 and 2 that were acknowledged."},
     {family::messages_resent, kind::counter, "fleet_messages_resent_total", "product",
      "Uplink messages sent again."},
     {family::messages_skipped, kind::counter, "fleet_messages_skipped_total", "reason,product",
      "Reports that were due and not sent: the device was offline, its window or memory was full, "
      "or they were too large for it."},
     {family::replies, kind::counter, "fleet_replies_total", "result",
      "Answers of the cloud to reports, by their code."},
     {family::commands, kind::counter, "fleet_commands_total", "",
      "Commands of the cloud that devices applied."},
     {family::reconnects, kind::counter, "fleet_reconnects_total", "",
      "Connections after a device's first."},
     {family::disconnects_unplanned, kind::counter, "fleet_disconnects_unplanned_total", "",
      "Connections of online devices that ended without either side asking."},
     {family::restarts, kind::counter, "fleet_device_restarts_total", "",
      "Devices restarted by their supervisor after a crash."},
     {family::abandoned, kind::counter, "fleet_devices_abandoned_total", "",
      "Devices given up by the restart limit."},
     {family::sends_late, kind::counter, "fleet_sends_late_total", "",
      "Reports sent over 100 ms after they were due: the generator is behind."},
     {family::connect_duration, kind::histogram, "fleet_connect_duration_seconds", "",
      "From the start of an attempt to CONNACK 0."},
     {family::publish_ack_duration, kind::histogram, "fleet_publish_ack_duration_seconds", "",
      "From the moment a report was due to its acknowledgement."},
     {family::publish_reply_duration, kind::histogram, "fleet_publish_reply_duration_seconds", "",
      "From the moment a report was due to the cloud's answer."},
     {family::bytes_sent, kind::counter, "fleet_sent_bytes_total", "",
      "Octets the network took from devices, after encryption."},
     {family::bytes_received, kind::counter, "fleet_received_bytes_total", "",
      "Octets the network gave to devices, before decryption."},
     {family::streams, kind::gauge, "fleet_home_streams", "home", "Open streams on a home."},
     {family::turns, kind::counter, "fleet_home_turns_total", "home", "Turns of a home's loop."},
     {family::wakes, kind::counter, "fleet_home_wakes_total", "home", "Timers a home woke."},
     {family::wake_lag, kind::counter, "fleet_home_wake_lag_seconds_total", "home",
      "Sum over all wakes of how late they came."},
     {family::connects_waiting, kind::gauge, "fleet_home_connects_waiting", "home",
      "Connections held back by the limit on pending ones."},
     {family::cloud_traffic, kind::counter, "fleet_cloud_traffic_total", "kind,product,result",
      "What the scenario's cloud did to devices, by what came of it; answered is sent where nobody "
      "answers."},
     {family::dialect, kind::counter, "fleet_dialect_total", "what,product",
      "What devices did of the vendor's dialect beside reports and commands."},
     {family::updating, kind::gauge, "fleet_updating_devices", "state,product",
      "Devices with firmware by how far an update of theirs is."},
     {family::updates, kind::counter, "fleet_updates_total", "result,product",
      "Updates of firmware that ended, by how."},
     {family::update_steps, kind::counter, "fleet_update_steps_total", "step,product",
      "Steps of updates: offers, downloads begun, images verified, reboots, power losses."},
     {family::update_bytes, kind::counter, "fleet_update_received_bytes_total", "product",
      "Octets of images that devices received, those sent again included."},
     {family::download_duration, kind::histogram, "fleet_update_download_duration_seconds", "",
      "From an offer to an image that is verified."},
     {family::update_duration, kind::histogram, "fleet_update_duration_seconds", "",
      "From an offer to the report of the new version."},
     {family::rollout_devices, kind::gauge, "fleet_rollout_devices", "state,rollout",
      "Devices of a rollout by their state on the twin."}})};

/// The others: the twin's, and the process's.
inline constexpr std::array other_families{std::to_array<family_facts>({
    {family::twin_connections, kind::gauge, "fleet_twin_connections", "",
     "Connections the twin holds."},
    {family::twin_connects, kind::counter, "fleet_twin_connects_total", "code",
     "CONNECT packets the twin answered, by return code."},
    {family::twin_messages_received, kind::counter, "fleet_twin_messages_received_total", "qos",
     "Messages devices published to the twin."},
    {family::twin_messages_sent, kind::counter, "fleet_twin_messages_sent_total", "qos",
     "Messages the twin sent to devices."},
    {family::twin_messages_dropped, kind::counter, "fleet_twin_messages_dropped_total", "reason",
     "Messages the twin had no room for: a client's queue full, or QoS 0 for one that is away or "
     "slow."},
    {family::twin_over_bound, kind::counter, "fleet_twin_over_bound_total", "what",
     "What the twin of a strict platform did not take: publishes of devices and downlinks to them, "
     "both dropped, and connects, refused with code 3."},
    {family::twin_configs, kind::counter, "fleet_twin_configs_total", "result",
     "Answers of devices to configurations that the twin pushed: taken (200) or failed."},
    {family::twin_firmware_offers, kind::counter, "fleet_twin_firmware_offers_total", "result",
     "Offers of firmware that the twin sent, or could not bring to a device."},
    {family::twin_firmware_downloads, kind::counter, "fleet_twin_firmware_downloads_total",
     "result", "Requests that the twin's firmware server served or refused."},
    {family::twin_firmware_octets, kind::counter, "fleet_twin_firmware_bytes_total", "",
     "Octets of images that the twin's firmware server sent."},
    {family::twin_commits, kind::counter, "fleet_twin_commits_total", "result",
     "Batches that the twin's store took (ok) or did not take (failed)."},
    {family::twin_posting_devices, kind::gauge, "fleet_twin_posting_devices", "protocol",
     "Devices that posted to the twin by CoAP or HTTP within the last ten minutes."},
    {family::twin_post_logons, kind::counter, "fleet_twin_post_logons_total", "protocol,result",
     "Log-ons of such devices that the twin gave a token, or refused."},
    {family::twin_posts, kind::counter, "fleet_twin_posts_total", "protocol,result",
     "Their posts: taken, without a token that is good, or refused for another reason."},
    {family::twin_faults, kind::counter, "fleet_twin_faults_total", "effect",
     "What the twin did wrong on purpose, by the effect that was ordered."},
    {family::twin_unjudged, kind::counter, "fleet_twin_requests_unjudged_total", "protocol",
     "Their requests that the twin did not look at: their source had got too much wrong before."},
    {family::twin_coap_requests, kind::counter, "fleet_twin_coap_requests_total", "",
     "CoAP requests that came to the twin, repeats left out."},
    {family::twin_peers_displaced, kind::counter, "fleet_twin_peers_displaced_total", "way",
     "Peers over CoAP (coap), and their DTLS sessions and handshakes (dtls), that the twin forgot "
     "to make room for others."},
    {family::twin_hellos, kind::counter, "fleet_twin_dtls_hellos_total", "",
     "Datagrams to the twin that ask for a DTLS session, of whomever."},
    {family::twin_handshakes, kind::counter, "fleet_twin_dtls_handshakes_total", "result",
     "DTLS handshakes with the twin that opened a session or came to nothing (refused), and hellos "
     "that were turned away for want of room."},
    {family::process_resident, kind::gauge, "process_resident_memory_bytes", "",
     "Resident memory of this process."},
    {family::process_cpu, kind::counter, "process_cpu_seconds_total", "",
     "User and system time of this process."},
    {family::memory_per_device, kind::gauge, "fleet_memory_per_device_bytes", "",
     "Growth of resident memory since before the first device, divided by the devices started."},
})};

/// All, in the order of `family`.
inline constexpr std::array<family_facts, family_count> families = [] {
  static_assert(fleet_families.size() + other_families.size() == family_count);
  std::array<family_facts, family_count> all{};
  std::copy(fleet_families.begin(), fleet_families.end(), all.begin());
  std::copy(other_families.begin(), other_families.end(), all.begin() + fleet_families.size());
  return all;
}();
} // namespace fleet::metrics
