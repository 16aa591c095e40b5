// What the live view shows of a run, as plain numbers and names. Names and texts may come from
// files and far sides: a line cleans them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/device/meters.hpp"

namespace fleet::view {

/// Something that goes from a beginning to an end.
struct advance {
  std::string name;
  double part = 0;              ///< from 0 to 1
  std::string text;             ///< what has been done of what
  std::optional<double> left_s; ///< none: nobody can tell
};

/// Events a second; its course is that of the whole run so far.
struct rate_figure {
  std::string name;
  double now = 0;
  std::vector<double> course;
};

/// Seconds. `now`: of what came since the look before; none: nothing did.
struct latency_figure {
  std::string name;
  std::optional<double> p50_now;
  std::optional<double> p99_now;
  double p99 = 0;
  double max = 0;
  std::vector<double> course; ///< p99; not a number where nothing came
};

struct fault_figure {
  std::string name;
  std::string text;      ///< what it does
  bool in_force = false; ///< else it is to come
  double begins_in_s = 0;
  std::optional<double> left_s; ///< none: to the end of the run
  std::uint64_t hit = 0;
  std::uint64_t selected = 0;
};

struct ledger_figure {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t resent = 0;
  std::uint64_t skipped = 0;
  std::uint64_t commands = 0;                 ///< that came
  std::uint64_t corrupted = 0;                ///< in either direction
  std::optional<std::uint64_t> accepted;      ///< reports, by the far side; none: it does not tell
  std::optional<std::uint64_t> commands_sent; ///< likewise
};

struct trouble_figure {
  std::string reason;
  std::uint64_t count = 0;
  double ago_s = 0;    ///< since it was seen to rise last
  std::string example; ///< empty: none is known
};

struct limit_figure {
  std::string who;       ///< `nobody`; empty: it is too early to tell
  std::string evidence;  ///< the first sentence; empty: none
  bool alarming = false; ///< the figures of the target are not to be trusted
};

struct figures {
  std::string title; ///< of the scenario, or what was asked for
  std::string target;
  std::uint64_t seed = 0;
  std::optional<double> speed; ///< of a simulated run: how many times faster than life
  double elapsed_s = 0;
  double duration_s = 0;
  std::optional<double> real_left_s; ///< of a simulated run: what is left of it on the clock
  std::optional<advance> stage;
  bool over = false;     ///< the time of the load is up, or cut short
  bool stopping = false; ///< a wish to stop was heard
  bool keys = true;      ///< somebody can press them
  std::array<std::uint64_t, actors::phase_count> in_phase{};
  std::uint64_t wanted = 0; ///< to be online
  std::vector<rate_figure> rates;
  std::vector<double> faults_course; ///< how many were in force
  std::vector<latency_figure> latencies;
  std::vector<fault_figure> faults; ///< those in force first
  std::uint64_t faults_over = 0;
  std::optional<ledger_figure> ledger;
  std::vector<advance> rollouts;
  limit_figure limit;
  std::vector<trouble_figure> troubles; ///< those that rose last first
  std::vector<std::string> news;        ///< lines told while the view is up, oldest first
};

} // namespace fleet::view
