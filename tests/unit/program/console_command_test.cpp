// The asking subcommands from request to exit code, against answers given by hand.
#include "fleet/console/console_command.hpp"

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/console/admin_connection.hpp"
#include "fleet/console/request.hpp"
#include "tests/support/scripted_admin.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {

namespace {

using support::scripted_admin;

console_options words_of(std::vector<std::string> line) {
  std::vector<std::string_view> all{"cloud"};
  all.insert(all.end(), line.begin(), line.end());
  auto parsed = parse_options(all);
  if (!parsed) {
    ADD_FAILURE() << parsed.error().message;
    return {};
  }
  return std::get<console_options>(std::move(parsed).value());
}

console_outcome outcome_of(scripted_admin& twin, std::vector<std::string> line) {
  return run_console(words_of(std::move(line)), twin, "http://twin");
}

/// What is printed for one good answer.
std::string printed(std::vector<std::string> line, std::string answer) {
  scripted_admin twin;
  twin.give(std::move(answer));
  const auto o = outcome_of(twin, std::move(line));
  EXPECT_EQ(o.code, exit_code::passed) << o.errors;
  EXPECT_EQ(o.errors, "");
  return o.out;
}

void write(const std::string& path, std::string_view text) {
  std::ofstream{path, std::ios::binary} << text;
}

constexpr std::string_view one_product =
    R"({"products":[{"productKey":"a1","name":"","devices":3,"online":1,"hasModel":true}]})";

} // namespace

TEST(console_tables, show_products_and_devices_in_even_columns) {
  EXPECT_EQ(printed({"products"},
                    R"({"products":[{"productKey":"a1","name":"灯","devices":3,"online":1,)"
                    R"("hasModel":true,"nodeType":"gateway"},{"productKey":"a1Long","name":"",)"
                    R"("devices":10,"online":0,"hasModel":false}]})"),
            "product  name  devices  online  thing model  node type\n"
            "a1       灯    3        1       yes          gateway\n"
            "a1Long   -     10       0       no           -\n");
  EXPECT_EQ(printed({"devices"},
                    R"({"devices":[{"productKey":"a1","deviceName":"d","state":"online",)"
                    R"("firmwareVersion":"1.0","gateway":null,"lastOnlineMs":1700000000123},)"
                    R"({"productKey":"a1","deviceName":"e","state":"unactivated",)"
                    R"("firmwareVersion":"","gateway":"a1/d","lastOnlineMs":0}],"next":null})"),
            "device  state        firmware  gateway  last online\n"
            "a1/d    online       1.0       -        2023-11-14 22:13:20 UTC\n"
            "a1/e    unactivated  -         a1/d     never\n");
}

TEST(console_tables, show_a_device_with_tags_and_properties) {
  EXPECT_EQ(
      printed({"device", "a1/d"},
              R"({"productKey":"a1","deviceName":"d","state":"online","firmwareVersion":"1.0",)"
              R"("gateway":null,"lastOnlineMs":1,"tags":{"loc":"lab"},)"
              R"("properties":{"Light":{"value":1,"time":1700000000000},)"
              R"("Colour":{"value":{"Red":2},"time":null}},"desired":{"Light":{"value":0,)"
              R"("version":4}}})"),
      "device       a1/d\nstate        online\nfirmware     1.0\ngateway      -\n"
      "last online  1970-01-01 00:00:00 UTC\n"
      "\ntags\n  loc  lab\n"
      "\nproperties as reported\n"
      "  name    value      time\n"
      "  Light   1          2023-11-14 22:13:20 UTC\n"
      "  Colour  {\"Red\":2}  -\n"
      "\nproperties as desired\n"
      "  name   value  version\n"
      "  Light  0      4\n");
}

TEST(console_tables, show_answers_of_devices) {
  EXPECT_EQ(printed({"set", "a1/d", "x=1"}, R"({"code":200,"data":{}})"), "a1/d: 200 success\n");
  EXPECT_EQ(printed({"get", "a1/d", "x"}, R"({"code":200,"data":{"x":1,"c":{"Red":2}}})"),
            "x      1\nc.Red  2\n");
  EXPECT_EQ(printed({"call", "a1/d", "S"}, R"({"code":200,"data":{"out":"a\u001b[2Jb"}})"),
            "out  a\\x1b[2Jb\n");
  EXPECT_EQ(printed({"rrpc", "a1/d", "x"}, R"({"code":200,"data":"21 °C\n","dataBase64":"-"})"),
            "21 °C\n\n");
  EXPECT_EQ(printed({"rrpc", "a1/d", "x"}, R"({"code":200,"data":null,"dataBase64":"AP8="})"),
            "base64 AP8=\n");
}

TEST(console_tables, show_what_was_done) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> table{
      {{"desired", "a1/d", "x=1"}, "a1/d: desired from now on\n"},
      {{"kick", "a1/d"}, "a1/d is cut off and may come back\n"},
      {{"disable", "a1/d"}, "a1/d is disabled\n"},
      {{"enable", "a1/d"}, "a1/d is enabled\n"},
      {{"delete", "a1/d"}, "a1/d is deleted\n"},
      {{"add", "a1/d"}, "a1/d is registered\n"},
      {{"publish", "/a1/d/x", "p"}, "published on /a1/d/x\n"},
      {{"product", "a1", "--name", "n"}, "product a1 is saved\n"},
      {{"shadow", "a1/d", "--set", "x=1"}, "the shadow of a1/d is updated\n"}};
  for (const auto& [line, text] : table) {
    EXPECT_EQ(printed(line, "{}"), text);
  }
  EXPECT_EQ(printed({"broadcast", "a1", "/t", "p"}, R"({"devices":1})"),
            "sent to 1 device of a1\n");
  EXPECT_EQ(printed({"add", "a1/d"}, R"({"deviceSecret":"0123"})"),
            "a1/d is registered\n  deviceSecret  0123\nthe secret is shown this once; keep it\n");
}

TEST(console_tables, show_a_gateways_answer) {
  EXPECT_EQ(printed({"invite", "a1/gw", "a2/d"}, R"({"code":200,"data":{}})"),
            "a1/gw: 200 success\n");
  EXPECT_EQ(printed({"permit", "a1/gw"}, R"({"code":200,"data":{}})"), "a1/gw: 200 success\n");
}

TEST(console_tables, show_topic_classes_and_whose_they_are) {
  EXPECT_EQ(printed({"topic", "a1"}, R"({"classes":[{"class":"c1","allow":"both","own":true},)"
                                     R"({"class":"get","allow":"sub","own":false},)"
                                     R"({"class":"update","allow":"pub","own":false}]})"),
            "class   devices may         defined\n"
            "c1      publish, subscribe  for this product\n"
            "get     subscribe           for all\n"
            "update  publish             for all\n");
  EXPECT_EQ(printed({"topic", "a1", "c1", "--allow", "pub"}, "{}"), "class c1 is saved\n");
  EXPECT_EQ(printed({"topic", "a1", "c1", "--delete"}, "{}"), "class c1 is deleted\n");
}

TEST(console_devices, of_a_product_that_there_is_not_are_an_error) {
  scripted_admin twin;
  twin.give(R"({"devices":[],"next":null})");
  twin.give(std::string{one_product});
  const auto o = outcome_of(twin, {"devices", "--product", "nope"});
  EXPECT_EQ(o.code, exit_code::expectation_failed);
  EXPECT_EQ(o.out, "");
  EXPECT_EQ(o.errors, "fleet cloud devices: unknown-product: nope; fleet cloud products lists all "
                      "of them\n");
  twin.give(R"({"devices":[],"next":null})");
  twin.give(std::string{one_product});
  EXPECT_EQ(outcome_of(twin, {"devices", "--product", "a1"}).code, exit_code::passed)
      << "there are none, and the product is there";
}

TEST(console_tables, tell_the_versions_of_what_is_desired_by_a_heading) {
  EXPECT_EQ(printed({"desired", "a1/d", "LightSwitch=0"}, R"({"LightSwitch":1})"),
            "a1/d: desired from now on\n"
            "  name         version\n"
            "  LightSwitch  1\n");
}

TEST(console_tables, show_shadow_desired_and_status) {
  EXPECT_EQ(printed({"shadow", "a1/d"}, R"({"state":{"reported":{"a":[1, 2],"b":"x:{"}},"m":{}})"),
            "{\n  \"state\": {\n    \"reported\": {\n      \"a\": [\n        1,\n        2\n"
            "      ],\n      \"b\": \"x:{\"\n    }\n  },\n  \"m\": {}\n}\n");
  EXPECT_EQ(printed({"desired", "a1/d"}, R"({"desired":{}})"), "a1/d: nothing is desired\n");
  EXPECT_EQ(
      printed({"status"}, R"({"version":"0.1.0","uptimeMs":61000,"counters":{"received":5}})"),
      "up for             1m1s\nversion            0.1.0\nuptimeMs           61000\n"
      "counters.received  5\n");
}

TEST(console_tables, hold_nothing_that_a_terminal_obeys) {
  const std::string text = printed(
      {"devices"}, "{\"devices\":[{\"productKey\":\"a1\",\"deviceName\":\"d\\u001b]0;x\\u0007\","
                   "\"state\":\"on\\u202eline\",\"firmwareVersion\":\"\\u009b2J\\r\\n\"}]}");
  EXPECT_NE(text.find("a1/d\\x1b]0;x\\x07"), std::string::npos) << text;
  EXPECT_NE(text.find("on\\xe2\\x80\\xaeline"), std::string::npos) << text;
  EXPECT_NE(text.find("\\xc2\\x9b2J\\x0d\\x0a"), std::string::npos) << text;
}

TEST(console_json, is_the_answer_as_it_came) {
  EXPECT_EQ(printed({"get", "a1/d", "x", "--json"}, R"({"code":200, "data":{"x":1}})"),
            "{\"code\":200, \"data\":{\"x\":1}}\n");
  scripted_admin twin;
  twin.give(404, R"({"error":"unknown-device","detail":"no d"})");
  const auto o = outcome_of(twin, {"kick", "a1/d", "--json"});
  EXPECT_EQ(o.code, exit_code::expectation_failed);
  EXPECT_EQ(o.out, "{\"error\":\"unknown-device\",\"detail\":\"no d\"}\n");
  EXPECT_EQ(o.errors, "fleet cloud kick: unknown-device: no d\n");
}

TEST(console_errors, tell_who_said_no_with_code_and_text) {
  const std::vector<std::tuple<std::uint16_t, std::string, std::string>> table{
      {200, R"({"code":460,"data":{}})", "a1/d answered 460 request parameter error"},
      {200, R"({"code":100001,"data":{"why":"hot"}})",
       R"(a1/d answered 100001 device defined: {"why":"hot"})"},
      {504, R"({"error":"timed-out","detail":""})", "timed-out"},
      {403, R"({"error":"refused","detail":"x is read-only"})", "refused: x is read-only"},
      {401, R"({"error":"unauthorized","detail":"a token is needed"})",
       "unauthorized: a token is needed (it comes from --token-file or FLEET_ADMIN_TOKEN)"},
      {409, R"({"error":"offline\u001b[0m"})", "offline\\x1b[0m"}};
  for (const auto& [status, body, sentence] : table) {
    scripted_admin twin;
    twin.give(status, body);
    const auto o = outcome_of(twin, {"set", "a1/d", "x=1"});
    EXPECT_EQ(o.code, exit_code::expectation_failed);
    EXPECT_EQ(o.out, "");
    EXPECT_EQ(o.errors, "fleet cloud set: " + sentence + "\n");
  }
}

TEST(console_errors, tell_what_is_no_admin_api) {
  for (const auto& [status, body, why] : std::vector<std::tuple<int, std::string, std::string>>{
           {404, "<html>", "HTTP 404"},
           {500, "", "HTTP 500"},
           {200, "<html>", "HTTP 200 without JSON"},
           {302, "{}", "HTTP 302"},
           {200, "[]", "the answer has another form than it should"},
           {200, "{}", "the answer has another form than it should"}}) {
    scripted_admin twin;
    twin.give(static_cast<std::uint16_t>(status), body);
    const auto o = outcome_of(twin, {"device", "a1/d"});
    EXPECT_EQ(o.code, exit_code::environment_failed);
    EXPECT_EQ(o.errors, "fleet cloud device: what is at http://twin does not answer as a twin's "
                        "admin API: "
                            + why + "\n");
  }
  scripted_admin nobody;
  const auto o = outcome_of(nobody, {"status"});
  EXPECT_EQ(o.code, exit_code::environment_failed);
  EXPECT_EQ(o.errors, "fleet cloud status: nobody is there\n");
}

TEST(console_devices, come_page_by_page_up_to_the_limit) {
  const auto page = [](int first, int count, const std::string& next) {
    std::string out = "{\"devices\":[";
    for (int i = 0; i < count; ++i) {
      out += (i == 0 ? "" : ",");
      out += R"({"productKey":"a1","deviceName":"d)" + std::to_string(first + i) + "\"}";
    }
    return out + "],\"next\":" + next + "}";
  };
  scripted_admin twin;
  twin.give(page(0, 500, "700"));
  twin.give(page(500, 2, "null"));
  const auto all = outcome_of(twin, {"devices", "--json"});
  EXPECT_EQ(all.code, exit_code::passed);
  ASSERT_EQ(twin.asked.size(), 2U);
  EXPECT_EQ(twin.asked[0].path, "/v1/devices?from=0&limit=500");
  EXPECT_EQ(twin.asked[1].path, "/v1/devices?from=700&limit=500");
  EXPECT_TRUE(all.out.ends_with(R"({"productKey":"a1","deviceName":"d501"}],"next":null})"
                                "\n"));
  scripted_admin limited;
  limited.give(page(0, 3, "9"));
  const auto few = outcome_of(limited, {"devices", "--limit", "3"});
  EXPECT_EQ(few.code, exit_code::passed);
  EXPECT_EQ(limited.asked.at(0).path, "/v1/devices?from=0&limit=3");
  EXPECT_EQ(few.errors, "there are more than these 3\n");
}

TEST(console_devices, do_not_follow_a_list_that_never_ends) {
  scripted_admin twin;
  twin.give(R"({"devices":[],"next":5})");
  twin.give(R"({"devices":[],"next":5})");
  twin.give(R"({"devices":[],"next":5})");
  EXPECT_EQ(outcome_of(twin, {"devices"}).code, exit_code::environment_failed);
  EXPECT_EQ(twin.asked.size(), 2U);
}

TEST(console_device_names, are_completed_by_the_one_product_that_has_them) {
  scripted_admin twin;
  twin.give(R"({"products":[{"productKey":"a1"},{"productKey":"a2"}]})");
  twin.give(404, R"({"error":"unknown-device"})");
  twin.give(R"({"productKey":"a2","deviceName":"d"})");
  twin.give("{}");
  const auto o = outcome_of(twin, {"kick", "d"});
  EXPECT_EQ(o.code, exit_code::passed) << o.errors;
  ASSERT_EQ(twin.asked.size(), 4U);
  EXPECT_EQ(twin.asked[1].path, "/v1/devices/a1/d");
  EXPECT_EQ(twin.asked[3].path, "/v1/devices/a2/d/kick");
  EXPECT_EQ(o.out, "a2/d is cut off and may come back\n");
}

TEST(console_device_names, are_refused_where_none_or_several_products_have_them) {
  scripted_admin none;
  none.give(std::string{one_product});
  none.give(404, R"({"error":"unknown-device"})");
  const auto unknown = outcome_of(none, {"kick", "d"});
  EXPECT_EQ(unknown.code, exit_code::expectation_failed);
  EXPECT_EQ(unknown.errors, "fleet cloud kick: unknown-device: no product has a device d\n");
  scripted_admin two;
  two.give(R"({"products":[{"productKey":"a1"},{"productKey":"a2"}]})");
  two.give("{}");
  two.give("{}");
  const auto many = outcome_of(two, {"kick", "d"});
  EXPECT_EQ(many.code, exit_code::wrong_usage);
  EXPECT_EQ(many.errors, "fleet cloud kick: 2 products have a device d; write a1/d or a2/d\n");
  EXPECT_EQ(two.asked.size(), 3U);
}

TEST(console_product, is_shown_where_nothing_of_it_is_given) {
  EXPECT_EQ(printed({"product", "a1"}, std::string{one_product}),
            "productKey  a1\nname        -\ndevices     3\nonline      1\nhasModel    true\n");
  scripted_admin twin;
  twin.give(std::string{one_product});
  const auto o = outcome_of(twin, {"product", "a2"});
  EXPECT_EQ(o.code, exit_code::expectation_failed);
  EXPECT_EQ(o.errors, "fleet cloud product: unknown-product: a2; --name or --model adds it\n");
}

TEST(console_files, are_read_before_anything_is_asked) {
  support::temp_folder folder;
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{{"config", "a1", folder / "none"},
                                             {"product", "a1", "--model", folder / "none"},
                                             {"publish", "/t", "--file", folder / "none"},
                                             {"add", "a1/d", "--secret-file", folder / "none"},
                                             {"import", folder / "none"}}) {
    scripted_admin twin;
    const auto o = outcome_of(twin, line);
    EXPECT_EQ(o.code, exit_code::wrong_usage);
    EXPECT_NE(o.errors.find("none: cannot be opened"), std::string::npos) << o.errors;
    EXPECT_TRUE(twin.asked.empty());
  }
  write(folder / "secret", "two words\n");
  scripted_admin twin;
  const auto o = outcome_of(twin, {"add", "a1/d", "--secret-file", folder / "secret"});
  EXPECT_EQ(o.code, exit_code::wrong_usage);
  EXPECT_EQ(o.errors.find("two words"), std::string::npos);
  EXPECT_TRUE(twin.asked.empty());
}

TEST(console_files, go_out_as_they_are) {
  support::temp_folder folder;
  write(folder / "payload", std::string_view{"a\n\0", 3});
  scripted_admin twin;
  twin.give("{}");
  (void)outcome_of(twin, {"publish", "/t", "--file", folder / "payload"});
  EXPECT_EQ(twin.asked.at(0).body, R"({"topic":"/t","payload":"a\n\u0000","qos":0})");
  write(folder / "secret", "s3cret\n");
  twin.give("{}");
  (void)outcome_of(twin, {"add", "a1/d", "--secret-file", folder / "secret"});
  EXPECT_NE(twin.asked.at(1).body.find("\"deviceSecret\":\"s3cret\""), std::string::npos);
}

TEST(console_import, checks_the_file_and_adds_up_what_the_twin_tells) {
  support::temp_folder folder;
  write(folder / "bad.csv", "ProductKey,DeviceName,DeviceSecret\na1,d,\n");
  scripted_admin twin;
  const auto bad = outcome_of(twin, {"import", folder / "bad.csv"});
  EXPECT_EQ(bad.code, exit_code::wrong_usage);
  EXPECT_NE(bad.errors.find("bad.csv:2:"), std::string::npos) << bad.errors;
  EXPECT_TRUE(twin.asked.empty());
  std::string large = "ProductKey,DeviceName,DeviceSecret\n";
  for (int i = 0; i < 20'000; ++i) {
    large += "a1FleetDemo,device_" + std::to_string(i) + ",0123456789abcdef0123456789abcdef\n";
  }
  write(folder / "large.csv", large);
  twin.give(R"({"added":3,"existing":1})");
  twin.give(R"({"added":4,"existing":0})");
  const auto good = outcome_of(twin, {"import", folder / "large.csv"});
  EXPECT_EQ(good.code, exit_code::passed) << good.errors;
  EXPECT_EQ(good.out, "imported\n  added     7\n  existing  1\n");
  ASSERT_EQ(twin.asked.size(), 2U);
  EXPECT_LE(twin.asked[0].body.size(), admin_body_max);
  twin.give(R"({"added":3,"existing":1})");
  twin.give(503, R"({"error":"busy"})");
  const auto half = outcome_of(twin, {"import", folder / "large.csv"});
  EXPECT_EQ(half.code, exit_code::expectation_failed);
  EXPECT_EQ(half.errors, "fleet cloud import: busy\nthe first 1 pieces of the file are in\n");
}

TEST(admin_urls, are_whole_or_a_host_and_port) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"127.0.0.1:18830", "http://127.0.0.1:18830"},
      {"https://twin.example/", "https://twin.example"},
      {"http://[::1]:8/fleet//", "http://[::1]:8/fleet"}};
  for (const auto& [word, text] : table) {
    const auto at = parse_admin(word);
    ASSERT_TRUE(at) << word << " " << at.error();
    EXPECT_EQ(admin_text(at.value()), text);
  }
  EXPECT_EQ(parse_admin("http://h/?a=1").error(), "must not have a query");
  EXPECT_EQ(parse_admin("http://").error(), "names no host");
}

TEST(admin_targets, come_from_flags_before_the_environment) {
  support::temp_folder folder;
  write(folder / "token", "from-file\n");
  ASSERT_EQ(::setenv("FLEET_ADMIN", "http://env:1", 1), 0);
  ASSERT_EQ(::setenv("FLEET_ADMIN_TOKEN", "from-env", 1), 0);
  console_reach reach;
  auto target = find_admin(reach);
  ASSERT_TRUE(target);
  EXPECT_EQ(admin_text(target.value().at), "http://env:1");
  EXPECT_EQ(target.value().token, "from-env");
  reach.admin = "http://flag:2";
  reach.token_file = folder / "token";
  target = find_admin(reach);
  ASSERT_TRUE(target);
  EXPECT_EQ(admin_text(target.value().at), "http://flag:2");
  EXPECT_EQ(target.value().token, "from-file");
  ASSERT_EQ(::setenv("FLEET_ADMIN_TOKEN", "two words", 1), 0);
  reach.token_file.clear();
  EXPECT_EQ(find_admin(reach).error(),
            "FLEET_ADMIN_TOKEN holds more than one token, or characters that no token has");
  ASSERT_EQ(::unsetenv("FLEET_ADMIN_TOKEN"), 0);
  ASSERT_EQ(::unsetenv("FLEET_ADMIN"), 0);
  reach.admin.clear();
  target = find_admin(reach);
  ASSERT_TRUE(target);
  EXPECT_EQ(admin_text(target.value().at), default_admin);
  EXPECT_EQ(target.value().token, "");
}

} // namespace fleet::program
