// Remote configuration, there and back, and offers nobody should believe.
#include <gtest/gtest.h>

#include "protocol/alink/thing_config.hpp"
#include "protocol/alink/thing_reply.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

const std::string sha(64, 'a');

config_info sample_info() {
  return {.config_id = "cfg0001",
          .size = 64,
          .method = config_digest::sha256,
          .sign = sha,
          .url = "https://host.example/path?x=1"};
}

/// An offer with one field replaced, or left out if `json` is empty.
std::string offer(std::string_view field, std::string_view json) {
  const std::string quoted_sha = "\"" + sha + "\"";
  const std::pair<std::string_view, std::string_view> all[] = {
      {"configId", "\"c\""},        {"configSize", "64"},        {"sign", quoted_sha},
      {"signMethod", "\"Sha256\""}, {"url", R"("https://h/p")"}, {"getType", "\"file\""}};
  std::string out = "{";
  for (const auto& [name, value] : all) {
    const std::string_view json_value = name == field ? json : value;
    if (!json_value.empty()) {
      out.append(out.size() > 1 ? "," : "").append("\"").append(name).append("\":");
      out.append(json_value);
    }
  }
  return out + "}";
}

TEST(alink_config_get, is_written_in_both_forms_and_read) {
  const parsed device{written([](byte_buffer& out) { append_config_get(out, 0); })};
  EXPECT_EQ(device.text(), R"({"id":0,"version":"1.0","params":{"configScope":"product",)"
                           R"("getType":"file","attributeKeys":""},"method":"thing.config.get"})");
  EXPECT_EQ(read_config_get(*device), code_success);
  const parsed gateway{written([](byte_buffer& out) { append_config_get(out, 7, true); })};
  EXPECT_EQ(gateway->params, R"({"configScope":"product","getType":"file"})");
  EXPECT_EQ(read_config_get(*gateway), code_success);
  for (const std::string_view wrong :
       {"[]", "{}", R"({"configScope":"product"})", R"({"configScope":"device","getType":"file"})",
        R"({"configScope":"product","getType":"x"})", R"({"configScope":7,"getType":"file"})",
        R"({"configScope":"product","configScope":"product","getType":"file"})"}) {
    const parsed bad{with_params(wrong)};
    EXPECT_EQ(read_config_get(*bad), code_parameter_error) << wrong;
  }
}

TEST(alink_config_offer, reads_back_from_push_and_from_reply) {
  const parsed push{written([](byte_buffer& out) { append_config_push(out, 3, sample_info()); })};
  EXPECT_EQ(push->method, "thing.config.push");
  const parsed reply{
      written([](byte_buffer& out) { append_config_reply(out, "\"3\"", sample_info()); })};
  EXPECT_EQ(reply->code, 200);
  for (const config_offer& o : {read_config_push(*push), read_config_reply(*reply)}) {
    EXPECT_EQ(o.code, code_success);
    EXPECT_EQ(o.fault, config_fault::none);
    EXPECT_EQ(o.info.config_id, "cfg0001");
    EXPECT_EQ(o.info.size, 64);
    EXPECT_EQ(o.info.method, config_digest::sha256);
    EXPECT_EQ(o.info.sign, sha);
    EXPECT_EQ(o.info.url, "https://host.example/path?x=1");
  }
}

TEST(alink_config_offer, each_thing_that_cannot_be_believed_is_named) {
  using enum config_fault;
  struct row {
    std::string_view field;
    std::string json;
    config_fault fault;
  };
  const std::string short_sign = "\"" + sha.substr(1) + "\"";
  const std::string odd_sign = "\"" + sha.substr(1) + "g\"";
  for (const row& r : {
           row{"", "", none},
           row{"getType", "", none},
           row{"getType", "\"content\"", shape},
           row{"configId", "", shape},
           row{"configId", "7", shape},
           row{"configId", "\"\"", shape},
           row{"configId", "\"" + std::string(max_config_id, 'c') + "\"", none},
           row{"configId", "\"" + std::string(max_config_id + 1, 'c') + "\"", shape},
           row{"configId", "\"c\",\"configId\":\"d\"", shape},
           row{"configSize", "", shape},
           row{"configSize", "\"64\"", none},
           row{"configSize", "65536", none},
           row{"configSize", "65537", size},
           row{"configSize", "0", size},
           row{"configSize", "-1", size},
           row{"configSize", "6.4", size},
           row{"configSize", "{}", size},
           row{"configSize", "\"" + std::string(31, '9') + "\"", size},
           row{"configSize", "64,\"configSize\":65", shape},
           row{"sign", "", shape},
           row{"sign", "7", shape},
           row{"sign", short_sign, digest},
           row{"sign", odd_sign, digest},
           row{"sign", "\"" + std::string(32, 'a') + "\"", digest},
           row{"signMethod", "", digest},
           row{"signMethod", "\"Md5\"", digest}, // of a sign as long as SHA-256's
           row{"signMethod", "\"SHA256\"", none},
           row{"signMethod", "\"crc32\"", digest},
           row{"url", "", shape},
           row{"url", "7", shape},
           row{"url", "\"\"", url},
           row{"url", R"("http://h/p")", url},
           row{"url", R"("ftp://h/p")", url},
           row{"url", R"("file:///etc/passwd")", url},
           row{"url", R"("https://")", url},
           row{"url", R"("https:///p")", url},
           row{"url", R"("https://:443/p")", url},
           row{"url", R"("https://user:secret@h/p")", url},
           row{"url", R"("https:\/\/user@h\/p")", url},
           row{"url", R"("https:\/\/h\/p")", none},
           row{"url", R"("HTTPS://h/p@q")", none},
           row{"url", R"("https://h/a b")", url},
           row{"url", R"("https://h/a\r\nHost: x")", url},
           row{"url", R"("https://h/\u0041")", url},
           row{"url", "\"https://h/\xc3\xa4\"", url},
           row{"url", "\"https://h/" + std::string(max_config_url - 10, 'p') + "\"", none},
           row{"url", "\"https://h/" + std::string(max_config_url - 9, 'p') + "\"", url},
       }) {
    const parsed m{with_params(offer(r.field, r.json))};
    const config_offer o = read_config_push(*m);
    EXPECT_EQ(o.fault, r.fault) << r.field << " " << r.json.substr(0, 60);
    EXPECT_EQ(o.code, r.fault == none ? code_success : code_parameter_error);
    const parsed reply{with_data(offer(r.field, r.json))};
    EXPECT_EQ(read_config_reply(*reply).fault, r.fault) << r.field << " " << r.json.substr(0, 60);
  }
}

TEST(alink_config_offer, plain_http_is_taken_only_where_it_is_allowed) {
  const parsed m{with_params(offer("url", R"("http://h/p")"))};
  EXPECT_EQ(read_config_push(*m).fault, config_fault::url);
  EXPECT_EQ(read_config_push(*m, config_transport::http_too).fault, config_fault::none);
  const parsed user{with_params(offer("url", R"("http://u@h/p")"))};
  EXPECT_EQ(read_config_push(*user, config_transport::http_too).fault, config_fault::url);
}

TEST(alink_config_reply, refusals_keep_their_code) {
  for (const int code : {code_no_config, code_config_off}) {
    const parsed m{written([&](byte_buffer& out) { append_code_reply(out, "\"1\"", code); })};
    EXPECT_EQ(read_config_reply(*m).fault, config_fault::refused);
    EXPECT_EQ(read_config_reply(*m).code, code);
  }
  for (const std::string& text : {std::string{R"({"id":"7","data":{}})"}, with_data("[]"),
                                  with_data("\"\""), with_data("{}"), std::string{"oops"}}) {
    const parsed m{text};
    EXPECT_EQ(read_config_reply(*m).fault, config_fault::shape) << text;
    EXPECT_EQ(read_config_reply(*m).code, code_parameter_error) << text;
  }
}

TEST(alink_config_push_reply, the_old_sdks_failure_without_braces_is_a_failure_with_its_id) {
  const auto answer = [](std::string_view text) {
    json_reader reader;
    const config_push_answer a = read_config_push_reply(reader, as_bytes(text));
    return std::string{a.raw_id} + " " + std::to_string(a.code);
  };
  EXPECT_EQ(answer(R"({"id":"12","code":200,"data":{}})"), R"("12" 200)");
  EXPECT_EQ(answer(R"({"id":"12","code":460,"data":{}})"), R"("12" 460)");
  EXPECT_EQ(
      answer(written([](byte_buffer& out) { append_config_push_failure_v210(out, "\"12\""); })),
      R"("12" 400)");
  EXPECT_EQ(answer(R"("id":12,"code":"400","data":{})"), "12 400");
  EXPECT_EQ(answer(R"({"id":"12"})"), R"("12" 400)");
  EXPECT_EQ(answer(R"("id":"1\"2","code")"), " 400");
  EXPECT_EQ(answer(R"("id":"12)"), " 400");
  EXPECT_EQ(answer(R"("id":)"), " 400");
  EXPECT_EQ(answer(""), " 400");
}

} // namespace
} // namespace fleet::alink
