// What a planned run asks of a machine, in figures. Looks at no machine.
#pragma once

#include <cstdint>

#include "fleet/options.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::doctor {

/// Where the devices connect to.
enum class whereabouts : std::uint8_t {
  nowhere, ///< the virtual world: no sockets
  twin,    ///< in this process
  here,    ///< a target on loopback
  away     ///< a target elsewhere, or one that was not found
};

struct run_needs {
  whereabouts where = whereabouts::twin;
  std::uint64_t descriptors = 0;
  std::uint64_t memory_bytes = 0;       ///< of the process, about
  std::uint64_t kernel_bytes = 0;       ///< of its sockets in the kernel, about
  std::uint32_t connections_to_one = 0; ///< sockets towards the busiest listener
  std::uint32_t streams = 0;            ///< connections over TCP in all
  std::uint32_t sources = 1;            ///< addresses that they come from
  bool sources_named = false;           ///< by --bind
  bool v6 = false;                      ///< the target's address, where it is known
  std::uint32_t connects_pending = 60;  ///< at most, at once
  std::uint32_t device_homes = 1;       ///< threads
  bool twin_home = false;               ///< and one more
};

/// `options` with devices, duration and seed as the plan has them; `ready` with the target found,
/// where it could be; `processors`: that the run may use, at least 1.
run_needs needs_of(const program::run_options& options, const program::prepared& ready,
                   std::uint32_t processors);

} // namespace fleet::doctor
