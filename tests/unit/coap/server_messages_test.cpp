// The server's message layer against a client played by hand: answers, duplicates, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/coap_rigs.hpp"

namespace fleet::coap::test {
namespace {

using namespace std::chrono_literals;
using enum message_type;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* get_a = "44 01 00 07 01020304 b1 'a'";

TEST(coap_server, answers_piggy_backed_when_it_is_quick) {
  server_rig rig;
  EXPECT_THAT(rig.feed(get_a), ElementsAre("request 1 0.01 11:a ="));
  EXPECT_EQ(rig.respond(1, "22.3"), respond_error::none);
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 2.05 id=7 t=01020304 =22.3"));
  EXPECT_EQ(rig.respond(1, "again"), respond_error::unknown);
  EXPECT_THAT(rig.sent(), IsEmpty());
}

TEST(coap_server, answers_duplicates_alike_and_tells_of_the_request_once) {
  server_rig rig;
  EXPECT_EQ(rig.feed(get_a).size(), 1U);
  EXPECT_THAT(rig.feed(get_a), IsEmpty()); // before the answer: nothing to repeat yet
  EXPECT_THAT(rig.sent(), IsEmpty());
  (void)rig.respond(1, "x");
  const lines answer = rig.sent();
  for (int i = 0; i < 4; ++i) {
    rig.now += 60s;
    EXPECT_THAT(rig.feed(get_a), IsEmpty());
    EXPECT_EQ(rig.sent(), answer);
  }
  EXPECT_EQ(rig.machine.counts().duplicates, 5U);
}

TEST(coap_server, forgets_a_message_id_after_the_exchange_lifetime) {
  server_rig rig;
  EXPECT_EQ(rig.feed(get_a).size(), 1U);
  (void)rig.respond(1, "x");
  (void)rig.pass(246999ms);
  EXPECT_THAT(rig.feed(get_a), IsEmpty());
  server_rig other;
  EXPECT_EQ(other.feed(get_a).size(), 1U);
  (void)other.respond(1, "x");
  EXPECT_EQ(other.machine.next_timeout() - other.now, duration{247s});
  (void)other.timeout();
  EXPECT_EQ(other.machine.next_timeout(), never);
  EXPECT_TRUE(other.machine.idle());
  EXPECT_THAT(other.feed(get_a), ElementsAre("request 2 0.01 11:a ="));
}

TEST(coap_server, acknowledges_what_takes_longer_and_answers_separately) {
  server_rig rig;
  (void)rig.feed(get_a);
  EXPECT_THAT(rig.timeout(), IsEmpty());
  EXPECT_EQ(rig.now - time_point{}, duration{1s}); // acknowledge_after
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 0.00 id=7"));
  EXPECT_THAT(rig.feed(get_a), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 0.00 id=7"));
  rig.now += 5s;
  EXPECT_EQ(rig.respond(1, "late"), respond_error::none);
  const std::string id = rig.id();
  EXPECT_THAT(rig.sent(), ElementsAre(testing::AllOf(testing::StartsWith("CON 2.05 id="),
                                                     testing::EndsWith("t=01020304 =late"))));
  EXPECT_THAT(rig.feed(get_a), IsEmpty()); // the duplicate is still acknowledged alone
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 0.00 id=7"));
  EXPECT_THAT(rig.feed("60 00" + id), IsEmpty());
  (void)rig.pass(240s);
  EXPECT_THAT(rig.sent(), IsEmpty());
}

TEST(coap_server, sends_a_separate_answer_again_until_it_is_lost_or_reset) {
  server_rig rig;
  (void)rig.feed(get_a);
  (void)rig.timeout();
  (void)rig.respond(1, "late");
  EXPECT_EQ(rig.sent().size(), 2U);
  lines events;
  std::size_t sent = 0;
  while (events.empty()) {
    events = rig.timeout();
    sent += rig.sent().size();
  }
  EXPECT_THAT(events, ElementsAre("answer 1 timed_out"));
  EXPECT_EQ(sent, 4U);
  (void)rig.feed("44 01 00 08 01020305 b1 'a'");
  (void)rig.pass(1s);
  (void)rig.sent();
  (void)rig.respond(2, "late");
  EXPECT_THAT(rig.feed("70 00" + rig.id()), ElementsAre("answer 2 reset"));
}

TEST(coap_server, can_drop_what_it_has_no_room_to_answer_and_is_idle_then) {
  server_behaviour narrow;
  narrow.limits.waiting_max = 1;
  server_rig rig{narrow};
  EXPECT_TRUE(rig.machine.has_room());
  for (const char* each : {get_a, "44 01 00 08 01020305 b1 'a'"}) {
    (void)rig.feed(each);
  }
  (void)rig.timeout(); // both are acknowledged
  EXPECT_EQ(rig.respond(1, "late"), respond_error::none);
  EXPECT_FALSE(rig.machine.has_room());
  EXPECT_EQ(rig.respond(2, "too late"), respond_error::no_room);
  (void)rig.pass(coap::transmission{}.max_transmit_wait() * 2);
  (void)rig.pass(coap::transmission{}.exchange_lifetime() * 2);
  while (rig.machine.next_timeout() != never) {
    (void)rig.timeout();
  }
  EXPECT_FALSE(rig.machine.idle()) << "one is owed yet";
  rig.machine.drop(2);
  EXPECT_TRUE(rig.machine.idle());
  EXPECT_EQ(rig.respond(2, "after all"), respond_error::unknown);
}

TEST(coap_server, answers_a_non_confirmable_request_alike_and_its_duplicates_not_at_all) {
  server_rig rig;
  const std::string get = "54 01 00 07 01020304 b1 'a'";
  EXPECT_THAT(rig.feed(get), ElementsAre("request 1 0.01 non 11:a ="));
  (void)rig.respond(1, "x");
  EXPECT_THAT(rig.sent(), ElementsAre(testing::StartsWith("NON 2.05")));
  EXPECT_THAT(rig.feed(get), IsEmpty());
  EXPECT_THAT(rig.sent(), IsEmpty());
}

TEST(coap_server, refuses_critical_options_that_nobody_understands) {
  server_rig rig;
  EXPECT_THAT(rig.feed("41 01 00 07 01 90"), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 4.02 id=7 t=01 =option 9 is not understood"));
  EXPECT_THAT(rig.feed("51 01 00 08 01 90"), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=8"));
  EXPECT_THAT(rig.feed("41 02 00 09 01 d1 30 't'"), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 4.02 id=9 t=01 =option 61 is not understood"));
  static constexpr std::uint16_t vendors[] = {61, 2089}; // aliyun-iot.md §17.3
  server_behaviour b;
  b.also_known = vendors;
  server_rig twin{b};
  EXPECT_THAT(twin.feed("41 02 00 09 01 d1 30 't' e1 06 df 's'"),
              ElementsAre("request 1 0.02 61:t 2089:s ="));
}

TEST(coap_server, is_no_proxy) {
  server_rig rig;
  EXPECT_THAT(rig.feed("40 01 00 07 d7 16 'coap://'"), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 5.05 id=7"));
  EXPECT_THAT(rig.feed("40 01 00 08 d4 1a 'coap'"), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 5.05 id=8"));
}

TEST(coap_server, puts_off_requests_over_its_limit) {
  server_behaviour b;
  b.requests_max = 2;
  server_rig rig{b};
  EXPECT_EQ(rig.feed("40 01 00 01").size(), 1U);
  EXPECT_EQ(rig.feed("40 01 00 02").size(), 1U);
  EXPECT_THAT(rig.feed("40 01 00 03"), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 5.03 id=3 14:1"));
  (void)rig.respond(1, "x");
  EXPECT_EQ(rig.feed("40 01 00 04").size(), 1U);
}

TEST(coap_server, ignores_what_was_sent_to_a_group) {
  server_rig rig;
  for (const char* in : {get_a, "54 01 00 08 01020304 b1 'a'", "40 00 00 09", "40 45 00 0a ff"}) {
    EXPECT_THAT(rig.feed(octets(in), destination::multicast), IsEmpty()) << in;
  }
  EXPECT_THAT(rig.sent(), IsEmpty()); // no answer, no reset (RFC 7252 §8.1)
  EXPECT_TRUE(rig.machine.idle());
}

TEST(coap_server, resets_what_is_no_request_and_answers_pings) {
  server_rig rig;
  EXPECT_THAT(rig.feed("40 00 00 01"), IsEmpty());
  EXPECT_THAT(rig.feed("40 45 00 02"), IsEmpty());
  EXPECT_THAT(rig.feed("50 45 00 03"), IsEmpty());
  EXPECT_THAT(rig.feed("49 01 00 04"), IsEmpty());
  EXPECT_THAT(rig.feed("40 e0 00 05"), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=1", "RST 0.00 id=2", "RST 0.00 id=3",
                                      "RST 0.00 id=4", "RST 0.00 id=5"));
  for (const char* in : {"60 00 00 01", "70 00 00 01", "60 45 00 01", "70 45 00 01"}) {
    EXPECT_THAT(rig.feed(in), IsEmpty()) << in;
  }
  EXPECT_THAT(rig.sent(), IsEmpty());
}

TEST(coap_server, keeps_the_last_replies_within_its_limit_of_octets) {
  server_rig rig; // 2,048 octets
  const std::string payload(900, 'p');
  for (std::uint32_t id = 1; id <= 4; ++id) {
    EXPECT_EQ(rig.feed(message(confirmable, code::get, id, "01")).size(), 1U);
    EXPECT_EQ(rig.respond(id, payload), respond_error::none);
  }
  (void)rig.sent();
  for (const std::uint32_t id : {1U, 2U, 3U, 4U}) {
    EXPECT_THAT(rig.feed(message(confirmable, code::get, id, "01")), IsEmpty()) << id;
    EXPECT_EQ(rig.sent().size(), id >= 3 ? 1U : 0U) << id;
  }
}

TEST(coap_server, refuses_answers_that_cannot_be_sent) {
  server_rig rig;
  (void)rig.feed(get_a);
  const std::vector<option_view> many(options_max + 1, {option::location_path, {}});
  EXPECT_EQ(rig.machine.respond(1, {code::created, many, {}, false}, rig.now, rig.out),
            respond_error::too_many_options);
  const std::string name(250, 'n');
  const std::vector<option_view> wide(5, {option::location_path, as_bytes(name)});
  EXPECT_EQ(rig.machine.respond(1, {code::created, wide, {}, false}, rig.now, rig.out),
            respond_error::too_large);
  EXPECT_THAT(rig.sent(), IsEmpty());
  EXPECT_EQ(rig.respond(1, "x"), respond_error::none); // it still waits
  EXPECT_EQ(rig.respond(2, "x"), respond_error::unknown);
}

TEST(coap_server, sends_one_separate_answer_at_a_time_and_queues_the_rest) {
  server_behaviour b;
  b.limits.waiting_max = 2;
  server_rig rig{b};
  for (std::uint32_t id = 1; id <= 3; ++id) {
    (void)rig.feed(message(confirmable, code::get, id, "01"));
  }
  (void)rig.pass(1s);
  EXPECT_EQ(rig.sent().size(), 3U);
  EXPECT_EQ(rig.respond(1, "one"), respond_error::none);
  EXPECT_EQ(rig.respond(2, "two"), respond_error::none);
  EXPECT_EQ(rig.respond(3, "three"), respond_error::no_room);
  const std::string id = rig.id();
  EXPECT_THAT(rig.sent(), ElementsAre(testing::EndsWith("=one")));
  (void)rig.feed("60 00" + id);
  EXPECT_THAT(rig.sent(), ElementsAre(testing::EndsWith("=two")));
  EXPECT_EQ(rig.respond(3, "three"), respond_error::none);
}

} // namespace
} // namespace fleet::coap::test
