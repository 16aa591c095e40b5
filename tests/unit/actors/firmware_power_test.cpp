// The power fails at every single step of an update that a device takes, and a server breaks off at
// every block: the device always boots an image whose digest is right, and gets there in the end.
#include "tests/unit/actors/firmware_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint32_t blocks = 64;
constexpr std::uint32_t block_bytes = 256;

/// A platform that wants "2.0" everywhere, and offers it to whoever reports or asks.
struct wanted : test::updatable {
  explicit wanted(std::uint32_t image_blocks = blocks) : updatable(image_blocks * block_bytes) {
    auto& f = *product.firmware;
    f.flash = {
        .block_bytes = block_bytes, .blocks = 2 + 2 * image_blocks, .write_bytes = block_bytes / 2};
    f.updater.keep_every = 4 * block_bytes;
    cloud.when_said = [this](const test::heard& h) {
      if (h.topic.find("/ota/device/inform/") != std::string::npos) {
        // Unless the power has failed since: in the confirmation, say.
        EXPECT_TRUE(!slot->board.flash->running.starts() || runs_a_whole_image());
        if (versions().back() != "2.0") {
          cloud.say(test::upgrade_topic, offer_text(), 1);
        }
      } else if (h.topic == test::request_topic) {
        cloud.say(test::request_topic, offer_text(), 1);
      }
    };
  }
  /// From the first boot to the new version's report.
  void expect_to_arrive() {
    for (int i = 0; i < 20 && version() != "2.0"; ++i) {
      run(seconds{10});
    }
    EXPECT_EQ(version(), "2.0");
    EXPECT_TRUE(runs_a_whole_image());
    EXPECT_EQ(it().now_in(), phase::online);
    EXPECT_FALSE(slot->board.flash->loader.record()->trial);
    EXPECT_EQ(results(update_result::fell_back), 0U);
  }
  /// Its board is manufactured and runs; the update is yet to come.
  void begin() {
    auto answers = std::exchange(cloud.when_said, nullptr);
    boot();
    cloud.when_said = std::move(answers);
  }
  void go() { cloud.say(test::upgrade_topic, offer_text(), 1); }
};

std::uint64_t steps_of_an_update() {
  wanted d;
  d.begin();
  const auto before = d.chip().operations();
  d.go();
  d.expect_to_arrive();
  return d.chip().operations() - before;
}

TEST(device_power, may_fail_at_every_write_erase_record_and_note_of_an_update) {
  const auto steps = steps_of_an_update();
  ASSERT_GE(steps, blocks * 3U + 10) << "an erase and two writes a block, records and notes";
  for (std::uint64_t step = 0; step < steps; ++step) {
    for (const auto moment : std::initializer_list<std::uint16_t>{0, 500, 1000}) {
      wanted d;
      d.begin();
      d.chip().plan_cut(hal::power_cut{.operation = step, .permille = moment});
      d.go();
      d.expect_to_arrive();
      ASSERT_EQ(d.counts.firmware_power_losses.load(), 1U) << step << "/" << moment;
      ASSERT_FALSE(testing::Test::HasFailure()) << step << "/" << moment;
    }
  }
}

TEST(device_power, may_fail_again_and_again) {
  for (std::uint64_t apart = 1; apart < 60; apart += 3) {
    wanted d{16};
    d.begin();
    d.go();
    for (int i = 0; i < 200 && d.version() != "2.0"; ++i) {
      d.chip().plan_cut(hal::power_cut{.operation = apart, .permille = 500});
      d.run(seconds{10});
    }
    d.chip().plan_cut(std::nullopt);
    d.expect_to_arrive();
    ASSERT_GT(d.counts.firmware_power_losses.load(), 0U);
    ASSERT_FALSE(testing::Test::HasFailure()) << apart;
  }
}

TEST(device_power, that_fails_before_the_first_boot_comes_back) {
  wanted d;
  d.begin();
  d.crash();
  std::uint8_t slot = 0;
  auto& flash = *d.slot->board.flash;
  ASSERT_EQ(flash.loader.open_slot(slot), hal::boot_step::done);
  hal::slot_writer writer{flash.chip, slot, static_cast<std::uint32_t>(d.new_image.size())};
  ASSERT_EQ(writer.append(d.new_image), hal::flash_status::done);
  ASSERT_EQ(writer.finish(), hal::flash_status::done);
  ASSERT_EQ(flash.loader.stage(hal::described(d.new_image, "2.0")), hal::boot_step::done);
  flash.chip.plan_cut(hal::power_cut{.operation = 0, .permille = 500});
  d.boot(seconds{1});
  EXPECT_EQ(d.it().now_in(), phase::off) << "in the boot loader";
  EXPECT_EQ(d.counts.firmware_power_losses.load(), 1U);
  d.expect_to_arrive();
}

TEST(device_download, may_break_off_at_every_block) {
  for (std::size_t at = 0; at < blocks; ++at) {
    for (const std::size_t beside : {0U, 1U, 255U}) {
      wanted d;
      d.server.breaks = 1;
      d.server.breaks_after = at * block_bytes + beside;
      d.begin();
      d.go();
      d.expect_to_arrive();
      ASSERT_EQ(d.counts.firmware_octets.load(), d.new_image.size()) << "each octet once";
      ASSERT_EQ(d.counts.firmware_reboots.load(), 1U);
      ASSERT_FALSE(testing::Test::HasFailure()) << at << "+" << beside;
    }
  }
}

} // namespace
} // namespace fleet::actors
