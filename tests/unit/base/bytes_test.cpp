// byte_buffer and the views between text and octets.
#include "protocol/base/bytes.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace fleet {
namespace {

std::string held(const byte_buffer& buffer) {
  return std::string{as_text(buffer.view())};
}

TEST(byte_views, go_from_text_to_octets_and_back) {
  const std::string text("a\0\xff", 3);
  EXPECT_EQ(as_bytes(text).size(), 3U);
  EXPECT_EQ(as_bytes(text)[2], 0xff);
  EXPECT_EQ(as_text(as_bytes(text)), text);
  EXPECT_TRUE(as_bytes("").empty());
}

TEST(byte_buffer, is_written_at_the_back_and_consumed_at_the_front) {
  byte_buffer buffer;
  EXPECT_TRUE(buffer.empty());
  buffer.append("hello ");
  buffer.append(as_bytes("world"));
  buffer.push('!');
  EXPECT_EQ(held(buffer), "hello world!");
  buffer.consume(6);
  EXPECT_EQ(held(buffer), "world!");
  EXPECT_EQ(buffer.size(), 6U);
  buffer.append("?");
  EXPECT_EQ(held(buffer), "world!?");
  buffer.consume(7);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.size(), 0U);
}

TEST(byte_buffer, writes_numbers_big_endian) {
  byte_buffer buffer;
  buffer.append_u16(0x1234);
  buffer.append_u16(0xffff);
  buffer.append_u16(7);
  EXPECT_EQ(held(buffer), std::string("\x12\x34\xff\xff\x00\x07", 6));
}

TEST(byte_buffer, lets_a_length_be_patched_behind_a_consumed_front) {
  byte_buffer buffer;
  buffer.append("xxab");
  buffer.consume(2);
  buffer[0] = 'c';
  EXPECT_EQ(held(buffer), "cb");
}

TEST(byte_buffer, keeps_what_was_committed_of_what_was_prepared) {
  byte_buffer buffer;
  buffer.append("ab");
  const auto room = buffer.prepare(10);
  ASSERT_EQ(room.size(), 10U);
  room[0] = 'c';
  room[1] = 'd';
  buffer.commit(2);
  EXPECT_EQ(held(buffer), "abcd");
  static_cast<void>(buffer.prepare(100));
  buffer.commit(0);
  EXPECT_EQ(held(buffer), "abcd");
}

TEST(byte_buffer, undoes_a_half_done_append) {
  byte_buffer buffer;
  buffer.append("--keep");
  buffer.consume(2);
  const std::size_t before = buffer.size();
  buffer.append("half");
  buffer.truncate(before);
  EXPECT_EQ(held(buffer), "keep");
}

TEST(byte_buffer, keeps_its_memory_on_clear_and_gives_it_back_on_release) {
  byte_buffer buffer;
  buffer.append(std::string(1000, 'x'));
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_GE(buffer.capacity(), 1000U);
  buffer.append("y");
  buffer.release();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 0U);
}

TEST(byte_buffer, does_not_grow_when_it_never_runs_empty) {
  byte_buffer buffer;
  unsigned next_in = 0;
  unsigned next_out = 0;
  const auto octet = [](unsigned n) { return static_cast<std::uint8_t>(n * 7 % 251); };
  for (int i = 0; i < 20; ++i) {
    buffer.push(octet(next_in++));
  }
  for (int round = 0; round < 100'000; ++round) {
    const unsigned count = 1 + static_cast<unsigned>(round) % 90;
    if (round % 3 == 0) {
      for (unsigned i = 0; i < count; ++i) {
        buffer.push(octet(next_in++));
      }
    } else if (round % 3 == 1) {
      std::string more;
      for (unsigned i = 0; i < count; ++i) {
        more += static_cast<char>(octet(next_in++));
      }
      buffer.append(more);
    } else {
      for (std::uint8_t& each : buffer.prepare(count)) {
        each = octet(next_in++);
      }
      buffer.commit(count);
    }
    while (buffer.size() > 20) {
      ASSERT_EQ(buffer.view().front(), octet(next_out++));
      buffer.consume(1);
    }
  }
  EXPECT_LT(buffer.capacity(), 1024U);
}

TEST(byte_buffer, moves_without_copying) {
  byte_buffer from;
  from.append(std::string(100, 'm'));
  from.consume(1);
  const auto* where = from.view().data();
  const byte_buffer to = std::move(from);
  EXPECT_EQ(to.view().data(), where);
  EXPECT_EQ(to.size(), 99U);
}

} // namespace
} // namespace fleet
