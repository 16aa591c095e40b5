// A board's flash between reset and image: the watchdog counts starts of what does not come up, and
// the boot loader goes back.
#include "hal_sim/board/board_flash.hpp"

#include "hal_sim/board/board.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/flash_rig.hpp"

namespace fleet::hal {
namespace {

constexpr flash_geometry small{.block_bytes = 512, .blocks = 18, .write_bytes = 64};
constexpr std::string_view mark = "NOBOOT!!";

struct made_flash {
  flash_store store{small.block_bytes};
  boot_settings settings{};
  board_flash flash{small, settings, store};
  std::vector<std::uint8_t> old_image = image_of(1, 3000);
  std::vector<std::uint8_t> new_image = image_of(2, 3000);

  explicit made_flash(std::uint8_t tries = 3) : settings{.tries = tries} {
    EXPECT_EQ(flash.loader.manufacture(old_image, "1.0"), boot_step::done);
  }
  void stage(bytes_view image) {
    std::uint8_t slot = 0;
    ASSERT_EQ(flash.loader.open_slot(slot), boot_step::done);
    slot_writer writer{flash.chip, slot, static_cast<std::uint32_t>(image.size())};
    ASSERT_EQ(writer.append(image), flash_status::done);
    ASSERT_EQ(writer.finish(), flash_status::done);
    ASSERT_EQ(flash.loader.stage(described(image, "2.0")), boot_step::done);
  }
};

TEST(board_flash, starts_a_new_image_that_comes_up) {
  made_flash m;
  m.stage(m.new_image);
  EXPECT_EQ(m.flash.start(mark).verdict, boot_verdict::switched);
  EXPECT_EQ(m.flash.running.image.version(), "2.0");
  EXPECT_EQ(m.flash.start(mark).verdict, boot_verdict::trying) << "not confirmed: a try is gone";
}

TEST(board_flash, goes_back_when_the_new_image_never_comes_up) {
  for (const auto tries : std::initializer_list<std::uint8_t>{1, 3, 200}) {
    made_flash m{tries};
    std::copy(mark.begin(), mark.end(), m.new_image.begin());
    m.stage(m.new_image);
    const auto before = m.flash.chip.operations();
    EXPECT_EQ(m.flash.start(mark).verdict, boot_verdict::fell_back);
    EXPECT_EQ(m.flash.running.image.version(), "1.0");
    EXPECT_GE(m.flash.chip.operations() - before, 2U * tries) << "each try is written down";
    EXPECT_EQ(m.flash.start(mark).verdict, boot_verdict::booted);
  }
}

TEST(board_flash, starts_nothing_when_no_image_comes_up) {
  flash_store store{small.block_bytes};
  const boot_settings settings;
  board_flash flash{small, settings, store};
  auto image = image_of(1, 1000);
  std::copy(mark.begin(), mark.end(), image.begin());
  ASSERT_EQ(flash.loader.manufacture(image, "1.0"), boot_step::done);
  EXPECT_FALSE(flash.start(mark).starts());
}

TEST(board_flash, survives_the_board_and_not_its_software) {
  virtual_world w;
  made_flash m;
  board b{w.home(), 7, 1};
  EXPECT_EQ(b.index(), 7U);
  b.flash = std::make_unique<board_flash>(m.flash, m.settings, m.store);
  EXPECT_GT(b.memory_bytes(), sizeof(board) + sizeof(board_flash));
  b.boot(w.now());
  EXPECT_TRUE(b.flash->start(mark).starts());
  b.power_off();
  EXPECT_FALSE(b.flash->running.starts());
  EXPECT_FALSE(b.powered());
  EXPECT_EQ(b.flash->loader.record()->slots[0].version(), "1.0");
}

} // namespace
} // namespace fleet::hal
