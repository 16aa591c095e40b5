// The table of a device's life, walked pair by pair.
#include "actors/device/phase.hpp"

#include <map>
#include <set>
#include <utility>

#include <gtest/gtest.h>

namespace fleet::actors {
namespace {

const std::map<std::pair<phase, step>, phase>& expected() {
  using p = phase;
  using s = step;
  static const std::map<std::pair<phase, step>, phase> table{
      {{p::off, s::run}, p::backing_off},
      {{p::off, s::stop_asked}, p::stopped},
      {{p::backing_off, s::attempt}, p::connecting},
      {{p::backing_off, s::stop_asked}, p::stopped},
      {{p::connecting, s::transport_up}, p::logging_on},
      {{p::connecting, s::link_ended}, p::backing_off},
      {{p::connecting, s::stop_asked}, p::stopped},
      {{p::logging_on, s::welcomed}, p::subscribing},
      {{p::logging_on, s::resumed}, p::online},
      {{p::logging_on, s::link_ended}, p::backing_off},
      {{p::logging_on, s::stop_asked}, p::stopping},
      {{p::subscribing, s::subscribed}, p::online},
      {{p::subscribing, s::link_ended}, p::backing_off},
      {{p::subscribing, s::stop_asked}, p::stopping},
      {{p::online, s::link_ended}, p::backing_off},
      {{p::online, s::stop_asked}, p::stopping},
      {{p::stopping, s::link_ended}, p::stopped},
      {{p::stopping, s::drained}, p::stopped},
      {{p::backing_off, s::reset}, p::off},
      {{p::connecting, s::reset}, p::off},
      {{p::logging_on, s::reset}, p::off},
      {{p::subscribing, s::reset}, p::off},
      {{p::online, s::reset}, p::off},
      {{p::stopping, s::reset}, p::stopped},
  };
  return table;
}

TEST(device_phase, follows_the_table_and_stays_everywhere_else) {
  for (std::size_t from = 0; from < phase_count; ++from) {
    for (std::size_t with = 0; with < step_count; ++with) {
      const std::pair key{static_cast<phase>(from), static_cast<step>(with)};
      const auto found = expected().find(key);
      const phase want = found == expected().end() ? stay : found->second;
      EXPECT_EQ(want, next_phase(key.first, key.second)) << from << " with " << with;
    }
  }
}

TEST(device_phase, reaches_stopped_from_everywhere_and_nothing_from_stopped) {
  for (std::size_t from = 0; from < phase_count; ++from) {
    std::set<phase> reached{static_cast<phase>(from)};
    for (std::size_t round = 0; round < phase_count; ++round) {
      for (const phase at : std::set<phase>{reached}) {
        for (std::size_t with = 0; with < step_count; ++with) {
          const phase to = next_phase(at, static_cast<step>(with));
          if (to != stay) {
            reached.insert(to);
          }
        }
      }
    }
    EXPECT_TRUE(reached.contains(phase::stopped));
    if (static_cast<phase>(from) == phase::stopped) {
      EXPECT_EQ(1U, reached.size());
    }
  }
}

} // namespace
} // namespace fleet::actors
