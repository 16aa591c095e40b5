// The checks of clocks and timers, which are this machine's whoever has the devices. Pure.
#pragma once

#include "fleet/doctor/findings.hpp"

namespace fleet::doctor {

finding clock(const machine_facts& machine, const run_needs& needs);
finding timers(const machine_facts& machine, const run_needs& needs);
finding wall_clock(const machine_facts& machine, const run_needs& needs);

} // namespace fleet::doctor
