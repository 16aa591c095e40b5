// How a store begins: modes, older and newer schemas, files that are none of its own, two at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "cloud_sim/store/schema.hpp"
#include "cloud_sim/store/store.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::cloud {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

struct store_open : testing::Test {
  store_open() : directory(folder / "data"), file(directory + "/twin.db") {}

  [[nodiscard]] store open() const {
    auto opened = store::open(directory);
    FLEET_CHECK(opened.ok());
    return std::move(opened).value();
  }
  /// Runs a script on the file as any program might.
  void tamper(const std::string& script) const {
    sqlite3* db = nullptr;
    FLEET_CHECK(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
    FLEET_CHECK(sqlite3_exec(db, script.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
  }
  /// Why opening fails, or nothing.
  [[nodiscard]] std::optional<store_failure> refusal() const {
    const auto opened = store::open(directory);
    return opened.ok() ? std::nullopt : std::optional{opened.error()};
  }
  static int mode_of(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? static_cast<int>(found.st_mode & 07777) : -1;
  }

  support::temp_folder folder;
  std::string directory;
  std::string file;
};

template <class Row>
std::uint64_t count(const store& from) {
  const auto found = from.read<Row>([](const Row&) {});
  return found.ok() ? found.value() : UINT64_MAX;
}

TEST_F(store_open, makes_a_directory_and_files_that_only_the_owner_can_read) {
  const auto former = ::umask(0);
  auto kept = open();
  kept.put(shadow_row{"pk", "1", "{}"});
  EXPECT_FALSE(kept.commit());
  ::umask(former);
  EXPECT_EQ(mode_of(directory), 0700);
  EXPECT_EQ(mode_of(file), 0600);
  EXPECT_EQ(mode_of(file + "-wal"), 0600);
  EXPECT_TRUE(kept.durable());
}

TEST_F(store_open, makes_parents_and_takes_a_slash_at_the_end) {
  directory = folder / "a/b/c/";
  file = directory + "twin.db";
  (void)open();
  EXPECT_EQ(mode_of(file), 0600);
  EXPECT_EQ(mode_of(directory), 0700);
}

TEST_F(store_open, makes_a_directory_beside_where_it_was_started) {
  const auto former = std::filesystem::current_path();
  std::filesystem::current_path(folder / "");
  directory = "bare";
  const bool fine = store::open(directory).ok();
  std::filesystem::current_path(former);
  EXPECT_TRUE(fine);
  EXPECT_EQ(mode_of(folder / "bare"), 0700);
}

TEST_F(store_open, leaves_the_mode_of_a_directory_that_was_there) {
  ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(directory.c_str(), 0755), 0);
  (void)open();
  EXPECT_EQ(mode_of(directory), 0755);
}

TEST_F(store_open, makes_a_file_that_others_could_read_private) {
  (void)open();
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  (void)open();
  EXPECT_EQ(mode_of(file), 0600);
}

TEST_F(store_open, says_when_the_directory_cannot_be_made) {
  std::ofstream{folder / "plain"} << "x";
  directory = folder / "plain/data"; // below a file not even root can make one
  const auto why = refusal();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::not_writable);
  EXPECT_THAT(why->message, HasSubstr("plain/data: Not a directory"));
}

TEST_F(store_open, says_when_the_directory_is_a_file) {
  std::ofstream{directory} << "x";
  const auto why = refusal();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::not_writable);
}

TEST_F(store_open, says_when_the_file_is_a_directory) {
  ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
  ASSERT_EQ(::mkdir(file.c_str(), 0755), 0);
  const auto why = refusal();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::not_writable);
  EXPECT_EQ(mode_of(file), 0755);
}

TEST_F(store_open, refuses_a_second_store_of_the_same_process) {
  auto first = open();
  const auto why = refusal();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::in_use);
  EXPECT_THAT(why->message, EndsWith("twin.db is in use by another twin"));
  first = store::in_memory();
  EXPECT_FALSE(refusal());
}

TEST_F(store_open, refuses_a_second_process_even_while_the_first_is_idle) {
  const auto first = open();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto why = refusal();
    ::_exit(why && why->why == store_error::in_use ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(store_open, refuses_what_is_no_database_and_leaves_it_alone) {
  ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
  const std::string poem(5000, 'o');
  std::ofstream{file} << poem;
  const auto why = refusal();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::not_a_database);
  std::string still;
  std::getline(std::ifstream{file}, still);
  EXPECT_EQ(still, poem);
}

TEST_F(store_open, refuses_another_programs_database_and_leaves_it_alone) {
  ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
  tamper("CREATE TABLE shadows(a)");
  auto why = refusal();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::not_a_database);
  tamper("DROP TABLE shadows; PRAGMA application_id=7");
  why = refusal();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::not_a_database);
  EXPECT_THAT(why->message, EndsWith("is not a database of a twin: another program made it"));
  EXPECT_EQ(mode_of(file + "-wal"), -1);
}

TEST_F(store_open, refuses_a_newer_schema) {
  (void)open();
  tamper("PRAGMA user_version=" + std::to_string(schema_steps().size() + 1));
  const auto why = refusal();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::newer_schema);
  EXPECT_THAT(why->message, HasSubstr("schema 8, and this one knows 7"));
}

TEST_F(store_open, brings_each_older_schema_up_to_date_and_loses_nothing) {
  for (std::size_t version = 1; version < schema_steps().size(); ++version) {
    directory = folder / std::to_string(version);
    file = directory + "/twin.db";
    ASSERT_EQ(::mkdir(directory.c_str(), 0700), 0);
    for (std::size_t step = 0; step < version; ++step) {
      tamper(schema_steps()[step]);
    }
    tamper("PRAGMA application_id=" + std::to_string(application_mark)
           + ";PRAGMA user_version=" + std::to_string(version)
           + ";INSERT INTO shadows VALUES('pk','1','{}');"
             "INSERT INTO topology VALUES('pk','1','gpk','g')");
    auto kept = open();
    EXPECT_EQ(count<shadow_row>(kept), 1U);
    std::vector<relation_state> states;
    EXPECT_TRUE(
        kept.read<topology_row>([&](const topology_row& row) { states.push_back(row.state); })
            .ok());
    EXPECT_THAT(states, testing::ElementsAre(relation_state::bound)) << "others had no row then";
    kept.put(session_row{"c", as_bytes("x")});
    kept.put(ledger_row{1, ledger_way::uplink, as_bytes("x")});
    EXPECT_FALSE(kept.commit());
    EXPECT_EQ(count<session_row>(kept), 1U);
    kept = store::in_memory();
    kept = open();
    EXPECT_EQ(count<ledger_row>(kept), 1U);
  }
}

TEST_F(store_open, leaves_an_older_schema_as_it_was_when_a_step_fails) {
  ASSERT_EQ(::mkdir(directory.c_str(), 0700), 0);
  tamper(schema_steps()[0]);
  tamper("PRAGMA application_id=" + std::to_string(application_mark)
         + ";PRAGMA user_version=1; CREATE TABLE ledger(in_the_way)");
  const auto why = refusal();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::failed);
  tamper("DROP TABLE ledger; CREATE TABLE sessions(not_there_yet); DROP TABLE sessions");
  EXPECT_FALSE(refusal());
}

TEST_F(store_open, finds_damage_when_it_reads) {
  {
    auto kept = open();
    const std::string document(2000, 'x');
    for (int i = 0; i < 200; ++i) {
      kept.put(shadow_row{"pk", std::to_string(i), document});
    }
    EXPECT_FALSE(kept.commit());
  }
  std::fstream pages{file, std::ios::in | std::ios::out | std::ios::binary};
  for (int page = 48; page < 96; ++page) { // behind the tables' first pages
    pages.seekp(page * 4096);
    pages << std::string(4096, '\x5a');
  }
  pages.close();
  const auto kept = open();
  const auto found = kept.read<shadow_row>([](const shadow_row&) {});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().why, store_error::corrupt);
}

TEST_F(store_open, takes_a_row_that_it_could_not_have_written_for_damage) {
  (void)open();
  const auto damaged = [&](const std::string& script, auto row) {
    tamper(script);
    const auto kept = open();
    const auto found = kept.read<decltype(row)>([](const auto&) {});
    return !found.ok() && found.error().why == store_error::corrupt;
  };
  EXPECT_TRUE(damaged("INSERT INTO devices VALUES('pk','1','',4,'','',0,0)", device_row{}));
  EXPECT_TRUE(damaged("UPDATE devices SET status=-1", device_row{}));
  EXPECT_TRUE(damaged("UPDATE devices SET status='active'", device_row{}));
  EXPECT_FALSE(damaged("UPDATE devices SET status=3", device_row{}));
  EXPECT_TRUE(
      damaged("INSERT INTO products VALUES('pk','','','',4294967296,'',0,'')", product_row{}));
  EXPECT_TRUE(damaged("INSERT INTO ledger VALUES(-1,0,x'')", ledger_row{}));
  EXPECT_TRUE(damaged("UPDATE ledger SET device=1,way=3", ledger_row{}));
  EXPECT_TRUE(damaged("UPDATE ledger SET way=1,account='text'", ledger_row{}));
  EXPECT_TRUE(damaged("INSERT INTO shadows VALUES('pk','1',x'00')", shadow_row{}));
}

TEST(store_in_memory, keeps_nothing_and_costs_nothing) {
  auto kept = store::in_memory();
  EXPECT_FALSE(kept.durable());
  kept.put(shadow_row{"pk", "1", "{}"});
  kept.erase_session("c");
  EXPECT_FALSE(kept.dirty());
  EXPECT_EQ(kept.pending_bytes(), 0U);
  EXPECT_FALSE(kept.commit());
  EXPECT_EQ(count<shadow_row>(kept), 0U);
}

} // namespace
} // namespace fleet::cloud
