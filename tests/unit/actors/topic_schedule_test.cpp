// A device that listens to topics for a while, before the scripted cloud: packets, and who gets
// what arrives.
#include "actors/device/topic_schedule.hpp"

#include <gtest/gtest.h>

#include "tests/unit/actors/thing_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using lines = std::vector<std::string>;

constexpr auto extra = "/a1FleetDemo/dev_000000/user/extra";

struct listener : test::driven_device {
  listener() { product.interval = {}; }
  topic_plan& listen(std::string filter, duration at, duration span = {}, duration every = {}) {
    auto& plans = product.features.topics;
    plans.push_back({});
    auto& plan = plans.back();
    plan.where = uri_type::own;
    plan.filter = std::move(filter);
    plan.at = at;
    plan.span = span;
    plan.every = every;
    return plan;
  }
  /// Filters asked for beside those of the log-on, in order.
  lines asked() {
    lines out;
    std::copy_if(cloud.filters.begin(), cloud.filters.end(), std::back_inserter(out),
                 [](const std::string& f) { return f.find("/thing/") == std::string::npos; });
    return out;
  }
  void set_light(std::string_view value) {
    say(test::sys("thing/service/property/set"),
        R"({"method":"thing.service.property.set","id":"5","params":{"LightSwitch":)"
            + std::string{value} + "}}",
        1);
  }
};

TEST(topic_schedule, registers_and_unregisters_at_its_times) {
  listener d;
  d.listen("user/extra", seconds{5}, seconds{10}, seconds{30});
  d.boot(milliseconds{4900});
  EXPECT_EQ(lines{}, d.asked());
  d.run(seconds{1});
  EXPECT_EQ(lines{extra}, d.asked());
  EXPECT_EQ(1U, d.counts.topics_registered.load());
  d.say(extra, "one", 1);
  d.run(seconds{10});
  EXPECT_EQ(lines{extra}, d.cloud.unsubscribes);
  EXPECT_EQ(1U, d.counts.topics_unregistered.load());
  d.say(extra, "two", 1); // nobody listens any more
  d.run(seconds{21});
  EXPECT_EQ((lines{extra, extra}), d.asked());
  d.say(extra, "three");
  EXPECT_EQ(2U, d.counts.topic_messages.load());
  EXPECT_EQ(2U, d.counts.messages_by_topic[0].load());
  EXPECT_EQ(1U, d.counts.topic_strays.load());
  EXPECT_EQ(0U, d.counts.commands.load());
}

TEST(topic_schedule, stays_registered_without_a_span_and_stops_with_quiet) {
  listener d;
  d.listen("user/extra", {});
  d.listen("user/other", seconds{20});
  d.boot(seconds{10});
  d.quiet();
  d.run(seconds{60});
  EXPECT_EQ(lines{extra}, d.asked());
  EXPECT_TRUE(d.cloud.unsubscribes.empty());
}

TEST(topic_schedule, leaves_the_devices_own_commands_to_it) {
  listener d;
  d.listen("thing/service/#", {}).where = uri_type::sys;
  d.boot();
  d.set_light("1");
  EXPECT_EQ(1U, d.counts.commands.load());
  d.say(test::sys("thing/service/reset"), "{}");
  EXPECT_EQ(1U, d.counts.topic_messages.load());
  EXPECT_EQ(1U, d.counts.commands.load());
}

TEST(topic_schedule, takes_from_a_thing_what_fits_it_better) {
  test::lamp d;
  d.product.features.topics.push_back({uri_type::sys, "thing/service/Dim"});
  d.boot();
  d.say(test::sys("thing/service/Dim"), R"({"id":"1","params":{"Level":5},"version":"1.0"})");
  EXPECT_EQ(1U, d.counts.topic_messages.load());
  EXPECT_EQ(0U, d.counts.services_answered.load());
  d.say(test::sys("thing/service/property/set"), R"({"id":"2","params":{"Level":5}})");
  EXPECT_EQ(1U, d.counts.commands.load());
  EXPECT_EQ(0U, d.counts.topic_strays.load());
}

TEST(topic_schedule, fills_in_the_devices_names) {
  listener d;
  d.listen("x/{device}/{index}/+", {}).where = uri_type::undefine;
  d.listen("x", {}).where = uri_type::ext;
  d.boot();
  EXPECT_EQ((lines{"x/dev_000000/0/+", "/ext/a1FleetDemo/dev_000000/x"}), d.asked());
}

TEST(topic_schedule, counts_what_the_cloud_refuses) {
  listener d;
  d.cloud.refuses = {extra};
  d.listen("user/extra", {}, seconds{5}, seconds{10});
  d.boot(seconds{15});
  EXPECT_EQ(2U, d.counts.topics_refused.load());
  EXPECT_EQ(2U, d.counts.subscribe_refused.load());
  EXPECT_EQ(0U, d.counts.topics_registered.load());
  EXPECT_TRUE(d.cloud.unsubscribes.empty()); // there is nothing to give back
}

TEST(topic_schedule, asks_again_where_the_session_was_lost) {
  listener d;
  d.product.cloud_is_new = true;
  d.listen("user/extra", {});
  d.boot();
  d.cloud.session = true;
  d.cloud.cut();
  d.run(seconds{10});
  EXPECT_EQ(lines{extra}, d.asked());
  d.say(extra, "kept");
  d.cloud.session = false;
  d.cloud.cut();
  d.run(seconds{10});
  EXPECT_EQ((lines{extra, extra}), d.asked());
  d.say(extra, "again");
  EXPECT_EQ(2U, d.counts.topic_messages.load());
  EXPECT_EQ(2U, d.counts.topics_registered.load());
}

TEST(topic_schedule, repeats_an_unanswered_request_and_then_the_next) {
  listener d;
  d.listen("user/extra", seconds{2}, seconds{3});
  d.boot(seconds{1});
  d.cloud.grants = false;
  d.run(seconds{14}); // asked at 2, repeated after 10; since 5 it is not wanted any more
  EXPECT_EQ((lines{extra, extra}), d.asked());
  EXPECT_TRUE(d.cloud.unsubscribes.empty());
  d.cloud.grants = true;
  d.run(seconds{10});
  EXPECT_EQ(lines{extra}, d.cloud.unsubscribes);
  EXPECT_EQ(1U, d.counts.topics_unregistered.load());
  EXPECT_EQ(0U, d.counts.topics_registered.load());
}

TEST(topic_schedule, times_out_as_the_sdk_does) {
  listener d;
  d.product.behaviour = behaviour::sdk;
  d.product.client = mqtt::sdk_behaviour();
  d.listen("user/extra", seconds{2}, seconds{20}, seconds{30});
  d.boot(seconds{1});
  d.cloud.grants = false;
  d.run(seconds{10});
  EXPECT_EQ(lines{extra}, d.asked()); // no repeat (aliyun-iot.md §8.2)
  EXPECT_EQ(1U, d.counts.topics_timed_out.load());
  d.cloud.grants = true;
  d.run(seconds{25});
  EXPECT_EQ((lines{extra, extra}), d.asked());
  EXPECT_EQ(1U, d.counts.topics_registered.load());
  // A lost session stays deaf, and offline nothing is taken back.
  d.cloud.cut();
  d.run(seconds{10});
  EXPECT_EQ((lines{extra, extra}), d.asked());
}

TEST(topic_schedule, refuses_at_once_what_the_sdk_would) {
  listener d;
  d.product.behaviour = behaviour::sdk;
  d.product.client = mqtt::sdk_behaviour();
  d.listen("no/slash", {}).where = uri_type::undefine;
  d.boot();
  EXPECT_EQ(lines{}, d.asked());
  EXPECT_EQ(1U, d.counts.topics_refused.load());
}

TEST(topic_schedule, begins_anew_after_a_crash) {
  listener d;
  d.product.cloud_is_new = true;
  d.listen("user/extra", seconds{3}, seconds{3});
  d.boot(seconds{4});
  d.cloud.session = true;
  d.crash();
  d.boot(seconds{1});
  d.say(extra, "the session has it still", 1);
  EXPECT_EQ(1U, d.counts.topic_strays.load());
  d.run(seconds{6});
  EXPECT_EQ((lines{extra, extra}), d.asked());
  EXPECT_EQ(lines{extra}, d.cloud.unsubscribes);
}

TEST(topic_schedule, costs_a_plain_device_one_pointer) {
  listener plain;
  plain.boot();
  listener busy;
  busy.listen("user/extra", {});
  busy.boot();
  EXPECT_GT(busy.it().memory_bytes(), plain.it().memory_bytes() + sizeof(topic_schedule));
  EXPECT_LT(plain.it().memory_bytes(), 2048U);
}

} // namespace
} // namespace fleet::actors
