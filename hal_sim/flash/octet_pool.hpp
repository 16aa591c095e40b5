// Equal runs of octets kept once and counted: what thousands of chips hold alike lies here a single
// time. It knows nothing of flash; flash_store.hpp says what the octets are.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace fleet::hal {

/// Runs of one size. The first holder of a run pays for a copy, all others for nothing. Bounded by
/// what its holders hold: a run goes with its last holder. One thread.
class octet_pool {
public:
  using id = std::uint32_t; ///< 0 is never given out

  explicit octet_pool(std::uint32_t run_bytes) : run_bytes_(run_bytes) {}

  struct entered {
    id which;
    bool fresh; ///< nobody held it before
  };
  /// Holds a run of exactly run_bytes() once more.
  entered enter(bytes_view octets);
  /// Holds a known run once more.
  void hold(id which) noexcept;
  /// Lets go once; true when that was the last holder: the run is gone then.
  bool drop(id which) noexcept;

  [[nodiscard]] bytes_view octets(id which) const noexcept;
  [[nodiscard]] std::uint32_t holders(id which) const noexcept;
  [[nodiscard]] std::uint32_t run_bytes() const noexcept { return run_bytes_; }
  /// How many different runs are held.
  [[nodiscard]] std::size_t runs() const noexcept { return live_; }
  /// Octets of heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct entry {
    std::unique_ptr<std::uint8_t[]> octets;
    std::uint64_t hash = 0;
    std::uint32_t holders = 0;
    std::uint32_t next = 0; ///< in its bucket, or in the list of free entries; 0: the end
  };
  [[nodiscard]] entry& at(id which) noexcept;
  [[nodiscard]] const entry& at(id which) const noexcept;
  [[nodiscard]] std::uint32_t& bucket_of(std::uint64_t hash) noexcept {
    return buckets_[hash & (buckets_.size() - 1)];
  }
  void grow();

  std::uint32_t run_bytes_;
  std::uint32_t free_ = 0;
  std::size_t live_ = 0;
  std::vector<entry> entries_;         ///< of id n at n - 1
  std::vector<std::uint32_t> buckets_; ///< a power of two of them, or none
};

} // namespace fleet::hal
