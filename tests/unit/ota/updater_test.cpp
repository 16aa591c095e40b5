// The updater from offer to reboot: what it says, what it fetches, and what it makes of offers.
#include <gtest/gtest.h>

#include "tests/support/ota_rig.hpp"

namespace fleet::ota {
namespace {

TEST(ota_updater, says_its_version_once_a_boot_and_confirms_that_it_came_up) {
  ota_rig r;
  r->connect(at(0));
  EXPECT_EQ(r->news(), "version\nconfirm\n");
  r->machine.disconnected();
  r->connect(at(1'000));
  EXPECT_EQ(r->news(), "");
  EXPECT_EQ(r->machine.next_timeout(), never);
  r.boot();
  r->connect(at(2'000));
  EXPECT_EQ(r->news(), "version\nconfirm\n");
}

TEST(ota_updater, takes_an_image_from_offer_to_reboot_with_each_percent_said_once) {
  for (const content_digest kind : {content_digest::md5, content_digest::sha256}) {
    ota_rig r;
    r->connect(at(0));
    r->news();
    r->offer(offer_of(new_image, "2.0", kind), at(10));
    EXPECT_EQ(r->news(), "0 Enter in downloading state\nfetch https://h/fw?t=1\n");
    r->head({.status = 200, .length = 4'000}, at(20));
    r->give(new_image, at(30), 10);
    std::string percents;
    for (int percent = 1; percent < 100; ++percent) {
      percents += std::to_string(percent) + "\n";
    }
    EXPECT_EQ(r->news(), percents);
    r->end_body(at(40));
    EXPECT_EQ(r->news(), "100\n");
    EXPECT_EQ(r->machine.phase(), update_phase::staged);
    r->offer(offer_of(old_image, "3.0"), at(50));
    EXPECT_EQ(r->news(), "") << "too late";
    EXPECT_EQ(r->wait(), at(1'040));
    EXPECT_EQ(r->news(), "reboot\n");
    r->connect(at(2'000));
    r->offer(offer_of(old_image, "3.0"), at(2'000));
    EXPECT_EQ(r->news(), "") << "nothing comes after it";
    r.boot();
    EXPECT_EQ(r->machine.version(), "2.0");
    EXPECT_EQ(r.flash.slot(1, 4'000), new_image);
  }
}

TEST(ota_updater, says_two_messages_for_each_step_as_the_sample_does_if_asked) {
  ota_rig r{{.style = progress_style::pairs, .percent_step = 50}};
  r->connect(at(0));
  r->offer(offer_of(new_image, "2.0"), at(0));
  r->news();
  r->serve(new_image, at(0));
  EXPECT_EQ(r->news(), "50\n50 hello\n100\n100 hello\n");
}

TEST(ota_updater, answers_the_version_that_runs_with_its_version_and_fetches_nothing) {
  ota_rig r;
  r->connect(at(0));
  r->news();
  r->offer(offer_of(old_image, "1.0"), at(0));
  EXPECT_EQ(r->news(), "version\n");
  EXPECT_EQ(r->machine.phase(), update_phase::idle);
}

TEST(ota_updater, takes_or_refuses_an_older_version_by_its_policy) {
  ota_rig taking;
  taking->connect(at(0));
  taking->news();
  taking->offer(offer_of(new_image, "0.9"), at(0));
  EXPECT_EQ(taking->news(), "0 Enter in downloading state\nfetch https://h/fw?t=1\n");
  ota_rig refusing{{.downgrade = downgrade_policy::refuse}};
  refusing->connect(at(0));
  refusing->news();
  refusing->offer(offer_of(new_image, "0.9"), at(0));
  EXPECT_EQ(refusing->news(), "-1 older than what runs\n");
  refusing->offer(offer_of(new_image, "1.0.1"), at(0));
  EXPECT_TRUE(refusing->fetching);
  refusing->news();
  refusing->offer(offer_of(new_image, "0.9"), at(0));
  EXPECT_EQ(refusing->news(), "") << "nothing that would be taken for the job under way";
}

TEST(ota_updater, refuses_what_no_offer_can_be) {
  ota_rig r;
  r->connect(at(0));
  r->news();
  firmware f = offer_of(new_image, "2.0");
  f.size = 0;
  r->offer(f, at(0));
  EXPECT_EQ(r->news(), "-1 cannot be taken\n");
  EXPECT_EQ(r->machine.counters().failed, 1U);
}

TEST(ota_updater, takes_a_second_offer_of_the_same_image_for_a_fresh_address) {
  ota_rig r{quiet()};
  r->connect(at(0));
  firmware f = offer_of(new_image, "2.0");
  r->offer(f, at(0));
  r->news();
  f.url = "https://h/fw?t=2";
  r->offer(f, at(0));
  EXPECT_EQ(r->news(), "");
  r->serve(new_image, at(0), 1'000);
  r->wait();
  EXPECT_EQ(r->news(), "fetch https://h/fw?t=2 from 1000\n");
}

TEST(ota_updater, replaces_a_download_by_another_offer_or_finishes_first) {
  const auto other = hal::image_of(3, 2'000);
  ota_rig r{quiet()};
  r->connect(at(0));
  r->offer(offer_of(new_image, "2.0"), at(0));
  r->head({.status = 200, .length = 4'000}, at(0));
  r->give(bytes_view{new_image}.first(2'500), at(0));
  r->news();
  r->offer(offer_of(other, "3.0"), at(0));
  EXPECT_EQ(r->news(), "drop\n0 Enter in downloading state\nfetch https://h/fw?t=1\n");
  r->serve(other, at(0));
  r->wait();
  r.boot();
  EXPECT_EQ(r->machine.version(), "3.0");

  updater_settings patient = quiet();
  patient.second_offer = second_offer_policy::finish_first;
  ota_rig first{patient};
  first->connect(at(0));
  first->offer(offer_of(new_image, "2.0"), at(0));
  first->news();
  first->offer(offer_of(other, "3.0"), at(0));
  EXPECT_EQ(first->news(), "");
  EXPECT_EQ(first->machine.counters().ignored, 1U);
  first->serve(new_image, at(0));
  first->wait();
  first.boot();
  EXPECT_EQ(first->machine.version(), "2.0");
}

TEST(ota_updater, takes_no_offer_while_its_own_image_is_on_trial) {
  ota_rig r{quiet()};
  r->connect(at(0));
  r->offer(offer_of(new_image, "2.0"), at(0));
  r->serve(new_image, at(0));
  r->wait();
  r.boot();
  r->connect(at(0));
  r->news();
  r->offer(offer_of(old_image, "3.0"), at(0)); // nobody carried out the confirm
  EXPECT_EQ(r->news(), "-1 running image not confirmed\n");
  ASSERT_EQ(r.flash.loader.confirm(1), hal::boot_step::done);
  r->offer(offer_of(old_image, "3.0"), at(0));
  EXPECT_TRUE(r->fetching);
}

TEST(ota_updater, downloads_on_without_its_session_and_says_afterwards_how_it_ended) {
  ota_rig r{quiet()};
  r->connect(at(0));
  r->offer(offer_of(new_image, "2.0"), at(0));
  r->news();
  r->machine.disconnected();
  r->head({.status = 404}, at(0));
  EXPECT_EQ(r->news(), "drop\n");
  r->connect(at(0));
  EXPECT_EQ(r->news(), "-2 refused by the server\n");
  r->connect(at(0));
  EXPECT_EQ(r->news(), "") << "once";

  r->offer(offer_of(new_image, "2.0"), at(0));
  r->machine.disconnected();
  r->news();
  r->serve(new_image, at(0));
  EXPECT_EQ(r->news(), "");
  r->wait();
  EXPECT_EQ(r->news(), "reboot\n");
}

TEST(ota_updater, waits_for_a_session_to_say_in_that_its_image_is_there_and_then_reboots) {
  ota_rig r{quiet()};
  r->connect(at(0));
  r->offer(offer_of(new_image, "2.0"), at(0));
  r->news();
  r->machine.disconnected();
  r->serve(new_image, at(0));
  EXPECT_EQ(r->news(), "");
  EXPECT_EQ(r->machine.next_timeout(), at(60'000)) << "but not for ever";
  r->connect(at(20'000));
  EXPECT_EQ(r->news(), "100\n");
  r->connect(at(20'100));
  EXPECT_EQ(r->news(), "") << "once";
  EXPECT_EQ(r->wait(), at(21'000));
  EXPECT_EQ(r->news(), "reboot\n");
}

TEST(ota_updater, asks_at_boot_if_told_to_and_waits_so_long_for_an_answer) {
  ota_rig r{{.ask_at_boot = true}};
  r->connect(at(0));
  EXPECT_EQ(r->news(), "version\nconfirm\nask\n");
  EXPECT_EQ(r->wait(), at(30'000));
  EXPECT_EQ(r->machine.phase(), update_phase::idle);
  r.boot();
  r->connect(at(0));
  r->machine.nothing_offered();
  EXPECT_EQ(r->machine.next_timeout(), never);
  r.boot();
  r->connect(at(0));
  r->offer(offer_of(new_image, "2.0"), at(5));
  EXPECT_TRUE(r->fetching);
}

TEST(ota_updater, ends_a_job_that_is_no_longer_offered_when_it_asks_again) {
  ota_rig r{quiet()};
  r->connect(at(0));
  r->offer(offer_of(new_image, "2.0"), at(0));
  r->head({.status = 403}, at(0));
  r->news();
  r->machine.nothing_offered();
  r->drain();
  EXPECT_EQ(r->news(), "-1 no longer offered\n");
  EXPECT_EQ(r->machine.next_timeout(), never);
}

// Stated: an idle updater takes less than 256 octets and no heap but a long version's.
TEST(ota_updater, costs_little_while_idle_and_gives_back_what_a_download_took) {
  ota_rig r{quiet()};
  r->connect(at(0));
  const std::size_t idle = r->machine.memory_bytes();
  EXPECT_LE(idle, 256U);
  r->offer(offer_of(new_image, "2.0"), at(0));
  EXPECT_LE(r->machine.memory_bytes(), idle + 1'024);
  r->head({.status = 404}, at(0));
  EXPECT_EQ(r->machine.memory_bytes(), idle);
}

TEST(ota_settings, are_checked) {
  EXPECT_TRUE(valid({}));
  EXPECT_FALSE(valid({.percent_step = 0}));
  EXPECT_FALSE(valid({.percent_step = 101}));
  EXPECT_FALSE(valid({.attempts_max = 0}));
  EXPECT_FALSE(valid({.keep_every = 0}));
  EXPECT_FALSE(valid({.stall = duration{0}}));
  EXPECT_FALSE(valid({.ask_wait = duration{0}}));
  EXPECT_FALSE(valid({.retry_first = std::chrono::minutes{2}}));
  EXPECT_FALSE(valid({.whole_most = duration{0}}));
  EXPECT_FALSE(valid({.report_wait = duration{-1}}));
  EXPECT_FALSE(valid({.patience = duration{-1}}));
}

} // namespace
} // namespace fleet::ota
