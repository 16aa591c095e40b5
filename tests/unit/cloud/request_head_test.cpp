// What the twin reads of a request.
#include "cloud_sim/request_head.hpp"

#include <string>

#include <gtest/gtest.h>

namespace fleet::cloud {
namespace {

std::string read(std::string_view json) {
  const auto head = read_request_head(as_bytes(json));
  return std::string{head.well_formed ? "good " : "bad "} + std::string{head.raw_id};
}

TEST(request_head, finds_the_id_to_the_letter) {
  EXPECT_EQ(read(R"({"id":"17","params":{}})"), R"(good "17")");
  EXPECT_EQ(read(R"({"id":17})"), "good 17");
  EXPECT_EQ(read(R"( { "a" : [1,{"id":5}] , "id" : -0.5e+3 } )"), "good -0.5e+3");
  EXPECT_EQ(read(R"({"id":"1|exp-topic|\/sys\u002f"})"), R"(good "1|exp-topic|\/sys\u002f")");
  EXPECT_EQ(read(R"({"id":"1","id":"2"})"), R"(good "1")");
}

TEST(request_head, takes_no_other_member_for_the_id) {
  EXPECT_EQ(read(R"({"params":{"id":"inner"}})"), "good ");
  EXPECT_EQ(read(R"({"a":"id","b":["id",1]})"), "good ");
  EXPECT_EQ(read(R"({"id":{"id":1}})"), "good ");
  EXPECT_EQ(read(R"({"id":true})"), "good ");
  EXPECT_EQ(read(R"({"id":")" + std::string(300, 'x') + "\"}"), "good ");
}

TEST(request_head, keeps_an_id_that_stands_before_the_mistake) {
  EXPECT_EQ(read(R"({"id":"3","params":{)"), R"(bad "3")");
  EXPECT_EQ(read(R"({"params":{,"id":"3"})"), "bad ");
}

TEST(request_head, refuses_what_is_no_json_object) {
  for (const std::string_view text :
       {"", " ", "[]", "1", "\"id\"", "{", "}", "{]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "{\"a\":1 \"b\":2}", "{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":01}", "{\"a\":1.}",
        "{\"a\":.5}", "{\"a\":-}", "{\"a\":1e}", "{\"a\":tru}", "{\"a\":\"\x01\"}",
        "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"}", "{a:1}", "{'a':1}", "{}x", "{}{}",
        "{\"a\":[}", "{\"a\":{]}"}) {
    EXPECT_FALSE(read_request_head(as_bytes(text)).well_formed) << text;
  }
}

TEST(request_head, accepts_json) {
  for (const std::string_view text :
       {"{}", " {\t}\r\n", "{\"a\":[]}", "{\"a\":[[],{}]}", "{\"a\":{\"b\":{}}}",
        "{\"\":null,\"t\":true,\"f\":false}", "{\"a\":[0,-0,1.5,1e9,1E-9]}",
        "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\uABcd\"}"}) {
    EXPECT_TRUE(read_request_head(as_bytes(text)).well_formed) << text;
  }
}

TEST(request_head, gives_up_at_a_depth_instead_of_recursing) {
  const std::string deep = R"({"id":1,"a":)" + std::string(20'000, '[') + std::string(20'000, ']') + "}";
  EXPECT_EQ(read(deep), "bad 1");
  const std::string fits = R"({"a":)" + std::string(63, '[') + std::string(63, ']') + "}";
  EXPECT_EQ(read(fits), "good ");
  const std::string over = R"({"a":)" + std::string(64, '[') + std::string(64, ']') + "}";
  EXPECT_EQ(read(over), "bad ");
}

} // namespace
} // namespace fleet::cloud
