// Escape sequences, termios, signals. What a signal handler touches is plain memory of this file.
#include "fleet/screen/terminal_guard.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

/// Other screen, no cursor, no wrapping at the last column; and back.
constexpr std::string_view enter_codes = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J\x1b[H";
constexpr std::string_view leave_codes = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
/// Of what is kept of standard error; beyond that the beginning goes.
constexpr off_t kept_most = 1024 * 1024;
constexpr off_t kept_end = 64 * 1024;
/// For a terminal that takes nothing.
constexpr int patience_ms = 500;

/// Signals that end the process at once, and so without a destructor.
constexpr std::array<int, 7> fatal_signals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE,
                                           SIGILL,  SIGQUIT, SIGHUP};

struct guarded {
  int terminal = -1;
  int errors = -1; ///< standard error as it was
  int kept = -1;   ///< what stands in its place meanwhile
  off_t printed = 0;
  termios before{};
  bool before_known = false; ///< and it is not the terminal's state now
  volatile std::sig_atomic_t taken = 0;
  volatile std::sig_atomic_t stop_asked = 0;
  volatile std::sig_atomic_t continued = 0;
  std::array<struct sigaction, fatal_signals.size()> fatal{};
  struct sigaction stop {};
  struct sigaction go_on {};
};
guarded it;

// From here on only what a signal handler may call.

void write_all(int to, const char* octets, std::size_t count) noexcept {
  while (count != 0) {
    const ssize_t done = ::write(to, octets, count);
    if (done < 0 && errno == EINTR) {
      continue;
    }
    pollfd room{to, POLLOUT, 0};
    if (done < 0 && errno == EAGAIN && ::poll(&room, 1, patience_ms) > 0) {
      continue;
    }
    if (done <= 0) {
      return;
    }
    octets += done;
    count -= static_cast<std::size_t>(done);
  }
}

/// Standard error is itself again, and gets what was kept.
void release_errors() noexcept {
  if (it.errors < 0) {
    return;
  }
  ::dup2(it.errors, STDERR_FILENO);
  struct stat info {};
  if (::fstat(it.kept, &info) == 0 && info.st_size - it.printed > kept_end) {
    it.printed = info.st_size - kept_end;
  }
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t got = ::pread(it.kept, part.data(), part.size(), it.printed);
    if (got <= 0) {
      return;
    }
    write_all(STDERR_FILENO, part.data(), static_cast<std::size_t>(got));
    it.printed += got;
  }
}

void restore(int when) noexcept {
  if (it.taken == 0) {
    return;
  }
  it.taken = 0;
  if (::tcgetpgrp(it.terminal) == ::getpgrp()) { // else it is a shell's by now
    write_all(it.terminal, leave_codes.data(), leave_codes.size());
    ::tcsetattr(it.terminal, when, &it.before);
    it.before_known = false;
  }
  release_errors();
}

extern "C" void on_fatal(int number) {
  restore(TCSANOW);
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
    if (fatal_signals[i] == number) {
      ::sigaction(number, &it.fatal[i], nullptr); // whoever was there before goes on
    }
  }
  ::raise(number); // once this handler has returned
}

extern "C" void on_stop(int) {
  it.stop_asked = 1;
}

extern "C" void on_continue(int) {
  it.continued = 1;
}

// To here.

void watch(int number, void (*handler)(int), struct sigaction* before) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, before);
}

} // namespace

terminal_guard::terminal_guard(int terminal) {
  FLEET_CHECK(it.terminal < 0);
  it.terminal = terminal;
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
    watch(fatal_signals[i], on_fatal, &it.fatal[i]);
    if (it.fatal[i].sa_handler == SIG_IGN) { // as by nohup
      ::sigaction(fatal_signals[i], &it.fatal[i], nullptr);
    }
  }
  watch(SIGTSTP, on_stop, &it.stop);
  watch(SIGCONT, on_continue, &it.go_on);
}

terminal_guard::~terminal_guard() {
  give_back();
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
    ::sigaction(fatal_signals[i], &it.fatal[i], nullptr);
  }
  ::sigaction(SIGTSTP, &it.stop, nullptr);
  ::sigaction(SIGCONT, &it.go_on, nullptr);
  for (int* const fd : {&it.errors, &it.kept}) {
    if (*fd >= 0) {
      ::close(*fd);
      *fd = -1;
    }
  }
  it.printed = 0;
  it.before_known = false;
  it.terminal = -1;
}

bool terminal_guard::in_front() const noexcept {
  return ::tcgetpgrp(it.terminal) == ::getpgrp();
}

bool terminal_guard::taken() const noexcept {
  return it.taken != 0;
}

void terminal_guard::keep_errors() {
  if (it.kept < 0) {
    it.kept = ::memfd_create("stderr", MFD_CLOEXEC);
    it.errors = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    // Several threads may write, and bound_kept() cuts.
    if (it.kept < 0 || it.errors < 0 || ::fcntl(it.kept, F_SETFL, O_APPEND) != 0) {
      return;
    }
  }
  ::dup2(it.kept, STDERR_FILENO);
}

bool terminal_guard::take() {
  if (it.taken != 0) {
    return true;
  }
  if (!it.before_known && ::tcgetattr(it.terminal, &it.before) != 0) {
    return false;
  }
  it.before_known = true;
  termios raw = it.before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON); // Ctrl-S would stop the run, not its picture
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  std::fflush(stdout);
  std::fflush(stderr);
  it.taken = 1;
  keep_errors();
  ::tcsetattr(it.terminal, TCSADRAIN, &raw);
  write_all(it.terminal, enter_codes.data(), enter_codes.size());
  return true;
}

void terminal_guard::give_back() {
  std::fflush(stderr);
  restore(TCSAFLUSH); // keys that were meant for the view are not the shell's
}

void terminal_guard::let_go() {
  if (it.taken != 0) {
    std::fflush(stderr);
    it.taken = 0;
    release_errors();
  }
}

void terminal_guard::take_again() {
  if (it.taken != 0) {
    it.taken = 0;
    (void)take();
  }
}

bool terminal_guard::stop_if_asked() {
  if (it.stop_asked == 0) {
    return false;
  }
  it.stop_asked = 0;
  give_back();
  watch(SIGTSTP, SIG_DFL, nullptr);
  ::kill(::getpid(), SIGTSTP);
  // Here it stops, and here it goes on.
  watch(SIGTSTP, on_stop, nullptr);
  return true;
}

bool terminal_guard::went_on() noexcept {
  const bool out = it.continued != 0;
  it.continued = 0;
  return out;
}

std::vector<std::string> terminal_guard::news() {
  std::vector<std::string> out;
  std::array<char, 4096> part{};
  while (it.kept >= 0) {
    const ssize_t got = ::pread(it.kept, part.data(), part.size(), read_to_);
    if (got <= 0) {
      break;
    }
    read_to_ += got;
    for (const char c : std::string_view{part.data(), static_cast<std::size_t>(got)}) {
      if (c != '\n') {
        open_line_ += c;
      } else {
        out.push_back(std::move(open_line_));
        open_line_.clear();
      }
    }
  }
  bound_kept();
  return out;
}

void terminal_guard::bound_kept() {
  if (read_to_ <= kept_most) {
    return;
  }
  // A line that comes between these two calls is lost, of the thousands that were.
  std::string end(static_cast<std::size_t>(kept_end), '\0');
  const ssize_t got = ::pread(it.kept, end.data(), end.size(), read_to_ - kept_end);
  end.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  if (::ftruncate(it.kept, 0) != 0) {
    return;
  }
  it.printed = 0;
  write_all(it.kept, end.data(), end.size());
  read_to_ = static_cast<long long>(end.size());
}

} // namespace fleet::program
