// Requests of gateways: each kind in each dialect as it stands on the wire, read back, its
// signature verified; and the table of what is malformed, each with its code.
#include <gtest/gtest.h>

#include "protocol/alink/gateway_reader.hpp"

namespace fleet::alink {
namespace {

using enum topic_kind;

const identity meter{"a1SubPk0001", "meter_07", "fedcba9876543210fedcba9876543210"};
const identity lamp{"a1SubPk0001", "lamp_01", "0123456789abcdef0123456789abcdef"};
constexpr gateway_dialect dialects[] = {gateway_dialect::sdk_2_10, gateway_dialect::sdk_3_2,
                                        gateway_dialect::node};

std::string text_of(const byte_buffer& out) {
  return std::string{as_text(out.view())};
}

std::string request(topic_kind kind, gateway_dialect dialect, std::vector<identity> devices,
                    std::string_view timestamp = sdk_timestamp) {
  byte_buffer out;
  gateway_request_writer w{out, kind, dialect, 7};
  for (const identity& who : devices) {
    w.add(who, timestamp);
  }
  w.end();
  return text_of(out);
}

gateway_request read(gateway_reader& reader, topic_kind kind, std::string_view text) {
  return reader.read_request(kind, as_bytes(text));
}

TEST(gateway_messages, login_of_the_2018_sdk_is_as_the_reference_shows_it) {
  EXPECT_EQ(request(session_login, gateway_dialect::sdk_2_10, {meter}),
            R"({"id":7,"params":{"productKey":"a1SubPk0001","deviceName":"meter_07",)"
            R"("clientId":"a1SubPk0001.meter_07","timestamp":"2524608000000",)"
            R"("signMethod":"hmacSha1","sign":")"
                + sign_direct(meter, "a1SubPk0001.meter_07", sign_method::hmacsha1, sdk_timestamp)
                + R"(","cleanSession":"true"}})");
}

TEST(gateway_messages, login_of_the_node_sdk_carries_the_digest_of_vector_5) {
  EXPECT_EQ(request(session_login, gateway_dialect::node, {meter}, "1581417203000"),
            R"({"id":"7","version":"1.0","params":{"productKey":"a1SubPk0001",)"
            R"("deviceName":"meter_07","clientId":"a1SubPk0001&meter_07",)"
            R"("timestamp":1581417203000,"signMethod":"hmacsha1",)"
            R"("sign":"422938c4bc69f8e0bcd35ceefaa5055d01af389d"},"method":""})");
}

TEST(gateway_messages, other_requests_are_as_the_reference_shows_them) {
  const auto d = gateway_dialect::sdk_2_10;
  EXPECT_EQ(request(sub_register, d, {meter}),
            R"({"id":7,"version":"1.0","params":[{"productKey":"a1SubPk0001",)"
            R"("deviceName":"meter_07"}],"method":"thing.sub.register"})");
  EXPECT_EQ(request(topo_get, d, {}),
            R"({"id":7,"version":"1.0","params":{},"method":"thing.topo.get"})");
  EXPECT_EQ(request(session_logout, d, {meter}),
            R"({"id":7,"version":"1.0","params":{"productKey":"a1SubPk0001",)"
            R"("deviceName":"meter_07"}})");
  EXPECT_EQ(request(topo_add, d, {meter}).find("version"), std::string::npos);
}

TEST(gateway_messages, every_kind_reads_back_in_every_dialect) {
  gateway_reader reader;
  for (const topic_kind kind :
       {sub_register, sub_unregister, topo_add, topo_delete, list_found, session_login,
        session_logout, session_batch_login, session_batch_logout}) {
    for (const gateway_dialect d : dialects) {
      const std::vector<identity> devices =
          takes_one_device(kind) ? std::vector{meter} : std::vector{meter, lamp};
      const std::string text = request(kind, d, devices);
      const gateway_request r = read(reader, kind, text);
      EXPECT_EQ(r.code, code_success) << text;
      EXPECT_EQ(r.id, d == gateway_dialect::node ? "\"7\"" : "7");
      ASSERT_EQ(r.devices.size(), devices.size()) << text;
      for (std::size_t i = 0; i < devices.size(); ++i) {
        EXPECT_EQ(r.devices[i].who.product_key, devices[i].product_key);
        EXPECT_EQ(r.devices[i].who.device_name, devices[i].device_name);
        const bool is_signed = !r.devices[i].sign.empty();
        EXPECT_EQ(is_signed,
                  kind == topo_add || kind == session_login || kind == session_batch_login);
        EXPECT_EQ(is_signed, verify_sub_device(r.devices[i], devices[i].device_secret));
        EXPECT_FALSE(verify_sub_device(r.devices[i], devices[i].device_secret + "x"));
      }
    }
  }
  const std::string get = request(topo_get, gateway_dialect::node, {});
  EXPECT_EQ(read(reader, topo_get, get).code, code_success);
  EXPECT_TRUE(read(reader, topo_get, get).devices.empty());
}

TEST(gateway_messages, product_registration_reads_back_and_verifies) {
  gateway_reader reader;
  for (const gateway_dialect d : dialects) {
    byte_buffer out;
    gateway_request_writer w{out, product_register, d, 9};
    w.add_by_product({"a1SubPk0001", "meter_07"}, "PsAbCdEfGhIjKlMn", "8Ygb7ULYh53B6OA");
    w.end();
    const gateway_request r = reader.read_request(product_register, out.view());
    ASSERT_EQ(r.devices.size(), 1U) << text_of(out);
    EXPECT_TRUE(verify_by_product(r.devices[0], "PsAbCdEfGhIjKlMn"));
    EXPECT_FALSE(verify_by_product(r.devices[0], "PsAbCdEfGhIjKlMo"));
  }
}

TEST(gateway_messages, product_registration_verifies_vector_3) {
  gateway_reader reader;
  const gateway_request r = read(
      reader, product_register,
      R"({"id":"1","params":{"proxieds":[{"productKey":"a1B2c3D4e5F","deviceName":"dev_accept_01",)"
      R"("random":"8Ygb7ULYh53B6OA","signMethod":"hmacsha256","sign":)"
      R"("59F492641BB5E7FA6C28189F0D4EA0699C1102C37947DA1996A2E4E04130A755"}]}})");
  ASSERT_EQ(r.devices.size(), 1U);
  EXPECT_TRUE(verify_by_product(r.devices[0], "PsAbCdEfGhIjKlMn"));
}

std::string login_with(std::string_view rest) {
  return R"({"id":1,"params":{"productKey":"a1SubPk0001","deviceName":"meter_07",)"
         + std::string{rest} + "}}";
}

TEST(gateway_messages, vector_5_is_accepted_in_all_methods_and_spellings) {
  gateway_reader reader;
  struct form {
    std::string_view method;
    std::string_view sign;
  };
  for (const form& f : {
           form{R"("signMethod":"hmacMd5",)", "14d68ab58c832f6fda6809e4e11545f4"},
           form{"", "14D68AB58C832F6FDA6809E4E11545F4"},
           form{R"("signmethod":"hmacSha1",)", "422938c4bc69f8e0bcd35ceefaa5055d01af389d"},
           form{R"("signMethod":"HMACSHA256",)",
                "c66ed4fa6228d99a48a150f35a8bde3c89c23130c94703c8e9281c415b8403d4"},
       }) {
    for (const std::string_view timestamp : {"1581417203000", "\"1581417203000\""}) {
      for (const std::string_view tail : {"", "|_ss=1|"}) {
        const std::string text =
            login_with(std::string{f.method} + R"("clientId":"a1SubPk0001&meter_07)"
                       + std::string{tail} + R"(","timestamp":)" + std::string{timestamp}
                       + R"(,"sign":")" + std::string{f.sign} + '"');
        const gateway_request r = read(reader, session_login, text);
        ASSERT_EQ(r.devices.size(), 1U) << text;
        EXPECT_TRUE(verify_sub_device(r.devices[0], meter.device_secret)) << text;
      }
    }
  }
}

TEST(gateway_messages, a_signature_may_cover_clean_session_or_no_timestamp) {
  gateway_reader reader;
  const auto signed_login = [&](std::vector<sign_field> fields, std::string_view shown) {
    fields.push_back({"clientId", "c"});
    fields.push_back({"deviceName", meter.device_name});
    fields.push_back({"productKey", meter.product_key});
    return login_with(R"("clientId":"c","signMethod":"hmacsha1",)" + std::string{shown}
                      + R"("sign":")"
                      + sign_fields(fields, meter.device_secret, sign_method::hmacsha1) + '"');
  };
  const auto accepted = [&](const std::string& text) {
    const gateway_request r = read(reader, session_login, text);
    return r.devices.size() == 1 && verify_sub_device(r.devices[0], meter.device_secret);
  };
  const sign_field clean{"cleanSession", "true"};
  const sign_field time{"timestamp", "5"};
  EXPECT_TRUE(accepted(signed_login({clean, time}, R"("cleanSession":"true","timestamp":5,)")));
  EXPECT_TRUE(accepted(signed_login({clean, time}, R"("cleanSession":true,"timestamp":"5",)")));
  EXPECT_TRUE(accepted(signed_login({time}, R"("cleanSession":"true","timestamp":5,)")));
  EXPECT_TRUE(accepted(signed_login({clean}, R"("cleanSession":"true",)")));
  EXPECT_TRUE(accepted(signed_login({}, R"("cleanSession":"true",)")));
  EXPECT_TRUE(accepted(signed_login({}, "")));
  EXPECT_FALSE(accepted(signed_login({clean, time}, R"("cleanSession":"false","timestamp":5,)")));
  EXPECT_FALSE(accepted(signed_login({clean}, "")));
  EXPECT_FALSE(accepted(signed_login({}, R"("timestamp":5,)")));
  EXPECT_FALSE(accepted(signed_login({time}, "")));
}

TEST(gateway_messages, a_bad_digest_is_refused_whatever_is_wrong_with_it) {
  gateway_reader reader;
  const std::string good = "422938c4bc69f8e0bcd35ceefaa5055d01af389d";
  std::vector<std::string> bad{good.substr(1), good + "0", "x", std::string(40, '0')};
  for (std::size_t i = 0; i < good.size(); ++i) {
    bad.push_back(good);
    bad.back()[i] = good[i] == '0' ? '1' : '0';
  }
  for (const std::string& sign : bad) {
    const std::string text =
        login_with(R"("clientId":"a1SubPk0001&meter_07","timestamp":"1581417203000",)"
                   R"("signMethod":"hmacsha1","sign":")"
                   + sign + '"');
    const gateway_request r = read(reader, session_login, text);
    ASSERT_EQ(r.devices.size(), 1U);
    EXPECT_FALSE(verify_sub_device(r.devices[0], meter.device_secret)) << sign;
  }
}

struct bad_request {
  topic_kind kind;
  std::string text;
  int code;
};

const std::string good_pair = R"("productKey":"a1SubPk0001","deviceName":"meter_07")";

std::string params(const std::string& p) {
  return R"({"id":1,"params":)" + p + "}";
}

/// A list of one, its names as raw JSON.
std::string pair(std::string_view key, std::string_view name) {
  return R"([{"productKey":)" + std::string{key} + R"(,"deviceName":)" + std::string{name} + "}]";
}

/// A list that is one too long, without its end.
std::string too_long() {
  std::string list = "[{" + good_pair + "}";
  for (std::size_t i = 0; i < max_listed_devices; ++i) {
    list += ",{" + good_pair + "}";
  }
  return list;
}

void add_bad_lists(std::vector<bad_request>& rows) {
  for (const topic_kind kind :
       {sub_register, sub_unregister, topo_add, topo_delete, list_found, session_batch_logout}) {
    for (const std::string_view p : {"{}", "[]", "null", "7", "\"x\"", "[7]", "[[]]", "[{}]"}) {
      rows.push_back({kind, params(std::string{p}), 460});
    }
    rows.push_back({kind, R"({"id":1})", 460});
    rows.push_back({kind, params(too_long() + "]"), 460});
    rows.push_back({kind, params(pair("\"\"", "\"meter_07\"")), 460});
    rows.push_back({kind, params(pair("\"a/b\"", "\"meter_07\"")), 460});
    rows.push_back({kind, params(pair("7", "\"meter_07\"")), 460});
    rows.push_back({kind, params(pair("\"pk\"", "null")), 460});
    rows.push_back({kind, params(pair("\"pk\"", "\"met\\u0065r_07\"")), 460});
    rows.push_back({kind, params(pair("\"" + std::string(21, 'k') + "\"", "\"meter\"")), 460});
    rows.push_back({kind, params("[{" + good_pair + R"(,"deviceName":"other"}])"), 460});
    const int name_code = kind == sub_register || kind == list_found ? 6280 : 460;
    for (const std::string& name : {std::string{"+"}, std::string{"a/b"}, std::string(33, 'n')}) {
      rows.push_back({kind, params(pair("\"pk\"", "\"" + name + "\"")), name_code});
    }
  }
  rows.push_back({sub_register, params(pair("\"pk\"", "\"abc\"")), 6280});
  rows.push_back({sub_register, params(pair("\"pk\"", "\"abc!\"")), 6280});
}

void add_bad_logins(std::vector<bad_request>& rows) {
  const std::string signature = R"(,"clientId":"c","sign":"00")";
  rows.push_back({topo_get, params("7"), 460});
  rows.push_back({topo_get, params("[1]"), 460});
  for (const topic_kind kind : {session_login, session_logout}) {
    for (const std::string_view p : {"[]", "{}", "\"\"", "null"}) {
      rows.push_back({kind, params(std::string{p}), 460});
    }
  }
  for (const std::string& rest : {std::string{},
                                  std::string{R"(,"clientId":"c")"},
                                  std::string{R"(,"sign":"00")"},
                                  std::string{R"(,"clientId":"","sign":"00")"},
                                  std::string{R"(,"clientId":"|x|","sign":"0")"},
                                  R"(,"clientId":")" + std::string(65, 'c') + R"(","sign":"00")",
                                  std::string{R"(,"clientId":"c","sign":"")"},
                                  std::string{R"(,"clientId":7,"sign":"00")"},
                                  signature + R"(,"signMethod":"sha256")",
                                  signature + R"(,"signMethod":"")",
                                  signature + R"(,"signMethod":7)",
                                  signature + R"(,"signmethod":"rot13")",
                                  signature + R"(,"signMethod":"hmacsha1","signmethod":"hmacsha1")",
                                  signature + R"(,"timestamp":{})",
                                  signature + R"(,"timestamp":null)",
                                  signature + R"(,"timestamp":")" + std::string(33, '1') + '"',
                                  signature + R"(,"timestamp":1,"timestamp":2)",
                                  signature + R"(,"cleanSession":7)",
                                  signature + R"(,"cleanSession":"perhaps")",
                                  signature + R"(,"sign":"11")"}) {
    rows.push_back({session_login, params("{" + good_pair + rest + "}"), 460});
    rows.push_back({topo_add, params("[{" + good_pair + rest + "}]"), 460});
    rows.push_back(
        {session_batch_login, params(R"({"deviceList":[{)" + good_pair + rest + "}]}"), 460});
  }
  for (const std::string& p :
       {std::string{"[]"}, std::string{"{}"}, std::string{R"({"deviceList":{}})"},
        std::string{R"({"deviceList":[]})"}, R"({"deviceList":)" + too_long() + "]}",
        R"({"signMethod":"x","deviceList":[{)" + good_pair + signature + "}]}",
        R"({"deviceList":[{)" + good_pair + signature + R"(}],"deviceList":[]})"}) {
    rows.push_back({session_batch_login, params(p), 460});
  }
  for (const std::string& rest :
       {std::string{}, std::string{R"(,"random":"r")"}, std::string{R"(,"sign":"0")"},
        std::string{R"(,"random":"","sign":"0")"},
        R"(,"random":")" + std::string(65, 'r') + R"(","sign":"0")"}) {
    rows.push_back({product_register, params(R"({"proxieds":[{)" + good_pair + rest + "}]}"), 460});
  }
}

TEST(gateway_messages, what_is_malformed_is_answered_with_its_code) {
  gateway_reader reader;
  std::vector<bad_request> rows;
  add_bad_lists(rows);
  add_bad_logins(rows);
  EXPECT_GT(rows.size(), 150U);
  for (const bad_request& row : rows) {
    const gateway_request r = read(reader, row.kind, row.text);
    EXPECT_EQ(r.code, row.code) << row.text;
    EXPECT_EQ(r.id, "1") << row.text;
    EXPECT_TRUE(r.devices.empty()) << row.text;
  }
}

TEST(gateway_messages, broken_json_is_answered_if_its_id_can_be_found) {
  gateway_reader reader;
  const gateway_request broken = read(reader, topo_add, R"({"id":12,"params":[{"productKey":)");
  EXPECT_EQ(broken.code, code_parameter_error);
  EXPECT_EQ(broken.id, "12");
  for (const std::string_view text :
       {"", "[]", "hello", R"({"params":{}})", R"({"id":{},"params":{}})"}) {
    const gateway_request r = read(reader, topo_get, text);
    EXPECT_EQ(r.code, code_parameter_error) << text;
    EXPECT_TRUE(r.id.empty()) << text;
  }
}

TEST(gateway_messages, a_list_as_long_as_may_be_is_read) {
  gateway_reader reader;
  const std::vector<identity> devices(max_listed_devices, meter);
  const std::string text = request(topo_add, gateway_dialect::sdk_3_2, devices);
  EXPECT_EQ(read(reader, topo_add, text).devices.size(), max_listed_devices);
  EXPECT_EQ(read(reader, topo_add, text).code, code_success);
}

TEST(gateway_messages, a_batch_may_name_its_method_once_for_all) {
  gateway_reader reader;
  const std::string text =
      R"({"id":1,"params":{"signMethod":"hmacSha256","deviceList":[{)" + good_pair
      + R"(,"clientId":"a1SubPk0001&meter_07","timestamp":"1581417203000","sign":)"
        R"("c66ed4fa6228d99a48a150f35a8bde3c89c23130c94703c8e9281c415b8403d4"}]}})";
  const gateway_request r = read(reader, session_batch_login, text);
  ASSERT_EQ(r.devices.size(), 1U);
  EXPECT_TRUE(verify_sub_device(r.devices[0], meter.device_secret));
}

TEST(gateway_messages, unknown_fields_and_a_declined_reply_are_fine) {
  gateway_reader reader;
  const gateway_request r = read(reader, topo_delete,
                                 R"({"id":"1","x":[1],"sys":{"ack":0},"params":[{)" + good_pair
                                     + R"(,"extra":{"a":1}}]})");
  EXPECT_EQ(r.code, code_success);
  EXPECT_FALSE(r.wants_reply);
}

} // namespace
} // namespace fleet::alink
