// A dictionary inside the fuzzers of HTTP: octets above 127 stand for pieces of messages, so that
// deep states are reached without a corpus.
#pragma once

#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet::http::test {

inline constexpr std::string_view fragments[] = {
    "GET / HTTP/1.1\r\nHost: h\r\n",
    "POST /a?b HTTP/1.1\r\nHost: h\r\n",
    "HEAD http://other:1/x HTTP/1.1\r\nHost: h\r\n",
    "GET / HTTP/1.0\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.0 200 OK\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n",
    "HTTP/1.1 302 Found\r\nLocation: ",
    "http://other:1/x\r\n",
    "\r\n",
    "\r\n\r\n",
    "Content-Length: ",
    "Content-Length: 5\r\n",
    "Content-Length: 40\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: ",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Expect: 100-continue\r\n",
    "Host: ",
    "X: y\r\n",
    "5\r\nhello\r\n",
    "5;a=\"b\"\r\nhello\r\n",
    "ffffffffffffffff\r\n",
    "0\r\n\r\n",
    "0\r\nT: r\r\n\r\n",
    "hello",
    "\n",
    "0123456789012345678901234567890123456789",
    " HTTP/1.1\r\n",
    ", ",
};

/// The octets with each one above 127 replaced by its fragment.
inline std::string expanded(bytes_view octets) {
  std::string out;
  for (const std::uint8_t octet : octets) {
    if (octet < 0x80) {
      out.push_back(static_cast<char>(octet));
    } else {
      out.append(fragments[octet % std::size(fragments)]);
    }
  }
  return out;
}

} // namespace fleet::http::test
