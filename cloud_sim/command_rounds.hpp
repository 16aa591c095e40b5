// Sends every device a command each interval: one timer for all, the devices spread over the
// interval by hash. Decides when; what a command is, and whether it can go, the character decides.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "cloud_sim/character.hpp"
#include "cloud_sim/counters.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::cloud {

struct command_options {
  duration interval = std::chrono::seconds{30}; ///< per device; at least a millisecond
  mqtt::qos qos = mqtt::qos::at_least_once;
  std::uint64_t seed = 0; ///< moves the devices' places in the interval
  /// Open broker only: the devices 0…count−1 take part. With 0, those whose tagged messages came
  /// by. The platform takes whoever is online.
  std::uint32_t devices = 0;
};

class command_rounds final : public hal::timer {
public:
  /// The interval is cut into so many slots; a wake serves the devices of one slot.
  static constexpr std::uint32_t slot_count = 1024;

  command_rounds(hal::home& where, character& speaker, twin_counters& counters,
                 const command_options& options, std::uint32_t devices_max);
  ~command_rounds();

  /// The device takes part from now on; again and again is as good as once.
  void add(std::uint32_t device);
  [[nodiscard]] std::size_t size() const noexcept { return members_; }

private:
  void on_wake(time_point now) override;
  void serve(std::uint32_t slot, time_point due);
  void skip_passed();
  void arm_next();
  [[nodiscard]] std::uint32_t slot_of(std::uint32_t device) const noexcept;
  [[nodiscard]] time_point due(std::uint64_t round, std::uint32_t slot) const noexcept;

  hal::home& home_;
  character& speaker_;
  twin_counters& counters_;
  const command_options options_;
  const std::uint32_t devices_max_;
  const time_point origin_;
  std::array<std::vector<std::uint32_t>, slot_count> slots_;
  std::array<std::uint64_t, slot_count / 64> filled_{}; ///< a bit for each slot with devices
  std::vector<bool> member_;                            ///< by device
  std::size_t members_ = 0;
  std::uint64_t position_ = 0; ///< slots since the origin that are done with
  std::uint64_t armed_ = 0;    ///< the slot since the origin that the timer waits for
  bool waits_ = false;         ///< for one
};

} // namespace fleet::cloud
