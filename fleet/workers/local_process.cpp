// fork and exec; all memory is there before the fork.
#include "fleet/workers/local_process.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace fleet::program {

namespace {

constexpr int cannot_start = 126;

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& word : words) {
    out.push_back(word.data());
  }
  out.push_back(nullptr);
  return out;
}

/// Ours, with `variable` in place of one of that name.
std::vector<std::string> environment_with(const std::string& variable) {
  const auto name = std::string_view{variable}.substr(0, variable.find('=') + 1);
  std::vector<std::string> out;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    if (!std::string_view{*each}.starts_with(name)) {
      out.emplace_back(*each);
    }
  }
  out.push_back(variable);
  return out;
}

/// In the new process: never comes back.
[[noreturn]] void become(char* const* words, char* const* environment, int parent) {
  (void)::setpgid(0, 0);
  (void)::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int nothing = ::open("/dev/null", O_RDWR);
  if (::getppid() == parent && nothing >= 0 && ::dup2(nothing, 0) == 0 && ::dup2(nothing, 1) == 1) {
    ::execve("/proc/self/exe", words, environment);
  }
  ::_exit(cannot_start);
}

} // namespace

local_process local_process::start(const std::vector<std::string>& words,
                                   const std::string& variable) {
  std::vector<std::string> all{"fleet"};
  all.insert(all.end(), words.begin(), words.end());
  auto environment = environment_with(variable);
  const auto word_pointers = pointers_to(all);
  const auto environment_pointers = pointers_to(environment);
  const int parent = ::getpid();
  const int pid = ::fork();
  if (pid == 0) {
    become(word_pointers.data(), environment_pointers.data(), parent);
  }
  return local_process{pid};
}

local_process::local_process(local_process&& other) noexcept
    : pid_(other.pid_), running_(std::exchange(other.running_, false)) {}

local_process::~local_process() {
  kill();
}

void local_process::kill() {
  if (!over()) {
    (void)::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    running_ = false;
  }
}

bool local_process::over() {
  if (running_) {
    const int answer = ::waitpid(pid_, nullptr, WNOHANG);
    running_ = answer == 0 || (answer < 0 && errno == EINTR);
  }
  return !running_;
}

} // namespace fleet::program
