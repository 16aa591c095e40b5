// The admin API's routes for firmware and campaigns, with the vendor's platform behind them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud_sim/web/admin.hpp"
#include "cloud_sim/web/service.hpp"
#include "tests/support/platform_rig.hpp"
#include "tests/support/web_rig.hpp"

namespace fleet::cloud {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

twin_options serving() {
  twin_options o;
  o.platform.firmware.url = "https://cloud/firmware/";
  return o;
}

struct admin_firmware : testing::Test {
  admin_firmware() {
    const auto at = service.listen({.at = hal::parse_address("127.0.0.1:80").value()});
    FLEET_CHECK(at.ok());
    api.guard_with({"", at.value()});
    door = at.value();
  }
  ~admin_firmware() override { client.reset(); }
  std::string ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    client = std::make_unique<support::web_client>(rig.bench.world.home(), door);
    rig.bench.settle();
    client->send({.method = method, .target = target, .host = "localhost", .body = as_bytes(body)});
    rig.bench.settle(std::chrono::seconds{1});
    if (client->answers.empty()) {
      return "nothing";
    }
    return std::to_string(client->answers.front().status) + " " + client->answers.front().body;
  }
  std::string add(std::string_view more = "") {
    return ask("POST", "/v1/firmware",
               R"({"productKey":"a1LampPk001","version":"2.0.0","size":1000,"generate":7)"
                   + std::string{more} + "}");
  }

  support::platform_rig rig{serving()};
  admin_api api{rig.bench.world.home(), rig.bench.twin->console(),
                admin_facts{"0", "linkdevelop", &rig.bench.twin->counters(), nullptr,
                            rig.bench.twin->firmware()}};
  web_service service{rig.bench.world.home(), api};
  hal::address door;
  std::unique_ptr<support::web_client> client;
};

TEST_F(admin_firmware, is_generated_listed_shown_and_deleted) {
  EXPECT_EQ(ask("GET", "/v1/firmware"), R"(200 {"firmware":[]})");
  const auto made = add();
  EXPECT_THAT(made, StartsWith(R"(201 {"id":1,"productKey":"a1LampPk001","version":"2.0.0",)"
                               R"("module":"default","size":1000,"received":1000,)"
                               R"("state":"ready","md5":")"));
  EXPECT_THAT(made, HasSubstr(R"("signMethod":"Md5","downloads":0,"octetsSent":0})"));
  EXPECT_EQ(ask("GET", "/v1/firmware/1"), "200" + made.substr(3));
  EXPECT_EQ(ask("GET", "/v1/firmware"), R"(200 {"firmware":[)" + made.substr(4) + "]}");
  EXPECT_THAT(add(R"(,"signMethod":"SHA256","module":"MCU","fault":"stall")"),
              HasSubstr(R"("module":"MCU","size":1000)"));
  EXPECT_THAT(ask("GET", "/v1/firmware/2"),
              HasSubstr(R"("signMethod":"SHA256","fault":"stall","downloads")"));
  EXPECT_EQ(ask("DELETE", "/v1/firmware/1"), "200 {}");
  EXPECT_THAT(ask("GET", "/v1/firmware/1"), StartsWith(R"(404 {"error":"unknown-firmware")"));
  EXPECT_THAT(ask("DELETE", "/v1/firmware/1"), StartsWith("404 "));
}

TEST_F(admin_firmware, is_uploaded_in_pieces_and_goes_on_where_it_was) {
  EXPECT_THAT(
      ask("POST", "/v1/firmware", R"({"productKey":"a1LampPk001","version":"3","size":10})"),
      HasSubstr(R"("received":0,"state":"uploading","md5":"")"));
  EXPECT_THAT(ask("PUT", "/v1/firmware/1/content?offset=0", "hello"),
              AllOf(StartsWith("200 "), HasSubstr(R"("received":5,"state":"uploading")")));
  EXPECT_THAT(ask("PUT", "/v1/firmware/1/content?offset=6", "orld"),
              HasSubstr("goes on at octet 5"));
  EXPECT_THAT(
      ask("PUT", "/v1/firmware/1/content?offset=5", "world"),
      HasSubstr(R"("received":10,"state":"ready","md5":"fc5e038d38a57032085441e7fe7010b0")"));
  EXPECT_THAT(ask("PUT", "/v1/firmware/1/content?offset=x", "world"), StartsWith("400 "));
  EXPECT_THAT(ask("PUT", "/v1/firmware/1/content?at=5", "world"), StartsWith("400 "));
  EXPECT_THAT(ask("PUT", "/v1/firmware/9/content", "world"), StartsWith("404 "));
}

TEST_F(admin_firmware, takes_pieces_of_a_mebibyte_and_no_larger_ones) {
  const std::string piece(1U << 20, 'p');
  ASSERT_THAT(
      ask("POST", "/v1/firmware", R"({"productKey":"a1LampPk001","version":"3","size":2097152})"),
      StartsWith("201 "));
  EXPECT_THAT(ask("PUT", "/v1/firmware/1/content", piece), HasSubstr(R"("received":1048576)"));
  EXPECT_THAT(ask("PUT", "/v1/firmware/1/content?offset=1048576", piece + "p"), StartsWith("413"));
  EXPECT_THAT(ask("PUT", "/v1/firmware/1/content?offset=1048576", piece),
              HasSubstr(R"("state":"ready")"));
}

TEST_F(admin_firmware, refuses_orders_that_cannot_be_read) {
  for (const std::string_view body :
       {R"({"productKey":"a1LampPk001","version":"2"})",
        R"({"productKey":"a1LampPk001","version":"2","size":-1})",
        R"({"productKey":"a1LampPk001","version":"2","size":268435457})",
        R"({"productKey":"a1LampPk001","version":2,"size":5})",
        R"({"productKey":"a1LampPk001","size":5})", R"({"version":"2","size":5})",
        R"({"productKey":"a1LampPk001","version":"2","size":5,"signMethod":"md4"})",
        R"({"productKey":"a1LampPk001","version":"2","size":5,"fault":"bad"})",
        R"({"productKey":"a1LampPk001","version":"2","size":5,"fault":"status","status":200})",
        R"({"productKey":"a1LampPk001","version":"2","size":5,"generate":"x"})",
        R"({"productKey":"a1LampPk001","version":"2","size":5,"what":1})", "[]", "{", ""}) {
    EXPECT_THAT(ask("POST", "/v1/firmware", body), StartsWith(R"(400 {"error":"malformed")"))
        << body;
  }
  EXPECT_THAT(ask("POST", "/v1/firmware", R"({"productKey":"no","version":"2","size":5})"),
              StartsWith(R"(404 {"error":"unknown-product")"));
  EXPECT_THAT(ask("GET", "/v1/firmware/x"), StartsWith("400 "));
  EXPECT_THAT(ask("GET", "/v1/firmware"), R"(200 {"firmware":[]})");
}

TEST_F(admin_firmware, is_rolled_out_by_a_campaign) {
  ASSERT_THAT(add(), StartsWith("201 "));
  const auto made =
      ask("POST", "/v1/campaigns",
          R"({"firmware":1,"name":"r1","select":{"percent":100,"versions":["1.0.0"],)"
          R"("devices":["lamp_1","lamp_0"]},"waves":[10,50.5,100],"offersPerSecond":5,)"
          R"("underWay":500,"haltPermille":100,"haltAfter":10,"retries":1,"retryAfterSeconds":60,)"
          R"("attemptSeconds":3600,"wavePauseSeconds":1.5,"waveDonePermille":1000,)"
          R"("takeOver":false,"start":true})");
  EXPECT_THAT(made, StartsWith(R"(201 {"id":1,"name":"r1","firmware":1,"productKey":"a1LampPk001",)"
                               R"("version":"2.0.0","state":"running","haltedBy":"none",)"
                               R"("why":"no attempt has ended that it could be halted by, )"));
  EXPECT_THAT(made, HasSubstr(R"("waves":3,"devices":2,"already":0,"waiting":2,"offered":0,)"
                              R"("upgrading":0,"succeeded":0,"failed":0,"cancelled":0,)"
                              R"("attemptsFailed":0,"attemptsSucceeded":0,)"
                              R"("causes":{"step":0,"timed_out":0,"old_version":0},)"
                              R"("steps":{"-1":0,"-2":0,"-3":0,"-4":0}})"));
  EXPECT_EQ(ask("GET", "/v1/campaigns/1"), "200" + made.substr(3));
  EXPECT_EQ(ask("GET", "/v1/campaigns"), R"(200 {"campaigns":[)" + made.substr(4) + "]}");
  EXPECT_THAT(ask("GET", "/v1/campaigns/1/devices?limit=1"),
              AllOf(StartsWith(R"(200 {"devices":[{"productKey":"a1LampPk001",)"
                               R"("deviceName":"lamp_0","state":"waiting","cause":"none",)"
                               R"("step":0,"attempts":0,"wave":)"),
                    HasSubstr(R"("online":false,"version":""}],"next":1})")));
  EXPECT_THAT(ask("GET", "/v1/campaigns/1/devices?from=1&state=waiting"),
              AllOf(HasSubstr(R"("deviceName":"lamp_1")"), HasSubstr(R"(],"next":null})")));
  EXPECT_EQ(ask("GET", "/v1/campaigns/1/devices?state=failed"),
            R"(200 {"devices":[],"next":null})");
  EXPECT_THAT(ask("POST", "/v1/campaigns/1/halt"),
              HasSubstr(R"("state":"halted","haltedBy":"by_hand","why":"halted by hand")"));
  EXPECT_THAT(ask("POST", "/v1/campaigns/1/start"), StartsWith(R"(403 {"error":"refused")"));
  EXPECT_THAT(ask("POST", "/v1/campaigns/1/resume"), HasSubstr(R"("state":"running")"));
  EXPECT_THAT(ask("POST", "/v1/campaigns/1/retry"), StartsWith("200 "));
  EXPECT_THAT(ask("DELETE", "/v1/firmware/1"), StartsWith("403 "));
  EXPECT_THAT(ask("POST", "/v1/campaigns/1/cancel"), HasSubstr(R"("cancelled":2)"));
  EXPECT_EQ(ask("DELETE", "/v1/campaigns/1"), "200 {}");
  EXPECT_THAT(ask("GET", "/v1/campaigns/1"), StartsWith(R"(404 {"error":"unknown-campaign")"));
  EXPECT_THAT(ask("POST", "/v1/campaigns/1/halt"), StartsWith("404 "));
  EXPECT_THAT(ask("POST", "/v1/campaigns/1/stop"), StartsWith("404 "));
}

TEST_F(admin_firmware, has_campaigns_of_few_words_and_refuses_wrong_ones) {
  ASSERT_THAT(add(), StartsWith("201 "));
  for (const std::string_view rest : {R"("select":{"percent":0})",
                                      R"("select":{"percent":101})",
                                      R"("select":{"percent":0.05})",
                                      R"("select":{"percent":"x"})",
                                      R"("select":[])",
                                      R"("select":{"versions":"1"})",
                                      R"("select":{"devices":[1]})",
                                      R"("select":{"what":1})",
                                      R"("waves":[50])",
                                      R"("waves":[50,50,100])",
                                      R"("waves":[100,50])",
                                      R"("waves":7)",
                                      R"("waves":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,100])",
                                      R"("retries":255)",
                                      R"("haltPermille":1001)",
                                      R"("haltAfter":0)",
                                      R"("waveDonePermille":0)",
                                      R"("attemptSeconds":0)",
                                      R"("attemptSeconds":0.999)",
                                      R"("wavePauseSeconds":1.0005)",
                                      R"("wavePauseSeconds":-0.5)",
                                      R"("wavePauseSeconds":31622401)",
                                      R"("start":1)",
                                      R"("name":1)",
                                      R"("offersPerSecond":-1)"}) {
    EXPECT_THAT(ask("POST", "/v1/campaigns", "{\"firmware\":1," + std::string{rest} + "}"),
                StartsWith(R"(400 {"error":"malformed")"))
        << rest;
  }
  EXPECT_THAT(ask("POST", "/v1/campaigns", R"({"firmware":1,"select":{"devices":["x"]}})"),
              StartsWith(R"(404 {"error":"unknown-device")"));
  EXPECT_THAT(
      ask("POST", "/v1/campaigns",
          R"({"firmware":1,"name":"of one","select":{"devices":["lamp_1"]},"start":false})"),
      HasSubstr(R"("waves":1,"devices":1,"already":0)"));
  EXPECT_THAT(ask("POST", "/v1/campaigns/1/cancel"), StartsWith("200 "));
  EXPECT_EQ(ask("DELETE", "/v1/campaigns/1"), "200 {}");
  EXPECT_THAT(ask("POST", "/v1/campaigns", R"({"firmware":2})"), StartsWith("404 "));
  EXPECT_EQ(ask("GET", "/v1/campaigns"), R"(200 {"campaigns":[]})");
  EXPECT_THAT(ask("POST", "/v1/campaigns", R"({"firmware":1,"start":false})"),
              HasSubstr(R"({"id":2,"name":"campaign-2","firmware":1)"));
  EXPECT_THAT(ask("POST", "/v1/campaigns/2/start"), HasSubstr(R"("state":"running")"));
  EXPECT_THAT(ask("GET", "/v1/campaigns/2/devices?limit=0"), StartsWith("400 "));
  EXPECT_THAT(ask("GET", "/v1/campaigns/2/devices?state=lost"), StartsWith("400 "));
  EXPECT_THAT(ask("GET", "/v1/campaigns/5/devices"), StartsWith("404 "));
}

TEST(admin_firmware_without_platform, is_not_supported) {
  support::fake_console console;
  hal::virtual_world clock;
  admin_api api{clock.home(), &console, admin_facts{"0", "mqtt", nullptr, nullptr, nullptr}};
  support::web_rig web{api};
  api.guard_with({"", web.at});
  for (const std::string_view target : {"/v1/firmware", "/v1/firmware/1", "/v1/campaigns",
                                        "/v1/campaigns/1", "/v1/campaigns/1/devices"}) {
    EXPECT_EQ(web.ask("GET", target).status, 501) << target;
  }
  EXPECT_EQ(web.ask("POST", "/v1/campaigns/1/halt").status, 501);
}

} // namespace
} // namespace fleet::cloud
