// By what a run marks what it leaves at a twin in another process, so that a later run knows
// whether whoever left it is still there. Linux only.
#pragma once

#include <string>
#include <string_view>

namespace fleet::program {

/// Of this process: `run-PID-START-PLACE`, START in ticks of the kernel since the machine started,
/// PLACE a number for that start of the machine and this namespace of process numbers.
std::string run_mark();

/// Whether `mark` is of a process that was here and is gone. Of one elsewhere nothing is known, and
/// what is no mark is nobody's: false.
bool is_of_a_run_gone(std::string_view mark);

} // namespace fleet::program
