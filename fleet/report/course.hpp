// How a run went beside what it came to: its series, where it ran, what was judged of it, and who
// was its limit. Plain data, as facts.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/report/series.hpp"

namespace fleet::report {

struct run_facts;

/// Where a run ran. No name of a machine or of a person.
struct environment_facts {
  std::string version;   ///< fleet's
  std::string build;     ///< `release`, `debug` or `sanitized`
  std::string system;    ///< `Linux 6.1.0-18-amd64 x86_64`
  std::string processor; ///< empty: the kernel does not say
  std::uint32_t cores = 0;
  std::uint64_t memory_bytes = 0;
  std::uint32_t homes = 0; ///< threads with devices
  bool embedded = false;   ///< the twin ran in the same process
  std::string began;       ///< `2026-11-26T08:00:00Z`; empty: it never did
};

/// A part of a stage of the load, as far as the run came.
struct stage_fact {
  std::uint32_t stage = 0; ///< from 1
  std::string kind;        ///< `ramp`, `step`, `spike` or `hold`
  double at_s = 0;
  double ended_s = 0;
  std::uint32_t devices = 0; ///< to be on at its end, gateways' children left out
};

/// One of the things that every healthy run keeps.
struct invariant_fact {
  std::string name;                  ///< `ledger.uplink.lost`
  bool judged = true;                ///< false: the side that could tell is not known
  std::vector<std::string> failures; ///< sentences; none: kept
};

/// Who kept the run from doing more, or from doing it in time.
enum class limiter : std::uint8_t {
  unknown,   ///< too short to tell
  nobody,    ///< all was sent when due and taken in time
  generator, ///< this program or its machine: figures of the target are not to be trusted
  target     ///< the far side, or the network to it
};
/// As in the JSON.
std::string_view to_string(limiter who) noexcept;

struct limit_fact {
  limiter who = limiter::unknown;
  std::string text;                  ///< a sentence; empty: nothing was looked at
  std::vector<std::string> evidence; ///< a sentence each
};

struct course_facts {
  run_series series;
  std::vector<stage_fact> stages; ///< of a scenario; one after the other
  environment_facts environment;
  std::vector<invariant_fact> invariants;
  limit_fact limit;
};

/// What a stretch of a run is judged by.
struct limit_basis {
  std::vector<const series_point*> points; ///< under load
  std::uint64_t due = 0;                   ///< reports, those not sent among them
  std::uint64_t late = 0;                  ///< sent over 100 ms after they were due
  std::uint64_t full = 0; ///< not sent: as many were without acknowledgement as may
  bool virtual_world = false;
  bool embedded = false;   ///< the twin is in the same process
  std::uint32_t cores = 0; ///< processors; 0: not known
};

/// From loop lag, late sends and growing queues.
limit_fact find_limit(const limit_basis& basis);
limit_fact find_limit(const run_facts& facts);

} // namespace fleet::report
