// What a campaign is told, and what it tells: rules, states of devices, events, sums. No decisions.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "cloud_sim/campaigns/selector.hpp"
#include "protocol/base/time.hpp"

namespace fleet::cloud {

inline constexpr std::size_t campaign_devices_max = 1'000'000;
/// Reports of another version within one attempt that are taken for a boot in the middle, and
/// answered with the offer again, though the device got no further between them. One more, and the
/// attempt has failed: a device that fell back and whose 100 was lost, or which ends without one
/// (§14.3), reports just that. One that got further than before each of its boots goes on.
inline constexpr std::uint8_t campaign_repeats_max = 3;

struct campaign_rules {
  campaign_selector select;
  std::string version;                 ///< a device that reports it has succeeded (§14.1)
  std::uint32_t offers_per_second = 0; ///< 0: as they come
  std::uint32_t under_way_max = 0;     ///< devices offered or upgrading at once; 0: any
  std::uint16_t halt_permille = 0;     ///< attempts failed, of those that ended; 0: never halts
  /// Attempts that must have ended before that is judged; at the end of a wave, however few.
  std::uint32_t halt_after = 10;
  std::uint8_t retries = 0; ///< further attempts of a device that failed
  duration retry_after = std::chrono::minutes{1};
  duration attempt_most = std::chrono::hours{1}; ///< from an offer to the version's report
  std::uint16_t wave_done_permille = 1000; ///< of a wave's devices ended, before the next begins
  /// After which the next begins all the same; but where it may halt, not before an attempt ended:
  /// where none of the wave's devices can be offered it, others that are online join the wave.
  duration wave_most = never - time_point{};
  duration wave_pause{0}; ///< between the two
};
/// Whether counts and durations make sense: a version, a wave that can be done, attempts that end.
bool valid(const campaign_rules& rules) noexcept;

/// Of one device in one campaign. Only succeeded is for good.
enum class rollout_state : std::uint8_t {
  waiting,   ///< for its wave, for its turn, or to come online ("to be upgraded")
  offered,   ///< and no word of it yet
  upgrading, ///< its first progress came
  succeeded, ///< it reported the version
  failed,    ///< its attempts are used up; a late report of the version still counts
  cancelled  ///< with the campaign, or because it runs what was not chosen
};
inline constexpr std::size_t rollout_state_count = 6;

/// Why the last attempt failed.
enum class rollout_cause : std::uint8_t {
  none,
  step,       ///< the device said so; see rollout_device::step
  timed_out,  ///< no report in time
  old_version ///< it came back with another version, after a 100 or more than a few times
};

struct rollout_device {
  std::uint32_t device = 0;
  rollout_state state = rollout_state::waiting;
  rollout_cause cause = rollout_cause::none;
  std::int8_t step = 0; ///< the last progress of this attempt, -4 to 100
  std::uint8_t attempts = 0;
  std::uint8_t wave = 0;
  bool online = false;
  bool queued = false;      ///< for an offer
  bool resting = false;     ///< until its next attempt
  std::uint16_t offers = 0; ///< ever made, modulo 65536; tells attempts apart
  std::uint8_t repeats = 0; ///< of this attempt's offer without gain, up to campaign_repeats_max
  std::int8_t gained = 0;   ///< the furthest progress before a boot in this attempt
};
static_assert(sizeof(rollout_device) == 16, "there may be a million");

enum class campaign_state : std::uint8_t { ready, running, halted, cancelled, finished };
/// Why it is halted.
enum class halt_reason : std::uint8_t { none, by_hand, failure_rate };

namespace campaign_event {
/// Send the firmware's offer to the device.
struct offer {
  std::uint32_t device;
};
/// What is known of the device has changed: a row to keep.
struct device_changed {
  std::uint32_t device;
};
/// So has the campaign.
struct campaign_changed {};
} // namespace campaign_event

struct campaign_sums {
  campaign_state state = campaign_state::ready;
  halt_reason halted_by = halt_reason::none;
  std::uint8_t wave = 0; ///< that is open, from 0 on
  std::uint8_t waves = 1;
  std::uint32_t devices = 0;
  std::uint32_t already = 0; ///< left out, since they ran the version before it began
  std::array<std::uint32_t, rollout_state_count> by_state{};
  std::uint32_t attempts_failed = 0; ///< in all
  std::uint32_t attempts_succeeded = 0;
  /// Those that the halt was, or will be, judged by: since the start, or since resume().
  std::uint32_t judged_failed = 0;
  std::uint32_t judged = 0;

  [[nodiscard]] std::uint32_t of(rollout_state s) const noexcept {
    return by_state[static_cast<std::size_t>(s)];
  }
};

} // namespace fleet::cloud
