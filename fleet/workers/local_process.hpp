// A worker of --processes: this same program in a process of its own, which ends with us.
#pragma once

#include <string>
#include <vector>

namespace fleet::program {

class local_process {
public:
  /// Starts this program with `words` and `variable` (`NAME=value`) in its environment, which no
  /// list of processes shows to others. Its standard output is thrown away. It is in a group of its
  /// own, so that Ctrl-C reaches us alone, and is told to stop when we die. Only on the main
  /// thread. pid() is -1 where the system has no process for us.
  static local_process start(const std::vector<std::string>& words, const std::string& variable);

  local_process(local_process&& other) noexcept;
  local_process& operator=(local_process&&) = delete;
  /// Kills it if it still runs.
  ~local_process();

  [[nodiscard]] int pid() const noexcept { return pid_; }
  /// Whether it has ended.
  bool over();
  /// Ends it at once.
  void kill();

private:
  explicit local_process(int pid) : pid_(pid), running_(pid > 0) {}
  int pid_ = -1;
  bool running_ = false;
};

} // namespace fleet::program
