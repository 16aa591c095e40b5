// How sub-devices come back whose good news was lost: at QoS 0 it comes once, or to a link that is
// gone.

#include <gtest/gtest.h>

#include "tests/support/gateway_rig.hpp"

namespace fleet::alink {
namespace {

using namespace support::gateway;
using enum topic_kind;
using state = sub_device_state;
using kind_of_event = gateway_event_kind;
using event = rig::event;

void invite(rig& r, std::uint16_t index) {
  byte_buffer out;
  const device_pair who = r.pair(index);
  append_topo_add_notify(out, 9, std::span{&who, 1});
  r.deliver(topo_add_notify, false, out);
}

TEST(gateway_return, a_sub_device_that_was_enabled_without_link_comes_back_at_the_next_log_on) {
  rig r{2};
  r.all_online();
  r.change(topology_change::disabled, 1);
  r.disconnect();
  r.connect();
  EXPECT_EQ(r.answer_next(200).devices, std::vector<std::uint16_t>{0});
  EXPECT_EQ(r.answer_next(200).devices, std::vector<std::uint16_t>{1});
  EXPECT_EQ(r.machine.online_count(), 2);
}

TEST(gateway_return, a_sub_device_that_is_still_disabled_asks_once_a_log_on) {
  rig r{1};
  r.all_online();
  r.change(topology_change::disabled, 0);
  for (int i = 0; i < 3; ++i) {
    r.disconnect();
    r.events.clear();
    r.connect();
    EXPECT_EQ(r.answer_next(522).kind, session_login);
    EXPECT_EQ(r.machine.state_of(0), state::disabled);
    EXPECT_EQ(r.events, (std::vector<event>{{kind_of_event::disabled, 0, 522}}));
    EXPECT_TRUE(r.requests.empty());
    EXPECT_EQ(r.machine.next_timeout(), never);
  }
}

TEST(gateway_return, one_that_is_disabled_before_it_belongs_to_the_gateway_is_asked_for_again) {
  rig r{2};
  r.connect();
  EXPECT_EQ(r.answer_next(6204).kind, topo_add);
  EXPECT_EQ(r.answer_next(200).kind, topo_add);
  EXPECT_EQ(r.answer_next(200).kind, session_login);
  duration longest{};
  for (int i = 0; i < 12; ++i) { // nobody tells it of anything
    ASSERT_TRUE(r.requests.empty());
    ASSERT_NE(r.machine.next_timeout(), never);
    longest = std::max(longest, r.machine.next_timeout() - r.now);
    r.wake();
    ASSERT_EQ(r.requests.size(), 1U);
    EXPECT_EQ(r.answer_next(6204).devices, std::vector<std::uint16_t>{0});
  }
  EXPECT_GE(longest, r.settings.retry_most / 2);
  EXPECT_LE(longest, r.settings.retry_most);
  r.wake();
  EXPECT_EQ(r.answer_next(200).kind, topo_add);
  EXPECT_EQ(r.answer_next(200).kind, session_login);
  EXPECT_EQ(r.machine.online_count(), 2);
}

TEST(gateway_return, one_that_is_down_does_not_fail_the_batch_of_the_others) {
  gateway_settings s;
  s.login_batch = s.topology_batch = 10;
  rig r{4, s};
  r.all_online();
  r.change(topology_change::disabled, 1);
  r.change(topology_change::deleted, 2);
  r.disconnect();
  r.connect();
  std::vector<std::vector<std::uint16_t>> asked;
  for (const auto& request : r.requests) {
    EXPECT_EQ(request.kind, request.devices.size() > 1 ? session_batch_login : session_login);
    asked.push_back(request.devices);
  }
  EXPECT_EQ(asked, (std::vector<std::vector<std::uint16_t>>{{0, 3}, {1}, {2}}));
}

TEST(gateway_return, an_invitation_and_the_owner_make_a_disabled_one_ask) {
  rig r{1};
  r.all_online();
  r.change(topology_change::disabled, 0);
  invite(r, 0);
  EXPECT_EQ(r.answer_next(522).kind, session_login);
  EXPECT_EQ(r.machine.state_of(0), state::disabled);
  r.machine.start(0, r.now);
  r.drain();
  r.answer_next(200);
  EXPECT_EQ(r.machine.online_count(), 1);
}

TEST(gateway_return, one_that_its_owner_does_not_want_does_not_ask) {
  rig r{1};
  r.all_online();
  r.change(topology_change::disabled, 0);
  r.machine.stop(0, r.now);
  r.disconnect();
  r.connect();
  EXPECT_TRUE(r.requests.empty());
  EXPECT_EQ(r.machine.state_of(0), state::disabled);
}

TEST(gateway_return, a_deleted_one_asks_whether_it_belongs_here_and_steals_nothing) {
  for (const int code : {6401, 6100, 521, 6287}) {
    rig r{1};
    r.all_online();
    r.change(topology_change::deleted, 0);
    r.disconnect();
    r.connect();
    EXPECT_EQ(r.answer_next(code).kind, session_login);
    EXPECT_EQ(r.machine.state_of(0), state::deleted) << code;
    EXPECT_TRUE(r.requests.empty()) << "no topo/add: " << code;
    r.disconnect();
    r.connect();
    r.answer_next(200);
    EXPECT_EQ(r.machine.online_count(), 1) << code;
  }
}

TEST(gateway_return, a_deleted_one_that_asks_is_added_once_it_is_invited_or_created) {
  for (const bool invited : {true, false}) {
    rig r{1};
    r.all_online();
    r.change(topology_change::deleted, 0);
    r.disconnect();
    r.connect();
    if (invited) {
      invite(r, 0);
    } else {
      r.change(topology_change::created, 0);
    }
    EXPECT_EQ(r.answer_next(6401).kind, session_login);
    EXPECT_EQ(r.answer_next(200).kind, topo_add) << invited;
    r.answer_next(200);
    EXPECT_EQ(r.machine.online_count(), 1) << invited;
  }
}

TEST(gateway_return, a_question_that_a_broken_link_cut_short_is_still_only_a_question) {
  rig r{1};
  r.all_online();
  r.change(topology_change::deleted, 0);
  r.disconnect();
  r.connect();
  r.disconnect();
  r.requests.clear();
  r.connect();
  EXPECT_EQ(r.answer_next(6401).kind, session_login);
  EXPECT_EQ(r.machine.state_of(0), state::deleted);
}

TEST(gateway_return, a_secret_that_comes_after_the_sub_device_was_disabled_is_kept) {
  rig r{1, {}, false};
  r.connect();
  const auto asked = r.requests.front();
  EXPECT_EQ(asked.kind, sub_register);
  r.requests.clear();
  r.change(topology_change::disabled, 0);
  r.answer(asked, 200, {0});
  EXPECT_EQ(r.machine.state_of(0), state::disabled);
  EXPECT_EQ(r.source.rows[0].device_secret, "given");
  r.change(topology_change::enabled, 0);
  EXPECT_EQ(r.answer_next(200).kind, topo_add) << "and it is not registered twice";
  r.answer_next(200);
  EXPECT_EQ(r.machine.online_count(), 1);
}

} // namespace
} // namespace fleet::alink
