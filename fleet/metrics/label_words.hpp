// The values of labels that no enumeration of the devices or the twin spells out already. Shared by
// those who fill the metrics and by their reference.
#pragma once

#include <array>
#include <string_view>

#include "cloud_sim/counters.hpp"

namespace fleet::metrics {

/// In the order of cloud::end_reason.
inline constexpr std::array<std::string_view, cloud::end_reason_count> end_reason_words{
    "disconnected", "lost",      "taken_over", "keep_alive", "violated",  "refused",
    "slow",         "withdrawn", "stopped",    "unkept",     "dispatched"};

/// Of a worker of a run of several processes.
enum class worker_state : unsigned char {
  preparing, ///< it has devices, which do not run yet
  working,
  unheard, ///< its devices run, as far as anybody can tell
  spare,
  lost,
  done ///< it has reported
};
inline constexpr std::array<std::string_view, 6> worker_state_words{
    "preparing", "working", "unheard", "spare", "lost", "done"};

/// Of the metrics about updates' steps, in the order of an update.
enum class update_step : unsigned char {
  offered,
  offer_ignored,
  offer_bad,
  download_begun,
  verified,
  rebooted,
  power_lost
};
inline constexpr std::array<std::string_view, 7> update_step_words{
    "offered",  "offer_ignored", "offer_bad", "download_begun",
    "verified", "rebooted",      "power_lost"};

} // namespace fleet::metrics
