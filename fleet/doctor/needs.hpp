// What a planned run asks of a machine, in figures. Looks at no machine.
#pragma once

#include <cstdint>

#include "fleet/options.hpp"
#include "fleet/run/company.hpp"
#include "fleet/workers/options.hpp"

namespace fleet::doctor {

/// Where the devices connect to.
enum class whereabouts : std::uint8_t {
  nowhere, ///< the virtual world: no sockets
  twin,    ///< in this process
  here,    ///< a target on loopback
  away     ///< a target elsewhere, or one that was not found
};

/// Of a run in several processes descriptors, homes and, with a twin in each, connections are those
/// of the process with the most devices, memory is that of all that are on this machine.
struct run_needs {
  whereabouts where = whereabouts::twin;
  std::uint32_t processes = 1;          ///< that have the devices
  bool processes_started = false;       ///< by the run itself: --processes
  std::uint32_t here = 1;               ///< of these, on this machine, or on one of several alike
  bool can_split = false;               ///< over more processes
  std::uint64_t descriptors = 0;        ///< of a process
  std::uint64_t without_twin = 0;       ///< the same, where the twin is elsewhere
  std::uint64_t near_ends = 0;          ///< sockets of the devices, over all processes
  std::uint64_t far_ends = 0;           ///< and of the embedded twins
  std::uint64_t memory_bytes = 0;       ///< about
  std::uint64_t kernel_bytes = 0;       ///< of sockets in the kernel, about
  std::uint32_t connections_to_one = 0; ///< sockets towards the busiest listener
  std::uint32_t streams = 0;            ///< connections over TCP, that one limit is kept for
  std::uint32_t sources = 1;            ///< addresses that they come from
  bool sources_named = false;           ///< by --bind
  bool v6 = false;                      ///< the target's address, where it is known
  std::uint32_t connects_pending = 60;  ///< at most, at once
  std::uint32_t device_homes = 1;       ///< threads
  bool twin_home = false;               ///< and one more
};

/// How many processes have the devices: 1 without workers.
std::uint32_t processes_of(const program::crew_options& crew) noexcept;
/// The devices of the part with the most connections, of so many processes.
/// There are as many connections as processes at least.
program::device_set largest_part(const program::prepared& ready, std::uint32_t processes);

/// `options` with devices, duration and seed as the plan has them; `ready` with the target found,
/// where it could be; `processors`: that the run may use, at least 1.
run_needs needs_of(const program::run_options& options, const program::prepared& ready,
                   std::uint32_t processors, const program::crew_options& crew = {});

} // namespace fleet::doctor
