// Plain stdio for the way out; splitting for the way in.
#include "fleet/hand/terminal.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace fleet::program {

namespace {

constexpr std::string_view prompt = "> ";
/// To the line's beginning, and clear it.
constexpr std::string_view wipe = "\r\x1b[K";

} // namespace

void terminal::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    broken_.store(true, std::memory_order_relaxed);
  }
}

void terminal::say(std::string_view line) {
  const std::lock_guard lock{guard_};
  if (shown_) {
    write(wipe);
  }
  write(line);
  write("\n");
  if (shown_) {
    write(prompt);
  }
  if (std::fflush(stdout) != 0) {
    broken_.store(true, std::memory_order_relaxed);
  }
}

void terminal::ask() {
  const std::lock_guard lock{guard_};
  if (prompts_ && !shown_) {
    shown_ = true;
    write(prompt);
    (void)std::fflush(stdout);
  }
}

void terminal::answered() {
  const std::lock_guard lock{guard_};
  shown_ = false;
}

void terminal::finish() {
  const std::lock_guard lock{guard_};
  prompts_ = false;
  if (shown_) {
    shown_ = false;
    write(wipe);
    (void)std::fflush(stdout);
  }
}

void line_splitter::end_line() {
  if (!open_.empty() && open_.back() == '\r') {
    open_.pop_back();
  }
  if (!std::exchange(discarding_, false)) {
    lines_.push_back(std::move(open_));
  }
  open_.clear();
}

void line_splitter::feed(std::string_view octets) {
  if (octets.empty() && !over_) {
    over_ = true;
    if (!open_.empty()) {
      end_line();
    }
    return;
  }
  while (!octets.empty()) {
    const std::size_t end = octets.find('\n');
    const std::string_view part = octets.substr(0, end);
    if (!discarding_ && open_.size() + part.size() > typed_line_max) {
      discarding_ = true;
      overlong_ = true;
      open_.clear();
    }
    if (!discarding_) {
      open_ += part;
    }
    if (end == std::string_view::npos) {
      return;
    }
    end_line();
    octets.remove_prefix(end + 1);
  }
}

std::optional<std::string> line_splitter::next() {
  if (lines_.empty()) {
    return std::nullopt;
  }
  std::string line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

bool line_splitter::overlong() noexcept {
  return std::exchange(overlong_, false);
}

} // namespace fleet::program
