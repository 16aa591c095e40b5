// What is asked of a process over HTTP: what anybody may read, and who may give orders.
#include "fleet/live/door.hpp"

#include <gtest/gtest.h>

#include "fleet/live/page.hpp"
#include "tests/support/web_rig.hpp"

namespace fleet::program {
namespace {

using answer = support::web_client::answer;
using fields = std::vector<http::field>;

constexpr std::string_view token = "0123456789abcdef0123456789abcdef";
constexpr std::string_view bearer = "Bearer 0123456789abcdef0123456789abcdef";
constexpr std::string_view add_stall = R"({"do":"add","words":"stall for=5s"})";

/// A service needs its handler before there is a home for that.
class late_handler final : public cloud::web_handler {
public:
  cloud::web_handler* to = nullptr;
  void on_request(const cloud::web_request& request, const cloud::responder& reply) override {
    to->on_request(request, reply);
  }
};

class door_rig {
public:
  explicit door_rig(std::string_view own = "127.0.0.1:9464", bool takes_orders = true,
                    bool has_figures = true)
      : web(handler, page_door::limits()),
        door(web.world.home(), parts(takes_orders, has_figures)) {
    handler.to = &door;
    door.at(hal::parse_address(own).value());
  }

  answer get(std::string_view target, std::string_view host = "localhost",
             std::string_view method = "GET") {
    return web.ask({.method = method, .target = target, .host = host});
  }
  /// Answers nothing until the director has served.
  support::web_client& post(std::string_view body, const fields& with,
                            std::string_view host = "localhost:9464") {
    auto& c = web.connect();
    c.send({.method = "POST",
            .target = "/orders",
            .host = host,
            .fields = with,
            .body = as_bytes(body)});
    web.settle();
    return c;
  }
  answer refused(const fields& with, std::string_view host = "localhost:9464",
                 std::string_view body = add_stall) {
    const auto& c = post(body, with, host);
    return c.answers.empty() ? answer{} : c.answers.front();
  }
  void serve() {
    orders.serve([this](const control_order& order) {
      served.push_back(order.words);
      return std::string{"{\"ok\":true}\n"};
    });
    web.settle();
  }

  order_box orders;
  std::vector<std::uint64_t> asked_from;
  std::vector<std::string> served;
  late_handler handler;
  support::web_rig web;
  page_door door;

private:
  page_parts parts(bool takes_orders, bool has_figures) {
    page_parts out;
    out.html = live_page();
    out.metrics = [] { return std::string{"fleet_x 1\n"}; };
    if (has_figures) {
      out.figures = [this](std::uint64_t from) {
        asked_from.push_back(from);
        return std::string{"{\"ready\":false}\n"};
      };
    }
    if (takes_orders) {
      out.orders = &orders;
      out.token = token;
    }
    return out;
  }
};

TEST(live_door, shows_the_page_its_figures_and_the_metrics_to_whoever_asks) {
  door_rig rig;
  const auto page = rig.get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, live_page());
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.field("Content-Security-Policy"), page_policy);
  EXPECT_EQ(page.field("X-Frame-Options"), "DENY");
  const auto metrics = rig.get("/metrics");
  EXPECT_EQ(metrics.body, "fleet_x 1\n");
  EXPECT_EQ(metrics.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const auto figures = rig.get("/live.json?from=17");
  EXPECT_EQ(figures.body, "{\"ready\":false}\n");
  EXPECT_EQ(figures.field("Content-Type"), "application/json");
  EXPECT_EQ(figures.field("Cache-Control"), "no-store");
  (void)rig.get("/live.json");
  EXPECT_EQ(rig.asked_from, (std::vector<std::uint64_t>{17, 0}));
}

TEST(live_door, holds_no_token_in_what_it_shows) {
  door_rig rig;
  for (const std::string_view target : {"/", "/metrics", "/live.json"}) {
    EXPECT_EQ(rig.get(target).body.find(token), std::string::npos) << target;
  }
}

TEST(live_door, knows_its_paths_and_their_methods) {
  door_rig rig;
  for (const std::string_view target : {"/favicon.ico", "/metrics/", "/live", "//", "/Orders"}) {
    EXPECT_EQ(rig.get(target).status, 404) << target;
  }
  for (const std::string_view target : {"/", "/metrics", "/live.json"}) {
    EXPECT_EQ(rig.get(target, "localhost", "HEAD").status, 200) << target;
    EXPECT_EQ(rig.get(target, "localhost", "HEAD").body, "") << target;
    for (const std::string_view method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
      const auto got = rig.get(target, "localhost", method);
      EXPECT_EQ(got.status, 405) << method << target;
      EXPECT_EQ(got.field("Allow"), "GET, HEAD");
    }
  }
  EXPECT_EQ(rig.get("/orders").status, 405);
  EXPECT_EQ(rig.get("/orders").field("Allow"), "POST");
  for (const std::string_view query : {"?from=", "?from=-1", "?from=1x", "?to=1", "?from=1&from=2",
                                       "?from=99999999999999999999"}) {
    EXPECT_EQ(rig.get("/live.json" + std::string{query}).status, 400) << query;
  }
  door_rig twin{"127.0.0.1:9464", false, false};
  EXPECT_EQ(twin.get("/live.json").status, 404);
}

TEST(live_door, answers_octets_that_are_no_http_and_goes_on) {
  door_rig rig;
  auto& c = rig.web.connect();
  c.parses = false;
  c.write("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  rig.web.settle();
  EXPECT_EQ(c.raw.substr(0, 12), "HTTP/1.1 400");
  EXPECT_TRUE(c.closed);
  EXPECT_EQ(rig.get("/metrics").status, 200);
}

TEST(live_door, shows_on_loopback_to_no_name_that_was_made_to_resolve_to_it) {
  door_rig rig;
  for (const std::string_view host : {"localhost:9464", "127.0.0.1", "[::1]:9464", "LocalHost"}) {
    EXPECT_EQ(rig.get("/", host).status, 200) << host;
    EXPECT_EQ(rig.get("/live.json", host).status, 200) << host;
  }
  for (const std::string_view host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil"}) {
    EXPECT_EQ(rig.get("/", host).status, 403) << host;
    EXPECT_EQ(rig.get("/live.json", host).status, 403) << host;
    EXPECT_EQ(rig.get("/metrics", host).status, 200) << host;
  }
  door_rig open{"10.1.2.3:9464"};
  EXPECT_EQ(open.get("/", "load-box:9464").status, 200);
}

TEST(live_door, takes_an_order_with_the_token_and_answers_what_the_director_says) {
  door_rig rig;
  auto& c = rig.post(add_stall, {{"Authorization", bearer},
                                 {"Origin", "http://localhost:9464"},
                                 {"Sec-Fetch-Site", "same-origin"}});
  EXPECT_TRUE(c.answers.empty());
  rig.serve();
  EXPECT_EQ(rig.served, std::vector<std::string>{"stall for=5s"});
  ASSERT_EQ(c.answers.size(), 1U);
  EXPECT_EQ(c.answers.front().status, 200);
  EXPECT_EQ(c.answers.front().body, "{\"ok\":true}\n");
}

TEST(live_door, takes_no_order_without_the_token_nor_with_another) {
  door_rig rig;
  const auto without = rig.refused({});
  EXPECT_EQ(without.status, 401);
  EXPECT_EQ(without.field("WWW-Authenticate"), "Bearer");
  for (const std::string_view wrong :
       {"Bearer 0123456789abcdef0123456789abcdee", "Bearer", "",
        "Basic 0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef",
        "Bearer 0123456789abcdef0123456789abcdef0"}) {
    EXPECT_EQ(rig.refused({{"Authorization", wrong}}).status, 403) << wrong;
  }
  rig.serve();
  EXPECT_TRUE(rig.served.empty());
}

TEST(live_door, takes_no_order_from_a_page_from_elsewhere_even_with_the_token) {
  door_rig rig;
  for (const http::field& from :
       {http::field{"Origin", "http://evil.example"}, http::field{"Origin", "null"},
        http::field{"Origin", "http://localhost:9465"}, http::field{"Sec-Fetch-Site", "cross-site"},
        http::field{"Sec-Fetch-Site", "same-site"}}) {
    EXPECT_EQ(rig.refused({{"Authorization", bearer}, from}).status, 403) << from.value;
  }
  EXPECT_EQ(rig.refused({{"Authorization", bearer}}, "evil.example").status, 403);
  door_rig open{"10.1.2.3:9464"};
  EXPECT_EQ(open.refused({{"Authorization", bearer}}, "evil.example").status, 403);
  EXPECT_EQ(open.refused({{"Authorization", bearer}}, "10.1.2.3:9464").status, 0); // it waits
  rig.serve();
  EXPECT_TRUE(rig.served.empty());
}

TEST(live_door, takes_no_order_that_is_none_or_too_long) {
  door_rig rig;
  for (const std::string_view body : {"", "{", "[]", R"({"do":"stop"})", R"({"do":"add"})",
                                      "{\"do\":\"list\"}{\"do\":\"list\"}", "\xff"}) {
    EXPECT_EQ(rig.refused({{"Authorization", bearer}}, "localhost", body).status, 400) << body;
  }
  const std::string long_one =
      R"({"do":"add","words":")" + std::string(control_line_most, 'x') + "\"}";
  EXPECT_EQ(rig.refused({{"Authorization", bearer}}, "localhost", long_one).status, 413);
  rig.serve();
  EXPECT_TRUE(rig.served.empty());
}

TEST(live_door, takes_no_order_at_all_where_it_only_shows) {
  door_rig rig{"127.0.0.1:9464", false};
  for (const std::string_view wrong : {std::string_view{"Bearer x"}, bearer}) {
    EXPECT_EQ(rig.refused({{"Authorization", wrong}}).status, 403) << wrong;
  }
}

TEST(live_door, lets_a_few_orders_wait_and_no_more) {
  door_rig rig;
  for (std::size_t i = 0; i < order_box::waiting_most; ++i) {
    EXPECT_EQ(rig.refused({{"Authorization", bearer}}).status, 0);
  }
  EXPECT_EQ(rig.refused({{"Authorization", bearer}}).status, 503);
  rig.serve();
  EXPECT_EQ(rig.served.size(), order_box::waiting_most);
}

TEST(live_door, holds_a_bounded_number_of_connections) {
  door_rig rig;
  const auto most = page_door::limits().connections_max;
  for (std::uint32_t i = 0; i < most + 5; ++i) {
    rig.web.connect();
  }
  EXPECT_EQ(rig.web.service.connection_count(), most);
}

TEST(live_page, is_whole_and_asks_for_nothing_from_elsewhere) {
  const auto page = live_page();
  EXPECT_EQ(page.find("@style@"), std::string::npos);
  EXPECT_EQ(page.find("@vocabulary@"), std::string::npos);
  EXPECT_EQ(page.find("@script@"), std::string::npos);
  EXPECT_NE(page.find("\"word\":\"partition\""), std::string::npos);
  EXPECT_EQ(page.find("src="), std::string::npos);
  EXPECT_EQ(page.find("innerHTML"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_NE(twin_page().find("href=\"metrics\""), std::string::npos);
}

} // namespace
} // namespace fleet::program
