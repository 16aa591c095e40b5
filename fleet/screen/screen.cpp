// Differences, and a terminal that may be slow.
#include "fleet/screen/screen.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace fleet::program {

namespace {

/// How long the terminal may take for what is still to be written before it is given back.
constexpr int patience_ms = 500;
constexpr char redraw_key = '\x0c'; // Ctrl-L

bool same_terminal() {
  struct stat out {};
  struct stat err {};
  return ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1
         && ::fstat(STDOUT_FILENO, &out) == 0 && ::fstat(STDERR_FILENO, &err) == 0
         && out.st_rdev == err.st_rdev;
}

/// A description of its own, so that a terminal which takes nothing holds up nobody: the others'
/// stay as they are.
int open_terminal() {
  std::array<char, 256> name{};
  if (::ttyname_r(STDERR_FILENO, name.data(), name.size()) == 0) {
    const int fd = ::open(name.data(), O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0) {
      return fd;
    }
  }
  return ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
}

} // namespace

std::unique_ptr<screen> screen::open(color_choice color) {
  const auto words = terminal_words_here();
  if (!same_terminal() || !moves_cursor(words) || ::tcgetpgrp(STDERR_FILENO) != ::getpgrp()) {
    return nullptr;
  }
  const int terminal = open_terminal();
  if (terminal < 0) {
    return nullptr;
  }
  return std::unique_ptr<screen>{
      new screen{terminal, {writes_utf8(words), wants_color(words, color)}}};
}

screen::screen(int terminal, view::abilities can)
    : terminal_(terminal), guard_(std::make_unique<terminal_guard>(terminal)) {
  shape_.can = can;
  (void)measure();
}

screen::~screen() {
  pollfd ready{terminal_, POLLOUT, 0};
  while (guard_->taken() && !flush() && ::poll(&ready, 1, patience_ms) > 0) {
  }
  guard_.reset();
  ::close(terminal_);
}

bool screen::measure() {
  winsize size{};
  const auto before = shape_;
  if (::ioctl(terminal_, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 && size.ws_row != 0) {
    shape_.columns = size.ws_col;
    shape_.rows = size.ws_row;
  }
  return !(shape_ == before);
}

/// Whether all is written.
bool screen::flush() {
  while (!pending_.empty()) {
    const ssize_t done = ::write(terminal_, pending_.data(), pending_.size());
    if (done < 0 && errno == EINTR) {
      continue;
    }
    if (done <= 0) {
      return false;
    }
    pending_.erase(0, static_cast<std::size_t>(done));
  }
  return true;
}

void screen::draw(const std::vector<std::string>& lines) {
  if (!guard_->in_front() || !guard_->take() || !flush()) {
    return; // a terminal that lags behind misses pictures, and no part of one
  }
  const bool all = std::exchange(all_, false);
  if (all) {
    pending_ += "\x1b[0m\x1b[2J";
    shown_.clear();
  }
  shown_.resize(shape_.rows);
  for (std::size_t row = 0; row < shown_.size(); ++row) {
    const std::string& line = row < lines.size() ? lines[row] : std::string{};
    if (line != shown_[row]) {
      // Cleared first: behind a full row the cursor stands on its last character.
      pending_ += "\x1b[" + std::to_string(row + 1) + ";1H\x1b[K" + line;
      shown_[row] = line;
    }
  }
  (void)flush();
}

screen::happenings screen::turn() {
  happenings out;
  (void)flush();
  if (guard_->stop_if_asked()) {
    (void)guard_->went_on();
    out.draw = true;
  }
  if (guard_->went_on() && guard_->taken()) {
    // Stopped by somebody else: a shell may have changed the terminal meanwhile, or have it.
    if (guard_->in_front()) {
      guard_->take_again();
    } else {
      guard_->let_go();
    }
    out.draw = true;
  }
  out.draw = measure() || out.draw;
  std::array<char, 64> keys{};
  ssize_t got = 0;
  while (guard_->taken() && (got = ::read(terminal_, keys.data(), keys.size())) > 0) {
    out.keys.append(keys.data(), static_cast<std::size_t>(got));
  }
  out.draw = out.draw || out.keys.find(redraw_key) != std::string::npos;
  all_ = all_ || out.draw || !guard_->taken();
  out.news = guard_->news();
  return out;
}

} // namespace fleet::program
