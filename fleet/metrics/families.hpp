// Every metric this program exports: name, type, unit and help in one table. Nothing exports a name
// that is not here.
#pragma once

#include <algorithm>
#include <array>

#include "fleet/metrics/family.hpp"
#include "fleet/metrics/fleet_families.hpp"

namespace fleet::metrics {

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
