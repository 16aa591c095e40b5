// Faults of boards whose devices only post, over CoAP and over HTTP: memory that runs out and flash
// that takes no write. Their power is power_faults_sim_test.cpp's.
#include "protocol/alink/ota_messages.hpp"
#include "tests/sim/faults/fault_fleet.hpp"
#include "tests/support/file_server.hpp"
#include "tests/support/flash_rig.hpp"
#include "tests/unit/actors/coap_cloud.hpp"
#include "tests/unit/actors/http_cloud.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using actors::post_protocol;
using actors::skip;
using actors::update_result;
using faults::effect;
using support::fault_fleet;
using support::fault_of;

constexpr post_protocol both[] = {post_protocol::coap, post_protocol::http};

/// One device before a cloud of its protocol.
struct posting {
  explicit posting(post_protocol by, std::function<void(actors::product_settings&)> change = {})
      : fleet({.devices = 1,
               .product =
                   [this, by, change = std::move(change)](auto& p) {
                     p.post.emplace().protocol = by;
                     p.report_bytes = 100; // as a run has it, which writes one to see
                     p.peer = by == post_protocol::coap ? coap.at() : http.at();
                     if (change) {
                       change(p);
                     }
                   }}),
        office(by == post_protocol::coap ? coap.office : http.office) {
    fleet.start(5s);
  }
  ~posting() { fleet.stop(); }
  posting(const posting&) = delete;
  posting& operator=(const posting&) = delete;

  [[nodiscard]] std::uint64_t attempted() { return fleet.slot(0).uplink.attempted(); }
  void expect_nothing_lost() {
    const auto up = office.totals(fleet.slot(0).uplink);
    EXPECT_GT(up.acknowledged, 0U);
    EXPECT_EQ(up.lost + up.unfinished, 0U);
    EXPECT_EQ(up.unexpected + up.corrupted, 0U);
  }

  fault_fleet fleet;
  actors::test::coap_cloud coap{fleet.world.home(), 5683};
  actors::test::http_cloud http{fleet.world.home(), 8081};
  actors::test::post_office& office;
};

TEST(memory_exhaustion, lets_no_post_out_while_it_lasts) {
  for (const auto protocol : both) {
    posting p{protocol};
    ASSERT_EQ(p.fleet.online(), 1U);
    auto fault = fault_of(effect::memory_exhaustion, 0s, 60s);
    fault.size = 64;
    p.fleet.add(fault);
    p.fleet.run(1s); // what was on its way
    const auto before = p.attempted();
    EXPECT_EQ(p.fleet.slot(0).board.memory.room(), 64U);
    p.fleet.run(50s);
    EXPECT_EQ(p.attempted(), before);
    EXPECT_EQ(p.fleet.online(), 1U);
    EXPECT_GE(p.fleet.sum([](const auto& m) {
      return m.skipped_for(skip::too_large) + m.skipped_for(skip::memory);
    }),
              49U);
    p.fleet.run(30s);
    EXPECT_GE(p.attempted(), before + 15);
    EXPECT_EQ(p.fleet.slot(0).board.memory.limit(), p.fleet.product.ram_bytes);
    p.fleet.quiet();
    p.expect_nothing_lost();
  }
}

TEST(full_flash, fails_the_burning_of_who_posts_while_it_lasts) {
  const auto image = hal::image_of(2, 4000);
  const auto digest = digest_of(content_digest::md5, image).hex();
  for (const auto protocol : both) {
    posting p{protocol, [](auto& product) {
                product.post->ask_firmware_every = 30s;
                product.fetch.http_too = true;
                auto& f = product.firmware.emplace();
                f.version = "1.0";
                f.image_bytes = 3000;
                f.image_seed = 7;
                f.flash = {.block_bytes = 512, .blocks = 18, .write_bytes = 64};
              }};
    support::file_server server{p.fleet.world.home(), 8080};
    server.body = image;
    p.fleet.add(fault_of(effect::full_flash, 0s, 60s));
    byte_buffer offer;
    alink::append_upgrade(offer, 1,
                          {.version = "2.0",
                           .size = static_cast<std::int64_t>(image.size()),
                           .method = content_digest::md5,
                           .sign = digest,
                           .url = "http://127.0.0.1:8080/fw"});
    p.office.offer = as_text(offer.view());
    const auto came_to = [&p](update_result what) {
      return p.fleet.sum([what](const actors::meters& m) {
        return m.update_results[static_cast<std::size_t>(what)].load();
      });
    };
    p.fleet.run(50s);
    EXPECT_GE(came_to(update_result::burn_failed), 1U);
    EXPECT_EQ(p.fleet.sum([](const auto& m) { return m.firmware_staged.load(); }), 0U);
    EXPECT_EQ(p.fleet.online(), 1U) << "what runs goes on";
    p.fleet.run(100s);
    EXPECT_EQ(came_to(update_result::succeeded), 1U);
    EXPECT_EQ(p.fleet.slot(0).board.boots(), 2U);
    p.fleet.quiet();
    p.expect_nothing_lost();
  }
}

} // namespace
} // namespace fleet
