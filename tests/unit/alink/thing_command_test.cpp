// What the platform asks, there and back, and what a device refuses.
#include <gtest/gtest.h>

#include "protocol/alink/methods.hpp"
#include "protocol/alink/thing_command.hpp"
#include "protocol/alink/thing_reply.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

TEST(alink_property_set, reads_back_what_was_written) {
  const sample values[] = {{"LightSwitch", "1"}, {"RGBColor", R"({"Red":1})"}};
  const parsed m{written([&](byte_buffer& out) { append_property_set(out, 36'195'462, values); })};
  EXPECT_EQ(m.text(), R"({"method":"thing.service.property.set","id":"36195462","params":)"
                      R"({"LightSwitch":1,"RGBColor":{"Red":1}},"version":"1.0.0"})");
  const property_set_request set = read_property_set(*m);
  EXPECT_EQ(set.code, code_success);
  ASSERT_EQ(set.members.size(), 2U);
  EXPECT_EQ(set.members[1].key, "RGBColor");
}

std::string members_of(std::size_t count, bool list) {
  std::string out{list ? "[" : "{"};
  for (std::size_t i = 0; i < count; ++i) {
    out += (i > 0 ? ",\"p" : "\"p") + std::to_string(i) + (list ? "\"" : "\":0");
  }
  return out + (list ? "]" : "}");
}

TEST(alink_property_set, a_device_answers_460_to_every_fault) {
  for (const wrong_params& w : {
           wrong_params{"[]", code_parameter_error},
           wrong_params{"null", code_parameter_error},
           wrong_params{"7", code_parameter_error},
           wrong_params{R"({"a":1,"a":2})", code_parameter_error},
           wrong_params{members_of(201, false), code_parameter_error},
           wrong_params{members_of(200, false), code_success},
           wrong_params{"{}", code_success},
       }) {
    const parsed m{with_params(w.params)};
    EXPECT_EQ(read_property_set(*m).code, w.code) << w.params.substr(0, 60);
    EXPECT_EQ(read_service_call(*m, "x").code, w.code) << w.params.substr(0, 60);
    EXPECT_TRUE(device_may_answer(w.code));
  }
  const parsed none{R"({"id":"7"})"};
  EXPECT_EQ(read_property_set(*none).code, code_parameter_error);
}

TEST(alink_property_get, reads_back_what_was_written) {
  const std::string_view wanted[] = {"power", "temp"};
  const parsed m{written([&](byte_buffer& out) { append_property_get(out, 8, wanted); })};
  EXPECT_EQ(m.text(), R"({"method":"thing.service.property.get","id":"8",)"
                      R"("params":["power","temp"],"version":"1.0.0"})");
  const property_get_request get = read_property_get(*m);
  EXPECT_EQ(get.code, code_success);
  ASSERT_EQ(get.identifiers.size(), 2U);
  EXPECT_EQ(identifier_at(get.identifiers[1]), "temp");
}

TEST(alink_property_get, a_device_answers_460_to_every_fault) {
  for (const wrong_params& w : {
           wrong_params{"{}", code_parameter_error},
           wrong_params{"[1]", code_parameter_error},
           wrong_params{R"(["a",{}])", code_parameter_error},
           wrong_params{R"([""])", code_parameter_error},
           wrong_params{R"(["\u0061"])", code_parameter_error},
           wrong_params{members_of(201, true), code_parameter_error},
           wrong_params{members_of(200, true), code_success},
           wrong_params{"[]", code_success},
       }) {
    const parsed m{with_params(w.params)};
    EXPECT_EQ(read_property_get(*m).code, w.code) << w.params.substr(0, 60);
    EXPECT_EQ(read_service_call(*m, "property.get").code, w.code) << w.params.substr(0, 60);
  }
}

TEST(alink_service_call, is_told_by_topic_or_by_method) {
  const sample inputs[] = {{"speed", "3"}};
  const parsed m{written([&](byte_buffer& out) { append_service_call(out, 9, "blink", inputs); })};
  EXPECT_EQ(m.text(), R"({"method":"thing.service.blink","id":"9","params":{"speed":3},)"
                      R"("version":"1.0.0"})");
  const service_request by_method = read_service_call(*m);
  EXPECT_EQ(by_method.code, code_success);
  EXPECT_EQ(by_method.service, "blink");
  ASSERT_EQ(by_method.inputs.size(), 1U);
  EXPECT_EQ(by_method.inputs[0].value, "3");
  EXPECT_EQ(read_service_call(*m, "other").service, "other");
  const parsed unnamed{R"({"id":"9","params":{}})"};
  EXPECT_EQ(read_service_call(*unnamed).code, code_parameter_error);
  EXPECT_EQ(read_service_call(*unnamed, "x").code, code_success);
  const parsed empty{with_params("{}", "thing.service.")};
  EXPECT_EQ(read_service_call(*empty).code, code_parameter_error);
  const parsed set{with_params(R"({"a":1})", "thing.service.property.set")};
  EXPECT_EQ(read_service_call(*set).service, "property.set");
}

TEST(alink_service_reply, carries_outputs_that_read_back) {
  const sample outputs[] = {{"Contrastratio", "5"}, {"s", "\"x\""}};
  const parsed m{written([&](byte_buffer& out) { append_values_reply(out, "9", outputs); })};
  EXPECT_EQ(m.text(), R"({"id":9,"code":200,"data":{"Contrastratio":5,"s":"x"}})");
  const reply_view reply = read_reply(*m);
  EXPECT_TRUE(reply.succeeded());
  EXPECT_EQ(reply.number, 9U);
  ASSERT_EQ(reply.members.size(), 2U);
  EXPECT_EQ(reply.members[1].key, "s");
  EXPECT_EQ(written([](byte_buffer& out) { append_values_reply(out, "\"9\"", {}); }),
            R"({"id":"9","code":200,"data":{}})");
}

TEST(alink_event_notify, reads_back_and_refuses_what_is_incomplete) {
  const parsed m{written([](byte_buffer& out) {
    append_event_notify(out, 1, "awss.BindNotify", R"({"Operation":"Bind"})");
  })};
  EXPECT_EQ(m->method, "_thing.event.notify");
  EXPECT_EQ(read_event_notify(*m).identifier, "awss.BindNotify");
  EXPECT_EQ(read_event_notify(*m).value, R"({"Operation":"Bind"})");
  for (const std::string_view wrong :
       {"[]", "{}", R"({"identifier":"x"})", R"({"value":1})", R"({"identifier":"","value":1})",
        R"({"identifier":7,"value":1})", R"({"identifier":"x","value":1,"value":2})"}) {
    const parsed bad{with_params(wrong)};
    EXPECT_EQ(read_event_notify(*bad).code, code_parameter_error) << wrong;
  }
}

TEST(alink_order, is_written_for_each_kind_and_read_with_or_without_params) {
  struct kind_and_method {
    topic_kind kind;
    std::string_view method;
  };
  for (const auto& [kind, method] : {kind_and_method{topic_kind::enable, "thing.enable"},
                                     kind_and_method{topic_kind::disable, "thing.disable"},
                                     kind_and_method{topic_kind::remove, "thing.delete"}}) {
    const parsed m{written([&](byte_buffer& out) { append_order(out, 2, kind); })};
    EXPECT_EQ(m->method, method);
    EXPECT_EQ(m->params, "{}");
    EXPECT_EQ(read_order(*m), code_success);
  }
  const parsed bare{R"({"id":"1","method":"thing.disable"})"};
  EXPECT_EQ(read_order(*bare), code_success);
  for (const std::string_view wrong : {"[]", "7", "null", "\"\""}) {
    const parsed m{with_params(wrong)};
    EXPECT_EQ(read_order(*m), code_parameter_error) << wrong;
  }
}

TEST(alink_method, follows_from_every_topic_that_carries_alink) {
  struct row {
    topic_kind kind;
    std::string_view rest;
    std::string_view method;
  };
  for (const row& r : {
           row{topic_kind::property_post, "", "thing.event.property.post"},
           row{topic_kind::property_batch_post, "", "thing.event.property.batch.post"},
           row{topic_kind::property_history_post, "", "thing.event.property.history.post"},
           row{topic_kind::event_post, "Error", "thing.event.Error.post"},
           row{topic_kind::property_set, "", "thing.service.property.set"},
           row{topic_kind::service, "blink", "thing.service.blink"},
           row{topic_kind::desired_get, "", "thing.property.desired.get"},
           row{topic_kind::deviceinfo_update, "", "thing.deviceinfo.update"},
           row{topic_kind::dynamic_tsl_get, "", "thing.dynamicTsl.get"},
           row{topic_kind::config_push, "", "thing.config.push"},
           row{topic_kind::remove, "", "thing.delete"},
       }) {
    EXPECT_EQ(written([&](byte_buffer& out) { append_method(out, r.kind, r.rest); }), r.method);
    EXPECT_TRUE(method_fits(r.method, r.kind, r.rest)) << r.method;
    EXPECT_FALSE(method_fits(std::string{r.method} + "x", r.kind, r.rest));
    EXPECT_FALSE(method_fits(r.method.substr(1), r.kind, r.rest));
    EXPECT_FALSE(method_fits("", r.kind, r.rest));
  }
  EXPECT_FALSE(method_fits("", topic_kind::ntp_request));
  EXPECT_EQ(event_of("thing.event.Error.post"), "Error");
  EXPECT_EQ(event_of("thing.service.Error"), "");
  EXPECT_EQ(service_of("thing.service.x"), "x");
  EXPECT_EQ(service_of("thing.event.x.post"), "");
}

} // namespace
} // namespace fleet::alink
