// The table of a sub-device's life, walked pair by pair.
#include <map>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "protocol/alink/gateway_states.hpp"

namespace fleet::alink {
namespace {

using s = sub_device_state;
using e = sub_device_step;

std::map<std::pair<s, e>, s> expected() {
  std::map<std::pair<s, e>, s> table{
      {{s::unregistered, e::begin}, s::registering},
      {{s::unbound, e::begin}, s::adding},
      {{s::offline, e::begin}, s::logging_in},
      {{s::registering, e::registered}, s::adding},
      {{s::adding, e::added}, s::logging_in},
      {{s::logging_in, e::logged_in}, s::online},
      {{s::logging_out, e::logged_out}, s::parked},
      {{s::logging_in, e::topology_missing}, s::adding},
      {{s::online, e::session_lost}, s::logging_in},
      {{s::logging_out, e::session_lost}, s::parked},
      {{s::registering, e::link_lost}, s::unregistered},
      {{s::adding, e::link_lost}, s::unbound},
      {{s::logging_in, e::link_lost}, s::offline},
      {{s::online, e::link_lost}, s::offline},
      {{s::logging_out, e::link_lost}, s::parked},
      {{s::disabled, e::enable}, s::parked},
      {{s::logging_out, e::restart_bound}, s::logging_in},
      {{s::logging_in, e::stop}, s::logging_out},
      {{s::parked, e::dismiss}, s::unbinding},
      {{s::unbinding, e::topology_deleted}, s::unregistering},
      {{s::unregistering, e::forgotten}, s::parked},
      {{s::unbinding, e::link_lost}, s::parked},
      {{s::unregistering, e::link_lost}, s::parked},
      {{s::online, e::stop}, s::logging_out},
  };
  for (const s from : {s::registering, s::adding, s::logging_in}) {
    table[{from, e::refuse}] = s::refused;
  }
  for (const s from :
       {s::unregistered, s::registering, s::unbound, s::adding, s::offline, s::refused}) {
    table[{from, e::stop}] = s::parked;
  }
  for (const s from : {s::parked, s::refused, s::disabled, s::deleted}) {
    table[{from, e::restart_unknown}] = s::unregistered;
    table[{from, e::restart_unbound}] = s::unbound;
    table[{from, e::restart_bound}] = s::offline;
  }
  for (std::size_t from = 0; from < sub_device_state_count; ++from) {
    const auto state = static_cast<s>(from);
    // That a relation is gone is what the gateway has asked for by then.
    if (state != s::deleted && state != s::unbinding && state != s::unregistering) {
      table[{state, e::erase}] = s::deleted;
    }
    if (state != s::deleted && state != s::disabled) {
      table[{state, e::disable}] = s::disabled;
    }
  }
  return table;
}

TEST(gateway_states, follow_the_table_and_stay_everywhere_else) {
  const auto table = expected();
  for (std::size_t from = 0; from < sub_device_state_count; ++from) {
    for (std::size_t with = 0; with < sub_device_step_count; ++with) {
      const std::pair key{static_cast<s>(from), static_cast<e>(with)};
      const auto found = table.find(key);
      EXPECT_EQ(found == table.end() ? sub_device_stays : found->second,
                next_state(key.first, key.second))
          << from << " with " << with;
    }
  }
}

TEST(gateway_states, lead_online_from_everywhere) {
  for (std::size_t from = 0; from < sub_device_state_count; ++from) {
    std::set<s> reached{static_cast<s>(from)};
    for (std::size_t round = 0; round < sub_device_state_count; ++round) {
      for (const s at : std::set<s>{reached}) {
        for (std::size_t with = 0; with < sub_device_step_count; ++with) {
          const s to = next_state(at, static_cast<e>(with));
          if (to != sub_device_stays) {
            reached.insert(to);
          }
        }
      }
    }
    EXPECT_TRUE(reached.contains(s::online)) << from;
  }
}

TEST(gateway_states, leave_disabled_only_by_being_enabled_or_erased_or_by_asking_again) {
  for (std::size_t with = 0; with < sub_device_step_count; ++with) {
    const auto step = static_cast<e>(with);
    const bool leaves = step == e::enable || step == e::erase || step == e::restart_unknown
                        || step == e::restart_unbound || step == e::restart_bound;
    EXPECT_EQ(leaves, next_state(s::disabled, step) != sub_device_stays) << with;
  }
}

} // namespace
} // namespace fleet::alink
