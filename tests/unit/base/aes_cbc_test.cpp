// AES-128 in CBC mode: the vector of SP 800-38A with padding behind it, and what is no message.
#include "protocol/base/aes_cbc.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace fleet {
namespace {

constexpr aes_cbc_block key{0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                            0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
constexpr aes_cbc_block vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
const std::vector<std::uint8_t> plain{
    0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a,
    0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51};
const std::vector<std::uint8_t> cipher{
    0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46, 0xce, 0xe9, 0x8e, 0x9b, 0x12, 0xe9, 0x19, 0x7d,
    0x50, 0x86, 0xcb, 0x9b, 0x50, 0x72, 0x19, 0xee, 0x95, 0xdb, 0x11, 0x3a, 0x91, 0x76, 0x78, 0xb2};

TEST(aes_cbc, encrypts_the_published_vector_and_pads_it_with_a_block) {
  byte_buffer out;
  out.push('x');
  aes_cbc_encrypt(key, vector, plain, out);
  ASSERT_EQ(out.size(), 1 + plain.size() + 16);
  EXPECT_TRUE(std::ranges::equal(out.view().subspan(1, plain.size()), cipher));
  byte_buffer back;
  back.push('y');
  ASSERT_TRUE(aes_cbc_decrypt(key, vector, out.view().subspan(1), back));
  EXPECT_TRUE(std::ranges::equal(back.view().subspan(1), plain));
}

TEST(aes_cbc, gives_back_messages_of_every_length) {
  for (std::size_t size = 0; size <= 70; ++size) {
    const std::vector<std::uint8_t> message(size, 0x5a);
    byte_buffer out;
    aes_cbc_encrypt(key, vector, message, out);
    EXPECT_EQ(out.size(), aes_cbc_size(size));
    byte_buffer back;
    EXPECT_TRUE(aes_cbc_decrypt(key, vector, out.view(), back));
    EXPECT_TRUE(std::ranges::equal(back.view(), message));
  }
}

TEST(aes_cbc, refuses_parts_of_blocks_and_padding_that_is_none_and_appends_nothing) {
  byte_buffer out;
  out.push('x');
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{17}, std::size_t{31}}) {
    EXPECT_FALSE(aes_cbc_decrypt(key, vector, bytes_view{cipher}.first(size), out)) << size;
  }
  // The published vector ends in 0x51, which is no length of padding.
  EXPECT_FALSE(aes_cbc_decrypt(key, vector, cipher, out));
  EXPECT_EQ(as_text(out.view()), "x");
}

} // namespace
} // namespace fleet
