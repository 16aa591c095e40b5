// The workers of a run of several processes, in its report. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/ledger/reconcile.hpp"

namespace fleet::report {

/// What befell a worker's machine.
struct worker_event {
  double at_s = 0; ///< since the devices started
  std::string what;
};

struct worker_fact {
  std::uint32_t number = 0; ///< from 1, in the order of devices
  std::uint32_t first = 0;  ///< of its devices
  std::uint32_t devices = 0;
  /// Its devices, as first ones and how many; one, where they follow each other.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
  std::string at;                          ///< an address of its machine; empty: of ours
  std::uint64_t process = 0;               ///< its number on its machine
  bool reported = false;                   ///< its report arrived
  std::optional<double> lost_at_s;         ///< since the devices started
  std::optional<double> seen_at_s;         ///< of one that was lost: when it was last heard of
  std::string why;                         ///< it was lost, a few words
  std::optional<std::uint32_t> takes_over; ///< the number of the one whose devices it took over
  std::uint64_t published = 0;             ///< as it was last heard of
  std::uint64_t acknowledged = 0;
  bool ledger_known = false;
  ledger::totals uplink; ///< of one that reported
  ledger::totals downlink;
  double cpu_s = 0;
  std::uint64_t rss_max_bytes = 0;
  std::vector<worker_event> events; ///< in the order in which they came
};

/// A run's JSON with an array `workers` at its end. `json` is to_json()'s.
std::string with_workers(std::string json, const std::vector<worker_fact>& workers);
/// For people, a table with a row each, and a line for each event; empty for nobody.
std::string to_text(const std::vector<worker_fact>& workers);

} // namespace fleet::report
