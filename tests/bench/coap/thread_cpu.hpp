// What a thread has used of a processor. No benchmark by itself.
#pragma once

#include <pthread.h>

#include <ctime>
#include <thread>

#include "protocol/base/check.hpp"

namespace fleet::bench {

/// Since it began.
inline double cpu_ns_of(std::thread& t) {
  clockid_t clock{};
  timespec used{};
  FLEET_CHECK(::pthread_getcpuclockid(t.native_handle(), &clock) == 0);
  FLEET_CHECK(::clock_gettime(clock, &used) == 0);
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

} // namespace fleet::bench
