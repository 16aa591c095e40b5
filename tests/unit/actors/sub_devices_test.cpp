// Sub-devices behind a gateway whose platform is played by hand (aliyun-iot.md §16): sessions,
// subscriptions, messages and the ledger's accounts of each.
#include "tests/unit/actors/thing_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;
using test::raw_field;
using test::sys;

/// A gateway, device 0, with lamps from index 10 on. The platform says yes to everything.
struct gateway_bench : test::driven_device {
  explicit gateway_bench(std::uint32_t each, std::shared_ptr<const alink::credential_source> who =
                                                 std::make_shared<alink::generated_credentials>())
      : driven_device(std::move(who)) {
    product.interval = {};
    product.features.children = {.each = each, .gateways_first = 0, .first = 10};
    child = product;
    child->features = {};
    child->features.model = test::lamp_model();
    child->interval = seconds{1};
    cloud.when_said = [this](const test::heard& h) { answer(h); };
  }
  void answer(const test::heard& h) {
    const bool gateways = h.topic.ends_with("topo/add") || h.topic.ends_with("combine/login")
                          || h.topic.ends_with("combine/logout") || h.topic.ends_with("topo/delete")
                          || h.topic.ends_with("sub/unregister");
    if (gateways && agrees) {
      cloud.say(h.topic + "_reply",
                R"({"id":)" + raw_field(h.payload, "id") + R"(,"code":200,"data":{}})");
    }
    if (h.topic.ends_with("sub/register")) {
      const auto list = raw_field(h.payload, "params");
      cloud.say(h.topic + "_reply", R"({"id":)" + raw_field(h.payload, "id")
                                        + R"(,"code":200,"data":[{"deviceSecret":"s3cret",)"
                                        + list.substr(2, list.size() - 3) + "]}");
    }
  }
  static std::string name(std::uint32_t place) {
    return "a1FleetDemo/dev_0000" + std::to_string(10 + place);
  }
  device_slot& behind(std::size_t place) { return (*slot->behind)[place]; }
  bool agrees = true;
};

TEST(sub_devices, log_in_subscribe_and_report_each_under_its_own_tag) {
  gateway_bench g{3};
  g.boot(seconds{10});
  EXPECT_EQ(3U, g.counts.sub_devices_online.load());
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto posts = g.cloud.on(sys("thing/event/property/post", g.name(i)));
    ASSERT_GE(posts.size(), 7U);
    const auto tag = ledger::find_tag(as_bytes(posts[0].payload));
    EXPECT_EQ(ledger::tag_state::intact, tag.state);
    EXPECT_EQ((ledger::tag{10 + i, 1, 1}), tag.what);
    EXPECT_TRUE(g.cloud.subscribed(sys("thing/service/property/set", g.name(i))));
    EXPECT_TRUE(g.cloud.subscribed(sys("thing/disable", g.name(i))));
    EXPECT_EQ(posts.size(), g.behind(i).uplink.acknowledged());
    EXPECT_EQ(10 + i, g.behind(i).board.index());
  }
  EXPECT_EQ(0U, g.slot->uplink.attempted());
}

TEST(sub_devices, say_nothing_before_they_are_logged_in) {
  gateway_bench g{2};
  g.agrees = false;
  g.boot(seconds{10});
  EXPECT_EQ(0U, g.counts.sub_devices_online.load());
  EXPECT_TRUE(g.cloud.on("property/post").empty());
  EXPECT_FALSE(g.cloud.on("topo/add").empty());
}

TEST(sub_devices, obey_commands_over_the_gateways_session) {
  gateway_bench g{2};
  g.boot();
  byte_buffer text;
  text.append(std::string_view{R"({"id":"4","params":{"Level":5},"tag":")"});
  const auto at = ledger::append_tag(text, {11, 1, 1});
  text.append(std::string_view{"\"}"});
  ledger::seal({&text[0], text.size()}, at);
  g.say(sys("thing/service/property/set", g.name(1)), as_text(text.view()), 1);
  EXPECT_EQ(R"({"id":"4","code":200,"data":{}})",
            g.cloud.last_on(sys("thing/service/property/set_reply", g.name(1))));
  EXPECT_TRUE(g.cloud.on(sys("thing/service/property/set_reply", g.name(0))).empty());
  EXPECT_EQ(1U, g.behind(1).downlink.accepted());
  EXPECT_EQ(0U, g.slot->downlink.accepted());
  // No device of this gateway.
  g.say(sys("thing/service/property/set", "a1FleetDemo/dev_000099"),
        R"({"id":"4","params":{"Level":5}})");
  EXPECT_TRUE(g.cloud.on("dev_000099/thing/service/property/set_reply").empty());
}

TEST(sub_devices, without_a_model_obey_what_a_plain_device_does) {
  gateway_bench g{1};
  g.child->features.model = nullptr;
  g.boot();
  byte_buffer text;
  text.append(std::string_view{R"({"id":"4","params":{"LightSwitch":1},"tag":")"});
  const auto at = ledger::append_tag(text, {10, 1, 1});
  text.append(std::string_view{"\"}"});
  ledger::seal({&text[0], text.size()}, at);
  g.say(sys("thing/service/property/set", g.name(0)), as_text(text.view()), 1);
  EXPECT_EQ(R"({"id":"4","code":200,"data":{}})",
            g.cloud.last_on(sys("thing/service/property/set_reply", g.name(0))));
  EXPECT_EQ(1U, g.behind(0).downlink.accepted());
  EXPECT_EQ(1U, g.counts.commands.load());
}

TEST(sub_devices, are_offline_with_their_gateway_and_log_in_again) {
  gateway_bench g{3};
  g.boot(seconds{3});
  g.cloud.door.refuse = true;
  g.cloud.cut();
  g.run(seconds{1});
  EXPECT_EQ(0U, g.counts.sub_devices_online.load());
  const auto attempted = g.behind(0).uplink.attempted();
  g.run(seconds{5});
  EXPECT_EQ(attempted, g.behind(0).uplink.attempted());
  EXPECT_GT(g.counts.skipped_for(skip::offline), 9U);
  g.cloud.door.refuse = false;
  g.run(seconds{20});
  EXPECT_EQ(3U, g.counts.sub_devices_online.load());
  EXPECT_EQ(6U, g.cloud.on("combine/login").size());
  EXPECT_GT(g.behind(0).uplink.attempted(), attempted);
  EXPECT_EQ(2U, g.behind(0).connections);
}

/// Publishes of a sub-device so far, by the sequence in their tags.
std::vector<std::uint32_t> sequences(const gateway_bench& g, std::uint32_t place) {
  std::vector<std::uint32_t> out;
  for (const auto& post : g.cloud.on(sys("thing/event/property/post", g.name(place)))) {
    out.push_back(ledger::find_tag(as_bytes(post.payload)).what.sequence);
  }
  return out;
}

TEST(sub_devices, send_again_what_was_not_acknowledged_once_they_are_logged_in_again) {
  gateway_bench g{2};
  g.product.clean_session = false;
  g.cloud.remembers = true;
  g.boot(seconds{3});
  g.cloud.acknowledges = false;
  g.run(seconds{2});
  const auto before = g.behind(0).uplink.acknowledged();
  ASSERT_GE(g.behind(0).uplink.attempted(), before + 2);
  const auto heard = g.cloud.said.size();
  g.cloud.acknowledges = true;
  g.agrees = false; // nobody may log in
  g.cloud.cut();
  g.run(seconds{15});
  EXPECT_GE(g.cloud.on("combine/login").size(), 4U);
  for (std::size_t i = heard; i < g.cloud.said.size(); ++i) {
    EXPECT_FALSE(g.cloud.said[i].topic.ends_with("property/post")) << g.cloud.said[i].payload;
  }
  EXPECT_EQ(before, g.behind(0).uplink.acknowledged());
  g.agrees = true;
  g.run(seconds{40});
  EXPECT_EQ(2U, g.counts.sub_devices_online.load());
  g.quiet();
  g.run(seconds{5});
  for (std::uint32_t i = 0; i < 2; ++i) {
    EXPECT_EQ(g.behind(i).uplink.attempted(), g.behind(i).uplink.acknowledged());
    auto all = sequences(g, i);
    // In order, but for the repeats: those that were not acknowledged come twice.
    const auto again = std::is_sorted_until(all.begin(), all.end());
    EXPECT_TRUE(std::is_sorted(again, all.end()));
    EXPECT_EQ(before + 1, *again);
  }
}

TEST(sub_devices, send_again_after_a_crash_of_their_gateway_what_was_not_acknowledged) {
  gateway_bench g{2};
  g.product.clean_session = false;
  g.cloud.remembers = true;
  g.boot(seconds{3});
  g.cloud.acknowledges = false;
  g.run(seconds{2});
  g.crash();
  g.cloud.acknowledges = true;
  const auto heard = g.cloud.said.size();
  g.boot(seconds{5});
  ASSERT_GT(g.cloud.said.size(), heard);
  EXPECT_FALSE(g.cloud.said[heard].topic.ends_with("property/post"));
  EXPECT_EQ(2U, g.counts.sub_devices_online.load());
  g.quiet();
  g.run(seconds{5});
  EXPECT_EQ(g.behind(1).uplink.attempted(), g.behind(1).uplink.acknowledged());
}

TEST(sub_devices, that_are_refused_leave_unacknowledged_what_they_have_sent) {
  gateway_bench g{2};
  g.product.clean_session = false;
  g.cloud.remembers = true;
  g.boot(seconds{3});
  g.cloud.acknowledges = false;
  g.run(seconds{2});
  const auto acknowledged = g.behind(0).uplink.acknowledged();
  g.cloud.acknowledges = true;
  g.agrees = false;
  auto say = g.cloud.when_said;
  g.cloud.when_said = [&](const test::heard& h) {
    if (h.topic.ends_with("combine/login")) {
      g.cloud.say(h.topic + "_reply",
                  R"({"id":)" + raw_field(h.payload, "id") + R"(,"code":6288,"data":{}})");
    }
    say(h);
  };
  const auto heard = g.cloud.said.size();
  g.cloud.cut();
  g.run(seconds{15});
  EXPECT_EQ(2U, g.counts.sub_devices_refused.load());
  ASSERT_GE(g.troubles.size(), 2U);
  EXPECT_EQ(outcome::sub_device_refused, g.troubles.back());
  EXPECT_EQ("code 6288", g.details.back());
  for (std::size_t i = heard; i < g.cloud.said.size(); ++i) {
    EXPECT_FALSE(g.cloud.said[i].topic.ends_with("property/post"));
  }
  EXPECT_EQ(acknowledged, g.behind(0).uplink.acknowledged());
  EXPECT_GT(g.behind(0).uplink.attempted(), acknowledged);
  const auto asked = g.cloud.on("combine/login").size();
  g.cloud.cut();
  g.run(seconds{15});
  EXPECT_EQ(asked + 2, g.cloud.on("combine/login").size()) << "they ask at every log-on";
  EXPECT_EQ(2U, g.counts.sub_devices_refused.load()) << "and are counted once";
  g.stop(seconds{30});
  EXPECT_EQ(phase::stopped, g.it().now_in()) << "and nobody waits for it";
}

TEST(sub_devices, leave_their_gateway_in_turn_and_are_taken_in_again) {
  gateway_bench g{3};
  g.product.features.children.rejoin = seconds{10};
  g.boot(seconds{31});
  EXPECT_EQ(3U, g.counts.sub_devices_left.load());
  EXPECT_EQ(3U, g.counts.sub_devices_online.load());
  EXPECT_TRUE(g.cloud.subscribed(sys("thing/topo/delete_reply")));
  const auto deleted = g.cloud.on("topo/delete");
  const auto unregistered = g.cloud.on("sub/unregister");
  ASSERT_EQ(3U, deleted.size());
  ASSERT_EQ(3U, unregistered.size());
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto name = "dev_0000" + std::to_string(10 + i);
    EXPECT_NE(std::string::npos, deleted[i].payload.find(name));
    EXPECT_NE(std::string::npos, unregistered[i].payload.find(name));
    EXPECT_EQ(2U, g.behind(i).connections);
    EXPECT_EQ(g.behind(i).uplink.attempted(), g.behind(i).uplink.acknowledged());
  }
  EXPECT_EQ(6U, g.cloud.on("combine/login").size());
  EXPECT_EQ(6U, g.cloud.on("topo/add").size());
  g.it().quiet();
  g.run(seconds{60});
  EXPECT_EQ(3U, g.counts.sub_devices_left.load()) << "quiet gateways let nobody go";
}

TEST(sub_devices, say_nothing_from_the_moment_they_ask_to_be_logged_out) {
  gateway_bench g{1};
  g.product.features.children.rejoin = seconds{10};
  g.boot(seconds{1});
  ASSERT_EQ(1U, g.counts.sub_devices_online.load());
  ASSERT_TRUE(g.cloud.on("combine/logout").empty());
  g.agrees = false; // the answer is long on its way
  g.run(seconds{14});
  const auto asked = std::find_if(g.cloud.said.begin(), g.cloud.said.end(), [](const auto& h) {
    return h.topic.ends_with("combine/logout");
  });
  ASSERT_NE(g.cloud.said.end(), asked);
  EXPECT_TRUE(std::none_of(asked, g.cloud.said.end(),
                           [](const auto& h) { return h.topic.ends_with("property/post"); }));
  g.agrees = true;
  g.run(seconds{60});
  EXPECT_EQ(1U, g.counts.sub_devices_online.load()) << "and it comes back";
  EXPECT_GE(g.counts.sub_devices_left.load(), 1U);
}

TEST(sub_devices, take_in_silence_what_they_are_told_while_they_leave) {
  gateway_bench g{1};
  g.product.features.children.rejoin = seconds{10};
  g.boot(seconds{1});
  const std::string set = R"({"id":"4","params":{"Level":5}})";
  g.say(sys("thing/service/property/set", g.name(0)), set, 1);
  EXPECT_EQ(1U, g.cloud.on("property/set_reply").size()) << "while it is there it answers";
  g.agrees = false; // the answer to its logout is long on its way
  g.run(seconds{10});
  ASSERT_FALSE(g.cloud.on("combine/logout").empty());
  const auto attempted = g.behind(0).uplink.attempted();
  g.say(sys("thing/service/property/set", g.name(0)), set, 1);
  EXPECT_EQ(1U, g.cloud.on("property/set_reply").size());
  EXPECT_EQ(attempted, g.behind(0).uplink.attempted()) << "it would be thrown away";
  g.agrees = true;
  g.run(seconds{60});
  EXPECT_EQ(1U, g.counts.sub_devices_online.load());
  g.say(sys("thing/service/property/set", g.name(0)), set, 1);
  EXPECT_EQ(2U, g.cloud.on("property/set_reply").size()) << "and once it is back again";
}

TEST(sub_devices, that_register_do_so_anew_after_they_left) {
  gateway_bench g{1};
  g.child->registration.by = registration_way::mqtt;
  g.product.features.children.rejoin = seconds{10};
  g.boot(seconds{11});
  EXPECT_EQ(1U, g.counts.sub_devices_left.load());
  EXPECT_EQ(2U, g.cloud.on("sub/register").size());
  EXPECT_EQ(2U, g.counts.sub_devices_registered.load());
  EXPECT_EQ(1U, g.counts.sub_devices_online.load());
}

TEST(sub_devices, do_as_the_platform_orders) {
  gateway_bench g{2};
  g.boot();
  g.say(sys("thing/disable", g.name(0)), R"({"id":"1","params":{}})");
  EXPECT_EQ("200", raw_field(g.cloud.last_on("thing/disable_reply"), "code"));
  EXPECT_EQ(1U, g.counts.sub_devices_online.load());
  const auto attempted = g.behind(0).uplink.attempted();
  g.run(seconds{5});
  EXPECT_EQ(attempted, g.behind(0).uplink.attempted());
  g.say(sys("thing/enable", g.name(0)), R"({"id":"2","params":{}})");
  g.say("/ext/error/" + std::string{test::own},
        R"({"id":"3","code":520,"data":{"productKey":"a1FleetDemo","deviceName":"dev_000011"}})");
  g.run(seconds{5});
  EXPECT_GE(g.cloud.on("combine/login").size(), 3U); // 520: again
  EXPECT_GE(g.counts.sub_devices_online.load(), 1U);
}

TEST(sub_devices, that_were_enabled_without_link_are_back_once_their_gateway_is) {
  gateway_bench g{2};
  g.boot();
  g.say(sys("thing/disable", g.name(0)), R"({"id":"1","params":{}})");
  g.run(seconds{5});
  EXPECT_EQ(1U, g.counts.sub_devices_online.load());
  const auto attempted = g.behind(0).uplink.attempted();
  g.cloud.cut();
  g.run(seconds{15});
  EXPECT_EQ(2U, g.counts.sub_devices_online.load());
  EXPECT_LT(attempted, g.behind(0).uplink.attempted());
}

TEST(sub_devices, that_are_disabled_or_deleted_ask_again_when_joining_is_permitted) {
  gateway_bench g{3};
  g.boot();
  for (const auto place : {0, 1}) {
    g.say(sys("thing/topo/change"),
          R"({"id":"1","params":{"status":1,"subList":[{"productKey":"a1FleetDemo","deviceName":)"
          R"("dev_00001)"
              + std::to_string(place) + R"("}]}})");
  }
  g.say(sys("thing/disable", g.name(2)), R"({"id":"2","params":{}})");
  EXPECT_EQ(0U, g.counts.sub_devices_online.load());
  g.say(sys("thing/gateway/permit"), R"({"id":"3","params":{"productKey":"a1Other","time":60}})");
  g.run(seconds{5});
  EXPECT_EQ(0U, g.counts.sub_devices_online.load()) << "devices of another product may";
  EXPECT_EQ("200", raw_field(g.cloud.last_on("gateway/permit_reply"), "code"));
  g.say(sys("thing/gateway/permit"), R"({"id":"4","params":{"time":60}})");
  g.run(seconds{5});
  EXPECT_EQ(3U, g.counts.sub_devices_online.load()) << "the platform says who is still disabled";
}

TEST(sub_devices, join_again_when_the_gateway_is_asked_to_add_them) {
  gateway_bench g{1};
  g.boot();
  const std::string pair = R"({"productKey":"a1FleetDemo","deviceName":"dev_000010"})";
  g.say(sys("thing/topo/change"), R"({"id":"1","params":{"status":1,"subList":[)" + pair + "]}}");
  g.run(seconds{5});
  EXPECT_EQ(0U, g.counts.sub_devices_online.load());
  g.say(sys("thing/topo/add/notify"), R"({"id":"2","params":[)" + pair + "]}");
  g.run(seconds{5});
  EXPECT_EQ("200", raw_field(g.cloud.last_on("topo/add/notify_reply"), "code"));
  EXPECT_EQ(1U, g.counts.sub_devices_online.load());
}

TEST(sub_devices, subscribe_a_few_at_a_time_and_in_packets_the_platform_takes) {
  gateway_bench g{60};
  g.child->features.rrpc = true;
  g.child->features.shadow = true;
  g.boot(seconds{1});
  const auto own = g.cloud.subscribes.size();
  g.cloud.grants = false;
  g.cloud.cut();
  g.cloud.session = true;
  g.run(seconds{8});
  // Two packets each; a sub-device that has begun may end beyond the bound.
  EXPECT_GE(g.cloud.subscribes.size() - own, subscribes_max);
  EXPECT_LE(g.cloud.subscribes.size() - own, subscribes_max + 1);
  for (const auto filters : g.cloud.subscribes) {
    EXPECT_LE(filters, filters_per_packet);
  }
  EXPECT_EQ(0U, g.counts.sub_devices_online.load());
}

TEST(sub_devices, subscribe_in_the_place_of_those_that_left_before_they_were_answered) {
  constexpr std::uint32_t unanswered_max = 100; // SUBSCRIBEs of a connection, one a sub-device here
  gateway_bench g{unanswered_max + 10};
  g.child->interval = seconds{60};
  g.boot(seconds{1});
  g.cloud.cut();
  g.cloud.session = true;
  g.cloud.grants = false;
  const auto own = g.cloud.subscribes.size();
  g.run(seconds{8});
  for (std::uint32_t from = 0; from < unanswered_max; from += 16) {
    std::string gone;
    for (auto place = from; place < std::min(from + 16, unanswered_max); ++place) {
      gone += (gone.empty() ? "" : ",")
              + std::string{R"({"productKey":"a1FleetDemo","deviceName":")"}
              + std::to_string(1000010 + place).replace(0, 1, "dev_") + R"("})";
    }
    g.say(sys("thing/topo/change"), R"({"id":"1","params":{"status":1,"subList":[)" + gone + "]}}");
  }
  EXPECT_EQ(g.cloud.subscribes.size() - own, unanswered_max);
  EXPECT_EQ(0U, g.counts.sub_devices_online.load());
  g.cloud.grants = true;
  g.cloud.grant_withheld();
  g.run(seconds{2});
  EXPECT_EQ(10U, g.counts.sub_devices_online.load()) << "those that had waited";
}

TEST(sub_devices, all_come_online_however_many_there_are) {
  gateway_bench g{80};
  g.boot(seconds{20});
  EXPECT_EQ(80U, g.counts.sub_devices_online.load());
  for (std::size_t i = 0; i < 80; ++i) {
    EXPECT_GT(g.behind(i).uplink.attempted(), 10U) << i;
  }
}

/// As generated, but without the secrets of sub-devices.
class unregistered final : public alink::credential_source {
public:
  [[nodiscard]] std::uint32_t count() const noexcept override { return of_.count(); }
  [[nodiscard]] alink::identity at(std::uint32_t index) const override {
    auto who = of_.at(index);
    who.device_secret = index < 10 ? who.device_secret : "";
    return who;
  }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override {
    return of_.find(product_key, device_name);
  }

private:
  alink::generated_credentials of_;
};

TEST(sub_devices, without_a_secret_register_once_in_their_boards_life) {
  gateway_bench g{2, std::make_shared<unregistered>()};
  g.boot(seconds{5});
  EXPECT_EQ(2U, g.counts.sub_devices_online.load());
  EXPECT_EQ(2U, g.cloud.on("sub/register").size());
  EXPECT_EQ("s3cret", as_text(*g.behind(0).board.kv.get("device.secret")));
  g.crash();
  EXPECT_EQ(0U, g.counts.sub_devices_online.load());
  g.boot(seconds{5});
  EXPECT_EQ(2U, g.cloud.on("sub/register").size());
  EXPECT_EQ(2U, g.counts.sub_devices_online.load());
  const auto posts = g.cloud.on(sys("thing/event/property/post", g.name(0)));
  EXPECT_EQ(2U, ledger::find_tag(as_bytes(posts.back().payload)).what.epoch);
}

TEST(sub_devices, of_a_product_that_registers_do_so_although_their_secrets_are_known) {
  gateway_bench g{2};
  g.child->registration.by = registration_way::mqtt;
  g.boot(seconds{5});
  EXPECT_EQ(2U, g.cloud.on("sub/register").size());
  EXPECT_EQ(2U, g.counts.sub_devices_online.load());
  EXPECT_EQ("s3cret", as_text(*g.behind(0).board.kv.get("device.secret")));
}

TEST(sub_devices, are_logged_out_before_their_gateway_leaves_in_order) {
  gateway_bench g{3};
  g.boot(seconds{5});
  g.stop(seconds{10});
  EXPECT_EQ(phase::stopped, g.it().now_in());
  EXPECT_EQ(3U, g.cloud.on("combine/logout").size());
  EXPECT_EQ(0U, g.counts.sub_devices_online.load());
  EXPECT_EQ(3U, g.cloud.on("combine/login").size()) << "nobody comes back";
  EXPECT_EQ((std::string{"\xe0\x00", 2}), g.cloud.octets.substr(g.cloud.octets.size() - 2))
      << "DISCONNECT is the last";
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(g.behind(i).uplink.attempted(), g.behind(i).uplink.acknowledged());
  }
}

TEST(sub_devices, whose_logout_is_not_answered_hold_their_gateway_no_longer_than_its_grace) {
  gateway_bench g{3};
  g.boot(seconds{5});
  g.agrees = false;
  g.it().stop(later(g.world.now(), seconds{4}));
  g.quiet(); // its timer is set
  g.run(seconds{3});
  EXPECT_EQ(phase::stopping, g.it().now_in());
  EXPECT_FALSE(g.cloud.on("combine/logout").empty());
  g.run(seconds{3});
  EXPECT_EQ(phase::stopped, g.it().now_in());
}

TEST(sub_devices, hear_broadcasts_to_their_product_each) {
  gateway_bench g{3};
  g.child->features.broadcasts = true;
  g.boot(seconds{3});
  EXPECT_TRUE(g.cloud.subscribed("/broadcast/a1FleetDemo/#"));
  g.say("/broadcast/a1FleetDemo/all", "hello");
  EXPECT_EQ(3U, g.counts.broadcasts.load()) << "and not their gateway, which did not ask for it";
  g.say("/broadcast/a1Another001/all", "hello");
  EXPECT_EQ(3U, g.counts.broadcasts.load());
  g.say(sys("thing/disable", g.name(0)), R"({"id":"1","params":{}})");
  g.say("/broadcast/a1FleetDemo/all", "hello");
  EXPECT_EQ(5U, g.counts.broadcasts.load()) << "nobody who is offline";
}

TEST(sub_devices, are_reported_together_in_a_pack) {
  gateway_bench g{30};
  g.child->interval = {};
  report_plan pack;
  pack.what = report_kind::batch;
  pack.interval = seconds{5};
  g.product.features.reports = {pack};
  g.boot(seconds{20});
  const auto payload = g.cloud.last_on("property/pack/post");
  alink::gateway_reader reader;
  const auto read = reader.read_pack(as_bytes(payload));
  EXPECT_EQ(200, read.code) << payload;
  EXPECT_EQ(alink::max_pack_sub_devices, read.sub_devices.size());
  EXPECT_EQ(ledger::tag_state::intact, ledger::find_tag(as_bytes(payload)).state);
  EXPECT_EQ(0U, ledger::find_tag(as_bytes(payload)).what.device);
}

TEST(sub_devices, whose_pack_is_refused_for_one_that_was_disabled_meanwhile_count_no_error) {
  gateway_bench g{3};
  g.child->interval = {};
  report_plan pack;
  pack.what = report_kind::batch;
  pack.interval = seconds{5};
  g.product.features.reports = {pack};
  std::size_t packs = 0;
  g.cloud.when_said = [&](const test::heard& h) {
    g.answer(h);
    if (h.topic.ends_with("pack/post")) {
      if (++packs == 1) {
        g.cloud.say(sys("thing/disable", g.name(0)), R"({"id":"9","params":{}})");
      }
      g.cloud.say(h.topic + "_reply",
                  R"({"id":)" + raw_field(h.payload, "id") + R"(,"code":520,"data":{}})");
    }
  };
  g.boot(seconds{20});
  ASSERT_GE(packs, 3U);
  EXPECT_EQ(2U, g.counts.sub_devices_online.load());
  EXPECT_EQ(packs - 1, g.counts.replies_bad.load()) << "nothing excuses those after it";
}

TEST(sub_devices, are_part_of_their_gateways_memory) {
  gateway_bench g{8};
  g.boot();
  EXPECT_GT(g.it().memory_bytes(), 8 * (sizeof(device_slot) + sizeof(sub_device)));
}

} // namespace
} // namespace fleet::actors
