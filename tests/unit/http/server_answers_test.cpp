// Answers whole and in pieces, how long a connection is kept, what is sent ahead, and deadlines.
#include <gtest/gtest.h>

#include "tests/support/http_wire.hpp"

namespace fleet::http {
namespace {

using test::at;
using test::echo_server;
using test::text_of;

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view head = "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n";

/// A server whose owner waits to be told what to answer.
echo_server waiting(std::string_view request, const server_limits& limits = {}) {
  echo_server server{limits};
  server.answers = false;
  server.give(request);
  EXPECT_TRUE(server.machine.answering());
  return server;
}

TEST(http_server_answers, are_written_with_their_fields_and_length) {
  auto server = waiting(get);
  const field fields[] = {{"Content-Type", "text/plain"}, {"X-Same", "1"}, {"X-Same", "2"}};
  EXPECT_EQ(server.machine.respond(404, fields, as_bytes("none"), at(0), server.out),
            write_error::none);
  EXPECT_EQ(text_of(server.out), "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n"
                                 "X-Same: 1\r\nX-Same: 2\r\nContent-Length: 4\r\n\r\nnone");
  EXPECT_FALSE(server.machine.over());
  EXPECT_FALSE(server.machine.answering());
}

TEST(http_server_answers, have_no_body_where_none_may_be) {
  auto asked_head = waiting(head);
  EXPECT_EQ(asked_head.machine.respond(200, {}, as_bytes("text"), at(0), asked_head.out),
            write_error::none);
  EXPECT_EQ(text_of(asked_head.out), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
  for (const std::uint16_t status : {std::uint16_t{204}, std::uint16_t{304}}) {
    auto server = waiting(get);
    EXPECT_EQ(server.machine.respond(status, {}, as_bytes("text"), at(0), server.out),
              write_error::none);
    EXPECT_EQ(text_of(server.out).find("Content-Length"), std::string::npos);
    EXPECT_TRUE(text_of(server.out).ends_with("\r\n\r\n"));
  }
  auto pieces = waiting(head);
  ASSERT_EQ(pieces.machine.respond_in_pieces(200, {}, std::nullopt, pieces.out), write_error::none);
  pieces.machine.supply(as_bytes("text"), pieces.out);
  pieces.machine.finish(at(0), pieces.out);
  EXPECT_EQ(text_of(pieces.out), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(http_server_answers, go_out_in_pieces_with_a_length_or_in_chunks) {
  auto known = waiting(get);
  ASSERT_EQ(known.machine.respond_in_pieces(206, {}, 5, known.out), write_error::none);
  for (const std::string_view piece : {"he", "", "llo"}) {
    known.machine.supply(as_bytes(piece), known.out);
  }
  known.machine.finish(at(0), known.out);
  EXPECT_EQ(text_of(known.out), "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_FALSE(known.machine.over());

  auto chunked = waiting(get);
  ASSERT_EQ(chunked.machine.respond_in_pieces(200, {}, std::nullopt, chunked.out),
            write_error::none);
  chunked.machine.supply(as_bytes("0123456789abcdef"), chunked.out);
  chunked.machine.supply({}, chunked.out); // must not end it
  chunked.machine.supply(as_bytes("x"), chunked.out);
  chunked.machine.finish(at(0), chunked.out);
  EXPECT_EQ(text_of(chunked.out), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "10\r\n0123456789abcdef\r\n1\r\nx\r\n0\r\n\r\n");
  EXPECT_FALSE(chunked.machine.over());
}

TEST(http_server_answers, to_1_0_never_hold_a_chunk_and_end_with_the_connection) {
  auto server = waiting("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_EQ(server.machine.respond_in_pieces(200, {}, std::nullopt, server.out), write_error::none);
  server.machine.supply(as_bytes("text"), server.out);
  server.machine.finish(at(0), server.out);
  EXPECT_EQ(text_of(server.out), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ntext");
  EXPECT_TRUE(server.machine.over());
}

TEST(http_server_answers, that_cannot_be_read_back_are_refused_and_the_request_waits) {
  auto server = waiting(get);
  const field bad[] = {{"A", "b\r\nSet-Cookie: c"},
                       {"A", "b\nc"},
                       {"A b", "c"},
                       {"", "c"},
                       {"A", " padded"},
                       {"A\r\nB", "c"},
                       {"Content-Length", "9"},
                       {"Host", "h"},
                       {"Transfer-encoding", "x"},
                       {"connection", "close"}};
  for (const field& f : bad) {
    EXPECT_EQ(server.machine.respond(200, {&f, 1}, {}, at(0), server.out), write_error::bad_field);
  }
  const std::string huge(max_head_written, 'v');
  const field large{"A", huge};
  EXPECT_EQ(server.machine.respond(200, {&large, 1}, {}, at(0), server.out),
            write_error::too_large);
  const std::vector<field> many(max_fields_written + 1, field{"A", "b"});
  EXPECT_EQ(server.machine.respond(200, many, {}, at(0), server.out), write_error::too_large);
  EXPECT_TRUE(server.out.empty());
  EXPECT_TRUE(server.machine.answering());
  EXPECT_EQ(server.machine.respond(500, {}, {}, at(0), server.out), write_error::none);
}

struct keeping {
  std::string_view request;
  bool kept;
  std::string_view connection; ///< what is answered about it
};

TEST(http_server_answers, keep_the_connection_by_the_rules) {
  for (const keeping& k : {
           keeping{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", true, ""},
           {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false, "close"},
           {"GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n", false, "close"},
           {"GET / HTTP/1.1\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n", true, ""},
           {"GET / HTTP/1.0\r\n\r\n", false, "close"},
           {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, "keep-alive"},
       }) {
    echo_server server;
    server.give(k.request);
    EXPECT_EQ(server.machine.over(), !k.kept) << k.request;
    const std::string line = "\r\nConnection: " + std::string{k.connection} + "\r\n";
    const bool said = text_of(server.out).find("Connection:") != std::string::npos;
    EXPECT_EQ(said, !k.connection.empty()) << k.request;
    EXPECT_TRUE(!said || text_of(server.out).find(line) != std::string::npos) << k.request;
  }
}

TEST(http_server_answers, end_the_connection_after_as_many_requests_as_allowed) {
  server_limits limits;
  limits.requests_max = 3;
  echo_server server{limits};
  for (int i = 0; i < 5; ++i) {
    server.give(get);
  }
  EXPECT_EQ(server.log, "GET /a h []\nGET /a h []\nGET /a h []\n");
  EXPECT_TRUE(server.machine.over());
  EXPECT_TRUE(text_of(server.out).ends_with("Connection: close\r\nContent-Length: 2\r\n\r\nok"));
}

TEST(http_server_answers, come_one_by_one_for_requests_sent_ahead) {
  const std::string three = std::string{get}
                            + "PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2"
                              "\r\n\r\nhiGET /c HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const std::size_t size : {test::whole, std::size_t{1}, std::size_t{5}}) {
    echo_server server;
    server.answers = false;
    server.give(three, size);
    for (const std::string_view so_far : {"GET /a h []\n", "GET /a h []\nPUT /b h [hi]\n",
                                          "GET /a h []\nPUT /b h [hi]\nGET /c h []\n"}) {
      EXPECT_EQ(server.log, so_far);
      ASSERT_TRUE(server.machine.answering());
      EXPECT_EQ(server.machine.respond(200, {}, {}, at(0), server.out), write_error::none);
      server.drain();
    }
    EXPECT_FALSE(server.machine.answering());
    EXPECT_LT(server.machine.memory_bytes(), 2048U);
  }
}

TEST(http_server_answers, may_be_made_of_a_body_that_was_sent_ahead) {
  auto server = waiting(get);
  server.give("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"); // nothing behind it
  EXPECT_EQ(server.machine.respond(200, {}, {}, at(0), server.out), write_error::none);
  server.out.clear();
  const auto event = server.machine.next_event(server.out);
  ASSERT_TRUE(event);
  const auto& put = std::get<server_event::request_arrived>(*event);
  EXPECT_EQ(as_text(put.body), "hi");
  EXPECT_EQ(server.machine.respond(200, {}, put.body, at(0), server.out), write_error::none);
  EXPECT_TRUE(text_of(server.out).ends_with("\r\n\r\nhi"));
}

TEST(http_server_answers, are_the_last_when_too_much_was_sent_ahead) {
  server_limits limits;
  limits.pipelined_max = 100;
  auto fits = waiting(get, limits);
  fits.give(std::string(100, 'x'));
  EXPECT_EQ(fits.machine.respond(200, {}, {}, at(0), fits.out), write_error::none);
  EXPECT_FALSE(fits.machine.over());

  auto server = waiting(get, limits);
  ASSERT_EQ(server.machine.respond_in_pieces(200, {}, 0, server.out), write_error::none);
  for (int i = 0; i < 100'000; ++i) {
    server.give("GET / HTTP/1.1\r\n");
  }
  EXPECT_LT(server.machine.memory_bytes(), 4096U);
  server.machine.finish(at(0), server.out);
  server.drain();
  EXPECT_TRUE(server.machine.over());
  EXPECT_EQ(server.status, 0);
  EXPECT_EQ(server.log, "GET /a h []\nfailed: too much was sent ahead of the answers\n");
}

TEST(http_server_deadlines, a_head_must_come_in_time_however_slowly_it_trickles) {
  echo_server silent;
  EXPECT_EQ(silent.machine.next_timeout(), at(10));
  silent.machine.handle_timeout(at(9), silent.out);
  silent.drain();
  EXPECT_FALSE(silent.machine.over());
  silent.machine.handle_timeout(at(10), silent.out);
  silent.drain();
  EXPECT_EQ(silent.log, "failed: no request came for long enough\n");
  EXPECT_TRUE(silent.out.empty());
  EXPECT_TRUE(silent.machine.over());

  echo_server slow;
  for (int second = 4; second < 14; ++second) {
    slow.now = at(second);
    slow.give("G");
    EXPECT_EQ(slow.machine.next_timeout(), at(14));
  }
  slow.machine.handle_timeout(at(14), slow.out);
  slow.drain();
  EXPECT_EQ(slow.status, 408);
  EXPECT_TRUE(text_of(slow.out).starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(slow.machine.next_timeout(), never);
  slow.give(get);
  EXPECT_EQ(slow.log, "failed: the message did not come in time\n");
}

TEST(http_server_deadlines, a_body_must_come_in_time_too) {
  echo_server server;
  server.now = at(5);
  server.give("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n");
  server.now = at(64);
  server.give("12345678");
  EXPECT_EQ(server.machine.next_timeout(), at(65));
  server.machine.handle_timeout(at(65), server.out);
  server.drain();
  EXPECT_EQ(server.status, 408);
}

TEST(http_server_deadlines, an_owner_may_take_its_time_and_then_the_peer_may) {
  auto server = waiting(get);
  EXPECT_EQ(server.machine.next_timeout(), never);
  server.machine.handle_timeout(at(1000), server.out);
  EXPECT_EQ(server.machine.respond(200, {}, {}, at(1000), server.out), write_error::none);
  EXPECT_EQ(server.machine.next_timeout(), at(1060));
  server.now = at(1059);
  server.give("G");
  EXPECT_EQ(server.machine.next_timeout(), at(1069));
}

TEST(http_server_closing, between_requests_is_no_failure_and_within_one_is) {
  echo_server between;
  between.give(get);
  between.machine.closed();
  between.drain();
  EXPECT_TRUE(between.machine.over());
  EXPECT_EQ(between.log, "GET /a h []\n");
  for (const std::string_view part :
       {"G", "GET / HTTP/1.1\r\n", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab",
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"}) {
    echo_server within;
    within.give(part);
    within.machine.closed();
    within.drain();
    EXPECT_EQ(within.log, "failed: the connection was closed within a message\n") << part;
    EXPECT_EQ(within.status, 0);
  }
}

TEST(http_server_closing, its_sending_half_does_not_take_the_answer_from_a_peer) {
  auto server = waiting(get);
  server.machine.closed();
  server.drain();
  EXPECT_EQ(server.machine.respond(200, {}, as_bytes("ok"), at(0), server.out), write_error::none);
  EXPECT_NE(text_of(server.out).find("Connection: close"), std::string::npos);
  EXPECT_TRUE(server.machine.over());
}

} // namespace
} // namespace fleet::http
