// From /proc; what cannot be read there makes a mark that no other run can judge.
#include "fleet/run/run_mark.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "protocol/base/random.hpp"

namespace fleet::program {

namespace {

std::string whole(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Where this process's number means something.
std::string place() {
  std::array<char, 64> space{};
  const auto got = ::readlink("/proc/self/ns/pid", space.data(), space.size());
  const std::string_view named{space.data(), got < 0 ? 0 : static_cast<std::size_t>(got)};
  return fmt::format("{:x}",
                     hash_text(whole("/proc/sys/kernel/random/boot_id") + std::string{named}));
}

/// The name in a line of stat, which may hold anything, ends at the last bracket.
bool is_dead(std::string_view stat) noexcept {
  const std::size_t at = stat.rfind(')');
  return at != std::string_view::npos && stat.substr(at, 3) == ") Z"; // waited for by nobody yet
}

/// When a process began, in ticks; nothing: its line does not tell. Nineteen fields behind the name
/// is the start.
std::optional<std::uint64_t> began(std::string_view stat) {
  std::size_t at = stat.rfind(')');
  for (int field = 0; field < 20 && at != std::string_view::npos; ++field) {
    at = stat.find(' ', at + 1);
  }
  std::uint64_t out = 0;
  if (at == std::string_view::npos
      || std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), out).ec != std::errc{}) {
    return std::nullopt;
  }
  return out;
}

std::string mark_of(std::string_view pid, std::uint64_t start) {
  return fmt::format("run-{}-{}-{}", pid, start, place());
}

constexpr std::string_view head = "run-";

/// The number in a mark of this place; nothing: it is of another, or no mark.
std::optional<pid_t> pid_in(std::string_view mark) {
  if (!mark.starts_with(head) || !mark.ends_with("-" + place())) {
    return std::nullopt;
  }
  const char* const end = mark.data() + mark.size();
  pid_t out = 0;
  const auto [stopped, error] = std::from_chars(mark.data() + head.size(), end, out);
  return error == std::errc{} && out > 0 && stopped != end && *stopped == '-' ? std::optional{out}
                                                                              : std::nullopt;
}

} // namespace

seen_process see_process(pid_t pid) {
  seen_process out;
  out.stat = whole(fmt::format("/proc/{}/stat", pid));
  out.there = ::kill(pid, 0) == 0 || errno != ESRCH;
  return out;
}

std::string run_mark() {
  const auto pid = ::getpid();
  return mark_of(std::to_string(pid), began(see_process(pid).stat).value_or(0));
}

bool is_of_a_run_gone(std::string_view mark) {
  const auto pid = pid_in(mark);
  return pid && is_of_a_run_gone(mark, see_process(*pid));
}

bool is_of_a_run_gone(std::string_view mark, const seen_process& seen) {
  const auto pid = pid_in(mark);
  if (!pid || mark == mark_of(std::to_string(*pid), 0)) {
    return false; // who could not see itself says nothing of when it began
  }
  if (seen.stat.empty()) {
    return !seen.there; // a process of somebody else may be there and not be shown
  }
  const auto start = began(seen.stat);
  return is_dead(seen.stat) || (start && mark != mark_of(std::to_string(*pid), *start));
}

} // namespace fleet::program
