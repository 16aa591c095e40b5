// What the main thread waits for while a device runs: octets on a descriptor, signals, and a nudge
// from another thread. Linux only; SIGINT and SIGTERM must be blocked (stop_signals).
#pragma once

#include <optional>
#include <string>

namespace fleet::program {

class waiter {
public:
  waiter();
  ~waiter();
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  struct news {
    bool readable = false;     ///< a read of the descriptor does not block
    std::optional<int> signal; ///< its number
  };
  /// Waits without end for any of the three; `input` of -1 leaves the descriptor out.
  news wait(int input);

  /// Ends a wait(), the present or the next one. From any thread.
  void nudge() noexcept;

private:
  int signals_ = -1;
  int nudges_ = -1;
};

/// Whether a person sits at a descriptor.
bool is_terminal(int descriptor) noexcept;

/// Octets of a descriptor, at most 64 KiB; empty at the end of input and where it cannot be read.
std::string read_some(int descriptor);

} // namespace fleet::program
