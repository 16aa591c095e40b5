// Faults of the cloud for a run whose target is a twin in another process: sent to its admin API at
// their time, as this run's own. Blocks; knows no signals.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/console/admin_api.hpp"
#include "fleet/console/fault_request.hpp"
#include "fleet/run/fault_refusal.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::program {

/// How long a far twin keeps the faults of a run that it does not hear of any more.
inline constexpr duration far_lease = std::chrono::seconds{30};

/// Orders `f` of the twin at `where`; its `at` counts from when the twin hears of it. Nothing: it
/// was taken. The twin refuses cloud_restart.
std::optional<fault_refusal> send_far_fault(admin_api& api, const std::string& where,
                                            const faults::fault& f, const fault_drawing& by,
                                            const std::string& owner);

/// Ends a fault of the owner's; one that the twin does not know (any more) is no trouble.
std::optional<std::string> end_far_fault(admin_api& api, const std::string& where,
                                         std::string_view name, std::string_view owner);

/// What a fault has done by now, as the twin tells.
struct far_fault {
  std::string name;
  std::string owner; ///< empty: nobody's in particular
  std::string state; ///< `waiting`, `in_force`, `over`
  duration since{0}; ///< in force for so long
  std::uint64_t selected = 0;
  std::uint64_t hit = 0;
  std::uint64_t strikes = 0;
  std::uint64_t done = 0;
};
/// All of them.
result<std::vector<far_fault>, std::string> list_far_faults(admin_api& api,
                                                            const std::string& where);
/// Those of an owner, of which the twin keeps the named ones for another far_lease.
result<std::vector<far_fault>, std::string> renew_far_faults(admin_api& api,
                                                             const std::string& where,
                                                             std::string_view owner,
                                                             std::span<const std::string> names);

/// What is left of a fault that was ordered `since` ago and is no more, to be ordered again, its
/// `at` counted from now. `struck`: it was seen to have begun. What strikes once and was not seen
/// to is due at once. Nothing: its time is over.
std::optional<faults::fault> rest_of(const faults::fault& f, duration since, bool struck);

/// What was at a far twin before this run's first fault.
struct far_remains {
  std::vector<std::string> notes;   ///< for people
  std::optional<std::string> clash; ///< why this run cannot have its faults there
};
/// Takes off what runs that are gone have left, and tells of the rest. `wanted`: the names of this
/// run's own.
far_remains clear_far_faults(admin_api& api, const std::string& where,
                             const std::set<std::string>& wanted);

} // namespace fleet::program
