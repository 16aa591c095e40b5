// One run of this same program as a process of its own, so that neither a crash nor a hang of it
// reaches who started it. Linux only.
#pragma once

#include <string>
#include <vector>

#include "protocol/base/time.hpp"

namespace fleet::sweep {

enum class child_end : std::uint8_t {
  exited,     ///< with `code`
  signalled,  ///< by signal `code`
  out_of_time ///< it took more processor time, or more time, than it may
};

struct child_result {
  child_end how = child_end::exited;
  int code = 0;
  std::string said; ///< what it wrote to standard error, its end if that is long
};

class child {
public:
  /// Processor time that one run may take; it has ten times as much by the clock.
  static constexpr int cpu_seconds_most = 120;

  /// Starts `words` (without the program's name) with standard output thrown away and standard
  /// error kept in the file `log`. Only while there is one thread. The child dies with us.
  static child start(const std::vector<std::string>& words, const std::string& log);

  /// None: over at once.
  child() = default;
  child(child&& other) noexcept;
  child& operator=(child&& other) noexcept;
  /// Kills it if it still runs.
  ~child();

  /// Looks whether it is over; what there is to say, once. Whatever time has passed is asked of the
  /// machine.
  bool over(child_result& out);
  /// Asks it to stop, as Ctrl-C does.
  void stop();

private:
  child(int pid, std::string log, double began_s)
      : pid_(pid), log_(std::move(log)), began_s_(began_s) {}
  void kill_and_wait() noexcept;

  int pid_ = -1; ///< -1: none
  std::string log_;
  double began_s_ = 0;
  bool late_ = false;
};

} // namespace fleet::sweep
