// One end of one TLS stream: the stream_filter behind both contexts. Reads whole records straight
// from the caller's span and writes straight to the caller's buffer. Internal to this folder.
#pragma once

#include <memory>
#include <string>

#include "protocol/base/stream_filter.hpp"
#include "protocol/tls/context.hpp"
#include "protocol/tls/span_bio.hpp"

namespace fleet::tls {

/// See stream_filter. Never holds more ciphertext than one incomplete record (RFC 8446 §5.1: at
/// most 5 + 16,384 + 2,048 octets), and only as much of it as has arrived.
class session final : public stream_filter {
public:
  /// As for remembering_filter_factory::make_for(), or resumption_store::nobody.
  session(std::shared_ptr<shared_context> context, std::string_view server_name,
          std::string_view place = {}, std::uint64_t who = 0);

  filter_state start(byte_buffer& cipher_out) override;
  filter_state receive(bytes_view cipher, byte_buffer& plain_out, byte_buffer& cipher_out) override;
  filter_state send(bytes_view plain, byte_buffer& cipher_out) override;
  void close(byte_buffer& cipher_out) override;
  [[nodiscard]] std::string error() const override { return error_; }

  /// Verifies the peer's chain: SSL_CTX_set_cert_verify_callback(), its argument a shared_context.
  static int judge_chain(X509_STORE_CTX* store, void* context);
  /// Keeps what can be resumed: SSL_CTX_sess_set_new_cb().
  static int keep_session(SSL* ssl, SSL_SESSION* fresh);

private:
  static session& of(const SSL* ssl);

  void aim_at(std::string_view server_name, std::string_view place);
  /// Feeds records, whole ones only; the incomplete rest stays in `cipher`.
  void take_records(bytes_view& cipher, byte_buffer& plain_out);
  void take_record(bytes_view record, byte_buffer& plain_out);
  bool announces_little(bytes_view record);
  void shake_hands();
  void read_data(byte_buffer& plain_out);
  void opened();
  [[nodiscard]] bool remembers() const noexcept;
  void remember(const SSL_SESSION& fresh);
  void trim();
  void peer_closed();
  void fail_with_queue(int outcome);
  void fail(std::string why);
  bool header_is_sound(bytes_view cipher);

  span_io io_;
  ssl_ptr ssl_; // null from the moment the session failed or ended
  std::shared_ptr<shared_context> context_;
  std::uint64_t who_;     // whose session it is, for the store
  std::size_t where_ = 0; // client: its server's number there
  session_term term_;     // client: of what it remembers
  byte_buffer partial_;   // the beginning of a record whose end has not arrived
  std::string error_;
  filter_state state_ = filter_state::handshaking;
  std::uint16_t message_left_ = 0; // server: octets of a handshake message still to come
  bool enciphered_ = false;        // server: what the client sends now is not in the clear
  bool closing_ = false;           // our close_notify is out
  bool await_ticket_ = false;      // not trimmed until the session to resume is in the store
};

} // namespace fleet::tls
