// What faults come to in a run: whom they hit by index, what is refused and with which way out, and
// what is left out with a note.
#include "fleet/scenario/fault_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/scenario/fault_fit.hpp"
#include "fleet/scenario/fault_words.hpp"

namespace fleet::program {

using namespace std::chrono_literals;
using faults::effect;
using faults::index_range;

namespace {

/// led: 0–99, with firmware and a tag; meter: 100–149 by CoAP; hub: 150–151, gateways over TLS;
/// child: 152–161, behind them.
class fault_plan : public testing::Test {
protected:
  fault_plan() {
    add("led", 0, 100);
    products[0].product.firmware.emplace();
    products[0].product.tags = {"floor=3", "site=home"};
    add("meter", 100, 50);
    products[1].product.protocol = device_protocol::coap;
    add("hub", 150, 2);
    products[2].product.security = security::tls;
    products[2].children_each = 5;
    products[2].children_product = 3;
    add("child", 152, 10);
    products[3].behind_gateway = true;
    regions = {{"east", 300'000}, {"west", 700'000}};
  }
  void add(const std::string& name, std::uint32_t first, std::uint32_t count) {
    auto& p = products.emplace_back();
    p.product.name = name;
    p.devices = {first, count};
  }
  fault_scene scene() const {
    fault_scene out;
    out.products = products;
    out.devices = 162;
    out.run_for = 10min;
    out.regions = regions;
    out.names = &names;
    return out;
  }
  planned_faults resolved(std::string_view words) const {
    auto got = resolve_fault(parse_fault_words(words).value(), "it", scene());
    EXPECT_TRUE(got.ok()) << got.error().message;
    return got ? std::move(got).value() : planned_faults{};
  }
  std::vector<index_range> hit(std::string_view words) const {
    const auto got = resolved(words);
    return got.faults.empty() ? std::vector<index_range>{{9, 9}}
                              : got.faults.front().fault.select.among;
  }
  std::string refused(std::string_view words) const { return refused(words, scene()); }
  static std::string refused(std::string_view words, const fault_scene& where) {
    const auto got = resolve_fault(parse_fault_words(words).value(), "it", where);
    return got ? "taken" : std::to_string(got.error().at.column) + ": " + got.error().message;
  }

  std::vector<product_plan> products;
  std::vector<region_rule> regions;
  named_devices names{{"dev_7", {7, 107}}, {"dev_9", {9}}};
};

} // namespace

TEST_F(fault_plan, selects_by_product_tag_index_name_region_and_percent) {
  EXPECT_EQ(hit("latency"), std::vector<index_range>{});
  EXPECT_EQ(hit("latency product=meter,led"), (std::vector<index_range>{{0, 149}}));
  EXPECT_EQ(hit("latency tag=floor=3"), (std::vector<index_range>{{0, 99}}));
  EXPECT_EQ(hit("latency index=20-29,5,90-120 product=led"),
            (std::vector<index_range>{{5, 5}, {20, 29}, {90, 99}}));
  EXPECT_EQ(hit("latency devices=dev_9,dev_7"),
            (std::vector<index_range>{{7, 7}, {9, 9}, {107, 107}}));
  EXPECT_EQ(hit("latency devices=dev_9,dev_7 product=meter"),
            (std::vector<index_range>{{107, 107}}));
  EXPECT_EQ(hit("latency index=100-500"), (std::vector<index_range>{{100, 161}}));
  const auto some = resolved("latency region=west,east percent=20%").faults.front().fault;
  EXPECT_EQ(some.select.regions, 3U);
  EXPECT_EQ(some.select.share_ppm, 200'000U);
}

TEST_F(fault_plan, takes_names_unseen_while_nobody_knows_them) {
  auto before = scene();
  before.names = nullptr;
  EXPECT_EQ(refused("latency devices=nobody", before), "taken");
  EXPECT_EQ(refused("latency devices=nobody"), "17: no device is called nobody");
}

TEST_F(fault_plan, refuses_a_selection_of_nobody_where_it_stands) {
  EXPECT_EQ(refused("latency product=lad"), "17: no product is called lad; the nearest is led");
  EXPECT_EQ(refused("latency tag=flor=3"),
            "13: no product has the tag flor=3; the nearest is floor=3");
  EXPECT_EQ(refused("latency region=eats"), "16: there is no region eats; the nearest is east");
  EXPECT_EQ(refused("latency index=162"),
            "15: index 162 is beyond the fleet; its 162 devices are numbered from 0 to 161");
  EXPECT_EQ(refused("latency product=led index=120"),
            "27: the fault selects no device: none of the 162 has all that `select` asks for");
}

TEST_F(fault_plan, leaves_out_who_cannot_and_says_so) {
  const auto loss = resolved("loss");
  EXPECT_EQ(loss.faults.front().fault.select.among, (std::vector<index_range>{{100, 149}}));
  ASSERT_EQ(loss.notes.size(), 1U);
  EXPECT_EQ(loss.notes[0],
            "fault it leaves out led, hub or child: product led speaks mqtt, over a stream");
  EXPECT_EQ(hit("reset"), (std::vector<index_range>{{0, 99}, {150, 161}}));
  EXPECT_EQ(hit("bit_rot"), (std::vector<index_range>{{0, 99}}));
  EXPECT_EQ(hit("power_loss"), (std::vector<index_range>{{0, 151}}));
  // What is behind gateways speaks by their connection.
  EXPECT_EQ(hit("tls_failure"), (std::vector<index_range>{{150, 161}}));
  EXPECT_EQ(hit("expire_tokens"), (std::vector<index_range>{{100, 149}}));
  EXPECT_EQ(hit("refuse_credentials"), (std::vector<index_range>{{0, 151}}));
  EXPECT_EQ(hit("kick"), std::vector<index_range>{});
}

TEST_F(fault_plan, refuses_what_nobody_selected_can_have_with_the_nearest_that_would) {
  EXPECT_EQ(refused("loss product=led"),
            "14: nobody here can have loss: product led speaks mqtt, over a stream; select meter, "
            "which can have it");
  EXPECT_EQ(
      refused("bit_rot product=meter"),
      "17: nobody here can have bit_rot: product meter has no firmware (firmware: {}); select "
      "led, which can have it");
  EXPECT_EQ(
      refused("power_loss product=child"),
      "20: nobody here can have power_loss: product child is behind gateways and has no board "
      "of its own; select led, meter or hub, which can have it");
  EXPECT_EQ(refused("refuse_credentials product=child"),
            "28: nobody here can have refuse_credentials: product child is behind gateways and "
            "comes in by their log-on; select led, meter or hub, which can have it");
  products.resize(1);
  products[0].product.firmware.reset();
  auto only = scene();
  only.devices = 100;
  EXPECT_EQ(
      refused("loss", only),
      "1: nobody here can have loss: product led speaks mqtt, over a stream; the nearest that "
      "would apply is stall");
  EXPECT_EQ(refused("tls_failure", only),
            "1: nobody here can have tls_failure: product led has security plain, without TLS or "
            "DTLS; the nearest that would apply is refuse");
  EXPECT_EQ(refused("power_loss_in_write", only),
            "1: nobody here can have power_loss_in_write: product led has no firmware (firmware: "
            "{}); the nearest that would apply is power_loss");
  EXPECT_EQ(refused("expire_tokens", only),
            "1: nobody here can have expire_tokens: product led holds no tokens, as CoAP and HTTP "
            "do; the nearest that would apply is reset");
}

TEST_F(fault_plan, refuses_what_is_the_twins_where_there_is_none) {
  auto foreign = scene();
  foreign.embedded = false;
  EXPECT_EQ(refused("drop_acks product=led", foreign),
            "19: drop_acks is the twin's to do, and the target shows no admin API of one "
            "(--target-admin); the nearest that would apply is stall");
  EXPECT_EQ(refused("latency", foreign), "taken");
  foreign.target_admin = true;
  EXPECT_EQ(refused("drop_acks product=led", foreign), "taken");
  EXPECT_EQ(
      refused("cloud_restart", foreign),
      "1: cloud_restart is for the embedded twin; a target's process is killed and started by "
      "whoever runs it; the nearest that would apply is refuse");
}

TEST_F(fault_plan, names_a_nearest_effect_that_any_product_can_have) {
  // Of what is refused for a stream or for datagrams, and of what the twin would have to do.
  for (const auto& info : faults::effects()) {
    for (const bool datagrams : {false, true}) {
      const auto& near = faults::info_of(nearest_effect(info.what, datagrams));
      EXPECT_NE(near.need, datagrams ? faults::need::stream : faults::need::datagram) << info.word;
      EXPECT_NE(near.need, faults::need::twin) << info.word;
      EXPECT_NE(near.need, faults::need::security) << info.word;
      EXPECT_NE(near.need, faults::need::flash) << info.word;
      EXPECT_NE(near.need, faults::need::store) << info.word;
    }
  }
}

TEST_F(fault_plan, takes_presets_apart_and_goes_without_what_nobody_can_have) {
  const auto wifi = resolved("flaky_wifi product=led percent=50%");
  ASSERT_EQ(wifi.faults.size(), 4U);
  EXPECT_EQ(wifi.faults[0].fault.name, "it.latency");
  EXPECT_EQ(wifi.faults[2].fault.name, "it.reset");
  EXPECT_EQ(wifi.faults[0].fault.select.family_ppm, 500'000U);
  EXPECT_EQ(wifi.faults[2].fault.select.family_ppm, 500'000U);
  EXPECT_EQ(wifi.faults[2].fault.select.share_ppm, 100'000U); // a tenth of that half
  ASSERT_EQ(wifi.notes.size(), 1U);
  EXPECT_EQ(wifi.notes[0].substr(0, 26), "fault it goes without loss");
  EXPECT_EQ(refused("bad_certificate_day product=meter").substr(0, 54),
            "29: nobody here can have tls_failure: product meter ha");
}

TEST_F(fault_plan, hits_the_same_devices_by_all_parts_of_a_preset) {
  const auto storm = resolved("reconnect_storm product=led,hub percent=30%");
  ASSERT_EQ(storm.faults.size(), 2U); // reset and refuse: nobody there speaks in datagrams
  const faults::draw draw{7, nullptr};
  std::uint32_t both = 0;
  for (std::uint32_t device = 0; device < 162; ++device) {
    const auto hit_by = [&](const planned_fault& part) {
      return faults::selects(part.fault.select, draw, faults::key_of(part.fault.name), device);
    };
    ASSERT_EQ(hit_by(storm.faults[0]), hit_by(storm.faults[1])) << device;
    both += hit_by(storm.faults[0]) ? 1 : 0;
  }
  EXPECT_EQ(both, count_selected(storm.faults[0].fault, draw, 162));
  EXPECT_GT(both, 10U);
  EXPECT_LT(both, 60U);
}

TEST_F(fault_plan, refuses_to_spoil_what_is_not_kept) {
  EXPECT_EQ(hit("full_flash"), (std::vector<index_range>{{0, 99}})) << "led has firmware";
  EXPECT_EQ(
      refused("kv_corruption product=meter"),
      "23: nobody here can have kv_corruption: product meter keeps nothing in flash or store, "
      "as firmware, logon register, shadow, config and a thing model that counts do; select "
      "led, which can have it");
  products[0].product.firmware.reset();
  EXPECT_THAT(refused("full_flash"), testing::EndsWith("would apply is reboot_loop"));
  EXPECT_THAT(refused("full_flash product=child"), testing::EndsWith("would apply is partition"))
      << "it has no board";
  products[0].product.shadow = true;
  products[1].product.shadow = true; // a device that only posts has no thing that would know
  products[2].product.logon = logon_mode::register_;
  EXPECT_EQ(hit("kv_corruption"), (std::vector<index_range>{{0, 99}, {150, 151}}));
}

TEST_F(fault_plan, knows_of_a_model_whether_it_counts_once_it_was_read) {
  products[0].product.firmware.reset();
  products[0].product.model = "some.json";
  EXPECT_EQ(hit("kv_corruption"), (std::vector<index_range>{{0, 99}}));
  products[0].counts = false;
  EXPECT_THAT(refused("kv_corruption"), testing::HasSubstr("nobody here can have"));
}

TEST_F(fault_plan, refuses_to_expire_tokens_of_who_uses_them_up_at_once) {
  for (const auto logon :
       {logon_mode::bootstrap, logon_mode::pre_auth, logon_mode::register_https}) {
    products[0].product.logon = logon;
    EXPECT_EQ(refused("expire_tokens product=led"),
              "23: nobody here can have expire_tokens: product led holds no tokens, as CoAP and "
              "HTTP do; select meter, which can have it");
  }
  products[0].product.protocol = device_protocol::http;
  EXPECT_EQ(hit("expire_tokens"), (std::vector<index_range>{{0, 149}}));
}

TEST_F(fault_plan, refuses_faults_of_downloads_where_nothing_is_rolled_out) {
  products[1].product.firmware.emplace();
  const std::vector<rollout_plan> rollouts{{.rollout = {}, .product = 0}};
  auto rolling = scene();
  EXPECT_EQ(refused("firmware_slow product=led", rolling),
            "23: nobody here can have firmware_slow: product led has no rollout that would "
            "download; the nearest that would apply is bandwidth");
  EXPECT_THAT(refused("firmware_slow product=hub", rolling),
              testing::HasSubstr("has no firmware (firmware: {})"));
  rolling.rollouts = rollouts;
  EXPECT_EQ(refused("firmware_slow product=led", rolling), "taken");
  EXPECT_EQ(refused("firmware_slow product=meter", rolling),
            "23: nobody here can have firmware_slow: product meter has no rollout that would "
            "download; select led, which can have it");
  EXPECT_EQ(refused("bit_rot product=meter", rolling), "taken") << "that is the board's";
  rolling.rollouts = {};
  rolling.embedded = false;
  rolling.target_admin = true;
  EXPECT_EQ(refused("firmware_slow product=led", rolling), "taken")
      << "what is rolled out elsewhere its console knows";
}

TEST_F(fault_plan, refuses_a_preset_whose_essence_nobody_can_have) {
  EXPECT_EQ(refused("bad_certificate_day product=led"),
            "29: nobody here can have tls_failure: product led has security plain, without TLS or "
            "DTLS; select hub or child, which can have it");
  EXPECT_EQ(resolved("bad_certificate_day product=led,hub").faults.size(), 2U);
}

TEST_F(fault_plan, refuses_to_double_an_answer_that_belongs_to_its_request) {
  EXPECT_EQ(hit("deliver_twice"), std::vector<index_range>{});
  products[0].product.protocol = device_protocol::http;
  EXPECT_EQ(hit("deliver_twice"), (std::vector<index_range>{{100, 161}}));
  EXPECT_EQ(refused("deliver_twice product=led"),
            "23: nobody here can have deliver_twice: product led speaks HTTP, where each answer "
            "belongs to its request; select meter, hub or child, which can have it");
}

TEST_F(fault_plan, refuses_to_drop_acknowledgements_where_there_are_none) {
  for (auto& each : products) {
    each.product.qos = mqtt::qos::at_most_once;
    each.product.firmware.reset();
  }
  products[0].product.tags.clear();
  // The meter's posts are answered; what goes between a gateway and the cloud is acknowledged.
  EXPECT_EQ(hit("drop_acks"), (std::vector<index_range>{{100, 161}}));
  EXPECT_EQ(refused("drop_acks product=led"),
            "19: nobody here can have drop_acks: product led sends at QoS 0, which is not "
            "acknowledged; select meter, hub or child, which can have it");
  const std::vector<traffic_plan> traffic(1); // of the first product: its answers are acknowledged
  auto asked = scene();
  asked.traffic = traffic;
  EXPECT_EQ(refused("drop_acks product=led", asked), "taken");
}

TEST_F(fault_plan, gives_names_that_are_free_and_refuses_those_taken) {
  const std::vector<fault_rule> rules{
      parse_fault_words("latency").value(), parse_fault_words("latency by=1s").value(),
      parse_fault_words("stall name=latency_3").value(), parse_fault_words("latency").value()};
  const auto got = resolve_faults(rules, scene());
  ASSERT_TRUE(got.ok());
  std::vector<std::string> named;
  for (const auto& f : got.value().faults) {
    named.push_back(f.fault.name);
  }
  EXPECT_EQ(named, (std::vector<std::string>{"latency", "latency_2", "latency_3", "latency_4"}));
  const std::vector<fault_rule> twice{parse_fault_words("stall name=a").value(),
                                      parse_fault_words("reset name=a").value()};
  EXPECT_EQ(resolve_faults(twice, scene()).error().text(),
            "--fault \"reset name=a\" has a mistake at its column 12: two faults are called a; "
            "rename one");
  const std::vector<fault_rule> part{parse_fault_words("stall name=flaky_wifi.loss").value(),
                                     parse_fault_words("jitter name=flaky_wifi.jitter").value(),
                                     parse_fault_words("flaky_wifi").value()};
  const auto clash = resolve_faults(part, scene());
  ASSERT_FALSE(clash.ok());
  EXPECT_NE(clash.error().text().find("a part of it is called flaky_wifi."), std::string::npos)
      << clash.error().text();
}

TEST_F(fault_plan, refuses_a_beginning_after_the_end_unless_the_run_goes_on) {
  EXPECT_EQ(refused("stall at=10m"),
            "10: fault it begins at 10m, and the run lasts 10m; begin it earlier, or make "
            "the run longer");
  auto live = scene();
  live.run_for.reset();
  EXPECT_EQ(refused("stall at=1h", live), "taken");
}

TEST_F(fault_plan, holds_no_more_faults_than_a_timeline) {
  const std::vector<fault_rule> many(250, parse_fault_words("flaky_wifi product=meter").value());
  const auto got = resolve_faults(many, scene());
  ASSERT_FALSE(got.ok());
  EXPECT_NE(got.error().text().find("more than 500 faults"), std::string::npos);
}

TEST_F(fault_plan, tells_before_the_start_what_each_comes_to) {
  auto f = resolved("loss share=20% at=2m for=30s").faults.front().fault;
  f.name = "loss";
  EXPECT_EQ(announcement(f, 1203, 5000), "2m: loss 20% for 30s on 1,203 of 5,000 devices");
  const auto jump = resolved("clock_jump by=-1h every=10s for=1m").faults.front().fault;
  EXPECT_EQ(describe(jump), "it (clock_jump) -1h every 10s for 1m");
  EXPECT_EQ(describe(resolved("bandwidth rate=2kB/s for=end").faults.front().fault),
            "it (bandwidth) 2000B/s to the end");
}

TEST_F(fault_plan, counts_whom_it_selects_as_those_who_carry_it_out_do) {
  const auto map = region_map_of(regions);
  const faults::draw draw{7, &map};
  const auto f = resolved("latency region=east percent=50% product=led").faults.front().fault;
  std::uint32_t count = 0;
  for (std::uint32_t device = 0; device < 162; ++device) {
    count += faults::selects(f.select, draw, faults::key_of(f.name), device) ? 1 : 0;
  }
  EXPECT_EQ(count_selected(f, draw, 162), count);
  EXPECT_GT(count, 0U);
  EXPECT_LT(count, 40U);
  EXPECT_EQ(count_selected(resolved("latency").faults.front().fault, draw, 162), 162U);
}

} // namespace fleet::program
