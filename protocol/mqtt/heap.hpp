// What memory really costs, for the honest memory_bytes() of the machines. Internal to this folder.
#pragma once

#include <algorithm>
#include <cstddef>

namespace fleet::mqtt {

/// What the allocator really takes for `octets`: eight of its own, rounded up to sixteen.
constexpr std::size_t heap_octets(std::size_t octets) noexcept {
  return octets == 0 ? 0 : std::max<std::size_t>(32, (octets + 8 + 15) / 16 * 16);
}

} // namespace fleet::mqtt
