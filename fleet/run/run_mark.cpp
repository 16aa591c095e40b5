// From /proc; what cannot be read there makes a mark that no other run can judge.
#include "fleet/run/run_mark.hpp"

#include <array>
#include <charconv>
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

/// When a process began, in ticks; nothing: there is none of that number.
std::optional<std::uint64_t> began(std::string_view pid) {
  const std::string stat = whole(fmt::format("/proc/{}/stat", pid));
  // The name, which may hold anything, ends at the last bracket; nineteen fields on is the start.
  std::size_t at = stat.rfind(')');
  if (at == std::string::npos || stat.compare(at, 3, ") Z") == 0) {
    return std::nullopt; // dead, and waited for by nobody yet
  }
  for (int field = 0; field < 20 && at != std::string::npos; ++field) {
    at = stat.find(' ', at + 1);
  }
  std::uint64_t out = 0;
  if (at == std::string::npos
      || std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), out).ec != std::errc{}) {
    return std::nullopt;
  }
  return out;
}

std::string mark_of(std::string_view pid, std::uint64_t start) {
  return fmt::format("run-{}-{}-{}", pid, start, place());
}

} // namespace

std::string run_mark() {
  const auto pid = std::to_string(::getpid());
  return mark_of(pid, began(pid).value_or(0));
}

bool is_of_a_run_gone(std::string_view mark) {
  constexpr std::string_view head = "run-";
  if (!mark.starts_with(head) || !mark.ends_with("-" + place())) {
    return false;
  }
  const auto pid = mark.substr(head.size(), mark.find('-', head.size()) - head.size());
  if (pid.empty() || pid.find_first_not_of("0123456789") != std::string_view::npos) {
    return false;
  }
  const auto start = began(pid);
  return !start || mark != mark_of(pid, *start);
}

} // namespace fleet::program
