// The bytes of one stream: reading into the home's buffer, sending what a turn gathered, and its
// end.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/real_world/real_stream.hpp"
#include "protocol/base/check.hpp"

namespace fleet::hal {

namespace {

/// Plain octets encrypted before the kernel is asked whether it takes them.
constexpr std::size_t encrypt_at_once = 64 * 1024;
/// Such portions of one stream in one turn; more wait for the next, so that others get theirs.
constexpr int encrypted_portions_per_turn = 4;

bool heard(const stream_events* events, bool closing, bool resetting, bool abandoned) noexcept {
  return events != nullptr && !closing && !resetting && !abandoned;
}

} // namespace

byte_buffer& real_home::sink() {
  sink_.clear();
  return sink_;
}

byte_buffer& real_home::cipher_of(real_stream& s) {
  if (s.cipher_ == nullptr) {
    s.cipher_ = pool_.take();
  }
  return *s.cipher_;
}

void real_home::give_back(byte_buffer*& lent) {
  if (lent != nullptr) {
    pool_.give(std::exchange(lent, nullptr));
  }
}

void real_home::read(real_stream& s) {
  const bool usable = s.phase_ == stream_phase::open;
  if ((!usable && s.phase_ != stream_phase::handshaking) || s.abandoned_ || s.resetting_) {
    return;
  }
  if (s.paused_ && usable && !s.closing_) {
    // What lies there is left there, but a torn connection is told of at once.
    int error = 0;
    socklen_t size = sizeof error;
    if (s.hung_up_ && ::getsockopt(s.fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) {
      finish(s, ending_of(error, s.peer_));
    }
    return;
  }
  const ssize_t got = ::recv(s.fd_, read_buffer_.data(), read_buffer_.size(), 0);
  if (got <= 0) {
    read_nothing(s, got == 0, errno);
    return;
  }
  const auto count = static_cast<std::size_t>(got);
  answered(s);
  bump(meters_.bytes_received, count);
  if (count == read_buffer_.size() || s.hung_up_ || s.send_failed_) {
    mark_readable(s);
  }
  if (s.closing_) {
    return;
  }
  const bytes_view bytes{read_buffer_.data(), count};
  if (s.filter_ == nullptr) {
    s.events_->on_received(bytes);
  } else {
    receive_cipher(s, bytes);
  }
}

void real_home::read_nothing(real_stream& s, bool ended, int error) {
  if (!ended && error == EINTR) {
    mark_readable(s);
    return;
  }
  if (s.send_failed_) {
    finish(s, ending_of(ECONNRESET, s.peer_));
    return;
  }
  if (!ended) {
    if (error != EAGAIN) {
      finish(s, ending_of(error, s.peer_));
    }
    return;
  }
  if (s.closing_) {
    return; // a half-closed peer may still want what we have to send
  }
  if (s.phase_ == stream_phase::handshaking) {
    finish(s, {close_reason::tls_failed,
               s.peer_.text() + " ended the connection during the TLS handshake"});
    return;
  }
  std::string detail;
  if (s.filter_ != nullptr) {
    detail = s.peer_.text() + " ended the connection without the closing alert of TLS";
  }
  finish(s, {close_reason::closed_by_peer, std::move(detail)});
}

void real_home::receive_cipher(real_stream& s, bytes_view bytes) {
  plain_.clear();
  const filter_state state = s.filter_->receive(bytes, plain_, cipher_of(s));
  if (s.cipher_->empty()) {
    give_back(s.cipher_);
  } else {
    mark_dirty(s);
  }
  const bool opened = state == filter_state::open || state == filter_state::ended;
  if (s.phase_ == stream_phase::handshaking && opened) {
    usable(s);
  }
  if (!plain_.empty() && heard(s.events_, s.closing_, s.resetting_, s.abandoned_)) {
    s.events_->on_received(plain_.view());
  }
  if (s.phase_ == stream_phase::closed) {
    return; // it went to another home, its filter with it
  }
  switch (state) {
    case filter_state::handshaking:
    case filter_state::open: break;
    case filter_state::ended: finish(s, {close_reason::closed_by_peer, {}}); break;
    case filter_state::failed: finish(s, {close_reason::tls_failed, s.filter_->error()}); break;
  }
}

bool real_home::send_some(real_stream& s, byte_buffer*& from) {
  const bytes_view bytes = from->view();
  ssize_t sent = 0;
  do {
    sent = ::send(s.fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent == static_cast<ssize_t>(bytes.size())) {
    bump(meters_.bytes_sent, bytes.size());
    give_back(from);
    return true;
  }
  if (sent < 0 && errno != EAGAIN) {
    return false;
  }
  s.blocked_ = true;
  if (sent > 0) {
    bump(meters_.bytes_sent, static_cast<std::uint64_t>(sent));
    from->consume(static_cast<std::size_t>(sent));
  }
  return true;
}

bool real_home::encrypt(real_stream& s) {
  if (s.phase_ != stream_phase::open) {
    return true;
  }
  if (s.out_ != nullptr) {
    const bytes_view plain = s.out_->view();
    const std::size_t portion = std::min(plain.size(), encrypt_at_once);
    if (portion > 0
        && s.filter_->send(plain.first(portion), cipher_of(s)) == filter_state::failed) {
      return false;
    }
    s.out_->consume(portion);
    if (s.out_->empty()) {
      give_back(s.out_);
    }
  }
  if (s.out_ == nullptr && (s.closing_ || s.abandoned_) && !s.alerted_) {
    s.alerted_ = true;
    s.filter_->close(cipher_of(s));
  }
  return true;
}

bool real_home::send_out(real_stream& s) {
  if (s.filter_ == nullptr) {
    if (s.out_ != nullptr && s.out_->empty()) {
      give_back(s.out_);
    }
    return s.out_ == nullptr || send_some(s, s.out_);
  }
  for (int portion = 0; portion < encrypted_portions_per_turn; ++portion) {
    if ((s.cipher_ == nullptr || s.cipher_->empty()) && !encrypt(s)) {
      errno = EPROTO;
      return false;
    }
    if (s.cipher_ != nullptr && s.cipher_->empty()) {
      give_back(s.cipher_);
    }
    if (s.cipher_ == nullptr) {
      return true;
    }
    if (!send_some(s, s.cipher_)) {
      return false;
    }
    if (s.blocked_) {
      return true;
    }
  }
  if (s.out_ != nullptr && s.phase_ == stream_phase::open) {
    mark_dirty(s);
  }
  return true;
}

void real_home::flush(real_stream& s) {
  const bool letting_go = s.closing_ || s.abandoned_;
  if (s.phase_ == stream_phase::closed) {
    return;
  }
  if (s.resetting_ || (letting_go && s.phase_ != stream_phase::open)) {
    finish(s, {close_reason::local, {}});
    return;
  }
  if (s.phase_ == stream_phase::waiting || s.phase_ == stream_phase::connecting) {
    return;
  }
  s.over_high_ = s.over_high_ || s.unsent() >= high_water_bytes;
  if (!s.blocked_ && !s.send_failed_ && !send_out(s)) {
    const int error = errno;
    if (error == EPROTO && s.filter_ != nullptr) {
      finish(s, {close_reason::tls_failed, s.filter_->error()});
      return;
    }
    const bool torn = error == EPIPE || error == ECONNRESET;
    if (!torn || letting_go || s.paused_) {
      finish(s, ending_of(error, s.peer_));
      return;
    }
    // The peer's last words may still lie in the kernel: read them before the end is told.
    s.send_failed_ = true;
    give_back(s.out_);
    give_back(s.cipher_);
    mark_readable(s);
    return;
  }
  if (s.abandoned_ || (s.closing_ && s.unsent() == 0 && (s.filter_ == nullptr || s.alerted_))) {
    finish(s, {close_reason::local, {}});
    return;
  }
  if (s.over_high_ && s.unsent() == 0 && s.phase_ == stream_phase::open && !s.closing_) {
    s.over_high_ = false;
    s.events_->on_drained();
  }
}

void real_home::finish(real_stream& s, const ending& why) {
  if (s.phase_ == stream_phase::closed) {
    return;
  }
  const bool last_words =
      why.reason == close_reason::closed_by_peer || why.reason == close_reason::tls_failed;
  if (last_words && !s.blocked_ && !s.send_failed_) {
    about_to_send();
    if (!s.resetting_) {
      (void)send_out(s);
    }
  }
  settle(s);
  answered(s);
  if (s.phase_ == stream_phase::open) {
    bump(meters_.streams_open, ~std::uint64_t{0});
  }
  if (s.fd_ >= 0) {
    if (s.resetting_) {
      reset_on_close(s.fd_);
    } else if (why.reason == close_reason::local) {
      // Closing over unread bytes would reset the connection and lose what is still on its way.
      (void)::recv(s.fd_, nullptr, std::size_t{1} << 24, MSG_TRUNC | MSG_DONTWAIT);
    }
    ::close(std::exchange(s.fd_, -1));
  }
  give_back(s.out_);
  give_back(s.cipher_);
  s.phase_ = stream_phase::closed;
  s.filter_.reset();
  if (s.abandoned_ || s.events_ == nullptr) {
    s.abandoned_ = true;
    dead_.push_back(&s);
  } else {
    s.events_->on_closed(why.reason, why.detail);
  }
}

} // namespace fleet::hal
