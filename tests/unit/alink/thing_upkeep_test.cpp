// Tags, reports, logs and questions, there and back, and every way to get them wrong.
#include <gtest/gtest.h>

#include "protocol/alink/thing_reply.hpp"
#include "protocol/alink/thing_upkeep.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

std::string listed(std::string_view raw, tag_use use) {
  tag_cursor cursor{raw, use};
  std::string out;
  for (device_tag t; cursor.next(t);) {
    out.append(t.key).append("=").append(t.value).append("@").append(t.domain).append(";");
  }
  return out + (cursor.broken() ? "broken" : "");
}

std::string tags(std::size_t count) {
  std::string out = "[";
  for (std::size_t i = 0; i < count; ++i) {
    out += (i > 0 ? R"(,{"attrKey":"k)" : R"({"attrKey":"k)") + std::to_string(i)
           + R"(","attrValue":"v"})";
  }
  return out + "]";
}

TEST(alink_tags, read_back_what_was_written) {
  const device_tag some[] = {{"loc", "lab \"7\""}, {"SYS_SDK_LANGUAGE", "C", "SYSTEM"}};
  const parsed m{written([&](byte_buffer& out) { append_tags_update(out, 1, some); })};
  EXPECT_EQ(m.text(), R"({"id":"1","version":"1.0","params":[{"attrKey":"loc",)"
                      R"("attrValue":"lab \"7\""},{"attrKey":"SYS_SDK_LANGUAGE","attrValue":"C",)"
                      R"("domain":"SYSTEM"}],"method":"thing.deviceinfo.update"})");
  const tags_request update = read_tags(*m, tag_use::update);
  EXPECT_EQ(update.code, code_success);
  EXPECT_EQ(listed(update.tags, tag_use::update), R"(loc=lab \"7\"@;SYS_SDK_LANGUAGE=C@SYSTEM;)");
  const std::string_view keys[] = {"loc", "_x9"};
  const parsed gone{written([&](byte_buffer& out) { append_tags_delete(out, 2, keys); })};
  EXPECT_EQ(gone->method, "thing.deviceinfo.delete");
  EXPECT_EQ(listed(read_tags(*gone, tag_use::remove).tags, tag_use::remove), "loc=@;_x9=@;");
  EXPECT_EQ(read_tags(*gone, tag_use::update).code, code_parameter_error); // no values
}

TEST(alink_tags, every_fault_is_460) {
  const std::string longest(max_tag_key, 'k');
  for (const wrong_params& w : {
           wrong_params{"{}", 460},
           wrong_params{"[]", 460},
           wrong_params{"[7]", 460},
           wrong_params{"[{}]", 460},
           wrong_params{R"([{"attrKey":"a","attrValue":7}])", 460},
           wrong_params{R"([{"attrKey":"a","attrValue":"v","domain":7}])", 460},
           wrong_params{R"([{"attrKey":"a","attrKey":"b","attrValue":"v"}])", 460},
           wrong_params{R"([{"attrKey":"","attrValue":"v"}])", 460},
           wrong_params{R"([{"attrKey":"9a","attrValue":"v"}])", 460},
           wrong_params{R"([{"attrKey":"a b","attrValue":"v"}])", 460},
           wrong_params{R"([{"attrKey":"\u0061","attrValue":"v"}])", 460},
           wrong_params{R"([{"attrKey":")" + longest + R"(k","attrValue":"v"}])", 460},
           wrong_params{R"([{"attrKey":")" + longest + R"(","attrValue":"v"}])", 200},
           wrong_params{R"([{"attrKey":"a","attrValue":""}])", 200},
           wrong_params{tags(201), 460},
           wrong_params{tags(200), 200},
       }) {
    const parsed m{with_params(w.params)};
    EXPECT_EQ(read_tags(*m, tag_use::update).code, w.code) << w.params.substr(0, 60);
  }
}

TEST(alink_mid_report, reads_back_and_is_none_when_incomplete) {
  const parsed m{written([](byte_buffer& out) {
    append_mid_report(out, "PK", "DN", {"pid", "mid"});
  })};
  EXPECT_EQ(m.text(), R"({"id":"PK_DN_mid","params":{"_sys_device_mid":"mid",)"
                      R"("_sys_device_pid":"pid"}})");
  const auto report = read_mid_report(*m);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->partner_id, "pid");
  EXPECT_EQ(report->module_id, "mid");
  for (const std::string_view wrong :
       {"[]", "{}", R"({"_sys_device_mid":"m"})", R"({"_sys_device_mid":"m","_sys_device_pid":7})",
        R"({"_sys_device_mid":"m","_sys_device_mid":"n","_sys_device_pid":"p"})"}) {
    const parsed bad{with_params(wrong)};
    EXPECT_FALSE(read_mid_report(*bad)) << wrong;
  }
}

TEST(alink_reset, has_a_number_as_id_and_takes_no_odd_params) {
  const parsed m{written([](byte_buffer& out) { append_reset(out, 5); })};
  EXPECT_EQ(m->id, "5");
  EXPECT_EQ(m->method, "thing.reset");
  EXPECT_EQ(read_reset(*m), code_success);
  const parsed bare{R"({"id":5})"};
  EXPECT_EQ(read_reset(*bare), code_success);
  const parsed bad{with_params("[]")};
  EXPECT_EQ(read_reset(*bad), code_parameter_error);
}

TEST(alink_log_post, wants_no_reply_and_reads_back) {
  const std::string_view lines[] = {"2020-01-01 INFO a", "line \"two\""};
  const parsed m{written([&](byte_buffer& out) { append_log_post(out, 1, lines); })};
  EXPECT_FALSE(m->wants_reply);
  EXPECT_EQ(m->method, "thing.log.post");
  const log_post_request log = read_log_post(*m);
  EXPECT_EQ(log.code, code_success);
  ASSERT_EQ(log.lines.size(), 2U);
  EXPECT_EQ(log.lines[1].value, R"("line \"two\"")");
  std::string full = "[\"x\"";
  for (std::size_t i = 1; i < max_log_lines; ++i) {
    full += ",\"x\"";
  }
  for (const wrong_params& w :
       {wrong_params{"{}", 460}, wrong_params{"[]", 460}, wrong_params{"[1]", 460},
        wrong_params{full + "]", 200}, wrong_params{full + ",\"x\"]", 460}}) {
    const parsed bad{with_params(w.params)};
    EXPECT_EQ(read_log_post(*bad).code, w.code) << w.params.substr(0, 60);
  }
}

TEST(alink_log_config, is_asked_for_answered_and_pushed) {
  const parsed get{written([](byte_buffer& out) { append_log_config_get(out, 1); })};
  EXPECT_EQ(get->method, "thing.config.log.get");
  EXPECT_EQ(read_log_config_get(*get), code_success);
  for (const std::string_view wrong : {"[]", R"({"configScope":"product"})", R"({"getType":7})",
                                       R"({"getType":"content","getType":"content"})"}) {
    const parsed bad{with_params(wrong)};
    EXPECT_EQ(read_log_config_get(*bad), code_parameter_error) << wrong;
  }
  for (const bool on : {false, true}) {
    const parsed reply{
        written([&](byte_buffer& out) { append_log_config_reply(out, "\"1\"", on); })};
    EXPECT_EQ(read_log_config(reply->data_members), on);
    const parsed push{written([&](byte_buffer& out) { append_log_config_push(out, 3, on); })};
    EXPECT_EQ(push->method, "thing.config.log.push");
    EXPECT_EQ(read_log_config(push->params_members), on);
  }
  for (const std::string_view wrong :
       {"{}", R"({"content":7})", R"({"content":{}})", R"({"content":{"mode":2}})",
        R"({"content":{"mode":-1}})", R"({"content":{"mode":0,"mode":1}})",
        R"({"content":{"mode":0},"content":{"mode":1}})"}) {
    const parsed bad{with_params(wrong)};
    EXPECT_EQ(read_log_config(bad->params_members), std::nullopt) << wrong;
  }
}

TEST(alink_diag_post, reads_back_and_refuses_what_is_incomplete) {
  for (const bool history : {false, true}) {
    const std::string points = history ? R"([{"wifi":{"rssi":75}}])" : R"({"wifi":{"rssi":75}})";
    const parsed m{written([&](byte_buffer& out) { append_diag_post(out, 1, points, history); })};
    const diag_post_request diag = read_diag_post(*m);
    EXPECT_EQ(diag.code, code_success);
    EXPECT_EQ(diag.points, points);
    EXPECT_EQ(diag.model.find("time=now") == std::string_view::npos, history);
  }
  for (const std::string_view wrong :
       {"[]", "{}", R"({"p":{}})", R"({"model":"x"})", R"({"p":7,"model":"x"})",
        R"({"p":{},"model":7})", R"({"p":{},"p":{},"model":"x"})"}) {
    const parsed bad{with_params(wrong)};
    EXPECT_EQ(read_diag_post(*bad).code, code_parameter_error) << wrong;
  }
}

TEST(alink_model_get, asks_for_all_or_for_some_nodes) {
  const parsed all{written([](byte_buffer& out) { append_model_get(out, 1); })};
  EXPECT_EQ(all.text(),
            R"({"id":"1","version":"1.0","params":{},"method":"thing.dsltemplate.get"})");
  EXPECT_EQ(read_model_get(*all), code_success);
  const parsed odd{with_params("[]")};
  EXPECT_EQ(read_model_get(*odd), code_parameter_error);
  const std::string_view nodes[] = {"type", "identifier"};
  const parsed some{
      written([&](byte_buffer& out) { append_dynamic_model_get(out, 2, nodes, false); })};
  EXPECT_EQ(some->params, R"({"nodes":["type","identifier"],"addDefault":false})");
  EXPECT_EQ(some->method, "thing.dynamicTsl.get");
  EXPECT_EQ(read_dynamic_model_get(*some).nodes, R"(["type","identifier"])");
  EXPECT_FALSE(read_dynamic_model_get(*some).add_default);
  const parsed bare{with_params(R"({"addDefault":true})")};
  EXPECT_EQ(read_dynamic_model_get(*bare).code, code_success);
  EXPECT_TRUE(read_dynamic_model_get(*bare).add_default);
  for (const std::string_view wrong :
       {"[]", R"({"nodes":{}})", R"({"nodes":[7]})", R"({"nodes":[""]})", R"({"addDefault":"x"})",
        R"({"nodes":[],"nodes":[]})"}) {
    const parsed bad{with_params(wrong)};
    EXPECT_EQ(read_dynamic_model_get(*bad).code, code_parameter_error) << wrong;
  }
}

} // namespace
} // namespace fleet::alink
