// Faults of a twin as requests of its admin API, and its answers for people. Sends nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fleet/console/admin_api.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::program {

/// What a run selects its devices by, so that a twin selects the same.
struct fault_drawing {
  std::uint64_t seed = 0;
  std::span<const std::uint32_t> region_shares_ppm{}; ///< none: no regions
  std::uint32_t devices = 0;                          ///< of the run; 0: unknown
};

/// Whose a fault is, and how long the twin keeps it without hearing of them; 0: for ever.
struct fault_ownership {
  std::string owner; ///< empty: nobody's in particular
  duration lease{0};
};

admin_request add_fault_request(const faults::fault& f, const fault_drawing& by,
                                const fault_ownership& whose = {});
/// With an owner: only if it is theirs.
admin_request remove_fault_request(std::string_view name, std::string_view owner = {});
admin_request faults_request();
/// The same list, and those of the owner's faults stay for as long again.
admin_request renew_faults_request(std::string_view owner, std::span<const std::string> names);

/// The table of an answer to faults_request(); nothing where it has another form.
std::optional<std::string> render_faults(std::string_view body);
/// The name in an answer to add_fault_request().
std::optional<std::string> fault_name(std::string_view body);

} // namespace fleet::program
