// Reads all meters of a run for the metrics page; any thread may.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/live/course_board.hpp"
#include "fleet/metrics/exposition.hpp"
#include "fleet/report/facts.hpp"
#include "fleet/run/cloud_traffic.hpp"
#include "fleet/run/far_side.hpp"
#include "fleet/run/fault_desk.hpp"
#include "fleet/run/home_pulse.hpp"
#include "fleet/run/rollout_flow.hpp"
#include "fleet/run/run_board.hpp"

namespace fleet::program {

/// A product, in the words of the command line.
struct sampled_product {
  std::string name;
  std::string profile;
  std::string protocol;
  std::string security;
};

/// What the director tells while the run goes.
struct run_told {
  metrics::labels identity; ///< of fleet_run_info; does not change once the page is served
  bool virtual_world = false; ///< likewise
  bool embedded = false;      ///< likewise: the twin is in the same process
  run_board board;
  course_board course;
  std::atomic<std::uint64_t> shadows_waiting{0};
  std::atomic<bool> shadows_known{false};
};

/// What a run's page shows; all of it outlives the page.
struct sampled_run {
  const std::vector<actors::shard*>& shards;
  const std::vector<sampled_product>& products; ///< by number
  const far_sides& far;
  const std::vector<std::unique_ptr<traffic_flow>>& traffic;
  const std::vector<std::unique_ptr<rollout_flow>>& rollouts;
  const fault_desk& faults;
  std::uint64_t requested = 0;
  std::uint64_t rss_start_bytes = 0;
  const run_told* told = nullptr;    ///< none: nothing of the run's state
  const home_pulse* pulse = nullptr; ///< likewise of how the homes are
};

std::vector<metrics::sample> read_samples(const sampled_run& run);

/// The program, and its process: for pages without a fleet, too.
void sample_process(std::vector<metrics::sample>& out);

} // namespace fleet::program
