// fork and exec, with limits set in between.
#include "fleet/sweep/child.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "fleet/credential_file.hpp"
#include "fleet/run/machine.hpp"

namespace fleet::sweep {

namespace {

constexpr std::size_t said_most = 4000;
constexpr double clock_factor = 10;
constexpr int cannot_start = 126;

/// In the new process: never comes back.
[[noreturn]] void become(char* const* words, const char* log) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit cpu{child::cpu_seconds_most, child::cpu_seconds_most + 5};
  (void)::setrlimit(RLIMIT_CPU, &cpu);
  const rlimit no_core{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &no_core);
  const int nothing = ::open("/dev/null", O_RDWR);
  const int said = ::open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (nothing >= 0 && said >= 0 && ::dup2(nothing, 0) == 0 && ::dup2(nothing, 1) == 1
      && ::dup2(said, 2) == 2) {
    ::execv("/proc/self/exe", words);
  }
  ::_exit(cannot_start);
}

/// The end of a text, from the beginning of a line.
std::string tail_of(std::string text) {
  if (text.size() > said_most) {
    text.erase(0, text.size() - said_most);
    text.erase(0, text.find('\n') + 1);
  }
  return text;
}

} // namespace

child child::start(const std::vector<std::string>& words, const std::string& log) {
  // Made before the fork: after it, memory is not to be asked for.
  std::vector<std::string> all{"fleet"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> pointers;
  for (auto& word : all) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  const int pid = ::fork();
  if (pid == 0) {
    become(pointers.data(), log.c_str());
  }
  return {pid, log, program::monotonic_seconds()};
}

child::child(child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), log_(std::move(other.log_)), began_s_(other.began_s_),
      late_(other.late_) {}

child& child::operator=(child&& other) noexcept {
  kill_and_wait();
  pid_ = std::exchange(other.pid_, -1);
  log_ = std::move(other.log_);
  began_s_ = other.began_s_;
  late_ = other.late_;
  return *this;
}

child::~child() {
  kill_and_wait();
}

bool child::over(child_result& out) {
  int status = 0;
  const bool started = pid_ > 0;
  if (started) {
    if (!late_ && program::monotonic_seconds() - began_s_ > cpu_seconds_most * clock_factor) {
      late_ = true;
      (void)::kill(pid_, SIGKILL);
    }
    const int answer = ::waitpid(pid_, &status, WNOHANG);
    if (answer == 0 || (answer < 0 && errno == EINTR)) {
      return false;
    }
  }
  pid_ = -1;
  out = {};
  if (!started) {
    out.code = cannot_start;
  } else if (WIFSIGNALED(status)) {
    out.code = WTERMSIG(status);
    out.how = late_ || out.code == SIGXCPU ? child_end::out_of_time : child_end::signalled;
  } else {
    out.code = WEXITSTATUS(status);
  }
  if (auto said = program::read_whole_file(log_, std::size_t{16} << 20)) {
    out.said = tail_of(std::move(said).value());
  }
  std::error_code ignored;
  std::filesystem::remove(log_, ignored);
  return true;
}

void child::stop() {
  if (pid_ > 0) {
    (void)::kill(pid_, SIGINT);
  }
}

void child::kill_and_wait() noexcept {
  if (pid_ > 0) {
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    std::error_code ignored;
    std::filesystem::remove(log_, ignored);
  }
}

} // namespace fleet::sweep
