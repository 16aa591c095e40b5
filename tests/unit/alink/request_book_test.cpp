// Requests that wait for replies: in time, late, twice, never, and too many at once.
#include <gtest/gtest.h>

#include "protocol/alink/request_book.hpp"

namespace fleet::alink {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using kind = book_event::kind;
constexpr topic_kind post = topic_kind::property_post;

time_point at(duration since_start) {
  return time_point{} + since_start;
}

class request_book_rig : public ::testing::Test {
protected:
  std::uint32_t opened(request_book& book, duration now, std::uint32_t cookie = 0) {
    const auto id = book.open(post, cookie, at(now));
    EXPECT_TRUE(id.ok());
    return id.value();
  }
  random_stream random_{1, 2, "requests"};
};

TEST_F(request_book_rig, matches_a_reply_with_its_request) {
  request_book book{strict_requests, 7};
  EXPECT_EQ(book.memory_bytes(), 0U);
  EXPECT_EQ(book.next_timeout(), never);
  const auto id = opened(book, seconds{1}, 42);
  EXPECT_EQ(id, 7U);
  EXPECT_EQ(book.open_count(), 1U);
  EXPECT_EQ(book.next_timeout(), at(seconds{6}));
  const reply_match match = book.close(id, post, at(milliseconds{1250}));
  EXPECT_EQ(match.verdict, reply_verdict::answered);
  EXPECT_EQ(match.cookie, 42U);
  EXPECT_EQ(match.sends, 1);
  EXPECT_EQ(match.waited, milliseconds{250});
  EXPECT_EQ(book.open_count(), 0U);
  EXPECT_EQ(book.next_timeout(), never);
}

TEST_F(request_book_rig, tells_duplicate_forgotten_and_unknown_replies_apart) {
  request_book book{strict_requests, 100};
  const auto id = opened(book, seconds{0});
  EXPECT_EQ(book.close(id, post, at(seconds{1})).verdict, reply_verdict::answered);
  EXPECT_EQ(book.close(id, post, at(seconds{2})).verdict, reply_verdict::duplicate);
  EXPECT_EQ(book.close(id, post, at(seconds{60})).verdict, reply_verdict::duplicate);
  EXPECT_EQ(book.close(id, post, at(seconds{61})).verdict, reply_verdict::forgotten);
  EXPECT_EQ(book.close(id + 1, post, at(seconds{61})).verdict, reply_verdict::unknown);
  EXPECT_EQ(book.close(99, post, at(seconds{61})).verdict, reply_verdict::unknown);
  EXPECT_EQ(book.memory_bytes(), 0U);
}

TEST_F(request_book_rig, a_reply_on_another_topic_changes_nothing) {
  request_book book{strict_requests};
  const auto id = opened(book, seconds{0});
  EXPECT_EQ(book.close(id, topic_kind::desired_get, at(seconds{1})).verdict,
            reply_verdict::wrong_kind);
  EXPECT_EQ(book.close(id, post, at(seconds{1})).verdict, reply_verdict::answered);
}

TEST_F(request_book_rig, strict_repeats_twice_with_a_growing_wait_and_then_gives_up) {
  request_book book{strict_requests};
  const auto id = opened(book, seconds{0}, 9);
  EXPECT_EQ(book.handle_timeout(at(milliseconds{4999}), random_), std::nullopt);
  auto now = book.next_timeout();
  EXPECT_EQ(now, at(seconds{5}));
  duration last_wait = seconds{5};
  for (const int sends : {2, 3}) {
    const auto event = book.handle_timeout(now, random_);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->what, kind::resend);
    EXPECT_EQ(event->sends, sends);
    EXPECT_EQ(event->id, id);
    EXPECT_EQ(event->cookie, 9U);
    EXPECT_EQ(event->request, post);
    EXPECT_EQ(book.handle_timeout(now, random_), std::nullopt);
    const duration wait = book.next_timeout() - now;
    EXPECT_GE(wait, 2 * (last_wait / 5 * 4)); // the last one was at most a quarter longer
    EXPECT_GE(wait, seconds{sends == 2 ? 10 : 20});
    EXPECT_LE(wait, milliseconds{sends == 2 ? 12'500 : 25'000});
    last_wait = wait;
    now = book.next_timeout();
  }
  const auto end = book.handle_timeout(now, random_);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->what, kind::given_up);
  EXPECT_EQ(end->sends, 3);
  EXPECT_EQ(book.next_timeout(), never);
  EXPECT_EQ(book.close(id, post, now + seconds{1}).verdict, reply_verdict::late);
  EXPECT_EQ(book.close(id, post, now + seconds{1}).verdict, reply_verdict::duplicate);
}

TEST_F(request_book_rig, waits_stop_growing_at_the_longest) {
  request_policy policy = strict_requests;
  policy.sends_max = 20;
  policy.jitter_percent = 0;
  request_book book{policy};
  opened(book, seconds{0});
  duration wait{};
  for (int i = 1; i < 20; ++i) {
    const auto now = book.next_timeout();
    EXPECT_TRUE(book.handle_timeout(now, random_));
    wait = book.next_timeout() - now;
    EXPECT_LE(wait, seconds{60});
  }
  EXPECT_EQ(wait, seconds{60});
}

TEST_F(request_book_rig, sdk_repeats_nothing_and_gives_up_after_twice_its_time_out) {
  request_book book{sdk_requests};
  const auto id = opened(book, seconds{0});
  EXPECT_EQ(book.next_timeout(), at(seconds{4}));
  const auto event = book.handle_timeout(at(seconds{4}), random_);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->what, kind::given_up);
  EXPECT_EQ(book.close(id, post, at(seconds{5})).verdict, reply_verdict::late);
}

TEST_F(request_book_rig, jitter_differs_between_devices_and_not_between_runs) {
  const auto second_wait = [](std::uint32_t device) {
    request_book book{strict_requests};
    random_stream random{1, device, "requests"};
    EXPECT_TRUE(book.open(post, 0, at(seconds{0})).ok());
    EXPECT_TRUE(book.handle_timeout(at(seconds{5}), random));
    return book.next_timeout();
  };
  EXPECT_EQ(second_wait(1), second_wait(1));
  EXPECT_NE(second_wait(1), second_wait(2));
}

TEST_F(request_book_rig, what_is_due_comes_in_order_of_its_time_and_then_its_id) {
  request_book book{sdk_requests};
  opened(book, seconds{0});
  opened(book, seconds{1});
  opened(book, seconds{1});
  book.close(1, post, at(seconds{2})); // moves others about
  opened(book, seconds{0});
  std::vector<std::uint32_t> ids;
  while (const auto event = book.handle_timeout(at(seconds{30}), random_)) {
    ids.push_back(event->id);
  }
  EXPECT_EQ(ids, (std::vector<std::uint32_t>{4, 2, 3}));
}

TEST_F(request_book_rig, is_full_at_its_limit_and_takes_more_once_one_is_closed) {
  request_book book{sdk_requests};
  for (int i = 0; i < 20; ++i) {
    opened(book, seconds{0});
  }
  EXPECT_EQ(book.open(post, 0, at(seconds{0})).error(), book_error::full);
  EXPECT_EQ(book.close(3, post, at(seconds{0})).verdict, reply_verdict::answered);
  EXPECT_EQ(opened(book, seconds{0}), 21U);
  EXPECT_EQ(book.open(post, 0, at(seconds{0})).error(), book_error::full);
}

TEST_F(request_book_rig, remembers_as_many_as_it_opens_and_forgets_the_oldest_first) {
  request_book book{sdk_requests};
  for (int i = 0; i < 100; ++i) {
    const auto id = opened(book, milliseconds{i});
    EXPECT_EQ(book.close(id, post, at(milliseconds{i})).verdict, reply_verdict::answered);
    EXPECT_LE(book.memory_bytes(), 40U * 24U);
  }
  EXPECT_EQ(book.remembered_count(), 40U);
  EXPECT_EQ(book.close(60, post, at(milliseconds{200})).verdict, reply_verdict::forgotten);
  EXPECT_EQ(book.close(61, post, at(milliseconds{200})).verdict, reply_verdict::duplicate);
}

TEST_F(request_book_rig, has_no_memory_once_nothing_is_open_or_remembered) {
  request_book book{sdk_requests};
  for (int i = 0; i < 20; ++i) {
    opened(book, seconds{0});
  }
  EXPECT_GE(book.memory_bytes(), 20U * 24U);
  for (std::uint32_t id = 1; id <= 20; ++id) {
    book.close(id, post, at(seconds{1}));
  }
  EXPECT_EQ(book.handle_timeout(at(seconds{10}), random_), std::nullopt);
  EXPECT_EQ(book.remembered_count(), 20U);
  EXPECT_EQ(book.handle_timeout(at(seconds{11}), random_), std::nullopt);
  EXPECT_EQ(book.remembered_count(), 0U);
  EXPECT_EQ(book.memory_bytes(), 0U);
  const auto id = opened(book, seconds{20});
  book.close(id, post, at(seconds{20}));
  book.forget();
  EXPECT_EQ(book.memory_bytes(), 0U);
}

TEST_F(request_book_rig, a_policy_that_remembers_nothing_keeps_nothing) {
  request_policy policy = sdk_requests;
  policy.remembered = {};
  policy.open_max = 1;
  request_book book{policy};
  for (int i = 0; i < 5; ++i) {
    const auto id = opened(book, seconds{i});
    EXPECT_EQ(book.open(post, 0, at(seconds{i})).error(), book_error::full);
    EXPECT_EQ(book.close(id, post, at(seconds{i})).verdict, reply_verdict::answered);
    EXPECT_EQ(book.memory_bytes(), 0U);
    EXPECT_EQ(book.close(id, post, at(seconds{i})).verdict, reply_verdict::forgotten);
  }
}

TEST_F(request_book_rig, abandoning_gives_up_all_that_is_open_oldest_first) {
  request_book book{strict_requests};
  for (int i = 0; i < 5; ++i) {
    opened(book, seconds{5 - i});
  }
  book.close(2, post, at(seconds{6}));
  std::vector<std::uint32_t> ids;
  while (const auto event = book.abandon_next(at(seconds{6}))) {
    EXPECT_EQ(event->what, kind::given_up);
    ids.push_back(event->id);
  }
  EXPECT_EQ(ids, (std::vector<std::uint32_t>{1, 3, 4, 5}));
  EXPECT_EQ(book.close(4, post, at(seconds{7})).verdict, reply_verdict::late);
}

TEST_F(request_book_rig, ids_wrap_and_skip_those_still_in_use) {
  request_book book{sdk_requests, 0xffff'ffff};
  EXPECT_EQ(opened(book, seconds{0}), 0xffff'ffffU);
  EXPECT_EQ(opened(book, seconds{0}), 0U);
  EXPECT_EQ(opened(book, seconds{0}), 1U);
  std::vector<std::uint32_t> ids;
  while (const auto event = book.handle_timeout(at(seconds{4}), random_)) {
    ids.push_back(event->id);
  }
  EXPECT_EQ(ids, (std::vector<std::uint32_t>{0xffff'ffff, 0, 1}));
}

TEST_F(request_book_rig, a_million_strange_replies_cost_no_memory) {
  request_book book{sdk_requests};
  opened(book, seconds{0});
  const auto before = book.memory_bytes();
  for (std::uint32_t i = 2; i < 1'000'000; ++i) {
    EXPECT_EQ(book.close(i, post, at(seconds{0})).verdict, reply_verdict::unknown);
  }
  EXPECT_EQ(book.memory_bytes(), before);
  EXPECT_EQ(book.open_count(), 1U);
}

} // namespace
} // namespace fleet::alink
