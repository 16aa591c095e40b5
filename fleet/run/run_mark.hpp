// By what a run marks what it leaves at a twin in another process, so that a later run knows
// whether whoever left it is still there. Linux only.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

namespace fleet::program {

/// Of this process: `run-PID-START-PLACE`, START in ticks of the kernel since the machine started,
/// PLACE a number for that start of the machine and this namespace of process numbers.
std::string run_mark();

/// Whether `mark` is of a process that was here and is gone. Of one elsewhere nothing is known, and
/// what is no mark is nobody's: false.
bool is_of_a_run_gone(std::string_view mark);

/// What one process is let see of another.
struct seen_process {
  std::string stat;  ///< its line in /proc; empty: there is none, or it is not shown
  bool there = true; ///< the kernel knows its number
};
seen_process see_process(pid_t pid);

/// The same, of what was seen of the process that the mark names.
bool is_of_a_run_gone(std::string_view mark, const seen_process& seen);

} // namespace fleet::program
