// Downloads that go wrong in every way: each ends in its step or goes on where it was, and no wait
// is without an end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ota_rig.hpp"

namespace fleet::ota {
namespace {

/// Connected, and with an offer of the new image whose fetch is open.
struct fetching_rig : ota_rig {
  explicit fetching_rig(const updater_settings& s = quiet(),
                        content_digest kind = content_digest::md5)
      : ota_rig(s) {
    device->connect(at(0));
    device->offer(offer_of(new_image, "2.0", kind), at(0));
    device->news();
  }
};

response_head part_from(std::uint64_t first, std::uint64_t total = 4'000) {
  return {.status = 206, .length = total - first, .range_first = first, .range_total = total};
}

TEST(ota_download, ends_at_once_where_trying_again_is_of_no_use) {
  using std::string;
  const std::pair<response_head, string> rows[] = {
      {{.status = 404}, "-2 refused by the server"},
      {{.status = 400}, "-2 refused by the server"},
      {{.status = 204}, "-2 refused by the server"},
      {{.status = 304}, "-2 refused by the server"},
      {{.status = 416}, "-2 refused by the server"},
      {{.status = 200, .length = 3'999}, "-3 not of the size offered"},
      {{.status = 200, .length = 4'001}, "-3 not of the size offered"},
      {{.status = 200, .length = UINT64_MAX}, "-3 not of the size offered"},
      {part_from(0, 4'001), "-3 not of the size offered"},
  };
  for (const auto& [head, end] : rows) {
    fetching_rig r;
    r->head(head, at(0));
    EXPECT_EQ(r->news(), "drop\n" + end + "\n") << head.status;
    EXPECT_EQ(r->machine.phase(), update_phase::idle);
    EXPECT_EQ(r->machine.next_timeout(), never);
    r->offer(offer_of(new_image, "2.0"), at(0));
    EXPECT_TRUE(r->fetching) << "the next offer is taken";
  }
}

TEST(ota_download, of_another_content_or_length_ends_as_not_verified) {
  auto other = new_image;
  other[1'234] ^= 1;
  for (const content_digest kind : {content_digest::md5, content_digest::sha256}) {
    fetching_rig r{quiet(), kind};
    r->serve(other, at(0));
    EXPECT_EQ(r->news(), "-3 digest differs\n");
  }
  fetching_rig longer;
  longer->head({.status = 200}, at(0)); // in chunks: no length beforehand
  longer->give(new_image, at(0));
  longer->give(as_bytes("x"), at(0));
  EXPECT_EQ(longer->news(), "drop\n-3 longer than offered\n");
  fetching_rig shorter;
  shorter->head({.status = 200}, at(0));
  shorter->give(bytes_view{new_image}.first(3'999), at(0));
  shorter->end_body(at(0));
  EXPECT_EQ(shorter->news(), "-3 shorter than offered\n");
  for (fetching_rig* r : {&longer, &shorter}) {
    r->boot();
    EXPECT_EQ((*r)->machine.version(), "1.0");
  }
}

TEST(ota_download, goes_on_where_it_was_cut_after_a_wait_that_doubles) {
  fetching_rig r;
  r->serve(new_image, at(0), 1'000);
  time_point now = r->wait();
  EXPECT_GE(now, at(500));
  EXPECT_LE(now, at(1'000));
  EXPECT_EQ(r->news(), "fetch https://h/fw?t=1 from 1000\n");
  r->cut(now);
  const time_point next = r->wait();
  EXPECT_GE(next - now, std::chrono::seconds{1});
  EXPECT_LE(next - now, std::chrono::seconds{2});
  r->news();
  r->serve(new_image, next);
  EXPECT_EQ(r->news(), "100\n");
  r->wait();
  r.boot();
  EXPECT_EQ(r->machine.version(), "2.0");
}

TEST(ota_download, cut_at_every_octet_comes_to_the_same_image) {
  for (std::size_t cut = 0; cut < new_image.size(); cut += 37) {
    fetching_rig r;
    r->serve(new_image, at(0), cut);
    const time_point now = r->wait();
    r->serve(new_image, now);
    ASSERT_EQ(r->machine.phase(), update_phase::staged) << cut;
    ASSERT_EQ(r.flash.slot(1, 4'000), new_image);
  }
}

TEST(ota_download, gives_up_after_so_many_attempts_that_brought_no_block) {
  fetching_rig r;
  for (int attempt = 1; attempt < 5; ++attempt) {
    r->serve(new_image, at(0), 10);
    EXPECT_EQ(r->machine.phase(), update_phase::waiting);
    r->wait();
  }
  r->news();
  r->serve(new_image, at(0), 10);
  EXPECT_EQ(r->news(), "-2 download failed\n");
  EXPECT_EQ(r->machine.counters().attempts, 5U);
  EXPECT_EQ(r->machine.next_timeout(), never);
}

/// Nobody takes its connections for so long, then `r` is where it was.
time_point away(fetching_rig& r, time_point from, duration span) {
  time_point now = from;
  while (now < from + span) {
    r->refuse(now);
    if (!r->machine.counters().failed) {
      now = r->wait();
    } else {
      break;
    }
  }
  return now;
}

TEST(ota_download, waits_for_a_server_that_is_away_without_using_up_its_attempts) {
  updater_settings settings = quiet();
  settings.patience = std::chrono::minutes{10};
  fetching_rig r{settings};
  r->serve(new_image, at(0), 1'500);
  time_point now = away(r, r->wait(), std::chrono::minutes{4});
  EXPECT_GT(r->machine.counters().attempts, 5U + 2U);
  EXPECT_LT(r->machine.counters().attempts, 20U) << "waits rise to their bound";
  r->head({.status = 503}, now); // it starts; one attempt of five was used up by the cut
  for (int i = 1; i < 3; ++i) {
    now = r->wait();
    r->head({.status = 503}, now);
  }
  EXPECT_EQ(r->machine.phase(), update_phase::waiting);
  now = r->wait();
  r->serve(new_image, now);
  EXPECT_EQ(r->machine.phase(), update_phase::staged);
}

TEST(ota_download, gives_up_a_server_that_stays_away_when_its_patience_is_at_an_end) {
  fetching_rig r;
  EXPECT_GE(away(r, at(0), std::chrono::minutes{10}), at(5 * 60'000));
  EXPECT_THAT(r->news(), testing::EndsWith("\n-2 download failed\n"));
  EXPECT_EQ(r->machine.next_timeout(), never);
  updater_settings hasty = quiet();
  hasty.patience = duration{0};
  fetching_rig at_once{hasty};
  EXPECT_LT(away(at_once, at(0), std::chrono::minutes{10}), at(16'000));
  EXPECT_EQ(at_once->machine.counters().attempts, 5U);
}

TEST(ota_download, is_as_patient_again_once_octets_have_come) {
  fetching_rig r;
  time_point now = at(0);
  for (int i = 0; i < 4; ++i) { // 16 minutes in all, and 5 would be too many at once
    now = away(r, now, std::chrono::minutes{4});
    ASSERT_TRUE(r->fetching) << i;
    r->serve(new_image, now, 600);
    now = r->wait();
  }
  r->serve(new_image, now);
  EXPECT_EQ(r->machine.phase(), update_phase::staged);
}

TEST(ota_download, takes_silence_before_an_answer_for_an_absence_and_within_it_for_a_failure) {
  updater_settings settings = quiet();
  settings.patience = std::chrono::hours{1};
  fetching_rig r{settings};
  for (int i = 0; i < 5; ++i) {
    r->wait();
    EXPECT_EQ(r->machine.phase(), update_phase::waiting);
    r->wait();
  }
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(r->fetching) << i;
    r->head({.status = 200, .length = 4'000}, r->machine.next_timeout() - std::chrono::seconds{30});
    r->wait();
    if (i < 4) {
      r->wait();
    }
  }
  EXPECT_EQ(r->machine.counters().failed, 1U);
}

TEST(ota_download, is_patient_again_after_a_reboot) {
  updater_settings often = quiet();
  often.keep_every = 1;
  fetching_rig r{often};
  r->serve(new_image, at(0), 2'100);
  const time_point down = away(r, r->wait(), std::chrono::minutes{4});
  r.boot();
  r->connect(down);
  EXPECT_EQ(r->news(), "version\nconfirm\nask\n");
  r->offer(offer_of(new_image, "2.0"), down);
  const time_point up = away(r, down, std::chrono::minutes{4});
  EXPECT_GT(r->from, 1'500U);
  r->serve(new_image, up);
  EXPECT_EQ(r->machine.phase(), update_phase::staged);
}

TEST(ota_download, does_not_give_up_while_each_attempt_brings_a_block) {
  fetching_rig r;
  time_point now = at(0);
  for (int attempt = 0; attempt < 7; ++attempt) {
    ASSERT_TRUE(r->fetching);
    r->serve(new_image, now, 520);
    now = r->wait();
  }
  r->serve(new_image, now);
  EXPECT_EQ(r->machine.phase(), update_phase::staged);
}

TEST(ota_download, tries_again_what_a_server_may_get_over) {
  for (const std::uint16_t status :
       std::initializer_list<std::uint16_t>{408, 429, 500, 502, 503, 599}) {
    fetching_rig r;
    r->head({.status = status}, at(0));
    EXPECT_EQ(r->news(), "drop\n");
    r->wait();
    EXPECT_EQ(r->news(), "fetch https://h/fw?t=1\n") << status;
  }
}

TEST(ota_download, leaves_a_server_that_stalls_before_or_within_its_answer) {
  fetching_rig r;
  EXPECT_EQ(r->wait(), at(30'000));
  EXPECT_EQ(r->news(), "drop\n");
  const time_point now = r->wait();
  r->head({.status = 200, .length = 4'000}, now);
  r->give(bytes_view{new_image}.first(100), now + std::chrono::seconds{29});
  EXPECT_EQ(r->machine.next_timeout(), now + std::chrono::seconds{59});
  r->news();
  r->wait();
  EXPECT_EQ(r->news(), "drop\n");
  EXPECT_EQ(r->machine.phase(), update_phase::waiting);
}

TEST(ota_download, of_a_server_that_drips_for_ever_ends_at_its_whole_limit) {
  fetching_rig r;
  r->head({.status = 200, .length = 4'000}, at(0));
  std::size_t given = 0;
  std::int64_t now = 0;
  for (; r->fetching; now += 29'000) {
    ASSERT_LT(given, new_image.size());
    r->give(bytes_view{new_image}.subspan(given, 1), at(now));
    ++given;
    r->machine.handle_timeout(at(now + 29'000));
    r->drain();
  }
  EXPECT_GE(now, 6 * 3'600'000);
  EXPECT_LE(now, 6 * 3'600'000 + 29'000);
  EXPECT_EQ(r->news(), "drop\n-2 took too long\n");
}

TEST(ota_download, starts_over_where_the_server_does_no_ranges) {
  fetching_rig r;
  r->serve(new_image, at(0), 1'500);
  const time_point now = r->wait();
  r->head({.status = 200, .length = 4'000}, now);
  r->give(new_image, now);
  r->end_body(now);
  EXPECT_EQ(r->machine.phase(), update_phase::staged);
  EXPECT_EQ(r.flash.slot(1, 4'000), new_image);
}

TEST(ota_download, forgets_its_note_before_it_overwrites_what_the_note_speaks_of) {
  updater_settings settings = quiet();
  settings.keep_every = 512;
  fetching_rig r{settings};
  r->serve(new_image, at(0), 2'000);
  ASSERT_FALSE(r.board.kept().empty());
  r->wait();
  r->head({.status = 200, .length = 4'000}, at(2'000)); // no ranges
  EXPECT_TRUE(r.board.kept().empty());
  r->give(bytes_view{new_image}.first(100), at(2'000));
  r.boot();
  r->connect(at(3'000));
  EXPECT_EQ(r->news(), "version\nconfirm\n") << "nothing to go on from";
}

TEST(ota_download, asks_for_no_range_where_none_are_wanted) {
  updater_settings settings = quiet();
  settings.resume = false;
  fetching_rig r{settings};
  r->serve(new_image, at(0), 1'500);
  r->news();
  const time_point now = r->wait();
  EXPECT_EQ(r->news(), "fetch https://h/fw?t=1\n");
  r->serve(new_image, now);
  EXPECT_EQ(r->machine.phase(), update_phase::staged);
  EXPECT_TRUE(r.board.kept().empty());
}

TEST(ota_download, starts_over_once_after_a_range_that_is_not_the_one_asked_for) {
  for (const response_head& odd :
       {part_from(1'499), part_from(0), response_head{.status = 206, .length = 2'500},
        response_head{.status = 416}}) {
    fetching_rig r;
    r->serve(new_image, at(0), 1'500);
    r->wait();
    r->news();
    r->head(odd, at(0));
    EXPECT_EQ(r->news(), "drop\n");
    const time_point now = r->wait();
    EXPECT_EQ(r->news(), "fetch https://h/fw?t=1\n");
    r->serve(new_image, now);
    EXPECT_EQ(r->machine.phase(), update_phase::staged);
  }
}

TEST(ota_download, goes_on_after_a_part_that_is_less_than_was_asked_for) {
  fetching_rig r;
  r->serve(new_image, at(0), 1'000);
  time_point now = r->wait();
  r->head({.status = 206, .length = 600, .range_first = 1'000, .range_total = 4'000}, now);
  r->give(bytes_view{new_image}.subspan(1'000, 600), now);
  r->end_body(now);
  r->news();
  now = r->wait();
  EXPECT_EQ(r->news(), "fetch https://h/fw?t=1 from 1600\n");
  r->serve(new_image, now);
  EXPECT_EQ(r->machine.phase(), update_phase::staged);
}

TEST(ota_download, is_whole_when_only_the_end_of_the_response_is_missing) {
  fetching_rig r;
  r->head({.status = 200}, at(0));
  r->give(new_image, at(0));
  r->cut(at(0));
  EXPECT_EQ(r->machine.phase(), update_phase::staged);
}

TEST(ota_download, follows_redirects_up_to_its_limit_and_keeps_its_range) {
  fetching_rig r;
  for (const std::uint16_t status : std::initializer_list<std::uint16_t>{301, 302, 303, 307, 308}) {
    r->head({.status = status, .location = "/elsewhere"}, at(0));
    EXPECT_EQ(r->news(), "follow /elsewhere\n");
  }
  r->head({.status = 302, .location = "/elsewhere"}, at(0));
  EXPECT_EQ(r->news(), "drop\n");
  r->wait();
  EXPECT_EQ(r->news(), "fetch https://h/fw?t=1\n") << "from the address of the offer";
  r->serve(new_image, at(2'000), 1'000);
  r->wait();
  r->head({.status = 302, .location = "https://other/fw"}, at(0));
  r->news();
  r->serve(new_image, at(4'000));
  EXPECT_EQ(r->machine.phase(), update_phase::staged);
}

TEST(ota_download, takes_a_redirect_to_nowhere_for_a_failed_attempt) {
  for (const std::string& location : {std::string{}, std::string(url_max + 1, 'u')}) {
    fetching_rig r;
    r->head({.status = 302, .location = location}, at(0));
    EXPECT_EQ(r->news(), "drop\n");
    EXPECT_EQ(r->machine.phase(), update_phase::waiting);
  }
}

TEST(ota_download, asks_for_a_fresh_address_when_the_token_has_expired_and_goes_on) {
  for (const std::uint16_t status : std::initializer_list<std::uint16_t>{401, 403, 410}) {
    fetching_rig r;
    r->serve(new_image, at(0), 1'500);
    r->wait();
    r->news();
    r->head({.status = status}, at(0));
    EXPECT_EQ(r->news(), "drop\nask\n");
    firmware fresh = offer_of(new_image, "2.0");
    fresh.url = "https://h/fw?t=2";
    r->offer(fresh, at(0));
    EXPECT_EQ(r->news(), "fetch https://h/fw?t=2 from 1500\n");
    r->serve(new_image, at(0));
    EXPECT_EQ(r->machine.phase(), update_phase::staged);
  }
}

TEST(ota_download, asks_so_often_and_waits_so_long_for_a_fresh_address) {
  fetching_rig r;
  for (int i = 0; i < 3; ++i) {
    r->head({.status = 403}, at(0));
    r->offer(offer_of(new_image, "2.0"), at(0));
  }
  r->news();
  r->head({.status = 403}, at(0));
  EXPECT_EQ(r->news(), "drop\n-2 address expired\n");

  fetching_rig silent;
  silent->head({.status = 403}, at(1'000));
  silent->news();
  EXPECT_EQ(silent->wait(), at(31'000));
  EXPECT_EQ(silent->news(), "-2 no fresh address\n");

  fetching_rig away;
  away->machine.disconnected();
  away->head({.status = 403}, at(0));
  EXPECT_EQ(away->news(), "drop\n");
  EXPECT_EQ(away->machine.next_timeout(), at(6 * 3'600'000)) << "without a session there is time";
  away->connect(at(60'000));
  EXPECT_EQ(away->news(), "ask\n");
  away->machine.disconnected(); // before the answer
  EXPECT_EQ(away->machine.next_timeout(), at(6 * 3'600'000)) << "nor is the answer awaited";
  away->connect(at(60'000));
  EXPECT_EQ(away->news(), "ask\n");
  EXPECT_EQ(away->machine.next_timeout(), at(90'000));
}

TEST(ota_download, ends_as_not_burnt_when_the_flash_takes_no_more_or_has_no_room) {
  fetching_rig r;
  r.flash.chip.set_bad_from(13);
  r->head({.status = 200, .length = 4'000}, at(0));
  r->give(new_image, at(0));
  EXPECT_EQ(r->news(), "drop\n-4 flash not writable\n");
  EXPECT_TRUE(r.board.kept().empty());
  r.boot();
  EXPECT_EQ(r->machine.version(), "1.0");

  ota_rig full;
  full->connect(at(0));
  full->news();
  full->offer(offer_of(hal::image_of(4, 4'097), "2.0"), at(0));
  EXPECT_EQ(full->news(), "-4 larger than a slot\n");
}

TEST(ota_download, ends_as_not_verified_when_the_flash_does_not_hold_what_was_written) {
  fetching_rig r;
  r->head({.status = 200, .length = 4'000}, at(0));
  r->give(new_image, at(0));
  random_stream chance{1, 0, "rot"};
  r.flash.chip.rot(chance, 10, 7, 1); // after its digest was taken as it came
  r->end_body(at(0));
  EXPECT_EQ(r->news(), "-3 flash differs\n");

  fetching_rig late;
  late.board.rots_before_stage = true; // after it was read back
  late->serve(new_image, at(0));
  EXPECT_EQ(late->news(), "-3 flash differs\n");
}

TEST(ota_download, goes_on_after_a_reboot_from_its_note_and_asks_where) {
  updater_settings settings = quiet();
  settings.keep_every = 1'024;
  fetching_rig r{settings};
  r->head({.status = 200, .length = 4'000}, at(0));
  r->give(bytes_view{new_image}.first(2'700), at(0));
  r.boot(); // whatever was in RAM is gone
  r->connect(at(0));
  EXPECT_EQ(r->news(), "version\nconfirm\nask\n");
  r->offer(offer_of(new_image, "2.0"), at(0));
  EXPECT_EQ(r->news(), "0 Enter in downloading state\nfetch https://h/fw?t=1 from 2048\n");
  r->serve(new_image, at(0));
  EXPECT_EQ(r->news(), "100\n");
  EXPECT_TRUE(r.board.kept().empty());
}

TEST(ota_download, starts_over_when_the_note_is_of_another_image_or_what_it_names_has_rotted) {
  updater_settings settings = quiet();
  settings.keep_every = 512;
  const auto other = hal::image_of(3, 4'000);
  fetching_rig r{settings};
  r->serve(new_image, at(0), 2'000);
  r.boot();
  r->connect(at(0));
  r->news();
  r->offer(offer_of(other, "3.0"), at(0));
  EXPECT_EQ(r->news(), "0 Enter in downloading state\nfetch https://h/fw?t=1\n");

  fetching_rig rotten{settings};
  rotten->serve(new_image, at(0), 2'000);
  random_stream chance{1, 0, "rot"};
  rotten.flash.chip.rot(chance, 10, 1, 1);
  rotten.boot();
  rotten->connect(at(0));
  rotten->offer(offer_of(new_image, "2.0"), at(0));
  rotten->news();
  rotten->serve(new_image, at(0));
  EXPECT_EQ(rotten->news(), "fetch https://h/fw?t=1\n");
  rotten->serve(new_image, at(0));
  EXPECT_EQ(rotten->news(), "100\n");
}

TEST(ota_download, ignores_what_comes_out_of_its_turn) {
  fetching_rig r;
  r->machine.body(new_image, at(0));
  r->machine.body_ended(at(0));
  EXPECT_EQ(r->machine.phase(), update_phase::opening);
  r->head({.status = 404}, at(0));
  r->news();
  r->machine.head({.status = 200}, at(0));
  r->machine.body(new_image, at(0));
  r->machine.body_ended(at(0));
  r->machine.fetch_failed(at(0));
  r->machine.handle_timeout(at(1'000'000));
  r->drain();
  EXPECT_EQ(r->news(), "");
}

} // namespace
} // namespace fleet::ota
