// A disk that is full, for this process alone.
#pragma once

#include <signal.h>
#include <sys/resource.h>

#include "protocol/base/check.hpp"

namespace fleet::support {

/// No file of this process may grow beyond so many octets, while it exists.
class file_bound {
public:
  explicit file_bound(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    FLEET_CHECK(::getrlimit(RLIMIT_FSIZE, &former_) == 0);
    const rlimit tight{bytes, former_.rlim_max};
    FLEET_CHECK(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  }
  ~file_bound() {
    ::setrlimit(RLIMIT_FSIZE, &former_);
    ::signal(SIGXFSZ, SIG_DFL);
  }
  file_bound(const file_bound&) = delete;
  file_bound& operator=(const file_bound&) = delete;

private:
  rlimit former_{};
};

} // namespace fleet::support
