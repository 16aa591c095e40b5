// The flash of all boards of one home: contents shared between them, and what each product's
// boards come with from the factory. Owned by a shard, outlives its boards.
#pragma once

#include <deque>
#include <memory>

#include "actors/device/firmware_settings.hpp"
#include "hal_sim/board/board_flash.hpp"

namespace fleet::actors {

class firmware_stock {
public:
  /// A flash as `product` has it, manufactured. The settings outlive it and are valid().
  [[nodiscard]] std::unique_ptr<hal::board_flash> make(const firmware_settings& product);

  /// Octets of heap: all contents.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct first_piece {
    const firmware_settings* of;
    std::unique_ptr<hal::board_flash> flash;
  };
  hal::flash_store& store_for(std::uint32_t block_bytes);

  std::deque<hal::flash_store> stores_; ///< one for each size of a block
  std::deque<first_piece> firsts_;      ///< one of each product; the others are its copies
};

} // namespace fleet::actors
