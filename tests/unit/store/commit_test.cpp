// What a commit promises: all or nothing, tried again after the disk was full, and still there
// after kill -9.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cloud_sim/store/store.hpp"
#include "tests/support/file_bound.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::cloud {
namespace {

using support::file_bound;
using testing::HasSubstr;

struct store_commit : testing::Test {
  [[nodiscard]] store open(const store_options& options = {}) const {
    auto opened = store::open(folder / "data", options);
    FLEET_CHECK(opened.ok());
    return std::move(opened).value();
  }
  static std::uint64_t shadows(const store& kept) {
    const auto found = kept.read<shadow_row>([](const shadow_row&) {});
    FLEET_CHECK(found.ok());
    return found.value();
  }
  static void put_shadows(store& kept, int first, int count) {
    const std::string document(1000, 'x');
    for (int i = first; i < first + count; ++i) {
      kept.put(shadow_row{"pk", std::to_string(i), document});
    }
  }
  support::temp_folder folder;
};

TEST_F(store_commit, keeps_nothing_of_a_batch_that_was_not_committed) {
  {
    auto kept = open();
    put_shadows(kept, 0, 3);
    EXPECT_FALSE(kept.commit());
    put_shadows(kept, 3, 3);
    EXPECT_TRUE(kept.dirty());
    EXPECT_EQ(kept.pending(), 3U);
    EXPECT_GT(kept.pending_bytes(), 3000U);
    EXPECT_EQ(shadows(kept), 3U);
  }
  EXPECT_EQ(shadows(open()), 3U);
}

TEST_F(store_commit, with_nothing_to_do_does_nothing) {
  auto kept = open();
  EXPECT_FALSE(kept.dirty());
  EXPECT_FALSE(kept.commit());
}

TEST_F(store_commit, keeps_power_safe_batches_too) {
  {
    auto kept = open({.power_safe = true});
    put_shadows(kept, 0, 10);
    EXPECT_FALSE(kept.commit());
  }
  EXPECT_EQ(shadows(open()), 10U);
}

TEST_F(store_commit, fails_as_a_whole_where_its_bound_is_reached_and_keeps_the_batch) {
  auto kept = open({.bytes_max = 200'000});
  put_shadows(kept, 0, 50);
  ASSERT_FALSE(kept.commit());
  put_shadows(kept, 50, 300);
  const auto why = kept.commit();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::disk_full);
  EXPECT_THAT(why->message, HasSubstr("twin.db cannot grow"));
  EXPECT_EQ(kept.pending(), 300U);
  EXPECT_EQ(shadows(kept), 50U);
  EXPECT_TRUE(kept.commit());
  EXPECT_EQ(kept.pending(), 300U);
}

TEST_F(store_commit, succeeds_with_the_same_batch_once_the_disk_takes_it) {
  auto kept = open();
  put_shadows(kept, 0, 50);
  ASSERT_FALSE(kept.commit());
  put_shadows(kept, 50, 3000); // more than SQLite's cache, so that it fails before the commit too
  {
    const file_bound tight{300'000};
    EXPECT_TRUE(kept.commit());
    EXPECT_EQ(shadows(kept), 50U);
    kept.erase_shadow("pk", "0");
    EXPECT_TRUE(kept.commit());
    EXPECT_EQ(kept.pending(), 3001U);
  }
  EXPECT_FALSE(kept.commit());
  EXPECT_FALSE(kept.dirty());
  EXPECT_EQ(shadows(kept), 3049U);
}

TEST_F(store_commit, counts_as_a_whole_also_where_a_batch_was_beyond_its_bound) {
  {
    auto kept = open({.batch_bytes_max = 10'000});
    put_shadows(kept, 0, 25);
    EXPECT_LE(kept.pending_bytes(), 10'000U);
    EXPECT_EQ(kept.pending(), 25U);
  }
  auto kept = open({.batch_bytes_max = 10'000});
  EXPECT_EQ(shadows(kept), 0U); // what was in the file already was not committed
  put_shadows(kept, 0, 25);
  EXPECT_FALSE(kept.commit());
  EXPECT_FALSE(kept.dirty());
  EXPECT_EQ(shadows(kept), 25U);
  put_shadows(kept, 25, 1); // and the next one is another
  EXPECT_FALSE(kept.commit());
  EXPECT_EQ(shadows(kept), 26U);
}

TEST_F(store_commit, keeps_nothing_of_a_batch_whose_second_part_failed) {
  {
    auto kept = open({.bytes_max = 250'000, .batch_bytes_max = 100'000});
    put_shadows(kept, 0, 185); // one part is in the file
    EXPECT_EQ(kept.pending(), 185U);
    const auto why = kept.commit();
    ASSERT_TRUE(why);
    EXPECT_EQ(why->why, store_error::disk_full);
    const auto again = kept.commit();
    ASSERT_TRUE(again);
    EXPECT_EQ(again->why, store_error::overflowed);
  }
  EXPECT_EQ(shadows(open()), 0U);
}

TEST_F(store_commit, never_succeeds_again_after_a_write_had_to_be_dropped) {
  auto kept = open({.batch_bytes_max = 10'000});
  put_shadows(kept, 0, 5);
  ASSERT_FALSE(kept.commit());
  {
    const file_bound tight{1000};
    put_shadows(kept, 5, 4000); // more than SQLite holds in memory
  }
  EXPECT_LE(kept.pending_bytes(), 10'000U);
  const auto why = kept.commit();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::overflowed);
  put_shadows(kept, 5000, 1);
  EXPECT_TRUE(kept.commit());
  EXPECT_EQ(shadows(kept), 5U);
}

TEST_F(store_commit, takes_a_row_beyond_the_bound_of_a_batch_for_an_overflow) {
  auto kept = open({.batch_bytes_max = 100});
  put_shadows(kept, 0, 1);
  const auto why = kept.commit();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->why, store_error::overflowed);
}

/// Commits batches for ever and tells the last row of each that is safe.
[[noreturn]] void commit_for_ever(store kept, int tell) {
  for (std::uint32_t number = 0;;) {
    for (int i = 0; i < 7; ++i) {
      kept.put(ledger_row{++number, ledger_way::uplink, as_bytes(std::to_string(number))});
      kept.put(shadow_row{"pk", "1", std::to_string(number)});
    }
    if (kept.commit() || ::write(tell, &number, sizeof number) != sizeof number) {
      ::_exit(1);
    }
  }
}

TEST_F(store_commit, survives_a_kill_of_the_process_at_any_moment) {
  std::uint32_t safe = 0;
  for (int life = 1; life <= 5; ++life) {
    int tell[2];
    ASSERT_EQ(::pipe(tell), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(tell[0]);
      commit_for_ever(open(), tell[1]);
    }
    ::close(tell[1]);
    std::uint32_t told = 0;
    // Far enough, in the later lives, for the log to be moved into the file meanwhile.
    for (int i = 0; i < 400 * life && ::read(tell[0], &told, sizeof told) == sizeof told; ++i) {
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    while (::read(tell[0], &told, sizeof told) == sizeof told) {
    }
    ::close(tell[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    safe = std::max(safe, told);

    const auto kept = open();
    std::uint32_t next = 1;
    const auto rows = kept.read<ledger_row>([&](const ledger_row& row) {
      EXPECT_EQ(row.device, next);
      EXPECT_EQ(as_text(row.account), std::to_string(next));
      ++next;
    });
    ASSERT_TRUE(rows.ok());
    EXPECT_GE(rows.value(), safe);
    EXPECT_EQ(rows.value() % 7, 0U); // whole batches
    const auto shadow = kept.read<shadow_row>(
        [&](const shadow_row& row) { EXPECT_GE(std::stoul(std::string{row.document}), told); });
    EXPECT_TRUE(shadow.ok());
  }
  EXPECT_GT(safe, 7U * 400U);
}

} // namespace
} // namespace fleet::cloud
