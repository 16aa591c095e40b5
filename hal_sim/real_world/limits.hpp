// How many descriptors this process may open. How many a run needs is the program's business.
#pragma once

#include <cstdint>

namespace fleet::hal {

/// Counts of descriptors.
struct descriptor_limits {
  std::uint64_t before = 0; ///< the soft limit as it was found
  std::uint64_t soft = 0;   ///< what holds now
  std::uint64_t hard = 0;   ///< what an unprivileged process can raise it to
};

/// Raises the soft limit (RLIMIT_NOFILE) to the hard one; answers what holds afterwards.
descriptor_limits raise_descriptor_limit() noexcept;

} // namespace fleet::hal
