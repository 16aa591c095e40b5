// Each figure from its file.
#include "fleet/doctor/facts.hpp"

#include <algorithm>
#include <ctime>

#include "fleet/doctor/words.hpp"
#include "fleet/run/machine.hpp"

namespace fleet::doctor {

namespace {

using maybe_number = std::optional<std::uint64_t>;

/// The first number of a file.
maybe_number number_in(const machine_files& files, std::string_view path) {
  const auto text = files.read(path);
  if (!text) {
    return std::nullopt;
  }
  std::string_view rest = *text;
  return number_of(take_word(rest));
}

maybe_number limit_of(std::string_view word) {
  return word == "unlimited" ? maybe_number{unlimited} : number_of(word);
}

void read_descriptors(const machine_files& files, machine_facts& out) {
  if (const auto text = files.read("/proc/self/limits")) {
    auto rest = behind(*text, "Max open files");
    out.descriptors_soft = limit_of(take_word(rest));
    out.descriptors_hard = limit_of(take_word(rest));
  }
  if (const auto text = files.read("/proc/sys/fs/file-nr")) {
    std::string_view rest = *text;
    const auto open = number_of(take_word(rest));
    (void)take_word(rest); // free ones that the kernel keeps: none since 2.6
    const auto most = number_of(take_word(rest));
    if (open && most) {
      out.files_free = *most - std::min(*most, *open);
    }
  }
}

/// How many of `list`, as `8080,9148-9150`, lie between two ports.
std::uint32_t count_between(std::string_view list, std::uint64_t first, std::uint64_t last) {
  std::uint64_t count = 0;
  while (!list.empty()) {
    auto part = take_until(list, ",\n");
    const auto from = number_of(take_until(part, "-"));
    const auto to = part.empty() ? from : number_of(part);
    if (from && to && *from <= last && *to >= first && *from <= *to) {
      count += std::min(*to, last) - std::max(*from, first) + 1;
    }
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT16_MAX));
}

void read_ports(const machine_files& files, machine_facts& out) {
  const auto text = files.read("/proc/sys/net/ipv4/ip_local_port_range");
  if (!text) {
    return;
  }
  std::string_view rest = *text;
  const auto first = number_of(take_word(rest));
  const auto last = number_of(take_word(rest));
  if (!first || !last || *first > *last || *last > UINT16_MAX) {
    return;
  }
  auto& ports = out.ports.emplace();
  ports.first = static_cast<std::uint32_t>(*first);
  ports.last = static_cast<std::uint32_t>(*last);
  if (const auto reserved = files.read("/proc/sys/net/ipv4/ip_local_reserved_ports")) {
    ports.reserved = count_between(*reserved, *first, *last);
  }
}

void read_memory(const machine_files& files, machine_facts& out) {
  const auto text = files.read("/proc/meminfo");
  if (!text) {
    return;
  }
  const auto kib = [&text](std::string_view key) {
    auto rest = behind(*text, key);
    return number_of(take_word(rest));
  };
  if (const auto available = kib("MemAvailable:")) {
    out.memory_bytes = *available * 1024;
  }
  out.swap_bytes = kib("SwapFree:").value_or(0) * 1024;
}

void read_processors(const machine_files& files, machine_facts& out) {
  const auto text = files.read("/proc/self/status");
  if (!text) {
    return;
  }
  auto rest = behind(*text, "Cpus_allowed_list:");
  const auto count = count_between(take_word(rest), 0, UINT16_MAX - 1);
  if (count != 0) {
    out.processors = count;
  }
}

void read_queues(const machine_files& files, machine_facts& out) {
  out.accept_queue = number_in(files, "/proc/sys/net/core/somaxconn");
  out.syn_queue = number_in(files, "/proc/sys/net/ipv4/tcp_max_syn_backlog");
  out.syn_cookies = number_in(files, "/proc/sys/net/ipv4/tcp_syncookies").value_or(1) != 0;
}

void read_times(const machine_files& files, machine_facts& out) {
  if (const auto text =
          files.read("/sys/devices/system/clocksource/clocksource0/current_clocksource")) {
    std::string_view rest = *text;
    out.clock_source = take_word(rest);
  }
  out.timer_slack_ns = number_in(files, "/proc/self/timerslack_ns");
  out.program_s = files.changed_s("/proc/self/exe");
}

} // namespace

clock_facts read_clocks() noexcept {
  clock_facts out;
  timespec step{};
  if (::clock_getres(CLOCK_MONOTONIC, &step) == 0) {
    out.step_ns = static_cast<std::uint64_t>(step.tv_sec) * 1'000'000'000U
                  + static_cast<std::uint64_t>(step.tv_nsec);
  }
  out.wall_s = program::wall_clock_ms() / 1000;
  return out;
}

machine_facts read_machine(const machine_files& files, const clock_facts& clocks) {
  machine_facts out;
  read_descriptors(files, out);
  read_ports(files, out);
  read_memory(files, out);
  out.group = read_memory_group(files);
  read_processors(files, out);
  out.processor_quota = read_processor_quota(files);
  read_queues(files, out);
  read_times(files, out);
  out.clock_step_ns = clocks.step_ns;
  out.wall_s = clocks.wall_s;
  return out;
}

} // namespace fleet::doctor
