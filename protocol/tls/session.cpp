// The session: records in, application data out, and words for what went wrong.
#include "protocol/tls/session.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/tls/complaint.hpp"
#include "protocol/tls/verify.hpp"

namespace fleet::tls {

namespace {

constexpr std::size_t header_size = 5;
constexpr std::size_t record_limit = 16384 + 2048; // RFC 5246 §6.2.3; TLS 1.3 allows less
// OpenSSL would set 128 KiB aside for whoever announces as much; real ones stay below 4 KiB.
constexpr std::size_t hello_limit = 16384;

std::size_t record_size(bytes_view header) noexcept {
  return header_size + (std::size_t{header[3]} << 8 | header[4]);
}

constexpr std::size_t message_header = 4; // RFC 5246 §7.4: a type and 24 bits of length

/// What a peer that does not speak TLS seems to speak, judged by its first octet.
std::string_view other_tongue(std::uint8_t first) noexcept {
  switch (first) {
    case 'H':
    case 'G':
    case 'P':
    case 'D':
    case 'O': return "; it looks like plain HTTP";
    case 0x10:
    case 0x20: return "; it looks like plain MQTT";
    default: return "";
  }
}

} // namespace

session::session(std::shared_ptr<shared_context> context, std::string_view server_name,
                 std::string_view place, std::uint64_t who)
    : context_(std::move(context)), who_(who) {
  forget_errors();
  io_.owner = this;
  ssl_.reset(SSL_new(context_->ctx.get()));
  bio_ptr bio = make_span_bio(io_);
  FLEET_CHECK(ssl_ != nullptr && bio != nullptr);
  // The same BIO reads and writes: SSL_set_bio takes one reference for both.
  SSL_set_bio(ssl_.get(), bio.get(), bio.get());
  static_cast<void>(bio.release());
  if (context_->server) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
    aim_at(server_name, place);
  }
}

session& session::of(const SSL* ssl) {
  // By way of the BIO: OpenSSL's own slot for application data would cost 100 octets a session.
  return *io_of(SSL_get_rbio(ssl)).owner;
}

void session::aim_at(std::string_view server_name, std::string_view place) {
  if (server_name.ends_with('.')) {
    server_name.remove_suffix(1); // the root's dot is for the resolver, not for the certificate
  }
  if (server_name.empty()) {
    if (context_->verify) {
      fail("TLS needs the server's name, to know whose certificate to accept");
    }
    return;
  }
  const std::string name{server_name};
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl_.get());
  bool set = false;
  if (const ip_ptr address = parse_ip(name)) {
    // No SNI: it carries DNS names only (RFC 6066 §3).
    set = X509_VERIFY_PARAM_set1_ip(wanted, ASN1_STRING_get0_data(address.get()),
                                    static_cast<std::size_t>(ASN1_STRING_length(address.get())))
          == 1;
  } else if (name.find('\0') == std::string::npos && name.size() <= TLSEXT_MAXLEN_host_name) {
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    set = X509_VERIFY_PARAM_set1_host(wanted, name.data(), name.size()) == 1
          && SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                      const_cast<char*>(name.c_str()))
                 == 1; // what the macro SSL_set_tlsext_host_name does, without its C cast
  }
  if (!set) {
    fail("TLS cannot use the server's name " + quoted(name));
    return;
  }
  if (remembers()) {
    where_ = context_->resumable.number_of(name_wanted(wanted), place);
    const former_session former = context_->resumable.take(where_, who_, context_->unix_time());
    if (former.session) {
      SSL_set_session(ssl_.get(), former.session.get());
      term_ = former.term;
    }
  }
}

int session::judge_chain(X509_STORE_CTX* store, void* context) {
  const auto& shared = *static_cast<const shared_context*>(context);
  const void* ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  session& self = of(static_cast<const SSL*>(ssl));
  std::optional<std::int64_t> now;
  if (shared.unix_time) {
    now = shared.unix_time();
  }
  std::string verdict = shared.verify ? judge(store, now) : std::string{};
  if (now) {
    self.term_.verdict_until = tls::verdict_until(*now, shared.verify ? store : nullptr);
  }
  // The chain that was built has served; a session would keep 5 KiB of it for whoever may ask.
  X509_STORE_CTX_set0_verified_chain(store, nullptr);
  if (verdict.empty()) {
    return 1;
  }
  self.error_ = std::move(verdict);
  return 0;
}

int session::keep_session(SSL* ssl, SSL_SESSION* fresh) {
  session& self = of(ssl);
  const bool late = SSL_version(ssl) == TLS1_3_VERSION && !self.await_ticket_;
  if (late || !self.remembers() || SSL_SESSION_is_resumable(fresh) != 1) {
    return 0; // a second ticket, which would be built from what trim() left
  }
  self.await_ticket_ = false;
  self.term_.ticket_until = ticket_until(self.context_->unix_time(), *fresh);
  self.remember(*fresh);
  return 0; // a copy was kept, not the reference
}

bool session::remembers() const noexcept {
  return context_->resume && !context_->server && who_ != resumption_store::nobody;
}

void session::remember(const SSL_SESSION& fresh) {
  context_->resumable.keep(where_, who_, fresh, term_);
}

filter_state session::start(byte_buffer& cipher_out) {
  if (ssl_ && !context_->server) {
    io_.out = &cipher_out;
    shake_hands();
    io_.out = nullptr;
  }
  return state_;
}

bool session::header_is_sound(bytes_view cipher) {
  const bool type =
      cipher[0] >= SSL3_RT_CHANGE_CIPHER_SPEC && cipher[0] <= SSL3_RT_APPLICATION_DATA;
  if (!type || (cipher.size() > 1 && cipher[1] != SSL3_VERSION_MAJOR)) {
    fail("the peer does not speak TLS" + std::string{other_tongue(cipher[0])});
    return false;
  }
  if (cipher.size() >= header_size && record_size(cipher) > header_size + record_limit) {
    fail("TLS failed: the peer announced a record longer than the standard allows");
    return false;
  }
  return true;
}

filter_state session::receive(bytes_view cipher, byte_buffer& plain_out, byte_buffer& cipher_out) {
  FLEET_CHECK(&plain_out != &cipher_out);
  io_.out = &cipher_out;
  // First the record that began in an earlier call: header, then body.
  while (ssl_ && !partial_.empty() && !cipher.empty()) {
    const std::size_t whole =
        partial_.size() < header_size ? header_size : record_size(partial_.view());
    const std::size_t count = std::min(whole - partial_.size(), cipher.size());
    partial_.append(cipher.first(count));
    cipher = cipher.subspan(count);
    if (!header_is_sound(partial_.view())) {
      break;
    }
    if (partial_.size() >= header_size && partial_.size() == record_size(partial_.view())) {
      const byte_buffer record = std::move(partial_);
      partial_ = {};
      take_record(record.view(), plain_out);
    }
  }
  take_records(cipher, plain_out);
  if (ssl_ && !cipher.empty()) {
    partial_.append(cipher);
  }
  if (ssl_ && state_ == filter_state::open) {
    // Mostly gone by itself; but behind several tickets 16 KiB stay for the next record.
    SSL_free_buffers(ssl_.get());
  }
  io_.out = nullptr;
  return state_;
}

void session::take_records(bytes_view& cipher, byte_buffer& plain_out) {
  while (ssl_ && !cipher.empty() && header_is_sound(cipher)) {
    if (cipher.size() < header_size || cipher.size() < record_size(cipher)) {
      return;
    }
    const bytes_view record = cipher.first(record_size(cipher));
    cipher = cipher.subspan(record.size());
    take_record(record, plain_out);
  }
}

// OpenSSL sets aside what a message announces. So each that a stranger sends in the clear is looked
// at: all of the handshake's, up to the change of cipher, behind which only a TLS 1.3 client says
// something more in the clear, its second hello.
bool session::announces_little(bytes_view record) {
  if (record[0] == SSL3_RT_CHANGE_CIPHER_SPEC) {
    enciphered_ = SSL_version(ssl_.get()) != TLS1_3_VERSION;
  }
  if (record[0] != SSL3_RT_HANDSHAKE || enciphered_) {
    return true;
  }
  bytes_view rest = record.subspan(header_size);
  while (!rest.empty()) {
    if (message_left_ == 0) {
      if (rest.size() < message_header) {
        fail("TLS failed: the peer cut the header of a message in two");
        return false;
      }
      const std::size_t size =
          std::size_t{rest[1]} << 16 | std::size_t{rest[2]} << 8 | std::size_t{rest[3]};
      if (size > hello_limit) {
        fail("TLS failed: the peer announced a hello longer than 16 KiB");
        return false;
      }
      message_left_ = static_cast<std::uint16_t>(message_header + size);
    }
    const std::size_t part = std::min<std::size_t>(rest.size(), message_left_);
    message_left_ = static_cast<std::uint16_t>(message_left_ - part);
    rest = rest.subspan(part);
  }
  return true;
}

void session::take_record(bytes_view record, byte_buffer& plain_out) {
  if (context_->server && state_ == filter_state::handshaking && !announces_little(record)) {
    return;
  }
  io_.in = record;
  while (ssl_ && (!io_.in.empty() || SSL_pending(ssl_.get()) > 0)) {
    const std::size_t before = io_.in.size();
    if (state_ == filter_state::handshaking) {
      shake_hands();
    } else {
      read_data(plain_out);
    }
    // One record always moves something; if it ever did not, this must not become a busy loop.
    if (ssl_ && io_.in.size() == before && SSL_pending(ssl_.get()) == 0) {
      break;
    }
  }
  io_.in = {};
}

void session::shake_hands() {
  forget_errors();
  const int outcome = SSL_do_handshake(ssl_.get());
  if (outcome == 1) {
    opened();
  } else if (SSL_get_error(ssl_.get(), outcome) != SSL_ERROR_WANT_READ) {
    fail_with_queue(outcome);
  }
}

void session::opened() {
  state_ = filter_state::open;
  if (remembers()) {
    // In TLS 1.3 what can be resumed arrives later, as a ticket (RFC 8446 §4.6.1); before, the same
    // session serves again where the server sent no other (RFC 5077 §3.3), for what is left of it.
    await_ticket_ = SSL_version(ssl_.get()) == TLS1_3_VERSION;
    if (!await_ticket_ && SSL_session_reused(ssl_.get()) == 1) {
      remember(*SSL_get_session(ssl_.get()));
    }
  }
  trim();
}

void session::trim() {
  if (!await_ticket_) {
    context_->rest.trim(ssl_.get());
  }
}

void session::read_data(byte_buffer& plain_out) {
  forget_errors();
  // Plaintext is never longer than its record, so one call empties it.
  const std::size_t room = std::max<std::size_t>(io_.in.size(), 1);
  const auto space = plain_out.prepare(room);
  std::size_t got = 0;
  const int outcome = SSL_read_ex(ssl_.get(), space.data(), space.size(), &got);
  plain_out.commit(got);
  if (outcome == 1) {
    if (await_ticket_) {
      await_ticket_ = false; // whoever goes on without a ticket sends none, or one too late
      trim();
    }
    return;
  }
  const int kind = SSL_get_error(ssl_.get(), outcome);
  if (kind == SSL_ERROR_ZERO_RETURN) {
    peer_closed();
  } else if (kind == SSL_ERROR_WANT_READ) {
    trim(); // a ticket or a key update was taken in
  } else {
    fail_with_queue(outcome);
  }
}

void session::peer_closed() {
  if (!closing_) {
    forget_errors();
    SSL_shutdown(ssl_.get()); // RFC 5246 §7.2.1: answered before the stream goes
    forget_errors();
    closing_ = true;
  }
  state_ = filter_state::ended;
  ssl_.reset();
  partial_.release();
}

filter_state session::send(bytes_view plain, byte_buffer& cipher_out) {
  FLEET_CHECK(state_ != filter_state::handshaking);
  if (state_ != filter_state::open || closing_ || plain.empty()) {
    return state_;
  }
  io_.out = &cipher_out;
  forget_errors();
  std::size_t written = 0;
  const int outcome = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written);
  if (outcome != 1) {
    fail_with_queue(outcome);
  }
  io_.out = nullptr;
  return state_;
}

void session::close(byte_buffer& cipher_out) {
  // Before the handshake is over there is nothing to close: the stream just goes.
  if (state_ == filter_state::open && !closing_) {
    io_.out = &cipher_out;
    forget_errors();
    SSL_shutdown(ssl_.get());
    forget_errors();
    closing_ = true;
    io_.out = nullptr;
  }
}

void session::fail_with_queue(int outcome) {
  if (SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_ZERO_RETURN) {
    fail("the peer closed the session before it was established");
    return;
  }
  // error_ holds the verdict when it was ours that ended the handshake.
  fail(error_.empty() ? explain_queue() : error_);
}

void session::fail(std::string why) {
  error_ = std::move(why);
  state_ = filter_state::failed;
  ssl_.reset();
  partial_.release();
  forget_errors();
}

} // namespace fleet::tls
