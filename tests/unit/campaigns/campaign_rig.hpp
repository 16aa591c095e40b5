// A campaign with the fleet it is for: devices that are offered, report and fail as a test says.
#pragma once

#include <memory>
#include <ranges>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cloud_sim/campaigns/campaign.hpp"

namespace fleet::cloud {

inline time_point at(std::int64_t ms) {
  return time_point{std::chrono::milliseconds{ms}};
}

inline campaign_rules plain_rules() {
  campaign_rules out;
  out.select.name = "spring";
  out.version = "2.0";
  return out;
}

struct campaign_rig {
  campaign machine;
  std::vector<std::uint32_t> offers; ///< since the last look
  std::set<std::uint32_t> changed;
  unsigned campaign_changes = 0;

  static std::vector<device_facts> fleet_of(std::uint32_t devices) {
    std::vector<device_facts> out;
    for (std::uint32_t d = 0; d < devices; ++d) {
      out.push_back({.device = d, .version = "1.0", .online = true});
    }
    return out;
  }
  explicit campaign_rig(const campaign_rules& rules, std::uint32_t devices = 10)
      : campaign_rig(rules, fleet_of(devices)) {}
  campaign_rig(const campaign_rules& rules, const std::vector<device_facts>& devices)
      : machine(rules, devices) {}

  void drain() {
    while (const auto event = machine.next_event()) {
      std::visit([this](const auto& e) { take(e); }, *event);
    }
  }
  void take(const campaign_event::offer& e) { offers.push_back(e.device); }
  void take(const campaign_event::device_changed& e) { changed.insert(e.device); }
  void take(const campaign_event::campaign_changed&) { ++campaign_changes; }

  std::vector<std::uint32_t> take_offers() {
    std::vector<std::uint32_t> out;
    out.swap(offers);
    return out;
  }
  void start(time_point now) {
    machine.start(now);
    drain();
  }
  void online(std::uint32_t device, std::string_view version, time_point now) {
    machine.online(device, version, now);
    drain();
  }
  void progress(std::uint32_t device, int step, time_point now) {
    machine.progressed(device, step, now);
    drain();
  }
  /// The device takes the firmware and comes back with it.
  void upgrade(std::uint32_t device, time_point now) {
    progress(device, 100, now);
    online(device, "2.0", now);
  }
  time_point wait() {
    const time_point due = machine.next_timeout();
    EXPECT_NE(due, never);
    machine.handle_timeout(due);
    drain();
    return due;
  }
  [[nodiscard]] std::uint32_t in(rollout_state s) const { return machine.sums().of(s); }
  [[nodiscard]] const rollout_device& device(std::uint32_t d) const { return *machine.find(d); }

  /// What the sums say must be what the rows say.
  void expect_sums() const {
    std::array<std::uint32_t, rollout_state_count> counted{};
    for (const rollout_device& d : machine.devices()) {
      ++counted[static_cast<std::size_t>(d.state)];
    }
    EXPECT_EQ(counted, machine.sums().by_state);
    EXPECT_EQ(machine.devices().size(), machine.sums().devices);
  }
};

} // namespace fleet::cloud
