// One end of a DTLS conversation, either role: the datagram_filter behind both contexts. OpenSSL
// does the handshake; once nothing of it can be asked for again, its object goes and record_keys go
// on. Internal to this folder.
#pragma once

#include <memory>
#include <string>

#include "protocol/base/datagram_filter.hpp"
#include "protocol/tls/datagram_bio.hpp"
#include "protocol/tls/dtls_context.hpp"
#include "protocol/tls/dtls_macs.hpp"
#include "protocol/tls/dtls_records.hpp"

namespace fleet::tls {

/// See datagram_filter.
class dtls_session final : public datagram_filter {
public:
  /// `request` as for datagram_filter_factory::make(); null: a server's.
  dtls_session(std::shared_ptr<dtls_shared> shared, const datagram_filter_request* request);
  ~dtls_session() override;

  /// Server: takes a stranger's hello; true when its cookie was right, and then start() goes on.
  bool listen(bytes_view from, bytes_view datagram, time_point now, datagram_batch& out);

  filter_state start(time_point now, datagram_batch& out) override;
  filter_state receive(bytes_view datagram, time_point now, datagram_batch& plain,
                       datagram_batch& out) override;
  [[nodiscard]] bool send(bytes_view plain, datagram_batch& out) override;
  filter_state handle_timeout(time_point now, datagram_batch& out) override;
  [[nodiscard]] time_point next_timeout() const override { return due_; }
  void close(datagram_batch& out) override;
  [[nodiscard]] std::size_t payload_max() const override;
  [[nodiscard]] std::string error() const override { return error_; }
  [[nodiscard]] bool timed_out() const override { return timed_out_; }
  [[nodiscard]] bool resumed() const override { return resumed_; }
  [[nodiscard]] std::string_view peer_identity() const override { return identity_; }
  [[nodiscard]] std::unique_ptr<filter_memory> memory() override { return std::move(memory_); }

  /// Whether OpenSSL's object is gone.
  [[nodiscard]] bool settled() const noexcept { return ssl_ == nullptr; }

  // OpenSSL's callbacks.
  static int judge_chain(X509_STORE_CTX* store, void* context);
  static unsigned give_key(SSL* ssl, const char* hint, char* identity, unsigned identity_room,
                           unsigned char* key, unsigned key_room);
  static unsigned find_key(SSL* ssl, const char* identity, unsigned char* key, unsigned key_room);
  static void hear_extension(SSL* ssl, int from_client, int type, const unsigned char* data,
                             int size, void* unused);
  static int bake_cookie(SSL* ssl, unsigned char* cookie, unsigned* size);
  static int check_cookie(SSL* ssl, const unsigned char* cookie, unsigned size);

  /// Records of the next epoch that a handshake takes at most: OpenSSL sets 17 KiB aside for each
  /// that it cannot read yet.
  static constexpr std::uint8_t early_records_max = 24;

private:
  static dtls_session& of(const SSL* ssl);
  /// A client's key, until the handshake is over.
  struct credentials {
    credentials(std::string_view who, bytes_view secret) : identity(who), key(as_text(secret)) {}
    ~credentials();
    credentials(const credentials&) = delete;
    credentials& operator=(const credentials&) = delete;

    std::string identity;
    std::string key;
  };

  void aim_at(const datagram_filter_request& request);
  void recall(const filter_memory* former);
  bool take_record(const record_view& record, datagram_batch& plain);
  void shake_hands();
  void opened();
  void remember();
  void read_data(datagram_batch& plain);
  void take_sealed(const record_view& record, datagram_batch& plain);
  void hear_alert(bytes_view alert);
  void settle();
  void keep_time(time_point now);
  void fail_with_queue(int outcome);
  void fail(std::string why);
  void let_go() noexcept;

  // What each datagram needs comes first, in as few lines of memory as can be.
  datagram_io io_;
  std::shared_ptr<dtls_shared> shared_;
  ssl_ptr ssl_; ///< null once settled, ended or failed
  record_keys keys_;
  time_point now_{}; ///< of the call under way
  time_point due_ = never;
  filter_state state_ = filter_state::handshaking;
  bool closing_ = false;
  std::uint8_t repeats_ = 0;
  std::uint8_t early_ = 0;
  bool resumed_ = false;
  bool timed_out_ = false;
  bool admitted_ = false;             ///< server: the cookie was right
  bool offered_etm_ = false;          ///< encrypt-then-MAC (RFC 7366), by the peer
  std::unique_ptr<record_macs> macs_; ///< none: OpenSSL drops what is forged
  std::unique_ptr<credentials> credentials_;
  std::unique_ptr<filter_memory> memory_;
  bytes_view from_; ///< whose cookie it is, during listen()
  std::string identity_;
  std::string error_;
  std::string name_; ///< client: what a remembered session goes by; empty once open
  duration wait_{};
  session_term term_; ///< client: of what it remembers
};

} // namespace fleet::tls
