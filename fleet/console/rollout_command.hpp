// `fleet cloud firmware …` and `fleet cloud campaign …` from beginning to end: files, requests,
// answers, exit code.
#pragma once

#include <string>

#include "fleet/console/admin_api.hpp"
#include "fleet/console/console_talk.hpp"
#include "fleet/console/onlooker.hpp"
#include "fleet/console/rollout_options.hpp"

namespace fleet::program {

/// Asks through `api`; `where` names it in messages. Reads the files that `what` names. Exit codes:
/// 0 good, 1 the twin said no, or a campaign that was watched failed, 2 a file or a name is wrong,
/// 3 nobody answered, 130 the watching was ended.
console_outcome run_rollout(const rollout_options& what, admin_api& api, const std::string& where,
                            onlooker& watcher);

/// run_rollout() against the twin that flags and environment name; prints.
exit_code execute_rollout(const rollout_options& what);

} // namespace fleet::program
