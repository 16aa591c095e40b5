// Digests in pieces: published vectors, and the same whatever the pieces.
#include "protocol/base/content_hash.hpp"

#include <gtest/gtest.h>

namespace fleet {
namespace {

TEST(content_hash, gives_the_published_digests) {
  EXPECT_EQ(digest_of(content_digest::md5, {}).hex(), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(digest_of(content_digest::md5, as_bytes("hello")).hex(),
            "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(digest_of(content_digest::sha256, as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(content_hash, is_the_same_whatever_the_pieces_and_starts_anew_after_its_end) {
  std::string text(1'000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<char>(i * 7);
  }
  for (const content_digest kind : {content_digest::md5, content_digest::sha256}) {
    const digest_value whole = digest_of(kind, as_bytes(text));
    content_hash hash{kind};
    for (const std::size_t piece : {1U, 63U, 64U, 65U, 999U}) {
      for (std::size_t at = 0; at < text.size(); at += piece) {
        hash.add(as_bytes(text).subspan(at, std::min(piece, text.size() - at)));
      }
      EXPECT_EQ(hash.finish(), whole);
    }
    hash.add(as_bytes("forgotten"));
    hash.restart();
    hash.add(as_bytes(text));
    EXPECT_EQ(hash.finish(), whole);
  }
}

TEST(content_hash, reads_hexadecimal_of_either_case_and_of_its_length_alone) {
  const digest_value hello = digest_of(content_digest::md5, as_bytes("hello"));
  EXPECT_EQ(digest_from_hex(content_digest::md5, hello.hex()), hello);
  EXPECT_EQ(digest_from_hex(content_digest::md5, "5D41402ABC4B2A76B9719D911017C592"), hello);
  EXPECT_FALSE(digest_from_hex(content_digest::sha256, hello.hex()));
  EXPECT_FALSE(digest_from_hex(content_digest::md5, ""));
  EXPECT_FALSE(digest_from_hex(content_digest::md5, "5d41402abc4b2a76b9719d911017c59"));
  EXPECT_FALSE(digest_from_hex(content_digest::md5, "5d41402abc4b2a76b9719d911017c59g"));
  EXPECT_FALSE(digest_from_hex(content_digest::md5, "5d41402abc4b2a76b9719d911017c592 "));
}

} // namespace
} // namespace fleet
