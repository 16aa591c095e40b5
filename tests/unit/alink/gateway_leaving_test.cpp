// The gateway machine letting sub-devices go for good and taking them in again, product_register
// and list/found (aliyun-iot.md §9.3, §16.1, §16.2).
#include <gtest/gtest.h>

#include "tests/support/gateway_rig.hpp"

namespace fleet::alink {
namespace {

using namespace std::chrono_literals;
using namespace support::gateway;
using enum topic_kind;
using state = sub_device_state;
using kind_of_event = gateway_event_kind;
using event = rig::event;

/// Dismisses sub-device 0.
bool dismiss(rig& r) {
  const bool done = r.machine.dismiss(0, r.now);
  r.drain();
  return done;
}

TEST(gateway_leaving, logs_out_unbinds_and_unregisters_and_takes_in_again_when_asked) {
  rig r{2};
  r.all_online();
  ASSERT_TRUE(dismiss(r));
  for (const auto kind : {session_logout, topo_delete, sub_unregister}) {
    const auto done = r.answer_next(200);
    EXPECT_EQ(done.kind, kind);
    EXPECT_EQ(done.devices, (std::vector<std::uint16_t>{0}));
  }
  EXPECT_EQ(r.machine.state_of(0), state::parked);
  EXPECT_EQ(r.events,
            (std::vector<event>{{kind_of_event::offline, 0, 0}, {kind_of_event::left, 0, 0}}));
  EXPECT_EQ(r.machine.counters().left, 1U);
  EXPECT_EQ(r.machine.online_count(), 1);
  r.machine.start(0, r.now);
  r.drain();
  EXPECT_EQ(r.answer_next(200).kind, topo_add); // it belongs to nobody now
  EXPECT_EQ(r.answer_next(200).kind, session_login);
  EXPECT_EQ(r.machine.online_count(), 2);
}

TEST(gateway_leaving, is_for_those_that_are_online) {
  rig r{1};
  EXPECT_FALSE(dismiss(r));
  r.connect();
  EXPECT_FALSE(dismiss(r)) << "still on its way up";
  while (!r.requests.empty()) {
    r.answer_next(200);
  }
  EXPECT_TRUE(dismiss(r));
  EXPECT_FALSE(dismiss(r)) << "on its way out already";
}

TEST(gateway_leaving, goes_on_where_the_platform_knows_no_session_or_relation) {
  rig r{1};
  r.all_online();
  ASSERT_TRUE(dismiss(r));
  EXPECT_EQ(r.answer_next(gateway_code::no_session).kind, session_logout);
  EXPECT_EQ(r.answer_next(gateway_code::no_relation).kind, topo_delete);
  EXPECT_EQ(r.answer_next(gateway_code::device_not_found).kind, sub_unregister);
  EXPECT_EQ(r.events.back(), (event{kind_of_event::left, 0, 0}));
}

TEST(gateway_leaving, asks_again_where_the_platform_is_busy) {
  rig r{1};
  r.all_online();
  ASSERT_TRUE(dismiss(r));
  r.answer_next(200);
  EXPECT_EQ(r.answer_next(code_too_busy).kind, topo_delete);
  r.wake();
  EXPECT_EQ(r.answer_next(200).kind, topo_delete);
}

TEST(gateway_leaving, is_given_up_when_the_link_goes) {
  rig r{1};
  r.all_online();
  ASSERT_TRUE(dismiss(r));
  r.answer_next(200);
  r.disconnect();
  r.requests.clear(); // topo/delete went with the link
  EXPECT_EQ(r.events.back(), (event{kind_of_event::left, 0, -1}));
  EXPECT_EQ(r.machine.counters().left, 0U);
  r.connect();
  EXPECT_TRUE(r.requests.empty()) << "its owner has not asked for it";
  r.machine.start(0, r.now);
  r.drain();
  EXPECT_EQ(r.answer_next(gateway_code::no_relation).kind, session_login);
  EXPECT_EQ(r.answer_next(200).kind, topo_add);
}

TEST(gateway_leaving, of_one_that_is_started_meanwhile_is_given_up) {
  rig r{1};
  r.all_online();
  ASSERT_TRUE(dismiss(r));
  r.machine.start(0, r.now);
  r.drain();
  EXPECT_EQ(r.events.back(), (event{kind_of_event::left, 0, -1}));
  EXPECT_EQ(r.machine.state_of(0), state::logging_in);
}

gateway_settings by_product() {
  gateway_settings s = batches(10);
  s.product_secret = "pr0duct";
  return s;
}

TEST(gateway_registration, by_the_products_secret_takes_those_that_succeed_and_leaves_the_others) {
  rig r{3, by_product(), false};
  r.connect();
  ASSERT_EQ(r.requests.size(), 1U);
  const auto asked = r.requests.front();
  r.requests.clear();
  EXPECT_EQ(asked.kind, product_register);
  EXPECT_EQ(asked.devices.size(), 3U);
  byte_buffer out;
  gateway_reply_writer w{out, product_register, asked.id, 200};
  w.add({.who = r.pair(0), .iot_id = "x", .device_secret = "given"});
  w.add({.who = r.pair(2), .iot_id = "y", .device_secret = "told"});
  w.add_failure(r.pair(1), gateway_code::registration_sign_failed);
  w.end();
  r.deliver(product_register, true, out);
  EXPECT_EQ(r.source.rows[0].device_secret, "given");
  EXPECT_EQ(r.source.rows[2].device_secret, "told");
  EXPECT_EQ(r.machine.state_of(1), state::refused);
  EXPECT_EQ(r.events.back().code, gateway_code::registration_sign_failed);
  EXPECT_EQ(r.machine.counters().registered, 2U);
  EXPECT_EQ(r.answer_next(200).kind, topo_add);
  EXPECT_EQ(r.answer_next(200).kind, session_batch_login);
  EXPECT_EQ(r.machine.counters().batches, 1U);
  EXPECT_EQ(r.machine.online_count(), 2);
}

TEST(gateway_found, are_told_once_a_connect_and_up_to_a_bound) {
  gateway_settings s = batches(200);
  s.tell_found = true;
  s.ask_topology = true;
  s.in_flight_max = 2;
  rig r{max_found + 1, s};
  r.connect();
  ASSERT_EQ(r.requests.size(), 2U);
  EXPECT_EQ(r.requests[0].kind, topo_get);
  EXPECT_EQ(r.requests[1].kind, list_found);
  EXPECT_EQ(r.requests[1].devices.size(), max_found);
  while (!r.requests.empty()) {
    r.answer_next(200);
  }
  EXPECT_EQ(r.machine.counters().found, 1U);
  EXPECT_EQ(r.machine.counters().topologies, 1U);
  r.disconnect();
  r.connect();
  for (const auto& asked : r.requests) {
    EXPECT_NE(asked.kind, list_found) << "all are bound";
  }
}

} // namespace
} // namespace fleet::alink
