// `fleet cloud fault …` from beginning to end: request, answer, exit code.
#pragma once

#include "fleet/console/admin_api.hpp"
#include "fleet/console/console_talk.hpp"
#include "fleet/console/fault_options.hpp"

namespace fleet::program {

/// Asks through `api`; `where` names it in messages. Exit codes: 0 good, 1 the twin said no, 3
/// nobody answered.
console_outcome run_fault(const fault_options& what, admin_api& api, const std::string& where);

/// run_fault() against the twin that flags and environment name; prints.
exit_code execute_fault(const fault_options& what);

} // namespace fleet::program
