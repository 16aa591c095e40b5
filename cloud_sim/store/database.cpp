// The door to SQLite. The file is held for this process alone (locking_mode EXCLUSIVE), which also
// keeps the index of the write-ahead log on the heap; a killed process leaves no lock behind.
#include "cloud_sim/store/database.hpp"

#include <sqlite3.h>

#include <utility>

#include "cloud_sim/store/schema.hpp"
#include "cloud_sim/store/statements.hpp"

namespace fleet::cloud {

namespace {

/// Octets of a page; also the unit in which bytes_max is kept.
constexpr std::uint64_t page_bytes = 4096;
/// Pages of the log after which a commit moves them into the file: a few MB, so that a row that
/// changes often is moved seldom, and the log stays small.
constexpr const char* checkpoint_sql = "PRAGMA wal_autocheckpoint=2000";

store_error error_of(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return store_error::in_use;
    case SQLITE_NOTADB: return store_error::not_a_database;
    case SQLITE_CORRUPT: return store_error::corrupt;
    case SQLITE_FULL: return store_error::disk_full;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH: return store_error::not_writable;
  }
  return store_error::failed;
}

std::string_view words_of(store_error why) noexcept {
  switch (why) {
    case store_error::not_writable: return "cannot be opened for writing";
    case store_error::in_use: return "is in use by another twin";
    case store_error::not_a_database: return "is not a database of a twin";
    case store_error::newer_schema: return "was written by a newer version of this program";
    case store_error::corrupt: return "is damaged";
    case store_error::disk_full: return "cannot grow: the disk or its bound is full";
    case store_error::failed: return "could not be read or written";
    case store_error::overflowed: return "could not be written for too long";
  }
  FLEET_CHECK(false);
}

/// The value stays in the batch until the statement has run.
int bind(sqlite3_stmt* s, int at, const column_value& v) {
  // A null pointer would bind NULL, which is no empty text.
  const auto* const data = v.octets.empty() ? "" : static_cast<const void*>(v.octets.data());
  switch (v.kind) {
    case column_kind::integer: return sqlite3_bind_int64(s, at, v.number);
    case column_kind::text:
      return sqlite3_bind_text64(s, at, static_cast<const char*>(data), v.octets.size(), nullptr,
                                 SQLITE_UTF8);
    case column_kind::blob: return sqlite3_bind_blob64(s, at, data, v.octets.size(), nullptr);
  }
  FLEET_CHECK(false);
}

column_value column(sqlite3_stmt* s, int at) {
  column_value v;
  switch (sqlite3_column_type(s, at)) {
    case SQLITE_INTEGER: v.number = sqlite3_column_int64(s, at); return v;
    case SQLITE_TEXT: v.kind = column_kind::text; break;
    default: v.kind = column_kind::blob; break;
  }
  const auto* const data = static_cast<const std::uint8_t*>(sqlite3_column_blob(s, at));
  v.octets = {data, static_cast<std::size_t>(sqlite3_column_bytes(s, at))};
  return v;
}

} // namespace

store_failure database::failure_of(store_error why, std::string_view rest) const {
  std::string message = file_;
  message.append(" ").append(words_of(why));
  if (!rest.empty()) {
    message.append(": ").append(rest);
  }
  return {why, std::move(message)};
}

store_failure database::failure_now(int code) const {
  const auto why = error_of(code);
  // Where the words say it all, SQLite's own add nothing.
  const bool plain = why == store_error::in_use || why == store_error::not_a_database
                     || why == store_error::disk_full || connection_ == nullptr;
  return failure_of(why, plain ? "" : sqlite3_errmsg(connection_));
}

database::~database() {
  for (auto& of_table : statements_) {
    for (auto* s : of_table) {
      sqlite3_finalize(s);
    }
  }
  sqlite3_close(connection_);
}

result<std::unique_ptr<database>, store_failure> database::open(const std::string& file,
                                                                const store_options& options) {
  FLEET_CHECK(table_shapes().size() == tables_max);
  std::unique_ptr<database> made{new database(file)};
  auto bad = made->connect();
  if (!bad) {
    bad = made->set_up(options);
  }
  if (!bad) {
    bad = made->migrate();
  }
  if (bad) {
    return fail(std::move(*bad));
  }
  return made;
}

std::optional<store_failure> database::connect() {
  const int code = sqlite3_open_v2(file_.c_str(), &connection_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
                                       | SQLITE_OPEN_EXRESCODE,
                                   nullptr);
  if (code != SQLITE_OK) {
    return failure_now(code);
  }
  return std::nullopt;
}

std::optional<store_failure> database::run(const char* sql) {
  const int code = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    return failure_now(code);
  }
  return std::nullopt;
}

result<sqlite3_stmt*, store_failure> database::prepare(const std::string& sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (code != SQLITE_OK) {
    return fail(failure_now(code));
  }
  return made;
}

result<std::int64_t, store_failure> database::number(const char* sql) {
  auto made = prepare(sql);
  if (!made.ok()) {
    return fail(store_failure{made.error()});
  }
  sqlite3_stmt* const s = made.value();
  const int code = sqlite3_step(s);
  const std::int64_t found = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
  auto bad = code == SQLITE_ROW || code == SQLITE_DONE ? std::optional<store_failure>{}
                                                       : std::optional{failure_now(code)};
  sqlite3_finalize(s);
  if (bad) {
    return fail(std::move(*bad));
  }
  return found;
}

std::optional<store_failure> database::set_up(const store_options& options) {
  // Before the first look at the file, so that the lock is taken with it and kept.
  if (auto bad = run("PRAGMA locking_mode=EXCLUSIVE")) {
    return bad;
  }
  // Somebody else's file must be left as it is: look before the log is switched on.
  const auto mark = number("PRAGMA application_id");
  if (!mark.ok()) {
    return mark.error();
  }
  const auto objects = number("SELECT count(*) FROM sqlite_master");
  if (!objects.ok()) {
    return objects.error();
  }
  if (mark.value() != application_mark && (mark.value() != 0 || objects.value() != 0)) {
    return failure_of(store_error::not_a_database, "another program made it");
  }
  const std::string bound =
      "PRAGMA max_page_count="
      + std::to_string(options.bytes_max == 0 ? 0xfffffffeU : options.bytes_max / page_bytes + 1);
  for (const char* sql :
       {"PRAGMA journal_mode=WAL",
        options.power_safe ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
        "PRAGMA trusted_schema=OFF", checkpoint_sql, bound.c_str()}) {
    if (auto bad = run(sql)) {
      return bad;
    }
  }
  return std::nullopt;
}

std::optional<store_failure> database::migrate() {
  const auto at = number("PRAGMA user_version");
  if (!at.ok()) {
    return at.error();
  }
  const auto newest = static_cast<std::int64_t>(schema_steps().size());
  if (at.value() > newest) {
    return failure_of(store_error::newer_schema, "schema " + std::to_string(at.value())
                                                     + ", and this one knows "
                                                     + std::to_string(newest));
  }
  if (at.value() < 0) {
    return failure_of(store_error::corrupt, "schema " + std::to_string(at.value()));
  }
  // A write in any case: takes the lock for good, and finds out whether writing works.
  if (auto bad = run("BEGIN EXCLUSIVE")) {
    return bad;
  }
  auto bad = step_schema(at.value());
  if (!bad) {
    bad = run("COMMIT");
  }
  if (bad) {
    roll_back();
  }
  return bad;
}

std::optional<store_failure> database::step_schema(std::int64_t from) {
  const auto steps = schema_steps();
  for (auto i = static_cast<std::size_t>(from); i < steps.size(); ++i) {
    if (auto bad = run(steps[i])) {
      return bad;
    }
  }
  const std::string marks = "PRAGMA application_id=" + std::to_string(application_mark)
                            + ";PRAGMA user_version=" + std::to_string(steps.size());
  return run(marks.c_str());
}

result<sqlite3_stmt*, store_failure> database::statement(const write_head& head) {
  FLEET_CHECK(head.table < tables_max);
  const std::size_t kind = head.erases ? head.columns : 0;
  FLEET_CHECK(kind < statements_per_table);
  sqlite3_stmt*& kept = statements_[head.table][kind];
  if (kept == nullptr) {
    const auto& shape = table_shapes()[head.table];
    auto made = prepare(head.erases ? erase_sql(shape, kind) : upsert_sql(shape));
    if (!made.ok()) {
      return made;
    }
    kept = made.value();
  }
  return kept;
}

std::optional<store_failure> database::write_all(bytes_view batch) {
  batch_reader reader{batch};
  while (!reader.done()) {
    const auto head = reader.head();
    const auto found = statement(head);
    if (!found.ok()) {
      return found.error();
    }
    sqlite3_stmt* const s = found.value();
    int code = SQLITE_OK;
    for (int at = 1; at <= head.columns; ++at) {
      const int bound = bind(s, at, reader.column());
      code = code == SQLITE_OK ? bound : code;
    }
    code = code == SQLITE_OK ? sqlite3_step(s) : code;
    if (code != SQLITE_DONE) {
      auto bad = failure_now(code);
      sqlite3_reset(s);
      return bad;
    }
    sqlite3_reset(s);
  }
  return std::nullopt;
}

std::optional<store_failure> database::write(bytes_view batch) {
  const bool open = sqlite3_get_autocommit(connection_) == 0;
  auto bad = open ? std::nullopt : run("BEGIN IMMEDIATE");
  if (!bad) {
    bad = write_all(batch);
  }
  if (bad) {
    roll_back();
  }
  return bad;
}

std::optional<store_failure> database::apply(bytes_view batch) {
  auto bad = write(batch);
  if (!bad) {
    bad = run("COMMIT");
    if (bad) {
      roll_back();
    }
  }
  return bad;
}

void database::roll_back() {
  // Some failures roll back by themselves.
  if (sqlite3_get_autocommit(connection_) == 0) {
    (void)run("ROLLBACK");
  }
}

result<std::uint64_t, store_failure> database::visit_rows(sqlite3_stmt* s, std::uint8_t table,
                                                          const row_visitor& visit) {
  std::array<column_value, columns_max> values;
  const int count = sqlite3_column_count(s);
  FLEET_CHECK(count > 0 && static_cast<std::size_t>(count) <= values.size());
  std::uint64_t rows = 0;
  std::optional<store_failure> bad;
  for (int code = sqlite3_step(s); code != SQLITE_DONE && !bad; code = sqlite3_step(s)) {
    if (code != SQLITE_ROW) {
      bad = failure_now(code);
      break;
    }
    for (int at = 0; at < count; ++at) {
      values[static_cast<std::size_t>(at)] = column(s, at);
    }
    if (!visit({values.data(), static_cast<std::size_t>(count)})) {
      bad = failure_of(store_error::corrupt, "a row of " + std::string{table_shapes()[table].name});
    }
    ++rows;
  }
  sqlite3_finalize(s);
  if (bad) {
    return fail(std::move(*bad));
  }
  return rows;
}

result<std::uint64_t, store_failure> database::read(std::uint8_t table, const row_visitor& visit) {
  const auto& shape = table_shapes()[table];
  auto made = prepare(read_sql(shape, " ORDER BY ", ",", ""));
  if (!made.ok()) {
    return fail(store_failure{made.error()});
  }
  return visit_rows(made.value(), table, visit);
}

result<std::uint64_t, store_failure> database::read_one(std::uint8_t table,
                                                        std::span<const std::int64_t> key,
                                                        const row_visitor& visit) {
  const auto& shape = table_shapes()[table];
  FLEET_CHECK(key.size() == shape.key_columns);
  auto made = prepare(read_sql(shape, " WHERE ", " AND ", "=?"));
  if (!made.ok()) {
    return fail(store_failure{made.error()});
  }
  for (std::size_t i = 0; i < key.size(); ++i) {
    sqlite3_bind_int64(made.value(), static_cast<int>(i + 1), key[i]);
  }
  return visit_rows(made.value(), table, visit);
}

} // namespace fleet::cloud
