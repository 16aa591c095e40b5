// What the flash chips of one home share: contents of blocks, and rows of them. Not a chip: who
// wrote what when is flash_chip.hpp's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hal_sim/flash/octet_pool.hpp"
#include "protocol/base/content_hash.hpp"

namespace fleet::hal {

/// One erase block of a chip: what it holds and how often it was erased.
struct flash_cell {
  std::uint32_t content = 0; ///< flash_store's number for it; 0: erased
  std::uint32_t erases = 0;
};

/// Blocks in a row: neighbours that change together are shared together, wear included.
inline constexpr std::uint32_t flash_row_blocks = 32;
using flash_row = std::array<flash_cell, flash_row_blocks>;

/// Contents and rows, each kept once however many chips hold it; a row holds its contents. Outlives
/// its chips. One thread: a store a home.
class flash_store {
public:
  using id = std::uint32_t; ///< 0: erased, or a row as it left the factory

  explicit flash_store(std::uint32_t block_bytes);
  flash_store(const flash_store&) = delete;
  flash_store& operator=(const flash_store&) = delete;

  /// Holds a content; its number is 0 if it is erased from end to end.
  id enter_block(bytes_view octets);
  void drop_block(id content) noexcept;
  /// Octets of a content other than 0.
  [[nodiscard]] bytes_view block(id content) const noexcept { return blocks_.octets(content); }

  /// Holds a row. Whoever holds its contents goes on holding them.
  id enter_row(const flash_row& row);
  /// Holds a known row, or 0, once more.
  void hold_row(id row) noexcept;
  void drop_row(id row) noexcept;
  [[nodiscard]] flash_row row(id which) const noexcept;

  /// The digest of the first `size` octets of these contents one behind the other, if it was
  /// remembered: who holds equal contents need not read them again. What rots is another content.
  [[nodiscard]] std::optional<digest_value> known_digest(std::span<const id> contents,
                                                         std::uint32_t size, content_digest kind);
  /// Remembers it and holds the contents meanwhile; the digests_most newest in use stay.
  void remember_digest(std::span<const id> contents, std::uint32_t size,
                       const digest_value& digest);
  static constexpr std::size_t digests_most = 16;

  [[nodiscard]] std::uint32_t block_bytes() const noexcept { return blocks_.run_bytes(); }
  /// Different contents held, erased ones not counted.
  [[nodiscard]] std::size_t blocks() const noexcept { return blocks_.runs(); }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_.runs(); }
  /// Octets of heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct known {
    std::vector<id> contents;
    std::uint32_t size = 0;
    digest_value digest;
    std::uint64_t used = 0;
  };
  void drop_contents(std::span<const id> contents) noexcept;

  octet_pool blocks_;
  octet_pool rows_;
  std::vector<known> digests_;
  std::uint64_t uses_ = 0;
};

} // namespace fleet::hal
