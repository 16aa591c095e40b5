// What the devices of one home count: plain counters written by that home's thread alone and read
// by whoever scrapes. No label per device, ever (design, part 11).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "actors/device/histogram.hpp"
#include "actors/device/meter_words.hpp"

namespace fleet::actors {

/// Topics that a product's devices may be told to listen to.
inline constexpr std::size_t topics_per_product_max = 8;

using counter = std::atomic<std::uint64_t>;

/// Adds to a counter of this thread: no locked instruction.
inline void bump(counter& c, std::uint64_t by = 1) noexcept {
  c.store(c.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}
inline void drop(counter& c, std::uint64_t by = 1) noexcept {
  c.store(c.load(std::memory_order_relaxed) - by, std::memory_order_relaxed);
}

struct meters {
  std::array<counter, phase_count> in_phase{};
  std::array<counter, outcome_count> outcomes{};
  std::array<counter, 3> published{}; ///< uplink, by QoS, first transmissions
  std::array<counter, 3> received{};  ///< downlink, by QoS
  counter acknowledged{0};            ///< uplink, QoS 1 and 2
  counter resent{0};
  counter replies{0};                        ///< post_reply with code 200
  counter replies_bad{0};                    ///< post_reply with another code
  counter replies_unexcused{0};              ///< of those, what error() was told
  counter commands{0};                       ///< property sets applied
  counter ledger_commands{0};                ///< messages of the ledger, each once
  std::array<counter, skip_count> skipped{}; ///< reports that were due and not sent
  counter oversized{0};                      ///< downlink packets beyond the receive buffer
  counter subscribe_refused{0};
  counter registrations{0}; ///< secrets that devices fetched (aliyun-iot.md §5.5)
  counter reconnects{0};    ///< connections after a device's first
  counter attempts{0};      ///< to get online, each from its first step on
  counter disconnects_unplanned{0};
  counter restarts{0};             ///< devices restarted after a crash
  counter in_flight{0};            ///< gauge: unacknowledged publishes of QoS 1 and 2
  counter abandoned{0};            ///< devices given up by the restart limit
  counter powered_off_by_fault{0}; ///< gauge: started, and without power for as long as faults last
  counter fault_reboots{0};        ///< resets and returns of the power by faults
  counter late_sends{0};           ///< publishes sent over 100 ms after they were due
  counter downlink_corrupted{0};
  counter online_max{0}; ///< this home's own maximum
  // Of things (thing.hpp).
  counter events_posted{0};
  counter commands_refused{0};  ///< commands and calls answered with another code than 200
  counter services_answered{0}; ///< calls of both types that were carried out
  counter rrpc_answered{0};
  counter broadcasts{0};
  counter desired_applied{0};  ///< desired properties of the thing model (§11.7)
  counter shadow_updates{0};   ///< updates and deletes that the platform acknowledged
  counter shadow_converged{0}; ///< desired values applied, reported and cleared
  counter ntp_syncs{0};
  counter configs_received{0};
  counter tags_told{0};          ///< tag updates that the platform took (§11.8)
  counter models_received{0};    ///< answers to dsltemplate/get (§12)
  counter request_timeouts{0};   ///< questions to the platform without an answer
  counter sub_devices_online{0}; ///< gauge
  counter sub_devices_refused{0};
  // Of topics registered while the device runs (topic_schedule.hpp).
  counter topics_registered{0};
  counter topics_unregistered{0};
  counter topics_refused{0};   ///< by the far side, or before they were asked for
  counter topics_timed_out{0}; ///< registering or unregistering
  counter topic_messages{0};   ///< all that handlers got
  counter topic_strays{0};     ///< messages that nobody listens to, or no longer
  std::array<counter, topics_per_product_max> messages_by_topic{}; ///< in the order of the plans
  counter sub_devices_registered{0}; ///< secrets that gateways were told for them (§16.1)
  counter sub_devices_left{0};       ///< unbound and unregistered by their gateways
  counter session_batches{0};        ///< logins and logouts of several at once (§16.3)
  counter topologies_read{0};        ///< topo/get (§16.2)
  counter found_told{0};             ///< list/found (§16.2)
  std::array<histogram, latency_count> latencies{};
  histogram backoff_waits; ///< between attempts, as they were drawn (backoff_settings)
  // Of firmware (firmware_part.hpp).
  counter firmware_offers{0};         ///< of all kinds
  counter firmware_offers_ignored{0}; ///< of those: a download or a reboot went before
  counter firmware_offers_bad{0};     ///< messages that could not be believed
  counter firmware_fetches{0};        ///< attempts to download
  counter firmware_octets{0};         ///< of images, as they came, those sent again too
  counter firmware_staged{0};         ///< downloaded, verified from flash, about to boot
  counter firmware_reboots{0};
  counter firmware_power_losses{0};
  counter firmware_dead{0}; ///< gauge: boards without an image that starts
  std::array<counter, update_result_count> update_results{};
  std::array<counter, update_state_count> in_update{}; ///< gauge
  histogram download_time;                             ///< from an offer to its verification
  histogram update_time;                       ///< from an offer to the report of the new version
  counter configs_offered{0};                  ///< files offered, in answers and pushes (§14.6)
  counter configs_fetched{0};                  ///< whole and of the digest that was said
  counter configs_failed{0};                   ///< not believed, not fetched, or not what was said
  std::array<counter, radio_count> radio_us{}; ///< of open links over CoAP, by their radios

  /// A device goes from one phase to another.
  void move(phase from, phase to) noexcept;
  /// The cloud answered with an error; `excused`: a report that may fail.
  void error(bool excused) noexcept {
    bump(replies_bad);
    bump(replies_unexcused, excused ? 0 : 1);
  }
  void skip_report(skip why) noexcept { bump(skipped[static_cast<std::size_t>(why)]); }
  [[nodiscard]] std::uint64_t skipped_for(skip why) const noexcept {
    return skipped[static_cast<std::size_t>(why)].load(std::memory_order_relaxed);
  }
};

} // namespace fleet::actors
