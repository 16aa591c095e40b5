// Observation (RFC 7641) on both sides, each against a peer played by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/coap_rigs.hpp"

namespace fleet::coap::test {
namespace {

using namespace std::chrono_literals;
using enum message_type;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* mine = "04030201";

/// A client that observes /a and was told state 1 in the answer.
struct observer_rig : client_rig {
  observer_rig() {
    (void)observe();
    EXPECT_THAT(sent(), ElementsAre("CON 0.01 id=1 t=04030201 6:0 11:a"));
    EXPECT_THAT(feed(message(acknowledgement, code::content, 1, mine, {{6, 10U}}, "first")),
                ElementsAre("response 1 2.05 observing =first"));
  }
  lines tell(std::uint32_t sequence, std::string_view state, message_type type = non_confirmable) {
    return feed(message(type, code::content, ++last, mine, {{6, sequence}}, state));
  }
  std::uint32_t last = 1000;
};

TEST(coap_observe, registers_and_takes_notifications_of_both_kinds) {
  observer_rig rig;
  EXPECT_THAT(rig.tell(11, "a"), ElementsAre("notification 1 2.05 11 =a"));
  EXPECT_THAT(rig.sent(), IsEmpty());
  EXPECT_THAT(rig.tell(12, "b", confirmable), ElementsAre("notification 1 2.05 12 =b"));
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 0.00 id=1002"));
  EXPECT_EQ(rig.machine.open_requests(), 1U);
  (void)rig.pass(1h); // no patience runs out
  EXPECT_EQ(rig.machine.open_requests(), 1U);
}

TEST(coap_observe, is_a_plain_request_to_a_server_that_observes_nothing) {
  client_rig rig;
  (void)rig.observe();
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 1, mine, {}, "x")),
              ElementsAre("response 1 2.05 =x"));
  EXPECT_EQ(rig.machine.open_requests(), 0U);
}

TEST(coap_observe, passes_over_what_was_overtaken) { // §3.4
  observer_rig rig;
  EXPECT_EQ(rig.tell(12, "b").size(), 1U);
  EXPECT_THAT(rig.tell(11, "a"), IsEmpty());
  EXPECT_THAT(rig.tell(12, "b"), IsEmpty());
  EXPECT_THAT(rig.tell(11, "a", confirmable), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre(StartsWith("ACK"))); // but it is acknowledged
  EXPECT_EQ(rig.tell(13, "c").size(), 1U);
}

TEST(coap_observe, compares_sequences_around_24_bits) { // §3.4
  observer_rig rig;                                     // at 10
  EXPECT_EQ(rig.tell(10 + (1U << 23) - 1, "far").size(), 1U);
  EXPECT_EQ(rig.tell(0xffffff, "end").size(), 1U);
  EXPECT_EQ(rig.tell(0, "around").size(), 1U);
  EXPECT_THAT(rig.tell(0xffffff, "end"), IsEmpty());
  EXPECT_THAT(rig.tell(1U << 23, "exactly half"), IsEmpty());
  EXPECT_EQ(rig.tell((1U << 23) - 1, "just under").size(), 1U);
}

TEST(coap_observe, believes_any_sequence_after_128_seconds) { // §3.4
  observer_rig rig;
  rig.now += 128s;
  EXPECT_THAT(rig.tell(9, "old"), IsEmpty());
  rig.now += 1ns;
  EXPECT_EQ(rig.tell(9, "restarted").size(), 1U);
  EXPECT_THAT(rig.tell(8, "old"), IsEmpty());
}

TEST(coap_observe, ends_with_a_notification_that_is_no_success) { // §3.2
  observer_rig rig;
  EXPECT_THAT(rig.feed(message(confirmable, code::not_found, 7, mine)),
              ElementsAre("notification 1 4.04 10 last ="));
  EXPECT_EQ(rig.machine.open_requests(), 0U);
  (void)rig.sent();
  EXPECT_THAT(rig.tell(11, "a"), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=1001"));
}

TEST(coap_observe, stops_by_request_and_takes_no_notification_after_it) { // §3.6
  observer_rig rig;
  EXPECT_TRUE(rig.machine.stop_observing(1, rig.now, rig.out));
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=2 t=04030201 6:1 11:a"));
  EXPECT_FALSE(rig.machine.stop_observing(1, rig.now, rig.out));
  EXPECT_THAT(rig.tell(11, "a"), IsEmpty());
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 2, mine, {}, "last")),
              ElementsAre("response 1 2.05 =last"));
  EXPECT_EQ(rig.machine.open_requests(), 0U);
  EXPECT_FALSE(rig.machine.stop_observing(1, rig.now, rig.out));
}

TEST(coap_observe, stops_by_reset_when_it_was_abandoned) { // §3.6
  observer_rig rig;
  rig.machine.abandon(1, rig.now, rig.out);
  EXPECT_THAT(rig.tell(11, "a"), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=1001"));
}

TEST(coap_observe, fetches_the_rest_of_a_large_notification_unless_a_newer_one_comes) {
  observer_rig rig;
  const wire block(64, 'x');
  const auto large = [&](std::uint32_t sequence) {
    return rig.feed(message(
        non_confirmable, code::content, ++rig.last, mine,
        {{4, number(sequence)}, {6, sequence}, opt::block(option::block2, 0, true, 64)}, block));
  };
  EXPECT_THAT(large(11), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=2 t=05030201 11:a 23:1/0/64"));
  EXPECT_THAT(large(12), IsEmpty()); // and so the fetching begins anew
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=3 t=06030201 11:a 23:1/0/64"));
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 3, "06030201",
                               {{4, "12"}, opt::block(option::block2, 1, false, 64)}, "end")),
              ElementsAre("notification 1 2.05 12 =<67>"));
  EXPECT_THAT(rig.tell(13, "small"), ElementsAre("notification 1 2.05 13 =small"));
}

/// A server whose /a is observed by a client with the token 01.
struct observed_rig : server_rig {
  observed_rig() { begin(); }
  explicit observed_rig(server_behaviour b) : server_rig(b) { begin(); }
  void begin() {
    EXPECT_THAT(feed("41 01 00 07 01 60 51 'a'"), ElementsAre("request 1 0.01 begin 6:0 11:a ="));
    EXPECT_EQ(respond(1, "first", true), respond_error::none);
    EXPECT_THAT(sent(), ElementsAre("ACK 2.05 id=7 t=01 6:1 =first"));
    EXPECT_TRUE(machine.observes(1));
  }
};

TEST(coap_observe, tells_of_states_with_rising_sequences) {
  observed_rig rig;
  EXPECT_EQ(rig.notify(1, "a"), respond_error::none);
  EXPECT_THAT(rig.sent(),
              ElementsAre(testing::AllOf(StartsWith("NON 2.05"), EndsWith("t=01 6:2 =a"))));
  rig.now += 3s;
  EXPECT_EQ(rig.notify(1, "b"), respond_error::none);
  EXPECT_THAT(rig.sent(), ElementsAre(EndsWith("t=01 6:3 =b")));
  EXPECT_EQ(rig.notify(2, "x"), respond_error::unknown);
}

TEST(coap_observe, begins_nothing_that_was_not_asked_for_or_is_over_its_limit) {
  server_behaviour b;
  b.observations_max = 1;
  observed_rig rig{b};
  (void)rig.feed("41 01 00 08 02 60 51 'a'");
  EXPECT_EQ(rig.respond(2, "x", true), respond_error::none);
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 2.05 id=8 t=02 =x"));
  EXPECT_FALSE(rig.machine.observes(2));
  server_rig plain;
  (void)plain.feed("41 01 00 08 02 b1 'a'");
  EXPECT_EQ(plain.respond(1, "x", true), respond_error::none);
  EXPECT_THAT(plain.sent(), ElementsAre("ACK 2.05 id=8 t=02 =x"));
  EXPECT_TRUE(rig.machine.observes(1) && !plain.machine.observes(1));
}

TEST(coap_observe, tells_no_more_than_every_three_seconds_and_then_the_latest) { // §4.5.1
  observed_rig rig;
  (void)rig.notify(1, "a");
  (void)rig.sent();
  rig.now += 1s;
  (void)rig.notify(1, "b");
  (void)rig.notify(1, "c");
  EXPECT_THAT(rig.sent(), IsEmpty());
  (void)rig.timeout();
  EXPECT_EQ(rig.now - time_point{}, duration{3s});
  EXPECT_THAT(rig.sent(), ElementsAre(EndsWith("6:4 =c")));
}

TEST(coap_observe, asks_for_a_confirmation_from_time_to_time) { // §4.5
  server_behaviour b;
  b.confirm_every = 1h;
  observed_rig rig{b};
  (void)rig.notify(1, "a");
  EXPECT_THAT(rig.sent(), ElementsAre(StartsWith("NON")));
  rig.now += 1h;
  (void)rig.notify(1, "b");
  const std::string id = rig.id();
  EXPECT_THAT(rig.sent(), ElementsAre(StartsWith("CON")));
  (void)rig.feed("60 00" + id);
  rig.now += 10s;
  (void)rig.notify(1, "c");
  EXPECT_THAT(rig.sent(), ElementsAre(StartsWith("NON")));
}

TEST(coap_observe, ends_when_the_client_resets_either_kind_or_falls_silent) {
  observed_rig non;
  (void)non.notify(1, "a");
  EXPECT_THAT(non.feed("70 00" + non.id()), ElementsAre("observation 1 reset"));
  EXPECT_FALSE(non.machine.observes(1));
  observed_rig con;
  (void)con.notify(1, "a", true);
  EXPECT_THAT(con.feed("70 00" + con.id()), ElementsAre("observation 1 reset"));
  observed_rig silent;
  (void)silent.notify(1, "a", true);
  lines events;
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(events, IsEmpty());
    events = silent.timeout();
  }
  EXPECT_THAT(events, ElementsAre("observation 1 timed_out"));
  EXPECT_EQ(silent.notify(1, "b"), respond_error::unknown);
}

TEST(coap_observe, ends_by_request_and_is_replaced_by_another_of_its_token) {
  observed_rig rig;
  EXPECT_THAT(rig.feed("41 01 00 08 01 60 51 'a'"),
              ElementsAre("request 2 0.01 begin of 1 6:0 11:a ="));
  (void)rig.respond(2, "x", true);
  EXPECT_FALSE(rig.machine.observes(1));
  EXPECT_TRUE(rig.machine.observes(2));
  EXPECT_THAT(rig.feed("41 01 00 09 01 61 01 51 'a'"),
              ElementsAre("request 3 0.01 end of 2 6:1 11:a ="));
  (void)rig.respond(3, "x", true);
  EXPECT_FALSE(rig.machine.observes(2) || rig.machine.observes(3));
}

TEST(coap_observe, ends_with_an_error_and_by_the_owners_will) {
  observed_rig rig;
  EXPECT_EQ(rig.machine.notify(1, {code::not_found, {}, {}, false}, rig.now, rig.out),
            respond_error::none);
  EXPECT_THAT(rig.sent(), ElementsAre(EndsWith("t=01"))); // without Observe
  EXPECT_FALSE(rig.machine.observes(1));
  observed_rig other;
  (void)other.notify(1, "a", true);
  other.machine.end_observation(1, other.now, other.out);
  (void)other.sent();
  (void)other.pass(100s);
  EXPECT_THAT(other.sent(), IsEmpty());
}

TEST(coap_observe, puts_a_newer_state_in_the_place_of_one_that_is_not_acknowledged) { // §4.5.2
  observed_rig rig;
  (void)rig.notify(1, "a", true);
  const std::string first = rig.id();
  (void)rig.sent();
  (void)rig.notify(1, "b");
  (void)rig.notify(1, "c");
  EXPECT_THAT(rig.sent(), IsEmpty());
  const time_point due = rig.machine.next_timeout();
  (void)rig.timeout(); // the tries go on as if nothing had changed
  EXPECT_EQ(rig.now, due);
  const std::string second = rig.id();
  EXPECT_NE(second, first);
  EXPECT_THAT(rig.sent(), ElementsAre(testing::AllOf(StartsWith("CON"), EndsWith("6:4 =c"))));
  EXPECT_THAT(rig.feed("60 00" + first), IsEmpty()); // late, and of no use
  (void)rig.timeout();
  EXPECT_EQ(rig.id(), second);
  (void)rig.sent();
  (void)rig.feed("60 00" + second);
  (void)rig.pass(200s);
  EXPECT_THAT(rig.sent(), IsEmpty());
  EXPECT_TRUE(rig.machine.observes(1));
}

TEST(coap_observe, tells_the_newer_state_at_once_when_the_older_one_is_acknowledged) {
  observed_rig rig;
  (void)rig.notify(1, "a", true);
  const std::string id = rig.id();
  (void)rig.sent();
  (void)rig.notify(1, "b");
  (void)rig.feed("60 00" + id);
  EXPECT_THAT(rig.sent(), ElementsAre(testing::AllOf(StartsWith("CON"), EndsWith("6:3 =b"))));
}

TEST(coap_observe, keeps_the_rest_of_a_large_notification_for_the_client) {
  observed_rig rig;
  const wire body = body_of(1500);
  EXPECT_EQ(rig.notify(1, as_text(body)), respond_error::none);
  EXPECT_THAT(rig.sent(), ElementsAre(HasSubstr("23:0/1/1024 28:1500 =<1024>")));
  EXPECT_THAT(rig.feed(message(confirmable, code::get, 50, "77",
                               {{11, "a"}, opt::block(option::block2, 1, false, 1024)})),
              IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre(HasSubstr("23:1/0/1024 =<476>")));
}

} // namespace
} // namespace fleet::coap::test
