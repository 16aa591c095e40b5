// The client's message layer against a server played by hand: replies, separate responses, what is
// rejected, and what must wait.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/coap_rigs.hpp"

namespace fleet::coap::test {
namespace {

using namespace std::chrono_literals;
using enum message_type;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* first = "04030201"; ///< the tokens of the first requests
constexpr const char* second = "05030201";

TEST(coap_client, takes_a_piggy_backed_response_and_has_nothing_left_to_do) {
  client_rig rig;
  EXPECT_EQ(rig.get(), 1U);
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=1 t=04030201 11:a"));
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 1, first, {}, "22.3")),
              ElementsAre("response 1 2.05 =22.3"));
  EXPECT_THAT(rig.sent(), IsEmpty());
  EXPECT_EQ(rig.machine.next_timeout(), never);
  EXPECT_EQ(rig.machine.open_requests(), 0U);
}

TEST(coap_client, waits_for_a_separate_response_once_its_request_is_acknowledged) {
  client_rig rig;
  (void)rig.get();
  (void)rig.sent();
  EXPECT_THAT(rig.feed("60 00 00 01"), IsEmpty());
  EXPECT_EQ(rig.machine.next_timeout() - rig.now, duration{247s}); // answer_patience
  (void)rig.pass(100s);
  EXPECT_THAT(rig.sent(), IsEmpty());
  const wire response = message(confirmable, code::content, 0x7777, first, {}, "late");
  EXPECT_THAT(rig.feed(response), ElementsAre("response 1 2.05 =late"));
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 0.00 id=30583"));
  EXPECT_THAT(rig.feed(response), IsEmpty()); // our acknowledgement was lost
  EXPECT_THAT(rig.sent(), ElementsAre("ACK 0.00 id=30583"));
  EXPECT_EQ(rig.machine.counts().duplicates, 1U);
}

TEST(coap_client, takes_a_separate_response_for_the_acknowledgement_that_was_lost) {
  client_rig rig;
  (void)rig.get();
  (void)rig.sent();
  EXPECT_THAT(rig.feed(message(non_confirmable, code::content, 9, first, {}, "now")),
              ElementsAre("response 1 2.05 =now"));
  EXPECT_THAT(rig.sent(), IsEmpty());
  EXPECT_THAT(rig.feed("60 00 00 01"), IsEmpty()); // it comes late
  EXPECT_EQ(rig.machine.counts().ignored, 1U);
  (void)rig.pass(300s);
  EXPECT_THAT(rig.sent(), IsEmpty());
  EXPECT_EQ(rig.machine.next_timeout(), never);
}

TEST(coap_client, fails_a_request_that_is_reset_and_one_that_is_never_answered) {
  client_rig rig;
  (void)rig.get();
  EXPECT_THAT(rig.feed("70 00 00 01"), ElementsAre("failed 1 reset"));
  (void)rig.get();
  (void)rig.feed("60 00 00 02");
  EXPECT_THAT(rig.timeout(), ElementsAre("failed 2 no_answer"));
  EXPECT_EQ(rig.now - time_point{}, duration{247s});
  EXPECT_EQ(rig.machine.next_timeout(), never);
}

TEST(coap_client, ignores_replies_whose_id_or_token_is_not_the_requests) {
  client_rig rig;
  (void)rig.get();
  (void)rig.sent();
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 2, first)), IsEmpty());
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 1, second)), IsEmpty());
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 1, "0403")), IsEmpty());
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 1, "")), IsEmpty());
  EXPECT_THAT(rig.feed(message(acknowledgement, code::post, 1, first)), IsEmpty());
  EXPECT_THAT(rig.feed(message(reset, code::content, 1, first)), IsEmpty());
  EXPECT_THAT(rig.feed("70 00 00 09"), IsEmpty());
  EXPECT_THAT(rig.sent(), IsEmpty()); // none of these is answered (§4.2)
  EXPECT_THAT(rig.timeout(), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=1 t=04030201 11:a"));
  EXPECT_EQ(rig.machine.open_requests(), 1U);
}

TEST(coap_client, resets_what_it_cannot_use_and_again_when_it_comes_again) {
  client_rig rig;
  const wire stranger = message(confirmable, code::content, 5, "99");
  EXPECT_THAT(rig.feed(stranger), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=5"));
  EXPECT_THAT(rig.feed(stranger), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=5"));
  EXPECT_THAT(rig.feed(message(non_confirmable, code::content, 6, "99")), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=6"));
  EXPECT_THAT(rig.feed(message(confirmable, code::get, 7, "99")), IsEmpty()); // it serves nothing
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=7"));
  EXPECT_THAT(rig.feed("40 00 00 08"), IsEmpty()); // a ping
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=8"));
  EXPECT_THAT(rig.feed("40 45 00 09 ff"), IsEmpty()); // malformed (§4.2)
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=9"));
  EXPECT_THAT(rig.feed("50 45 00 0a ff"), IsEmpty()); // in silence (§4.3)
  EXPECT_THAT(rig.feed("50 00 00 0b"), IsEmpty());
  EXPECT_THAT(rig.feed("80 01 00 0c"), IsEmpty()); // another version (§3)
  EXPECT_THAT(rig.feed("40 01"), IsEmpty());
  EXPECT_THAT(rig.sent(), IsEmpty());
  EXPECT_EQ(rig.machine.counts().malformed, 5U);
}

TEST(coap_client, fails_on_a_response_with_a_critical_option_it_does_not_understand) {
  client_rig rig;
  (void)rig.get();
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 1, first, {{9, "x"}})),
              ElementsAre("failed 1 bad_option"));
  (void)rig.get();
  (void)rig.feed("60 00 00 02");
  (void)rig.sent();
  EXPECT_THAT(rig.feed(message(confirmable, code::content, 77, second, {{9, "x"}})),
              ElementsAre("failed 2 bad_option"));
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=77"));
  EXPECT_EQ(rig.machine.open_requests(), 0U);
}

TEST(coap_client, has_one_request_under_way_and_the_others_wait_in_order) {
  client_rig rig;
  (void)rig.get();
  (void)rig.get();
  (void)rig.get();
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=1 t=04030201 11:a"));
  (void)rig.feed("60 00 00 01"); // acknowledged: no longer outstanding (§4.7)
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=2 t=05030201 11:a"));
  EXPECT_THAT(rig.feed("70 00 00 02"), ElementsAre("failed 2 reset"));
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=3 t=06030201 11:a"));
}

TEST(coap_client, has_as_many_under_way_as_nstart_says) {
  client_behaviour b;
  b.timing.nstart = 3;
  client_rig rig{b};
  for (int i = 0; i < 5; ++i) {
    (void)rig.get();
  }
  EXPECT_EQ(rig.sent().size(), 3U);
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 2, second, {}, "x")),
              ElementsAre("response 2 2.05 =x"));
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=4 t=07030201 11:a"));
}

TEST(coap_client, takes_requests_up_to_its_limits) {
  client_behaviour b;
  b.requests_max = 3;
  client_rig rig{b};
  (void)rig.get();
  (void)rig.get();
  (void)rig.get();
  const auto fourth = rig.machine.request({}, rig.now, rig.out);
  ASSERT_FALSE(fourth.ok());
  EXPECT_EQ(fourth.error(), request_error::too_many);
  const wire body(64 * 1024 + 1, 'x');
  client_rig other;
  request_fields f;
  f.payload = body;
  EXPECT_EQ(other.machine.request(f, other.now, other.out).error(), request_error::too_large);
  const std::vector<option_view> many(options_max + 1, path_a);
  f = {};
  f.options = many;
  EXPECT_EQ(other.machine.request(f, other.now, other.out).error(),
            request_error::too_many_options);
  const std::string path(255, 'p');
  const std::vector<option_view> wide(5, {option::uri_path, as_bytes(path)});
  f.options = wide;
  EXPECT_EQ(other.machine.request(f, other.now, other.out).error(), request_error::too_large);
  EXPECT_EQ(other.machine.open_requests(), 0U);
  EXPECT_THAT(other.sent(), IsEmpty());
}

TEST(coap_client, lets_nothing_wait_for_a_request_whose_answer_matters_for_a_moment_only) {
  client_rig rig;
  request_fields brief;
  brief.confirmable = false;
  brief.brief = 5s;
  (void)rig.get(); // holds NSTART
  EXPECT_EQ(rig.ask(brief), 2U);
  EXPECT_EQ(rig.ask(brief), 3U);
  EXPECT_THAT(rig.sent(),
              ElementsAre("CON 0.01 id=1 t=04030201 11:a", "NON 0.01 id=2 t=05030201 11:a",
                          "NON 0.01 id=3 t=06030201 11:a"));
  EXPECT_THAT(rig.feed(message(non_confirmable, code::content, 1, second, {}, "b")),
              ElementsAre("response 2 2.05 =b"));
  EXPECT_THAT(rig.feed(message(acknowledgement, code::content, 1, first, {}, "a")),
              ElementsAre("response 1 2.05 =a"));
  EXPECT_EQ(rig.machine.next_timeout() - rig.now, duration{5s});
  EXPECT_THAT(rig.timeout(), ElementsAre(testing::StartsWith("failed 3")));
  EXPECT_EQ(rig.machine.open_requests(), 0U);
  for (int i = 0; i < rig.behaviour.requests_max; ++i) {
    (void)rig.ask(brief);
  }
  EXPECT_EQ(rig.machine.request(brief, rig.now, rig.out).error(), request_error::too_many);
}

TEST(coap_client, spaces_unanswered_non_confirmable_requests_by_the_probing_rate) {
  client_rig rig; // one octet a second (§4.7, §4.8)
  (void)rig.get_non();
  const std::size_t size = rig.out.front().size();
  (void)rig.get_non();
  EXPECT_THAT(rig.sent(), ElementsAre("NON 0.01 id=1 t=04030201 11:a"));
  EXPECT_THAT(rig.timeout(), IsEmpty());
  EXPECT_EQ(rig.now - time_point{}, std::chrono::seconds{size});
  EXPECT_THAT(rig.sent(), ElementsAre("NON 0.01 id=2 t=05030201 11:a"));
  // An answer frees the way at once, and a late one is still taken.
  (void)rig.get_non();
  EXPECT_THAT(rig.feed(message(non_confirmable, code::content, 1, second, {}, "b")),
              ElementsAre("response 2 2.05 =b"));
  EXPECT_THAT(rig.sent(), ElementsAre("NON 0.01 id=3 t=06030201 11:a"));
  EXPECT_THAT(rig.feed(message(non_confirmable, code::content, 2, first, {}, "a")),
              ElementsAre("response 1 2.05 =a"));
  EXPECT_EQ(rig.machine.counts().retransmissions, 0U);
}

TEST(coap_client, pings_and_tells_whether_anybody_is_there) {
  client_rig rig;
  EXPECT_EQ(rig.machine.ping(rig.now, rig.out).value(), 1U);
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.00 id=1"));
  EXPECT_THAT(rig.feed("70 00 00 01"), ElementsAre("ping 1 answered"));
  (void)rig.machine.ping(rig.now, rig.out);
  lines events;
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(events, IsEmpty());
    events = rig.timeout();
  }
  EXPECT_THAT(events, ElementsAre("ping 2 unanswered"));
}

TEST(coap_client, abandons_a_request_and_resets_its_answer) {
  client_rig rig;
  const request_id id = rig.get();
  (void)rig.get();
  (void)rig.sent();
  rig.machine.abandon(id, rig.now, rig.out);
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=2 t=05030201 11:a"));
  EXPECT_THAT(rig.feed(message(confirmable, code::content, 8, first)), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("RST 0.00 id=8"));
  rig.machine.abandon_all();
  EXPECT_EQ(rig.machine.next_timeout(), never);
  EXPECT_EQ(rig.machine.open_requests(), 0U);
  (void)rig.get(); // and ids go on
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=3 t=06030201 11:a"));
}

TEST(coap_client, behaves_as_the_vendors_sdk_when_asked) { // aliyun-iot.md §17.5
  const client_behaviour sdk = sdk_behaviour();
  client machine{sdk, random_stream{1, 1, "coap"}};
  datagrams out;
  time_point now{};
  const option_view path[] = {path_a};
  request_fields f;
  f.method = code::post;
  f.options = path;
  ASSERT_TRUE(machine.request(f, now, out).ok());
  EXPECT_THAT(take_sent(out), ElementsAre("CON 0.02 id=1 t=04030201 11:a"));
  std::vector<duration> at;
  while (machine.next_timeout() != never) {
    now = machine.next_timeout();
    at.push_back(now.time_since_epoch());
    machine.handle_timeout(now, out);
  }
  EXPECT_THAT(at, ElementsAre(4s, 12s, 20s)); // it gives up after ten cycles
  EXPECT_EQ(describe(*machine.next_event(out)), "failed 1 no_answer");
}

TEST(coap_client, draws_ids_and_tokens_that_nobody_can_foretell_by_default) {
  const client_behaviour b;
  std::set<std::string> tokens;
  for (std::uint64_t device = 0; device < 50; ++device) {
    client machine{b, random_stream{1, device, "coap"}};
    datagrams out;
    ASSERT_TRUE(machine.request({}, {}, out).ok());
    tokens.insert(hex(out.front().subspan(2)));
  }
  EXPECT_EQ(tokens.size(), 50U);
}

} // namespace
} // namespace fleet::coap::test
