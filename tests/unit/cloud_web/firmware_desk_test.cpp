// The firmware server: tokens, ranges, faults and rates, over a source that is no platform.
#include "cloud_sim/web/firmware_desk.hpp"

#include <gtest/gtest.h>

#include "tests/support/web_rig.hpp"

namespace fleet::cloud {
namespace {

using namespace std::chrono_literals;
using support::web_client;
using support::web_rig;

/// One image of digits under number 7; its token is `good`.
class fake_source final : public firmware_source {
public:
  served_firmware judge(std::uint32_t id, std::string_view token) override {
    served_firmware out;
    if (id != 7 || (token != "good" && token != "old" && token != "early")) {
      return out;
    }
    out.verdict = token == "good"  ? firmware_verdict::good
                  : token == "old" ? firmware_verdict::expired
                                   : firmware_verdict::not_yet;
    out.id = id;
    out.size = image.size();
    out.tag = "tag";
    out.fault = fault;
    out.status = 500;
    return out;
  }
  bytes_view octets(std::uint32_t, std::uint64_t from, std::size_t most) override {
    if (from >= ends_at) {
      return {};
    }
    const auto block = std::min<std::size_t>(most, 50'000 - from % 50'000);
    return as_bytes(image).subspan(from, std::min(block, image.size() - from));
  }
  void begun(std::uint32_t) override { ++downloads; }
  void sent(std::uint32_t, std::size_t octets) override { octets_sent += octets; }
  void refused() override { ++refusals; }
  [[nodiscard]] firmware_pace pace() const override { return speed; }

  std::string image = [] {
    std::string out;
    for (int i = 0; out.size() < 200'000; ++i) {
      out += std::to_string(i) + ",";
    }
    out.resize(200'000);
    return out;
  }();
  firmware_fault fault = firmware_fault::none;
  firmware_pace speed;
  std::uint64_t ends_at = UINT64_MAX;
  int downloads = 0;
  int refusals = 0;
  std::uint64_t octets_sent = 0;
};

struct firmware_door : testing::Test {
  void open(const rate_rules& refusals = logon_rate) {
    desk.reset();
    rig.reset();
    rig.emplace(holder);
    desk.emplace(rig->world.home(), source, refusals);
    holder.to = &*desk;
  }
  ~firmware_door() override {
    if (rig) {
      rig->service.stop();
    }
    desk.reset();
  }
  web_client& begin(std::string_view target, std::vector<http::field> fields = {},
                    std::string_view method = "GET") {
    auto& c = rig->connect();
    c.send({.method = method, .target = target, .host = "cloud:80", .fields = fields});
    return c;
  }
  web_client::answer ask(std::string_view target, std::vector<http::field> fields = {},
                         std::string_view method = "GET") {
    auto& c = begin(target, std::move(fields), method);
    rig->settle(2s);
    return c.answers.empty() ? web_client::answer{} : c.answers.front();
  }

  struct to_desk final : web_handler {
    void on_request(const web_request& r, const responder& reply) override {
      to->on_request(r, reply);
    }
    firmware_desk* to = nullptr;
  };
  fake_source source;
  to_desk holder;
  std::optional<web_rig> rig;
  std::optional<firmware_desk> desk;
};

constexpr std::string_view good = "/firmware/7?token=good";

TEST_F(firmware_door, gives_the_whole_image_to_a_good_token) {
  open();
  const auto a = ask(good);
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.body, source.image);
  EXPECT_EQ(a.field("content-type"), "application/octet-stream");
  EXPECT_EQ(a.field("accept-ranges"), "bytes");
  EXPECT_EQ(a.field("etag"), "\"tag\"");
  EXPECT_EQ(a.field("content-range"), "");
  EXPECT_EQ(source.downloads, 1);
  EXPECT_EQ(source.octets_sent, source.image.size());
  EXPECT_EQ(source.refusals, 0);
}

TEST_F(firmware_door, gives_the_range_that_is_asked_for) {
  open();
  const auto part = ask(good, {{"Range", "bytes=199990-"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.field("content-range"), "bytes 199990-199999/200000");
  EXPECT_EQ(part.body, source.image.substr(199'990));
  EXPECT_EQ(ask(good, {{"Range", "bytes=49999-50000"}}).body, source.image.substr(49'999, 2));
  EXPECT_EQ(ask(good, {{"Range", "bytes=-3"}}).body, source.image.substr(199'997));
  EXPECT_EQ(ask(good, {{"Range", "bytes=0-"}}).body, source.image);
  const auto beyond = ask(good, {{"Range", "bytes=200000-"}});
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.field("content-range"), "bytes */200000");
  EXPECT_EQ(beyond.body, "");
  EXPECT_EQ(ask(good, {{"Range", "lines=1-"}}).status, 200);
  EXPECT_EQ(ask(good, {{"Range", "bytes=5-"}, {"If-Range", "\"tag\""}}).status, 206);
  EXPECT_EQ(ask(good, {{"Range", "bytes=5-"}, {"If-Range", "\"other\""}}).status, 200);
}

TEST_F(firmware_door, tells_whoever_asks_for_the_head_the_same_without_octets) {
  open();
  const auto a = ask(good, {}, "HEAD");
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.field("content-length"), "200000");
  EXPECT_EQ(a.body, "");
  EXPECT_EQ(source.downloads, 0);
  EXPECT_EQ(source.octets_sent, 0U);
}

TEST_F(firmware_door, refuses_all_else) {
  open();
  const std::vector<std::pair<std::string, int>> bad{
      {"/firmware/7", 403},
      {"/firmware/7?token=", 403},
      {"/firmware/7?token=bad", 403},
      {"/firmware/7?token=old", 403},
      {"/firmware/7?token=good&token=good", 403},
      {"/firmware/8?token=good", 403},
      {"/firmware/7?token=early", 404},
      {"/firmware/", 404},
      {"/firmware/x?token=good", 404},
      {"/firmware/0?token=good", 404},
      {"/firmware/-7?token=good", 404},
      {"/firmware/4294967303?token=good", 404},
      {"/firmware/99999999999999999999?token=good", 404},
      {"/firmware/7/8?token=good", 404},
      {"/firmware/%zz", 404},
  };
  for (const auto& [target, status] : bad) {
    EXPECT_EQ(ask(target).status, status) << target;
  }
  EXPECT_EQ(source.refusals, static_cast<int>(bad.size()));
  const auto post = ask(good, {}, "POST");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.field("allow"), "GET, HEAD");
  EXPECT_EQ(source.downloads, 0);
}

TEST_F(firmware_door, slows_a_source_that_is_refused_too_often) {
  open({.per_second = 1, .burst = 2 * logon_refusal_units});
  const auto at_once = [&](std::string_view target) {
    auto& c = begin(target);
    rig->settle(100ms);
    return c.answers.empty() ? web_client::answer{} : c.answers.front();
  };
  EXPECT_EQ(at_once("/firmware/7?token=bad").status, 403);
  EXPECT_EQ(at_once("/firmware/7?token=bad").status, 403);
  const auto late = at_once(good);
  EXPECT_EQ(late.status, 429);
  EXPECT_EQ(late.field("retry-after"), "1");
  EXPECT_EQ(source.downloads, 0);
  rig->settle(2s);
  EXPECT_EQ(ask(good).status, 200);
}

TEST_F(firmware_door, tears_the_connection_where_the_image_ends_too_early) {
  open();
  source.ends_at = 100'000;
  auto& c = begin(good);
  rig->settle(5s);
  EXPECT_TRUE(c.closed);
  EXPECT_TRUE(c.answers.empty());
}

TEST_F(firmware_door, misbehaves_as_it_was_ordered_to) {
  open();
  source.fault = firmware_fault::status;
  EXPECT_EQ(ask(good).status, 500);
  source.fault = firmware_fault::redirect;
  const auto moved = ask(good);
  EXPECT_EQ(moved.status, 302);
  EXPECT_EQ(moved.field("location"), "http://cloud:80/firmware/7?token=good");
  source.fault = firmware_fault::stall;
  auto& c = begin(good, {{"Range", "bytes=100000-"}});
  rig->settle(firmware_stall_most - 1s);
  EXPECT_FALSE(c.closed);
  EXPECT_EQ(source.octets_sent, 50'000U);
  rig->settle(2s);
  EXPECT_TRUE(c.closed);
}

TEST_F(firmware_door, announces_all_of_a_short_body_and_closes_at_its_middle) {
  open();
  source.fault = firmware_fault::short_body;
  EXPECT_EQ(ask(good, {}, "HEAD").field("content-length"), "200000");
  auto& c = begin(good);
  rig->settle(10s);
  EXPECT_TRUE(c.closed);
  EXPECT_TRUE(c.answers.empty()) << "no whole answer";
  EXPECT_EQ(source.octets_sent, 100'000U);
  // Who goes on from there gets no further.
  auto& on = begin(good, {{"Range", "bytes=100000-"}});
  rig->settle(10s);
  EXPECT_TRUE(on.closed);
  EXPECT_EQ(source.octets_sent, 100'000U);
}

/// How long four downloads take in all, and how many waited at the most.
struct race {
  duration took{};
  std::size_t waiting = 0;
};
race run_four(firmware_door& t) {
  const auto begun = t.rig->world.home().now();
  std::vector<web_client*> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(&t.begin(good));
  }
  race out;
  const auto done = [&] {
    return std::all_of(all.begin(), all.end(), [](auto* c) { return !c->answers.empty(); });
  };
  for (int i = 0; i < 10'000 && !done(); ++i) {
    t.rig->settle(10ms);
    out.waiting = std::max(out.waiting, t.desk->waiting());
  }
  for (auto* const c : all) {
    EXPECT_EQ(c->answers.front().body, t.source.image);
  }
  out.took = t.rig->world.home().now() - begun;
  return out;
}

TEST_F(firmware_door, shares_one_rate_among_all_downloads) {
  source.speed.all = 100'000;
  open();
  const auto got = run_four(*this);
  // 800,000 octets, of which 65,536 were saved up.
  EXPECT_GE(got.took, 7s);
  EXPECT_LE(got.took, 9s);
  EXPECT_GE(got.waiting, 3U);
  EXPECT_LE(got.waiting, 4U);
}

TEST_F(firmware_door, holds_each_download_to_a_rate_of_its_own) {
  source.speed.each = 100'000;
  open();
  const auto got = run_four(*this);
  EXPECT_GE(got.took, 1s);
  EXPECT_LE(got.took, 3s);
  EXPECT_EQ(got.waiting, 0U);
}

TEST_F(firmware_door, forgets_downloads_that_went_while_they_waited) {
  source.speed.all = 10'000;
  open();
  auto& first = begin(good);
  auto& second = begin(good);
  rig->settle(1s);
  EXPECT_EQ(desk->waiting(), 2U);
  first.stream.reset();
  first.closed = true;
  second.stream.reset();
  second.closed = true;
  rig->settle(10s);
  EXPECT_EQ(desk->waiting(), 0U);
}

} // namespace
} // namespace fleet::cloud
