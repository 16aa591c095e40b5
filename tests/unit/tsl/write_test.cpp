// Models back into JSON: the reply to a dsltemplate/get, which loads as the same model again.
#include "protocol/tsl/write.hpp"

#include "tests/unit/tsl/models.hpp"

namespace fleet::tsl {
namespace {

using test::all_kinds;
using test::loaded;

std::string written(const model& m) {
  byte_buffer out;
  append_model(out, m);
  return std::string{as_text(out.view())};
}

TEST(tsl_write, is_the_platforms_document_with_its_built_ins) {
  const model m = loaded(R"({"profile":{"productKey":"PK","deviceName":"DN"},"properties":[
    {"identifier":"LightSwitch","name":"switch","accessMode":"rw","required":true,
     "dataType":{"type":"bool","specs":{"0":"off","1":"on"}}},
    {"identifier":"T","accessMode":"r",
     "dataType":{"type":"float","specs":{"min":0,"max":100000,"step":0.5,"unit":"K"}}}]})");
  const std::string light = R"({"identifier":"LightSwitch","name":"switch","dataType":)"
                            R"({"type":"bool","specs":{"0":"off","1":"on"}}})";
  const std::string t = R"({"identifier":"T","name":"","dataType":{"type":"float","specs":)"
                        R"({"min":"0","max":"100000","step":"0.5","unit":"K"}}})";
  EXPECT_EQ(
      written(m),
      R"({"schema":"https://iot-tsl.oss-cn-shanghai.aliyuncs.com/schema.json",)"
      R"("link":"/sys/PK/DN/thing/","profile":{"productKey":"PK","deviceName":"DN"},)"
      R"("properties":[{"identifier":"LightSwitch","name":"switch","accessMode":"rw",)"
      R"("required":true,"desc":"","dataType":{"type":"bool","specs":{"0":"off","1":"on"}}},)"
      R"({"identifier":"T","name":"","accessMode":"r","required":false,"desc":"","dataType":)"
      R"({"type":"float","specs":{"min":"0","max":"100000","step":"0.5","unit":"K"}}}],)"
      R"("events":[{"identifier":"post","name":"post","type":"info","required":true,"desc":"",)"
      R"("method":"thing.event.property.post","outputData":[)"
          + light + "," + t
          + R"(]}],"services":[{"identifier":"set","name":"set","callType":"sync","required":true,)"
            R"("desc":"","method":"thing.service.property.set","inputData":[)"
          + light
          + R"(],"outputData":[]},{"identifier":"get","name":"get","callType":"sync",)"
            R"("required":true,"desc":"","method":"thing.service.property.get",)"
            R"("inputData":["LightSwitch","T"],"outputData":[)"
          + light + "," + t + "]}]}");
}

TEST(tsl_write, loads_as_the_same_model_again) {
  const model m = loaded(all_kinds);
  const std::string text = written(m);
  const model again = loaded(text);
  EXPECT_TRUE(m == again);
  EXPECT_EQ(written(again), text);
  for (const auto& file : test::model_files()) {
    SCOPED_TRACE(file.name);
    const model from_file = loaded(file.text);
    EXPECT_TRUE(loaded(written(from_file)) == from_file);
  }
}

TEST(tsl_write, keeps_apart_models_that_differ) {
  const model m = loaded(all_kinds);
  std::string text{all_kinds};
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"("max":"10")", R"("max":"11")"},
           {R"("step":"5")", R"("step":"4")"},
           {R"("7":"x")", R"("7":"w")"},
           {R"("length":"8")", R"("length":"9")"},
           {R"("required":false,"dataType":{"type":"int")", R"("dataType":{"type":"int")"},
           {R"("type":"alert")", R"("type":"error")"},
           {R"("callType":"sync")", R"("callType":"async")"},
           {R"("size":"2")", R"("size":"1")"},
           {R"("unit":"V")", R"("unit":"mV")"}}) {
    std::string other{all_kinds};
    ASSERT_NE(other.find(from), std::string::npos);
    other.replace(other.find(from), std::string_view{from}.size(), to);
    EXPECT_FALSE(loaded(other) == m) << to;
    EXPECT_NE(written(loaded(other)), written(m)) << to;
  }
}

TEST(tsl_write, names_the_device_that_asked) {
  byte_buffer out;
  append_model(out, loaded(R"({"properties":[]})"), "a1", "d\"1");
  const std::string text{as_text(out.view())};
  EXPECT_NE(text.find(R"("link":"/sys/a1/d\"1/thing/")"), std::string::npos);
  EXPECT_EQ(loaded(text).profile(), (model_profile{"a1", "d\"1"}));
}

TEST(tsl_write, escapes_what_people_write_in_names_and_labels) {
  const model m = loaded(R"({"properties":[{"identifier":"a","name":"\"\\\u0000\n","desc":"\u20ac",
    "accessMode":"r","dataType":{"type":"enum","specs":{"1":"\"}"}}}]})");
  const model again = loaded(written(m));
  EXPECT_TRUE(again == m);
  EXPECT_EQ(again.properties()[0].name, std::string("\"\\\0\n", 4));
}

TEST(tsl_models, of_the_house_hold_what_their_devices_need) {
  const auto files = test::model_files();
  std::string names;
  for (const auto& file : files) {
    names += file.name + ' ';
    const auto got = load_model(file.text, file.name);
    ASSERT_TRUE(got) << got.error().front().message;
  }
  EXPECT_EQ(names, "gateway.json meter.json rgb_led.json sensor.json ");
  const auto of = [&](std::size_t i) { return loaded(files[i].text); };
  const model led = of(2);
  EXPECT_EQ(led.find_property("RGBColor")->type.members.size(), 3U);
  EXPECT_TRUE(led.find_property("LightSwitch")->writable);
  EXPECT_NE(led.find_event("Error"), nullptr);
  EXPECT_NE(of(1).find_service("SwitchRelay"), nullptr);
  EXPECT_NE(of(1).find_event("Overload"), nullptr);
  EXPECT_TRUE(of(3).find_property("ReportInterval")->writable);
  EXPECT_NE(of(0).find_service("Restart"), nullptr);
}

} // namespace
} // namespace fleet::tsl
