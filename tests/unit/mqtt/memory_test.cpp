// What the machines cost: octets while idle, allocations on the steady path, and no growth however
// often a peer repeats itself.
#include <gtest/gtest.h>

#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {

extern std::size_t allocations; ///< so far, in this executable (allocation_count.cpp)

namespace {

using namespace std::chrono_literals;
using enum qos;

wire packet_of(std::string_view text) {
  return octets(text);
}

TEST(mqtt_memory, an_idle_client_takes_three_hundred_octets) {
  client_rig rig;
  rig.open(false, false, 60);
  EXPECT_LE(sizeof(client) + rig.machine.memory_bytes(), 300U);
  for (std::uint64_t i = 0; i < 50; ++i) {
    rig.publish(i % 2 == 0 ? at_least_once : exactly_once, i);
    rig.feed(wire{std::uint8_t(i % 2 == 0 ? 0x40 : 0x50), 2, 0, static_cast<std::uint8_t>(i + 1)});
    rig.feed(wire{0x70, 2, 0, static_cast<std::uint8_t>(i + 1)});
    rig.feed("34 05 00 01 't' 00 06 62 02 00 06");
  }
  const filter_request one{"c", at_most_once};
  EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
  rig.feed("90 03 00 33 00");
  EXPECT_EQ(rig.machine.in_flight(), 0U);
  rig.sent();
  rig.timeout_after(60s); // the ping marks it as idle
  EXPECT_EQ(rig.sent(), lines{"PINGREQ"});
  EXPECT_LE(sizeof(client) + rig.machine.memory_bytes(), 300U);
}

TEST(mqtt_memory, an_idle_connection_and_its_session_take_four_hundred_octets) {
  server_rig rig;
  rig.open(version::v3_1_1, 60);
  const auto all = [&] {
    return sizeof(server_connection) + rig.machine.memory_bytes() + sizeof(session)
           + rig.kept.memory_bytes();
  };
  EXPECT_LE(all(), 250U);
  rig.feed("34 05 00 01 't' 00 06 62 02 00 06");
  rig.feed("82 06 00 0b 00 01 'x' 01");
  for (std::uint8_t i = 0; i < 50; ++i) {
    rig.deliver(at_least_once, i);
    rig.feed(wire{0x40, 2, 0, static_cast<std::uint8_t>(i + 1)});
  }
  EXPECT_LE(all(), 400U);
  rig.feed("c0 00");
  EXPECT_LE(all(), 250U);
}

TEST(mqtt_memory, a_client_allocates_nothing_for_a_qos_1_round_trip) {
  client_rig rig;
  rig.open();
  rig.out.append(std::string(4096, ' '));
  rig.out.clear();
  const std::string payload(200, 'x');
  wire puback{0x40, 2, 0, 0};
  std::size_t before = 0;
  for (int i = 0; i < 1000; ++i) {
    if (i == 10) {
      before = allocations;
    }
    const auto id = rig.machine.publish({"/sys/product/device/thing/event/property/post",
                                         as_bytes(payload), at_least_once},
                                        rig.now, 1, rig.now, rig.out);
    puback[2] = static_cast<std::uint8_t>(id.value() >> 8);
    puback[3] = static_cast<std::uint8_t>(id.value() & 0xff);
    rig.machine.receive(puback, rig.now);
    while (rig.machine.next_event(rig.out)) {
    }
    rig.out.clear();
  }
  EXPECT_EQ(allocations - before, 0U);
}

TEST(mqtt_memory, a_server_allocates_nothing_for_a_round_trip_in_either_direction) {
  server_rig rig;
  rig.open();
  rig.out.append(std::string(4096, ' '));
  rig.out.clear();
  const message_ptr message = server_rig::message(1);
  const wire publish = packet_of("32 06 00 01 't' 00 07 'x'");
  wire puback{0x40, 2, 0, 0};
  std::size_t before = 0;
  for (unsigned i = 1; i <= 1000; ++i) {
    if (i == 10) {
      before = allocations;
    }
    rig.machine.receive(publish, rig.now);
    while (rig.machine.next_event(rig.out)) {
    }
    rig.machine.deliver(message, at_least_once, false, rig.now, rig.out);
    puback[2] = static_cast<std::uint8_t>(i >> 8);
    puback[3] = static_cast<std::uint8_t>(i & 0xff);
    rig.machine.receive(puback, rig.now);
    while (rig.machine.next_event(rig.out)) {
    }
    rig.out.clear();
  }
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(rig.kept.pending(), 0U);
}

/// Feeds `packet` a million times and looks at the memory now and then.
template <class Rig, class Memory>
void repeat(Rig& rig, const wire& packet, Memory memory, std::string_view name) {
  const std::size_t burst = 1000;
  wire many;
  for (std::size_t i = 0; i < burst; ++i) {
    many.insert(many.end(), packet.begin(), packet.end());
  }
  std::size_t after_first = 0;
  for (std::size_t i = 0; i < 1'000'000 / burst; ++i) {
    rig.machine.receive(many, rig.now);
    while (auto event = rig.machine.next_event(rig.out)) {
      if constexpr (std::is_same_v<Rig, server_rig>) {
        if (const auto* s = std::get_if<server_event::subscribe_requested>(&*event)) {
          const std::uint8_t code = 0;
          rig.machine.grant(s->packet_id, {&code, 1}, rig.out);
        }
      }
    }
    rig.out.clear();
    if (i == 0) {
      after_first = memory();
    }
  }
  EXPECT_LE(memory(), after_first) << name;
  EXPECT_LE(memory(), 1000U) << name;
}

TEST(mqtt_memory, a_million_repeats_of_any_packet_leave_the_server_flat) {
  for (const std::string_view text :
       {"30 03 00 01 't'", "32 05 00 01 't' 00 07", "34 05 00 01 't' 00 07",
        "3c 05 00 01 't' 00 07", "40 02 00 07", "50 02 00 07", "62 02 00 07", "70 02 00 07",
        "82 06 00 0b 00 01 'x' 01", "a2 05 00 0b 00 01 'x'", "c0 00",
        "34 05 00 01 't' 00 07 62 02 00 07"}) {
    server_rig rig;
    rig.open();
    rig.deliver(at_least_once, 1);
    repeat(rig, octets(text),
           [&] { return rig.machine.memory_bytes() + rig.kept.memory_bytes(); }, text);
  }
}

TEST(mqtt_memory, a_million_repeats_of_any_packet_leave_the_client_flat) {
  for (const std::string_view text :
       {"30 03 00 01 't'", "32 05 00 01 't' 00 07", "34 05 00 01 't' 00 07", "40 02 00 07",
        "50 02 00 07", "62 02 00 07", "70 02 00 07", "90 03 00 0b 01", "b0 02 00 0b", "d0 00",
        "34 05 00 01 't' 00 07 62 02 00 07"}) {
    client_rig rig;
    rig.open();
    rig.publish(at_least_once, 1);
    repeat(rig, octets(text), [&] { return rig.machine.memory_bytes(); }, text);
  }
}

// A client that acknowledges all but the first must not make the list grow.
TEST(mqtt_memory, one_message_never_acknowledged_does_not_hold_the_others) {
  server_rig rig;
  rig.open();
  rig.deliver(at_least_once, 0);
  const message_ptr message = server_rig::message(1);
  for (unsigned i = 2; i <= 60'000; ++i) {
    rig.machine.deliver(message, at_least_once, false, rig.now, rig.out);
    const wire puback{0x40, 2, static_cast<std::uint8_t>(i >> 8),
                      static_cast<std::uint8_t>(i & 0xff)};
    rig.machine.receive(puback, rig.now);
    while (rig.machine.next_event(rig.out)) {
    }
    rig.out.clear();
    ASSERT_LE(rig.kept.memory_bytes(), 700U);
  }
  EXPECT_EQ(rig.kept.pending(), 1U);
}

TEST(mqtt_memory, a_burst_is_given_back) {
  server_rig rig;
  rig.open();
  const std::size_t idle = rig.kept.memory_bytes();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    rig.deliver(at_least_once, i);
  }
  rig.out.clear();
  EXPECT_GE(rig.kept.memory_bytes(), idle + 1000 * sizeof(void*));
  for (unsigned i = 1; i <= 1000; ++i) {
    rig.feed(wire{0x40, 2, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i & 255)});
    rig.out.clear();
  }
  EXPECT_EQ(rig.kept.pending(), 0U);
  rig.feed("c0 00");
  EXPECT_EQ(rig.kept.memory_bytes(), 0U);
}

} // namespace
} // namespace fleet::mqtt::test
