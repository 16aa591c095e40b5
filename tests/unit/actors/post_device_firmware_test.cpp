// Firmware of devices that only post (aliyun-iot.md §14.4): reported, asked for, offered in an
// answer, fetched by HTTP, booted and reported again.
#include <gmock/gmock.h>

#include "protocol/alink/ota_messages.hpp"
#include "protocol/ota/generated.hpp"
#include "tests/support/file_server.hpp"
#include "tests/support/flash_rig.hpp"
#include "tests/unit/actors/coap_cloud.hpp"
#include "tests/unit/actors/http_cloud.hpp"
#include "tests/unit/actors/post_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;

/// With one cloud or the other.
struct updatable : test::posting_device {
  explicit updatable(post_protocol protocol)
      : coap_side(world.home(), 5683), http_side(world.home(), 8081), server(world.home(), 8080),
        new_image(hal::image_of(2, 4000)),
        office(protocol == post_protocol::coap ? coap_side.office : http_side.office) {
    product.post->protocol = protocol;
    product.post->ask_firmware_every = seconds{30};
    product.peer = protocol == post_protocol::coap ? coap_side.at() : http_side.at();
    product.interval = {};
    product.fetch.http_too = true;
    auto& f = product.firmware.emplace();
    f.version = "1.0";
    f.image_bytes = 3000;
    f.image_seed = 7;
    f.flash = {.block_bytes = 512, .blocks = 18, .write_bytes = 64};
    f.updater.keep_every = 512;
    f.updater.percent_step = 50;
    server.body = new_image;
  }
  void offer() {
    const auto digest = digest_of(content_digest::md5, new_image).hex();
    byte_buffer out;
    alink::append_upgrade(out, 1,
                          {.version = "2.0",
                           .size = static_cast<std::int64_t>(new_image.size()),
                           .method = content_digest::md5,
                           .sign = digest,
                           .url = "http://127.0.0.1:8080/fw"});
    office.offer = as_text(out.view());
  }
  [[nodiscard]] std::vector<std::string> on(std::string_view topic) const {
    std::vector<std::string> out;
    for (const auto& t : office.taken) {
      if (std::string_view{t.topic}.starts_with(topic)) {
        out.push_back(t.payload);
      }
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> versions() const {
    std::vector<std::string> out;
    json_reader json;
    for (const auto& payload : on("/ota/device/inform/a1FleetDemo/dev_000000")) {
      out.emplace_back(
          alink::read_ota_version(alink::parse_message(json, as_bytes(payload))).version);
    }
    return out;
  }
  [[nodiscard]] std::vector<int> steps() const {
    std::vector<int> out;
    json_reader json;
    for (const auto& payload : on("/ota/device/progress/a1FleetDemo/dev_000000")) {
      out.push_back(alink::read_progress(alink::parse_message(json, as_bytes(payload))).step);
    }
    return out;
  }
  [[nodiscard]] std::size_t asked() const {
    return on("/ota/device/request/a1FleetDemo/dev_000000").size();
  }

  test::coap_cloud coap_side;
  test::http_cloud http_side;
  support::file_server server;
  std::vector<std::uint8_t> new_image;
  test::post_office& office;
};

constexpr post_protocol both[] = {post_protocol::coap, post_protocol::http};

TEST(post_device_firmware, is_reported_and_then_asked_for_at_an_interval) {
  for (const auto protocol : both) {
    updatable d{protocol};
    d.boot(seconds{5});
    ASSERT_GE(d.office.taken.size(), 2U);
    EXPECT_TRUE(d.office.taken[0].topic.starts_with("/ota/device/inform/"));
    EXPECT_TRUE(d.office.taken[1].topic.starts_with("/ota/device/request/"));
    EXPECT_THAT(d.versions(), ElementsAre("1.0"));
    EXPECT_EQ(d.asked(), 1U);
    d.run(minutes{2});
    EXPECT_EQ(d.asked(), 5U);
    EXPECT_EQ(d.counts.published[1].load(), 0U) << "they are no reports";
    EXPECT_EQ(d.slot->uplink.attempted(), 0U);
  }
}

TEST(post_device_firmware, is_offered_in_an_answer_and_fetched_and_booted) {
  for (const auto protocol : both) {
    updatable d{protocol};
    d.boot(seconds{5});
    d.offer();
    d.run(milliseconds{25'700}); // the next question, and not yet the reset
    EXPECT_EQ(d.counts.firmware_staged.load(), 1U);
    d.office.offer.clear();
    d.run(seconds{20});
    EXPECT_EQ(d.counts.firmware_reboots.load(), 1U);
    EXPECT_EQ(d.it().now_in(), phase::online);
    EXPECT_THAT(d.versions(), ElementsAre("1.0", "2.0"));
    EXPECT_EQ(d.steps().front(), 0);
    EXPECT_THAT(d.steps(), Contains(50));
    EXPECT_EQ(d.steps().back(), 100);
    EXPECT_EQ(d.counts.firmware_octets.load(), d.new_image.size());
    EXPECT_EQ(d.counts.update_results[static_cast<std::size_t>(update_result::succeeded)].load(),
              1U);
    EXPECT_FALSE(d.slot->board.flash->loader.record()->trial) << "confirmed";
    EXPECT_EQ(d.slot->uplink.epoch(), 2U) << "another boot";
    EXPECT_EQ(2, d.office.granted) << "and another token";
    EXPECT_TRUE(d.troubles.empty());
  }
}

TEST(post_device_firmware, is_let_be_when_the_download_fails) {
  updatable d{post_protocol::coap};
  d.server.fails_with = 404;
  d.boot(seconds{1});
  d.offer();
  d.run(minutes{1});
  EXPECT_EQ(d.counts.firmware_reboots.load(), 0U);
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_THAT(d.steps(), Contains(-2));
}

TEST(post_device_firmware, messages_have_a_limit_while_nobody_answers) {
  updatable d{post_protocol::coap};
  d.product.interval = seconds{1};
  d.product.post->ask_firmware_every = seconds{1};
  d.boot(seconds{5});
  d.coap_side.silent = true;
  d.run(seconds{40});
  EXPECT_LE(d.counts.in_flight.load(), 4U + 8U);
  EXPECT_GT(d.counts.skipped_for(skip::window), 0U);
  d.coap_side.silent = false;
  d.run(minutes{3});
  EXPECT_EQ(d.it().now_in(), phase::online);
}

} // namespace
} // namespace fleet::actors
