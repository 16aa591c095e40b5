// The one way out for a broken invariant.
#include "protocol/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace fleet {

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: internal error, broken invariant: %s\n", file, line, expression);
  std::abort();
}

} // namespace fleet
