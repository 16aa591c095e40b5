// A wheel of one turn an interval. Empty slots are skipped by their bits, so that few devices cost
// few wakes; a device found absent leaves its slot and comes back when it logs on. A home that is
// late serves all that it missed, each as of its time.
#include "cloud_sim/command_rounds.hpp"

#include <algorithm>
#include <bit>

#include "protocol/base/random.hpp"

namespace fleet::cloud {

command_rounds::command_rounds(hal::home& where, character& speaker, twin_counters& counters,
                               const command_options& options, std::uint32_t devices_max)
    : home_(where), speaker_(speaker), counters_(counters), options_(options),
      devices_max_(devices_max), origin_(where.now()) {
  const auto known = std::min(options_.devices, devices_max_);
  for (std::uint32_t device = 0; device < known; ++device) {
    add(device);
  }
}

command_rounds::~command_rounds() {
  home_.disarm(*this);
}

std::uint32_t command_rounds::slot_of(std::uint32_t device) const noexcept {
  return static_cast<std::uint32_t>(mix64(options_.seed * 0x9e3779b97f4a7c15ULL + device + 1)
                                    % slot_count);
}

time_point command_rounds::due(std::uint64_t round, std::uint32_t slot) const noexcept {
  const auto turn = std::max<duration>(options_.interval, std::chrono::milliseconds{1});
  return origin_ + turn * static_cast<std::int64_t>(round)
         + turn / slot_count * static_cast<std::int64_t>(slot);
}

void command_rounds::add(std::uint32_t device) {
  if (device >= devices_max_) {
    return;
  }
  if (device >= member_.size()) {
    member_.resize(device + 1);
  }
  if (member_[device]) {
    return;
  }
  member_[device] = true;
  ++members_;
  const auto slot = slot_of(device);
  slots_[slot].push_back(device);
  filled_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  skip_passed();
  arm_next();
}

/// Slots that passed while there was nothing in them are not made up for.
void command_rounds::skip_passed() {
  const auto turn = std::max<duration>(options_.interval, std::chrono::milliseconds{1});
  const auto since = home_.now() - origin_;
  const auto passed = static_cast<std::uint64_t>(since / turn) * slot_count
                      + static_cast<std::uint64_t>(since % turn / (turn / slot_count));
  // The slot that the timer waits for is served however late it is, and all behind it.
  position_ = std::max(position_, waits_ ? std::min(passed, armed_) : passed);
}

void command_rounds::arm_next() {
  // Until its slot is served, one that is added to an earlier slot comes first.
  auto round = position_ / slot_count;
  auto slot = static_cast<std::uint32_t>(position_ % slot_count);
  for (std::uint32_t word = 0; word <= filled_.size(); ++word) {
    const auto at = (slot / 64) % filled_.size();
    const auto ahead = filled_[at] & (~std::uint64_t{0} << (slot % 64));
    if (ahead != 0) {
      slot =
          static_cast<std::uint32_t>(at) * 64 + static_cast<std::uint32_t>(std::countr_zero(ahead));
      armed_ = round * slot_count + slot;
      waits_ = true;
      home_.arm(*this, due(round, slot));
      return;
    }
    slot = (slot / 64 + 1) * 64;
    if (slot == slot_count) {
      slot = 0;
      ++round;
    }
  }
  waits_ = false;
  home_.disarm(*this);
}

void command_rounds::serve(std::uint32_t slot, time_point due) {
  auto& devices = slots_[slot];
  for (std::size_t i = 0; i < devices.size();) {
    const auto device = devices[i];
    bool stays = true;
    switch (speaker_.command(device, options_.qos, due)) {
      case command_outcome::sent: cloud::add(counters_.downlinks); break;
      case command_outcome::offline:
      case command_outcome::unknown_device: stays = options_.devices != 0; [[fallthrough]];
      case command_outcome::not_subscribed:
      case command_outcome::nothing_to_set:
      case command_outcome::busy: cloud::add(counters_.downlinks_skipped); break;
    }
    if (stays) {
      ++i;
      continue;
    }
    devices[i] = devices.back();
    devices.pop_back();
    member_[device] = false;
    --members_;
  }
  if (devices.empty()) {
    filled_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  }
}

void command_rounds::on_wake(time_point) {
  position_ = armed_ + 1;
  const auto slot = static_cast<std::uint32_t>(armed_ % slot_count);
  serve(slot, due(armed_ / slot_count, slot));
  arm_next();
}

} // namespace fleet::cloud
