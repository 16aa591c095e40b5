// Signatures against the worked vectors, and every client id the field emits.
#include <gtest/gtest.h>

#include "protocol/alink/sign.hpp"

namespace fleet::alink {
namespace {

const identity accept_01{"a1B2c3D4e5F", "dev_accept_01", "0123456789abcdef0123456789abcdef"};
constexpr std::string_view base = "a1B2c3D4e5F.dev_accept_01";
constexpr std::string_view username = "dev_accept_01&a1B2c3D4e5F";

TEST(alink_sign, vector_1_direct_mode_with_timestamp) {
  EXPECT_EQ(sign_direct(accept_01, base, sign_method::hmacmd5, sdk_timestamp),
            "836963b4c1f79daff86d311d5f323b3a");
  EXPECT_EQ(sign_direct(accept_01, base, sign_method::hmacsha1, sdk_timestamp),
            "5b19c1b61c05d2dc947695a966d8aa48c41926c0");
  EXPECT_TRUE(digest_equal(sign_direct(accept_01, base, sign_method::hmacsha256, sdk_timestamp),
                           "5F75D5400B57A6BCC64F6FC1906D545279A04E4E51CBEF3C43C0A1FC2DFC0C42"));
}

TEST(alink_sign, vector_2_without_timestamp) {
  EXPECT_EQ(sign_direct(accept_01, base, sign_method::hmacmd5, ""),
            "50e73541ea717e50622468cdac376655");
  EXPECT_EQ(sign_direct(accept_01, base, sign_method::hmacsha1, ""),
            "98ec43196e566e3029f500d74185f9e77035b804");
  EXPECT_EQ(sign_direct(accept_01, base, sign_method::hmacsha256, ""),
            "c80f647cde0964fc465d2ca0270e09eba7c9275b29c683ff43631eeba76a151e");
}

TEST(alink_sign, vector_2_with_the_sequence_of_coap_sorted_in_between) {
  const auto with_seq = [](std::string_view seq) {
    const sign_field fields[] = {{"seq", seq},
                                 {"productKey", accept_01.product_key},
                                 {"clientId", base},
                                 {"deviceName", accept_01.device_name}};
    return sign_fields(fields, accept_01.device_secret, sign_method::hmacmd5);
  };
  EXPECT_EQ(with_seq("1790"), "da4191d0fb5adb23dc0d4c4a3c77ea31");
  EXPECT_EQ(with_seq("10"), "586c655b14c7092ad2ea9eec718862d3");
}

TEST(alink_sign, vector_3_dynamic_registration) {
  const sign_field fields[] = {{"random", "8Ygb7ULYh53B6OA"},
                               {"productKey", accept_01.product_key},
                               {"deviceName", accept_01.device_name}};
  constexpr std::string_view product_secret = "PsAbCdEfGhIjKlMn";
  EXPECT_EQ(sign_fields(fields, product_secret, sign_method::hmacmd5),
            "0fef1943105eb86dcedc192300e76db5");
  EXPECT_EQ(sign_fields(fields, product_secret, sign_method::hmacsha1),
            "5bc72feca0eb589c81e52302b4c807dd6556c38c");
}

TEST(alink_sign, vector_4_node_style_client_id) {
  EXPECT_EQ(
      sign_direct(accept_01, "a1B2c3D4e5F&dev_accept_01", sign_method::hmacsha1, "1700000000000"),
      "24dc5fd159f05e9d2a1d5425428562a7248aea56");
}

TEST(alink_sign, vector_5_sub_device) {
  const sign_field fields[] = {{"productKey", "a1SubPk0001"},
                               {"deviceName", "meter_07"},
                               {"clientId", "a1SubPk0001&meter_07"},
                               {"timestamp", "1581417203000"}};
  constexpr std::string_view secret = "fedcba9876543210fedcba9876543210";
  EXPECT_EQ(sign_fields(fields, secret, sign_method::hmacmd5), "14d68ab58c832f6fda6809e4e11545f4");
  EXPECT_EQ(sign_fields(fields, secret, sign_method::hmacsha1),
            "422938c4bc69f8e0bcd35ceefaa5055d01af389d");
  EXPECT_EQ(sign_fields(fields, secret, sign_method::hmacsha256),
            "c66ed4fa6228d99a48a150f35a8bde3c89c23130c94703c8e9281c415b8403d4");
}

TEST(alink_sign, vector_6_the_published_one) {
  const identity who{"pk", "device", "secret"};
  EXPECT_TRUE(digest_equal(sign_direct(who, "12345", sign_method::hmacsha1, "789"),
                           "FAFD82A3D602B37FB0FA8B7892F24A477F851A14"));
}

TEST(alink_sign, method_names_are_read_in_any_case) {
  EXPECT_EQ(parse_sign_method("HmacSha1"), sign_method::hmacsha1);
  EXPECT_EQ(parse_sign_method("HMACSHA256"), sign_method::hmacsha256);
  EXPECT_EQ(parse_sign_method("hmacmd5"), sign_method::hmacmd5);
  for (const std::string_view word : {"", "sha1", "hmacsha", "hmacsha2566", "hmacmd5 ", "\x48"}) {
    EXPECT_EQ(parse_sign_method(word), std::nullopt) << word;
  }
  for (const sign_method m :
       {sign_method::hmacmd5, sign_method::hmacsha1, sign_method::hmacsha256}) {
    EXPECT_EQ(parse_sign_method(to_string(m)), m);
  }
}

TEST(alink_sign, digests_are_compared_without_regard_to_case_and_to_the_last_digit) {
  EXPECT_TRUE(digest_equal("0a9f", "0A9F"));
  EXPECT_TRUE(digest_equal("0A9f", "0a9F"));
  EXPECT_FALSE(digest_equal("0a9f", "0a9e"));
  EXPECT_FALSE(digest_equal("0a9f", "1a9f"));
  EXPECT_FALSE(digest_equal("0a9f", "0a9"));
  EXPECT_FALSE(digest_equal("0a9f", ""));
  EXPECT_FALSE(digest_equal("0a9f", "\x10"
                                    "a9f")); // differs from '0' in the bit of letter case only
  EXPECT_FALSE(digest_equal("@", "`"));
}

TEST(alink_sign, a_dozen_forms_of_bad_digest_are_refused) {
  const std::string good = sign_direct(accept_01, base, sign_method::hmacsha1, sdk_timestamp);
  std::string flipped = good;
  flipped.back() = flipped.back() == '0' ? '1' : '0';
  identity cased = accept_01;
  cased.device_secret = "0123456789ABCDEF0123456789ABCDEF";
  for (const std::string& bad :
       {std::string{}, flipped, good + "0", good.substr(1), " " + good, std::string(40, '0'),
        std::string(40, '\0'), std::string(40, 'g'), accept_01.device_secret,
        sign_direct(cased, base, sign_method::hmacsha1, sdk_timestamp),
        sign_direct(accept_01, base, sign_method::hmacsha1, ""),
        sign_direct(accept_01, base, sign_method::hmacmd5, sdk_timestamp),
        sign_direct(accept_01, "a1B2c3D4e5F.dev_accept_02", sign_method::hmacsha1,
                    sdk_timestamp)}) {
    EXPECT_FALSE(digest_equal(good, bad));
  }
}

TEST(alink_login, is_made_as_the_2018_sdk_makes_it) {
  const direct_login login = make_direct_login(accept_01, sign_method::hmacsha1, 2);
  EXPECT_EQ(login.client_id, "a1B2c3D4e5F.dev_accept_01|securemode=2,timestamp=2524608000000,"
                             "signmethod=hmacsha1,gw=0,ext=0|");
  EXPECT_EQ(login.username, username);
  EXPECT_EQ(login.password, "5b19c1b61c05d2dc947695a966d8aa48c41926c0");
}

TEST(alink_login, says_what_the_client_is) {
  const auto login = make_direct_login(accept_01, sign_method::hmacsha1, 2, {true, 1});
  EXPECT_EQ(login.client_id, "a1B2c3D4e5F.dev_accept_01|securemode=2,timestamp=2524608000000,"
                             "signmethod=hmacsha1,gw=1,ext=1|");
  EXPECT_EQ(login.password, "5b19c1b61c05d2dc947695a966d8aa48c41926c0") << "it is not signed";
  const auto read = parse_direct_login(login.client_id, login.username);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read.value().gateway);
  EXPECT_EQ(read.value().ext, 1);
}

TEST(alink_login, what_the_device_makes_the_platform_verifies) {
  for (const sign_method method :
       {sign_method::hmacmd5, sign_method::hmacsha1, sign_method::hmacsha256}) {
    const direct_login login = make_direct_login(accept_01, method, 3);
    const auto parts = parse_direct_login(login.client_id, login.username);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts.value().method, method);
    EXPECT_EQ(parts.value().secure_mode, 3);
    EXPECT_TRUE(digest_equal(sign_direct(accept_01, parts.value().client_id_base,
                                         parts.value().method, parts.value().timestamp),
                             login.password));
  }
}

struct emitted {
  const char* who;
  std::string_view client_id;
  login_parts expected;
};

login_parts parts(std::string_view cid, sign_method method, std::string_view timestamp, int mode,
                  bool gateway = false, int ext = 0, bool auto_subscribe = false) {
  return {cid,  "dev_accept_01", "a1B2c3D4e5F", method,         timestamp,
          mode, gateway,         ext,           auto_subscribe, {}};
}

TEST(alink_login, every_client_id_of_the_field_is_understood) {
  constexpr auto sha1 = sign_method::hmacsha1;
  constexpr auto sha256 = sign_method::hmacsha256;
  const emitted cases[] = {
      {"2.10",
       "a1B2c3D4e5F.dev_accept_01|securemode=2,timestamp=2524608000000,signmethod=hmacsha1,gw=0,"
       "ext=0|",
       parts(base, sha1, sdk_timestamp, 2)},
      {"2.10 with partner and module",
       "a1B2c3D4e5F.dev_accept_01|securemode=2,timestamp=2524608000000,signmethod=hmacsha1,gw=0,"
       "ext=0,partner_id=P,module_id=M|",
       parts(base, sha1, sdk_timestamp, 2)},
      {"2.10 stock gateway with RRPC_NEW",
       "a1B2c3D4e5F.dev_accept_01|securemode=3,timestamp=2524608000000,signmethod=hmacsha1,gw=1,"
       "ext=1|",
       parts(base, sha1, sdk_timestamp, 3, true, 1)},
      {"2.10 gateway that builds its own",
       "a1B2c3D4e5F.dev_accept_01|securemode=2,timestamp=77,signmethod=hmacsha1,gw=0,partner_id=P|",
       parts(base, sha1, "77", 2)},
      {"2.20 and 2.3",
       "a1B2c3D4e5F.dev_accept_01|securemode=2,_v=sdk-c-2.2.0,timestamp=2524608000000,"
       "signmethod=hmacsha1,lan=C,gw=0,ext=0,pid=P,mid=M,_uuid=00112233445566778899aabbccddeeff|",
       parts(base, sha1, sdk_timestamp, 2)},
      {"3.2",
       "a1B2c3D4e5F.dev_accept_01|timestamp=2524608000000,_v=sdk-c-3.2.0,securemode=2,"
       "signmethod=hmacsha256,lan=C,_ss=1,gw=0,ext=0|",
       parts(base, sha256, sdk_timestamp, 2, false, 0, true)},
      {"3.2 without automatic subscription, with the newer ext mask",
       "a1B2c3D4e5F.dev_accept_01|timestamp=2524608000000,_v=sdk-c-3.2.0,securemode=2,"
       "signmethod=hmacsha256,lan=C,gw=0,ext=3|",
       parts(base, sha256, sdk_timestamp, 2, false, 3)},
      {"Node",
       "a1B2c3D4e5F&dev_accept_01|securemode=3,signmethod=hmacsha1,timestamp=1700000000000,"
       "lan=NodeJS,_v=1.2.8|",
       parts("a1B2c3D4e5F&dev_accept_01", sha1, "1700000000000", 3)},
      {"third party", "mine-42|securemode=3,signmethod=hmacsha1|", parts("mine-42", sha1, "", 3)},
      {"third party, timestamp", "x|securemode=3,signmethod=hmacsha1,timestamp=1|",
       parts("x", sha1, "1", 3)},
      {"method absent means md5", "x|securemode=3|", parts("x", sign_method::hmacmd5, "", 3)},
      {"nothing between the bars", "x||", parts("x", sign_method::hmacmd5, "", 0)},
      {"last bar forgotten", "x|securemode=3", parts("x", sign_method::hmacmd5, "", 3)},
      {"any order, blanks, upper case, unknown and broken extras",
       "x| ext = 1 ,,nonsense,=,signMethod= HMACSHA1 , gw=1,securemode=-2, lan=C|",
       parts("x", sha1, "", -2, true, 1)},
      {"first of a repeated key", "x|timestamp=1,timestamp=2,gw=0,gw=1|",
       parts("x", sign_method::hmacmd5, "1", 0)},
      {"numbers that are none", "x|securemode=two,ext=99999999999,gw=1x|",
       parts("x", sign_method::hmacmd5, "", 0)},
  };
  for (const emitted& e : cases) {
    const auto got = parse_direct_login(e.client_id, username);
    ASSERT_TRUE(got) << e.who;
    EXPECT_EQ(got.value().client_id_base, e.expected.client_id_base) << e.who;
    EXPECT_EQ(got.value().device_name, e.expected.device_name) << e.who;
    EXPECT_EQ(got.value().product_key, e.expected.product_key) << e.who;
    EXPECT_EQ(got.value().method, e.expected.method) << e.who;
    EXPECT_EQ(got.value().timestamp, e.expected.timestamp) << e.who;
    EXPECT_EQ(got.value().secure_mode, e.expected.secure_mode) << e.who;
    EXPECT_EQ(got.value().gateway, e.expected.gateway) << e.who;
    EXPECT_EQ(got.value().ext, e.expected.ext) << e.who;
    EXPECT_EQ(got.value().auto_subscribe, e.expected.auto_subscribe) << e.who;
    EXPECT_EQ(got.value().auth_type, "") << e.who;
  }
}

TEST(alink_login, other_kinds_of_login_are_named_by_their_auth_type) {
  const auto id2 = parse_direct_login(
      "a.b|securemode=7,timestamp=2524608000000,signmethod=hmacsha1,gw=0, ext=,authtype=id2|",
      username);
  ASSERT_TRUE(id2);
  EXPECT_EQ(id2.value().auth_type, "id2");
  EXPECT_EQ(id2.value().ext, 0);
  const auto dynamic = parse_direct_login(
      "a.b|authType=register,random=0a1b2c3d,signmethod=hmacsha256,securemode=2|", username);
  ASSERT_TRUE(dynamic);
  EXPECT_EQ(dynamic.value().auth_type, "register");
}

TEST(alink_login, malformed_client_ids_are_told_apart_from_user_names) {
  const std::string longest(max_client_id_base, 'c');
  EXPECT_TRUE(parse_direct_login(longest + "|securemode=3|", username));
  for (const std::string& bad :
       {std::string{}, std::string{"no-bars"}, std::string{"|x=1|"}, longest + "c|securemode=3|",
        std::string{"x|a=1|tail"}, std::string{"x|a=1||"}}) {
    const auto got = parse_direct_login(bad, username);
    ASSERT_FALSE(got) << bad;
    EXPECT_EQ(got.error(), login_error::malformed_client_id) << bad;
  }
}

TEST(alink_login, user_names_that_cannot_be_a_device_are_refused) {
  for (const std::string& bad :
       {std::string{}, std::string{"dev"}, std::string{"&pk"}, std::string{"dev&"},
        std::string{"a&b&c"}, std::string{"a/b&pk"}, std::string{"+&pk"}, std::string{"#&pk"},
        std::string{"dev\n&pk"}, std::string{"dev name&pk"}, std::string{"d\xc3\xbc&pk"},
        std::string(33, 'd') + "&pk", "dev&" + std::string(21, 'k')}) {
    const auto got = parse_direct_login("x|securemode=3|", bad);
    ASSERT_FALSE(got) << bad;
    EXPECT_EQ(got.error(), login_error::malformed_username) << bad;
  }
}

TEST(alink_login, unknown_methods_are_refused_rather_than_guessed) {
  const auto got = parse_direct_login("x|signmethod=plain|", username);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), login_error::unknown_sign_method);
  EXPECT_FALSE(parse_direct_login("x|signmethod=|", username));
}

TEST(alink_login, a_client_id_of_60000_commas_is_linear_work) {
  std::string long_one = "x|";
  for (int i = 0; i < 60'000; ++i) {
    long_one += "a=,";
  }
  EXPECT_TRUE(parse_direct_login(long_one + "gw=1|", username).value().gateway);
}

} // namespace
} // namespace fleet::alink
