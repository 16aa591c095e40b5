// `fleet check` over files of its own making.
#include "fleet/check_command.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace fleet::program {

namespace {

/// A folder that goes with the test.
class check_command : public testing::Test {
protected:
  check_command() {
    folder_ = std::filesystem::path{testing::TempDir()}
              / (std::string{"fleet_check_"}
                 + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  ~check_command() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, std::string_view content) {
    const auto path = (folder_ / name).string();
    std::ofstream{path, std::ios::binary} << content;
    return path;
  }
  exit_code check(std::vector<std::string> files) {
    return check_files(check_options{std::move(files)}, out_, errors_);
  }

  std::filesystem::path folder_;
  std::ostringstream out_;
  std::ostringstream errors_;
};

} // namespace

TEST_F(check_command, counts_the_devices_of_a_good_file) {
  const auto path = file("good.csv", "\xEF\xBB\xBF"
                                     "DeviceSecret,ProductKey,DeviceName\r\n"
                                     "0123456789abcdef0123456789abcdef,a1B2c3D4e5F,dev_1\r\n"
                                     "fedcba9876543210fedcba9876543210,a1B2c3D4e5F,dev_2\r\n");
  EXPECT_EQ(check({path}), exit_code::passed);
  EXPECT_EQ(out_.str(), path + ": 2 devices, no mistake\n");
  EXPECT_EQ(errors_.str(), "");
}

TEST_F(check_command, names_every_mistake_by_line_and_column) {
  const auto path = file("bad.csv", "ProductKey,DeviceName,DeviceSecret\n"
                                    "a1B2c3D4e5F,dev_1,secret-one\n"
                                    "a1B2c3D4e5F,dev_1,secret-two\n"
                                    "a1B2c3D4e5F,dev_2,\n");
  EXPECT_EQ(check({path}), exit_code::wrong_usage);
  EXPECT_NE(errors_.str().find(path + ":3:"), std::string::npos) << errors_.str();
  EXPECT_NE(errors_.str().find(path + ":4:"), std::string::npos) << errors_.str();
  EXPECT_TRUE(errors_.str().ends_with("fleet check: 2 mistakes in 1 file\n")) << errors_.str();
  EXPECT_EQ(errors_.str().find("secret-"), std::string::npos) << errors_.str();
}

TEST_F(check_command, sums_up_a_good_thing_model_or_names_its_mistakes) {
  const auto good = std::string{FLEET_SOURCE_DIR} + "/configs/models/meter.json";
  EXPECT_EQ(check({good}), exit_code::passed) << errors_.str();
  EXPECT_TRUE(out_.str().starts_with(good + ": thing model, ")) << out_.str();
  EXPECT_NE(out_.str().find(" properties, "), std::string::npos) << out_.str();
  const auto bad = file("bad.json", "{\n  \"properties\": [\n    {\"identifier\": \"a b\"}]}");
  EXPECT_EQ(check({bad}), exit_code::wrong_usage);
  EXPECT_TRUE(errors_.str().starts_with(bad + ":3:")) << errors_.str();
  errors_.str("");
  EXPECT_EQ(check({(folder_ / "none.json").string()}), exit_code::wrong_usage);
  EXPECT_NE(errors_.str().find("none.json: "), std::string::npos) << errors_.str();
}

TEST_F(check_command, sums_up_a_good_scenario_or_names_its_mistakes) {
  const auto good = file("good.yaml", "devices: 300\nstages: [{ramp: {over: 0s}, hold: 2m}]\n");
  const auto short_name = file("gateways.yml", "products: [{name: g, gateways: {count: 200, "
                                               "children: {product: m, each: 25}}}, {name: m}]\n");
  EXPECT_EQ(check({good, short_name}), exit_code::passed);
  const auto told = out_.str();
  EXPECT_TRUE(told.starts_with(good + ": ok, 300 devices, 30 messages a second at the peak, 2m\n"))
      << told;
  EXPECT_NE(
      told.find(short_name
                + ": ok, 5,200 devices (200 connect), 520 messages a second at the peak, 1m\n"),
      std::string::npos)
      << told;
  const auto bad = file("bad.yaml", "devcies: 3\nseed: -1\n");
  EXPECT_EQ(check({bad}), exit_code::wrong_usage);
  EXPECT_EQ(errors_.str(), bad + ":1:1: unknown key devcies; the nearest is devices\n" + bad
                               + ":2:7: seed -1 is negative; it takes 0 to "
                                 "18446744073709551615\nfleet check: 2 mistakes in 1 file\n");
}

TEST_F(check_command, writes_the_same_as_json) {
  const auto good =
      file("good.yaml", "seed: 7\ndevices: 300\nduration: 2m\n"
                        "faults: [{effect: latency, at: 1m, select: {index: 0-9}}]\n");
  const auto bad = file("bad.yaml", "devices: 0\n");
  check_options options{{good, bad}};
  options.json = true;
  EXPECT_EQ(check_files(options, out_, errors_), exit_code::wrong_usage);
  const auto told = out_.str();
  for (const std::string_view part :
       {R"("ok":true,"kind":"scenario")", R"("devices":300)", R"("reports_per_s":30)",
        R"({"name":"latency","effect":"latency","at_s":60,"selected":10,"exact":true})",
        R"("ok":false,"mistakes":[")", R"(:1:10: devices 0 is out of range; it takes 1 to)"}) {
    EXPECT_NE(told.find(part), std::string::npos) << part << "\n" << told;
  }
}

TEST_F(check_command, names_orders_of_a_scenario_that_have_nothing_to_set) {
  file("m.json", R"({"properties":[{"identifier":"heat","name":"n","required":false,)"
                 R"("accessMode":"r","dataType":{"type":"int","specs":{"min":"0","max":"9",)"
                 R"("step":"1"}}}],"events":[],"services":[]})");
  const auto path = file("s.yaml", "products: [{name: led, model: m.json}]\n"
                                   "cloud_traffic:\n  - {kind: property_set}\n");
  EXPECT_EQ(check({path}), exit_code::wrong_usage);
  EXPECT_TRUE(errors_.str().starts_with(path + ":3:5: kind property_set has nothing to set"))
      << errors_.str();
}

TEST_F(check_command, holds_names_of_a_scenario_against_its_thing_models) {
  const auto sensor = std::string{FLEET_SOURCE_DIR} + "/configs/models/sensor.json";
  const auto led = std::string{FLEET_SOURCE_DIR} + "/configs/models/rgb_led.json";
  const auto path =
      file("s.yaml", "products:\n"
                     "  - name: s\n    model: "
                         + sensor
                         + "\n"
                           "    report:\n"
                           "      - {what: properties, identifiers: [Humidity, Temprature]}\n"
                           "  - name: l\n    model: "
                         + led
                         + "\n"
                           "    report: [{what: event, identifiers: Eror}]\n"
                           "  - {name: plain, shadow: on, report: [{what: shadow, "
                           "identifiers: [LightSwich]}]}\n"
                           "cloud_traffic:\n"
                           "  - {kind: property_get, product: s, identifiers: [Qqqqqqqqq]}\n"
                           "  - {kind: service, product: l, service: Nope}\n"
                           "  - {kind: shadow_desired, product: plain, identifiers: [RGBColor]}\n");
  EXPECT_EQ(check({path}), exit_code::wrong_usage);
  const auto told = errors_.str();
  const auto says = [&](const std::string& what) {
    return told.find(path + what) != std::string::npos;
  };
  EXPECT_TRUE(says(":5:52: Temprature is no property of product s's thing model; the nearest is "
                   "Temperature\n"))
      << told;
  EXPECT_TRUE(says(":8:41: Eror is no event of product l's thing model; the nearest is Error\n"))
      << told;
  EXPECT_TRUE(says(":9:69: LightSwich is no property of product plain, which has no thing model; "
                   "the nearest is LightSwitch\n"))
      << told;
  EXPECT_TRUE(
      says(":11:52: Qqqqqqqqq is no property of product s's thing model; it has Temperature, "
           "Humidity, "))
      << told;
  EXPECT_TRUE(says(":12:42: Nope is no service of product l's thing model; it has ")) << told;
  EXPECT_TRUE(told.ends_with("fleet check: 5 mistakes in 1 file\n")) << told;
}

TEST_F(check_command, goes_on_after_a_file_that_is_missing_or_is_none) {
  const auto good = file("good.csv", "ProductKey,DeviceName,DeviceSecret\n"
                                     "a1B2c3D4e5F,dev_1,0123456789abcdef0123456789abcdef\n");
  const auto missing = (folder_ / "missing.csv").string();
  EXPECT_EQ(check({missing, folder_.string(), good}), exit_code::wrong_usage);
  EXPECT_NE(errors_.str().find(missing + ": cannot be opened: No such file or directory\n"),
            std::string::npos)
      << errors_.str();
  EXPECT_NE(errors_.str().find(folder_.string() + ": is a folder; name the files in it, as "
                               + folder_.string() + "/*.yaml\n"),
            std::string::npos)
      << errors_.str();
  EXPECT_NE(errors_.str().find("fleet check: 2 mistakes in 2 files\n"), std::string::npos);
  EXPECT_EQ(out_.str(), good + ": 1 device, no mistake\n");
}

} // namespace fleet::program
