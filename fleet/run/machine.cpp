// The kernel's answers.
#include "fleet/run/machine.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::program {

namespace {

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

/// Close enough to when the process began: it is set before main().
const std::int64_t began_ms = wall_clock_ms();

/// Linux 6.2 tells it as the folder's size, which costs nothing; before that they are counted.
std::uint64_t open_descriptors() {
  constexpr auto folder = "/proc/self/fd";
  struct stat info {};
  if (stat(folder, &info) == 0 && info.st_size > 0) {
    return static_cast<std::uint64_t>(info.st_size);
  }
  std::uint64_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it{folder, error}, end; !error && it != end;
       it.increment(error)) {
    ++count;
  }
  return count;
}

} // namespace

std::uint64_t resident_bytes() {
  unsigned long long pages = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "re")) {
    unsigned long long total = 0;
    if (std::fscanf(f, "%llu %llu", &total, &pages) != 2) {
      pages = 0;
    }
    std::fclose(f);
  }
  return pages * static_cast<unsigned long long>(sysconf(_SC_PAGESIZE));
}

process_holdings holdings() {
  process_holdings out;
  if (std::FILE* f = std::fopen("/proc/self/statm", "re")) {
    unsigned long long pages = 0;
    if (std::fscanf(f, "%llu", &pages) == 1) {
      out.virtual_bytes = pages * static_cast<unsigned long long>(sysconf(_SC_PAGESIZE));
    }
    std::fclose(f);
  }
  out.descriptors = open_descriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.descriptors_max = limit.rlim_cur;
  }
  out.began_s = static_cast<double>(began_ms) * 1e-3;
  return out;
}

std::uint64_t resident_peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

namespace {

std::vector<std::string>& start_words() {
  static std::vector<std::string> words;
  return words;
}

} // namespace

void keep_start(std::span<char* const> words) {
  start_words().assign(words.begin(), words.end());
}

void start_on_large_pages() {
  constexpr const char* name = "GLIBC_TUNABLES";
  constexpr std::string_view ours = "glibc.malloc.hugetlb=";
  const char* set = std::getenv(name);
  std::string tunables = set != nullptr ? set : "";
  if (start_words().empty() || tunables.find(ours) != std::string::npos) {
    return;
  }
  tunables += (tunables.empty() ? "" : ":") + std::string{ours} + "1";
  std::vector<char*> words;
  for (auto& word : start_words()) {
    words.push_back(word.data());
  }
  words.push_back(nullptr);
  if (setenv(name, tunables.c_str(), 1) == 0) {
    execv("/proc/self/exe", words.data());
  }
}

std::uint32_t usable_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) {
    return 1;
  }
  return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
}

std::uint64_t fresh_seed() {
  std::random_device device;
  return device() % 1'000'000'000U;
}

std::string this_machine() {
  std::ifstream from{"/proc/sys/kernel/random/boot_id"};
  std::string out;
  std::getline(from, out);
  return out;
}

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double lasting_seconds() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

stop_signals::stop_signals() {
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

stop_signals::~stop_signals() {
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::optional<int> stop_signals::wait(duration at_most) {
  const sigset_t set = stop_set();
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(at_most);
  timespec timeout{};
  timeout.tv_sec = whole.count();
  timeout.tv_nsec = (at_most - whole).count();
  const int number = sigtimedwait(&set, nullptr, &timeout);
  if (number > 0) {
    return number;
  }
  return std::nullopt;
}

bool stop_signals::pending() {
  sigset_t there{};
  (void)sigpending(&there);
  return sigismember(&there, SIGINT) == 1 || sigismember(&there, SIGTERM) == 1;
}

} // namespace fleet::program
