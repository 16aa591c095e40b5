// `fleet doctor`: looks whether a planned run can work on this machine. Starts no device.
#pragma once

#include <iosfwd>

#include "fleet/doctor/options.hpp"
#include "fleet/options.hpp"
#include "fleet/workers/options.hpp"

namespace fleet::program {

/// Findings on `out`, mistakes of the command line or the scenario on `errors`. Answers passed
/// where nothing is in the way, expectation_failed where the run would work badly,
/// environment_failed where it cannot work, wrong_usage, or interrupted. `crew`: who is to have the
/// devices.
exit_code execute_doctor(const doctor_options& options, const crew_options& crew, std::ostream& out,
                         std::ostream& errors);

} // namespace fleet::program
