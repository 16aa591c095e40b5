// What a planned run asks of a machine, in figures. Looks at no machine.
#pragma once

#include <cstdint>
#include <vector>

#include "fleet/doctor/facts.hpp"
#include "fleet/options.hpp"
#include "fleet/run/company.hpp"
#include "fleet/run/descriptors.hpp"
#include "fleet/workers/options.hpp"
#include "fleet/workers/split.hpp"

namespace fleet::doctor {

/// Where the devices connect to.
enum class whereabouts : std::uint8_t {
  nowhere, ///< the virtual world: no sockets
  twin,    ///< in this process
  here,    ///< a target on loopback
  away     ///< a target elsewhere, or one that was not found
};

/// Of a run in several processes descriptors, homes and, with a twin in each, connections are those
/// of the one of this machine that has the most, memory is that of all here. Where this machine has
/// the coordinator alone, the former are those of any worker.
struct run_needs {
  whereabouts where = whereabouts::twin;
  std::uint32_t processes = 1;         ///< that have the devices
  bool processes_started = false;      ///< by the run itself: --processes
  std::uint32_t here = 1;              ///< of these, on this machine
  bool can_split = false;              ///< over more processes
  std::uint64_t descriptors = 0;       ///< of a process; with none here, that each may open so many
  std::uint64_t descriptors_here = 0;  ///< of all on this machine
  std::uint64_t without_twin = 0;      ///< of a process, where the twin is elsewhere
  std::uint64_t memory_bytes = 0;      ///< about
  std::uint64_t memory_each_bytes = 0; ///< of the process that needs most, the kernel's with it
  std::uint64_t kernel_bytes = 0;      ///< of sockets in the kernel, about
  std::uint32_t connections_to_one = 0; ///< sockets towards the busiest listener
  std::uint32_t streams = 0;            ///< connections over TCP, that one limit is kept for
  std::uint32_t sources = 1;            ///< addresses that they come from
  bool sources_named = false;           ///< by --bind
  bool v6 = false;                      ///< the target's address, where it is known
  std::uint32_t connects_pending = 60;  ///< at most, at once
  std::uint32_t device_homes = 1;       ///< threads
  bool twin_home = false;               ///< and one more
  std::vector<program::device_groups> groups{}; ///< all that a split goes between
  program::descriptor_needs by_devices{};       ///< of any of them
};

/// How many processes have the devices: 1 without workers.
std::uint32_t processes_of(const program::crew_options& crew) noexcept;

/// Who has which devices, as the run will be split where processes have as many cores as each
/// other, those here may open `descriptors`, and those elsewhere as many as are needed.
struct planned_parts {
  std::vector<program::device_set> all;
  std::vector<program::device_set> here; ///< of these, on this machine
};
/// There are as many connections as processes at least.
planned_parts parts_of(const program::run_options& options, const program::prepared& ready,
                       const program::crew_options& crew, std::uint64_t descriptors);
/// The one that needs the most descriptors; of none no devices.
program::device_set largest_of(const program::descriptor_needs& needs,
                               const std::vector<program::device_set>& parts);

/// `options` with devices, duration and seed as the plan has them; `ready` with the target found,
/// where it could be; `processors`: that the run may use, at least 1; `descriptors`: that a process
/// may open here.
run_needs needs_of(const program::run_options& options, const program::prepared& ready,
                   std::uint32_t processors, const program::crew_options& crew = {},
                   std::uint64_t descriptors = unlimited);

} // namespace fleet::doctor
