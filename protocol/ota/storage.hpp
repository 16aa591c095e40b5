// What an updater asks of its board: a slot to write an image to, and a place for one note that
// outlives a power loss (aliyun-iot.md §20: HAL_Firmware_Persistence_*, HAL_Kv_*).
#pragma once

#include <cstdint>
#include <span>

#include "protocol/base/bytes.hpp"
#include "protocol/ota/firmware.hpp"

namespace fleet::ota {

enum class storage_status : std::uint8_t {
  done,
  too_large, ///< no slot takes an image of that size
  not_yet,   ///< the running image is on trial: its predecessor is still needed
  failed,    ///< the flash does not take it
  differs,   ///< what is in flash is not what was said
  power_lost ///< nothing more can be done before the next boot
};

class storage {
public:
  storage() = default;
  storage(const storage&) = delete;
  storage& operator=(const storage&) = delete;
  virtual ~storage() = default;

  /// Opens the slot that does not run for `size` octets, of which the first `from` are there
  /// already. What it held before counts no more.
  virtual storage_status open(std::uint32_t size, std::uint32_t from) = 0;
  /// The next octets, straight to flash.
  virtual storage_status write(bytes_view octets) = 0;
  /// Octets from the start from which a later open() may go on.
  [[nodiscard]] virtual std::uint32_t resumable() const = 0;
  /// All octets are written.
  virtual storage_status finish() = 0;
  /// Octets from `at` on of what was written; false when they cannot be read.
  [[nodiscard]] virtual bool read(std::uint32_t at, std::span<std::uint8_t> out) const = 0;
  /// Digests what was written once more, from flash; the next boot tries it, unless it `differs`.
  virtual storage_status stage(const firmware& f) = 0;

  /// One note, or none.
  virtual void keep(bytes_view note) = 0;
  [[nodiscard]] virtual bytes_view kept() const = 0;
  virtual void forget() = 0;
};

} // namespace fleet::ota
