// Our sessions against bare OpenSSL, for what our own sessions never do: renegotiate, update keys,
// send several tickets, announce absurd lengths.
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/bare_tls_peer.hpp"

namespace fleet::tls {
namespace {

using test::bare_peer;
using test::mixed_pair;

TEST(bare_client, is_refused_a_renegotiation_and_the_session_goes_on) { // RFC 5246 §7.2.2
  bare_peer client(TLS_client_method(), false);
  SSL_set_max_proto_version(client.ssl.get(), TLS1_2_VERSION);
  const auto servers = test::make_server(test::usual_server());
  const auto server = servers->make(std::string_view{});
  mixed_pair pair{client, *server};
  pair.settle();
  ASSERT_EQ(pair.state, filter_state::open);

  ASSERT_EQ(SSL_renegotiate(client.ssl.get()), 1);
  client.work();
  std::array<std::uint8_t, 8192> piece{};
  const int hello = BIO_read(SSL_get_wbio(client.ssl.get()), piece.data(), piece.size());
  ASSERT_GT(hello, 0);
  EXPECT_EQ(server->receive(bytes_view{piece}.first(static_cast<std::size_t>(hello)), pair.plain,
                            pair.to_bare),
            filter_state::open);
  ASSERT_FALSE(pair.to_bare.empty());
  EXPECT_EQ(pair.to_bare.view()[0], SSL3_RT_ALERT);
  pair.to_bare.clear();
  EXPECT_EQ(server->send(as_bytes("still here"), pair.to_bare), filter_state::open);
  ASSERT_FALSE(pair.to_bare.empty());
  EXPECT_EQ(pair.to_bare.view()[0], SSL3_RT_APPLICATION_DATA);
}

class key_updates : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(tls, key_updates,
                         testing::Values(SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED));

TEST_P(key_updates, are_followed_by_a_server) { // RFC 8446 §4.6.3
  bare_peer client(TLS_client_method(), false);
  const auto servers = test::make_server(test::usual_server());
  const auto server = servers->make(std::string_view{});
  mixed_pair pair{client, *server};
  pair.settle();
  ASSERT_EQ(pair.state, filter_state::open);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(SSL_key_update(client.ssl.get(), GetParam()), 1);
    client.write("under new keys ");
    pair.settle();
    server->send(as_bytes("answered "), pair.to_bare);
    pair.settle();
  }
  EXPECT_EQ(as_text(pair.plain.view()), "under new keys under new keys under new keys ");
  EXPECT_EQ(client.heard, "answered answered answered ");
}

TEST_P(key_updates, are_followed_by_a_client) {
  bare_peer server(TLS_server_method(), true);
  const auto clients = test::make_client(test::trusting_client());
  const auto client = clients->make(test::tls_host);
  mixed_pair pair{server, *client};
  client->start(pair.to_bare);
  pair.settle();
  ASSERT_EQ(pair.state, filter_state::open) << client->error();
  ASSERT_EQ(SSL_key_update(server.ssl.get(), GetParam()), 1);
  server.write("rotated");
  pair.settle();
  client->send(as_bytes("me too"), pair.to_bare);
  pair.settle();
  EXPECT_EQ(as_text(pair.plain.view()), "rotated");
  EXPECT_EQ(server.heard, "me too");
}

TEST(bare_server, may_send_three_tickets_to_a_client_that_keeps_one_or_none) {
  for (const bool keeping : {false, true}) {
    client_options options = test::trusting_client();
    options.resumption = keeping;
    const auto clients = test::make_client(options);
    for (int i = 0; i < 2; ++i) {
      bare_peer server(TLS_server_method(), true);
      const auto client = clients->make(test::tls_host);
      mixed_pair pair{server, *client};
      client->start(pair.to_bare);
      pair.settle();
      ASSERT_EQ(pair.state, filter_state::open) << client->error();
      server.write("after the tickets");
      pair.settle();
      EXPECT_EQ(as_text(pair.plain.view()), "after the tickets");
    }
  }
}

TEST(bare_client, announcing_an_absurd_hello_is_refused_before_memory_is_set_aside) {
  const auto servers = test::make_server(test::usual_server());
  std::vector<std::uint8_t> start = {0x16, 0x03, 0x01, 0x00, 0x04, 0x01, 0x00, 0x40, 0x01};
  byte_buffer plain;
  byte_buffer out;
  const auto server = servers->make(std::string_view{});
  EXPECT_EQ(server->receive(start, plain, out), filter_state::failed); // 16,385 octets
  EXPECT_EQ(server->error(), "TLS failed: the peer announced a hello longer than 16 KiB");
  start[8] = 0;
  const auto patient = servers->make(std::string_view{});
  EXPECT_EQ(patient->receive(start, plain, out), filter_state::handshaking);
}

TEST(bare_client, hides_no_absurd_hello_in_slices_or_behind_another_message) {
  const auto servers = test::make_server(test::usual_server());
  byte_buffer plain;
  byte_buffer out;
  // One octet of the message, then the rest of its header.
  const std::vector<std::uint8_t> slice = {0x16, 0x03, 0x01, 0x00, 0x01, 0x01};
  const auto server = servers->make(std::string_view{});
  EXPECT_EQ(server->receive(slice, plain, out), filter_state::failed);
  EXPECT_EQ(server->error(), "TLS failed: the peer cut the header of a message in two");
  // A small message that is whole, and in the same record one that is not.
  const std::vector<std::uint8_t> pair = {0x16, 0x03, 0x01, 0x00, 0x09, 0x01, 0x00, 0x00,
                                          0x01, 0x55, 0x01, 0x01, 0x00, 0x00};
  const auto another = servers->make(std::string_view{});
  EXPECT_EQ(another->receive(pair, plain, out), filter_state::failed);
  EXPECT_EQ(another->error(), "TLS failed: the peer announced a hello longer than 16 KiB");
}

} // namespace
} // namespace fleet::tls
