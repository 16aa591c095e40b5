// The device's machine, one exchange after the other, with the platform's part spoken by hand.
#include <deque>
#include <limits>

#include <gtest/gtest.h>

#include "protocol/shadow/client.hpp"

namespace fleet::shadow {
namespace {

using std::chrono::seconds;
namespace event = client_event;

/// A client, its clock, what it sent last and what it told.
struct bench {
  client_behaviour behaviour;
  json_reader reader;
  client device;
  time_point now{};
  std::deque<std::string> kept; ///< payloads lent; events look into them
  std::vector<client_event_variant> events;

  explicit bench(client_behaviour b = {}, remembered from = {})
      : behaviour(b), device(behaviour, "PK.DN", from) {}

  template <class Call>
  std::string sent(Call call) {
    byte_buffer out;
    call(out);
    while (auto e = device.next_event()) {
      events.push_back(*e);
    }
    return std::string{as_text(out.view())};
  }
  std::string connect() {
    return sent([&](byte_buffer& out) { device.connected(now, out); });
  }
  std::string receive(std::string payload) {
    kept.push_back(std::move(payload));
    return sent([&](byte_buffer& out) { device.receive(as_bytes(kept.back()), now, reader, out); });
  }
  std::string pass(duration by) {
    now += by;
    return sent([&](byte_buffer& out) { device.handle_timeout(now, out); });
  }
  std::string wait_until_due() {
    EXPECT_NE(device.next_timeout(), never);
    return pass(device.next_timeout() - now);
  }
  std::string push(std::string_view reported) {
    return sent([&](byte_buffer& out) { EXPECT_TRUE(device.push(reported, now, out)); });
  }
  std::string push_async(std::string_view reported) {
    return sent([&](byte_buffer& out) { EXPECT_TRUE(device.push_async(reported, now, out)); });
  }
  std::string applied(std::uint64_t desire, std::string_view reported = {}) {
    return sent([&](byte_buffer& out) { EXPECT_TRUE(device.applied(desire, reported, now, out)); });
  }
  /// Connected, and the first get answered with an empty document of that version.
  void settle(std::int64_t version = 0) {
    const std::string get = connect();
    EXPECT_EQ(receive(state_reply(token_of(get), version)), "");
    events.clear();
  }

  static std::string token_of(const std::string& message) {
    const std::string key = R"("clientToken":)";
    const std::size_t at = message.find(key);
    EXPECT_NE(at, std::string::npos) << message;
    const std::size_t from = at + key.size();
    return message.substr(from, message.find('"', from + 1) + 1 - from);
  }
  static std::string state_reply(const std::string& token, std::int64_t version,
                                 const std::string& desired = {}) {
    byte_buffer out;
    const std::string state =
        R"({"reported":{"r":1})" + (desired.empty() ? "" : R"(,"desired":)" + desired) + "}";
    append_state(out, {.state = state,
                       .metadata = R"({"reported":{},"desired":{"d":{"timestamp":1}}})",
                       .version = version,
                       .timestamp_s = 100,
                       .raw_token = token});
    return std::string{as_text(out.view())};
  }
  static std::string control(std::int64_t version, const std::string& desired,
                             std::int64_t timestamp = 100) {
    byte_buffer out;
    append_state(out, {.control = true,
                       .state = R"({"reported":{},"desired":)" + desired + "}",
                       .metadata = R"({"reported":{},"desired":{"d":{"timestamp":)"
                                   + std::to_string(timestamp) + "}}}",
                       .version = version,
                       .timestamp_s = timestamp});
    return std::string{as_text(out.view())};
  }
  static std::string ok(const std::string& token, std::int64_t version) {
    byte_buffer out;
    append_success(out, version, 100, token);
    return std::string{as_text(out.view())};
  }
  static std::string no(const std::string& token, error_code code) {
    byte_buffer out;
    append_error(out, code, {}, 100, token);
    return std::string{as_text(out.view())};
  }

  template <class Event>
  std::size_t count() const {
    std::size_t n = 0;
    for (const auto& e : events) {
      n += std::holds_alternative<Event>(e) ? 1 : 0;
    }
    return n;
  }
  /// The last event told, which must be of this kind.
  template <class Event>
  Event last() const {
    const Event* const found = events.empty() ? nullptr : std::get_if<Event>(&events.back());
    EXPECT_NE(found, nullptr);
    return found != nullptr ? *found : Event{};
  }
};

TEST(shadow_client, pulls_as_soon_as_it_is_connected) {
  bench b{{}, {.version = 4, .next_token = 7}};
  EXPECT_EQ(b.connect(), R"({"method":"get","clientToken":"PK.DN-7"})");
  EXPECT_EQ(b.receive(b.state_reply(R"("PK.DN-7")", 12)), "");
  const auto pulled = b.last<event::pulled>();
  EXPECT_EQ(pulled.version, 12);
  EXPECT_EQ(pulled.reported, R"({"r":1})");
  EXPECT_EQ(pulled.desired, "");
  EXPECT_EQ(b.device.version(), 12);
  EXPECT_EQ(b.device.next_timeout(), never);
}

TEST(shadow_client, pushes_with_the_following_version) {
  bench b;
  b.settle(6);
  const std::string push = b.push(R"({"temp":21})");
  EXPECT_EQ(push, R"({"method":"update","state":{"reported":{"temp":21}},)"
                  R"("clientToken":"PK.DN-2","version":7})");
  EXPECT_EQ(b.device.pending(), 1U);
  b.receive(b.ok(b.token_of(push), 7));
  EXPECT_EQ(b.last<event::acknowledged>().version, 7);
  EXPECT_EQ(b.last<event::acknowledged>().request, 1U);
  EXPECT_EQ(b.device.version(), 7);
  EXPECT_EQ(b.device.pending(), 0U);
  EXPECT_EQ(b.device.next_timeout(), never);
}

TEST(shadow_client, holds_pushes_back_until_it_is_connected_and_has_pulled) {
  bench b;
  EXPECT_EQ(b.push(R"({"a":1})"), "");
  EXPECT_EQ(b.push(R"({"a":2})"), "");
  const std::string get = b.connect();
  const std::string first = b.receive(b.state_reply(b.token_of(get), 40));
  EXPECT_NE(first.find(R"({"a":1}},"clientToken":"PK.DN-2","version":41)"), std::string::npos);
  const std::string second = b.receive(b.ok(b.token_of(first), 41));
  EXPECT_NE(second.find(R"({"a":2}},"clientToken":"PK.DN-3","version":42)"), std::string::npos);
  EXPECT_EQ(b.receive(b.ok(b.token_of(second), 42)), "");
  EXPECT_EQ(b.count<event::acknowledged>(), 2U);
}

TEST(shadow_client, has_one_request_under_way_and_a_limit_to_those_waiting) {
  bench b;
  b.settle();
  EXPECT_NE(b.push(R"({"a":1})"), "");
  for (int i = 1; i < 5; ++i) {
    EXPECT_EQ(b.push(R"({"a":2})"), "");
  }
  byte_buffer out;
  const auto refused = b.device.push(R"({"a":3})", b.now, out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), request_error::too_many);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(b.device.pending(), 5U);
}

TEST(shadow_client, refuses_what_no_platform_would_read) {
  bench b;
  byte_buffer out;
  const auto refused =
      b.device.push(R"({"a":")" + std::string(max_request, 'x') + "\"}", b.now, out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), request_error::too_large);
}

TEST(shadow_client, tells_a_desire_once_and_clears_it_when_it_was_applied) {
  bench b;
  b.settle(5);
  EXPECT_EQ(b.receive(b.control(6, R"({"temp":25})")), "");
  const auto wanted = b.last<event::desired_arrived>();
  EXPECT_EQ(wanted.desired, R"({"temp":25})");
  EXPECT_EQ(wanted.metadata, R"({"d":{"timestamp":100}})");
  EXPECT_EQ(wanted.version, 6);
  b.receive(b.control(6, R"({"temp":25})")); // delivered twice
  EXPECT_EQ(b.count<event::desired_arrived>(), 1U);
  const std::string clear = b.applied(wanted.desire, R"({"temp":25})");
  EXPECT_EQ(clear, R"({"method":"update","state":{"reported":{"temp":25},"desired":"null"},)"
                   R"("clientToken":"PK.DN-2","version":7})");
  b.receive(b.ok(b.token_of(clear), 7));
  EXPECT_EQ(b.last<event::acknowledged>().version, 7);
  b.receive(b.control(6, R"({"temp":25})", 90)); // and a third time, late
  EXPECT_EQ(b.count<event::desired_arrived>(), 1U);
  EXPECT_EQ(b.last<event::ignored>().why, ignore_reason::stale);
}

TEST(shadow_client, the_same_desire_set_again_is_a_new_one) {
  bench b;
  b.settle(5);
  b.receive(b.control(6, R"({"temp":25})"));
  const std::string clear = b.applied(b.last<event::desired_arrived>().desire);
  b.receive(b.ok(b.token_of(clear), 7));
  b.receive(b.control(8, R"({"temp":25})"));
  EXPECT_EQ(b.count<event::desired_arrived>(), 2U);
}

TEST(shadow_client, finds_a_desire_in_what_it_pulls) {
  bench b;
  const std::string get = b.connect();
  b.receive(b.state_reply(b.token_of(get), 3, R"({"d":1})"));
  EXPECT_EQ(b.count<event::pulled>(), 1U);
  EXPECT_EQ(b.last<event::desired_arrived>().desired, R"({"d":1})");
}

TEST(shadow_client, does_not_clear_a_desire_that_a_newer_one_replaced) {
  bench b;
  b.settle(5);
  b.receive(b.control(6, R"({"temp":25})"));
  const std::uint64_t old = b.last<event::desired_arrived>().desire;
  b.receive(b.control(7, R"({"temp":30})", 101));
  const std::string report = b.applied(old, R"({"temp":25})");
  EXPECT_EQ(report, R"({"method":"update","state":{"reported":{"temp":25}},)"
                    R"("clientToken":"PK.DN-2","version":8})");
  b.receive(b.ok(b.token_of(report), 8));
  EXPECT_EQ(b.applied(old), "") << "nothing left to say";
  EXPECT_EQ(b.last<event::acknowledged>().version, 8);
}

TEST(shadow_client, a_desire_whose_clearing_found_no_room_is_told_again_when_there_is_some) {
  bench b;
  b.settle(5);
  const std::string push = b.push(R"({"a":1})");
  for (int i = 1; i < 5; ++i) {
    b.push(R"({"a":2})");
  }
  b.receive(b.control(6, R"({"d":1})"));
  byte_buffer out;
  const auto refused = b.device.applied(b.last<event::desired_arrived>().desire, {}, b.now, out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), request_error::too_many);
  const std::string get = b.receive(b.ok(b.token_of(push), 7));
  EXPECT_NE(get.find(R"("method":"get")"), std::string::npos);
  b.receive(b.state_reply(b.token_of(get), 7, R"({"d":1})"));
  EXPECT_EQ(b.count<event::desired_arrived>(), 2U);
  EXPECT_TRUE(b.device.applied(b.last<event::desired_arrived>().desire, {}, b.now, out));
}

TEST(shadow_client, a_clear_that_conflicts_finds_the_desire_it_did_not_know) {
  bench b;
  b.settle(5);
  b.receive(b.control(6, R"({"temp":25})"));
  const std::string clear = b.applied(b.last<event::desired_arrived>().desire, R"({"temp":25})");
  const std::string get = b.receive(b.no(b.token_of(clear), error_code::version_conflict));
  EXPECT_EQ(get, R"({"method":"get","clientToken":"PK.DN-3"})");
  const std::string again = b.receive(b.state_reply(b.token_of(get), 7, R"({"temp":30})"));
  EXPECT_EQ(b.last<event::desired_arrived>().desired, R"({"temp":30})");
  EXPECT_EQ(again, R"({"method":"update","state":{"reported":{"temp":25}},)"
                   R"("clientToken":"PK.DN-4","version":8})");
}

TEST(shadow_client, a_conflict_pulls_and_pushes_again_and_backs_off_and_ends) {
  bench b;
  b.settle(1);
  std::string message = b.push(R"({"a":1})");
  std::int64_t version = 1;
  duration waited{};
  for (int attempt = 1; attempt < 5; ++attempt) {
    version += 10;
    std::string get = b.receive(b.no(b.token_of(message), error_code::version_conflict));
    if (attempt > 1) {
      EXPECT_EQ(get, "");
      const time_point from = b.now;
      get = b.wait_until_due();
      EXPECT_GT(b.now - from, waited);
      waited = b.now - from;
    }
    EXPECT_NE(get.find(R"("method":"get")"), std::string::npos);
    message = b.receive(b.state_reply(b.token_of(get), version));
    EXPECT_NE(message.find(R"("version":)" + std::to_string(version + 1) + "}"), std::string::npos)
        << message;
  }
  b.receive(b.no(b.token_of(message), error_code::version_conflict));
  EXPECT_EQ(b.last<event::gave_up>().why, give_up_reason::conflicts);
  EXPECT_EQ(b.last<event::gave_up>().request, 1U);
  EXPECT_EQ(b.device.pending(), 0U);
}

TEST(shadow_client, repeats_an_unanswered_push_as_it_is_less_and_less_often_and_gives_up) {
  bench b;
  b.settle(1);
  const std::string message = b.push(R"({"a":1})");
  duration waited{};
  for (int attempt = 1; attempt < 5; ++attempt) {
    EXPECT_EQ(b.pass(std::chrono::milliseconds{1}), "");
    const time_point from = b.now;
    EXPECT_EQ(b.wait_until_due(), message);
    EXPECT_GT(b.now - from, waited);
    waited = b.now - from;
  }
  EXPECT_EQ(b.wait_until_due(), "");
  EXPECT_EQ(b.last<event::gave_up>().why, give_up_reason::unanswered);
  EXPECT_EQ(b.device.next_timeout(), never);
  EXPECT_EQ(b.receive(b.ok(b.token_of(message), 2)), "");
  EXPECT_EQ(b.last<event::ignored>().why, ignore_reason::unmatched);
}

TEST(shadow_client, waits_no_longer_than_its_cap_and_a_quarter) {
  client_behaviour slow;
  slow.attempts_max = 12;
  bench b{slow};
  b.settle();
  b.push(R"({"a":1})");
  for (int attempt = 1; attempt < 12; ++attempt) {
    EXPECT_LE(b.device.next_timeout() - b.now, seconds{75});
    b.wait_until_due();
  }
  EXPECT_GE(b.device.next_timeout() - b.now, seconds{60});
}

TEST(shadow_client, an_unanswered_pull_is_repeated_and_given_up_and_pushes_go_on) {
  bench b{{}, {.version = 9}};
  const std::string get = b.connect();
  b.push(R"({"a":1})");
  for (int attempt = 1; attempt < 5; ++attempt) {
    EXPECT_EQ(b.wait_until_due(), get);
  }
  const std::string push = b.wait_until_due();
  EXPECT_EQ(b.last<event::gave_up>().request, 0U);
  EXPECT_NE(push.find(R"("version":10)"), std::string::npos) << push;
}

TEST(shadow_client, a_late_answer_to_the_first_of_two_equal_messages_will_do) {
  bench b;
  b.settle(1);
  const std::string message = b.push(R"({"a":1})");
  EXPECT_EQ(b.wait_until_due(), message);
  b.receive(b.ok(b.token_of(message), 2));
  EXPECT_EQ(b.count<event::acknowledged>(), 1U);
  b.receive(b.no(b.token_of(message), error_code::version_conflict)); // of the second
  EXPECT_EQ(b.last<event::ignored>().why, ignore_reason::unmatched);
  EXPECT_EQ(b.device.next_timeout(), never);
}

TEST(shadow_client, after_a_reconnect_pulls_and_repeats_what_is_unacknowledged) {
  bench b;
  b.settle(1);
  const std::string lost = b.push(R"({"a":1})");
  b.push(R"({"b":1})");
  b.device.disconnected();
  EXPECT_EQ(b.device.next_timeout(), never);
  EXPECT_EQ(b.pass(seconds{1000}), "");
  EXPECT_EQ(b.receive(b.ok(b.token_of(lost), 2)), "") << "of the connection before";
  const std::string get = b.connect();
  EXPECT_NE(get.find(R"("method":"get")"), std::string::npos);
  const std::string first = b.receive(b.state_reply(b.token_of(get), 2));
  EXPECT_NE(first.find(R"({"a":1}})"), std::string::npos);
  EXPECT_NE(first.find(R"("version":3)"), std::string::npos);
  const std::string second = b.receive(b.ok(b.token_of(first), 3));
  EXPECT_NE(second.find(R"({"b":1}})"), std::string::npos);
}

TEST(shadow_client, push_async_is_sent_once_and_its_end_is_told) {
  bench b;
  byte_buffer out;
  const auto refused = b.device.push_async(R"({"a":1})", b.now, out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), request_error::not_connected);
  b.settle(1);
  EXPECT_NE(b.push_async(R"({"a":1})"), "");
  EXPECT_EQ(b.wait_until_due(), "");
  EXPECT_EQ(b.last<event::gave_up>().why, give_up_reason::unanswered);
  std::string message = b.push_async(R"({"a":2})");
  const std::string get = b.receive(b.no(b.token_of(message), error_code::version_conflict));
  EXPECT_EQ(b.last<event::refused>().code, 409);
  EXPECT_NE(get.find(R"("method":"get")"), std::string::npos) << "to know the version next time";
  b.receive(b.state_reply(b.token_of(get), 8));
  message = b.push_async(R"({"a":3})");
  b.receive(b.ok(b.token_of(message), 9));
  EXPECT_EQ(b.last<event::acknowledged>().version, 9);
  b.push_async(R"({"a":4})");
  b.push_async(R"({"a":5})");
  b.device.disconnected();
  b.sent([](byte_buffer&) {});
  EXPECT_EQ(b.count<event::gave_up>(), 3U);
  EXPECT_EQ(b.last<event::gave_up>().why, give_up_reason::link_lost);
  EXPECT_EQ(b.device.pending(), 0U);
}

TEST(shadow_client, deletes_by_name_and_as_a_whole_and_takes_407_for_done) {
  bench b;
  b.settle(1);
  const std::string_view names[] = {"a", "b\"c"};
  const std::string some =
      b.sent([&](byte_buffer& out) { EXPECT_TRUE(b.device.remove(names, b.now, out)); });
  EXPECT_EQ(some, R"({"method":"delete","state":{"reported":{"a":"null","b\"c":"null"}},)"
                  R"("clientToken":"PK.DN-2","version":2})");
  b.receive(b.ok(b.token_of(some), 2));
  const std::string all =
      b.sent([&](byte_buffer& out) { EXPECT_TRUE(b.device.remove({}, b.now, out)); });
  EXPECT_NE(all.find(R"("state":{"reported":"null"})"), std::string::npos);
  b.receive(b.no(b.token_of(all), error_code::document_empty));
  EXPECT_EQ(b.count<event::acknowledged>(), 2U);
  EXPECT_EQ(b.device.version(), 2);
}

TEST(shadow_client, what_the_platform_will_never_take_is_refused_at_once) {
  for (const error_code code :
       {error_code::bad_json, error_code::method_missing, error_code::state_missing,
        error_code::version_not_a_number, error_code::reported_missing, error_code::reported_empty,
        error_code::bad_method, error_code::too_many_attributes}) {
    bench b;
    b.settle(1);
    const std::string message = b.push(R"({"a":1})");
    EXPECT_EQ(b.receive(b.no(b.token_of(message), code)), "");
    EXPECT_EQ(b.last<event::refused>().code, static_cast<std::int64_t>(code));
    EXPECT_EQ(b.device.pending(), 0U);
  }
}

TEST(shadow_client, the_platforms_own_trouble_is_waited_out_but_not_for_ever) {
  bench b;
  std::string message = b.connect();
  b.push(R"({"a":1})");
  for (int attempt = 1; attempt < 5; ++attempt) {
    EXPECT_EQ(b.receive(b.no(b.token_of(message), error_code::server_error)), "");
    message = b.wait_until_due();
    EXPECT_NE(message.find(R"("method":"get")"), std::string::npos);
  }
  message = b.receive(b.no(b.token_of(message), error_code::server_error));
  EXPECT_EQ(b.last<event::refused>().request, 0U);
  for (int attempt = 1; attempt < 5; ++attempt) {
    EXPECT_EQ(b.receive(b.no(b.token_of(message), error_code::server_error)), "");
    message = b.wait_until_due();
    EXPECT_NE(message.find(R"("method":"update")"), std::string::npos);
  }
  EXPECT_EQ(b.receive(b.no(b.token_of(message), error_code::server_error)), "");
  EXPECT_EQ(b.last<event::refused>().request, 1U);
  EXPECT_EQ(b.last<event::refused>().code, 500);
}

TEST(shadow_client, ignores_answers_to_others_and_what_is_no_answer) {
  bench b;
  b.settle(1);
  const std::string message = b.push(R"({"a":1})");
  for (const std::string token :
       {R"("PK.DN-1")", R"("PK.DN-3")", R"("PK.DN-02x")", R"("PK.DN")", R"("PK.DN-")",
        R"("PK.D-2")", "2", R"("PK.DN-2\n")", R"("PK.DN--2")"}) {
    EXPECT_EQ(b.receive(b.ok(token, 50)), "") << token;
    EXPECT_EQ(b.last<event::ignored>().why, ignore_reason::unmatched) << token;
  }
  for (const std::string text :
       {"", "<html>", R"({"method":"control","payload":{"status":"success"}})",
        R"({"method":"control","payload":{"status":"error"},"version":9})"}) {
    EXPECT_EQ(b.receive(text), "");
    EXPECT_EQ(b.last<event::ignored>().why, ignore_reason::malformed);
  }
  EXPECT_EQ(b.device.version(), 1);
  EXPECT_EQ(b.device.pending(), 1U);
  b.receive(b.ok(b.token_of(message), 2));
  EXPECT_EQ(b.count<event::acknowledged>(), 1U);
}

TEST(shadow_client, a_shadow_that_counts_from_0_again_is_noticed_by_its_newer_timestamp) {
  bench b;
  b.settle(90);
  EXPECT_EQ(b.receive(b.control(1, R"({"a":1})", 99)), "") << "older: late";
  const std::string get = b.receive(b.control(1, R"({"a":1})", 101));
  EXPECT_NE(get.find(R"("method":"get")"), std::string::npos);
  b.receive(b.state_reply(b.token_of(get), 1, R"({"a":1})"));
  EXPECT_EQ(b.device.version(), 1);
  EXPECT_EQ(b.count<event::desired_arrived>(), 1U);
}

TEST(shadow_client, an_answer_that_a_control_overtook_is_asked_for_again) {
  bench b;
  b.settle(5);
  const std::string get = b.sent([&](byte_buffer& out) { b.device.pull(b.now, out); });
  b.receive(b.control(7, R"({"a":1})"));
  const std::string again = b.receive(b.state_reply(b.token_of(get), 6));
  EXPECT_NE(again.find(R"("method":"get")"), std::string::npos);
  EXPECT_NE(b.token_of(again), b.token_of(get));
  EXPECT_EQ(b.device.version(), 7);
}

TEST(shadow_client, a_pull_of_an_empty_document_is_answered_by_407_too) {
  bench b{{}, {.version = 3}};
  const std::string get = b.connect();
  b.receive(b.no(b.token_of(get), error_code::document_empty));
  EXPECT_EQ(b.last<event::pulled>().version, 3);
  EXPECT_EQ(b.device.next_timeout(), never);
}

TEST(shadow_client, the_last_version_of_all_does_not_overflow) {
  bench b;
  b.settle();
  b.receive(b.control(std::numeric_limits<std::int64_t>::max(), R"({"a":1})"));
  EXPECT_NE(b.push(R"({"a":1})").find("9223372036854775807"), std::string::npos);
}

TEST(shadow_client, pulls_asked_for_together_are_one) {
  bench b;
  b.settle();
  const auto pull = [&] { return b.sent([&](byte_buffer& out) { b.device.pull(b.now, out); }); };
  const std::string get = pull();
  EXPECT_NE(get, "");
  EXPECT_EQ(pull(), "");
  EXPECT_EQ(b.receive(b.state_reply(b.token_of(get), 1)), "");
  b.device.disconnected();
  EXPECT_EQ(pull(), "");
}

TEST(shadow_client, like_the_sdk_counts_in_twos_doubles_its_comma_and_does_not_repeat) {
  bench b{sdk_behaviour()};
  b.settle(1);
  const std::string gone =
      b.sent([&](byte_buffer& out) { EXPECT_TRUE(b.device.remove({}, b.now, out)); });
  EXPECT_EQ(gone, R"({"method":"delete",,"state":{"reported":"null"},"clientToken":"PK.DN-2",)"
                  R"("version":3})");
  EXPECT_EQ(b.wait_until_due(), "");
  EXPECT_EQ(b.last<event::gave_up>().why, give_up_reason::unanswered);
}

TEST(shadow_client, holds_no_heap_when_idle_and_little_else) {
  bench b;
  b.settle(5);
  b.receive(b.control(6, R"({"temp":25})"));
  const std::string clear = b.applied(b.last<event::desired_arrived>().desire, R"({"temp":25})");
  EXPECT_GT(b.device.memory_bytes(), 0U);
  b.receive(b.ok(b.token_of(clear), 7));
  EXPECT_EQ(b.device.memory_bytes(), 0U);
  EXPECT_LE(sizeof(client), 200U);
}

} // namespace
} // namespace fleet::shadow
