// The signing vectors of aliyun-iot.md §4, RFC 2202/4231 cases, and the comparison.
#include "protocol/base/hmac.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <gtest/gtest.h>

namespace fleet {
namespace {

constexpr std::string_view device_secret = "0123456789abcdef0123456789abcdef";
constexpr std::string_view product_secret = "PsAbCdEfGhIjKlMn";

struct vector_case {
  std::string_view key;
  std::string_view content;
  std::string_view md5; ///< empty: not published
  std::string_view sha1;
  std::string_view sha256;
};

constexpr std::array published = {
    vector_case{device_secret,
                "clientIda1B2c3D4e5F.dev_accept_01deviceNamedev_accept_01productKeya1B2c3D4e5F"
                "timestamp2524608000000",
                "836963b4c1f79daff86d311d5f323b3a", "5b19c1b61c05d2dc947695a966d8aa48c41926c0",
                "5f75d5400b57a6bcc64f6fc1906d545279a04e4e51cbef3c43c0a1fc2dfc0c42"},
    vector_case{device_secret,
                "clientIda1B2c3D4e5F.dev_accept_01deviceNamedev_accept_01productKeya1B2c3D4e5F",
                "50e73541ea717e50622468cdac376655", "98ec43196e566e3029f500d74185f9e77035b804",
                "c80f647cde0964fc465d2ca0270e09eba7c9275b29c683ff43631eeba76a151e"},
    vector_case{device_secret,
                "clientIda1B2c3D4e5F.dev_accept_01deviceNamedev_accept_01productKeya1B2c3D4e5F"
                "seq1790",
                "da4191d0fb5adb23dc0d4c4a3c77ea31", "", ""},
    vector_case{device_secret,
                "clientIda1B2c3D4e5F.dev_accept_01deviceNamedev_accept_01productKeya1B2c3D4e5F"
                "seq10",
                "586c655b14c7092ad2ea9eec718862d3", "", ""},
    vector_case{product_secret, "deviceNamedev_accept_01productKeya1B2c3D4e5Frandom8Ygb7ULYh53B6OA",
                "0fef1943105eb86dcedc192300e76db5", "5bc72feca0eb589c81e52302b4c807dd6556c38c",
                "59f492641bb5e7fa6c28189f0d4ea0699c1102c37947da1996a2e4e04130a755"},
    vector_case{device_secret,
                "clientIda1B2c3D4e5F&dev_accept_01deviceNamedev_accept_01productKeya1B2c3D4e5F"
                "timestamp1700000000000",
                "", "24dc5fd159f05e9d2a1d5425428562a7248aea56", ""},
    vector_case{"fedcba9876543210fedcba9876543210",
                "clientIda1SubPk0001&meter_07deviceNamemeter_07productKeya1SubPk0001"
                "timestamp1581417203000",
                "14d68ab58c832f6fda6809e4e11545f4", "422938c4bc69f8e0bcd35ceefaa5055d01af389d",
                "c66ed4fa6228d99a48a150f35a8bde3c89c23130c94703c8e9281c415b8403d4"},
    vector_case{"secret", "clientId12345deviceNamedeviceproductKeypktimestamp789", "",
                "fafd82a3d602b37fb0fa8b7892f24a477f851a14", ""},
};

TEST(hmac, reproduces_the_published_signing_vectors) {
  for (const vector_case& v : published) {
    SCOPED_TRACE(v.content);
    if (!v.md5.empty()) {
      EXPECT_EQ(hmac_hex(hmac_hash::md5, v.key, v.content), v.md5);
    }
    if (!v.sha1.empty()) {
      EXPECT_EQ(hmac_hex(hmac_hash::sha1, v.key, v.content), v.sha1);
    }
    if (!v.sha256.empty()) {
      EXPECT_EQ(hmac_hex(hmac_hash::sha256, v.key, v.content), v.sha256);
    }
  }
}

TEST(hmac, takes_empty_keys_and_empty_content) {
  EXPECT_EQ(hmac_hex(hmac_hash::md5, "", ""), "74e6f7298a9c2d168935f58c001bad88");
  EXPECT_EQ(hmac_hex(hmac_hash::sha1, "", ""), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
  EXPECT_EQ(hmac_hex(hmac_hash::sha256, "", ""),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(hmac, does_not_reuse_the_former_key_for_an_empty_one) {
  const std::string keyed = hmac_hex(hmac_hash::sha256, "key", "x");
  EXPECT_NE(hmac_hex(hmac_hash::sha256, "", "x"), keyed);
  EXPECT_NE(hmac_hex(hmac_hash::sha256, std::string_view{}, "x"), keyed);
}

TEST(hmac, hashes_keys_longer_than_a_block) {
  const std::string key(131, '\xaa'); // RFC 4231 case 6
  EXPECT_EQ(
      hmac_hex(hmac_hash::sha256, key, "Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(hmac, answers_two_hexadecimal_digits_an_octet) {
  for (const hmac_hash hash : {hmac_hash::md5, hmac_hash::sha1, hmac_hash::sha256}) {
    EXPECT_EQ(hmac_hex(hash, "k", "c").size(), 2 * digest_size(hash));
  }
}

TEST(constant_time_equal, compares_lengths_and_every_octet) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abcd"));
  EXPECT_FALSE(constant_time_equal("", "a"));
  const std::string base(40, 'x');
  for (std::size_t i = 0; i < base.size(); ++i) {
    std::string other = base;
    other[i] = 'y';
    EXPECT_FALSE(constant_time_equal(base, other)) << i;
  }
}

TEST(secure_random, fills_the_whole_span_and_never_repeats) {
  std::array<std::uint8_t, 64> a{};
  std::array<std::uint8_t, 64> b{};
  secure_random(a);
  secure_random(b);
  EXPECT_NE(a, b);
  const auto zero = [](const auto& bytes) { return std::ranges::count(bytes, std::uint8_t{0}); };
  EXPECT_LT(zero(a), 16); // 64 fair octets: more than 15 zeros has odds below 10^-25
  secure_random({});
}

} // namespace
} // namespace fleet
