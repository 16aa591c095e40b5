// The gateway machine alone: the way up, how much is asked at a time, and what each code does.
#include <map>
#include <set>

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

TEST(gateway_machine, registers_adds_and_logs_in_a_sub_device_without_secret) {
  rig r{1, {}, false};
  EXPECT_EQ(r.machine.state_of(0), state::unregistered);
  r.connect();
  EXPECT_EQ(r.answer_next(200, {0}).kind, sub_register);
  EXPECT_EQ(r.source.rows[0].device_secret, "given");
  EXPECT_EQ(r.answer_next(200).kind, topo_add);
  EXPECT_EQ(r.answer_next(200).kind, session_login);
  EXPECT_EQ(r.events,
            (std::vector<event>{{kind_of_event::registered, 0, 0}, {kind_of_event::online, 0, 0}}));
  EXPECT_EQ(r.machine.online_count(), 1);
  EXPECT_EQ(r.machine.next_timeout(), never);
}

TEST(gateway_machine, costs_at_most_48_octets_a_sub_device) {
  static_assert(sub_device_table::bytes_per_sub_device <= 48);
  EXPECT_LE(sub_device_table::bytes_per_sub_device, 48U);
}

TEST(gateway_machine, keeps_its_bounds_on_requests_in_flight_with_the_most_sub_devices) {
  gateway_settings s;
  s.in_flight_max = max_requests_in_flight;
  s.topology_known = true;
  rig r{max_sub_devices, s};
  r.connect();
  EXPECT_EQ(r.requests.size(), max_requests_in_flight);
  std::size_t answered = 0;
  while (!r.requests.empty()) {
    EXPECT_LE(r.machine.requests_in_flight(), max_requests_in_flight);
    r.answer_next(200);
    ++answered;
  }
  EXPECT_EQ(answered, max_sub_devices);
  EXPECT_EQ(r.machine.online_count(), max_sub_devices);
}

TEST(gateway_machine, settings_beyond_their_bounds_are_not_valid) {
  EXPECT_TRUE(valid(gateway_settings{}));
  const auto with = [](auto change) {
    gateway_settings s;
    change(s);
    return valid(s);
  };
  EXPECT_FALSE(with([](auto& s) { s.in_flight_max = 0; }));
  EXPECT_FALSE(with([](auto& s) { s.in_flight_max = max_requests_in_flight + 1; }));
  EXPECT_TRUE(with([](auto& s) { s.login_batch = max_listed_devices; }));
  EXPECT_FALSE(with([](auto& s) { s.login_batch = max_listed_devices + 1; }));
  EXPECT_FALSE(with([](auto& s) { s.topology_batch = 0; }));
  EXPECT_FALSE(with([](auto& s) { s.register_batch = 0; }));
  EXPECT_FALSE(with([](auto& s) { s.reply_timeout = duration::zero(); }));
  EXPECT_FALSE(with([](auto& s) { s.retry_most = s.retry_first - 1ns; }));
  EXPECT_FALSE(with([](auto& s) { s.takeover_most = s.takeover_first - 1ns; }));
  EXPECT_FALSE(with([](auto& s) { s.full_wait = duration::zero(); }));
}

TEST(gateway_machine, logs_all_in_again_after_a_reconnect_without_adding_them_again) {
  rig r{10};
  r.all_online();
  r.disconnect();
  EXPECT_EQ(r.machine.online_count(), 0);
  EXPECT_EQ(r.events.size(), 10U);
  EXPECT_EQ(r.events[3], (event{kind_of_event::offline, 3, 0}));
  EXPECT_EQ(r.machine.next_timeout(), never);
  r.connect();
  EXPECT_EQ(r.requests.size(), 4U);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(r.answer_next(200).kind, session_login);
  }
  EXPECT_EQ(r.machine.online_count(), 10);
}

TEST(gateway_machine, batches_put_many_into_one_request) {
  rig r{10, batches(4), false};
  r.connect();
  for (std::uint16_t i = 0; i < 3; ++i) {
    const asked a = r.requests[i];
    EXPECT_EQ(a.kind, sub_register);
    EXPECT_EQ(a.devices.size(), i < 2 ? 4U : 2U);
  }
  std::map<topic_kind, int> kinds;
  while (!r.requests.empty()) {
    const asked a = r.requests.front();
    ++kinds[a.kind];
    r.answer_next(200, a.devices);
  }
  EXPECT_EQ(r.machine.online_count(), 10);
  EXPECT_GT(kinds[session_batch_login], 0);
  EXPECT_LE(r.machine.counters().requests, 12U);
}

TEST(gateway_machine, a_batch_of_one_takes_the_single_form) {
  rig r{1, batches(4)};
  r.connect();
  EXPECT_EQ(r.answer_next(200).kind, topo_add);
  EXPECT_EQ(r.answer_next(200).kind, session_login);
}

TEST(gateway_machine, a_failed_batch_is_sifted_and_only_the_bad_one_is_refused) {
  gateway_settings s = batches(5);
  s.topology_known = true;
  rig r{5, s};
  r.connect();
  EXPECT_EQ(r.answer_next(6287, {2}).kind, session_batch_login);
  // In the order of their line: those before the bad one, the bad one, those behind it.
  ASSERT_EQ(r.requests.size(), 3U);
  EXPECT_EQ(r.requests[0].devices, (std::vector<std::uint16_t>{0, 1}));
  EXPECT_EQ(r.requests[1].devices, std::vector<std::uint16_t>{2});
  EXPECT_EQ(r.requests[2].devices, (std::vector<std::uint16_t>{3, 4}));
  r.answer_next(200);
  r.answer_next(6287);
  while (!r.requests.empty()) {
    r.answer_next(200);
  }
  EXPECT_EQ(r.machine.state_of(2), state::refused);
  EXPECT_EQ(r.machine.online_count(), 4);
}

TEST(gateway_machine, a_failed_batch_that_names_nobody_is_asked_one_by_one) {
  gateway_settings s = batches(3);
  s.topology_known = true;
  rig r{3, s};
  r.connect();
  r.answer_next(460);
  ASSERT_EQ(r.requests.size(), 3U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(r.answer_next(200).kind, session_login);
  }
  EXPECT_EQ(r.machine.online_count(), 3);
}

TEST(gateway_machine, does_with_each_code_of_a_login_what_it_means) {
  struct row {
    int code;
    state after;
    std::optional<kind_of_event> told;
  };
  for (const row& c : {
           row{6401, state::adding, std::nullopt},
           row{522, state::disabled, kind_of_event::disabled},
           row{6204, state::disabled, kind_of_event::disabled},
           row{521, state::deleted, kind_of_event::removed},
           row{460, state::refused, kind_of_event::refused},
           row{6100, state::refused, kind_of_event::refused},
           row{6287, state::refused, kind_of_event::refused},
           row{428, state::logging_in, std::nullopt},
           row{429, state::logging_in, std::nullopt},
           row{500, state::logging_in, std::nullopt},
           row{-7, state::logging_in, std::nullopt},
           row{99999, state::logging_in, std::nullopt},
       }) {
    gateway_settings s;
    s.topology_known = true;
    rig r{1, s};
    r.connect();
    r.answer_next(c.code);
    EXPECT_EQ(r.machine.state_of(0), c.after) << c.code;
    EXPECT_EQ(r.events.size(), c.told ? 1U : 0U) << c.code;
    if (c.told) {
      EXPECT_EQ(r.events[0], (event{*c.told, 0, c.code}));
      EXPECT_EQ(r.machine.next_timeout(), never);
      r.disconnect();
      r.connect();
      ASSERT_EQ(r.requests.size(), 1U) << "asks again after a reconnect: " << c.code;
      r.answer_next(c.code);
      EXPECT_EQ(r.machine.state_of(0), c.after) << c.code;
      EXPECT_EQ(r.machine.next_timeout(), never) << "and then no more: " << c.code;
      r.disconnect();
      r.connect();
      r.answer_next(200);
      EXPECT_EQ(r.machine.online_count(), 1) << c.code;
    }
  }
}

TEST(gateway_machine, refuses_what_registration_and_topology_refuse) {
  for (const int code : {401, 460, 5005, 6100, 6288, 6289, 6292, 6619, 6280, 6600}) {
    rig r{1, {}, false};
    r.connect();
    r.answer_next(code);
    EXPECT_EQ(r.machine.state_of(0), state::refused) << code;
  }
  for (const int code : {401, 460, 6402, 6100}) {
    rig r{1};
    r.connect();
    EXPECT_EQ(r.answer_next(code).kind, topo_add);
    EXPECT_EQ(r.machine.state_of(0), state::refused) << code;
  }
}

TEST(gateway_machine, a_registration_that_brings_no_secret_is_asked_again) {
  rig r{1, {}, false};
  r.connect();
  r.answer_next(200);
  EXPECT_EQ(r.machine.state_of(0), state::registering);
  r.wake();
  EXPECT_EQ(r.answer_next(200, {0}).kind, sub_register);
  EXPECT_EQ(r.machine.state_of(0), state::adding);
}

TEST(gateway_machine, takes_a_secret_from_a_reply_that_comes_too_late) {
  rig r{1, {}, false};
  r.connect();
  const asked first = r.requests.front();
  r.wake();
  EXPECT_EQ(r.machine.counters().timeouts, 1U);
  r.answer(first, 200, {0});
  EXPECT_EQ(r.machine.state_of(0), state::adding);
  EXPECT_EQ(r.machine.counters().late_replies, 1U);
}

TEST(gateway_machine, unanswered_requests_back_off_up_to_the_bound_with_jitter) {
  gateway_settings s;
  s.topology_known = true;
  rig r{1, s};
  r.connect();
  std::set<duration> delays;
  duration least = s.retry_first / 2;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(r.machine.next_timeout(), r.now + s.reply_timeout);
    r.requests.clear();
    r.wake();
    EXPECT_TRUE(r.requests.empty());
    const duration delay = r.machine.next_timeout() - r.now;
    EXPECT_GE(delay, std::min(least, s.retry_most / 2));
    EXPECT_LE(delay, s.retry_most);
    delays.insert(delay);
    least *= i < 10 ? 2 : 1;
    r.wake();
    EXPECT_EQ(r.requests.size(), 1U);
  }
  EXPECT_GT(delays.size(), 15U);
  EXPECT_EQ(r.machine.counters().timeouts, 20U);
}

TEST(gateway_machine, a_missing_topology_is_added_at_once_and_then_ever_more_slowly) {
  gateway_settings s;
  s.topology_known = true;
  rig r{1, s};
  r.connect();
  r.answer_next(6401);
  EXPECT_EQ(r.answer_next(200).kind, topo_add);
  EXPECT_EQ(r.answer_next(6401).kind, session_login);
  EXPECT_TRUE(r.requests.empty());
  r.wake();
  EXPECT_EQ(r.answer_next(200).kind, topo_add);
  r.answer_next(200);
  EXPECT_EQ(r.machine.online_count(), 1);
}

TEST(gateway_machine, too_many_sub_devices_waits_long_and_asks_again) {
  gateway_settings s;
  s.topology_known = true;
  rig r{1, s};
  r.connect();
  r.answer_next(428);
  EXPECT_GE(r.machine.next_timeout(), r.now + s.full_wait / 2);
  EXPECT_LE(r.machine.next_timeout(), r.now + s.full_wait);
  r.wake();
  r.answer_next(200);
  EXPECT_EQ(r.machine.online_count(), 1);
}

TEST(gateway_machine, too_many_requests_holds_everybody_back) {
  gateway_settings s;
  s.topology_known = true;
  s.in_flight_max = 2;
  rig r{20, s};
  r.connect();
  ASSERT_EQ(r.requests.size(), 2U);
  r.answer_next(429);
  r.answer_next(429);
  EXPECT_TRUE(r.requests.empty()) << "nobody asks while the platform is too busy";
  EXPECT_LE(r.machine.next_timeout(), r.now + s.retry_first);
  for (int i = 0; i < 1000 && r.machine.online_count() < 20; ++i) {
    if (r.requests.empty()) {
      r.wake();
    } else {
      r.answer_next(200);
    }
  }
  EXPECT_EQ(r.machine.online_count(), 20);
}

} // namespace
} // namespace fleet::alink
