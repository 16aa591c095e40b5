// SipHash against the example of its paper (appendix A), and that each word and each half of the
// key counts.
#include "protocol/base/sip_hash.hpp"

#include <set>

#include <gtest/gtest.h>

namespace fleet {
namespace {

constexpr hash_key key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};

TEST(sip_hash, says_what_its_paper_says) {
  // Octets 0 to 14, and their number.
  constexpr std::array<std::uint64_t, 2> words{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
  EXPECT_EQ((sip_hash<2, 4>(key, words)), 0xa129ca6149be45e5ULL);
}

TEST(sip_hash, differs_by_each_bit_of_its_words_and_of_its_key) {
  std::array<std::uint64_t, 3> words{1, 2, 3};
  std::set<std::uint64_t> seen{sip_hash(key, words)};
  for (std::uint64_t& word : words) {
    for (int bit = 0; bit < 64; ++bit) {
      word ^= std::uint64_t{1} << bit;
      seen.insert(sip_hash(key, words));
      word ^= std::uint64_t{1} << bit;
    }
  }
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t flip = std::uint64_t{1} << bit;
    seen.insert(sip_hash({key.first ^ flip, key.second}, words));
    seen.insert(sip_hash({key.first, key.second ^ flip}, words));
  }
  EXPECT_EQ(seen.size(), 1U + 5U * 64U);
}

} // namespace
} // namespace fleet
