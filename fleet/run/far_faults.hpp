// Faults of the cloud for a run whose target is a twin in another process: sent to its admin API at
// their time. Blocks; knows no signals.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/console/admin_api.hpp"
#include "fleet/console/fault_request.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::program {

/// Orders `f` of the twin at `where`; its `at` counts from when the twin hears of it. The answer is
/// a sentence, or nothing where it was taken. The twin refuses cloud_restart.
std::optional<std::string> send_far_fault(admin_api& api, const std::string& where,
                                          const faults::fault& f, const fault_drawing& by);

/// Ends a fault; one that the twin does not know (any more) is no trouble.
std::optional<std::string> end_far_fault(admin_api& api, const std::string& where,
                                         std::string_view name);

/// What a fault has done by now, as the twin tells.
struct far_fault {
  std::string name;
  std::string state; ///< `waiting`, `in_force`, `over`
  std::uint64_t selected = 0;
  std::uint64_t hit = 0;
  std::uint64_t strikes = 0;
  std::uint64_t done = 0;
};
result<std::vector<far_fault>, std::string> list_far_faults(admin_api& api,
                                                            const std::string& where);

} // namespace fleet::program
