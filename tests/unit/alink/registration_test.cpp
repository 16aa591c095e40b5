// Dynamic registration over both transports, and every kind of CONNECT told apart.
#include <gtest/gtest.h>

#include "protocol/alink/registration.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::alink {
namespace {

const registrant asker{"a1B2c3D4e5F", "dev_accept_01", "PsAbCdEfGhIjKlMn"};
const identity registered{"a1B2c3D4e5F", "dev_accept_01", "0123456789abcdef0123456789abcdef"};
constexpr std::string_view drawn = "8Ygb7ULYh53B6OA";
const registration_facts known{.product_secret = asker.product_secret};

std::string text(const byte_buffer& buffer) {
  return std::string{as_text(buffer.view())};
}

std::string replaced(std::string in, std::string_view what, std::string_view by) {
  const std::size_t at = in.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? in : in.replace(at, what.size(), by);
}

int code(std::string_view body, const registration_facts& facts) {
  const auto read = read_registration(body);
  return read ? judge_registration(read.value(), facts) : read.error();
}

TEST(alink_registration, is_signed_as_in_vector_3) {
  EXPECT_EQ(sign_registration(asker, drawn, sign_method::hmacmd5),
            "0fef1943105eb86dcedc192300e76db5");
  EXPECT_EQ(sign_registration(asker, drawn, sign_method::hmacsha1),
            "5bc72feca0eb589c81e52302b4c807dd6556c38c");
  EXPECT_TRUE(digest_equal(sign_registration(asker, drawn, sign_method::hmacsha256),
                           "59F492641BB5E7FA6C28189F0D4EA0699C1102C37947DA1996A2E4E04130A755"));
}

TEST(alink_registration, asks_as_each_sdk_does) {
  EXPECT_EQ(
      make_registration_body(asker, drawn, sign_method::hmacsha1, registration_style::cmp_2_10),
      "productKey=a1B2c3D4e5F&deviceName=dev_accept_01&signMethod=hmacsha1"
      "&sign=5bc72feca0eb589c81e52302b4c807dd6556c38c&version=default"
      "&clientId=a1B2c3D4e5F.dev_accept_01&random=8Ygb7ULYh53B6OA&resources=mqtt");
  EXPECT_EQ(
      make_registration_body(asker, drawn, sign_method::hmacsha256, registration_style::later),
      "productKey=a1B2c3D4e5F&deviceName=dev_accept_01&random=8Ygb7ULYh53B6OA"
      "&sign=59f492641bb5e7fa6c28189f0d4ea0699c1102c37947da1996a2e4e04130a755"
      "&signMethod=hmacsha256");
}

TEST(alink_registration, draws_random_text_of_its_own_stream) {
  random_stream one{7, 3, "register"};
  random_stream same{7, 3, "register"};
  random_stream other{7, 4, "register"};
  const std::string text_15 = registration_random(one, 15);
  EXPECT_EQ(text_15.size(), 15U);
  EXPECT_EQ(text_15, registration_random(same, 15));
  EXPECT_NE(text_15, registration_random(other, 15));
  const std::string hex = registration_random_hex(one);
  EXPECT_EQ(hex.size(), 8U);
  EXPECT_EQ(hex.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(alink_registration, is_granted_to_every_good_question) {
  for (const sign_method method :
       {sign_method::hmacmd5, sign_method::hmacsha1, sign_method::hmacsha256}) {
    for (const auto style : {registration_style::cmp_2_10, registration_style::later}) {
      EXPECT_EQ(code(make_registration_body(asker, drawn, method, style), known), 200);
    }
  }
  // The documented form, and none at all: md5.
  constexpr std::string_view documented =
      "productKey=a1B2c3D4e5F&deviceName=dev_accept_01&random=8Ygb7ULYh53B6OA"
      "&sign=0FEF1943105EB86DCEDC192300E76DB5";
  EXPECT_EQ(code(std::string{documented} + "&signMethod=HmacMD5", known), 200);
  EXPECT_EQ(code(documented, known), 200);
}

TEST(alink_registration, is_refused_with_the_code_of_the_reason_and_nothing_is_told_unsigned) {
  const std::string good =
      make_registration_body(asker, drawn, sign_method::hmacsha256, registration_style::later);
  const std::string forged = replaced(good, "&sign=5", "&sign=6");
  registration_facts facts = known;
  facts.activated = true;
  EXPECT_EQ(code(good, facts), 6289);
  EXPECT_EQ(code(forged, facts), 6600);
  facts.device_known = false;
  EXPECT_EQ(code(good, facts), 6100);
  EXPECT_EQ(code(forged, facts), 6600);
  facts.switched_on = false;
  EXPECT_EQ(code(good, facts), 6288);
  facts.product_secret.reset();
  EXPECT_EQ(code(good, facts), 6250);
  for (const auto& [what, by] : std::initializer_list<std::pair<const char*, const char*>>{
           {"random=8", "random=9"},
           {"deviceName=dev_accept_01", "deviceName=dev_accept_02"},
           {"hmacsha256", "hmacsha1"},
           {"hmacsha256", "hmacmd5"},
           {"0a755", "0a756"},
           {"0a755", "0a75"},
       }) {
    EXPECT_EQ(code(replaced(good, what, by), known), 6600) << by;
  }
  EXPECT_EQ(code(good, {.product_secret = "psAbCdEfGhIjKlMn"}), 6600);
}

TEST(alink_registration, malformed_in_any_way_is_answered_with_its_code) {
  const std::string good =
      make_registration_body(asker, drawn, sign_method::hmacsha256, registration_style::later);
  struct variant {
    std::string what;
    std::string by;
    int code;
  };
  for (const variant& v : std::initializer_list<variant>{
           {"productKey=a1B2c3D4e5F&", "", 460},
           {"&deviceName=dev_accept_01", "", 460},
           {"&random=8Ygb7ULYh53B6OA", "", 460},
           {"random=8Ygb7ULYh53B6OA", "random=", 460},
           {"random=8Ygb7ULYh53B6OA", "random=" + std::string(65, 'r'), 460},
           {"random=8Ygb7ULYh53B6OA", "random=a+b", 460},
           {"random=8Ygb7ULYh53B6OA", "random=a&random=b", 460},
           {"deviceName=dev_accept_01", "deviceName=" + std::string(33, 'd'), 460},
           {"deviceName=dev_accept_01", "deviceName=a%2Fb", 460},
           {"deviceName=dev_accept_01", "deviceName=%2B", 460},
           {"deviceName=dev_accept_01", "deviceName=a&deviceName=a", 460},
           {"productKey=a1B2c3D4e5F", "productKey=a%26b", 460},
           {"&sign=59f492641bb5e7fa6c28189f0d4ea0699c1102c37947da1996a2e4e04130a755", "", 460},
           {"&sign=5", "&sign=05", 460},
           {"signMethod=hmacsha256", "signMethod=hmacsha256&signmethod=hmacsha256", 460},
           {"signMethod=hmacsha256", "signMethod=hmacsha256&signMethod=hmacsha256", 460},
           {"signMethod=hmacsha256", "signMethod=sha256", 6292},
           {"signMethod=hmacsha256", "signMethod=", 6292},
           {"signMethod=hmacsha256", "signmethod=rot13", 6292},
           {"signMethod=hmacsha256", "signMethod=%", 460},
       }) {
    EXPECT_EQ(code(replaced(good, v.what, v.by), known), v.code) << v.by;
  }
  EXPECT_EQ(code("", known), 460);
  EXPECT_EQ(code("{}", known), 460);
  EXPECT_EQ(code(std::string(70'000, 'x'), known), 460);
}

TEST(alink_registration, answer_has_no_blanks_and_is_read_back) {
  byte_buffer out;
  append_registration_reply(out, registered);
  EXPECT_EQ(text(out), R"({"code":200,"data":{"productKey":"a1B2c3D4e5F",)"
                       R"("deviceName":"dev_accept_01","deviceSecret":)"
                       R"("0123456789abcdef0123456789abcdef"},"message":"success"})");
  json_reader reader;
  const auto secret = read_registration_reply(reader, out.view(), asker);
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret.value(), registered.device_secret);
  for (const int refused : {460, 500, 5005, 6250, 6100, 6288, 6289, 6292, 6600}) {
    byte_buffer refusal;
    append_logon_refusal(refusal, refused);
    const auto got = read_registration_reply(reader, refusal.view(), asker);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, refused);
  }
}

TEST(alink_registration, answers_for_others_or_without_a_secret_are_none) {
  byte_buffer out;
  append_registration_reply(out, registered);
  byte_buffer push;
  append_registration_push(push, registered);
  json_reader reader;
  for (const auto& [what, by] : std::initializer_list<std::pair<std::string, std::string>>{
           {"dev_accept_01", "dev_accept_02"},
           {"a1B2c3D4e5F", "a1B2c3D4e5f"},
           {"\"deviceName\"", "\"devicename\""},
           {"\"deviceSecret\"", "\"secret\""},
           {"0123456789abcdef0123456789abcdef", ""},
           {"0123456789abcdef0123456789abcdef", "a b"},
           {"0123456789abcdef0123456789abcdef", std::string(65, 's')},
           {"\"0123456789abcdef0123456789abcdef\"", "17"},
           {"\"0123456789abcdef0123456789abcdef\"", "\"a\",\"deviceSecret\":\"b\""},
       }) {
    const std::string bad_reply = replaced(text(out), what, by);
    const std::string bad_push = replaced(text(push), what, by);
    const auto reply = read_registration_reply(reader, as_bytes(bad_reply), asker);
    ASSERT_FALSE(reply) << by;
    EXPECT_EQ(reply.error().code, 0);
    EXPECT_FALSE(read_registration_push(reader, as_bytes(bad_push), asker)) << by;
  }
  for (const std::string_view bad : {"", "<html>", "[]", "{", "null"}) {
    EXPECT_FALSE(read_registration_reply(reader, as_bytes(bad), asker));
    EXPECT_FALSE(read_registration_push(reader, as_bytes(bad), asker));
    EXPECT_FALSE(read_token_push(reader, as_bytes(bad), asker));
  }
}

TEST(alink_registration_over_mqtt, connects_and_is_told_the_secret) {
  const direct_login login = make_registration_login(asker, "0a1b2c3d", sign_method::hmacsha256);
  EXPECT_EQ(login.client_id, "a1B2c3D4e5F.dev_accept_01|authType=register,random=0a1b2c3d,"
                             "signmethod=hmacsha256,securemode=2|");
  EXPECT_EQ(login.username, "dev_accept_01&a1B2c3D4e5F");
  const auto read = parse_logon(login.client_id, login.username);
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().kind, logon_kind::registration);
  EXPECT_EQ(judge_registration_login(read.value().parts, login.password, known, true), 0);
  byte_buffer push;
  append_registration_push(push, registered);
  EXPECT_EQ(text(push), R"({"productKey":"a1B2c3D4e5F","deviceName":"dev_accept_01",)"
                        R"("deviceSecret":"0123456789abcdef0123456789abcdef"})");
  json_reader reader;
  const auto secret = read_registration_push(reader, push.view(), asker);
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret.value(), registered.device_secret);
}

TEST(alink_registration_over_mqtt, is_refused_with_the_code_of_the_reason) {
  const direct_login login = make_registration_login(asker, "0a1b2c3d", sign_method::hmacsha256);
  const auto connack = [&](std::string_view client_id, std::string_view password,
                           const registration_facts& facts, bool over_tls = true) {
    const auto read = parse_logon(client_id, login.username);
    return read ? judge_registration_login(read.value().parts, password, facts, over_tls)
                : connack_of(read.error());
  };
  EXPECT_EQ(connack(login.client_id, login.password, known), 0);
  EXPECT_EQ(connack(login.client_id, login.password, known, false), 5);
  EXPECT_EQ(connack(login.client_id, "", known), 4);
  EXPECT_EQ(connack(login.client_id, login.password.substr(1), known), 4);
  registration_facts facts = known;
  facts.activated = true;
  EXPECT_EQ(connack(login.client_id, login.password, facts), 5);
  EXPECT_EQ(connack(login.client_id, "forged", facts), 4);
  facts.device_known = false;
  EXPECT_EQ(connack(login.client_id, login.password, facts), 4);
  facts.switched_on = false;
  EXPECT_EQ(connack(login.client_id, login.password, facts), 5);
  EXPECT_EQ(connack(login.client_id, login.password, {}), 5);
  EXPECT_EQ(connack(replaced(login.client_id, "random=0a", "random=1a"), login.password, known), 4);
  EXPECT_EQ(connack(replaced(login.client_id, "random=0a1b2c3d", "random="), login.password, known),
            4);
  EXPECT_EQ(connack(replaced(login.client_id, "random=0a1b2c3d,", ""), login.password, known), 4);
  EXPECT_EQ(connack(replaced(login.client_id, "hmacsha256", "hmacsha1"), login.password, known), 4);
  EXPECT_EQ(connack(replaced(login.client_id, "hmacsha256", "none"), login.password, known), 2);
  EXPECT_EQ(connack("no-bars", login.password, known), 2);
  const std::string long_random(65, 'r');
  const direct_login too_long = make_registration_login(asker, long_random, sign_method::hmacsha1);
  EXPECT_EQ(connack(too_long.client_id, too_long.password, known), 4);
}

TEST(alink_registration_over_mqtt, without_being_listed_gives_a_token_to_connect_with) {
  const direct_login login =
      make_registration_login(asker, "0a1b2c3d", sign_method::hmacsha256, false);
  const auto read = parse_logon(login.client_id, login.username);
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().kind, logon_kind::unlisted_registration);
  EXPECT_EQ(read.value().parts.secure_mode, -2);
  EXPECT_EQ(judge_registration_login(read.value().parts, login.password, known, true), 0);
  const device_token given{"cid-77", "tok0123456789"};
  byte_buffer push;
  append_token_push(push, asker, given);
  EXPECT_EQ(text(push), R"({"clientId":"cid-77","productKey":"a1B2c3D4e5F",)"
                        R"("deviceName":"dev_accept_01","deviceToken":"tok0123456789"})");
  json_reader reader;
  const auto got = read_token_push(reader, push.view(), asker);
  ASSERT_TRUE(got);
  const direct_login second = make_token_login(asker, got.value());
  const auto token = parse_logon(second.client_id, second.username);
  ASSERT_TRUE(token);
  EXPECT_EQ(token.value().kind, logon_kind::token);
  EXPECT_EQ(token.value().parts.client_id_base, "cid-77");
  EXPECT_TRUE(constant_time_equal(second.password, given.token));
  for (const auto& [what, by] : std::initializer_list<std::pair<std::string, std::string>>{
           {"cid-77", ""},
           {"cid-77", "a|b"},
           {"cid-77", std::string(65, 'c')},
           {"tok0123456789", ""},
           {"tok0123456789", std::string(max_device_token + 1, 't')},
           {"dev_accept_01", "dev_accept_02"},
       }) {
    const std::string bad = replaced(text(push), what, by);
    EXPECT_FALSE(read_token_push(reader, as_bytes(bad), asker)) << by;
  }
}

struct connect {
  std::string_view client_id;
  std::string_view username;
  logon_kind kind;
};

TEST(alink_logon, tells_every_kind_of_connect_apart) {
  for (const connect& c : {
           connect{"c|securemode=2,signmethod=hmacsha1|", "dn&pk", logon_kind::direct},
           {"c|securemode=3|", "dn&pk", logon_kind::direct},
           {"c||", "dn&pk", logon_kind::direct},
           {"c|securemode=0|", "dn&pk", logon_kind::direct},
           {"c|securemode=-1|", "iot0001", logon_kind::preauth},
           {"c|securemode=0|", "iot0001", logon_kind::preauth},
           {"c|securemode=2,authType=register,random=1|", "dn&pk", logon_kind::registration},
           {"c|securemode=2,authtype=REGISTER|", "dn&pk", logon_kind::registration},
           {"c|securemode=-2,authType=regnwl|", "dn&pk", logon_kind::unlisted_registration},
           {"c|securemode=-2,authType=connwl|", "dn&pk", logon_kind::token},
           {"c|securemode=7,authtype=id2|", "id&code&pk", logon_kind::id2},
           {"c|securemode=4|", "id&pk", logon_kind::id2},
           {"c|securemode=1|", "id&pk", logon_kind::id2},
           {"c|securemode=5|", "id&pk", logon_kind::id2},
           {"c|securemode=8|", "id&pk", logon_kind::id2},
           {"c|securemode=2,authType=jwt|", "anything", logon_kind::unknown},
       }) {
    const auto got = parse_logon(c.client_id, c.username);
    ASSERT_TRUE(got) << c.client_id;
    EXPECT_EQ(got.value().kind, c.kind) << c.client_id;
  }
}

TEST(alink_logon, names_the_code_for_what_is_no_logon) {
  struct broken {
    std::string client_id;
    std::string username;
    int connack;
  };
  for (const broken& b : std::initializer_list<broken>{
           {"", "dn&pk", 2},
           {"c", "dn&pk", 2},
           {std::string(65, 'c') + "|securemode=2|", "dn&pk", 2},
           {"c|securemode=2,signmethod=x|", "dn&pk", 2},
           {"c|securemode=2|", "dn", 4},
           {"c|securemode=2|", "", 4},
           {"c|securemode=2|", "dn&pk&x", 4},
           {"c|securemode=2|", "d/n&pk", 4},
           {"c|securemode=-1|", "", 4},
           {"c|securemode=-1|", "iot 1", 4},
           {"c|securemode=-1|", std::string(max_iot_id + 1, 'i'), 4},
           {"c|securemode=7|", "id", 4},
           {"c|securemode=7|", "&pk", 4},
           {"c|securemode=7|", "id&a&b&pk", 4},
           {"c|securemode=7|", "id&&pk", 4},
           {"c|authType=register|", "+&pk", 4},
       }) {
    const auto got = parse_logon(b.client_id, b.username);
    ASSERT_FALSE(got) << b.client_id << " " << b.username;
    EXPECT_EQ(connack_of(got.error()), b.connack) << b.client_id << " " << b.username;
  }
}

} // namespace
} // namespace fleet::alink
