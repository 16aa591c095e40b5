// Whom a fault hits: by index, by region and by percent, all of which must hold. Hashed from seed,
// fault and device (design, part 9), so that workers agree without a word.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace fleet::faults {

inline constexpr std::uint32_t whole_ppm = 1'000'000;

/// Devices `first` to `last`, both included.
struct index_range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  friend bool operator==(const index_range&, const index_range&) = default;
};

/// One selection. Products, tags and lists of names have become indices before.
struct selector {
  std::uint32_t share_ppm = whole_ppm; ///< of those that the rest selects, by hash
  std::vector<index_range> among{};    ///< rising, apart from one another; none: all devices
  bool nobody = false;                 ///< what was selected by name or tag is not in this fleet
  std::uint64_t regions = 0;           ///< a bit for each region of the run; 0: any
  /// Of those again so many, drawn by `family` instead of the fault's name: faults of one family
  /// hit the same devices, each in the same turn. 0: the fault is drawn by itself.
  std::uint64_t family = 0;
  std::uint32_t family_ppm = whole_ppm;

  friend bool operator==(const selector&, const selector&) = default;
};
/// Whether its ranges rise and lie apart, and its shares are some.
bool valid(const selector& s) noexcept;

/// A fault's, or a family's, part of every hash: its name's.
std::uint64_t key_of(std::string_view fault_name) noexcept;

/// What region a device is in, where the run has any: parts of the fleet by their shares, by hash.
class region_map {
public:
  static constexpr std::size_t regions_max = 64;
  region_map() = default;
  /// `shares_ppm` add up to whole_ppm at most; who is in none of them is in no region.
  explicit region_map(std::vector<std::uint32_t> shares_ppm);
  [[nodiscard]] std::size_t size() const noexcept { return ends_ppm_.size(); }
  /// From 0 on; size() for none.
  [[nodiscard]] std::size_t of(std::uint64_t seed, std::uint32_t device) const noexcept;

private:
  std::vector<std::uint32_t> ends_ppm_;
};

/// What selections are made under: the same for all faults of a run.
struct draw {
  std::uint64_t seed = 0;
  const region_map* regions = nullptr; ///< none: no regions
};

/// Whether `device` is one of them.
bool selects(const selector& s, const draw& by, std::uint64_t key, std::uint32_t device) noexcept;

/// Where in a ramp `device` has its turn, in [0, whole_ppm); independent of selects().
std::uint32_t place_of(const selector& s, const draw& by, std::uint64_t key,
                       std::uint32_t device) noexcept;

} // namespace fleet::faults
