// What devices report, there and back, and every way to get it wrong.
#include <gtest/gtest.h>

#include "protocol/alink/thing_report.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

std::string listed(std::string_view raw, sample_layout layout, timed_form form) {
  sample_cursor cursor{raw, layout, form};
  std::string out;
  for (sample s; cursor.next(s);) {
    out.append(s.identifier).append("=").append(s.value);
    out.append(s.time_ms ? "@" + std::to_string(*s.time_ms) : "").append(";");
  }
  return out + "-" + std::to_string(cursor.dropped());
}

std::string samples_of_size(std::size_t count, std::string_view value) {
  std::string out = "{";
  for (std::size_t i = 0; i < count; ++i) {
    out.append(i > 0 ? "," : "")
        .append("\"p")
        .append(std::to_string(i))
        .append("\":")
        .append(value);
  }
  return out + "}";
}

TEST(alink_property_post, reads_back_what_was_written_in_both_forms) {
  const sample samples[] = {
      {"Power", "\"on\"", 1524448722000}, {"LightSwitch", "1"}, {"RGBColor", R"({"Red":247})"}};
  const parsed m{written([&](byte_buffer& out) { append_property_post(out, 12, samples); })};
  EXPECT_EQ(m.text(), R"({"id":"12","version":"1.0","params":{"Power":{"value":"on",)"
                      R"("time":1524448722000},"LightSwitch":1,"RGBColor":{"Red":247}},)"
                      R"("method":"thing.event.property.post"})");
  const property_post post = read_property_post(*m);
  EXPECT_EQ(post.code, code_success);
  EXPECT_EQ(post.members.size(), 3U);
  EXPECT_EQ(listed(post.raw, sample_layout::flat, timed_form::maybe),
            R"(Power="on"@1524448722000;LightSwitch=1;RGBColor={"Red":247};-0)");
}

TEST(alink_property_post, a_struct_with_a_member_value_is_one_if_the_model_says_so) {
  const std::string raw = R"({"value":1,"time":5})";
  EXPECT_EQ(read_sample("s", raw, timed_form::never)->value, raw);
  EXPECT_EQ(read_sample("s", raw, timed_form::maybe)->value, "1");
  EXPECT_EQ(read_sample("s", raw, timed_form::maybe)->time_ms, 5);
  const std::string more = R"({"value":1,"time":5,"unit":"m"})";
  EXPECT_EQ(read_sample("s", more, timed_form::maybe)->value, more);
  EXPECT_EQ(read_sample("s", more, timed_form::required)->value, "1");
  EXPECT_EQ(read_sample("s", R"({"time":5})", timed_form::maybe)->value, R"({"time":5})");
}

TEST(alink_property_post, a_value_whose_time_is_nonsense_is_dropped_alone) {
  EXPECT_EQ(listed(R"({"a":{"value":1,"time":"1524448722000"},"b":{"value":2,"time":-1},)"
                   R"("c":{"value":3,"time":1e3},"d":{"value":4,"time":253402300800000},)"
                   R"("e":{"value":5,"value":6},"f":{"value":7,"time":null},"g":8})",
                   sample_layout::flat, timed_form::maybe),
            "a=1@1524448722000;g=8;-5");
}

TEST(alink_property_post, each_fault_of_its_params_has_its_code) {
  for (const wrong_params& w : {
           wrong_params{"[]", code_params_type},
           wrong_params{"7", code_params_number},
           wrong_params{"\"\"", code_params_empty},
           wrong_params{"null", code_params_empty},
           wrong_params{"\"x\"", code_params_no_container},
           wrong_params{"true", code_params_no_container},
           wrong_params{R"({"a":1,"b":2,"a":1})", code_format_error},
           wrong_params{samples_of_size(201, "0"), code_map_too_large},
           wrong_params{samples_of_size(200, "0"), code_success},
           wrong_params{"{}", code_success},
       }) {
    const parsed m{with_params(w.params)};
    EXPECT_EQ(read_property_post(*m).code, w.code) << w.params.substr(0, 40);
    EXPECT_TRUE(w.code == code_success || read_property_post(*m).members.empty());
  }
  const parsed none{R"({"id":"7"})"};
  EXPECT_EQ(read_property_post(*none).code, code_params_missing);
}

TEST(alink_property_post, finds_a_repeated_key_wherever_it_stands_among_200) {
  for (const int at : {0, 1, 100, 198}) {
    std::string params = samples_of_size(199, "0");
    params.pop_back();
    params += ",\"p" + std::to_string(at) + "\":1}";
    const parsed m{with_params(params)};
    EXPECT_EQ(read_property_post(*m).code, code_format_error) << at;
  }
}

TEST(alink_property_batch, reads_back_what_was_written) {
  const sample properties[] = {{"Power", "\"on\"", 1}, {"Power", "\"off\"", 2}, {"T", "3.5", 3}};
  const sample events[] = {{"alarm", R"({"code":1})", 4}};
  const parsed m{
      written([&](byte_buffer& out) { append_property_batch(out, 3, properties, events); })};
  EXPECT_EQ(m.text(), R"({"id":"3","version":"1.0","params":{"properties":{"Power":)"
                      R"([{"value":"on","time":1},{"value":"off","time":2}],)"
                      R"("T":[{"value":3.5,"time":3}]},"events":{"alarm":)"
                      R"([{"value":{"code":1},"time":4}]}},)"
                      R"("method":"thing.event.property.batch.post"})");
  const batch_post post = read_property_batch(*m);
  EXPECT_EQ(post.code, code_success);
  EXPECT_EQ(post.property_count.good, 3U);
  EXPECT_EQ(post.event_count.good, 1U);
  EXPECT_EQ(listed(post.properties, sample_layout::by_name, timed_form::required),
            R"(Power="on"@1;Power="off"@2;T=3.5@3;-0)");
  EXPECT_EQ(listed(post.events, sample_layout::by_name, timed_form::required),
            R"(alarm={"code":1}@4;-0)");
}

TEST(alink_property_batch, an_empty_batch_reads_back) {
  const parsed m{written([&](byte_buffer& out) { append_property_batch(out, 3, {}, {}); })};
  EXPECT_EQ(read_property_batch(*m).code, code_success);
}

std::string batch_of(std::size_t count, std::string_view which) {
  std::string out = "{\"" + std::string{which} + "\":{\"a\":[";
  for (std::size_t i = 0; i < count; ++i) {
    out += i > 0 ? R"(,{"value":1,"time":1})" : R"({"value":1,"time":1})";
  }
  return out + "]}}";
}

TEST(alink_property_batch, each_fault_has_its_code_and_bad_values_are_dropped) {
  for (const wrong_params& w : {
           wrong_params{"[]", code_params_type},
           wrong_params{"{}", code_format_error},
           wrong_params{R"({"properties":[]})", code_format_error},
           wrong_params{R"({"properties":null})", code_format_error},
           wrong_params{R"({"properties":{},"events":7})", code_format_error},
           wrong_params{R"({"properties":{},"properties":{}})", code_format_error},
           wrong_params{batch_of(201, "properties"), code_map_too_large},
           wrong_params{batch_of(201, "events"), code_map_too_large},
           wrong_params{batch_of(200, "properties"), code_success},
           wrong_params{R"({"properties":{}})", code_success},
       }) {
    const parsed m{with_params(w.params)};
    EXPECT_EQ(read_property_batch(*m).code, w.code) << w.params.substr(0, 60);
    EXPECT_TRUE(w.code == code_success || read_property_batch(*m).properties.empty());
  }
  const parsed m{with_params(
      R"({"properties":{"a":[{"value":1,"time":1},2,{"time":3},{"value":4}],"b":5,"c":{}}})")};
  const batch_post post = read_property_batch(*m);
  EXPECT_EQ(post.code, code_success);
  EXPECT_EQ(post.property_count.good, 2U);
  EXPECT_EQ(post.property_count.dropped, 4U);
}

TEST(alink_property_history, reads_back_what_was_written) {
  const sample properties[] = {{"Power", "\"on\"", 1}, {"Power", "\"off\"", 2}};
  const sample events[] = {{"alarm", R"({"code":1})", 3}};
  const device_samples devices[] = {{"PK", "D1", properties, events}, {"PK", "D2", properties, {}}};
  const parsed m{written([&](byte_buffer& out) { append_property_history(out, 4, devices); })};
  EXPECT_NE(m.text().find(R"("params":[{"identity":{"productKey":"PK","deviceName":"D1"},)"
                          R"("properties":[{"Power":{"value":"on","time":1}},)"),
            std::string_view::npos);
  const history_post post = read_property_history(*m);
  EXPECT_EQ(post.code, code_success);
  EXPECT_EQ(post.devices, 2U);
  EXPECT_EQ(post.samples.good, 5U);
  report_cursor cursor{post.entries, sample_layout::in_list};
  device_report share;
  ASSERT_TRUE(cursor.next(share));
  EXPECT_EQ(share.device_name, "D1");
  EXPECT_EQ(listed(share.properties, sample_layout::in_list, timed_form::required),
            R"(Power="on"@1;Power="off"@2;-0)");
  EXPECT_EQ(listed(share.events, sample_layout::in_list, timed_form::required),
            R"(alarm={"code":1}@3;-0)");
  ASSERT_TRUE(cursor.next(share));
  EXPECT_EQ(share.product_key, "PK");
  EXPECT_EQ(share.device_name, "D2");
  EXPECT_FALSE(cursor.next(share));
  EXPECT_FALSE(cursor.broken());
}

std::string repeated(std::string_view what, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out.append(i > 0 ? "," : "").append(what);
  }
  return out;
}

TEST(alink_property_history, each_fault_has_its_code) {
  const std::string who = R"("identity":{"productKey":"P","deviceName":"D"})";
  const auto one = [&](const std::string& rest) { return "[{" + who + rest + "}]"; };
  for (const wrong_params& w : {
           wrong_params{"{}", code_params_type},
           wrong_params{"[7]", code_format_error},
           wrong_params{"[{}]", code_format_error},
           wrong_params{R"([{"identity":{"productKey":"P"}}])", code_format_error},
           wrong_params{R"([{"identity":{"productKey":"P","deviceName":7}}])", code_format_error},
           wrong_params{R"([{"identity":{"productKey":"P","deviceName":""}}])", code_format_error},
           wrong_params{R"([{"identity":{"productKey":"P","deviceName":"D","deviceName":"E"}}])",
                        code_format_error},
           wrong_params{one("," + who), code_format_error},
           wrong_params{one(R"(,"properties":{})"), code_format_error},
           wrong_params{one(R"(,"events":{})"), code_format_error},
           wrong_params{
               one(R"(,"properties":[)" + repeated(R"({"a":{"value":1,"time":1}})", 201) + "]"),
               code_map_too_large},
           wrong_params{"[" + repeated("{" + who + "}", 201) + "]", code_map_too_large},
           wrong_params{"[" + repeated("{" + who + "}", 200) + "]", code_success},
           wrong_params{"[]", code_success},
       }) {
    const parsed m{with_params(w.params)};
    EXPECT_EQ(read_property_history(*m).code, w.code) << w.params.substr(0, 60);
  }
}

TEST(alink_property_pack, reads_back_what_was_written) {
  const sample own_properties[] = {{"Power", "1", 1}};
  const sample sub_properties[] = {{"T", "21.5", 2}};
  const sample sub_events[] = {{"alarm", R"({"code":1})", 3}};
  const device_samples subs[] = {{"SPK", "SDN", sub_properties, sub_events}};
  const parsed m{written([&](byte_buffer& out) {
    append_property_pack(out, 5, {{}, {}, own_properties, {}}, subs);
  })};
  EXPECT_EQ(m->method, "thing.event.property.pack.post");
  const pack_post post = read_property_pack(*m);
  EXPECT_EQ(post.code, code_success);
  EXPECT_EQ(post.devices, 1U);
  EXPECT_EQ(post.properties.good, 2U);
  EXPECT_EQ(post.events.good, 1U);
  EXPECT_EQ(listed(post.own.properties, sample_layout::flat, timed_form::required), "Power=1@1;-0");
  report_cursor cursor{post.sub_devices, sample_layout::flat};
  device_report share;
  ASSERT_TRUE(cursor.next(share));
  EXPECT_EQ(share.device_name, "SDN");
  EXPECT_EQ(listed(share.events, sample_layout::flat, timed_form::required),
            R"(alarm={"code":1}@3;-0)");
}

TEST(alink_property_pack, each_limit_and_each_fault_has_its_code) {
  const std::string value = R"({"value":1,"time":1})";
  const std::string sub = R"({"identity":{"productKey":"P","deviceName":"D"}})";
  const auto part = [](std::string_view name, const std::string& json) {
    return "{\"" + std::string{name} + "\":" + json + "}";
  };
  for (const wrong_params& w : {
           wrong_params{"[]", code_params_type},
           wrong_params{"{}", code_format_error},
           wrong_params{part("properties", "[]"), code_format_error},
           wrong_params{part("events", "1"), code_format_error},
           wrong_params{part("subDevices", "{}"), code_format_error},
           wrong_params{part("subDevices", "[{}]"), code_format_error},
           wrong_params{part("properties", samples_of_size(201, value)), code_map_too_large},
           wrong_params{part("properties", samples_of_size(200, value)), code_success},
           wrong_params{part("events", samples_of_size(21, value)), code_too_many_events},
           wrong_params{part("events", samples_of_size(20, value)), code_success},
           wrong_params{part("subDevices", "[" + repeated(sub, 21) + "]"),
                        code_too_many_packed_devices},
           wrong_params{part("subDevices", "[" + repeated(sub, 20) + "]"), code_success},
       }) {
    const parsed m{with_params(w.params)};
    EXPECT_EQ(read_property_pack(*m).code, w.code) << w.params.substr(0, 60);
  }
}

TEST(alink_event_post, reads_back_both_forms) {
  const parsed sdk{written([](byte_buffer& out) {
    append_event_post(out, 6, "Error", {"Error", R"({"ErrorCode":0})"});
  })};
  EXPECT_EQ(sdk.text(), R"({"id":"6","version":"1.0","params":{"ErrorCode":0},)"
                        R"("method":"thing.event.Error.post"})");
  EXPECT_EQ(read_event_post(*sdk).outputs, R"({"ErrorCode":0})");
  EXPECT_EQ(read_event_post(*sdk).time_ms, std::nullopt);
  const parsed timed{written([](byte_buffer& out) {
    append_event_post(out, 6, "Error", {"Error", R"({"ErrorCode":0})", 1524448722000});
  })};
  EXPECT_EQ(read_event_post(*timed).outputs, R"({"ErrorCode":0})");
  EXPECT_EQ(read_event_post(*timed).time_ms, 1524448722000);
  const parsed own{with_params(R"({"value":5,"time":6})")}; // outputs of these names
  EXPECT_EQ(read_event_post(*own).outputs, R"({"value":5,"time":6})");
  const parsed model{with_params(R"({"value":{"x":1}})")};
  EXPECT_EQ(read_event_post(*model, timed_form::never).outputs, R"({"value":{"x":1}})");
}

TEST(alink_event_post, each_fault_has_its_code) {
  for (const wrong_params& w : {
           wrong_params{"[]", code_params_type},
           wrong_params{"7", code_params_number},
           wrong_params{R"({"value":{},"time":"yesterday"})", code_format_error},
           wrong_params{R"({"value":{},"value":{}})", code_format_error},
           wrong_params{R"({"a":1,"a":2})", code_format_error},
           wrong_params{samples_of_size(201, "0"), code_map_too_large},
           wrong_params{"{}", code_success},
       }) {
    const parsed m{with_params(w.params)};
    EXPECT_EQ(read_event_post(*m).code, w.code) << w.params.substr(0, 60);
  }
}

} // namespace
} // namespace fleet::alink
