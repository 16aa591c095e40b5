// The counters of a run, or of a product, at one moment.
#pragma once

#include <array>
#include <cstdint>

#include "actors/supervision/shard.hpp"
#include "fleet/report/dialect.hpp"

namespace fleet::report {

struct totals { ///< counters of all shards at one moment
  std::array<std::uint64_t, actors::phase_count> in_phase{};
  std::array<std::uint64_t, actors::outcome_count> outcomes{};
  std::array<std::uint64_t, actors::outcome_count> troubles{}; ///< told; of no product's alone
  std::array<std::uint64_t, 3> published{};
  std::array<std::uint64_t, 3> received{};
  std::uint64_t acknowledged = 0;
  std::uint64_t resent = 0;
  std::uint64_t replies = 0;
  std::uint64_t replies_bad = 0;
  std::uint64_t replies_unexcused = 0; ///< of them, by what is told apart (meters::error)
  std::uint64_t commands = 0;
  std::uint64_t ledger_commands = 0; ///< commands of the ledger that arrived, each once
  std::array<std::uint64_t, actors::skip_count> skipped{}; ///< reports due and not sent, by reason
  std::uint64_t oversized = 0; ///< downlink packets beyond a board's receive buffer
  std::uint64_t subscribe_refused = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t attempts = 0; ///< to get online
  std::uint64_t disconnects_unplanned = 0;
  std::uint64_t off_by_fault = 0; ///< started, and without power
  std::uint64_t restarts = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t late_sends = 0;
  std::uint64_t downlink_corrupted = 0;
  std::uint64_t shadow_updates = 0; ///< acknowledged; reports too, and not among the published
  std::uint64_t started = 0;
  std::uint64_t stopped = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::array<std::uint64_t, actors::radio_count> radio_us{}; ///< as meters::radio_us
  std::uint64_t sub_devices_online = 0;
  std::array<std::uint64_t, dialect_counts.size()> dialect{}; ///< in the order of dialect_counts

  /// What the handlers of scheduled topics got, in the order of the product's plan.
  std::array<std::uint64_t, actors::topics_per_product_max> by_topic{};

  /// Devices with a connection of their own.
  [[nodiscard]] std::uint64_t online() const noexcept {
    return in_phase[static_cast<std::size_t>(actors::phase::online)];
  }
  [[nodiscard]] std::uint64_t published_all() const noexcept {
    return published[0] + published[1] + published[2];
  }
  [[nodiscard]] std::uint64_t skipped_all() const noexcept;
};

} // namespace fleet::report
