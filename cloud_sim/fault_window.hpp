// One fault of the twin in force: whom it hits, how hard, and what it has done. Internal to the
// fault desk and who asks it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "protocol/base/random.hpp"
#include "protocol/faults/fault.hpp"
#include "protocol/faults/timeline.hpp"

namespace fleet::cloud {

/// What selections are made under: the same wherever the fault acts.
struct fault_draw {
  std::uint64_t seed = 0;
  std::shared_ptr<const faults::region_map> regions{}; ///< none: no regions
  std::uint32_t devices = 0; ///< of the fleet, to count whom a fault selects; 0: unknown
};

/// Who ordered a fault, and how long it stays after they were heard of last.
struct fault_lease {
  std::string owner{}; ///< empty: nobody in particular
  duration lasts{0};   ///< 0: it stays without them
};

/// What one fault did. Written by the home's thread, read by any.
struct fault_mark {
  std::string name;
  faults::effect what = faults::effect::cloud_slow;
  std::atomic<std::uint32_t> selected{0}; ///< of the fleet, where its size is known
  std::atomic<std::uint32_t> hit{0};      ///< devices that felt it
  std::atomic<std::uint64_t> strikes{0};  ///< beginnings, and the parts of a ramp
  std::atomic<std::uint64_t> done{0};     ///< answers delayed, acknowledgements dropped …
  std::atomic<bool> in_force{false};
  std::atomic<time_point> began{never};
  std::atomic<time_point> ended{never};
};

/// Whom a strike hits.
class fault_choice {
public:
  fault_choice(const faults::selector& select, std::string_view name, fault_draw draw,
               const faults::strike& whom)
      : select_(select), draw_(std::move(draw)), key_(faults::key_of(name)), whom_(whom) {}

  [[nodiscard]] bool hits(std::uint32_t device) const noexcept {
    const faults::draw by{draw_.seed, draw_.regions.get()};
    if (!faults::selects(select_, by, key_, device)) {
      return false;
    }
    if (whom_.from_ppm == 0 && whom_.to_ppm >= faults::whole_ppm) {
      return true;
    }
    const auto place = faults::place_of(select_, by, key_, device);
    return place >= whom_.from_ppm && place < whom_.to_ppm;
  }
  /// Those up to there are hit now, from the first on.
  void reach(std::uint32_t to_ppm) noexcept { whom_ = {0, to_ppm, whom_.round}; }
  [[nodiscard]] std::uint64_t key() const noexcept { return key_; }
  [[nodiscard]] const faults::strike& strike() const noexcept { return whom_; }

private:
  faults::selector select_;
  fault_draw draw_;
  std::uint64_t key_;
  faults::strike whom_;
};

struct fault_window {
  fault_window(const faults::fault& f, const fault_draw& draw, const faults::strike& first,
               fault_mark& told)
      : fault(f), whom(f.select, f.name, draw, first),
        luck(draw.seed ^ faults::key_of(f.name), 0, "twin's fault"), mark(told) {
    whom.reach(first.to_ppm);
  }

  /// What one device had of its messages a second (cloud_throttle).
  struct second {
    time_point since{};
    std::uint64_t heard = 0;
  };
  faults::fault fault;
  fault_choice whom;
  random_stream luck;
  fault_mark& mark;
  std::uint32_t strength_ppm = faults::whole_ppm;
  std::unordered_map<std::uint32_t, second> seconds; ///< looked up, never walked
  std::unordered_set<std::uint32_t> hit;             ///< likewise
};

} // namespace fleet::cloud
