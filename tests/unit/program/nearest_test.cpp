// The nearest word: near enough to be meant, or none at all.
#include "fleet/text/nearest.hpp"

#include <array>

#include <gtest/gtest.h>

namespace fleet::text {

namespace {
constexpr std::array<std::string_view, 6> flags{"--devices",  "--duration",    "--seed",
                                                "--security", "--server-name", "--ramp"};
}

TEST(edit_distance, counts_insertions_deletions_changes_and_swaps) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("tls", "tsl"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("TLS", "tls"), 0U);
}

TEST(nearest_word, is_the_one_with_the_fewest_changes) {
  EXPECT_EQ(nearest("--devcies", flags), "--devices");
  EXPECT_EQ(nearest("--sed", flags), "--seed");
  EXPECT_EQ(nearest("-devices", flags), "--devices");
  EXPECT_EQ(nearest("--DEVICES", flags), "--devices");
}

TEST(nearest_word, is_found_from_its_beginning) {
  EXPECT_EQ(nearest("--dev", flags), "--devices");
  EXPECT_EQ(nearest("--server", flags), "--server-name");
}

TEST(nearest_word, is_none_when_all_are_far) {
  EXPECT_EQ(nearest("--xyzzy", flags), std::nullopt);
  EXPECT_EQ(nearest("", flags), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'a'), flags), std::nullopt);
  EXPECT_EQ(nearest("--seed", {}), std::nullopt);
}

TEST(enumeration, reads_as_a_sentence) {
  constexpr std::array<std::string_view, 3> three{"0", "1", "2"};
  EXPECT_EQ(enumerate(three), "0, 1 or 2");
  EXPECT_EQ(enumerate(std::span{three}.first(2)), "0 or 1");
  EXPECT_EQ(enumerate(std::span{three}.first(1)), "0");
}

} // namespace fleet::text
