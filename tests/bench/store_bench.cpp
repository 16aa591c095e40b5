// Shadow updates a second through the store, on disk, in batches as the twin's turns make them; and
// beside it SQLite's own floor: a bare prepared upsert of the same rows in the same batches.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include "cloud_sim/store/store.hpp"
#include "protocol/base/check.hpp"

namespace {

using namespace fleet;

constexpr std::size_t devices = 5000;

/// A directory under the one that the run was started in: /tmp may be memory.
struct work_folder {
  work_folder() { FLEET_CHECK(::mkdtemp(path.data()) != nullptr); }
  ~work_folder() { std::filesystem::remove_all(path); }
  work_folder(const work_folder&) = delete;
  work_folder& operator=(const work_folder&) = delete;
  std::string path = "store_bench_XXXXXX";
};

/// A shadow after `version` updates; they differ, as on the wire.
void write_document(std::string& out, std::size_t size, std::uint64_t version) {
  out = R"({"state":{"reported":{"temp":)" + std::to_string(version % 100);
  out += R"(,"note":")";
  out.append(size > 120 ? size - 120 : 0, 'x');
  out += R"("}},"metadata":{"reported":{"temp":{"timestamp":1700000001}}},"version":)";
  out += std::to_string(version) + "}";
}

const std::vector<std::string>& names() {
  static const auto all = [] {
    std::vector<std::string> made;
    for (std::size_t i = 0; i < devices; ++i) {
      made.push_back("dev_" + std::to_string(1'000'000 + i));
    }
    return made;
  }();
  return all;
}

/// The devices in an order that jumps about the table.
const std::string& name_of(std::uint64_t update) {
  return names()[update * 2654435761U % devices];
}

void count_updates(benchmark::State& state, std::uint64_t updates) {
  state.counters["updates"] =
      benchmark::Counter(static_cast<double>(updates), benchmark::Counter::kIsRate);
}

/// Arguments: updates a commit, octets of a document, whether power loss is survived.
void shadows_through_the_store(benchmark::State& state) {
  const work_folder folder;
  auto opened = cloud::store::open(folder.path, {.power_safe = state.range(2) != 0});
  FLEET_CHECK(opened.ok());
  auto& kept = opened.value();
  std::string document;
  std::uint64_t updates = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      write_document(document, static_cast<std::size_t>(state.range(1)), updates);
      kept.put(cloud::shadow_row{"a1PRODUCTKY", name_of(updates), document});
      ++updates;
    }
    if (const auto bad = kept.commit()) {
      state.SkipWithError(bad->message.c_str());
      break;
    }
  }
  count_updates(state, updates);
}

void run(sqlite3* db, const char* sql) {
  FLEET_CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
}

void shadows_through_bare_sqlite(benchmark::State& state) {
  const work_folder folder;
  sqlite3* db = nullptr;
  FLEET_CHECK(sqlite3_open((folder.path + "/floor.db").c_str(), &db) == SQLITE_OK);
  run(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL");
  run(db, state.range(2) != 0 ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  run(db, "CREATE TABLE shadows(product_key TEXT NOT NULL, device_name TEXT NOT NULL, document "
          "TEXT NOT NULL, PRIMARY KEY(product_key, device_name)); PRAGMA wal_autocheckpoint=2000");
  sqlite3_stmt* upsert = nullptr;
  FLEET_CHECK(sqlite3_prepare_v3(db,
                                 "INSERT INTO shadows VALUES(?,?,?) ON CONFLICT DO UPDATE SET "
                                 "document=excluded.document",
                                 -1, SQLITE_PREPARE_PERSISTENT, &upsert, nullptr)
              == SQLITE_OK);
  std::string document;
  std::uint64_t updates = 0;
  for (auto _ : state) {
    run(db, "BEGIN IMMEDIATE");
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      write_document(document, static_cast<std::size_t>(state.range(1)), updates);
      const auto& name = name_of(updates);
      sqlite3_bind_text(upsert, 1, "a1PRODUCTKY", 11, SQLITE_STATIC);
      sqlite3_bind_text(upsert, 2, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
      sqlite3_bind_text(upsert, 3, document.data(), static_cast<int>(document.size()),
                        SQLITE_STATIC);
      FLEET_CHECK(sqlite3_step(upsert) == SQLITE_DONE);
      sqlite3_reset(upsert);
      ++updates;
    }
    run(db, "COMMIT");
  }
  count_updates(state, updates);
  sqlite3_finalize(upsert);
  sqlite3_close(db);
}

void arguments(benchmark::internal::Benchmark* b) {
  b->ArgNames({"batch", "octets", "power_safe"})->UseRealTime();
  b->Args({1, 400, 0})->Args({8, 400, 0})->Args({64, 400, 0})->Args({512, 400, 0});
  b->Args({64, 4000, 0})->Args({64, 400, 1});
}
BENCHMARK(shadows_through_the_store)->Apply(arguments);
BENCHMARK(shadows_through_bare_sqlite)->Apply(arguments);

} // namespace
