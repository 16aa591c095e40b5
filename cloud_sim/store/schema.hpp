// The tables as SQL: how they came to be, step by step, and what each is called. Private to this
// folder and its tests; text only.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace fleet::cloud {

/// Marks a file as the twin's, in SQLite's header: `FLTW`.
inline constexpr std::int32_t application_mark = 0x464c5457;

/// The scripts that make the schema. A file at version n (PRAGMA user_version) has had the first n;
/// to change the schema, append a script and never touch an older one.
std::span<const char* const> schema_steps() noexcept;

inline constexpr std::size_t columns_max = 12;

struct table_shape {
  std::string_view name;
  std::array<std::string_view, columns_max> columns; ///< the key's first; empty ones end the list
  std::uint8_t key_columns = 1;
};

/// By table number, see table_of in layout.hpp.
std::span<const table_shape> table_shapes() noexcept;

} // namespace fleet::cloud
