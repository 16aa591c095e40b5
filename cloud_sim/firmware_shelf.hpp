// The firmware that a platform has: what it is, its octets and their digests. Images that are
// generated are made again where they are needed; those that were uploaded lie in the store, or
// without one in memory. Knows no devices, no campaigns, no HTTP.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cloud_sim/block_cache.hpp"
#include "cloud_sim/firmware.hpp"
#include "cloud_sim/firmware_keeper.hpp"

namespace fleet::cloud {

inline constexpr std::uint32_t firmware_block_octets = 64 * 1024;
/// Octets of images that lie elsewhere, kept in memory for downloads.
inline constexpr std::size_t firmware_cache_octets = 64 * 1024 * 1024;
/// Octets of all uploads together where there is no store to take them.
inline constexpr std::uint64_t firmware_memory_max = 512 * 1024 * 1024;
/// Octets that are digested at once; more waits for work().
inline constexpr std::uint64_t firmware_digest_slice = 4 * 1024 * 1024;

class firmware_shelf {
public:
  using outcome = result<std::uint32_t, operation_failure>;

  explicit firmware_shelf(std::size_t cache_octets = firmware_cache_octets);
  ~firmware_shelf();
  firmware_shelf(const firmware_shelf&) = delete;
  firmware_shelf& operator=(const firmware_shelf&) = delete;

  /// From now on changes are told, and uploads lie there. Must outlive the shelf.
  void keep_in(firmware_keeper* keeper) noexcept { keeper_ = keeper; }
  /// At start, rows as the keeper was told of them. False where one makes no sense.
  bool load(const firmware_row& row);
  /// The last number of a former life: add() goes on behind it, whatever of it was deleted.
  void go_on_after(std::uint32_t last) noexcept { last_ = std::max(last_, last); }

  /// One more; its number. `malformed` with a sentence for what cannot be, `refused` beyond
  /// firmwares_max.
  outcome add(const firmware_order& what);
  /// As firmware_operations::put_content().
  outcome put(std::uint32_t id, std::uint64_t offset, bytes_view octets);
  bool erase(std::uint32_t id);

  [[nodiscard]] firmware* find(std::uint32_t id) noexcept;
  [[nodiscard]] const firmware* find(std::uint32_t id) const noexcept;
  [[nodiscard]] std::vector<const firmware*> all() const;

  /// Of what the server has: from `from` on, at most `most`, none where there are none. Valid until
  /// the next call.
  [[nodiscard]] bytes_view octets(std::uint32_t id, std::uint64_t from, std::size_t most);

  /// Whether digests are still to be made; work() makes a slice of one.
  [[nodiscard]] bool busy() const noexcept;
  void work();

private:
  struct entry;
  entry* look(std::uint32_t id) noexcept;
  [[nodiscard]] const std::vector<std::uint8_t>* block(entry& e, std::uint32_t number);
  void take(entry& e, bytes_view octets);
  void digest(entry& e, std::uint64_t most);
  void tell(const entry& e);

  firmware_keeper* keeper_ = nullptr;
  std::map<std::uint32_t, std::unique_ptr<entry>> entries_;
  std::vector<std::uint32_t> undigested_; ///< all octets or some are there, and not yet digested
  block_cache cache_;
  std::uint64_t in_memory_ = 0;
  std::uint32_t last_ = 0;
};

} // namespace fleet::cloud
