// The last minutes of a run: rows by number, and what the last points come to.
#include "fleet/live/course_board.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace fleet::program {
namespace {

/// A run that publishes a hundred reports a second.
class board_rig {
public:
  void second(std::uint64_t refused = 0, double lag_s = 0.0001) {
    ++at;
    report::series_look now;
    now.at_s = at;
    published += 100;
    now.counts[static_cast<std::size_t>(report::rise::published)] = published;
    now.state.wanted = 10;
    now.state.lag_s = lag_s;
    acks.record(std::chrono::milliseconds{at <= 100 ? 500 : 5});
    acks.read(now.latencies[static_cast<std::size_t>(actors::latency::publish_ack)]);
    so_far[0] += refused;
    board.add(now, so_far);
  }
  [[nodiscard]] course_sums sums() const { return board.sums({}); }

  course_board board;
  int at = 0;
  std::uint64_t published = 0;
  mishaps so_far{};
  actors::histogram acks;
};

std::ptrdiff_t rows_in(const course_view& view) {
  return std::count(view.rows.begin(), view.rows.end(), '[');
}

TEST(course_board, gives_rows_by_their_number_and_only_those_that_are_new) {
  board_rig rig;
  EXPECT_EQ(rig.board.rows_from(0).next, 0U);
  EXPECT_EQ(rig.board.rows_from(0).rows, "");
  for (int i = 0; i < 5; ++i) {
    rig.second();
  }
  const auto all = rig.board.rows_from(0);
  EXPECT_EQ(all.first, 0U);
  EXPECT_EQ(all.next, 5U);
  EXPECT_EQ(rows_in(all), 5);
  EXPECT_EQ(all.begin_s, 0);
  EXPECT_EQ(all.rows.substr(0, 8), "[1.0,10,");
  const auto last = rig.board.rows_from(4);
  EXPECT_EQ(rows_in(last), 1);
  EXPECT_EQ(last.begin_s, 4);
  EXPECT_EQ(rows_in(rig.board.rows_from(5)), 0);
  EXPECT_EQ(rig.board.rows_from(5).first, 5U);
}

TEST(course_board, keeps_the_last_minutes_and_says_where_they_begin) {
  board_rig rig;
  for (std::size_t i = 0; i < course_board::points_most + 7; ++i) {
    rig.second();
  }
  const auto all = rig.board.rows_from(0);
  EXPECT_EQ(all.first, 7U);
  EXPECT_EQ(all.begin_s, 7);
  EXPECT_EQ(rows_in(all), static_cast<std::ptrdiff_t>(course_board::points_most));
}

TEST(course_board, gives_all_to_who_has_seen_another_run) {
  board_rig rig;
  rig.second();
  EXPECT_EQ(rows_in(rig.board.rows_from(250)), 1);
  EXPECT_EQ(rig.board.rows_from(250).first, 0U);
}

TEST(course_board, leaves_a_look_out_that_is_no_later) {
  board_rig rig;
  rig.second();
  --rig.at;
  rig.second();
  EXPECT_EQ(rig.board.rows_from(0).next, 1U);
}

TEST(course_board, has_rates_and_latencies_of_the_last_points_alone) {
  board_rig rig;
  EXPECT_EQ(rig.sums().over_s, 0);
  for (int i = 0; i < 120; ++i) {
    rig.second();
  }
  const auto sums = rig.sums();
  EXPECT_EQ(sums.over_s, course_board::points_of_rates);
  EXPECT_EQ(sums.rises[static_cast<std::size_t>(report::rise::published)],
            100 * course_board::points_of_rates);
  const auto& acks = sums.latencies[static_cast<std::size_t>(actors::latency::publish_ack)];
  EXPECT_EQ(acks.count(), course_board::points_of_rates);
  EXPECT_NEAR(acks.quantile(0.99).value(), 0.005, 0.0003); // the slow ones are long gone
}

TEST(course_board, tells_mishaps_of_the_last_minute_from_those_before) {
  board_rig rig;
  rig.second(3);
  EXPECT_EQ(rig.sums().recent[0], 3U);
  for (std::size_t i = 1; i < course_board::points_of_minute; ++i) {
    rig.second();
  }
  EXPECT_EQ(rig.sums().recent[0], 3U);
  EXPECT_EQ(rig.sums().minute_s, 60);
  rig.second(2);
  EXPECT_EQ(rig.sums().recent[0], 2U);
}

TEST(course_board, says_who_is_the_limit_now_and_not_who_was) {
  board_rig rig;
  rig.second();
  EXPECT_EQ(rig.sums().limit.who, report::limiter::unknown);
  for (int i = 0; i < 60; ++i) {
    rig.second(0, 0.3);
  }
  EXPECT_EQ(rig.sums().limit.who, report::limiter::generator);
  for (int i = 0; i < 60; ++i) {
    rig.second();
  }
  EXPECT_EQ(rig.sums().limit.who, report::limiter::nobody);
}

TEST(course_board, keeps_the_last_lines_of_news) {
  board_rig rig;
  rig.second();
  for (std::size_t i = 0; i < course_board::news_most + 2; ++i) {
    rig.board.tell(static_cast<double>(i), "line " + std::to_string(i));
  }
  const auto news = rig.sums().news;
  EXPECT_EQ(news.size(), course_board::news_most);
  EXPECT_EQ(news.front().text, "line 2");
}

TEST(mishaps, have_a_name_each) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < mishap_count; ++i) {
    names.insert(mishap_name(i));
  }
  EXPECT_EQ(names.size(), mishap_count);
  EXPECT_FALSE(names.contains("accepted"));
  EXPECT_TRUE(names.contains("refused credentials"));
  EXPECT_TRUE(names.contains("not sent: offline"));
  EXPECT_EQ(mishap_name(mishap_count - 1), "devices given up");
  report::totals t;
  t.outcomes[0] = 7;
  t.outcomes[4] = 6; // some of them were no trouble
  t.troubles[4] = 3;
  t.abandoned = 2;
  const auto all = mishaps_of(t);
  EXPECT_EQ(all[3], 3U);
  EXPECT_EQ(mishap_name(3), "refused credentials");
  EXPECT_EQ(all.back(), 2U);
  EXPECT_EQ(std::count(all.begin(), all.end(), 7U), 0);
}

} // namespace
} // namespace fleet::program
