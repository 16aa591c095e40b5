// Connections, limits, deadlines and answers that take their time, in the virtual world.
#include <gtest/gtest.h>

#include <optional>

#include "tests/support/web_rig.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::cloud {
namespace {

using namespace std::chrono_literals;
using support::web_rig;

/// Answers with what was asked, at once or when told to.
class echo final : public web_handler {
public:
  void on_request(const web_request& r, const responder& reply) override {
    seen.push_back(std::string{r.method} + " " + std::string{r.target} + " from "
                   + std::string{r.source} + (r.secure ? " over TLS" : ""));
    if (!later) {
      // The request must outlive its answer, within the call.
      reply.answer(of(r.target));
      last = std::string{r.target};
      return;
    }
    owed.push_back(reply);
  }
  static web_answer of(std::string_view text) {
    web_answer a;
    a.body.append(text);
    return a;
  }
  std::vector<std::string> seen;
  std::vector<responder> owed;
  std::string last;
  bool later = false;
};

http::request get(std::string_view target) {
  return {.target = target, .host = "h"};
}

TEST(web_service, answers_one_request_after_the_other_on_one_connection) {
  echo handler;
  web_rig rig{handler};
  auto& c = rig.connect();
  for (const auto* const target : {"/a", "/b", "/c"}) {
    c.send(get(target));
    rig.settle();
  }
  ASSERT_EQ(c.answers.size(), 3U);
  EXPECT_EQ(c.answers[2].body, "/c");
  EXPECT_EQ(c.answers[2].field("content-type"), "application/json");
  EXPECT_EQ(c.answers[2].field("cache-control"), "no-store");
  EXPECT_EQ(handler.last, "/c");
  ASSERT_EQ(handler.seen.size(), 3U);
  EXPECT_TRUE(handler.seen[0].starts_with("GET /a from ")) << handler.seen[0];
  EXPECT_EQ(handler.seen[0].find(':'), std::string::npos) << handler.seen[0];
  EXPECT_EQ(rig.service.connection_count(), 1U);
}

TEST(web_service, tells_its_handler_what_came_over_tls) {
  echo handler;
  support::modelled_security security;
  web_rig rig{handler, {}, &security};
  auto& c = rig.connect();
  rig.settle(1s);
  c.send(get("/a"));
  rig.settle(1s);
  ASSERT_EQ(handler.seen.size(), 1U);
  EXPECT_TRUE(handler.seen[0].ends_with(" over TLS"));
}

TEST(web_service, sends_pipelined_answers_in_order_though_they_come_late) {
  echo handler;
  handler.later = true;
  web_rig rig{handler};
  auto& c = rig.connect();
  c.parses = false;
  c.write("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  rig.settle();
  ASSERT_EQ(handler.owed.size(), 1U); // one at a time
  handler.owed[0].answer(echo::of("first"));
  rig.settle();
  ASSERT_EQ(handler.owed.size(), 2U);
  handler.owed[1].answer(echo::of("second"));
  rig.settle();
  EXPECT_LT(c.raw.find("first"), c.raw.find("second"));
  EXPECT_NE(c.raw.find("second"), std::string::npos);
}

TEST(web_service, takes_one_answer_for_each_request_and_drops_the_rest) {
  echo handler;
  handler.later = true;
  web_rig rig{handler};
  auto& c = rig.connect();
  c.send(get("/1"));
  rig.settle();
  handler.owed[0].answer(echo::of("first"));
  handler.owed[0].answer(echo::of("again"));
  rig.settle();
  c.send(get("/2"));
  rig.settle();
  handler.owed[0].answer(echo::of("for the wrong one"));
  handler.owed[1].answer(echo::of("second"));
  rig.settle();
  ASSERT_EQ(c.answers.size(), 2U);
  EXPECT_EQ(c.answers[0].body, "first");
  EXPECT_EQ(c.answers[1].body, "second");
}

TEST(web_service, drops_answers_for_connections_that_are_gone) {
  echo handler;
  handler.later = true;
  std::optional<responder> outlives;
  {
    web_rig rig{handler};
    auto& c = rig.connect();
    c.send(get("/1"));
    rig.settle();
    c.stream.reset();
    rig.settle();
    EXPECT_EQ(rig.service.connection_count(), 0U);
    handler.owed[0].answer(echo::of("late"));
    outlives = handler.owed[0];
  }
  outlives->answer(echo::of("later than the service"));
}

TEST(web_service, answers_504_when_its_handler_takes_too_long) {
  echo handler;
  handler.later = true;
  web_rig rig{handler, {.answer_deadline = 5s}};
  auto& c = rig.connect();
  c.send(get("/1"));
  rig.settle(4s);
  EXPECT_TRUE(c.answers.empty());
  rig.settle(2s);
  ASSERT_EQ(c.answers.size(), 1U);
  EXPECT_EQ(c.answers[0].status, 504);
  handler.owed[0].answer(echo::of("late"));
  rig.settle();
  EXPECT_EQ(c.answers.size(), 1U);
  EXPECT_EQ(rig.service.counters().unanswered.load(), 1U);
}

TEST(web_service, drops_connections_beyond_its_bound_and_takes_more_once_some_end) {
  echo handler;
  web_rig rig{handler, {.connections_max = 2}};
  rig.connect();
  rig.connect();
  EXPECT_EQ(rig.ask(get("/third")).status, 0);
  EXPECT_EQ(rig.service.counters().connections_over_limit.load(), 1U);
  rig.clients[0]->stream.reset();
  rig.settle();
  EXPECT_EQ(rig.ask(get("/fourth")).status, 200);
}

TEST(web_service, ends_connections_that_are_silent_or_slow) {
  echo handler;
  web_rig rig{handler};
  auto& silent = rig.connect();
  auto& slow = rig.connect();
  slow.write("GET / HT");
  auto& idle = rig.connect();
  idle.send(get("/"));
  rig.settle(11s);
  EXPECT_TRUE(silent.closed);
  EXPECT_TRUE(slow.closed);
  EXPECT_FALSE(idle.closed);
  rig.settle(60s);
  EXPECT_TRUE(idle.closed);
  EXPECT_EQ(rig.service.connection_count(), 0U);
}

TEST(web_service, refuses_what_is_no_http_and_bodies_beyond_their_bound) {
  echo handler;
  web_rig rig{handler};
  auto& noise = rig.connect();
  noise.parses = false;
  noise.write(std::string(300, '\xff') + "\r\n\r\n");
  auto& large = rig.connect();
  large.parses = false;
  large.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n");
  rig.settle(6s);
  EXPECT_TRUE(noise.raw.starts_with("HTTP/1.1 400 ")) << noise.raw;
  EXPECT_TRUE(large.raw.starts_with("HTTP/1.1 413 ")) << large.raw;
  EXPECT_TRUE(noise.closed);
  EXPECT_TRUE(large.closed);
  EXPECT_TRUE(handler.seen.empty());
  EXPECT_EQ(rig.service.counters().violations.load(), 2U);
}

/// Answers half a megabyte to anybody.
class generous final : public web_handler {
public:
  void on_request(const web_request&, const responder& reply) override {
    ++asked;
    reply.answer(echo::of(std::string(512 * 1024, 'x')));
  }
  int asked = 0;
};

TEST(web_service, ends_a_client_that_asks_on_without_reading) {
  generous handler;
  web_rig rig{handler};
  auto& c = rig.connect();
  c.parses = false;
  c.stream->pause_reading(true);
  std::string many;
  for (int i = 0; i < 100; ++i) {
    many += "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  c.write(many);
  rig.settle(1s);
  EXPECT_LE(handler.asked, 2);
  EXPECT_EQ(rig.service.connection_count(), 0U);
  EXPECT_EQ(rig.service.counters().unread.load(), 1U);
}

TEST(web_service, closes_after_an_answer_when_the_client_asks_for_it) {
  echo handler;
  handler.later = true;
  web_rig rig{handler};
  auto& c = rig.connect();
  const http::field close[] = {{"Connection", "close"}};
  c.send({.target = "/x", .host = "h", .fields = close});
  rig.settle();
  EXPECT_FALSE(c.closed);
  handler.owed[0].answer(echo::of("whole"));
  rig.settle(1s);
  ASSERT_EQ(c.answers.size(), 1U);
  EXPECT_EQ(c.answers[0].body, "whole");
  EXPECT_TRUE(c.closed);
}

TEST(web_service, resets_its_connections_with_answers_that_have_not_left) {
  echo handler;
  handler.later = true;
  web_rig rig{handler};
  auto& c = rig.connect();
  c.send(get("/"));
  rig.settle();
  handler.owed[0].answer(echo::of("too soon"));
  rig.service.reset_all();
  rig.service.reset_all();
  rig.settle(1s);
  EXPECT_TRUE(c.closed);
  EXPECT_TRUE(c.answers.empty());
  EXPECT_EQ(rig.service.connection_count(), 0U);
  auto& later = rig.connect(); // it still listens
  later.send(get("/"));
  rig.settle();
  handler.owed[1].answer(echo::of("good"));
  rig.settle();
  ASSERT_EQ(later.answers.size(), 1U);
}

TEST(web_service, stops_with_connections_under_way) {
  echo handler;
  handler.later = true;
  web_rig rig{handler};
  auto& c = rig.connect();
  c.send(get("/"));
  rig.settle();
  rig.service.stop();
  rig.service.stop();
  rig.settle(1s);
  EXPECT_TRUE(c.closed);
  EXPECT_EQ(rig.service.connection_count(), 0U);
}

} // namespace
} // namespace fleet::cloud
