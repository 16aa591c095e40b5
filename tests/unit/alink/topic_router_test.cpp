// Routes: matching, sharing, limits, and changes in the middle of a dispatch.
#include <gtest/gtest.h>

#include "protocol/alink/topic_router.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

constexpr own_names me{"PK", "DN"};
constexpr std::string_view set_topic = "/sys/PK/DN/thing/service/property/set";
constexpr std::string_view set_filter = "/sys/{productKey}/{deviceName}/thing/service/property/set";

std::vector<handler_token> hits(const topic_router& router, std::string_view topic,
                                const own_names& names = me) {
  std::vector<handler_token> out;
  auto cursor = router.match(topic, names);
  while (const auto token = cursor.next()) {
    out.push_back(*token);
  }
  return out;
}

using tokens = std::vector<handler_token>;

TEST(alink_route, matches_as_mqtt_says_with_the_devices_own_names) {
  struct row {
    std::string_view filter;
    std::string_view topic;
    bool matches;
  };
  for (const row& r : {
           row{set_filter, set_topic, true},
           row{set_filter, "/sys/PK/D2/thing/service/property/set", false},
           row{set_filter, "/sys/P2/DN/thing/service/property/set", false},
           row{set_filter, set_filter, false},
           row{"/a/+", "/a/b", true},
           row{"/a/+", "/a/", true},
           row{"/a/+", "/a", false},
           row{"/a/+", "/a/b/c", false},
           row{"/a/#", "/a", true},
           row{"/a/#", "/a/", true},
           row{"/a/#", "/a/b/c", true},
           row{"/a/#", "/ab", false},
           row{"/a/+/#", "/a", false},
           row{"/a/+/#", "/a/b", true},
           row{"/#", "/anything/at/all", true},
           row{"/#", "$SYS/x", false},
           row{"/a", "/a/", false},
           row{"/a/", "/a", false},
           row{"/a//b", "/a//b", true},
           row{"/a/+/b", "/a//b", true},
           row{"/a", "", false},
           row{"/", "/", true},
       }) {
    EXPECT_EQ(route_matches(r.filter, r.topic, me), r.matches) << r.filter << " " << r.topic;
  }
  const std::string slashes(60'000, '/');
  EXPECT_TRUE(route_matches("/#", slashes, me));
  EXPECT_FALSE(route_matches("/+/+", slashes, me));
}

TEST(alink_route, is_valid_as_the_sdk_says) {
  const std::string longest = "/" + std::string(max_filter - 1, 'x');
  for (const std::string_view good :
       {std::string_view{"/"}, std::string_view{"/+"}, std::string_view{"/#"},
        std::string_view{"/a/+/b/#"}, set_filter, std::string_view{longest}}) {
    EXPECT_TRUE(valid_route(good)) << good;
  }
  const std::string longer = longest + "x";
  for (const std::string_view bad :
       {std::string_view{""}, std::string_view{"a"}, std::string_view{"#"}, std::string_view{"/a+"},
        std::string_view{"/a#"}, std::string_view{"/#/a"}, std::string_view{"/++"},
        std::string_view{"/a\n"}, std::string_view{"/\xc3\xa4"}, std::string_view{"/a\0b", 4},
        std::string_view{"/\x7f"}, std::string_view{longer}}) {
    EXPECT_FALSE(valid_route(bad)) << bad;
    topic_router router{nullptr};
    EXPECT_EQ(router.add(bad, 1, 0).error(), route_error::bad_filter);
    route_table table;
    EXPECT_EQ(table.add(bad, 1, 0).error(), route_error::bad_filter);
  }
}

TEST(alink_router, finds_shared_routes_first_and_all_that_match) {
  route_table base;
  EXPECT_TRUE(base.add(set_filter, 1, 1).value());
  EXPECT_TRUE(base.add("/sys/{productKey}/{deviceName}/thing/service/+", 2, 1).value());
  EXPECT_FALSE(base.add(set_filter, 1, 0).value());
  topic_router router{&base};
  EXPECT_TRUE(router.add("/sys/#", 3, 0).value());
  EXPECT_FALSE(router.add(set_filter, 4, 0).value()); // subscribed already
  EXPECT_EQ(hits(router, set_topic), (tokens{1, 3, 4}));
  EXPECT_EQ(hits(router, "/sys/PK/DN/thing/service/blink"), (tokens{2, 3}));
  EXPECT_EQ(hits(router, "/sys/PK/D2/thing/service/blink"), (tokens{3}));
  EXPECT_EQ(hits(router, "/broadcast/PK/x"), tokens{});
  EXPECT_EQ(hits(router, "/sys/PK/D2/thing/service/blink", {"PK", "D2"}), (tokens{2, 3}));
}

TEST(alink_router, one_device_gives_up_a_shared_route_and_the_others_keep_it) {
  route_table base;
  ASSERT_TRUE(base.add(set_filter, 1, 1).ok());
  topic_router one{&base};
  topic_router two{&base};
  EXPECT_EQ(one.remove(set_filter, 1), route_removal::last);
  EXPECT_EQ(one.remove(set_filter, 1), route_removal::unknown);
  EXPECT_EQ(hits(one, set_topic), tokens{});
  EXPECT_EQ(hits(two, set_topic), (tokens{1}));
  EXPECT_TRUE(one.add(set_filter, 1, 1).value());
  EXPECT_EQ(hits(one, set_topic), (tokens{1}));
  EXPECT_EQ(one.memory_bytes(), 0U);
}

TEST(alink_router, tells_when_to_subscribe_and_when_to_unsubscribe) {
  topic_router router{nullptr};
  EXPECT_TRUE(router.add("/a", 1, 0).value());
  EXPECT_FALSE(router.add("/a", 1, 0).value());
  EXPECT_EQ(router.size(), 1U);
  EXPECT_FALSE(router.add("/a", 2, 0).value());
  EXPECT_EQ(router.remove("/a", 3), route_removal::unknown);
  EXPECT_EQ(router.remove("/a", 1), route_removal::removed);
  EXPECT_EQ(router.remove("/a", 2), route_removal::last);
  EXPECT_EQ(router.memory_bytes(), 0U);
}

TEST(alink_router, what_is_removed_before_its_turn_has_none) {
  route_table base;
  ASSERT_TRUE(base.add("/a", 1, 0).ok());
  ASSERT_TRUE(base.add("/#", 2, 0).ok());
  topic_router router{&base};
  for (const handler_token token : {3U, 4U, 5U, 6U}) {
    ASSERT_TRUE(router.add("/a", token, 0).ok());
  }
  auto cursor = router.match("/a", me);
  EXPECT_EQ(cursor.next(), 1U);
  router.remove("/a", 1); // itself
  router.remove("/#", 2); // the next, a shared one
  EXPECT_EQ(cursor.next(), 3U);
  router.remove("/a", 3); // itself: those behind it move up
  router.remove("/a", 4); // the next
  EXPECT_EQ(cursor.next(), 5U);
  router.remove("/a", 5);
  router.remove("/a", 6); // the last: nothing is left
  EXPECT_EQ(cursor.next(), std::nullopt);
  EXPECT_EQ(cursor.next(), std::nullopt);
}

TEST(alink_router, what_is_registered_during_a_dispatch_has_no_turn_in_it) {
  route_table base;
  ASSERT_TRUE(base.add("/a", 1, 0).ok());
  ASSERT_TRUE(base.add("/a", 2, 0).ok());
  topic_router router{&base};
  router.remove("/a", 2);
  ASSERT_TRUE(router.add("/a", 3, 0).ok());
  auto cursor = router.match("/a", me);
  EXPECT_EQ(cursor.next(), 1U);
  ASSERT_TRUE(router.add("/a", 2, 0).ok()); // a shared one, taken back
  for (handler_token token = 10; token < 60; ++token) {
    ASSERT_TRUE(router.add("/a", token, 0).ok()); // moves the table
  }
  EXPECT_EQ(cursor.next(), 3U);
  router.remove("/a", 3);
  ASSERT_TRUE(router.add("/a", 3, 0).ok()); // again: a new registration
  EXPECT_EQ(cursor.next(), std::nullopt);
  EXPECT_EQ(hits(router, "/a").size(), 53U);
}

TEST(alink_router, a_handler_that_removes_and_adds_itself_for_ever_ends) {
  topic_router router{nullptr};
  ASSERT_TRUE(router.add("/a", 1, 0).ok());
  auto cursor = router.match("/a", me);
  int calls = 0;
  while (cursor.next()) {
    ASSERT_LT(++calls, 2);
    router.remove("/a", 1);
    ASSERT_TRUE(router.add("/a", 1, 0).ok());
  }
  EXPECT_EQ(calls, 1);
}

TEST(alink_router, is_full_at_100_routes_and_its_shared_table_at_64) {
  route_table base;
  for (handler_token token = 0; token < max_base_routes; ++token) {
    ASSERT_TRUE(base.add("/a", token, 0).ok());
  }
  EXPECT_EQ(base.add("/a", 64, 0).error(), route_error::full);
  topic_router router{&base};
  for (handler_token token = 64; token < max_routes; ++token) {
    ASSERT_TRUE(router.add("/a", token, 0).ok());
  }
  EXPECT_EQ(router.size(), max_routes);
  EXPECT_EQ(router.add("/a", 100, 0).error(), route_error::full);
  EXPECT_FALSE(router.add("/a", 99, 0).value()); // it is there already
  EXPECT_EQ(router.remove("/a", 63), route_removal::removed);
  EXPECT_TRUE(router.add("/a", 100, 0).ok());
  EXPECT_EQ(router.add("/a", 63, 0).error(), route_error::full);
  EXPECT_EQ(hits(router, "/a").size(), max_routes);
}

TEST(alink_router, lists_each_filter_once_with_the_names_put_in) {
  route_table base;
  ASSERT_TRUE(base.add(set_filter, 1, 1).ok());
  ASSERT_TRUE(base.add("/ext/rrpc/+/{productKey}/{deviceName}/get", 2, 0).ok());
  topic_router router{&base};
  ASSERT_TRUE(router.add(set_filter, 3, 1).ok());
  ASSERT_TRUE(router.add("/broadcast/{productKey}/#", 4, 0).ok());
  std::string all;
  for (std::size_t n = 0; n < router.size(); ++n) {
    byte_buffer out;
    if (const auto qos = router.append_filter(out, n, me)) {
      all.append(as_text(out.view())).append(":").append(std::to_string(*qos)).append(" ");
    }
  }
  EXPECT_EQ(all, "/sys/PK/DN/thing/service/property/set:1 /ext/rrpc/+/PK/DN/get:0 "
                 "/broadcast/PK/#:0 ");
}

TEST(alink_router, cmp_registers_its_three_kinds_of_uri) {
  EXPECT_EQ(cmp_filter(uri_kind::system, "thing/enable"),
            "/sys/{productKey}/{deviceName}/thing/enable");
  EXPECT_EQ(cmp_filter(uri_kind::ext, "ntp/PK/DN/response"), "/ext/ntp/PK/DN/response");
  EXPECT_EQ(cmp_filter(uri_kind::verbatim, "/PK/DN/get"), "/PK/DN/get");
}

} // namespace
} // namespace fleet::alink
