// Whole sessions over a link that stalls and breaks: nothing acknowledged is lost, QoS 2 is told
// once, and order is kept, at 0, 33 and 66 % loss and with a break after every single octet.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/mqtt_pair.hpp"

namespace fleet::mqtt::test {
namespace {

using sequence = std::vector<std::uint32_t>;

sequence counted(std::uint32_t count) {
  sequence all;
  for (std::uint32_t i = 0; i < count; ++i) {
    all.push_back(i);
  }
  return all;
}

/// Each number where it first occurs.
sequence first_occurrences(const sequence& got) {
  sequence firsts;
  std::set<std::uint32_t> seen;
  for (const std::uint32_t i : got) {
    if (seen.insert(i).second) {
      firsts.push_back(i);
    }
  }
  return firsts;
}

/// QoS 1: at least once, first deliveries in order. QoS 2: exactly once, in order.
void expect_kept_promises(mqtt_pair& pair, const pair_options& o, const std::string& what) {
  ASSERT_TRUE(pair.drive()) << what << ": " << pair.trouble();
  for (const direction way : {direction::up, direction::down}) {
    const sequence& got = pair.got(way);
    const char* name = way == direction::up ? " up" : " down";
    if (o.qos == qos::exactly_once) {
      ASSERT_EQ(got, counted(o.messages)) << what << name;
    } else {
      ASSERT_EQ(first_occurrences(got), counted(o.messages)) << what << name;
    }
  }
  ASSERT_EQ(pair.unmarked_repeats(), 0U) << what;
}

pair_options options(qos q, std::uint32_t loss_percent, std::uint64_t seed) {
  pair_options o;
  o.qos = q;
  o.messages = 200;
  o.link.loss_ppm = loss_percent * 10'000;
  o.link.seed = seed;
  return o;
}

class mqtt_lossy_session : public testing::TestWithParam<std::uint32_t> {};

TEST_P(mqtt_lossy_session, delivers_qos_1_at_least_once_and_in_order) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const pair_options o = options(qos::at_least_once, GetParam(), seed);
    mqtt_pair pair{o};
    expect_kept_promises(pair, o, "seed " + number(seed));
  }
}

TEST_P(mqtt_lossy_session, delivers_qos_2_exactly_once_and_in_order) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const pair_options o = options(qos::exactly_once, GetParam(), seed);
    mqtt_pair pair{o};
    expect_kept_promises(pair, o, "seed " + number(seed));
  }
}

TEST_P(mqtt_lossy_session, keeps_its_promises_at_3_1) {
  for (const qos q : {qos::at_least_once, qos::exactly_once}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      pair_options o = options(q, GetParam(), seed);
      o.version = version::v3_1;
      mqtt_pair pair{o};
      expect_kept_promises(pair, o, "seed " + number(seed));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(loss, mqtt_lossy_session, testing::Values(0U, 33U, 66U));

/// A short session, once in peace to learn its length, then broken after each octet.
void break_everywhere(pair_options o) {
  o.messages = 6;
  o.client_window = 3;
  o.server_window = 3;
  for (const direction way : {direction::up, direction::down}) {
    mqtt_pair peaceful{o};
    expect_kept_promises(peaceful, o, "without a break");
    ASSERT_EQ(peaceful.connections(), 1U);
    const std::uint64_t length = peaceful.arrived_bytes(way);
    ASSERT_GT(length, 50U);
    for (std::uint64_t at = 1; at <= length; ++at) {
      o.breaks = {way, at};
      mqtt_pair pair{o};
      expect_kept_promises(pair, o, std::string{way == direction::up ? "up" : "down"}
                                      + " broken after octet " + number(at));
      // At the very end the break may come when all is done.
      ASSERT_TRUE(pair.connections() == 2 || at == length) << at;
    }
    o.breaks = {};
  }
}

TEST(mqtt_broken_session, delivers_qos_1_whatever_octet_was_the_last) {
  break_everywhere(options(qos::at_least_once, 0, 7));
}

TEST(mqtt_broken_session, delivers_qos_2_once_whatever_octet_was_the_last) {
  break_everywhere(options(qos::exactly_once, 0, 7));
}

TEST(mqtt_broken_session, delivers_qos_2_once_whatever_octet_was_the_last_under_loss) {
  break_everywhere(options(qos::exactly_once, 33, 3));
}

TEST(mqtt_broken_session, keeps_its_promises_at_3_1_whatever_octet_was_the_last) {
  for (const qos q : {qos::at_least_once, qos::exactly_once}) {
    pair_options o = options(q, 0, 5);
    o.version = version::v3_1;
    break_everywhere(o);
  }
}

/// The same seed, the same run.
TEST(mqtt_lossy_session, repeats_itself_for_the_same_seed) {
  const pair_options o = options(qos::at_least_once, 66, 99);
  mqtt_pair one{o};
  mqtt_pair two{o};
  ASSERT_TRUE(one.drive());
  ASSERT_TRUE(two.drive());
  EXPECT_EQ(one.got(direction::up), two.got(direction::up));
  EXPECT_EQ(one.arrived_bytes(direction::down), two.arrived_bytes(direction::down));
}

} // namespace
} // namespace fleet::mqtt::test
