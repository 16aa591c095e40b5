// What one shard of devices stands on and leaves behind: slots, meters, scratch buffers and the
// list of troubles. Plain data on one home; the supervisor actor moves it, the run reads it
// afterwards.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "actors/device/device.hpp"
#include "actors/device/firmware_stock.hpp"
#include "actors/supervision/device_set.hpp"
#include "actors/supervision/fault_marks.hpp"
#include "actors/supervision/timetable.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/faults/selector.hpp"

namespace fleet::actors {

/// Limits on restarting crashed devices (restart intensity).
struct restart_policy {
  std::uint8_t per_device_max = 5;                    ///< more crashes than this: given up
  duration forgiven_after = std::chrono::minutes{10}; ///< without another crash all are forgotten
  duration first_wait = std::chrono::seconds{1}; ///< doubles with each crash of the same device
  duration wait_cap = std::chrono::seconds{60};
  std::uint32_t per_second_max = 50; ///< restarts of the whole shard
};

/// One line of the report's "top reasons of failure".
struct trouble {
  std::uint64_t count = 0;
  std::uint32_t example_device = 0;
  std::string example_detail;
};

/// A crash as it is told to people.
struct crash_record {
  std::uint32_t device = 0;
  std::string what;
  std::string last_events;
};

/// A device in the order of its line: it is on while the timetable's target is above `position`.
struct start_place {
  std::uint32_t slot = 0;
  std::uint32_t position = 0;
};

/// Devices that come and go by one timetable, one after the other.
struct start_line {
  const timetable* load = nullptr; ///< outlives the shard
  std::vector<start_place> order;  ///< of this shard; positions rise
};

struct shard_options {
  std::uint32_t first = 0; ///< index of the first device
  std::uint32_t count = 0;
  device_set apart; ///< these devices, `count` in all, which need not follow each other; none: do
  double ramp_per_second = 0; ///< devices started per second by this shard; 0: all at once
  restart_policy restarts;
  /// Instead of the ramp: who is on when; devices of no line (behind a gateway) are never started.
  std::vector<start_line> lines;
  faults::draw draw; ///< the run's, for whom faults hit; its regions outlive the shard
  duration stop_patience = std::chrono::seconds{5}; ///< for a device that the load stops
};

/// The devices of one product in a shard: what they count, and what they are lent.
struct product_part {
  meters counts;
  device_surroundings around;
};

struct shard {
  /// `products` must cover the shard's devices and outlive it.
  shard(hal::home& h, const product_map& products, shard_options o, speech_scratch& speech);

  /// The part that the device of a slot belongs to.
  [[nodiscard]] product_part& part_of(std::uint32_t slot) noexcept {
    return parts[products.number_of(devices.at(slot))];
  }

  /// The slot that holds each device's accounts, by its own slot: behind a gateway it is the
  /// gateway's.
  [[nodiscard]] std::vector<const device_slot*> accounts() const;
  [[nodiscard]] std::vector<device_slot*> accounts();
  /// Gives gateways the slots of the devices behind them, which they otherwise get as they first
  /// boot.
  void make_slots_behind();

  hal::home& home;
  const product_map& products;
  const shard_options options;
  const device_set devices;
  firmware_stock stock;           ///< outlives the slots' boards
  std::deque<product_part> parts; ///< by the products' numbers, those without devices here too
  meters& counts;                 ///< of the first product
  std::deque<device_slot> slots;  ///< slot i belongs to device devices.at(i)

  /// Read these after the run only.
  std::array<trouble, outcome_count> troubles{};
  std::vector<crash_record> crashes; ///< the first hundred

  // Told to the director, from any thread.
  fault_marks faults;                                  ///< what came of those added so far
  std::array<counter, outcome_count> trouble_counts{}; ///< as in `troubles`, so far
  std::atomic<std::uint32_t> started{0};               ///< with a timetable: the most that were on
  std::atomic<std::uint32_t> stopped{0};
  std::atomic<std::uint64_t> in_flight{0}; ///< refreshed while quiet
  std::atomic<bool> done{false};           ///< all devices are stopped and their actors gone
};

} // namespace fleet::actors
