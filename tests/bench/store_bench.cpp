// Shadow updates a second on disk, in batches as the twin's turns make them: through the whole
// twin, from the PUBLISH to the committed row and the answer; through the store alone; and beside
// them SQLite's own floor, a bare prepared upsert of as many rows in the same batches.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include "cloud_sim/store/store.hpp"
#include "cloud_sim/twin.hpp"
#include "protocol/alink/sign.hpp"
#include "protocol/base/check.hpp"
#include "protocol/mqtt/codec.hpp"
#include "tests/support/bare_home.hpp"

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

/// The platform with a store and its devices; they talk to it in octets, without a network.
class lasting_twin {
public:
  lasting_twin(const std::string& directory, bool power_safe) {
    auto opened = cloud::store::open(directory, {.power_safe = power_safe});
    FLEET_CHECK(opened.ok());
    cloud::twin_options o;
    o.profile = cloud::profile::linkplatform;
    o.credentials = &credentials_;
    o.store = std::make_shared<cloud::store>(std::move(opened).value());
    o.listeners.push_back({});
    twin_ = std::make_unique<cloud::twin>(std::move(o));
    FLEET_CHECK(twin_->start(home_).ok());
    streams_.resize(devices);
    versions_.resize(devices);
    for (std::uint32_t i = 0; i < devices; ++i) {
      arrive(i);
    }
    home_.about_to_send();
    FLEET_CHECK(twin_->devices_online() == devices);
  }
  ~lasting_twin() { twin_->stop(); }
  lasting_twin(const lasting_twin&) = delete;
  lasting_twin& operator=(const lasting_twin&) = delete;

  /// The device's next update, of about `size` octets at rest, arrives.
  void update(std::uint32_t i, std::size_t size) {
    const auto version = ++versions_[i];
    payload_ = R"({"method":"update","state":{"reported":{"temp":)" + std::to_string(version % 100);
    payload_ += R"(,"note":")";
    payload_.append(size > 200 ? size - 200 : 0, 'x');
    payload_ += R"("}},"version":)" + std::to_string(version) + "}";
    mqtt::message_view m;
    const std::string topic = "/shadow/update/" + names_[i];
    m.topic = topic;
    m.payload = as_bytes(payload_);
    m.qos = mqtt::qos::at_least_once;
    m.packet_id = 7;
    scratch_.clear();
    mqtt::encode_publish(m, scratch_);
    streams_[i].out.clear();
    streams_[i].events->on_received(scratch_.view());
  }
  /// The turn ends: all that came is committed, then answered.
  void end_turn() { home_.about_to_send(); }
  [[nodiscard]] const cloud::twin_counters& counters() const { return twin_->counters(); }
  [[nodiscard]] std::size_t answered(std::uint32_t i) const { return streams_[i].out.size(); }

private:
  void arrive(std::uint32_t i) {
    const auto who = credentials_.at(i);
    const auto login = alink::make_direct_login(who, alink::sign_method::hmacsha1, 3);
    names_.push_back(who.product_key + "/" + who.device_name);
    auto& s = streams_[i];
    home_.door->on_accepted(s.lend());
    mqtt::connect_view c;
    c.client_id = login.client_id;
    c.clean_session = true;
    c.keep_alive_s = 60;
    c.has_username = c.has_password = true;
    c.username = login.username;
    c.password = as_bytes(login.password);
    scratch_.clear();
    mqtt::encode_connect(c, scratch_);
    const std::string get = "/shadow/get/" + names_[i];
    const std::array<mqtt::filter_request, 1> filters{{{get, mqtt::qos::at_most_once}}};
    mqtt::encode_subscribe(1, filters, scratch_);
    s.events->on_received(scratch_.view());
    s.out.release();
  }

  support::bare_home home_;
  alink::generated_credentials credentials_;
  std::unique_ptr<cloud::twin> twin_;
  std::vector<support::bare_stream> streams_;
  std::vector<std::uint64_t> versions_;
  std::vector<std::string> names_;
  std::string payload_;
  byte_buffer scratch_;
};

void shadows_through_the_twin(benchmark::State& state) {
  const work_folder folder;
  lasting_twin twin{folder.path, state.range(2) != 0};
  std::uint64_t updates = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      const auto device = static_cast<std::uint32_t>(updates++ * 2654435761U % devices);
      twin.update(device, static_cast<std::size_t>(state.range(1)));
      if (twin.answered(device) < 50) { // PUBACK and the reply
        state.SkipWithError("an update was not answered");
      }
    }
    twin.end_turn();
  }
  if (cloud::value(twin.counters().commits_failed) != 0) {
    state.SkipWithError("a commit failed");
  }
  count_updates(state, updates);
}

void arguments(benchmark::internal::Benchmark* b) {
  b->ArgNames({"batch", "octets", "power_safe"})->UseRealTime();
  b->Args({1, 400, 0})->Args({8, 400, 0})->Args({64, 400, 0})->Args({512, 400, 0});
  b->Args({64, 4000, 0})->Args({64, 400, 1});
}
BENCHMARK(shadows_through_the_twin)->Apply(arguments);
BENCHMARK(shadows_through_the_store)->Apply(arguments);
BENCHMARK(shadows_through_bare_sqlite)->Apply(arguments);

} // namespace
