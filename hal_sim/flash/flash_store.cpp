// Contents and rows in a pool each; a row that nobody held before takes hold of its contents.
#include "hal_sim/flash/flash_store.hpp"

#include <algorithm>

namespace fleet::hal {

static_assert(sizeof(flash_row) == 8 * flash_row_blocks, "rows are compared octet by octet");

flash_store::flash_store(std::uint32_t block_bytes)
    : blocks_(block_bytes), rows_(sizeof(flash_row)) {}

flash_store::id flash_store::enter_block(bytes_view octets) {
  // Equal to itself moved by one: all octets are alike.
  const bool erased = octets.front() == 0xff
                      && std::memcmp(octets.data(), octets.data() + 1, octets.size() - 1) == 0;
  return erased ? 0 : blocks_.enter(octets).which;
}

void flash_store::drop_block(id content) noexcept {
  if (content != 0) {
    (void)blocks_.drop(content);
  }
}

flash_store::id flash_store::enter_row(const flash_row& row) {
  const auto* octets = reinterpret_cast<const std::uint8_t*>(row.data());
  const bytes_view view{octets, sizeof row};
  if (std::all_of(view.begin(), view.end(), [](std::uint8_t o) { return o == 0; })) {
    return 0;
  }
  const auto [which, fresh] = rows_.enter(view);
  if (fresh) {
    for (const flash_cell& cell : row) {
      if (cell.content != 0) {
        blocks_.hold(cell.content);
      }
    }
  }
  return which;
}

void flash_store::drop_row(id row_id) noexcept {
  if (row_id == 0) {
    return;
  }
  const flash_row held = row(row_id);
  if (rows_.drop(row_id)) {
    for (const flash_cell& cell : held) {
      drop_block(cell.content);
    }
  }
}

flash_row flash_store::row(id which) const noexcept {
  flash_row out{};
  if (which != 0) {
    std::memcpy(out.data(), rows_.octets(which).data(), sizeof out);
  }
  return out;
}

} // namespace fleet::hal
