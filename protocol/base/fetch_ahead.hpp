// Asking the processor for memory before it is looked at: whoever knows a batch of things that come
// next has them fetched at the same time rather than each in its turn. Advice only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fleet {

/// Asks for `octets` octets from `at` on: any address, and what is there may end before.
inline void fetch_ahead(const void* at, std::size_t octets = 1) noexcept {
  constexpr std::uintptr_t line = 64;                      // of nearly all machines
  const auto first = reinterpret_cast<std::uintptr_t>(at); // counted as a number: it may be null
  for (std::uintptr_t line_at = first - first % line; line_at < first + octets; line_at += line) {
    __builtin_prefetch(reinterpret_cast<const void*>(line_at));
  }
}

} // namespace fleet
