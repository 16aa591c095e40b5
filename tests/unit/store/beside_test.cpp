// Stores of one file, each on a thread of its own: what each commits is there, whole and in its
// order, and none makes last what another has not committed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "cloud_sim/store/store.hpp"
#include "tests/support/file_bound.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::cloud {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct store_beside : testing::Test {
  [[nodiscard]] store open(const store_options& options = {}) const {
    auto opened = store::open(folder / "data", options);
    FLEET_CHECK(opened.ok());
    return std::move(opened).value();
  }
  static std::map<std::string, std::string> shadows(const store& kept) {
    std::map<std::string, std::string> out;
    FLEET_CHECK(kept.read<shadow_row>([&](const shadow_row& row) {
                      out[std::string{row.device_name}] = row.document;
                    })
                    .ok());
    return out;
  }
  support::temp_folder folder;
};

TEST_F(store_beside, commits_its_own_batch_and_nobody_elses) {
  {
    auto first = open();
    auto second = first.beside();
    first.put(shadow_row{"pk", "one", "1"});
    second.put(shadow_row{"pk", "two", "2"});
    EXPECT_FALSE(second.commit());
    EXPECT_TRUE(first.dirty());
    EXPECT_FALSE(second.dirty());
    EXPECT_EQ(shadows(first), (std::map<std::string, std::string>{{"two", "2"}}));
  }
  EXPECT_EQ(shadows(open()), (std::map<std::string, std::string>{{"two", "2"}}));
}

TEST_F(store_beside, has_the_file_for_as_long_as_one_of_them_is_there) {
  auto first = std::make_unique<store>(open());
  auto second = first->beside();
  first.reset();
  EXPECT_EQ(store::open(folder / "data").error().why, store_error::in_use);
  second.put(shadow_row{"pk", "one", "1"});
  EXPECT_FALSE(second.commit());
  EXPECT_EQ(shadows(second).size(), 1U);
}

TEST_F(store_beside, keeps_what_many_threads_commit_at_once) {
  constexpr int threads = 4;
  constexpr int rounds = 200;
  {
    auto first = open();
    std::vector<store> all;
    for (int t = 0; t < threads; ++t) {
      all.push_back(first.beside());
    }
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([&, t] {
        auto& mine = all[static_cast<std::size_t>(t)];
        for (int i = 0; i <= rounds; ++i) {
          // The last of its own name wins, so its own order is seen.
          mine.put(shadow_row{"pk", "last" + std::to_string(t), std::to_string(i)});
          mine.put(shadow_row{"pk", std::to_string(t) + "." + std::to_string(i), "x"});
          FLEET_CHECK(!mine.commit());
        }
      });
    }
    for (auto& one : running) {
      one.join();
    }
  }
  const auto kept = shadows(open());
  EXPECT_EQ(kept.size(), static_cast<std::size_t>(threads * (rounds + 2)));
  for (int t = 0; t < threads; ++t) {
    EXPECT_EQ(kept.at("last" + std::to_string(t)), std::to_string(rounds));
  }
}

TEST_F(store_beside, a_batch_beyond_its_bound_lasts_at_once_and_waits_in_nobody_elses_transaction) {
  {
    auto first = open({.batch_bytes_max = 4096});
    auto second = first.beside();
    for (int i = 0; i < 100; ++i) {
      first.put(shadow_row{"pk", "long" + std::to_string(i), std::string(1000, 'x')});
    }
    second.put(shadow_row{"pk", "short", "y"});
    EXPECT_TRUE(first.dirty());
  } // neither commits
  const auto kept = shadows(open()).size();
  EXPECT_GT(kept, 90U);
  EXPECT_LT(kept, 100U);
}

TEST_F(store_beside, may_be_asked_by_whoever_looks_at_a_row) {
  auto first = open();
  first.put(shadow_row{"pk", "one", "1"});
  EXPECT_FALSE(first.commit());
  std::size_t seen = 0;
  EXPECT_TRUE(first
                  .read<shadow_row>([&](const shadow_row&) {
                    EXPECT_THAT(first.corrupt("a row").message, HasSubstr("a row"));
                    seen += shadows(first).size();
                  })
                  .ok());
  EXPECT_EQ(seen, 1U);
}

TEST_F(store_beside, a_full_disk_fails_each_of_them_and_each_keeps_its_batch) {
  auto first = open();
  auto second = first.beside();
  first.put(shadow_row{"pk", "one", std::string(100'000, 'x')});
  second.put(shadow_row{"pk", "two", std::string(100'000, 'x')});
  {
    const support::file_bound bound{10'000};
    EXPECT_TRUE(first.commit());
    EXPECT_TRUE(second.commit());
  }
  EXPECT_TRUE(first.dirty());
  EXPECT_FALSE(first.commit());
  EXPECT_FALSE(second.commit());
  EXPECT_EQ(shadows(first).size(), 2U);
}

} // namespace
} // namespace fleet::cloud
