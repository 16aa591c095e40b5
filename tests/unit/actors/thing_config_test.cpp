// Configurations that a thing fetches by their URL (aliyun-iot.md §14.6): what is right is taken
// and answered well, anything else is refused, and nothing waits for ever.
#include <gmock/gmock.h>

#include "tests/support/file_server.hpp"
#include "tests/unit/actors/thing_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test::sys;
using testing::IsEmpty;
using testing::SizeIs;

struct configured : test::lamp {
  configured() : server(world.home(), 8080) {
    product.client.receive_limit_bytes = 1024;
    product.fetch.http_too = true;
    product.features.config_get = true;
    product.features.config_push = true;
    server.body.assign(text.begin(), text.end());
  }
  ~configured() override { crash(); }

  [[nodiscard]] std::string params(std::string_view id = "c1") const {
    const auto sign = digest_of(content_digest::sha256, as_bytes(text)).hex();
    return R"({"configId":")" + std::string{id} + R"(","configSize":)" + std::to_string(text.size())
           + R"(,"sign":")" + sign + R"(","signMethod":"Sha256","url":")" + url
           + R"(","getType":"file"})";
  }
  void push(std::string_view id = "c1") {
    say(sys("thing/config/push"),
        R"({"id":"7","method":"thing.config.push","params":)" + params(id) + "}");
  }
  [[nodiscard]] std::string answer() const { return cloud.last_on("config/push_reply"); }
  [[nodiscard]] std::string kept() {
    const auto id = slot->board.kv.get("config.id");
    return id ? std::string{as_text(*id)} : std::string{};
  }
  void expect_refused() {
    run(minutes{3});
    EXPECT_EQ(answer(), R"({"id":"7","code":400,"data":{}})");
    EXPECT_EQ(kept(), "");
    EXPECT_EQ(counts.configs_offered.load(), 1U);
    EXPECT_EQ(counts.configs_failed.load(), 1U);
    EXPECT_EQ(counts.configs_fetched.load(), 0U);
    EXPECT_EQ(counts.configs_received.load(), 0U);
    EXPECT_EQ(slot->board.memory.used(), product.client.receive_limit_bytes);
  }

  support::file_server server;
  std::string text = R"({"interval":30,"name":"kitchen"})";
  std::string url = "http:\\/\\/127.0.0.1:8080\\/config\\/1"; ///< as it may stand in JSON
};

TEST(thing_config_file, is_fetched_when_it_was_asked_for) {
  configured d;
  d.boot();
  d.say(sys("thing/config/get_reply"), R"({"id":)"
                                           + test::raw_field(d.cloud.last_on("config/get"), "id")
                                           + R"(,"code":200,"data":)" + d.params() + "}");
  d.run(seconds{2});
  ASSERT_THAT(d.server.requests, SizeIs(1));
  EXPECT_EQ(d.server.requests.front().target, "/config/1");
  EXPECT_EQ(d.counts.configs_fetched.load(), 1U);
  EXPECT_EQ(d.counts.configs_received.load(), 1U);
  EXPECT_EQ(d.kept(), "c1");
  EXPECT_EQ(d.answer(), "") << "nobody waits for one";
}

TEST(thing_config_file, is_fetched_when_it_is_pushed_and_answered_then) {
  configured d;
  d.server.pace = seconds{2};
  d.server.piece = 20;
  d.boot();
  d.push();
  EXPECT_EQ(d.answer(), "") << "it is still coming";
  EXPECT_GT(d.slot->board.memory.used(), d.product.client.receive_limit_bytes);
  d.run(seconds{10});
  EXPECT_EQ(d.answer(), R"({"id":"7","code":200,"data":{}})");
  EXPECT_EQ(d.kept(), "c1");
  EXPECT_EQ(d.slot->board.memory.used(), d.product.client.receive_limit_bytes);
}

TEST(thing_config_file, of_another_digest_or_length_is_refused) {
  for (const int by : {0, -1, 1}) {
    for (const bool chunked : {false, true}) {
      configured d;
      d.server.chunked = chunked;
      d.server.body.resize(d.server.body.size() + static_cast<std::size_t>(by));
      d.server.body[3] ^= by == 0 ? 1 : 0;
      d.boot();
      d.push();
      d.expect_refused();
    }
  }
}

TEST(thing_config_file, that_the_server_does_not_give_is_refused) {
  for (const auto status : std::initializer_list<std::uint16_t>{404, 403, 500}) {
    configured d;
    d.server.fails_with = status;
    d.boot();
    d.push();
    d.expect_refused();
  }
}

TEST(thing_config_file, that_does_not_come_is_waited_for_no_longer_than_stated) {
  configured stalled;
  stalled.server.stalls_after = 5;
  stalled.boot();
  stalled.push();
  stalled.expect_refused();
  configured slow;
  slow.server.pace = seconds{10};
  slow.server.piece = 1;
  slow.boot();
  slow.push();
  slow.expect_refused();
  EXPECT_LT(slow.server.octets_sent, 10U);
}

TEST(thing_config_file, that_breaks_off_is_fetched_again) {
  configured d;
  d.server.breaks = 2;
  d.server.breaks_after = 5;
  d.boot();
  d.push();
  d.run(seconds{10});
  EXPECT_THAT(d.server.requests, SizeIs(3));
  EXPECT_EQ(d.answer(), R"({"id":"7","code":200,"data":{}})");
  EXPECT_EQ(d.kept(), "c1");
  EXPECT_EQ(d.counts.configs_failed.load(), 0U);
  EXPECT_EQ(d.slot->board.memory.used(), d.product.client.receive_limit_bytes);
}

TEST(thing_config_file, is_asked_for_until_its_server_is_back) {
  configured d;
  d.server.fails_with = 503;
  d.boot();
  d.push();
  d.run(seconds{20});
  EXPECT_EQ(d.answer(), "") << "nothing is decided yet";
  EXPECT_THAT(d.server.requests, SizeIs(testing::AllOf(testing::Ge(3U), testing::Le(5U))));
  d.server.fails_with = 0;
  d.run(seconds{20});
  EXPECT_EQ(d.kept(), "c1");
  EXPECT_EQ(d.counts.configs_failed.load(), 0U);
}

TEST(thing_config_file, has_longer_to_come_over_a_slow_link) {
  for (const auto link : {hal::link_kind::ethernet, hal::link_kind::lora}) {
    configured d;
    d.product.link = link;
    d.server.pace = seconds{10};
    d.server.piece = 3; // two minutes for all of it
    d.boot(seconds{30});
    d.push();
    d.run(minutes{6});
    EXPECT_EQ(d.kept(), link == hal::link_kind::lora ? "c1" : "");
  }
}

TEST(thing_config_file, from_nowhere_is_refused) {
  for (const std::string_view url : {"http://127.0.0.1:9/c", "https://127.0.0.1:8080/c",
                                     "http://127.0.0.1:8080/moved/for/ever"}) {
    configured d;
    d.server.location = "/moved/again";
    d.url = url;
    d.boot();
    d.push();
    d.expect_refused();
  }
}

TEST(thing_config_file, is_found_behind_a_redirect) {
  configured d;
  d.server.location = "/config/2";
  d.url = "http://127.0.0.1:8080/moved";
  d.boot();
  d.push();
  d.run(seconds{2});
  EXPECT_EQ(d.counts.configs_fetched.load(), 1U);
  EXPECT_EQ(d.server.requests.back().target, "/config/2");
}

TEST(thing_config_file, gives_way_to_a_newer_one) {
  configured d;
  d.server.stalls_after = 5;
  d.boot();
  d.push("c1");
  d.server.stalls_after = SIZE_MAX;
  d.push("c2");
  d.run(seconds{2});
  EXPECT_EQ(d.kept(), "c2");
  EXPECT_THAT(d.cloud.on("config/push_reply"), SizeIs(2)) << "each push has an answer";
  EXPECT_THAT(d.cloud.on("config/push_reply")[0].payload, testing::HasSubstr("400"));
  EXPECT_EQ(d.counts.configs_failed.load(), 0U) << "nothing was wrong with it";
  EXPECT_EQ(d.counts.configs_fetched.load(), 1U);
}

TEST(thing_config_file, without_room_in_ram_is_refused) {
  configured d;
  d.boot();
  ASSERT_TRUE(d.slot->board.memory.take(d.slot->board.memory.room() - 10));
  d.push();
  EXPECT_EQ(d.answer(), R"({"id":"7","code":400,"data":{}})");
  EXPECT_EQ(d.counts.configs_failed.load(), 1U);
  EXPECT_THAT(d.server.requests, IsEmpty());
}

TEST(thing_config_file, that_a_crash_cuts_off_leaves_nothing_behind) {
  configured d;
  d.server.stalls_after = 5;
  d.boot();
  d.push();
  d.crash();
  d.run(minutes{2});
  d.boot();
  d.server.stalls_after = SIZE_MAX;
  d.push();
  d.run(seconds{2});
  EXPECT_EQ(d.kept(), "c1");
}

} // namespace
} // namespace fleet::actors
