// Tokens of firmware addresses: good for one firmware, one device and a time, and never otherwise.
#include "cloud_sim/campaigns/firmware_tokens.hpp"

#include <gtest/gtest.h>

namespace fleet::cloud {
namespace {

constexpr std::int64_t now = 1'700'000'000;
constexpr firmware_image image{5, "d1"};

TEST(firmware_tokens, are_good_for_their_firmware_until_they_end) {
  const firmware_tokens tokens{"key"};
  for (const std::uint32_t device : {0U, 7U, UINT32_MAX}) {
    const std::string token = tokens.issue(image, device, now, 60);
    EXPECT_EQ(token.size(), firmware_tokens::octets);
    using judged = firmware_tokens::judged;
    EXPECT_EQ(tokens.judge(image, token, now), (judged{token_verdict::good, device}));
    EXPECT_EQ(tokens.judge(image, token, now + 59), (judged{token_verdict::good, device}));
    EXPECT_EQ(tokens.judge(image, token, now + 60), (judged{token_verdict::expired, device}));
    EXPECT_EQ(tokens.judge(image, token, INT64_MAX), (judged{token_verdict::expired, device}));
    EXPECT_EQ(tokens.judge(image, token, -1), (judged{token_verdict::good, device}));
    EXPECT_EQ(tokens.judge({6, "d1"}, token, now), judged{});
    EXPECT_EQ(tokens.judge({5, "d2"}, token, now), judged{}) << "another image of its number";
    EXPECT_EQ(firmware_tokens{"other"}.judge(image, token, now), judged{});
  }
  EXPECT_EQ(tokens.judge(image, tokens.issue(image, 1, now, 0), now).verdict,
            token_verdict::expired);
}

TEST(firmware_tokens, are_forged_once_any_bit_is_flipped_or_any_octet_is_missing_or_more) {
  const firmware_tokens tokens{"key"};
  const std::string token = tokens.issue(image, 7, now, 60);
  for (std::size_t bit = 0; bit < 8 * token.size(); ++bit) {
    std::string flipped = token;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    ASSERT_EQ(tokens.judge(image, flipped, now).verdict, token_verdict::forged) << bit;
  }
  for (std::size_t size = 0; size < token.size(); ++size) {
    ASSERT_EQ(tokens.judge(image, token.substr(0, size), now).verdict, token_verdict::forged);
  }
  EXPECT_EQ(tokens.judge(image, token + "0", now).verdict, token_verdict::forged);
  EXPECT_EQ(tokens.judge(image, std::string(firmware_tokens::octets, 'f'), now).verdict,
            token_verdict::forged);
}

TEST(url_tokens, of_one_subject_are_forged_for_another) {
  const url_tokens tokens{"key"};
  const std::string token = tokens.issue("config.a-1", 7, now, 60);
  using judged = url_tokens::judged;
  EXPECT_EQ(tokens.judge("config.a-1", token, now), (judged{token_verdict::good, 7}));
  for (const std::string_view other :
       {"config.a-2", "config.a", "config.a-1.", "firmware.a-1", ""}) {
    EXPECT_EQ(tokens.judge(other, token, now), judged{}) << other;
  }
  EXPECT_EQ(
      firmware_tokens{"key"}.judge(image, tokens.issue("config.00000005.d1", 7, now, 60), now),
      judged{});
}

} // namespace
} // namespace fleet::cloud
