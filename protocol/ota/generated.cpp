// A substream for each 4 KiB of the image, so that any piece can be made alone.
#include "protocol/ota/generated.hpp"

#include <algorithm>

#include "protocol/base/random.hpp"

namespace fleet::ota {

namespace {
constexpr std::uint64_t run_octets = 4096;
}

void fill_generated(std::uint64_t seed, std::uint64_t from, std::span<std::uint8_t> out) noexcept {
  while (!out.empty()) {
    random_stream draw{seed, from / run_octets, "firmware"};
    const std::uint64_t skip = from % run_octets;
    const auto count = std::min<std::uint64_t>(out.size(), run_octets - skip);
    std::uint64_t word = 0;
    for (std::uint64_t i = 0; i < skip + count; ++i) {
      word = i % 8 == 0 ? draw.next() : word >> 8;
      if (i >= skip) {
        out[i - skip] = static_cast<std::uint8_t>(word);
      }
    }
    out = out.subspan(count);
    from += count;
  }
}

} // namespace fleet::ota
