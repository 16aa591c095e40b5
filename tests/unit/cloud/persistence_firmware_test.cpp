// Firmware and campaigns over the twin's own death: nothing that was acknowledged is lost, and a
// rollout goes on.
#include "protocol/alink/ota_messages.hpp"
#include "protocol/ota/generated.hpp"
#include "tests/support/lasting_twin.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using namespace support;
using cloud::campaign_state;
using cloud::rollout_state;
using testing::HasSubstr;
using testing::SizeIs;

cloud::twin_options serving() {
  cloud::twin_options o;
  o.logon_key = "a key of sixteen";
  o.platform.firmware.url = "https://cloud/firmware/";
  return o;
}

struct persistence_firmware : testing::Test {
  lasting_platform cloud{serving()};
  platform_rig& rig = cloud.rig;

  cloud::firmware_operations& console() { return *rig.bench.twin->firmware(); }
  cloud::campaign_view campaign() { return console().campaign(1).value(); }
  std::string ota(std::uint32_t device, std::string_view what) {
    auto out = rig.topic(device, "/ota/device/" + std::string{what}, "");
    out.pop_back();
    return out;
  }
  guest& boot(std::uint32_t device, std::string_view version) {
    auto& g = rig.arrive(device);
    g.subscribe(ota(device, "upgrade"), 1);
    rig.bench.settle();
    inform(g, device, version);
    return g;
  }
  void inform(guest& g, std::uint32_t device, std::string_view version) {
    byte_buffer out;
    alink::append_ota_version(out, 1, version, alink::ota_dialect::sdk_3);
    g.publish(ota(device, "inform"), as_text(out.view()), 1);
    rig.bench.settle();
  }
  static lines offers(guest& g) {
    lines out;
    for (auto& line : g.messages()) {
      if (line.starts_with("/ota/device/upgrade")) {
        out.push_back(line);
      }
    }
    return out;
  }
  void keep_and_die() {
    rig.bench.settle(200ms); // the console's own answers would have waited for it
    cloud.die_and_live();
  }
};

TEST_F(persistence_firmware, keeps_an_upload_that_is_under_way) {
  std::vector<std::uint8_t> whole(200'000);
  ota::fill_generated(9, 0, whole);
  cloud::firmware_order o;
  o.product_key = "a1LampPk001";
  o.version = "2.0";
  o.size = whole.size();
  const auto id = console().add_firmware(o).value().id;
  ASSERT_TRUE(console().put_content(id, 0, bytes_view{whole}.first(70'000)).ok());
  keep_and_die();
  EXPECT_EQ(console().firmware(id).value().received, 70'000U);
  ASSERT_TRUE(console().put_content(id, 70'000, bytes_view{whole}.subspan(70'000)).ok());
  rig.bench.settle();
  const auto seen = console().firmware(id).value();
  EXPECT_TRUE(seen.ready);
  EXPECT_EQ(seen.md5, digest_of(content_digest::md5, whole).hex());
  keep_and_die();
  EXPECT_EQ(console().firmware(id).value().sha256, seen.sha256);
  auto& files = *rig.bench.twin->firmware_files();
  std::vector<std::uint8_t> read;
  for (bytes_view piece; !(piece = files.octets(id, read.size(), SIZE_MAX)).empty();) {
    read.insert(read.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(read, whole);
  ASSERT_TRUE(console().delete_firmware(id).ok());
  keep_and_die();
  EXPECT_THAT(console().firmwares(), SizeIs(0));
}

TEST_F(persistence_firmware, gives_no_number_out_twice_so_that_old_addresses_open_nothing_new) {
  cloud::firmware_order f;
  f.product_key = "a1LampPk001";
  f.version = "2.0";
  f.size = 1000;
  f.generate = 1;
  cloud::campaign_order o;
  o.firmware = console().add_firmware(f).value().id;
  ASSERT_EQ(console().add_campaign(o).value().id, 1U);
  rig.bench.settle();
  const auto told = offers(boot(lamp, "1.0"));
  ASSERT_THAT(told, SizeIs(1));
  const auto at = told[0].find("?token=") + 7;
  const auto token = told[0].substr(at, told[0].find('"', at) - at);
  const auto judge = [&](std::uint32_t id) {
    return rig.bench.twin->firmware_files()->judge(id, token).verdict;
  };
  ASSERT_EQ(judge(1), cloud::firmware_verdict::good);
  ASSERT_TRUE(console().change_campaign(1, cloud::campaign_change::cancel).ok());
  boot(lamp, "2.0");
  ASSERT_TRUE(console().delete_campaign(1).ok());
  ASSERT_TRUE(console().delete_firmware(1).ok());
  keep_and_die();
  EXPECT_EQ(judge(1), cloud::firmware_verdict::forged);
  f.version = "3.0";
  f.generate = 2;
  o.firmware = console().add_firmware(f).value().id;
  EXPECT_EQ(o.firmware, 2U);
  EXPECT_EQ(console().add_campaign(o).value().id, 2U);
  EXPECT_EQ(judge(2), cloud::firmware_verdict::forged);
}

TEST_F(persistence_firmware, goes_on_with_a_rollout_where_it_was) {
  cloud::firmware_order f;
  f.product_key = "a1LampPk001";
  f.version = "2.0";
  f.size = 1000;
  f.generate = UINT64_MAX;
  cloud::campaign_order o;
  o.firmware = console().add_firmware(f).value().id;
  o.rules.select.from_versions = {"1.0", "say \"1.1\""};
  o.rules.select.waves = {999, 1000};
  o.rules.retries = 3;
  o.rules.halt_permille = 999;
  o.rules.attempt_most = 100s;
  o.rules.select.name = "r\"1";
  ASSERT_TRUE(console().add_campaign(o).ok());
  auto& g = boot(lamp, "1.0");
  g.publish(ota(lamp, "progress"), R"({"id":1,"params":{"step":"7"}})", 0);
  auto& h = boot(lamp + 1, "1.0");
  h.publish(ota(lamp + 1, "progress"), R"({"id":1,"params":{"step":"-2"}})", 0);
  rig.bench.settle();
  const auto before = campaign();
  ASSERT_EQ(before.sums.of(rollout_state::upgrading), 1U);
  ASSERT_EQ(before.sums.attempts_failed, 1U);
  keep_and_die();
  const auto after = campaign();
  EXPECT_EQ(after.name, "r\"1");
  EXPECT_EQ(after.version, "2.0");
  EXPECT_EQ(after.product_key, "a1LampPk001");
  EXPECT_EQ(after.sums.state, campaign_state::running);
  EXPECT_EQ(after.sums.wave, before.sums.wave);
  EXPECT_EQ(after.sums.waves, 2);
  EXPECT_EQ(after.sums.by_state, before.sums.by_state);
  EXPECT_EQ(after.sums.attempts_failed, before.sums.attempts_failed);
  EXPECT_EQ(after.sums.judged, before.sums.judged);
  EXPECT_EQ(after.causes, before.causes);
  EXPECT_EQ(after.steps, before.steps);
  EXPECT_THAT(offers(boot(lamp, "1.0")), SizeIs(1)) << "it booted in the middle";
  boot(lamp, "2.0");
  boot(lamp + 1, "2.0");
  EXPECT_EQ(campaign().sums.of(rollout_state::succeeded), 2U);
  EXPECT_EQ(campaign().sums.state, campaign_state::finished);
  keep_and_die();
  EXPECT_EQ(campaign().sums.state, campaign_state::finished);
  EXPECT_EQ(campaign().sums.of(rollout_state::succeeded), 2U);
  EXPECT_EQ(cloud::value(rig.bench.twin->counters().kept_unused), 0U);
  ASSERT_TRUE(console().delete_campaign(1).ok());
  keep_and_die();
  EXPECT_THAT(console().campaigns(), SizeIs(0));
}

TEST_F(persistence_firmware, tells_nobody_again_what_was_decided_before) {
  cloud::firmware_order f;
  f.product_key = "a1LampPk001";
  f.version = "2.0";
  f.size = 1000;
  f.generate = 1;
  cloud::campaign_order o;
  o.firmware = console().add_firmware(f).value().id;
  ASSERT_TRUE(console().add_campaign(o).ok());
  ASSERT_TRUE(console().change_campaign(1, cloud::campaign_change::halt).ok());
  keep_and_die();
  EXPECT_EQ(campaign().why, "halted by hand");
  EXPECT_THAT(offers(boot(lamp, "1.0")), SizeIs(0));
  ASSERT_TRUE(console().change_campaign(1, cloud::campaign_change::resume).ok());
  rig.bench.settle();
  EXPECT_EQ(campaign().sums.of(rollout_state::offered), 1U);
}

} // namespace
} // namespace fleet
