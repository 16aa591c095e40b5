// The other screen of a terminal, taken and given back: whatever ends the process, but for SIGKILL,
// the terminal is as it was. While it is taken, what anybody writes to standard error is kept and
// comes out when the terminal is given back. One at a time in a process.
#pragma once

#include <string>
#include <vector>

namespace fleet::program {

class terminal_guard {
public:
  /// `terminal`: a descriptor of it, which outlives the guard. Signals that end the process are
  /// watched from here on; nothing is taken yet.
  explicit terminal_guard(int terminal);
  /// Gives back what is taken.
  ~terminal_guard();
  terminal_guard(const terminal_guard&) = delete;
  terminal_guard& operator=(const terminal_guard&) = delete;

  /// Whether the shell lets this process have the terminal now.
  [[nodiscard]] bool in_front() const noexcept;
  [[nodiscard]] bool taken() const noexcept;
  /// The other screen, no cursor, keys as they are pressed, and standard error kept; false: it
  /// cannot be.
  bool take();
  /// All of it as before, and what was kept printed. Of much, the end.
  void give_back();
  /// The terminal is another's by now: nothing is written to it, else as give_back().
  void let_go();
  /// It is taken, and somebody may have changed it all the same.
  void take_again();
  /// Gives the terminal back and stops as Ctrl-Z means it, if that was pressed; returns when the
  /// process goes on. Whether it did.
  bool stop_if_asked();
  /// Whether the process was stopped and went on since the last call: whatever was on the screen
  /// may be gone.
  bool went_on() noexcept;
  /// Lines that were kept since the last call.
  std::vector<std::string> news();

private:
  void keep_errors();
  void bound_kept();

  std::string open_line_; ///< of news(), without its end yet
  long long read_to_ = 0; ///< of what is kept
};

} // namespace fleet::program
