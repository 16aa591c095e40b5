// The session: records in, application data out, and a handshake that is repeated in time.
#include "protocol/tls/dtls_session.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/tls/complaint.hpp"

namespace fleet::tls {

namespace {

constexpr std::uint8_t fatal = 2; // RFC 5246 §7.2
constexpr std::uint8_t close_notify = 0;
constexpr unsigned longest_interval_us = 4'000'000'000U;

/// OpenSSL's interval: endless where the time is kept here (datagram_bio.hpp), else ours.
unsigned interval_us(duration wait) {
  return timer_is_ours() ? longest_interval_us
                         : static_cast<unsigned>(
                             std::chrono::duration_cast<std::chrono::microseconds>(wait).count());
}

} // namespace

dtls_session::dtls_session(std::shared_ptr<dtls_shared> shared,
                           const datagram_filter_request* request)
    : shared_(std::move(shared)) {
  forget_errors();
  io_.owner = this;
  io_.mtu = shared_->mtu;
  wait_ = shared_->patience.first_wait;
  ssl_.reset(SSL_new(shared_->ctx.get()));
  bio_ptr bio = make_datagram_bio(io_);
  FLEET_CHECK(ssl_ != nullptr && bio != nullptr);
  // The same BIO reads and writes: SSL_set_bio takes one reference for both.
  SSL_set_bio(ssl_.get(), bio.get(), bio.get());
  static_cast<void>(bio.release());
  SSL_set_mtu(ssl_.get(), shared_->mtu);
  DTLS_set_timer_cb(ssl_.get(),
                    [](SSL* ssl, unsigned /*former*/) { return interval_us(of(ssl).wait_); });
  SSL_callback_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_DEBUG_CB,
                    reinterpret_cast<void (*)()>(hear_extension));
  if (request == nullptr) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
    aim_at(*request);
  }
}

dtls_session::~dtls_session() = default;

dtls_session& dtls_session::of(const SSL* ssl) {
  return *datagrams_of(SSL_get_rbio(ssl)).owner;
}

filter_state dtls_session::start(time_point now, datagram_batch& out) {
  if (ssl_ && state_ == filter_state::handshaking) {
    now_ = now;
    io_.out = &out;
    shake_hands();
    keep_time(now);
    io_.out = nullptr;
  }
  return state_;
}

filter_state dtls_session::receive(bytes_view datagram, time_point now, datagram_batch& plain,
                                   datagram_batch& out) {
  FLEET_CHECK(&plain != &out);
  now_ = now;
  io_.out = &out;
  while (!datagram.empty()) {
    const record_view record = first_record(datagram);
    datagram = datagram.subspan(record.whole.size());
    if (!record.sound || state_ == filter_state::ended || state_ == filter_state::failed) {
      break;
    }
    if (keys_.ready() && record.epoch == 1
        && record.type != static_cast<std::uint8_t>(record_type::handshake)) {
      take_sealed(record, plain);
    } else if (ssl_ && take_record(record, plain)) {
      continue;
    }
  }
  if (ssl_ && state_ == filter_state::open) {
    SSL_free_buffers(ssl_.get());
  }
  keep_time(now);
  io_.out = nullptr;
  return state_;
}

bool dtls_session::take_record(const record_view& record, datagram_batch& plain) {
  if (state_ == filter_state::handshaking && record.epoch != 0) {
    // What is in a hurry is sent again; what OpenSSL would keep for later costs too much.
    if (record.type == static_cast<std::uint8_t>(record_type::application_data)
        || early_ == early_records_max) {
      return false;
    }
    ++early_;
  }
  if (macs_ && record.epoch == 1 && !macs_->right(record)) {
    return true;
  }
  io_.in = record.whole;
  io_.filled = true;
  const bool was_open = state_ == filter_state::open;
  if (!was_open) {
    shake_hands();
    if (state_ == filter_state::open && keys_.ready() && record.epoch == 1) {
      keys_.note(record.sequence);
    }
  } else {
    SSL_alloc_buffers(ssl_.get());
  }
  if (ssl_ && state_ == filter_state::open) {
    read_data(plain);
  }
  io_.filled = false;
  io_.in = {};
  if (ssl_ && !was_open && state_ == filter_state::open && keys_.ready()
      && resumed_ == shared_->server) {
    settle(); // the last word was the peer's: nobody will ask for ours again
  }
  return true;
}

void dtls_session::shake_hands() {
  forget_errors();
  const int outcome = SSL_do_handshake(ssl_.get());
  if (outcome == 1) {
    opened();
  } else if (SSL_get_error(ssl_.get(), outcome) != SSL_ERROR_WANT_READ) {
    fail_with_queue(outcome);
  }
}

void dtls_session::opened() {
  state_ = filter_state::open;
  resumed_ = SSL_session_reused(ssl_.get()) == 1;
  if (shared_->server) {
    if (const char* identity = SSL_get_psk_identity(ssl_.get())) {
      identity_ = identity;
    }
  } else if (shared_->resume) {
    remember();
  }
  if (!keys_.begin(ssl_.get(), shared_->server) && offered_etm_) {
    macs_ = record_macs::of(ssl_.get(), shared_->server);
  }
  credentials_.reset();
  std::string{}.swap(name_);
}

void dtls_session::remember() {
  const SSL_SESSION* session = SSL_get_session(ssl_.get());
  const int size = SSL_SESSION_is_resumable(session) == 1 ? i2d_SSL_SESSION(session, nullptr) : 0;
  if (size <= 0) {
    return;
  }
  if (!resumed_) {
    const std::int64_t now = shared_->unix_time();
    term_.ticket_until = ticket_until(now, *session);
    if (credentials_) {
      term_.verdict_until = verdict_until(now, nullptr); // both have shown that they know the key
    }
  }
  auto made = std::make_unique<dtls_memory>();
  made->name = name_;
  made->term = term_;
  made->octets.resize(static_cast<std::size_t>(size));
  auto* at = reinterpret_cast<unsigned char*>(made->octets.data());
  i2d_SSL_SESSION(session, &at);
  memory_ = std::move(made);
}

void dtls_session::read_data(datagram_batch& plain) {
  // Here only with a CBC suite, or for a peer that repeats the end of its handshake.
  for (;;) {
    forget_errors();
    const auto space = plain.prepare(std::max<std::size_t>(io_.in.size(), 1));
    std::size_t got = 0;
    const int outcome = SSL_read_ex(ssl_.get(), space.data(), space.size(), &got);
    if (outcome == 1) {
      const std::vector<std::uint8_t> content(space.begin(),
                                              space.begin() + static_cast<std::ptrdiff_t>(got));
      plain.drop_last();
      plain.push(content);
      continue;
    }
    plain.drop_last();
    const int kind = SSL_get_error(ssl_.get(), outcome);
    if (kind == SSL_ERROR_ZERO_RETURN) {
      datagram_batch& out = *io_.out;
      close(out); // RFC 5246 §7.2.1: answered before it goes
      io_.out = &out;
      state_ = filter_state::ended;
      let_go();
    } else if (kind != SSL_ERROR_WANT_READ) {
      fail_with_queue(outcome);
    }
    return;
  }
}

void dtls_session::take_sealed(const record_view& record, datagram_batch& plain) {
  if (!keys_.open(record, plain)) {
    return;
  }
  // It proves that the peer has our Finished: it will not ask for it again.
  settle();
  if (record.type == static_cast<std::uint8_t>(record_type::application_data)) {
    return;
  }
  const bytes_view content = plain[plain.size() - 1];
  const std::vector<std::uint8_t> copy(content.begin(), content.end());
  plain.drop_last();
  if (record.type == static_cast<std::uint8_t>(record_type::alert)) {
    hear_alert(copy);
  }
}

void dtls_session::hear_alert(bytes_view alert) {
  if (alert.size() != 2) {
    return;
  }
  if (alert[0] == fatal) {
    fail(std::string{"the peer ended the session with the alert: "}
         + SSL_alert_desc_string_long(alert[1]));
  } else if (alert[1] == close_notify) {
    datagram_batch& out = *io_.out;
    close(out);
    io_.out = &out;
    state_ = filter_state::ended;
    let_go();
  }
}

void dtls_session::settle() {
  if (ssl_) {
    keys_.continue_at(io_.next_write);
    let_go();
  }
}

bool dtls_session::send(bytes_view plain, datagram_batch& out) {
  FLEET_CHECK(state_ != filter_state::handshaking);
  if (state_ != filter_state::open || closing_ || plain.size() > payload_max() || plain.empty()) {
    return false;
  }
  if (!ssl_) {
    return keys_.seal(record_type::application_data, plain, out);
  }
  io_.out = &out;
  forget_errors();
  std::size_t written = 0;
  SSL_alloc_buffers(ssl_.get());
  const int outcome = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written);
  if (outcome == 1) {
    SSL_free_buffers(ssl_.get());
  } else {
    fail_with_queue(outcome);
  }
  io_.out = nullptr;
  return outcome == 1;
}

std::size_t dtls_session::payload_max() const {
  if (keys_.ready()) {
    return shared_->mtu - keys_.overhead();
  }
  return ssl_ && state_ == filter_state::open ? DTLS_get_data_mtu(ssl_.get()) : 0;
}

void dtls_session::keep_time(time_point now) {
  if (!ssl_ || state_ != filter_state::handshaking || !io_.running) {
    due_ = never;
  } else if (std::exchange(io_.fresh, false)) {
    repeats_ = 0;
    wait_ = shared_->patience.first_wait;
    due_ = later(now, wait_);
  }
}

filter_state dtls_session::handle_timeout(time_point now, datagram_batch& out) {
  if (due_ > now || !ssl_) {
    return state_;
  }
  now_ = now;
  if (repeats_ == shared_->patience.repeats_max) {
    timed_out_ = true;
    fail("the peer did not answer the DTLS handshake, which was sent "
         + std::to_string(repeats_ + 1) + " times");
    return state_;
  }
  wait_ = std::min(wait_ * 2, shared_->patience.longest_wait);
  io_.out = &out;
  forget_errors();
  expire(io_);
  const long outcome = DTLSv1_handle_timeout(ssl_.get());
  if (outcome < 0) {
    fail(explain_queue());
  } else {
    // Nothing was due by OpenSSL's own clock, where it keeps the time: asked again soon.
    repeats_ = static_cast<std::uint8_t>(repeats_ + (outcome > 0 ? 1 : 0));
    due_ = later(now, outcome > 0 ? wait_ : std::chrono::milliseconds{20});
    io_.fresh = false;
  }
  io_.out = nullptr;
  return state_;
}

void dtls_session::close(datagram_batch& out) {
  // Before the handshake is over there is nothing to close: the conversation just goes.
  if (state_ != filter_state::open || closing_) {
    return;
  }
  closing_ = true;
  if (!ssl_) {
    constexpr std::array<std::uint8_t, 2> alert{1, close_notify};
    static_cast<void>(keys_.seal(record_type::alert, alert, out));
    return;
  }
  io_.out = &out;
  forget_errors();
  SSL_alloc_buffers(ssl_.get());
  SSL_shutdown(ssl_.get());
  forget_errors();
  io_.out = nullptr;
}

void dtls_session::fail_with_queue(int outcome) {
  if (SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_ZERO_RETURN) {
    fail("the peer closed the session before it was established");
    return;
  }
  // error_ holds the verdict when it was ours that ended the handshake.
  fail(error_.empty() ? explain_queue() : error_);
}

void dtls_session::fail(std::string why) {
  error_ = std::move(why);
  state_ = filter_state::failed;
  let_go();
  forget_errors();
}

void dtls_session::let_go() noexcept {
  macs_.reset();
  ssl_.reset();
  credentials_.reset();
  io_.running = false;
  due_ = never;
}

} // namespace fleet::tls
