// Desired properties, there and back, and every way to get them wrong.
#include <gtest/gtest.h>

#include "protocol/alink/thing_command.hpp"
#include "protocol/alink/thing_desired.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

std::string listed(std::string_view raw, bool with_values) {
  desired_cursor cursor{raw, with_values};
  std::string out;
  for (desired_property p; cursor.next(p);) {
    out.append(p.identifier).append("=").append(p.value);
    out.append(p.version ? "@" + std::to_string(*p.version) : "").append(";");
  }
  return out + (cursor.broken() ? "broken" : "");
}

std::string many(std::size_t count, bool list) {
  std::string out{list ? "[" : "{"};
  for (std::size_t i = 0; i < count; ++i) {
    out += (i > 0 ? ",\"p" : "\"p") + std::to_string(i) + (list ? "\"" : "\":{}");
  }
  return out + (list ? "]" : "}");
}

TEST(alink_desired_get, reads_back_what_was_written) {
  const std::string_view wanted[] = {"power", "temperature"};
  const parsed m{written([&](byte_buffer& out) { append_desired_get(out, 1, wanted); })};
  EXPECT_EQ(m.text(), R"({"id":"1","version":"1.0","params":["power","temperature"],)"
                      R"("method":"thing.property.desired.get"})");
  const desired_get_request get = read_desired_get(*m);
  EXPECT_EQ(get.code, code_success);
  ASSERT_EQ(get.identifiers.size(), 2U);
  EXPECT_EQ(identifier_at(get.identifiers[0]), "power");
}

TEST(alink_desired_get, each_fault_has_its_code) {
  for (const wrong_params& w : {
           wrong_params{"{}", code_parameter_error},
           wrong_params{"null", code_parameter_error},
           wrong_params{"[1]", code_parameter_error},
           wrong_params{R"(["a",""])", code_parameter_error},
           wrong_params{many(201, true), code_list_too_long},
           wrong_params{many(200, true), code_success},
           wrong_params{"[]", code_success},
       }) {
    const parsed m{with_params(w.params)};
    EXPECT_EQ(read_desired_get(*m).code, w.code) << w.params.substr(0, 60);
  }
}

TEST(alink_desired_reply, reads_back_what_was_written) {
  const desired_property properties[] = {{"power", "\"on\"", 2}, {"rgb", R"({"r":1})", 0}};
  const parsed m{
      written([&](byte_buffer& out) { append_desired_reply(out, "\"1\"", properties); })};
  EXPECT_EQ(m.text(), R"({"id":"1","code":200,"data":{"power":{"value":"on","version":2},)"
                      R"("rgb":{"value":{"r":1},"version":0}}})");
  const desired_reply reply = read_desired_reply(*m);
  EXPECT_EQ(reply.code, code_success);
  EXPECT_EQ(listed(reply.properties, true), R"(power="on"@2;rgb={"r":1}@0;)");
}

TEST(alink_desired_reply, refusals_and_nonsense_are_told_apart) {
  struct row {
    std::string text;
    int code;
  };
  for (const row& r : {
           row{with_data("{}", "6661"), code_desired_query_failed},
           row{with_data("{}", "\"460\""), 460},
           row{with_data("{}"), code_success},
           row{with_data("[]"), code_parameter_error},
           row{with_data("\"\""), code_parameter_error},
           row{with_data(R"({"a":1})"), code_parameter_error},
           row{with_data(R"({"a":{"version":1}})"), code_parameter_error},
           row{with_data(R"({"a":{"value":1,"version":-1}})"), code_parameter_error},
           row{with_data("{}", "99999999999"), code_parameter_error},
           row{with_data("{}", "-5"), code_parameter_error},
           row{R"({"id":"7","data":{}})", code_parameter_error},
           row{"", code_parameter_error},
       }) {
    const parsed m{r.text};
    EXPECT_EQ(read_desired_reply(*m).code, r.code) << r.text;
  }
}

TEST(alink_desired_delete, reads_back_in_either_wrapping) {
  const desired_property properties[] = {{"power", {}, 1}, {"temperature", {}}};
  const parsed m{written([&](byte_buffer& out) { append_desired_delete(out, 2, properties); })};
  EXPECT_EQ(m->params, R"({"power":{"version":1},"temperature":{}})");
  EXPECT_EQ(m->method, "thing.property.desired.delete");
  EXPECT_EQ(listed(read_desired_delete(*m).properties, false), "power=@1;temperature=;");
  const parsed wrapped{with_params(R"([{"power":{"version":"3"}}])")};
  EXPECT_EQ(read_desired_delete(*wrapped).code, code_success);
  EXPECT_EQ(listed(read_desired_delete(*wrapped).properties, false), "power=@3;");
}

TEST(alink_desired_delete, each_fault_has_its_code) {
  for (const wrong_params& w : {
           wrong_params{"7", code_parameter_error},
           wrong_params{"[]", code_parameter_error},
           wrong_params{"[{},{}]", code_parameter_error},
           wrong_params{"[7]", code_parameter_error},
           wrong_params{R"({"a":1})", code_parameter_error},
           wrong_params{R"({"a":{"version":-1}})", code_parameter_error},
           wrong_params{R"({"a":{"version":1.5}})", code_parameter_error},
           wrong_params{R"({"a":{"version":99999999999999999999999999}})", code_parameter_error},
           wrong_params{R"({"a":{"version":1,"version":2}})", code_parameter_error},
           wrong_params{R"({"":{}})", code_parameter_error},
           wrong_params{many(201, false), code_list_too_long},
           wrong_params{many(200, false), code_success},
           wrong_params{"{}", code_success},
       }) {
    const parsed m{with_params(w.params)};
    EXPECT_EQ(read_desired_delete(*m).code, w.code) << w.params.substr(0, 60);
    EXPECT_TRUE(w.code == code_success || read_desired_delete(*m).properties.empty());
  }
}

} // namespace
} // namespace fleet::alink
