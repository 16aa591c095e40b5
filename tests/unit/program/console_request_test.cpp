// From words to requests of the admin API: routes, bodies, types of values, pieces of an import.
#include "fleet/console/request.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/console/assignments.hpp"
#include "fleet/options.hpp"
#include "protocol/base/json.hpp"

namespace fleet::program {

namespace {

using words = std::vector<std::string_view>;

std::string object_of(const std::vector<std::string>& assignments) {
  const auto made = assignments_to_json(assignments);
  return made ? made.value() : "refused: " + made.error();
}

/// The request of a command line as `METHOD path body`.
std::string request_of(const words& line, const console_inputs& inputs = {}) {
  words all{"cloud"};
  all.insert(all.end(), line.begin(), line.end());
  const auto parsed = parse_options(all);
  if (!parsed) {
    return parsed.error().message;
  }
  const auto& what = std::get<console_options>(parsed.value());
  const auto made = make_request(what, parse_device(what.device).value_or(device_ref{}), inputs);
  if (!made) {
    return "refused: " + made.error();
  }
  return made.value().method + " " + made.value().path + " " + made.value().body;
}

} // namespace

TEST(assignments, take_numbers_truths_and_json_as_such_and_all_else_as_text) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"a=1", R"({"a":1})"},
      {"a=-1.5e3", R"({"a":-1.5e3})"},
      {"a=true", R"({"a":true})"},
      {"a=null", R"({"a":null})"},
      {"a=[1,2]", R"({"a":[1,2]})"},
      {R"(a={"b":[]})", R"({"a":{"b":[]}})"},
      {R"(a="1")", R"({"a":"1"})"},
      {"a=", R"({"a":""})"},
      {"a=on", R"({"a":"on"})"},
      {"a=01", R"({"a":"01"})"},
      {"a=0x10", R"({"a":"0x10"})"},
      {"a=1,2", R"({"a":"1,2"})"},
      {"a=NaN", R"({"a":"NaN"})"},
      {"a=True", R"({"a":"True"})"},
      {"a=b=c", R"({"a":"b=c"})"},
      {"a=say \"hi\"\n", R"({"a":"say \"hi\"\n"})"},
      {"a=暖かい", R"({"a":"暖かい"})"}};
  for (const auto& [word, json] : table) {
    EXPECT_EQ(object_of({word}), json);
  }
}

TEST(assignments, make_objects_within_of_dots_in_the_order_of_first_mention) {
  EXPECT_EQ(object_of({"b.x=1", "a=2", "b.y.z=3"}), R"({"b":{"x":1,"y":{"z":3}},"a":2})");
  EXPECT_EQ(object_of({}), "{}");
}

TEST(assignments, are_refused_with_the_word_that_is_wrong) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> table{
      {{"a"}, "a is no assignment; write NAME=VALUE, as in LightSwitch=1"},
      {{"=1"}, "=1 is no assignment; write NAME=VALUE, as in LightSwitch=1"},
      {{"a..b=1"}, "a..b=1 has an empty name before, between or behind its dots"},
      {{".a=1"}, ".a=1 has an empty name before, between or behind its dots"},
      {{"a=1", "a=2"}, "a=2 gives a a second value"},
      {{"a=1", "a.b=2"}, "a.b=2 gives a a second value"},
      {{"a.b=1", "a=2"}, "a=2 gives a a second value"},
      {{"a=\"x"},
       "a=\"x begins like JSON and is none; check its brackets and quotes, and the shell's"},
      {{"a=\xff"}, "what is given is not UTF-8"}};
  for (const auto& [given, sentence] : table) {
    EXPECT_EQ(object_of(given), "refused: " + sentence);
  }
}

TEST(assignments, are_nested_up_to_their_limit) {
  std::string path = "n";
  for (std::size_t i = 1; i < assignment_depth_max; ++i) {
    path += ".n";
  }
  EXPECT_TRUE(object_of({path + "=1"}).starts_with("{\"n\""));
  EXPECT_EQ(object_of({path + ".n=1"}), "refused: " + path
                                            + ".n=1 has more than 16 names within "
                                              "names");
}

TEST(console_request, maps_each_subcommand_to_its_route) {
  const std::vector<std::pair<words, std::string>> table{
      {{"products"}, "GET /v1/products "},
      {{"status"}, "GET /v1/status "},
      {{"device", "a1/d"}, "GET /v1/devices/a1/d "},
      {{"set", "a1/d", "LightSwitch=1", "RGBColor.Red=20"},
       "POST /v1/devices/a1/d/properties?timeoutMs=5000 "
       R"({"LightSwitch":1,"RGBColor":{"Red":20}})"},
      {{"get", "a1/d", "LightSwitch", "b"},
       R"(POST /v1/devices/a1/d/properties/get?timeoutMs=5000 ["LightSwitch","b"])"},
      {{"desired", "a1/d"}, "GET /v1/devices/a1/d "},
      {{"desired", "a1/d", "b=null"}, R"(POST /v1/devices/a1/d/desired {"b":null})"},
      {{"call", "a1/d", "Restart", "delay=3", "--timeout", "2s"},
       R"(POST /v1/devices/a1/d/services/Restart {"args":{"delay":3},"timeoutMs":2000})"},
      {{"call", "a1/d", "a/b"},
       R"(POST /v1/devices/a1/d/services/a%2Fb {"args":{},"timeoutMs":5000})"},
      {{"shadow", "a1/d"}, "GET /v1/devices/a1/d/shadow "},
      {{"shadow", "a1/d", "--set", "c=red", "--version", "9"},
       R"(POST /v1/devices/a1/d/shadow )"
       R"({"method":"update","state":{"desired":{"c":"red"}},"version":9})"},
      {{"topic", "a1"}, "GET /v1/products/a1/topics "},
      {{"topic", "a1", "c1/#", "--allow", "both"},
       R"(PUT /v1/products/a1/topics {"class":"c1/#","allow":"both"})"},
      {{"topic", "a1", "c1/#", "--delete"}, "DELETE /v1/products/a1/topics?class=c1%2F%23 "},
      {{"invite", "a1/gw", "a2/d", "a3/e", "--timeout", "700ms"},
       R"(POST /v1/devices/a1/gw/invite {"devices":[{"productKey":"a2","deviceName":"d"},)"
       R"({"productKey":"a3","deviceName":"e"}],"timeoutMs":700})"},
      {{"permit", "a1/gw"}, R"(POST /v1/devices/a1/gw/permit {"seconds":60,"timeoutMs":5000})"},
      {{"permit", "a1/gw", "--product", "a2", "--for", "2m"},
       R"(POST /v1/devices/a1/gw/permit {"productKey":"a2","seconds":120,"timeoutMs":5000})"},
      {{"kick", "a1/d"}, "POST /v1/devices/a1/d/kick "},
      {{"disable", "a1/d"}, "POST /v1/devices/a1/d/disable "},
      {{"enable", "a1/d"}, "POST /v1/devices/a1/d/enable "},
      {{"delete", "a1/d@x:y"}, "DELETE /v1/devices/a1/d%40x%3Ay "},
      {{"add", "a1/d"}, R"(POST /v1/devices {"productKey":"a1","deviceName":"d"})"},
      {{"product", "a1", "--node-type", "device"}, R"(PUT /v1/products/a1 {"nodeType":"device"})"},
      {{"product", "a1", "--name", "Lamps"}, R"(PUT /v1/products/a1 {"name":"Lamps"})"}};
  for (const auto& [line, request] : table) {
    EXPECT_EQ(request_of(line), request);
  }
}

TEST(console_request, carries_payloads_as_text_or_in_base64) {
  EXPECT_EQ(request_of({"rrpc", "a1/d", "x"}, {"how warm?", "", ""}),
            R"(POST /v1/devices/a1/d/rrpc {"payload":"how warm?","timeoutMs":5000})");
  EXPECT_EQ(request_of({"rrpc", "a1/d", "x", "--topic", "/t"}, {std::string{"\0\xff", 2}, "", ""}),
            R"(POST /v1/devices/a1/d/rrpc {"topic":"/t","payloadBase64":"AP8=","timeoutMs":5000})");
  EXPECT_EQ(request_of({"publish", "/t", "x", "--qos", "1"}, {"{\"a\":1}", "", ""}),
            R"(POST /v1/publish {"topic":"/t","payload":"{\"a\":1}","qos":1})");
  EXPECT_EQ(request_of({"broadcast", "a1", "/t", "x"}, {"", "", ""}),
            R"(POST /v1/products/a1/broadcast {"topic":"/t","payload":""})");
}

TEST(console_request, carries_what_stood_in_files) {
  EXPECT_EQ(request_of({"config", "a1", "f", "--push"}, {"a: 1\n", "", ""}),
            R"(PUT /v1/products/a1/config {"content":"a: 1\n","push":true})");
  EXPECT_EQ(request_of({"config", "a1", "f"}, {"\xff", "", ""}), "refused: f is not UTF-8");
  EXPECT_EQ(request_of({"product", "a1", "--model", "m"}, {"", R"({"properties":[]})", ""}),
            R"(PUT /v1/products/a1 {"model":{"properties":[]}})");
  EXPECT_EQ(request_of({"product", "a1", "--model", "m"}, {"", "[]", ""}),
            "refused: m holds no JSON object, so it is no thing model");
  EXPECT_EQ(request_of({"product", "a1", "--no-model"}), R"(PUT /v1/products/a1 {"model":null})");
  EXPECT_EQ(request_of({"add", "a1/d"}, {"", "", "s3cret"}),
            R"(POST /v1/devices {"productKey":"a1","deviceName":"d","deviceSecret":"s3cret"})");
}

TEST(console_request, is_refused_beyond_what_a_twin_takes) {
  // The rest of the body is 35 octets.
  const std::string fits(admin_body_max - 35, 'x');
  EXPECT_TRUE(request_of({"publish", "/t", "x"}, {fits, "", ""}).starts_with("POST "));
  EXPECT_EQ(request_of({"publish", "/t", "x"}, {fits + "x", "", ""}),
            "refused: what is to be sent is larger than the 1 MiB that a twin takes");
}

TEST(console_request, asks_for_a_page_of_devices) {
  console_options what;
  EXPECT_EQ(devices_request(what, 0, 500).path, "/v1/devices?from=0&limit=500");
  what.product = "a:1";
  what.state = "online";
  EXPECT_EQ(devices_request(what, 1000, 7).path,
            "/v1/devices?product=a%3A1&state=online&from=1000&limit=7");
}

TEST(console_import, keeps_every_row_in_pieces_that_are_small_enough) {
  const auto table = alink::credential_table::parse("DeviceSecret,DeviceName,ProductKey\n"
                                                    "s1,d1,a1\n\"s,\"\"2\",d2,a1\ns3,d3,a2\n");
  ASSERT_TRUE(table);
  const std::string heading = "ProductKey,DeviceName,DeviceSecret\n";
  const auto whole = import_requests(table.value());
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].method + " " + whole[0].path + " " + whole[0].type,
            "POST /v1/import text/csv");
  EXPECT_EQ(whole[0].body, heading + "a1,d1,\"s1\"\na1,d2,\"s,\"\"2\"\na2,d3,\"s3\"\n");
  const auto pieces = import_requests(table.value(), heading.size() + 30);
  std::vector<std::string> names;
  for (const auto& piece : pieces) {
    EXPECT_LE(piece.body.size(), heading.size() + 30);
    const auto read = alink::credential_table::parse(piece.body);
    ASSERT_TRUE(read);
    for (std::uint32_t i = 0; i < read.value().count(); ++i) {
      names.push_back(read.value().at(i).device_name + " " + read.value().at(i).device_secret);
    }
  }
  EXPECT_GT(pieces.size(), 1U);
  EXPECT_EQ(names, (std::vector<std::string>{"d1 s1", "d2 s,\"2", "d3 s3"}));
}

TEST(base64_text, follows_the_vectors_of_its_standard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xfb\xff\xfe"), "+//+");
}

TEST(device_words, are_a_name_or_a_product_and_a_name) {
  EXPECT_EQ(parse_device("a1/d"), (device_ref{"a1", "d"}));
  EXPECT_EQ(parse_device("d"), (device_ref{"", "d"}));
  for (const auto word : {"", "/", "a1/", "/d", "a/b/c", "a b", "a1/d\n"}) {
    EXPECT_FALSE(parse_device(word)) << word;
  }
}

} // namespace fleet::program
