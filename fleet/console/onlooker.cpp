// One line in place, or many.
#include "fleet/console/onlooker.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace fleet::program {

terminal_onlooker::terminal_onlooker(bool takes_signals) : redraws_(isatty(STDERR_FILENO) == 1) {
  if (takes_signals) {
    signals_.emplace();
  }
}

terminal_onlooker::~terminal_onlooker() {
  finish();
}

std::size_t terminal_onlooker::columns() const {
  winsize size{};
  if (!redraws_) {
    return 200;
  }
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col - 1U : 79;
}

void terminal_onlooker::show(std::string_view line) {
  std::string out = redraws_ ? "\r\x1b[K" : "";
  out += line;
  out += redraws_ ? "" : "\n";
  std::fputs(out.c_str(), stderr);
  std::fflush(stderr);
  open_ = redraws_;
}

void terminal_onlooker::finish() {
  if (open_) {
    std::fputc('\n', stderr);
    open_ = false;
  }
}

} // namespace fleet::program
