// Asking the processor for memory before it is looked at: whoever knows a batch of things that come
// next has them fetched at the same time rather than each in its turn. Advice only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fleet {

/// Asks for `octets` octets from `at` on: any address, and what is there may end before.
inline void fetch_ahead(const void* at, std::size_t octets = 1) noexcept {
  constexpr std::size_t line = 64; // of nearly all machines
  const char* const first = static_cast<const char*>(at);
  const std::size_t within = reinterpret_cast<std::uintptr_t>(at) % line;
  for (std::size_t from = 0; from < within + octets; from += line) {
    __builtin_prefetch(first + from - within);
  }
}

} // namespace fleet
