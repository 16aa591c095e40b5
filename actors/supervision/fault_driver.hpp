// Carries out the faults of network and device in one shard: a timeline on the shard's home, with
// one timer, that sweeps the slots a fault hits once at each of its edges. The effects themselves
// are the links', the boards' and the devices'. Faults of the cloud and its firmware server pass it
// by.
//
// A device behind a gateway has no link and no board of its own to speak of: where a network fault
// selects it by index, its gateway's link is hit, once however many are selected; the gateway's own
// draw and region decide for all behind it. A device fault that selects it does nothing.
//
// Power is away until the last fault that takes it is over; of memory the tightest counts, shares
// and drifts add up. All of that holds over reboots, crashes and for devices that start later.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/device/board_faults.hpp"
#include "actors/supervision/device_actor.hpp"
#include "actors/supervision/fault_marks.hpp"
#include "actors/supervision/shard.hpp"
#include "hal_sim/board/link_faults.hpp"
#include "hal_sim/world/timer.hpp"
#include "protocol/faults/timeline.hpp"

namespace fleet::actors {

/// Who has the actors of a shard's devices.
class device_finder {
public:
  /// Null where a device is not started, or has ended.
  virtual device_actor* device_at(std::uint32_t slot) noexcept = 0;

protected:
  ~device_finder() = default;
};

/// What a fault does to links while it has `strength_ppm` of its strength, of those that last.
hal::link_disturbance disturbance_of(const faults::fault& f, std::uint32_t strength_ppm) noexcept;

class fault_driver final : hal::timer, faults::timeline_events, public board_faults {
public:
  /// Both outlive it.
  fault_driver(shard& s, device_finder& devices);
  ~fault_driver();
  fault_driver(const fault_driver&) = delete;
  fault_driver& operator=(const fault_driver&) = delete;

  /// Its `at` counts from now, or from `since` ago, or from start(). False, and nothing happens: it
  /// is no fault of a network or a device, timeline::add() or fault_marks::add() does not take it,
  /// or all is over.
  bool add(const faults::fault& f, duration since = duration{0});
  /// Ends it, if it has begun; false: there is none of that name.
  bool remove(std::string_view name);
  /// The devices run from now on, in a run that began at `began`: windows that are open are, and
  /// moments before now have passed these devices by.
  void start(time_point began);
  /// Ends all that is in force; nothing strikes any more.
  void finish();

  [[nodiscard]] board_standing standing(std::uint32_t index) const override;

private:
  /// A device that a fault selects, and where in a ramp its turn is.
  struct target {
    std::uint32_t place_ppm;
    std::uint32_t slot;
  };
  /// Those from one place to another reboot again at `next`.
  struct loop {
    faults::strike whom;
    time_point next;
  };
  struct known {
    known(const faults::fault& f, fault_mark& m) : fault(f), key(faults::key_of(f.name)), mark(m) {}
    faults::fault fault;
    std::uint64_t key;
    fault_mark& mark;
    std::vector<target> targets;   ///< by place, while it strikes or is in force
    std::uint32_t reached_ppm = 0; ///< of a window in force
    std::uint32_t round = 0;
    hal::link_disturbance weather;
    std::vector<loop> loops;
  };

  void on_wake(time_point now) override;
  void on_strike(const faults::fault& f, const faults::strike& whom) override;
  void on_strength(const faults::fault& f, std::uint32_t ppm) override;
  void on_end(const faults::fault& f) override;

  [[nodiscard]] known* find(std::string_view name) noexcept;
  void find_targets(known& of) const;
  [[nodiscard]] bool selects(const known& of, std::uint32_t slot) const;
  [[nodiscard]] bool hits(const known& of, std::uint32_t index) const;
  /// Whether there was something to act on.
  bool strike(known& of, std::uint32_t slot);
  bool strike_link(known& of, hal::board& board);
  bool strike_board(known& of, std::uint32_t slot);
  void lift(known& of, std::uint32_t slot);
  /// Makes a board what its faults in force say, after one of them changed.
  bool refresh(faults::effect after, std::uint32_t slot);
  void catch_up();
  void run_loops();
  void re_arm();
  [[nodiscard]] time_point now() const noexcept { return shard_.home.now(); }

  shard& shard_;
  device_finder& devices_;
  faults::timeline timeline_;
  std::vector<std::unique_ptr<known>>
      known_; ///< of the timeline's, and those that wait for start()
  bool started_ = false;
  bool catching_up_ = false;
  bool finished_ = false;
};

} // namespace fleet::actors
