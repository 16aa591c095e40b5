// What the run asks of the machine it is on: memory, processor time, cores, signals. Linux only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "protocol/base/time.hpp"

namespace fleet::program {

/// Resident memory of this process in octets, from the kernel's own count.
std::uint64_t resident_bytes();
/// The most it ever was.
std::uint64_t resident_peak_bytes();
/// What the process holds of the machine besides.
struct process_holdings {
  std::uint64_t virtual_bytes = 0; ///< of address space
  std::uint64_t descriptors = 0;   ///< open
  std::uint64_t descriptors_max = 0;
  double began_s = 0; ///< since 1970
};
process_holdings holdings();
/// User and system time of this process so far, in seconds.
double cpu_seconds();
/// Processors this process may use, at least 1.
std::uint32_t usable_cores();
/// A seed nobody chose; small enough to be typed again.
std::uint64_t fresh_seed();
/// Words that this machine has from its start until it is started anew, and no other.
std::string this_machine();
/// Monotonic seconds, for the director's own pace only; worlds have their own clocks. They stand
/// while the machine sleeps.
double monotonic_seconds();
/// Monotonic seconds that go on while the machine sleeps, as a laptop does under its lid: for what
/// others count on, as leases.
double lasting_seconds();
/// Milliseconds since 1970 by the machine's clock, handed to a real world when it starts.
std::int64_t wall_clock_ms();

/// Keeps the words that this program was started with, for start_on_large_pages().
void keep_start(std::span<char* const> words);

/// Starts this program anew in this process, with a heap on large pages (glibc's tunable
/// glibc.malloc.hugetlb, which counts from the start only): a large fleet touches all of its memory
/// again and again, and of small pages a processor finds only a few without looking them up.
/// Returns where it has been done, or cannot be. Nothing may have begun: no thread, no output.
void start_on_large_pages();

/// SIGINT and SIGTERM as something the director waits for. Construct before any thread starts, so
/// that all threads inherit the block.
class stop_signals {
public:
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Waits up to `at_most` for a signal; 0 looks only. Answers the signal's number. Takes effect
  /// while an object exists.
  static std::optional<int> wait(duration at_most);
  /// Whether one is there, which stays for wait().
  static bool pending();
};

} // namespace fleet::program
