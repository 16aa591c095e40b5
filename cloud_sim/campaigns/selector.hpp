// Which devices a campaign is for, and in which of its waves: by hash, so that everybody who asks
// gets the same answer. It knows no states.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::cloud {

inline constexpr std::size_t campaign_waves_max = 16;
inline constexpr std::size_t campaign_versions_max = 64; ///< of from_versions

/// All conditions hold together. The product is the caller's: it shows the devices of one.
struct campaign_selector {
  std::string name;                       ///< of the campaign: another one picks others
  std::uint16_t permille = 1000;          ///< of the devices, by hash
  std::vector<std::string> from_versions; ///< that they run; none: any
  std::vector<std::uint32_t> devices;     ///< these alone, rising; none: any
  /// How many permille of the chosen have had their turn with each wave, rising to 1000; none: one
  /// wave. At most campaign_waves_max.
  std::vector<std::uint16_t> waves;
};
/// Whether the bounds above are kept.
bool valid(const campaign_selector& s) noexcept;

/// Whether a device is chosen, whatever it runs.
bool chosen(const campaign_selector& s, std::uint32_t device) noexcept;
/// Whether a device that runs this may be offered the firmware; a version nobody knows may.
bool runs_chosen_version(const campaign_selector& s, std::string_view version) noexcept;
/// The wave of a device, from 0 on.
std::uint8_t wave_of(const campaign_selector& s, std::uint32_t device) noexcept;
/// Who of a later wave comes first when an earlier one needs more devices: the lowest.
std::uint64_t wave_rank(const campaign_selector& s, std::uint32_t device) noexcept;
std::uint8_t wave_count(const campaign_selector& s) noexcept;

} // namespace fleet::cloud
