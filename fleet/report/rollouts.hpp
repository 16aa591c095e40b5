// What a report says of rollouts and of the devices' updates. Plain numbers, as facts.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/device/histogram.hpp"
#include "actors/device/meters.hpp"
#include "cloud_sim/firmware_operations.hpp"

namespace fleet::report {

/// A rollout as the twin's console shows it at the end of the run.
struct rollout_fact {
  std::string name;
  std::string product;
  std::string version;
  std::uint64_t image_bytes = 0;
  std::uint64_t downloads = 0;   ///< answers of the firmware server with octets of it
  std::uint64_t octets_sent = 0; ///< of its body
  bool may_fail = false;
  bool began = false;
  std::string trouble; ///< why it did not begin, or was not seen at the end
  std::string state;   ///< ready, running, halted, cancelled or finished
  std::string why;     ///< one sentence when it is halted
  std::uint32_t wave = 0;
  std::uint32_t waves = 1;
  std::uint32_t devices = 0;
  std::uint32_t already = 0; ///< ran the version before
  std::array<std::uint32_t, cloud::rollout_state_count> by_state{};
  std::uint64_t attempts_failed = 0;
  std::uint64_t attempts_succeeded = 0;
  std::array<std::uint32_t, 4> causes{}; ///< by cloud::rollout_cause
  std::array<std::uint32_t, 4> steps{};  ///< -1 to -4
  std::optional<double> took_s;          ///< from its beginning to its end; none: it goes on

  [[nodiscard]] std::uint32_t of(cloud::rollout_state s) const noexcept {
    return by_state[static_cast<std::size_t>(s)];
  }
};

/// The devices' side of updates.
struct firmware_fact {
  std::uint64_t offers = 0;
  std::uint64_t offers_ignored = 0;
  std::uint64_t offers_bad = 0;
  std::uint64_t fetches = 0;
  std::uint64_t octets = 0;
  std::uint64_t staged = 0;
  std::uint64_t reboots = 0;
  std::uint64_t power_losses = 0;
  std::uint64_t dead = 0; ///< boards without an image that starts, at the end
  std::array<std::uint64_t, actors::update_result_count> results{};
  std::array<std::uint64_t, actors::update_state_count> in_update{}; ///< devices, now
  actors::histogram_snapshot download_time;
  actors::histogram_snapshot update_time;

  [[nodiscard]] bool any() const noexcept { return offers + offers_bad + dead + in_update[0] != 0; }
};
/// Adds what one product's devices of one home counted.
void add(firmware_fact& to, const actors::meters& from);

/// `5 with step -3, 2 without a word in time`; empty: no device failed.
std::string causes_text(const rollout_fact& r);

/// Appends why a rollout lets the run fail, if it does. `interrupted`: the run was cut short.
void judge_rollout(const rollout_fact& r, bool interrupted, std::vector<std::string>& out);

/// The part of the summary table; empty without rollouts and updates.
std::string rollouts_text(const std::vector<rollout_fact>& rollouts, const firmware_fact& devices);

} // namespace fleet::report
