// RLIMIT_NOFILE.
#include "hal_sim/real_world/limits.hpp"

#include <sys/resource.h>

namespace fleet::hal {

descriptor_limits raise_descriptor_limit() noexcept {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) {
    return {};
  }
  const rlim_t before = now.rlim_cur;
  if (now.rlim_cur < now.rlim_max) {
    rlimit wanted = now;
    wanted.rlim_cur = now.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) {
      now = wanted;
    }
  }
  return {before, now.rlim_cur, now.rlim_max};
}

} // namespace fleet::hal
