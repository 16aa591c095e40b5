// What the flash chips of one home share: contents of blocks, and rows of them. Not a chip: who
// wrote what when is flash_chip.hpp's.
#pragma once

#include <array>
#include <cstdint>

#include "hal_sim/flash/octet_pool.hpp"

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

  /// Holds a content; its number is 0 if it is erased from end to end.
  id enter_block(bytes_view octets);
  void drop_block(id content) noexcept;
  /// Octets of a content other than 0.
  [[nodiscard]] bytes_view block(id content) const noexcept { return blocks_.octets(content); }

  /// Holds a row. Whoever holds its contents goes on holding them.
  id enter_row(const flash_row& row);
  void drop_row(id row) noexcept;
  [[nodiscard]] flash_row row(id which) const noexcept;

  [[nodiscard]] std::uint32_t block_bytes() const noexcept { return blocks_.run_bytes(); }
  /// Different contents held, erased ones not counted.
  [[nodiscard]] std::size_t blocks() const noexcept { return blocks_.runs(); }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_.runs(); }
  /// Octets of heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return blocks_.memory_bytes() + rows_.memory_bytes();
  }

private:
  octet_pool blocks_;
  octet_pool rows_;
};

} // namespace fleet::hal
