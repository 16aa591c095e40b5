// One firmware as a platform knows it, without its octets: what it was ordered to be, how far it
// has come, and what offers and server say of it. Faults that were ordered are in these alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cloud_sim/firmware_operations.hpp"

namespace fleet::cloud {

inline constexpr std::uint64_t firmware_extra_octets = 1024; ///< of firmware_fault::long_body

struct firmware {
  std::uint32_t id = 0;
  firmware_order what;
  std::uint64_t received = 0;
  std::string md5; ///< hexadecimal, once it is ready
  std::string sha256;
  std::uint64_t downloads = 0;
  std::uint64_t octets_sent = 0;

  [[nodiscard]] bool ready() const noexcept { return !md5.empty(); }
  /// What offers say, whatever the order says is to be wrong with it.
  [[nodiscard]] std::string offered_sign() const;
  [[nodiscard]] std::int64_t offered_size() const noexcept;
  /// Octets that the server has.
  [[nodiscard]] std::uint64_t served_size() const noexcept;
};
firmware_view view_of(const firmware& f);

/// Why there can be no such firmware, or nothing.
std::optional<operation_failure> wrong_with(const firmware_order& o);

} // namespace fleet::cloud
