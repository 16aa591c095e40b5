// Statements, put together from the shape of their table.
#include "cloud_sim/store/statements.hpp"

#include "protocol/base/check.hpp"

namespace fleet::cloud {

std::string upsert_sql(const table_shape& t) {
  std::string names;
  std::string marks;
  std::string key;
  std::string sets;
  for (std::size_t i = 0; i < t.columns.size() && !t.columns[i].empty(); ++i) {
    names.append(i == 0 ? "" : ",").append(t.columns[i]);
    marks.append(i == 0 ? "?" : ",?");
    if (i < t.key_columns) {
      key.append(i == 0 ? "" : ",").append(t.columns[i]);
    } else {
      sets.append(sets.empty() ? "" : ",").append(t.columns[i]).append("=excluded.");
      sets.append(t.columns[i]);
    }
  }
  std::string sql = "INSERT INTO ";
  sql.append(t.name).append("(").append(names).append(") VALUES(").append(marks);
  sql.append(") ON CONFLICT(").append(key).append(") DO UPDATE SET ").append(sets);
  return sql;
}

std::string erase_sql(const table_shape& t, std::size_t key_columns) {
  FLEET_CHECK(key_columns >= 1 && key_columns <= t.key_columns);
  std::string sql = "DELETE FROM ";
  sql.append(t.name).append(" WHERE ");
  for (std::size_t i = 0; i < key_columns; ++i) {
    sql.append(i == 0 ? "" : " AND ").append(t.columns[i]).append("=?");
  }
  return sql;
}

std::string read_sql(const table_shape& t, std::string_view before, std::string_view between,
                     std::string_view after) {
  std::string names;
  std::string key;
  for (std::size_t i = 0; i < t.columns.size() && !t.columns[i].empty(); ++i) {
    names.append(i == 0 ? "" : ",").append(t.columns[i]);
    if (i < t.key_columns) {
      key.append(i == 0 ? "" : between).append(t.columns[i]).append(after);
    }
  }
  return "SELECT " + names + " FROM " + std::string{t.name} + std::string{before} + key;
}

} // namespace fleet::cloud
