// Pre-auth, bootstrap and ID2: what the device asks, the platform judges; and every way to be
// malformed, with the code it is answered with.
#include <gtest/gtest.h>

#include "protocol/alink/logon.hpp"
#include "protocol/alink/registration.hpp"

namespace fleet::alink {
namespace {

const identity accept_01{"a1B2c3D4e5F", "dev_accept_01", "0123456789abcdef0123456789abcdef"};
const id2_identity element{"00FF11223344", "code-7", "a1B2c3D4e5F", "keykeykeykey"};
const preauth_facts known{.device_secret = accept_01.device_secret};
const preauth_grant grant{.iot_id = "iot0001TestIdentity0",
                          .iot_token = "00112233445566778899aabbccddeeff",
                          .host = "a1B2c3D4e5F.iot-as-mqtt.cn-shanghai.aliyuncs.com",
                          .port = 1883};

std::string text(const byte_buffer& buffer) {
  return std::string{as_text(buffer.view())};
}

std::string replaced(std::string in, std::string_view what, std::string_view by) {
  const std::size_t at = in.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? in : in.replace(at, what.size(), by);
}

TEST(alink_preauth, asks_as_the_2018_sdk_with_the_sign_of_vector_1) {
  EXPECT_EQ(make_preauth_body(accept_01, sign_method::hmacsha1),
            "productKey=a1B2c3D4e5F&deviceName=dev_accept_01&signmethod=hmacsha1"
            "&sign=5b19c1b61c05d2dc947695a966d8aa48c41926c0&version=default"
            "&clientId=a1B2c3D4e5F.dev_accept_01&timestamp=2524608000000&resources=mqtt");
  EXPECT_NE(make_preauth_body(accept_01, sign_method::hmacsha1, "")
                .find("sign=98ec43196e566e3029f500d74185f9e77035b804&"),
            std::string::npos); // vector 2
  EXPECT_EQ(auth_host("cn-shanghai"), "iot-auth.cn-shanghai.aliyuncs.com");
  EXPECT_EQ(mqtt_host("PK", "us-west-1"), "PK.iot-as-mqtt.us-west-1.aliyuncs.com");
}

TEST(alink_preauth, is_granted_to_every_good_question) {
  for (const sign_method method :
       {sign_method::hmacmd5, sign_method::hmacsha1, sign_method::hmacsha256}) {
    for (const std::string_view timestamp : {std::string_view{}, sdk_timestamp}) {
      const auto asked = read_preauth(make_preauth_body(accept_01, method, timestamp));
      ASSERT_TRUE(asked);
      EXPECT_EQ(asked.value().product_key, accept_01.product_key);
      EXPECT_EQ(asked.value().device_name, accept_01.device_name);
      EXPECT_EQ(asked.value().timestamp, timestamp);
      EXPECT_EQ(judge_preauth(asked.value(), known), 200);
    }
  }
  const std::string body = make_preauth_body(accept_01, sign_method::hmacsha1);
  const std::string cased = replaced(body, "5b19c1b6", "5B19C1B6");
  EXPECT_EQ(judge_preauth(read_preauth(cased).value(), known), 200);
  const std::string barred =
      replaced(body, "dev_accept_01&timestamp", "dev_accept_01%7Cgw%3D0%7C&timestamp");
  EXPECT_EQ(judge_preauth(read_preauth(barred).value(), known), 200);
  const std::string spelled = replaced(body, "signmethod=hmacsha1", "signMethod=HmacSHA1");
  EXPECT_EQ(judge_preauth(read_preauth(spelled).value(), known), 200);
  const identity odd{"pk", "a@b:c.d-e", "s"};
  EXPECT_EQ(judge_preauth(read_preauth(make_preauth_body(odd, sign_method::hmacsha1)).value(),
                          {.device_secret = "s"}),
            200);
  // Without a method the sign is md5 (vector 1).
  const std::string md5 =
      replaced(replaced(body, "signmethod=hmacsha1&", ""),
               "5b19c1b61c05d2dc947695a966d8aa48c41926c0", "836963b4c1f79daff86d311d5f323b3a");
  EXPECT_EQ(judge_preauth(read_preauth(md5).value(), known), 200);
}

TEST(alink_preauth, is_refused_with_the_code_of_the_reason) {
  const std::string body = make_preauth_body(accept_01, sign_method::hmacsha1);
  const auto code = [](std::string_view asked, const preauth_facts& facts) {
    const auto read = read_preauth(asked);
    return read ? judge_preauth(read.value(), facts) : read.error();
  };
  EXPECT_EQ(code(body, {}), 5001);
  EXPECT_EQ(code(body, {.device_secret = accept_01.device_secret, .by_id2 = true}), 6200);
  EXPECT_EQ(code(body, {.device_secret = "0123456789ABCDEF0123456789ABCDEF"}), 401);
  for (const auto& [what, by] : std::initializer_list<std::pair<const char*, const char*>>{
           {"sign=5", "sign=6"},
           {"926c0", "926c1"},
           {"926c0", "926c"},
           {"926c0", "926c00"},
           {"hmacsha1", "hmacmd5"},
           {"hmacsha1", "hmacsha256"},
           {"timestamp=2", "timestamp=3"},
           {"&timestamp=2524608000000", ""},
           {"clientId=a1B", "clientId=a2B"},
           {"deviceName=dev_accept_01", "deviceName=dev_accept_02"},
           {"productKey=a1B", "productKey=a2B"},
       }) {
    EXPECT_EQ(code(replaced(body, what, by), known), 401) << by;
  }
}

TEST(alink_preauth, malformed_in_any_way_is_a_parameter_error) {
  const std::string body = make_preauth_body(accept_01, sign_method::hmacsha1);
  const std::string long_name(33, 'd');
  const std::string long_key(21, 'k');
  const std::string long_id(65, 'c');
  for (const auto& [what, by] : std::initializer_list<std::pair<std::string, std::string>>{
           {"productKey=a1B2c3D4e5F&", ""},
           {"deviceName=dev_accept_01&", ""},
           {"&clientId=a1B2c3D4e5F.dev_accept_01", ""},
           {"&sign=5b19c1b61c05d2dc947695a966d8aa48c41926c0", ""},
           {"sign=5b19c1b61c05d2dc947695a966d8aa48c41926c0", "sign="},
           {"deviceName=dev_accept_01", "deviceName="},
           {"deviceName=dev_accept_01", "deviceName=" + long_name},
           {"deviceName=dev_accept_01", "deviceName=dev%2Faccept"},
           {"deviceName=dev_accept_01", "deviceName=%2B"},
           {"deviceName=dev_accept_01", "deviceName=%23"},
           {"deviceName=dev_accept_01", "deviceName=dev+accept"},
           {"deviceName=dev_accept_01", "deviceName=dev%00"},
           {"deviceName=dev_accept_01", "deviceName=d%C3%BC"},
           {"productKey=a1B2c3D4e5F", "productKey=" + long_key},
           {"productKey=a1B2c3D4e5F", "productKey=a1B2c3D4e5F&productKey=a1B2c3D4e5F"},
           {"deviceName=dev_accept_01", "deviceName=dev_accept_01&deviceName=dev_accept_02"},
           {"version=default", "sign=0"},
           {"version=default", "timestamp=1"},
           {"version=default", "signMethod=hmacsha1"},
           {"version=default", "signmethod=hmacsha1"},
           {"version=default", "resources=mqtt"},
           {"signmethod=hmacsha1", "signmethod=plain"},
           {"signmethod=hmacsha1", "signmethod="},
           {"timestamp=2524608000000", "timestamp="},
           {"timestamp=2524608000000", "timestamp=-1"},
           {"timestamp=2524608000000", "timestamp=1e9"},
           {"timestamp=2524608000000", "timestamp=1234567890123456789012345678901"},
           {"clientId=a1B2c3D4e5F.dev_accept_01", "clientId=" + long_id},
           {"clientId=a1B2c3D4e5F.dev_accept_01", "clientId=%7Cgw=0%7C"},
           {"resources=mqtt", "resources=coap"},
           {"version=default", "version=%zz"},
           {"version=default", "version=%"},
       }) {
    const auto got = read_preauth(replaced(body, what, by));
    ASSERT_FALSE(got) << by;
    EXPECT_EQ(got.error(), 460) << by;
  }
  for (const std::string& bad : {std::string{}, std::string{"{\"productKey\":\"a\"}"},
                                 std::string(70'000, 'a'), std::string(70'000, '&') + body}) {
    ASSERT_FALSE(read_preauth(bad));
    EXPECT_EQ(read_preauth(bad).error(), 460);
  }
}

TEST(alink_preauth, answer_has_the_documented_shape_and_is_read_back) {
  byte_buffer out;
  append_preauth_reply(out, grant);
  EXPECT_EQ(text(out),
            R"({"code":200,"data":{"iotId":"iot0001TestIdentity0",)"
            R"("iotToken":"00112233445566778899aabbccddeeff","resources":{"mqtt":{"host":)"
            R"("a1B2c3D4e5F.iot-as-mqtt.cn-shanghai.aliyuncs.com","port":1883}}},)"
            R"("message":"success"})");
  json_reader reader;
  const auto got = read_preauth_reply(reader, out.view());
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().iot_id, grant.iot_id);
  EXPECT_EQ(got.value().iot_token, grant.iot_token);
  EXPECT_EQ(got.value().host, grant.host);
  EXPECT_EQ(got.value().port, grant.port);
  EXPECT_EQ(got.value().codec_key, "");
}

TEST(alink_preauth, answer_may_tell_the_ports_of_both_kinds_of_connection) {
  auto given = grant;
  given.listeners = {1883, 8883};
  byte_buffer out;
  append_preauth_reply(out, given);
  EXPECT_NE(text(out).find(R"("port":1883,"tcpPort":1883,"tlsPort":8883}}})"), std::string::npos)
      << text(out);
  json_reader reader;
  const auto got = read_preauth_reply(reader, out.view());
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().listeners.tcp, 1883);
  EXPECT_EQ(got.value().listeners.tls, 8883);
  out.clear();
  append_bootstrap_reply(out, {"127.0.0.1", 1884, {0, 8883}});
  const auto place = read_bootstrap_reply(reader, out.view());
  ASSERT_TRUE(place);
  EXPECT_EQ(place.value().listeners.tcp, 0) << "not told";
  EXPECT_EQ(place.value().listeners.tls, 8883);
  for (const std::string_view bad : {"0", "65536", "-1", "true", "{}", "\"x\"", "1.5"}) {
    const std::string answer =
        R"({"code":200,"data":{"iotId":"i","iotToken":"t","resources":{"mqtt":{"host":"h",)"
        R"("port":1883,"tlsPort":)"
        + std::string{bad} + "}}}}";
    EXPECT_FALSE(read_preauth_reply(reader, as_bytes(answer))) << bad;
  }
}

TEST(alink_preauth, answer_spaced_or_numbered_otherwise_is_read_too) {
  json_reader reader;
  const auto got = read_preauth_reply(
      reader, as_bytes("{ \"message\" : \"success\",\n \"data\" : { \"resources\" : { \"mqtt\" : "
                       "{ \"port\" : \"443\", \"host\" : \"h.example\" } }, \"x\" : [1], "
                       "\"iotToken\" : \"t\\u002dt\", \"iotId\" : \"i\" }, \"code\" : 200 }"));
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().iot_token, "t-t");
  EXPECT_EQ(got.value().port, 443);
}

TEST(alink_preauth, answer_may_name_an_address_in_brackets_or_nobody) {
  for (const std::string host : {"[::1]", "127.0.0.1", ""}) {
    byte_buffer out;
    auto given = grant;
    given.host = host;
    append_preauth_reply(out, given);
    json_reader reader;
    const auto got = read_preauth_reply(reader, out.view());
    ASSERT_TRUE(got) << host;
    EXPECT_EQ(got.value().host, host);
  }
}

TEST(alink_preauth, refusal_carries_every_code_of_the_platform) {
  json_reader reader;
  for (const int code :
       {400, 401, 429, 460, 500, 5001, 5005, 6100, 6200, 6250, 6288, 6289, 6292, 6600}) {
    byte_buffer out;
    append_logon_refusal(out, code);
    const auto got = read_preauth_reply(reader, out.view());
    ASSERT_FALSE(got) << code;
    EXPECT_EQ(got.error().code, code);
    EXPECT_NE(logon_message(code), logon_message(-1)) << code;
  }
  byte_buffer out;
  append_logon_refusal(out, 401);
  EXPECT_EQ(text(out), R"({"code":401,"message":"request auth error"})");
}

TEST(alink_preauth, answers_that_are_none_are_told_apart_from_refusals) {
  byte_buffer out;
  append_preauth_reply(out, grant);
  const std::string good = text(out);
  json_reader reader;
  const auto code = [&](const std::string& answer) {
    const auto got = read_preauth_reply(reader, as_bytes(answer));
    return got ? std::int64_t{200} : got.error().code;
  };
  EXPECT_EQ(code(good), 200);
  const std::string id_too_long(max_iot_id + 1, 'i');
  const std::string token_too_long(max_iot_token + 1, 't');
  for (const auto& [what, by] : std::initializer_list<std::pair<std::string, std::string>>{
           {"\"code\":200,", ""},
           {"\"code\":200", "\"code\":\"200\""},
           {"\"code\":200", "\"code\":200.5"},
           {"\"code\":200", "\"code\":0"},
           {"\"code\":200", "\"code\":200,\"code\":401"},
           {"\"code\":200", "\"code\":99999999999999999999999999999999"},
           {"\"iotId\":\"iot0001TestIdentity0\",", ""},
           {"\"iot0001TestIdentity0\"", "7"},
           {"iot0001TestIdentity0", ""},
           {"iot0001TestIdentity0", "a b"},
           {"iot0001TestIdentity0", "a\\nb"},
           {"iot0001TestIdentity0", "\\ud800"},
           {"iot0001TestIdentity0", id_too_long},
           {"\"iotId\"", "\"iotToken\""},
           {"00112233445566778899aabbccddeeff", token_too_long},
           {"00112233445566778899aabbccddeeff", ""},
           {"\"resources\":{", "\"resources\":{},\"x\":{"},
           {"{\"mqtt\":{", "[{\"mqtt\":["},
           {"\"mqtt\"", "\"coap\""},
           {"1883", "0"},
           {"1883", "-1"},
           {"1883", "65536"},
           {"1883", "1883.5"},
           {"1883", "\"1883x\""},
           {"1883", "null"},
           {"1883", "1234567890123456789012345678901"},
           {"a1B2c3D4e5F.iot", "a b"},
           {"a1B2c3D4e5F.iot", "evil\\u0000"},
           {"a1B2c3D4e5F.iot", "u@h"},
           {"a1B2c3D4e5F.iot", "h:1"},
           {"a1B2c3D4e5F.iot", "h/"},
           {"a1B2c3D4e5F.iot-as-mqtt.cn-shanghai.aliyuncs.com", "[]"},
           {"a1B2c3D4e5F.iot-as-mqtt.cn-shanghai.aliyuncs.com", "[::1"},
           {"a1B2c3D4e5F.iot-as-mqtt.cn-shanghai.aliyuncs.com", "[h]"},
           {"a1B2c3D4e5F.iot", std::string(254, 'h')},
           {"\"data\":{", "\"data\":[{"},
           {"}}}", "}}"},
       }) {
    EXPECT_EQ(code(replaced(good, what, by)), 0) << by;
  }
  for (const std::string& bad :
       {std::string{}, std::string{"<html>pay here</html>"}, std::string{"[]"}, std::string{"200"},
        std::string{"{\"code\":200}"}, std::string{"{\"code\":200,\"data\":\"\"}"},
        std::string{"{\"code\":200,\"data\":{}}"}, std::string(20'000, '['),
        "{\"code\":200,\"data\":" + std::string(20'000, '{')}) {
    EXPECT_EQ(code(bad), 0) << bad.substr(0, 40);
  }
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_EQ(code(good.substr(0, cut)), 0) << cut;
  }
}

TEST(alink_preauth, leads_to_a_connect_with_what_was_granted) {
  const direct_login login = make_preauth_login(accept_01, grant, {});
  EXPECT_EQ(login.client_id, "a1B2c3D4e5F.dev_accept_01|securemode=-1,timestamp=2524608000000,"
                             "signmethod=hmacsha1,gw=0,ext=0|");
  EXPECT_EQ(login.username, grant.iot_id);
  EXPECT_EQ(login.password, grant.iot_token);
  const auto read = parse_logon(login.client_id, login.username);
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().kind, logon_kind::preauth);
  EXPECT_EQ(read.value().iot_id, grant.iot_id);
  EXPECT_EQ(read.value().parts.client_id_base, "a1B2c3D4e5F.dev_accept_01");
}

TEST(alink_bootstrap, asks_unsigned_and_takes_the_place_alone) {
  const std::string body = make_bootstrap_body("a1B2c3D4e5F", "dev_accept_01");
  EXPECT_EQ(body, "productKey=a1B2c3D4e5F&deviceName=dev_accept_01"
                  "&clientId=a1B2c3D4e5F.dev_accept_01&resources=mqtt");
  const auto asked = read_bootstrap(body);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked.value().product_key, "a1B2c3D4e5F");
  byte_buffer out;
  append_bootstrap_reply(out, {"127.0.0.1", 1884});
  EXPECT_EQ(text(out), R"({"code":200,"data":{"iotId":"","iotToken":"","resources":{"mqtt":)"
                       R"({"host":"127.0.0.1","port":1884}}},"message":"success"})");
  json_reader reader;
  const auto place = read_bootstrap_reply(reader, out.view());
  ASSERT_TRUE(place);
  EXPECT_EQ(place.value().host, "127.0.0.1");
  EXPECT_EQ(place.value().port, 1884);
  EXPECT_FALSE(read_preauth_reply(reader, out.view())); // no credentials in it
  byte_buffer refusal;
  append_logon_refusal(refusal, 460);
  EXPECT_EQ(read_bootstrap_reply(reader, refusal.view()).error().code, 460);
}

TEST(alink_bootstrap, malformed_is_a_parameter_error) {
  const std::string body = make_bootstrap_body("a1B2c3D4e5F", "dev_accept_01");
  for (const auto& [what, by] : std::initializer_list<std::pair<const char*, const char*>>{
           {"productKey=a1B2c3D4e5F&", ""},
           {"deviceName=dev_accept_01", "deviceName=%2F"},
           {"&clientId=a1B2c3D4e5F.dev_accept_01", ""},
           {"&resources=mqtt", ""},
           {"resources=mqtt", "resources=x"},
           {"resources=mqtt", "resources=mqtt&resources=mqtt"},
       }) {
    ASSERT_FALSE(read_bootstrap(replaced(body, what, by))) << by;
    EXPECT_EQ(read_bootstrap(replaced(body, what, by)).error(), 460);
  }
}

TEST(alink_id2, is_modelled_from_the_question_to_the_codec_key) {
  const std::string body = make_id2_body(element, "AES-128");
  const auto asked = read_id2(body);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked.value().id2, element.id2);
  EXPECT_EQ(judge_id2(asked.value(), &element), 200);
  EXPECT_EQ(judge_id2(asked.value(), nullptr), 5001);
  id2_identity other = element;
  other.key = "another";
  EXPECT_EQ(judge_id2(asked.value(), &other), 401);
  other = element;
  other.id2 = "00FF11223345";
  EXPECT_EQ(judge_id2(asked.value(), &other), 5001);
  preauth_grant with_key = grant;
  with_key.codec_key = "00112233445566778899aabbccddeeff";
  byte_buffer out;
  append_preauth_reply(out, with_key);
  json_reader reader;
  const auto got = read_preauth_reply(reader, out.view());
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().codec_key, with_key.codec_key);
  for (const auto& [what, by] : std::initializer_list<std::pair<const char*, const char*>>{
           {"id2=00FF11223344&", ""},
           {"deviceCode=code-7&", ""},
           {"productKey=a1B2c3D4e5F", "productKey="},
           {"&codec=AES-128", ""},
           {"clientId=a1B2c3D4e5F.code-7", "clientId="},
           {"id2=00FF11223344", "id2=a%26b"},
       }) {
    ASSERT_FALSE(read_id2(replaced(body, what, by))) << by;
    EXPECT_EQ(read_id2(replaced(body, what, by)).error(), 460);
  }
}

TEST(alink_id2, connects_with_its_authentication_code) {
  const direct_login login = make_id2_login(element, 7);
  const auto read = parse_logon(login.client_id, login.username);
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().kind, logon_kind::id2);
  EXPECT_EQ(read.value().id2, element.id2);
  EXPECT_EQ(read.value().parts.product_key, element.product_key);
  EXPECT_TRUE(digest_equal(
      sign_id2(element, read.value().parts.client_id_base, read.value().parts.timestamp),
      login.password));
}

} // namespace
} // namespace fleet::alink
