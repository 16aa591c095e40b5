// A peer made of bare OpenSSL, for what our own sessions never do, and the exchange between it and
// one of ours.
#pragma once

#include <algorithm>
#include <array>
#include <string>

#include <gtest/gtest.h>

#include "protocol/tls/openssl.hpp"
#include "tests/support/tls_pair.hpp"

namespace fleet::test {

/// One end made of nothing but OpenSSL and memory BIOs, verifying nothing.
class bare_peer {
public:
  bare_peer(const SSL_METHOD* method, bool server) : ctx_(SSL_CTX_new(method)) {
    if (server) {
      const tls::key_pair pair = usual_server().cheap_identity;
      SSL_CTX_use_certificate(ctx_.get(), tls::read_certificates(pair.chain_pem).front().get());
      SSL_CTX_use_PrivateKey(ctx_.get(), tls::read_key(pair.key_pem).get());
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

  tls::ssl_ptr ssl;
  std::string heard;

private:
  tls::ctx_ptr ctx_;
};

/// Passes octets both ways until nobody has more to say.
struct mixed_pair {
  bare_peer& bare;
  stream_filter& ours;
  byte_buffer plain{};
  byte_buffer to_bare{};
  filter_state state = filter_state::handshaking;

  /// The whole handshake of a bare server, and `text` right behind it: its tickets and the text in
  /// one piece, or each record by itself.
  void first_words(std::string_view text, bool at_once) {
    while (!to_bare.empty()) {
      BIO_write(SSL_get_rbio(bare.ssl.get()), to_bare.view().data(),
                static_cast<int>(to_bare.size()));
      to_bare.clear();
      bare.work();
      if (SSL_is_init_finished(bare.ssl.get()) != 0 && !text.empty()) {
        bare.write(text);
      }
      std::array<std::uint8_t, 16384> piece{};
      const int count = BIO_read(SSL_get_wbio(bare.ssl.get()), piece.data(), piece.size());
      bytes_view rest = bytes_view{piece}.first(static_cast<std::size_t>(std::max(count, 0)));
      while (!rest.empty()) {
        const std::size_t record = 5U + rest[3] * 256U + rest[4];
        const bytes_view now = rest.first(at_once ? rest.size() : record);
        rest = rest.subspan(now.size());
        state = ours.receive(now, plain, to_bare);
      }
    }
  }

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

} // namespace fleet::test
