// Meters as rows of numbers, and back: what a worker shows of its devices while they run, and the
// shard that stands for them at the coordinator.
#pragma once

#include "actors/device/meters.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::program {

/// Calls `f` with each counter and gauge, in an order that is part of what processes of one version
/// say to each other. A new one of meters.hpp gets its line here; a test counts them.
template <class Meters, class F>
void each_counter(Meters& m, F f) {
  const auto all = [&f](auto&... lists) {
    const auto list = [&f](auto& counters) {
      for (auto& c : counters) {
        f(c);
      }
    };
    (list(lists), ...);
  };
  const auto each = [&f](auto&... counters) { (f(counters), ...); };
  all(m.in_phase, m.outcomes, m.published, m.received, m.skipped, m.messages_by_topic,
      m.update_results, m.in_update, m.radio_us);
  each(m.acknowledged, m.resent, m.replies, m.replies_bad, m.replies_unexcused, m.commands,
       m.ledger_commands, m.oversized, m.subscribe_refused, m.registrations, m.reconnects,
       m.attempts, m.disconnects_unplanned, m.restarts, m.in_flight, m.abandoned,
       m.powered_off_by_fault, m.fault_reboots, m.late_sends, m.downlink_corrupted, m.online_max);
  each(m.events_posted, m.commands_refused, m.services_answered, m.rrpc_answered, m.broadcasts,
       m.desired_applied, m.shadow_updates, m.shadow_converged, m.ntp_syncs, m.configs_received,
       m.tags_told, m.models_received, m.request_timeouts, m.sub_devices_online,
       m.sub_devices_refused);
  each(m.topics_registered, m.topics_unregistered, m.topics_refused, m.topics_timed_out,
       m.topic_messages, m.topic_strays, m.sub_devices_registered, m.sub_devices_left,
       m.session_batches, m.topologies_read, m.found_told);
  each(m.firmware_offers, m.firmware_offers_ignored, m.firmware_offers_bad, m.firmware_fetches,
       m.firmware_octets, m.firmware_staged, m.firmware_reboots, m.firmware_power_losses,
       m.firmware_dead, m.configs_offered, m.configs_fetched, m.configs_failed);
}

/// Those of what stands and not of what rises: of devices that are gone they are 0.
template <class F>
void each_gauge(actors::meters& m, F f) {
  for (auto& c : m.in_phase) {
    f(c);
  }
  for (auto& c : m.in_update) {
    f(c);
  }
  f(m.in_flight);
  f(m.powered_off_by_fault);
  f(m.sub_devices_online);
  f(m.firmware_dead);
}

template <class Meters, class F>
void each_histogram(Meters& m, F f) {
  for (auto& h : m.latencies) {
    f(h);
  }
  f(m.backoff_waits);
  f(m.download_time);
  f(m.update_time);
}

template <class Home, class F>
void each_home_counter(Home& h, F f) {
  const auto each = [&f](auto&... counters) { (f(counters), ...); };
  each(h.turns, h.bytes_sent, h.bytes_received, h.streams_open, h.connects_waiting, h.wakes,
       h.wake_lag_ns, h.accepts_paused, h.datagrams_sent, h.datagrams_received,
       h.datagrams_dropped);
}

} // namespace fleet::program
