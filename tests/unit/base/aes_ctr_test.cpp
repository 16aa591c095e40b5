// AES-128 in counter mode: the vector of SP 800-38A, whole and in pieces.
#include "protocol/base/aes_ctr.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace fleet {
namespace {

constexpr aes_ctr::block key{0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                             0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
constexpr aes_ctr::block counter{0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
                                 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
const std::vector<std::uint8_t> plain{
    0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a,
    0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51};
const std::vector<std::uint8_t> cipher{
    0x87, 0x4d, 0x61, 0x91, 0xb6, 0x20, 0xe3, 0x26, 0x1b, 0xef, 0x68, 0x64, 0x99, 0x0d, 0xb6, 0xce,
    0x98, 0x06, 0xf6, 0x6b, 0x79, 0x70, 0xfd, 0xff, 0x86, 0x17, 0x18, 0x7b, 0xb9, 0xff, 0xfd, 0xff};

TEST(aes_ctr, encrypts_the_published_vector_in_pieces_of_any_size) {
  for (std::size_t piece = 1; piece <= plain.size(); ++piece) {
    auto octets = plain;
    aes_ctr stream{key, counter};
    for (std::size_t at = 0; at < octets.size(); at += piece) {
      stream.apply(std::span{octets}.subspan(at, std::min(piece, octets.size() - at)));
    }
    EXPECT_EQ(octets, cipher) << piece;
  }
}

TEST(aes_ctr, decrypts_what_it_encrypted_and_takes_nothing_for_nothing) {
  auto octets = cipher;
  aes_ctr stream{key, counter};
  stream.apply({});
  stream.apply(octets);
  EXPECT_EQ(octets, plain);
}

TEST(aes_ctr, goes_on_where_it_was_after_it_moved) {
  auto octets = plain;
  aes_ctr first{key, counter};
  first.apply(std::span{octets}.first(5));
  aes_ctr second{std::move(first)};
  second.apply(std::span{octets}.subspan(5));
  EXPECT_EQ(octets, cipher);
}

TEST(aes_ctr, takes_more_than_it_hands_on_at_once) {
  std::vector<std::uint8_t> octets((3U << 20) + 7, 0x5a);
  aes_ctr{key, counter}.apply(octets);
  std::vector<std::uint8_t> expected(octets.size(), 0x5a);
  aes_ctr slow{key, counter};
  for (std::size_t at = 0; at < expected.size(); at += 1000) {
    slow.apply(std::span{expected}.subspan(at, std::min<std::size_t>(1000, expected.size() - at)));
  }
  EXPECT_EQ(octets, expected);
}

} // namespace
} // namespace fleet
