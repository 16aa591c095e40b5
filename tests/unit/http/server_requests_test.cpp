// Requests that are good, and all that are not, each whole, octet by octet and with more behind it.
#include <gtest/gtest.h>

#include "tests/support/http_wire.hpp"

namespace fleet::http {
namespace {

using test::echo_server;
using test::text_of;
using namespace std::literals;

constexpr std::string_view next_request = "GET /next HTTP/1.1\r\nHost: n\r\n\r\n";

server_limits small_limits() {
  server_limits l;
  l.read = {.start_line_max = 64, .head_max = 256, .fields_max = 6, .body_max = 20};
  return l;
}

/// The same octets in every slicing, with and without a request behind them.
void expect_log(std::string_view request, const std::string& log, int status = -1) {
  for (const std::size_t size : {test::whole, std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    echo_server alone{small_limits()};
    alone.give(request, size);
    EXPECT_EQ(alone.log, log) << request << " in " << size;
    EXPECT_EQ(alone.status, status) << request << " in " << size;
    const bool failed = status >= 0;
    EXPECT_EQ(alone.machine.over(), failed) << request;
    if (status > 0) {
      const std::string answer = text_of(alone.out);
      EXPECT_NE(answer.find("HTTP/1.1 " + std::to_string(status) + " "), std::string::npos);
      EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << answer;
    }
    echo_server followed{small_limits()};
    followed.give(std::string{request} + std::string{next_request}, size);
    EXPECT_EQ(followed.log, failed ? log : log + "GET /next n []\n") << request << " in " << size;
    EXPECT_EQ(followed.status, status) << request << " in " << size;
  }
}

void expect_refused(std::string_view request, violation why) {
  expect_log(request, "failed: " + std::string{to_string(why)} + "\n", status_of(why));
}

TEST(http_server_requests, without_a_body_are_taken) {
  expect_log("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / h []\n");
  expect_log("GET /a?b=c&d=%20 HTTP/1.1\r\nhost:h.example:8080\r\nX:\r\n\r\n",
             "GET /a?b=c&d=%20 h.example:8080 []\n");
  expect_log("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n", "OPTIONS *  []\n");
  expect_log("BREW /pot HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "BREW /pot [::1]:80 []\n");
  expect_log("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /old  []\n");
}

TEST(http_server_requests, with_a_length_or_in_chunks_are_put_together) {
  expect_log("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
             "POST /a h [hello]\n");
  expect_log("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "POST /a h []\n");
  expect_log("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
             "POST /a h [hello]\n");
  expect_log("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
             "5\r\nhello\r\n00A;name=\"v;\"\r\n, world...\r\n0\r\n\r\n",
             "POST /a h [hello, world...]\n");
  expect_log("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
             "POST /a h []\n");
  expect_log("PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3\r\na\r\n\r\n0\r\nTrailer: t\r\nAnother: u\r\n\r\n",
             "PUT /a h [a\r\n]\n");
}

TEST(http_server_requests, may_follow_a_few_empty_lines_but_not_many) {
  expect_log("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / h []\n");
  expect_refused("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
                 violation::malformed_head);
}

TEST(http_server_requests, in_absolute_form_name_their_host_themselves) {
  expect_log("GET http://other:81/a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b other:81 []\n");
  expect_log("GET HTTPS://other HTTP/1.1\r\nHost: h\r\n\r\n", "GET / other []\n");
  expect_refused("GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", violation::malformed_head);
  expect_refused("GET http://u:p@other/a HTTP/1.1\r\nHost: h\r\n\r\n", violation::malformed_head);
  expect_refused("GET http://other?a HTTP/1.1\r\nHost: h\r\n\r\n", violation::malformed_head);
}

TEST(http_server_requests, of_no_form_are_refused) {
  for (const std::string_view bad : {"G\x01T / HTTP/1.1\r\nHost: h\r\n\r\n",
                                     "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
                                     "GET /\r\nHost: h\r\n\r\n",
                                     "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
                                     "GET / http/1.1\r\nHost: h\r\n\r\n",
                                     "GET / HTTP/1.1x\r\nHost: h\r\n\r\n",
                                     "GET / HTTP/11\r\nHost: h\r\n\r\n",
                                     " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                                     "GET a HTTP/1.1\r\nHost: h\r\n\r\n",
                                     "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
                                     "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
                                     "GET /\x7f HTTP/1.1\r\nHost: h\r\n\r\n",
                                     "G(T / HTTP/1.1\r\nHost: h\r\n\r\n",
                                     "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
                                     "GET / HTTP/1.1\r\nHost: h\r\n: empty\r\n\r\n",
                                     "GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n",
                                     "GET / HTTP/1.1\r\nHost: h\r\nA\t: b\r\n\r\n",
                                     "GET / HTTP/1.1\r\nHost: h\r\nA: b\x01\r\n\r\n",
                                     "GET / HTTP/1.1\r\nHost: h\r\nConnection: ,;\r\n\r\n",
                                     "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 a TLS greeting"}) {
    expect_refused(bad, violation::malformed_head);
  }
  expect_refused("GET / HTTP/1.1\r\nHost: h\r\nA: \0\r\n\r\n"sv, violation::malformed_head);
}

TEST(http_server_requests, whose_lines_end_in_anything_but_crlf_are_refused) {
  for (const std::string_view bad :
       {"GET / HTTP/1.1\nHost: h\n\n", "GET / HTTP/1.1\r\nHost: h\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\n", "GET / HTTP/1.1\rHost: h\r\r",
        "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n",
        "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"}) {
    expect_refused(bad, violation::malformed_head);
  }
}

TEST(http_server_requests, with_folded_fields_are_refused) {
  expect_refused("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", violation::malformed_head);
  expect_refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\tchunked\r\n\r\n",
                 violation::malformed_head);
}

TEST(http_server_requests, of_other_versions_are_told_so) {
  for (const std::string_view bad :
       {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "GET / HTTP/1.2\r\nHost: h\r\n\r\n",
        "GET / HTTP/0.9\r\nHost: h\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    expect_refused(bad, violation::unsupported_version);
  }
}

TEST(http_server_requests, need_exactly_one_good_host_in_1_1) {
  for (const std::string_view bad :
       {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"}) {
    expect_refused(bad, violation::bad_host);
  }
}

TEST(http_server_requests, that_could_be_smuggled_are_refused) {
  const auto posted = [](std::string_view fields) {
    return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string{fields} + "\r\n0\r\n\r\n";
  };
  expect_refused(posted("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                 violation::bad_transfer_coding);
  expect_refused(posted("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
                 violation::bad_length);
  expect_refused(posted("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
                 violation::bad_transfer_coding);
  for (const std::string_view coding :
       {"identity", "gzip", "chunked, chunked", "gzip, chunked", "chunked, identity", "xchunked",
        "chunked;q=1", "\"chunked\"", ""}) {
    expect_refused(posted("Transfer-Encoding: " + std::string{coding} + "\r\n"),
                   violation::unknown_transfer_coding);
  }
  expect_refused(posted("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
                 violation::unknown_transfer_coding);
  expect_refused(posted("Transfer-Encoding : chunked\r\n"), violation::malformed_head);
  expect_refused(posted("Transfer-Encoding: \x0b"
                        "chunked\r\n"),
                 violation::malformed_head);
  expect_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 violation::bad_transfer_coding);
}

TEST(http_server_requests, whose_length_is_none_are_refused) {
  for (const std::string_view length :
       {"-1", "+5", "0x5", "5 5", "5,6", "5, 6", "five", "", "5.0", ",", "5,", "\"5\"",
        "18446744073709551616", "9999999999999999999999999999999"}) {
    expect_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::string{length}
                       + "\r\n\r\nhello",
                   violation::bad_length);
  }
  expect_refused(
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
      violation::bad_length);
}

TEST(http_server_requests, whose_chunks_are_broken_are_refused) {
  for (const std::string_view chunks :
       {"-5\r\nhello\r\n", "0x5\r\nhello\r\n\r\n", "5 5\r\nhello\r\n", "\r\nhello", "g\r\n",
        "+5\r\nhello\r\n", "5;\r\nhello\r\n", "5;=a\r\nhello\r\n", "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "0\r\n folded\r\n\r\n",
        "0\r\nno colon\r\n\r\n", "0\r\nA : b\r\n\r\n", "1234567890123456789012345678901\r\n",
        "10000000000000000\r\n"}) {
    expect_refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                       + std::string{chunks},
                   violation::bad_chunk);
  }
}

TEST(http_server_requests, with_framing_in_the_trailers_are_refused) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  expect_refused(head + "Content-Length: 5\r\n\r\n", violation::bad_length);
  expect_refused(head + "Transfer-Encoding: chunked\r\n\r\n", violation::bad_transfer_coding);
}

TEST(http_server_requests, are_taken_up_to_the_limits_and_not_beyond) {
  const auto lined = [](std::size_t size) { // a request line of `size` octets
    return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  expect_log(lined(64), "GET /" + std::string(50, 'a') + " h []\n");
  expect_refused(lined(65), violation::start_line_too_long);

  const auto headed = [](std::size_t size) { // a head of `size` octets
    const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nA: ";
    return start + std::string(size - start.size() - 4, 'a') + "\r\n\r\n";
  };
  expect_log(headed(256), "GET / h []\n");
  expect_refused(headed(262), violation::head_too_large);

  std::string five;
  for (int i = 0; i < 5; ++i) {
    five += "A: b\r\n";
  }
  expect_log("GET / HTTP/1.1\r\nHost: h\r\n" + five + "\r\n", "GET / h []\n");
  expect_refused("GET / HTTP/1.1\r\nHost: h\r\n" + five + "A: b\r\n\r\n",
                 violation::too_many_fields);

  const std::string twenty(20, 'b');
  expect_log("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n" + twenty,
             "PUT / h [" + twenty + "]\n");
  expect_refused("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 21\r\n\r\n",
                 violation::body_too_large);
  expect_refused("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\n",
                 violation::body_too_large);
  const std::string chunked = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_log(chunked + "14\r\n" + twenty + "\r\n0\r\n\r\n", "PUT / h [" + twenty + "]\n");
  expect_refused(chunked + "15\r\n", violation::body_too_large);
  expect_refused(chunked + "14\r\n" + twenty + "\r\n1\r\n", violation::body_too_large);
  expect_refused(chunked + "ffffffffffffffff\r\n", violation::body_too_large);
}

TEST(http_server_requests, cannot_grow_by_chunk_extensions_or_trailers) {
  const std::string head = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::size_t size : {test::whole, std::size_t{1}}) {
    echo_server long_extension{small_limits()};
    long_extension.give(head + "1;a=" + std::string(chunk_line_max, 'x'), size);
    EXPECT_EQ(long_extension.status, 400);
    echo_server fits{small_limits()};
    fits.give(head + "1;a=" + std::string(chunk_line_max - 6, 'x') + "\r\nb\r\n0\r\n\r\n", size);
    EXPECT_EQ(fits.log, "PUT / h [b]\n");
    echo_server trailers{small_limits()};
    trailers.give(head + "0\r\n", size);
    for (int i = 0; i < 1000; ++i) {
      trailers.give("Trailer: t\r\n", size);
    }
    EXPECT_EQ(trailers.status, 400);
    EXPECT_LT(trailers.machine.memory_bytes(), 4 * chunk_line_max);
  }
}

TEST(http_server_requests, announcing_much_and_sending_little_take_little_memory) {
  echo_server server; // 256 KiB allowed
  server.give("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 262144\r\n\r\nabc");
  EXPECT_LT(server.machine.memory_bytes(), 4096U);
}

TEST(http_server_requests, expecting_to_be_told_to_go_on_are_told) {
  echo_server server;
  server.give("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n", 1);
  EXPECT_EQ(text_of(server.out), "HTTP/1.1 100 Continue\r\n\r\n");
  server.out.clear();
  server.give("hi");
  EXPECT_EQ(server.log, "PUT / h [hi]\n");
  EXPECT_EQ(text_of(server.out), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

TEST(http_server_requests, expecting_what_cannot_be_are_refused_before_their_body) {
  echo_server too_large{small_limits()};
  too_large.give("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 21\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(too_large.status, 413);
  EXPECT_EQ(text_of(too_large.out).find("100 Continue"), std::string::npos);
  expect_refused("PUT / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n",
                 violation::unknown_expectation);
  echo_server nothing_to_come;
  nothing_to_come.give("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(text_of(nothing_to_come.out), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  echo_server old;
  old.give("PUT / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(text_of(old.out), "");
}

} // namespace
} // namespace fleet::http
