// A board's small persistent store: few entries, flat in one run of octets, no file. It survives
// power_off() and not a factory reset; both are the board's to call. No wear, no torn commits yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/result.hpp"

namespace fleet::hal {

enum class kv_error : std::uint8_t {
  full,     ///< the entry does not fit, or nothing can be written; what was stored stays
  bad_key,  ///< empty, or longer than kv_store::key_bytes_max
  too_large ///< longer than any store could hold: kv_store::value_bytes_max
};

/// Keys to octets, looked up one by one: made for a dozen entries (HAL_Kv_Set, _Get and _Del of the
/// manual's porting layer). Takes heap only while it holds something.
class kv_store {
public:
  static constexpr std::size_t key_bytes_max = 255;
  static constexpr std::size_t value_bytes_max = 65'535;
  static constexpr std::size_t entry_overhead_bytes = 3;
  static constexpr std::uint32_t default_capacity_bytes = 4'096;

  kv_store() = default;
  explicit kv_store(std::uint32_t capacity_bytes) noexcept
      : capacity_(capacity_bytes & 0x7fffffffU) {}

  /// Stores or replaces, wholly or not at all.
  result<std::size_t, kv_error> put(std::string_view key, bytes_view value);
  result<std::size_t, kv_error> put_number(std::string_view key, std::uint64_t value);

  /// What is stored; valid until the next call that changes the store.
  [[nodiscard]] std::optional<bytes_view> get(std::string_view key) const noexcept;
  /// None also when what is stored is not a number of put_number().
  [[nodiscard]] std::optional<std::uint64_t> get_number(std::string_view key) const noexcept;

  /// False when there was none, or nothing can be written.
  bool erase(std::string_view key);
  void clear() noexcept;

  /// From now on no write succeeds, or again as many as there is room for.
  void set_read_only(bool so) noexcept { read_only_ = so ? 1 : 0; }
  [[nodiscard]] bool read_only() const noexcept { return read_only_ != 0; }
  /// Puts other octets in the place of every value, but for that of `spared`; answers how many.
  std::size_t spoil(random_stream& luck, std::string_view spared);

  /// Octets taken of capacity(): keys, values and three for each entry.
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t entries() const noexcept;
  /// Octets of heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return used_; }

private:
  struct place {
    std::size_t at = 0;
    std::size_t size = 0; ///< of the whole entry; 0: not there
  };
  [[nodiscard]] std::size_t size_at(std::size_t at) const noexcept;
  [[nodiscard]] place find(std::string_view key) const noexcept;

  std::unique_ptr<std::uint8_t[]> data_; ///< exactly used_ octets
  std::uint32_t used_ = 0;
  std::uint32_t capacity_ : 31 = default_capacity_bytes;
  std::uint32_t read_only_ : 1 = 0;
};

static_assert(sizeof(kv_store) <= 16, "every board has one");

} // namespace fleet::hal
