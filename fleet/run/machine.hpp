// What the run asks of the machine it is on: memory, processor time, cores, signals. Linux only.
#pragma once

#include <cstdint>
#include <optional>

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
/// Monotonic seconds, for the director's own pace only; worlds have their own clocks.
double monotonic_seconds();
/// Milliseconds since 1970 by the machine's clock, handed to a real world when it starts.
std::int64_t wall_clock_ms();

/// Asks the kernel for large pages under the heap as it grows: a fleet touches all of its memory
/// again and again, and of small pages a processor finds only a few without looking them up.
/// Advice: where the kernel has none, or the heap is a sanitizer's, nothing happens.
class large_pages {
public:
  /// The heap grows by large steps from now on, so that advise() comes before it is touched.
  large_pages() noexcept;
  /// For what the heap has grown by since; whenever it may have.
  void advise() noexcept;

private:
  std::uintptr_t advised_to_;
};

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
};

} // namespace fleet::program
