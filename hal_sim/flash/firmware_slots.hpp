// Where things lie on a chip: the boot record in front, then two slots of equal size; writing an
// image into a slot as it comes, and digesting it from there. No decisions: boot_loader.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hal_sim/flash/boot_area.hpp"
#include "hal_sim/flash/boot_record.hpp"
#include "hal_sim/flash/flash_chip.hpp"

namespace fleet::hal {

struct slot_range {
  std::uint32_t first_block = 0;
  std::uint32_t blocks = 0;
};
/// Slot 0 or 1 of a chip of that geometry.
slot_range range_of_slot(const flash_geometry& geometry, std::uint8_t slot) noexcept;
/// The largest image a slot takes, in octets.
std::uint32_t slot_bytes(const flash_geometry& geometry) noexcept;

/// Writes one image from its start to its end, or from a block's start on. Holds less than one unit
/// of the chip; erases each block when its turn comes.
class slot_writer {
public:
  /// `size` octets in all, of which the first `from` are there already: a multiple of the block, at
  /// most `size`, which is at most slot_bytes().
  slot_writer(flash_chip& chip, std::uint8_t slot, std::uint32_t size, std::uint32_t from = 0);

  /// The next octets; more than `size` of them in all are out_of_range, and none is written then.
  /// After a failure nothing more can be written.
  flash_status append(bytes_view octets);
  /// Writes what waits for a whole unit, and gives the block's copy back. Once, at the end.
  flash_status finish();

  /// Octets taken so far, `from` included.
  [[nodiscard]] std::uint32_t taken() const noexcept { return taken_; }
  /// Octets from the start that lie in blocks written to their end: where a resumption may begin.
  [[nodiscard]] std::uint32_t resumable() const noexcept;
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  /// Octets of heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return waiting_.capacity(); }

private:
  flash_status put(bytes_view whole_units);

  flash_chip* chip_;
  slot_range range_;
  std::uint32_t size_;
  std::uint32_t taken_;
  std::uint32_t written_; ///< octets given to the chip
  std::vector<std::uint8_t> waiting_;
};

/// The digest of the first `size` octets of a slot as the chip holds them; none when it cannot be
/// read or `size` is more than a slot has.
std::optional<digest_value> digest_slot(const flash_chip& chip, std::uint8_t slot,
                                        std::uint32_t size, content_digest kind);

/// Whether the slot holds what the record says.
bool verify_slot(const flash_chip& chip, std::uint8_t slot, const slot_record& record);

} // namespace fleet::hal
