// The one that speaks to SQLite: opens the file, applies batches, reads tables. Knows columns by
// number and nothing of rows. Private to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cloud_sim/store/batch.hpp"
#include "cloud_sim/store/schema.hpp"
#include "cloud_sim/store/store.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace fleet::cloud {

class database {
public:
  using row_visitor = std::function<bool(std::span<const column_value>)>;

  static result<std::unique_ptr<database>, store_failure> open(const std::string& file,
                                                               const store_options& options);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// All writes of `batch`, and of the calls of write() before it, in one transaction; or none and
  /// why.
  std::optional<store_failure> apply(bytes_view batch);
  /// Writes `batch` into a transaction that stays open until apply(). Where it fails, what former
  /// calls wrote is gone too.
  std::optional<store_failure> write(bytes_view batch);

  /// What write() wrote since the last apply() is gone.
  void drop() { roll_back(); }

  /// Calls `visit` with the columns of each row in the order of the key. A visit that answers
  /// false found a row that nobody of ours wrote: corrupt.
  result<std::uint64_t, store_failure> read(std::uint8_t table, const row_visitor& visit);
  /// The same of the row with that whole key, if there is one.
  result<std::uint64_t, store_failure>
  read_one(std::uint8_t table, std::span<const std::int64_t> key, const row_visitor& visit);

  /// One sentence that names the file.
  [[nodiscard]] store_failure failure_of(store_error why, std::string_view rest) const;

private:
  explicit database(std::string file) noexcept : file_(std::move(file)) {}

  static constexpr std::size_t tables_max = 15;
  /// Of one table: upsert, and erasure by the first one, two or three key columns.
  static constexpr std::size_t statements_per_table = 4;

  std::optional<store_failure> connect();
  std::optional<store_failure> set_up(const store_options& options);
  std::optional<store_failure> migrate();
  std::optional<store_failure> step_schema(std::int64_t from);
  std::optional<store_failure> write_all(bytes_view batch);
  std::optional<store_failure> run(const char* sql);
  void roll_back();
  result<std::int64_t, store_failure> number(const char* sql);
  result<sqlite3_stmt*, store_failure> prepare(const std::string& sql);
  result<sqlite3_stmt*, store_failure> statement(const write_head& head);
  result<std::uint64_t, store_failure> visit_rows(sqlite3_stmt* s, std::uint8_t table,
                                                  const row_visitor& visit);
  [[nodiscard]] store_failure failure_now(int code) const;

  std::string file_;
  sqlite3* connection_ = nullptr;
  std::array<std::array<sqlite3_stmt*, statements_per_table>, tables_max> statements_{};
};

} // namespace fleet::cloud
