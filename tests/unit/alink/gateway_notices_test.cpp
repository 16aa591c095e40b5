// What takes the gateway machine's sub-devices down again: errors, notices and orders of the
// platform, and their owner.

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

TEST(gateway_machine, a_lost_session_is_opened_again_at_once_but_not_over_and_over) {
  rig r{1};
  r.all_online();
  r.error(520, 0);
  EXPECT_EQ(r.events, (std::vector<event>{{kind_of_event::offline, 0, 520}}));
  r.answer_next(200);
  EXPECT_EQ(r.machine.online_count(), 1);
  r.error(520, 0);
  EXPECT_TRUE(r.requests.empty()) << "the second time with back-off";
  r.wake();
  r.answer_next(200);
  r.now += r.settings.steady_after;
  r.error(520, 0);
  EXPECT_EQ(r.requests.size(), 1U) << "long ago is forgiven";
}

TEST(gateway_machine, a_takeover_backs_off_and_a_reconnect_does_not_shorten_it) {
  rig r{1};
  r.all_online();
  r.error(427, 0);
  EXPECT_EQ(r.machine.state_of(0), state::logging_in);
  const time_point again = r.machine.next_timeout();
  EXPECT_GE(again, r.now + r.settings.takeover_first / 2);
  r.disconnect();
  r.connect();
  EXPECT_TRUE(r.requests.empty());
  EXPECT_EQ(r.machine.next_timeout(), again);
  r.wake();
  r.answer_next(200);
  r.error(427, 0);
  EXPECT_GE(r.machine.next_timeout(), r.now + r.settings.takeover_first);
}

TEST(gateway_machine, a_takeover_is_one_by_either_of_its_codes) {
  for (const int code : {427, 527}) {
    rig r{1};
    r.all_online();
    r.error(code, 0);
    EXPECT_EQ(r.machine.state_of(0), state::logging_in) << code;
    EXPECT_GE(r.machine.next_timeout(), r.now + r.settings.takeover_first / 2) << code;
  }
}

TEST(gateway_machine, an_error_about_a_removed_sub_device_removes_it_here_too) {
  for (const int code : {6401, 521}) {
    rig r{2};
    r.all_online();
    r.error(code, 1);
    EXPECT_EQ(r.machine.state_of(1), state::deleted);
    EXPECT_EQ(r.events, (std::vector<event>{{kind_of_event::offline, 1, code},
                                            {kind_of_event::removed, 1, code}}));
    EXPECT_TRUE(r.requests.empty());
    EXPECT_EQ(r.machine.online_count(), 1);
  }
}

TEST(gateway_machine, an_error_that_a_sub_device_is_disabled_takes_it_down_until_it_is_enabled) {
  rig r{1};
  r.all_online();
  r.error(522, 0);
  EXPECT_EQ(r.machine.state_of(0), state::disabled);
  EXPECT_TRUE(r.requests.empty());
  r.change(topology_change::enabled, 0);
  EXPECT_EQ(r.answer_next(200).kind, session_login);
  EXPECT_EQ(r.machine.online_count(), 1);
}

TEST(gateway_machine, errors_of_no_consequence_and_about_strangers_change_nothing) {
  rig r{1};
  r.all_online();
  for (const int code : {200, 428, 460, 6287, 0}) {
    r.error(code, 0);
  }
  byte_buffer out;
  append_ext_error(out, 1, {"a1SubPk0001", "stranger"}, 520);
  r.deliver(ext_error, false, out);
  EXPECT_TRUE(r.events.empty());
  EXPECT_EQ(r.machine.counters().strangers, 1U);
}

TEST(gateway_machine, orders_on_a_sub_devices_topic_are_done_and_answered_there) {
  rig r{2};
  r.all_online();
  byte_buffer out;
  append_standing_order(out, 71, disable);
  r.deliver(disable, false, out, 1);
  EXPECT_EQ(r.machine.state_of(1), state::disabled);
  ASSERT_EQ(r.answers.size(), 1U);
  EXPECT_EQ(r.answers[0].first.kind, disable);
  EXPECT_TRUE(r.answers[0].first.reply);
  EXPECT_EQ(r.answers[0].first.sub_device, 1);
  EXPECT_EQ(r.answers[0].second, R"({"id":"71","code":200,"data":{},"message":"success"})");
  r.deliver(enable, false, out, 1);
  EXPECT_EQ(r.answer_next(200).devices, std::vector<std::uint16_t>{1});
  r.deliver(topic_kind::remove, false, out, 1);
  EXPECT_EQ(r.machine.state_of(1), state::deleted);
  EXPECT_EQ(r.answers.size(), 3U);
}

TEST(gateway_machine, a_deleted_sub_device_comes_back_when_the_cloud_adds_it_or_asks_for_it) {
  rig r{1};
  r.all_online();
  r.change(topology_change::deleted, 0);
  r.change(topology_change::created, 0);
  EXPECT_EQ(r.answer_next(200).kind, session_login) << "the relation is there";
  r.change(topology_change::deleted, 0);
  byte_buffer out;
  const device_pair who = r.pair(0);
  append_topo_add_notify(out, 9, std::span{&who, 1});
  r.deliver(topo_add_notify, false, out);
  EXPECT_EQ(r.answer_next(200).kind, topo_add) << "the relation is to be made";
  r.answer_next(200);
  EXPECT_EQ(r.machine.online_count(), 1);
  EXPECT_EQ(r.answers.back().first.kind, topo_add_notify);
}

TEST(gateway_machine, a_permit_is_handed_on_and_answered) {
  rig r{1};
  r.all_online();
  byte_buffer out;
  append_gateway_permit(out, 5, "a1SubPk0001", 60);
  r.deliver(gateway_permit, false, out);
  EXPECT_EQ(r.permitted, "a1SubPk0001:60");
  EXPECT_EQ(r.answers.size(), 1U);
}

TEST(gateway_machine, a_notice_that_cannot_be_read_is_answered_with_460) {
  rig r{1};
  r.all_online();
  byte_buffer out;
  out.append(std::string_view{R"({"id":"5","params":{"status":77,"subList":[]}})"});
  r.deliver(topo_change, false, out);
  EXPECT_EQ(r.machine.counters().bad_messages, 1U);
  ASSERT_EQ(r.answers.size(), 1U);
  EXPECT_EQ(r.answers[0].second,
            R"({"id":"5","code":460,"data":{},"message":"request parameter error"})");
}

TEST(gateway_machine, answers_that_nobody_fetches_are_bounded) {
  rig r{1};
  r.all_online();
  byte_buffer out;
  append_gateway_permit(out, 5, "", 60);
  for (std::size_t i = 0; i < max_pending_answers + 3; ++i) {
    EXPECT_TRUE(r.machine.receive("/sys/a1GwPk00001/gateway_1/thing/gateway/permit", out.view(),
                                  r.now, r.reader));
    while (r.machine.next_event()) {
    }
  }
  r.drain();
  EXPECT_EQ(r.answers.size(), max_pending_answers);
  EXPECT_EQ(r.machine.counters().dropped_answers, 3U);
}

TEST(gateway_machine, leaves_alone_what_is_not_its_own) {
  rig r{1};
  r.connect();
  byte_buffer out;
  append_standing_order(out, 1, disable);
  for (const std::string_view name :
       {"/sys/a1GwPk00001/gateway_1/thing/disable", "/sys/a1GwPk00001/gateway_2/thing/topo/change",
        "/sys/a1SubPk0001/sub_0000/thing/topo/change", "/sys/a1SubPk0001/sub_0009/thing/disable",
        "/sys/a1SubPk0001/sub_0000/thing/disable_reply",
        "/sys/a1GwPk00001/gateway_1/thing/topo/add", "/ext/error/a1SubPk0001/sub_0000", "nonsense",
        ""}) {
    EXPECT_FALSE(r.machine.receive(name, out.view(), r.now, r.reader)) << name;
  }
}

TEST(gateway_machine, replies_of_another_kind_or_connection_are_not_taken) {
  gateway_settings s;
  s.topology_known = true;
  rig r{1, s};
  r.connect();
  asked a = r.requests.front();
  a.kind = session_logout;
  r.answer(a, 200);
  EXPECT_EQ(r.machine.online_count(), 0);
  a.kind = session_login;
  r.disconnect();
  r.requests.clear();
  r.connect();
  r.answer(a, 200);
  EXPECT_EQ(r.machine.online_count(), 0);
  EXPECT_EQ(r.machine.counters().late_replies, 2U);
  r.answer_next(200);
  EXPECT_EQ(r.machine.online_count(), 1);
}

TEST(gateway_machine, stop_logs_out_and_start_logs_in_again) {
  rig r{2};
  r.all_online();
  r.machine.stop(0, r.now);
  r.drain();
  EXPECT_EQ(r.answer_next(200).kind, session_logout);
  EXPECT_EQ(r.machine.state_of(0), state::parked);
  r.disconnect();
  r.connect();
  EXPECT_EQ(r.answer_next(200).devices, std::vector<std::uint16_t>{1}) << "0 stays parked";
  EXPECT_TRUE(r.requests.empty());
  r.machine.start(0, r.now);
  r.drain();
  EXPECT_EQ(r.answer_next(200).kind, session_login);
  EXPECT_EQ(r.machine.online_count(), 2);
}

TEST(gateway_machine, a_logout_of_what_has_no_session_is_done) {
  rig r{1};
  r.all_online();
  r.machine.stop(0, r.now);
  r.drain();
  r.answer_next(520);
  EXPECT_EQ(r.machine.state_of(0), state::parked);
  EXPECT_EQ(r.events.back(), (event{kind_of_event::offline, 0, 520}));
}

TEST(gateway_machine, stop_while_a_login_is_under_way_logs_out_behind_it) {
  gateway_settings s;
  s.topology_known = true;
  rig r{1, s};
  r.connect();
  r.machine.stop(0, r.now);
  r.drain();
  ASSERT_EQ(r.requests.size(), 2U);
  r.answer_next(200);
  EXPECT_EQ(r.machine.online_count(), 0);
  EXPECT_EQ(r.answer_next(200).kind, session_logout);
  EXPECT_EQ(r.machine.state_of(0), state::parked);
  EXPECT_TRUE(r.events.empty()) << "it never was online for its owner";
}

TEST(gateway_machine, a_sub_device_stopped_while_it_waits_does_not_disturb_the_others) {
  gateway_settings s;
  s.topology_known = true;
  rig r{30, s};
  r.connect();
  while (!r.requests.empty()) {
    r.answer_next(500);
  }
  for (std::uint16_t i = 0; i < 30; i = static_cast<std::uint16_t>(i + 3)) {
    r.machine.stop(i, r.now);
  }
  r.drain();
  time_point last = r.now;
  for (int i = 0; i < 1000 && (r.machine.online_count() < 20 || !r.requests.empty()); ++i) {
    if (r.requests.empty()) {
      r.wake();
      EXPECT_GE(r.now, last);
      last = r.now;
    } else {
      r.answer_next(200);
    }
  }
  EXPECT_EQ(r.machine.online_count(), 20);
}

TEST(gateway_machine, a_disabled_sub_device_that_is_not_wanted_stays_down_when_enabled) {
  rig r{1};
  r.all_online();
  r.change(topology_change::disabled, 0);
  r.machine.stop(0, r.now);
  r.change(topology_change::enabled, 0);
  EXPECT_EQ(r.machine.state_of(0), state::parked);
  EXPECT_TRUE(r.requests.empty());
}

TEST(gateway_machine, a_refused_sub_device_is_tried_again_when_its_owner_says_so) {
  rig r{1};
  r.connect();
  r.answer_next(401);
  r.machine.start(0, r.now);
  r.drain();
  EXPECT_EQ(r.answer_next(200).kind, topo_add);
  r.answer_next(200);
  EXPECT_EQ(r.machine.online_count(), 1);
}

TEST(gateway_machine, asks_for_the_topology_and_believes_it_more_than_a_stale_notice) {
  gateway_settings s;
  s.ask_topology = true;
  rig r{2, s};
  r.connect();
  EXPECT_EQ(r.requests.front().kind, topo_get);
  r.requests.clear();
  r.wake();
  EXPECT_EQ(r.requests.front().kind, topo_get) << "again after the time-out";
  r.change(topology_change::deleted, 1);
  EXPECT_EQ(r.machine.state_of(1), state::deleted);
  r.answer_next(200, {1});
  EXPECT_EQ(r.machine.state_of(1), state::logging_in);
  r.disconnect();
  r.requests.clear();
  r.connect();
  EXPECT_EQ(r.answer_next(500).kind, topo_get);
  for (const asked& a : r.requests) {
    EXPECT_NE(a.kind, topo_get) << "an error is taken for an answer";
  }
}

TEST(gateway_machine, all_dialects_write_what_the_platform_reads) {
  for (const gateway_dialect d :
       {gateway_dialect::sdk_2_10, gateway_dialect::sdk_3_2, gateway_dialect::node}) {
    gateway_settings s = batches(3);
    s.dialect = d;
    rig r{7, s, false};
    r.now += 77s;
    r.connect();
    while (!r.requests.empty()) {
      const asked a = r.requests.front();
      r.answer_next(200, a.devices);
    }
    EXPECT_EQ(r.machine.online_count(), 7);
  }
}

} // namespace
} // namespace fleet::alink
