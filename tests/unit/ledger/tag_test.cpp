// The tag: written, sealed, found, and found out when it was tampered with.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "protocol/base/digest.hpp"
#include "protocol/ledger/ledger.hpp"

namespace fleet::ledger {
namespace {

/// A sealed payload: `before`, the tag, `after`.
std::string sealed(const tag& t, std::string_view before = R"({"t":21,"tag":")",
                   std::string_view after = R"("})") {
  byte_buffer out;
  out.append(before);
  const std::size_t offset = append_tag(out, t);
  out.append(after);
  std::string text{as_text(out.view())};
  seal({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, offset);
  return text;
}

found_tag find(std::string_view text) {
  return find_tag(as_bytes(text));
}

TEST(ledger_tag, is_written_as_text_that_json_need_not_escape) {
  byte_buffer out;
  out.append(std::string_view{"ab"});
  const std::size_t offset = append_tag(out, {12, 3, 4567});
  EXPECT_EQ(as_text(out.view()), "ab~L12.3.4567.00000000~");
  EXPECT_EQ(as_text(out.view()).substr(offset), "00000000~");
}

TEST(ledger_tag, offset_counts_from_the_front_of_a_partly_consumed_buffer) {
  byte_buffer out;
  out.append(std::string_view{"abcdef"});
  out.consume(4);
  const std::size_t offset = append_tag(out, {1, 1, 1});
  EXPECT_EQ(as_text(out.view()).substr(offset), "00000000~");
}

TEST(ledger_tag, is_found_again_with_every_number) {
  for (const tag& t : {tag{0, 1, 1}, tag{12, 3, 4567}, tag{UINT32_MAX, UINT32_MAX, UINT32_MAX}}) {
    const found_tag found = find(sealed(t));
    EXPECT_EQ(found.state, tag_state::intact);
    EXPECT_EQ(found.what, t);
  }
}

TEST(ledger_tag, is_found_at_the_very_front_and_the_very_end) {
  EXPECT_EQ(find(sealed({1, 2, 3}, "", "")).state, tag_state::intact);
  EXPECT_EQ(find(sealed({1, 2, 3}, "", "x")).state, tag_state::intact);
  EXPECT_EQ(find(sealed({1, 2, 3}, "x", "")).state, tag_state::intact);
}

TEST(ledger_tag, checksum_is_crc32_of_the_payload_with_zeros_in_its_place) {
  // CRC-32 of "~L1.1.1.00000000~", computed with Python's zlib.
  EXPECT_EQ(sealed({1, 1, 1}, "", ""), "~L1.1.1.9f60d0d7~");
}

TEST(ledger_tag, checksum_does_not_depend_on_how_long_a_payload_is_computed) {
  for (const std::size_t before : {0, 1, 2, 3, 15, 16, 63, 64, 990, 991, 992, 1'008, 5'000}) {
    std::string text = sealed({1, 1, 1}, std::string(before, 'x'), "yz");
    const std::string digits = text.substr(before + 8, 8);
    ASSERT_EQ(find(text).state, tag_state::intact) << before;
    text.replace(before + 8, 8, "00000000");
    char expected[9];
    std::snprintf(expected, sizeof expected, "%08x", crc32(as_bytes(text)));
    EXPECT_EQ(digits, expected) << before;
  }
}

TEST(ledger_tag, resealing_gives_the_same_octets) {
  const std::string once = sealed({7, 1, 9});
  std::string twice = once;
  seal({reinterpret_cast<std::uint8_t*>(twice.data()), twice.size()}, once.find("~L") + 8);
  EXPECT_EQ(once, twice);
}

TEST(ledger_tag, is_absent_from_payloads_without_one) {
  for (const std::string_view text :
       {"", "~", "~L", "~~L", "hello", "~Lorem ipsum~", "L~1.1.1.0~", "~Lx1.1.1.00000000~"}) {
    EXPECT_EQ(find(text).state, tag_state::absent) << text;
  }
}

TEST(ledger_tag, every_flipped_bit_is_noticed_or_hides_the_tag_wholly) {
  const std::string good = sealed({12, 3, 45});
  const std::size_t marker = good.find("~L");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      const tag_state state = find(bad).state;
      EXPECT_NE(state, tag_state::intact) << at << "/" << bit;
      if (at < marker || at > marker + 2) {
        EXPECT_EQ(state, tag_state::corrupted) << at << "/" << bit;
      }
    }
  }
}

TEST(ledger_tag, every_truncation_is_corrupted_once_a_digit_of_the_tag_arrived) {
  const std::string good = sealed({12, 3, 45});
  const std::size_t first_digit = good.find("~L") + 2;
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_EQ(find(good.substr(0, length)).state,
              length > first_digit ? tag_state::corrupted : tag_state::absent)
        << length;
  }
}

TEST(ledger_tag, names_the_message_even_when_only_the_payload_around_it_is_corrupted) {
  std::string bad = sealed({12, 3, 45});
  bad.front() = '[';
  const found_tag found = find(bad);
  EXPECT_EQ(found.state, tag_state::corrupted);
  EXPECT_EQ(found.what, (tag{12, 3, 45}));
}

TEST(ledger_tag, refuses_what_append_tag_never_writes) {
  for (const std::string_view text :
       {"~L01.1.1.00000000~", "~L1.1.1.0000000~", "~L1.1.1.000000000~", "~L1.1.1.0000000G~",
        "~L1.1.1.0000000A~", "~L4294967296.1.1.00000000~", "~L99999999999.1.1.00000000~",
        "~L1.0.1.00000000~", "~L1.1.0.00000000~", "~L1..1.00000000~", "~L1.1.1-00000000~"}) {
    EXPECT_EQ(find(text).state, tag_state::corrupted) << text;
  }
}

TEST(ledger_tag, a_broken_look_alike_before_the_tag_does_not_hide_it) {
  EXPECT_EQ(find(sealed({1, 2, 3}, "~L9 ~L1.1~ ~~", "")).state, tag_state::intact);
}

TEST(ledger_tag, only_the_first_well_formed_tag_counts) {
  const std::string two = sealed({1, 2, 3}, "", " ~L9.9.9.00000000~");
  EXPECT_EQ(find(two).state, tag_state::intact);
  EXPECT_EQ(find(two).what, (tag{1, 2, 3}));
}

TEST(ledger_tag, survives_any_octets_around_it) {
  std::string noise(256, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i) {
    noise[i] = static_cast<char>(i);
  }
  EXPECT_EQ(find(sealed({1, 2, 3}, noise, noise)).state, tag_state::intact);
}

TEST(ledger_tag, markers_without_end_cost_linear_work) {
  std::string markers;
  for (int i = 0; i < 100'000; ++i) {
    markers += "~L1.";
  }
  EXPECT_EQ(find(markers).state, tag_state::corrupted);
}

} // namespace
} // namespace fleet::ledger
