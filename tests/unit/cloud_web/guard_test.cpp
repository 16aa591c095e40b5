// Who may use the admin API; base64 and routes, the small parts it stands on.
#include <gtest/gtest.h>

#include "cloud_sim/web/base64.hpp"
#include "cloud_sim/web/guard.hpp"
#include "cloud_sim/web/route.hpp"

namespace fleet::cloud {
namespace {

guard_rules rules(std::string_view own, std::string_view token = {}) {
  return {std::string{token}, hal::parse_address(own).value()};
}

verdict ask(const guard_rules& r, std::string_view host, std::vector<http::field> fields = {},
            bool secure = false) {
  web_request request;
  request.host = host;
  request.fields = fields;
  request.secure = secure;
  return judge(r, request);
}

TEST(admin_guard, takes_only_names_of_this_machine_on_loopback) {
  const auto r = rules("127.0.0.1:18830");
  for (const std::string_view host :
       {"127.0.0.1:18830", "localhost", "LOCALHOST:1", "[::1]:18830", "127.1.2.3"}) {
    EXPECT_EQ(ask(r, host), verdict::allowed) << host;
  }
  for (const std::string_view host : {"evil.example", "127.0.0.1.evil.example:18830", "127.0.0.x",
                                      "localhost.evil.example", "[::2]", "10.0.0.1", ""}) {
    EXPECT_EQ(ask(r, host), verdict::foreign_host) << host;
  }
}

TEST(admin_guard, takes_any_host_elsewhere_but_asks_for_the_token) {
  const auto r = rules("10.1.2.3:80", "0123456789abcdef");
  EXPECT_EQ(ask(r, "twin.example"), verdict::unauthorized);
  EXPECT_EQ(ask(r, "twin.example", {{"authorization", "bearer 0123456789abcdef"}}),
            verdict::allowed);
}

TEST(admin_guard, refuses_pages_from_elsewhere) {
  const auto r = rules("127.0.0.1:80");
  const std::string_view host = "localhost:80";
  EXPECT_EQ(ask(r, host, {{"Origin", "http://localhost:80"}}), verdict::allowed);
  EXPECT_EQ(ask(r, host, {{"Origin", "https://localhost:80"}}, true), verdict::allowed);
  EXPECT_EQ(ask(r, host, {{"Sec-Fetch-Site", "none"}}), verdict::allowed);
  for (const std::string_view origin :
       {"http://evil.example", "https://localhost:80", "http://localhost:81", "null", "",
        "http://localhost:80.evil.example"}) {
    EXPECT_EQ(ask(r, host, {{"Origin", origin}}), verdict::foreign_origin) << origin;
  }
  EXPECT_EQ(ask(r, host, {{"Origin", "http://localhost:80"}, {"origin", "http://evil.example"}}),
            verdict::foreign_origin);
  EXPECT_EQ(ask(r, host, {{"Sec-Fetch-Site", "cross-site"}}), verdict::foreign_origin);
}

TEST(admin_guard, asks_for_exactly_the_token) {
  const auto r = rules("127.0.0.1:80", "0123456789abcdef");
  for (const std::string_view value :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0",
        "Bearer 0123456789abcdeF", "Basic 0123456789abcdef", "0123456789abcdef"}) {
    EXPECT_EQ(ask(r, "localhost", {{"Authorization", value}}), verdict::unauthorized) << value;
  }
  EXPECT_EQ(ask(r, "localhost"), verdict::unauthorized);
  EXPECT_EQ(ask(r, "localhost", {{"Authorization", "Bearer 0123456789abcdef"}}), verdict::allowed);
}

TEST(admin_guard, makes_tokens_that_differ_and_are_valid) {
  const auto one = make_admin_token();
  EXPECT_TRUE(valid_admin_token(one));
  EXPECT_NE(one, make_admin_token());
  EXPECT_FALSE(valid_admin_token("short"));
  EXPECT_FALSE(valid_admin_token("sixteen or more but blanks"));
  EXPECT_FALSE(valid_admin_token(std::string(513, 'x')));
}

TEST(base64, is_that_of_rfc_4648_both_ways) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), coded);
    const auto back = from_base64(coded);
    ASSERT_TRUE(back.has_value()) << coded;
    EXPECT_EQ(as_text(*back), plain);
  }
  for (const std::string_view wrong : {"Zg", "Zg=", "Zg==Zg==", "Z===", "====", "Zh==", "Zm9=",
                                       "Zm9v\n", "Zm 9", "-_-_", "=Zg="}) {
    EXPECT_FALSE(from_base64(wrong).has_value()) << wrong;
  }
}

TEST(routes, keep_escaped_slashes_inside_their_part) {
  const auto path = split_target("/v1/a%2Fb/%41?x=/y");
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(path->parts, (std::vector<std::string>{"v1", "a/b", "A"}));
  EXPECT_EQ(path->query, "x=/y");
  EXPECT_EQ(split_target("/")->parts, std::vector<std::string>{""});
}

TEST(routes, refuse_paths_that_cannot_be_read) {
  for (const std::string_view target : {"*", "", "x", "/%", "/%4", "/%zz", "/a%00b"}) {
    EXPECT_FALSE(split_target(target).has_value()) << target;
  }
  std::string deep;
  for (std::size_t i = 0; i < max_path_parts; ++i) {
    deep += "/a";
  }
  EXPECT_TRUE(split_target(deep).has_value());
  EXPECT_FALSE(split_target(deep + "/a").has_value());
}

TEST(routes, match_part_by_part) {
  std::vector<std::string_view> values;
  const auto fits = [&](std::string_view pattern, std::string_view target) {
    static std::optional<route_path> path;
    path = split_target(target);
    return match_route(pattern, path->parts, values);
  };
  EXPECT_TRUE(fits("/v1/", "/v1/"));
  EXPECT_FALSE(fits("/v1/", "/v1"));
  EXPECT_TRUE(fits("/v1/{a}/x/{b}", "/v1/one/x/two"));
  EXPECT_EQ(values, (std::vector<std::string_view>{"one", "two"}));
  EXPECT_FALSE(fits("/v1/{a}/x/{b}", "/v1/one/x"));
  EXPECT_FALSE(fits("/v1/{a}/x/{b}", "/v1/one/x/two/more"));
  EXPECT_FALSE(fits("/v1/{a}", "/v1/"));
}

} // namespace
} // namespace fleet::cloud
