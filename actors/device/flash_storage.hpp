// An updater's storage on a board: its flash, boot loader and key-value store. No decisions.
#pragma once

#include <memory>

#include "hal_sim/board/board.hpp"
#include "protocol/ota/storage.hpp"

namespace fleet::actors {

class flash_storage final : public ota::storage {
public:
  /// The board has a flash, and both outlive it.
  explicit flash_storage(hal::board& on) : on_(on) {}

  ota::storage_status open(std::uint32_t size, std::uint32_t from) override;
  ota::storage_status write(bytes_view octets) override;
  [[nodiscard]] std::uint32_t resumable() const override;
  ota::storage_status finish() override;
  [[nodiscard]] bool read(std::uint32_t at, std::span<std::uint8_t> out) const override;
  ota::storage_status stage(const ota::firmware& f) override;

  /// In the board's store. The power may fail in a write of the note: it is torn then, and none.
  void keep(bytes_view note) override;
  [[nodiscard]] bytes_view kept() const override;
  void forget() override;

  /// The running image works.
  hal::boot_step confirm();
  /// Octets of heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  hal::board& on_;
  std::unique_ptr<hal::slot_writer> writer_; ///< from open() to finish()
  std::uint8_t slot_ = 0;                    ///< that is written
};

} // namespace fleet::actors
