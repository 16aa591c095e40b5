// Formatting and redrawing progress.
#include "fleet/run/live_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "fleet/screen/abilities.hpp"
#include "fleet/view/drawing.hpp"

namespace fleet::program {

namespace {

std::string bar(double part, int width) {
  const int full = static_cast<int>(std::clamp(part, 0.0, 1.0) * width + 0.5);
  return fmt::format("[{:#<{}}{:.<{}}]", "", full, "", width - full);
}

std::string ms(double s) {
  return s < 0.1 ? fmt::format("{:.1f}ms", s * 1e3)
         : s < 1 ? fmt::format("{:.0f}ms", s * 1e3)
                 : fmt::format("{:.1f}s", s);
}

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) {
    return size.ws_col - 1U;
  }
  return 100;
}

} // namespace

std::string live_text(const progress& p, std::size_t columns) {
  const auto rate = [&p](std::uint64_t now, std::uint64_t before) {
    return static_cast<double>(now - before) / std::max(p.between_s, 1e-3);
  };
  const auto in = [&p](actors::phase ph) { return p.now.in_phase[static_cast<std::size_t>(ph)]; };
  const auto waiting = in(actors::phase::backing_off);
  const auto coming = in(actors::phase::connecting) + in(actors::phase::logging_on)
                      + in(actors::phase::subscribing);
  const std::string left =
      p.stage_left_s ? fmt::format(", {} left", view::clock_text(std::ceil(*p.stage_left_s))) : "";
  std::string out =
      fmt::format("{:>5}/{} {:<8} {} online {}/{}", view::clock_text(p.elapsed_s),
                  view::clock_text(p.duration_s), p.stage + left,
                  bar(p.elapsed_s / std::max(p.duration_s, 1e-3), 10), p.now.online(), p.requested);
  if (coming != 0) {
    out += fmt::format(" connecting {}", coming);
  }
  if (waiting != 0) {
    out += fmt::format(" waiting {}", waiting);
  }
  out += fmt::format(" | up {:.0f}/s ack {:.0f}/s down {:.0f}/s",
                     rate(p.now.published_all(), p.before.published_all()),
                     rate(p.now.acknowledged, p.before.acknowledged),
                     rate(p.now.commands, p.before.commands));
  if (p.ack.count != 0) {
    out += fmt::format(" | ack p50 {} p99 {}", ms(p.ack.quantile(0.5)), ms(p.ack.quantile(0.99)));
  }
  if (p.now.reconnects != 0) {
    out += fmt::format(" | reconnects {}", p.now.reconnects);
  }
  if (p.now.restarts != 0) {
    out += fmt::format(" | restarts {}", p.now.restarts);
  }
  if (out.size() > columns) {
    out.resize(columns);
  }
  return out;
}

live_line::live_line(bool plain, bool quiet)
    : redraws_(!plain && !quiet && isatty(STDERR_FILENO) == 1
               && moves_cursor(terminal_words_here())),
      quiet_(quiet) {}

live_line::~live_line() {
  finish();
}

void live_line::show(const progress& p) {
  if (quiet_) {
    return;
  }
  if (redraws_) {
    std::fprintf(stderr, "\r\x1b[K%s", live_text(p, terminal_columns()).c_str());
    open_ = true;
  } else {
    std::fprintf(stderr, "%s\n", live_text(p, 200).c_str());
  }
  std::fflush(stderr);
}

void live_line::finish() {
  if (open_) {
    std::fputc('\n', stderr);
    open_ = false;
  }
}

} // namespace fleet::program
