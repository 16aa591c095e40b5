// The client's block-wise transfers (RFC 7959) against a server played by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/coap_rigs.hpp"

namespace fleet::coap::test {
namespace {

using namespace std::chrono_literals;
using enum message_type;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The token of the n-th request, from 1.
std::string token(unsigned n) {
  const std::uint8_t low = static_cast<std::uint8_t>(3 + n);
  return hex(wire{low, 3, 2, 1});
}

/// The n-th request is acknowledged with this.
lines reply(client_rig& rig, unsigned n, code c, const std::vector<opt>& options,
            bytes_view payload = {}) {
  return rig.feed(message(acknowledgement, c, n, token(n), options, payload));
}
opt block1(std::uint32_t num, bool more, std::uint32_t size) {
  return opt::block(option::block1, num, more, size);
}
opt block2(std::uint32_t num, bool more, std::uint32_t size) {
  return opt::block(option::block2, num, more, size);
}

TEST(coap_client_blocks, cuts_a_large_payload_and_tells_its_size_first) {
  client_rig rig;
  (void)rig.post(body_of(2500));
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.02 id=1 t=04030201 11:a 27:0/1/1024 60:2500 =<1024>"));
  EXPECT_THAT(reply(rig, 1, code::continue_, {block1(0, true, 1024)}), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.02 id=2 t=05030201 11:a 27:1/1/1024 =<1024>"));
  EXPECT_THAT(reply(rig, 2, code::continue_, {block1(1, true, 1024)}), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.02 id=3 t=06030201 11:a 27:2/0/1024 =<452>"));
  EXPECT_THAT(reply(rig, 3, code::changed, {block1(2, false, 1024)}, as_bytes("ok")),
              ElementsAre("response 1 2.04 =ok"));
  EXPECT_EQ(rig.machine.open_requests(), 0U);
}

TEST(coap_client_blocks, sends_what_fits_one_block_as_it_is) {
  client_rig rig;
  (void)rig.post(body_of(1024));
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.02 id=1 t=04030201 11:a =<1024>"));
  EXPECT_THAT(reply(rig, 1, code::changed, {}), ElementsAre("response 1 2.04 ="));
}

TEST(coap_client_blocks, cuts_nothing_that_is_to_go_whole) {
  client_rig rig{[] {
    client_behaviour b;
    b.limits.message_max = 1280;
    return b;
  }()};
  const wire body = body_of(1040);
  const option_view path[] = {path_a};
  request_fields f;
  f.method = code::post;
  f.options = path;
  f.payload = body;
  f.whole_max = 1040;
  const auto over = rig.machine.request(f, rig.now, rig.out);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error(), request_error::too_large);
  f.whole_max = 1280;
  for (const bool confirmable : {true, false}) {
    f.confirmable = confirmable;
    f.brief = confirmable ? duration::zero() : 5s;
    ASSERT_TRUE(rig.machine.request(f, rig.now, rig.out).ok());
    const auto sent = rig.sent();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_THAT(sent[0], HasSubstr("11:a =<1040>"));
    rig.machine.abandon_all();
  }
}

TEST(coap_client_blocks, goes_on_in_the_size_that_the_server_wants) { // §2.3, early negotiation
  client_rig rig;
  const wire body = body_of(2100);
  (void)rig.post(body);
  (void)rig.sent();
  (void)reply(rig, 1, code::continue_, {block1(0, true, 64)});
  message_view m;
  ASSERT_FALSE(decode(rig.out.front(), 2000, m));
  EXPECT_EQ(as_text(m.payload), as_text(bytes_view{body}.subspan(1024, 64)));
  EXPECT_THAT(rig.sent(), ElementsAre(HasSubstr("27:16/1/64 =")));
  (void)reply(rig, 2, code::continue_, {block1(16, true, 64)});
  EXPECT_THAT(rig.sent(), ElementsAre(HasSubstr("27:17/1/64 =")));
}

TEST(coap_client_blocks, begins_anew_with_smaller_blocks_when_told_that_they_were_too_large) {
  client_rig rig;
  (void)rig.post(body_of(2000));
  (void)rig.sent();
  EXPECT_THAT(reply(rig, 1, code::request_entity_too_large, {block1(0, true, 256)}), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre(HasSubstr("27:0/1/256 60:2000 =<256>")));
  // The same to what was sent whole.
  client_rig other;
  (void)other.post(body_of(800));
  (void)other.sent();
  EXPECT_THAT(reply(other, 1, code::request_entity_too_large, {block1(0, false, 512)}), IsEmpty());
  EXPECT_THAT(other.sent(), ElementsAre(HasSubstr("27:0/1/512 60:800 =<512>")));
  // Nothing smaller is named: that is the answer.
  EXPECT_THAT(reply(other, 2, code::request_entity_too_large, {block1(0, true, 512)}),
              ElementsAre("response 1 4.13 ="));
}

TEST(coap_client_blocks, begins_anew_when_blocks_are_missing_but_not_for_ever) {
  client_rig rig;
  (void)rig.post(body_of(3000));
  unsigned n = 1;
  lines events;
  for (int i = 0; i < 10 && events.empty(); ++i) {
    (void)reply(rig, n++, code::continue_, {block1(0, true, 1024)});
    events = reply(rig, n++, code::request_entity_incomplete, {});
  }
  EXPECT_THAT(events, ElementsAre("response 1 4.08 ="));
  EXPECT_EQ(n, 9U); // restarts_max is 3
}

TEST(coap_client_blocks, fails_when_the_server_loses_count) {
  client_rig rig;
  (void)rig.post(body_of(1500));
  lines events;
  unsigned n = 1;
  for (int i = 0; i < 20 && events.empty(); ++i) {
    events = reply(rig, n++, code::continue_, {}); // without Block1
  }
  EXPECT_THAT(events, ElementsAre("failed 1 incomplete"));
  EXPECT_EQ(rig.machine.open_requests(), 0U);
}

TEST(coap_client_blocks, takes_an_early_answer_for_the_answer) {
  client_rig rig;
  (void)rig.post(body_of(3000));
  EXPECT_THAT(reply(rig, 1, code::unauthorized, {}, as_bytes("no")),
              ElementsAre("response 1 4.01 =no"));
  EXPECT_EQ(rig.machine.open_requests(), 0U);
}

TEST(coap_client_blocks, fetches_the_rest_of_an_answer) {
  client_rig rig;
  const wire body = body_of(2500);
  const bytes_view all{body};
  (void)rig.get();
  (void)rig.sent();
  EXPECT_THAT(reply(rig, 1, code::content, {{4, "e"}, block2(0, true, 1024)}, all.first(1024)),
              IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre("CON 0.01 id=2 t=05030201 11:a 23:1/0/1024"));
  EXPECT_THAT(
      reply(rig, 2, code::content, {{4, "e"}, block2(1, true, 1024)}, all.subspan(1024, 1024)),
      IsEmpty());
  const wire last = message(acknowledgement, code::content, 3, token(3),
                            {{4, "e"}, block2(2, false, 1024)}, all.subspan(2048));
  rig.machine.receive(last, rig.now);
  const auto event = rig.machine.next_event(rig.out);
  ASSERT_TRUE(event);
  const auto& r = std::get<client_event::response_arrived>(*event);
  EXPECT_EQ(as_text(r.payload), as_text(all));
}

TEST(coap_client_blocks, goes_on_in_the_size_of_the_servers_blocks) {
  client_rig rig;
  const wire body = body_of(100);
  (void)rig.get();
  (void)rig.sent();
  (void)reply(rig, 1, code::content, {block2(0, true, 64)}, bytes_view{body}.first(64));
  EXPECT_THAT(rig.sent(), ElementsAre(HasSubstr("23:1/0/64")));
  EXPECT_THAT(reply(rig, 2, code::content, {block2(1, false, 64)}, bytes_view{body}.subspan(64)),
              ElementsAre("response 1 2.05 =<100>"));
  client_behaviour b;
  b.block_szx = 2; // it wants 64 itself (§2.4)
  client_rig small{b};
  (void)small.get();
  EXPECT_THAT(small.sent(), ElementsAre("CON 0.01 id=1 t=04030201 11:a 23:0/0/64"));
}

TEST(coap_client_blocks, begins_anew_when_the_representation_changes) {
  client_rig rig;
  const wire block(64, 'x');
  (void)rig.get();
  (void)reply(rig, 1, code::content, {{4, "one"}, block2(0, true, 64)}, block);
  (void)rig.sent();
  EXPECT_THAT(reply(rig, 2, code::content, {{4, "two"}, block2(1, true, 64)}, block), IsEmpty());
  EXPECT_THAT(rig.sent(), ElementsAre(HasSubstr("23:0/0/64")));
  (void)reply(rig, 3, code::content, {{4, "two"}, block2(0, true, 64)}, block);
  EXPECT_THAT(reply(rig, 4, code::content, {{4, "two"}, block2(1, false, 64)}, as_bytes("end")),
              ElementsAre("response 1 2.05 =<67>"));
}

TEST(coap_client_blocks, gives_up_on_a_server_whose_blocks_never_fit) {
  const wire block(64, 'x');
  for (const std::uint32_t num : {0U, 5U}) { // the first again and again, and a gap
    client_rig rig;
    (void)rig.get();
    (void)reply(rig, 1, code::content, {block2(0, true, 64)}, block);
    lines events;
    unsigned n = 2;
    while (events.empty() && n < 50) {
      events = reply(rig, n++, code::content, {block2(num, true, 64)}, block);
    }
    EXPECT_THAT(events, ElementsAre("failed 1 incomplete")) << num;
  }
  client_rig odd;
  (void)odd.get();
  EXPECT_THAT(reply(odd, 1, code::content, {block2(0, true, 64)}, as_bytes("short")),
              ElementsAre("failed 1 incomplete"));
  client_rig reserved;
  (void)reserved.get();
  EXPECT_THAT(reply(reserved, 1, code::content, {{option::block2, 15U}}, block),
              ElementsAre("failed 1 incomplete"));
}

TEST(coap_client_blocks, refuses_an_answer_over_its_limit_by_hint_or_by_octets) {
  client_behaviour b;
  b.body_max = 100;
  const wire block(64, 'x');
  client_rig hinted{b};
  (void)hinted.get();
  EXPECT_THAT(reply(hinted, 1, code::content, {block2(0, true, 64), {option::size2, 101U}}, block),
              ElementsAre("failed 1 too_large"));
  client_rig counted{b};
  (void)counted.get();
  EXPECT_THAT(reply(counted, 1, code::content, {block2(0, true, 64)}, block), IsEmpty());
  EXPECT_THAT(reply(counted, 2, code::content, {block2(1, true, 64)}, block),
              ElementsAre("failed 1 too_large"));
}

TEST(coap_client_blocks, fails_a_transfer_whose_block_is_never_acknowledged) {
  client_rig rig;
  (void)rig.post(body_of(3000));
  (void)reply(rig, 1, code::continue_, {block1(0, true, 1024)});
  lines events;
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(events, IsEmpty());
    events = rig.timeout();
  }
  EXPECT_THAT(events, ElementsAre("failed 1 timed_out"));
  EXPECT_EQ(rig.machine.next_timeout(), never);
}

TEST(coap_client_blocks, waits_no_longer_for_the_whole_than_it_was_told) {
  client_behaviour b;
  b.overall_patience = 10s;
  client_rig rig{b};
  (void)rig.post(body_of(3000));
  for (unsigned n = 1; n <= 2; ++n) {
    rig.now += 4s;
    EXPECT_THAT(reply(rig, n, code::continue_, {block1(n - 1, true, 1024)}), IsEmpty());
  }
  EXPECT_THAT(rig.timeout(), ElementsAre("failed 1 no_answer"));
  EXPECT_EQ(rig.now - time_point{}, duration{10s});
}

} // namespace
} // namespace fleet::coap::test
