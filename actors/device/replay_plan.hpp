// Rows of a table that reports are made of, one after the other; one table for all devices of a
// product.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/csv_table.hpp"
#include "protocol/base/random.hpp"

namespace fleet::actors {

/// A column that is a property of the thing model, or `property.member`.
struct replay_column {
  std::size_t column = 0;
  std::string identifier;
  bool as_text = false; ///< its cells become JSON by quoting; else they are JSON
};

struct replay_plan {
  std::shared_ptr<const csv_table> rows;
  std::vector<replay_column> properties; ///< of reports of values; their cells have been checked
  bool ends = false;                     ///< after the last row comes nothing; else the first again
  bool from_first = false; ///< all devices begin there; else each at a row that its seed says

  /// The row of a device's report after `over` others of its kind; nothing once there is none left.
  [[nodiscard]] std::optional<std::size_t> row_of(std::uint64_t seed, std::uint32_t device,
                                                  std::uint32_t over) const {
    const std::size_t count = rows->rows();
    const std::size_t first =
        from_first ? 0
                   : static_cast<std::size_t>(random_stream{seed, device, "replay"}.below(count));
    if (ends && over >= count - first) {
      return std::nullopt;
    }
    return (first + over) % count;
  }
};

/// The cells of that row: none without a plan, nothing where no row is left.
inline std::optional<std::span<const std::string_view>>
cells_of(const replay_plan* plan, std::uint64_t seed, std::uint32_t device, std::uint32_t over) {
  if (plan == nullptr) {
    return std::span<const std::string_view>{};
  }
  const auto row = plan->row_of(seed, device, over);
  return row ? std::optional{plan->rows->row(*row)} : std::nullopt;
}

} // namespace fleet::actors
