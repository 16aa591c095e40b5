// A device's firmware from its first report to the boot of a new image (aliyun-iot.md §14), over
// the virtual world, with servers of every kind.
#include <gmock/gmock.h>

#include "tests/unit/actors/firmware_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::updatable;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(device_firmware, reports_its_version_once_a_boot_after_subscribing) {
  updatable d;
  d.boot();
  EXPECT_TRUE(d.cloud.subscribed(test::upgrade_topic));
  EXPECT_TRUE(d.cloud.subscribed(test::request_topic));
  EXPECT_THAT(d.versions(), ElementsAre("1.0"));
  EXPECT_EQ(d.asked(), 0U);
  d.cloud.cut();
  d.run(seconds{10});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_THAT(d.versions(), ElementsAre("1.0")) << "the same boot";
  d.crash();
  d.boot(seconds{5});
  EXPECT_THAT(d.versions(), ElementsAre("1.0", "1.0"));
}

TEST(device_firmware, is_no_concern_of_a_product_without) {
  updatable d;
  d.product.firmware.reset();
  d.boot();
  EXPECT_FALSE(d.cloud.subscribed(test::upgrade_topic));
  EXPECT_THAT(d.versions(), IsEmpty());
  EXPECT_EQ(d.it().extras(), nullptr);
  EXPECT_EQ(d.slot->board.flash, nullptr);
}

TEST(device_firmware, is_downloaded_verified_booted_and_reported) {
  for (const auto kind : {content_digest::md5, content_digest::sha256}) {
    updatable d;
    d.boot();
    d.offer("2.0", kind);
    d.run(milliseconds{500});
    EXPECT_EQ(d.version(), "1.0") << "the last progress goes out first";
    EXPECT_EQ(d.counts.firmware_staged.load(), 1U);
    d.run(seconds{1});
    EXPECT_EQ(d.it().now_in(), phase::off) << "its board boots";
    EXPECT_EQ(d.it().extras(), nullptr);
    d.run(seconds{5});
    EXPECT_EQ(d.it().now_in(), phase::online);
    EXPECT_EQ(d.version(), "2.0");
    EXPECT_TRUE(d.runs_a_whole_image());
    EXPECT_THAT(d.versions(), ElementsAre("1.0", "2.0"));
    EXPECT_EQ(d.steps().front(), 0);
    EXPECT_THAT(d.steps(), Contains(50));
    EXPECT_EQ(d.steps().back(), 100);
    EXPECT_EQ(d.counts.firmware_octets.load(), d.new_image.size());
    EXPECT_EQ(d.counts.firmware_reboots.load(), 1U);
    EXPECT_EQ(d.results(update_result::succeeded), 1U);
    EXPECT_EQ(d.results(update_result::cut_off), 0U);
    histogram_snapshot took;
    d.counts.update_time.read(took);
    EXPECT_EQ(took.count, 1U);
    EXPECT_FALSE(d.slot->board.flash->loader.record()->trial) << "confirmed";
    EXPECT_EQ(d.slot->uplink.epoch(), 2U) << "another boot";
    EXPECT_EQ(d.slot->board.memory.used(), d.product.client.receive_limit_bytes)
        << "the download's RAM is given back";
  }
}

TEST(device_firmware, says_good_bye_before_it_resets) {
  updatable d;
  d.boot();
  d.offer();
  d.run(seconds{2});
  const std::string last = d.cloud.octets.substr(d.cloud.octets.size() - 2);
  EXPECT_EQ(last, std::string("\xe0\x00", 2)) << "DISCONNECT";
}

TEST(device_firmware, is_not_fetched_twice_when_the_new_one_is_offered_again) {
  updatable d;
  d.boot();
  d.offer();
  d.run(seconds{10});
  ASSERT_EQ(d.version(), "2.0");
  d.offer();
  d.run(seconds{10});
  EXPECT_THAT(d.versions(), ElementsAre("1.0", "2.0", "2.0")) << "the report is the answer";
  EXPECT_THAT(d.server.requests, SizeIs(1));
}

TEST(device_firmware, comes_when_the_offer_came_while_it_was_offline) {
  updatable d;
  d.boot();
  d.cloud.cut();
  d.run(milliseconds{100});
  d.run(seconds{10});
  d.offer();
  d.run(seconds{10});
  EXPECT_EQ(d.version(), "2.0");
}

TEST(device_firmware, goes_on_downloading_without_its_session) {
  updatable d;
  d.server.pace = seconds{1};
  d.boot();
  d.offer();
  d.cloud.cut();
  d.cloud.door.refuse = true;
  d.run(seconds{6});
  EXPECT_NE(d.it().now_in(), phase::online);
  d.cloud.door.refuse = false;
  d.run(minutes{2});
  EXPECT_EQ(d.version(), "2.0");
  EXPECT_EQ(d.server.octets_sent, d.new_image.size());
}

TEST(device_firmware, resumes_where_the_connection_broke) {
  updatable d;
  d.server.breaks = 3;
  d.server.breaks_after = 1100;
  d.boot();
  d.offer();
  d.run(seconds{30});
  EXPECT_EQ(d.version(), "2.0");
  ASSERT_THAT(d.server.requests, SizeIs(4));
  EXPECT_EQ(d.server.requests[0].range, "");
  EXPECT_EQ(d.server.requests[1].range, "bytes=1100-");
  EXPECT_EQ(d.server.requests[0].host, "127.0.0.1:8080");
  EXPECT_EQ(d.counts.firmware_octets.load(), d.new_image.size()) << "each octet once";
}

TEST(device_firmware, begins_anew_at_a_server_without_ranges) {
  updatable d;
  d.server.breaks = 1;
  d.server.breaks_after = 1100;
  d.server.ranges = false;
  d.boot();
  d.offer();
  d.run(seconds{30});
  EXPECT_EQ(d.version(), "2.0");
  EXPECT_EQ(d.counts.firmware_octets.load(), d.new_image.size() + 1100);
}

TEST(device_firmware, takes_a_body_in_chunks) {
  updatable d;
  d.server.chunked = true;
  d.boot();
  d.offer();
  d.run(seconds{10});
  EXPECT_EQ(d.version(), "2.0");
}

TEST(device_firmware, follows_relative_and_absolute_redirects_with_its_range) {
  for (const std::string_view to : {"/fw?token=u", "http://127.0.0.1:8080/fw", "fw"}) {
    updatable d;
    d.url = "http://127.0.0.1:8080/moved/fw";
    d.server.location = to == "fw" ? "/x/../fw" : std::string{to};
    d.server.breaks = 1;
    d.server.breaks_after = 1100;
    d.boot();
    d.offer();
    d.run(seconds{20});
    EXPECT_EQ(d.version(), "2.0") << to;
    ASSERT_THAT(d.server.requests, SizeIs(4));
    EXPECT_EQ(d.server.requests[3].range, "bytes=1100-");
  }
}

TEST(device_firmware, of_a_name_that_is_known_is_found) {
  updatable d;
  d.product.fetch.hosts = {{"fw.example", hal::parse_address("127.0.0.1:1").value()}};
  d.url = "http://FW.example:8080/fw";
  d.boot();
  d.offer();
  d.run(seconds{10});
  EXPECT_EQ(d.version(), "2.0");
  EXPECT_EQ(d.server.requests.front().host, "fw.example:8080");
}

TEST(device_firmware, comes_over_tls) {
  updatable d;
  support::modelled_security tls;
  support::file_server secure{d.world.home(), 8443, &tls};
  secure.body = d.new_image;
  d.product.fetch = {.security = &tls};
  d.url = "https://127.0.0.1:8443/fw";
  d.boot();
  d.offer();
  d.run(seconds{10});
  EXPECT_EQ(d.version(), "2.0");
  d.crash();
}

TEST(device_firmware, by_plain_http_is_not_believed_where_only_https_is) {
  updatable d;
  d.product.fetch.http_too = false;
  d.boot();
  d.offer();
  d.run(seconds{10});
  EXPECT_EQ(d.version(), "1.0");
  EXPECT_EQ(d.counts.firmware_offers_bad.load(), 1U);
  EXPECT_THAT(d.server.requests, IsEmpty());
}

/// What a device makes of an update that cannot be: the step it tells, and that it goes on running.
void expect_failed(updatable& d, int step, update_result as) {
  d.run(minutes{10});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_TRUE(d.runs_a_whole_image());
  EXPECT_EQ(d.version(), "1.0");
  ASSERT_FALSE(d.steps().empty());
  EXPECT_EQ(d.steps().back(), step);
  EXPECT_EQ(d.results(as), 1U);
  EXPECT_EQ(d.counts.firmware_staged.load(), 0U);
  EXPECT_EQ(d.counts.in_update[static_cast<std::size_t>(update_state::idle)].load(), 1U);
  EXPECT_EQ(d.slot->board.memory.used(), d.product.client.receive_limit_bytes);
}

TEST(device_firmware, from_a_server_that_refuses_fails_to_download) {
  for (const auto status : std::initializer_list<std::uint16_t>{404, 403, 500, 503, 204}) {
    updatable d;
    d.server.fails_with = status;
    d.boot();
    d.offer();
    expect_failed(d, -2, update_result::download_failed);
    EXPECT_EQ(d.asked() > 0, status == 403) << status;
  }
}

TEST(device_firmware, with_an_expired_token_asks_for_a_fresh_address) {
  updatable d;
  d.server.fails_with = 403;
  d.server.fails_at = "/old";
  d.url = "http://127.0.0.1:8080/old";
  d.boot();
  d.cloud.when_said = [&d](const test::heard& h) {
    if (h.topic == test::request_topic) {
      d.url = "http://127.0.0.1:8080/fresh";
      d.cloud.say(test::request_topic, d.offer_text(), 1);
    }
  };
  d.offer();
  d.run(seconds{20});
  EXPECT_EQ(d.version(), "2.0");
  EXPECT_EQ(d.asked(), 1U);
}

TEST(device_firmware, of_another_digest_fails_its_verification) {
  updatable d;
  d.boot();
  d.server.body[77] ^= 1;
  d.offer();
  expect_failed(d, -3, update_result::verification_failed);
}

TEST(device_firmware, of_another_length_than_offered_fails_its_verification) {
  for (const bool chunked : {false, true}) {
    for (const int by : {-1, 1, -3000, 3000}) {
      updatable d;
      d.boot();
      d.server.chunked = chunked;
      d.server.body.resize(d.server.body.size() + static_cast<std::size_t>(by));
      d.offer();
      expect_failed(d, -3, update_result::verification_failed);
    }
  }
}

TEST(device_firmware, larger_than_a_slot_is_not_burned) {
  updatable d{4097};
  d.boot();
  d.offer();
  expect_failed(d, -4, update_result::burn_failed);
  EXPECT_THAT(d.server.requests, IsEmpty());
}

TEST(device_firmware, that_the_flash_does_not_take_is_not_burned) {
  updatable d;
  d.boot();
  d.chip().set_bad_from(14);
  d.offer();
  expect_failed(d, -4, update_result::burn_failed);
}

TEST(device_firmware, from_a_server_that_falls_silent_fails_after_its_attempts) {
  updatable d;
  d.server.stalls_after = 100;
  d.boot();
  d.offer();
  expect_failed(d, -2, update_result::download_failed);
  EXPECT_THAT(d.server.requests, SizeIs(d.product.firmware->updater.attempts_max));
}

TEST(device_firmware, from_a_slow_server_takes_its_time_up_to_its_limit) {
  for (const bool endless : {false, true}) {
    updatable d;
    d.server.pace = seconds{10};
    d.server.piece = endless ? 10 : 500;
    d.product.firmware->updater.whole_most = minutes{5};
    d.boot();
    d.offer();
    if (endless) {
      expect_failed(d, -2, update_result::download_failed);
    } else {
      d.run(minutes{3});
      EXPECT_EQ(d.version(), "2.0");
    }
  }
}

TEST(device_firmware, from_nowhere_fails_to_download) {
  for (const std::string_view url :
       {"http://127.0.0.1:9/fw", "http://nobody.knows/fw", "https://127.0.0.1:8080/fw",
        "http://127.0.0.1:8080/moved/for/ever"}) {
    updatable d;
    d.url = url;
    d.server.location = "/moved/again";
    d.boot();
    d.offer();
    expect_failed(d, -2, update_result::download_failed);
  }
}

TEST(device_firmware, waits_for_a_server_that_is_away_but_not_for_one_whose_tls_is_wrong) {
  support::modelled_security tls;
  for (const std::string_view url : {"https://127.0.0.1:8080/fw", "https://127.0.0.1:9/fw"}) {
    updatable d;
    d.product.fetch.security = &tls;
    d.url = url;
    d.boot();
    d.offer();
    d.run(minutes{1});
    const bool there = url == "https://127.0.0.1:8080/fw"; // it speaks no TLS
    EXPECT_EQ(d.results(update_result::download_failed), there ? 1U : 0U) << url;
    EXPECT_EQ(d.counts.firmware_fetches.load() == 5, there) << url;
    expect_failed(d, -2, update_result::download_failed);
  }
}

TEST(device_firmware, is_never_led_from_https_to_http) {
  updatable d;
  support::modelled_security tls;
  support::file_server secure{d.world.home(), 8443, &tls};
  secure.location = "http://127.0.0.1:8080/fw";
  d.product.fetch.security = &tls;
  d.url = "https://127.0.0.1:8443/moved";
  d.boot();
  d.offer();
  expect_failed(d, -2, update_result::download_failed);
  EXPECT_THAT(d.server.requests, IsEmpty());
  d.crash();
}

TEST(device_firmware, without_room_in_ram_fails_to_download) {
  updatable d;
  d.product.firmware->download_ram_bytes = d.product.ram_bytes;
  d.boot();
  d.offer();
  expect_failed(d, -2, update_result::download_failed);
  EXPECT_THAT(d.server.requests, IsEmpty());
}

TEST(device_firmware, for_another_module_or_without_md5_where_that_is_needed_is_not_taken) {
  updatable d;
  d.product.firmware->module = "MCU";
  d.boot();
  d.offer();
  updatable old;
  old.product.firmware->md5_only = true;
  old.boot();
  old.offer("2.0", content_digest::sha256);
  for (updatable* each : {&d, &old}) {
    each->run(seconds{10});
    EXPECT_EQ(each->version(), "1.0");
    EXPECT_EQ(each->counts.firmware_offers_bad.load(), 1U);
  }
}

TEST(device_firmware, that_does_not_come_up_gives_way_to_the_old_one) {
  updatable d;
  std::copy(ota::unbootable_mark.begin(), ota::unbootable_mark.end(), d.new_image.begin());
  d.server.body = d.new_image;
  d.boot();
  d.offer();
  d.run(seconds{20});
  EXPECT_EQ(d.it().now_in(), phase::online);
  EXPECT_EQ(d.version(), "1.0");
  EXPECT_THAT(d.versions(), ElementsAre("1.0", "1.0"));
  EXPECT_EQ(d.results(update_result::fell_back), 1U);
  EXPECT_EQ(d.results(update_result::succeeded), 0U);
  EXPECT_EQ(d.slot->board.flash->loader.record()->slots[1].state, hal::slot_state::bad);
}

TEST(device_firmware, that_rots_between_verification_and_boot_is_not_booted) {
  updatable d;
  d.boot();
  d.offer();
  ASSERT_EQ(d.counts.firmware_staged.load(), 1U);
  random_stream chance{1, 0, "rot"};
  d.chip().rot(chance, hal::range_of_slot(d.chip().geometry(), 1).first_block, 7, 1);
  d.run(seconds{20});
  EXPECT_EQ(d.version(), "1.0");
  EXPECT_EQ(d.results(update_result::fell_back), 1U);
  EXPECT_TRUE(d.runs_a_whole_image());
}

TEST(device_firmware, without_any_image_left_leaves_the_board_dead_and_says_so) {
  updatable d;
  d.boot();
  random_stream chance{1, 0, "rot"};
  d.chip().rot(chance, hal::range_of_slot(d.chip().geometry(), 0).first_block, 2, 40);
  d.crash();
  d.boot(minutes{5});
  EXPECT_EQ(d.it().now_in(), phase::off);
  EXPECT_EQ(d.counts.firmware_dead.load(), 1U);
  EXPECT_EQ(d.cloud.connects, 1);
  d.stop(seconds{1});
  EXPECT_EQ(d.it().now_in(), phase::stopped);
  d.crash();
  EXPECT_EQ(d.counts.firmware_dead.load(), 0U);
}

TEST(device_firmware, of_a_device_that_is_told_to_stop_waits_for_its_next_start) {
  updatable d;
  d.boot();
  d.offer();
  ASSERT_EQ(d.counts.firmware_staged.load(), 1U);
  d.stop(seconds{5});
  EXPECT_EQ(d.it().now_in(), phase::stopped);
  d.crash();
  d.boot(seconds{5});
  EXPECT_EQ(d.version(), "2.0");
}

TEST(device_firmware, of_a_device_that_stops_while_its_board_boots_does_not_come_back) {
  updatable d;
  d.boot();
  d.offer();
  d.run(seconds{2});
  ASSERT_EQ(d.it().now_in(), phase::off);
  d.stop(seconds{1});
  EXPECT_EQ(d.it().now_in(), phase::stopped);
  d.run(minutes{1});
  EXPECT_EQ(d.cloud.connects, 1);
}

TEST(device_firmware, cut_off_by_a_crash_goes_on_after_it) {
  updatable d;
  d.server.pace = seconds{1};
  d.boot();
  d.offer();
  d.run(seconds{2});
  d.crash();
  EXPECT_EQ(d.results(update_result::cut_off), 1U);
  d.boot(seconds{1});
  EXPECT_EQ(d.asked(), 1U) << "where it may go on";
  d.say(test::request_topic, d.offer_text(), 1);
  d.run(seconds{20});
  EXPECT_EQ(d.version(), "2.0");
  EXPECT_THAT(d.server.requests, SizeIs(2));
  EXPECT_EQ(d.server.requests[1].range.substr(0, 6), "bytes=");
}

TEST(device_firmware, is_asked_for_at_boot_where_the_settings_say_so) {
  updatable d;
  d.product.firmware->updater.ask_at_boot = true;
  d.boot();
  EXPECT_EQ(d.asked(), 1U);
  byte_buffer none;
  alink::append_no_upgrade(none, 1);
  d.say(test::request_topic, as_text(none.view()), 1);
  EXPECT_EQ(d.counts.in_update[static_cast<std::size_t>(update_state::idle)].load(), 1U);
  EXPECT_EQ(d.counts.firmware_offers_bad.load(), 0U);
}

// Stated: with flash and firmware a device takes 4 KiB of its own, and while it downloads 12 KiB,
// the block that is being written included; streams and their encryption are the world's.
TEST(device_firmware, keeps_its_memory_within_bounds) {
  updatable d{100'000};
  d.product.firmware->flash = {};
  d.server.pace = seconds{1};
  d.boot();
  const auto own = [&d] {
    return d.it().memory_bytes() - d.slot->session->memory_bytes()
           + d.slot->board.flash->memory_bytes();
  };
  const auto idle = own();
  EXPECT_LE(idle, 4096U);
  d.offer();
  d.run(seconds{30});
  ASSERT_EQ(d.counts.in_update[static_cast<std::size_t>(update_state::downloading)].load(), 1U);
  EXPECT_GT(own(), idle + 4096);
  EXPECT_LE(own(), 12'288U);
  d.run(minutes{3});
  EXPECT_EQ(d.version(), "2.0");
  EXPECT_LE(own(), idle + 64);
}

TEST(device_firmware, of_a_factory_lies_in_a_home_once) {
  firmware_stock stock;
  firmware_settings settings;
  settings.image_bytes = 1024 * 1024;
  std::vector<std::unique_ptr<hal::board_flash>> boards;
  for (int i = 0; i < 200; ++i) {
    boards.push_back(stock.make(settings));
    ASSERT_TRUE(boards.back()->start(ota::unbootable_mark).starts());
  }
  EXPECT_LT(stock.memory_bytes(), 1024U * 1024 + 128 * 1024);
  EXPECT_LT(boards.back()->memory_bytes(), 512U);
}

} // namespace
} // namespace fleet::actors
