// The server's block-wise transfers (RFC 7959) against a client played by hand, and both machines
// together without a weather.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/coap_pair.hpp"
#include "tests/support/coap_rigs.hpp"

namespace fleet::coap::test {
namespace {

using namespace std::chrono_literals;
using enum message_type;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct block_rig : server_rig {
  block_rig() = default;
  explicit block_rig(server_behaviour b) : server_rig(b) {}

  /// A block of a PUT to /a.
  lines put(std::uint32_t num, bool more, std::uint32_t size, bytes_view payload) {
    return feed(message(confirmable, code::put, ++last, "01",
                        {{11, "a"}, opt::block(option::block1, num, more, size)}, payload));
  }
  /// Asks for a part of /a.
  lines get(std::uint32_t num, std::uint32_t size) {
    return feed(message(confirmable, code::get, ++last, "02",
                        {{11, "a"}, opt::block(option::block2, num, false, size)}));
  }
  std::string answer() {
    const lines all = sent();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? "" : all.front().substr(0, 9) + all.front().substr(all.front().find('t'));
  }
  std::uint32_t last = 0;
};

TEST(coap_server_blocks, joins_a_request_and_tells_of_it_once_it_is_whole) {
  block_rig rig;
  const wire body = body_of(150);
  const bytes_view all{body};
  EXPECT_THAT(rig.put(0, true, 64, all.first(64)), IsEmpty());
  EXPECT_EQ(rig.answer(), "ACK 2.31 t=01 27:0/1/64");
  EXPECT_THAT(rig.put(1, true, 64, all.subspan(64, 64)), IsEmpty());
  EXPECT_EQ(rig.answer(), "ACK 2.31 t=01 27:1/1/64");
  EXPECT_THAT(rig.put(2, false, 64, all.subspan(128)),
              ElementsAre("request 1 0.03 11:a 27:2/0/64 =<150>"));
  EXPECT_EQ(rig.machine.respond(1, {code::changed, {}, {}, false}, rig.now, rig.out),
            respond_error::none);
  EXPECT_EQ(rig.answer(), "ACK 2.04 t=01 27:2/0/64");
}

TEST(coap_server_blocks, takes_a_single_block_as_a_request) {
  block_rig rig;
  EXPECT_THAT(rig.put(0, false, 64, as_bytes("small")),
              ElementsAre("request 1 0.03 11:a 27:0/0/64 =small"));
  (void)rig.respond(1, "x");
  EXPECT_EQ(rig.answer(), "ACK 2.05 t=01 27:0/0/64 =x");
}

TEST(coap_server_blocks, asks_for_the_size_it_wants) {
  server_behaviour b;
  b.block_szx = 2; // 64
  block_rig rig{b};
  const wire body = body_of(300);
  const bytes_view all{body};
  (void)rig.put(0, true, 128, all.first(128));
  EXPECT_EQ(rig.answer(), "ACK 2.31 t=01 27:0/1/64");
  (void)rig.put(2, true, 64, all.subspan(128, 64));
  EXPECT_EQ(rig.answer(), "ACK 2.31 t=01 27:2/1/64");
}

TEST(coap_server_blocks, refuses_blocks_that_do_not_fit_together) {
  block_rig rig;
  const wire body = body_of(64);
  EXPECT_THAT(rig.put(1, true, 64, body), IsEmpty()); // no first one
  EXPECT_EQ(rig.answer(), "ACK 4.08 t=01");
  (void)rig.put(0, true, 64, body);
  (void)rig.answer();
  (void)rig.put(2, true, 64, body); // a gap
  EXPECT_EQ(rig.answer(), "ACK 4.08 t=01");
  // Another resource has nothing to go on with.
  (void)rig.feed(message(confirmable, code::put, 99, "01",
                         {{11, "b"}, opt::block(option::block1, 1, true, 64)}, body));
  EXPECT_EQ(rig.answer(), "ACK 4.08 t=01");
  (void)rig.put(1, true, 64, as_bytes("short"));
  EXPECT_EQ(rig.answer(), "ACK 4.00 t=01");
  (void)rig.put(1, false, 16, body); // more than its size
  EXPECT_EQ(rig.answer(), "ACK 4.00 t=01");
  (void)rig.feed(message(confirmable, code::put, 100, "01", {{option::block1, 15U}}, body));
  EXPECT_EQ(rig.answer(), "ACK 4.00 t=01"); // the reserved size
  EXPECT_THAT(rig.put(1, false, 64, as_bytes("end")),
              ElementsAre("request 1 0.03 11:a 27:1/0/64 =<67>"));
}

TEST(coap_server_blocks, begins_anew_with_a_first_block) {
  block_rig rig;
  const wire one(64, '1');
  const wire two(64, '2');
  (void)rig.put(0, true, 64, one);
  (void)rig.put(0, true, 64, two);
  EXPECT_EQ(rig.put(1, false, 64, as_bytes("!")).size(), 1U);
  const lines all = rig.sent();
  EXPECT_EQ(all.size(), 2U);
}

TEST(coap_server_blocks, refuses_a_body_over_its_limit_by_hint_or_by_octets) {
  server_behaviour b;
  b.body_max = 100;
  block_rig rig{b};
  const wire body = body_of(64);
  (void)rig.feed(message(confirmable, code::put, 99, "01",
                         {opt::block(option::block1, 0, true, 64), {option::size1, 101U}}, body));
  EXPECT_EQ(rig.answer(), "ACK 4.13 t=01 60:100");
  (void)rig.put(0, true, 64, body);
  (void)rig.answer();
  (void)rig.put(1, true, 64, body);
  EXPECT_EQ(rig.answer(), "ACK 4.13 t=01 60:100");
  (void)rig.put(0xfffff, true, 1024, body_of(1024)); // the end of all numbers
  EXPECT_EQ(rig.answer(), "ACK 4.13 t=01 60:100");
}

TEST(coap_server_blocks, forgets_half_a_body_in_time) {
  block_rig rig;
  (void)rig.put(0, true, 64, body_of(64));
  const std::size_t held = rig.machine.memory_bytes();
  (void)rig.pass(247s);
  EXPECT_LT(rig.machine.memory_bytes() + 64, held);
  (void)rig.answer();
  (void)rig.put(1, false, 64, as_bytes("end"));
  EXPECT_EQ(rig.answer(), "ACK 4.08 t=01");
}

TEST(coap_server_blocks, cuts_an_answer_and_serves_the_rest_itself) {
  block_rig rig;
  const wire body = body_of(2500);
  EXPECT_EQ(rig.get(0, 1024).size(), 1U);
  EXPECT_EQ(rig.respond(1, as_text(body)), respond_error::none);
  const std::string head = rig.answer();
  EXPECT_THAT(head, HasSubstr("23:0/1/1024 28:2500 =<1024>"));
  EXPECT_THAT(head, HasSubstr(" 4:")); // an ETag, the same in each
  const std::string etag = head.substr(head.find(" 4:"), head.find(" 23:") - head.find(" 4:"));
  EXPECT_THAT(rig.get(1, 1024), IsEmpty());
  EXPECT_THAT(rig.answer(), testing::AllOf(HasSubstr("23:1/1/1024 =<1024>"), HasSubstr(etag)));
  EXPECT_THAT(rig.get(2, 1024), IsEmpty());
  EXPECT_THAT(rig.answer(), testing::AllOf(HasSubstr("23:2/0/1024 =<452>"), HasSubstr(etag)));
  // It is gone with its last block; what is asked for again is the owner's to answer.
  EXPECT_EQ(rig.get(1, 1024).size(), 1U);
}

TEST(coap_server_blocks, cuts_as_small_as_the_client_asks) {
  block_rig rig;
  const wire body = body_of(150);
  EXPECT_EQ(rig.get(0, 64).size(), 1U);
  (void)rig.respond(1, as_text(body));
  EXPECT_THAT(rig.answer(), HasSubstr("23:0/1/64 28:150 =<64>"));
  EXPECT_THAT(rig.get(8, 16), IsEmpty()); // smaller still
  EXPECT_THAT(rig.answer(), HasSubstr("23:8/1/16 ="));
  EXPECT_THAT(rig.get(10, 16), IsEmpty()); // behind the end
  EXPECT_EQ(rig.answer(), "ACK 4.00 t=02");
}

TEST(coap_server_blocks, cuts_what_does_not_fit_the_message_without_being_asked) {
  block_rig rig;
  (void)rig.feed("41 01 00 07 02 b1 'a'");
  const wire body = body_of(1100);
  (void)rig.respond(1, as_text(body));
  EXPECT_THAT(rig.answer(), HasSubstr("23:0/1/1024 28:1100 =<1024>"));
}

TEST(coap_server_blocks, asks_the_owner_for_each_block_when_it_keeps_none) {
  server_behaviour b;
  b.keeps_bodies = false;
  block_rig rig{b};
  const wire body = body_of(2500);
  for (std::uint32_t num = 0; num < 3; ++num) {
    EXPECT_EQ(rig.get(num, 1024).size(), 1U);
    EXPECT_EQ(rig.respond(num + 1, as_text(body)), respond_error::none);
    EXPECT_THAT(rig.answer(), HasSubstr(num == 2 ? "23:2/0/1024 =<452>" : "/1/1024"));
  }
  EXPECT_EQ(rig.get(3, 1024).size(), 1U);
  (void)rig.respond(4, as_text(body));
  EXPECT_EQ(rig.answer(), "ACK 4.00 t=02");
  EXPECT_EQ(rig.get(3, 1024).size(), 1U);
  (void)rig.machine.respond(5, {code::not_found, {}, as_bytes("gone"), false}, rig.now, rig.out);
  EXPECT_EQ(rig.answer(), "ACK 4.04 t=02 =gone"); // an error is told whole
}

TEST(coap_server_blocks, keeps_to_the_owners_etag) {
  block_rig rig;
  const wire body = body_of(100);
  (void)rig.get(0, 64);
  const option_view etag[] = {{option::etag, as_bytes("mine")}};
  (void)rig.machine.respond(1, {code::content, etag, body, false}, rig.now, rig.out);
  EXPECT_THAT(rig.answer(), HasSubstr(" 4:mine 23:0/1/64"));
  (void)rig.get(1, 64);
  EXPECT_THAT(rig.answer(), HasSubstr(" 4:mine 23:1/0/64"));
}

TEST(coap_blocks, carry_64_kib_up_and_down_in_64_blocks_each) {
  for (const std::uint8_t szx : {std::uint8_t{6}, std::uint8_t{0}}) {
    pair_options o;
    o.server.block_szx = szx;
    o.server.limits.waiting_max = 32;
    coap_pair pair{o};
    const wire body = body_of(65'536);
    wire uploaded;
    pair.on_request = [&](const server_event::request_arrived& r) {
      uploaded.assign(r.payload.begin(), r.payload.end());
      pair.answer(r.id, code::content, as_text(r.payload));
    };
    wire downloaded;
    pair.on_client_event = [&](const client_event_variant& event) {
      const auto& r = std::get<client_event::response_arrived>(event);
      downloaded.assign(r.payload.begin(), r.payload.end());
    };
    pair.logs = true;
    request_fields f;
    f.method = code::fetch;
    f.payload = body;
    ASSERT_TRUE(pair.device.request(f, pair.now, pair.up).ok());
    while (pair.device.open_requests() > 0) {
      ASSERT_TRUE(pair.step());
    }
    EXPECT_EQ(uploaded, body);
    EXPECT_EQ(downloaded, body);
    // One answers the last block of the request and brings the first of the answer.
    EXPECT_EQ(pair.log.size(), szx == 6 ? 2U * 127 : 2U * (1 + 4032 + 4095)) << int{szx};
  }
}

} // namespace
} // namespace fleet::coap::test
