// Two hashes of campaign and device: one chooses, the other sorts into waves.
#include "cloud_sim/campaigns/selector.hpp"

#include <algorithm>

#include "protocol/base/random.hpp"

namespace fleet::cloud {

namespace {

std::uint64_t permille_of(const campaign_selector& s, std::uint32_t device,
                          std::string_view purpose) noexcept {
  return random_stream{hash_text(s.name), device, purpose}.below(1000);
}

} // namespace

bool valid(const campaign_selector& s) noexcept {
  const auto not_rising = [](std::uint32_t a, std::uint32_t b) { return a >= b; };
  const auto rises = [&](const auto& list) {
    return std::adjacent_find(list.begin(), list.end(), not_rising) == list.end();
  };
  const bool waves = s.waves.empty()
                     || (s.waves.size() <= campaign_waves_max && s.waves.front() != 0
                         && s.waves.back() == 1000 && rises(s.waves));
  return !s.name.empty() && s.permille <= 1000 && s.from_versions.size() <= campaign_versions_max
         && rises(s.devices) && waves;
}

bool chosen(const campaign_selector& s, std::uint32_t device) noexcept {
  const bool listed =
      s.devices.empty() || std::binary_search(s.devices.begin(), s.devices.end(), device);
  return listed && permille_of(s, device, "campaign") < s.permille;
}

bool runs_chosen_version(const campaign_selector& s, std::string_view version) noexcept {
  return version.empty() || s.from_versions.empty()
         || std::find(s.from_versions.begin(), s.from_versions.end(), version)
                != s.from_versions.end();
}

std::uint8_t wave_of(const campaign_selector& s, std::uint32_t device) noexcept {
  const std::uint64_t place = permille_of(s, device, "wave");
  const auto wave = std::upper_bound(s.waves.begin(), s.waves.end(), place);
  return static_cast<std::uint8_t>(wave - s.waves.begin());
}

std::uint64_t wave_rank(const campaign_selector& s, std::uint32_t device) noexcept {
  return random_stream{hash_text(s.name), device, "rank"}.next();
}

std::uint8_t wave_count(const campaign_selector& s) noexcept {
  return static_cast<std::uint8_t>(std::max<std::size_t>(1, s.waves.size()));
}

} // namespace fleet::cloud
