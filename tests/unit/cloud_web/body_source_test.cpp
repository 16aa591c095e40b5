// Answers whose bodies come piece by piece from a source: how much waits, who is waited for and for
// how long, and what the peer sees when it goes wrong.
#include <gtest/gtest.h>

#include "tests/support/web_rig.hpp"

namespace fleet::cloud {
namespace {

using namespace std::chrono_literals;
using support::web_rig;

/// What the handler's sources do, and what was asked of them.
struct script {
  std::uint64_t length = 1'000'000;
  std::uint64_t breaks_at = UINT64_MAX;
  std::uint64_t waits_at = UINT64_MAX; ///< until told
  time_point until = never;            ///< of that wait
  std::uint64_t given = 0;
  std::uint64_t most = 0; ///< room of one call
  int alive = 0;
  int waits = 0;
};

class counted final : public body_source {
public:
  explicit counted(script& s) : script_(s) { ++script_.alive; }
  ~counted() override { --script_.alive; }
  portion next(std::size_t room, time_point now) override {
    script_.most = std::max<std::uint64_t>(script_.most, room);
    if (script_.given >= script_.breaks_at) {
      return {};
    }
    if (script_.given >= script_.waits_at && now < script_.until) {
      ++script_.waits;
      return {.what = step::wait, .until = script_.until};
    }
    const auto least = std::min(script_.breaks_at,
                                script_.given < script_.waits_at ? script_.waits_at : UINT64_MAX);
    piece_.assign(std::min<std::uint64_t>({room, 10'000, least - script_.given}), 'x');
    script_.given += piece_.size();
    return {.what = step::piece, .octets = piece_};
  }

private:
  script& script_;
  std::vector<std::uint8_t> piece_;
};

class giver final : public web_handler {
public:
  void on_request(const web_request& r, const responder& reply) override {
    web_answer out;
    if (r.target == "/plain") {
      out.body.append("plain");
    } else {
      out.source = std::make_unique<counted>(what);
      out.length = what.length;
      out.content_type = "application/octet-stream";
      last = reply;
    }
    reply.answer(std::move(out));
  }
  script what;
  std::optional<responder> last;
};

struct web_body : testing::Test {
  void open(const web_limits& limits = {}) { rig.emplace(handler, limits); }
  support::web_client& get(std::string_view target = "/", std::string_view method = "GET") {
    auto& c = rig->connect();
    c.send({.method = method, .target = target, .host = "h"});
    rig->settle();
    return c;
  }
  const web_counters& counts() { return rig->service.counters(); }

  giver handler;
  std::optional<web_rig> rig;
};

TEST_F(web_body, arrives_whole_with_its_length_and_the_connection_goes_on) {
  open();
  auto& c = get();
  rig->settle(10s);
  ASSERT_EQ(c.answers.size(), 1U);
  EXPECT_EQ(c.answers[0].body, std::string(1'000'000, 'x'));
  EXPECT_EQ(c.answers[0].field("content-length"), "1000000");
  EXPECT_EQ(c.answers[0].field("content-type"), "application/octet-stream");
  EXPECT_EQ(handler.what.alive, 0);
  EXPECT_EQ(counts().bodies_open.load(), 0U);
  EXPECT_EQ(counts().bodies_octets.load(), 1'000'000U);
  c.send({.target = "/plain", .host = "h"});
  rig->settle();
  ASSERT_EQ(c.answers.size(), 2U);
  EXPECT_EQ(c.answers[1].body, "plain");
}

TEST_F(web_body, is_followed_by_the_answer_to_what_was_asked_meanwhile) {
  open();
  auto& c = rig->connect();
  c.parses = false;
  c.write("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /plain HTTP/1.1\r\nHost: h\r\n\r\n");
  rig->settle(10s);
  EXPECT_TRUE(c.raw.ends_with("plain"));
  EXPECT_EQ(std::count(c.raw.begin(), c.raw.end(), 'x'), 1'000'000);
}

TEST_F(web_body, waits_in_its_source_and_not_in_the_connection_for_a_peer_that_reads_slowly) {
  web_limits limits;
  limits.window = 20'000;
  open(limits);
  auto& c = rig->connect();
  c.stream->pause_reading(true);
  c.send({.target = "/", .host = "h"});
  rig->settle(1s);
  EXPECT_LE(handler.what.most, limits.window);
  const auto given = handler.what.given;
  EXPECT_GE(given, limits.window);
  EXPECT_LE(given, limits.window + 262'144U) << "a window of ours and one of the network's";
  EXPECT_EQ(counts().bodies_open.load(), 1U);
  rig->settle(10s);
  EXPECT_EQ(handler.what.given, given);
  c.stream->pause_reading(false);
  rig->settle(10s);
  ASSERT_EQ(c.answers.size(), 1U);
  EXPECT_EQ(c.answers[0].body.size(), 1'000'000U);
}

TEST_F(web_body, is_torn_from_a_peer_that_reads_nothing_for_the_stall_deadline) {
  open();
  auto& c = rig->connect();
  c.stream->pause_reading(true);
  c.send({.target = "/", .host = "h"});
  rig->settle(59s);
  EXPECT_EQ(rig->service.connection_count(), 1U);
  rig->settle(2s);
  EXPECT_EQ(rig->service.connection_count(), 0U);
  EXPECT_EQ(counts().unread.load(), 1U);
  EXPECT_EQ(handler.what.alive, 0);
}

TEST_F(web_body, goes_on_when_its_source_says_so_or_at_the_time_it_named) {
  open();
  handler.what.waits_at = 500'000;
  auto& c = get();
  rig->settle(1h);
  EXPECT_EQ(handler.what.given, 500'000U);
  EXPECT_EQ(handler.what.waits, 1) << "it is not asked in between";
  handler.what.until = rig->world.home().now();
  handler.last->resume();
  rig->settle(10s);
  ASSERT_EQ(c.answers.size(), 1U);
  handler.last->resume(); // of an answer that is over
  handler.what.given = 0;
  handler.what.until = rig->world.home().now() + 5s;
  auto& d = get();
  rig->settle(4s);
  EXPECT_TRUE(d.answers.empty());
  rig->settle(5s);
  EXPECT_EQ(d.answers.size(), 1U);
}

TEST_F(web_body, that_breaks_tears_its_connection_before_the_length_is_there) {
  open();
  for (const std::uint64_t at : std::initializer_list<std::uint64_t>{0, 300'000}) {
    handler.what.given = 0;
    handler.what.breaks_at = at;
    auto& c = get();
    rig->settle(10s);
    EXPECT_TRUE(c.closed);
    EXPECT_TRUE(c.answers.empty());
  }
  EXPECT_EQ(counts().bodies_broken.load(), 2U);
  EXPECT_EQ(rig->service.connection_count(), 0U);
}

TEST_F(web_body, is_not_asked_for_where_only_its_head_is_wanted_or_it_is_empty) {
  open();
  auto& c = get("/", "HEAD");
  ASSERT_EQ(c.answers.size(), 1U);
  EXPECT_EQ(c.answers[0].field("content-length"), "1000000");
  EXPECT_EQ(c.answers[0].body, "");
  handler.what.length = 0;
  auto& d = get();
  ASSERT_EQ(d.answers.size(), 1U);
  EXPECT_EQ(d.answers[0].field("content-length"), "0");
  EXPECT_EQ(handler.what.given, 0U);
  EXPECT_EQ(handler.what.alive, 0);
}

TEST_F(web_body, dies_with_its_connection_and_with_the_service) {
  open();
  handler.what.waits_at = 1'000;
  auto& c = get();
  auto& d = get();
  EXPECT_EQ(handler.what.alive, 2);
  c.stream.reset();
  c.closed = true;
  rig->settle();
  EXPECT_EQ(handler.what.alive, 1);
  EXPECT_EQ(counts().bodies_open.load(), 1U);
  rig->service.stop();
  rig->settle();
  EXPECT_EQ(handler.what.alive, 0);
  EXPECT_TRUE(d.closed);
  handler.last->resume(); // nobody is there
}

} // namespace
} // namespace fleet::cloud
