// Firmware campaigns as devices and console see them: offers, questions, progress, halts, and what
// is refused (aliyun-iot.md §14.1, §14.2, §14.5).
#include "cloud_sim/platform_firmware.hpp"
#include "protocol/alink/ota_messages.hpp"
#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using namespace support;
using cloud::campaign_state;
using cloud::firmware_verdict;
using cloud::operation_error;
using cloud::rollout_state;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

cloud::twin_options serving() {
  cloud::twin_options o;
  o.logon_key = "a key of sixteen";
  o.platform.firmware.url = "https://cloud:8443/firmware/";
  o.platform.firmware.token_life = 600s;
  return o;
}

struct platform_firmware : testing::Test {
  platform_rig rig{serving()};

  cloud::firmware_operations& console() { return *rig.bench.twin->firmware(); }
  const cloud::twin_counters& counts() { return rig.bench.twin->counters(); }
  std::uint32_t add(std::string version = "2.0", std::string product = "a1LampPk001",
                    std::string module = "") {
    cloud::firmware_order o;
    o.product_key = std::move(product);
    o.version = std::move(version);
    o.module = std::move(module);
    o.size = 1000;
    o.generate = 3;
    const auto made = console().add_firmware(o);
    EXPECT_TRUE(made.ok());
    return made.value().id;
  }
  cloud::campaign_view start(std::uint32_t firmware, cloud::campaign_rules rules = {}) {
    cloud::campaign_order o;
    o.firmware = firmware;
    o.rules = std::move(rules);
    const auto made = console().add_campaign(o);
    EXPECT_TRUE(made.ok()) << made.error().detail;
    return made.value();
  }
  cloud::campaign_sums sums(std::uint32_t campaign = 1) {
    return console().campaign(campaign).value().sums;
  }
  std::string ota(std::uint32_t device, std::string_view what) {
    auto out = rig.topic(device, "/ota/device/" + std::string{what}, "");
    out.pop_back();
    return out;
  }
  void inform(guest& g, std::uint32_t device, std::string_view version,
              std::string_view module = "") {
    byte_buffer out;
    alink::append_ota_version(out, 1, version, alink::ota_dialect::sdk_3, module);
    g.publish(ota(device, "inform"), as_text(out.view()), 1);
    rig.bench.settle();
  }
  void progress(guest& g, std::uint32_t device, int step) {
    byte_buffer out;
    alink::append_progress(out, 1, step, "", alink::ota_dialect::sdk_3);
    g.publish(ota(device, "progress"), as_text(out.view()), 0);
    rig.bench.settle();
  }
  guest& listen(std::uint32_t device) {
    auto& g = rig.arrive(device);
    g.subscribe(ota(device, "upgrade"), 1);
    rig.bench.settle();
    g.take();
    return g;
  }
  guest& boot(std::uint32_t device, std::string_view version) {
    auto& g = listen(device);
    inform(g, device, version);
    return g;
  }
  lines offers(guest& g) {
    lines out;
    for (auto& line : g.messages()) {
      if (line.starts_with("/ota/")) {
        out.push_back(line);
      }
    }
    return out;
  }
  static std::string token_in(const std::string& line) {
    const auto at = line.find("?token=");
    return at == std::string::npos ? "" : line.substr(at + 7, line.find('"', at) - at - 7);
  }
  firmware_verdict judge(std::uint32_t id, std::string_view token) {
    return rig.bench.twin->firmware_files()->judge(id, token).verdict;
  }
};

TEST_F(platform_firmware, is_offered_to_devices_online_and_done_when_they_report_its_version) {
  auto& g = boot(lamp, "1.0");
  const auto made = start(add());
  EXPECT_EQ(made.sums.devices, 2U);
  rig.bench.settle();
  const auto got = offers(g);
  ASSERT_THAT(got, SizeIs(1));
  EXPECT_TRUE(got[0].starts_with(ota(lamp, "upgrade") + "={\"code\":\"1000\"")) << got[0];
  EXPECT_THAT(got[0], HasSubstr(R"("url":"https://cloud:8443/firmware/1?token=)"));
  EXPECT_THAT(got[0], HasSubstr(R"("size":1000,"version":"2.0")"));
  EXPECT_THAT(got[0], HasSubstr(" q1"));
  EXPECT_EQ(judge(1, token_in(got[0])), firmware_verdict::good);
  EXPECT_EQ(judge(2, token_in(got[0])), firmware_verdict::forged);
  EXPECT_EQ(sums().of(rollout_state::offered), 1U);
  progress(g, lamp, 1);
  EXPECT_EQ(sums().of(rollout_state::upgrading), 1U);
  progress(g, lamp, 100);
  EXPECT_EQ(sums().of(rollout_state::succeeded), 0U) << "only the report counts";
  inform(g, lamp, "2.0");
  EXPECT_EQ(sums().of(rollout_state::succeeded), 1U);
  EXPECT_EQ(sums().state, campaign_state::running);
  boot(lamp + 1, "2.0");
  EXPECT_EQ(sums().state, campaign_state::finished);
  EXPECT_EQ(cloud::value(counts().firmware_offers), 1U);
  EXPECT_EQ(rig.view(lamp).firmware_version, "2.0");
  rig.bench.settle(601s);
  EXPECT_EQ(judge(1, token_in(got[0])), firmware_verdict::expired);
}

TEST_F(platform_firmware, is_offered_to_a_device_that_comes_back_when_it_tells_its_version) {
  start(add());
  auto& g = listen(lamp);
  EXPECT_THAT(offers(g), IsEmpty());
  inform(g, lamp, "1.0");
  EXPECT_THAT(offers(g), SizeIs(1));
  EXPECT_EQ(sums().of(rollout_state::offered), 1U);
}

TEST_F(platform_firmware, is_offered_again_to_a_device_that_was_away_and_did_not_boot) {
  start(add());
  auto& g = boot(lamp, "1.0");
  EXPECT_THAT(offers(g), SizeIs(1));
  g.drop();
  rig.bench.settle();
  auto& again = listen(lamp);
  rig.bench.settle(cloud::firmware_arrival_silence - 1s);
  EXPECT_THAT(offers(again), IsEmpty()) << "it may have booted, and then says so";
  rig.bench.settle(2s);
  EXPECT_THAT(offers(again), SizeIs(1));
  EXPECT_EQ(sums().of(rollout_state::offered), 1U);
  rig.bench.settle(60s);
  EXPECT_THAT(offers(again), IsEmpty()) << "once";
}

TEST_F(platform_firmware, is_not_lost_on_a_device_that_does_not_listen_yet) {
  start(add());
  auto& g = rig.arrive(lamp);
  inform(g, lamp, "1.0");
  EXPECT_EQ(cloud::value(counts().firmware_offers), 0U);
  EXPECT_EQ(cloud::value(counts().firmware_offers_unsent), 1U);
  g.subscribe(ota(lamp, "upgrade"), 1);
  rig.bench.settle(4s);
  EXPECT_THAT(offers(g), SizeIs(1));
  EXPECT_EQ(sums().of(rollout_state::offered), 1U);
}

TEST_F(platform_firmware, is_offered_to_a_device_that_begins_to_listen_long_after_it_came) {
  auto& early = rig.arrive(lamp + 1); // before there is a campaign
  start(add());
  auto& g = rig.arrive(lamp);
  rig.bench.settle(10s);
  for (auto* const each : {&g, &early}) {
    each->subscribe(ota(each == &g ? lamp : lamp + 1, "upgrade"), 1);
    rig.bench.settle(cloud::firmware_arrival_silence + 1s);
    EXPECT_THAT(offers(*each), SizeIs(1));
  }
  EXPECT_EQ(sums().of(rollout_state::offered), 2U);
}

TEST_F(platform_firmware, answers_a_question_on_its_own_topic_with_a_fresh_address) {
  const std::string question = R"({"id":0,"params":{"version":"1.0"}})";
  auto& g = boot(lamp, "1.0");
  g.subscribe(ota(lamp, "request"), 1);
  rig.bench.settle();
  EXPECT_THAT(
      rig.ask(g, ota(lamp, "request"), question),
      ElementsAre(testing::StartsWith(
          ota(lamp, "request") + R"(={"code":"1000","data":{},"id":1,"message":"success"})")));
  start(add());
  rig.bench.settle();
  const auto offer = offers(g);
  ASSERT_THAT(offer, SizeIs(1));
  rig.bench.settle(2s);
  const auto answer = rig.ask(g, ota(lamp, "request"), question);
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_TRUE(answer[0].starts_with(ota(lamp, "request") + "=")) << answer[0];
  EXPECT_NE(token_in(answer[0]), token_in(offer[0]));
  EXPECT_EQ(judge(1, token_in(answer[0])), firmware_verdict::good);
  EXPECT_THAT(rig.ask(g, ota(lamp, "request"), R"({"id":0,"params":{"version":"2.0"}})"),
              ElementsAre(HasSubstr(R"("data":{})")));
  EXPECT_EQ(sums().of(rollout_state::succeeded), 1U) << "a question tells the version too";
}

TEST_F(platform_firmware, answers_a_pull_with_what_an_offer_says) {
  auto& g = rig.arrive_listening(lamp);
  const std::string on = rig.sys(lamp, "thing/ota/firmware/get");
  const std::string pull = R"({"id":"5","version":"1.0","params":{}})";
  EXPECT_THAT(rig.ask(g, on, pull), ElementsAre(HasSubstr(R"({"id":"5","code":200,"data":{})")));
  start(add());
  EXPECT_THAT(rig.ask(g, on, pull),
              ElementsAre(testing::AllOf(HasSubstr(R"("code":200,"data":{"size":1000)"),
                                         HasSubstr("?token="))));
  EXPECT_EQ(sums().of(rollout_state::offered), 1U);
}

TEST_F(platform_firmware, of_a_module_has_nothing_to_do_with_the_devices_own_version) {
  auto& g = boot(lamp, "2.0");
  start(add("2.0", "a1LampPk001", "MCU"));
  rig.bench.settle();
  EXPECT_THAT(offers(g), ElementsAre(HasSubstr(R"("module":"MCU")")));
  inform(g, lamp, "2.0");
  EXPECT_EQ(sums().of(rollout_state::succeeded), 0U);
  g.publish(ota(lamp, "progress"), R"({"id":1,"params":{"step":"5"}})", 0);
  rig.bench.settle();
  EXPECT_EQ(sums().of(rollout_state::upgrading), 0U);
  g.publish(ota(lamp, "progress"), R"({"id":1,"params":{"step":"5","module":"MCU"}})", 0);
  rig.bench.settle();
  EXPECT_EQ(sums().of(rollout_state::upgrading), 1U);
  inform(g, lamp, "2.0", "MCU");
  EXPECT_EQ(sums().of(rollout_state::succeeded), 1U);
}

TEST_F(platform_firmware, that_failed_is_not_taken_for_good_by_the_version_of_another_module) {
  auto& g = boot(lamp, "1.0");
  start(add());
  rig.bench.settle();
  progress(g, lamp, -2);
  ASSERT_EQ(sums().of(rollout_state::failed), 1U);
  inform(g, lamp, "2.0", "mcu");
  EXPECT_EQ(sums().of(rollout_state::failed), 1U);
  inform(g, lamp, "2.0");
  EXPECT_EQ(sums().of(rollout_state::succeeded), 1U);
}

TEST_F(platform_firmware, that_is_bad_halts_its_campaign_in_the_first_wave_which_says_why) {
  boot(lamp, "1.0");
  boot(lamp + 1, "1.0");
  cloud::campaign_rules rules;
  rules.halt_permille = 100;
  rules.halt_after = 1;
  rules.under_way_max = 1;
  start(add(), rules);
  rig.bench.settle();
  std::size_t told = 0;
  for (const std::uint32_t device : {lamp, lamp + 1}) {
    auto& g = *rig.bench.guests[device];
    if (!offers(g).empty()) {
      ++told;
      progress(g, device, 3);
      progress(g, device, -3);
    }
  }
  EXPECT_EQ(told, 1U);
  const auto view = console().campaign(1).value();
  EXPECT_EQ(view.sums.state, campaign_state::halted);
  EXPECT_EQ(view.sums.halted_by, cloud::halt_reason::failure_rate);
  EXPECT_EQ(view.why, "1 of 1 attempts failed, and the campaign halts at 100 in 1000; of the "
                      "devices whose last attempt failed, 1 said step -3");
  EXPECT_THAT(view.steps, ElementsAre(0, 0, 1, 0));
  EXPECT_THAT(view.causes, ElementsAre(0, 1, 0, 0));
  const auto failed = console().campaign_devices(1, rollout_state::failed, 0, 10).value();
  ASSERT_THAT(failed, SizeIs(1));
  EXPECT_EQ(failed[0].how.step, -3);
  EXPECT_EQ(failed[0].version, "1.0");
  EXPECT_TRUE(failed[0].how.online);
  ASSERT_TRUE(console().change_campaign(1, cloud::campaign_change::resume).ok());
  EXPECT_EQ(console().campaign(1).value().why, "");
  EXPECT_EQ(sums().of(rollout_state::offered), 1U);
}

TEST_F(platform_firmware, counts_an_attempt_that_nothing_is_heard_of_as_failed) {
  auto& g = boot(lamp, "1.0");
  cloud::campaign_rules rules;
  rules.attempt_most = 60s;
  rules.retries = 1;
  rules.retry_after = 10s;
  start(add(), rules);
  rig.bench.settle();
  EXPECT_THAT(offers(g), SizeIs(1));
  rig.bench.settle(61s);
  EXPECT_EQ(sums().attempts_failed, 1U);
  rig.bench.settle(10s);
  EXPECT_THAT(offers(g), SizeIs(1)) << "the retry";
}

TEST_F(platform_firmware, campaigns_can_be_halted_cancelled_and_deleted) {
  using enum cloud::campaign_change;
  auto& g = boot(lamp, "1.0");
  const auto id = add();
  cloud::campaign_order o;
  o.firmware = id;
  o.start = false;
  ASSERT_TRUE(console().add_campaign(o).ok());
  EXPECT_EQ(console().campaign(1).value().name, "campaign-1");
  EXPECT_EQ(sums().state, campaign_state::ready);
  EXPECT_EQ(console().change_campaign(1, halt).error().why, operation_error::refused);
  EXPECT_EQ(console().change_campaign(1, cloud::campaign_change::start).value().sums.state,
            campaign_state::running);
  EXPECT_EQ(console().change_campaign(1, halt).value().why, "halted by hand");
  EXPECT_EQ(console().delete_campaign(1).error().why, operation_error::refused);
  EXPECT_THAT(console().delete_firmware(id).error().detail, HasSubstr("campaign 1 uses it"));
  EXPECT_EQ(console().change_campaign(1, cancel).value().sums.of(rollout_state::cancelled), 1U);
  EXPECT_EQ(sums().of(rollout_state::offered), 1U) << "its address is out, and good";
  EXPECT_EQ(console().delete_firmware(id).error().why, operation_error::refused);
  progress(g, lamp, -2);
  EXPECT_TRUE(console().delete_firmware(id).ok());
  EXPECT_EQ(console().campaign(1).value().version, "2.0") << "though its firmware is gone";
  EXPECT_TRUE(console().delete_campaign(1).ok());
  EXPECT_THAT(console().campaigns(), IsEmpty());
  EXPECT_EQ(console().change_campaign(1, halt).error().why, operation_error::unknown_campaign);
}

TEST_F(platform_firmware, that_was_deleted_is_not_offered_once_more) {
  auto& g = boot(lamp, "1.0");
  boot(lamp + 1, "2.0");
  const auto id = add();
  start(id);
  rig.bench.settle();
  ASSERT_THAT(offers(g), SizeIs(1));
  progress(g, lamp, -1);
  ASSERT_EQ(sums().state, campaign_state::finished);
  ASSERT_TRUE(console().delete_firmware(id).ok());
  const auto retried = console().change_campaign(1, cloud::campaign_change::retry);
  ASSERT_FALSE(retried.ok());
  EXPECT_EQ(retried.error().why, operation_error::refused);
  EXPECT_THAT(retried.error().detail, HasSubstr("firmware 1 was deleted"));
  EXPECT_EQ(sums().of(rollout_state::failed), 1U);
  EXPECT_EQ(sums().state, campaign_state::finished);
}

TEST_F(platform_firmware, says_who_has_the_devices_that_a_campaign_would_have) {
  auto& g = listen(0);
  inform(g, 0, "1.0");
  cloud::campaign_order o;
  o.firmware = add();
  ASSERT_TRUE(console().add_campaign(o).ok());
  o.firmware = add("3.0");
  o.rules.select.name = "b";
  const auto refused = console().add_campaign(o);
  EXPECT_EQ(refused.error().why, operation_error::refused);
  EXPECT_EQ(refused.error().detail,
            "no device would take part: 2 devices are in campaign campaign-1");
  progress(g, 0, 10);
  o.device_names = {"lamp_0"};
  o.take_over = true;
  EXPECT_EQ(console().add_campaign(o).error().detail,
            "no device would take part: 1 device upgrades in campaign campaign-1");
  progress(g, 0, -2);
  ASSERT_TRUE(console().add_campaign(o).ok());
  EXPECT_EQ(console().change_campaign(1, cloud::campaign_change::retry).error().detail,
            "no device would take part: 1 device is in campaign b");
  o.device_names.clear();
  o.take_over = false;
  o.rules.select.name = "c";
  EXPECT_EQ(console().add_campaign(o).error().detail,
            "no device would take part: 1 device is in campaign campaign-1, 1 device is in "
            "campaign b");
}

TEST_F(platform_firmware, refuses_what_cannot_be) {
  cloud::firmware_order f;
  f.product_key = "nobody";
  f.version = "2";
  f.size = 10;
  EXPECT_EQ(console().add_firmware(f).error().why, operation_error::unknown_product);
  f.product_key = "a1LampPk001";
  const auto half = console().add_firmware(f).value().id;
  cloud::campaign_order o;
  o.firmware = half;
  EXPECT_THAT(console().add_campaign(o).error().detail, HasSubstr("not whole"));
  o.firmware = 99;
  EXPECT_EQ(console().add_campaign(o).error().why, operation_error::unknown_firmware);
  o.firmware = add();
  o.device_names = {"lamp_0", "nobody"};
  EXPECT_EQ(console().add_campaign(o).error().why, operation_error::unknown_device);
  o.device_names = {"lamp_1", "lamp_1"};
  o.rules.select.name = "one";
  EXPECT_EQ(console().add_campaign(o).value().sums.devices, 1U);
  EXPECT_EQ(console().add_campaign(o).error().why, operation_error::exists);
  o.rules.select.name = "two";
  EXPECT_EQ(console().add_campaign(o).error().detail,
            "no device would take part: 1 device is in campaign one");
  EXPECT_TRUE(console().change_campaign(1, cloud::campaign_change::cancel).ok());
  o.rules.select.waves = {5, 3};
  EXPECT_EQ(console().add_campaign(o).error().why, operation_error::malformed);
  const auto* const files = rig.bench.twin->firmware_files();
  EXPECT_EQ(files->pace().all, 0U);
}

TEST_F(platform_firmware, goes_on_without_a_device_that_is_deleted) {
  start(add());
  ASSERT_TRUE(rig.console().delete_device(rig.name(lamp + 1)).ok());
  EXPECT_EQ(sums().of(rollout_state::cancelled), 1U);
  boot(lamp, "2.0");
  EXPECT_EQ(sums().state, campaign_state::finished);
}

TEST_F(platform_firmware, counts_what_it_cannot_read_and_changes_nothing) {
  auto& g = boot(lamp, "1.0");
  start(add());
  rig.bench.settle();
  const auto before = cloud::value(counts().malformed_requests);
  const std::vector<std::pair<std::string, std::string>> bad{
      {"inform", R"({"id":1,"params":{}})"},
      {"inform", "{"},
      {"progress", R"({"id":1,"params":{"step":"101"}})"},
      {"progress", R"({"id":1,"params":{"step":"-5"}})"},
      {"progress", R"({"id":1,"params":[]})"},
      {"request", R"({"id":1,"params":{"version":7}})"},
  };
  for (const auto& [what, payload] : bad) {
    g.publish(ota(lamp, what), payload, 1);
    rig.bench.settle();
  }
  EXPECT_EQ(cloud::value(counts().malformed_requests) - before, bad.size());
  EXPECT_EQ(sums().of(rollout_state::offered), 1U);
  EXPECT_EQ(rig.view(lamp).firmware_version, "1.0");
}

TEST(platform_firmware_door, is_needed_for_campaigns) {
  platform_rig rig;
  cloud::firmware_order f;
  f.product_key = "a1LampPk001";
  f.version = "2";
  f.size = 10;
  f.generate = 1;
  cloud::campaign_order o;
  o.firmware = rig.bench.twin->firmware()->add_firmware(f).value().id;
  EXPECT_THAT(rig.bench.twin->firmware()->add_campaign(o).error().detail,
              HasSubstr("nothing serves firmware"));
  rig.bench.twin->serve_firmware_at("http://here/firmware/");
  EXPECT_TRUE(rig.bench.twin->firmware()->add_campaign(o).ok());
}

} // namespace
} // namespace fleet
