// FLEET_CHECK: for what can only be false when this program is wrong. On in every build; never used
// on input from a peer or a user.
#pragma once

namespace fleet {

/// Prints where and what, then aborts.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

} // namespace fleet

#define FLEET_CHECK(expression)                                                                    \
  do {                                                                                             \
    if (!(expression)) [[unlikely]] {                                                              \
      ::fleet::check_failed(#expression, __FILE__, __LINE__);                                      \
    }                                                                                              \
  } while (false)
