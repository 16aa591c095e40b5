// A board's flash: blocks that are erased to ones, octets written by clearing bits, wear, rot, bad
// blocks, and power that may fail at any step (design, part 6). It knows nothing of slots or
// images.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "hal_sim/flash/flash_store.hpp"
#include "protocol/base/random.hpp"

namespace fleet::hal {

/// How a chip is built; shared by all chips of a kind.
struct flash_geometry {
  std::uint32_t block_bytes = 4'096; ///< erased as one; a multiple of write_bytes
  std::uint32_t blocks = 514;        ///< two slots of 1 MiB and the boot record
  std::uint32_t write_bytes = 256;   ///< written as one; addresses and lengths are multiples of it
  std::uint32_t erases_most = 100'000; ///< of one block; then it is worn out

  [[nodiscard]] std::uint32_t total_bytes() const noexcept { return block_bytes * blocks; }
};
/// Whether a chip can be built so: sizes over 0, whole blocks, less than 2 GiB.
bool valid(const flash_geometry& geometry) noexcept;

enum class flash_status : std::uint8_t {
  done,
  out_of_range, ///< no such address or block; nothing happened
  misaligned,   ///< not whole units of write_bytes; nothing happened
  not_erased,   ///< a bit should have become 1: the others were written (a driver's read-back)
  worn_out,     ///< erased erases_most times already; it stays as it is
  bad_block,    ///< neither written nor erased
  power_lost    ///< the power failed in or before it: what it did is what power_cut says
};

/// The power fails in the n-th write or erase from now on, 0 being the next. One unit of
/// write_bytes counts as one write, however many a call writes.
struct power_cut {
  std::uint64_t operation = 0;
  /// How far it came: 0 is before it, 1000 just behind it. In between, a write has written the
  /// octets in front and a part of the bits of the next one; an erase has erased the octets in
  /// front and set some bits of the others.
  std::uint16_t permille = 0;
};

/// One chip. Idle it takes its rows' numbers, four octets for each 32 blocks, and nothing of what
/// another chip of the store holds alike; a block under way is a copy of its own.
class flash_chip {
public:
  /// New from the factory, all erased. Both must outlive it; `geometry` must be valid() and of the
  /// store's block size.
  flash_chip(const flash_geometry& geometry, flash_store& store);
  ~flash_chip();
  flash_chip(const flash_chip&) = delete;
  flash_chip& operator=(const flash_chip&) = delete;

  /// Makes it what `made` holds, wear included, at the cost of its rows' numbers: how a factory
  /// fills chips. Of the same geometry and store, powered, and with no block under way.
  void copy_from(const flash_chip& made);

  /// Clears the bits that are 0 in `octets`, unit by unit; stops at the first that fails.
  flash_status write(std::uint32_t address, bytes_view octets);
  flash_status erase(std::uint32_t block);
  /// Any range; not a step at which the power fails.
  flash_status read(std::uint32_t address, std::span<std::uint8_t> out) const;

  /// The digest of `size` octets from a block's start on, from the store where it is known; none
  /// when they cannot be read.
  [[nodiscard]] std::optional<digest_value> digest(std::uint32_t first_block, std::uint32_t size,
                                                   content_digest kind) const;

  /// Counts a step of something beside the chip that fails with the same power, as a write to the
  /// board's store: how many thousandths of it were done, if the power fails in it.
  [[nodiscard]] std::optional<std::uint16_t> step_beside() noexcept { return next_step(); }

  /// Shares the block under way and gives its copy back; it goes on when it is written again.
  void seal();

  /// Flips `flips` bits anywhere in these blocks, as time and heat do.
  void rot(random_stream& chance, std::uint32_t first_block, std::uint32_t blocks,
           std::uint32_t flips);
  /// Blocks from this one on fail all writes and erases; none by default.
  void set_bad_from(std::uint32_t block) noexcept { bad_from_ = block; }

  /// Plans the next power cut, or none; replaces what was planned.
  void plan_cut(std::optional<power_cut> cut) noexcept;
  /// After a cut all fails with power_lost until the power is back.
  void power_on() noexcept { powered_ = true; }
  [[nodiscard]] bool powered() const noexcept { return powered_; }

  /// Steps at which the power could have failed, since the chip was made.
  [[nodiscard]] std::uint64_t operations() const noexcept { return operations_; }
  /// How often a block was erased.
  [[nodiscard]] std::uint32_t erases(std::uint32_t block) const noexcept;
  [[nodiscard]] const flash_geometry& geometry() const noexcept { return *geometry_; }
  /// Octets, what it alone holds on the heap included; not those of the store.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  [[nodiscard]] flash_cell cell(std::uint32_t block) const noexcept;
  void set_cell(std::uint32_t block, std::optional<std::uint32_t> content, bool erased);
  void open(std::uint32_t block);
  flash_status write_unit(std::uint32_t address, bytes_view octets);
  /// Units of one block, when the power does not fail in any of them.
  flash_status write_run(std::uint32_t address, bytes_view octets);
  /// Counts a step; how far it comes, if the power fails in it.
  [[nodiscard]] std::optional<std::uint16_t> next_step() noexcept;

  const flash_geometry* geometry_;
  flash_store* store_;
  std::vector<flash_store::id> rows_;
  std::unique_ptr<std::uint8_t[]> open_octets_; ///< of the block under way, if there is one
  std::uint32_t open_block_ = 0;
  std::uint32_t bad_from_ = UINT32_MAX;
  std::uint64_t operations_ = 0;
  std::uint64_t cut_operation_ = UINT64_MAX; ///< the count at which the power fails
  std::uint16_t cut_permille_ = 0;
  bool powered_ = true;
};

} // namespace fleet::hal
