// What the machines cost: octets while idle, and no growth however often a peer repeats itself.
#include <gtest/gtest.h>

#include "tests/support/coap_pair.hpp"
#include "tests/support/coap_rigs.hpp"

namespace fleet::coap::test {
namespace {

using namespace std::chrono_literals;
using enum message_type;

std::size_t cost(const server_session& s) {
  return sizeof s + s.memory_bytes();
}
std::size_t cost(const client& c) {
  return sizeof c + c.memory_bytes();
}

/// Everything at once: blocks both ways, separate answers, an observation that ends.
void live_a_full_life(coap_pair& pair) {
  const wire large = body_of(20'000);
  exchange_id observed = 0;
  pair.on_request = [&](const server_event::request_arrived& r) {
    if (r.observe == observe_wish::begin) {
      observed = r.id;
      (void)pair.cloud.respond(r.id, {code::content, {}, large, true}, pair.now, pair.down);
    } else {
      pair.answer_after(2s, r.id, code::content, std::string{as_text(large)});
    }
  };
  request_fields f;
  f.observe = true;
  const auto observation = pair.device.request(f, pair.now, pair.up);
  pair.run_for(20s);
  for (int i = 0; i < 30; ++i) {
    (void)pair.cloud.notify(observed, {code::content, {}, large, i % 3 == 0}, pair.now, pair.down);
    pair.run_for(4s);
  }
  f = {};
  f.method = code::post;
  f.payload = large;
  ASSERT_TRUE(pair.device.request(f, pair.now, pair.up).ok());
  pair.run_for(60s);
  ASSERT_TRUE(pair.device.stop_observing(observation.value(), pair.now, pair.up));
  pair.run_for(600s);
  ASSERT_EQ(pair.device.open_requests(), 0U);
}

TEST(coap_memory, an_idle_session_takes_two_hundred_octets) {
  coap_pair pair{{}};
  EXPECT_LE(cost(pair.cloud), 200U);
  live_a_full_life(pair);
  EXPECT_TRUE(pair.cloud.idle());
  EXPECT_LE(cost(pair.cloud), 200U);
}

TEST(coap_memory, an_idle_client_takes_four_hundred_octets) {
  coap_pair pair{{}};
  EXPECT_LE(cost(pair.device), 400U);
  live_a_full_life(pair);
  EXPECT_LE(cost(pair.device), 400U);
}

TEST(coap_memory, a_session_of_a_device_that_reports_each_ten_seconds_stays_small) {
  coap_pair pair{{}};
  pair.on_request = [&](const server_event::request_arrived& r) {
    pair.answer(r.id, code::changed, "");
  };
  std::size_t most = 0;
  for (int i = 0; i < 200; ++i) {
    request_fields f;
    f.method = code::post;
    f.payload = as_bytes("{\"temperature\":21}");
    ASSERT_TRUE(pair.device.request(f, pair.now, pair.up).ok());
    pair.run_for(10s);
    most = std::max(most, cost(pair.cloud));
  }
  // Replies of four minutes, within replies_max, and a few runs of message ids.
  EXPECT_LE(most, 200U + 3600U);
}

TEST(coap_memory, does_not_grow_by_what_a_hostile_client_repeats) {
  server_rig rig;
  std::size_t most = 0;
  const wire block = body_of(1024);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    rig.now += 1ms;
    const std::uint32_t id = i * 7;
    switch (i % 6) {
      case 0:
        (void)rig.feed(message(confirmable, code::put, id, "01",
                               {{11, number(i)}, opt::block(option::block1, 0, true, 1024)},
                               block));
        break;
      case 1: (void)rig.feed(message(confirmable, code::get, id, "01", {{9, "x"}})); break;
      case 2: (void)rig.feed(message(confirmable, code::get, id, "02", {{6, 0U}})); break;
      case 3: (void)rig.feed(message(confirmable, code::empty, id, "")); break;
      case 4: (void)rig.feed(message(acknowledgement, code::empty, id, "")); break;
      default: (void)rig.feed(message(confirmable, code::content, id, "03"));
    }
    rig.machine.handle_timeout(rig.now, rig.out);
    rig.out.clear();
    most = std::max(most, rig.machine.memory_bytes());
  }
  // Requests nobody answers, runs of ids, replies and one block, all at their limits.
  EXPECT_LE(most, 200U + 16 * 128U + 256 * 16U + 64 * 80U + 4 * 1024U);
}

TEST(coap_memory, does_not_grow_by_what_a_hostile_server_repeats) {
  client_rig rig;
  (void)rig.observe();
  (void)rig.feed(message(acknowledgement, code::content, 1, "04030201", {{6, 1U}}, "x"));
  std::size_t most = 0;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    rig.now += 1ms;
    (void)rig.feed(message(confirmable, code::content, i * 7, i % 2 == 0 ? "04030201" : "aabbccdd",
                           {{6, i}, opt::block(option::block2, 0, true, 16)}, "0123456789abcdef"));
    (void)rig.feed(message(non_confirmable, code::post, i * 7 + 1, "01"));
    rig.machine.handle_timeout(rig.now, rig.out);
    rig.out.clear();
    most = std::max(most, cost(rig.machine));
  }
  EXPECT_LE(most, 400U + 256 * 16U + 64 * 80U + 2 * 1024U);
  EXPECT_EQ(rig.machine.open_requests(), 1U);
}

} // namespace
} // namespace fleet::coap::test
