// Our sessions against bare OpenSSL, for what our own sessions never do: renegotiate, update keys,
// send several tickets, announce absurd lengths.
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/tls/openssl.hpp"
#include "tests/support/tls_pair.hpp"

namespace fleet::tls {
namespace {

/// One end made of nothing but OpenSSL and memory BIOs, verifying nothing.
class bare_peer {
public:
  bare_peer(const SSL_METHOD* method, bool server) : ctx_(SSL_CTX_new(method)) {
    if (server) {
      const key_pair pair = test::usual_server().cheap_identity;
      SSL_CTX_use_certificate(ctx_.get(), read_certificates(pair.chain_pem).front().get());
      SSL_CTX_use_PrivateKey(ctx_.get(), read_key(pair.key_pem).get());
      SSL_CTX_set_num_tickets(ctx_.get(), 3);
    }
    ssl.reset(SSL_new(ctx_.get()));
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (server) {
      SSL_set_accept_state(ssl.get());
    } else {
      SSL_set_connect_state(ssl.get());
    }
  }

  void write(std::string_view text) {
    ASSERT_EQ(SSL_write(ssl.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }

  /// Works on what has arrived; what it decrypts goes to `heard`.
  void work() {
    ERR_clear_error();
    std::array<char, 4096> piece{};
    SSL_do_handshake(ssl.get());
    for (int count = 0; (count = SSL_read(ssl.get(), piece.data(), piece.size())) > 0;) {
      heard.append(piece.data(), static_cast<std::size_t>(count));
    }
    ERR_clear_error();
  }

  ssl_ptr ssl;
  std::string heard;

private:
  ctx_ptr ctx_;
};

/// Passes octets both ways until nobody has more to say.
struct mixed_pair {
  bare_peer& bare;
  stream_filter& ours;
  byte_buffer plain{};
  byte_buffer to_bare{};
  filter_state state = filter_state::handshaking;

  void settle() {
    for (int quiet = 0; quiet < 2;) {
      bare.work();
      std::array<std::uint8_t, 8192> piece{};
      const int count =
          BIO_read(SSL_get_wbio(bare.ssl.get()), piece.data(), static_cast<int>(piece.size()));
      if (count > 0) {
        state =
            ours.receive(bytes_view{piece}.first(static_cast<std::size_t>(count)), plain, to_bare);
      }
      quiet = count > 0 || !to_bare.empty() ? 0 : quiet + 1;
      if (!to_bare.empty()) {
        BIO_write(SSL_get_rbio(bare.ssl.get()), to_bare.view().data(),
                  static_cast<int>(to_bare.size()));
        to_bare.clear();
      }
    }
  }
};

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

} // namespace
} // namespace fleet::tls
