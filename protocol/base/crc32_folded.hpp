// The vector half of crc32() (digest.hpp); nobody else's business.
#pragma once

#include <cstdint>

#include "protocol/base/bytes.hpp"

namespace fleet::detail {

struct folded_crc32 {
  std::uint32_t state = 0;  ///< the running remainder after the octets consumed
  std::size_t consumed = 0; ///< a multiple of 16
};

/// Whether this processor multiplies without carries.
bool can_fold_crc32() noexcept;

/// Folds as many whole lanes as there are; `bytes` holds 64 octets at least, `state` is the running
/// remainder, not inverted. Only where can_fold_crc32().
folded_crc32 fold_crc32(bytes_view bytes, std::uint32_t state) noexcept;

} // namespace fleet::detail
