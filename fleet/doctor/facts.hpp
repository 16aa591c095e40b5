// What a machine has to offer a run: plain figures, each of which may be unknown. Judges nothing.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "fleet/doctor/machine_files.hpp"

namespace fleet::doctor {

/// Of a limit that there is none.
inline constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// Local ports that the kernel gives to connections.
struct port_range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;     ///< it too
  std::uint32_t reserved = 0; ///< of these, those that are never given

  [[nodiscard]] std::uint32_t count() const noexcept {
    const std::uint32_t all = last < first ? 0 : last - first + 1;
    return all - (reserved < all ? reserved : all);
  }
};

/// The control group that leaves the process the least memory.
struct memory_group {
  std::string limit_file;        ///< without the root
  std::uint64_t limit_bytes = 0; ///< of all processes in it
  std::uint64_t free_bytes = 0;  ///< what it still gives, caches that it can drop with it
};

/// Nothing, or an empty text: the machine does not tell.
struct machine_facts {
  std::optional<std::uint64_t> descriptors_soft; ///< RLIMIT_NOFILE
  std::optional<std::uint64_t> descriptors_hard;
  std::optional<std::uint64_t> files_free; ///< of the whole machine (fs.file-max)
  std::optional<port_range> ports;
  std::optional<std::uint64_t> memory_bytes; ///< available without swapping
  std::uint64_t swap_bytes = 0;              ///< free
  std::optional<memory_group> group;         ///< none: no limit above the process
  std::optional<std::uint32_t> processors;   ///< this process may use
  std::optional<double> processor_quota;     ///< of a control group; none: no limit
  std::optional<std::uint64_t> accept_queue; ///< net.core.somaxconn, connections
  std::optional<std::uint64_t> syn_queue;    ///< net.ipv4.tcp_max_syn_backlog
  bool syn_cookies = true;                   ///< beyond the latter, cookies answer
  std::string clock_source;                  ///< tsc, hpet…
  std::optional<std::uint64_t> clock_step_ns;
  std::optional<std::uint64_t> timer_slack_ns;
  std::optional<std::int64_t> wall_s;    ///< the wall clock, since 1970
  std::optional<std::int64_t> program_s; ///< when this program's file was written
};

/// What no file tells.
struct clock_facts {
  std::optional<std::uint64_t> step_ns; ///< the resolution of CLOCK_MONOTONIC
  std::optional<std::int64_t> wall_s;
};

/// Asks the kernel.
clock_facts read_clocks() noexcept;

/// Reads all that `files` tell; what is missing or unreadable stays unknown.
machine_facts read_machine(const machine_files& files, const clock_facts& clocks);

/// The tightest limit on memory of the process's control group and all above it, of either version.
std::optional<memory_group> read_memory_group(const machine_files& files);
/// The same of processors: 1.5 for one and a half.
std::optional<double> read_processor_quota(const machine_files& files);

} // namespace fleet::doctor
