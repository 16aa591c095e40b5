// Classes of custom topics that the console defines (aliyun-iot.md §9.1): what they allow, to whom,
// and what they survive.
#include "cloud_sim/topic_classes.hpp"
#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace support;
using cloud::operation_error;
using cloud::topic_classes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr alink::rights pub{true, false};
constexpr alink::rights sub_only{false, true};
constexpr alink::rights both{true, true};

TEST(topic_class, has_a_name_of_levels) {
  for (const std::string_view good :
       {"c1", "c1/c2", "c1/#", "a.b:c@d-e_f", "user/get", "a/b/c/d/#"}) {
    EXPECT_TRUE(cloud::valid_topic_class(good)) << good;
  }
  const std::string longest(cloud::topic_class_name_max, 'x');
  EXPECT_TRUE(cloud::valid_topic_class(longest));
  EXPECT_FALSE(cloud::valid_topic_class(longest + "x"));
  for (const std::string_view bad :
       {"", "/", "/c1", "c1/", "a//b", "#", "a/#/b", "a#", "+", "a/+", "a b", "a\n", "a\"", "é"}) {
    EXPECT_FALSE(cloud::valid_topic_class(bad)) << bad;
  }
}

TEST(topic_class, stands_before_those_of_every_product) {
  topic_classes t;
  const alink::access_rules base{.may_publish_broadcast = true};
  EXPECT_EQ(t.rules(base).classes.data(), base.classes.data());
  ASSERT_TRUE(t.put("c1", pub));
  ASSERT_TRUE(t.put("get", both));
  const auto rules = t.rules(base);
  EXPECT_TRUE(rules.may_publish_broadcast);
  EXPECT_EQ(alink::topic_rights("/PK/DN/c1", "PK", "DN", rules), pub);
  EXPECT_EQ(alink::topic_rights("/PK/DN/get", "PK", "DN", rules), both);
  EXPECT_EQ(alink::topic_rights("/PK/DN/update", "PK", "DN", rules), pub) << "as ever";
  ASSERT_TRUE(t.put("c1", sub_only));
  EXPECT_EQ(alink::topic_rights("/PK/DN/c1", "PK", "DN", t.rules(base)), sub_only);
  EXPECT_TRUE(t.remove("get"));
  EXPECT_FALSE(t.remove("get"));
  EXPECT_EQ(alink::topic_rights("/PK/DN/get", "PK", "DN", t.rules(base)), sub_only);
}

TEST(topic_class, is_one_of_fifty_at_most) {
  topic_classes t;
  for (std::size_t i = 0; i < cloud::topic_classes_max; ++i) {
    ASSERT_TRUE(t.put("c" + std::to_string(i), pub));
  }
  EXPECT_FALSE(t.put("more", pub));
  EXPECT_TRUE(t.put("c0", both)) << "a change needs no room";
  topic_classes again;
  EXPECT_TRUE(again.load(t.text()));
  EXPECT_FALSE(again.load(t.text() + "more pub\n"));
}

TEST(topic_class, is_read_back_from_its_text_and_from_no_other) {
  topic_classes t;
  ASSERT_TRUE(t.put("c1/#", pub));
  ASSERT_TRUE(t.put("b", both));
  EXPECT_EQ(t.text(), "c1/# pub\nb both\n");
  topic_classes again;
  ASSERT_TRUE(again.load(t.text()));
  EXPECT_EQ(again.text(), t.text());
  for (const std::string_view bad :
       {"c1", "c1 pub", "c1 none\n", "c1\n", "\n", " pub\n", "/c1 pub\n", "c1  pub\n"}) {
    EXPECT_FALSE(again.load(bad)) << bad;
    EXPECT_EQ(again.text(), t.text()) << "untouched";
  }
  ASSERT_TRUE(again.load(""));
  EXPECT_THAT(again.own(), IsEmpty());
}

struct platform_topics : testing::Test, platform_rig {
  /// Whether the device is granted a filter.
  bool granted(guest& g, std::string_view filter) {
    const auto before = bench.count(bench.twin->counters().subscribes_granted);
    g.subscribe(filter, 1);
    bench.settle();
    return bench.count(bench.twin->counters().subscribes_granted) > before;
  }
};

TEST_F(platform_topics, of_the_console_are_granted_to_the_devices_of_the_product_alone) {
  auto& one = arrive(lamp);
  auto& other = arrive(plain);
  EXPECT_FALSE(granted(one, topic(lamp, "", "c1"))) << "not defined yet";
  ASSERT_TRUE(console().put_topic_class("a1LampPk001", "c1", both).ok());
  ASSERT_TRUE(console().put_topic_class("a1LampPk001", "up/#", pub).ok());
  EXPECT_TRUE(granted(one, topic(lamp, "", "c1")));
  EXPECT_FALSE(granted(one, topic(lamp + 1, "", "c1"))) << "another device's";
  EXPECT_FALSE(granted(one, topic(lamp, "", "up/x"))) << "only to publish";
  EXPECT_FALSE(granted(other, topic(plain, "", "c1"))) << "another product's device";
  EXPECT_THAT(ask(one, topic(lamp, "", "c1"), "echo", 0),
              ElementsAre(topic(lamp, "", "c1") + "=echo q0"));
  const auto refused = bench.count(bench.twin->counters().publishes_refused);
  ask(one, topic(lamp, "", "up/x"), "x", 0);
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), refused);
  ask(other, topic(plain, "", "up/x"), "x", 0);
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), refused + 1);
  EXPECT_TRUE(console().publish(topic(lamp, "", "c1"), as_bytes("hi"), mqtt::qos{}).ok());
  EXPECT_EQ(console().publish(topic(lamp, "", "up/x"), {}, mqtt::qos{}).error().why,
            operation_error::refused);
}

TEST_F(platform_topics, are_gone_when_they_were_deleted) {
  ASSERT_TRUE(console().put_topic_class("a1LampPk001", "c1", both).ok());
  ASSERT_TRUE(console().delete_topic_class("a1LampPk001", "c1").ok());
  EXPECT_EQ(console().delete_topic_class("a1LampPk001", "c1").error().why,
            operation_error::refused);
  auto& g = arrive(lamp);
  EXPECT_FALSE(granted(g, topic(lamp, "", "c1")));
}

TEST_F(platform_topics, are_listed_in_the_order_in_which_they_count) {
  ASSERT_TRUE(console().put_topic_class("a1LampPk001", "c1", pub).ok());
  EXPECT_THAT(console().topic_classes_of("a1LampPk001").value(),
              StartsWith(R"({"classes":[{"class":"c1","allow":"pub","own":true},)"
                         R"({"class":"update","allow":"pub","own":false},)"));
  EXPECT_THAT(console().topic_classes_of("a1PlainPk01").value(),
              StartsWith(R"({"classes":[{"class":"update","allow":"pub","own":false},)"));
}

TEST_F(platform_topics, are_refused_where_they_mean_nothing) {
  EXPECT_EQ(console().topic_classes_of("nobody").error().why, operation_error::unknown_product);
  EXPECT_EQ(console().put_topic_class("nobody", "c1", pub).error().why,
            operation_error::unknown_product);
  EXPECT_EQ(console().delete_topic_class("nobody", "c1").error().why,
            operation_error::unknown_product);
  EXPECT_EQ(console().put_topic_class("a1LampPk001", "/c1", pub).error().why,
            operation_error::malformed);
  EXPECT_EQ(console().put_topic_class("a1LampPk001", "c1", {}).error().why,
            operation_error::malformed);
  for (std::size_t i = 0; i < cloud::topic_classes_max; ++i) {
    ASSERT_TRUE(console().put_topic_class("a1LampPk001", "c" + std::to_string(i), pub).ok());
  }
  EXPECT_EQ(console().put_topic_class("a1LampPk001", "more", pub).error().why,
            operation_error::busy);
}

TEST_F(platform_topics, and_configurations_wait_for_no_device_of_their_product) {
  EXPECT_TRUE(console().put_topic_class("a1GatePk001", "c1", pub).ok());
  bench.twin->serve_configs_at("https://twin/config/");
  EXPECT_TRUE(console().set_config("a1SubPk0001", "{}", false).ok());
}

} // namespace
} // namespace fleet
