// The SQL that a table is written and read with. Private to this folder; text only.
#pragma once

#include <string>
#include <string_view>

#include "cloud_sim/store/schema.hpp"

namespace fleet::cloud {

/// Inserts a row, or replaces the one with its key.
std::string upsert_sql(const table_shape& t);
/// All rows whose first key columns are these.
std::string erase_sql(const table_shape& t, std::size_t key_columns);
/// All columns; behind `before` the key's, `between` two of them and `after` each.
std::string read_sql(const table_shape& t, std::string_view before, std::string_view between,
                     std::string_view after);

} // namespace fleet::cloud
