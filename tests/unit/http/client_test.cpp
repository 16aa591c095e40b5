// Requests as written, responses of every framing in every slicing, and what breaks them.
#include <gtest/gtest.h>

#include "tests/support/http_wire.hpp"

namespace fleet::http {
namespace {

using test::at;
using test::logging_client;
using test::text_of;

client_limits small_limits() {
  client_limits l;
  l.read = {.start_line_max = 64, .head_max = 256, .fields_max = 6, .body_max = 20};
  l.pieces_max = 40;
  return l;
}

/// The same log however the response is sliced; `ends`: the transport ends behind it.
void expect_log(std::string_view response, const std::string& log, bool ends = false,
                std::string_view method = "GET") {
  for (const std::size_t size : {test::whole, std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    logging_client peer{small_limits()};
    ASSERT_EQ(peer.ask(method), write_error::none);
    peer.give(response, size);
    if (ends) {
      peer.end();
    }
    EXPECT_EQ(peer.log, log) << response << " in " << size;
  }
}

/// As before, in pieces: the head told first, the body put together again.
void expect_pieces(std::string_view response, const std::string& log, bool ends = false) {
  for (const std::size_t size : {test::whole, std::size_t{1}, std::size_t{3}}) {
    logging_client peer{small_limits()};
    ASSERT_EQ(peer.ask("GET", delivery::pieces), write_error::none);
    peer.give(response, size);
    if (ends) {
      peer.end();
    }
    EXPECT_EQ(peer.log, log) << response << " in " << size;
  }
}

std::string failure(violation why, std::string_view rest) {
  return "failed: " + std::string{to_string(why)} + " " + std::string{rest} + "\n";
}

TEST(http_client_requests, are_written_with_host_first_and_length_where_due) {
  logging_client peer;
  const field fields[] = {{"password", "token"}, {"Connection", "Keep-Alive"}};
  const request post{.method = "POST",
                     .target = "/topic/a?b",
                     .host = "h:8080",
                     .fields = fields,
                     .body = as_bytes("{}")};
  EXPECT_EQ(peer.machine.send(post, delivery::collected, at(0), peer.out), write_error::none);
  EXPECT_EQ(text_of(peer.out), "POST /topic/a?b HTTP/1.1\r\nHost: h:8080\r\npassword: token\r\n"
                               "Connection: Keep-Alive\r\nContent-Length: 2\r\n\r\n{}");
  logging_client getting;
  EXPECT_EQ(getting.ask(), write_error::none);
  EXPECT_EQ(text_of(getting.out), "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  logging_client empty_post;
  EXPECT_EQ(empty_post.ask("POST"), write_error::none);
  EXPECT_EQ(text_of(empty_post.out), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
}

TEST(http_client_requests, that_would_be_read_differently_are_not_written) {
  logging_client peer;
  const auto refusal = [&](const request& r) {
    return peer.machine.send(r, delivery::collected, at(0), peer.out);
  };
  for (const std::string_view target :
       {"", "x", "/a b", "/a\r\nHost: e", "/a\n", "/\xc3\xbc", "http://h/", "/\x7f"}) {
    EXPECT_EQ(refusal({.target = target, .host = "h"}), write_error::bad_start_line) << target;
  }
  const std::string endless(33, 'M');
  for (const std::string_view method :
       {std::string_view{}, std::string_view{"G T"}, std::string_view{"GET\r\n"},
        std::string_view{"CONNECT"}, std::string_view{endless}}) {
    EXPECT_EQ(refusal({.method = method, .host = "h"}), write_error::bad_start_line) << method;
  }
  for (const std::string_view host : {"", "a b", "h\r\nX: y", "u@h", "h/", "h:80:80", "[::1"}) {
    EXPECT_EQ(refusal({.host = host}), write_error::bad_start_line) << host;
  }
  for (const field& f : {field{"A", "b\r\nC: d"}, field{"A:", "b"}, field{"Content-Length", "3"},
                         field{"host", "e"}, field{"transfer-encoding", "chunked"}}) {
    EXPECT_EQ(refusal({.host = "h", .fields = {&f, 1}}), write_error::bad_field) << f.name;
  }
  EXPECT_TRUE(peer.out.empty());
  EXPECT_TRUE(peer.machine.ready());
}

TEST(http_client_requests, are_one_at_a_time) {
  logging_client peer;
  EXPECT_EQ(peer.ask(), write_error::none);
  EXPECT_FALSE(peer.machine.ready());
  EXPECT_EQ(peer.ask(), write_error::busy);
  client unstarted{peer.limits};
  byte_buffer out;
  EXPECT_EQ(unstarted.send({.host = "h"}, delivery::collected, at(0), out), write_error::over);
}

TEST(http_client_responses, of_every_framing_are_taken) {
  expect_log("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 [hello] 5 keep\n");
  expect_log("HTTP/1.1 200 \r\ncontent-length:0\r\n\r\n", "200 [] 0 keep\n");
  expect_log("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
             "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: r\r\n\r\n",
             "200 [hello] 5 keep\n");
  expect_log("HTTP/1.1 404 Nicht da\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
             "404 [no] 2 close\n");
  expect_log("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nno", "200 [no] 2 close\n");
  expect_log("HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nno",
             "200 [no] 2 keep\n");
  expect_log("HTTP/1.1 200 OK\r\n\r\nuntil the end", "200 [until the end] 13 close\n", true);
  expect_log("HTTP/1.1 200 OK\r\n\r\n", "200 [] 0 close\n", true);
}

TEST(http_client_responses, without_a_body_end_with_their_head_whatever_they_say) {
  expect_log("HTTP/1.1 204 No Content\r\n\r\n", "204 [] 0 keep\n");
  expect_log("HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n", "304 [] 0 keep\n");
  expect_log("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", "200 [] 0 keep\n", false, "HEAD");
  expect_log("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 [] 0 keep\n", false,
             "HEAD");
}

TEST(http_client_responses, may_be_preceded_by_interim_ones_but_not_without_end) {
  const std::string final_one = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  std::string interim;
  for (unsigned i = 0; i < client::interim_max; ++i) {
    interim += "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  }
  expect_log(interim + final_one, "200 [ok] 2 keep\n");
  expect_log(interim + "HTTP/1.1 100 Continue\r\n\r\n" + final_one,
             failure(violation::too_many_interim, "answered 0 0/?"));
  expect_log("HTTP/1.1 101 Switching Protocols\r\n\r\n",
             failure(violation::too_many_interim, "answered 0 0/?"));
}

TEST(http_client_responses, in_pieces_tell_their_head_first) {
  expect_pieces("HTTP/1.1 206 Partial\r\nContent-Length: 30\r\n\r\n" + std::string(30, 'f'),
                "head 206 30\n206 [" + std::string(30, 'f') + "] 30 keep\n");
  expect_pieces(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n1\r\n!\r\n0\r\n\r\n",
      "head 200\n200 [four!] 5 keep\n");
  expect_pieces("HTTP/1.1 200 OK\r\n\r\nto the end", "head 200\n200 [to the end] 10 close\n", true);
  expect_pieces("HTTP/1.1 204 No\r\n\r\n", "head 204\n204 [] 0 keep\n");
}

TEST(http_client_responses, in_pieces_are_never_held) {
  client_limits limits;
  logging_client peer{limits};
  ASSERT_EQ(peer.ask("GET", delivery::pieces), write_error::none);
  peer.give("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
  const std::string piece(10'000, 'f');
  for (int i = 0; i < 100; ++i) {
    peer.give(piece);
  }
  EXPECT_EQ(peer.pieces.size(), 1'000'000U);
  EXPECT_LT(peer.machine.memory_bytes(), 2048U);
}

TEST(http_client_responses, cut_short_tell_how_far_they_came) {
  expect_log("", failure(violation::closed_early, "unanswered 0 0/?"), true);
  expect_log("HTTP/1.1 20", failure(violation::closed_early, "answered 0 0/?"), true);
  expect_log("HTTP/1.1 100 Continue\r\n\r\n", failure(violation::closed_early, "answered 0 0/?"),
             true);
  expect_log("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
             failure(violation::closed_early, "answered 200 3/5"), true);
  for (const std::string_view chunks :
       {"5\r\nhello", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n", "5\r\nhello\r\n0\r\nT: r\r\n"}) {
    expect_log("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{chunks},
               failure(violation::closed_early, "answered 200 5/?"), true);
  }
}

TEST(http_client_responses, that_are_broken_fail) {
  const auto broken = [](std::string_view response, violation why, std::string_view rest) {
    expect_log(response, failure(why, rest));
  };
  for (const std::string_view head :
       {"HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 -20 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 O\x01K\r\n\r\n",
        "HTTP/1.1 200 OK\n\n", "HTTP/1.1 099 OK\r\n\r\n",
        "<html>Please pay for the network\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"}) {
    broken(head, violation::malformed_head, "answered 0 0/?");
  }
  broken("HTTP/2.0 200 OK\r\n\r\n", violation::unsupported_version, "answered 0 0/?");
  broken("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
         violation::bad_length, "answered 0 0/?");
  broken("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         violation::bad_transfer_coding, "answered 0 0/?");
  broken("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999999999999999\r\n\r\n",
         violation::bad_length, "answered 0 0/?");
  broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", violation::unknown_transfer_coding,
         "answered 0 0/?");
  broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n\r\n",
         violation::bad_chunk, "answered 200 1/?");
}

TEST(http_client_responses, over_the_limits_fail) {
  const std::string twenty(20, 'b');
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_log("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + twenty,
             "200 [" + twenty + "] 20 keep\n");
  expect_log("HTTP/1.1 200 OK\r\n\r\n" + twenty, "200 [" + twenty + "] 20 close\n", true);
  expect_log("HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n",
             failure(violation::body_too_large, "answered 0 0/?"));
  expect_log(chunked + "14\r\n" + twenty + "\r\n1\r\n",
             failure(violation::body_too_large, "answered 200 20/?"));
  expect_log("HTTP/1.1 200 " + std::string(65, 'O'),
             failure(violation::start_line_too_long, "answered 0 0/?"));
  expect_log("HTTP/1.1 200 OK\r\nA: " + std::string(300, 'b'),
             failure(violation::head_too_large, "answered 0 0/?"));
  std::string seven = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 7; ++i) {
    seven += "A: b\r\n";
  }
  expect_log(seven, failure(violation::too_many_fields, "answered 0 0/?"));
  logging_client endless{small_limits()};
  ASSERT_EQ(endless.ask("GET", delivery::pieces), write_error::none);
  endless.give("HTTP/1.1 200 OK\r\n\r\n" + std::string(20, 'b'));
  endless.give(std::string(20, 'b'));
  EXPECT_EQ(endless.log, "head 200\n");
  endless.give("b");
  EXPECT_EQ(endless.log, "head 200\n" + failure(violation::body_too_large, "answered 200 40/?"));
}

TEST(http_client_responses, to_nothing_end_the_connection) {
  const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const std::string unasked = failure(violation::unsolicited, "unanswered 0 0/?");
  logging_client early;
  early.give(good);
  EXPECT_EQ(early.log, unasked);
  EXPECT_EQ(early.ask(), write_error::over);
  // Behind a good one, in the same octets: the answer to the next request would be a planted one.
  logging_client planted;
  ASSERT_EQ(planted.ask(), write_error::none);
  planted.give(good + good);
  EXPECT_EQ(planted.log, "200 [ok] 2 close\n" + unasked);
  logging_client later_on;
  ASSERT_EQ(later_on.ask(), write_error::none);
  later_on.give(good + good, 1);
  EXPECT_EQ(later_on.log, "200 [ok] 2 keep\n" + unasked);
}

TEST(http_client_keeping, sends_again_on_the_same_transport) {
  logging_client peer;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(peer.ask(i == 1 ? "HEAD" : "GET"), write_error::none) << i;
    peer.give(i == 1 ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
                     : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
              1);
    EXPECT_TRUE(peer.machine.ready());
  }
  EXPECT_EQ(peer.log, "200 [ok] 2 keep\n200 [] 0 keep\n200 [ok] 2 keep\n");
  peer.end();
  EXPECT_FALSE(peer.machine.ready());
  EXPECT_EQ(peer.ask(), write_error::over);
  peer.machine.start();
  EXPECT_EQ(peer.ask(), write_error::none);
}

TEST(http_client_keeping, ends_when_it_asked_to) {
  logging_client peer;
  const field close{"Connection", "Close"};
  ASSERT_EQ(
      peer.machine.send({.host = "h", .fields = {&close, 1}}, delivery::collected, at(0), peer.out),
      write_error::none);
  peer.give("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(peer.log, "200 [ok] 2 close\n");
  EXPECT_EQ(peer.ask(), write_error::over);
}

TEST(http_client_deadlines, end_a_wait_for_an_answer) {
  client_limits limits;
  limits.response_deadline = std::chrono::seconds{30};
  logging_client peer{limits};
  EXPECT_EQ(peer.machine.next_timeout(), never);
  ASSERT_EQ(peer.ask(), write_error::none);
  EXPECT_EQ(peer.machine.next_timeout(), at(10)); // idle
  peer.machine.handle_timeout(at(9));
  peer.drain();
  EXPECT_EQ(peer.log, "");
  peer.machine.handle_timeout(at(10));
  peer.drain();
  EXPECT_EQ(peer.log, failure(violation::timed_out, "unanswered 0 0/?"));
  EXPECT_EQ(peer.machine.next_timeout(), never);
}

TEST(http_client_deadlines, count_a_trickle_as_an_answer_only_up_to_a_point) {
  client_limits limits;
  limits.response_deadline = std::chrono::seconds{30};
  for (const delivery how : {delivery::collected, delivery::pieces}) {
    logging_client peer{limits};
    ASSERT_EQ(peer.ask("GET", how), write_error::none);
    peer.give("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n");
    for (int second = 1; second < 25; ++second) {
      peer.now = at(second);
      peer.give("x");
    }
    // What is handed out in pieces may take as long as it moves.
    EXPECT_EQ(peer.machine.next_timeout(), how == delivery::collected ? at(30) : at(34));
    peer.machine.handle_timeout(at(34));
    peer.drain();
    EXPECT_TRUE(peer.log.ends_with(failure(violation::timed_out, "answered 200 24/90")));
  }
}

TEST(http_client_deadlines, in_pieces_hold_for_the_head) {
  logging_client peer;
  ASSERT_EQ(peer.ask("GET", delivery::pieces), write_error::none);
  peer.now = at(9);
  peer.give("HTTP/1.1 2");
  EXPECT_EQ(peer.machine.next_timeout(), at(10));
}

TEST(http_both_ends, understand_each_other) {
  test::echo_server server;
  logging_client peer;
  for (int i = 0; i < 20; ++i) {
    const std::string body(static_cast<std::size_t>(i) * 1000, 'b');
    ASSERT_EQ(
        peer.machine.send({.method = "POST", .target = "/t", .host = "h", .body = as_bytes(body)},
                          i % 2 == 0 ? delivery::collected : delivery::pieces, at(0), peer.out),
        write_error::none);
    server.log.clear();
    server.give(text_of(peer.out), 777);
    EXPECT_EQ(server.log, "POST /t h [" + body + "]\n");
    peer.out.clear();
    peer.log.clear();
    peer.give(text_of(server.out), 3);
    server.out.clear();
    EXPECT_TRUE(peer.log.ends_with("200 [ok] 2 keep\n"));
  }
}

} // namespace
} // namespace fleet::http
