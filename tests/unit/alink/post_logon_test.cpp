// Logging on and posting without MQTT: the page's vectors, both roles against each other, and
// everything that is malformed.
#include "protocol/alink/post_logon.hpp"

#include <gtest/gtest.h>

namespace fleet::alink {
namespace {

const identity who{"a1B2c3D4e5F", "dev_accept_01", "0123456789abcdef0123456789abcdef"};

std::string text(const byte_buffer& buffer) {
  return std::string{as_text(buffer.view())};
}

std::string coap_body(const post_logon_manner& manner = {}) {
  byte_buffer out;
  append_coap_logon(out, who, manner);
  return text(out);
}

std::string http_body(const post_logon_manner& manner) {
  byte_buffer out;
  append_http_logon(out, who, manner);
  return text(out);
}

std::string replaced(std::string in, std::string_view what, std::string_view by) {
  const std::size_t at = in.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? in : in.replace(at, what.size(), by);
}

std::optional<post_logon_request> read(std::string_view body) {
  json_reader reader;
  return read_post_logon(reader, as_bytes(body));
}

std::string hex(bytes_view octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t octet : octets) {
    out.push_back(digits[octet >> 4]);
    out.push_back(digits[octet & 15]);
  }
  return out;
}

TEST(alink_post_logon, over_coap_is_written_in_the_order_of_the_sdk_and_signed_as_in_vector_2) {
  EXPECT_EQ(coap_body(), R"({"productKey":"a1B2c3D4e5F","deviceName":"dev_accept_01",)"
                         R"("clientId":"a1B2c3D4e5F.dev_accept_01",)"
                         R"("sign":"50e73541ea717e50622468cdac376655"})");
  EXPECT_EQ(coap_body({.sequence = "1790"}),
            R"({"productKey":"a1B2c3D4e5F","deviceName":"dev_accept_01",)"
            R"("clientId":"a1B2c3D4e5F.dev_accept_01",)"
            R"("sign":"da4191d0fb5adb23dc0d4c4a3c77ea31","seq":"1790"})");
  EXPECT_EQ(sign_post_logon(who, "a1B2c3D4e5F.dev_accept_01", {.sequence = "10"}),
            "586c655b14c7092ad2ea9eec718862d3");
}

TEST(alink_post_logon, over_http_is_written_with_the_blank_of_the_sdk_and_signed_as_in_vector_2) {
  EXPECT_EQ(http_body({.method = sign_method::hmacsha1}),
            R"({"version":"default", "clientId":"a1B2c3D4e5F.dev_accept_01",)"
            R"("signmethod":"hmacsha1","sign":"98ec43196e566e3029f500d74185f9e77035b804",)"
            R"("productKey":"a1B2c3D4e5F","deviceName":"dev_accept_01"})");
  // The time stamp takes part, as in vector 1.
  const std::string timed =
      http_body({.method = sign_method::hmacsha256, .timestamp = sdk_timestamp});
  EXPECT_NE(timed.find("5f75d5400b57a6bcc64f6fc1906d545279a04e4e51cbef3c43c0a1fc2dfc0c42"),
            std::string::npos);
  EXPECT_NE(timed.find(R"(,"timestamp":"2524608000000"})"), std::string::npos);
}

TEST(alink_post_logon, is_read_and_believed_by_whoever_knows_the_secret) {
  for (const bool http : {false, true}) {
    for (const sign_method method :
         {sign_method::hmacmd5, sign_method::hmacsha1, sign_method::hmacsha256}) {
      for (const std::string_view timestamp : {"", "1581417203000"}) {
        const post_logon_manner manner{.method = method, .timestamp = timestamp};
        const auto asked = read(http ? http_body(manner) : coap_body(manner));
        ASSERT_TRUE(asked);
        EXPECT_EQ(asked->method, method);
        EXPECT_EQ(asked->timestamp, timestamp);
        EXPECT_TRUE(signed_by(*asked, who.device_secret));
        EXPECT_FALSE(signed_by(*asked, "0123456789abcdef0123456789abcdee"));
        EXPECT_FALSE(signed_by(*asked, ""));
      }
    }
  }
  const auto sequenced = read(coap_body({.sequence = "1790", .separate = true}));
  ASSERT_TRUE(sequenced);
  EXPECT_EQ(sequenced->sequence, "1790");
  EXPECT_TRUE(sequenced->separate);
  EXPECT_TRUE(signed_by(*sequenced, who.device_secret));
  EXPECT_FALSE(read(coap_body({.separate = false}))->separate);
}

TEST(alink_post_logon, is_believed_in_upper_case_with_numbers_unknown_keys_and_a_nul_at_its_end) {
  const std::string good = coap_body({.timestamp = "1581417203000", .sequence = "1790"});
  std::string changed = replaced(good, R"("1581417203000")", "1581417203000");
  changed = replaced(changed, R"("1790")", R"(1790,"resources":["a",{}],"ackMode":"1")");
  changed = replaced(changed, R"({"productKey")", R"({"version":"1.0", "productKey")");
  changed.push_back('\0');
  const auto asked = read(changed);
  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->separate);
  EXPECT_TRUE(signed_by(*asked, who.device_secret));
  const auto loud = read(replaced(coap_body(), "50e73541ea717e50622468cdac376655",
                                  "50E73541EA717E50622468CDAC376655"));
  ASSERT_TRUE(loud);
  EXPECT_TRUE(signed_by(*loud, who.device_secret));
}

TEST(alink_post_logon, does_not_believe_what_was_changed) {
  const std::string good = coap_body({.timestamp = "1581417203000", .sequence = "1790"});
  for (const auto& [what, by] : std::initializer_list<std::pair<std::string, std::string>>{
           {R"("deviceName":"dev_accept_01")", R"("deviceName":"dev_accept_02")"},
           {R"("clientId":"a1B2)", R"("clientId":"a2B2)"},
           {R"("seq":"1790")", R"("seq":"1791")"},
           {R"(,"seq":"1790")", ""},
           {"1581417203000", "1581417203001"},
           {R"(,"timestamp":"1581417203000")", ""},
           {R"(,"timestamp")", R"(,"signmethod":"hmacsha1","timestamp")"},
       }) {
    const auto asked = read(replaced(good, what, by));
    ASSERT_TRUE(asked) << by;
    EXPECT_FALSE(signed_by(*asked, who.device_secret)) << by;
  }
}

TEST(alink_post_logon, malformed_in_any_way_is_none) {
  const std::string good = coap_body({.method = sign_method::hmacmd5,
                                      .timestamp = "1581417203000",
                                      .sequence = "1790",
                                      .separate = true});
  ASSERT_TRUE(read(good));
  for (const auto& [what, by] : std::initializer_list<std::pair<std::string, std::string>>{
           {R"("productKey":"a1B2c3D4e5F",)", ""},
           {R"("productKey":"a1B2c3D4e5F")", R"("productKey":"a/b")"},
           {R"("productKey":"a1B2c3D4e5F")", R"("productKey":7)"},
           {R"("productKey":"a1B2c3D4e5F")", R"("productKey":"a","productKey":"a")"},
           {R"("productKey":"a1B2c3D4e5F")", R"("productKey":"a23456789012345678901")"},
           {R"("deviceName":"dev_accept_01",)", ""},
           {R"("deviceName":"dev_accept_01")", R"("deviceName":")" + std::string(33, 'd') + '"'},
           {R"("clientId":"a1B2c3D4e5F.dev_accept_01",)", ""},
           {R"("clientId":"a1B2c3D4e5F.dev_accept_01")",
            R"("clientId":")" + std::string(65, 'c') + '"'},
           {R"("sign":"50)", R"("sIgn":"50)"},
           {R"("signmethod":"hmacmd5")", R"("signmethod":"rot13")"},
           {R"("signmethod":"hmacmd5")", R"("signmethod":5)"},
           {R"("signmethod":"hmacmd5")", R"("signmethod":"hmacmd5","signMethod":"hmacmd5")"},
           {R"("signmethod":"hmacmd5")", R"("signmethod":"hmacmd5","signmethod":"hmacmd5")"},
           {R"("timestamp":"1581417203000")", R"("timestamp":"soon")"},
           {R"("timestamp":"1581417203000")", R"("timestamp":"")"},
           {R"("timestamp":"1581417203000")", R"("timestamp":-1)"},
           {R"("timestamp":"1581417203000")", R"("timestamp":null)"},
           {R"("seq":"1790")", R"("seq":"123456789012345678901")"},
           {R"("seq":"1790")", R"("seq":"1","seq":"1790")"},
           {R"("ackMode":1)", R"("ackMode":2)"},
           {R"("ackMode":1)", R"("ackMode":10)"},
           {R"("ackMode":1)", R"("ackMode":true)"},
       }) {
    const std::string bad = what == R"("sign":"50)" ? replaced(good, R"("sign":)", R"("sIgn":)")
                                                    : replaced(good, what, by);
    EXPECT_FALSE(read(bad)) << by;
  }
  for (const std::string_view bad : {"", "[]", "{", "null", "x", "{}", "\0\0"}) {
    EXPECT_FALSE(read(bad)) << bad;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read(std::string_view{good}.substr(0, size))) << size;
  }
}

TEST(alink_post_logon, coap_grants_a_token_and_in_aes_mode_where_to_begin) {
  json_reader reader;
  byte_buffer plain;
  append_coap_grant(plain, {"ffeeddccbbaa99887766554433221100"});
  EXPECT_EQ(text(plain), R"({"token":"ffeeddccbbaa99887766554433221100"})");
  const auto token = read_coap_grant(reader, plain.view());
  ASSERT_TRUE(token);
  EXPECT_EQ(token->token, "ffeeddccbbaa99887766554433221100");
  EXPECT_TRUE(token->random.empty());
  byte_buffer sealed;
  append_coap_grant(sealed, {"T0ken.0001", "ad2b3a5eb51d64f7", 1});
  EXPECT_EQ(text(sealed), R"({"random":"ad2b3a5eb51d64f7","seqOffset":1,"token":"T0ken.0001"})");
  const auto aes = read_coap_grant(reader, sealed.view());
  ASSERT_TRUE(aes);
  EXPECT_EQ(aes->random, "ad2b3a5eb51d64f7");
  EXPECT_EQ(aes->sequence_offset, 1U);
  for (const std::string& bad :
       {std::string{""}, std::string{"[]"}, std::string{"{}"}, std::string{R"({"token":""})"},
        std::string{R"({"token":"a b"})"}, std::string{R"({"token":7})"},
        R"({"token":")" + std::string(max_post_token + 1, 't') + "\"}",
        std::string{R"({"token":"t","random":"r"})"}, std::string{R"({"token":"t","seqOffset":1})"},
        std::string{R"({"token":"t","random":"r","seqOffset":4294967296})"},
        std::string{R"({"token":"t","random":"r","seqOffset":-1})"}}) {
    EXPECT_FALSE(read_coap_grant(reader, as_bytes(bad))) << bad;
  }
}

TEST(alink_post_logon, http_answers_as_the_platform_does_and_is_read_back) {
  json_reader reader;
  byte_buffer granted;
  append_http_grant(granted, "t0k");
  EXPECT_EQ(text(granted), R"({"code":0,"message":"success","info":{"token":"t0k"}})");
  EXPECT_EQ(read_http_answer(reader, granted.view())->token, "t0k");
  byte_buffer accepted;
  append_http_accepted(accepted, 900000000000000001, "");
  EXPECT_EQ(text(accepted),
            R"({"code":0,"message":"success","info":{"messageId":900000000000000001}})");
  byte_buffer replied;
  append_http_accepted(replied, 18446744073709551615U, R"({"id":"1","code":200})");
  EXPECT_EQ(text(replied), R"({"code":0,"message":"success","info":{)"
                           R"("messageId":18446744073709551615,)"
                           R"("data":"{\"id\":\"1\",\"code\":200}"}})");
  const auto answer = read_http_answer(reader, replied.view());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, 0);
  EXPECT_EQ(answer->message_id, 18446744073709551615U);
  EXPECT_EQ(answer->data, R"({"id":"1","code":200})");
}

TEST(alink_post_logon, http_refuses_with_the_message_of_each_code) {
  json_reader reader;
  const std::initializer_list<std::pair<post_code, std::string>> table{
      {post_code::common_error, R"({"code":10000,"message":"common error"})"},
      {post_code::param_error, R"({"code":10001,"message":"param error"})"},
      {post_code::auth_error, R"({"code":20000,"message":"auth check error"})"},
      {post_code::token_expired, R"({"code":20001,"message":"token is expired"})"},
      {post_code::token_null, R"({"code":20002,"message":"token is null"})"},
      {post_code::token_error, R"({"code":20003,"message":"check token error"})"},
      {post_code::session_error, R"({"code":20004,"message":"update session error"})"},
      {post_code::publish_error, R"({"code":30001,"message":"publish message error"})"},
      {post_code::too_many, R"({"code":40000,"message":"request too many"})"}};
  for (const auto& [code, wanted] : table) {
    byte_buffer out;
    append_http_refusal(out, code);
    EXPECT_EQ(text(out), wanted);
    const auto answer = read_http_answer(reader, out.view());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->code, static_cast<std::int64_t>(code));
    EXPECT_TRUE(answer->token.empty());
    EXPECT_FALSE(answer->message_id);
  }
  EXPECT_EQ(read_http_answer(reader, as_bytes(R"({"code":77,"info":null})"))->code, 77);
  for (const std::string_view bad :
       {"", "[]", "{}", "<html>", R"({"code":"0"})", R"({"code":0,"info":{"token":"a b"}})",
        R"({"code":0,"info":{"messageId":"x"}})", R"({"code":0,"info":{"data":{}}})",
        R"({"code":0,"code":0})"}) {
    EXPECT_FALSE(read_http_answer(reader, as_bytes(bad))) << bad;
  }
}

TEST(alink_post_logon, in_aes_mode_encrypts_as_in_vector_7) {
  const post_cipher cipher{who.device_secret, "ad2b3a5eb51d64f7"};
  EXPECT_EQ(hex(cipher.key()), "73a2c33dfcbf699fca2edfb8f73fb8d9");
  byte_buffer payload;
  cipher.encrypt(as_bytes(R"({"name":"hello world"})"), payload);
  EXPECT_EQ(hex(payload.view()),
            "a75adc33afef4632b18cc0abf5be281cd6f327eea553ecf866b043b6ea9dff8c");
  for (const auto& [number, wanted] : {std::pair{"1", "04bb97156bdcec31da2740690068c7d3"},
                                       std::pair{"2", "e1c998a6558db318169b0b670b3c21b1"}}) {
    byte_buffer sequence;
    cipher.encrypt(as_bytes(number), sequence);
    EXPECT_EQ(hex(sequence.view()), wanted);
    byte_buffer back;
    ASSERT_TRUE(cipher.decrypt(sequence.view(), back));
    EXPECT_EQ(as_text(back.view()), number);
  }
  byte_buffer none;
  EXPECT_FALSE((post_cipher{who.device_secret, "ad2b3a5eb51d64f8"}.decrypt(payload.view(), none)));
  EXPECT_TRUE(none.empty());
}

TEST(alink_post_logon, reads_sequence_numbers_of_32_bits_alone) {
  EXPECT_EQ(post_sequence_of(as_bytes("1790")), 1790U);
  EXPECT_EQ(post_sequence_of(as_bytes("4294967295")), 4294967295U);
  for (const std::string_view bad :
       {"", "4294967296", "-1", "+1", " 1", "1 ", "0x1", "one", "000000000000000000001"}) {
    EXPECT_FALSE(post_sequence_of(as_bytes(bad))) << bad;
  }
}

TEST(alink_post_logon, finds_the_topic_in_a_path) {
  EXPECT_EQ(topic_of_post_path("/topic/PK/DN/update"), "/PK/DN/update");
  EXPECT_EQ(topic_of_post_path("/topic/PK/DN/update/"), "/PK/DN/update");
  EXPECT_EQ(topic_of_post_path("/topic//"), std::nullopt);
  for (const std::string_view bad :
       {"", "/", "/auth", "/topic", "/topic/", "/topics/PK", "topic/PK"}) {
    EXPECT_FALSE(topic_of_post_path(bad)) << bad;
  }
}

TEST(alink_post_logon, shares_a_key_for_dtls_as_in_the_vector_of_17_1) {
  EXPECT_EQ(make_psk_key(who, sign_method::hmacsha256, "1581417203000"),
            "9373e72d7fcb9c0cdc5379f3205a3b855ae87575d38e6754f1a94f353d9fc58c");
  const std::string identity = make_psk_identity(who, sign_method::hmacsha256, "1581417203000");
  EXPECT_EQ(identity, "devicename|hmacsha256|a1B2c3D4e5F&dev_accept_01|1581417203000");
  const auto parts = read_psk_identity(identity);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->product_key, who.product_key);
  EXPECT_EQ(parts->device_name, who.device_name);
  EXPECT_EQ(parts->timestamp, "1581417203000");
  EXPECT_EQ(parts->method, sign_method::hmacsha256);
  for (const std::string_view bad :
       {"", "|||", "x|hmacsha256|pk&dn", "x|hmacsha256|pk&dn|1|", "x|hmacsha256|pk&dn|",
        "x|hmacsha256|pk&dn|now", "x|rot13|pk&dn|1", "x|hmacsha256|pkdn|1", "x|hmacsha256|&dn|1",
        "x|hmacsha256|pk&d/n|1"}) {
    EXPECT_FALSE(read_psk_identity(bad)) << bad;
  }
}

} // namespace
} // namespace fleet::alink
