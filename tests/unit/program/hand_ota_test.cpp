// `fleet device ota start` against the twin and its firmware server in the virtual world: the order
// and the words of the manual's OTA sample (2.1.3, aliyun-iot.md §22.2), and each way to fail.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "cloud_sim/web/firmware_desk.hpp"
#include "cloud_sim/web/service.hpp"
#include "protocol/ota/generated.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/program/hand_rig.hpp"

namespace fleet::program {

using namespace std::chrono_literals;
using namespace test;

namespace {

constexpr std::uint64_t seed = 7;
constexpr std::uint32_t octets = 20'000;

std::string octets_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

class ota_hand : public testing::Test {
protected:
  ota_hand()
      : desk_(rig_.world.home(), *rig_.twin->firmware_files()), door_(rig_.world.home(), desk_) {
    const auto at = door_.listen({.at = hal::parse_address("127.0.0.1:8080").value()});
    rig_.twin->serve_firmware_at("http://" + at.value().text() + "/firmware/");
    rig_.setup.names.ota = true;
    rig_.setup.scripted = false;
    sample().downloads.http_too = true;
  }
  ~ota_hand() override {
    rig_.device.reset();
    door_.stop();
  }

  ota_setup& sample() {
    if (!rig_.setup.ota) {
      rig_.setup.ota.emplace();
    }
    return *rig_.setup.ota;
  }
  /// Puts a generated firmware into the twin.
  std::uint32_t add(cloud::firmware_fault fault = cloud::firmware_fault::none,
                    content_digest sign = content_digest::md5) {
    cloud::firmware_order order;
    order.product_key = rig_.setup.names.product_key;
    order.version = "2.0.0";
    order.size = octets;
    order.generate = seed;
    order.sign_method = sign;
    order.fault = fault;
    const auto made = rig_.twin->firmware()->add_firmware(order);
    EXPECT_TRUE(made) << made.error().detail;
    return made ? made.value().id : 0;
  }
  /// Starts a campaign of it for the one device.
  std::uint32_t offer(std::uint32_t firmware) {
    cloud::campaign_order order;
    order.firmware = firmware;
    order.device_names = {rig_.setup.names.device_name};
    const auto made = rig_.twin->firmware()->add_campaign(order);
    EXPECT_TRUE(made) << made.error().detail;
    return made ? made.value().id : 0;
  }
  [[nodiscard]] cloud::rollout_state state_of(std::uint32_t campaign) {
    const auto all = rig_.twin->firmware()->campaign_devices(campaign, std::nullopt, 0, 1);
    EXPECT_TRUE(all && all.value().size() == 1);
    return all.value().front().how.state;
  }
  /// An offer that no campaign made.
  void offer_by_hand(std::string_view url, std::string_view more = "") {
    const auto& names = rig_.setup.names;
    const std::string text =
        R"({"code":"1000","data":{"size":5,"version":"3","url":")" + std::string{url}
        + R"(","md5":"5d41402abc4b2a76b9719d911017c592","sign":"5d41402abc4b2a76b9719d911017c592",)"
        + R"("signMethod":"Md5")" + std::string{more} + R"(},"id":1,"message":"success"})";
    const auto sent = rig_.twin->console()->publish("/ota/device/upgrade/" + names.product_key + "/"
                                                        + names.device_name,
                                                    as_bytes(text), mqtt::qos::at_least_once);
    EXPECT_TRUE(sent) << sent.error().detail;
    rig_.run(5s);
  }
  /// The place of the first line that has the text; the number of lines where none does.
  [[nodiscard]] std::size_t place(std::string_view text) const {
    const auto at = std::find_if(rig_.lines.begin(), rig_.lines.end(), [&](const auto& line) {
      return line.find(text) != std::string::npos;
    });
    return static_cast<std::size_t>(at - rig_.lines.begin());
  }
  [[nodiscard]] bool said(std::string_view text) const { return place(text) < rig_.lines.size(); }
  [[nodiscard]] std::string log() const { return rig_.all(); }

  hand_rig rig_;
  cloud::firmware_desk desk_;
  cloud::web_service door_;
};

} // namespace

TEST_F(ota_hand, downloads_and_verifies_in_the_order_and_words_of_the_manual) {
  rig_.boot();
  const strings packets{"→ CONNECT",     "← CONNACK",      "→ SUBSCRIBE id 1",
                        "← SUBACK id 1", "→ PUBLISH id 2", "← PUBACK id 2"};
  ASSERT_EQ(rig_.packets().size(), packets.size()) << log();
  for (std::size_t i = 0; i < packets.size(); ++i) {
    EXPECT_TRUE(rig_.packets()[i].starts_with(packets[i])) << log();
  }
  EXPECT_TRUE(said(R"({"id":0,"params":{"version":"iotx_ver_1.0.0"}})")) << log();
  EXPECT_LT(place("SUBACK"), place("/ota/device/inform"));
  EXPECT_LT(place("/ota/device/inform"), place("wait ota upgrade command...."));
  const auto campaign = offer(add());
  rig_.run(10s);
  std::vector<std::uint8_t> image(octets);
  ota::fill_generated(seed, 0, image);
  const auto md5 = digest_of(content_digest::md5, image).hex();
  const strings order{"an upgrade is offered: version 2.0.0, 20000B, md5 " + md5,
                      R"("step":"0","desc":"Enter in downloading state")",
                      "GET http://127.0.0.1:8080/firmware/1?***",
                      "HTTP 200, 20000B",
                      "Here write OTA data to file....",
                      "origin=" + md5 + ", now=" + md5,
                      R"({"id":0,"params":{"step":"100"}})",
                      R"({"id":0,"params":{"step":"100","desc":"hello"}})",
                      "The firmware is valid! Download firmware successfully.",
                      "OTA FW version: 2.0.0",
                      "start it again with --firmware-version 2.0.0",
                      "→ DISCONNECT",
                      "out of sample!"};
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    EXPECT_LT(place(order[i]), place(order[i + 1])) << order[i] << "\n" << log();
  }
  EXPECT_TRUE(said(order.back())) << log();
  EXPECT_FALSE(said("UNSUBSCRIBE"));
  EXPECT_FALSE(said("token=")) << log();
  EXPECT_EQ(rig_.ended, exit_code::passed);
  // Only the report of the new version makes it a success, and that is the next start's.
  EXPECT_EQ(state_of(campaign), cloud::rollout_state::upgrading);
  rig_.setup.ota.emplace().version = "2.0.0";
  rig_.boot();
  EXPECT_EQ(state_of(campaign), cloud::rollout_state::succeeded);
}

TEST_F(ota_hand, keeps_the_image_and_the_version_where_it_was_told_to) {
  const support::temp_folder folder;
  sample().save_file = folder / "image.bin";
  sample().version_file = folder / "version.txt";
  rig_.boot();
  (void)offer(add(cloud::firmware_fault::none, content_digest::sha256));
  rig_.run(10s);
  EXPECT_EQ(rig_.ended, exit_code::passed) << log();
  std::string image(octets, '\0');
  ota::fill_generated(seed, 0, {reinterpret_cast<std::uint8_t*>(image.data()), image.size()});
  EXPECT_EQ(octets_of(folder / "image.bin"), image);
  EXPECT_EQ(octets_of(folder / "version.txt"), "2.0.0\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "image.bin.part"));
}

TEST_F(ota_hand, fails_with_the_right_step_and_keeps_nothing) {
  struct row {
    cloud::firmware_fault fault;
    std::string_view step;
    std::string_view says;
  };
  for (const row& r :
       {row{cloud::firmware_fault::wrong_digest, R"("step":"-3")", "The firmware is invalid"},
        row{cloud::firmware_fault::short_body, R"("step":"-2")", "the download failed"},
        row{cloud::firmware_fault::long_body, R"("step":"-3")", "HTTP 200"},
        row{cloud::firmware_fault::wrong_size, R"("step":"-3")", "HTTP 200, 20000B"},
        row{cloud::firmware_fault::status, R"("step":"-2")", "HTTP 404"},
        row{cloud::firmware_fault::stall, R"("step":"-2")", "Here write OTA data"}}) {
    const support::temp_folder folder;
    rig_.lines.clear();
    rig_.ended.reset();
    auto& ota = rig_.setup.ota.emplace();
    ota.downloads.http_too = true;
    ota.save_file = folder / "image.bin";
    rig_.boot();
    const auto firmware = add(r.fault);
    const auto campaign = offer(firmware);
    rig_.run(2min);
    EXPECT_EQ(rig_.ended, exit_code::expectation_failed) << log();
    EXPECT_TRUE(said(r.step)) << log();
    EXPECT_TRUE(said(r.says)) << log();
    EXPECT_TRUE(said("the upgrade failed: step -")) << log();
    EXPECT_TRUE(said("out of sample!"));
    EXPECT_FALSE(said("The firmware is valid")) << log();
    EXPECT_EQ(state_of(campaign), cloud::rollout_state::failed);
    EXPECT_TRUE(std::filesystem::is_empty(std::filesystem::path{folder / "x"}.parent_path()));
    ASSERT_TRUE(rig_.twin->firmware()->delete_campaign(campaign));
    ASSERT_TRUE(rig_.twin->firmware()->delete_firmware(firmware));
  }
}

TEST_F(ota_hand, stops_by_hand_with_a_disconnect_and_nothing_else) {
  rig_.boot();
  rig_.lines.clear();
  (void)rig_.type("stop");
  EXPECT_EQ(rig_.packets(), (strings{"→ DISCONNECT"})) << log();
  EXPECT_TRUE(said("out of sample!"));
  EXPECT_EQ(rig_.ended, exit_code::passed);
}

TEST_F(ota_hand, leaves_a_download_under_way_when_it_is_stopped) {
  const support::temp_folder folder;
  sample().save_file = folder / "image.bin";
  rig_.boot();
  (void)offer(add(cloud::firmware_fault::stall));
  rig_.run(5s);
  ASSERT_TRUE(said("Here write OTA data")) << log();
  ASSERT_TRUE(std::filesystem::exists(folder / "image.bin.part"));
  (void)rig_.type("ali_ota_test stop");
  EXPECT_EQ(rig_.ended, exit_code::passed) << log();
  EXPECT_FALSE(std::filesystem::exists(folder / "image.bin.part"));
}

TEST_F(ota_hand, has_the_host_of_an_offer_looked_up) {
  rig_.boot();
  offer_by_hand("http://files.example:8080/firmware/9");
  EXPECT_EQ(rig_.questions, (strings{"files.example"})) << log();
  EXPECT_FALSE(rig_.ended);
  rig_.device->found("another.example", hal::parse_address("127.0.0.1:443").value());
  rig_.run(1s);
  EXPECT_FALSE(said("GET ")) << log();
  rig_.device->found("files.example", hal::parse_address("127.0.0.1:443").value());
  rig_.run(5s);
  EXPECT_TRUE(said("GET http://files.example:8080/firmware/9")) << log();
  EXPECT_TRUE(said("HTTP 404") || said("HTTP 403")) << log(); // no such firmware, but it is there
  EXPECT_EQ(rig_.ended, exit_code::expectation_failed);
}

TEST_F(ota_hand, fails_when_nobody_knows_the_host) {
  rig_.boot();
  offer_by_hand("http://files.example/9");
  rig_.device->found("files.example", fail(std::string{"files.example has no address"}));
  rig_.run(5s);
  EXPECT_TRUE(said("the download failed: files.example has no address")) << log();
  EXPECT_TRUE(said(R"("step":"-2")")) << log();
  EXPECT_EQ(rig_.ended, exit_code::expectation_failed);
}

TEST_F(ota_hand, waits_on_after_an_offer_that_cannot_be_taken) {
  rig_.boot();
  offer_by_hand("ftp://files.example/9");
  EXPECT_TRUE(said("the offer cannot be taken: its url")) << log();
  offer_by_hand("http://127.0.0.1:8080/x", R"(,"module":"mcu")");
  EXPECT_TRUE(said("an offer for the module mcu")) << log();
  EXPECT_FALSE(rig_.ended);
  EXPECT_FALSE(said("GET "));
}

TEST_F(ota_hand, takes_no_plain_http_where_it_was_not_allowed) {
  sample().downloads.http_too = false;
  rig_.boot();
  offer_by_hand("http://127.0.0.1:8080/x");
  EXPECT_TRUE(said("the offer cannot be taken: its url")) << log();
}

} // namespace fleet::program
