// Firmware messages, there and back in every dialect, and offers nobody should believe.
#include "protocol/alink/ota_messages.hpp"

#include <gtest/gtest.h>

#include "protocol/alink/thing_reply.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

constexpr std::string_view md5 = "5d41402abc4b2a76b9719d911017c592";
const std::string sha(64, 'a');

firmware_info sample_info() {
  return {.version = "2.0.0", .size = 20'000, .sign = md5, .url = "https://host/path?sig"};
}

firmware_offer read_text(std::string_view text, const offer_rules& rules = {}) {
  static json_reader reader;
  return read_upgrade(reader, as_bytes(text), rules);
}

/// An upgrade with one field of its data replaced, added, or left out if `json` is empty.
std::string offer(std::string_view field, std::string_view json) {
  const std::string quoted = "\"" + std::string{md5} + "\"";
  const std::pair<std::string_view, std::string_view> all[] = {
      {"size", "20000"}, {"version", "\"2.0.0\""}, {"url", R"("https://h/p")"},
      {"md5", quoted},   {"sign", quoted},         {"signMethod", "\"Md5\""}};
  std::string out;
  bool known = false;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      out.append(out.empty() ? "{" : ",").append("\"").append(name).append("\":").append(value);
    }
  };
  for (const auto& [name, value] : all) {
    known = known || name == field;
    add(name, name == field ? json : value);
  }
  if (!known) {
    add(field, json);
  }
  return out + "}";
}

std::string upgrade(std::string_view data) {
  return R"({"code":"1000","data":)" + std::string{data} + R"(,"id":1,"message":"success"})";
}

TEST(alink_ota_version, is_written_as_each_sdk_does_and_read_back) {
  const auto text = [](ota_dialect dialect, std::string_view module) {
    return written(
        [&](byte_buffer& out) { append_ota_version(out, 0, "iotx_ver_1.0.0", dialect, module); });
  };
  EXPECT_EQ(text(ota_dialect::sdk_2_10, ""), R"({"id":0,"params":{"version":"iotx_ver_1.0.0"}})");
  EXPECT_EQ(text(ota_dialect::sdk_3, "default"),
            R"({"id":"0","params":{"version":"iotx_ver_1.0.0","module":"default"}})");
  for (const std::string_view module : {"", "default", "MCU"}) {
    const parsed m{text(ota_dialect::sdk_3, module)};
    const ota_version read = read_ota_version(*m);
    EXPECT_EQ(read.fault, ota_fault::none);
    EXPECT_EQ(read.raw_id, "\"0\"");
    EXPECT_EQ(read.version, "iotx_ver_1.0.0");
    EXPECT_EQ(read.module, module == "MCU" ? "MCU" : "");
  }
}

TEST(alink_ota_version, that_cannot_be_believed_is_named) {
  using enum ota_fault;
  const std::string longest(max_firmware_version, 'v');
  const std::pair<std::string, ota_fault> rows[] = {
      {R"({"version":"1"})", none},
      {R"({"version":")" + longest + R"("})", none},
      {R"({"version":")" + longest + R"(v"})", version},
      {R"({"version":""})", version},
      {R"({"version":"a\u0000b"})", version},
      {"{\"version\":\"a\x7f\"}", version},
      {R"({"version":1})", shape},
      {R"({"version":null})", shape},
      {R"({})", shape},
      {R"([])", shape},
      {R"("1")", shape},
      {R"({"version":"1","version":"2"})", shape},
      {R"({"version":"1","module":7})", shape},
      {R"({"version":"1","module":"a","module":"b"})", shape},
      {R"({"version":"1","module":")" + std::string(max_firmware_module, 'm') + R"("})", none},
      {R"({"version":"1","module":")" + std::string(max_firmware_module + 1, 'm') + R"("})",
       module},
      {R"({"version":"1","other":{}})", none},
  };
  for (const auto& [params, fault] : rows) {
    const parsed m{with_params(params)};
    EXPECT_EQ(read_ota_version(*m).fault, fault) << params;
  }
}

TEST(alink_upgrade, is_written_in_the_order_of_the_wire_and_read_back) {
  const std::string text =
      written([](byte_buffer& out) { append_upgrade(out, 1'700'000'100, sample_info()); });
  EXPECT_EQ(text, R"({"code":"1000","data":{"size":20000,"version":"2.0.0",)"
                  R"("url":"https://host/path?sig","md5":"5d41402abc4b2a76b9719d911017c592",)"
                  R"("sign":"5d41402abc4b2a76b9719d911017c592","signMethod":"Md5"},)"
                  R"("id":1700000100,"message":"success"})");
  const firmware_offer read = read_text(text, {.md5_only = true});
  EXPECT_EQ(read.fault, ota_fault::none);
  EXPECT_EQ(read.info.version, "2.0.0");
  EXPECT_EQ(read.info.module, "");
  EXPECT_EQ(read.info.size, 20'000);
  EXPECT_EQ(read.info.method, content_digest::md5);
  EXPECT_EQ(read.info.sign, md5);
  EXPECT_EQ(read.info.url, "https://host/path?sig");
}

TEST(alink_upgrade, by_sha256_has_no_md5_and_v210_rejects_it) {
  firmware_info info = sample_info();
  info.method = content_digest::sha256;
  info.sign = sha;
  info.module = "MCU";
  const std::string text = written([&](byte_buffer& out) { append_upgrade(out, 1, info); });
  EXPECT_EQ(text.find("md5"), std::string::npos);
  const firmware_offer read = read_text(text);
  EXPECT_EQ(read.fault, ota_fault::none);
  EXPECT_EQ(read.info.method, content_digest::sha256);
  EXPECT_EQ(read.info.sign, sha);
  EXPECT_EQ(read.info.module, "MCU");
  EXPECT_EQ(read_text(text, {.md5_only = true}).fault, ota_fault::digest);
}

TEST(alink_upgrade, without_a_file_says_that_there_is_nothing) {
  const std::string none = written([](byte_buffer& out) { append_no_upgrade(out, 3); });
  EXPECT_EQ(none, R"({"code":"1000","data":{},"id":3,"message":"success"})");
  EXPECT_EQ(read_text(none).fault, ota_fault::nothing);
  EXPECT_EQ(read_text(upgrade(R"({"version":"1.0"})")).fault, ota_fault::nothing);
}

TEST(alink_upgrade, counts_only_with_its_code_and_its_word) {
  const std::string data = offer("", "");
  const auto whole = [&](std::string_view code, std::string_view tail) {
    return "{" + std::string{code} + R"("data":)" + data + std::string{tail} + "}";
  };
  EXPECT_EQ(read_text(whole(R"("code":"1000",)", R"(,"message":"success")")).fault,
            ota_fault::none);
  EXPECT_EQ(read_text(whole(R"("code":1000,)", R"(,"message":"success")")).fault, ota_fault::none);
  EXPECT_EQ(read_text(whole(R"("code":"1001",)", R"(,"message":"success")")).fault,
            ota_fault::refused);
  EXPECT_EQ(read_text(whole(R"("code":"1000",)", R"(,"message":"failure")")).fault,
            ota_fault::refused);
  EXPECT_EQ(read_text(whole(R"("code":"1000",)", "")).fault, ota_fault::refused);
  EXPECT_EQ(read_text(whole("", R"(,"message":"success")")).fault, ota_fault::shape);
  EXPECT_EQ(read_text(upgrade("[]")).fault, ota_fault::shape);
  EXPECT_EQ(read_text(upgrade("null")).fault, ota_fault::shape);
}

TEST(alink_upgrade, each_thing_that_cannot_be_believed_is_named) {
  using enum ota_fault;
  struct row {
    std::string_view field;
    std::string json;
    ota_fault fault;
  };
  const std::string other = "\"" + std::string(32, 'b') + "\"";
  const std::string quoted_sha = "\"" + sha + "\"";
  for (const row& r : {
           row{"", "", none},
           row{"sign", "", none},
           row{"md5", "", none},
           row{"signMethod", "", none},
           row{"signMethod", "\"MD5\"", none},
           row{"isDiff", "0", none},
           row{"extData", R"({"k":"v"})", none},
           row{"module", "\"default\"", none},
           row{"size", "\"20000\"", none},
           row{"size", "1", none},
           row{"size", "268435456", none},
           row{"size", "268435457", size},
           row{"size", "0", size},
           row{"size", "-1", size},
           row{"size", "1.5", size},
           row{"size", "1e3", size},
           row{"size", "{}", size},
           row{"size", "null", size},
           row{"size", "\"" + std::string(31, '9') + "\"", size},
           row{"size", "", shape},
           row{"size", "1,\"size\":2", shape},
           row{"version", "", shape},
           row{"version", "2", shape},
           row{"version", "\"\"", version},
           row{"version", "\"" + std::string(65, 'v') + "\"", version},
           row{"module", "7", shape},
           row{"module", "\"" + std::string(65, 'm') + "\"", module},
           row{"isDiff", "1", unsupported},
           row{"files", "[]", unsupported},
           row{"sign", other, digest}, // md5 says otherwise
           row{"md5", other, digest},
           row{"md5", "7", shape},
           row{"sign", "7", shape},
           row{"signMethod", "7", shape},
           row{"signMethod", "\"crc32\"", digest},
           row{"signMethod", "\"SHA256\"", digest}, // of a sign as long as MD5's
           row{"sign", quoted_sha, digest},
           row{"url", "", nothing},
           row{"url", "7", shape},
           row{"url", "\"\"", url},
           row{"url", R"("http://h/p")", url},
           row{"url", R"("ftp://h/p")", url},
           row{"url", R"("https://")", url},
           row{"url", R"("https://:443/p")", url},
           row{"url", R"("https://user:secret@h/p")", url},
           row{"url", R"("https:\/\/h\/p")", none},
           row{"url", R"("https://h/a\r\nHost: x")", url},
           row{"url", "\"https://h/" + std::string(max_firmware_url - 10, 'p') + "\"", none},
           row{"url", "\"https://h/" + std::string(max_firmware_url - 9, 'p') + "\"", url},
       }) {
    EXPECT_EQ(read_text(upgrade(offer(r.field, r.json))).fault, r.fault)
        << r.field << " " << r.json.substr(0, 60);
    const parsed reply{with_data(offer(r.field, r.json))};
    EXPECT_EQ(read_firmware_reply(*reply).fault, r.fault) << r.field << " " << r.json.substr(0, 60);
  }
  EXPECT_EQ(read_text(upgrade(offer("url", R"("http://h/p")")), {.http_too = true}).fault, none);
}

TEST(alink_firmware_get, asks_and_is_answered_in_the_envelope_of_the_thing_model) {
  const parsed all{written([](byte_buffer& out) { append_firmware_get(out, 5); })};
  EXPECT_EQ(all.text(),
            R"({"id":"5","version":"1.0","params":{},"method":"thing.ota.firmware.get"})");
  EXPECT_EQ(read_firmware_get(*all).fault, ota_fault::none);
  const parsed one{written([](byte_buffer& out) { append_firmware_get(out, 5, "MCU"); })};
  EXPECT_EQ(read_firmware_get(*one).module, "MCU");
  for (const std::string_view wrong :
       {"[]", "7", R"({"module":7})", R"({"module":"a","module":"b"})"}) {
    const parsed m{with_params(wrong)};
    EXPECT_EQ(read_firmware_get(*m).fault, ota_fault::shape) << wrong;
  }
  const parsed reply{
      written([](byte_buffer& out) { append_firmware_reply(out, "\"5\"", sample_info()); })};
  EXPECT_EQ(reply->id, "\"5\"");
  const firmware_offer read = read_firmware_reply(*reply);
  EXPECT_EQ(read.fault, ota_fault::none);
  EXPECT_EQ(read.info.url, sample_info().url);
  const parsed none{written([](byte_buffer& out) { append_code_reply(out, "\"5\"", 200); })};
  EXPECT_EQ(read_firmware_reply(*none).fault, ota_fault::nothing);
  const parsed refused{written([](byte_buffer& out) { append_code_reply(out, "\"5\"", 460); })};
  EXPECT_EQ(read_firmware_reply(*refused).fault, ota_fault::refused);
}

TEST(alink_progress, is_written_as_each_sdk_does_and_read_back_for_every_step) {
  const auto text = [](int step, std::optional<std::string_view> desc, ota_dialect dialect) {
    return written([&](byte_buffer& out) { append_progress(out, 0, step, desc, dialect); });
  };
  EXPECT_EQ(text(24, "", ota_dialect::sdk_2_10), R"({"id":0,"params":{"step":"24","desc":""}})");
  EXPECT_EQ(text(-4, "a \"b\"", ota_dialect::sdk_3),
            R"({"id":"0","params":{"step":"-4","desc":"a \"b\""}})");
  EXPECT_EQ(text(0, std::nullopt, ota_dialect::sdk_2_10), R"({"id":0,"params":{"step":"0"}})");
  for (int step = -4; step <= 100; ++step) {
    const parsed m{text(step, "d", ota_dialect::sdk_3)};
    const ota_progress read = read_progress(*m);
    EXPECT_EQ(read.fault, ota_fault::none);
    EXPECT_EQ(read.step, step);
    EXPECT_EQ(read.desc, "\"d\"");
  }
}

TEST(alink_progress, that_cannot_be_believed_is_named) {
  using enum ota_fault;
  const std::string long_desc(max_progress_desc, 'd');
  const std::pair<std::string, ota_fault> rows[] = {
      {R"({"step":7})", none},
      {R"({"step":"7","desc":")" + long_desc + R"("})", none},
      {R"({"step":"101"})", step},
      {R"({"step":"-5"})", step},
      {R"({"step":"1.5"})", step},
      {R"({"step":""})", step},
      {R"({"step":"x"})", step},
      {R"({"step":")" + std::string(31, '9') + R"("})", step},
      {R"({"step":null})", step},
      {R"({})", shape},
      {R"([])", shape},
      {R"({"step":"1","step":"2"})", shape},
      {R"({"step":"1","desc":7})", shape},
      {R"({"step":"1","module":7})", shape},
      {R"({"step":"1","module":")" + std::string(65, 'm') + R"("})", module},
  };
  for (const auto& [params, fault] : rows) {
    const parsed m{with_params(params)};
    const ota_progress read = read_progress(*m);
    EXPECT_EQ(read.fault, fault) << params;
    EXPECT_LE(read.desc.size(), max_progress_desc);
  }
}

TEST(alink_ota, hostile_payloads_are_never_good) {
  for (const std::string& payload : hostile_payloads()) {
    EXPECT_EQ(read_text(payload).fault, ota_fault::shape) << payload.substr(0, 80);
    const parsed m{payload};
    if (m->state != message_state::good) {
      EXPECT_EQ(read_ota_version(*m).fault, ota_fault::shape);
      EXPECT_EQ(read_progress(*m).fault, ota_fault::shape);
      EXPECT_EQ(read_firmware_reply(*m).fault, ota_fault::shape);
    }
  }
}

} // namespace
} // namespace fleet::alink
