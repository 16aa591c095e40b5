// Firmware and campaigns from request to exit code, against answers given by hand.
#include "fleet/console/rollout_command.hpp"

#include <fstream>

#include "fleet/console/rollout_render.hpp"
#include "fleet/console/rollout_request.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/program/rollout_rig.hpp"

namespace fleet::program {

using namespace test;

TEST(rollout, has_firmware_generated_listed_and_deleted) {
  scripted_admin twin;
  twin.give(201, firmware(1024, 1024, "x"));
  auto o = outcome_of(twin,
                      {"firmware", "add", "--generate", "1KiB", "--seed", "7", "--product", "a1",
                       "--version", "2.0.0", "--sign-method", "sha256", "--fault", "wrong_digest"});
  EXPECT_EQ(twin.asked.back().body,
            R"({"productKey":"a1","version":"2.0.0","size":1024,)"
            R"("signMethod":"SHA256","generate":7,"fault":"wrong_digest"})");
  EXPECT_TRUE(o.out.starts_with("firmware 4 is made from seed 7\n")) << o.out;
  twin.give(R"({"firmware":[)" + firmware(2048, 512) + "]}");
  o = outcome_of(twin, {"firmware", "list"});
  EXPECT_EQ(o.out,
            "firmware  product  version  module   size  state          fault  md5  downloads\n"
            "4         a1       2.0.0    default  2KiB  uploading 25%  -      -    3\n");
  const std::string bad = R"({"id":4,"version":"2","state":"ready","fault":"unbootable"})";
  EXPECT_NE(render_firmware(read_firmware(bad).value()).find("fault         unbootable"),
            std::string::npos);
  EXPECT_NE(render_firmware_list({read_firmware(bad).value()}).find("unbootable"),
            std::string::npos);
  twin.give("{}");
  o = outcome_of(twin, {"firmware", "delete", "4"});
  EXPECT_EQ(o.out, "firmware 4 is deleted\n");
  EXPECT_EQ(twin.asked.back().method + " " + twin.asked.back().path, "DELETE /v1/firmware/4");
  twin.give(409, R"({"error":"busy","detail":"campaign 1 uses it"})");
  o = outcome_of(twin, {"firmware", "delete", "4"});
  EXPECT_EQ(o.code, exit_code::expectation_failed);
  EXPECT_EQ(o.errors, "fleet cloud firmware delete: busy: campaign 1 uses it\n");
}

TEST(rollout, makes_a_campaign_of_what_was_said) {
  scripted_admin twin;
  twin.give(201, campaign({}));
  auto o = outcome_of(twin, {"campaign", "start", "--firmware", "4"});
  EXPECT_EQ(o.code, exit_code::passed) << o.errors;
  EXPECT_EQ(twin.asked.back().path, "/v1/campaigns");
  EXPECT_EQ(twin.asked.back().body, R"({"firmware":4,"start":true})");
  twin.give(201, campaign({.state = "ready"}));
  o = outcome_of(twin, {"campaign", "start",        "--firmware",  "4",
                        "--later",  "--name",       "r1",          "--percent",
                        "12.5%",    "--versions",   "1.0.0,\"x",   "--devices",
                        "d1, d2",   "--waves",      "0.1,100%",    "--rate",
                        "5/s",      "--under-way",  "500",         "--halt-at",
                        "10%",      "--halt-after", "3",           "--retries",
                        "0",        "--attempt",    "1h",          "--wave-pause",
                        "0s",       "--wave-done",  "99.5%",       "--retry-after",
                        "1m",       "--take-over",  "--wave-most", "1h"});
  EXPECT_EQ(
      twin.asked.back().body,
      R"({"firmware":4,"name":"r1","select":{"percent":12.5,"versions":["1.0.0","\"x"],)"
      R"("devices":["d1","d2"]},"waves":[0.1,100],"offersPerSecond":5,"underWay":500,)"
      R"("haltPermille":100,"haltAfter":3,"retries":0,"retryAfterSeconds":60,)"
      R"("attemptSeconds":3600,"wavePauseSeconds":0,"waveDonePermille":995,"waveMostSeconds":3600,)"
      R"("takeOver":true,"start":false})");
  EXPECT_TRUE(o.out.starts_with("campaign 2 is made\n")) << o.out;
}

TEST(rollout, takes_devices_from_a_file) {
  const support::temp_folder folder;
  scripted_admin twin;
  std::ofstream{folder / "some.list"} << "# the first floor\nd1\r\n\n  d2\nd3,d4\n";
  twin.give(201, campaign({}));
  auto o =
      outcome_of(twin, {"campaign", "start", "--firmware", "4", "--devices", folder / "some.list"});
  EXPECT_NE(twin.asked.back().body.find(R"("devices":["d1","d2","d3","d4"])"), std::string::npos)
      << twin.asked.back().body;
  o = outcome_of(twin, {"campaign", "start", "--firmware", "4", "--devices", "none.txt"});
  EXPECT_EQ(o.code, exit_code::wrong_usage);
  EXPECT_NE(o.errors.find("none.txt: cannot be opened"), std::string::npos) << o.errors;
  o = outcome_of(twin, {"campaign", "start", "--firmware", "4", "--devices", "a b"});
  EXPECT_EQ(o.errors, "fleet cloud campaign start: --devices: \"a b\" is no DeviceName\n");
  std::string many;
  for (std::size_t i = 0; i <= listed_names_max; ++i) {
    many += fmt::format("d{}\n", i);
  }
  std::ofstream{folder / "many.list"} << many;
  o = outcome_of(twin, {"campaign", "start", "--firmware", "4", "--devices", folder / "many.list"});
  EXPECT_NE(o.errors.find("more than 10000 DeviceNames"), std::string::npos) << o.errors;
  EXPECT_EQ(twin.asked.size(), 1U);
}

TEST(rollout, orders_campaigns_by_their_routes) {
  for (const auto& [verb, sentence] :
       {std::pair{"start", "is started"}, std::pair{"halt", "is halted"},
        std::pair{"resume", "goes on"}, std::pair{"cancel", "is cancelled"},
        std::pair{"retry", "tries again what failed"}}) {
    scripted_admin twin;
    twin.give(campaign({}));
    const auto o = outcome_of(twin, {"campaign", verb, "2"});
    EXPECT_EQ(o.code, exit_code::passed) << o.errors;
    EXPECT_EQ(twin.asked.back().method + " " + twin.asked.back().path,
              std::string{"POST /v1/campaigns/2/"} + verb);
    EXPECT_TRUE(o.out.starts_with(std::string{"campaign 2 "} + sentence + "\n")) << o.out;
  }
  scripted_admin twin;
  twin.give("{}");
  EXPECT_EQ(outcome_of(twin, {"campaign", "delete", "2"}).out, "campaign 2 is deleted\n");
  EXPECT_EQ(twin.asked.back().method + " " + twin.asked.back().path, "DELETE /v1/campaigns/2");
}

TEST(rollout, shows_a_campaign_with_its_causes) {
  scripted_admin twin;
  twin.give(campaign({.state = "halted",
                      .wave = 1,
                      .waiting = 1200,
                      .succeeded = 20,
                      .failed = 5,
                      .why = "5 of 25 attempts failed"}));
  const auto o = outcome_of(twin, {"campaign", "status", "2"});
  EXPECT_EQ(o.out, "campaign                            2 r1\n"
                   "firmware                            4: a1 2.0.0\n"
                   "state                               halted\n"
                   "why                                 5 of 25 attempts failed\n"
                   "wave                                2 of 3\n"
                   "devices                             1,225\n"
                   "  waiting                           1,200\n"
                   "  offered                           0\n"
                   "  upgrading                         0\n"
                   "  succeeded                         20\n"
                   "  failed                            5\n"
                   "    the device said so              5\n"
                   "      step -2, the download failed  5\n"
                   "  cancelled                         0\n"
                   "attempts                            20 succeeded, 5 failed\n");
}

TEST(rollout, lists_the_devices_of_a_campaign_page_by_page) {
  const std::string one = R"({"productKey":"a1","deviceName":"d1","state":"failed","cause":"step",)"
                          R"("step":-3,"attempts":2,"wave":0,"online":true,"version":"1.0.0"})";
  const std::string other = R"({"productKey":"a1","deviceName":"d2","state":"waiting",)"
                            R"("cause":"none","step":0,"attempts":0,"wave":2,"online":false,)"
                            R"("version":""})";
  scripted_admin twin;
  twin.give(R"({"campaigns":[)" + campaign({.succeeded = 1}) + "]}");
  auto o = outcome_of(twin, {"campaign", "list"});
  EXPECT_EQ(o.out,
            "campaign  name  firmware  product  version  state    wave    devices  succeeded  "
            "failed\n"
            "2         r1    4         a1       2.0.0    running  1 of 3  1        1          0\n");
  const auto pages = [&] {
    twin.give(campaign({}));
    twin.give(R"({"devices":[)" + one + R"(],"next":7})");
    twin.give(R"({"devices":[)" + other + R"(],"next":null})");
  };
  pages();
  o = outcome_of(twin, {"campaign", "status", "2", "--devices", "--state", "failed"});
  EXPECT_EQ(twin.asked[2].path, "/v1/campaigns/2/devices?from=0&limit=500&state=failed");
  EXPECT_EQ(twin.asked[3].path, "/v1/campaigns/2/devices?from=7&limit=500&state=failed");
  EXPECT_NE(
      o.out.find("\n\n"
                 "device  state    cause               step  attempts  wave  online  version\n"
                 "a1/d1   failed   the device said so  -3    2         1     yes     1.0.0\n"
                 "a1/d2   waiting  -                   0     0         3     no      -\n"),
      std::string::npos)
      << o.out;
  pages();
  o = outcome_of(twin, {"campaign", "status", "2", "--devices", "--json"});
  EXPECT_EQ(o.out, "{\"devices\":[" + one + "," + other + "]}\n");
  twin.give(campaign({}));
  twin.give(R"({"devices":[],"next":0})");
  o = outcome_of(twin, {"campaign", "status", "2", "--devices"});
  EXPECT_EQ(o.code, exit_code::environment_failed);
}

} // namespace fleet::program
