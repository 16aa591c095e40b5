// When faults begin, grow, strike and end: a list of them with their next edges. Whoever owns what
// they act on drives one, with its home's time and one timer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/base/time.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::faults {

/// Of those that a fault selects, the ones whose place (place_of) is from `from_ppm` on and below
/// `to_ppm` are hit now.
struct strike {
  std::uint32_t from_ppm = 0;
  std::uint32_t to_ppm = whole_ppm;
  std::uint32_t round = 0; ///< of a moment that repeats, from 0 on
};

/// Told by timeline::advance(), in the order of time; faults of the same moment in the order in
/// which they were added. None of these calls may change the timeline.
class timeline_events {
public:
  /// A window begins for these devices, or a moment strikes them.
  virtual void on_strike(const fault& f, const strike& whom) = 0;
  /// A gradual window has this part of its strength now, for all whom it selects; told after
  /// on_strike and at each step of a ramp.
  virtual void on_strength(const fault& f, std::uint32_t ppm) = 0;
  /// It is over for everybody; of a moment, after its last strike.
  virtual void on_end(const fault& f) = 0;

protected:
  ~timeline_events() = default;
};

class timeline {
public:
  static constexpr std::size_t faults_max = 500;
  /// Parts of a ramp, and the shortest of them.
  static constexpr std::uint32_t ramp_steps = 50;
  static constexpr duration ramp_step_least = std::chrono::milliseconds{100};

  /// Takes a fault whose `at` counts from `start`; false: its name is there already, complaint_of()
  /// has something, or there are too many. What should have begun before is due at once.
  bool add(fault f, time_point start);

  /// Ends it, if it has begun, and forgets it; false: there is none of that name.
  bool remove(std::string_view name, timeline_events& told);
  void remove_all(timeline_events& told);

  /// Does what is due at `now`.
  void advance(time_point now, timeline_events& told);
  [[nodiscard]] time_point next_edge() const noexcept;

  /// Tells again what is in force: on_strike for all who were hit, and on_strength.
  void replay(timeline_events& told) const;

  enum class state : std::uint8_t { waiting, in_force, over };
  struct entry {
    faults::fault fault;
    time_point begin{};
    time_point next = never; ///< its next edge
    std::uint32_t reached_ppm = 0;
    std::uint32_t round = 0;
    timeline::state now = timeline::state::waiting;
  };
  /// In the order of add(); those that are over stay.
  [[nodiscard]] const std::vector<entry>& all() const noexcept { return entries_; }
  [[nodiscard]] const entry* find(std::string_view name) const noexcept;

private:
  std::vector<entry> entries_;
};

} // namespace fleet::faults
